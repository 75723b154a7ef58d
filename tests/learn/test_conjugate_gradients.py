"""Conjugate gradients against a direct solve, and the rules around them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.learn import Acceptance, ConjugateGradients, LevenbergMarquardt
from unrolled.types import precision

N = 12
EXACT = ConjugateGradients(most=60, progress=0.0)


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def positive(seed, conditioning=100.0):
    rng = np.random.default_rng(seed)
    q, _ = np.linalg.qr(rng.normal(size=(N, N)))
    return q @ np.diag(np.geomspace(1.0, conditioning, N)) @ q.T, rng.normal(size=N), rng.normal(size=N)


@jax.jit
def solve_exactly(A, b, start, diagonal):
    return EXACT.solve(lambda v: A @ v, b, start, diagonal)


@given(st.integers(0, 1000), st.booleans())
def test_solution_is_that_of_a_direct_solve(seed, preconditioned):
    A, b, start = positive(seed)
    path = solve_exactly(A, b, start, np.diag(A) if preconditioned else np.ones(N))
    wanted = np.linalg.solve(A, b)
    np.testing.assert_allclose(path.points[path.last], wanted, rtol=0, atol=1e-8)
    np.testing.assert_allclose(path.model, -b @ wanted / 2, rtol=1e-9)
    assert path.finite
    assert not path.negative


def test_iterates_are_those_of_the_krylov_spaces():
    """x_k minimizes the model over start + span(r, A r, ..., A^(k-1) r): every kept iterate, by least squares."""
    A, b, start = positive(3)
    path = solve_exactly(A, b, start, np.ones(N))
    r = b - A @ start
    basis = np.stack([np.linalg.matrix_power(A, k) @ r for k in range(7)], axis=1)
    for place in range(5):
        k = int(path.numbers[place])
        q, _ = np.linalg.qr(basis[:, :k])
        wanted = start + q @ np.linalg.solve(q.T @ A @ q, q.T @ r)
        np.testing.assert_allclose(path.points[place], wanted, rtol=0, atol=1e-7)


def test_model_falls_along_the_path():
    A, b, start = positive(4)
    path = solve_exactly(A, b, start, np.ones(N))
    models = [x @ A @ x / 2 - b @ x for x in np.asarray(path.points[: int(path.last) + 1])]
    assert np.all(np.diff(models) <= 1e-12)


def iterates(A, b, count):
    """x_0, x_1, ... of the textbook's conjugate gradients, from 0."""
    x, r = np.zeros(len(b)), b.copy()
    p, found = r.copy(), [np.zeros(len(b))]
    for _ in range(count):
        length = (r @ r) / (p @ A @ p)
        x, after = x + length * p, r - length * A @ p
        p, r = after + (after @ after) / (r @ r) * p, after
        found.append(x)
    return found


def test_relative_progress_ends_it_by_its_formula():
    A, b, start = positive(5, conditioning=1e6)
    told = ConjugateGradients(most=100, progress=1e-3)
    path = jax.jit(lambda: told.solve(lambda v: A @ v, b, 0 * start))()
    xs = dict(enumerate(iterates(A, b, int(path.iterations))))
    phi = {k: x @ A @ x / 2 - b @ x for k, x in xs.items()}
    ended = [i for i in phi if i > 10 and (phi[i] - phi[i - 10]) / phi[i] < 10 * 1e-3]
    assert int(path.iterations) == ended[0]


def test_negative_curvature_and_what_is_not_finite_end_it():
    A, b, start = positive(6)
    indefinite = jax.jit(lambda: EXACT.solve(lambda v: -A @ v, b, 0 * start))()
    assert indefinite.negative
    assert indefinite.finite
    assert int(indefinite.iterations) == 0
    np.testing.assert_array_equal(indefinite.points[indefinite.last], 0)
    broken = jax.jit(lambda: EXACT.solve(lambda v: A @ v * jnp.nan, b, 0 * start))()
    assert not broken.finite
    assert np.isfinite(broken.points[broken.last]).all()


def test_scalars_are_in_double_precision_whatever_the_vectors_are():
    A, b, start = (part.astype(np.float32) for part in positive(7))
    path = EXACT.solve(lambda v: A @ v, b, start)
    assert path.points.dtype == np.float32
    assert path.model.dtype == np.float64


@pytest.mark.parametrize(("rho", "factor"), [(0.1, 1.5), (0.5, 1.0), (0.9, 1 / 1.5), (-3.0, 1.5), (np.nan, 1.5)])
def test_damping_follows_the_ratio(rho, factor):
    assert float(LevenbergMarquardt().adapt(jnp.asarray(2.0), jnp.asarray(rho))) == pytest.approx(2 * factor)


def path_of(points):
    A = np.eye(len(points[0]))
    path = EXACT.solve(lambda v: A @ v, np.zeros(len(points[0])), np.zeros(len(points[0])))
    kept = path.points.at[: len(points)].set(np.array(points))
    return path._replace(points=kept, last=jnp.asarray(len(points) - 1))


def test_backtracking_goes_back_while_another_batch_gains():
    path = path_of([[0.5], [1.0], [1.6], [2.0]])
    other = lambda change: (change[0] - 1.1) ** 2  # noqa: E731
    accepted = Acceptance().accept(path, jnp.array([-1.0]), lambda change: -change[0], other)
    assert int(accepted.place) == 1
    assert float(accepted.change[0]) == 1.0
    assert float(accepted.size) == 1.0
    last = Acceptance(backtrack=False).accept(path, jnp.array([-1.0]), lambda change: -change[0], other)
    assert int(last.place) == 3


def test_line_search_takes_the_first_share_that_descends_enough():
    path = path_of([[4.0]])
    value = lambda change: (change[0] - 1.0) ** 2  # noqa: E731
    accepted = Acceptance(slope=0.01).accept(path, jnp.array([-2.0]), value, value)
    shares = [0.8**i for i in range(20)]
    wanted = next(s for s in shares if (4 * s - 1) ** 2 <= 1 + 0.01 * s * (-8.0))
    assert float(accepted.size) == pytest.approx(wanted)


def test_step_that_never_descends_is_given_up():
    accepted = Acceptance().accept(
        path_of([[1.0]]), jnp.array([1.0]), lambda change: change[0], lambda change: change[0]
    )
    assert float(accepted.size) == 0.0
    lost = Acceptance().accept(
        path_of([[1.0]]), jnp.array([-1.0]), lambda c: jnp.where(c[0] != 0, jnp.nan, 0.0), jnp.sum
    )
    assert float(lost.size) == 0.0


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (ConjugateGradients, {"most": 0}, "most must be a whole number"),
        (ConjugateGradients, {"warmth": 1.5}, "warmth must be a finite number of at least 0 and at most 1"),
        (ConjugateGradients, {"progress": -1.0}, "progress must be a finite number"),
        (LevenbergMarquardt, {"start": 0.0}, "start must be a finite number of at least 1e-20"),
        (LevenbergMarquardt, {"factor": 1.0}, "factor must be a finite number above 1"),
        (LevenbergMarquardt, {"start": 1e21}, "at most 1e"),
        (LevenbergMarquardt, {"factor": True}, "factor must be a finite number"),
        (Acceptance, {"shorten": 1.0}, "shorten must be a finite number above 0 and below 1"),
        (Acceptance, {"slope": "0.1"}, "slope must be a finite number"),
        (Acceptance, {"backtrack": 1}, "backtrack must be True or False"),
        (Acceptance, {"tries": -1}, "tries must be a whole number"),
    ],
)
def test_settings_out_of_range_are_refused(kind, settings, message):
    with pytest.raises(InputError, match=message):
        kind(**settings)
