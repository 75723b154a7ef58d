"""What every family must be."""

import subprocess
import sys
from functools import cache
from math import comb

import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.truth import families, family, truths, with_noise

# Whose solutions end before 24 points, as the couplings are strong.
SHORT = ("pairing-ccd-particles",)


@cache
def all_of(name):
    return tuple(truths(name, frozen=None))


@pytest.mark.parametrize("name", families())
def test_a_family_is_described(name):
    one = family(name)
    assert one.name == name
    assert one.about.endswith(".")
    assert one.provenance.endswith(".")
    assert 18 <= len(one.parameters) <= 26
    assert len({tuple(sorted(member.items())) for member in one.parameters}) == len(one.parameters)


@pytest.mark.parametrize("name", families())
def test_every_series_is_24_finite_points_at_even_steps(name):
    for truth in all_of(name):
        series = truth.series
        assert truth.family == name
        assert truth.noise == 0
        assert len(series) == 24 or (name in SHORT and 20 <= len(series) < 24), truth.parameters
        assert series.values.shape == (len(series), 1)
        assert series.values.dtype == np.float64
        assert np.all(np.isfinite(series.values))
        steps = np.diff(series.x)
        assert np.abs(steps - series.require_even()).max() <= 1e-13 * np.abs(series.x).max()
        assert series.x_name
        assert series.source
        assert series.name != "series"


@pytest.mark.parametrize("name", families())
def test_every_series_goes_on_moving(name):
    for truth in all_of(name):
        values = truth.series.values[:, 0]
        moves = np.abs(np.diff(values)) / np.std(values[:12])
        assert np.count_nonzero(moves[11:] > 1e-10) >= 8, truth.parameters


def test_members_differ_in_more_than_place_and_size():
    shapes = {}
    for name in families():
        for truth in all_of(name):
            values = truth.series.values[:20, 0]
            shape = (values - values.mean()) / values.std()
            shapes[truth.series.name] = shape * np.sign(shape[0])
    assert len(shapes) == sum(len(all_of(name)) for name in families())
    table = np.array(list(shapes.values()))
    apart = np.abs(table[:, None] - table[None, :]).max(2) + np.eye(len(table))
    nearest = np.unravel_index(np.argmin(apart), apart.shape)
    assert apart.min() > 1e-4, [list(shapes)[row] for row in nearest]


@pytest.mark.parametrize("name", families())
def test_the_frozen_share_is_about_a_fifth(name):
    frozen = [truth.frozen for truth in all_of(name)]
    assert 0.1 <= np.mean(frozen) <= 0.35
    assert frozen == [family(name).frozen(member) for member in family(name).parameters]


def test_open_and_frozen_members_are_asked_for_apart():
    whole = all_of("lipkin")
    assert [truth.parameters for truth in truths("lipkin")] == [t.parameters for t in whole if not t.frozen]
    assert [truth.parameters for truth in truths("lipkin", frozen=True)] == [t.parameters for t in whole if t.frozen]


@pytest.mark.parametrize("name", families())
def test_series_come_out_the_same_twice_in_any_order(name):
    for truth in reversed(all_of(name)[1::6]):
        again = family(name).make(**truth.parameters)
        assert truth.series.values.tobytes() == again.values.tobytes()
        assert truth.series.x.tobytes() == again.x.tobytes()


SMOOTH = ("pairing-ccd-coupling", "pairing-exact-coupling", "exponentials", "branch-point")


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_series_show_no_rounding(name):
    """Differences of order k multiply independent errors by the root of (2k choose k): what is left bounds them."""
    left = []
    for truth in all_of(name):
        values = truth.series.values[:, 0] / np.std(truth.series.values[:12])
        left.append(min(np.abs(np.diff(values, k)).max() / comb(2 * k, k) ** 0.5 for k in range(6, 20)))
    # Singular points and fast terms leave more in the other members.
    assert np.quantile(left, 0.2) < 1e-11


def test_names():
    assert len(families()) >= 14
    assert sum(len(all_of(name)) for name in families()) >= 300
    with pytest.raises(InputError, match="did you mean 'lipkin'"):
        family("lipkins")
    with pytest.raises(InputError, match="unknown family 'nothing'"):
        truths(["lipkin", "nothing"])
    both = [truth.family for truth in truths(("branch-point", "lipkin"))]
    assert both == ["branch-point"] * 16 + ["lipkin"] * 18


def test_noise_has_the_size_asked_for():
    draws = []
    for truth in truths(["exponentials", "branch-point"]):
        noisy = with_noise(truth, 1e-3, 5)
        assert noisy.noise == 1e-3
        assert (noisy.family, noisy.parameters, noisy.frozen) == (truth.family, truth.parameters, truth.frozen)
        assert np.array_equal(noisy.series.x, truth.series.x)
        draws.append((noisy.series.values - truth.series.values)[:, 0] / (1e-3 * np.std(truth.series.values[:12])))
    assert np.mean(draws) == pytest.approx(0, abs=0.1)
    assert np.std(draws) == pytest.approx(1, abs=0.1)
    assert np.linalg.matrix_rank(draws) == 24


def test_noise_does_not_depend_on_order_or_level():
    members = list(truths(["lipkin", "exponentials"]))
    forward = [with_noise(truth, 1e-4, 1).series.values.tobytes() for truth in members]
    backward = [with_noise(truth, 1e-4, 1).series.values.tobytes() for truth in reversed(members)]
    assert forward == backward[::-1]
    exact = members[0]
    small, large = (with_noise(exact, level, 1).series.values - exact.series.values for level in (1e-3, 1e-1))
    assert large == pytest.approx(100 * small, rel=1e-8)
    assert not np.array_equal(with_noise(exact, 0.1, 2).series.values, with_noise(exact, 0.1, 1).series.values)
    assert np.array_equal(with_noise(exact, 0.0, 1).series.values, exact.series.values)


def test_noise_is_the_same_in_another_process():
    script = (
        "from unrolled.truth import truths, with_noise\n"
        "print(with_noise(next(truths('exponentials')), 0.1, 3).series.values.tobytes().hex())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == with_noise(next(truths("exponentials")), 0.1, 3).series.values.tobytes().hex()


@pytest.mark.parametrize(("level", "seed"), [(-0.1, 0), (float("nan"), 0), (0.1, -1), (0.1, 0.5)])
def test_noise_refuses_what_it_cannot_draw(level, seed):
    with pytest.raises(InputError):
        with_noise(all_of("exponentials")[0], level, seed)


def test_noise_is_added_once():
    noisy = with_noise(all_of("exponentials")[0], 0.1, 0)
    with pytest.raises(InputError, match="has noise"):
        with_noise(noisy, 0.1, 1)
