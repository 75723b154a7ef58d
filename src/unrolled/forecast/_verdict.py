"""How far a forecast can be believed, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Reason", "Verdict"]


@dataclass(frozen=True)
class Reason:
    """One thing that speaks for or against a forecast.

    Attributes
    ----------
    kind
        ``settled`` or ``revision``, ``bounds``, ``disagreement``, ``singularity``, ``growth``, ``noise``,
        ``few points``, ``uncalibrated``; ``feature`` where one of several decides.
    text
        One sentence with numbers.
    evidence
        These numbers by name.
    """

    kind: str
    text: str
    evidence: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"kind": self.kind, "text": self.text, "evidence": dict(self.evidence)}


@dataclass(frozen=True)
class Verdict:
    """How far to believe a forecast, and why.

    Attributes
    ----------
    trust_until
        The number of leading steps that can be trusted.
    horizon
        The number of steps that were predicted.
    reasons
        What was found, the weightiest first.
    """

    trust_until: int
    horizon: int
    reasons: tuple[Reason, ...] = ()

    @property
    def warns(self) -> bool:
        """Whether any step is not to be trusted."""
        return self.trust_until < self.horizon

    @property
    def headline(self) -> str:
        """The verdict in one sentence."""
        if self.trust_until == 0:
            return "Do not trust this continuation: not even its first step is known to 1 % of the spread."
        if self.warns:
            steps = f"step {self.trust_until}" if self.trust_until > 1 else "the first step"
            return f"Trust it to {steps} of {self.horizon}: what comes after is not known to 1 % of the spread."
        if self.horizon == 1:
            return "The step can be trusted to 1 % of the spread of the known values."
        return f"All {self.horizon} steps can be trusted to 1 % of the spread of the known values."
