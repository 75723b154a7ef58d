"""Exponents, eigenvalues, power spectra: what is drawn at which place."""

import numpy as np
import pytest

from unrolled.dynamics import LyapunovSpectrum, PowerSpectrum, power_spectrum
from unrolled.errors import InputError
from unrolled.networks import NetworkDesign, member_keys, random_network
from unrolled.show import draw_eigenvalues, draw_exponents, draw_power_spectrum

INF, NAN = np.inf, np.nan


def spectrum(values, errors=None, **extra):
    values = np.asarray(values, float)
    errors = np.full(len(values), 0.01) if errors is None else np.asarray(errors, float)
    return LyapunovSpectrum(values, errors, values[None], 100, 1.0, len(values), **extra)


def network(text):
    return NetworkDesign.parse(text).initialize(1, 1, key=member_keys(0, 1)[0])


def labelled(axes):
    return {one.get_label(): one for one in axes.get_lines() if not one.get_label().startswith("_")}


def uprights(axes):
    return [one.get_xdata()[0] for one in axes.get_lines() if len(one.get_xdata()) and list(one.get_ydata()) == [0, 1]]


def test_few_exponents_are_marks_with_errors_and_the_dimension_is_marked():
    axes = draw_exponents(spectrum([0.9, 0.0, -14.5], [0.1, 0.01, 0.2]), unit="s")
    (bars,) = axes.containers
    assert bars.lines[0].get_xydata().tolist() == [[1, 0.9], [2, 0], [3, -14.5]]
    segments = bars.lines[2][0].get_segments()
    np.testing.assert_allclose([part[:, 1] for part in segments], [[0.8, 1.0], [-0.01, 0.01], [-14.7, -14.3]])
    np.testing.assert_allclose(uprights(axes), [2 + 0.9 / 14.5])
    assert [text.get_text() for text in axes.texts] == ["dimension 2.06"]
    assert axes.get_ylabel().replace("\n", " ") == "Lyapunov exponent (1/s)"
    assert any(list(one.get_ydata()) == [0, 0] for one in axes.get_lines())


def test_hundreds_of_exponents_are_a_curve_with_a_band():
    values = np.linspace(0.5, -3, 300)
    axes = draw_exponents(spectrum(values, np.full(300, 0.1)))
    assert not axes.containers
    (band,) = axes.collections
    np.testing.assert_allclose([band.get_datalim(axes.transData).y0, band.get_datalim(axes.transData).y1], [-3.1, 0.6])
    assert any(np.array_equal(one.get_ydata(), values) for one in axes.get_lines())


def test_minus_infinity_is_marked_below_the_finite_ones():
    axes = draw_exponents(spectrum([0.5, -1.0, -INF, -INF], [0.1, 0.1, NAN, NAN]))
    lost = labelled(axes)["minus infinity"]
    assert lost.get_xdata().tolist() == [3, 4]
    assert axes.get_ylim()[0] < lost.get_ydata()[0] == lost.get_ydata()[1] < -1.1
    assert (lost.get_marker(), lost.get_markerfacecolor()) == ("v", "white")


@pytest.mark.parametrize("values", [[0.0], [-INF], [-0.5, -INF], [NAN], [], [1.0, 2.0], [-2.0], [INF, 0.0]])
def test_odd_exponents_can_be_drawn(values):
    axes = draw_exponents(spectrum(values, [NAN] * len(values)))
    axes.figure.draw_without_rendering()
    assert axes.get_xlabel() == "index i"


@pytest.mark.parametrize("values", [[0.9, 0.0, -14.5], [0.4, -1.6], [2.0, 1.0], np.linspace(1, -1.5, 200)])
def test_words_stand_above_all_marks(values):
    axes = draw_exponents(spectrum(values))
    axes.figure.draw_without_rendering()
    (text,) = axes.texts
    top = axes.transData.transform((0, max(values)))[1]
    assert axes.get_window_extent().x0 <= text.get_window_extent().x0
    assert text.get_window_extent().x1 <= axes.get_window_extent().x1
    assert text.get_window_extent().y0 > top


def test_eigenvalues_of_every_layer_that_looks_back():
    made = network("lstm:5, mingru:3, gru:4, elman:6")
    axes = draw_eigenvalues(made)
    weights = {name: np.asarray(weight, float) for name, weight in made.weights().items()}
    layers = made.named_layers()
    expected = {
        "lstm_1": np.asarray(layers["lstm_1"].gate("candidate")[1], float),
        "gru_1": np.asarray(layers["gru_1"].gate("candidate")[1], float),
        "elman_1": weights["elman_1.W"],
    }
    shown = {label.partition(",")[0]: one for label, one in labelled(axes).items() if "radius" in label}
    assert list(shown) == list(expected)
    for name, W in expected.items():
        eigenvalues = np.linalg.eigvals(W)
        np.testing.assert_allclose(shown[name].get_xydata(), np.column_stack([eigenvalues.real, eigenvalues.imag]))
        assert shown[name].get_label() == f"{name}, radius {np.abs(eigenvalues).max():.3g}"
    assert len({(one.get_marker(), one.get_markeredgecolor()) for one in shown.values()}) == 3
    (circle,) = axes.patches
    assert (circle.center, circle.radius) == ((0, 0), 1)
    assert axes.get_aspect() == 1
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("real part", "imaginary part")


def test_eigenvalues_of_a_matrix_of_numbers_and_of_both_ways():
    turn = np.array([[0.0, -2.0], [2.0, 0.0]])
    (line,) = [one for label, one in labelled(draw_eigenvalues(turn)).items() if label == "radius 2"]
    np.testing.assert_allclose(sorted(line.get_ydata()), [-2, 2])
    assert "radius 2" in labelled(draw_eigenvalues([2j, -2j]))
    both = draw_eigenvalues(network("bi-elman:3"))
    assert [label.partition(",")[0] for label in labelled(both)] == [
        "bi-elman_1.forward", "bi-elman_1.backward", "unit circle",
    ]  # fmt: skip


def test_all_eigenvalues_are_in_view_and_the_circle_too():
    for gain in (0.1, 3.0):
        axes = draw_eigenvalues(random_network(50, gain))
        end = axes.get_xlim()[1]
        assert end == axes.get_ylim()[1] >= 1.0
        assert all(np.abs(one.get_xydata()).max() < end for one in axes.get_lines() if len(one.get_xydata()))


@pytest.mark.parametrize("odd", [[], np.zeros((0, 0)), [[NAN]], [NAN, INF], [[0.0]], [1e200], np.zeros((3, 3))])
def test_odd_eigenvalues_can_be_drawn(odd):
    draw_eigenvalues(odd).figure.draw_without_rendering()


def test_a_network_without_w_says_so():
    assert [text.get_text() for text in draw_eigenvalues(network("mingru:3")).texts] == [
        "no eigenvalue that is a finite number"
    ]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: draw_eigenvalues(np.ones((2, 3))), r"square matrix.*shape \(2, 3\)"),
        (lambda: draw_eigenvalues("elman"), "came str"),
        (lambda: draw_eigenvalues([[1.0], [1.0, 2.0]]), "square matrix"),
        (lambda: draw_eigenvalues(np.ones((5001, 5001), np.float32)), "up to 5,000 units"),
        (lambda: draw_eigenvalues(network(", ".join(["elman:1"] * 7))), "up to 6 layers"),
        (lambda: draw_exponents([0.1]), "spectrum must be a LyapunovSpectrum"),
        (lambda: draw_power_spectrum([0.1]), "spectrum must be a PowerSpectrum"),
        (lambda: draw_power_spectrum(power_spectrum(np.arange(9.0)), truth=3), "truth must be a PowerSpectrum"),
    ],
)
def test_wrong_requests(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_density_dominant_frequency_and_truth():
    t = np.arange(2000)
    one, other = (
        power_spectrum(np.sin(0.2 * np.pi * t), spacing=0.5),
        power_spectrum(np.cos(np.pi * t / 3), spacing=0.5),
    )
    axes = draw_power_spectrum(one, truth=other, unit="s", names=("loop", "system"))
    lines = labelled(axes)
    assert list(lines) == ["system", "loop"]
    np.testing.assert_array_equal(lines["loop"].get_xdata(), one.frequencies)
    known = one.density > 0
    np.testing.assert_array_equal(lines["loop"].get_ydata()[known], one.density[known])
    assert (axes.get_yscale(), axes.get_xlabel()) == ("log", "frequency (1/s)")
    (place,) = uprights(axes)
    assert abs(place - 0.2) < 1e-3
    assert axes.texts[0].get_text() == "highest at 0.2"
    assert axes.get_ylim()[0] > 1e-12 * one.density.max()
    axes.figure.draw_without_rendering()
    assert axes.texts[0].get_window_extent().y0 > axes.transData.transform((0, one.density.max()))[1]


@pytest.mark.parametrize("density", [[0.0, 0.0], [NAN, 1.0], [1.0, 0.0], [INF, 2.0], [1e-300, 1e-300], []])
def test_odd_densities_can_be_drawn(density):
    made = PowerSpectrum(np.arange(1.0, len(density) + 1), np.array(density, float))
    with np.errstate(all="ignore"):
        draw_power_spectrum(made).figure.draw_without_rendering()
