"""Where results go: a folder that appears whole, or not at all."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unrolled.errors import InputError
from unrolled.storage import explained

__all__ = ["ResultFolder", "result_folder"]

_DEFAULT = Path("unrolled-out")
_PARTIAL = ".unrolled-partial-"


class ResultFolder:
    """A folder in the making.

    Attributes
    ----------
    making
        Where to write; it has another name until :meth:`finish`.
    path
        Where the results are after :meth:`finish`.
    """

    def __init__(self, making: Path, wanted: Path | None) -> None:
        self.making = making
        self.path: Path | None = None
        self._wanted = wanted

    def finish(self) -> Path:
        """Give everything its final name."""
        with explained(self._wanted or _DEFAULT):
            self.path = self._numbered() if self._wanted is None else self._named(self._wanted)
        return self.path

    def _numbered(self) -> Path:
        taken = [int(entry.name) for entry in _DEFAULT.iterdir() if entry.name.isdecimal()]
        for number in itertools.count(max(taken, default=0) + 1):
            target = _DEFAULT / f"{number:03d}"
            try:
                target.mkdir()  # claims the number: two runs at once never share one
            except FileExistsError:
                continue
            self.making.replace(target)
            return target
        raise AssertionError("numbers do not end")

    def _named(self, target: Path) -> Path:
        if target.is_dir() and any(target.iterdir()):
            for entry in sorted(self.making.iterdir()):
                _replace(entry, target / entry.name)
            self.making.rmdir()
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            self.making.replace(target)
        return target


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
    if wanted is not None and wanted.exists() and not wanted.is_dir():
        raise InputError(f"{wanted} is a file; --out needs a folder.")
    if wanted is not None and not overwrite and wanted.is_dir() and any(wanted.iterdir()):
        raise InputError(f"{wanted} is not empty; name another folder, or add --overwrite.")
    home = _DEFAULT if wanted is None else wanted.absolute().parent
    with explained(wanted or home):
        home.mkdir(parents=True, exist_ok=True)
        if wanted is not None and wanted.is_dir() and not os.access(wanted, os.W_OK | os.X_OK):
            raise PermissionError(0, "permission denied")
        making = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=home))
        making.chmod(0o755)
    try:
        yield ResultFolder(making, wanted)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _replace(entry: Path, target: Path) -> None:
    if target.is_dir() and not target.is_symlink() and entry.is_dir():
        shutil.rmtree(target)
    entry.replace(target)
