"""Our side of reservoir.py: `python reservoir_unrolled.py` answers requests, one line of JSON each."""

from functools import lru_cache

from reservoir_peer import CONNECTIONS, INPUT_SCALE, LEAK, LOOP_STEPS, RHO, RIDGE, WASHOUT, lorenz, seconds, serve
from unrolled.forecast import EchoState
from unrolled.networks import ReservoirDesign, collect_states, member_keys


def model(units):
    """An echo state network as reservoirpy has it: a readout of the states alone, one reservoir."""
    return EchoState(
        units=units, rho=RHO, leak=LEAK, input_scale=INPUT_SCALE, bias_scale=0.0, connections=CONNECTIONS,
        squares=False, direct=False, ridge=RIDGE, washout=WASHOUT, scale="none", members=1,
    )  # fmt: skip


@lru_cache(maxsize=1)
def reservoir(units):
    """The layer alone, drawn and compiled."""
    design = ReservoirDesign(units, RHO, LEAK, INPUT_SCALE, 0.0, CONNECTIONS)
    drawn = design.draw(3, key=member_keys(0, 1)[0])
    collect_states(drawn, lorenz(50))
    return drawn


@lru_cache(maxsize=1)
def fitted(units, steps):
    """A network that has learned, its loop compiled."""
    found = model(units).fit(lorenz(steps))
    found.predict(LOOP_STEPS, history=lorenz(steps)[-WASHOUT:])
    return found


def states(units, steps):
    """All states of one series."""
    drawn, series = reservoir(units), lorenz(steps)
    return seconds(lambda: collect_states(drawn, series))


def fit(units, steps):
    """States and readout; the reservoir is drawn before."""
    fitted(units, steps)
    return seconds(lambda: model(units).fit(lorenz(steps)))


def loop(units, steps):
    """The continuation, after a run over the last steps that are known."""
    known = fitted(units, steps)
    return seconds(lambda: known.predict(LOOP_STEPS, history=lorenz(steps)[-WASHOUT:]))


if __name__ == "__main__":
    serve({"states": states, "fit": fit, "loop": loop})
