"""Rolling origins: every forecast from the points before alone, errors in their places, failures with reasons."""

import numpy as np
import pytest

import unrolled
from unrolled.errors import InputError
from unrolled.evaluate import default_origins, rolling_origins
from unrolled.series import make_series

_VALUES = np.cumsum(np.cos(np.arange(20.0) ** 1.5))
_LAST = {"last": unrolled.model("persistence")}


def test_the_errors_of_persistence_by_hand():
    table = rolling_origins(_VALUES, _LAST, origins=[5, 18, 9], horizon=3)
    assert table.origins == (5, 9, 18)
    expected = [[_VALUES[o - 1] - _VALUES[o + k] if o + k < 20 else np.nan for k in range(3)] for o in (5, 9, 18)]
    np.testing.assert_array_equal(table.errors["last"][:, :, 0], expected)
    assert table.counts("last").tolist() == [3, 3, 2]
    assert table.spread[0] == pytest.approx(np.std(_VALUES))
    by_hand = np.exp(np.nanmean(np.log(np.abs(expected) / np.std(_VALUES)), axis=0))
    np.testing.assert_allclose(table.geometric_mean("last"), by_hand)
    assert table.models == ("last",)
    assert table.failures == {"last": {}}


@pytest.mark.parametrize("name", ["auto", "recurrence", "gaussian-process", "autoregression"])
def test_what_comes_after_an_origin_is_not_seen(name):
    models = {name: unrolled.model(name)}
    touched = _VALUES.copy()
    touched[14:] += np.arange(6.0) ** 2
    first, second = (rolling_origins(values, models, origins=[12, 14], horizon=2) for values in (_VALUES, touched))
    np.testing.assert_array_equal(first.errors[name][0], second.errors[name][0])
    moved = second.errors[name][1, :, 0] - first.errors[name][1, :, 0]
    np.testing.assert_allclose(moved, [0.0, -1.0], atol=1e-9)


def test_a_network_learns_anew_at_every_origin():
    model = unrolled.model("rnn", units=3, epochs=2, members=2)
    table = rolling_origins(_VALUES, {"net": model}, origins=[10, 15], horizon=2)
    for place, origin in enumerate((10, 15)):
        alone = model.fit(_VALUES[:origin]).predict(2).mean - _VALUES[origin : origin + 2, None]
        np.testing.assert_array_equal(table.errors["net"][place], alone)


def test_y_learned_from_x_is_asked_at_the_places_that_follow():
    x = np.array([0.0, 1.0, 1.5, 4.0, 5.0, 5.25, 7.0, 9.0])
    model = unrolled.model("rnn", units=3, epochs=2, members=1, target="x-to-y")
    table = rolling_origins(make_series(x**2, x), {"net": model}, origins=[6], horizon=5)
    predicted = model.fit(make_series(x[:6] ** 2, x[:6])).predict(x=[7.0, 9.0]).mean[:, 0]
    np.testing.assert_array_equal(table.errors["net"][0, :, 0], [*(predicted - [49.0, 81.0]), *[np.nan] * 3])


def test_a_model_that_fails_has_gaps_and_a_reason():
    huge = make_series(1e300 * np.arange(1.0, 13.0))
    models = {
        "net": unrolled.model("rnn", units=2, epochs=2, members=1),
        "long": unrolled.model("recurrence", window=5),
    }
    table = rolling_origins(huge, models, origins=[8, 11], horizon=1)
    assert table.counts("net").tolist() == [0]
    assert np.isnan(table.geometric_mean("net")).all()
    assert all("infinite" in reason for reason in table.failures["net"].values())
    assert list(table.failures["long"]) == [8]
    assert "at least 11 known points" in table.failures["long"][8]
    assert table.counts("long").tolist() == [1]


def test_every_feature_over_its_own_spread():
    both = np.column_stack([_VALUES, 1e6 * _VALUES])
    table = rolling_origins(both, _LAST, horizon=4)
    alone = rolling_origins(_VALUES, _LAST, horizon=4)
    np.testing.assert_allclose(table.geometric_mean("last"), alone.geometric_mean("last"))


def test_rounding_and_constants():
    exact = rolling_origins(2.0 * np.arange(12), {"line": unrolled.model("polynomial", degree=1)})
    assert exact.geometric_mean("line")[0] == pytest.approx(1e-12)
    flat = rolling_origins(np.full(8, -3.0), _LAST)
    assert flat.spread.tolist() == [3.0]
    assert rolling_origins(np.zeros(8), _LAST).spread.tolist() == [1.0]


def test_the_usual_origins():
    last = [unrolled.model("persistence")]
    assert default_origins(make_series(_VALUES), last) == tuple(range(10, 20))
    assert default_origins(make_series(np.arange(100.0)), last)[-1] == 99
    assert len(default_origins(make_series(np.arange(100.0)), last)) == 12
    assert len(default_origins(make_series(np.arange(100.0)), [*last, unrolled.model("rnn")])) == 6
    assert len(default_origins(make_series(np.arange(100.0)), [unrolled.model("autoregression")])) == 12
    assert default_origins(make_series(_VALUES), last, 1) == (19,)
    assert default_origins(make_series([1.0, 2.0, 3.0]), last) == (2,)
    # Half of the points are too few for this one; where another can begin sooner, all do.
    long = unrolled.model("recurrence", window=7)
    assert default_origins(make_series(_VALUES), [long])[0] == 15
    assert default_origins(make_series(_VALUES), [long, *last])[0] == 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"models": {}}, "at least one model"),
        ({"origins": []}, "one place at least"),
        ({"origins": [0]}, "whole number from 1 to 19"),
        ({"origins": [20]}, "whole number from 1 to 19"),
        ({"origins": [2.5]}, "whole number"),
        ({"horizon": 0}, "horizon must be a whole number"),
    ],
)
def test_requests_that_cannot_be(arguments, said):
    with pytest.raises(InputError, match=said):
        rolling_origins(_VALUES, **({"models": _LAST} | arguments))


def test_series_that_are_too_short_or_uneven():
    with pytest.raises(InputError, match="at least 2 points"):
        rolling_origins([1.0], _LAST)
    with pytest.raises(InputError, match="at least 5 known points; series has 4"):
        rolling_origins([1.0, 2.0, 4.0, 8.0, 16.0], {"auto": unrolled.model("auto")})
    with pytest.raises(InputError, match="from row 3 to row 4"):
        rolling_origins(make_series([1.0, 2.0, 3.0, 4.0], [0, 1, 2, 5]), _LAST, origins=[2])


def test_the_watcher_hears_every_fit():
    heard = []
    rolling_origins(
        _VALUES, _LAST | {"drift": unrolled.model("drift")}, origins=[8, 12], watch=lambda *a: heard.append(a)
    )
    assert heard == [("last", 8), ("last", 12), ("drift", 8), ("drift", 12)]
