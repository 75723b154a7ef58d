"""Models with a reservoir: the closed loop against a plain loop, files, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import unrolled
from unrolled.compilation import count_compilations
from unrolled.errors import InputError, TrainingError
from unrolled.forecast import (
    EchoState,
    Estimator,
    Fitted,
    NextGenerationReservoir,
    says_nothing,
    search_echo_state,
    settings,
)
from unrolled.networks import Scattered, member
from unrolled.series import lorenz

WAVE = np.sin(0.3 * np.arange(260)) + 0.4 * np.sin(0.13 * np.arange(260))
SMALL = EchoState(units=40, members=2, washout=20)
MODELS = {
    "plain": SMALL,
    "states alone": replace(SMALL, squares=False, direct=False, ridge=1e-6),
    "on a recurrence": replace(SMALL, base="recurrence:3"),
    "raw": replace(SMALL, scale="none", members=1),
    "sparse": replace(SMALL, units=120, connections=3, members=1),
    "products": NextGenerationReservoir(delays=3, skip=2, ridge=1e-8),
    "products alone": NextGenerationReservoir(delays=2, degree=3, base="none"),
}
every_model = pytest.mark.parametrize("name", MODELS)


def columns_by_hand(model, expansion, z):
    """What the readout sees after the last of z, by plain loops."""
    if isinstance(model, NextGenerationReservoir):
        linear = np.concatenate([z[len(z) - 1 - k * model.skip] for k in range(model.delays)])
        made = list(linear)
        for i in range(len(linear)):
            made += [linear[i] * linear[j] for j in range(i, len(linear))]
        for i in range(len(linear) if model.degree == 3 else 0):
            made += [linear[i] * linear[j] * linear[k] for j in range(i, len(linear)) for k in range(j, len(linear))]
        return np.array(made)
    r, h = expansion.reservoir, np.zeros(model.units)
    W = r.W()
    for x in z:
        h = (1 - r.leak) * h + r.leak * np.tanh(r.U @ x + W @ h + r.b)
    return np.concatenate([h, *([h * h] if model.squares else []), *([z[-1]] if model.direct else [])])


def continued_by_hand(fitted, values, steps):
    """Every member in a plain loop over growing series."""
    base, found = fitted.frame.base, []
    for i in range(len(fitted.V)):
        z = base.scale(values)
        for _ in range(steps):
            said = fitted.V[i] @ columns_by_hand(fitted.model, member(fitted.expansion, i), z) + fitted.c[i]
            based = np.sum(base.weights * z[::-1][: base.weights.shape[1]].T, axis=1) + base.intercept
            z = np.concatenate([z, (based + fitted.frame.scale_out.unscale(said))[None]])
        found.append(base.unscale(z[len(values) :]))
    return np.array(found)


@every_model
def test_the_closed_loop_is_a_plain_loop(name):
    fitted = MODELS[name].fit(WAVE[:200])
    np.testing.assert_allclose(
        fitted.predict(5).members, continued_by_hand(fitted, WAVE[:200, None], 5), rtol=1e-7, atol=1e-8
    )
    history = WAVE[50:120]
    np.testing.assert_allclose(
        fitted.predict(3, history=history).members, continued_by_hand(fitted, history[:, None], 3), rtol=1e-7, atol=1e-8
    )


@every_model
def test_one_step_is_the_first_step_of_the_loop(name):
    fitted = MODELS[name].fit(WAVE[:200])
    made = fitted.one_step(WAVE[:230])
    for row in (120, 229):
        at = int(np.flatnonzero(made.rows == row)[0])
        first = fitted.predict(1, history=WAVE[:row]).members[:, 0]
        np.testing.assert_allclose(made.members[:, at], first, rtol=1e-9, atol=1e-9)
        assert made.truth[at] == WAVE[row]
    assert made.rows[-1] == 229
    assert len(fitted.one_step(WAVE[: fitted.model.window]).rows) == 0


@every_model
def test_saved_and_loaded_it_gives_the_same_bytes(name, tmp_path):
    fitted = MODELS[name].fit(WAVE[:200]).update(WAVE[200])
    again = unrolled.load(fitted.save(tmp_path / "model"))
    assert again.model == fitted.model
    assert (again.notes, again.strengths) == (fitted.notes, fitted.strengths)
    np.testing.assert_array_equal(again.predict(30).members, fitted.predict(30).members)
    np.testing.assert_array_equal(again.one_step().members, fitted.one_step().members)


@every_model
def test_it_is_an_estimator(name):
    model = MODELS[name]
    assert isinstance(model, Estimator)
    fitted = model.fit(WAVE[:200])
    assert isinstance(fitted, Fitted)
    json.dumps(model.describe(1), allow_nan=False)
    np.testing.assert_array_equal(model.fit(WAVE[:200]).predict(9).members, fitted.predict(9).members)
    longer = fitted.update(WAVE[200])
    np.testing.assert_array_equal(longer.predict(3).members, fitted.predict(3, history=WAVE[:201]).members)


def test_members_do_not_depend_on_how_many_there_are():
    few, many = (replace(SMALL, members=n).fit(WAVE[:200]).predict(10).members for n in (1, 3))
    np.testing.assert_allclose(few[0], many[0], rtol=1e-9)
    assert (many[0] != many[1]).any()
    assert (replace(SMALL, seed=1).fit(WAVE[:200]).predict(10).members != many[:2]).any()


def test_the_readout_minimizes_what_it_should():
    """The gradient of squares and ridge vanishes, of the states of a plain loop."""
    model = replace(SMALL, members=1, ridge=0.1, scale="none")
    fitted = model.fit(WAVE[:80])
    only = member(fitted.expansion, 0)
    seen = np.array([columns_by_hand(model, only, WAVE[: t + 1, None]) for t in range(20, 79)])
    residual = seen @ fitted.V[0].T + fitted.c[0] - WAVE[21:80, None]
    np.testing.assert_allclose(seen.T @ residual + 0.1 * fitted.V[0].T, 0, atol=1e-10)
    assert abs(residual.sum()) < 1e-10


def test_products_find_the_equations_of_a_map():
    """The logistic map is a product: known coefficients, to rounding."""
    values = [0.4]
    for _ in range(60):
        values.append(3.7 * values[-1] * (1 - values[-1]))
    model = NextGenerationReservoir(delays=1, ridge=0.0, base="none", scale="none")
    fitted = model.fit(values)
    np.testing.assert_allclose(fitted.V[0, 0], [3.7, -3.7], rtol=1e-10)
    assert abs(fitted.c[0, 0]) < 1e-11


def test_a_chaotic_flow_is_followed():
    series = lorenz(1500)
    known = series.head(1400)
    for model in (EchoState(units=100, members=1), NextGenerationReservoir(ridge=1e-7)):
        error = model.fit(known).predict(44).mean - series.values[1400:1444]  # one Lyapunov time
        assert np.sqrt(np.mean(error**2) / np.var(series.values)) < 0.02


def test_by_name():
    assert unrolled.model("echo-state", units=30, rho=1.1, ridge=1e-4) == EchoState(units=30, rho=1.1, ridge=1e-4)
    assert unrolled.model("next-generation-reservoir", delays=3) == NextGenerationReservoir(delays=3)
    for name in ("echo-state", "next-generation-reservoir"):
        assert {"epochs", "window", "optimizer"} <= says_nothing(name)
        assert {"ridge", "base", "scale", "seed"} <= set(settings()) - says_nothing(name)
    assert {"rho", "leak", "delays", "washout"} <= says_nothing("rnn") & says_nothing("drift")


def test_few_points_are_said():
    fitted = unrolled.model("echo-state", units=50, members=1).fit(unrolled.dataset("pairing-particles").head(12))
    assert "101 weights for each feature and 10 steps" in fitted.notes[0]
    assert fitted.notes[0].endswith("Fewer units may do better.")
    products = NextGenerationReservoir(delays=3, degree=4).fit(WAVE[:20])
    assert "34 weights for each feature and 17 steps" in products.notes[0]
    assert products.notes[0].endswith("Fewer delays or a lower degree may do better.")
    assert np.isfinite(fitted.predict(8).mean).all()
    assert unrolled.model("echo-state", members=1).fit(np.ones(9)).predict(2).mean.tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize(
    ("model", "values", "said"),
    [
        (replace(SMALL, rho=0.0), WAVE, "rho must be a finite number above 0"),
        (replace(SMALL, rho=-1.0), WAVE, "rho"),
        (replace(SMALL, leak=0.0), WAVE, "leak"),
        (replace(SMALL, leak=1.01), WAVE, "leak must be a share above 0 and up to 1; came 1.01"),
        (replace(SMALL, washout=300), WAVE, "a washout of 300 steps leaves nothing of 260"),
        (replace(SMALL, washout=-1), WAVE, "washout"),
        (replace(SMALL, ridge=-1.0), WAVE, "ridge must be a finite number of at least 0"),
        (replace(SMALL, ridge="best"), WAVE, "or 'gcv'; came 'best'"),
        (replace(SMALL, members=0), WAVE, "members"),
        (replace(SMALL, seed=-1), WAVE, "seed"),
        (replace(SMALL, squares=1), WAVE, "squares"),
        (replace(SMALL, scale="minmax"), WAVE, "scale"),
        (replace(SMALL, scale=None), WAVE, "scale"),
        (replace(SMALL, base="fft"), WAVE, "base must be none"),
        (replace(SMALL, base="persistence", scale="range"), WAVE, "scales what it sees by itself"),
        (replace(SMALL, units=100_000, members=10_000), WAVE, "fewer units or members"),
        (SMALL, [1.0, 2.0], "at least 3 known points"),
        (SMALL, [1.0, np.nan, 2.0, 3.0], "finite"),
        (SMALL, unrolled.make_series([1.0, 2.0, 3.0, 4.0], [0, 1, 2, 5]), "spac"),
        (NextGenerationReservoir(delays=0), WAVE, "delays"),
        (NextGenerationReservoir(degree=9), WAVE, "degree"),
        (NextGenerationReservoir(delays=100, degree=3), WAVE, "fewer delays or a lower degree"),
        (NextGenerationReservoir(delays=9, skip=40), WAVE, "at least 323 known points"),
    ],
)
def test_wrong_requests(model, values, said):
    with pytest.raises(InputError, match=said):
        model.fit(values)


def test_wrong_continuations():
    fitted = SMALL.fit(WAVE)
    with pytest.raises(InputError, match="learns y from x"):
        fitted.predict(x=[1.0])
    with pytest.raises(InputError, match="horizon"):
        fitted.predict(0)
    with pytest.raises(InputError, match="learned 1 features; the history has 2"):
        fitted.predict(2, history=np.ones((5, 2)))
    with pytest.raises(InputError, match="needs 3 known values"):
        MODELS["on a recurrence"].fit(WAVE).predict(2, history=[1.0])


def test_a_loop_that_runs_off_is_an_error():
    """Squares of squares: what grows is fed back."""
    fitted = NextGenerationReservoir(delays=1, base="none", scale="none", ridge=0.0).fit([3.0, 9.0, 81.0, 6561.0])
    assert fitted.predict(2).mean[-1, 0] == pytest.approx(6561.0**4, rel=1e-6)
    with pytest.raises(TrainingError, match="ran off to infinity at step 7"):
        fitted.predict(12)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["model"].update(units=41), "bytes|shape"),
        (lambda d: d["model"].update(rho=-1.0), "damaged: rho"),
        (lambda d: d["model"].update(kind="other"), "damaged"),
        (lambda d: d["model"].update(name="a\x1b[2J"), "plain text"),
        (lambda d: d["model"].update(members=3), "damaged"),
        (lambda d: d["scale_out"].update(width=[1.0, 2.0]), "scaler"),
        (lambda d: d.update(strengths=[1.0, "x"]), "strength"),
        (lambda d: d.update(notes="abc"), "damaged: notes must be a list of sentences; came str: 'abc'"),
        (lambda d: d.update(notes={"a": 1}), "notes must be a list of sentences; came dict"),
        (lambda d: d.update(notes=[1]), "notes must be a list of sentences"),
        (lambda d: d.update(notes=None), "notes must be a list of sentences"),
        (lambda d: d.update(notes=["a\x1b[2J"]), "plain text"),
        (lambda d: d.update(topology="woven"), "damaged"),
        (lambda d: d.update(topology="scattered"), "14128 bytes where the description asks for 16384"),
        (lambda d: d.update(topology=[]), "damaged"),
        (lambda d: d.pop("topology"), "damaged"),
    ],
)
def test_damaged_files(tmp_path, change, said):
    folder = SMALL.fit(WAVE).save(tmp_path / "model")
    description = json.loads((folder / "model.json").read_text())
    change(description)
    (folder / "model.json").write_text(json.dumps(description))
    with pytest.raises(InputError, match=said):
        unrolled.load(folder)


def with_topology(fitted, topology):
    reservoir = replace(fitted.expansion.reservoir, topology=topology)
    return replace(fitted, expansion=replace(fitted.expansion, reservoir=reservoir))


def test_any_graph_is_saved_and_loaded(tmp_path):
    """The same connections as senders: the same forecast, also from the file."""
    fitted = SMALL.fit(WAVE)
    scattered = with_topology(fitted, Scattered(fitted.expansion.reservoir.senders))
    again = unrolled.load(scattered.save(tmp_path / "model"))
    assert isinstance(again.expansion.reservoir.topology, Scattered)
    np.testing.assert_array_equal(again.predict(9).members, scattered.predict(9).members)
    np.testing.assert_allclose(again.predict(9).members, fitted.predict(9).members, rtol=1e-9)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda offsets: offsets + 40, "damaged: offsets must be from 0 to 39 in a layer of 40 units"),
        (lambda offsets: -offsets, "damaged: offsets must be from 0 to 39"),
        (lambda offsets: offsets.astype(np.int64), "offsets should be int32"),
        (lambda offsets: offsets.astype(np.float64), "offsets should be int32"),
        (lambda offsets: offsets[:, :9], "offsets should be int32 of shape"),
        (lambda offsets: offsets[:1], "offsets should be int32 of shape"),
    ],
)
def test_damaged_offsets(tmp_path, damage, said):
    folder = SMALL.fit(WAVE).save(tmp_path / "model")
    tensors = load_file(folder / "weights.safetensors")
    save_file(tensors | {"reservoir.offsets": damage(tensors["reservoir.offsets"])}, folder / "weights.safetensors")
    with pytest.raises(InputError, match=said):
        unrolled.load(folder)


def test_senders_that_are_not_there(tmp_path):
    fitted = SMALL.fit(WAVE)
    senders = np.array(fitted.expansion.reservoir.senders)
    senders[0, 0, 0] = 40
    with pytest.raises(InputError, match="damaged: senders must be from 0 to 39"):
        unrolled.load(with_topology(fitted, Scattered(senders)).save(tmp_path / "model"))


def test_a_search_looks_at_the_known_part_alone_and_gains():
    series = lorenz(400)
    usual = EchoState(units=60, members=1, input_scale=1.0)
    found = search_echo_state(usual, series.head(300), candidates=6)
    assert found == search_echo_state(usual, series.values[:300], candidates=6)
    assert (found.units, found.members) == (60, 1)

    def error(model):
        return np.sqrt(np.mean((model.fit(series.head(300)).predict(20).mean - series.values[300:320]) ** 2))

    assert error(found) < error(usual)
    assert search_echo_state(usual, series.head(300), candidates=1) == usual


def test_all_candidates_of_a_search_share_their_programs():
    search_echo_state(SMALL, lorenz(300), candidates=2, seed=1)
    with count_compilations() as counted:
        search_echo_state(SMALL, lorenz(300), candidates=12, seed=2)
    assert counted.programs == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"horizon": 80}, "80 known steps in the last quarter of the series, which has 75 points"),
        ({"candidates": 0}, "candidates"),
        ({"origins": 0}, "origins"),
        ({"seed": -1}, "seed"),
    ],
)
def test_searches_that_cannot_be(changed, said):
    with pytest.raises(InputError, match=said):
        search_echo_state(SMALL, lorenz(300), **changed)
