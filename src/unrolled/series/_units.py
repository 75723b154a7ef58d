"""Units in the names of columns: ``E [MeV]``, ``E (MeV)``, ``E / MeV``, ``E_MeV``."""

import re

__all__ = ["is_unit", "split_unit", "strip_unit"]

# A unit in round brackets or after a slash must be a known one: f(x) and E/A are names.
_PREFIX = r"(?:da|[yzafpnuµμmcdhkMGTPEZ])?"
_BASE = (
    r"(?:eV|Hz|rad|sr|mol|cd|lm|lx|kat|bar|barn|b|cal|Pa|Wb|Sv|Gy|Bq|Oe|Da|Ha|pc|torr|Torr|"
    r"[mgsAKNJWCVFSTHLlGu]|Ω|Ohm|ohm)"
)
_WHOLE = (
    r"(?:[hH]artree|Ry|a\.?\s?u\.?|arb\.?\s?u(?:nits?|\.)?|counts?|cts|ppm|ppb|px|pixels?|dB|dBm|AU|ly|Msun|Å|[aA]ngstrom|"
    r"%|°C?|deg|degC|atm|amu|min|h|d|days?|hours?|yr|years?|a|sec|seconds?|fm|Debye|hbar|ħ|level spacings?)"
)
_FACTOR = rf"(?:{_WHOLE}|{_PREFIX}{_BASE}|1)(?:\^?\{{?[-+−]?[0-9]{{1,2}}\}}?|\*\*[-+]?[0-9]{{1,2}}|[²³⁻¹]+)?"
_UNIT = re.compile(rf"{_FACTOR}(?:[\s·*/.]{{1,3}}{_FACTOR})*", re.ASCII)
_LONG = re.compile(r"[munpfkcM]?(?:eV|Hz)|[GT]eV|[GT]Hz|[hH]artree|[nkc]m|[GMk]Pa|[mk]V|degC")

_SQUARE = re.compile(r"(?P<name>.*?)\s*\[(?P<unit>[^\[\]]*)\]")
_ROUND = re.compile(r"(?P<name>.*?)(?P<gap>\s*)\((?P<unit>[^()]*(?:\([^()]*\))?[^()]*)\)")
_SLASH = re.compile(r"(?P<name>.*?)(?P<gap>\s*)/\s*(?P<unit>[^/].*)")
_UNDERSCORE = re.compile(r"(?P<name>.+)_(?P<unit>[A-Za-z]+)")


def is_unit(text: str) -> bool:
    """Whether a text is a known unit or a product of them, as ``MeV`` or ``m s^-2``."""
    return len(text) <= 40 and _UNIT.fullmatch(text) is not None


def strip_unit(cell: str) -> str | None:
    """The unit in a cell of a line of units, ``""`` for a dash or a blank; ``None`` where it is none."""
    text = cell.strip()
    if text in ("", "-", "--", "1", "[]", "[-]", "(-)", "[1]"):
        return ""
    if text[0] + text[-1] in ("[]", "()") and len(text) <= 40:
        return text[1:-1].strip()
    return text if is_unit(text) else None


def split_unit(label: str) -> tuple[str, str]:
    """The name and the unit in the heading of a column.

    Examples
    --------
    >>> from unrolled.series._units import split_unit
    >>> split_unit("E [MeV]"), split_unit("t / s"), split_unit("f(x)")
    (('E', 'MeV'), ('t', 's'), ('f(x)', ''))
    """
    label = label.strip()
    if len(label) > 80:
        return label, ""
    if (match := _SQUARE.fullmatch(label)) and match["name"]:
        unit = match["unit"].strip()
        return match["name"], "" if unit in ("-", "1") else unit
    for pattern in (_ROUND, _SLASH):
        match = pattern.fullmatch(label)
        if match and match["name"] and _surely_unit(match["unit"].strip(), spaced=bool(match["gap"])):
            return match["name"], match["unit"].strip()
    match = _UNDERSCORE.fullmatch(label)
    if match and _LONG.fullmatch(match["unit"]):
        return match["name"], match["unit"]
    return label, ""


def _surely_unit(text: str, *, spaced: bool) -> bool:
    # E / A is the energy per nucleon, E (u) a function; kB T / K is a temperature.
    if spaced:
        return is_unit(text) and text not in ("A", "u", "a", "b", "d", "1")
    return _LONG.fullmatch(text) is not None
