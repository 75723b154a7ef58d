"""What is given and what is asked: names, shapes, and what must not be."""

import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.learn import GradientDescent
from unrolled.networks import NetworkDesign
from unrolled.sequence import SequenceModel, Specification
from unrolled.types import Batch

ELMAN = NetworkDesign.parse("elman:4")
RNG = np.random.default_rng(0)
NO_INPUT = np.zeros((3, 6, 0))
STATES = RNG.normal(size=(3, 4))
CLAMPS = RNG.normal(size=(3, 6, 2))


def fitted(specification, design=ELMAN, epochs=3, **batch):
    model = SequenceModel(design, GradientDescent(epochs=epochs), specification=specification)
    return model.fit(Batch(**({"inputs": NO_INPUT} | batch)))


def test_final_activities_of_all_units_from_initial_states_of_all_units():
    made = fitted(
        Specification(given="elman_1", targets="units", steps="final"),
        states={"elman_1": STATES},
        targets=RNG.normal(size=(3, 1, 4)),
    )
    predicted = made.predict(NO_INPUT, states={"elman_1": STATES})
    assert predicted.shape == (1, 3, 1, 4)
    assert made.networks.weights().keys() == {"elman_1.U", "elman_1.W", "elman_1.b"}
    h = STATES
    W, b = (made.networks.weights()[f"elman_1.{name}"][0] for name in "Wb")
    for _ in range(6):
        h = np.tanh(h @ W.T + b)
    np.testing.assert_allclose(predicted[0, :, 0], h, rtol=0, atol=1e-14)


def test_subsets_are_held_and_seen():
    specification = Specification(given="elman_1[3]", clamped="elman_1[0, 2]", targets="units[1, 3:]", steps=2)
    made = fitted(
        specification,
        states={"elman_1": STATES[:, :1]},
        clamps={"elman_1": CLAMPS},
        targets=RNG.normal(size=(3, 2, 2)),
    )
    all_units = SequenceModel(ELMAN, GradientDescent(epochs=1))
    predicted = made.predict(NO_INPUT, last=2, states={"elman_1": STATES[:, :1]}, clamps={"elman_1": CLAMPS})
    W, b = (made.networks.weights()[f"elman_1.{name}"][0] for name in "Wb")
    h = np.zeros((3, 4))
    h[:, 3] = STATES[:, 0]
    for t in range(6):
        h = np.tanh(h @ W.T + b)
        h[:, [0, 2]] = CLAMPS[:, t]
        if t >= 4:
            np.testing.assert_allclose(predicted[0, :, t - 4], h[:, [1, 3]], rtol=0, atol=1e-14)
    assert all_units.full_design.observed is None


def test_memories_can_be_given():
    design = NetworkDesign.parse("lstm:4")
    made = fitted(
        Specification(given=("lstm_1", "lstm_1.s[1]")),
        design,
        states={"lstm_1": STATES, "lstm_1.s": STATES[:, :1]},
        targets=np.ones((3, 1, 1)),
    )
    other = made.predict(NO_INPUT, states={"lstm_1": STATES, "lstm_1.s": STATES[:, :1] + 1})
    assert not np.allclose(other, made.predict(NO_INPUT, states={"lstm_1": STATES, "lstm_1.s": STATES[:, :1]}))


def test_the_summary_says_what_is_given_and_asked():
    specification = Specification(given="elman_1", clamped="elman_1[0]", targets="units[1:4]", steps="all")
    text = SequenceModel(ELMAN, GradientDescent(), specification=specification).summary(2, 3, 6, 6)
    assert "observed  linear      (batch, 6, 3)           0" in text
    assert "inputs: x_t (2 features); initial elman_1.h[0, 1, 2, 3]; elman_1.h[0] held at every step" in text
    assert text.endswith("targets: units 1, 2, 3 of elman_1 at every step")


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        ({"clamped": "elman_1[7]"}, r"clamped names unit 7; the layer has units 0 to 3"),
        ({"clamped": "elman_2"}, r"unknown layer in clamped 'elman_2'; did you mean 'elman_1'"),
        ({"clamped": "elman_1[0]", "targets": "units"}, r"unit 0 of elman_1 is an input \(clamped\) and a target"),
        ({"clamped": "elman_1.s"}, r"clamped holds activities, not memories"),
        ({"given": "elman_1[0, 0]"}, r"given names a unit twice"),
        ({"given": "elman_1[]"}, r"given: units are numbers or ranges"),
        ({"given": "elman_1[3:1]"}, r"given names no unit"),
        ({"given": ("elman_1[0]", "elman_1[3]")}, r"given names elman_1.h twice"),
        ({"given": "1 2"}, r"given names units as in"),
        ({"targets": "hidden"}, r"targets must be 'outputs', 'units' or some units"),
        ({"targets": "units[4]"}, r"targets names unit 4"),
        ({"steps": 0}, r"steps must be a whole number from 1"),
        ({"steps": "last"}, r"steps must be a whole number"),
    ],
)
def test_what_cannot_be_is_named(specification, message):
    with pytest.raises(InputError, match=message):
        fitted(Specification(**specification), targets=np.ones((3, 1, 4)))


@pytest.mark.parametrize(
    ("specification", "batch", "message"),
    [
        ({"given": "elman_1"}, {}, r"states must hold elman_1.h; missing or unexpected are elman_1.h"),
        ({}, {"states": {"elman_2": STATES}}, r"unknown layer in states 'elman_2'"),
        ({"given": "elman_1[0]"}, {"states": {"elman_1": STATES}}, r"must have shape \(3, 1\); came \(3, 4\)"),
        ({"clamped": "elman_1[0]"}, {"clamps": {"elman_1": CLAMPS}}, r"must have shape \(3, 6, 1\); came \(3, 6, 2\)"),
        ({"steps": "all"}, {}, r"targets for 6 steps were promised \(steps='all'\); came 1"),
        ({"targets": "units[0]"}, {}, r"targets are activities of 1 units; the batch has 4"),
    ],
)
def test_data_that_do_not_keep_the_promise(specification, batch, message):
    with pytest.raises(InputError, match=message):
        fitted(Specification(**specification), **({"targets": np.ones((3, 1, 4))} | batch))


@pytest.mark.parametrize(
    ("specification", "last", "steps"), [({"steps": "all"}, 6, 6), ({"steps": 2}, 2, 2), ({"steps": "final"}, 1, 1)]
)
def test_what_was_promised_is_predicted(specification, last, steps):
    made = fitted(Specification(**specification), epochs=1, targets=np.ones((3, last, 1)))
    assert made.predict(NO_INPUT).shape == (1, 3, steps, 1)
    np.testing.assert_array_equal(made.raw(NO_INPUT), made.raw(NO_INPUT, last=last))
    assert made.predict(NO_INPUT, last=1).shape == (1, 3, 1, 1)


def test_units_are_chosen_once():
    design = NetworkDesign.parse("elman:4", observed=(0, 2))
    with pytest.raises(InputError, match=r"targets names units \(3,\), and the design observes \(0, 2\): say it once"):
        SequenceModel(design, GradientDescent(), specification=Specification(targets="units[3]")).check()
    for targets in ("outputs", "units[0, 2]"):
        model = SequenceModel(design, GradientDescent(), specification=Specification(targets=targets))
        model.check()
        assert model.full_design == design


@pytest.mark.parametrize("text", ["bi-elman:4", "dense:4"])
@pytest.mark.parametrize(
    ("specification", "batch"),
    [
        ({"given": "elman_1"}, {}),
        ({"clamped": "bi-elman_1"}, {}),
        ({}, {"states": {"elman_1": STATES}}),
        ({}, {"clamps": {"dense_1": CLAMPS}}),
    ],
)
def test_networks_without_states_of_one_step_say_so(text, specification, batch):
    with pytest.raises(InputError, match=r"no layer whose states can be given or held: dense and bi- layers have none"):
        fitted(Specification(**specification), NetworkDesign.parse(text), targets=np.ones((3, 1, 4)), **batch)


@pytest.mark.parametrize("kind", ["states", "clamps"])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("elman_1", r"{} must be a mapping, as in .*; came str"),
        (STATES, r"{} must be a mapping, as in .*; came ndarray"),
        ({"elman_1": "abc"}, r"{}\['elman_1.h'\] must be an array of real numbers, .*; came str"),
        (
            {"elman_1": [[1.0], [1.0, 2.0]]},
            r"{}\['elman_1.h'\] must be an array of real numbers, its rows of one length",
        ),
        ({"elman_1": None}, r"{}\['elman_1.h'\] must have shape"),
    ],
)
def test_states_and_clamps_that_are_no_numbers(kind, given, message):
    made = Batch(NO_INPUT, np.ones((3, 1, 1)))
    object.__setattr__(made, kind, given)  # what the shape check of the tests would stop first
    with pytest.raises(InputError, match=message.format(kind)):
        SequenceModel(ELMAN, GradientDescent()).fit(made)


def test_behind_an_encoder_the_steps_of_its_successors_are_held():
    """All units held: the outputs are those of the readout alone."""
    design = NetworkDesign.parse("elman:4", encoder="elman:4")
    inputs, held = RNG.normal(size=(3, 6, 2)), RNG.uniform(-1, 1, (3, 2, 4))
    batch = {"inputs": inputs, "targets": np.ones((3, 2, 1)), "clamps": {"elman_1": held}}
    made = fitted(Specification(clamped="elman_1"), design, epochs=1, **batch)
    V, c = (made.networks.weights()[f"readout.{name}"][0] for name in "Vc")
    predicted = made.predict(inputs, last=2, clamps={"elman_1": held})[0]
    np.testing.assert_allclose(predicted, held @ V.T + c, rtol=0, atol=1e-14)
    with pytest.raises(InputError, match=r"must have shape \(3, 2, 4\); came \(3, 6, 4\)"):
        made.predict(inputs, last=2, clamps={"elman_1": np.ones((3, 6, 4))})


def test_targets_need_a_layer_and_no_likelihood():
    with pytest.raises(InputError, match="needs a hidden layer"):
        fitted(Specification(targets="units"), NetworkDesign(), targets=np.ones((3, 1, 1)))
    model = SequenceModel(ELMAN, GradientDescent(loss="gaussian"), specification=Specification(targets="units"))
    with pytest.raises(InputError, match="the loss gaussian needs a readout"):
        model.fit(Batch(NO_INPUT, np.ones((3, 1, 4))))
