"""Formulas as MathML, by docutils' own converter: browsers draw it, and nothing is fetched from elsewhere."""

from __future__ import annotations

import html
import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

_log = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))
    app.connect("config-inited", lambda _, config: setattr(config, "html_math_renderer", "mathml"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def to_mathml(tex: str, block: bool, where: Any = None) -> str:
    """A formula of TeX as MathML; a command that the converter does not know fails a strict build."""
    try:
        return tex2mathml(tex, as_block=block)
    except (MathError, AttributeError) as error:  # the converter falls over some mistakes
        _log.warning("the formula %s cannot be drawn: %s", tex, error, location=where)
        return html.escape(tex)


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(to_mathml(node.astext(), False, node))
    raise nodes.SkipNode


def _display(translator: Any, node: nodes.math_block) -> None:
    lines = [line for line in lines_of(node.astext()) if line.strip()]
    translator.body.append("".join(f"<div>{to_mathml(line.strip(), True, node)}</div>\n" for line in lines))
    raise nodes.SkipNode


def lines_of(tex: str) -> list[str]:
    """The lines of a formula: what stands between two backslashes, but those that end a row of a matrix."""
    lines = [""]
    for part in re.split(r"(\\\\)", tex):
        inside = lines[-1].count(r"\begin{") > lines[-1].count(r"\end{")
        if part == r"\\" and not inside:
            lines.append("")
        else:
            lines[-1] += part
    return lines
