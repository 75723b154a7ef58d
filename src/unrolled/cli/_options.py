"""Options that verbs share, in groups."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from unrolled.errors import InputError

__all__ = ["DataOptions", "ForecastOptions", "ModelOptions", "OutputOptions", "figure_kinds"]


def _option(text: str, *names: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=text, metavar=metavar, show_default=False)


@dataclass(frozen=True)
class DataOptions:
    """Which numbers."""

    file: Annotated[
        str | None,
        typer.Argument(
            help="A table: CSV, text, Parquet, .npy; - reads standard input.", metavar="FILE", show_default=False
        ),
    ] = None
    dataset: Annotated[str | None, _option("A series by name; see 'unrolled datasets'.")] = None
    train: Annotated[int | None, _option("Learn from the first so many points.")] = None
    horizon: Annotated[int | None, _option("Predict so many steps.")] = None
    x_col: Annotated[str | None, _option("Column of x, by name or number; 'none' counts the rows.")] = None
    y_col: Annotated[str | None, _option("Column(s) of y, by name or number, with commas between.")] = None


@dataclass(frozen=True)
class ForecastOptions:
    """Which forecast."""

    level: Annotated[
        str | None,
        _option(
            "Levels of the bounds in percent, with commas between (68,95). The automatic choice has its bounds at no "
            "cost. A single model has none unless levels are named: it then learns again from many earlier points, a "
            "network 19 times for 95 %.",
            metavar="PERCENT",
        ),
    ] = None
    at: Annotated[str | None, _option("With --target x-to-y: predict at these x, with commas between.")] = None
    from_: Annotated[Path | None, _option("Continue with the model saved in this folder.", "--from")] = None
    companion: Annotated[
        str | None,
        _option(
            "Column of a cheap series beside y, by name or number, that goes on where y is empty: the automatic choice "
            "then also continues the ratio, the difference and the relation to it.",
            metavar="COLUMN",
        ),
    ] = None
    climate: Annotated[
        bool | None,
        _option(
            "Compare what the network does in the long run with what it learned: exponents, dimension, spectra and "
            "histograms. Done for a dataset whose system is known, if the model is a network.",
            "--climate/--no-climate",
        ),
    ] = None
    limit: Annotated[
        bool, _option("Find the limit that the learned points approach, by many methods, too.", "--limit")
    ] = False


@dataclass(frozen=True)
class ModelOptions:
    """Which model, and how it learns; what is left out is as the model has it."""

    model: Annotated[
        str | None,
        _option(
            "auto (default) chooses among classical candidates and combines them. Networks: rnn (taken if a setting of "
            "networks is given), rnn-2layer, lstm-2layer, dense-gru-2layer, noisy-sine, feed-forward, rnn-remainder, "
            "autoregression. Reservoirs: echo-state, next-generation-reservoir. With bounds of their own: "
            "linear-autoregression; and with a hidden state, which bridges gaps: structural, linear-dynamical-system, "
            "hidden-markov. From similar stretches of the past: analog. Classical: persistence, drift, polynomial, "
            "trend, recurrence, low-rank-recurrence, holonomic-recurrence, bayesian-recurrence, rational, "
            "gaussian-process."
        ),
    ] = None
    window: Annotated[int | None, _option("Known values that a prediction sees.")] = None
    degree: Annotated[
        int | None, _option("Degree of polynomial, trend and products of delays; of coefficients, in holonomic.")
    ] = None
    difference: Annotated[int | None, _option("Recurrences of differences of this order.")] = None
    rank: Annotated[int | None, _option("Rank of low-rank-recurrence.")] = None
    ridge: Annotated[float | None, _option("Ridge of recurrences, analog and reservoirs (the last two choose it).")] = (
        None
    )
    alone: Annotated[int | None, _option("Powers of time that stand alone in holonomic-recurrence.")] = None
    tolerance: Annotated[float | None, _option("To which rational is true to the data.")] = None
    components: Annotated[
        str | None,
        _option(
            "Of structural (trend): level, trend, damped-trend, season:PERIOD, season:PERIOD:HARMONICS, cycle, "
            "cycle:PERIOD, with commas between.",
            metavar="LIST",
        ),
    ] = None
    iterations: Annotated[int | None, _option("Of the search of models with a hidden state, at most.")] = None
    states: Annotated[int | None, _option("Hidden states of hidden-markov (2).")] = None
    emission: Annotated[str | None, _option("What they say: gaussian, diagonal, autoregressive.", metavar="KIND")] = (
        None
    )
    lags: Annotated[int | None, _option("Lags of autoregressive states (1).")] = None
    restarts: Annotated[int | None, _option("Starts of the search of hidden-markov (5).")] = None
    network: Annotated[str | None, _option("Hidden layers, as in 'dense:64:relu, lstm:100'.", metavar="LAYERS")] = None
    units: Annotated[
        int | None, _option("Units of every recurrent layer; of the hidden state of linear-dynamical-system.")
    ] = None
    layers: Annotated[int | None, _option("Number of recurrent layers.")] = None
    activation: Annotated[str | None, _option("tanh, sigmoid, relu, ... of those layers.")] = None
    output: Annotated[str | None, _option("Output function; linear as a rule.")] = None
    start: Annotated[str | None, _option("How states begin: a number (0), or learned.")] = None
    dropout: Annotated[float | None, _option("Share of activities that training drops between layers.")] = None
    rho: Annotated[float | None, _option("Spectral radius of a reservoir (0.9).")] = None
    leak: Annotated[float | None, _option("Share of the new in every step of a reservoir (0.7).")] = None
    input_scale: Annotated[float | None, _option("Largest weight of the inputs of a reservoir (0.2).")] = None
    bias_scale: Annotated[float | None, _option("Largest bias of a reservoir (0.5).")] = None
    connections: Annotated[int | None, _option("Units that each unit of a reservoir sees (10).")] = None
    squares: Annotated[
        bool | None, _option("Show the readout of a reservoir squares, too.", "--squares/--no-squares")
    ] = None
    direct: Annotated[
        bool | None, _option("Show the readout of a reservoir the values, too.", "--direct/--no-direct")
    ] = None
    washout: Annotated[int | None, _option("Leading steps that a reservoir's readout does not learn.")] = None
    delays: Annotated[
        int | None,
        _option("Delayed values in the products of next-generation-reservoir (2), in a state of analog (chosen)."),
    ] = None
    skip: Annotated[int | None, _option("Steps between two of these (1; chosen, in analog).")] = None
    neighbours: Annotated[int | None, _option("Similar states that analog looks at (chosen).")] = None
    width: Annotated[float | None, _option("Width of the kernel of analog, in standard deviations (chosen).")] = None
    maps: Annotated[str | None, _option("What analog asks: local, kernel, or auto, which is both.")] = None
    combined: Annotated[int | None, _option("Settings that analog combines, of those it chooses among (3).")] = None
    increments: Annotated[
        bool | None, _option("Let analog say changes, not values.", "--increments/--no-increments")
    ] = None
    uncertain: Annotated[
        bool | None,
        _option("Count errors of coefficients in the intervals of linear-autoregression.", "--uncertain/--certain"),
    ] = None
    lags_as: Annotated[str | None, _option("Lags as steps in time, or features of one step.")] = None
    target: Annotated[str | None, _option("window: the next value from those before; x-to-y: y from x.")] = None
    scale: Annotated[str | None, _option("none (raw values), standard, range.")] = None
    pad: Annotated[bool | None, _option("Repeat the last value, a window of them.", "--pad/--no-pad")] = None
    base: Annotated[str | None, _option("Learn what this leaves: persistence, difference:2, recurrence:3, ...")] = None
    sees: Annotated[str | None, _option("With a base: values or differences.")] = None
    members: Annotated[int | None, _option("Networks in the ensemble (16).")] = None
    seed: Annotated[int | None, _option("Decides everything random (0).")] = None
    precision: Annotated[str | None, _option("float64 or float32.")] = None
    epochs: Annotated[int | None, _option("Passes over the training windows.")] = None
    batch_size: Annotated[int | None, _option("Windows an update.")] = None
    loss: Annotated[str | None, _option("squared, absolute, huber.")] = None
    optimizer: Annotated[str | None, _option("adam, rmsprop, sgd, adamw.")] = None
    learning_rate: Annotated[float | None, _option("Step size.")] = None
    momentum: Annotated[float | None, _option("Momentum of sgd.")] = None
    nesterov: Annotated[bool | None, _option("Look ahead, in sgd.", "--nesterov/--no-nesterov")] = None
    validation: Annotated[float | None, _option("Share of the windows, from the end, kept for validation.")] = None
    patience: Annotated[int | None, _option("Stop early after so many epochs without progress.")] = None
    clip_norm: Annotated[float | None, _option("Longest gradient.")] = None
    clip_value: Annotated[float | None, _option("Largest component of the gradient.")] = None
    norm_keeping: Annotated[
        float | None, _option("Strength of the term that keeps gradients from vanishing and exploding.")
    ] = None
    shuffle: Annotated[bool | None, _option("Windows in a new order every epoch.", "--shuffle/--no-shuffle")] = None
    stateful: Annotated[bool | None, _option("Carry the state from batch to batch.", "--stateful/--no-stateful")] = None

    def settings(self) -> dict[str, Any]:
        """The settings that were given, by the names that :func:`unrolled.model` takes."""
        given = {name: value for name, value in vars(self).items() if value is not None and name != "model"}
        if "start" in given and given["start"] != "learned":
            given["start"] = _number("start", given["start"])
        return given


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--{name} must be a number or 'learned'; came {text!r}.") from None


@dataclass(frozen=True)
class OutputOptions:
    """Where results go, and in what form."""

    out: Annotated[Path | None, _option("Folder for the results, new or empty (unrolled-out/001, 002, ...).")] = None
    overwrite: Annotated[
        bool, _option("Let --out hold files; those of the same names are replaced.", "--overwrite")
    ] = False
    figures: Annotated[str, _option("Kinds of figure files: png, pdf, svg, or none (png,pdf).")] = "png,pdf"
    json: Annotated[bool, _option("Print the report as JSON, and nothing else.", "--json")] = False
    verbose: Annotated[bool, _option("Print a line an epoch.", "--verbose", "-v")] = False


def figure_kinds(text: str) -> tuple[str, ...]:
    """The kinds of figure files that ``--figures`` names."""
    kinds = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    if kinds == ("none",) or not kinds:
        return ()
    if "none" in kinds:
        raise InputError(f"--figures takes kinds of files, or none alone; came {text!r}.")
    odd = [kind for kind in kinds if kind not in ("png", "pdf", "svg")]
    if odd:
        raise InputError(f"--figures takes png, pdf, svg or none; came {odd[0]!r}.")
    return tuple(dict.fromkeys(kinds))
