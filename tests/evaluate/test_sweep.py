"""Sweeps: parsing, combinations, and one row a combination whatever happens to it."""

import contextlib
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import unrolled
from unrolled import choose
from unrolled.errors import InputError
from unrolled.evaluate import combinations, estimators, extrapolate, parse_sweep, sweep
from unrolled.forecast import settings
from unrolled.series import make_series


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("units=50,200,500", ("units", [50, 200, 500])),
        (" units = 50 , 200 ", ("units", [50, 200])),
        ("units=50,50", ("units", [50])),
        ("learning-rate=1e-3,0.01", ("learning_rate", [0.001, 0.01])),
        ("activation=tanh,relu", ("activation", ["tanh", "relu"])),
        ("scale=none,standard", ("scale", ["none", "standard"])),
        ("stateful=true,no", ("stateful", [True, False])),
        ("network=elman:3, dense:4;lstm:5", ("network", ["elman:3, dense:4", "lstm:5"])),
        ("target=window,x-to-y", ("target", ["window", "x-to-y"])),
    ],
)
def test_what_a_sweep_is_read_as(text, expected):
    assert parse_sweep(text) == expected


@given(st.text())
def test_any_text_is_read_or_refused_in_words(text):
    with contextlib.suppress(InputError):  # any other error fails the test
        name, values = parse_sweep(text)
        assert name in settings()
        assert values


@given(st.sampled_from([name for name in settings() if name != "network"]), st.lists(st.integers(), min_size=1))
def test_whole_numbers_come_back(name, values):
    text = f"{name.replace('_', '-')}={','.join(map(str, values))}"
    assert parse_sweep(text) == (name, list(dict.fromkeys(values)))


@given(
    st.lists(st.sampled_from(unrolled.models()), min_size=1, max_size=3, unique=True),
    st.dictionaries(st.sampled_from(["units", "window", "seed"]), st.lists(st.integers(), min_size=1, max_size=4)),
)
def test_combinations_are_the_product_in_order(models, grid):
    made = combinations(models, grid)
    expected = [
        {"model": model, **dict(zip(grid, values, strict=True))}
        for model in models
        for values in itertools.product(*grid.values())
    ]
    assert made == expected


def test_too_many_combinations_are_refused():
    with pytest.raises(InputError, match="1001 combinations; 1000 are the most"):
        combinations(["rnn"], {"seed": list(range(1001))})


_SERIES = make_series(np.sin(np.arange(16) / 3))
_COMMON = {"units": 3, "epochs": 2, "members": 1}


def test_a_row_is_a_trial():
    rows = sweep(_SERIES, combinations(["rnn"], {"window": [2, 3]}), train=10, horizon=6, common=_COMMON)
    assert [row.settings for row in rows] == [{"model": "rnn", "window": 2}, {"model": "rnn", "window": 3}]
    assert [row.label for row in rows] == ["rnn, window=2", "rnn, window=3"]
    for row in rows:
        alone = extrapolate(_SERIES, unrolled.model("rnn", window=row.settings["window"], **_COMMON), train=10)
        assert row.trial is not None
        np.testing.assert_array_equal(row.trial.forecast.members, alone.forecast.members)
        assert row.trial.scores == alone.scores


def test_one_that_fails_is_a_row_and_the_others_go_on():
    heard = []
    series = make_series(1e300 * np.arange(1, 13))
    rows = sweep(
        series, combinations(["rnn"], {"scale": ["none", "standard"]}), train=9, horizon=3, common=_COMMON,
        watch=heard.append,
    )  # fmt: skip
    assert [row.trial is None for row in rows] == [True, False]
    assert "infinite" in rows[0].failure
    assert rows[1].failure == ""
    assert heard == rows


def test_one_that_cannot_be_is_found_before_anything_is_trained(monkeypatch):
    monkeypatch.setattr("unrolled.evaluate._sweep.extrapolate", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(InputError, match="use a window of at most 8"):
        sweep(_SERIES, combinations(["rnn"], {"window": [2, 9]}), train=10, horizon=6)


def test_shared_settings_skip_the_models_to_which_they_say_nothing():
    rows = sweep(
        unrolled.dataset("pairing-particles"),
        combinations(["rnn", "autoregression"], {}),
        train=12,
        horizon=2,
        common={"epochs": 2, "units": 3, "members": 1},
    )
    assert rows[0].trial.fitted.model.learner.epochs == 2
    assert rows[1].trial.fitted.history is None
    with pytest.raises(InputError, match="says nothing"):
        sweep(
            unrolled.dataset("pairing-particles"),
            combinations(["autoregression"], {"epochs": [2]}),
            train=12,
            horizon=2,
        )


def test_another_door_knows_other_models():
    series = make_series(np.arange(10.0))
    rows = sweep(
        series, combinations(["auto", "drift"], {}), train=8, horizon=2, make=choose.model, mute=choose.says_nothing
    )
    assert [row.trial.fitted.model.name for row in rows] == ["auto", "drift"]
    with pytest.raises(InputError, match="unknown model 'auto'"):
        sweep(series, combinations(["auto"], {}), train=8, horizon=2)


def test_a_shared_setting_must_say_something_to_one_of_the_models():
    made = estimators(combinations(["rnn", "drift"], {}), common={"units": 7})
    assert [model.name for model in made] == ["rnn", "drift"]
    assert made[0].design.layers[0].units == 7
    with pytest.raises(InputError, match="units says nothing to drift, trend"):
        estimators(combinations(["drift", "trend"], {}), common={"units": 7})
