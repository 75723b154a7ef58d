"""The judgement of `continuation.py`: what the automatic choice is held to, and how far it keeps it."""

import numpy as np

from calibrate import LEVELS, factors
from continuation_cases import (
    AUTO,
    CLEAN,
    COUPLING,
    COUPLINGS,
    FLOOR,
    HORIZON,
    LECTURE,
    LOUD,
    NOISY,
    PAIRING,
    exact,
    spread,
)
from main_job import table
from unrolled.choose import classical_candidates
from unrolled.classical import LinearRecurrence

STEPS = (1, 2, 4, 8)
SEED, RESAMPLES = 20261124, 2000
RATIO = {CLEAN: 0.5, LOUD: 1.1}
POOLED, WORST, WIDTH = {68: (0.63, 0.73), 95: (0.92, 0.98)}, {68: 0.25, 95: 0.80}, 1e-4
FURTHER_OUT, WARNED, FALSE_ALARMS = 0.01, 0.8, 0.05
MSE = 1e-8


def kept(good):
    return "kept" if good else "**missed**"


def rows_of(everything, *groups):
    return np.array([one.group in groups for one in everything])


def typical(errors):
    """The geometric mean of the errors, none below the floor, over the cases whose truth is known."""
    return geometric_mean(np.maximum(errors, FLOOR))


def geometric_mean(values):
    known = values[~np.isnan(values)]
    return float(np.exp(np.mean(np.log(known)))) if known.size else float("nan")


def singles(models, rows):
    """Single methods and peers that were asked for every one of these cases, and answered most of them."""
    return [
        one
        for one in models
        if one.kind in ("candidate", "peer") and one.asked[rows].all() and one.silent[rows].mean() <= 0.5
    ]


def ratios(everything, models):
    """1. The automatic choice against the best single method or peer, with a bootstrap over the families."""
    lines = []
    for group, limit in ((CLEAN, RATIO[CLEAN]), (NOISY, None), (LOUD, RATIO[LOUD])):
        rows = rows_of(everything, group)
        if not rows.any():
            continue
        families = np.unique([one.family for one in everything], return_inverse=True)[1][rows]
        others = singles(models, rows)
        for step in STEPS:
            errors = np.array([one.errors[rows, step - 1] for one in (models[0], *others)])
            full, best, fixed, again = against_best(np.log(np.maximum(errors, FLOOR)), families)
            held = "–" if limit is None else f"{limit:g}, {kept(full <= limit)}"
            cells = [f"{full:.3g}", others[best].name, spanned(fixed), spanned(again), held]
            lines.append([f"{group}, step {step}", *cells])
    head = ["series", "ratio", "best single", "best fixed", "best chosen anew", "limit"]
    text = (
        "The typical error of `auto` over that of the best single method or peer, which is taken at every step for "
        f"itself and in knowledge of the truth. Then the median and the 95 % range of {RESAMPLES} resamples of the "
        "families, with the best of the full set and with the best of each resample.\n\n"
    )
    return "### 1. Against the best single method\n\n" + text + table(head, lines)


def against_best(logs, families):
    """The ratio, who is best, and the ratio in every resample: against the same best, and against the best there."""
    counted = ~np.isnan(logs[0])
    logs, families = logs[:, counted], families[counted]
    names = np.unique(families)
    sums = np.array([logs[:, families == name].sum(axis=1) for name in names])
    sizes = np.array([np.count_nonzero(families == name) for name in names])
    draws = np.random.default_rng(SEED).integers(0, len(names), (RESAMPLES, len(names)))
    times = (draws[:, :, None] == np.arange(len(names))).sum(axis=1)
    means = (times @ sums) / (times @ sizes)[:, None]
    mean = logs.mean(axis=1)
    best = int(np.argmin(mean[1:]))
    fixed, again = means[:, 0] - means[:, 1 + best], means[:, 0] - means[:, 1:].min(axis=1)
    return float(np.exp(mean[0] - mean[1 + best])), best, np.exp(fixed), np.exp(again)


def spanned(values):
    low, middle, high = np.percentile(values, (2.5, 50, 97.5))
    return f"{middle:.3g} [{low:.3g}–{high:.3g}]"


def bounds(everything, answers, auto, frozen):
    """2. How often the truth lies within the bounds, and how wide these are."""
    rows = np.flatnonzero(rows_of(everything, CLEAN, NOISY))
    families = np.array([everything[row].family for row in rows])
    told, errors = [answers[row] for row in rows], auto.errors[rows]
    if frozen:
        half = {level: np.array([one.bounds[level] for one in told]) for level in POOLED}
        text = "The bounds as the package gives them; it was calibrated on the open regions.\n\n"
    else:
        half = left_out(told, families)
        text = "The factors of every family come from the other families. Clean series and the noisy half.\n\n"
    inside = {level: np.where(np.isnan(errors), np.nan, errors <= half[level]) for level in POOLED}
    lines = [step_line(step, inside, families) for step in range(HORIZON)]
    wide = geometric_mean(half[95][:, -1])
    width = (
        f"Half-width at 95 %, step {HORIZON}, over the spread: {wide:.3g} (limit {WIDTH:g}, {kept(wide <= WIDTH)}).\n"
    )
    head = ["step", *(f"{what} {level} %" for level in POOLED for what in ("covered,", "worst family,"))]
    return (
        "### 2. Bounds\n\n" + text + table(head, lines) + "\n" + coverage_lines(inside, families) + "- " + width
        + "\n" + family_table(inside, half, families)
    )  # fmt: skip


def left_out(told, families):
    """Half-widths at every step, by factors measured without the family."""
    ratios = np.array([one.ratios for one in told])
    scale = np.array([one.scale for one in told])
    floor = {level: np.array([one.floor[level] for one in told]) for level in POOLED}
    half = {level: np.full(scale.shape, np.nan) for level in POOLED}
    for family in np.unique(families):
        own = families == family
        measured = factors(ratios[~own])
        for level in POOLED:
            column = LEVELS.index(level)
            factor = np.array([np.nan if row is None else row[column] for row in measured[:HORIZON]])
            half[level][own] = np.maximum(np.maximum.accumulate(factor * scale[own], axis=1), floor[level][own])
    return half


def share(inside):
    known = inside[~np.isnan(inside)]
    return float(known.mean()) if known.size else float("nan")


def worst_family(inside, families):
    shares = {str(name): share(inside[families == name]) for name in np.unique(families)}
    name = min(shares, key=shares.get)
    return name, shares[name]


def step_line(step, inside, families):
    cells = [str(step + 1)]
    for level in POOLED:
        name, low = worst_family(inside[level][:, step], families)
        cells += [f"{share(inside[level][:, step]):.3f}", f"{low:.2f} {name}"]
    return cells


def coverage_lines(inside, families):
    text = ""
    for level, (low, high) in POOLED.items():
        shares = [share(inside[level][:, step]) for step in range(HORIZON)]
        worst, least = worst_family(inside[level], families)
        single, lowest = min((worst_family(inside[level][:, s], families) for s in range(HORIZON)), key=lambda f: f[1])
        good = low <= min(shares) and max(shares) <= high
        text += (
            f"- {level} %: covered {min(shares):.3f} to {max(shares):.3f} over the steps, {share(inside[level]):.3f} "
            f"in all (limits {low:g} to {high:g}, {kept(good)}); worst family over all steps {worst} {least:.2f}, at "
            f"a single step {single} {lowest:.2f} (limit {WORST[level]:g}, {kept(least >= WORST[level])} and "
            f"{kept(lowest >= WORST[level])}).\n"
        )
    return text


def family_table(inside, half, families):
    lines = []
    for name in np.unique(families):
        own = families == name
        cells = [f"{share(inside[level][own]):.2f}" for level in POOLED]
        cells += [f"{share(inside[level][own, -1]):.2f}" for level in POOLED]
        lines.append([str(name), *cells, f"{geometric_mean(half[95][own, -1]):.2g}"])
    steps = [f"{level} %, {where}" for where in ("all steps", f"step {HORIZON}") for level in POOLED]
    return table(["family", *steps, f"half-width at 95 %, step {HORIZON}"], lines)


def warnings_given(everything, answers, auto):
    """3. Whether the verdict warns of the forecasts that are off, and of no others."""
    rows = np.flatnonzero(rows_of(everything, CLEAN, NOISY))
    known = rows[~np.isnan(auto.errors[rows, -1])]
    off = auto.errors[known, -1] > FURTHER_OUT
    warned = np.array([answers[row].trust_until < HORIZON for row in known])
    hits, others, alarms = int(warned[off].sum()), int((~off).sum()), int(warned[~off].sum())
    hit, false = hits / max(int(off.sum()), 1), alarms / max(others, 1)
    return (
        "### 3. Warnings\n\n"
        f"Of {len(known)} forecasts {int(off.sum())} are off by more than {FURTHER_OUT:.0%} of the spread at step "
        f"{HORIZON}. Warned: {hits} of these, {hit:.3f} (limit {WARNED:g}, {kept(hit >= WARNED)}), and {alarms} of the "
        f"{others} others, {false:.4f} (limit {FALSE_ALARMS:g}, {kept(false <= FALSE_ALARMS)}).\n"
    )


def pairing_series_against_recurrences(everything, models):
    """4. The pairing model at many couplings, against the linear recurrence that turns out best for them."""
    rows = np.flatnonzero(rows_of(everything, PAIRING))
    ends = np.sum(~np.isnan(exact([everything[row] for row in rows])), axis=1)
    allowed = {
        one.name
        for one in classical_candidates()
        if isinstance(one.method, LinearRecurrence) and one.method.window <= 5 and not one.method.ridge
    }
    medians = {one.name: float(np.median(one.errors[rows, ends - 1])) for one in models if one.name in {AUTO, *allowed}}
    auto = medians.pop(AUTO)
    best = min(medians, key=medians.get)
    short, absent = int(np.count_nonzero(ends < HORIZON)), len(COUPLINGS) - len(rows)
    return (
        f"### 4. {len(COUPLINGS)} pairing series\n\n"
        f"Against the particles, g from {COUPLINGS[0]:g} to {COUPLINGS[-1]:g}. Left out, for their branch ends "
        f"before 36 particles: {absent}; counted at the last step, for it ends before 40: {short}. Median error at "
        f"step {HORIZON}: {auto:.3g} for `auto`, {medians[best]:.3g} for {best}, the best linear recurrence of 15 "
        f"(ratio {auto / medians[best]:.3g}).\n"
    )


def lecture(everything, answers, models, points):
    """5. The lecture's series."""
    row = next(place for place, one in enumerate(everything) if one.group == LECTURE)
    size = spread(everything[row : row + 1])[0]
    errors = {one.name: float(np.sum((one.errors[row] * size) ** 2) / (points + HORIZON)) for one in models}
    inside = int(np.sum(models[0].errors[row] <= answers[row].bounds[95]))
    best = min((one for one in models if one.kind == "candidate"), key=lambda one: errors[one.name])
    shown = [one for one in models if one.kind != "candidate" and one.asked[row]]
    lines = [[one.name, f"{errors[one.name]:.3g}"] for one in [shown[0], best, *shown[1:]]]
    return (
        f"### 5. `{LECTURE}`\n\n"
        f"{points} points known. Squared error over all {points + HORIZON}, the known ones counting as exact: "
        f"{errors[AUTO]:.3g} (limit {MSE:g}, {kept(errors[AUTO] <= MSE)}); {inside} of {HORIZON} points lie within "
        f"the 95 % bounds.\n\n" + table(["model", "MSE"], lines)
    )


def towards_the_branch_point(everything, answers):
    """6. The pairing model against its coupling, up to where the branch is about to end."""
    row = next(place for place, one in enumerate(everything) if one.group == COUPLING)
    one, told = everything[row], answers[row]
    half, mean = told.bounds[95] * spread([one])[0], told.mean[0]
    steps = range(len(one.exact))
    lines = [
        [str(s + 1), f"{mean[s]:.6g}", f"{half[s]:.2g}", f"{one.exact[s]:.6g}", f"{abs(mean[s] - one.exact[s]):.2g}"]
        for s in steps
    ]
    inside = all(abs(mean[s] - one.exact[s]) <= half[s] for s in steps)
    seen = "singularity" in told.reasons
    return (
        f"### 6. Towards the branch point\n\n"
        f"{one.family} against g, known to 0.6, continued to 0.8. A singular point is a reason of the verdict: "
        f"{'yes' if seen else '**no**'} ({', '.join(told.reasons)}; trusted for {told.trust_until} steps of "
        f"{len(one.exact)}). The truth lies within the 95 % bounds at every step: {'yes' if inside else '**no**'}.\n\n"
        + table(["step", "forecast", "± 95 %", "truth", "error"], lines)
    )
