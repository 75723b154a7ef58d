"""The ways to learn a task, by name: what each is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from unrolled.errors import nearest_name
from unrolled.evaluate._echo_state_way import EchoStateWay
from unrolled.evaluate._online_way import OnlineWay
from unrolled.evaluate._way import Way
from unrolled.learn import FirstOrder, GaussNewton, HessianFree, MomentumSchedule, Optimizer, RateDecay
from unrolled.networks import EchoStateInitialization

__all__ = ["way", "ways"]

_NESTEROV = Optimizer("sgd", 0.002, momentum=MomentumSchedule(0.998), nesterov=True)
# Fast until the answer that is the same for all is left behind, then slower, so that what was cut short comes to rest.
_SLOWER = RateDecay(0.05, updates=20_000, after=10_000)
_WAYS: dict[str, Way] = {
    made.name: made
    for made in (
        OnlineWay("lstm", "lstm:16", FirstOrder(Optimizer("adam", 0.01), batch_size=4, clip_norm=1.0), prepared=True),
        OnlineWay(
            "hessian-free",
            "elman:100",
            HessianFree(GaussNewton(structural=1 / 30)),
            initialization=EchoStateInitialization(input_scale=0.1),
            every=2,
            steps=400,
        ),
        OnlineWay(
            "momentum",
            "elman:100",
            FirstOrder(_NESTEROV, batch_size=100, clip_norm=0.1, decay=_SLOWER),
            initialization=EchoStateInitialization(input_scale=0.1, output_scale=0.01),
            centred=True,
            every=100,
            steps=50_000,
        ),
        EchoStateWay(),
    )
}


def ways() -> tuple[str, ...]:
    """The names that :func:`way` knows."""
    return tuple(_WAYS)


def way(name: str, /, **settings: Any) -> Way:
    """A way to learn by name, with other settings if wanted.

    Settings are the attributes of what comes back, ``name`` among them, and ``units``, the number of hidden units.

    Examples
    --------
    >>> from unrolled.evaluate import way
    >>> way("lstm", network="lstm:8").network
    'lstm:8'

    Raises
    ------
    InputError
        An unknown name or setting.
    """
    if name not in ways():
        raise nearest_name("method", name, _WAYS)
    made = _WAYS[name]
    if "units" in settings:
        settings = dict(settings)
        made = made.resized(settings.pop("units"))
    known = vars(made)
    for setting in settings:
        if setting not in known:
            raise nearest_name(f"setting of {name}", setting, known)
    return replace(made, **settings)  # pyright: ignore[reportArgumentType]
