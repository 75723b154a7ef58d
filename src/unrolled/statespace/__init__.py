"""Models with a hidden state that allows exact inference: linear-Gaussian systems and hidden Markov models."""

from unrolled.statespace._autoregressive_emission import AutoregressiveEmission as AutoregressiveEmission
from unrolled.statespace._categorical_emission import CategoricalEmission as CategoricalEmission
from unrolled.statespace._diagonal_emission import DiagonalEmission as DiagonalEmission
from unrolled.statespace._emissions import Emission as Emission
from unrolled.statespace._gaussian_emission import GaussianEmission as GaussianEmission
from unrolled.statespace._hidden_markov import HiddenMarkov as HiddenMarkov
from unrolled.statespace._hidden_markov_forecast import HiddenMarkovForecast as HiddenMarkovForecast
from unrolled.statespace._hidden_markov_forecast import draw_series as draw_series
from unrolled.statespace._hidden_markov_forecast import forecast_hidden_markov as forecast_hidden_markov
from unrolled.statespace._hidden_markov_forecast import mixture_quantiles as mixture_quantiles
from unrolled.statespace._hidden_markov_forecast import sample_future as sample_future
from unrolled.statespace._learn_hidden_markov import LearnedHiddenMarkov as LearnedHiddenMarkov
from unrolled.statespace._learn_hidden_markov import learn_hidden_markov as learn_hidden_markov
from unrolled.statespace._state_posterior import StatePosterior as StatePosterior
from unrolled.statespace._state_posterior import filter_states as filter_states
from unrolled.statespace._state_posterior import forward_backward as forward_backward
from unrolled.statespace._state_posterior import log_likelihood as log_likelihood
from unrolled.statespace._viterbi import sample_states as sample_states
from unrolled.statespace._viterbi import viterbi as viterbi
