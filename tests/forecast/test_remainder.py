"""Networks that learn what a base leaves: classical when they say nothing, and a Python loop otherwise."""

import json

import numpy as np
import pytest
import safetensors.numpy

import unrolled
from unrolled.classical import LinearRecurrence, Recurrence
from unrolled.compilation import count_compilations
from unrolled.errors import InputError
from unrolled.forecast import Base, Forecaster
from unrolled.learn import GradientDescent, Optimizer
from unrolled.networks import NetworkDesign, member, member_keys
from unrolled.types import precision

SERIES = unrolled.dataset("pairing-particles").head(12)
VALUES = SERIES.values[:, 0]
TWO = unrolled.make_series(np.column_stack([VALUES, np.cos(np.arange(12))]), SERIES.x)
BASES = ["persistence", "difference:2", "recurrence:2", "recurrence:2:1", "recurrence:1:0:1e-6"]
DESIGN = NetworkDesign.parse("elman:3")


def forecaster(base="recurrence:2", *, epochs=3, rate=None, **settings):
    return Forecaster(DESIGN, GradientDescent(Optimizer("adam", rate), epochs=epochs), members=2, base=base, **settings)


def adopted(base, series=SERIES, *, said=1.0, **settings):
    """Untrained networks; with ``said=0`` their outputs are 0."""
    features = series.values.shape[1]
    model = forecaster(base, **settings)
    shown = model.framing.network_features(features)
    networks = [DESIGN.initialize(shown, features, key=key) for key in member_keys(0, 2)]
    return model.adopt([one.replace({"readout.V": said * one.readout.V}) for one in networks], series)


def shifted(fitted):
    """The law of a base, with the mean remainder for its intercept."""
    law = Base.parse(fitted.model.base).fit(fitted.series.values[:, 0].copy())
    return Recurrence(law.weights, law.intercept + fitted.scale_out.offset[0], law.standard)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("sees", ["values", "differences"])
def test_a_network_that_says_nothing_is_classical(base, sees):
    """It adds the mean remainder, which is the intercept of a fitted recurrence already."""
    fitted = adopted(base, said=0.0, sees=sees)
    for made in fitted.predict(8).members[:, :, 0]:
        np.testing.assert_allclose(made, shifted(fitted).extend(VALUES, 8), rtol=0, atol=1e-12)
    if base == "recurrence:2" and sees == "values":
        wanted = LinearRecurrence(2).fit(VALUES).extend(VALUES, 8)
        np.testing.assert_allclose(fitted.predict(8).mean[:, 0], wanted, rtol=0, atol=1e-12)


def by_loop(fitted, horizon):
    """One value at a time, in numpy, with the networks called outside any program."""
    model, base = fitted.model, fitted.frame.base
    made = []
    for i in range(model.members):
        network = member(fitted.networks, i)
        known = [*((fitted.series.values - base.centre) / base.width)]
        for _ in range(horizon):
            past = np.array(known)
            seen = np.diff(past, axis=0) if model.sees == "differences" else past
            shown = ((seen - fitted.scale_in.offset) / fitted.scale_in.width)[-model.window :]
            shown = shown.reshape(1, -1) if model.lags_as == "features" else shown
            said = np.array([base.weights[f] @ past[::-1][: base.weights.shape[1], f] for f in range(past.shape[1])])
            added = np.asarray(network(shown)[-1]) * fitted.scale_out.width + fitted.scale_out.offset
            known.append(said + base.intercept + added)
        made.append(np.array(known[len(fitted.series) :]))
    return np.array(made) * base.width + base.centre


@pytest.mark.parametrize(
    ("base", "settings"),
    [
        ("difference:2", {"window": 1}),
        ("recurrence:2", {"window": 3, "sees": "differences", "lags_as": "features"}),
        ("recurrence:1:1", {"window": 9, "sees": "differences"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("series", [SERIES, TWO], ids=["one", "two"])
def test_closed_loop_equals_a_python_loop(base, settings, series):
    fitted = adopted(base, series, **settings)
    with precision("float64"):
        wanted = by_loop(fitted, 6)
    np.testing.assert_allclose(fitted.predict(6).members, wanted, rtol=0, atol=1e-12 * np.abs(wanted).max())


@pytest.mark.parametrize("base", ["recurrence:2", "difference:2"])
def test_one_step_equals_forecasts_from_every_head(base):
    fitted = adopted(base, sees="differences")
    made = fitted.one_step()
    assert made.rows.tolist() == list(range(3, 12))
    np.testing.assert_array_equal(made.truth, SERIES.values[3:])
    for row in (3, 8):
        ahead = fitted.predict(1, history=SERIES.head(row))
        np.testing.assert_allclose(made.members[:, row - 3], ahead.members[:, 0], rtol=0, atol=1e-13)
    assert fitted.one_step(SERIES.head(3)).members.shape == (2, 0, 1)  # the first row that could be is the next
    updated = fitted.update(-0.96)
    longer = unrolled.make_series(np.append(VALUES, -0.96), np.append(SERIES.x, 26.0))
    np.testing.assert_array_equal(updated.predict(3).members, fitted.predict(3, history=longer).members)


@pytest.mark.parametrize(("factor", "shift"), [(1e6, -3.0), (-3.0, 1e3), (1e-9, 0.0)])
def test_a_series_in_other_units_is_continued_alike(factor, shift):
    model = forecaster("recurrence:2", epochs=50, sees="differences")
    plain, other = model.fit(VALUES), model.fit(factor * VALUES + shift)
    spread = abs(factor) * VALUES.std()
    wanted = factor * plain.predict(8).members + shift
    np.testing.assert_allclose(other.predict(8).members, wanted, rtol=0, atol=1e-6 * spread)


@pytest.mark.parametrize("values", [np.full(9, 3.0), np.arange(9.0), np.arange(9.0) ** 2, np.full(9, 1e-300)], ids=str)
def test_a_law_that_leaves_nothing_stays_exact(values):
    """Remainders at the level of rounding are not blown up into something to learn."""
    for base in ("difference:3", "recurrence:2"):
        predicted = forecaster(base, epochs=20, sees="differences").fit(values).predict(4).mean[:, 0]
        wanted = Base.parse("difference:3").fit(values).extend(values, 4)
        np.testing.assert_allclose(predicted, wanted, rtol=0, atol=1e-10 * max(values.std(), values.max()))


def test_training_makes_it_better_than_its_base():
    truth = unrolled.dataset("pairing-particles").values[12:, 0]
    errors = []
    for epochs in (1, 250):  # programs are shared up to 256
        fitted = forecaster("persistence", epochs=epochs, rate=0.03, sees="differences").fit(SERIES)
        errors.append(np.abs(fitted.predict(8).mean[:, 0] - truth)[-1])
    assert errors[1] < 0.5 * errors[0]


def test_the_precision_of_the_networks_is_not_that_of_the_base():
    fitted = adopted("difference:3", said=0.0, precision="float32")
    assert fitted.networks.readout.V.dtype == np.float32
    np.testing.assert_allclose(fitted.predict(8).mean[:, 0], shifted(fitted).extend(VALUES, 8), rtol=0, atol=1e-11)


def test_other_data_compile_nothing():
    model = forecaster("recurrence:2")
    model.fit(VALUES).predict(5)
    with count_compilations() as counted:
        model.fit(np.sin(np.arange(12.0))).predict(6)
        forecaster("difference:2").fit(VALUES).predict(16)
    assert counted.programs == 0


@pytest.mark.parametrize("base", ["difference:2", "recurrence:2:1"])
def test_the_same_bytes_come_back(tmp_path, base):
    fitted = adopted(base, TWO, sees="differences")
    again = unrolled.load(fitted.save(tmp_path / "model"))
    assert again.model == fitted.model
    np.testing.assert_array_equal(again.predict(5).members, fitted.predict(5).members)
    np.testing.assert_array_equal(again.one_step().members, fitted.one_step().members)


def test_saved_bases_are_checked(tmp_path):
    folder = adopted("recurrence:2").save(tmp_path / "model")
    description = json.loads((folder / "model.json").read_text())
    for change in ({"base": "recurrence:3"}, {"base": "none"}, {"base": "x"}, {"sees": "all"}, {"scale": "standard"}):
        (folder / "model.json").write_text(json.dumps(description | {"forecaster": description["forecaster"] | change}))
        with pytest.raises(InputError, match=r"damaged|does not fit|should be float64"):
            unrolled.load(folder)

    (folder / "model.json").write_text(json.dumps(description))
    weights = safetensors.numpy.load_file(folder / "weights.safetensors")
    safetensors.numpy.save_file(weights | {"base.width": np.zeros(1)}, folder / "weights.safetensors")
    with pytest.raises(InputError, match="the base has no width"):
        unrolled.load(folder)


def test_a_model_saved_before_there_were_bases_is_read(tmp_path):
    folder = unrolled.model("autoregression").fit(SERIES).save(tmp_path / "model")
    assert not {"base", "sees"} & json.loads((folder / "model.json").read_text())["forecaster"].keys()
    assert unrolled.load(folder).model.base == "none"


def test_the_description_names_the_base():
    described = unrolled.model("rnn-remainder", base="difference:2").describe(1)
    assert (described["base"], described["sees"]) == ("difference:2", "differences")
    assert adopted("recurrence:2").summary().parameters == 3 + 9 + 3 + 3 + 1
    large = unrolled.make_series(1e9 * VALUES, SERIES.x)
    assert adopted("recurrence:2", large).notes == ()  # nothing is trained on raw values


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"base": "none", "sees": "differences"}, "differences need a base: base=persistence is the simplest"),
        ({"sees": "difference"}, "did you mean 'differences'"),
        ({"scale": "standard"}, "scales what it sees and what it learns by itself: leave scale=standard out"),
        ({"target": "x-to-y"}, "a model that learns y from x takes none"),
        ({"pad": True}, "leave pad or the base out"),
        ({"base": "recurrence"}, "base must be none, persistence"),
        ({"window": 11}, "12 known points are too few for the base recurrence:2 and a window of 11: 13 are needed"),
        ({"base": "recurrence:6"}, "the base recurrence:6 and a window of 2: 13 are needed"),
        ({"window": 10, "sees": "differences"}, "13 are needed"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_said(settings, words):
    with pytest.raises(InputError, match=words):
        forecaster(**settings).fit(SERIES)


def test_a_base_and_states_that_are_carried_do_not_go_together():
    learner = GradientDescent(stateful=True, shuffle=False, batch_size=2)
    with pytest.raises(InputError, match="starts every window from a zero state: leave stateful out"):
        Forecaster(DESIGN, learner, base="persistence").fit(SERIES)


def test_a_history_that_is_too_short_is_refused():
    fitted = adopted("recurrence:2", window=3, sees="differences")
    with pytest.raises(InputError, match="the model needs 4 known values; the history has 3"):
        fitted.predict(1, history=VALUES[:3])
