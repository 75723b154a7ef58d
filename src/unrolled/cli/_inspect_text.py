"""What a person reads of a network that was looked into."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from unrolled.cli._printing import say, say_where

if TYPE_CHECKING:
    from unrolled.dynamics import Bifurcation, FixedPoints, Inspection, LyapunovSpectrum, Memory

__all__ = ["inspection_text", "print_inspection", "print_sweep"]

_SHOWN, _ROWS = 6, 20
# A step; what is nearer to zero may be zero.
_CHAOTIC = 0.001
_SUMMARY_WIDTH = 100


def print_inspection(seen: Inspection, source: dict[str, Any], folder: Path) -> None:
    """Print the verdict, what it rests on, and where the files are."""
    console = Console(highlight=False)
    for line in _lines(seen, source):
        console.print(_wrapped(line, console.width), markup=False, emoji=False, soft_wrap=True)
    say_where(console, folder)


def inspection_text(seen: Inspection, source: dict[str, Any]) -> str:
    """The same as plain text, for ``summary.txt``."""
    return "".join(f"{_wrapped(line, _SUMMARY_WIDTH)}\n" for line in _lines(seen, source))


def print_sweep(diagram: Bifurcation, source: dict[str, Any], folder: Path) -> None:
    """Print at how many gains the network is chaotic, some of the exponents, and where the files are."""
    console = Console(highlight=False)
    first, last = diagram.parameters[[0, -1]]
    rows = list(zip(diagram.parameters.tolist(), diagram.exponents.tolist(), strict=True))
    say(console, f"{_named(source)}; {len(rows)} gains from {first:g} to {last:g}.")
    say(console, _wrapped(_chaos(rows), console.width))
    for gain, exponent in _fewer(rows):
        said = "diverges" if isnan(exponent) else f"largest exponent {exponent:10.4g}"
        say(console, f"gain {gain:8.4g}   {said}")
    if len(rows) > _ROWS:
        say(console, "All gains are in bifurcation.csv.")
    say_where(console, folder)


def _chaos(rows: list[tuple[float, float]]) -> str:
    chaotic = [gain for gain, exponent in rows if exponent > _CHAOTIC]
    lost = sum(isnan(exponent) for _, exponent in rows)
    also = f" At {_counted(lost, 'gain')} it diverges." if lost else ""
    if not chaotic:
        return f"The largest exponent is above {_CHAOTIC} at none of them: no chaos.{also}"
    return (
        f"It is chaotic, with a largest exponent above {_CHAOTIC}, at {len(chaotic)} of {len(rows)} gains, the first "
        f"of them {chaotic[0]:.4g}.{also}"
    )


def _fewer(rows: list[Any]) -> list[Any]:
    """So many at most, from the first to the last, as evenly as can be."""
    if len(rows) <= _ROWS:
        return rows
    return [rows[k * (len(rows) - 1) // (_ROWS - 1)] for k in range(_ROWS)]


def _wrapped(line: str, width: int) -> str:
    """In lines of the terminal; what goes on is indented further."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _lines(seen: Inspection, source: dict[str, Any]) -> Iterator[str]:
    one, size = seen.behaviour, seen.system.size
    told = "" if size == source.get("random") else f", {_counted(size, 'state')}"
    yield f"{_named(source)}{told}."
    doubt = "" if one.certain else ", though not all evidence says so"
    yield f"Behaviour: {one.verdict}{doubt}."
    for sentence in one.evidence:
        yield f"  {_capital(sentence)}"
    if one.period is not None and one.verdict == "limit cycle":
        yield f"  Period: {one.period:.6g} {_time(seen)}."
    if len(seen.behaviours) > 1:
        yield _starts(seen)
    if seen.spectrum is not None:
        yield _exponents(seen.spectrum, "step" if seen.system.spacing == 1 else "unit of time")
    yield _points(seen.points)
    if seen.gradient is not None:
        yield f"Gradient: {seen.gradient.verdict}"
    if seen.memory is not None:
        yield _memory(seen.memory)


def _starts(seen: Inspection) -> str:
    counts, runs = seen.counts, len(seen.behaviours)
    if len(counts) == 1:
        return f"All {runs} starts come to the same behaviour."
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"Of {runs} starts: {told}. All that is said here is about the first."


def _exponents(spectrum: LyapunovSpectrum, time: str) -> str:
    pairs = list(zip(spectrum.exponents.tolist(), spectrum.errors.tolist(), strict=True))[:_SHOWN]
    shown = ", ".join(_exponent(value, 0.0 if spectrum.exact else error) for value, error in pairs)
    computed = len(spectrum.exponents)
    all_of = "in all" if computed == spectrum.size else f"computed of {spectrum.size}"
    more = f", ... ({computed} {all_of})" if computed > len(pairs) or computed < spectrum.size else ""
    dimension = f"{spectrum.dimension:.4g}" if spectrum.dimension == spectrum.dimension else "not known from so few"
    return f"Lyapunov exponents per {time.removesuffix('s')}: {shown}{more}. Kaplan-Yorke dimension: {dimension}."


def _exponent(value: float, error: float) -> str:
    """With its error, where it has one: one that is minus infinity has none."""
    return f"{value:.4g} ± {error:.1g}" if error > 0 else f"{value:.4g}"


def _points(points: FixedPoints) -> str:
    lost = points.starts - int(points.found.sum())
    if not len(points):
        return f"Fixed points: none was found from {_counted(points.starts, 'start')}."
    kinds = ", ".join(
        _counted(number, kind) if kind == "saddle" else f"{number} {kind}"
        for kind, number in points.counts.items()
        if number
    )
    rest = f"; {lost} of {points.starts} starts came to none" if lost else f", from {_counted(points.starts, 'start')}"
    return f"Fixed points: {kinds}{rest}."


def _memory(memory: Memory) -> str:
    told = f"Memory: a linear readout finds {memory.total:.3g} values of past inputs in the state, "
    if memory.reach is None:
        return f"{told}but no single one to half of its variance."
    if memory.reach == 0:
        return f"{told}and half of the variance of the last input only."
    return f"{told}and half of the variance of inputs up to {_counted(memory.reach, 'step')} ago."


def _counted(number: int, name: str) -> str:
    return f"{number:,} {name}{'s' * (number != 1)}"


def _capital(sentence: str) -> str:
    return f"{sentence[0].upper()}{sentence[1:]}"


def _time(seen: Inspection) -> str:
    return "steps" if seen.system.spacing == 1 else "units of time"


def _named(source: dict[str, Any]) -> str:
    if "random" in source:
        gain = f", gain {source['gain']:g}" if isinstance(source["gain"], float) else ""
        return f"Random {source['kind']} network of {_counted(source['random'], 'unit')}{gain}, seed {source['seed']}"
    return f"{source['model']} ({source['name']}), member {source['member']}"
