"""The drawing of regimes shows the probabilities, and a grey for every stretch of the path."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from unrolled.errors import InputError
from unrolled.forecast import Regimes
from unrolled.series import make_series
from unrolled.show import draw_regimes, regimes_figure, save

PATH = np.array([0, 0, 2, 2, 2, 1, 1, 0])
SHARES = np.random.default_rng(0).dirichlet(np.ones(3), 8)


def regimes(states=3):
    y = np.arange(8.0)
    y[3] = np.nan
    made = make_series(y, np.arange(8) * 2.0, names=["height"], units=["mm"], gaps=True)
    return Regimes(made, np.full((8, states), 1 / states) if states != 3 else SHARES, PATH % states)


def test_values_stretches_and_probabilities_are_there():
    top, bottom = draw_regimes(regimes())
    np.testing.assert_array_equal([line.get_ydata() for line in bottom.get_lines()], SHARES.T)
    spans = [(p.get_x(), p.get_x() + p.get_width(), to_rgb(p.get_facecolor())[0]) for p in top.patches]
    assert [span[:2] for span in spans] == [(0, 3), (3, 9), (9, 13), (13, 14)]
    greys = [grey for *_, grey in spans]
    assert greys[0] == greys[3] == 1.0
    assert greys[1] < greys[2] < greys[0]
    assert top.get_ylabel() == "height (mm)"
    assert [text.get_text() for text in bottom.get_legend().get_texts()] == ["state 0", "state 1", "state 2"]
    assert [text.get_text() for text in top.get_legend().get_texts()] == ["state 0", "state 1", "state 2"]
    assert len({str(line._dash_pattern) for line in bottom.get_lines()}) == 3


def test_it_becomes_a_file(tmp_path):
    (path,) = save(regimes_figure(regimes()), tmp_path / "regimes", ["png"])
    assert path.stat().st_size > 5000


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: draw_regimes(regimes(7)), "up to 6 states"),
        (lambda: draw_regimes(regimes(), axes=[]), "2 rows"),
        (lambda: draw_regimes(regimes(), feature=1), "feature"),
    ],
)
def test_wrong_requests(call, said):
    with pytest.raises(InputError, match=said):
        call()
