import jax
import numpy as np
import pytest

from unrolled import load
from unrolled.errors import InputError
from unrolled.learn import GradientDescent, LeastSquares, Optimizer
from unrolled.networks import EchoStateInitialization, NetworkDesign, member, member_keys
from unrolled.sequence import SequenceModel
from unrolled.types import Batch, precision

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(9, 3, 2))
BATCH = Batch(INPUTS, INPUTS.sum(axis=(1, 2), keepdims=True))
ELMAN = NetworkDesign.parse("elman:3")


def test_predictions_are_the_networks_last_outputs():
    fitted = SequenceModel(ELMAN, GradientDescent(epochs=2), members=2).fit(BATCH)
    predicted = fitted.predict(INPUTS)
    assert predicted.shape == (2, 9, 1, 1)
    with precision("float64"):
        for i in range(2):
            wanted = member(fitted.networks, i)(INPUTS)[:, -1:]
            np.testing.assert_allclose(predicted[i], wanted, rtol=0, atol=1e-14)


def test_stateful_predictions_carry_the_state():
    learner = GradientDescent(epochs=2, batch_size=3, stateful=True, shuffle=False)
    fitted = SequenceModel(ELMAN, learner).fit(BATCH)
    predicted = fitted.predict(INPUTS)[0, :, 0]
    with precision("float64"):
        network = member(fitted.networks, 0)
        for lane in range(3):
            wanted = network(INPUTS[lane::3].reshape(-1, 2))[2::3]
            np.testing.assert_allclose(predicted[lane::3], wanted, rtol=0, atol=1e-14)


def test_a_stateful_learner_of_a_network_without_state_has_no_lanes():
    learner = GradientDescent(epochs=1, batch_size=3, stateful=True, shuffle=False)
    assert SequenceModel(NetworkDesign.parse("dense:3"), learner).lanes is None
    assert SequenceModel(ELMAN, learner).lanes == 3
    assert SequenceModel(ELMAN, LeastSquares()).lanes is None


def test_targets_at_several_last_steps():
    batch = Batch(INPUTS, np.cumsum(INPUTS, axis=1)[:, -2:])
    fitted = SequenceModel(ELMAN, LeastSquares()).fit(batch)
    assert fitted.predict(INPUTS).shape == (1, 9, 1, 2)


def test_members_that_fail_are_left_out():
    """At this rate some members run off to infinity, and the others learn."""
    learner = GradientDescent(Optimizer("sgd", learning_rate=0.3), epochs=60)
    model = SequenceModel(NetworkDesign.parse("elman:3:relu"), learner, members=12)
    fitted = model.fit(Batch(INPUTS * 1.6, BATCH.targets))
    usable = fitted.history.usable
    assert 0 < usable.sum() < 12
    assert fitted.kept == tuple(np.flatnonzero(usable))
    assert len(fitted.predict(INPUTS)) == usable.sum()
    assert np.isfinite(fitted.predict(INPUTS)).all()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("members", [0, -1, 2.5, "3", None, True, 10**6]),
        ("seed", [-1, 1.2, "0", None, 2**63, True]),
        ("precision", ["float16", 64, None, ["float64"]]),
    ],
)
def test_wrong_settings_are_named(name, values):
    for value in values:
        with pytest.raises(InputError, match=name):
            SequenceModel(ELMAN, LeastSquares(), **{name: value}).fit(BATCH)


@pytest.mark.parametrize(
    ("learner", "message"),
    [
        ({"truncate": (1, 2)}, "truncate needs layers that go forward in time alone"),
        ({"stateful": True, "shuffle": False}, "a stateful network goes forward in time alone"),
        ({"loss": "cross-entropy"}, "needs the output function softmax or sigmoid"),
        ({"forcing": 0.5}, "forcing says nothing to a network that does not see its own outputs"),
    ],
)
def test_settings_that_exclude_each_other_are_named_before_there_are_data(learner, message):
    with pytest.raises(InputError, match=message):
        SequenceModel(NetworkDesign.parse("bi-gru:2"), GradientDescent(**learner)).check()


@pytest.mark.parametrize("name", ["watch", "probe"])
def test_least_squares_call_nobody(name):
    with pytest.raises(InputError, match=f"solves in one step, so {name} would never be called: leave it out"):
        SequenceModel(ELMAN, LeastSquares()).fit(BATCH, **{name: lambda *said: None})


def test_a_batch_holds_its_targets():
    with pytest.raises(InputError, match="the batch holds its targets already: leave targets out"):
        SequenceModel(ELMAN, LeastSquares()).fit(BATCH, BATCH.targets)


def test_networks_that_would_fit_in_no_computer():
    huge = SequenceModel(NetworkDesign.parse("elman:100000"), LeastSquares())
    with pytest.raises(InputError, match="take fewer units"):
        huge.fit(BATCH)


@pytest.mark.parametrize(
    ("inputs", "targets"),
    [
        ((9, 3), (9, 1, 1)),
        ((9, 3, 2), (9, 1)),
        ((9, 3, 2), (8, 1, 1)),
        ((9, 3, 2), (9, 4, 1)),
        ((0, 3, 2), (0, 1, 1)),
        ((9, 0, 2), (9, 0, 1)),
    ],
)
def test_batches_that_do_not_fit(inputs, targets):
    with pytest.raises(InputError, match="targets"):
        SequenceModel(ELMAN, LeastSquares()).fit(FreeBatch(np.ones(inputs), np.ones(targets)))


class FreeBatch:
    """A batch of any shape: the real one's shapes are checked in the tests."""

    def __init__(self, inputs, targets):
        self.inputs, self.targets = inputs, targets


def test_inputs_that_do_not_fit():
    fitted = SequenceModel(ELMAN, LeastSquares()).fit(BATCH)
    with pytest.raises(InputError, match=r"\(batch, time, 2\); came \(9, 3, 1\)"):
        fitted.predict(INPUTS[..., :1])


def test_weights_begin_where_the_initialization_says(tmp_path):
    frozen = GradientDescent(Optimizer("sgd", 1e-30), epochs=1)
    told = EchoStateInitialization(rho=0.7, connections=2, input_scale=0.5)
    model = SequenceModel(ELMAN, frozen, members=2, initialization=told)
    fitted = model.fit(BATCH)
    for number, key in enumerate(member_keys(0, 2)):
        plain = ELMAN.initialize(INPUTS.shape[2], 1, key=key)
        wanted = told(plain, key=jax.random.fold_in(key, 1), batch=BATCH).weights()
        ours = member(fitted.networks, number).weights()
        for name, value in wanted.items():
            np.testing.assert_allclose(ours[name], value, rtol=0, atol=1e-15, err_msg=name)
    assert load(fitted.save(tmp_path / "model")).model == model


def test_an_initialization_that_does_not_fit_is_refused():
    gru, told = NetworkDesign.parse("gru:2"), EchoStateInitialization()
    with pytest.raises(InputError, match="initialization echo-state is of Elman layers"):
        SequenceModel(gru, GradientDescent(), initialization=told).fit(BATCH)
    with pytest.raises(InputError, match=r"must be one of unrolled\.networks; came 'chrono'"):
        SequenceModel(ELMAN, GradientDescent(), initialization="chrono").fit(BATCH)
