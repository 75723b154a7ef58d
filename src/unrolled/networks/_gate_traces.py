"""What the gates of a network do over time."""

from __future__ import annotations

from typing import Any

from jaxtyping import Float

from unrolled.errors import InputError
from unrolled.networks._network import Network
from unrolled.networks._tape import LayerTape, forward_pass
from unrolled.types import AnyArray

__all__ = ["gate_traces"]


def gate_traces(
    network: Network, inputs: Float[AnyArray, "batch time feature"], states: tuple[Any, ...] | None = None
) -> dict[str, LayerTape]:
    """Run a network and say of every gated layer what its gates wrote, kept and read at every step.

    Of an LSTM ``s_t = f_t s_{t-1} + i_t g_t``, ``h_t = o_t f(s_t)``: ``trace.gates["keep"]`` is f_t and
    ``trace.kept`` is ``f_t s_{t-1}``, ``trace.written`` is ``i_t g_t``, ``trace.read`` is h_t. Of a GRU
    ``h_t = z_t h_{t-1} + (1 - z_t) n_t`` (kept and written), of a minGRU the same with z and 1 - z exchanged. The cell
    of 1997 keeps all of s_{t-1}.

    Parameters
    ----------
    network
        One network, not a stack of members.
    inputs
        x_1..x_T.
    states
        The states before the first step; the network's own if left out.

    Returns
    -------
    dict
        By name of the layer (of a bidirectional one each direction, as ``"bi-lstm_1.forward"``) its
        :class:`LayerTape`, whose ``gates``, ``written``, ``kept``, ``read`` and ``memory`` have the shape
        ``(batch, time, unit)``.

    Raises
    ------
    InputError
        No layer has gates; inputs, states or networks that :func:`forward_pass` refuses.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import NetworkDesign, gate_traces, member_keys
    >>> network = NetworkDesign.parse("lstm:4, dense:3, gru:2").initialize(1, 1, key=member_keys(0, 1)[0])
    >>> traces = gate_traces(network, np.ones((2, 5, 1)))
    >>> {name: list(trace.gates) for name, trace in traces.items()}
    {'lstm_1': ['write', 'keep', 'candidate', 'read'], 'gru_1': ['reset', 'update', 'candidate']}
    >>> traces["lstm_1"].gates["keep"].shape
    (2, 5, 4)
    """
    tape = forward_pass(network, inputs, states)
    traces = {name: seen for name in tape.names if (seen := tape[name]).gates}
    if not traces:
        raise InputError("no layer of this network has gates; take one with an LSTM, a GRU or a minGRU.")
    return traces
