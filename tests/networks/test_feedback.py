"""Networks that see their own last output: left alone, told the truth, told it now and then; and behind an encoder."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from network_formulas import by_hand, compiled, equal, like, numbers, of_sequence, product, random_network
from unrolled.errors import InputError
from unrolled.networks import NetworkDesign, fed_back
from unrolled.types import precision

BATCH, TIME, FEATURES, OUTPUTS, SEQUENCES = 3, 9, 2, 2, 4
INDEX = np.array([2, 0, 2])
DESIGNS = {
    "alone": ("elman:2, dense:2:tanh, lstm:3", {"feedback": True, "observed": (2, 0)}),
    "learned": ("gru:2, mingru:2", {"feedback": True, "start": "learned", "sequences": SEQUENCES}),
    "encoded": ("dense:3:tanh, lstm:2", {"encoder": "lstm:2"}),
    "classes": ("elman:3", {"feedback": True, "output": "softmax"}),
}
every_design = pytest.mark.parametrize("name", DESIGNS)
# How much of what is fed back is given, whether there is padding, whether some activities are held.
GIVEN = {"free": (0.0, False, False), "teacher": (1.0, False, False), "half": (0.5, False, False)}
GIVEN |= {f"{name} held": (share, True, True) for name, (share, *_) in GIVEN.items()}
every_given = pytest.mark.parametrize("given", GIVEN)


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


@cache
def program(name):
    """The loop, and what needs no loop where everything is given: values and gradients from one compiled program."""

    @compiled
    def run(args, weigh, held, fed):
        network = args[0]
        steps = {"last": fed.shape[1]} if network.encoder else {}

        def error(args, forced):
            network, inputs, states = args
            made = network.run(inputs, states, fed=fed, index=INDEX, forced=forced, **held, **steps)
            return product(weigh, made), made

        return tuple(jax.value_and_grad(error, has_aux=True)(args, forced) for forced in (False, True))

    return run


@cache
def made(name, given):
    text, settings = DESIGNS[name]
    network = random_network(text, FEATURES, OUTPUTS, **settings)
    share, padded, clamped = GIVEN[given]
    inputs, states = numbers(BATCH, TIME, FEATURES), like(network.initial_states((BATCH,)), 2)
    real = np.ones((BATCH, TIME), bool)
    if padded:
        real[0, :3] = real[1, 6:] = real[2, [1, 4, 5]] = False
    ahead = np.ones((BATCH, TIME), bool) if network.encoder else real
    fed = np.where(
        np.random.default_rng(3).random((BATCH, TIME, 1)) < share, numbers(BATCH, TIME, OUTPUTS, seed=4), np.nan
    )
    first = network.layers[0] if network.layers[0].recurrent else network.layers[1]
    clamps = {f"{first.kind}_1": np.full((BATCH, TIME, first.units), np.nan)}
    if clamped:
        clamps[f"{first.kind}_1"][:, [2, 5, 6], 1] = 0.4
    weigh = (numbers(BATCH, TIME, OUTPUTS, seed=5) * ahead[..., None], like(states, 6))
    args = (network, inputs, states)
    beside = (weigh, {"real": real, "clamps": clamps}, fed)
    return args, beside, real, ahead, clamps, fed, program(name)(args, *beside)


@every_design
@every_given
def test_outputs_equal_the_formulas(name, given):
    (network, inputs, states), _, real, ahead, clamps, fed, (((_, (outputs, after)), _), *_) = made(name, given)
    learned = network.start.output
    for i in range(BATCH):
        own = {"real": real[i], "clamps": of_sequence(clamps, i), "fed": fed[i], "steps": TIME}
        first = None if learned is None else learned[INDEX[i]]
        wanted, wanted_after = by_hand(network, inputs[i], of_sequence(states, i), first=first, **own)
        equal((outputs[i][ahead[i]], of_sequence(after, i)), (wanted[ahead[i]], wanted_after), atol=1e-12)


@every_design
@every_given
def test_gradient_equals_finite_differences(name, given):
    args, beside, *_, ((_, gradient), _) = made(name, given)
    direction = like(args, 7)

    def moved(step):
        return program(name)(jax.tree.map(lambda leaf, d: leaf + step * d, args, direction), *beside)[0][0][0]

    slope = float(moved(1e-5) - moved(-1e-5)) / 2e-5
    assert float(product(gradient, direction)) == pytest.approx(slope, abs=1e-6, rel=1e-6)


@every_design
@pytest.mark.parametrize("given", ["teacher", "teacher held"])
def test_where_everything_is_given_no_loop_is_needed(name, given):
    *_, ahead, _, _, (loop, forced) = made(name, given)
    ((_, (outputs, after)), gradient), ((_, (wanted, wanted_after)), wanted_gradient) = forced, loop
    equal((outputs[ahead], after), (wanted[ahead], wanted_after))
    equal(gradient, wanted_gradient, atol=1e-10)


def test_a_class_is_fed_back_as_a_one():
    assert fed_back(jnp.array([[0.2, -1.0], [3.0, 4.0]]), "softmax").tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert fed_back(jnp.array([0.2, -1.0]), "linear").tolist() == [0.2, -1.0]


def test_what_is_given_for_the_last_steps():
    """``fed`` may be as short as the targets; before it the network hears itself."""
    network = random_network("elman:2", feedback=True)
    inputs, states, fed = numbers(6, FEATURES), network.initial_states(), numbers(3, OUTPUTS, seed=2)
    long = np.concatenate([np.full((3, OUTPUTS), np.nan), fed])
    outputs, _ = network.run(inputs, states, fed=fed, last=4)
    equal(outputs, by_hand(network, inputs, states, fed=long)[0][-4:])


def test_the_sizes_of_what_is_seen():
    network = random_network("lstm:4, dense:3", 2, 5, encoder="dense:7, lstm:4")
    weights = network.weights()
    assert weights["encoder_dense_1.U"].shape == (7, 2)
    assert weights["encoder_lstm_1.U"].shape == (16, 7)
    assert weights["lstm_1.U"].shape == (16, 5)  # its own outputs, nothing else
    assert (network.features, network.outputs, network.recurrent_names) == (2, 5, ["encoder_lstm_1"])
    assert random_network("lstm:4", 2, 5, feedback=True).weights()["lstm_1.U"].shape == (16, 7)
    assert random_network("", 2, 5, feedback=True).features == 2
    assert str(NetworkDesign.of(network)) == "dense:7:relu, lstm:4:tanh -> lstm:4:tanh, dense:3:relu"


def test_a_clamp_must_name_a_layer():
    network = random_network("elman:2, dense:2", feedback=True)
    for name in ("elman_2", "dense_1"):
        with pytest.raises(InputError, match=f"unknown recurrent layer '{name}'"):
            network.run(numbers(4, FEATURES), network.initial_states(), clamps={name: np.ones((4, 2))})
