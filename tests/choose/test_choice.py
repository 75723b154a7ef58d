"""The choice: judged by hand, blind to what it must not see, indifferent to units."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import unrolled
from unrolled.choose import (
    Choice,
    choose,
    classical_candidates,
    combine,
    continue_candidates,
    judge,
    middle_range,
    rolling,
    spread_of,
)
from unrolled.truth import truths

CANDIDATES = classical_candidates()
ENERGIES = unrolled.dataset("pairing-particles").values[:, 0]
SAMPLE = [truth.series.values[:, 0] for truth in list(truths())[::37]]


def test_names_and_settings_of_candidates_differ():
    assert len({candidate.name for candidate in CANDIDATES}) == len(CANDIDATES)
    assert len({repr(candidate.method) for candidate in CANDIDATES}) == len(CANDIDATES)


@pytest.mark.parametrize("points", [5, 8, 12, 30, 47, 48, 100, 1000])
def test_origins_end_with_the_known_values(points):
    origins = rolling(points)
    assert origins.starts[-1] == points
    assert set(np.diff(origins.starts)) == {origins.stride}
    assert origins.starts[0] >= 4
    assert origins.long == (points >= 48)


def test_a_continuation_sees_only_the_values_before_its_origin():
    known = ENERGIES[:12]
    changed = known.copy()
    changed[9:] = 7.0
    origins = rolling(12)
    first = continue_candidates(known, CANDIDATES, origins).predicted
    second = continue_candidates(changed, CANDIDATES, origins).predicted
    before = np.array(origins.starts) <= 9
    np.testing.assert_array_equal(first[:, before], second[:, before])
    assert not np.array_equal(first[:, ~before], second[:, ~before], equal_nan=True)


def test_scores_equal_a_loop():
    known = ENERGIES[:10]
    made = continue_candidates(known, CANDIDATES[:20], rolling(10))
    for until in (9, 10):
        scores = choose(known, made, until).scores
        for row, candidate in enumerate(CANDIDATES[:20]):
            total = weight = 0.0
            count = 0
            for place, start in enumerate(made.origins.starts):
                if start >= until or candidate.method.least > start:
                    continue
                count += 1
                for step in range(min(8, until - start)):
                    error = abs(made.predicted[row, place, step] - known[start + step]) / known[:until].std()
                    importance = 0.5 ** ((until - start - 1) / 2) / np.sqrt(step + 1)
                    total += importance * np.log10(np.clip(error, 1e-11, 1e6))
                    weight += importance
            expected = total / weight + 1 / count if count else np.inf
            assert scores[row] == pytest.approx(expected, rel=1e-12)


def test_the_combination_is_the_weighted_median():
    scores = np.array([0.0, -1.0, -0.5, np.inf])
    predicted = np.array([[1.0, 5.0], [2.0, 4.0], [3.0, 3.0], [9.0, 9.0]])
    mean, weights = combine(Choice(scores), predicted, 1.0)
    np.testing.assert_allclose(weights, np.tile(np.array([[1], [10], [10**0.5], [0]]) / (11 + 10**0.5), 2))
    assert mean.tolist() == [2.0, 4.0]


def test_weight_that_is_halved_gives_the_middle():
    predicted = np.array([[1.0], [4.0], [2.0]])
    assert combine(Choice(np.array([0.0, 0.0, np.inf])), predicted, 1.0)[0].tolist() == [2.5]
    assert combine(Choice(np.array([0.0, 0.0, 0.0])), predicted, 1.0)[0].tolist() == [2.0]


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 5)), min_size=1, max_size=8))
def test_the_range_holds_the_middle_two_thirds(drawn):
    """Against the same with every candidate repeated as often as it weighs."""
    values, counts = np.array(drawn, float).T
    if not counts.sum():
        return
    found = middle_range(values[:, None], (counts / counts.sum())[:, None])
    repeated = np.sort(np.repeat(values, 6 * counts.astype(int)))
    sixth = len(repeated) // 6
    assert found.tolist() == [repeated[-sixth] - repeated[sixth - 1]]
    assert middle_range(-values[:, None], (counts / counts.sum())[:, None]).tolist() == found.tolist()


def test_unstable_and_infinite_continuations_are_thrown_out():
    predicted = np.array([[1.0, 1.1], [1.0, 1e6], [np.inf, 1.0], [np.nan, np.nan], [1.0, 1.2]])
    mean, weights = combine(Choice(np.zeros(5)), predicted, 1.0)
    assert weights[:, 1].tolist() == [0.5, 0, 0, 0, 0.5]
    assert weights[:, 0].tolist() == pytest.approx([1 / 3, 1 / 3, 0, 0, 1 / 3])  # it has not left yet
    assert mean.tolist() == pytest.approx([1.0, 1.15])


def test_the_last_ones_that_are_left_go_on():
    """Whoever is heaviest is the middle and throws the others out; but never all of them."""
    predicted = np.array([[1.0, 5e3, 1e9], [1.0, 1.5, 2.0], [1.0, 1.5, 2.5]])
    mean, weights = combine(Choice(np.array([-3.0, 0.0, 0.0])), predicted, 1.0)
    assert mean.tolist() == [1.0, 5e3, 1e9]
    mean, weights = combine(Choice(np.array([-0.1, 0.0, 0.0])), predicted, 1.0)
    assert weights[0].tolist()[1:] == [0, 0]
    assert mean.tolist() == pytest.approx([1.0, 1.5, 2.25])
    assert np.isfinite(combine(Choice(np.zeros(2)), np.array([[0.0, 1e9], [0.0, -1e9]]), 1.0)[0]).all()


def test_a_longer_horizon_changes_no_step_before():
    noise = 0.01 * np.random.default_rng(0).normal(size=15)
    for known in (np.exp(0.2 * np.arange(15)) + noise, ENERGIES[:12], 2.0 ** np.arange(12)):
        judged = judge(known, CANDIDATES)
        assert np.isfinite(judged.extend(known, 100).mean).all()
        short, long = judged.extend(known, 5), judged.extend(known, 200)
        np.testing.assert_array_equal(short.mean, long.mean[:5])
        np.testing.assert_array_equal(short.scale, long.scale[:5])


def test_growth_that_all_share_is_not_thrown_out():
    doubling = 2.0 ** np.arange(12)
    mean = judge(doubling, CANDIDATES).extend(doubling, 20).mean
    np.testing.assert_allclose(mean, 2.0 ** np.arange(12, 32), rtol=1e-9)


@given(
    values=st.lists(st.floats(-1, 1), min_size=6, max_size=10)
    | st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0]), min_size=6, max_size=10),
    power=st.integers(-40, 40),
    sign=st.sampled_from([-1.0, 1.0]),
)
@settings(max_examples=15)
def test_powers_of_two_change_no_digit(values, power, sign):
    known = np.array(values)
    factor = sign * 2.0**power
    if 0 < known.std() < 1e-100 or np.any((known != 0) & (np.abs(known) < 1e-100)):
        return  # rounds differently where numbers become subnormal
    forecast = judge(known, CANDIDATES).extend(known, 5)
    scaled = judge(factor * known, CANDIDATES).extend(factor * known, 5)
    np.testing.assert_array_equal(scaled.mean, factor * forecast.mean)
    np.testing.assert_array_equal(scaled.weights, forecast.weights)
    if known.any():  # nothing says in what unit zeros are
        np.testing.assert_allclose(scaled.scale, abs(factor) * forecast.scale, rtol=1e-12)


@pytest.mark.parametrize("values", SAMPLE)
@given(factor=st.floats(0.1, 10), shift=st.floats(-10, 10), falls=st.booleans())
@settings(max_examples=4)
def test_units_and_offsets_do_not_matter(values, factor, shift, falls):
    known = values[:12].copy()
    factor = -factor if falls else factor
    other = factor * (known + shift * known.std())
    expected = judge(known, CANDIDATES).extend(known, 8).mean
    found = judge(other, CANDIDATES).extend(other, 8).mean / factor - shift * known.std()
    assert np.max(np.abs(found - expected)) <= 1e-6 * known.std()


def test_values_beyond_the_training_part_influence_nothing():
    series = unrolled.dataset("pairing-particles")
    values = series.values.copy()
    values[12:] = np.linspace(3.0, -1e6, 8)[:, None]
    other = unrolled.make_series(values, series.x, names=series.names)
    digests = set()
    for one in (series, other):
        forecast = unrolled.extrapolate(one, unrolled.model("auto", networks=False), train=12, horizon=8).forecast
        parts = [
            forecast.mean,
            forecast.members,
            *(edge for band in forecast.bands for edge in (band.lower, band.upper)),
        ]
        text = repr((forecast.ingredients[0].score, forecast.verdict.trust_until)).encode()
        digests.add(hashlib.sha256(text + b"".join(part.tobytes() for part in parts)).hexdigest())
    assert len(digests) == 1


def test_the_spread_of_extremes_is_finite():
    assert spread_of(np.array([1e300, -1e300])) == pytest.approx(1e300)
    assert spread_of(np.array([1e-300, -1e-300])) == pytest.approx(1e-300)
    assert spread_of(np.full(3, 5.0)) == 5.0
    assert spread_of(np.zeros(3)) == 1.0
