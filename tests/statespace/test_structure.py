"""Structural models: matrices by hand, likelihoods by dense matrices, maxima, parts, what is refused."""

import numpy as np
import pytest

from linear_gaussian_cases import conditioned
from unrolled.compilation import count_compilations
from unrolled.errors import InputError
from unrolled.statespace import (
    Cycle,
    Level,
    Season,
    Structure,
    Trend,
    filter_states,
    learn_structure,
    log_likelihood,
    predict_ahead,
    smooth_states,
)

STRUCTURES = ("level", "trend", "damped-trend", "level, season:4", "trend, season:7.5:2", "cycle:9", "level, cycle")


def halfway(structure):
    middle = {"deviation": 0.5, "share": 0.8, "period": 9.0}
    return {parameter.name: middle[parameter.kind] for parameter in structure.parameters}


def series(seed, steps=120):
    g, t = np.random.default_rng(seed), np.arange(steps)
    return 3 + 0.1 * t + 2 * np.sin(2 * np.pi * t / 7.5) + 0.3 * np.cumsum(g.normal(size=steps)) + g.normal(size=steps)


@pytest.mark.parametrize("text", STRUCTURES)
def test_a_structure_is_a_linear_gaussian_system(text):
    structure = Structure.parse(text)
    system = structure.system(halfway(structure)).check()
    assert system.units == structure.units
    y = series(0, 12)
    y[5] = np.nan
    found = log_likelihood(system, y)
    _, _, density = conditioned(system, y[:, None])
    assert found == pytest.approx(density, abs=2e-4)  # the dense matrix has entries of a million


def test_matrices_by_hand():
    values = {"level": 0.1, "slope": 0.2, "damping of slope": 0.9, "season 4": 0.3, "noise": 0.4}
    system = Structure((Trend(damped=True), Season(4))).system(values)
    W = np.zeros((5, 5))
    W[:2, :2] = [[1, 1], [0, 0.9]]
    W[2:4, 2:4] = [[0, 1], [-1, 0]]
    W[4, 4] = -1
    np.testing.assert_allclose(system.W, W, atol=1e-15)
    np.testing.assert_allclose(system.V, [[1, 0, 1, 0, 1]])
    np.testing.assert_allclose(np.diag(system.Q), [0.01, 0.04, 0.09, 0.09, 0.09])
    np.testing.assert_allclose(system.R, [[0.16]])
    cycle = Structure((Cycle(),)).system({"cycle": 0.5, "period of cycle": 8.0, "damping of cycle": 0.9, "noise": 1.0})
    # On the long run it is what it begins as.
    np.testing.assert_allclose(cycle.W @ cycle.P @ cycle.W.T + cycle.Q, cycle.P, atol=1e-12)
    np.testing.assert_allclose(np.linalg.matrix_power(cycle.W / 0.9, 8), np.eye(2), atol=1e-12)


def test_a_season_repeats_and_sums_to_nothing():
    for season in (Season(4), Season(7), Season(12.5, harmonics=3)):
        system = Structure((season,)).system({season.label: 0.0, "noise": 0.0})
        h, seen = np.random.default_rng(0).normal(size=season.units), []
        for _ in range(50):
            seen.append((system.V @ h)[0])
            h = system.W @ h
        period = 25 if season.period == 12.5 else int(season.period)
        np.testing.assert_allclose(seen[period : 2 * period], seen[:period], atol=1e-12)
        assert abs(sum(seen[:period])) < 1e-12


@pytest.mark.parametrize("text", ["level", "trend", "level, season:4"])
def test_what_is_learned_is_a_maximum(text):
    structure, y = Structure.parse(text), series(1)
    y[30:34] = np.nan
    found = learn_structure(structure, y)
    skipped = structure.unknown
    best = filter_states(found.system, y).log_likelihoods
    seen = (np.cumsum(~np.isnan(y)) > skipped) & ~np.isnan(y)
    assert found.log_likelihood == pytest.approx(best[seen].sum(), abs=1e-4)
    for name, value in found.values.items():
        for factor in (0.97, 1.03):
            moved = structure.system({**found.values, name: value * factor}, variance=np.nanvar(y))
            near = filter_states(moved, y - found.system.c[0]).log_likelihoods
            assert near[seen].sum() <= best[seen].sum() + 1e-5, name


def test_units_of_y_change_nothing_but_units():
    structure, y = Structure.parse("trend"), series(2)
    one, other = learn_structure(structure, y), learn_structure(structure, 1e6 * y - 5e6)
    for name, value in one.values.items():
        assert other.values[name] == pytest.approx(1e6 * value, rel=1e-3, abs=1.0)
    ahead = [predict_ahead(f.system, filter_states(f.system, z), 5) for f, z in ((one, y), (other, 1e6 * y - 5e6))]
    np.testing.assert_allclose(ahead[1].mean, 1e6 * ahead[0].mean - 5e6, rtol=1e-4)
    assert other.log_likelihood == pytest.approx(one.log_likelihood - np.log(1e6) * (len(y) - 2), abs=1e-3)


def test_a_cycle_finds_its_period():
    g, h, y = np.random.default_rng(3), np.zeros(2), []
    turn = 0.98 * np.array([[np.cos(0.5), np.sin(0.5)], [-np.sin(0.5), np.cos(0.5)]])
    for _ in range(400):
        h = turn @ h + 0.3 * g.normal(size=2)
        y.append(h[0] + 0.2 * g.normal())
    found = learn_structure(Structure.parse("cycle"), np.array(y))
    assert found.values["period of cycle"] == pytest.approx(2 * np.pi / 0.5, rel=0.03)
    assert found.values["damping of cycle"] == pytest.approx(0.98, abs=0.02)


def test_parts_add_up_to_what_is_smoothed():
    structure, y = Structure.parse("trend, season:7.5:2"), series(4)
    found = learn_structure(structure, y)
    smoothed = smooth_states(found.system, y)
    parts = structure.split(smoothed.mean, smoothed.covariance)
    total = sum(mean for mean, _ in parts.values()) + found.system.c[0]
    np.testing.assert_allclose(total, smoothed.mean @ found.system.V[0] + found.system.c[0], atol=1e-10)
    assert set(parts) == {"trend", "season 7.5"}
    assert np.std(parts["season 7.5"][0]) == pytest.approx(np.sqrt(2), rel=0.3)
    assert all((deviation > 0).all() for _, deviation in parts.values())


def test_another_series_compiles_nothing():
    learn_structure(Structure.parse("level"), series(5))
    with count_compilations() as counted:
        learn_structure(Structure((Level(),)), series(6))
    assert counted.programs == 0


def test_constant_and_noiseless_series_are_learned():
    for y, nexts in ((np.full(30, 5.0), [5.0, 5.0]), (np.arange(30.0), [30.0, 31.0]), (np.zeros(30), [0.0, 0.0])):
        found = learn_structure(Structure.parse("trend"), y)
        ahead = predict_ahead(found.system, filter_states(found.system, y), 2)
        np.testing.assert_allclose(ahead.mean[:, 0], nexts, atol=1e-3)
        assert np.isfinite(ahead.covariance).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("levels", "a component is level, trend, damped-trend, season:PERIOD.*came 'levels'"),
        ("season", "a component is"),
        ("season:x", "a component is"),
        ("season:12:2.5", "a component is"),
        ("level:3", "a component is"),
        ("", "a component is"),
        ("season:1", "period must be a finite number of at least 2"),
        ("season:12:7", "harmonics must be a whole number from 1 to 6"),
        ("cycle:2", "period must be a finite number above 2"),
        ("cycle:nan", "period"),
        ("level, trend", "two components have a level, and only their sum could be known"),
        ("season:4, season:4", "two components have a season 4"),
        ("cycle, cycle:9", "two components have a cycle"),
    ],
)
def test_structures_that_cannot_be(text, said):
    with pytest.raises(InputError, match=said):
        Structure.parse(text)


def test_components_that_cannot_be():
    with pytest.raises(InputError, match="one component at least"):
        learn_structure(Structure(()), series(0))
    with pytest.raises(InputError, match="component must be a Level or Trend or Season or Cycle; came the class Level"):
        learn_structure(Structure((Level,)), series(0))
    with pytest.raises(InputError, match="damped must be True or False"):
        Structure((Trend(damped=1),)).check()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"level": 1.0}, "the structure needs its noise; give all of level, noise"),
        ({"level": 1.0, "noise": 1.0, "slope": 1.0}, "unknown parameter of the structure 'slope'"),
        ({"level": -1.0, "noise": 1.0}, "level must be a finite number of at least 0"),
    ],
)
def test_values_that_cannot_be(values, said):
    with pytest.raises(InputError, match=said):
        Structure.parse("level").system(values)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (np.full(20, np.nan), "every value of y is missing"),
        (np.ones(4), "takes at least 5 known values; y has 4"),
        (np.ones((20, 2)), r"shape \(time,\); came shape \(20, 2\)"),
        (["a"], "must be an array of numbers"),
        (np.full(20, np.inf), "infinite"),
    ],
)
def test_series_that_cannot_be(y, said):
    with pytest.raises(InputError, match=said):
        learn_structure(Structure.parse("trend"), y)
