"""
Backpropagation through time
============================

A recurrent network, unrolled in time, is a deep network with the same weights at every step. The forward pass stacks up
the activities, the backward pass takes them off again, and what every step contributes to the derivatives of the
shared weights is summed. Here all of this can be looked at, for a small network and one sequence.
"""

# %%
# The network
# -----------
#
# Eight units that see their own last activities, ``h_t = tanh(U x_t + W h_{t-1} + b)``, and one output,
# ``y_t = V h_t + c``. It reads 24 values of a sine and says what comes next.

from pathlib import Path

import jax
import numpy as np

import unrolled
from unrolled.networks import NetworkDesign, backpropagate, forward_pass, linearity, member_keys, sensitivity
from unrolled.show import draw_backpropagation, draw_gradient_flow, draw_unrolled, figure, save
from unrolled.types import precision

unrolled.use_compilation_cache()

design = NetworkDesign.parse("elman:8:tanh")
drawing = draw_unrolled(design, steps=3)

# %%
# Up the stack
# ------------
#
# The tape holds what went into every layer, the pre-activations a_t, the activities h_t and the slopes f'(a_t).

steps = 24
signal = np.sin(0.4 * np.arange(steps + 1))
inputs, target = signal[None, :-1, None], signal[-1]
with precision("float64"):
    network = design.initialize(1, 1, key=member_keys(1, 1)[0])
    network = network.replace({"elman_1.W": 0.9 * network.weights()["elman_1.W"]})
    tape = forward_pass(network, inputs)
    hidden = tape["elman_1"]
    print("activities h:", hidden.h.shape, "(sequence, step, unit)")
    print(f"slopes f'(a): from {hidden.slopes.min():.2f} to {hidden.slopes.max():.2f}")
    print(f"last output:  {tape.outputs[0, -1, 0]:+.3f}, wanted {target:+.3f}")

# %%
# Down the stack
# --------------
#
# Only the last output is judged, by ``E = (y_T - target)^2``. Its derivative with respect to that output is the error
# term with which the backward pass begins. From step to step ``delta_t = f'(a_t) (W^T delta_{t+1})``: the matrix is
# transposed, the slopes are those that lie on the stack.

with precision("float64"):
    error = 2 * (np.asarray(tape.outputs[:, -1:]) - target)
    back = backpropagate(tape, error, contributions=True)
    print("|delta_t| at the last five steps:", np.linalg.norm(back["elman_1"].delta[0, -5:], axis=-1).round(4))

# %%
# The stack (top), what is taken off it (middle), and what every step adds to dE/dW (bottom). An Elman network forgets:
# the further back a step, the less it counts. The terms of different steps cancel in part, so their sum, the dotted
# line, lies below the largest of them.

parts = draw_backpropagation(tape, back)[0]

# %%
# The same as automatic differentiation
# -------------------------------------
#
# The sum over the steps is the gradient of the network. The terms are the gradient of the unrolled network that has
# weights of its own at every step.


def squared_error(network):
    return (network(inputs)[0, -1, 0] - target) ** 2


with precision("float64"):
    automatic = jax.grad(squared_error)(network).weights()
    gradient, by_step = back.gradient.weights(), back.contributions.weights()
    print("weights     |dE/dw|    off automatic   steps summed, off")
    for name, derivative in gradient.items():
        off, summed = (abs(np.asarray(w) - derivative).max() for w in (automatic[name], by_step[name].sum(axis=0)))
        print(f"{name:10}  {np.linalg.norm(derivative):.6f}   {off:.0e}          {summed:.0e}")

# %%
# A linear pass
# -------------
#
# The forward pass bends its activities, the backward pass does not bend its derivatives: slopes are constants by then.
# So twice the error gives twice every derivative.

with precision("float64"):
    print(linearity(tape, error, factors=(2, 0.1, -3)))

# %%
# What truncation leaves out
# --------------------------
#
# Truncated backpropagation stops after k steps, which leaves out the contributions of all earlier ones.

whole = np.asarray(gradient["elman_1.W"])
terms = np.asarray(by_step["elman_1.W"])
for k in (1, 2, 4, 8, 16):
    left_out = np.linalg.norm(whole - terms[-k:].sum(0)) / np.linalg.norm(whole)
    print(f"the last {k:2} steps alone: dE/dW is off by {left_out:7.2%}")

# %%
# Vanishing and exploding
# -----------------------
#
# How far back a network can learn is decided by ``dh_T/dh_t``, a product of T - t matrices ``diag(f'(a)) W``. Three
# networks of 20 units, whose W is an orthogonal matrix Q times 0.5, 1 and 2, read the same weak signal.

longer = 0.3 * np.sin(0.5 * np.arange(40))[None, :, None]
flows = {}
with precision("float64"):
    orthogonal = NetworkDesign.parse("elman:20:tanh").initialize(1, 1, key=member_keys(0, 1)[0])
    for factor in (0.5, 1.0, 2.0):
        scaled = orthogonal.replace({"elman_1.W": factor * orthogonal.weights()["elman_1.W"]})
        flows[factor] = sensitivity(scaled, longer)
        print(f"W = {factor:g} Q: {flows[factor]}")

# %%
# Shaded are all singular values, the line is the largest. Dashed is how an error at the last step fares. With the
# factor 2 the slopes of the tanh hold against the growth, but not enough.

sheet, panels = figure(140, panels=(1, 1, 1))
for (factor, flow), axes in zip(flows.items(), panels, strict=True):
    draw_gradient_flow(flow, axes=axes)
    axes.set_ylabel(f"dh_T/dh_t, W = {factor:g} Q")
    if axes is not panels[0]:
        axes.get_legend().remove()
    if axes is not panels[-1]:
        axes.set_xlabel("")

# %%
# A gated cell has a way past its matrices: the LSTM's memory is multiplied by the keep gate alone. The wider that gate
# stands open, and the less is written meanwhile, the further back the gradient reaches. The default bias is 1.

with precision("float64"):
    lstm = NetworkDesign.parse("lstm:20").initialize(1, 1, key=member_keys(0, 1)[0])
    for bias in (0.0, 2.0, 4.0):
        b = lstm.weights()["lstm_1.b"].copy()
        b[:20], b[20:40] = -bias, bias  # write, keep
        print(f"keep {bias:g}, write {0 - bias:g}: {sensitivity(lstm.replace({'lstm_1.b': b}), longer)}")

# %%
# The figures as PNG and PDF.

folder = Path("unrolled-out", "backpropagation")
folder.mkdir(parents=True, exist_ok=True)
for name, drawn in {"unrolled": drawing, "backpropagation": parts, "gradient-flow": sheet}.items():
    save(drawn, folder / name)
