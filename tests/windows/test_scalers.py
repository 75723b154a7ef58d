import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unrolled.errors import InputError
from unrolled.windows import SCALES, Scaler, fit_scaler

magnitudes = st.sampled_from([1e-300, 1e-100, 1e-5, 1.0, 1e5, 1e100, 1e300])
shapes = st.tuples(st.integers(1, 12), st.integers(1, 3))
relative = shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=st.floats(-1, 1, width=32)))


@given(relative, magnitudes, st.sampled_from(SCALES))
def test_unscale_after_scale_is_the_identity(values, magnitude, scale):
    values = values * magnitude
    scaler = fit_scaler(values, scale)
    assert np.isfinite(scaler.offset).all()
    assert (scaler.width > 0).all()
    scaled = scaler.scale(values)
    assert np.isfinite(scaled).all()
    largest = np.max(np.abs(values), axis=0)
    assert np.all(np.abs(scaler.unscale(scaled) - values) <= 1e-14 * largest + 1e-320)


@given(relative, magnitudes)
def test_standard_and_range(values, magnitude):
    values = values * magnitude
    largest = np.max(np.abs(values), axis=0)
    varied = np.ptp(values / np.where(largest > 0, largest, 1), axis=0) > 1e-3
    standard = fit_scaler(values, "standard").scale(values)[:, varied]
    np.testing.assert_allclose(standard.mean(0), 0, atol=1e-10)
    np.testing.assert_allclose(standard.std(0), 1, rtol=1e-10)
    ranged = fit_scaler(values, "range").scale(values)[:, varied]
    np.testing.assert_allclose(ranged.min(0), 0, atol=1e-11)
    np.testing.assert_allclose(ranged.max(0), 1, rtol=1e-11)


@pytest.mark.parametrize("value", [0.0, 0.1, -3.0, 1e300, -1e-300])
@pytest.mark.parametrize("scale", SCALES)
def test_constants_are_only_shifted(value, scale):
    values = np.full((7, 1), value)
    scaler = fit_scaler(values, scale)
    np.testing.assert_allclose(scaler.scale(values), value if scale == "none" else 0.0, atol=1e-15)
    np.testing.assert_allclose(scaler.unscale(scaler.scale(values)), values, rtol=1e-15)


def test_none_changes_no_bit():
    values = np.random.default_rng(0).normal(size=(5, 2))
    np.testing.assert_array_equal(fit_scaler(values, "none").scale(values), values)


def test_round_trip_through_plain_data():
    scaler = fit_scaler(np.random.default_rng(0).normal(size=(5, 2)), "standard")
    again = Scaler.from_dict(scaler.to_dict())
    np.testing.assert_array_equal(again.offset, scaler.offset)
    np.testing.assert_array_equal(again.width, scaler.width)


@pytest.mark.parametrize("scale", ["minmax", "standart", None, 3, ["none"]])
def test_unknown_scale(scale):
    with pytest.raises(InputError, match="unknown scale"):
        fit_scaler(np.ones((2, 1)), scale)
