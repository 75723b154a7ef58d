"""What is loaded when, seen in `sys.modules` of a process of its own."""

import json
import subprocess
import sys

import pytest

_WATCH = """
import json, os, sys
os._exit = sys.exit  # the command ends at once; here there is something left to do
sys.argv = ["unrolled", *json.loads(sys.argv[1])]
import unrolled
if len(sys.argv) > 1:
    from unrolled.cli import main
    try:
        main()
    except SystemExit as end:
        assert not end.code, end.code
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
_HEAVY = {"jax", "jaxlib", "matplotlib", "scipy", "optax", "equinox", "pandas", "polars", "sklearn"}


def _loaded(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _WATCH, json.dumps(arguments)], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [(), ("--help",), ("--version",), ("extrapolate", "--help"), ("compare", "-h")])
def test_help_loads_no_arrays(arguments):
    assert not _loaded(*arguments) & (_HEAVY | {"numpy", "rich"})


@pytest.mark.parametrize("arguments", [("datasets",), ("datasets", "pairing-particles")])
def test_datasets_load_no_networks(arguments):
    assert not _loaded(*arguments) & _HEAVY


def test_a_run_without_figures_loads_no_matplotlib(tmp_path):
    options = ("--model", "autoregression", "--figures", "none", "--out", str(tmp_path / "o"))
    assert not _loaded("extrapolate", *options) & {"matplotlib", "pandas", "polars", "sklearn", "scipy.interpolate"}
