"""The repository's CHANGELOG.md as the page ``changelog``; links to files of the repository become plain text."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

_FILE = Path(__file__).parents[2] / "CHANGELOG.md"
_LOCAL_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", _read)
    app.connect("env-get-outdated", lambda *_: ["changelog"])
    return {"parallel_read_safe": True}


def _read(app: Sphinx, docname: str, source: list[str]) -> None:
    del app
    if docname == "changelog" and _FILE.is_file():
        source[0] = _LOCAL_LINK.sub(r"\1", _FILE.read_text(encoding="utf-8"))
