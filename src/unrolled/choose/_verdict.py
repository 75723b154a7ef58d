"""How far to believe a forecast: what the known values and the candidates say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from unrolled.choose._calibration import calibration
from unrolled.choose._evidence import noise_level, worst_growth
from unrolled.choose._intervals import half_widths, is_rough
from unrolled.choose._judged import Continued, Judged
from unrolled.choose._singularity import find_singularity
from unrolled.forecast import Reason, Verdict
from unrolled.series import Series

__all__ = ["TRUST_LEVEL", "TRUST_SHARE", "verdict"]

#: A step is trusted while its bounds of this level, in percent, stay within this share of the spread of the known
#: values. On the truth families, 12 points known, this warned of 27 of the 32 forecasts that were further out at step
#: 8, and of 12 of the 357 others.
TRUST_LEVEL, TRUST_SHARE = 70.0, 0.01
_FEW_POINTS = 9
_LARGE_GROWTH = 10.0


def verdict(known: Series, judged: Sequence[Judged], made: Sequence[Continued]) -> Verdict:
    """The verdict on a forecast: of several features the one that can be trusted least decides.

    Parameters
    ----------
    known
        The series that is continued, for names and places.
    judged, made
        What was judged and what came of it, one a feature.
    """
    trusted = [_trusted(j, c) for j, c in zip(judged, made, strict=True)]
    worst = min(range(len(trusted)), key=trusted.__getitem__)
    horizon = len(made[0].mean)
    reasons = tuple(_reasons(known, judged[worst], made[worst], trusted[worst]))
    if len(trusted) > 1:
        note = Reason("feature", f"{known.names[worst]} decides; what follows is about it.", {})
        reasons = (note, *reasons)
    return Verdict(trusted[worst], horizon, reasons)


def _trusted(judged: Judged, continued: Continued) -> int:
    """The number of leading steps whose bounds stay within a hundredth of the spread."""
    half = half_widths(judged, continued, TRUST_LEVEL).values
    good = half <= TRUST_SHARE * continued.spread
    return len(good) if good.all() else int(good.argmin())


def _reasons(known: Series, judged: Judged, continued: Continued, trusted: int) -> Iterator[Reason]:
    yield from _singular(known, judged, continued)
    yield from _bounds(judged, continued, trusted)
    yield _revision(judged, continued, trusted)
    yield from _disagreement(continued)
    yield from _growth(judged, continued)
    yield from _noise(judged, continued)
    yield from _points(judged)
    yield from _uncalibrated(judged, continued)


def _singular(known: Series, judged: Judged, continued: Continued) -> Iterator[Reason]:
    found = find_singularity(judged, continued)
    if found is None:
        return
    x = float(known.x[-1] + found.distance * known.require_even())
    horizon = len(continued.mean)
    where = f"{known.x_name} = {known.format_x(x)}" if known.calendar else f"{known.x_name} = {x:.4g}"
    inside = "inside" if found.distance <= horizon else "beyond the end of"
    text = (
        f"A singular point lies near {where}, {found.distance:.1f} steps after the last known value and {inside} this "
        f"continuation: candidates with {100 * found.share:.0f} % of the weight see it. As a rule it lies nearer than "
        "it seems; no continuation goes past it."
    )
    yield Reason("singularity", text, {"x": x, "steps": found.distance, "share": found.share})


def _bounds(judged: Judged, continued: Continued, trusted: int) -> Iterator[Reason]:
    half = half_widths(judged, continued, TRUST_LEVEL).values / continued.spread
    if trusted < len(half) and np.isfinite(half[trusted]):
        share = float(half[trusted])
        text = f"Step {trusted + 1} is known to ± {share:.2g} of the spread (bounds of {TRUST_LEVEL:g} %)."
        yield Reason("bounds", text, {"step": float(trusted + 1), "half_width": share})


def _revision(judged: Judged, continued: Continued, trusted: int) -> Reason:
    horizon, stride = len(continued.mean), judged.origins.stride
    share = float(continued.moved[-1] / continued.spread)
    without = "the last known value" if stride == 1 else f"the last {stride} known values"
    text = f"Without {without} this forecast would differ by {share:.1g} of the spread at most."
    if trusted < horizon - 1:
        first = float(continued.moved[trusted] / continued.spread)
        steps = f"step {trusted + 1} would differ by {first:.1g} of the spread, step {horizon} by {share:.1g}."
        text = f"Without {without} {steps}"
    kind = "revision" if trusted < horizon else "settled"
    return Reason(kind, text, {"revision": share, "step": float(horizon)})


def _disagreement(continued: Continued) -> Iterator[Reason]:
    share = float(continued.range[-1] / continued.spread)
    if share > TRUST_SHARE:
        step = len(continued.mean)
        text = (
            f"The candidates that count differ by {share:.1g} of the spread at step {step} (two thirds of the weight)."
        )
        yield Reason("disagreement", text, {"range": share, "step": float(step)})


def _growth(judged: Judged, continued: Continued) -> Iterator[Reason]:
    found = worst_growth(judged, continued)
    if found is None:
        return
    modulus, factor = found
    if factor > _LARGE_GROWTH:
        text = (
            f"The heaviest candidate is a recurrence with a root of modulus {modulus:.3g}: it makes an error grow "
            f"{factor:.1g} times over {len(continued.mean)} steps."
        )
        yield Reason("growth", text, {"modulus": modulus, "factor": factor})


def _noise(judged: Judged, continued: Continued) -> Iterator[Reason]:
    level = noise_level(judged)
    if level is not None:
        share = level / continued.spread
        size = f"{np.ldexp(level, judged.exponent):.1g} ({share:.1g} of the spread)"
        small, large = (
            f"The last digits look like noise of {size}; did a solver stop early?",
            f"The values scatter by {size}.",
        )
        text = f"{small if share < TRUST_SHARE else large} No continuation is better than that."
        yield Reason("noise", text, {"level": float(np.ldexp(level, judged.exponent)), "share": share})


def _points(judged: Judged) -> Iterator[Reason]:
    points = len(judged.values)
    if points < _FEW_POINTS:
        origins = len(judged.origins.starts) - 1
        text = f"Only {points} points are known; the candidates could be judged from {origins} of them."
        yield Reason("few points", text, {"points": float(points), "origins": float(origins)})


def _uncalibrated(judged: Judged, continued: Continued) -> Iterator[Reason]:
    points, most = len(judged.values), calibration().points[-1]
    found = half_widths(judged, continued, TRUST_LEVEL)
    if found.missing:
        text = f"From step {found.missing} on nothing says how far off the forecast is: {found.why}."
        yield Reason("uncalibrated", text, {"points": float(points), "step": float(found.missing)})
    if is_rough(judged):
        size = 10.0 ** float(np.min(judged.choice.scores))
        text = (
            f"In the known part the best candidate was off by {size:.1g} of the spread, more than on the series that "
            "bounds were measured on; these bounds are as wide as the errors of this series ask for."
        )
        yield Reason("uncalibrated", text, {"points": float(points), "error": size})
    elif points > most and not judged.origins.long:
        text = f"Bounds were measured for at most {most} known points; those for {most} are used for these {points}."
        yield Reason("uncalibrated", text, {"points": float(points), "measured": float(most)})
