"""The drawings of the backward pass and of the gradient's flow show the numbers that were computed."""

from functools import cache

import numpy as np
import pytest
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from unrolled.errors import InputError
from unrolled.networks import GradientFlow, NetworkDesign, backpropagate, forward_pass, member_keys
from unrolled.show import draw_backpropagation, draw_gradient_flow, save

BATCH, TIME = 2, 12


@cache
def passes(text="dense:2, lstm:2, gru:2, bi-elman:2", **settings):
    network = NetworkDesign.parse(text, **settings).initialize(1, 2, key=member_keys(0, 1)[0])
    rng = np.random.default_rng(0)
    tape = forward_pass(network, rng.normal(size=(BATCH, TIME, 1)))
    return tape, backpropagate(tape, rng.normal(size=(BATCH, 1, 2)), contributions=True)


def lines(axes):
    return {line.get_label(): line for line in axes.get_lines() if not line.get_label().startswith("_")}


def test_three_parts_show_the_stack_the_deltas_and_what_every_step_adds():
    tape, back = passes()
    top, middle, bottom = draw_backpropagation(tape, back, sequence=1)  # the LSTM is the first recurrent layer
    np.testing.assert_array_equal(top.images[0].get_array(), np.asarray(tape["lstm_1"].h[1]).T)
    np.testing.assert_array_equal(middle.images[0].get_array(), np.abs(back["lstm_1"].delta[1]).T)
    assert isinstance(middle.images[0].norm, LogNorm)
    assert top.images[0].norm.vmin == -top.images[0].norm.vmax  # the middle of the colours is 0
    drawn = lines(bottom)
    assert list(drawn) == ["|dE/da|", "part of dE/dW", "|dE/dW|"]
    np.testing.assert_allclose(
        drawn["|dE/da|"].get_ydata(), np.linalg.norm(back["lstm_1"].delta[1], axis=-1), rtol=1e-5
    )
    steps = np.asarray(back.contributions.weights()["lstm_1.W"])
    parts = drawn["part of dE/dW"].get_ydata()
    np.testing.assert_allclose(parts[1:], np.linalg.norm(steps[1:], axis=(1, 2)), rtol=1e-5)
    assert np.isnan(parts[0])  # h_0 = 0: the first step adds nothing, which has no place on a logarithmic axis
    whole = np.linalg.norm(back.gradient.weights()["lstm_1.W"])
    assert drawn["|dE/dW|"].get_ydata()[0] == pytest.approx(whole, rel=1e-4)
    assert [text.get_text() for text in middle.get_yticklabels()] == ["write", "keep", "candidate", "read"]
    assert (top.get_ylabel(), bottom.get_xlabel(), bottom.get_yscale()) == ("unit of lstm_1", "step t", "log")
    assert top.get_xlim() == middle.get_xlim() == bottom.get_xlim() == (0.5, TIME + 0.5)


@pytest.mark.parametrize(
    ("layer", "weight", "rows"),
    [("dense_1", "U", "unit"), ("gru_1", "W", "row"), ("bi-elman_1.backward", "W", "unit"), ("readout", "V", "unit")],
)
def test_every_layer_can_be_drawn(layer, weight, rows):
    _, middle, bottom = draw_backpropagation(*passes(), layer=layer)
    assert f"part of dE/d{weight}" in lines(bottom)
    assert middle.get_ylabel() == rows


def test_nothing_to_see_is_said(tmp_path):
    tape, _ = passes()
    back = backpropagate(tape, np.zeros((BATCH, 1, 2)), contributions=True)
    bottom = draw_backpropagation(tape, back)[2]
    assert [text.get_text() for text in bottom.texts] == ["no derivative that differs from zero"]
    (path,) = save(bottom, tmp_path / "a", ["png"], dpi=60)
    assert path.stat().st_size > 1000


def test_it_draws_on_given_axes():
    given = Figure().subplots(1, 3)
    assert draw_backpropagation(*passes(), axes=given) == tuple(given)


def test_what_does_not_fit_is_said():
    tape, back = passes()
    without = backpropagate(tape, np.ones((BATCH, 1, 2)))
    with pytest.raises(InputError, match="call backpropagate with contributions=True"):
        draw_backpropagation(tape, without)
    with pytest.raises(InputError, match="unknown layer 'lstm'; did you mean 'lstm_1'"):
        draw_backpropagation(tape, back, layer="lstm")
    with pytest.raises(InputError, match="sequence must be a whole number from 0 to 1; came 2"):
        draw_backpropagation(tape, back, sequence=2)
    with pytest.raises(InputError, match="needs three axes; came 2"):
        draw_backpropagation(tape, back, axes=Figure().subplots(1, 2))
    tape, back = passes("dense:2", observed=(0, 1))
    with pytest.raises(InputError, match="the network has no recurrent layer"):
        draw_backpropagation(tape, back)
    with pytest.raises(InputError, match="the layer observed has no weights; name one of dense_1"):
        draw_backpropagation(tape, back, layer="observed")


def flow(rate, smallest=0.1, size=2):
    lags = np.arange(20)
    largest = float(rate) ** lags
    values = np.stack([largest, largest * smallest**lags][:size], axis=1)
    return GradientFlow(lags, values, {"elman_1": 3 * largest}, {"elman_1": largest}, {"elman_1": rate})


def test_the_norm_the_band_the_error_and_the_horizon():
    axes = draw_gradient_flow(flow(0.5))
    drawn = lines(axes)
    np.testing.assert_allclose(drawn["largest (norm)"].get_ydata(), 0.5 ** np.arange(20))
    np.testing.assert_allclose(drawn["dE/dh, elman_1"].get_ydata(), 0.5 ** np.arange(20))  # from 1
    (band,) = axes.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.max() == 1.0
    assert heights.min() == pytest.approx(1e-4 * 0.5**19)  # four decades below the least norm
    assert [text.get_text() for text in axes.texts] == ["horizon 1.44"]
    assert (axes.get_yscale(), axes.get_ylabel()) == ("log", "singular values of dh_T/dh_t")


def test_without_a_horizon_and_without_a_band():
    axes = draw_gradient_flow(flow(1.5, size=1))
    assert (len(axes.texts), len(axes.collections)) == (0, 0)


@pytest.mark.parametrize("rate", [0.0, np.nan, np.inf])
def test_odd_flows_can_be_drawn(rate):
    with np.errstate(invalid="ignore"):
        axes = draw_gradient_flow(flow(rate))
    axes.figure.draw_without_rendering()
