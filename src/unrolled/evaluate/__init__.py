"""Judging: scores against the truth, trials of one model, sweeps over many settings, rolling origins, bounds."""

from unrolled.evaluate._companion import companion_of as companion_of
from unrolled.evaluate._companion import require_companionable as require_companionable
from unrolled.evaluate._conformal import bound_origins as bound_origins
from unrolled.evaluate._conformal import conformal_bands as conformal_bands
from unrolled.evaluate._conformal import require_levels as require_levels
from unrolled.evaluate._conformal import with_bounds as with_bounds
from unrolled.evaluate._limits import find_limits as find_limits
from unrolled.evaluate._limits import thin_evidence as thin_evidence
from unrolled.evaluate._rolling import RollingTable as RollingTable
from unrolled.evaluate._rolling import default_origins as default_origins
from unrolled.evaluate._rolling import rolling_origins as rolling_origins
from unrolled.evaluate._scores import Scores as Scores
from unrolled.evaluate._scores import score as score
from unrolled.evaluate._sweep import SweepRow as SweepRow
from unrolled.evaluate._sweep import combinations as combinations
from unrolled.evaluate._sweep import estimators as estimators
from unrolled.evaluate._sweep import parse_sweep as parse_sweep
from unrolled.evaluate._sweep import sweep as sweep
from unrolled.evaluate._trial import Seconds as Seconds
from unrolled.evaluate._trial import Trial as Trial
from unrolled.evaluate._trial import default_extent as default_extent
from unrolled.evaluate._trial import extrapolate as extrapolate
from unrolled.evaluate._trial import extrapolate_from as extrapolate_from
from unrolled.evaluate._trial import require_possible as require_possible
