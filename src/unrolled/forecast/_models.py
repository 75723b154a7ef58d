"""The models that have names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from unrolled.errors import InputError, nearest_name
from unrolled.forecast._classical import ClassicalForecaster
from unrolled.forecast._classical_models import CLASSICAL, CLASSICAL_SETTINGS, classical_model
from unrolled.forecast._forecaster import Forecaster
from unrolled.forecast._named_estimators import ESTIMATORS, NamedEstimator, named_estimator
from unrolled.learn import GradientDescent, LeastSquares, Optimizer
from unrolled.networks import NetworkDesign

__all__ = ["describe_models", "model", "models", "settings"]


@dataclass(frozen=True)
class _Named:
    """One entry of the table."""

    about: str
    make: Callable[[], Forecaster]


# Three quarters of a million weights: in float64 they no longer fit the cache, and training takes four times as long.
_LARGE = "float32"


def _lecture(layers: str, precision: str = "float64") -> Callable[[], Forecaster]:
    """150 epochs of Adam on raw values in batches of 32, the last 5 % of the windows kept for validation."""
    learner = GradientDescent(epochs=150, validation=0.05)
    return lambda: Forecaster(NetworkDesign.parse(layers), learner, precision=precision)


def _noisy_sine() -> Forecaster:
    learner = GradientDescent(Optimizer("rmsprop"), epochs=100, batch_size=16)
    design = NetworkDesign.parse("elman:32:relu, dense:8:relu")
    return Forecaster(design, learner, window=4, lags_as="features", pad=True)


def _feed_forward() -> Forecaster:
    return replace(_lecture("dense:200:tanh")(), lags_as="features")


def _remainder() -> Forecaster:
    return Forecaster(
        NetworkDesign.parse("elman:32:tanh"),
        GradientDescent(epochs=300),
        window=3,
        members=8,
        base="recurrence:3",
        sees="differences",
    )


def _autoregression() -> Forecaster:
    return Forecaster(NetworkDesign(), LeastSquares(), lags_as="features", members=1)


_TABLE = {
    "rnn": _Named("Elman network, 200 tanh units", _lecture("elman:200:tanh")),
    "rnn-2layer": _Named(
        "two Elman layers of 500 sigmoid units", _lecture("elman:500:sigmoid, elman:500:sigmoid", _LARGE)
    ),
    "lstm-2layer": _Named("two LSTM layers of 250 units", _lecture("lstm:250, lstm:250", _LARGE)),
    "dense-gru-2layer": _Named(
        "two dense layers of 125 ReLU units, then two GRU layers of 250",
        _lecture("dense:125:relu, dense:125:relu, gru:250, gru:250", _LARGE),
    ),
    "noisy-sine": _Named(
        "Elman network of 32 ReLU units and a dense layer of 8; the lags are features of one step", _noisy_sine
    ),
    "feed-forward": _Named("dense network of 200 tanh units that sees the window at once", _feed_forward),
    "rnn-remainder": _Named(
        "Elman network of 32 tanh units that learns what a linear recurrence of window 3 leaves", _remainder
    ),
    "autoregression": _Named("linear recurrence on the window, solved by least squares", _autoregression),
}

# Classical models stand in the same table; their settings are their own.
_ABOUT = {name: entry.about for table in (_TABLE, CLASSICAL, ESTIMATORS) for name, entry in table.items()}

_NETWORK = ("network", "units", "layers", "activation", "output", "start", "dropout")
_OPTIMIZER = {"optimizer": "name", "learning_rate": "learning_rate", "momentum": "momentum", "nesterov": "nesterov"}
# What is for long sequences, for outputs that are fed back, or a function: given to a learner of one's own.
_ELSEWHERE = ("optimizer", "truncate", "forcing", "error_term")
_LEARNER = tuple(f.name for f in fields(GradientDescent) if f.name not in _ELSEWHERE)
_OWN = tuple(setting for entry in ESTIMATORS.values() for setting in entry.settings)
_FORECASTER = tuple(f.name for f in fields(Forecaster) if f.name not in ("design", "learner", "name"))
# What is for other models than networks that are trained.
_FOREIGN = frozenset((*CLASSICAL_SETTINGS, *_OWN)) - {*_NETWORK, *_FORECASTER}


def models() -> tuple[str, ...]:
    """The names that :func:`model` knows."""
    return tuple(_ABOUT)


def describe_models() -> dict[str, str]:
    """What each named model is, in words."""
    return dict(_ABOUT)


def settings() -> tuple[str, ...]:
    """The settings that :func:`model` takes."""
    everything = (*_NETWORK, *_OPTIMIZER, *_LEARNER, *_FORECASTER, *CLASSICAL_SETTINGS, *_OWN)
    return tuple(dict.fromkeys(everything))


def says_nothing(name: str) -> frozenset[str]:
    """The settings that say nothing to that model, and that :func:`model` therefore refuses.

    Examples
    --------
    >>> from unrolled.forecast import says_nothing
    >>> "epochs" in says_nothing("autoregression"), "epochs" in says_nothing("rnn")
    (True, False)
    """
    if name not in models():
        raise nearest_name("model", name, _ABOUT)
    if name in CLASSICAL:
        return frozenset(settings()) - {"seed", *CLASSICAL[name].settings}
    if name in ESTIMATORS:
        return frozenset(settings()) - set(ESTIMATORS[name].settings)
    made = _TABLE[name].make()
    solved = isinstance(made.learner, LeastSquares)
    hidden = () if made.design.layers else ("units", "layers", "activation")
    return frozenset((*hidden, *_FOREIGN, *(_LEARNER if solved else ()), *(_OPTIMIZER if solved else ())))


def model(name: str = "rnn", **changed: Any) -> Forecaster | ClassicalForecaster | NamedEstimator:
    """A model by name, with some settings changed.

    Parameters
    ----------
    name
        ``rnn``, ``rnn-2layer``, ``lstm-2layer``, ``dense-gru-2layer`` (the lecture's four networks), ``noisy-sine``
        (its fifth), ``feed-forward``, ``rnn-remainder`` (which learns what a classical recurrence leaves),
        ``autoregression``, ``linear-autoregression``, ``analog``, ``echo-state``, ``next-generation-reservoir``,
        ``structural``, ``linear-dynamical-system``, ``hidden-markov``, or a classical model: ``persistence``,
        ``drift``, ``polynomial``, ``trend``, ``recurrence``, ``low-rank-recurrence``, ``holonomic-recurrence``,
        ``bayesian-recurrence``, ``rational``, ``gaussian-process``.
    changed
        ``network="dense:64:relu, gru:50"`` (the hidden layers), or ``units``, ``layers``, ``activation`` of those
        that the model has, ``output``, ``start`` (a number, or ``"learned"``: how states begin), ``dropout``;
        ``optimizer``, ``learning_rate``, ``momentum``, ``nesterov``; everything of
        :class:`~unrolled.learn.GradientDescent` (``loss``, ``epochs``, ``batch_size``, ``shuffle``, ``stateful``,
        ``validation`` (0 where y is learned from x), ``clip_norm``, ``clip_value``, ``patience``, ``improvement``,
        ``norm_keeping``); everything of
        :class:`Forecaster` (``window``, ``lags_as``, ``target``, ``scale``, ``pad``, ``members``, ``seed``,
        ``precision``, ``base``, ``sees``). For classical models ``window``, ``difference``, ``ridge``, ``degree``,
        ``alone``, ``rank``, ``tolerance``, as far as they have them, and ``seed``. For the models with a reservoir
        everything of :class:`EchoState` and of :class:`NextGenerationReservoir`, for the others everything of
        :class:`LinearAutoregression`, :class:`AnalogForecaster`, :class:`Structural`,
        :class:`LinearDynamicalSystem` and :class:`HiddenMarkovForecaster`. Lags are shown as features to a network
        without recurrent layers, unless ``lags_as`` is given.

    Raises
    ------
    InputError
        An unknown model or setting (the message offers the nearest), or a setting that says nothing to this model.

    Examples
    --------
    >>> import unrolled
    >>> unrolled.model("rnn", units=50, window=3).summary().parameters
    2651
    """
    if name not in models():
        raise nearest_name("model", name, _ABOUT)
    for setting in changed:
        if setting not in settings():
            raise nearest_name("setting", setting, settings())
    if name in CLASSICAL:
        return classical_model(name, changed)
    if name in ESTIMATORS:
        return named_estimator(name, changed)
    for setting in changed:
        if setting in _FOREIGN:
            raise InputError(f"{setting} says nothing to {name}, which is a network; leave it out.")
    made = replace(_TABLE[name].make(), name=name, **{k: v for k, v in changed.items() if k in _FORECASTER})
    made = replace(made, design=_design(made.design, changed))
    if made.blind and "lags_as" not in changed:  # a dense network would see the last of its lags alone
        made = replace(made, lags_as="features")
    made = replace(made, learner=_learner(made, changed))
    # Least squares without hidden layers have one solution: every member would be the same.
    alone = isinstance(made.learner, LeastSquares) and not made.design.layers
    return replace(made, members=1) if alone else made


def _design(design: NetworkDesign, changed: dict[str, Any]) -> NetworkDesign:
    whole = {setting: changed[setting] for setting in ("output", "start", "dropout") if setting in changed}
    hidden = {setting: changed.get(setting) for setting in ("units", "layers", "activation")}
    if "network" in changed:
        if hidden != dict.fromkeys(hidden):
            raise InputError("network says the hidden layers in full; leave units, layers and activation out.")
        return replace(NetworkDesign.parse(changed["network"], design.output), **whole)
    return replace(design.with_hidden(**hidden), **whole)


def _learner(made: Forecaster, changed: dict[str, Any]) -> GradientDescent | LeastSquares:
    learning = {k: v for k, v in changed.items() if k in _LEARNER}
    optimizer = {_OPTIMIZER[k]: v for k, v in changed.items() if k in _OPTIMIZER}
    if isinstance(made.learner, LeastSquares):
        if learning or optimizer:
            odd = ", ".join(k for k in changed if k in _LEARNER or k in _OPTIMIZER)
            raise InputError(f"{made.name} is solved in one step, so {odd} says nothing to it; leave it out.")
        return made.learner
    if learning.get("stateful") and "shuffle" not in learning:
        learning["shuffle"] = False
    if made.target == "x-to-y":  # the last point would be kept from a curve that is to go on from it
        learning.setdefault("validation", 0.0)
    chosen = made.learner.optimizer
    if optimizer.get("name", chosen.name) != chosen.name:
        chosen = Optimizer(optimizer["name"])
    if chosen.name != "sgd" and optimizer.keys() & {"momentum", "nesterov"}:
        raise InputError(f"momentum and nesterov belong to sgd; the optimizer is {chosen.name}.")
    return replace(made.learner, optimizer=replace(chosen, **optimizer), **learning)
