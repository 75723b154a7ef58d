"""Formulas as plain Unicode text: nothing is fetched from elsewhere, and nothing but a font is needed to read them.

Only what the docstrings use is known; another command of TeX fails the build, and is to be added here.
"""

from __future__ import annotations

import html
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

_COMMANDS = {
    "sin": "sin ", "cos": "cos ", "exp": "exp ", "sum": "Σ", "partial": "∂", "qquad": "   ", "quad": "  ",
    "sqrt": "√", "cdot": "·", "times": "×", "le": "≤", "ge": "≥", "in": "∈", "to": "→", "pm": "±", "infty": "∞",
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "lambda": "λ", "mu": "μ", "rho": "ρ",
    "sigma": "σ", "omega": "ω", "mathrm": "", "ldots": "…", "dots": "…",
}  # fmt: skip
_SPACES = {r"\,": "\u2009", r"\;": " ", r"\ ": " ", r"\!": ""}
_RAISED = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_log = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_html_math_renderer("plain", (_inline, None), (_display, None))
    app.connect("config-inited", lambda _, config: setattr(config, "html_math_renderer", "plain"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def to_text(tex: str, where: Any = None) -> str:
    """A formula of TeX as a line of HTML: lowered and raised marks, Unicode letters."""
    text = tex
    for command, space in _SPACES.items():
        text = text.replace(command, space)
    text = re.sub(r"\\([A-Za-z]+)\s*", lambda found: _named(found[1], where), text)
    text = html.escape(text)
    text = re.sub(r"\^\{?([0-9+\-n]+)\}?", lambda found: found[1].translate(_RAISED), text)
    text = re.sub(r"_(?:\{([^{}]*)\}|(\w))", lambda found: f"<sub>{found[1] or found[2]}</sub>", text)
    return text.replace("{", "").replace("}", "")


def _named(command: str, where: Any) -> str:
    if command not in _COMMANDS:
        _log.warning("the formula uses \\%s, which plain_math.py does not know", command, location=where)
    return _COMMANDS.get(command, command)


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(f'<span class="formula">{to_text(node.astext(), node)}</span>')
    raise nodes.SkipNode


def _display(translator: Any, node: nodes.math_block) -> None:
    lines = "<br>".join(to_text(line, node) for line in node.astext().splitlines() if line.strip())
    translator.body.append(f'<div class="formula">{lines}</div>\n')
    raise nodes.SkipNode
