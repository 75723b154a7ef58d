"""Filter, smoother and likelihood against dense joint Gaussians, in every form; laws; what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from linear_gaussian_cases import blocks, conditioned, observations, system

from unrolled.errors import InputError
from unrolled.statespace import filter_states, log_likelihood, smooth_states

FORMS = ("covariance", "square-root", "associative")
every_form = pytest.mark.parametrize("form", FORMS)

CASES = {
    "full": (system(0), observations(0, 6, 2), None),
    "gaps": (system(1), observations(1, 6, 2, missing=0.4), None),
    "one feature": (system(2, units=2, features=1), observations(2, 6, 1, missing=0.3), None),
    "inputs": (system(3, inputs=2), observations(3, 6, 2, missing=0.2), observations(4, 6, 2)),
    "no noise of states": (replace(system(5), Q=np.zeros((3, 3))), observations(5, 6, 2), None),
    "first state known": (replace(system(6), P=np.zeros((3, 3))), observations(6, 6, 2, missing=0.3), None),
    "more features than units": (system(7, units=1, features=3), observations(7, 6, 3, missing=0.3), None),
}
every_case = pytest.mark.parametrize("case", CASES)


@every_form
@every_case
def test_it_is_what_the_joint_gaussian_says(case, form):
    model, y, x = CASES[case]
    filtered, smoothed = (run(model, y, x, form=form) for run in (filter_states, smooth_states))
    for t in range(len(y)):
        mean, P, _ = conditioned(model, y, x, until=t + 1)
        means, covariances, _ = blocks(mean, P, len(y))
        np.testing.assert_allclose(filtered.mean[t], means[t], atol=1e-8)
        np.testing.assert_allclose(filtered.covariance[t], covariances[t], atol=1e-8)
        if t + 1 < len(y):
            np.testing.assert_allclose(filtered.predicted_mean[t + 1], means[t + 1], atol=1e-8)
            np.testing.assert_allclose(filtered.predicted_covariance[t + 1], covariances[t + 1], atol=1e-8)
    mean, P, density = conditioned(model, y, x)
    for found, wanted in zip(smoothed[:3], blocks(mean, P, len(y)), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-8)
    assert filtered.log_likelihood == pytest.approx(density, abs=1e-8)
    assert smoothed.log_likelihood == pytest.approx(density, abs=1e-8)
    assert log_likelihood(model, y, x) == pytest.approx(density, abs=1e-8)
