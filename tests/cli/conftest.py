"""Running the command inside the test's process, in an empty folder."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from unrolled.cli._app import app


class Outcome:
    """What a person at the terminal would have seen."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "100")
    return place


@pytest.fixture
def run(folder: Path) -> Callable[..., Outcome]:
    def run(*arguments: object, stdin: str | bytes | None = None) -> Outcome:
        done = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert "Traceback" not in done.stderr
        assert "\x1b" not in done.output
        return Outcome(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def small() -> tuple[str, ...]:
    """Settings that take no time."""
    return ("--units", "3", "--epochs", "2", "--members", "2", "--figures", "none")
