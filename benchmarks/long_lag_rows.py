"""What `long_lag.py` runs: every task with its way, seeds and limits, beside the published figure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from unrolled.evaluate import Learned
from unrolled.learn import FirstOrder, MomentumSchedule, Optimizer
from unrolled.networks import EchoStateInitialization

__all__ = ["ROWS", "Row"]

Verdict = Callable[[list[Learned]], bool]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    label
        By which it is asked for.
    task, length, settings
        What is learned; the setting ``seed``, where the task has one, is the run's own.
    way, changed
        How, and what differs from the way's defaults.
    seeds
        From 0.
    sequences, seconds
        The limits of a run.
    wanted
        What was asked for, in words, and whether the runs reached it; ``None``: reported only.
    published
        The best published figure.
    """

    label: str
    task: str
    length: int
    way: str
    seeds: int
    wanted: str
    reached: Verdict | None
    published: str
    settings: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, Any] = field(default_factory=dict)
    sequences: int | None = None
    seconds: float = 3600.0
    own_strings: bool = False


def all_within(sequences: int) -> Verdict:
    """Every run solves the task before so many sequences."""
    return lambda runs: all(run.solved and run.sequences < sequences for run in runs)


def median_within(sequences: int) -> Verdict:
    """Every run solves the task, half of them before so many sequences."""
    return lambda runs: (
        all(run.solved for run in runs) and sorted(r.sequences for r in runs)[len(runs) // 2] < sequences
    )


def error_below(error: float, least: int) -> Verdict:
    """So many runs at least end with a smaller error."""
    return lambda runs: sum(run.error < error for run in runs) >= least


def solved(least: int) -> Verdict:
    """So many runs at least solve the task."""
    return lambda runs: sum(run.solved for run in runs) >= least


OLD = {"protocol": "2011"}
PAIRS = {"algorithm": FirstOrder(Optimizer("adam", 0.02), batch_size=2, clip_norm=1.0), "every": 100}
SINGLES = {"algorithm": FirstOrder(Optimizer("adam", 0.01), batch_size=1, clip_norm=1.0), "every": 200}
# Over short lags longer steps do no harm, and ten thousand updates are few for the way's own.
LONG_STEPS = {
    "algorithm": FirstOrder(
        Optimizer("sgd", 0.002, momentum=MomentumSchedule(0.995), nesterov=True), batch_size=100, clip_norm=1.0
    ),
    "initialization": EchoStateInitialization(input_scale=0.03),
    "centred": False,
}
LSTM_1997 = "LSTM 1997: "
SUTSKEVER = "Sutskever et al. 2013, error after 50,000 updates: "

ROWS = (
    Row("reber-16", "embedded-reber", 40, "lstm", 20, "20 of 20, median < 4,000", median_within(4000),
        LSTM_1997 + "8,440", changed=PAIRS, sequences=100_000, own_strings=True),
    Row("reber-8", "embedded-reber", 40, "lstm", 20, "20 of 20, median < 8,440", median_within(8440),
        LSTM_1997 + "8,440", changed=PAIRS | {"units": 8}, sequences=200_000, own_strings=True),
    Row("adding-100", "adding", 100, "lstm", 10, "10 of 10 < 20,000", all_within(20_000), LSTM_1997 + "74,000",
        sequences=200_000),
    Row("adding-500", "adding", 500, "lstm", 3, "3 of 3 < 209,000", all_within(209_000), LSTM_1997 + "209,000",
        sequences=400_000),
    Row("adding-1000", "adding", 1000, "lstm", 3, "reported", None, LSTM_1997 + "853,000", sequences=850_000),
    Row("order-100", "temporal-order", 100, "lstm", 10, "10 of 10 < 10,000", all_within(10_000), LSTM_1997 + "31,390",
        sequences=100_000),
    Row("order-3-100", "temporal-order", 100, "lstm", 3, "3 of 3 < 50,000", all_within(50_000), LSTM_1997 + "571,100",
        settings={"symbols": 3}, sequences=600_000),
    Row("lag-100", "long-lag", 100, "lstm", 10, "10 of 10, median < 5,040", median_within(5040),
        LSTM_1997 + "5,040, a target at every step", settings={"targets": "scored"}, changed=SINGLES,
        sequences=100_000),
    Row("lag-100-every", "long-lag", 100, "lstm", 3, "reported", None, LSTM_1997 + "5,040", sequences=100_000),
    Row("momentum-adding-40", "adding", 40, "momentum", 4, "error < 0.1 in 10,000 updates, 4 of 4", error_below(0.1, 4),
        "", settings=OLD, changed=LONG_STEPS, sequences=1_000_000),
    Row("momentum-adding-80", "adding", 80, "momentum", 4, "error < 0.02 in 50,000 updates, 3 of 4",
        error_below(0.02, 3), SUTSKEVER + "2.5e-4", settings=OLD, sequences=5_000_000),
    Row("momentum-20-bit-80", "memorization", 80, "momentum", 4, "reported", None, SUTSKEVER + "5e-5",
        settings={"bits": 20}, sequences=5_000_000),
    Row("momentum-5-bit-200", "memorization", 200, "momentum", 2, "reported", None, SUTSKEVER + "0.63",
        settings={"bits": 5}, sequences=5_000_000),
    Row("hessian-free-adding-50", "adding", 50, "hessian-free", 3, "error < 0.05 in 150 steps and 600 s, 3 of 3",
        error_below(0.05, 3), "", settings=OLD, sequences=150 * 2200, seconds=600.0),
    Row("hessian-free-adding-100", "adding", 100, "hessian-free", 1, "1 seed", solved(1), "", settings=OLD,
        sequences=600 * 2200, seconds=7200.0),
    Row("hessian-free-order-50", "temporal-order", 50, "hessian-free", 3, "3 of 3", solved(3), ""),
    Row("hessian-free-5-bit-50", "memorization", 50, "hessian-free", 3, "3 of 3", solved(3), "", settings={"bits": 5}),
    Row("hessian-free-xor-50", "exclusive-or", 50, "hessian-free", 3, "reported", None, ""),
    Row("momentum-adding-50", "adding", 50, "momentum", 3, "beside Hessian-free", None, "", settings=OLD),
    Row("lstm-adding-50", "adding", 50, "lstm", 3, "beside Hessian-free", None, "", settings=OLD),
)  # fmt: skip
