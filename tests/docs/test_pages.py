"""The Markdown pages are programs: what they show is run, and what they say it prints is compared.

In a page, blocks run in order, in an empty folder:

- ``python`` blocks share one namespace; a ``text`` block right after one is what it prints.
- ``console`` blocks: lines that begin with ``$ unrolled`` run and must end with status 0; the lines below are what they
  print, or part of it.
- ``sh`` blocks: lines that begin with ``unrolled`` run, with two members to be quick.
- Numbers may differ by two per cent, seconds by anything, and frames of tables are not compared; a line ``…`` stands
  for any lines, and ``…`` at the end of a line for the rest of it.

Figures take as long as the numbers: unless a page asks for them, a verb draws them at its first command of the page,
and none as PDF, whose fonts take seconds. Blocks of other languages (``py`` for Python that needs other packages) are
only read.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

import unrolled
from unrolled.cli._app import app
from unrolled.series import series_csv

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# README speaks of a file that the reader has.
NEEDS_FILE = ("README.md",)

_FENCE = re.compile(r"^(`{3,})(\S*)[^\n]*\n(.*?)^\1\s*$", re.M | re.S)
_NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d*)?(?:e[-+]?\d+)?")
_FRAME = re.compile("[\u2500-\u257f]")
_SECONDS = re.compile(r"\d+(?:\.\d+)? s\b")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the line that it starts in."""

    language: str
    text: str
    line: int
    right_after: bool = False


def blocks(page: str) -> Iterator[Block]:
    end = 0
    for found in _FENCE.finditer(page):
        follows = not page[end : found.start()].strip()
        yield Block(found[2], found[3], page.count("\n", 0, found.start()) + 2, follows)
        end = found.end()


def run_python(block: Block, path: Path, namespace: dict[str, object]) -> str:
    printed = io.StringIO()
    # Empty lines in front, so that a traceback names the line of the page.
    code = compile("\n" * (block.line - 1) + block.text, str(path), "exec", dont_inherit=True)
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    return printed.getvalue()


def run_command(line: str, drawn: set[str]) -> str:
    words = shlex.split(line, comments=True)
    if words[1] in ("extrapolate", "compare", "inspect") and "--figures" not in words:
        words += ["--figures", "none" if words[1] in drawn else "png"]
        drawn.add(words[1])
    result = CliRunner().invoke(app, words[1:], env={"COLUMNS": "100"}, prog_name="unrolled")
    assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception!r}"
    return result.output


def run_console(block: Block, drawn: set[str]) -> None:
    for command in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        line, _, said = command.partition("\n")
        if line.startswith("unrolled"):
            require_lines(said, run_command(line, drawn), line)


def require_lines(said: str, printed: str, what: str) -> None:
    """Every line that the page shows must be printed, in that order, without others between unless … stands there."""
    got = [line for line in map(_plain, printed.splitlines()) if line]
    at, skip = 0, True
    for wanted in filter(None, map(_plain, said.splitlines())):
        if wanted in ("…", "..."):
            skip = True
            continue
        ends = len(got) if skip else at + 1
        match = next((i for i in range(at, min(ends, len(got))) if _same(wanted, got[i])), None)
        assert match is not None, f"{what}: the page says\n  {wanted}\nbut this was printed:\n{printed}"
        at, skip = match + 1, False


def _plain(line: str) -> str:
    return " ".join(_SECONDS.sub("N s", _FRAME.sub(" ", line)).split())


def _same(wanted: str, got: str) -> bool:
    if wanted.endswith(" …"):
        words = wanted.split()[:-1]
        wanted, got = " ".join(words), " ".join(got.split()[: len(words)])
    if _NUMBER.sub("#", wanted) != _NUMBER.sub("#", got):
        return False
    pairs = zip(_NUMBER.findall(wanted), _NUMBER.findall(got), strict=True)
    return all(_number(a) == pytest.approx(_number(b), rel=0.02, abs=1e-12) for a, b in pairs)


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-").rstrip("."))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_what_a_page_shows_runs(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if path.name in NEEDS_FILE:
        Path("energies.csv").write_text(series_csv(unrolled.dataset("pairing-particles")), encoding="utf-8")
    namespace: dict[str, object] = {"__name__": "page"}
    drawn: set[str] = set()
    printed = None
    for block in blocks(path.read_text(encoding="utf-8")):
        if block.language == "python":
            printed = run_python(block, path, namespace)
            continue
        if block.language == "text" and block.right_after and printed is not None:
            require_lines(block.text, printed, f"{path.name}, line {block.line}")
        elif block.language == "console":
            run_console(block, drawn)
        elif block.language == "sh":
            for line in block.text.splitlines():
                if line.startswith("unrolled "):
                    run_command(f"{line.partition('#')[0]} --members 2", drawn)
        printed = None


def test_a_wrong_output_is_noticed():
    with pytest.raises(AssertionError, match="the page says"):
        require_lines("error 1.0", "error 1.1", "a block")
    with pytest.raises(AssertionError, match="the page says"):
        require_lines("a\nc", "a\nb\nc", "a block")
    require_lines("a\n…\nc 1,000", "x\na\nb\nc 1001", "a block")
    require_lines("done in 3.0 s", "done in 12.34 s", "a block")
    require_lines("rnn 2 …", "rnn 2 0.5 0.7", "a block")


def test_blocks_are_found():
    page = "# Title\n\n```python\nprint(1)\n```\n\n```text\n1\n```\n\nWords.\n\n```console\n$ unrolled --help\n```\n"
    found = list(blocks(page))
    assert [(block.language, block.line, block.right_after) for block in found] == [
        ("python", 4, False),
        ("text", 8, True),
        ("console", 14, False),
    ]
