"""The recurrent step: cells, layers, readouts, initialization, the one scan, the closed loop.

``h_t = f(U x_t + W h_{t-1} + b)``, ``y_t = g(V h_t + c)``
"""

from unrolled.networks._activations import activation as activation
from unrolled.networks._activations import activations as activations
from unrolled.networks._activations import slope as slope
from unrolled.networks._backpropagation import Backpropagation as Backpropagation
from unrolled.networks._backpropagation import LayerDerivatives as LayerDerivatives
from unrolled.networks._backpropagation import backpropagate as backpropagate
from unrolled.networks._bidirectional import Bidirectional as Bidirectional
from unrolled.networks._bidirectional import BothStates as BothStates
from unrolled.networks._cell import Cell as Cell
from unrolled.networks._cell import CellState as CellState
from unrolled.networks._cell import HiddenState as HiddenState
from unrolled.networks._closed_loop import closed_loop as closed_loop
from unrolled.networks._closed_loop import padded_steps as padded_steps
from unrolled.networks._dense import Dense as Dense
from unrolled.networks._dense import Observed as Observed
from unrolled.networks._dense import Readout as Readout
from unrolled.networks._design import NetworkDesign as NetworkDesign
from unrolled.networks._elman import Elman as Elman
from unrolled.networks._ensemble import initialize_members as initialize_members
from unrolled.networks._ensemble import map_members as map_members
from unrolled.networks._ensemble import member as member
from unrolled.networks._feedback import fed_back as fed_back
from unrolled.networks._from_keras import from_keras as from_keras
from unrolled.networks._from_torch import from_torch as from_torch
from unrolled.networks._gru import GRU as GRU
from unrolled.networks._initializers import glorot_uniform as glorot_uniform
from unrolled.networks._initializers import member_keys as member_keys
from unrolled.networks._initializers import orthogonal as orthogonal
from unrolled.networks._initializers import random_generator as random_generator
from unrolled.networks._lanes import keep_where as keep_where
from unrolled.networks._lanes import run_in_lanes as run_in_lanes
from unrolled.networks._layer_design import LayerDesign as LayerDesign
from unrolled.networks._layer_design import layer_kinds as layer_kinds
from unrolled.networks._linearity import Linearity as Linearity
from unrolled.networks._linearity import linearity as linearity
from unrolled.networks._lstm import LSTM as LSTM
from unrolled.networks._mingru import MinGRU as MinGRU
from unrolled.networks._network import Network as Network
from unrolled.networks._network import layer_names as layer_names
from unrolled.networks._norm_keeping import norm_keeping as norm_keeping
from unrolled.networks._parallel import linear_recurrence as linear_recurrence
from unrolled.networks._sensitivity import GradientFlow as GradientFlow
from unrolled.networks._sensitivity import sensitivity as sensitivity
from unrolled.networks._sensitivity import state_jacobians as state_jacobians
from unrolled.networks._start import Start as Start
from unrolled.networks._start import merge_given as merge_given
from unrolled.networks._summary import LayerSummary as LayerSummary
from unrolled.networks._summary import NetworkSummary as NetworkSummary
from unrolled.networks._summary import summarize as summarize
from unrolled.networks._tape import LayerTape as LayerTape
from unrolled.networks._tape import Tape as Tape
from unrolled.networks._tape import forward_pass as forward_pass
from unrolled.networks._unroll import unroll as unroll
