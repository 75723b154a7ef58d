"""Linear autoregression: closed forms and dense matrices for its intervals, least squares by hand, files, refusals."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import unrolled
from unrolled.errors import InputError, TrainingError
from unrolled.forecast import Estimator, Fitted, LinearAutoregression, says_nothing
from unrolled.forecast._autoregressive_law import AutoregressiveLaw, fit_autoregression
from unrolled.forecast._order_choice import choose_order

T = np.arange(120)
RNG = np.random.default_rng(5)
NOISY = np.sin(0.4 * T) + 0.1 * RNG.normal(size=120)
PAIR = np.stack([NOISY, np.roll(NOISY, 3) + 0.05 * RNG.normal(size=120)], axis=1)
STABLE = np.array([[[0.5, 0.2], [-0.1, 0.3]], [[0.1, -0.3], [0.2, 0.1]], [[0.05, 0.0], [0.1, -0.2]]])
SIGMA = np.array([[1.0, 0.4], [0.4, 0.5]])


def law(A, covariance, c=None):
    """Coefficients that are known."""
    A = np.asarray(A, float).reshape(len(A), len(covariance), len(covariance))
    width = len(A) * len(covariance) + 1
    return AutoregressiveLaw(A, np.zeros(len(covariance)) if c is None else c, covariance, np.zeros((width, width)))


def simulate(A, covariance, points, seed, c=0.0):
    lag, features = len(A), len(covariance)
    e = np.random.default_rng(seed).multivariate_normal(np.zeros(features), covariance, points + 100)
    y = np.zeros((points + 100, features))
    for t in range(lag, len(y)):
        y[t] = c + sum(A[k] @ y[t - 1 - k] for k in range(lag)) + e[t]
    return y[100:]


@given(a=st.floats(-1.1, 1.1), s=st.floats(0.1, 10.0))
@settings(max_examples=20)
def test_one_lag_has_a_closed_form(a, s):
    h = np.arange(1, 13)
    wanted = s * np.array([np.sum(a ** (2.0 * np.arange(n))) for n in h])
    made = law([a], np.array([[s]])).extend(np.array([[2.0]]), 12)
    np.testing.assert_allclose(made.covariance[:, 0, 0], wanted, rtol=1e-12)
    np.testing.assert_allclose(made.mean[:, 0], 2.0 * a**h, rtol=1e-12, atol=1e-300)


def test_two_lags_end_at_the_variance_of_the_process():
    """Yule and Walker: gamma_0 = (1 - b) s / ((1 + b) ((1 - b)^2 - a^2))."""
    a, b = 1.2, -0.5
    made = law([a, b], np.array([[2.0]])).extend(np.zeros((2, 1)), 200).covariance[:, 0, 0]
    assert made[0] == pytest.approx(2.0, rel=1e-14)
    assert made[1] == pytest.approx(2.0 * (1 + a**2), rel=1e-14)
    assert made[-1] == pytest.approx((1 - b) * 2.0 / ((1 + b) * ((1 - b) ** 2 - a**2)), rel=1e-12)


def test_the_future_given_the_past_by_a_dense_matrix():
    """All y of a long stationary stretch are jointly Gaussian: condition the end on the beginning."""
    lag, features, past, steps = 3, 2, 6, 8
    A, total, burn = STABLE, 6 + 8, 600
    # (1 - sum A B^l) y = e, from zeros long before.
    size = (burn + total) * features
    L = np.eye(size)
    for t in range(burn + total):
        for k in range(min(lag, t)):
            L[t * 2 : t * 2 + 2, (t - 1 - k) * 2 : (t - k) * 2] = -A[k]
    response = np.linalg.inv(L)[burn * features :]
    joint = response @ np.kron(np.eye(burn + total), SIGMA) @ response.T
    cut = past * features
    weights = np.linalg.solve(joint[:cut, :cut], joint[:cut, cut:]).T
    conditional = joint[cut:, cut:] - weights @ joint[:cut, cut:]
    known = np.random.default_rng(1).normal(size=(past, features))
    made = law(A, SIGMA).extend(known, steps)
    np.testing.assert_allclose(made.mean.ravel(), weights @ known.ravel(), rtol=0, atol=1e-10)
    blocks = [conditional[2 * h : 2 * h + 2, 2 * h : 2 * h + 2] for h in range(steps)]
    np.testing.assert_allclose(made.covariance, blocks, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("values", "window"), [(NOISY[:, None], 3), (PAIR, 2)])
def test_a_long_horizon_is_the_short_one_going_on(values, window):
    fitted = fit_autoregression(values, window)
    made = fitted.extend(values, 200)
    for steps in (63, 64, 65, 150):
        less = fitted.extend(values, steps)
        np.testing.assert_array_equal(less.mean, made.mean[:steps])
        np.testing.assert_array_equal(less.covariance, made.covariance[:steps])
    for start in (100, 130):  # from other steps the products cut elsewhere
        again = fitted.extend(np.concatenate([values, made.mean[:start]]), 200 - start)
        np.testing.assert_allclose(again.mean, made.mean[start:], rtol=1e-9, atol=1e-12)
    y = np.concatenate([values[-window:], np.zeros((200, values.shape[1]))])
    phi = [np.eye(values.shape[1])]
    for h in range(200):
        y[window + h] = fitted.c + sum(fitted.A[k] @ y[window + h - 1 - k] for k in range(window))
        phi.append(sum(fitted.A[k] @ phi[h - k] for k in range(min(window, h + 1))))
    np.testing.assert_allclose(made.mean, y[window:], rtol=1e-9, atol=1e-12)
    noise = np.cumsum([one @ fitted.covariance @ one.T for one in phi[:200]], axis=0)
    np.testing.assert_allclose(fitted.noise(200), noise, rtol=1e-9, atol=1e-15)


def test_long_horizons_take_no_time():
    fitted = LinearAutoregression(window=2).fit(NOISY)
    start = time.process_time()
    assert np.isfinite(fitted.predict(100_000).bands[0].upper).all()
    assert time.process_time() - start < 5  # 0.3 s, and 20 s step by step


def test_least_squares_and_the_unbiased_covariance():
    fitted = LinearAutoregression(window=2).fit(PAIR)
    X = np.hstack([PAIR[1:-1], PAIR[:-2], np.ones((118, 1))])
    B = np.linalg.lstsq(X, PAIR[2:], rcond=None)[0]
    residual = PAIR[2:] - X @ B
    np.testing.assert_allclose(np.hstack([*fitted.A, fitted.c[:, None]]), B.T, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(fitted.covariance, residual.T @ residual / (118 - 5), rtol=1e-9)
    np.testing.assert_allclose(fitted.one_step().mean, X @ B, rtol=1e-9, atol=1e-9)


def test_a_ridge_minimizes_what_it_should():
    fitted = fit_autoregression(PAIR, 3, ridge=2.0)
    shown = np.hstack([PAIR[2:-1], PAIR[1:-2], PAIR[:-3]])
    residual = PAIR[3:] - fitted.one_step(PAIR)
    B = np.concatenate([weights.T for weights in fitted.A])
    np.testing.assert_allclose(shown.T @ residual - 2.0 * B, 0, atol=1e-10)
    np.testing.assert_allclose(residual.sum(axis=0), 0, atol=1e-10)


def test_uncertain_coefficients_widen_by_their_covariance():
    """Sigma (x) (X'X)^-1 through the derivative of the forecast, by central differences."""
    fitted = fit_autoregression(PAIR[:40], 2)
    X = np.hstack([PAIR[1:39], PAIR[:38], np.ones((38, 1))])
    B = np.vstack([np.concatenate([weights.T for weights in fitted.A]), fitted.c])
    unsure = np.kron(np.linalg.inv(X.T @ X), fitted.covariance)  # of B, row by row

    def forecast(flat):
        B = flat.reshape(5, 2)
        moved = replace(fitted, A=np.stack([B[:2].T, B[2:4].T]), c=B[4])
        return moved.extend(PAIR[:40], 6).mean.ravel()

    step = 1e-6
    J = np.stack([(forecast(B.ravel() + d) - forecast(B.ravel() - d)) / (2 * step) for d in step * np.eye(10)], axis=1)
    added = J @ unsure @ J.T
    made = fitted.extend(PAIR[:40], 6).covariance - fitted.noise(6)
    np.testing.assert_allclose(made, [added[2 * h : 2 * h + 2, 2 * h : 2 * h + 2] for h in range(6)], rtol=1e-6)


def test_intervals_cover_what_they_say():
    """200 known points, coefficients learned: 90 % of 300 series, five deviations of a count allowed."""
    inside = []
    model = LinearAutoregression(window=2, levels=(90.0,))
    for seed in range(300):
        y = simulate([np.array([[1.1]]), np.array([[-0.4]])], np.eye(1), 210, seed, c=0.3)
        (band,) = model.fit(y[:200]).predict(10).bands
        inside.append((band.lower <= y[200:]) & (y[200:] <= band.upper))
    covered = np.mean(inside, axis=0)
    assert np.all(np.abs(covered - 0.9) < 5 * np.sqrt(0.09 / 300))


def test_the_order_is_found_inside_the_known_part():
    A = [np.array([[0.0]]), np.array([[0.0]]), np.array([[0.8]])]
    y = simulate(A, np.eye(1), 600, 3)
    fitted = LinearAutoregression().fit(y)
    assert fitted.window == fitted.model.window == 3
    assert choose_order(np.random.default_rng(0).normal(size=(400, 1))) <= 2
    # Exactly linear: the shortest law that says everything.
    wave = (np.sin(0.3 * T) + np.cos(0.7 * T))[:, None]
    assert choose_order(wave) == 4


def test_a_clean_wave_goes_on():
    wave = np.sin(0.3 * np.arange(160)) + 3
    np.testing.assert_allclose(LinearAutoregression().fit(wave[:100]).predict(60).mean[:, 0], wave[100:], atol=1e-6)


@given(factor=st.sampled_from([1e-6, -3.0, 1e6]), shift=st.floats(-5, 5))
@settings(max_examples=10)
def test_units_and_origin_do_not_matter(factor, shift):
    wanted = LinearAutoregression(window=2).fit(PAIR).predict(5)
    made = LinearAutoregression(window=2).fit(factor * (PAIR + shift)).predict(5)
    np.testing.assert_allclose(made.mean / factor - shift, wanted.mean, atol=1e-7)
    width = wanted.bands[0].upper - wanted.bands[0].lower
    np.testing.assert_allclose((made.bands[0].upper - made.bands[0].lower) / abs(factor), width, rtol=1e-7)


def test_a_constant_goes_on_without_doubt():
    forecast = LinearAutoregression().fit(np.full(9, 0.1)).predict(3)
    assert forecast.mean.tolist() == [[0.1]] * 3
    assert forecast.bands[1].upper.tolist() == [[0.1]] * 3


def test_it_is_an_estimator():
    model = unrolled.model("linear-autoregression", window=3, ridge=0.01)
    assert model == LinearAutoregression(3, 0.01)
    assert isinstance(model, Estimator)
    fitted = model.fit(PAIR)
    assert isinstance(fitted, Fitted)
    json.dumps(model.describe(2), allow_nan=False)
    json.dumps(LinearAutoregression().describe(2), allow_nan=False)
    longer = fitted.update([0.1, 0.2])
    np.testing.assert_array_equal(longer.predict(4).mean, fitted.predict(4, history=longer.series.values).mean)
    row = fitted.one_step(longer.series.values).mean[-1]
    np.testing.assert_allclose(fitted.predict(1).mean[0], row, rtol=1e-12)
    assert {"epochs", "units", "base"} <= says_nothing("linear-autoregression")
    known = replace(model, uncertain=False).fit(PAIR).predict(9).bands[0]
    assert np.all(known.upper < fitted.predict(9).bands[0].upper)


def test_saved_and_loaded_it_gives_the_same_bytes(tmp_path):
    fitted = LinearAutoregression(levels=(50.0,)).fit(PAIR).update([0.3, 0.4])
    again = unrolled.load(fitted.save(tmp_path / "model"))
    assert (again.model, again.learned, len(again.series)) == (fitted.model, 120, 121)
    for made, wanted in zip(again.predict(9).bands, fitted.predict(9).bands, strict=True):
        np.testing.assert_array_equal(made.upper, wanted.upper)


@pytest.mark.parametrize(
    ("model", "values", "said"),
    [
        (LinearAutoregression(window=0), NOISY, "window must be a whole number from 1"),
        (LinearAutoregression(window="best"), NOISY, "window must be a whole number, or 'auto'; came 'best'"),
        (LinearAutoregression(window=2.0), NOISY, "window"),
        (LinearAutoregression(ridge=-1.0), NOISY, "ridge"),
        (LinearAutoregression(levels=(68, 68)), NOISY, "one level twice"),
        (
            LinearAutoregression(levels=(100.0,)),
            NOISY,
            "level must be a finite number of at least 0.1 and at most 99.99",
        ),
        (LinearAutoregression(levels=90), NOISY, "levels must be a tuple"),
        (LinearAutoregression(uncertain=1), NOISY, "uncertain"),
        (LinearAutoregression(seed=-1), NOISY, "seed"),
        (LinearAutoregression(), [1.0], r"takes at least 4 known points; .* has 1\.$"),
        (LinearAutoregression(), [1.0, 2.0, 4.0], "takes at least 4 known points; .* has 3"),
        (LinearAutoregression(window=9), NOISY[:12], "at least 20 .* has 12; use a window of at most 5"),
        (LinearAutoregression(window=4), PAIR[:10], "on 2 features takes at least 14"),
        (LinearAutoregression(), unrolled.make_series([1.0, 2.0, 3.0, 4.0, 5.0], [0, 1, 2, 3, 5]), "spac"),
    ],
)
def test_wrong_requests(model, values, said):
    with pytest.raises(InputError, match=said):
        model.fit(values)


def test_wrong_continuations():
    fitted = LinearAutoregression(window=3).fit(NOISY)
    with pytest.raises(InputError, match="learns y from x"):
        fitted.predict(x=[1.0])
    with pytest.raises(InputError, match="horizon"):
        fitted.predict(0)
    with pytest.raises(InputError, match="learned 1 features; the history has 2"):
        fitted.predict(2, history=PAIR)
    with pytest.raises(InputError, match="needs 3 known values; the history has 2"):
        fitted.predict(2, history=[1.0, 2.0])
    grown = LinearAutoregression(window=1).fit(2.0 ** np.arange(12.0))
    with pytest.raises(TrainingError, match="ran off to infinity at step 5"):
        grown.predict(3000)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["model"].update(window="auto"), "damaged: window must be a whole number"),
        (lambda d: d["model"].update(window=10**9), "damaged: window"),
        (lambda d: d["model"].update(window=90), "damaged: .* takes at least 272 known points"),
        (lambda d: d["model"].update(levels=90), "damaged: levels must be a list"),
        (lambda d: d["model"].update(levels=["a"]), "damaged: level"),
        (lambda d: d["model"].update(name="a\x1b[2J"), "plain text"),
        (lambda d: d["model"].update(other=1), "damaged"),
        (lambda d: d.update(learned=121), "learned"),
        (lambda d: d.update(learned=2), "damaged"),
        (lambda d: d["series"].update(points=130), "bytes|shape"),
        (lambda d: d.pop("model"), "damaged"),
    ],
)
def test_damaged_files(tmp_path, change, said):
    folder = LinearAutoregression(window=2).fit(PAIR).save(tmp_path / "model")
    description = json.loads((folder / "model.json").read_text())
    change(description)
    (folder / "model.json").write_text(json.dumps(description))
    with pytest.raises(InputError, match=said):
        unrolled.load(folder)
