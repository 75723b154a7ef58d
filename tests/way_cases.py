"""What tests of the ways share: a task that takes no time, and the ways made small."""

import dataclasses
from functools import cache

from unrolled.evaluate import Learned, Limits, way
from unrolled.tasks import task

TASK = task("echo", 3, steps=6)
# The dearest way takes its first test after 10,000 sequences.
LIMITS = Limits(sequences=10_000, seconds=60.0)


def small(name):
    return way(name, units=4)


@cache
def learned(name, seed=0) -> Learned:
    return small(name).learn(TASK, seed=seed, limits=LIMITS)


def numbers(row):
    """Everything but the seconds, as text: NaN equals NaN."""
    plain = {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    course = plain.pop("course")
    del plain["seconds"]
    return repr((plain, *(getattr(course, column).tolist() for column in ("sequences", "loss", "error"))))
