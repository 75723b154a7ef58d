"""``unrolled inspect``: what a network does, trained or random."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unrolled.cli._options import OutputOptions, figure_kinds
from unrolled.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from unrolled.dynamics import Inspection, System
    from unrolled.networks import Network

__all__ = ["InspectOptions", "inspect"]

_MOST_SEED, _MOST_UNITS = 2**31, 20_000


def _option(text: str, *names: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=text, metavar=metavar, show_default=False)


@dataclass(frozen=True)
class InspectOptions:
    """Which network, under which input, for how long."""

    model: Annotated[
        Path | None,
        typer.Argument(help="Folder of a saved model, or of results.", metavar="MODEL", show_default=False),
    ] = None
    random: Annotated[int | None, _option("Instead of a model, a random network of so many units.", metavar="N")] = None
    gain: Annotated[
        str | None,
        _option(
            "Of a random network: W has variance gain^2 / N (1.5). As in 0.5:3:60 a sweep over 60 gains.", metavar="G"
        ),
    ] = None
    kind: Annotated[
        str | None,
        _option("Of its layer: elman (default), leaky-elman, lstm, gru; with an activation as in elman:relu."),
    ] = None
    bias: Annotated[float | None, _option("Standard deviation of its biases (0).")] = None
    seed: Annotated[int, typer.Option(help="Decides a random network, and all starts.")] = 0
    member: Annotated[int, typer.Option(help="Which member of a saved ensemble, from 0.")] = 0
    held: Annotated[
        str | None,
        _option("The input that is held, numbers with commas between (zeros).", "--input", metavar="NUMBERS"),
    ] = None
    closed: Annotated[
        bool,
        _option("Feed the outputs of a saved sequence model back as its inputs.", "--closed-loop"),
    ] = False
    runs: Annotated[int, typer.Option(help="Judge the behaviour from so many starts.", metavar="K")] = 3
    steps: Annotated[int, typer.Option(help="Average exponents over so many steps.", metavar="T")] = 10_000
    exponents: Annotated[int | None, _option("How many exponents (all up to 100 states, 10 of more).", metavar="K")] = (
        None
    )


def inspect(chosen: InspectOptions, output: OutputOptions) -> None:
    """Say what a network does: rest, oscillate, chaos.

    MODEL is what extrapolate or save wrote; a network that continues a series is closed on itself. 'unrolled inspect
    --random 100 --gain 1.5 --seed 0' looks at a random network, and '--gain 0.5:3:60' at its way from rest to chaos.
    Prints behaviour, Lyapunov exponents, fixed points, memory and gradient, and saves tables and figures.
    """
    began = perf_counter()
    _require_one(chosen)
    from unrolled.compilation import use_compilation_cache
    from unrolled.report import result_folder

    use_compilation_cache()
    kinds = figure_kinds(output.figures)
    if chosen.gain is not None and ":" in chosen.gain:
        from unrolled.cli._inspect_sweep import sweep

        sweep(chosen, output, kinds, began=began)
        return
    system, network, source = opened(chosen)
    with result_folder(output.out, overwrite=output.overwrite) as folder:
        seen = _looked(chosen, system, network)
        with folder.writing() as making:
            text = _write(seen, network, source, making, kinds, began=began)
        path = folder.finish()
    if output.json:
        typer.echo(text)
    else:
        from unrolled.cli._inspect_text import print_inspection

        print_inspection(seen, source, path)


def opened(chosen: InspectOptions) -> tuple[System, Network | None, dict[str, Any]]:
    """The system, its network, and where it came from."""
    from unrolled.arguments import require_whole

    require_whole("seed", chosen.seed, 0, _MOST_SEED)
    if chosen.random is not None:
        from unrolled.dynamics import DrivenNetwork

        network, source = random_of(chosen, 1.5 if chosen.gain is None else read_number("--gain", chosen.gain))
        return DrivenNetwork(network), network, source
    from unrolled.choose import load
    from unrolled.forecast import inside
    from unrolled.sequence import FittedSequenceModel

    assert chosen.model is not None
    fitted = load(chosen.model)
    if chosen.closed and not isinstance(fitted, FittedSequenceModel):
        raise InputError("--closed-loop is for a sequence model: what continues a series is closed on itself anyhow.")
    system, network = inside(fitted, number=chosen.member, closed=chosen.closed)
    name = getattr(fitted.model, "name", "sequence model")
    return system, network, {"model": str(chosen.model), "name": name, "member": chosen.member, "seed": chosen.seed}


def random_of(chosen: InspectOptions, gain: float) -> tuple[Network, dict[str, Any]]:
    """A random network, and how it was drawn."""
    from unrolled.arguments import require_number, require_whole
    from unrolled.networks import random_network

    assert chosen.random is not None
    require_whole("--random", chosen.random, 1, _MOST_UNITS)
    require_number("--gain", gain, least=0.0)
    kind, _, activation = (chosen.kind or "elman").partition(":")
    bias = 0.0 if chosen.bias is None else chosen.bias
    network = random_network(
        chosen.random, gain, seed=chosen.seed, kind=kind.strip(), activation=activation.strip(), bias=bias
    )
    source = {"random": chosen.random, "gain": gain, "seed": chosen.seed, "kind": chosen.kind or "elman", "bias": bias}
    return network, source


def held_input(chosen: InspectOptions, system: System) -> np.ndarray:
    """The input that is held."""
    import numpy as np

    if chosen.held is None:
        return np.zeros(system.features)
    numbers = [read_number("--input", part) for part in chosen.held.split(",")]
    if len(numbers) != system.features:
        what = f"{system.features} input{'s' * (system.features != 1)}" if system.features else "no input"
        raise InputError(f"--input names {len(numbers)} number{'s' * (len(numbers) != 1)}, and the network has {what}.")
    return np.array(numbers)


def read_number(option: str, text: str) -> float:
    """A finite number from the command line."""
    from math import isfinite

    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise InputError(f"{option} takes finite numbers; came {text.strip()!r}.")
    return value


def _require_one(chosen: InspectOptions) -> None:
    if (chosen.model is None) == (chosen.random is None):
        raise InputError(
            "name the folder of a saved model, or ask for a random network by --random N --gain G; one of the two."
        )
    if chosen.random is not None:
        for name, value in (("--member", chosen.member), ("--closed-loop", chosen.closed)):
            if value:
                raise InputError(f"{name} is for a saved model; leave it out with --random.")
        return
    for name in ("gain", "kind", "bias"):
        if getattr(chosen, name) is not None:
            raise InputError(f"--{name} is for a random network; leave it out, or say --random N in place of a model.")


def _looked(chosen: InspectOptions, system: System, network: Network | None) -> Inspection:
    from unrolled.dynamics import inspect_system

    told: dict[str, Any] = {"runs": chosen.runs, "steps": chosen.steps, "exponents": chosen.exponents}
    return inspect_system(system, network, inputs=held_input(chosen, system), seed=chosen.seed, **told)


def _write(
    seen: Inspection,
    network: Network | None,
    source: dict[str, Any],
    folder: Path,
    kinds: tuple[str, ...],
    *,
    began: float,
) -> str:
    """All files; the report, which is one of them, as text."""
    from unrolled.cli._inspect_text import inspection_text
    from unrolled.report import inspection_report, inspection_tables, to_json

    for name, table in inspection_tables(seen).items():
        (folder / name).write_text(table, encoding="utf-8")
    (folder / "summary.txt").write_text(inspection_text(seen, source), encoding="utf-8")
    if kinds:
        from unrolled.cli._inspect_figures import save_inspection_figures

        save_inspection_figures(seen, network, folder, kinds)
    text = to_json(inspection_report(seen, source, total_seconds=perf_counter() - began))
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    return text
