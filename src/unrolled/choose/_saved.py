"""The automatic choice on disk: its settings and the series; loaded, it is made again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from unrolled._version import __version__
from unrolled.arguments import require_whole
from unrolled.choose._auto import Auto, FittedAuto
from unrolled.choose._candidates import candidates_digest, candidates_for
from unrolled.errors import InputError
from unrolled.forecast import (
    KINDS,
    Fitted,
    describe_series,
    load_kinds,
    require_plain,
    restore_series,
    series_shapes,
)
from unrolled.storage import Shapes, save_model

__all__ = ["load", "save_auto"]

_KIND = "automatic choice"
_MOST_LEVELS = 100


def save_auto(fitted: FittedAuto, folder: str | Path) -> Path:
    """Write a fitted automatic choice to a new or empty folder."""
    model = fitted.model
    description = {
        "kind": _KIND,
        "made_by": f"unrolled {__version__}",
        "model": _described(model),
        "candidates_sha256": candidates_digest(candidates_for(fitted.learned)),
        "learned": fitted.learned,
        "series": describe_series(fitted.series),
    }
    tensors = {"series.values": fitted.series.values, "series.x": fitted.series.x}
    if fitted.companion is not None:
        description["companion"] = describe_series(fitted.companion)
        tensors |= {"companion.values": fitted.companion.values, "companion.x": fitted.companion.x}
    return save_model(folder, description, tensors)


def _described(model: Auto) -> dict[str, Any]:
    made = {"name": model.name, "levels": list(model.levels), "networks": model.networks, "seed": model.seed}
    return made | {"hidden_states": True} if model.hidden_states else made


def load(folder: str | Path) -> Fitted:
    """Read a model that the ``save`` of a fitted model wrote.

    Nothing in the file is executed, and every size is checked against the description before memory is taken. An
    automatic choice is made again, in the rows that it was made on.

    Parameters
    ----------
    folder
        The folder with ``model.json`` and ``weights.safetensors``, or a folder of results.

    Raises
    ------
    InputError
        The folder is no model, is of a newer format, or is damaged; the message says what was found.

    Examples
    --------
    >>> import tempfile, unrolled
    >>> fitted = unrolled.model("auto", networks=False).fit([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fitted.save(folder + "/model")
    ...     again = unrolled.load(folder + "/model")
    >>> bool((again.predict(2).mean == fitted.predict(2).mean).all())
    True
    """
    return load_kinds(folder, KINDS | {_KIND: (_shapes, _restore)})


def _shapes(description: dict[str, Any]) -> Shapes:
    _model(description["model"])
    require_plain(description["made_by"])
    require_plain(description["candidates_sha256"])
    shapes = series_shapes(description["series"])
    require_whole("learned", description["learned"], 1, description["series"]["points"])
    if "companion" in description:
        beside = series_shapes(description["companion"])
        shapes |= {name.replace("series.", "companion."): shape for name, shape in beside.items()}
    return shapes


def _restore(description: dict[str, Any], tensors: dict[str, np.ndarray]) -> FittedAuto:
    model = _model(description["model"])
    series = restore_series(description["series"], tensors["series.values"], tensors["series.x"])
    learned = description["learned"]
    companion = None
    if "companion" in description:
        companion = restore_series(description["companion"], tensors["companion.values"], tensors["companion.x"])
    fitted = model.fit(series.head(learned), companion=companion)
    remade = ""
    if description["candidates_sha256"] != candidates_digest(candidates_for(learned)):
        remade = f"{description['made_by']} made this choice among other candidates; it was made again among today's."
    return FittedAuto(model, series, learned, fitted.judged, companion, remade)


def _model(data: dict[str, Any]) -> Auto:
    require_plain(data["name"])
    levels = data["levels"]
    if not isinstance(levels, list) or not 0 < len(levels) <= _MOST_LEVELS:
        raise InputError(f"levels must be a list of at most {_MOST_LEVELS} numbers.")
    return Auto(
        tuple(float(level) for level in levels), data["networks"], data.get("hidden_states", False), data["seed"],
        data["name"],
    )  # fmt: skip
