"""What is minimized, as curvature sees it: outputs of the parameters, and a loss that is convex in the outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.errors import InputError
from unrolled.learn._losses import loss
from unrolled.learn._response import error_of, real_steps, respond, starting_states
from unrolled.networks import Network, activation, inner
from unrolled.types import AnyArray, Batch

__all__ = ["NetworkObjective", "Objective"]

# What each loss is convex in: the outputs, or what stands before the output function.
_CONVEX_IN = {"squared": "outputs", "huber": "outputs", "cross-entropy": "raw"}


@dataclass(frozen=True)
class Objective:
    """A function to be minimized, ``f(theta) = loss(outputs(theta, batch), batch)``.

    The Gauss-Newton matrix, ``J^T H J`` with J the derivative of the outputs and H the Hessian of the loss with respect
    to them, needs the two apart, and a loss that is convex in the outputs.

    Attributes
    ----------
    loss
        ``loss(outputs, batch)``: one number, the mean over the batch; without outputs, ``loss(parameters, batch)``.
    outputs
        ``outputs(parameters, batch)``: any pytree of arrays; ``None`` if the function is not taken apart, and its own
        Hessian is the curvature.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.learn import Objective
    >>> line = Objective(lambda y, x: jnp.mean((y - 3 * x) ** 2), lambda theta, x: theta * x)
    >>> float(line.value(jnp.array(3.0), jnp.array([1.0, 2.0])))
    0.0
    """

    loss: Callable[[Any, Any], Any]
    outputs: Callable[[Any, Any], Any] | None = None

    def __post_init__(self) -> None:
        if not callable(self.loss):
            raise InputError(f"loss must be a function of outputs (or parameters) and a batch; came {self.loss!r}.")
        if self.outputs is not None and not callable(self.outputs):
            raise InputError(f"outputs must be a function of parameters and a batch, or None; came {self.outputs!r}.")

    def value(self, parameters: Any, batch: Any) -> Float[Array, ""]:
        """f(theta) on a batch."""
        return self.loss(parameters if self.outputs is None else self.outputs(parameters, batch), batch)

    def whole(self, parameters: Any, batch: Any) -> Float[Array, ""]:
        """f(theta), differentiable to any order."""
        return self.value(parameters, batch)

    def inner(self, parameters: Any, batch: Any) -> tuple[Any, Any, Any]:
        """The outputs, the pre-activations of hidden units and their slopes; a plain function has no hidden units."""
        self.require_parts()
        assert self.outputs is not None
        return self.outputs(parameters, batch), (), ()

    def require_parts(self) -> None:
        """Raise an :class:`InputError` unless outputs and loss are apart, as a Gauss-Newton matrix needs them."""
        if self.outputs is None:
            raise InputError(
                "a Gauss-Newton matrix needs outputs and a loss of the outputs: give Objective(loss, outputs), or take "
                "the curvature Hessian()."
            )


@dataclass(frozen=True)
class NetworkObjective:
    """The mean loss of a network on a batch, each target with its weight.

    Attributes
    ----------
    name
        The name of a loss.
    output
        The name of the network's output function.
    """

    name: str = "squared"
    output: str = "linear"

    def __post_init__(self) -> None:
        loss(self.name).check(self.output)

    def value(self, network: Network, batch: Batch) -> Float[Array, ""]:
        """The mean loss; its derivative is taken by the sweep backwards through time."""
        raw, _ = respond(network, batch)
        return self.mean(raw, batch)

    def mean(self, raw: Float[AnyArray, "batch last output"], batch: Batch) -> Float[Array, ""]:
        """The mean loss, from what stands before the output function."""
        return self._mean(raw, self.output, batch)

    def outputs(self, network: Network, batch: Batch) -> Float[AnyArray, "batch last output"]:
        """What the loss is convex in, for products with Jacobians."""
        return self._shown(respond(network, batch, rule="both")[0])

    def whole(self, network: Network, batch: Batch) -> Float[Array, ""]:
        """The mean loss, differentiable to any order."""
        return self.mean(respond(network, batch, rule="automatic")[0], batch)

    def loss(self, outputs: Any, batch: Batch) -> Float[Array, ""]:
        """The mean loss, from :meth:`outputs`."""
        return self._mean(outputs, self.output if self._before_output else "linear", batch)

    def inner(self, network: Network, batch: Batch) -> tuple[Any, Any, Any]:
        """The outputs, and by layer the pre-activations a_t and the slopes f'(a_t), ``(batch, time, row)``."""
        given = {"last": batch.targets.shape[1], "real": real_steps(batch), "clamps": batch.clamps}
        found = inner(network, batch.inputs, starting_states(network, batch), **given)
        return self._shown(found.raw), found.a, found.slopes

    def require_convex(self) -> None:
        """Raise an :class:`InputError` unless the loss is convex in the outputs and curved."""
        if self.name not in _CONVEX_IN:
            raise InputError(
                f"the loss {self.name} is not convex and curved in the outputs of the network, so it has no "
                f"Gauss-Newton matrix; take {', '.join(_CONVEX_IN)}."
            )

    @property
    def _before_output(self) -> bool:
        return _CONVEX_IN.get(self.name, "raw") == "raw"

    def _shown(self, raw: Any) -> Any:
        return raw if self._before_output else activation(self.output)(raw)

    def _mean(self, raw: Any, output: str, batch: Batch) -> Float[Array, ""]:
        own = batch.weights is not None and batch.weights.ndim == 1
        rows = jnp.asarray(batch.weights, raw.dtype) if own else jnp.ones(len(batch), raw.dtype)
        total, weight = error_of(raw, batch, self.name, output, rows)
        return total / jnp.where(weight > 0, weight, 1)
