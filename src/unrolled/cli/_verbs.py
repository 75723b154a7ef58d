"""How a verb becomes a command: groups of options in, errors out as sentences with the right status."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import os
import sys
from collections.abc import Callable
from typing import Any, get_type_hints

import typer

from unrolled.errors import UnrolledError

__all__ = ["verb"]


def verb(app: typer.Typer, function: Callable[..., None]) -> None:
    """Add a function to the command line.

    Parameters of the function whose annotation is a dataclass are groups of options: every field becomes an option,
    and the function gets the group filled in. So verbs share options without writing them twice.
    """
    parameters = inspect.signature(function).parameters
    hints = get_type_hints(function, include_extras=True)
    groups = {name: hints[name] for name in parameters if dataclasses.is_dataclass(hints[name])}

    @functools.wraps(function)
    def command(**values: Any) -> None:
        filled = {name: _fill(group, values) for name, group in groups.items()}
        with_groups = {name: filled.get(name, values.get(name)) for name in parameters}
        _guarded(lambda: function(**with_groups))

    signature = [
        inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, parameter in parameters.items()
        for option, annotation, default in _options(name, parameter, hints[name], name in groups)
    ]
    command.__signature__ = inspect.Signature(signature)  # pyright: ignore[reportAttributeAccessIssue]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in signature}
    app.command(name=function.__name__)(command)


def _options(name: str, parameter: inspect.Parameter, hint: Any, grouped: bool) -> list[tuple[str, Any, Any]]:
    if not grouped:
        return [(name, hint, parameter.default)]
    hints = get_type_hints(hint, include_extras=True)
    return [(field.name, hints[field.name], field.default) for field in dataclasses.fields(hint)]


def _fill(group: Any, values: dict[str, Any]) -> Any:
    return group(**{field.name: values[field.name] for field in dataclasses.fields(group)})


def _guarded(work: Callable[[], None]) -> None:
    """Errors as one sentence on standard error: 2 the request, 130 interrupted, 1 a fault of this program."""
    try:
        work()
    except BrokenPipeError:
        # The reader of our output went away; point stdout elsewhere so that the interpreter's last flush is quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except Exception as error:
        if "RESOURCE_EXHAUSTED" in str(error) or "Out of memory" in str(error):
            typer.echo("unrolled: not enough memory; use fewer units, members or points.", err=True)
            raise typer.Exit(2) from None
        status, sentence = _explained(error)
        if os.environ.get("UNROLLED_DEBUG"):
            raise
        typer.echo(f"unrolled: {sentence}", err=True)
        raise typer.Exit(status) from None


def _explained(error: Exception) -> tuple[int, str]:
    if isinstance(error, UnrolledError):
        return 2, str(error)
    if isinstance(error, MemoryError):
        return 2, "not enough memory; use fewer units, members or points."
    if isinstance(error, OSError):
        return 2, f"{error.filename or 'the output'} cannot be used: {error.strerror or error}."
    return 1, (
        f"this should not have happened ({type(error).__name__}: {error}). Please report it; with UNROLLED_DEBUG=1 in "
        "the environment the place is shown."
    )
