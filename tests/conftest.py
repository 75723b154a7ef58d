"""Strict tests: shapes checked at every call, warnings are errors (see pyproject.toml), examples drawn the same way.

`jax_numpy_rank_promotion="raise"` is not set: a bias of shape (unit,) is added to activities of any number of batch
axes, which is the one promotion that this package lives on; the shape checks catch the others.
"""

import gc
import os
import signal
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A runner in the background ignores Ctrl-C, nohup ignores the end of a terminal, and children inherit that: then the
# tests of signals would test nothing.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# As the command line does, and before numpy is loaded: on a busy machine threads of a matrix library cost more than
# they bring to matrices as small as these.
for threads in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

# Tests are short and compile much: the dearest passes of the compiler cost more than they bring here. Whoever wants the
# ordinary ones sets XLA_FLAGS. A process ends at a flag that its compiler does not know: hence the version.
_FLAGS = ["--xla_backend_optimization_level=0", "--xla_llvm_disable_expensive_passes=true"]
if version("jaxlib").startswith("0.10."):
    _FLAGS += ["--xla_cpu_use_fusion_emitters=false", "--xla_cpu_parallel_codegen_split_count=1"]
os.environ.setdefault("XLA_FLAGS", " ".join(_FLAGS))

from shape_checker import check_shapes  # noqa: E402 (jaxtyping loads numpy)

check_shapes("unrolled")

# Compiled programs are kept between tests and between runs; tests that start the command line inherit the folder.
os.environ.setdefault("UNROLLED_CACHE_DIR", str(Path(__file__).parent.parent / ".cache" / "tests"))

from unrolled.compilation import use_compilation_cache  # noqa: E402 (after the hook)

use_compilation_cache()

# Thousands of programs are traced, whose objects stay: looking through them every few hundred allocations takes a tenth
# of the time.
gc.set_threshold(50_000, 20, 20)


@pytest.fixture(autouse=True, scope="module")
def _programs_are_let_go():
    """Every program takes pages of memory, of which a process may have so many; the folder above keeps them anyway."""
    yield
    import jax

    jax.clear_caches()


# The same examples every time, and no limit on the time of one: its first call compiles.
settings.register_profile(
    "strict", derandomize=True, deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("strict")

# Scripts that write references need Keras and PyTorch; they are no tests.
collect_ignore = ["references"]
