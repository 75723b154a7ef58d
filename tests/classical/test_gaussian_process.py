import json
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
from scipy.stats import multivariate_normal

from unrolled.classical import GaussianProcess, standardize

REFERENCES = Path(__file__).parent.parent / "references"
CASES = json.loads((REFERENCES / "sklearn.json").read_text())["processes"]


@pytest.fixture(scope="module")
def arrays():
    return np.load(REFERENCES / "sklearn.npz")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["series"])
def test_equals_scikit_learn(case, arrays):
    values = arrays[case["values"]]
    law = GaussianProcess().fit(values)
    assert law.length == pytest.approx(case["length"])
    assert law.noise == pytest.approx(case["noise"])
    assert law.variance == pytest.approx(case["variance"])
    np.testing.assert_allclose(law.standard.scale(law.extend(values, 6)), arrays[case["mean"]], rtol=0, atol=1e-8)
    deviation = law.deviation(values, 6) / abs(law.standard.width)
    np.testing.assert_allclose(deviation, arrays[case["deviation"]], rtol=1e-7)


SERIES = {
    "noise": np.random.default_rng(0).normal(size=12),
    "noisy sine": np.sin(0.4 * np.arange(25)) + 0.03 * np.random.default_rng(1).normal(size=25),
    "falling": -np.arange(9.0) + 0.1 * np.random.default_rng(2).normal(size=9),
    "four": np.array([1.0, 0.3, 0.2, 0.5]),
}


def covariance(first, second, law):
    return law.variance * np.exp(-((first[:, None] - second) ** 2) / (2 * law.length**2))


@pytest.mark.parametrize("name", SERIES)
def test_mean_and_deviation_are_those_of_the_joint_distribution(name):
    values, steps = SERIES[name], 5
    known = len(values)
    law = GaussianProcess().fit(values)
    t = np.arange(known + steps, dtype=float)
    joint = covariance(t, t, law)
    joint[:known, :known] += law.variance * law.noise * np.eye(known)
    across, own = joint[known:, :known], scipy.linalg.cho_factor(joint[:known, :known])
    mean = across @ scipy.linalg.cho_solve(own, law.standard.scale(values))
    spread = np.sqrt(np.diag(joint[known:, known:] - across @ scipy.linalg.cho_solve(own, across.T)))
    np.testing.assert_allclose(law.extend(values, steps), law.standard.unscale(mean), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(law.deviation(values, steps), spread * abs(law.standard.width), rtol=1e-7)


@pytest.mark.parametrize("name", SERIES)
def test_no_point_of_the_neighbourhood_is_likelier(name):
    z, _ = standardize(SERIES[name])
    law = GaussianProcess().fit(SERIES[name])
    t = np.arange(len(z), dtype=float)

    def likelihood(length=law.length, noise=law.noise, variance=law.variance):
        kernel = np.exp(-((t[:, None] - t) ** 2) / (2 * length**2)) + noise * np.eye(len(z))
        return multivariate_normal(np.zeros(len(z)), variance * kernel).logpdf(z)

    best, ratio = likelihood(), 40 ** (1 / 15)  # the grid has 16 lengths from 0.15 to 6
    for factor in (0.9, 1.1):
        assert likelihood(variance=factor * law.variance) < best
    # The variance is the best one for each point of the grid.
    for length, noise in (
        (law.length / ratio, law.noise),
        (law.length * ratio, law.noise),
        (law.length, 1e-4),
        (law.length, 1e-2),
    ):
        inside = 0.149 * (len(z) - 1) < length < 6.01 * (len(z) - 1)
        if inside and (length, noise) != (law.length, law.noise):
            kernel = np.exp(-((t[:, None] - t) ** 2) / (2 * length**2)) + noise * np.eye(len(z))
            assert likelihood(length, noise, z @ np.linalg.solve(kernel, z) / len(z)) <= best + 1e-9


@pytest.mark.parametrize("known", [8, 12, 20, 40, 60])
@pytest.mark.parametrize("law_of_motion", [lambda t: np.sin(0.3 * t), lambda t: 0.8**t], ids=["sine", "decay"])
def test_smooth_series_lose_nothing_to_rounding(known, law_of_motion):
    values = law_of_motion(np.arange(known, dtype=float))
    law = GaussianProcess().fit(values)
    kernel = np.exp(-((law.t[:, None] - law.t) ** 2) / (2 * law.length**2)) + law.noise * np.eye(known)
    at = np.exp(-((known - law.t) ** 2) / (2 * law.length**2))
    wanted = at @ scipy.linalg.cho_solve(scipy.linalg.cho_factor(kernel), law.standard.scale(values))
    assert law.noise <= 1e-8  # where an explicit inverse is off by 1e-4
    assert law.standard.scale(law.extend(values, 1))[0] == pytest.approx(wanted, abs=1e-5)


def test_a_smooth_series_is_continued():
    values = np.sin(0.3 * np.arange(26))
    made = GaussianProcess().fit(values[:24]).extend(values[:24], 2)
    np.testing.assert_allclose(made, values[24:], atol=1e-3)


def test_far_away_it_returns_to_the_mean():
    values = SERIES["noise"] + 7
    law = GaussianProcess().fit(values)
    steps = int(20 * law.length) + 20
    assert law.extend(values, steps)[-1] == pytest.approx(values.mean())
    assert law.deviation(values, steps)[-1] == pytest.approx(np.sqrt(law.variance) * values.std())


def test_the_deviation_grows_with_the_distance():
    values = SERIES["noisy sine"]
    deviation = GaussianProcess().fit(values).deviation(values, 12)
    assert (np.diff(deviation) > 0).all()


def test_older_values_than_sixty_are_not_looked_at():
    values = np.random.default_rng(3).normal(size=90).cumsum()
    law, late = GaussianProcess().fit(values), GaussianProcess().fit(values[30:])
    np.testing.assert_array_equal(law.t, late.t + 30)
    np.testing.assert_allclose(law.extend(values, 4), late.extend(values[30:], 4), rtol=1e-12)
    np.testing.assert_allclose(law.deviation(values, 4), late.deviation(values[30:], 4), rtol=1e-9)


def test_a_constant_series_has_no_deviation():
    values = np.full(9, 0.1)
    np.testing.assert_allclose(GaussianProcess().fit(values).deviation(values, 3), 0, atol=1e-100)
