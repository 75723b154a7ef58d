"""The type checker of the tests: beartype, on annotations that give a shape, and on no others.

Shapes such as ``Float[Array, "batch time feature"]`` are what only a running program can check. Plain types are the
static checker's work; and what a user gives a wrong type must end in an InputError, which a checker at the door of
every function would forestall.

jaxtyping's own import hook takes every function in hand, checks arguments twice and binds them to a signature, which
took a third of the tests' time. Here only the functions that have a shape to check are taken, and what is checked is
the same: within a call, an axis of one name has one length.
"""

import ast
import dataclasses
import re
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from inspect import get_annotations, isclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

from beartype import BeartypeConf, beartype
from jaxtyping import jaxtyped

_SHAPE = re.compile(r"\b(Float|Int|Bool)\[")
_NAME = re.compile(r"\b[A-Z]\w*")
_MARK = "_with_shapes_checked"


def check_shapes(package: str) -> None:
    """Have the shapes checked at every call into the package, which must not be imported yet."""
    sys.meta_path.insert(0, _Finder(package))


def _checked(made: Any) -> Any:
    """A function or a dataclass, with its shapes checked if it has any."""
    if not isclass(made):
        return _with_checks(made)
    if dataclasses.is_dataclass(made) and "__init__" in vars(made):
        made.__init__ = _with_checks(made.__init__)
    return made


def _with_checks(function: FunctionType) -> Callable[..., Any]:
    shapes = _shapes(function)
    if not shapes:
        return function
    # A copy: whoever asks the function for its annotations gets all of them.
    copy = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__, copy.__qualname__, copy.__annotations__ = (
        function.__kwdefaults__,
        function.__qualname__,
        shapes,
    )
    checking = beartype(conf=BeartypeConf(violation_type=TypeError))(copy)

    @wraps(function)
    def checked(*arguments: Any, **named: Any) -> Any:
        with jaxtyped("context"):  # lengths of axes hold for this call
            return checking(*arguments, **named)

    return checked


def _shapes(function: FunctionType) -> dict[str, Any]:
    """The annotations in which a shape stands, or in what the names in them stand for."""
    names, found = function.__globals__, {}
    for argument, hint in get_annotations(function).items():
        words = [str(hint), *(str(names[name]) for name in _NAME.findall(str(hint)) if name in names)]
        if any(_SHAPE.search(word) for word in words):
            found[argument] = eval(hint, names) if isinstance(hint, str) else hint
    return found


class _Marking(ast.NodeTransformer):
    """Hands every function and class to `_checked`: functions first of all decorators, classes last."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list.append(ast.Name(_MARK, ast.Load()))
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list.insert(0, ast.Name(_MARK, ast.Load()))
        return self.generic_visit(node)


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """Compiled each time: the bytecode on disk is that of the functions as they are."""
        path = self.get_filename(fullname)
        marked = ast.fix_missing_locations(_Marking().visit(ast.parse(self.get_data(path), path)))
        return compile(marked, path, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        vars(module)[_MARK] = _checked
        super().exec_module(module)


class _Finder(MetaPathFinder):
    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != self._package:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec
