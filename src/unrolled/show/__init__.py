"""Figures for people: axes in, axes out. No window is opened, no setting of matplotlib is changed."""

from unrolled.show._backpropagation import draw_backpropagation as draw_backpropagation
from unrolled.show._candidates import candidates_figure as candidates_figure
from unrolled.show._candidates import draw_candidates as draw_candidates
from unrolled.show._comparison import comparison_figure as comparison_figure
from unrolled.show._comparison import draw_comparison as draw_comparison
from unrolled.show._components import components_figure as components_figure
from unrolled.show._components import draw_components as draw_components
from unrolled.show._curves import draw_curves as draw_curves
from unrolled.show._error import draw_relative_error as draw_relative_error
from unrolled.show._figure import figure as figure
from unrolled.show._figure import save as save
from unrolled.show._forecast import draw_forecast as draw_forecast
from unrolled.show._forecast import forecast_figure as forecast_figure
from unrolled.show._gates import draw_gate_traces as draw_gate_traces
from unrolled.show._gates import gate_figure as gate_figure
from unrolled.show._gradient_flow import draw_gradient_flow as draw_gradient_flow
from unrolled.show._half_widths import draw_half_widths as draw_half_widths
from unrolled.show._horizon import draw_error_by_horizon as draw_error_by_horizon
from unrolled.show._learning import draw_learning as draw_learning
from unrolled.show._loss import draw_loss as draw_loss
from unrolled.show._one_step import draw_one_step as draw_one_step
from unrolled.show._regimes import MOST_REGIMES as MOST_REGIMES
from unrolled.show._regimes import draw_regimes as draw_regimes
from unrolled.show._regimes import regimes_figure as regimes_figure
from unrolled.show._sweep import draw_sweep as draw_sweep
from unrolled.show._unrolled import draw_unrolled as draw_unrolled
