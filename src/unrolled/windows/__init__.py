"""Formatting: windows with lags and targets, and scalers fitted on the past only."""

from unrolled.windows._scalers import SCALES as SCALES
from unrolled.windows._scalers import Scaler as Scaler
from unrolled.windows._scalers import fit_scaler as fit_scaler
from unrolled.windows._windows import LAGS_AS as LAGS_AS
from unrolled.windows._windows import LagsAs as LagsAs
from unrolled.windows._windows import Windows as Windows
from unrolled.windows._windows import check_length as check_length
from unrolled.windows._windows import pairs as pairs
from unrolled.windows._windows import shape_lags as shape_lags
from unrolled.windows._windows import windows as windows
