"""The drawing of a task that was learned in several ways shows the numbers of the tests."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from unrolled.errors import InputError
from unrolled.evaluate import Course, Learned
from unrolled.show import draw_learning, save


def row(method, seed, loss, *, solved=False, per_test=100):
    tests = np.arange(1.0, len(loss) + 1)
    loss = np.array(loss, float)
    course = Course(per_test * tests, 0.5 * tests, loss, loss / 2)
    ended = (per_test * len(loss), 0.5 * len(loss), *(loss[-1:] if len(loss) else [np.nan]), 0.1)
    return Learned("echo", 3, method, seed, solved, *ended, 29, "", "" if solved else "out of time", course)


ROWS = [
    row("one", 0, [0.3, 0.2, 0.002], solved=True),
    row("one", 1, [0.31, 0.3]),
    row("two", 0, [0.33, 0.1, 0.05, 0.02], per_test=2200),
]


def lines(axes, guess=False):
    return [line for line in axes.get_lines() if (line.get_label() == "guess") == guess]


@pytest.mark.parametrize(("against", "name"), [("sequences", "sequences seen"), ("seconds", "time (s)")])
def test_every_line_is_the_course_of_a_run(against, name):
    axes = draw_learning(ROWS, against=against, guess=1 / 3)
    assert (axes.get_xlabel(), axes.get_ylabel()) == (name, "loss on the test")
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    for line, one in zip(lines(axes), ROWS, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), getattr(one.course, against))
        np.testing.assert_array_equal(line.get_ydata(), one.course.loss)
    (guess,) = lines(axes, guess=True)
    assert set(guess.get_ydata()) == {1 / 3}
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "two", "guess"]


def test_all_of_it_lies_inside_the_frame():
    axes = draw_learning(ROWS, guess=1 / 3)
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert (left <= 100, right >= 8800) == (True, True)
    assert (low <= 0.002, high >= 1 / 3) == (True, True)


def test_methods_look_different_and_seeds_alike_without_colour():
    looks = [(str(line._dash_pattern), line.get_color()) for line in lines(draw_learning(ROWS))]
    assert looks[0] == looks[1]
    assert looks[0][0] != looks[2][0]


def test_the_last_mark_says_how_it_ended():
    solved, unsolved, _ = lines(draw_learning(ROWS))
    assert (unsolved.get_marker(), solved.get_marker()) == ("x", "s")
    assert solved.get_markevery() == [-1]


def test_what_has_no_place_on_a_logarithmic_axis_is_left_out():
    axes = draw_learning([row("one", 0, [0.5, np.nan, 0.0, np.inf, 0.25])])
    assert np.isfinite(lines(axes)[0].get_ydata()).tolist() == [True, False, False, False, True]
    assert np.isfinite([*axes.get_xlim(), *axes.get_ylim()]).all()
    none = draw_learning([row("one", 0, [np.nan])], guess=0.0)  # a loss that was never finite
    assert not np.isfinite(lines(none)[0].get_ydata()).any()
    assert lines(none, guess=True) == []


def test_a_run_without_a_test_has_no_line():
    axes = draw_learning([row("one", 0, []), row("two", 0, [0.1])])
    assert [line.get_label() for line in lines(axes)] == ["two"]
    with pytest.raises(InputError, match="no test was taken"):
        draw_learning([row("one", 0, [])])


def test_given_axes_and_files(tmp_path):
    sheet = Figure()
    given = sheet.subplots()
    assert draw_learning(ROWS, axes=given) is given
    (path,) = save(sheet, tmp_path / "learning", ["png"], dpi=60)
    assert path.stat().st_size > 1000


def test_what_cannot_be_drawn():
    with pytest.raises(InputError, match="did you mean 'seconds'"):
        draw_learning(ROWS, against="second")
    with pytest.raises(InputError, match="up to 6 methods; came 7"):
        draw_learning([row(f"way {number}", 0, [0.1]) for number in range(7)])
