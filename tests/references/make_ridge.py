"""Write ridge.npz and ridge.json: ridge regressions by scikit-learn.

Run it where scikit-learn is installed: `python tests/references/make_ridge.py`.
"""

import numpy as np
from sklearn.linear_model import Ridge
from store import Store, rng_for

CASES = {"tall": (40, 6, 2, 0.3), "wide": (8, 20, 1, 1e-3), "nearly dependent": (60, 10, 1, 1e-6)}


def equations(name):
    """Columns and targets; those of one case depend on each other up to 1e-7."""
    rows, columns, outputs, _ = CASES[name]
    rng = rng_for(name)
    A = rng.normal(size=(rows, columns)) + 3.0
    if name == "nearly dependent":
        A[:, -1] = A[:, 0] + 1e-7 * rng.normal(size=rows)
    return A, A[:, :1] * np.ones(outputs) + rng.normal(size=(rows, outputs))


def main():
    """All cases, with and without an intercept."""
    store, cases = Store(), []
    for name, (*_, strength) in CASES.items():
        A, y = equations(name)
        for intercept in (True, False):
            made = Ridge(alpha=strength, fit_intercept=intercept, solver="svd").fit(A, y)
            key = f"{name}.{intercept}"
            store.put(f"{key}.columns", A)
            store.put(f"{key}.targets", y)
            store.put(f"{key}.V", np.atleast_2d(made.coef_))
            store.put(f"{key}.c", np.atleast_1d(made.intercept_) * np.ones(y.shape[1]))
            cases.append({"key": key, "strength": strength, "intercept": intercept})
    store.write("ridge", ["scikit-learn", "numpy"], {"cases": cases})


if __name__ == "__main__":
    main()
