"""Memory, the last steps of a motion, and which values occur in the long run."""

import numpy as np
import pytest

from unrolled.dynamics import Memory
from unrolled.errors import InputError
from unrolled.show import draw_climate, draw_memory, draw_motion

NAN, INF = np.nan, np.inf
SLOW = np.column_stack([np.sin(0.1 * np.arange(500)), np.cos(0.1 * np.arange(500))])


def labelled(axes):
    return {one.get_label(): one for one in axes.get_lines() if not one.get_label().startswith("_")}


def test_capacity_floor_and_reach():
    memory = Memory(np.array([1.0, 0.8, 0.6, 0.3, 0.02]), 0.02)
    axes = draw_memory(memory)
    lines = labelled(axes)
    found = lines[f"found, {memory.total:.3g} in all"]
    assert found.get_xydata().tolist() == [[0, 1.0], [1, 0.8], [2, 0.6], [3, 0.3], [4, 0.02]]
    assert list(lines["by chance"].get_ydata()) == [0.02, 0.02]
    assert lines["by chance"].get_linestyle() == ":"
    (upright,) = [one for one in axes.get_lines() if list(one.get_ydata()) == [0, 1]]
    assert upright.get_xdata()[0] == 2
    (text,) = axes.texts
    assert text.get_text() == "reach 2"
    axes.figure.draw_without_rendering()
    assert text.get_window_extent().y0 > axes.transData.transform((0, 1.0))[1]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("delay (steps)", "share of variance")


def test_without_reach_nothing_is_marked():
    assert not draw_memory(Memory(np.array([0.4, 0.1]), 0.01)).texts


@pytest.mark.parametrize("capacity", [[], [NAN, NAN], [1.0], [NAN, 0.7], np.linspace(1, 0, 300)])
def test_odd_memories_can_be_drawn(capacity):
    draw_memory(Memory(np.array(capacity, float), 0.01)).figure.draw_without_rendering()


def test_the_last_steps_against_time():
    axes = draw_motion(SLOW, last=100, spacing=0.5, names=["x", "y"], units=("s", "mm"))
    lines = labelled(axes)
    for k, name in enumerate("xy"):
        np.testing.assert_allclose(lines[name].get_xdata(), 0.5 * np.arange(401, 501))
        np.testing.assert_array_equal(lines[name].get_ydata(), SLOW[-100:, k])
    assert lines["x"]._dash_pattern != lines["y"]._dash_pattern
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "output (mm)")


def test_jumps_are_dots_and_few_of_them_joined():
    quick = np.sin(2.0 * np.arange(500))
    (dots,) = draw_motion(quick, names=["u"]).get_lines()
    assert (dots.get_linestyle(), dots.get_marker()) == ("None", "s")
    hair, few = draw_motion(quick, last=30).get_lines()
    assert hair.get_linewidth() < 0.5
    np.testing.assert_array_equal(hair.get_xydata(), few.get_xydata())
    assert draw_motion(quick, names=["u"]).get_ylabel() == "u"


@pytest.mark.parametrize(
    "values", [np.zeros((0, 2)), [1.0], [NAN, NAN], [2.0] * 40, [1.0, NAN, 3.0, INF, 1e308], np.zeros((3, 1))]
)
def test_odd_motions_can_be_drawn(values):
    draw_motion(values).figure.draw_without_rendering()


def test_histograms_have_an_area_of_one_over_common_bins():
    generator = np.random.default_rng(0)
    parts = {"network": generator.normal(size=(50, 20)), "system": generator.uniform(-2, 2, 800)}
    axes = draw_climate(parts, name="h", unit="mm")
    first, second = (patch.get_data() for patch in axes.patches)
    np.testing.assert_array_equal(first.edges, second.edges)
    for made, values in zip((first, second), parts.values(), strict=True):
        np.testing.assert_allclose(made.values, np.histogram(values, made.edges, density=True)[0])
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_ylim()[0]) == ("h (mm)", "density (1/mm)", 0)
    assert len({str(patch.get_linestyle()) for patch in axes.patches}) == 2


def test_what_lies_beyond_is_said_and_does_not_squeeze_the_rest():
    ran = np.append(np.linspace(0, 1, 99), 1e9)
    axes = draw_climate({"network": ran, "system": np.linspace(0, 1, 500), "lost": [NAN]})
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "network, 1 % beyond", "system", "lost: no finite value",
    ]  # fmt: skip
    assert axes.get_xlim()[1] < 10
    made = axes.patches[0].get_data()
    assert np.isclose((made.values * np.diff(made.edges)).sum(), 0.99)


@pytest.mark.parametrize("parts", [{"a": []}, {"a": [NAN]}, {"a": [1.0]}, {"a": [2.0] * 99, "b": []}, {"a": [1e308]}])
def test_odd_climates_can_be_drawn(parts):
    draw_climate(parts).figure.draw_without_rendering()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: draw_memory(3), "memory must be a Memory"),
        (lambda: draw_motion(np.zeros((4, 7))), "up to 6 outputs"),
        (lambda: draw_motion(SLOW, names=["x"]), "a list of 2"),
        (lambda: draw_motion(SLOW, names="xy"), "a list of 2"),
        (lambda: draw_motion(SLOW, last=0), "last must be"),
        (lambda: draw_motion(SLOW, spacing=0.0), "spacing must be"),
        (lambda: draw_climate({}), "one to 6 series"),
        (lambda: draw_climate([1.0]), "parts must be a Mapping"),
        (lambda: draw_climate({"a": [1.0]}, bins=0), "bins must be"),
    ],
)
def test_wrong_requests(call, said):
    with pytest.raises(InputError, match=said):
        call()
