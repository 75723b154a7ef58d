"""The automatic model: what it reaches, what it says about it, and what it does when held wrong."""

import numpy as np
import pytest

import unrolled
from unrolled.choose import Auto, candidates_digest, classical_candidates
from unrolled.errors import InputError, TrainingError
from unrolled.series import pairing_series
from unrolled.truth import pairing_perturbation, truths, with_noise

SERIES = unrolled.dataset("pairing-particles")
KNOWN = SERIES.head(12)


@pytest.fixture(scope="module")
def fitted():
    return auto().fit(KNOWN)


def auto(**settings):
    """Without networks, which take most of the time and little of the weight."""
    return unrolled.model("auto", networks=False, **settings)


def inside(band, truth):
    return (band.lower[:, 0] <= truth) & (truth <= band.upper[:, 0])


def test_the_lecture_s_series_to_eight_digits(fitted):
    forecast = fitted.predict(8)
    truth = SERIES.values[12:, 0]
    assert np.sum((forecast.mean[:, 0] - truth) ** 2) / 20 < 1e-8
    assert inside(forecast.bands[1], truth).all()
    assert forecast.verdict.trust_until == 8
    assert not forecast.verdict.warns


def test_ingredients_say_where_the_forecast_comes_from(fitted):
    forecast = fitted.predict(8)
    weights = [ingredient.weight for ingredient in forecast.ingredients]
    assert sum(weights) == pytest.approx(1)
    assert weights == sorted(weights, reverse=True)
    assert forecast.labels[0] == forecast.ingredients[0].name
    assert any(ingredient.score is None and ingredient.weight == 0 for ingredient in forecast.ingredients)


@pytest.mark.parametrize("points", [6, 8, 10])
def test_fewer_points_widen_the_bounds(points, fitted):
    forecast = auto().fit(SERIES.head(points)).predict(8)
    half = [(f.bands[1].upper - f.bands[1].lower)[:, 0] for f in (forecast, fitted.predict(8))]
    assert (half[0] > half[1]).all()
    kinds = {reason.kind for reason in forecast.verdict.reasons}
    assert ("few points" in kinds) == (points < 9)
    assert forecast.verdict.warns == (points < 10)


def test_five_points_have_no_bounds_and_say_so():
    forecast = auto().fit(SERIES.head(5)).predict(2)
    assert all(np.isnan(band.lower).all() for band in forecast.bands)
    assert "measured for 6 known points and more; 5 are known" in forecast.bands[0].reason
    assert forecast.verdict.trust_until == 0


def test_a_level_beyond_the_evidence_is_refused_with_what_could_be_had():
    forecast = auto(levels=(68, 99.9)).fit(KNOWN).predict(8)
    low, high = forecast.bands
    assert np.isfinite(low.lower).all()
    assert np.isnan(high.lower).all()
    assert "99 % is the highest level" in high.reason


def test_a_horizon_beyond_the_evidence_has_bounds_as_far_as_they_go(fitted):
    band = fitted.predict(20).bands[0]
    known = np.isfinite(band.lower[:, 0])
    assert known.tolist() == [True] * 12 + [False] * 8
    assert "step 13 on" in band.reason


def test_the_singularity_ahead_is_named_and_allowed_for():
    """The coupled-cluster equations of 20 particles end at g = 0.802."""
    series = pairing_series(20, np.arange(0.05, 0.801, 0.05).tolist())
    forecast = auto().fit(series.head(12)).predict(4)
    reason = next(reason for reason in forecast.verdict.reasons if reason.kind == "singularity")
    assert 0.79 < reason.evidence["x"] < 0.85
    assert inside(forecast.bands[1], series.values[12:, 0]).all()
    assert forecast.verdict.trust_until < 4


def test_noise_is_recognized_and_measured():
    truth = next(truths(["branch-point"]))
    noisy = with_noise(truth, 1e-4, 0)
    forecast = auto().fit(noisy.series.head(12)).predict(8)
    reason = next(reason for reason in forecast.verdict.reasons if reason.kind == "noise")
    assert 0.3e-4 < reason.evidence["share"] < 3e-4
    clean = auto().fit(truth.series.head(12)).predict(8)
    assert "noise" not in {reason.kind for reason in clean.verdict.reasons}


def test_a_companion_helps_where_few_points_are_known():
    particles = list(range(2, 42, 2))
    series = pairing_series(particles, 0.3)
    cheap = [pairing_perturbation(n, 0.3) for n in particles]
    errors = []
    for companion in (None, cheap):
        forecast = auto().fit(series.head(6), companion=companion).predict(8)
        errors.append(abs(forecast.mean[-1, 0] - series.values[13, 0]))
    assert errors[1] < 0.1 * errors[0]


def test_a_proportional_companion_is_followed_exactly():
    generator = np.random.default_rng(0)
    cheap = generator.normal(size=20) + 3
    for known in (2.5 * cheap[:9], cheap[:9] + 4.0, 2.5 * cheap[:9] + 1.0):
        fitted = auto().fit(known, companion=cheap)
        scale = (known[1] - known[0]) / (cheap[1] - cheap[0])
        expected = known[0] + scale * (cheap[9:14] - cheap[0])
        np.testing.assert_allclose(fitted.predict(5).mean[:, 0], expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("companion", "said"),
    [
        ([1.0] * 12, "12 points of the series are known, and 12 of the companion"),
        ([1.0] * 12 + [np.nan], "not finite"),
        (["a"], "must be numbers"),
    ],
)
def test_companions_that_do_not_fit(companion, said):
    with pytest.raises(InputError, match=said):
        auto().fit(KNOWN, companion=companion)


def test_a_companion_that_ends_too_early():
    fitted = auto().fit(KNOWN, companion=np.arange(1.0, 16.0))
    assert len(fitted.predict(3)) == 3
    with pytest.raises(InputError, match="known 3 steps ahead; 4 were asked for"):
        fitted.predict(4)


def test_a_saved_companion_comes_back(tmp_path):
    fitted = auto().fit(KNOWN, companion=np.arange(1.0, 21.0))
    again = unrolled.load(fitted.save(tmp_path / "m"))
    np.testing.assert_array_equal(again.predict(4).mean, fitted.predict(4).mean)


def test_update_keeps_laws_and_weights(fitted):
    longer = fitted.update(SERIES.values[12, 0])
    assert len(longer.series) == 13
    moved = longer.predict(7).mean[:, 0]
    np.testing.assert_allclose(moved, fitted.predict(8).mean[1:, 0], atol=1e-5)
    np.testing.assert_array_equal(longer.judged[0].choice.scores, fitted.judged[0].choice.scores)


def test_one_step_predictions_look_at_nothing_later(fitted):
    made = fitted.one_step()
    assert made.rows.tolist() == [5, 6, 7, 8, 9, 10, 11]
    for row, value in zip(made.rows[1:], made.mean[1:, 0], strict=True):
        alone = auto().fit(SERIES.head(int(row))).predict(1).mean[0, 0]
        assert value == pytest.approx(alone, rel=1e-6)
    assert fitted.one_step(SERIES).rows.tolist() == list(range(5, 20))


def test_a_long_series_is_judged_by_its_own_past():
    t = np.arange(300.0)
    values = np.sin(0.13 * t) + 0.5 * np.cos(0.05 * t) + 0.05 * np.random.default_rng(1).normal(size=300)
    forecast = auto(levels=(68, 95, 99)).fit(values[:200]).predict(60)
    inside_95 = inside(forecast.bands[1], values[200:260])
    assert inside_95.mean() > 0.8
    assert np.sqrt(np.mean((forecast.mean[:, 0] - values[200:260]) ** 2)) < 0.2
    assert "is the most that it supports there" in forecast.bands[2].reason


def test_features_are_continued_each_on_its_own():
    both = unrolled.make_series(np.column_stack([KNOWN.values, np.arange(12.0)]), names=["a", "b"])
    forecast = auto().fit(both).predict(3)
    alone = auto().fit(KNOWN).predict(3)
    np.testing.assert_array_equal(forecast.mean[:, 0], alone.mean[:, 0])
    np.testing.assert_allclose(forecast.mean[:, 1], [12, 13, 14])
    assert forecast.verdict.reasons[0].text.startswith("a decides")
    assert {ingredient.feature for ingredient in forecast.ingredients} == {"a", "b"}


@pytest.mark.parametrize("size", [1e-300, 1e300, 1e308])
def test_numbers_of_any_size(size, fitted):
    forecast = auto().fit(KNOWN.values * size).predict(8)
    np.testing.assert_allclose(forecast.mean / size, fitted.predict(8).mean, rtol=1e-7)
    assert forecast.verdict.trust_until == 8


@pytest.mark.parametrize("factor", [-1.0, 2.0**20, -(2.0**-7)])
def test_powers_of_two_change_no_digit_of_bounds_and_verdict(factor, fitted):
    forecast, scaled = fitted.predict(8), auto().fit(factor * KNOWN.values).predict(8)
    np.testing.assert_array_equal(scaled.mean, factor * forecast.mean)
    for one, other in zip(forecast.bands, scaled.bands, strict=True):
        edges = [factor * one.lower, factor * one.upper]
        np.testing.assert_array_equal([other.lower, other.upper], edges if factor > 0 else edges[::-1])
    assert scaled.verdict.trust_until == forecast.verdict.trust_until
    assert scaled.verdict.reasons[0].evidence == forecast.verdict.reasons[0].evidence


@pytest.mark.parametrize("make", ["white", "walk", "sine"])
def test_bounds_hold_on_series_rougher_than_any_that_was_measured(make):
    """The exact truth of 20 series of 14 points, six steps ahead."""
    generator, found = np.random.default_rng(5), []
    for _ in range(20):
        noise = generator.normal(size=20)
        values = {
            "white": noise,
            "walk": np.cumsum(noise),
            "sine": np.sin(0.3 * np.arange(20) + generator.uniform(0, 6)) + 0.05 * noise,
        }[make]
        forecast = auto().fit(values[:14]).predict(6)
        found.append([inside(band, values[14:]) for band in forecast.bands])
        assert "uncalibrated" in {reason.kind for reason in forecast.verdict.reasons}
    covered = np.mean(found, axis=(0, 2))
    assert covered[0] > 0.6
    assert covered[1] > 0.8


@pytest.mark.parametrize("points", [14, 16, 30])
def test_bounds_never_narrow_with_the_step(points):
    values = 0.9 ** np.arange(points) + 1.0 / np.arange(1, points + 1)
    for band in auto().fit(values).predict(12).bands:
        assert (np.diff(band.upper - band.lower, axis=0) >= 0).all()


@pytest.mark.parametrize("points", [60, 100, 150])
def test_a_history_has_as_many_values_as_the_laws_look_back(points):
    values = np.sin(0.2 * np.arange(points)) + 0.1 * np.random.default_rng(0).normal(size=points)
    fitted = auto().fit(values)
    for known in range(5, points, 7):
        try:
            assert np.isfinite(fitted.predict(2, history=values[:known]).mean).all()
        except InputError as error:
            assert f"the history has {known}" in str(error)  # noqa: PT017 - either is right


def test_one_step_predictions_of_another_series_are_its_own():
    x = np.arange(12.0)
    fitted = auto().fit(np.exp(-0.3 * x))
    other = 2 * np.exp(-0.3 * x)
    made = fitted.one_step(other)
    assert np.max(np.abs(made.residuals)) < 1e-6
    assert made.rows[-1] == 11


def test_a_choice_among_other_candidates_says_so_when_it_is_loaded(tmp_path):
    folder = auto().fit(KNOWN).save(tmp_path / "model")
    description = folder / "model.json"
    text = description.read_text(encoding="utf-8")
    digest = candidates_digest(classical_candidates())
    assert digest in text
    assert not any("among today" in note for note in unrolled.load(folder).notes)
    description.write_text(text.replace(digest, "0" * 64), encoding="utf-8")
    assert any("made this choice among other candidates" in note for note in unrolled.load(folder).notes)


def test_a_continuation_beyond_the_largest_number_says_so():
    with pytest.raises(TrainingError, match="ran off to infinity; lower the horizon"):
        auto().fit(2.0 ** np.arange(1012, 1024)).predict(3)


@pytest.mark.parametrize("values", [[3.0] * 9, [0.0] * 9, [1e300, 2e300, 3e300, 4e300, 5e300, 6e300]])
def test_odd_series_are_continued_quietly(values):
    forecast = auto().fit(values).predict(3)
    step = values[-1] - values[-2]
    np.testing.assert_allclose(forecast.mean[:, 0], values[-1] + step * np.arange(1, 4), rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: auto().fit([1.0, 2.0, 3.0, 4.0]), "at least 5 known points; .* has 4"),
        (lambda: auto(levels=()).fit(KNOWN), "one level at least"),
        (lambda: auto(levels=95).fit(KNOWN), "must be a tuple .* came 95"),
        (lambda: auto(levels=(50, 50)).fit(KNOWN), "names one level twice"),
        (lambda: auto(levels=(100.0,)).fit(KNOWN), "at least 0.1 and at most 99.99"),
        (lambda: auto(levels=(-1.0,)).fit(KNOWN), "level"),
        (lambda: auto(seed=-1).fit(KNOWN), "seed"),
        (lambda: auto(units=50), "units says nothing to auto"),
        (lambda: auto(unit=50), "units"),
        (lambda: unrolled.model("autp"), "auto"),
        (lambda: auto().fit(unrolled.make_series([1.0, 2, 3, 4, 5], [0, 1, 2, 3, 5])), "spac"),
        (lambda: auto().fit(KNOWN).predict(0), "horizon"),
        (lambda: auto().fit(KNOWN).predict(x=[1.0]), "learns y from x"),
        (lambda: auto().fit(KNOWN).predict(2, history=[1.0, 2.0]), "needs [0-9]+ known values; the history has 2"),
    ],
)
def test_errors_say_what_to_do(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_networks_take_part_and_are_said_to(fitted):
    with_networks = unrolled.model("auto").fit(KNOWN)
    forecast, alone = with_networks.predict(8), fitted.predict(8)
    network = next(one for one in forecast.ingredients if "Elman" in one.name)
    assert 0 < network.weight < 0.1
    assert network.score < -2
    np.testing.assert_allclose(forecast.mean, alone.mean, rtol=1e-4)
    again = unrolled.model("auto").fit(KNOWN).predict(8)
    np.testing.assert_array_equal(again.mean, forecast.mean)
    assert with_networks.predict(20).mean[:8].tolist() == forecast.mean.tolist()


def test_the_constructor_only_stores():
    assert Auto(levels=(500.0,)).levels == (500.0,)
