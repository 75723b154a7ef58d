"""The families by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unrolled.errors import nearest_name
from unrolled.truth._anharmonic import ANHARMONIC
from unrolled.truth._branch_point import BRANCH_POINT
from unrolled.truth._damped_oscillations import DAMPED_OSCILLATIONS
from unrolled.truth._exponentials import EXPONENTIALS
from unrolled.truth._family import Family, Truth
from unrolled.truth._heisenberg import HEISENBERG
from unrolled.truth._hydrogen import HYDROGEN
from unrolled.truth._ising import ISING
from unrolled.truth._lipkin import LIPKIN
from unrolled.truth._morse import MORSE
from unrolled.truth._pairing_ccd import CCD_COUPLING, CCD_PARTICLES
from unrolled.truth._pairing_exact import EXACT_COUPLING, EXACT_LEVELS
from unrolled.truth._pairing_perturbation import PERTURBATION
from unrolled.truth._partial_waves import PARTIAL_WAVES

__all__ = ["families", "family", "truths"]

_FAMILIES = {
    one.name: one
    for one in (
        CCD_PARTICLES, CCD_COUPLING, EXACT_COUPLING, EXACT_LEVELS, PERTURBATION,
        LIPKIN, ISING, HEISENBERG, ANHARMONIC, HYDROGEN, MORSE,
        PARTIAL_WAVES, EXPONENTIALS, DAMPED_OSCILLATIONS, BRANCH_POINT,
    )
}  # fmt: skip


def families() -> tuple[str, ...]:
    """The names of the families.

    Examples
    --------
    >>> from unrolled.truth import families
    >>> families()[0]
    'pairing-ccd-particles'
    """
    return tuple(_FAMILIES)


def family(name: str) -> Family:
    """A family by name; an :class:`InputError` offers the nearest name.

    Examples
    --------
    >>> from unrolled.truth import family
    >>> print(family("lipkin").about)
    Ground state and excitation of the Lipkin-Meshkov-Glick model against the number of particles.
    """
    if name not in _FAMILIES:
        raise nearest_name("family", name, _FAMILIES)
    return _FAMILIES[name]


def truths(names: str | Sequence[str] | None = None, *, frozen: bool | None = False) -> Iterator[Truth]:
    """Known series, family by family, each made when it is asked for.

    Parameters
    ----------
    names
        One family or several; all of them if left out.
    frozen
        ``False`` gives the open members, ``True`` those that are kept for the last table, ``None`` both.

    Returns
    -------
    Iterator of Truth
        In the order of the families and of their parameters.

    Raises
    ------
    InputError
        There is no family of a name; raised at once, not at the first series.

    Examples
    --------
    >>> from unrolled.truth import truths
    >>> sum(1 for _ in truths(["exponentials", "branch-point"], frozen=None))
    44
    """
    wanted = families() if names is None else (names,) if isinstance(names, str) else tuple(names)
    chosen = [family(name) for name in wanted]
    return (truth for one in chosen for truth in one.members(frozen=frozen))
