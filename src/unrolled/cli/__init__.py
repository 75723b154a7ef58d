"""The command line: parse, call, print."""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main() -> None:
    """Run ``unrolled`` with the arguments of the process, and end it with the right status."""
    # The matrices here are small: threads of a matrix library cost more than they bring, and on a busy machine
    # hundreds of times more. A user's own setting stands.
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    try:
        from unrolled.cli._app import app

        app(prog_name="unrolled")
    except KeyboardInterrupt:
        sys.exit(130)
