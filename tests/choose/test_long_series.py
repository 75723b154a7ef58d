"""Series of 48 points and more: analogs take part, and see what lies before each origin alone."""

import numpy as np

import unrolled
from unrolled.choose import candidates_for, classical_candidates, judge, rolling
from unrolled.choose._analogs import continue_analog
from unrolled.classical import Analog, KernelAnalog
from unrolled.series import lorenz


def test_short_series_choose_among_the_same_candidates():
    """Their bounds are calibrated for these."""
    for points in (5, 12, 47):
        assert candidates_for(points) == classical_candidates()
    assert len(candidates_for(48)) == len(classical_candidates()) + 3
    assert unrolled.model("auto").describe(1)["candidates"] == len(classical_candidates())


def test_analogs_see_nothing_after_their_origin():
    values = lorenz(200).values[:, 0].copy()
    origins = rolling(200)
    for method in (Analog(3, 1, 8, 1e-4), KernelAnalog(3, 1, 1.0, 1e-4)):
        made = continue_analog(values, method, origins)
        place = len(origins.starts) // 2
        changed = values.copy()
        changed[origins.starts[place] :] = 0.0
        again = continue_analog(changed, method, origins)
        np.testing.assert_array_equal(again[: place + 1], made[: place + 1])
        assert (again[place + 6] != made[place + 6]).any()
        assert np.isnan(made[-1]).all()
        assert np.isfinite(made[-2][: origins.stride]).all()
        # The first origin of a group sees all that is known there: it is what the law says.
        first = origins.starts[0]
        np.testing.assert_allclose(
            made[0][:5], method.fit(values[:first]).extend(values[:first], 5), rtol=1e-6, atol=1e-6
        )


def test_a_chaotic_flow_is_continued():
    values = lorenz(500).values[:, 0] / 8
    asked = (*classical_candidates()[:20], *candidates_for(460)[-3:])
    known = values[:460].copy()
    made = judge(known, asked).extend(known, 20)
    assert made.weights[-3:].sum() > 0.9
    assert np.abs(made.mean - values[460:480]).max() < 0.3 * values.std()


def test_a_saved_choice_with_analogs_is_made_again(tmp_path):
    fitted = unrolled.model("auto").fit(lorenz(60).values[:, 0])
    again = unrolled.load(fitted.save(tmp_path / "model"))
    assert again.notes == fitted.notes == ()
    np.testing.assert_array_equal(again.predict(9).mean, fitted.predict(9).mean)
