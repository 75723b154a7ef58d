"""What every maker of references writes: arrays in one .npz, and what they are in one JSON file beside it."""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def rng_for(name):
    """Numbers that belong to the name, so that adding a case leaves the others as they are."""
    return np.random.default_rng(list(name.encode()))


class Store:
    """Arrays under their keys; the key is what the JSON file mentions."""

    def __init__(self):
        self.arrays = {}

    def put(self, key, array):
        if key in self.arrays:
            raise KeyError(f"{key} is taken")
        self.arrays[key] = np.asarray(array)
        return key

    def write(self, name, packages, description):
        """Write NAME.npz and NAME.json; running again on the same machine gives the same bytes."""
        versions = {package: version(package) for package in packages}
        np.savez(HERE / f"{name}.npz", **self.arrays)
        text = json.dumps({"versions": versions, **description}, indent=1)
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")
