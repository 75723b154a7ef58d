"""``{options} VERB``: tables of a verb's arguments and options, taken from the command itself."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from typer.main import get_command

from unrolled.cli._app import app as command_line

_VALUES = ((int, "N"), (float, "NUMBER"), (Path, "PATH"), (str, "TEXT"))
_OWN = "Of this verb"
_OPTION = re.compile(r"(--[a-z][a-z-]*)")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("options", Options)
    return {"parallel_read_safe": True}


class Options(SphinxDirective):
    """The directive."""

    required_arguments = 1
    option_spec = {"own": directives.flag}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """One table for each group of options, the verb's own first; with ``:own:`` that one alone."""
        holder = nodes.container()
        for title, rows in groups(self.arguments[0]).items():
            if "own" in self.options and title != _OWN:
                continue
            cells = "\n".join(f"* - {written}\n  - {text}" for written, text in rows)
            lines = [f":::{{list-table}} {title}", ":widths: 36 64", "", *cells.splitlines(), ":::"]
            self.state.nested_parse(StringList(lines, self.env.docname), self.content_offset, holder)
        return holder.children


def verbs() -> list[str]:
    """The verbs of the command line."""
    return list(_command().commands)


def groups(verb: str) -> dict[str, list[tuple[str, str]]]:
    """The arguments and options of a verb by the title of their group: how each is written, and its help."""
    parameters = {parameter.name: parameter for parameter in _command().commands[verb].params}
    found: dict[str, list[tuple[str, str]]] = {}
    for name, hint in _hints(_function(verb)).items():
        fields = _hints(hint) if dataclasses.is_dataclass(hint) else {name: hint}
        doc = inspect.getdoc(hint) if dataclasses.is_dataclass(hint) else None
        title = doc.splitlines()[0].partition(";")[0].rstrip(".") if doc else _OWN
        for field, annotation in fields.items():
            help_text = _OPTION.sub(r"`\1`", parameters[field].help or "")
            row = (_written(parameters[field], annotation), help_text)
            found.setdefault(title, []).append(row)
    return dict(sorted(found.items(), key=lambda group: group[0] != _OWN))


def _command() -> Any:
    return get_command(command_line)


def _function(verb: str) -> Any:
    """The function of a verb as it was written, before its groups of options were spread out."""
    return inspect.unwrap(_command().commands[verb].callback)


def _hints(owner: Any) -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(owner, include_extras=True).items() if name != "return"}


def _written(parameter: Any, annotation: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.name.upper()}`"
    names = [*parameter.opts, *parameter.secondary_opts]
    plain = get_args(annotation)[0] if get_args(annotation) else annotation
    kinds = get_args(plain) or (plain,)
    if bool in kinds:
        return ", ".join(f"`{name}`" for name in names)
    value = parameter.metavar or next((label for kind, label in _VALUES if kind in kinds), "TEXT")
    return ", ".join(f"`{name} {value}`" for name in names)
