"""What a person sees of limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from unrolled.cli._printing import add_numbers, new_table, print_table, say
from unrolled.evaluate import thin_evidence

if TYPE_CHECKING:
    from unrolled.classical import Limit
    from unrolled.evaluate import Trial

__all__ = ["print_limits"]

_MOST_ESTIMATES = 10


def print_limits(console: Console, trial: Trial) -> None:
    """The limit of every feature in a sentence, what speaks against it, and what every method says."""
    known = trial.series.head(trial.train)
    for feature, limit in enumerate(trial.limits):
        name, unit = known.names[feature], known.units[feature]
        label = name + (f" [{unit}]" if unit else "")
        for line in (_sentence(limit, label), *thin_evidence(limit, known, feature)):
            say(console, line)
        _print_estimates(console, limit, label)


def _sentence(limit: Limit, label: str) -> str:
    number = f"{limit.value:.{_digits(limit)}g} ± {limit.half_width:.1e}"
    reason = f"{limit.reason[:1].upper()}{limit.reason[1:]}"
    if limit.converges:
        return f"Limit of {label}: {number}. {reason} The ± is a scale of the error, not a calibrated bound."
    return f"Limit of {label}: none to believe. {reason} The methods say {number} nevertheless."


def _digits(limit: Limit) -> int:
    """As many as the half width leaves, and two more."""
    if not limit.half_width or not limit.value:
        return 15
    return min(max(int(f"{abs(limit.value):e}".split("e")[1]) - int(f"{limit.half_width:e}".split("e")[1]) + 3, 3), 15)


def _print_estimates(console: Console, limit: Limit, label: str) -> None:
    table = new_table(f"Limit of {label}")
    table.add_column(Text("method"), vertical="bottom")
    for column in ("limit", "last change"):
        add_numbers(table, column)
    for one in limit.estimates[:_MOST_ESTIMATES]:
        table.add_row(Text(one.method), f"{one.value:.12g}", f"{one.change:.1e}")
    if len(limit.estimates) > _MOST_ESTIMATES:
        table.add_row(f"… and {len(limit.estimates) - _MOST_ESTIMATES} more", "", "")
    print_table(console, table)
