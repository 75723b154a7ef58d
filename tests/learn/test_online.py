"""Learning from fresh batches: any algorithm, one loop, to the same numbers however it is cut."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from unrolled.compilation import count_compilations
from unrolled.errors import InputError
from unrolled.learn import (
    ConjugateGradients,
    FirstOrder,
    GaussNewton,
    GradientSquares,
    Hessian,
    HessianFree,
    LevenbergMarquardt,
    NetworkObjective,
    Objective,
    Optimizer,
    StepStatus,
    learn_online,
    minimize,
)
from unrolled.networks import NetworkDesign, member_keys
from unrolled.types import Batch, precision


@dataclass(frozen=True)
class Recall:
    """Say at the end what came first; solved when all are right within a tenth."""

    time: int = 3
    spoiled: bool = False

    def draw(self, count, *, key):
        inputs = jax.random.uniform(key, (count, self.time, 1), minval=-0.5, maxval=0.5)
        targets = inputs[:, :1] + jnp.inf if self.spoiled else inputs[:, :1]
        return Batch(inputs, targets)

    def test(self, *, key):
        return self.draw(300, key=key)

    def right(self, outputs, batch):
        return (jnp.abs(outputs - batch.targets) < 0.1).all(axis=(1, 2))

    def error(self, outputs, batch):
        return jnp.mean(~self.right(outputs, batch))

    def solved(self, outputs, batch):
        return self.right(outputs, batch).all()


ADAM = FirstOrder(Optimizer("adam", 0.02), batch_size=16, clip_norm=1.0)
HF = HessianFree(GaussNewton(structural=0.1), ConjugateGradients(most=20), gradient_batch=60, curvature_batch=30)
KEY = member_keys(0, 1)[0]


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def network_of(text="elman:6", dtype=np.float64):
    return NetworkDesign.parse(text).initialize(1, 1, key=KEY, dtype=dtype)


def learn(problem=Recall(), algorithm=ADAM, network=None, **ways):
    told = {"loss": "squared", "key": KEY, "steps": 400, "every": 10} | ways
    return learn_online(problem, network or network_of(), algorithm, **told)


def same(one, other):
    return all((a == b).all() for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True))


@pytest.mark.parametrize("algorithm", [ADAM, HF], ids=["adam", "hessian-free"])
def test_a_problem_is_solved_and_the_run_ends_there(algorithm):
    ways = {"every": 2, "steps": 60} if algorithm is HF else {}
    run = learn(algorithm=algorithm, **ways)
    assert run.solved
    assert run.judged.solved.tolist() == [False] * (len(run.judged.step) - 1) + [True]
    assert run.steps == run.judged.step[-1]
    assert run.sequences == run.steps * algorithm.sequences
    assert run.infos.loss.shape == (run.steps,)
    assert run.clock[0, -1] == run.steps
    assert run.clock[1, -1] == run.seconds > 0


def test_the_judgement_is_that_of_the_network_it_leaves():
    run = learn(steps=20)
    test = Recall().test(key=jax.random.split(KEY)[0])
    outputs = run.parameters(test.inputs)[:, -1:]
    assert not run.solved
    assert run.judged.step.tolist() == [10, 20]
    assert run.judged.right[-1] == pytest.approx(np.mean(Recall().right(outputs, test)))
    assert run.judged.error[-1] == pytest.approx(1 - run.judged.right[-1])
    assert run.judged.loss[-1] == pytest.approx(np.mean((outputs - test.targets) ** 2))
    # On the way few are right yet, so the first of them are judged alone.
    earlier = learn(steps=10, every=3)
    first = test.rows(0, 256)
    outputs = learn(steps=9, every=3).parameters(first.inputs)[:, -1:]
    assert earlier.judged.step.tolist() == [3, 6, 9, 10]
    assert earlier.judged.loss[2] == pytest.approx(np.mean((outputs - first.targets) ** 2))


@pytest.mark.parametrize("algorithm", [ADAM, HF], ids=["adam", "hessian-free"])
def test_a_run_that_was_cut_goes_on_to_the_same_bytes(algorithm, tmp_path):
    whole = learn(algorithm=algorithm, steps=8, every=3)
    cut = learn(algorithm=algorithm, steps=5, every=3, keep=tmp_path / "run")
    rest = learn(algorithm=algorithm, steps=8, every=3, keep=tmp_path / "run")
    assert cut.steps == 5
    assert same(whole.progress, rest.progress)
    assert same(whole.judged, rest.judged)
    assert rest.clock[0].tolist()[: cut.clock.shape[1]] == cut.clock[0].tolist()
    assert rest.seconds > cut.seconds


def test_a_run_can_be_continued_for_longer_than_it_was_made_for(tmp_path):
    path = tmp_path / "folder" / "run"
    learn(Recall(time=12), steps=256, keep=path)
    longer = learn(Recall(time=12), steps=300, keep=path)
    assert same(learn(Recall(time=12), steps=300).parameters, longer.parameters)
    assert len(longer.infos.loss) == longer.steps
    again = learn(Recall(time=12), steps=200, keep=path)  # nothing is left to do
    assert again.steps == longer.steps


def test_a_file_of_another_run_is_refused(tmp_path):
    learn(steps=3, keep=tmp_path / "run")
    for other in ({"key": member_keys(1, 1)[0]}, {"every": 11}, {"problem": Recall(time=4)}):
        with pytest.raises(InputError, match="is of another run"):
            learn(steps=3, keep=tmp_path / "run", **other)
    (tmp_path / "run").write_bytes(b"{}")
    with pytest.raises(InputError, match="cannot be read"):
        learn(steps=3, keep=tmp_path / "run")


def test_the_key_decides():
    assert same(learn(steps=5).parameters, learn(steps=5).parameters)
    assert not same(learn(steps=5).parameters, learn(steps=5, key=member_keys(1, 1)[0]).parameters)


def test_one_program_for_all_numbers_of_steps():
    learn(steps=3)
    with count_compilations() as counted:
        learn(steps=7)
    assert counted.programs == 0


def test_single_precision_stays_single_within_double():
    run = learn(network=network_of(dtype=np.float32), algorithm=HF, steps=2, every=1)
    assert {leaf.dtype for leaf in jax.tree.leaves(run.parameters)} == {np.dtype("float32")}
    assert run.progress.state.lam.dtype == np.float64
    assert np.isfinite(run.infos.rho).all()


@pytest.mark.parametrize("algorithm", [ADAM, HF], ids=["adam", "hessian-free"])
def test_what_is_not_finite_is_never_taken(algorithm):
    run = learn(Recall(spoiled=True), algorithm, every=100)
    assert run.failed
    assert run.steps == 20
    assert (run.infos.status == StepStatus.NOT_FINITE).all()
    assert same(run.parameters, jax.tree.map(jnp.asarray, network_of()))


def test_time_is_limited_and_the_watch_sees_it():
    seen = []
    run = learn(Recall(time=40), steps=100_000, seconds=0.3, watch=seen.append)
    assert not run.solved
    assert 0.3 <= run.seconds < 30
    assert [online.steps for online in seen] == sorted(online.steps for online in seen)
    assert seen[-1].steps == run.steps


@dataclass(frozen=True)
class Points:
    """x and y of a parabola."""

    def draw(self, count, *, key):
        x = jnp.linspace(-1, 1, count)
        return x, 1 - 2 * x + 3 * x**2


@dataclass
class Unhashable:
    """Equal by value, and without a hash."""

    def draw(self, count, *, key):
        return Points().draw(count, key=key)


def parabola(theta, batch):
    return theta["level"] + theta["slope"] * batch[0] + theta["bend"] * batch[0] ** 2


def misfit(z, batch):
    return jnp.mean((z - batch[1]) ** 2)


BEGIN = dict.fromkeys(("level", "slope", "bend"), np.float64(0))


@pytest.mark.parametrize(
    ("objective", "curvature"),
    [
        (Objective(misfit, parabola), GaussNewton()),
        (Objective(misfit, parabola), Hessian()),
        (Objective(lambda theta, batch: misfit(parabola(theta, batch), batch)), Hessian()),
    ],
)
def test_a_function_of_ones_own_is_minimized(objective, curvature):
    algorithm = HessianFree(curvature, damping=LevenbergMarquardt(1e-3), gradient_batch=20, curvature_batch=20)
    found = minimize(objective, BEGIN, algorithm, Points(), key=KEY, steps=25)
    assert {name: float(value) for name, value in found.parameters.items()} == pytest.approx(
        {"level": 1.0, "slope": -2.0, "bend": 3.0}, abs=1e-6
    )


def test_the_history_says_what_a_step_did():
    algorithm = HessianFree(damping=LevenbergMarquardt(1e-6), gradient_batch=20, curvature_batch=20)
    infos = minimize(Objective(misfit, parabola), BEGIN, algorithm, Points(), key=KEY, steps=3).infos
    # The function is its own quadratic model, so rho is 1 and lam falls by 2/3 every step.
    np.testing.assert_allclose(infos.rho[0], 1.0, rtol=1e-6)
    np.testing.assert_allclose(infos.lam, 1e-6 * (2 / 3) ** np.arange(3), rtol=1e-12)
    assert 3 <= infos.iterations[0] <= 4  # as many as there are parameters, or one more for the rounding
    assert 3 <= infos.point[0] <= 4
    assert infos.step_size[0] == 1
    assert infos.status[0] == StepStatus.TAKEN
    assert infos.loss[1] < 1e-8 * infos.loss[0]


def test_preconditioner_is_the_diagonal_of_single_gradients_and_changes_no_solution():
    theta = {name: np.float64(0.3) for name in BEGIN}
    flat, unravel = ravel_pytree(theta)
    objective, batch, lam = Objective(misfit, parabola), Points().draw(7, key=KEY), 0.2

    def value(flat, batch):
        return objective.value(unravel(flat), batch)

    ours = GradientSquares(0.75).diagonal(value, flat, batch, jnp.asarray(lam))
    singles = [jax.grad(value)(flat, tuple(part[i : i + 1] for part in batch)) for i in range(7)]
    np.testing.assert_allclose(ours, (np.mean(np.square(singles), axis=0) + lam) ** 0.75, rtol=1e-12)
    told = {"damping": LevenbergMarquardt(1e-3), "gradient_batch": 20, "curvature_batch": 20}
    algorithm = HessianFree(preconditioner=GradientSquares(), **told)
    found = minimize(objective, BEGIN, algorithm, Points(), key=KEY, steps=25)
    assert float(found.parameters["bend"]) == pytest.approx(3.0, abs=1e-6)
    assert not learn(algorithm=replace(HF, preconditioner=GradientSquares()), steps=2, every=1).failed


def test_negative_curvature_is_said_and_survived():
    saddle = Objective(lambda theta, batch: jnp.sum(theta[0] ** 2 - theta[1] ** 2 + theta[1] ** 4))
    algorithm = HessianFree(Hessian(), damping=LevenbergMarquardt(1e-3), gradient_batch=1, curvature_batch=1)
    found = minimize(saddle, jnp.array([0.5, 0.1]), algorithm, Points(), key=KEY, steps=60)
    assert (found.infos.status == StepStatus.NEGATIVE_CURVATURE).any()
    assert np.isfinite(found.parameters).all()
    assert found.infos.loss[-1] < -0.2  # the two valleys are at -1/4


def test_what_cannot_work_is_refused_before_anything_is_compiled():
    with pytest.raises(InputError, match="steps must be a whole number"):
        learn(steps=0)
    with pytest.raises(InputError, match="every must be a whole number"):
        learn(every=0)
    with pytest.raises(InputError, match="seconds must be"):
        learn(seconds=-1.0)
    with pytest.raises(InputError, match="the loss gaussian is not convex"):
        learn_online(
            Recall(), NetworkDesign.parse("elman:2").initialize(1, 2, key=KEY), HF, loss="gaussian", key=KEY, steps=1
        )
    with pytest.raises(InputError, match="cross-entropy needs the output function"):
        learn(loss="cross-entropy")
    with pytest.raises(InputError, match="must be hashable: make it a frozen dataclass"):
        minimize(Objective(misfit, parabola), BEGIN, ADAM, Unhashable(), key=KEY, steps=1)
    with pytest.raises(InputError, match="must have a method draw"):
        learn(lambda count: count)
    with pytest.raises(InputError, match="exponent must be"):
        GradientSquares(2.0)
    with pytest.raises(InputError, match="batch_size must be"):
        FirstOrder(batch_size=0)
    with pytest.raises(InputError, match="curvature_batch must be"):
        HessianFree(curvature_batch=0)
    with pytest.raises(InputError, match="structural must be"):
        HessianFree(GaussNewton(structural=-1.0))
    NetworkObjective("huber", "tanh").require_convex()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: GaussNewton("0.1"), "structural must be a finite number"),
        (lambda: GaussNewton(np.nan), "structural must be a finite number"),
        (lambda: HessianFree("gauss-newton"), "curvature must be a GaussNewton or Hessian; came 'gauss-newton'"),
        (lambda: HessianFree(GaussNewton), "came the class GaussNewton: add parentheses"),
        (lambda: HessianFree(conjugate_gradients=50), "conjugate_gradients must be a ConjugateGradients"),
        (lambda: HessianFree(damping=1.0), "damping must be a LevenbergMarquardt"),
        (lambda: HessianFree(acceptance=None), "acceptance must be an Acceptance"),
        (lambda: HessianFree(preconditioner=0.75), "preconditioner must be a GradientSquares"),
        (lambda: HessianFree(gradient_batch=1000.0), "gradient_batch must be a whole number"),
        (lambda: FirstOrder("adam"), "optimizer must be an Optimizer; came 'adam'"),
        (lambda: FirstOrder(clip_norm=0), "clip_norm must be a finite number above 0"),
        (lambda: FirstOrder(batch_size=True), "batch_size must be a whole number"),
        (lambda: Objective("squared"), "loss must be a function"),
        (lambda: Objective(misfit, "parabola"), "outputs must be a function"),
        (lambda: learn(key=0), "key must be one random key"),
        (lambda: learn(key=jax.random.split(KEY)), "key must be one random key"),
        (lambda: learn(key=jax.random.key(0, impl="rbg")), "key must be one random key"),
        (lambda: learn(Points()), "has no test, right, error, solved"),
        (lambda: learn(network="elman:6"), "network must be a Network; came 'elman:6'"),
        (
            lambda: learn(network=NetworkDesign().initialize(2, 1, key=KEY)),
            "2 inputs and 1 outputs, and the problem takes 1",
        ),
        (lambda: learn(network=jax.tree.map(lambda w: w[None], network_of())), "an axis of members"),
        (lambda: learn(algorithm="adam"), "algorithm must have sequences, and the methods"),
        (lambda: learn(algorithm=FirstOrder), "the class FirstOrder: add parentheses"),
        (lambda: learn(loss=None), "unknown loss None"),
        (lambda: learn(steps=10.0), "steps must be a whole number"),
        (lambda: learn(every=2.5), "every must be a whole number"),
        (lambda: learn(seconds="10"), "seconds must be a finite number above 0"),
        (lambda: learn(watch=1), "watch must be a function"),
        (lambda: learn(keep=3), "keep must be a str or PathLike"),
        (lambda: least(objective=misfit), r"; a function of your own is Objective\(function\)"),
        (lambda: least(BEGIN | {"bend": "3"}), "parameters must be arrays of numbers"),
        (lambda: least(BEGIN | {"bend": 3}), "one floating-point type; came float64, int64"),
        (lambda: least({}), "one floating-point type; came none"),
        (lambda: least(steps=0), "steps must be a whole number"),
        (lambda: least(key=None), "key must be one random key"),
        (lambda: least(source=Points), "source must have a method draw"),
    ],
)
def test_whoever_holds_it_wrong_is_told_which_argument(make, words):
    with pytest.raises(InputError, match=words):
        make()


def least(begin=None, objective=None, source=None, **told):
    algorithm = HessianFree(damping=LevenbergMarquardt(1e-3), gradient_batch=20, curvature_batch=20)
    objective = objective or Objective(misfit, parabola)
    return minimize(
        objective, BEGIN if begin is None else begin, algorithm, source or Points(), **({"key": KEY, "steps": 4} | told)
    )


def nameless():
    """A function that is made anew, at another place in memory, whenever it is asked for."""
    return Objective(lambda z, batch: 1.0 * misfit(z, batch), lambda theta, batch: 1.0 * parabola(theta, batch))


def test_a_run_whose_functions_were_made_anew_goes_on(tmp_path):
    assert repr(nameless()) != repr(nameless())
    whole = least(objective=nameless())
    least(objective=nameless(), keep=tmp_path / "run", steps=2)
    rest = least(objective=nameless(), keep=tmp_path / "run")
    assert same(whole.progress, rest.progress)
    assert rest.steps == len(rest.infos.loss) == 4
    with pytest.raises(InputError, match="is of another run"):
        least(keep=tmp_path / "run")  # the same function, by another name


def test_a_network_that_does_something_else_with_the_same_weights_is_another(tmp_path):
    learn(steps=3, keep=tmp_path / "run")
    with pytest.raises(InputError, match="is of another run"):
        learn(steps=3, keep=tmp_path / "run", network=network_of("elman:6:sigmoid"))


@pytest.mark.parametrize("run", [learn, least])
def test_a_place_that_cannot_be_written_is_found_before_the_first_step(run, tmp_path):
    (tmp_path / "file").touch()
    seen = []
    for place in (tmp_path / "file" / "run", tmp_path):
        with pytest.raises(InputError, match=r"is a file; name a folder|is no file"):
            run(keep=place, watch=seen.append)
    assert seen == []
