"""A trial beside a companion: how far, with what, and whether it helps."""

import numpy as np
import pandas as pd
import pytest

import unrolled
from unrolled.errors import InputError
from unrolled.evaluate import default_extent
from unrolled.series import make_series, pairing_series
from unrolled.truth import pairing_perturbation
from unrolled.truth._pairing_exact import along_coupling

_PARTICLES = list(range(2, 42, 2))
_ENERGIES = pairing_series(_PARTICLES, 0.3)
_CHEAP = [pairing_perturbation(n, 0.3) for n in _PARTICLES]


def _auto():
    return unrolled.model("auto", networks=False)


def _error(series, train, companion):
    trial = unrolled.extrapolate(series, _auto(), train=train, companion=companion)
    return float(np.abs(trial.forecast.mean - series.values[train:]).max())


@pytest.mark.parametrize("way", ["coupled cluster against particles", "exact against coupling"])
def test_second_order_perturbation_theory_helps(way):
    if way.startswith("exact"):
        series = along_coupling(8, 0.1, 0.1).head(16)
        cheap, train = [pairing_perturbation(8, float(g)) for g in series.x], 8
    else:
        series, cheap, train = _ENERGIES, _CHEAP, 6
    assert _error(series, train, cheap) < 0.2 * _error(series, train, None)


def test_it_predicts_where_the_companion_alone_is_known():
    frame = pd.DataFrame({"N": _PARTICLES, "E": _ENERGIES.values[:, 0], "mp2": _CHEAP})
    frame.loc[8:, "E"] = np.nan
    trial = unrolled.extrapolate(frame, _auto(), companion="mp2")
    assert (trial.train, len(trial.series), len(trial.forecast)) == (8, 8, 12)
    assert trial.forecast.x.tolist() == _PARTICLES[8:]
    assert trial.companion is not None
    assert trial.companion.names == ("mp2",)
    kept = unrolled.extrapolate(frame, _auto(), companion="mp2", train=6)
    assert (kept.train, len(kept.forecast), len(kept.truth)) == (6, 14, 2)
    assert kept.scores.mse_forecast is not None
    assert "test" in kept.one_step
    whole = unrolled.extrapolate(_ENERGIES, _auto(), companion=_CHEAP, train=6)
    np.testing.assert_array_equal(whole.forecast.mean, kept.forecast.mean)


def test_how_far():
    series, companion = make_series(np.arange(8.0)), make_series(np.arange(12.0))
    assert default_extent(series, None, None, companion) == (8, 4)
    assert default_extent(series, 5, None, companion) == (5, 7)
    assert default_extent(series, 5, 2, companion) == (5, 2)
    for train, horizon, beside, said in (
        (None, 5, 12, "known 4 steps beyond the 8 points that are learned; 5 were asked for"),
        (None, None, 8, "no further than the 8 points"),
        (5, None, 7, "known in 7 rows, and the series in 8"),
    ):
        with pytest.raises(InputError, match=said):
            default_extent(series, train, horizon, companion.head(beside))


def test_other_models_take_none():
    for name in ("rnn", "recurrence", "autoregression"):
        with pytest.raises(InputError, match=f"only the automatic choice looks at a companion; {name} does not"):
            unrolled.extrapolate(_ENERGIES, unrolled.model(name), train=8, companion=_CHEAP)


def test_a_saved_model_goes_on_beside_its_companion(tmp_path):
    fitted = _auto().fit(_ENERGIES.head(8), companion=make_series(_CHEAP, x=_PARTICLES, names=["mp2"], units=["d"]))
    again = unrolled.load(fitted.save(tmp_path / "m"))
    assert (again.companion.names, again.companion.units) == (("mp2",), ("d",))
    np.testing.assert_array_equal(again.companion.x, _PARTICLES)
    np.testing.assert_array_equal(again.predict(12).mean, fitted.predict(12).mean)
    np.testing.assert_array_equal(again.one_step(_ENERGIES).mean, fitted.one_step(_ENERGIES).mean)
    longer = make_series(np.arange(30.0), x=2 * np.arange(1, 31))
    for history, said in ((longer, "in 20 rows; the history has 30"), (np.arange(9.0), "must stand at the places")):
        for ask in (again.one_step, lambda given: again.predict(1, history=given)):
            with pytest.raises(InputError, match=said):
                ask(history)


def test_a_companion_far_too_large_is_refused():
    with pytest.raises(InputError, match="too large beside the series"):
        _auto().fit(1e-300 * np.exp(-np.arange(9.0)), companion=np.linspace(1e300, 1e308, 15))
    fitted = _auto().fit(np.exp(-np.arange(9.0)), companion=np.arange(15.0))
    assert any("zero somewhere" in note for note in fitted.notes)
