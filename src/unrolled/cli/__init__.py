"""The command line: parse, call, print."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import warnings
from typing import NoReturn

__all__ = ["main"]

_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
# So long the main thread has to answer a signal; inside a compiled program it cannot.
_PATIENCE = 1.0
_leaving = threading.RLock()


def main() -> None:
    """Run ``unrolled`` with the arguments of the process, and end it with the right status."""
    for name in ("stdout", "stderr"):
        _open_stream(name)
    for number in _ENDING:
        # A shell that starts a command in the background, or nohup, has it ignore a signal; that stands.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    _hear_always()
    # The matrices here are small: threads of a matrix library cost more than they bring, and on a busy machine
    # hundreds of times more. A user's own setting stands.
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # Where a cache is damaged or cannot be written, the libraries work all the same, and need not say so.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache")
    # A letter that the figures' font lacks is drawn as a box; the files of numbers have it.
    warnings.filterwarnings("ignore", message="Glyph .* missing from")
    from unrolled.cli._app import app

    try:
        app(prog_name="unrolled")
    except SystemExit as ending:
        _end(ending.code)


def _hear_always() -> None:
    """Have signals heard while the main thread is inside a compiled program, which may be for minutes."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_hear, args=(ours, theirs), daemon=True).start()


def _hear(ours: socket.socket, _open: socket.socket) -> None:
    from time import sleep

    while heard := ours.recv(1):
        sleep(_PATIENCE)
        # Where another handler stands for a moment, files are being given their names; it will end the program itself.
        if heard[0] in _ENDING and signal.getsignal(heard[0]) is _leave:
            _leave(heard[0], None)


def _end(status: object) -> NoReturn:
    """End the process now: all is written, and libraries would take half a second more to shut down."""
    code = status if isinstance(status, int) else int(status is not None)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # what was printed did not arrive, and the caller should know
        code = code or 1
    os._exit(code)


def _open_stream(name: str) -> None:
    """Have a stream to write to, whatever the shell closed, and one that takes every character."""
    if getattr(sys, name) is None:
        setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (it stays open)
    # A terminal that cannot show a character shows a question mark; it is no reason to lose the results.
    getattr(sys, name).reconfigure(errors="replace")


def _leave(number: int, _frame: object) -> NoReturn:
    """Remove what is half written, and end at once.

    An exception would not do: raised in a callback of a library it is printed and forgotten.
    """
    _leaving.acquire()  # by one thread; the other waits for the end
    # A module that is not loaded, or not to its end, has left nothing yet.
    discard_unfinished = getattr(sys.modules.get("unrolled.storage"), "discard_unfinished", None)
    if discard_unfinished is not None:
        discard_unfinished()
    # A progress bar may have hidden the cursor.
    shown = "\x1b[?25h\n" if sys.stderr.isatty() else ""
    with contextlib.suppress(OSError):
        os.write(2, f"{shown}unrolled: interrupted.\n".encode())
    os._exit(128 + number)
