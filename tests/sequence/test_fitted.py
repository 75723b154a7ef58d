"""Trained sequence models: distributions, samples, scores, files."""

import inspect
import json

import jax
import numpy as np
import pytest
from scipy import special

import unrolled
from unrolled.errors import InputError
from unrolled.learn import GradientDescent, Optimizer
from unrolled.networks import NetworkDesign, member
from unrolled.sequence import SequenceModel, Specification
from unrolled.tasks import one_hot
from unrolled.types import Batch, precision

RNG = np.random.default_rng(1)
CLASSES = RNG.integers(0, 3, (8, 6))
TEXT = Batch(one_hot(CLASSES, 3), one_hot(np.roll(CLASSES, -1, axis=1), 3))


@pytest.fixture(scope="module")
def of_classes():
    learner = GradientDescent(Optimizer(learning_rate=0.05), loss="cross-entropy", epochs=40)
    return SequenceModel(NetworkDesign.parse("gru:4", "softmax"), learner).fit(TEXT)


def test_outputs_are_probabilities_and_the_score_is_their_cross_entropy(of_classes):
    y = of_classes.predict(TEXT.inputs, last=0)[0]
    np.testing.assert_allclose(y.sum(-1), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(y, special.softmax(of_classes.raw(TEXT.inputs, last=0)[0], axis=-1), atol=1e-12)
    wanted = -np.log((y * TEXT.targets).sum(-1)).mean()
    np.testing.assert_allclose(of_classes.score(TEXT), [wanted], rtol=1e-12)
    assert wanted < np.log(3)


def test_samples_follow_the_probabilities(of_classes):
    prompt = TEXT.inputs[0]
    y = of_classes.predict(prompt[None])[0, 0, 0]
    first = [of_classes.sample(prompt, 1, seed=seed)[0] for seed in range(400)]
    counts = np.bincount(first, minlength=3)
    assert ((counts - 400 * y) ** 2 / (400 * y)).sum() < 13.8  # chi square, 2 degrees of freedom, 0.1 %
    likeliest = of_classes.sample(prompt, 2, temperature=0.0)
    seen = prompt
    for chosen in likeliest:
        assert chosen == of_classes.predict(seen[None])[0, 0, 0].argmax()
        seen = np.concatenate([seen, one_hot(np.array([chosen]), 3)])
    np.testing.assert_array_equal(of_classes.sample(prompt, 9, seed=3), of_classes.sample(prompt, 9, seed=3))


@pytest.mark.parametrize(
    ("prompt", "settings", "message"),
    [
        (np.ones((2, 4)), {}, r"prompt must have shape \(time, 3\)"),
        (np.ones((0, 3)), {}, "time at least 1"),
        (np.full((2, 3), np.nan), {}, "prompt must hold finite numbers"),
        (np.ones((2, 3)), {"temperature": -1.0}, "temperature must be a finite number"),
        (np.ones((2, 3)), {"steps": 0}, "steps must be a whole number"),
    ],
)
def test_samples_that_cannot_be_drawn(of_classes, prompt, settings, message):
    with pytest.raises(InputError, match=message):
        of_classes.sample(prompt, **({"steps": 3} | settings))


@pytest.mark.parametrize("prompt", ["abc", [["a", "b", "c"]], [[1.0, 0.0, 0.0], [1.0]]])
def test_a_prompt_is_numbers(of_classes, prompt):
    sample = inspect.unwrap(type(of_classes).sample)  # without the shape check of the tests
    with pytest.raises(InputError, match="prompt must be an array of real numbers"):
        sample(of_classes, prompt, 3)


@pytest.mark.parametrize(("loss", "parts"), [("gaussian", 2), ("student", 3)])
def test_likelihoods_predict_a_distribution(loss, parts):
    """The scale finds the spread of the noise, by a closed form for the Gaussian."""
    x = RNG.normal(size=(400, 1, 1))
    y = x + 0.3 * RNG.standard_t(5, size=x.shape)
    learner = GradientDescent(Optimizer(learning_rate=0.02), loss=loss, epochs=60)
    made = SequenceModel(NetworkDesign(), learner).fit(Batch(x, y))
    found = made.distribution(x)
    np.testing.assert_array_equal(found.mean, made.predict(x))
    assert made.networks.outputs == parts
    error = np.sqrt(np.mean((y[None] - found.mean[:, :, 0][..., None]) ** 2))
    spread = found.scale if loss == "gaussian" else found.scale * np.sqrt(found.freedom / (found.freedom - 2))
    assert np.mean(spread) == pytest.approx(error, rel=0.15)
    assert (found.freedom is None) == (loss == "gaussian")


def test_only_likelihoods_have_a_distribution(of_classes):
    with pytest.raises(InputError, match="only a model with the loss gaussian or student"):
        of_classes.distribution(TEXT.inputs)
    values = SequenceModel(NetworkDesign.parse("gru:2"), GradientDescent(epochs=1)).fit(TEXT)
    with pytest.raises(InputError, match=r"only a network with a softmax output"):
        values.sample(TEXT.inputs[0], 3)


MODELS = {
    "classes": (NetworkDesign.parse("gru:3", "softmax", dropout=0.2), {"loss": "cross-entropy"}, {}, {}),
    "encoder": (NetworkDesign.parse("lstm:3", encoder="lstm:3", start="learned"), {"forcing": (1.0, 0.5)}, {}, {}),
    "units": (
        NetworkDesign.parse("elman:4", start=0.5),
        {"truncate": (2, 3)},
        {"specification": Specification(given="elman_1[3]", targets="units[0:3]")},
        {"states": {"elman_1": np.full((8, 1), 0.25)}},
    ),
    "brought": (
        NetworkDesign.parse("lstm:3"),
        {},
        {},
        {"states": {"lstm_1.s": np.full((8, 3), 0.5)}, "clamps": {"lstm_1": np.full((8, 6, 3), 0.25)}},
    ),
    "both ways": (NetworkDesign.parse("bi-mingru:2, elman:2", reads="final"), {}, {"members": 2}, {"last": 1}),
    "memory cells": (
        NetworkDesign.parse("peephole-lstm:2, bi-lstm-1997:1x2:truncated, lstm-1997:2x2"),
        {},
        {"specification": Specification(given="lstm-1997_1.s")},
        {"states": {"lstm-1997_1.s": np.full((8, 4), 0.5)}},
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_saved_models_come_back_with_the_same_bytes(name, tmp_path):
    design, learning, settings, given = MODELS[name]
    given = dict(given)
    last = given.pop("last", 6)
    batch = Batch(TEXT.inputs, TEXT.targets[:, -last:], **given)
    learner = GradientDescent(epochs=2, batch_size=8, **learning)
    made = SequenceModel(design, learner, precision="float32", **settings).fit(batch)
    made.save(tmp_path / "model")
    again = unrolled.load(tmp_path / "model")
    assert again.model == made.model
    assert again.brought == made.brought
    predicted = made.predict(TEXT.inputs, last=last, **given)
    np.testing.assert_array_equal(again.predict(TEXT.inputs, last=last, **given), predicted)
    assert np.isfinite(predicted).all()
    for a, b in zip(jax.tree.leaves(member(again.networks, 0)), jax.tree.leaves(member(made.networks, 0)), strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("features",), 10**9),
        (("outputs",), 0),
        (("kept",), [0, 0]),
        (("model", "design", "layers", 0, "units"), 10**8),
        (("model", "design", "sequences"), 10**9),
        (("model", "learner", "loss"), "none"),
        (("model", "specification"), {"given": "no_layer"}),
        (("model", "members"), -1),
        (("brought",), {"states": ["elman_1"]}),
        (("brought",), {"weights": ["gru_1"]}),
        (("brought",), {"clamps": 3}),
        (("brought",), ["gru_1"]),
    ],
)
def test_a_file_that_was_changed_is_damaged(of_classes, tmp_path, place, value):
    of_classes.save(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    inner = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match="is damaged"):
        unrolled.load(tmp_path / "model")


def test_an_error_term_is_not_written(tmp_path):
    learner = GradientDescent(epochs=1, error_term=lambda h: 0.0 * h.sum())
    made = SequenceModel(NetworkDesign.parse("elman:2"), learner).fit(TEXT)
    made.save(tmp_path / "model")
    assert unrolled.load(tmp_path / "model").model.learner.error_term is None
    assert "lambda" in learner.describe()["error_term"]


def test_a_stateful_score_carries_the_state():
    learner = GradientDescent(epochs=1, batch_size=4, stateful=True, shuffle=False)
    made = SequenceModel(NetworkDesign.parse("gru:3"), learner).fit(TEXT)
    with precision("float64"):
        network = member(made.networks, 0)
        whole = np.stack([np.concatenate([TEXT.inputs[lane], TEXT.inputs[lane + 4]]) for lane in range(4)])
        outputs = np.asarray(jax.jit(type(network).__call__)(network, whole))
    wanted = np.concatenate([outputs[:, :6], outputs[:, 6:]])
    np.testing.assert_allclose(made.score(TEXT), [((wanted - TEXT.targets) ** 2).mean()], rtol=1e-12)


@pytest.mark.parametrize(
    ("design", "settings", "message"),
    [
        ({"text": "bi-gru:2"}, {"truncate": (1, 2)}, "truncate needs layers that go forward in time alone"),
        ({"text": "gru:2", "feedback": True}, {"norm_keeping": 1.0}, "norm_keeping needs layers"),
        ({"text": "bi-gru:2"}, {"stateful": True, "shuffle": False, "batch_size": 8}, "goes forward in time alone"),
        ({"text": "gru:2", "feedback": True}, {"loss": "gaussian"}, "none can be fed back"),
        ({"text": "gru:2"}, {"loss": "cross-entropy"}, "needs the output function softmax or sigmoid; it is linear"),
        ({"text": "gru:2", "reads": "final"}, {}, "reads='final' gives one output a sequence"),
    ],
)
def test_settings_that_exclude_each_other(design, settings, message):
    design = dict(design)
    model = SequenceModel(NetworkDesign.parse(design.pop("text"), **design), GradientDescent(epochs=1, **settings))
    with pytest.raises(InputError, match=message):
        model.fit(TEXT)


def test_what_came_with_the_training_is_asked_for_again():
    """Left out, the network would silently begin in a state in which it never learned."""
    states, clamps = {"lstm_1.h": np.ones((8, 2)), "lstm_1.s": np.ones((8, 2))}, {"lstm_1": np.full((8, 6, 2), np.nan)}
    learner = GradientDescent(epochs=1, loss="cross-entropy")
    model = SequenceModel(NetworkDesign.parse("lstm:2", "softmax"), learner)
    made = model.fit(Batch(TEXT.inputs, TEXT.targets, states=states, clamps=clamps))
    assert made.brought == {"states": ("lstm_1", "lstm_1.s"), "clamps": ("lstm_1",)}
    made.predict(TEXT.inputs, states=states, clamps=clamps)
    memory = {"lstm_1.s": states["lstm_1.s"]}
    for given, message in (
        ({}, "learned with states of lstm_1, lstm_1.s beside the inputs: give states here too"),
        ({"states": memory, "clamps": clamps}, "learned with states of lstm_1 beside"),
        ({"states": states}, "learned with clamps of lstm_1 beside"),
    ):
        with pytest.raises(InputError, match=message):
            made.predict(TEXT.inputs, **given)
        with pytest.raises(InputError, match=message):
            made.score(Batch(TEXT.inputs, TEXT.targets, **given))
    with pytest.raises(InputError, match="to give states, give one padded array and its lengths"):
        made.predict([TEXT.inputs[0]], states=states)
    for call in (lambda: made.carry(TEXT.inputs), lambda: made.sample(TEXT.inputs[0], 2)):
        with pytest.raises(InputError, match=r"begins in the network's own states .*: use predict"):
            call()


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], "inputs must hold at least one sequence; came none"),
        (np.zeros((0, 6, 3)), r"inputs must hold one sequence and one step at least; came \(0, 6, 3\)"),
        (np.zeros((2, 0, 3)), "one sequence and one step at least"),
        ([np.ones((2, 3)), np.ones((0, 3))], r"inputs\[1\] has no steps"),
        (
            [np.ones((2, 3)), [[1.0], [1.0, 2.0]]],
            r"inputs\[1\] must be an array of real numbers, its rows of one length",
        ),
        (["abc"], r"inputs\[0\] must be an array of real numbers"),
    ],
)
def test_inputs_that_cannot_be_predicted(of_classes, inputs, message):
    with pytest.raises(InputError, match=message):
        of_classes.predict(inputs)


def test_ragged_pieces_cannot_be_carried(of_classes):
    with pytest.raises(InputError, match="inputs must be an array of real numbers, its rows of one length"):
        of_classes.carry([np.ones((2, 3)), np.ones((3, 3))])
    with pytest.raises(InputError, match="one sequence and one step at least"):
        of_classes.carry(np.ones((0, 2, 3)))


def test_pieces_equal_the_whole_and_a_reset_begins_anew(of_classes):
    whole, end = of_classes.carry(TEXT.inputs)
    np.testing.assert_allclose(whole, of_classes.predict(TEXT.inputs, last=0), rtol=0, atol=1e-12)
    first, states = of_classes.carry(TEXT.inputs[:, :2])
    rest, after = of_classes.carry(TEXT.inputs[:, 2:], states)
    np.testing.assert_allclose(np.concatenate([first, rest], axis=2), whole, rtol=0, atol=1e-12)
    np.testing.assert_allclose(jax.tree.leaves(after)[0], jax.tree.leaves(end)[0], rtol=0, atol=1e-12)
    reset = np.arange(8) == 3
    again, _ = of_classes.carry(TEXT.inputs, after, reset=reset)
    np.testing.assert_allclose(again[:, 3], whole[:, 3], rtol=0, atol=1e-12)
    assert not np.allclose(again[:, ~reset], whole[:, ~reset])
    with pytest.raises(InputError, match="states are not what carry gave for these 3 sequences"):
        of_classes.carry(TEXT.inputs[:3], after)
    with pytest.raises(InputError, match="reset must say True or False for each of the 8"):
        of_classes.carry(TEXT.inputs, after, reset=[1, 0])
    with pytest.raises(InputError, match="unknown argument 'length'; did you mean 'lengths'"):
        of_classes.predict(TEXT.inputs, length=3)
