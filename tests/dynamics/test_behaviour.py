"""What becomes of a system: known maps and flows, and random networks decided by independent code."""

import json
from functools import cache
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from unrolled.dynamics import (
    BEHAVIOURS,
    DrivenNetwork,
    Flow,
    IteratedMap,
    Repeated,
    behaviour,
    logistic_map,
    lorenz_flow,
)
from unrolled.dynamics._recurrence import period_of, rests, turn_of
from unrolled.errors import InputError
from unrolled.networks import Elman, Network, NetworkDesign, Readout, member_keys, random_network

REFERENCES = Path(__file__).parent.parent / "references" / "random_networks.json"
GOLDEN = (np.sqrt(5) - 1) * np.pi
# Transients of a million steps, whose end depends on rounding.
AS_LONG_AS_NOTHING = {137, 154}


def rotation(h, parameters):
    angle, factor = parameters
    c, s = jnp.cos(angle), jnp.sin(angle)
    return factor * jnp.stack([c * h[0] - s * h[1], s * h[0] + c * h[1]])


def turning(angle, factor=1.0):
    return IteratedMap(rotation, (angle, factor), np.array([1.0, 0.0]))


def van_der_pol(h, mu):
    return jnp.stack([h[1], mu * (1 - h[0] ** 2) * h[1] - h[0]])


def of_row(row):
    """The network and its first state, as make_random_networks.py draws them."""
    rng, n = np.random.default_rng(row["seed"]), row["units"]
    W = row["gain"] * rng.normal(size=(n, n)) / np.sqrt(n)
    b = row["bias"] * rng.normal(size=n)
    cell = Elman(np.zeros((n, 1)), W, b, row["activation"])
    return DrivenNetwork(Network((cell,), Readout(np.eye(n)[:1], np.zeros(1)))), rng.uniform(-1, 1, n)


@cache
def rows():
    """Every fourth of the 200."""
    everything = json.loads(REFERENCES.read_text(encoding="utf-8"))["rows"]
    chosen = [row for row in everything[1::4] if row["seed"] not in AS_LONG_AS_NOTHING]
    judged = []
    for row in chosen:
        system, start = of_row(row)
        judged.append(behaviour(system, start=start))
    return chosen, judged


def test_random_networks_do_what_a_million_steps_say():
    chosen, judged = rows()
    assert {row["behaviour"] for row in chosen} == set(BEHAVIOURS)
    right = [row["behaviour"] == one.verdict for row, one in zip(chosen, judged, strict=True)]
    assert np.mean(right) >= 0.95


def test_cycles_of_random_networks_have_the_known_periods():
    pairs = [(row["period"], one.period) for row, one in zip(*rows(), strict=True) if row["period"] is not None]
    both = [(known, found) for known, found in pairs if found is not None]
    assert len(both) >= 5
    assert all(known == found for known, found in both)


def test_what_is_certain_is_right():
    wrong = [row["seed"] for row, one in zip(*rows(), strict=True) if one.certain and one.verdict != row["behaviour"]]
    assert wrong == []


@pytest.mark.parametrize(
    ("r", "verdict", "period"),
    [(0.5, "point attractor", None), (2.8, "point attractor", None), (3.2, "limit cycle", 2), (3.5, "limit cycle", 4),
     (3.83, "limit cycle", 3), (3.9, "chaotic", None), (4.0, "chaotic", None), (4.2, "diverging", None)],
)  # fmt: skip
def test_the_logistic_map(r, verdict, period):
    made = behaviour(logistic_map(r))
    assert (made.verdict, made.period, made.certain) == (verdict, period, True)
    assert str(made).startswith(f"{verdict}: ")
    assert (made.spectrum is None) is (verdict == "diverging")
    assert (made.power is None) is (verdict in ("diverging", "point attractor"))
    if verdict == "chaotic":
        assert made.zero_one > 0.9
        assert made.spectrum.largest > 0.4


@pytest.mark.parametrize("r", [1.0, 3.0])
def test_what_comes_to_rest_slower_than_exponentially_is_no_cycle(r):
    made = behaviour(logistic_map(r))
    assert (made.verdict, made.certain) == ("point attractor", False)
    assert made.state[0] == pytest.approx(1 - 1 / r, abs=0.01)


def test_a_slow_spiral_comes_to_rest():
    made = behaviour(turning(1.0, 0.99999))
    assert (made.verdict, made.certain) == ("point attractor", False)


@pytest.mark.parametrize(
    "system",
    [
        turning(1.0, 1.00005),
        IteratedMap(lambda h, a: a * h, 1.00005, np.array([1.0])),
        IteratedMap(lambda h, a: h + a, 1.0, np.array([1.0])),
        IteratedMap(lambda h, a: h - a, 0.01, np.array([1.0])),
    ],
    ids=["spiral", "exponential", "straight on", "straight back"],
)
def test_slow_growth_is_neither_chaos_nor_a_torus(system):
    made = behaviour(system)
    assert (made.verdict, made.certain, made.spectrum is None) == ("diverging", False, False)


def test_a_memory_that_counts_without_end_diverges():
    """Cells of 1997 forget nothing: a held input is added up for ever, while what is seen rests."""
    network = NetworkDesign.parse("lstm-1997:2x2").initialize(1, 1, key=member_keys(0, 1)[0])
    network = network.replace({"lstm-1997_1.b": np.array([3.0, 3.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0])})
    assert behaviour(DrivenNetwork(network)).verdict == "diverging"


def test_diverging_says_when():
    made = behaviour(IteratedMap(lambda h, a: a * h, 2.0, np.array([1.0])))
    assert (made.verdict, made.steps) == ("diverging", 40)  # 2^40 is the first beyond 10^12
    assert made.state[0] == 2.0**39
    assert made.evidence == ("its state is beyond 1e+12 after 40 steps.",)


def test_a_rotation_by_the_golden_mean_is_quasi_periodic():
    made = behaviour(turning(GOLDEN))
    assert (made.verdict, made.certain) == ("quasi-periodic", True)
    assert made.period == pytest.approx(2 * np.pi / (2 * np.pi - GOLDEN), rel=1e-3)
    assert made.zero_one < 0.1
    seventh = behaviour(turning(2 * np.pi / 7))
    assert (seventh.verdict, seventh.period) == ("limit cycle", 7)


def test_van_der_pol_turns_with_its_known_period():
    system = Flow(van_der_pol, 1.0, np.array([1.0, 0.0]), 0.05, 4)
    for one in (system, Repeated(system, 2)):
        made = behaviour(one, steps=40_000)
        assert (made.verdict, made.certain) == ("limit cycle", True)
        assert made.period == pytest.approx(6.6632868593, abs=2e-4)
    assert made.spectrum.exponents[1] == pytest.approx(-1.06, abs=0.02)


def test_lorenz_is_chaotic():
    made = behaviour(lorenz_flow(), steps=20_000)
    assert (made.verdict, made.certain) == ("chaotic", True)
    assert behaviour(lorenz_flow(rho=10.0), steps=20_000).verdict == "point attractor"


def test_a_leaky_network_at_rest():
    network = random_network(20, 0.8, kind="leaky-elman", seed=3)
    made = behaviour(DrivenNetwork(network))
    w = network.weights()
    J = 0.7 * np.eye(20) + 0.3 * w["leaky-elman_1.W"]
    assert made.verdict == "point attractor"
    np.testing.assert_allclose(made.state, 0, atol=1e-8)
    assert made.spectrum.largest == pytest.approx(np.log(np.abs(np.linalg.eigvals(J)).max()), abs=1e-6)


def test_an_unstable_point_is_no_attractor():
    made = behaviour(logistic_map(3.5), start=[0.0], steps=1_000)
    assert (made.verdict, made.certain) == ("point attractor", False)
    assert "not stable" in made.evidence[1]


def test_a_held_input_and_wrong_ones():
    network = random_network(5, 0.5)
    made = behaviour(DrivenNetwork(network), inputs=[1.0])
    w = network.weights()
    wanted = np.tanh(w["elman_1.W"] @ made.state + w["elman_1.U"][:, 0])
    np.testing.assert_allclose(made.state, wanted, atol=1e-9)
    with pytest.raises(InputError, match="under an input that is held"):
        behaviour(DrivenNetwork(network), inputs=np.ones((4, 1)))
    with pytest.raises(InputError, match="steps must be a whole number"):
        behaviour(logistic_map(), steps=0)


def test_recurrence():
    states = np.tile([[0.0, 1.0], [1.0, 1.0], [0.5, 2.0], [0.0, 1.0]], (10, 1))
    assert period_of(states) == 4
    assert not rests(states)
    assert rests(np.ones((40, 3)))
    assert period_of(np.cumsum(np.ones((40, 1)), axis=0)) is None
    assert turn_of(np.cumsum(np.ones((40, 1)), axis=0)) is None
    for turn in (7.3, 55.5):
        angle = 2 * np.pi * np.arange(4_000) / turn
        ellipse = np.stack([3 * np.cos(angle), np.sin(angle + 0.4)], axis=1)
        assert turn_of(ellipse) == pytest.approx(turn, rel=1e-4)
