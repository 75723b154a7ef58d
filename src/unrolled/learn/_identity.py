"""What tells runs apart, said in the same words in every process."""

from __future__ import annotations

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
    where that cannot be seen. A function counts by its module and its qualified name alone: what it does, and what it
    holds of its surroundings, is not compared.
    """
    seen = hashlib.sha256()
    for word in _words(parts):
        seen.update(word)
        seen.update(b"\0")
    return seen.hexdigest()


def _words(part: Any) -> Iterator[bytes]:
    """What it is, piece by piece."""
    if isinstance(part, np.ndarray | np.generic | jax.Array):
        yield from _numbers(part)
    elif isinstance(part, types.MethodType):
        yield _name(part.__func__)
        yield from _words(part.__self__)
    elif callable(part) and hasattr(part, "__qualname__"):  # functions, compiled or not, and classes
        yield _name(part)
    elif isinstance(part, functools.partial):
        yield from _held(part, {"function": part.func, "arguments": part.args, "named": part.keywords})
    elif isinstance(part, Mapping):
        yield from _held(part, part)
    elif isinstance(part, tuple | list):
        yield from _held(part, dict(enumerate(part)))
    elif isinstance(part, set | frozenset):  # whose order differs from process to process
        yield from _held(part, dict(enumerate(sorted(identity_of(one) for one in part))))
    elif is_dataclass(part):
        yield from _held(part, {field.name: getattr(part, field.name) for field in fields(part)})
    else:
        yield from _other(part)


def _numbers(part: Any) -> Iterator[bytes]:
    keys = jnp.issubdtype(part.dtype, jax.dtypes.prng_key)
    array = np.asarray(jax.random.key_data(part) if keys else part)
    yield f"{array.dtype.name} {array.shape}".encode()
    yield np.ascontiguousarray(array).tobytes()


def _other(part: Any) -> Iterator[bytes]:
    """A word may say less than there is, or where it lies in memory: what is held goes before it."""
    held = {} if isinstance(part, int | float | complex | str | bytes) else dict(getattr(part, "__dict__", {}))
    if type(part).__repr__ is object.__repr__:
        slots = {name: getattr(part, name) for name in _slots(type(part)) if hasattr(part, name)}
        yield from _held(part, held | slots)
    elif held:
        yield from _held(part, held)
    else:
        yield repr(part).encode()


def _slots(kind: type) -> Iterator[str]:
    """The names of attributes that stand in no ``__dict__``."""
    for one in kind.__mro__:
        named = vars(one).get("__slots__", ())
        for name in (named,) if isinstance(named, str) else named:
            hidden = name.startswith("__") and not name.endswith("__")
            yield f"_{one.__name__.lstrip('_')}{name}" if hidden else name


def _held(whole: Any, held: Mapping[Any, Any]) -> Iterator[bytes]:
    yield _name(type(whole)) + f" {len(held)}".encode()
    for name, part in held.items():
        yield repr(name).encode()
        yield from _words(part)


def _name(thing: Any) -> bytes:
    # What a script defines is of a module by another name in the processes that it starts.
    module = "__main__" if thing.__module__ == "__mp_main__" else thing.__module__
    return f"{module}.{thing.__qualname__}".encode()
