"""The shape of the package: small files, small functions, folders that are tables of contents, a light import."""

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import unrolled

_ROOT = Path(unrolled.__file__).parent
_FILES = sorted(_ROOT.rglob("*.py"))
_INITS = [path for path in _FILES if path.name == "__init__.py" and path.parent != _ROOT]
# `main` lives where the script of the package looks for it, so that it can start without loading the rest.
_WITH_CODE = {"cli"}


def _id(path: Path) -> str:
    return str(path.relative_to(_ROOT))


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from ``def`` to the end, the docstring not counted: it is as long as the mathematics needs."""
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is None:
        return total
    return total - ((first.end_lineno or first.lineno) - first.lineno + 1)


@pytest.mark.parametrize("path", _FILES, ids=_id)
def test_a_file_can_be_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", _FILES, ids=_id)
def test_a_function_does_one_thing(path):
    long = {function.name: _lines(function) for function in _functions(path) if _lines(function) > 40}
    assert not long


@pytest.mark.parametrize("path", [p for p in _INITS if p.parent.name not in _WITH_CODE], ids=_id)
def test_a_folder_is_a_table_of_contents(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body[1:]:
        assert isinstance(node, ast.ImportFrom), ast.unparse(node)
        assert node.module is not None
        assert node.module.startswith(f"unrolled.{path.parent.name}._"), ast.unparse(node)
        assert all(alias.asname == alias.name for alias in node.names), ast.unparse(node)


@pytest.mark.parametrize("path", _FILES, ids=_id)
def test_private_files_are_used_in_their_own_folder_only(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and "._" in node.module:
            owner = node.module.split("._")[0]
            own = ".".join(("unrolled", *path.relative_to(_ROOT).parts[:-1]))
            assert owner in (own, "unrolled"), ast.unparse(node)


def test_the_tree_is_two_folders_deep_and_knows_no_odds_and_ends():
    for path in _FILES:
        parts = path.relative_to(_ROOT).parts
        assert len(parts) <= 2
        assert not {part.removesuffix(".py").strip("_") for part in parts} & {
            "utils",
            "helpers",
            "common",
            "misc",
            "core",
        }


def test_at_most_thirty_public_names_and_all_of_them_documented():
    names = [name for name in unrolled.__all__ if name != "__version__"]
    assert len(names) <= 30
    assert len(set(names)) == len(names)
    for name in names:
        public = getattr(unrolled, name)
        assert inspect.getdoc(public), name
        assert name in dir(unrolled)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = unrolled.nothing


def test_what_the_type_checker_sees_is_what_is_there():
    """The names under TYPE_CHECKING are those that are loaded on demand, from the same places."""
    tree = ast.parse((_ROOT / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: (node.module or "").removeprefix("unrolled.")
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == unrolled._PLACES


def test_importing_the_package_loads_nothing_heavy():
    script = "import sys, json, unrolled; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {"jax", "jaxlib", "numpy", "matplotlib", "equinox", "optax", "narwhals", "typer", "rich"}
