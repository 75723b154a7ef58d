"""One page for each public folder, written from the folder's own table of contents.

What a folder's ``__init__`` holds is public: all of it is on the page, so no name can be missing. A public thing
without a docstring, or a folder without a place in ``FOLDERS``, fails the build.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import unrolled

if TYPE_CHECKING:  # the tests read this file where Sphinx is not installed
    from sphinx.application import Sphinx

# In the order in which data pass through them; the ground floor last. ``cli`` has a page of its own.
FOLDERS = (
    "series", "truth", "windows", "tasks", "classical", "networks", "learn", "statespace", "sequence", "dynamics",
    "forecast", "evaluate", "choose", "report", "show", "metrics", "storage", "types", "errors", "compilation",
    "arguments",
)  # fmt: skip
_ELSEWHERE = ("cli",)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", _write_pages)
    app.connect("missing-reference", _find_top_level)
    app.connect("autodoc-skip-member", _skip)
    return {"parallel_read_safe": True}


def public_names(folder: str) -> dict[str, Any]:
    """What a public folder or module offers, by name, in its own order."""
    module = importlib.import_module(f"unrolled.{folder}")
    if not hasattr(module, "__path__"):
        return {name: getattr(module, name) for name in module.__all__}
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    return {name: getattr(module, name) for name in re.findall(r"^from \S+ import \S+ as (\w+)$", source, re.M)}


def undocumented(folder: str) -> Iterator[str]:
    """Public functions, classes, and public methods of these, that have no docstring of their own."""
    module = f"unrolled.{folder}"
    if not inspect.getdoc(importlib.import_module(module)):
        yield module
    for name, thing in public_names(folder).items():
        if not (inspect.isclass(thing) or inspect.isfunction(thing)):
            continue
        if not thing.__doc__:
            yield f"{module}.{name}"
        for member, part in _methods(thing):
            if not inspect.getdoc(part):
                yield f"{module}.{name}.{member}"


def unplaced() -> set[str]:
    """Public folders and modules of the package that no page is made for."""
    home = Path(str(unrolled.__file__)).parent
    found = {path.stem for path in home.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    return {name for name in found if not name.startswith("_")} - set(FOLDERS) - set(_ELSEWHERE)


def _methods(thing: Any) -> Iterator[tuple[str, Any]]:
    if not inspect.isclass(thing):
        return
    for name, part in vars(thing).items():
        wanted = inspect.isfunction(part) or isinstance(part, property | classmethod | staticmethod)
        if wanted and not name.startswith("_"):
            yield name, part.fget if isinstance(part, property) else part


def _write_pages(app: Sphinx) -> None:
    from sphinx.errors import ExtensionError  # noqa: PLC0415

    faults = [f"{name} has no docstring" for folder in FOLDERS for name in undocumented(folder)]
    faults += [f"unrolled.{name} has no place in FOLDERS of {Path(__file__).name}" for name in sorted(unplaced())]
    if faults:
        raise ExtensionError("the API pages are incomplete:\n  " + "\n  ".join(faults))
    target = Path(app.srcdir, "api", "generated")
    target.mkdir(parents=True, exist_ok=True)
    pages = {folder: _page(folder) for folder in FOLDERS} | {"top": _top_page()}
    for name, text in pages.items():
        path = target / f"{name}.rst"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _page(folder: str) -> str:
    module, names = f"unrolled.{folder}", public_names(folder)
    lines = [_title(module), f".. automodule:: {module}\n"]
    lines += [_table([(f":py:obj:`{name} <{module}.{name}>`", _first_line(thing)) for name, thing in names.items()])]
    for name, thing in names.items():
        full = f"{module}.{name}"
        if inspect.isclass(thing):
            lines.append(f".. autoclass:: {full}\n   :members:\n")
        elif inspect.isfunction(thing):
            lines.append(f".. autofunction:: {full}\n")
        else:
            lines.append(f".. py:data:: {full}\n   :value: {_value(thing)}\n")
    return "\n".join(lines)


def _top_page() -> str:
    rows = []
    for name, place in sorted(unrolled._PLACES.items(), key=lambda item: (FOLDERS.index(item[1]), item[0].lower())):
        thing = getattr(unrolled, name)
        rows.append((f":py:obj:`unrolled.{name} <unrolled.{place}.{thing.__name__}>`", _first_line(thing)))
    return f"{_title('unrolled')}\n.. py:module:: unrolled\n\n{inspect.getdoc(unrolled)}\n\n{_table(rows)}"


def _title(text: str) -> str:
    return f"{text}\n{'=' * len(text)}\n"


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "\n".join(f"   * - {left}\n     - {right}" for left, right in rows)
    return f".. list-table::\n   :widths: 30 70\n\n{cells}\n"


def _first_line(thing: Any) -> str:
    if inspect.isclass(thing) or inspect.isfunction(thing):
        text = (inspect.getdoc(thing) or "").split("\n\n")[0]
        return " ".join(text.split())
    return f"``{_value(thing)}``"


def _value(thing: Any) -> str:
    return "module" if isinstance(thing, ModuleType) else re.sub(r"\s+", " ", str(thing)).replace("typing.", "")


def _skip(*event: Any) -> bool | None:
    """Fields of named tuples, of which Python says no more than their number."""
    thing = event[3]
    return True if str(getattr(thing, "__doc__", "")).startswith("Alias for field number") else None


def _find_top_level(app: Sphinx, env: Any, node: Any, contnode: Any) -> Any:
    """``unrolled.model`` leads to where it is documented, ``unrolled.forecast.model``."""
    name = node.get("reftarget", "").removeprefix("unrolled.")
    home, *member = name.split(".")
    if node.get("refdomain") != "py" or home not in unrolled._PLACES:
        return None
    target = ".".join(["unrolled", unrolled._PLACES[home], home, *member])
    return env.get_domain("py").resolve_xref(env, node["refdoc"], app.builder, node["reftype"], target, node, contnode)
