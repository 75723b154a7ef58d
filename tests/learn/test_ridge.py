"""Ridge regression against other ways to the same numbers: augmented equations, exact fractions, another package."""

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import InputError, TrainingError
from unrolled.learn import Equations, Ridge, generalized_cross_validation, solve_readout, solve_ridge
from unrolled.learn import _ridge as ridge_module
from unrolled.networks import NetworkDesign, initialize_members, member_keys
from unrolled.sequence import SequenceModel
from unrolled.types import Batch, precision

REFERENCES = Path(__file__).parent.parent / "references"


def data(rows, columns, outputs=1, seed=0):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(rows, columns)) + 2.0
    return A, A[:, :1] + rng.normal(size=(rows, outputs))


def augmented(A, y, strength, intercept):
    """``lstsq`` of the equations with ``sqrt(strength) V = 0`` below them: no moments anywhere."""
    mean_A, mean_y = (A.mean(0), y.mean(0)) if intercept else (np.zeros(A.shape[1]), np.zeros(y.shape[1]))
    below = np.sqrt(strength) * np.eye(A.shape[1])
    whole = np.concatenate([A - mean_A, below]), np.concatenate([y - mean_y, np.zeros((A.shape[1], y.shape[1]))])
    V = np.linalg.lstsq(*whole, rcond=None)[0].T
    return V, mean_y - V @ mean_A


@pytest.fixture(params=["orthogonal factors", "moments"])
def way(request, monkeypatch):
    if request.param == "moments":
        monkeypatch.setattr(ridge_module, "_MANY", 0)
    return request.param


@given(
    rows=st.integers(2, 40),
    columns=st.integers(1, 12),
    outputs=st.integers(1, 3),
    strength=st.floats(1e-3, 1e3),
    intercept=st.booleans(),
)
def test_equals_augmented_least_squares(rows, columns, outputs, strength, intercept):
    A, y = data(rows, columns, outputs)
    found = solve_ridge(Equations.of(A, y), strength, intercept=intercept)
    V, c = augmented(A, y, strength, intercept)
    np.testing.assert_allclose(found.V, V, atol=1e-10)
    np.testing.assert_allclose(found.c, c, atol=1e-9)
    assert found.underdetermined == (rows < columns)


@pytest.mark.parametrize("intercept", [True, False])
def test_equals_the_normal_equations_in_fractions(way, intercept):
    """Solved exactly, by Gauss's elimination."""
    del way
    A, y = data(12, 4)
    rows = [[Fraction(v) for v in (*row, *[1] * intercept)] for row in A]
    target, strength = [Fraction(v) for v in y[:, 0]], Fraction(1, 8)
    size = len(rows[0])
    system = [
        [
            sum(r[i] * r[j] for r in rows) + (strength if i == j < 4 else 0)
            for j in range(size)
        ] + [sum(r[i] * t for r, t in zip(rows, target, strict=True))]
        for i in range(size)
    ]  # fmt: skip
    for i in range(size):
        system[i] = [v / system[i][i] for v in system[i]]
        for j in range(size):
            if j != i:
                system[j] = [a - system[j][i] * b for a, b in zip(system[j], system[i], strict=True)]
    exact = np.array([float(row[-1]) for row in system])
    found = solve_ridge(Equations.of(A, y), 0.125, intercept=intercept)
    np.testing.assert_allclose(found.V[0], exact[:4], rtol=1e-11)
    np.testing.assert_allclose(found.c[0], exact[4] if intercept else 0.0, rtol=1e-11)


CASES = json.loads((REFERENCES / "ridge.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["key"])
def test_equals_scikit_learn(way, case):
    del way
    with np.load(REFERENCES / "ridge.npz") as stored:
        A, y, V, c = (stored[f"{case['key']}.{name}"] for name in ("columns", "targets", "V", "c"))
    found = solve_ridge(Equations.of(A, y), case["strength"], intercept=case["intercept"])
    np.testing.assert_allclose(found.V, V, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.c, c, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize(("rows", "columns"), [(30, 6), (8, 20)])
def test_generalized_cross_validation_by_the_hat_matrix(rows, columns, intercept):
    """``n |y - H y|^2 / (n - tr H)^2`` with ``H = A (A^T A + strength)^-1 A^T``, and the intercept's."""
    A, y = data(rows, columns, 2)
    mean = np.full((rows, rows), 1 / rows) * intercept
    A_c, y_c = A - mean @ A, y - mean @ y
    u, s, _ = np.linalg.svd(A_c, full_matrices=False)
    strengths = np.array([0.1, 1.0, 30.0])
    wanted = []
    for strength in strengths:
        hat = A_c @ np.linalg.solve(A_c.T @ A_c + strength * np.eye(columns), A_c.T) + mean
        wanted.append(rows * np.sum((y - hat @ y) ** 2) / (rows - np.trace(hat)) ** 2)
    outside = float(np.sum((y_c - u @ (u.T @ y_c)) ** 2))
    found = generalized_cross_validation(s, u.T @ y_c, outside, rows, strengths, intercept=intercept)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_the_strength_that_is_chosen_is_the_best_of_the_neighbourhood(way):
    del way
    A, y = data(60, 20, seed=3)
    found = solve_ridge(Equations.of(A, y), "gcv")

    def score(strength):
        V, c = augmented(A, y, strength, True)
        s = np.linalg.svd(A - A.mean(0), compute_uv=False)
        freedom = 1 + np.sum(s**2 / (s**2 + strength))
        return np.sum((y - A @ V.T - c) ** 2) / (60 - freedom) ** 2, freedom

    best, freedom = score(found.strength)
    assert all(score(found.strength * factor)[0] >= best for factor in (0.1, 0.5, 2, 10))
    assert found.freedom == pytest.approx(freedom, rel=1e-9)
    np.testing.assert_allclose(found.V, augmented(A, y, found.strength, True)[0], atol=1e-9)


def test_blocks_are_one_set_of_equations(way):
    del way
    A, y = data(9000, 5, 2)
    cuts = [0, 1, 4000, 4001, 8999, 9000]
    blocks = Equations(9000, 5, lambda: [(A[i:j], y[i:j]) for i, j in pairwise(cuts)])
    found, whole = solve_ridge(blocks, 0.5), augmented(A, y, 0.5, True)
    np.testing.assert_allclose(found.V, whole[0], atol=1e-11)
    np.testing.assert_allclose(found.c, whole[1], atol=1e-11)


def test_what_moments_cannot_resolve_is_taken_by_orthogonal_factors(monkeypatch):
    """Columns that differ by 1e-9: of their difference the moments keep no digit."""
    monkeypatch.setattr(ridge_module, "_MANY", 0)
    rng = np.random.default_rng(0)
    A = rng.normal(size=(50, 2))
    A[:, 1] = A[:, 0] + 1e-9 * A[:, 1]
    y = A @ np.array([[1e3], [-1e3]])
    for strength in (1e-22, "gcv"):
        found = solve_ridge(Equations.of(A, y), strength)
        np.testing.assert_allclose(found.V, [[1e3, -1e3]], rtol=1e-4)
    monkeypatch.setattr(ridge_module, "_MANY", 1e99)
    np.testing.assert_allclose(found.V, solve_ridge(Equations.of(A, y), "gcv").V, rtol=1e-6)


def test_no_ridge_is_the_shortest_least_squares():
    A, y = data(4, 9)
    found = solve_ridge(Equations.of(A, y), 0.0, intercept=False)
    np.testing.assert_allclose(found.V, (np.linalg.pinv(A) @ y).T, atol=1e-12)


def test_washout_leaves_leading_steps_out():
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(2, 30, 1))
    targets = inputs + 1
    targets[:, :5] = 1e6
    with precision("float64") as dtype:
        networks = initialize_members(NetworkDesign(), 1, 1, keys=member_keys(0, 1), dtype=dtype)
        made = solve_readout(networks, Ridge(0.0, washout=5), Batch(inputs, targets)).networks
        last = solve_readout(networks, Ridge(0.0, washout=5), Batch(inputs, targets[:, 5:])).networks
    for one in (made, last):
        np.testing.assert_allclose(one.readout.V, [[[1.0]]])
        np.testing.assert_allclose(one.readout.c, [[1.0]])


def test_a_sequence_model_learns_by_it_and_comes_back(tmp_path):
    import unrolled

    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(1, 200, 1))
    targets = np.roll(inputs, 1, axis=1) * 0.5
    model = SequenceModel(NetworkDesign.parse("leaky-elman:30:tanh:0.8"), Ridge(washout=20), members=2)
    fitted = model.fit(Batch(inputs, targets))
    error = fitted.predict(inputs, last=150)[:, 0] - targets[0, -150:]
    assert np.abs(error).mean() < 0.1
    again = unrolled.load(fitted.save(tmp_path / "model"))
    assert again.model == model
    np.testing.assert_array_equal(again.predict(inputs), fitted.predict(inputs))


def of_blocks(rows, columns, *blocks):
    return solve_ridge(Equations(rows, columns, lambda: blocks))


def of_ones(learner, **called):
    return SequenceModel(NetworkDesign(), learner).fit(Batch(np.ones((1, 9, 1)), np.ones((1, 9, 1))), **called)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: solve_ridge(Equations.of(*data(3, 2)), -1.0), "strength must be a finite number of at least 0"),
        (lambda: solve_ridge(Equations.of(*data(3, 2)), "cv"), "or 'gcv'; came 'cv'"),
        (lambda: solve_ridge(Equations.of(*data(0, 2))), "one equation at least"),
        (lambda: solve_ridge(Equations.of(*data(3, 2)), np.ones(2)), "strength must be a finite number"),
        (lambda: solve_ridge(Equations.of(*data(3, 2)), None), "strength must be a finite number"),
        (lambda: solve_ridge(Equations.of(*data(3, 2)), intercept=1), "intercept must be True or False"),
        (lambda: solve_ridge(data(3, 2)), "equations must be Equations; came tuple"),
        (lambda: Equations.of(np.ones(3), np.ones((3, 1))), r"columns .* of shape \(row, column\); came shape \(3,\)"),
        (lambda: Equations.of(np.ones((3, 1)), np.ones(3)), r"targets .* of shape \(row, output\); came shape \(3,\)"),
        (lambda: Equations.of(np.ones((3, 1)), np.ones((4, 1))), "as many rows; came 3 and 4"),
        (lambda: Equations.of([[1.0], []], [[1.0], [2.0]]), "columns .* rows of several lengths"),
        (lambda: Equations.of([["a"]], [[1.0]]), "columns must be an array of numbers"),
        (lambda: Equations.of(None, [[1.0]]), "columns must be an array of numbers"),
        (lambda: of_blocks(3, 2, data(3, 4)), r"columns \(row, 2\) and targets .* came \(3, 4\) and \(3, 1\)"),
        (lambda: of_blocks(3, 2, (np.ones((3, 2)), np.ones((2, 1)))), "of as many rows"),
        (lambda: of_blocks(3, 2, (np.ones((3, 2)), np.ones(3))), "targets"),
        (lambda: of_blocks(4, 2, data(3, 2)), "4 rows together and have 3"),
        (lambda: of_blocks(3, 2, data(2, 2), data(2, 2)), "3 rows together and have 4"),
        (lambda: of_blocks(3, 2), "3 rows together and have 0"),
        (lambda: of_blocks(4, 2, data(2, 2), data(2, 2, 3)), "as many outputs as the first"),
        (lambda: Ridge(washout=-1).check(), "washout"),
        (lambda: Ridge(intercept=1).check(), "intercept"),
        (lambda: of_ones(Ridge(washout=9)), "a washout of 9 steps leaves nothing of 9"),
        (lambda: of_ones(Ridge(), watch=print), "would never be called"),
    ],
)
def test_wrong_requests(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_values_that_are_not_finite(way):
    del way
    A, y = data(30, 2)
    A[3, 1] = np.inf
    with pytest.raises(TrainingError, match="not finite"), np.errstate(all="ignore"):
        solve_ridge(Equations.of(A, y), 1.0)
