"""Sheets of paper: a figure of one column's width, and its way to a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unrolled.errors import InputError, nearest_name
from unrolled.show._style import COLUMN_WIDTH, FONT
from unrolled.storage import explained, writing

__all__ = ["figure", "save"]

_MM = 1 / 25.4
_THIN = 0.6
# Files carry no date and no version, so that the same data give the same bytes.
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
}


def figure(
    height: float = 60.0, *, width: float = COLUMN_WIDTH, panels: Sequence[float] = (1.0,)
) -> tuple[Figure, tuple[Axes, ...]]:
    """An empty figure in the house style: 8 pt letters, thin frame lines, panels above each other.

    No window is opened and nothing of matplotlib's settings is changed.

    Parameters
    ----------
    height, width
        In mm; one column of a journal is 86 mm wide.
    panels
        Relative heights of the panels, top to bottom. They share the x axis.

    Returns
    -------
    Figure, tuple of Axes
        The figure and its panels.

    Raises
    ------
    InputError
        A size or a relative height that is not positive.

    Examples
    --------
    >>> from unrolled.show import figure
    >>> sheet, (top, bottom) = figure(80, panels=(3, 1))
    >>> [round(float(inch) * 25.4) for inch in sheet.get_size_inches()]
    [86, 80]
    """
    if not panels or min(height, width, *panels) <= 0:
        raise InputError(f"a figure needs positive sizes; came {width} x {height} mm with panels {tuple(panels)}.")
    made = Figure(figsize=(width * _MM, height * _MM), dpi=200, layout="constrained")
    grid = made.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=list(panels))
    axes: tuple[Axes, ...] = tuple(grid[:, 0])
    for panel in axes:
        _dress(panel)
    return made, axes


def save(
    drawn: Figure | Axes, stem: str | Path, formats: Sequence[str] = ("png", "pdf"), *, dpi: float = 300.0
) -> list[Path]:
    """Write a figure, each file whole or not at all; the same data give the same bytes.

    Parameters
    ----------
    drawn
        A figure, or any axes in it.
    stem
        The path without its ending; the folder must exist.
    formats
        Any of ``"png"``, ``"pdf"``, ``"svg"``.
    dpi
        Dots per inch of a PNG.

    Returns
    -------
    list of Path
        The files, in the order of ``formats``.

    Raises
    ------
    InputError
        An unknown format, or a file that cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from unrolled.show import figure, save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save(figure()[0], f"{folder}/empty", ["png"])]
    ['empty.png']
    """
    for kind in formats:
        if kind not in _METADATA:
            raise nearest_name("figure format", kind, _METADATA)
    sheet = drawn if isinstance(drawn, Figure) else drawn.get_figure(root=True)
    if sheet is None:
        raise InputError("these axes belong to no figure any more, so there is nothing to save.")
    with _laid_out(sheet):
        return [_write(sheet, Path(stem), kind, dpi) for kind in formats]


@contextmanager
def _laid_out(sheet: Figure) -> Iterator[None]:
    """Place everything once for all formats, and without drawing: placing takes as long."""
    engine = sheet.get_layout_engine()
    if engine is None:
        yield
        return
    # Twice: axes that have become smaller may have other ticks, with wider labels.
    for _ in range(2):
        engine.execute(sheet)
    sheet.set_layout_engine("none")
    try:
        yield
    finally:
        sheet.set_layout_engine(engine)


def _write(sheet: Figure, stem: Path, kind: str, dpi: float) -> Path:
    path = stem.with_name(f"{stem.name}.{kind}")
    # Journals take outline fonts (42), not matplotlib's default; SVG draws its names at random without a salt.
    with explained(path), writing(path) as partial, rc_context({"pdf.fonttype": 42, "svg.hashsalt": "unrolled"}):
        sheet.savefig(partial, format=kind, dpi=dpi, metadata=_METADATA[kind])
    return path


def _dress(axes: Axes) -> None:
    axes.tick_params(which="both", labelsize=FONT, width=_THIN, length=2.5)
    axes.tick_params(which="minor", length=1.5)
    for side, spine in axes.spines.items():
        spine.set_linewidth(_THIN)
        spine.set_visible(side in ("left", "bottom"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_fontsize(FONT)
        axis.get_offset_text().set_fontsize(FONT)
