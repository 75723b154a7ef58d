"""From the data options to a series."""

from __future__ import annotations

from unrolled.cli._options import DataOptions
from unrolled.errors import InputError
from unrolled.series import EndsEarly, Series, as_paired, dataset, read

__all__ = ["DEFAULT_DATASET", "load_paired", "load_series"]

DEFAULT_DATASET = "pairing-particles"


def load_series(
    options: DataOptions, *, default: str | None = DEFAULT_DATASET, advice: str = "", gaps: bool = False
) -> Series | None:
    """The series that the options name; the default one if they name none, ``None`` if there is no default.

    ``advice`` says, where there is no ``--companion``, what to do about ``{beside}``, a column that goes on where y is
    empty. ``gaps`` says whether values may be missing.
    """
    if options.file is not None and options.dataset is not None:
        raise InputError("give a file or --dataset, not both.")
    if options.file is not None:
        try:
            return read(options.file, x_col=options.x_col, y_col=options.y_col, gaps=gaps)
        except EndsEarly as error:
            if not advice:
                raise
            raise InputError(f"{error.why} {advice.format(beside=error.beside)}") from None
    if options.x_col is not None or options.y_col is not None:
        raise InputError("--x-col and --y-col choose columns of a file; name the file too.")
    name = options.dataset or default
    if name is None:
        return None
    return dataset(name)


def load_paired(options: DataOptions, companion: str | None, *, gaps: bool = False) -> tuple[Series, Series | None]:
    """The series that the options name, and the companion in another column of its file.

    ``gaps`` says whether values may be missing; beside a companion none may.
    """
    if companion is None:
        series = load_series(options, gaps=gaps)
        assert series is not None
        return series, None
    if options.dataset is not None:
        raise InputError("a dataset has no companion; --companion names a column of a file. Leave out one of them.")
    if options.file is None:
        raise InputError("--companion names a column of a file; name the file too.")
    return as_paired(options.file, companion, x_col=options.x_col, y_col=options.y_col)
