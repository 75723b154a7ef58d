"""The figure of rolling origins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from unrolled.evaluate import RollingTable

__all__ = ["save_rolling_figure"]


def save_rolling_figure(table: RollingTable, folder: Path, kinds: Sequence[str]) -> None:
    """Error against the step ahead, one line a model; nothing where every model failed."""
    from unrolled.show import draw_error_by_horizon, save

    errors = {model: table.geometric_mean(model) for model in table.models}
    known = [np.flatnonzero(np.isfinite(values)) for values in errors.values()]
    last = max((int(steps[-1]) + 1 for steps in known if steps.size), default=0)
    if last:
        cut = {model: values[:last] for model, values in errors.items()}
        save(draw_error_by_horizon(cut), folder / "rolling", kinds)
