"""Bases by their names, and the recurrences that they find."""

import numpy as np
import pytest

from unrolled.classical import LinearRecurrence, Polynomial
from unrolled.errors import InputError
from unrolled.forecast import Base
from unrolled.forecast._base import FittedBase

VALUES = np.array([0.3, 1.1, 0.7, 2.0, 1.6, 2.9, 2.2, 3.3, 4.1, 3.8])
NAMES = {
    "none": None,
    "persistence": Polynomial(1),
    "difference:2": Polynomial(2),
    "recurrence:3": LinearRecurrence(3),
    "recurrence:3:1": LinearRecurrence(3, 1),
    "recurrence:2:0:1e-06": LinearRecurrence(2, 0, 1e-6),
}

ODD = [
    *("", "nothing", "None", "persistence:1", "difference", "difference:0", "difference:17", "difference:2:1", None, 3),
    *("recurrence", "recurrence:0", "recurrence:257", "recurrence:3:9", "recurrence:3:-1", "recurrence:1.5", [1]),
    *("recurrence:3:0:-1", "recurrence:3:0:nan", "recurrence:3:0:inf", "recurrence:3:0:1:1"),
    *("recurrence:" + "9" * 9999, "recurrence:\u0663", "difference:\u00b2"),
]


@pytest.mark.parametrize(("text", "method"), NAMES.items())
def test_a_name_is_read_and_written(text, method):
    base = Base.parse(text)
    assert base == Base(method)
    assert str(base) == text
    assert Base.parse(str(base)) == base


def test_several_names_mean_the_same():
    assert Base.parse("difference:1") == Base.parse("persistence")
    assert Base.parse("recurrence:3:0") == Base.parse("recurrence:3:0:0") == Base.parse("recurrence:3")


@pytest.mark.parametrize("text", ODD, ids=lambda text: str(text)[:20])
def test_other_text_shows_the_forms(text):
    with pytest.raises(InputError, match=r"base must be none, persistence, difference:k .*recurrence:L:d:ridge .*came"):
        Base.parse(text)


def test_none_has_nothing_to_fit():
    assert Base().least == Base().lags == 0
    with pytest.raises(InputError, match="nothing to fit"):
        Base().fit(VALUES)


@pytest.mark.parametrize("text", [name for name in NAMES if name != "none"])
def test_recurrences_side_by_side_say_what_each_says(text):
    base = Base.parse(text)
    columns = [VALUES, -3.0 * VALUES[::-1] + 2.0]
    laws = [base.fit(column) for column in columns]
    fitted = FittedBase.of(laws)
    assert fitted.weights.shape == (2, base.lags)
    z = fitted.scale(np.stack(columns, axis=1))
    wanted = np.stack([law.one_step(column) for law, column in zip(laws, columns, strict=True)], axis=1)
    np.testing.assert_allclose(fitted.unscale(fitted.one_step(z)), wanted, rtol=0, atol=1e-13)


def test_as_many_values_as_it_says_are_enough():
    for text in NAMES:
        base = Base.parse(text)
        if base.method is not None:
            assert np.isfinite(base.fit(VALUES[: base.least]).weights).all()
