"""Files, ticks and legends: what all figures share."""

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.series import make_series
from unrolled.show import draw_forecast, draw_loss, draw_unrolled, figure, forecast_figure, save
from unrolled.show._ticks import log_axis, plain_axis


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_the_same_data_give_the_same_bytes(tmp_path, energies, trained, forecast, kind):
    for name in ("one", "two"):
        save(forecast_figure(trained, forecast, truth=energies), tmp_path / name, [kind], dpi=100)
    assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()


def test_save_takes_axes_and_keeps_dots_in_names(tmp_path, history):
    assert save(draw_loss(history), tmp_path / "run.v2") == [tmp_path / "run.v2.png", tmp_path / "run.v2.pdf"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.v2.pdf", "run.v2.png"]
    assert (tmp_path / "run.v2.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "run.v2.pdf").read_bytes().startswith(b"%PDF")


def test_save_explains_what_went_wrong(tmp_path):
    sheet, _ = figure()
    with pytest.raises(InputError, match="unknown figure format 'pgn'; did you mean 'png'"):
        save(sheet, tmp_path / "a", ["pgn"])
    with pytest.raises(InputError, match="cannot be written"):
        save(sheet, tmp_path / "missing" / "a", ["png"])
    with pytest.raises(InputError, match="positive sizes"):
        figure(0)


def test_a_file_is_one_column_wide(tmp_path):
    (path,) = save(figure()[0], tmp_path / "a", ["png"], dpi=300)
    width = int.from_bytes(path.read_bytes()[16:20], "big")
    assert width == int(86 / 25.4 * 300)


def test_nothing_global_is_touched(tmp_path):
    script = (
        "import sys, matplotlib, unrolled; from unrolled import show, networks\n"
        "before = matplotlib.rcParams.copy()\n"
        "axes = show.draw_unrolled(networks.NetworkDesign.parse('elman:2'))\n"
        f"show.save(axes, {str(tmp_path / 'a')!r}, ['png', 'pdf', 'svg'])\n"
        "assert dict(matplotlib.rcParams.copy()) == dict(before)\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_user_axes_are_drawn_on_and_keep_their_letters(trained, forecast):
    sheet = mpl.figure.Figure()
    axes = sheet.add_subplot()
    axes.xaxis.label.set_fontsize(15)
    assert draw_forecast(trained, forecast, axes=axes) is axes
    assert axes.xaxis.label.get_fontsize() == 15
    design = make_design()
    assert draw_unrolled(design, axes=sheet.add_subplot(2, 1, 2)).figure is sheet


def make_design():
    from unrolled.networks import NetworkDesign

    return NetworkDesign.parse("elman:3")


@pytest.mark.parametrize("members", [1, 3])
def test_the_legend_covers_no_data(energies, trained, forecast, members):
    axes = draw_forecast(trained, type(forecast)(forecast.x, forecast.members[:members], trained), truth=energies)
    axes.figure.draw_without_rendering()
    legend, frame, paper = axes.get_legend().get_window_extent(), axes.get_window_extent(), axes.figure.bbox
    assert legend.y0 >= frame.y1 - 1
    assert paper.x0 <= legend.x0 < legend.x1 <= paper.x1
    assert legend.y1 <= paper.y1


def test_names_fit_on_the_paper():
    series = make_series(
        np.arange(9.0), names=["a long name of a quantity that somebody measured"], units=["MeV fm^-3"],
        x_name="a long name of what it was measured against, too", x_unit="m s^-2",
    )  # fmt: skip
    sheet = draw_forecast(series, forecast_like(series)).figure
    sheet.draw_without_rendering()
    for label in (sheet.axes[0].xaxis.label, sheet.axes[0].yaxis.label):
        box = label.get_window_extent()
        assert sheet.bbox.x0 <= box.x0 < box.x1 <= sheet.bbox.x1
        assert sheet.bbox.y0 <= box.y0 < box.y1 <= sheet.bbox.y1
    assert "(MeV fm⁻³)" in sheet.axes[0].get_ylabel()


def forecast_like(series):
    from unrolled.forecast import Forecast

    return Forecast(series.future_x(2), np.ones((1, 2, 1)), series)


def test_dollars_in_names_are_no_formulas():
    series = make_series(np.arange(9.0), names=["$ or $^"], units=["$"], x_name="$x^$")
    axes = draw_forecast(series, forecast_like(series))
    axes.figure.draw_without_rendering()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("$x^$", "$ or $^ ($)")


@pytest.mark.parametrize(
    ("low", "high", "label"),
    [
        (0.0, 1.0, "E (MeV)"),
        (-1234.6, -1234.2, "E (MeV)"),
        (0.0, 3e-8, "E (10⁻⁸ MeV)"),
        (-2e12, 1e12, "E (10¹² MeV)"),
        (0.0, 20000.0, "E (MeV)"),
        (-1234.5678, -1234.5676, "E + 1234.568 (10⁻⁴ MeV)"),
        (1e6, 1e6 + 1, "E − 1000000 (MeV)"),
    ],
)
def test_powers_and_offsets_stand_in_the_name(low, high, label):
    _, (axes,) = figure()
    axes.set_ylim(low, high)
    plain_axis(axes.yaxis, "E", "MeV")
    assert axes.get_ylabel() == label
    ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
    texts = axes.yaxis.get_major_formatter().format_ticks(ticks)
    assert len(set(texts)) == len(ticks)
    assert max(map(len, texts)) <= 8
    assert not axes.yaxis.get_offset_text().get_visible()


@pytest.mark.parametrize("ratio", [1.0, 1.001, 2.0, 9.9, 12.0, 99.0, 1e3, 1e9, 1e40])
@pytest.mark.parametrize("low", [3e-16, 1e-3, 0.97, 1.0, 2e5])
def test_logarithmic_axes_name_two_to_eight_values(low, ratio):
    _, (axes,) = figure()
    log_axis(axes.yaxis, low, low * ratio)
    bottom, top = axes.get_ylim()
    assert bottom <= low
    assert low * ratio <= top
    ticks = [tick for tick in axes.get_yticks() if bottom <= tick <= top]
    assert 2 <= len(ticks) <= 12


@pytest.mark.parametrize("low", [-1.25, -1.2, -1.05])
def test_a_tick_that_appears_when_room_is_made_cuts_no_name(tmp_path, low):
    """Names above and below make the axes smaller, and then other numbers stand along them."""
    sheet, (top, bottom) = figure(84, panels=(2.2, 1))
    top.set_ylim(low, 0.2)
    top.set_ylabel("correlation energy\n(MeV)")
    top.set_title("a\nb\nc")
    bottom.set_xlabel("x\nx\nx\nx")
    sheet.supxlabel("a\nb\nc")
    save(sheet, tmp_path / "a", ["svg"])
    sheet.set_layout_engine("none")
    sheet.draw_without_rendering()
    assert 0 <= top.yaxis.label.get_window_extent().x0 < 20
