"""The readout alone, learned in one step."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from unrolled.compilation import compiled
from unrolled.errors import InputError, TrainingError
from unrolled.learn._equations import Equations
from unrolled.learn._history import Fit
from unrolled.learn._response import real_steps, starting_states
from unrolled.learn._ridge import Ridge, solve_ridge
from unrolled.networks import Network, Readout, map_members
from unrolled.types import AnyArray, Batch, in_precision

__all__ = ["LeastSquares", "solve_readout"]


@dataclass(frozen=True)
class LeastSquares:
    """Learn V and c by least squares, everything before them staying as it is.

    ``V, c = argmin sum_t w_t |V h_t + c - y_t|^2`` with the weights of the sequences w_t, 1 unless told otherwise; by
    singular values: the normal equations would square the condition number. With fewer equations than unknowns the
    shortest solution is taken. On a network without hidden layers this is a linear autoregression.

    Attributes
    ----------
    intercept
        Whether to learn c; otherwise it is zero.
    """

    intercept: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def describe(self) -> dict[str, Any]:
        """The settings as plain data for people."""
        return self.to_dict() | {"kind": "least-squares"}


def solve_readout(networks: Network, learner: LeastSquares | Ridge, batch: Batch) -> Fit:
    """Solve for the readout of every member, by least squares or ridge regression.

    Parameters
    ----------
    networks
        Weights with a leading axis of members; the output function must be linear.
    learner
        The settings.
    batch
        The sequences.

    Returns
    -------
    Fit
        The networks with their readouts replaced.

    Raises
    ------
    InputError
        The output function is not linear, every member has sequences of its own, or a setting of the network says
        nothing here.
    TrainingError
        Hidden activities, targets or the solution are not finite in the precision in use.
    """
    name = "ridge regression" if isinstance(learner, Ridge) else "least squares"
    readout = _solvable(networks, batch, name)
    dtype = readout.V.dtype
    batch = _after_washout(batch, learner)
    root = _roots(batch, name)
    numbers = replace(batch, inputs=in_precision(batch.inputs, dtype), targets=batch.targets[:, :, :0], weights=None)
    hidden = _hidden(networks, numbers)
    targets = in_precision(batch.targets, dtype).reshape(-1, batch.targets.shape[-1])
    flat = (np.asarray(h).reshape(-1, h.shape[-1]) for h in hidden)
    if isinstance(learner, Ridge):
        solved = [_solve_ridge(h, targets, root, learner) for h in flat]
    else:
        solved = [_solve(h, targets, root, learner) for h in flat]
    found = jax.tree.unflatten(jax.tree.structure(readout), [np.stack(parts) for parts in zip(*solved, strict=True)])
    return Fit(replace(jax.tree.map(np.asarray, networks), readout=found), None)


def _solvable(networks: Network, batch: Batch, name: str) -> Readout:
    """The readout, or an :class:`InputError` where none can be solved for or a setting says nothing here."""
    if networks.readout.activation != "linear":
        raise InputError(f"{name} needs a linear output; it is {networks.readout.activation}.")
    if not isinstance(networks.readout, Readout):
        raise InputError(f"{name} learns a readout, and this network has none: its outputs are activities.")
    if networks.dropout:
        raise InputError(f"{name} solves in one step and drops no activities: leave dropout out.")
    if networks.start.states:
        raise InputError(f"{name} learns the readout alone, no initial states: leave start='learned' out.")
    if networks.feedback:
        raise InputError(f"{name} cannot learn a network that sees its own outputs; use gradient descent.")
    if batch.by_member:
        raise InputError(f"{name} solves every member on the same sequences; give one batch for all.")
    return networks.readout


def _after_washout(batch: Batch, learner: LeastSquares | Ridge) -> Batch:
    """The batch with no targets at the leading steps that are left out."""
    washout = learner.washout if isinstance(learner, Ridge) else 0
    if not washout:
        return batch
    time, last = batch.inputs.shape[1], batch.targets.shape[1]
    if washout >= time:
        raise InputError(f"a washout of {washout} steps leaves nothing of {time}; lower it, or give longer sequences.")
    targets = np.array(batch.targets, float)
    targets[:, : max(washout - (time - last), 0)] = np.nan
    return replace(batch, targets=targets)


def _roots(batch: Batch, name: str) -> Float[np.ndarray, " row"] | None:
    """The roots of what every row of equations counts; 0 where a target is missing."""
    missing = np.isnan(batch.targets).any(axis=2)
    if batch.weights is None and not missing.any():
        return None
    weights = np.ones(len(batch)) if batch.weights is None else np.asarray(batch.weights)
    if weights.ndim > 2:
        raise InputError(f"{name} weighs sequences or steps, not units: give weights (batch,) or (batch, last).")
    return np.sqrt(np.where(missing, 0.0, weights.reshape(len(batch), -1))).ravel()


@compiled
def _hidden(networks: Network, batch: Batch) -> Float[AnyArray, "member batch last unit"]:
    def one(network: Network) -> AnyArray:
        given = {"real": real_steps(batch), "clamps": batch.clamps}
        return network.hidden(batch.inputs, starting_states(network, batch), last=batch.targets.shape[1], **given)[0]

    return map_members(one, networks)


def _solve(
    h: Float[np.ndarray, "row unit"],
    targets: Float[np.ndarray, "row output"],
    root: Float[np.ndarray, " row"] | None,
    learner: LeastSquares,
) -> tuple[Float[np.ndarray, "output unit"], Float[np.ndarray, " output"]]:
    columns = np.hstack([h, np.ones((len(h), 1), h.dtype)]) if learner.intercept else h
    columns, targets = _counted(columns, targets, root)
    solution = np.linalg.lstsq(columns, targets, rcond=None)[0].T
    if not np.isfinite(solution).all():
        raise TrainingError(f"least squares found no solution that is finite in {h.dtype}; scale the data.")
    if learner.intercept:
        return np.ascontiguousarray(solution[:, :-1]), solution[:, -1].copy()
    return np.ascontiguousarray(solution), np.zeros(targets.shape[1], h.dtype)


def _solve_ridge(
    h: Float[np.ndarray, "row unit"],
    targets: Float[np.ndarray, "row output"],
    root: Float[np.ndarray, " row"] | None,
    learner: Ridge,
) -> tuple[Float[np.ndarray, "output unit"], Float[np.ndarray, " output"]]:
    if root is not None and not np.isin(root, (0.0, 1.0)).all():
        raise InputError("ridge regression counts every step alike: give weights of 0 and 1, or none.")
    columns, known = _counted(h, targets, root)
    found = solve_ridge(Equations.of(columns, known), learner.strength, intercept=learner.intercept)
    return found.V.astype(h.dtype), found.c.astype(h.dtype)


def _counted(
    columns: Float[np.ndarray, "row column"], targets: Float[np.ndarray, "row output"], root: Any
) -> tuple[Float[np.ndarray, "kept column"], Float[np.ndarray, "kept output"]]:
    """The rows that count, each times the root of its weight; finite."""
    if root is not None:
        rows = root > 0
        lift = root[rows, None].astype(columns.dtype)
        columns, targets = columns[rows] * lift, targets[rows] * lift
    if not (np.isfinite(columns).all() and np.isfinite(targets).all()):
        raise TrainingError(f"the values are not finite in {columns.dtype}; scale the data.")
    return columns, targets
