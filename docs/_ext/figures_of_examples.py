"""Figures of an example, for sphinx-gallery.

The package draws on figures of its own and leaves pyplot alone, so there is no current figure to be asked for. Instead:
every figure (or axes of one) that a cell leaves in a variable is an image below that cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakSet

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

from unrolled.show import save

_shown: WeakSet[Figure] = WeakSet()


def scrape(block: object, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the new figures of a cell; returns the text that shows them."""
    del block
    paths = []
    for sheet in _figures(block_vars["example_globals"].values()):
        if sheet in _shown:
            continue
        _shown.add(sheet)
        path = next(block_vars["image_path_iterator"])
        save(sheet, str(path).removesuffix(".png"), ["png"], dpi=200)
        paths.append(str(path))
    return figure_rst(paths, gallery_conf["src_dir"])


def _figures(values: Iterable[object]) -> Iterator[Figure]:
    for value in values:
        sheet = value.get_figure(root=True) if isinstance(value, Axes) else value
        if isinstance(sheet, Figure):
            yield sheet
