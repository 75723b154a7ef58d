"""
A network that has learned the climate
======================================

No network can follow chaos for long: what it gets wrong in the tenth digit it gets wrong altogether some Lyapunov times
later. But one that has learned the system, and not only the series, goes on as the system would: with the same
exponents, the same dimension, the same frequencies and the same values. Here an echo state network has learned the
Lorenz system in that sense.
"""

# %%
# Learn
# -----
#
# 10,000 points, one every 0.02. A reservoir of 300 tanh units with a small spectral radius and weak inputs; only its
# readout is learned. Fed with its own predictions it is a system without inputs, of 300 activities and three values.

from pathlib import Path

import unrolled
from unrolled.dynamics import ClimateComparison, climate_of, compare_climates, lorenz_flow
from unrolled.forecast import EchoState, closed_loop_system
from unrolled.series import lorenz
from unrolled.show import draw_climate, draw_power_spectrum, figure, save

unrolled.use_compilation_cache()

known = lorenz(10_000, step=0.02)
model = EchoState(units=300, rho=0.3, leak=1.0, input_scale=0.1, members=1)
fitted = model.fit(known)
loop, truth = closed_loop_system(fitted), lorenz_flow(0.02, 2)
print(loop.size, "numbers in a state, a step of", loop.spacing)

# %%
# The long run
# ------------
#
# Both are followed for 20,000 steps, 400 units of time. The exponents of the network are those of its own Jacobian
# along its own path: the first is positive, as that of the system; the second is zero, because the motion goes on
# along itself; the third is what pulls states to the attractor. The Kaplan-Yorke dimension is 2.06.

compared = compare_climates(loop, truth, 20_000)
for name, climate in {"network": compared.learned, "system": compared.truth}.items():
    spectrum = climate.spectrum
    shown = ", ".join(
        f"{value:.3f} ± {error:.3f}" for value, error in zip(spectrum.exponents[:3], spectrum.errors[:3], strict=True)
    )
    print(f"{name}: exponents {shown}; dimension {spectrum.dimension:.3f}")
learned = compared.learned.spectrum
assert abs(learned.largest / 0.9056 - 1) < 0.1
assert abs(learned.exponents[1]) < 0.05
assert abs(learned.dimension - 2.062) < 0.05

# %%
# How often which values occur, and at which frequencies they vary, differs a little. So it does between two stretches
# of the system itself: 400 units of time are not for ever.

again = climate_of(truth, 20_000, start=[-8.0, -8.0, 27.0])
itself = ClimateComparison(compared.truth, again)
for name, pair in {"network and system": compared, "system and system": itself}.items():
    print(f"{name}: histograms {pair.histogram_distances.round(2)}, spectra {pair.spectrum_distances.round(2)}")
assert compared.histogram_distances.max() < 0.25
assert compared.spectrum_distances.max() < 0.2

# %%
# The attractor
# -------------
#
# What the network puts out in the long run, seen from the side. It has the two wings and the gap between them.

values, real = compared.learned.values, compared.truth.values
wings, (axes,) = figure(62)
axes.plot(values[:6000, 0], values[:6000, 2], lw=0.3, color="0.2")
axes.set(xlabel="x", ylabel="z")

# %%
# Every maximum of z says how high the next one will be: a map with a cusp, on which the whole of chaos rests. Lorenz
# drew it in 1963. The network's points lie on that of the system.


def maxima(z):
    """The highest values on the way, between their neighbours by a parabola."""
    before, here, after = z[:-2], z[1:-1], z[2:]
    top = (here > before) & (here >= after)
    slope, curve = (after - before)[top] / 2, (before - 2 * here + after)[top]
    return here[top] - slope**2 / (2 * curve)


cusp, (axes,) = figure(62)
for name, z, look in (("system", real[:, 2], {"ms": 3.5, "color": "0.75"}), ("network", values[:, 2], {"ms": 1.2})):
    tops = maxima(z)
    axes.plot(tops[:-1], tops[1:], ls="none", marker="o", mew=0, label=name, **look)
axes.set(xlabel="maximum of z", ylabel="next maximum of z")
axes.legend(frameon=False, fontsize=7)

# %%
# Values and frequencies
# ----------------------
#
# The histogram of x, and the power spectrum of z with its peak at one turn in 0.76 units of time.

often = draw_climate({"network": values[:, 0], "system": real[:, 0]}, name="x")
power = draw_power_spectrum(
    compared.learned.power[2], truth=compared.truth.power[2], unit="unit of time", names=("network", "system")
)

# %%
# On the command line the same comparison is ``unrolled extrapolate --dataset lorenz --model echo-state --climate``.
# The figures as PNG and PDF.

folder = Path("unrolled-out", "learned-climate")
folder.mkdir(parents=True, exist_ok=True)
for name, drawn in {"attractor": wings, "maxima": cusp, "histogram": often, "power": power}.items():
    save(drawn, folder / name)
