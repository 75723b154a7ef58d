"""Losses against scipy's distributions and against their definitions."""

import numpy as np
import pytest
from scipy import special, stats

from unrolled.errors import InputError
from unrolled.learn import loss, losses
from unrolled.types import precision

RNG = np.random.default_rng(5)
RAW, TARGET = RNG.normal(size=(4, 6)) * 3, RNG.normal(size=(4, 2))


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def softplus(a):
    return np.log1p(np.exp(a)) + 1e-6


def test_gaussian_is_minus_the_logarithm_of_the_density():
    wanted = -stats.norm.logpdf(TARGET, RAW[:, :2], softplus(RAW[:, 2:4]))
    np.testing.assert_allclose(loss("gaussian")(RAW[:, :4], TARGET), wanted, rtol=1e-12)


def test_student_is_minus_the_logarithm_of_the_density():
    wanted = -stats.t.logpdf(TARGET, 2 + softplus(RAW[:, 4:]), RAW[:, :2], softplus(RAW[:, 2:4]))
    np.testing.assert_allclose(loss("student")(RAW, TARGET), wanted, rtol=1e-12)


def test_cross_entropy_of_classes():
    target = special.softmax(RNG.normal(size=(4, 6)), axis=-1)
    wanted = stats.entropy(target, axis=-1) + stats.entropy(target, special.softmax(RAW, axis=-1), axis=-1)
    np.testing.assert_allclose(loss("cross-entropy")(RAW, target, "softmax")[:, 0], wanted, rtol=1e-12)


def test_cross_entropy_of_units():
    target = RNG.uniform(size=(4, 6))
    y = special.expit(RAW)
    wanted = -target * np.log(y) - (1 - target) * np.log1p(-y)
    np.testing.assert_allclose(loss("cross-entropy")(RAW, target, "sigmoid"), wanted, rtol=1e-9)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_cross_entropy_stays_finite_where_the_output_rounds_to_nothing(output):
    raw, target = np.array([[-2000.0, 2000.0]]), np.array([[1.0, 0.0]])
    assert np.isfinite(loss("cross-entropy")(raw, target, output)).all()


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("squared", lambda e: e**2),
        ("absolute", np.abs),
        ("huber", lambda e: np.where(np.abs(e) < 1, e**2 / 2, np.abs(e) - 0.5)),
    ],
)
def test_losses_of_values_see_the_output_function(name, formula):
    wanted = formula(np.tanh(RAW[:, :2]) - TARGET)
    np.testing.assert_allclose(loss(name)(RAW[:, :2], TARGET, "tanh"), wanted, rtol=1e-12)


@pytest.mark.parametrize(("name", "output"), [("cross-entropy", "linear"), ("gaussian", "tanh"), ("student", "relu")])
def test_losses_that_need_an_output_function_say_so(name, output):
    with pytest.raises(InputError, match=f"the loss {name} needs the output function .* it is {output}"):
        loss(name).check(output)
    loss("squared").check(output)


def test_every_loss_has_a_width():
    assert {name: loss(name).per_unit for name in losses()} == {
        "squared": 1,
        "absolute": 1,
        "huber": 1,
        "cross-entropy": 1,
        "gaussian": 2,
        "student": 3,
    }
