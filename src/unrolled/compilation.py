"""What compilation costs, and where compiled programs are kept between runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

__all__ = ["Compilations", "cache_folder", "compiled", "count_compilations", "use_compilation_cache"]

_CACHE_BYTES = 500_000_000
_COMPILED = "/jax/core/compile/backend_compile_duration"
_EVENTS = (
    "/jax/core/compile/jaxpr_trace_duration",
    "/jax/core/compile/jaxpr_to_mlir_module_duration",
    _COMPILED,
)
# The library of small kernels that XLA hands products of matrices to on a CPU packs the weights anew at every step of a
# sweep; without it a layer of 128 units learns a fifth faster. Asked for only where it was measured: a compiler refuses
# options that it does not know.
_OPTIONS = {"xla_cpu_experimental_ynn_fusion_type": ""}
_KNOWN_TO = ((0, 10), (0, 13))
# The older way to write machine code takes three fifths of the time; measured where it is asked for.
_MANY_PIECES = {"xla_cpu_use_fusion_emitters": False}
_PIECES_KNOWN_TO = ((0, 10),)


@dataclass
class Compilations:
    """How many programs were compiled (or read from the cache), and the seconds that took, tracing included."""

    programs: int = 0
    seconds: float = 0.0


_counting: list[Compilations] = []
_state = {"listening": False}


@contextmanager
def count_compilations() -> Iterator[Compilations]:
    """Count compilations, and their seconds, inside a ``with`` block.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from unrolled.compilation import count_compilations
    >>> with count_compilations() as counted:
    ...     _ = jax.jit(lambda x: x * 3.125)(jnp.ones(3))
    >>> counted.programs >= 1
    True
    """
    _listen()
    counted = Compilations()
    _counting.append(counted)
    try:
        yield counted
    finally:
        _counting.remove(counted)


def compiled(function: Callable[..., Any], *, many_pieces: bool = False, **settings: Any) -> Any:
    """``jax.jit`` with the compiler set for sweeps through time: small products, many of them.

    For whole programs: JAX takes no such settings where one compiled function is used in another.

    Parameters
    ----------
    function
        What is to be compiled.
    many_pieces
        Whether the program is of hundreds of small pieces that run briefly: its compilation is then most of the time,
        and is made shorter.
    settings
        Those of ``jax.jit``, as ``static_argnames``.

    Examples
    --------
    >>> from unrolled.compilation import compiled
    >>> float(compiled(lambda x: 2 * x)(1.5))
    3.0
    """
    import jax

    return jax.jit(function, compiler_options=_options(many_pieces), **settings)


def _options(many_pieces: bool) -> dict[str, Any] | None:
    jaxlib = tuple(int(part) for part in version("jaxlib").split(".")[:2])
    if not _KNOWN_TO[0] <= jaxlib < _KNOWN_TO[1]:
        return None
    return dict(_OPTIONS) | (_MANY_PIECES if many_pieces and jaxlib in _PIECES_KNOWN_TO else {})


def cache_folder() -> Path:
    """Where compiled programs are kept: ``UNROLLED_CACHE_DIR``, or a folder of the user's cache."""
    named = os.environ.get("UNROLLED_CACHE_DIR")
    if named:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "unrolled"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "unrolled" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "unrolled"


def use_compilation_cache() -> bool:
    """Keep compiled programs on disk, so that the next process need not compile them again.

    The command line does this; in a program of your own call it once, before anything is computed. The folder is
    bounded at 500 MB, oldest out first. ``UNROLLED_CACHE_DIR=off`` turns the cache off, and it is simply off where
    the folder cannot be written.

    Returns
    -------
    bool
        Whether the cache is on.
    """
    if os.environ.get("UNROLLED_CACHE_DIR") == "off":
        return False
    try:
        folder = cache_folder()
    except RuntimeError:  # neither HOME nor an entry in the list of users, as in a container
        return False
    if not _writable(folder):
        return False
    import jax

    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_compilation_cache_max_size", _CACHE_BYTES)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    return True


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _listen() -> None:
    if _state["listening"]:
        return
    from jax import monitoring

    monitoring.register_event_duration_secs_listener(_on_event)
    _state["listening"] = True


def _on_event(event: str, duration_secs: float, **_: str | int) -> None:
    if event in _EVENTS:
        for counted in _counting:
            counted.seconds += duration_secs
            counted.programs += event == _COMPILED
