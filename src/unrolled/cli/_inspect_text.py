"""What a person reads of a network that was looked into."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from unrolled.cli._printing import say, say_where

if TYPE_CHECKING:
    from unrolled.dynamics import Bifurcation, Inspection, LyapunovSpectrum

__all__ = ["inspection_text", "print_inspection", "print_sweep"]

_SHOWN = 6


def print_inspection(seen: Inspection, source: dict[str, Any], folder: Path) -> None:
    """Print the verdict, what it rests on, and where the files are."""
    console = Console(highlight=False)
    for line in _lines(seen, source):
        say(console, line)
    say_where(console, folder)


def inspection_text(seen: Inspection, source: dict[str, Any]) -> str:
    """The same as plain text, for ``summary.txt``."""
    text = io.StringIO()
    console = Console(file=text, width=100, highlight=False)
    for line in _lines(seen, source):
        say(console, line)
    return text.getvalue()


def print_sweep(diagram: Bifurcation, source: dict[str, Any], folder: Path) -> None:
    """Print where the largest exponent changes its sign, and where the files are."""
    console = Console(highlight=False)
    first, last = diagram.parameters[[0, -1]]
    say(console, f"{_named(source)}, {len(diagram.parameters)} gains from {first:g} to {last:g}.")
    for gain, exponent in zip(diagram.parameters.tolist(), diagram.exponents.tolist(), strict=True):
        say(console, f"gain {gain:8.4g}   largest exponent {exponent:10.4g}")
    say_where(console, folder)


def _lines(seen: Inspection, source: dict[str, Any]) -> Iterator[str]:
    one, size = seen.behaviour, seen.system.size
    yield f"{_named(source)}: {size} state{'s' * (size != 1)}."
    doubt = "" if one.certain else ", though not all evidence says so"
    yield f"Behaviour: {one.verdict}{doubt}."
    for sentence in one.evidence:
        yield f"  {sentence[0].upper()}{sentence[1:]}"
    if one.period is not None:
        yield f"Period: {one.period:.6g} {_time(seen)}."
    if len(seen.behaviours) > 1:
        counts = ", ".join(f"{count} {name}" for name, count in seen.counts.items())
        yield f"Of {len(seen.behaviours)} starts: {counts}."
    if seen.spectrum is not None:
        yield _exponents(seen.spectrum, _time(seen))
    yield f"{str(seen.points)[0].upper()}{str(seen.points)[1:]}."
    if seen.gradient is not None:
        yield f"Gradient: {seen.gradient.verdict}"
    if seen.memory is not None:
        yield f"{str(seen.memory)[0].upper()}{str(seen.memory)[1:]}."


def _exponents(spectrum: LyapunovSpectrum, time: str) -> str:
    pairs = list(zip(spectrum.exponents.tolist(), spectrum.errors.tolist(), strict=True))[:_SHOWN]
    shown = ", ".join(f"{value:.4g}" if spectrum.exact else f"{value:.4g} ± {error:.1g}" for value, error in pairs)
    more = f", ... ({spectrum.size} in all)" if spectrum.size > len(pairs) else ""
    dimension = f"{spectrum.dimension:.4g}" if spectrum.dimension == spectrum.dimension else "not known from so few"
    return f"Lyapunov exponents per {time.rstrip('s')}: {shown}{more}. Kaplan-Yorke dimension: {dimension}."


def _time(seen: Inspection) -> str:
    return "steps" if seen.system.spacing == 1 else "units of time"


def _named(source: dict[str, Any]) -> str:
    if "random" in source:
        gain = f", gain {source['gain']:g}" if isinstance(source["gain"], float) else ""
        return f"Random {source['kind']} network of {source['random']} units{gain}, seed {source['seed']}"
    return f"{source['model']} ({source['name']}), member {source['member']}"
