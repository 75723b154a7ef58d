"""What tells runs apart, said in the same words in every process."""

from __future__ import annotations

import functools
import hashlib
import types
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import jax
import numpy as np

__all__ = ["identity_of"]


def identity_of(*parts: Any) -> str:
    """A number for all that these parts are made of, equal in every process.

    Numbers, names and arrays count by value, and objects by their class and what they hold. A function counts by its
    module and its qualified name alone: what it does, and what it holds of its surroundings, is not compared.
    """
    seen = hashlib.sha256()
    for word in _words(parts):
        seen.update(word)
        seen.update(b"\0")
    return seen.hexdigest()


def _words(part: Any) -> Iterator[bytes]:
    """What it is, piece by piece."""
    if isinstance(part, np.ndarray | np.generic | jax.Array):
        array = np.asarray(part)
        yield f"{array.dtype.name} {array.shape}".encode()
        yield np.ascontiguousarray(array).tobytes()
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
        yield from sorted(b"".join(_words(one)) for one in part)
    elif is_dataclass(part):
        yield from _held(part, {field.name: getattr(part, field.name) for field in fields(part)})
    elif type(part).__repr__ is object.__repr__:  # which would say where it lies in memory
        yield from _held(part, getattr(part, "__dict__", {}))
    else:
        yield repr(part).encode()


def _held(whole: Any, held: Mapping[Any, Any]) -> Iterator[bytes]:
    yield _name(type(whole)) + f" {len(held)}".encode()
    for name, part in held.items():
        yield repr(name).encode()
        yield from _words(part)


def _name(thing: Any) -> bytes:
    return f"{thing.__module__}.{thing.__qualname__}".encode()
