"""Limits of the known part: found for every feature, from nothing that comes later."""

import numpy as np
import pytest

import unrolled
from unrolled.classical import find_limit
from unrolled.errors import InputError
from unrolled.evaluate import find_limits, thin_evidence
from unrolled.report import describe_limits, to_json
from unrolled.series import make_series

_BASEL = np.cumsum(1 / np.arange(1, 15) ** 2)


def _trial(values, **asked):
    return unrolled.extrapolate(values, unrolled.model("drift"), limit=True, **asked)


def test_a_limit_a_feature_beside_the_continuation():
    both = np.column_stack([_BASEL, 1 - 0.5 ** np.arange(14)])
    series = make_series(both, x=np.arange(1, 15), names=["S", "T"])
    trial = _trial(series)
    first, second = trial.limits
    assert abs(first.value - np.pi**2 / 6) < 1e-8
    assert second.value == pytest.approx(1, abs=1e-12)
    assert first == find_limit(_BASEL, np.arange(1.0, 15))
    assert len(trial.forecast) == 4
    told = describe_limits(trial)
    assert [one["name"] for one in told] == ["S", "T"]
    assert told[0]["estimates"][0]["method"] == first.estimates[0].method
    assert unrolled.extrapolate(series, unrolled.model("drift")).limits == ()


def test_nothing_beyond_the_training_part_enters():
    later = _BASEL.copy()
    later[10:] = 1e6 * np.arange(4)
    told = [to_json({"limit": describe_limits(_trial(values, train=10))}) for values in (_BASEL, later)]
    assert told[0].encode() == told[1].encode()
    assert find_limits(make_series(_BASEL[:10])) == _trial(later, train=10).limits


def test_a_saved_model_goes_with_a_limit():
    fitted = unrolled.model("drift").fit(_BASEL[:10])
    trial = unrolled.evaluate.extrapolate_from(fitted, make_series(_BASEL), train=10, horizon=2, limit=True)
    assert trial.limits == find_limits(make_series(_BASEL[:10]))


def test_x_is_the_size_where_it_rises_and_is_positive():
    x = np.arange(14) + 3.0
    values = 1 / x
    printed = make_series(values, x=x + 0.01 * (-1) ** np.arange(14))
    assert find_limits(printed)[0] == find_limit(values, x[0] - -0.01 + printed.spacing * np.arange(14))
    falling = make_series(values, x=-x)
    assert find_limits(falling)[0] == find_limit(values)


def test_thin_evidence_is_said():
    few = make_series([1.0, 0.5, 0.25, 0.12, 0.063])
    (limit,) = find_limits(few)
    assert "Only 5 points" in thin_evidence(limit, few, 0)[0]
    noisy = make_series(1 + 0.7 ** np.arange(12) + 0.02 * np.random.default_rng(1).normal(size=12))
    (limit,) = find_limits(noisy)
    assert not limit.converges or thin_evidence(limit, noisy, 0)
    good = make_series(_BASEL)
    assert thin_evidence(find_limits(good)[0], good, 0) == ()


@pytest.mark.parametrize(
    ("values", "x", "said"),
    [
        ([1.0, 2.0, 3.0], None, "at least 4 known points; series has 3"),
        ([2.0] * 6, None, "y is constant over the 6 points"),
        (_BASEL[:5], [1, 2, 3, 4, 6], "not evenly spaced"),
    ],
)
def test_what_has_no_limit(values, x, said):
    with pytest.raises(InputError, match=said):
        find_limits(make_series(values, x=x))


def test_y_from_x_has_none():
    with pytest.raises(InputError, match="leave out --limit, or --target x-to-y"):
        unrolled.extrapolate(_BASEL, unrolled.model("rnn", target="x-to-y"), limit=True)
