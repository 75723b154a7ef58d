"""The pages name nothing that does not exist, and leave out nothing that does."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import unrolled
from unrolled.cli._app import app
from unrolled.forecast import settings
from unrolled.series import datasets
from unrolled.types import __file__ as types_file

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").glob("*.py"))]
COMMAND_LINE = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
PACKAGE = Path(types_file).parent


def extension(name: str) -> ModuleType:
    """A module of docs/_ext, without putting that folder on the path."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "_ext" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def options() -> set[str]:
    command = get_command(app)
    holders = [command, *command.commands.values()]
    found = {name for holder in holders for parameter in holder.params for name in parameter.opts}
    found |= {name for holder in holders for parameter in holder.params for name in parameter.secondary_opts}
    return {name for name in found if name.startswith("--")} | {"--help"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_option_that_a_page_names_exists(path):
    text = path.read_text(encoding="utf-8")
    commands = " ".join(re.findall(r"^(?:\$ )?unrolled .*$", text, re.M))
    inline = " ".join(re.findall(r"(?<!`)`+([^`\n]+)`+(?!`)", text))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", f"{commands} {inline}"))
    foreign = {"--no-build-isolation", "--keep-going"}
    assert named - foreign <= options()


def test_every_verb_has_a_section():
    for verb in get_command(app).commands:
        assert f"## unrolled {verb}" in COMMAND_LINE


def test_every_model_dataset_and_setting_is_named():
    for name in (*unrolled.models(), *datasets()):
        assert f"`{name}`" in COMMAND_LINE
    for name in settings():
        assert f"`{name}`" in COMMAND_LINE, f"{name} can be swept"


def test_files_and_report_are_described(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["extrapolate", "--units", "4", "--members", "2", "--epochs", "2", "--figures", "png", "--out", "out"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    for path in Path("out").iterdir():
        name = path.name if path.suffix != ".png" else f"{path.stem}.png"
        assert f"`{name}" in COMMAND_LINE, name
    report = json.loads(Path("out", "report.json").read_text(encoding="utf-8"))
    for key in report:
        assert f"`{key}`" in COMMAND_LINE, key
    arguments = ["compare", "--units", "4", "--members", "2", "--epochs", "2", "--figures", "png", "--out", "swept"]
    assert CliRunner().invoke(app, [*arguments, "--sweep", "window=2,3"]).exit_code == 0
    for path in Path("swept").iterdir():
        assert f"`{path.name}`" in COMMAND_LINE, path.name
    report = json.loads(Path("swept", "report.json").read_text(encoding="utf-8"))
    for key in report:
        assert f"`{key}`" in COMMAND_LINE, key


def test_every_public_folder_has_a_page():
    pages = extension("api_pages")
    assert pages.unplaced() == set()
    index = (ROOT / "docs" / "api" / "index.md").read_text(encoding="utf-8")
    for folder in pages.FOLDERS:
        assert f"generated/{folder}\n" in index


@pytest.mark.parametrize("folder", extension("api_pages").FOLDERS)
def test_every_public_name_is_documented(folder):
    pages = extension("api_pages")
    assert list(pages.undocumented(folder)) == []
    assert pages.public_names(folder)
