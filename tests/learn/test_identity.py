"""What tells runs apart."""

from dataclasses import replace
from functools import partial
from types import FunctionType

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from unrolled.learn import FirstOrder, HessianFree, Optimizer, identity_of
from unrolled.networks import NetworkDesign
from unrolled.types import precision

ADAM = FirstOrder(Optimizer("adam", 0.02), batch_size=16, clip_norm=1.0)
HF = HessianFree(gradient_batch=60, curvature_batch=30)


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def network_of(text="elman:6"):
    return NetworkDesign.parse(text).initialize(1, 1, key=jax.random.key(0))


def test_what_a_run_is_told_apart_by():
    def made(scale):
        return lambda x: scale * x

    class Plain:
        def __init__(self, number):
            self.number, self.function = number, made(number)

    same_ones = [
        (made(1), made(1)),
        (partial(made(1), 3), partial(made(1), 3)),
        (Plain(1), Plain(1)),
        (np.arange(2000.0), jnp.arange(2000.0)),
        ({"a": 1}, {"a": 1}),
        (jax.jit(made(1)), made(1)),
        ({"b", "a", "c"}, {"c", "b", "a"}),
    ]
    for one, other in same_ones:
        assert identity_of(one) == identity_of(other)
    parts = [
        made, made(1), made(2), partial(made(1), 3), partial(made(1), 4), Plain(1), Plain(2), Plain(1).__init__,
        {"a": 1},
        np.arange(2000.0), np.where(np.arange(2000) == 1000, 0, np.arange(2000.0)), np.arange(2000), 1, "1", (1,), [1],
        ((1,), 2), (1, (2,)), ADAM, HF, replace(HF, gradient_batch=61), network_of(), network_of("elman:6:relu"), {"a"},
    ]  # fmt: skip
    assert len({identity_of(part) for part in parts}) == len(parts)


def test_a_function_is_what_it_holds():
    def with_defaults(x, scale=1.0, *, shift=0.0):
        return scale * x + shift

    def moved(function, *places, **names):
        function = FunctionType(function.__code__, function.__globals__, function.__name__, places)
        function.__qualname__, function.__kwdefaults__ = with_defaults.__qualname__, names
        return function

    parts = [
        optax.adam(0.1), optax.adam(0.2), optax.sgd(0.1), moved(with_defaults, 1.0, shift=0.0),
        moved(with_defaults, 2.0, shift=0.0), moved(with_defaults, 1.0, shift=1.0), np.sin, np.cos, jnp.sin, abs,
    ]  # fmt: skip
    assert len({identity_of(part) for part in parts}) == len(parts)
    assert identity_of(moved(with_defaults, 1.0, shift=0.0)) == identity_of(with_defaults)
    assert identity_of(optax.adam(0.1)) == identity_of(optax.adam(0.1))


def test_what_holds_itself_is_told_apart_all_the_same():
    def recursive(number):
        import math

        def factorial(n):
            return number if n == 0 else math.prod((n, factorial(n - 1)))

        return factorial

    class Node:
        def __init__(self, number):
            self.number, self.self = number, self

    for made in (recursive, Node):
        assert identity_of(made(1)) == identity_of(made(1))
        assert identity_of(made(1)) != identity_of(made(2))


def test_what_stands_in_slots_or_in_sets_or_is_not_said_by_a_word_tells_apart():
    class Slotted:
        __slots__ = ("__own", "given")

        def __init__(self, given, own=0):
            self.given, self.__own = given, own

    class Terse:
        def __init__(self, number):
            self.number = number

        def __repr__(self):
            return "Terse()"

    parts = [
        Slotted(1), Slotted(2), Slotted(1, 1), Terse(1), Terse(2), {(1, 123)}, {(11, 23)}, {1}, 1, set(), frozenset(),
        jax.random.key(0), jax.random.key(1),
    ]  # fmt: skip
    assert len({identity_of(part) for part in parts}) == len(parts)
    assert identity_of(Slotted(1), Terse(1)) == identity_of(Slotted(1), Terse(1))
    assert identity_of(frozenset({(1, 2), (3, 4)})) == identity_of(frozenset({(3, 4), (1, 2)}))


def test_a_script_and_the_processes_that_it_starts_say_the_same():
    def made(module):
        return type("Mine", (), {"__module__": module, "__qualname__": "Mine"})

    assert identity_of(made("__mp_main__")()) == identity_of(made("__main__")())
    assert identity_of(made("__main__")()) != identity_of(made("elsewhere")())
