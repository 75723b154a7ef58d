"""What comes of learning a task in some way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = ["Course", "Learned"]


@dataclass(frozen=True, eq=False)
class Course:
    """How the test went while sequences were learned from, one entry a test.

    Attributes
    ----------
    sequences, seconds
        Seen and spent until then.
    loss, error
        The mean loss on the test, and the number that the task's paper reports.
    """

    sequences: Float[np.ndarray, " test"]
    seconds: Float[np.ndarray, " test"]
    loss: Float[np.ndarray, " test"]
    error: Float[np.ndarray, " test"]


@dataclass(frozen=True, eq=False)
class Learned:
    """One task, learned in one way from one seed.

    Attributes
    ----------
    task, length, method, seed
        Which.
    solved
        Whether the criterion of the task was met.
    sequences, seconds
        Seen and spent until then, or until the end; compilation is not counted.
    loss, error
        At the last test.
    parameters
        How many numbers were learned.
    knew
        What was known of the task beforehand.
    note
        Why it ended, if it was not solved.
    course
        The tests on the way.
    failed
        Whether an error ended it, which ``note`` tells; there is nothing else then.
    """

    task: str
    length: int
    method: str
    seed: int
    solved: bool
    sequences: int
    seconds: float
    loss: float
    error: float
    parameters: int
    knew: str
    note: str
    course: Course
    failed: bool = False
