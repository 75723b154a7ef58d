"""
What networks do when they are left to themselves
=================================================

A recurrent network without inputs is a dynamical system: ``h_{t+1} = tanh(W h_t + b)``, again and again. It comes to
rest, remembers, goes round, never repeats itself, or runs off, and its weights decide which. Here is each of these,
made by a network of this package and shown in its state space; at the end two networks run side by side in one, and a
large one goes from rest to chaos as its weights grow.
"""

# %%
# A point attractor
# -----------------
#
# Two units with random weights. In the plane of their activities arrows say where a step leads from every place, and
# the two lines are the states in which one unit stays as it is; they cross where both do. From wherever the network
# begins, it goes round into that point and stays there.

from itertools import combinations
from pathlib import Path

import jax
import numpy as np

import unrolled
from unrolled import GradientDescent, NetworkDesign, Optimizer, SequenceModel
from unrolled.dynamics import (
    DrivenNetwork,
    Plane,
    behaviour,
    bifurcation,
    fixed_points,
    gradient_flow,
    lyapunov,
    periodic_orbits,
    trajectory,
)
from unrolled.networks import member, random_network, side_by_side
from unrolled.show import (
    bifurcation_figure,
    draw_curves,
    draw_exponents,
    draw_gradient_flow,
    draw_motion,
    draw_phase_portrait,
    figure,
    save,
)
from unrolled.tasks import FlipFlop

unrolled.use_compilation_cache()


def two_units(gain):
    """The same two units; only the size of their weights differs."""
    return DrivenNetwork(random_network(2, gain, seed=13))


def courses(system, starts, steps):
    """From each start its trajectory, with gaps between them."""
    gap = np.full((1, system.size), np.nan)
    return np.concatenate([np.concatenate([[h], trajectory(system, steps, start=h), gap]) for h in starts])


def read(network, states):
    """The outputs in these states."""
    return states @ np.asarray(network.readout.V).T + np.asarray(network.readout.c)


at_rest = two_units(0.7)
points = fixed_points(at_rest)
print(behaviour(at_rest))
print("eigenvalues:", points.eigenvalues[0].round(2))
corners = np.array([[0.9, 0.5], [-0.9, 0.2], [0.1, -0.9]])
fallen = courses(at_rest, corners, 60)
rest = draw_phase_portrait(at_rest, states=fallen, points=points)
rest.plot(*fallen.T, color="0.2", lw=0.4)

# %%
# Nearby states come closer because the eigenvalues of the Jacobian at that point have moduli below 1; they turn round
# it because the eigenvalues are complex. The largest Lyapunov exponent is the logarithm of that modulus.

assert points.stability == ("stable",)
assert np.isclose(lyapunov(at_rest).largest, np.log(np.abs(points.eigenvalues[0, 0])))

# %%
# Several memories
# ----------------
#
# Sixteen units learn to hold three bits: on each of three inputs a pulse now and then sets a bit to 1 or to -1, and
# the outputs say what the bits are (Sussillo and Barak 2013). Nothing is said about how; training takes seconds.

task = FlipFlop(30)
learner = GradientDescent(Optimizer(learning_rate=0.01), epochs=100, batch_size=16, clip_norm=1.0)
lessons = jax.tree.map(np.asarray, task.draw(128, key=jax.random.key(0)))
fitted = SequenceModel(NetworkDesign.parse("elman:16"), learner, members=1).fit(lessons)
network = member(fitted.networks, 0)
memory = DrivenNetwork(network)

# %%
# What it has made of itself is found by a search for fixed points, first from states in which it is while it does its
# task: eight stable ones, one for every state of the three bits. Between them, searched for from the means of any
# number of memories, lie saddles: one on each edge, one on each face and one in the middle of what is a cube, though
# a bent one.

inputs = np.asarray(FlipFlop(60).draw(16, key=jax.random.key(1)).inputs)
visited = np.concatenate([trajectory(memory, inputs=one) for one in inputs])
memories = fixed_points(memory, starts=visited[::4]).of_kind("stable")
some = [list(chosen) for size in range(1, 9) for chosen in combinations(range(len(memories)), size)]
cube = fixed_points(memory, starts=np.array([memories[chosen].mean(axis=0) for chosen in some]))
print(cube)
print("directions that lead away:", np.bincount(cube.unstable_directions))
assert len(memories) == 8
assert cube.counts["stable"] == 8
bits = np.sign(read(network, memories)).astype(int)
assert len({tuple(row) for row in bits.tolist()}) == 8

# %%
# A pulse carries the state over a saddle into the next memory. Grey: where the network was while it worked. The plane
# is laid aslant through the three directions in which the memories differ, so that the cube is seen from a corner;
# lines join the memories that differ in one bit.

directions = np.linalg.svd(memories - memories.mean(axis=0))[2][:3]
cos, sin = np.cos(np.pi / 6), np.sin(np.pi / 6)
aslant = np.array([[cos, sin, 0], [-sin * sin, sin * cos, cos]])
plane = Plane(memories.mean(axis=0), aslant @ directions, (0.0, 0.0))
corner = draw_phase_portrait(memory, states=visited, points=cube, plane=plane)
for one, other in combinations(range(8), 2):
    if np.sum(bits[one] != bits[other]) == 1:
        corner.plot(*plane.project(memories[[one, other]]).T, color="0.2", lw=0.5, zorder=3)
corner.set(xlabel="first direction", ylabel="second direction")

# %%
# Quasi-periodic motion
# ---------------------
#
# The two units from above with weights 1.57 times as large. The fixed point is no longer stable: its eigenvalues have
# moduli above 1, and states spiral out of it, onto a closed curve. On it the network goes round for ever, a bit more
# or less than a whole number of steps a turn, so that it never comes back to where it was. The largest exponent is
# zero.

turning = two_units(1.1)
print(behaviour(turning, steps=20_000))
out = courses(turning, [np.array([0.05, 0.0])], 14)
around = np.concatenate([trajectory(turning, 2_000, washout=1_000), out])
curve = draw_phase_portrait(turning, states=around, points=fixed_points(turning))
curve.plot(*out.T, color="0.2", lw=0.4)

# %%
# A limit cycle
# -------------
#
# Weights larger again. Now the motion along the curve is locked: after five steps every state comes back. Because
# tanh is odd, what these two units can do they can do with all signs changed, and there are two such cycles; which of
# them is reached depends on the start. Two cycles of saddles keep them apart.

locked = two_units(1.65)
seen = behaviour(locked)
print(seen)
cycles = periodic_orbits(locked, 5)
print([(orbit.period, orbit.stability) for orbit in cycles])
assert seen.period == 5
cycle = draw_phase_portrait(locked, points=fixed_points(locked), orbits=cycles)

# %%
# Chaos
# -----
#
# A hundred units with weights of standard deviation 0.2, that is gain 2. The network neither rests nor repeats
# itself. There are as many Lyapunov exponents as units, one for every direction; where they are positive, neighbours
# part. Summed from the largest on they stay positive up to the Kaplan-Yorke dimension: of the hundred dimensions the
# motion takes place on so many.

chaotic = DrivenNetwork(random_network(100, 2.0))
seen = behaviour(chaotic, steps=20_000)
print(seen)
assert seen.verdict == "chaotic"
spectrum = lyapunov(chaotic, 2_000, start=seen.state)
print(f"largest {spectrum.largest:.3f} ± {spectrum.errors[0]:.3f}, {np.sum(spectrum.exponents > 0)} positive")
assert spectrum.largest > 5 * spectrum.errors[0]
rates = draw_exponents(spectrum)

# %%
# Two starts that differ in the eleventh digit: their distance grows as exp(lambda_1 t) until they have nothing to do
# with each other.

steps = np.arange(1, 301)
near = [trajectory(chaotic, 300, start=seen.state + shift) for shift in (0.0, 1e-11)]
distance = np.linalg.norm(near[1] - near[0], axis=1)
law = distance[20] * np.exp(spectrum.largest * (steps - 21))
law[law > distance.max()] = np.nan
apart = draw_curves(
    steps, {"two networks": distance, "exp(lambda_1 t)": law}, names=("step", "distance of the states"), log=True
)
assert distance[-1] > 1

# %%
# The same numbers say why such a network is hard to train: on their way back through it derivatives grow, in the long
# run as fast as distances do. At rest they vanish instead; only near the border between the two do they reach far.

flow = gradient_flow(chaotic, 40, start=seen.state)
print(flow.verdict)
explodes = draw_gradient_flow(flow)

# %%
# Running off
# -----------
#
# A tanh holds activities between -1 and 1. A rectifier holds nothing: where weights are large enough, the same units
# are active at every step in the end, and every step multiplies the state. There is no attractor, and there are no
# exponents.

rectified = DrivenNetwork(random_network(20, 2.5, activation="relu", bias=0.5))
seen = behaviour(rectified)
print(seen)
assert seen.verdict == "diverging"
grown = np.abs(trajectory(rectified, seen.steps - 1)).max(axis=1)
away = draw_curves(np.arange(1, seen.steps), {"": grown}, names=("step", "largest activity"), log=True, legend=False)

# %%
# Two programs side by side
# -------------------------
#
# A network can run several programs at once, each on units of its own (Hinton 2012). Here the two units that go round
# stand in one network with three that come to rest, with zeros between them. Outputs are those of both, and the
# exponents of the whole (filled) are those of the parts (circles), sorted.

first, second = random_network(2, 1.1, seed=13), random_network(3, 0.9, seed=2)
both = side_by_side(first, second)
start = np.array([0.4, 0.0, 0.9, -0.9, 0.9])
parts = [
    lyapunov(DrivenNetwork(part), 8_000, start=own).exponents for part, own in ((first, start[:2]), (second, start[2:]))
]
whole = lyapunov(DrivenNetwork(both), 8_000, start=start)
union = np.sort(np.concatenate(parts))[::-1]
print("parts:", union.round(3), "whole:", whole.exponents.round(3))
assert np.abs(union - whole.exponents).max() < 1e-3
sides = draw_exponents(whole)
sides.plot(np.arange(1, 6), union, ls="none", marker="o", ms=8, mfc="none", color="0.4", zorder=2)

# %%
# Above, the outputs of the two programs. Below, the same network with random weights between their units: each
# disturbs the other, and what would rest is moved by what goes round.

sheet, panels = figure(84, panels=(1, 1))
for panel, (name, coupling) in zip(panels, {"apart": 0.0, "coupled": 0.5}.items(), strict=True):
    network = side_by_side(first, second, coupling=coupling)
    outputs = read(network, trajectory(DrivenNetwork(network), 60, start=start))
    draw_motion(outputs, names=["goes round", "comes to rest"], output=f"outputs, {name}", axes=panel)
panels[0].set_xlabel("")
panels[1].get_legend().remove()

# %%
# From rest to chaos
# ------------------
#
# Forty units, whose weights grow from gain 0.5 to 3. Above, what the first unit does after a washout, at each gain
# beginning where the last one ended; below, the largest exponent. Up to a gain of about 1 the network rests. Then it
# goes round with an exponent of zero, locked into a cycle for a while where the exponent is negative, and from about
# 1.75 on it is chaotic. The more units there are the shorter is this way; of infinitely many, chaos begins at gain 1
# (Sompolinsky, Crisanti and Sommers 1988).

gains = np.linspace(0.5, 3, 70)
diagram = bifurcation(lambda gain: DrivenNetwork(random_network(40, gain)), gains, kept=150, washout=800)
assert diagram.exponents[0] < 0 < diagram.exponents.max()
way = bifurcation_figure(diagram, output="first activity")

# %%
# The figures as PNG.

folder = Path("unrolled-out", "what-networks-do")
folder.mkdir(parents=True, exist_ok=True)
figures = {
    "rest": rest, "memories": corner, "closed-curve": curve, "cycle": cycle, "apart": apart, "exponents": rates,
    "gradient": explodes, "runs-off": away, "exponents-of-both": sides, "side-by-side": sheet, "rest-to-chaos": way,
}  # fmt: skip
for name, drawn in figures.items():
    save(drawn, folder / name, ["png"])
