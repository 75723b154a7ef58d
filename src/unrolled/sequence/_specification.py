"""What is given to a network and what is asked of it: one description for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.networks import NetworkDesign, layer_names
from unrolled.sequence._checks import as_numbers
from unrolled.sequence._units import Units
from unrolled.types import Batch

__all__ = ["Specification"]

_MOST_STEPS = 1_000_000_000


@dataclass(frozen=True)
class Specification:
    """How inputs and targets of a recurrent network are specified, beside x_t and y_t.

    Attributes
    ----------
    given
        Units whose initial states come with the data, in ``Batch.states``: ``"elman_1"`` (all units),
        ``"elman_1[0:3]"`` (some), ``"lstm_1.s"`` (memories). One text, or several.
    clamped
        Units whose activities come with the data at every step, in ``Batch.clamps``, and are held there. Behind an
        encoder the steps are those that have targets.
    targets
        ``"outputs"``: targets are what the readout should say. ``"units"`` or ``"units[2:5]"``: they are activities of
        the last hidden layer, and there is no readout.
    steps
        Which steps have targets: ``"all"``, ``"final"``, the last so many, or ``None``: as many as the data have. These
        are what a trained model predicts unless told otherwise (the final one, for ``None``).

    Examples
    --------
    >>> from unrolled.networks import NetworkDesign
    >>> from unrolled.sequence import Specification
    >>> specification = Specification(given="elman_1", clamped="elman_1[0]", targets="units[1:4]", steps=5)
    >>> print(specification.describe(NetworkDesign.parse("elman:4"), features=0))
    inputs: initial elman_1.h[0, 1, 2, 3]; elman_1.h[0] held at every step
    targets: units 1, 2, 3 of elman_1 at the last 5 steps
    """

    given: str | tuple[str, ...] = ()
    clamped: str | tuple[str, ...] = ()
    targets: str = "outputs"
    steps: int | str | None = None

    def __post_init__(self) -> None:
        for name in ("given", "clamped"):
            if isinstance(getattr(self, name), list):  # as a tuple it can be compared and hashed
                object.__setattr__(self, name, tuple(getattr(self, name)))

    def design(self, design: NetworkDesign) -> NetworkDesign:
        """The design, with the units that are looked at in place of a readout."""
        self.check(design)
        observed = self._observed(design)
        return design if observed is None else replace(design, observed=observed.chosen)

    def check(self, design: NetworkDesign) -> None:
        """Raise an :class:`InputError` that names the setting, if it does not fit the network."""
        if self.steps not in ("all", "final", None):
            require_whole("steps", self.steps, 1, _MOST_STEPS)
        held, observed = self._clamped(design), self._observed(design)
        if observed is not None and design.observed not in (None, observed.chosen):
            raise InputError(
                f"targets names units {observed.chosen}, and the design observes {design.observed}: say it once."
            )
        self._given(design)
        for units in held:
            if units.part != "h":
                raise InputError(f"clamped holds activities, not memories; came {units}.")
            both = set(units.chosen) & set(observed.chosen) if observed and observed.layer == units.layer else set()
            if both:
                raise InputError(
                    f"unit {min(both)} of {units.layer} is an input (clamped) and a target; leave one of both out."
                )

    def prepare(self, design: NetworkDesign, batch: Batch) -> Batch:
        """The batch with states and clamps for all units, NaN where nothing is given.

        Raises
        ------
        InputError
            What was promised is missing, has another shape, or was not promised.
        """
        sizes, starting = _sizes(design), _sizes(design, starting=True)
        given = self._given(design) or _all_of(batch.states, starting, "states")
        held = self._clamped(design) or _all_of(batch.clamps, sizes, "clamps")
        states = _spread("states", batch.states, given, starting, (len(batch),))
        # Behind an encoder the steps are those of the layers that follow.
        time = batch.targets.shape[1] if design.encoder else batch.inputs.shape[1]
        clamps = _spread("clamps", batch.clamps, held, sizes, (len(batch), time))
        named = {name.removesuffix(".h"): values for name, values in (clamps or {}).items()}
        return replace(batch, states=states, clamps=named or None)

    def describe(self, design: NetworkDesign, features: int) -> str:
        """The specification in two lines of words."""
        inputs = [f"x_t ({features} features)"] if features else []
        inputs += [f"initial {units}" for units in self._given(design)]
        inputs += [f"{units} held at every step" for units in self._clamped(design)]
        observed = self._observed(design)
        what = "outputs y_t"
        if observed is not None:
            what = f"units {', '.join(map(str, observed.chosen))} of {observed.layer}"
        when = {"all": "every step", "final": "the last step", None: "the steps that have targets"}
        steps = when.get(self.steps, f"the last {self.steps} steps")
        return f"inputs: {'; '.join(inputs) or 'none'}\ntargets: {what} at {steps}"

    def _given(self, design: NetworkDesign) -> list[Units]:
        return _each_once("given", [Units.parse(t, _sizes(design, starting=True), "given") for t in _texts(self.given)])

    def _clamped(self, design: NetworkDesign) -> list[Units]:
        return _each_once("clamped", [Units.parse(t, _sizes(design), "clamped") for t in _texts(self.clamped)])

    def _observed(self, design: NetworkDesign) -> Units | None:
        if self.targets == "outputs":
            return None
        name, width = _last_layer(design)
        text = str(self.targets).strip()
        if not text.startswith("units"):
            raise InputError(
                f"targets must be 'outputs', 'units' or some units, as in 'units[0, 3:6]'; came {self.targets!r}."
            )
        return Units.parse(name + text.removeprefix("units"), {name: width}, "targets")

    @property
    def last(self) -> int:
        """For how many steps at the end a prediction is asked, unless told otherwise; 0: for all."""
        return {"all": 0, "final": 1, None: 1}.get(self.steps, self.steps)  # pyright: ignore[reportReturnType]

    def check_steps(self, batch: Batch) -> None:
        """Raise an :class:`InputError` if a batch has targets for other steps than were promised."""
        time, last = batch.inputs.shape[1], batch.targets.shape[1]
        wanted = {"all": time, "final": 1, None: last}.get(self.steps, self.steps)
        if last != wanted:
            raise InputError(f"targets for {wanted} steps were promised (steps={self.steps!r}); came {last}.")


def _texts(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _each_once(argument: str, units: list[Units]) -> list[Units]:
    names = [one.name for one in units]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"{argument} names {twice[0]} twice; write its units in one, as in 'elman_1[0, 3]'.")
    return units


def _sizes(design: NetworkDesign, *, starting: bool = False) -> dict[str, int]:
    """The layers whose states can be given (those that start, of an encoder its own) or held, and their sizes."""
    encoding = starting and bool(design.encoder)
    row = design.encoder if encoding else design.layers
    names = [("encoder_" if encoding else "") + name for name in layer_names([layer.kind for layer in row])]
    plain = zip(names, row, strict=True)
    return {name: la.units for name, la in plain if la.recurrent and not la.bidirectional}


def _last_layer(design: NetworkDesign) -> tuple[str, int]:
    if not design.layers:
        raise InputError("targets='units' needs a hidden layer; this network has none.")
    return layer_names([layer.kind for layer in design.layers])[-1], design.layers[-1].width


def _all_of(given: Mapping[str, Any] | None, sizes: Mapping[str, int], name: str) -> list[Units]:
    """What the data bring without being asked: all units of the layers they name."""
    return [Units.parse(text, sizes, name) for text in given or {}]


def _spread(
    name: str, given: Mapping[str, Any] | None, units: list[Units], sizes: Mapping[str, int], axes: tuple[int, ...]
) -> dict[str, Any] | None:
    """Arrays for all units from arrays for some."""
    brought = {text if "." in text else f"{text}.h": values for text, values in (given or {}).items()}
    wanted = {one.name: one for one in units}
    if brought.keys() != wanted.keys():
        odd = ", ".join(sorted(brought.keys() ^ wanted.keys()))
        raise InputError(f"{name} must hold {', '.join(wanted) or 'nothing'}; missing or unexpected are {odd}.")
    spread = {}
    for key, one in wanted.items():
        values = np.asarray(as_numbers(f"{name}[{key!r}]", brought[key]), np.float64)
        if values.shape != (*axes, len(one.chosen)):
            raise InputError(f"{name}[{key!r}] must have shape {(*axes, len(one.chosen))}; came {values.shape}.")
        whole = np.full((*axes, sizes[one.layer]), np.nan)
        whole[..., list(one.chosen)] = values
        spread[key] = whole
    return spread or None
