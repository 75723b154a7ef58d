"""The record: what went in, what came out, as JSON and CSV, in a folder that appears whole."""

from unrolled.report._bounds import all_bands as all_bands
from unrolled.report._companion import companion_share as companion_share
from unrolled.report._companion import describe_companion as describe_companion
from unrolled.report._components import components_csv as components_csv
from unrolled.report._components import has_components as has_components
from unrolled.report._folder import ResultFolder as ResultFolder
from unrolled.report._folder import result_folder as result_folder
from unrolled.report._hash import data_sha256 as data_sha256
from unrolled.report._learned import courses_csv as courses_csv
from unrolled.report._learned import learned_csv as learned_csv
from unrolled.report._learned import learned_report as learned_report
from unrolled.report._limits import describe_limits as describe_limits
from unrolled.report._regimes import has_regimes as has_regimes
from unrolled.report._regimes import regimes_csv as regimes_csv
from unrolled.report._report import SCHEMA as SCHEMA
from unrolled.report._report import sweep_report as sweep_report
from unrolled.report._report import to_json as to_json
from unrolled.report._report import trial_report as trial_report
from unrolled.report._rolling import describe_rolling as describe_rolling
from unrolled.report._rolling import rolling_csv as rolling_csv
from unrolled.report._tables import candidates_csv as candidates_csv
from unrolled.report._tables import forecast_csv as forecast_csv
from unrolled.report._tables import history_csv as history_csv
from unrolled.report._tables import members_csv as members_csv
from unrolled.report._tables import sweep_csv as sweep_csv
