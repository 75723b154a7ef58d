"""``unrolled inspect --random N --gain FROM:TO:COUNT``: the way from rest to chaos."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import typer

from unrolled.cli._inspect import InspectOptions, held_input, random_of, read_number
from unrolled.errors import InputError

if TYPE_CHECKING:
    from unrolled.cli._options import OutputOptions
    from unrolled.dynamics import Bifurcation

__all__ = ["sweep"]

_USUAL, _MOST = 60, 10_000
_KEPT, _WASHOUT = 200, 2_000


def sweep(chosen: InspectOptions, output: OutputOptions, kinds: tuple[str, ...], *, began: float) -> None:
    """Run the same random network at many gains, follow what it does, and write table and figure."""
    from unrolled.report import result_folder

    gains = _gains(str(chosen.gain))
    for name in ("exponents", "runs", "steps"):
        if getattr(chosen, name) != getattr(InspectOptions, name):
            raise InputError(
                f"a sweep follows one start, and has the largest exponent, at every gain; leave out --{name}."
            )
    with result_folder(output.out, overwrite=output.overwrite) as folder:
        diagram, source = _swept(chosen, gains)
        with folder.writing() as making:
            text = _write(diagram, source, making, kinds, began=began)
        path = folder.finish()
    if output.json:
        typer.echo(text)
    else:
        from unrolled.cli._inspect_text import print_sweep

        print_sweep(diagram, source, path)


def _gains(text: str) -> list[float]:
    import numpy as np

    from unrolled.arguments import require_whole

    parts = text.split(":")
    if len(parts) not in (2, 3):
        raise InputError(f"--gain is one number, or FROM:TO:COUNT as in 0.5:3:60; came {text!r}.")
    first, last = (read_number("--gain", part) for part in parts[:2])
    try:
        count = int(parts[2]) if len(parts) == 3 else _USUAL
    except ValueError:
        raise InputError(f"--gain FROM:TO:COUNT takes a whole number for COUNT; came {parts[2]!r}.") from None
    return np.linspace(first, last, require_whole("the COUNT of --gain", count, 2, _MOST)).tolist()


def _swept(chosen: InspectOptions, gains: list[float]) -> tuple[Bifurcation, dict[str, Any]]:
    from unrolled.dynamics import DrivenNetwork, bifurcation

    drawn, source = random_of(chosen, gains[0])
    x = held_input(chosen, DrivenNetwork(drawn))
    diagram = bifurcation(
        lambda gain: DrivenNetwork(random_of(chosen, gain)[0]), gains, inputs=x, kept=_KEPT, washout=_WASHOUT,
        seed=chosen.seed,
    )  # fmt: skip
    return diagram, source | {"gain": [gains[0], gains[-1]]}


def _write(diagram: Bifurcation, source: dict[str, Any], folder: Path, kinds: tuple[str, ...], *, began: float) -> str:
    from unrolled.report import bifurcation_csv, bifurcation_report, to_json

    (folder / "bifurcation.csv").write_text(bifurcation_csv(diagram), encoding="utf-8")
    if kinds:
        from unrolled.show import bifurcation_figure, save

        save(bifurcation_figure(diagram, output="first activity"), folder / "bifurcation", kinds)
    text = to_json(bifurcation_report(diagram, source, total_seconds=perf_counter() - began))
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    return text
