"""Where results go: a folder that appears whole, or not at all."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from unrolled.errors import InputError
from unrolled.storage import explained, unfinished

__all__ = ["ResultFolder", "result_folder"]

_DEFAULT = Path("unrolled-out")
_PARTIAL = ".unrolled-partial-"
# Moved last, so that whoever waits for it finds everything else.
_LAST = "report.json"


class ResultFolder:
    """A folder in the making.

    Attributes
    ----------
    making
        Where to write; it has another name until :meth:`finish`.
    path
        Where the results are after :meth:`finish`.
    """

    def __init__(self, making: Path, wanted: Path | None, *, inside: bool) -> None:
        self.making = making
        self.path: Path | None = None
        self._wanted = wanted
        self._inside = inside

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Where to write, inside a ``with`` block that turns a full disk into a sentence."""
        with explained(self._wanted or _DEFAULT):
            yield self.making

    def finish(self) -> Path:
        """Give everything its final name."""
        with explained(self._wanted or _DEFAULT), _undisturbed():
            if self._wanted is None:
                self.path = _rename_to_free(self.making, _numbers())
            elif self._inside:
                self.path = _move_into(self._wanted, self.making)
            else:
                self.path = _rename_to_free(self.making, _beside(self._wanted))
        return self.path


@contextmanager
def result_folder(wanted: Path | None, *, overwrite: bool) -> Iterator[ResultFolder]:
    """Open a folder for results before the work begins, so that a wrong name costs no work.

    Parameters
    ----------
    wanted
        The folder, new or empty; ``None`` takes the next free number under ``unrolled-out``.
    overwrite
        Whether the folder may hold something: files of the same names are replaced, others are left alone.

    Raises
    ------
    InputError
        The folder holds something, is a file, or cannot be written.
    """
    target = wanted or _DEFAULT
    with explained(target):
        _check(target, numbered=wanted is None, overwrite=overwrite)
        # A folder that exists may be all that its owner may write, or a disk of its own: work inside it.
        inside = wanted is not None and target.is_dir()
        home = target if wanted is None or inside else target.absolute().parent
        missing = [folder for folder in (home, *home.parents) if not folder.exists()]
    making = home / f"{_PARTIAL}{secrets.token_hex(8)}"
    with unfinished(partial(_discard, making, missing)):
        with explained(target):
            making.mkdir(parents=True)
        yield ResultFolder(making, wanted, inside=inside)


def _check(target: Path, *, numbered: bool, overwrite: bool) -> None:
    if os.path.lexists(target) and not target.is_dir():
        advice = "move it, or name a folder with --out" if numbered else "--out needs a folder"
        raise InputError(f"{target} is a file; {advice}.")
    if not numbered and not overwrite and target.is_dir() and any(target.iterdir()):
        raise InputError(f"{target} is not empty; name another folder, or add --overwrite.")


def _numbers() -> Iterator[Path]:
    taken = [int(entry.name) for entry in _DEFAULT.iterdir() if entry.name.isdecimal()]
    return (_DEFAULT / f"{number:03d}" for number in itertools.count(max(taken, default=0) + 1))


def _beside(wanted: Path) -> Iterator[Path]:
    """The name itself, or the next one where another run has filled it meanwhile: finished work is not thrown away."""
    yield wanted
    yield from (wanted.with_name(f"{wanted.name}-{number}") for number in itertools.count(2))


def _rename_to_free(making: Path, names: Iterator[Path]) -> Path:
    """The first name that nothing stands at. Renaming is one step, so that two runs never share a folder."""
    for target in names:
        try:
            making.rename(target)
        except OSError:
            if not os.path.lexists(target):
                raise
        else:
            return target
    raise AssertionError("names do not end")


def _move_into(target: Path, making: Path) -> Path:
    for entry in sorted(making.iterdir(), key=lambda entry: (entry.name == _LAST, entry.name)):
        place = target / entry.name
        if entry.is_dir() and place.is_dir() and not place.is_symlink():
            _move_into(place, entry)  # what else a folder of that name holds is not ours to remove
        else:
            entry.replace(place)
    return target


def _discard(making: Path, made: list[Path]) -> None:
    """Remove what was written, and the folders above it that were made for it, so far as nothing else is in them."""
    shutil.rmtree(making, ignore_errors=True)
    for folder in made:
        try:
            folder.rmdir()
        except OSError:
            return


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put off Ctrl-C, and whatever else ends a program politely, for the moment that a few renames take."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    names = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(name, lambda number, _: held.append(number)) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, signal.SIG_DFL if handler is None else handler)
    if held:
        signal.raise_signal(held[0])
