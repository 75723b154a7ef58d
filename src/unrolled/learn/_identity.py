"""What tells runs apart, said in the same words in every process."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import types
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["identity_of"]


def identity_of(*parts: Any) -> str:
    """A number for all that these parts are made of, equal in every process.

    Numbers, names and arrays count by value, and objects by their class and what they hold, or by what ``repr`` says
    where that cannot be seen. A function counts by its module, its qualified name, and what it holds of its
    surroundings and by default; its text is not compared.
    """
    seen = hashlib.sha256()
    for word in _words(parts, frozenset()):
        seen.update(word)
        seen.update(b"\0")
    return seen.hexdigest()


def _words(part: Any, around: frozenset[int]) -> Iterator[bytes]:
    """What it is, piece by piece; ``around`` is what it is part of."""
    if id(part) in around:
        yield b"what it is part of"
    elif isinstance(part, np.ndarray | np.generic | jax.Array):
        yield from _numbers(part)
    elif isinstance(part, types.MethodType):
        yield _name(part.__func__)
        yield from _words(part.__self__, around)
    elif isinstance(part, type):
        yield _name(part)
    elif isinstance(part, types.ModuleType):
        yield part.__name__.encode()
    elif callable(part) and hasattr(part, "__qualname__"):
        yield from _function(part, around)
    else:
        yield from _object(part, around)


def _function(part: Any, around: frozenset[int]) -> Iterator[bytes]:
    """By name, and by what stands in its closure and in its defaults; the same whether it is compiled or not."""
    while not isinstance(part, types.FunctionType) and hasattr(part, "__wrapped__"):
        part = part.__wrapped__
    yield _name(part)
    if not isinstance(part, types.FunctionType):  # one that is not written in Python
        return
    held: dict[str, Any] = {}
    for name, cell in zip(part.__code__.co_freevars, part.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # not filled yet
            held[name] = cell.cell_contents
    held |= {"of places": part.__defaults__, "of names": part.__kwdefaults__}
    yield from _held(part, held, around)


def _object(part: Any, around: frozenset[int]) -> Iterator[bytes]:
    if isinstance(part, functools.partial):
        held = {"function": part.func, "arguments": part.args, "named": part.keywords}
    elif isinstance(part, Mapping):
        held = part
    elif isinstance(part, tuple | list):
        held = dict(enumerate(part))
    elif isinstance(part, set | frozenset):  # whose order differs from process to process
        held = dict(enumerate(sorted(identity_of(one) for one in part)))
    elif is_dataclass(part):
        held = {field.name: getattr(part, field.name) for field in fields(part)}
    else:
        yield from _other(part, around)
        return
    yield from _held(part, held, around)


def _numbers(part: Any) -> Iterator[bytes]:
    keys = jnp.issubdtype(part.dtype, jax.dtypes.prng_key)
    array = np.asarray(jax.random.key_data(part) if keys else part)
    yield f"{array.dtype.name} {array.shape}".encode()
    yield np.ascontiguousarray(array).tobytes()


def _other(part: Any, around: frozenset[int]) -> Iterator[bytes]:
    """A word may say less than there is, or where it lies in memory: what is held goes before it."""
    held = {} if isinstance(part, int | float | complex | str | bytes) else dict(getattr(part, "__dict__", {}))
    if type(part).__repr__ is object.__repr__:
        slots = {name: getattr(part, name) for name in _slots(type(part)) if hasattr(part, name)}
        yield from _held(part, held | slots, around)
    elif held:
        yield from _held(part, held, around)
    else:
        yield repr(part).encode()


def _slots(kind: type) -> Iterator[str]:
    """The names of attributes that stand in no ``__dict__``."""
    for one in kind.__mro__:
        named = vars(one).get("__slots__", ())
        for name in (named,) if isinstance(named, str) else named:
            hidden = name.startswith("__") and not name.endswith("__")
            yield f"_{one.__name__.lstrip('_')}{name}" if hidden else name


def _held(whole: Any, held: Mapping[Any, Any], around: frozenset[int]) -> Iterator[bytes]:
    yield _name(type(whole)) + f" {len(held)}".encode()
    for name, part in held.items():
        yield repr(name).encode()
        yield from _words(part, around | {id(whole)})


def _name(thing: Any) -> bytes:
    # What a script defines is of a module by another name in the processes that it starts.
    module = "__main__" if thing.__module__ == "__mp_main__" else thing.__module__
    return f"{module}.{thing.__qualname__}".encode()
