"""The series of `continuation.py`, and what every model says of them."""

import os
import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import numpy as np

from calibrate import HORIZON as MEASURED
from calibrate import SEED, series
from main_job import ProgramError, measured
from unrolled import InputError, TrainingError, dataset, make_series, model
from unrolled.choose import classical_candidates, extend_all, find_laws, judge
from unrolled.choose._intervals import half_widths, least_widths
from unrolled.choose._verdict import verdict
from unrolled.series import pairing_energy, pairing_series
from unrolled.truth import truths, with_noise

HORIZON = 8
FLOOR = 1e-10
CLEAN, NOISY, LEVEL = "clean", "noisy", 1e-3
LOUD = f"noise {LEVEL:g}"
SETS = (CLEAN, NOISY, LOUD)
LECTURE, PAIRING, COUPLING = "pairing-particles", "pairing model, particles", "pairing model, coupling"
COUPLINGS = np.linspace(0.1, 0.75, 20)
LAST_KNOWN, STEP, BEYOND = 0.6, 0.05, 4
PEERS = ("lstm", "autoarima", "gp", "autoets", "bayesian-ridge", "aaa-1e-4", "aaa-1e-8", "aaa-1e-12")
AUTO = "auto"


@dataclass(frozen=True, eq=False)
class Case:
    """One series to continue: what is known, noise included, and the exact values of the steps to come."""

    group: str
    family: str
    known: np.ndarray
    exact: np.ndarray


@dataclass(frozen=True, eq=False)
class Answer:
    """What the automatic choice and its candidates say of a case. Errors and widths are in units of the spread."""

    mean: np.ndarray  # (1 + candidate, HORIZON), the choice first; NaN where there is no answer
    past: np.ndarray  # (1 + candidate,), the typical error of the forecasts inside the known part
    seconds: np.ndarray  # (1 + candidate,)
    ratios: np.ndarray  # (MEASURED,), error over scale
    scale: np.ndarray  # (HORIZON,)
    floor: dict  # level: (HORIZON,), the least width: a singular point ahead, the errors of a rough past
    bounds: dict  # level: (HORIZON,), as the package gives them
    trust_until: int
    reasons: tuple


@dataclass(frozen=True, eq=False)
class Model:
    """Errors of one model on all cases, in units of the spread; NaN where it was not asked or no truth is known."""

    name: str
    kind: str
    errors: np.ndarray  # (case, HORIZON)
    asked: np.ndarray  # (case,)
    silent: np.ndarray  # (case,), asked and no finite answer: the error is that of persistence
    past: np.ndarray  # (case,), NaN where it is not known
    seconds: np.ndarray  # (case,)


def cases(points, frozen, names):
    """The lecture's series, which every stride meets, then the three sets, then the pairing model once more."""
    published = dataset(LECTURE).values[:, 0]
    found = [Case(LECTURE, LECTURE, published[:points].copy(), published[points : points + HORIZON])]
    for family, level, exact, noisy in series(frozen):
        found.append(case(NOISY if level else CLEAN, family, exact, noisy, points))
    for truth in truths(frozen=frozen):
        loud = with_noise(truth, LEVEL, SEED).series.values[:, 0]
        found.append(case(LOUD, truth.family, truth.series.values[:, 0], loud, points))
    order = {group: place for place, group in enumerate((LECTURE, *SETS))}
    found.sort(key=lambda one: order[one.group])
    kept = [one for one in found if one.group == LECTURE or not names or one.family in names]
    return kept + pairing(points)


def case(group, family, exact, noisy, points):
    # As far as the calibration looks, for its ratios.
    return Case(group, family, noisy[:points].copy(), exact[points : points + MEASURED])


def pairing(points):
    """The pairing model against the particles, where at least 18 points exist, and against the coupling."""
    found = []
    for g in COUPLINGS:
        energies = along_particles(float(g))
        if len(energies) >= 18:
            found.append(case(PAIRING, f"g = {g:.4g}", energies, energies, points))
    g = np.round(LAST_KNOWN + STEP * np.arange(1 - points, BEYOND + 1), 10)
    energies = pairing_series(20, g.tolist()).values[:, 0]
    return [*found, case(COUPLING, "20 particles", energies, energies, points)]


def along_particles(g):
    """Energies of 2, 4, ..., 40 particles, or as far as the branch goes."""
    energies = []
    for particles in range(2, 41, 2):
        try:
            energies.append(pairing_energy(particles, g))
        except InputError:
            break
    return np.array(energies)


def padded(values, length):
    full = np.full((*values.shape[:-1], length), np.nan)
    full[..., : values.shape[-1]] = values[..., :length]
    return full


def answer(one):
    """Judge a case: everything that the tables need of the automatic choice and its candidates."""
    candidates, known, horizon = classical_candidates(), one.known, min(HORIZON, len(one.exact))
    began = perf_counter()
    judged = judge(known, candidates)
    made = judged.extend(known, horizon)
    seconds = [perf_counter() - began]
    for candidate in candidates:
        began = perf_counter()
        extend_all(find_laws(known, [candidate]), known, horizon)
        seconds.append(perf_counter() - began)
    far = judged.extend(known, len(one.exact))
    told = verdict(make_series(known), [judged], [made])
    return Answer(
        padded(np.vstack([made.mean, made.candidates]), HORIZON),
        past_errors(judged),
        np.array(seconds),
        padded(np.abs(far.mean - one.exact) / far.scale, MEASURED),
        padded(made.scale / made.spread, HORIZON),
        {level: padded(least_widths(judged, made, level) / made.spread, HORIZON) for level in (68, 95)},
        {level: padded(half_widths(judged, made, level).values / made.spread, HORIZON) for level in (68, 95)},
        told.trust_until,
        tuple(reason.kind for reason in told.reasons),
    )


def past_errors(judged):
    """The geometric mean of the errors from every origin at every known value after it: the choice, the candidates."""
    origins = judged.origins
    beyond = np.append(judged.values, np.full(origins.ahead, np.nan))
    targets = np.array(origins.starts)[:, None] + np.arange(origins.ahead)
    candidates = np.abs(judged.continuations.predicted - beyond[targets])
    errors = np.concatenate([judged.past_errors[None], candidates]) / judged.spread
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # who has too few values for any origin has no mean
        return np.exp(np.nanmean(np.log(np.maximum(errors, FLOOR)), axis=(1, 2)))


def network(task):
    """What a network says of a case, and its seconds; NaN where no member stays finite."""
    one, name, changed = task
    began = perf_counter()
    try:
        mean = model(name, **changed).fit(one.known).predict(HORIZON).mean[:, 0]
    except TrainingError:
        mean = np.full(HORIZON, np.nan)
    return mean, perf_counter() - began


def spread(everything):
    return np.array([np.std(one.known) for one in everything])


def exact(everything):
    return np.array([padded(one.exact, HORIZON) for one in everything])


def scored(everything, name, kind, mean, asked, *, seconds, past=None):
    """Errors of the answers; where an answer is missing, those of persistence."""
    truth, last = exact(everything), np.array([one.known[-1] for one in everything])
    missing = ~np.isfinite(mean)
    errors = np.abs(np.where(missing, last[:, None], mean) - truth) / spread(everything)[:, None]
    errors = np.where(asked[:, None], errors, np.nan)
    past = np.full(len(everything), np.nan) if past is None else past
    silent = asked & (missing & np.isfinite(truth)).any(axis=1)
    return Model(name, kind, errors, asked, silent, past, np.where(asked, seconds, np.nan))


def own_models(everything, answers):
    """The automatic choice and every candidate."""
    names = [AUTO, *(candidate.name for candidate in classical_candidates())]
    asked = np.ones(len(everything), bool)
    mean, past, seconds = (np.array([getattr(a, field) for a in answers]) for field in ("mean", "past", "seconds"))
    found = []
    for row, name in enumerate(names):
        kind = "candidate" if row else AUTO
        told = {"seconds": seconds[:, row], "past": past[:, row]}
        found.append(scored(everything, name, kind, mean[:, row], asked, **told))
    return found


def network_models(everything, settings, stride, pool):
    """The networks of the package on every stride-th case."""
    asked, found = np.arange(len(everything)) % stride == 0, []
    chosen = [one for one, wanted in zip(everything, asked, strict=True) if wanted]
    for label, name, changed in settings:
        results = list(pool.map(network, [(one, name, changed) for one in chosen], chunksize=8))
        mean, seconds = np.full((len(everything), HORIZON), np.nan), np.full(len(everything), np.nan)
        mean[asked] = [result[0] for result in results]
        seconds[asked] = [result[1] for result in results]
        found.append(scored(everything, label, "network", mean, asked, seconds=seconds))
    return found


def peer_models(everything, python, stride, jobs):
    """The peers, each one process for all cases, and a line for each that could not run."""
    found, broken = [], []
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as threads:
        source = Path(folder) / "known.npz"
        np.savez(source, known=np.array([one.known for one in everything]), horizon=HORIZON)
        tasks = [threads.submit(peer, name, python, source, stride if name == "lstm" else 1) for name in PEERS]
        for name, task in zip(PEERS, tasks, strict=True):
            try:
                told = task.result()
            except ProgramError as error:
                broken.append(f"{name} is left out: {error}")
                continue
            asked = ~told["skipped"]
            seconds = np.full(len(asked), told["seconds"] / asked.sum())
            found.append(scored(everything, name, "peer", told["mean"], asked, seconds=seconds))
    return found, broken


def peer(name, python, source, stride):
    script, target = Path(__file__).with_name("continuation_peers.py"), source.with_name(f"{name}.npz")
    command = [python, str(script), str(source), name, str(target), str(stride)]
    measured(command, cwd=source.parent)  # some write into the folder that they run in
    with np.load(target) as told:
        return dict(told)


def pool(jobs):
    """Processes with one thread each for linear algebra: the problems are too small to share."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
