"""Processes that die alone."""

import gc
import math
import os
import signal
import time
from concurrent.futures import BrokenExecutor

import pytest

from unrolled.cli._processes import Processes


def test_a_killed_process_costs_its_own_call_alone():
    with Processes(2, gc.collect) as pool:
        first = [pool.submit(os.getpid), pool.submit(math.sqrt, 4.0)]
        killed = [pool.submit(signal.raise_signal, signal.SIGKILL), pool.submit(os._exit, 1)]
        after = [pool.submit(math.sqrt, float(number)) for number in range(4)]
        assert first[0].result() != os.getpid()
        assert first[1].result() == 2
        for one in killed:
            with pytest.raises(BrokenExecutor):
                one.result()
        assert [one.result() for one in after] == [math.sqrt(number) for number in range(4)]


def test_a_call_whose_process_was_ended_is_tried_once_more(tmp_path):
    ended = (
        f"import os; first = not os.path.exists({str(tmp_path / 'been')!r}); os.makedirs({str(tmp_path / 'been')!r}, "
    )
    with Processes(1, gc.collect) as pool:
        assert pool.submit(exec, ended + "exist_ok=True); first and os._exit(1)").result() is None
    assert (tmp_path / "been").exists()


def test_errors_come_back_and_do_not_cost_the_process():
    with Processes(1, gc.collect) as pool:
        before = pool.submit(os.getpid)
        with pytest.raises(ValueError, match=r"math domain error|nonnegative"):
            pool.submit(math.sqrt, -1.0).result()
        assert pool.submit(os.getpid).result() == before.result()


def test_what_has_not_begun_is_dropped_with_the_executor():
    with Processes(1, gc.collect) as pool:
        running = pool.submit(math.sqrt, 4.0)
        waiting = [pool.submit(time.sleep, 0.5) for _ in range(5)]
        running.result()
    assert waiting[-1].cancelled()
