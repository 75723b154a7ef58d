"""Processes that die alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

__all__ = ["Processes"]


class Processes:
    """An executor of so many processes; where the system ends one, no call is touched but the one that it was at.

    A pool of the standard library gives up as a whole when one of its processes is killed, which is what happens when
    memory runs out. So every process is a pool of its own here, and one that broke is replaced. The call is tried once
    more, for others may have ended by then; it fails where the second process is ended as well.
    """

    def __init__(self, count: int, begin: Callable[[], None]) -> None:
        self._threads = ThreadPoolExecutor(count)
        self._begin = begin
        self._own = threading.local()
        self._pools: set[ProcessPoolExecutor] = set()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Begin a call in the next process that is free."""
        return self._threads.submit(self._call, function, arguments, named)

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        for pool in self._pools:
            pool.shutdown()

    def _call(self, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        try:
            return self._once(function, arguments, named)
        except BrokenExecutor:
            return self._once(function, arguments, named)

    def _once(self, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        pool = getattr(self._own, "pool", None)
        if pool is None:
            # A process that has loaded JAX must not be forked.
            pool = self._own.pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=self._begin)
            self._pools.add(pool)
        try:
            return pool.submit(function, *arguments, **named).result()
        except BrokenExecutor:
            self._own.pool = None
            self._pools.discard(pool)
            raise
