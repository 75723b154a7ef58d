"""A folder of results appears whole, or not at all."""

import os
import signal
import stat
import threading
from pathlib import Path

import pytest

from unrolled.errors import InputError
from unrolled.report import result_folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(wanted, text="new", *, overwrite=False):
    with result_folder(wanted, overwrite=overwrite) as folder:
        with folder.writing() as making:
            (making / "a.txt").write_text(text)
            (making / "model").mkdir()
            (making / "model" / "w").write_text(text)
            (making / "report.json").write_text(text)
        return folder.finish()


def _fail(wanted, error, *, beside):
    with result_folder(wanted, overwrite=False) as folder, folder.writing() as making:
        (making / "half").write_text("written")
        if beside is not None:
            beside.touch()
        raise error


def test_numbers_are_free_ones():
    assert _write(None) == Path("unrolled-out/001")
    Path("unrolled-out/7").mkdir()
    assert _write(None) == Path("unrolled-out/008")
    Path("unrolled-out/009").write_text("a file has the number too")
    assert _write(None) == Path("unrolled-out/010")


def test_two_at_once_share_no_number():
    with result_folder(None, overwrite=False) as one, result_folder(None, overwrite=False) as two:
        (one.making / "a").touch()
        (two.making / "b").touch()
        assert [one.finish(), two.finish()] == [Path("unrolled-out/001"), Path("unrolled-out/002")]


def test_many_at_once_share_no_number(here):
    (here / "unrolled-out").mkdir()
    taken = []
    threads = [threading.Thread(target=lambda: taken.append(_write(None))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.name for path in taken) == [f"{number:03d}" for number in range(1, 21)]
    assert len(os.listdir("unrolled-out")) == 20


def test_a_named_folder_appears_at_the_end_only():
    wanted = Path("a/b/c")
    with result_folder(wanted, overwrite=False) as folder:
        (folder.making / "x").touch()
        assert not wanted.exists()
        folder.finish()
    assert os.listdir(wanted) == ["x"]
    assert os.listdir("a/b") == ["c"]


def test_a_name_that_another_run_filled_meanwhile_is_left_to_it():
    with result_folder(Path("o"), overwrite=False) as folder:
        (folder.making / "x").touch()
        _write(Path("o"), "theirs")
        assert folder.finish() == Path("o-2")
    assert Path("o/a.txt").read_text() == "theirs"


def test_an_empty_folder_is_filled_and_stays_the_same_folder():
    Path("o").mkdir(mode=0o750)
    before = os.stat("o").st_ino
    assert _write(Path("o")) == Path("o")
    assert (os.stat("o").st_ino, stat.S_IMODE(os.stat("o").st_mode)) == (before, 0o750)
    assert sorted(os.listdir("o")) == ["a.txt", "model", "report.json"]


def test_the_folder_one_stands_in():
    assert _write(Path(".")) == Path(".")
    assert sorted(os.listdir(".")) == ["a.txt", "model", "report.json"]


def test_a_full_folder_is_refused_and_overwriting_replaces_what_has_the_same_name():
    _write(Path("o"), "old")
    Path("o/mine.txt").write_text("mine")
    Path("o/model/notes.txt").write_text("mine too")
    with pytest.raises(InputError, match="not empty"):
        _write(Path("o"))
    assert _write(Path("o"), overwrite=True) == Path("o")
    assert Path("o/a.txt").read_text() == "new"
    assert Path("o/mine.txt").read_text() == "mine"
    assert sorted(os.listdir("o/model")) == ["notes.txt", "w"]


def test_a_link_to_a_folder_is_a_folder():
    Path("real").mkdir()
    Path("link").symlink_to("real")
    _write(Path("link"))
    assert Path("link").is_symlink()
    assert sorted(os.listdir("real")) == ["a.txt", "model", "report.json"]
    Path("nowhere").symlink_to("gone")
    with pytest.raises(InputError, match="nowhere is a file"):
        _write(Path("nowhere"))


@pytest.mark.parametrize("wanted", [None, Path("a/b/c"), Path("o")])
@pytest.mark.parametrize("error", [InputError, KeyboardInterrupt, SystemExit, MemoryError])
def test_nothing_is_left_after_a_failure(here, wanted, error):
    Path("o").mkdir()
    with pytest.raises(error):
        _fail(wanted, error, beside=None)
    assert [str(path.relative_to(here)) for path in here.rglob("*")] == ["o"]


def test_folders_that_hold_something_else_by_then_stay():
    with pytest.raises(InputError):
        _fail(Path("a/b/c"), InputError("no"), beside=Path("a/notes.txt"))
    assert os.listdir("a") == ["notes.txt"]


def test_permissions_are_the_users(here):
    before = os.umask(0o077)
    try:
        path = _write(Path("o"))
    finally:
        os.umask(before)
    for entry in (path, path / "model"):
        assert stat.S_IMODE(entry.stat().st_mode) == 0o700


def test_ctrl_c_while_files_get_their_names_comes_after(monkeypatch):
    moved = []
    replace = Path.replace

    def replace_and_interrupt(self, target):
        moved.append(self.name)
        os.kill(os.getpid(), signal.SIGINT)
        return replace(self, target)

    Path("o").mkdir()
    monkeypatch.setattr(Path, "replace", replace_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        _write(Path("o"))
    assert moved == ["a.txt", "model", "report.json"]
    assert sorted(os.listdir("o")) == moved


def test_a_full_disk_is_a_sentence_about_the_folder_asked_for():
    full = OSError(28, "No space left on device", "/some/temporary/name")
    with pytest.raises(InputError, match=r"^here/o cannot be written: No space left on device\.$"):
        _fail(Path("here/o"), full, beside=None)
    assert not Path("here").exists()


def test_what_else_a_folder_of_a_replaced_name_holds_stays(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.txt").write_text("mine")
    (tmp_path / "model" / "model.json").write_text("old")
    with result_folder(tmp_path, overwrite=True) as folder:
        (folder.making / "model").mkdir()
        (folder.making / "model" / "model.json").write_text("new")
        folder.finish()
    assert (tmp_path / "model" / "mine.txt").read_text() == "mine"
    assert (tmp_path / "model" / "model.json").read_text() == "new"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["model"]
