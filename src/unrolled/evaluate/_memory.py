"""How much of the machine's memory one run may take."""

from __future__ import annotations

import os

__all__ = ["in_words", "most_bytes"]

_UNKNOWN = 4 << 30
_GIGABYTE = 1e9


def most_bytes() -> int:
    """Half of the memory of this machine; 4 GiB where it does not say how much there is."""
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _UNKNOWN
    return there // 2 if there > 0 else _UNKNOWN  # -1 is what a system says that has no answer


def in_words(size: float) -> str:
    """A number of bytes, as a person says it."""
    gigabytes = size / _GIGABYTE
    return f"{gigabytes:,.0f} GB" if gigabytes >= 10 else f"{gigabytes:.2g} GB"
