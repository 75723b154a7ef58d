"""The type checker of the tests: beartype, on annotations that give a shape, and on no others.

Shapes such as ``Float[Array, "batch time feature"]`` are what only a running program can check. Plain types are the
static checker's work; and what a user gives a wrong type must end in an InputError, which a checker at the door of
every function would forestall.
"""

import re
from collections.abc import Callable
from typing import Any

from beartype import beartype

_SHAPE = re.compile(r"\b(Float|Int|Bool)\[")


def shapes(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its shapes checked; jaxtyping hands over a copy made for the purpose."""
    found = {name: hint for name, hint in function.__annotations__.items() if _SHAPE.search(str(hint))}
    function.__annotations__ = found
    return beartype(function)
