"""Models on disk: safetensors for numbers, JSON for the rest. Nothing is executed on the way back."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from unrolled.errors import InputError

__all__ = [
    "FORMAT_VERSION",
    "Shapes",
    "arrays_description",
    "discard_unfinished",
    "explained",
    "load_model",
    "read_arrays",
    "require_writable",
    "save_model",
    "unfinished",
    "user_mode",
    "write_arrays",
    "write_text",
    "writing",
]

FORMAT = "unrolled-model"
FORMAT_VERSION = 1
Shapes: TypeAlias = dict[str, tuple[tuple[int, ...], str]]

_DESCRIPTION, _WEIGHTS = "model.json", "weights.safetensors"
_MOST_DESCRIPTION_BYTES = 16_000_000
# Names, types and offsets of the tensors stand before the numbers.
_MOST_HEADER_BYTES = 4_000_000
_unfinished: list[Callable[[], None]] = []
_TYPES = {"float64": "F64", "float32": "F32", "int64": "I64", "int32": "I32", "uint32": "U32", "bool": "BOOL"}


def save_model(folder: str | Path, description: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Path:
    """Write a description and its tensors to a new or empty folder, whole or not at all.

    Raises
    ------
    InputError
        The folder holds something already, or cannot be written.
    """
    from safetensors.numpy import save

    target = Path(folder)
    with explained(target):
        taken = target.exists() and (not target.is_dir() or any(target.iterdir()))
    if taken:
        raise InputError(f"{target} exists and is not an empty folder; name another.")
    everything = {"format": FORMAT, "version": FORMAT_VERSION, **description}
    text = json.dumps(everything, indent=1, allow_nan=False, default=_as_plain)
    data = save({name: np.ascontiguousarray(value) for name, value in tensors.items()})
    with explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        with unfinished(lambda: shutil.rmtree(partial, ignore_errors=True)):
            (partial / _DESCRIPTION).write_text(text, encoding="utf-8")
            (partial / _WEIGHTS).write_bytes(data)
            partial.chmod(user_mode())
            partial.replace(target)
    return target


def load_model(
    folder: str | Path, kinds: Mapping[str, Callable[[dict[str, Any]], Shapes]]
) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
    """Read a description, then exactly the tensors that it implies.

    Parameters
    ----------
    folder
        What :func:`save_model` wrote.
    kinds
        The kinds of models that may be there, and for each the way from the description to the shape and type of
        every tensor. Sizes are compared before memory is taken.

    Returns
    -------
    tuple
        The kind, the description, the tensors.

    Raises
    ------
    InputError
        Not a model, a newer format, or files that do not fit together.
    """
    source = Path(folder)
    if not _is_file(source / _DESCRIPTION) and _is_file(source / "model" / _DESCRIPTION):
        source = source / "model"  # a folder of results was named; the model is in it
    description = _read_description(source)
    kind = description.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise InputError(f"{source} holds a {kind!r}; expected: {', '.join(kinds)}.")
    try:
        expected = kinds[kind](description)
    except InputError as error:
        raise InputError(f"the saved model {source} is damaged: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"the saved model {source} is damaged: {type(error).__name__}: {error}.") from None
    return kind, description, _read_tensors(source / _WEIGHTS, expected)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], description: Mapping[str, str]) -> None:
    """Write arrays and a few words to one file, whole or not at all; what it held before is replaced.

    Raises
    ------
    InputError
        It cannot be written, or not to its end.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    whole = {name: np.asarray(value, order="C") for name, value in arrays.items()}
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing(path) as partial:
            # Its permissions are narrower in the end. Those of a new file say what they should be; to ask for the mask
            # is to change it for a moment, in all threads.
            partial.touch()
            mode = partial.stat().st_mode
            try:
                save_file(whole, partial, metadata=dict(description))
            except SafetensorError as error:  # what becomes there of an error of the file system
                raise InputError(f"{path} cannot be written: {error}.") from None
            partial.chmod(stat.S_IMODE(mode))


def require_writable(path: Path) -> None:
    """Raise an :class:`InputError` unless a file can be written there; what it holds already stays.

    Its folder is made if need be. So that a wrong name is found before the work that it is for.
    """
    if "\0" in str(path) or not path.name:
        raise InputError(f"{str(path)!r} is no name of a file.")
    with explained(path):
        if os.path.lexists(path) and not path.is_file():
            raise InputError(f"{path} is no file; name one that is to be written.")
    _require_folder(path.parent)
    partial = _partial(path)
    with explained(path), unfinished(lambda: partial.unlink(missing_ok=True)):
        partial.touch()


def _require_folder(folder: Path) -> None:
    with explained(folder):
        taken = next((part for part in (folder, *folder.parents) if os.path.lexists(part)), folder)
        if taken.exists() and not taken.is_dir():
            raise InputError(f"{taken} is a file; name a folder.")
        folder.mkdir(parents=True, exist_ok=True)


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.partial")


def arrays_description(path: Path) -> dict[str, str]:
    """The words that :func:`write_arrays` wrote; an :class:`InputError` if it was not that function."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from None


def read_arrays(path: Path, expected: Shapes) -> dict[str, np.ndarray]:
    """Exactly these arrays, sizes compared before memory is taken; numbers need not be finite."""
    if not _is_file(path):
        raise InputError(f"{path} is no file that could be read.")
    return _read_numbers(path, expected)


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path``; what was written there becomes ``path`` when the block ends well."""
    partial = _partial(path)
    with unfinished(lambda: partial.unlink(missing_ok=True)):
        yield partial
        partial.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with writing(path) as partial:
        partial.write_text(text, encoding="utf-8")


@contextmanager
def unfinished(discard: Callable[[], None]) -> Iterator[None]:
    """Have something half written discarded at the end of the block, or when the program is ended inside it."""
    _unfinished.append(discard)
    try:
        yield
    finally:
        discard()
        _unfinished.remove(discard)


def discard_unfinished() -> None:
    """Discard everything that is half written, the latest first: the program is about to be ended by a signal."""
    for discard in reversed(_unfinished):
        with suppress(Exception):  # what cannot be removed must not keep the rest, or the program, from its end
            discard()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an error of the file system into a sentence about ``path``."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}.") from None


def user_mode() -> int:
    """The permissions that a new folder gets from this user; those of ``tempfile`` are narrower."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o777 & ~mask


def _as_plain(value: Any) -> Any:
    """What numpy's numbers are in JSON: a setting may have come as one."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _read_description(source: Path) -> dict[str, Any]:
    path = source / _DESCRIPTION
    if not _is_file(path):
        raise InputError(f"{source} is no saved model: it has no {_DESCRIPTION}.")
    if path.stat().st_size > _MOST_DESCRIPTION_BYTES:
        raise InputError(f"{path} is larger than {_MOST_DESCRIPTION_BYTES} bytes; this is no model of this package.")
    try:
        description = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from None
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise InputError(f"{path} is no model of this package.")
    version = description.get("version")
    if not isinstance(version, int) or not 1 <= version <= FORMAT_VERSION:
        raise InputError(
            f"{path} has format version {version!r}; this release reads up to {FORMAT_VERSION}. Upgrade the package."
        )
    return description


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have, or a folder that may not be looked into
        return False


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _read_tensors(path: Path, expected: Shapes) -> dict[str, np.ndarray]:
    if not _is_file(path):
        raise InputError(f"the saved model has no {path.name}.")
    tensors = _read_numbers(path, expected)
    for name, value in tensors.items():
        if not np.all(np.isfinite(value)):
            raise InputError(f"{path} is damaged: {name} holds values that are not finite.")
    return tensors


def _read_numbers(path: Path, expected: Shapes) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError, safe_open

    size = sum(int(np.prod(shape, dtype=object)) * np.dtype(kind).itemsize for shape, kind in expected.values())
    actual = path.stat().st_size
    if not size <= actual <= size + _MOST_HEADER_BYTES:
        raise InputError(f"{path} has {actual} bytes where the description asks for {size} bytes of numbers.")
    try:
        with safe_open(path, framework="np") as file:
            _compare(file, expected, path)
            return {name: file.get_tensor(name) for name in expected}
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is damaged: {error}.") from None


def _compare(file: Any, expected: Shapes, path: Path) -> None:
    present = set(file.keys())
    if present != set(expected):
        odd = ", ".join(sorted(present ^ set(expected)))
        raise InputError(f"{path} does not fit its description: missing or unexpected are {odd}.")
    for name, (shape, kind) in expected.items():
        part = file.get_slice(name)
        if tuple(part.get_shape()) != shape or part.get_dtype() != _TYPES[kind]:
            raise InputError(
                f"{path}: {name} should be {kind} of shape {shape} and is {part.get_dtype()} of {part.get_shape()}."
            )
