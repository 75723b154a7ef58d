"""How a network learns: losses, updates, one loop, and readouts solved in one step."""

from unrolled.learn._gradient_descent import Probe as Probe
from unrolled.learn._gradient_descent import Watch as Watch
from unrolled.learn._gradient_descent import train as train
from unrolled.learn._gradient_watch import GradientFlowWarning as GradientFlowWarning
from unrolled.learn._gradient_watch import GradientWatch as GradientWatch
from unrolled.learn._history import Fit as Fit
from unrolled.learn._history import History as History
from unrolled.learn._history import Status as Status
from unrolled.learn._learner import GradientDescent as GradientDescent
from unrolled.learn._least_squares import LeastSquares as LeastSquares
from unrolled.learn._least_squares import solve_readout as solve_readout
from unrolled.learn._losses import Loss as Loss
from unrolled.learn._losses import loss as loss
from unrolled.learn._losses import losses as losses
from unrolled.learn._losses import scale_of as scale_of
from unrolled.learn._optimizers import Optimizer as Optimizer
from unrolled.learn._optimizers import optimizers as optimizers
from unrolled.learn._response import error_of as error_of
from unrolled.learn._response import real_steps as real_steps
from unrolled.learn._response import respond as respond
from unrolled.learn._response import starting_states as starting_states
from unrolled.learn._suited import require_suited as require_suited
from unrolled.learn._truncated import respond_truncated as respond_truncated
