"""The tests of a run kept in a file: all that a way needs whose next test does not begin where the last one ended."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from unrolled.errors import InputError
from unrolled.evaluate._learned import Course, Learned
from unrolled.storage import arrays_description, read_arrays, require_writable, write_arrays

__all__ = ["KeptCourse", "Recalled", "columns_of"]

_FORMAT = "unrolled-course-1"
_MOST_TESTS = 1000


class Recalled(NamedTuple):
    """What a file held: the tests, the seconds until the end, and whether the last of the tests was passed."""

    course: Course
    seconds: float
    solved: bool

    def goes_beyond(self, sequences: int) -> bool:
        """Whether there is a test after more sequences."""
        return bool((self.course.sequences > sequences).any())

    def upto(self, row: Learned, sequences: int) -> Learned | None:
        """The row with its next test, the one after so many sequences; ``None`` if that is not here."""
        found = np.flatnonzero(self.course.sequences == sequences)
        if not len(found):
            return None
        place = int(found[0])
        tests = [column[place] for column in columns_of(self.course)]
        course = Course(*map(np.append, columns_of(row.course), tests))
        solved = self.solved and place == len(self.course.sequences) - 1
        return Learned(
            row.task, row.length, row.method, row.seed, solved, sequences, float(tests[1]), float(tests[2]),
            float(tests[3]), row.parameters, row.knew, row.note, course,
        )  # fmt: skip


class KeptCourse:
    """Keeps the tests of one run; a file that could not be written is found when this is made."""

    def __init__(self, path: Path, identity: str) -> None:
        require_writable(path)
        self._path, self._identity = path, identity

    def load(self) -> Recalled:
        """What the file holds, or nothing if there is no file."""
        if not self._path.exists():
            return Recalled(Course(*(np.zeros(0) for _ in range(4))), 0.0, False)
        described = arrays_description(self._path)
        if described.get("format") != _FORMAT or described.get("identity") != self._identity:
            raise InputError(f"{self._path} is of another run; name another file, or delete this one.")
        text = described.get("tests", "")
        tests = int(text) if text.isdecimal() and len(text) < 5 else _MOST_TESTS + 1
        if tests > _MOST_TESTS:
            raise InputError(f"{self._path} is damaged: it says {text!r} tests.")
        found = read_arrays(self._path, {"course": ((tests, 4), "float64"), "end": ((2,), "float64")})
        course, (seconds, solved) = found["course"], found["end"]
        rising = (np.diff(course[:, :2], axis=0) >= 0).all() and (course[:, :2] >= 0).all()
        if not (rising and np.isfinite(found["end"]).all() and seconds >= 0):
            raise InputError(f"{self._path} is damaged: its seconds and sequences do not rise.")
        return Recalled(Course(*course.T.copy()), float(seconds), bool(solved))

    def save(self, row: Learned) -> None:
        """Write the file, whole."""
        course = np.stack(columns_of(row.course), axis=1)
        words = {"format": _FORMAT, "identity": self._identity, "tests": f"{len(course)}"}
        write_arrays(self._path, {"course": course, "end": np.array([row.seconds, float(row.solved)])}, words)


def columns_of(course: Course) -> tuple[np.ndarray, ...]:
    """Sequences, seconds, loss and error of the tests."""
    return course.sequences, course.seconds, course.loss, course.error
