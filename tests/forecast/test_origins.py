"""One model at many origins: the same as each alone, by shared programs."""

import numpy as np
import pytest

import unrolled
from unrolled.compilation import count_compilations
from unrolled.errors import InputError
from unrolled.forecast import Forecaster, continue_from_origins
from unrolled.learn import GradientDescent
from unrolled.networks import NetworkDesign

VALUES = unrolled.dataset("pairing-particles").values[:, 0]
LONG = np.sin(0.3 * np.arange(60)) + 0.1 * np.cos(1.1 * np.arange(60))
DESIGN = NetworkDesign.parse("elman:3")


def forecaster(base="recurrence:2", *, epochs=20, members=2, **settings):
    learner = GradientDescent(epochs=epochs, **settings)
    return Forecaster(DESIGN, learner, members=members, base=base, sees="differences")


@pytest.mark.parametrize(("values", "origins"), [(VALUES, [20, 12, 9]), (LONG, [30, 60, 44])], ids=["short", "long"])
def test_every_origin_is_as_it_is_alone(values, origins):
    """The long ones take several batches, shuffled, of which the padding fills the last."""
    model = forecaster()
    made = continue_from_origins(model, values, origins, 5)
    assert made.origins == tuple(origins)
    for row, origin in enumerate(origins):
        alone = model.fit(values[:origin]).predict(5)
        np.testing.assert_allclose(made.members[row], alone.members[:, :, 0], rtol=0, atol=1e-12)
        np.testing.assert_allclose(made.mean[row], alone.mean[:, 0], rtol=0, atol=1e-12)


def test_order_and_number_of_origins_change_nothing():
    model = forecaster()
    made = continue_from_origins(model, LONG, [30, 60, 44], 5)
    turned = continue_from_origins(model, LONG, [60, 44, 30], 5)
    np.testing.assert_array_equal(turned.members, made.members[[1, 2, 0]])
    fewer = continue_from_origins(model, LONG, [30, 44], 5)
    np.testing.assert_allclose(fewer.members, made.members[[0, 2]], rtol=0, atol=1e-12)


def test_nothing_beyond_an_origin_is_seen():
    changed = np.where(np.arange(20) < 12, VALUES, 1e6)
    one = continue_from_origins(forecaster(), VALUES, [8, 12], 4)
    other = continue_from_origins(forecaster(), changed, [8, 12], 4)
    np.testing.assert_array_equal(one.members, other.members)


def test_origins_with_too_few_values_are_nan():
    made = continue_from_origins(forecaster(), VALUES, [0, 4, 5, 12], 3)  # two lags, three equations
    assert np.isnan(made.mean).all(axis=1).tolist() == [True, True, False, False]
    assert [one is None for one in made.fitted] == [True, True, False, False]
    nothing = continue_from_origins(forecaster(), VALUES, [2, 3], 3)
    assert nothing.members.shape == (2, 2, 3)
    assert np.isnan(nothing.members).all()


def test_the_models_go_on_and_can_be_saved(tmp_path):
    made = continue_from_origins(forecaster(), VALUES, [8, 12], 4)
    for row, fitted in enumerate(made.fitted):
        np.testing.assert_allclose(fitted.predict(4).members[:, :, 0], made.members[row], rtol=0, atol=1e-13)
    again = unrolled.load(made.fitted[1].save(tmp_path / "model"))
    np.testing.assert_array_equal(again.predict(4).members, made.fitted[1].predict(4).members)
    assert made.fitted[1].history.loss.shape == (2, 20)
    assert (made.fitted[1].series.values[:, 0] == VALUES[:12]).all()


def test_other_lengths_and_numbers_of_origins_compile_nothing():
    continue_from_origins(forecaster(), VALUES[:19], [9, 14, 19], 4)
    with count_compilations() as counted:
        continue_from_origins(forecaster(), VALUES[:17], [8, 11, 15, 17], 7)
        continue_from_origins(forecaster("difference:2"), 3 - VALUES, [2, 18, 12, 13], 7)
    assert counted.programs == 0


def test_the_training_can_be_watched():
    seen = []
    watch = lambda history, epochs: seen.append((history.loss.shape, epochs))  # noqa: E731
    continue_from_origins(forecaster(), VALUES, [8, 10, 12], 2, watch=watch)
    assert seen[-1] == ((6, 20), 20)


@pytest.mark.parametrize(
    ("model", "arguments", "words"),
    [
        (forecaster("none"), {}, "differences need a base"),
        (unrolled.model("rnn"), {}, "only a model with a base"),
        (unrolled.model("autoregression", base="persistence"), {}, "only a model that learns by gradient descent"),
        (forecaster(validation=0.1), {}, "keeps no windows for validation: set it to 0"),
        (forecaster(), {"data": np.ones((20, 2))}, "one feature is continued from many origins; .* has 2"),
        (forecaster(), {"origins": [21]}, "origin must be a whole number from 0 to 20; came 21"),
        (forecaster(), {"origins": [1.5]}, "origin must be a whole number"),
        (forecaster(), {"origins": []}, "origins must name one"),
        (forecaster(), {"steps": 0}, "steps must be a whole number"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_does_not_suit_is_said(model, arguments, words):
    with pytest.raises(InputError, match=words):
        continue_from_origins(**{"model": model, "data": VALUES, "origins": [12], "steps": 2} | arguments)
