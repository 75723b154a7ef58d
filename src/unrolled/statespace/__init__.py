"""Models with a hidden state that allows exact inference: linear-Gaussian systems and hidden Markov models."""

from unrolled.statespace._components import Cycle as Cycle
from unrolled.statespace._components import Level as Level
from unrolled.statespace._components import Season as Season
from unrolled.statespace._components import Trend as Trend
from unrolled.statespace._kalman_filter import Filtered as Filtered
from unrolled.statespace._kalman_filter import filter_states as filter_states
from unrolled.statespace._kalman_filter import log_likelihood as log_likelihood
from unrolled.statespace._learn_linear_gaussian import LearnedLinearGaussian as LearnedLinearGaussian
from unrolled.statespace._learn_linear_gaussian import learn_linear_gaussian as learn_linear_gaussian
from unrolled.statespace._learn_structure import LearnedStructure as LearnedStructure
from unrolled.statespace._learn_structure import learn_structure as learn_structure
from unrolled.statespace._linear_gaussian import LinearGaussian as LinearGaussian
from unrolled.statespace._order import ChosenUnits as ChosenUnits
from unrolled.statespace._order import choose_units as choose_units
from unrolled.statespace._predicted import Ahead as Ahead
from unrolled.statespace._predicted import Sample as Sample
from unrolled.statespace._predicted import predict_ahead as predict_ahead
from unrolled.statespace._predicted import sample_linear_gaussian as sample_linear_gaussian
from unrolled.statespace._smoother import Smoothed as Smoothed
from unrolled.statespace._smoother import smooth_states as smooth_states
from unrolled.statespace._structure import Structure as Structure
from unrolled.statespace._subspace import subspace_system as subspace_system
