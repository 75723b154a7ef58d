"""The type checker of the tests: beartype, on annotations that give a shape, and on no others.

Shapes such as ``Float[Array, "batch time feature"]`` are what only a running program can check. Plain types are the
static checker's work; and what a user gives a wrong type must end in an InputError, which a checker at the door of
every function would forestall.

jaxtyping's own import hook takes every function in hand, which makes an import five times as long and costs at every
call; here only those are that have a shape to check, a third of them.
"""

import ast
import dataclasses
import re
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from inspect import get_annotations, isclass
from types import CodeType, ModuleType
from typing import Any

from beartype import beartype
from jaxtyping import jaxtyped

_SHAPE = re.compile(r"\b(Float|Int|Bool)\[")
_NAME = re.compile(r"\b[A-Z]\w*")
_MARK = "_with_shapes_checked"


def check_shapes(package: str) -> None:
    """Have the shapes checked at every call into the package, which must not be imported yet."""
    sys.meta_path.insert(0, _Finder(package))


def shapes(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its shapes checked; jaxtyping hands over a copy made for the purpose."""
    found = {name: hint for name, hint in function.__annotations__.items() if _SHAPE.search(str(hint))}
    function.__annotations__ = found
    return beartype(function)


def _checked(made: Any) -> Any:
    """A function or a dataclass, with its shapes checked if it has any."""
    if isclass(made) and not dataclasses.is_dataclass(made):
        return made
    hints = get_annotations(made)
    names = vars(sys.modules[made.__module__])
    if not any(_has_shape(str(hint), names) for hint in hints.values()):
        return made
    return jaxtyped(made, typechecker=shapes)


def _has_shape(hint: str, names: dict[str, Any]) -> bool:
    """Whether a shape stands in it, or in what the names in it stand for."""
    if _SHAPE.search(hint):
        return True
    return any(_SHAPE.search(str(names[name])) for name in _NAME.findall(hint) if name in names)


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
