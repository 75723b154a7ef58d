"""The record of a task that was learned in several ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from unrolled.evaluate import Learned, Limits
from unrolled.report._report import SCHEMA, software
from unrolled.series import csv_number, csv_text
from unrolled.tasks import Task

__all__ = ["courses_csv", "learned_csv", "learned_report"]


def learned_report(task: Task, rows: Sequence[Learned], limits: Limits, *, total_seconds: float) -> dict[str, Any]:
    """Everything that a reader needs to believe, or repeat, a comparison of ways to learn.

    Returns
    -------
    dict
        ``schema``; ``task`` (name, settings, loss and what a guess reaches, paper, published figure); ``limits``;
        ``rows``, one object a way and seed: ``task``, ``length``, ``method``, ``seed``, ``solved``, ``sequences``,
        ``seconds``, ``error``, ``loss``, ``parameters``, ``knew``, ``note``; ``seconds``, ``versions``, ``platform``,
        ``created``.
    """
    settings = {field.name: getattr(task, field.name) for field in fields(task)}  # pyright: ignore[reportArgumentType]
    return {
        "schema": SCHEMA,
        "task": {
            "name": task.name,
            "settings": settings,
            "loss": task.loss,
            "guess": task.guess,
            "reference": task.reference,
            "published": task.published,
        },
        "limits": {"sequences": limits.sequences, "seconds": limits.seconds},
        "rows": [_row(row) for row in rows],
        "seconds": {"total": total_seconds},
        **software(),
    }


def learned_csv(rows: Sequence[Learned]) -> str:
    """One line a way and seed, with the columns of ``rows`` in the report."""
    plain = [_row(row) for row in rows]
    return csv_text(list(plain[0]), [[_cell(value) for value in row.values()] for row in plain])


def courses_csv(rows: Sequence[Learned]) -> str:
    """One line a test on the way: ``method, seed, sequences, seconds, loss, error``."""
    lines = []
    for row in rows:
        course = row.course
        columns = (course.sequences, course.seconds, course.loss, course.error)
        lines += [[row.method, row.seed, *map(csv_number, values)] for values in zip(*columns, strict=True)]
    return csv_text(["method", "seed", "sequences", "seconds", "loss", "error"], lines)


def _row(row: Learned) -> dict[str, Any]:
    names = ("task", "length", "method", "seed", "solved", "sequences", "seconds", "error", "loss", "parameters")
    return {name: getattr(row, name) for name in (*names, "knew", "note")}


def _cell(value: Any) -> Any:
    return csv_number(value) if isinstance(value, float) else value
