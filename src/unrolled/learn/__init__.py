"""How a network learns: losses, updates, one loop, and readouts solved in one step."""

from unrolled.learn._gradient_descent import Watch as Watch
from unrolled.learn._gradient_descent import train as train
from unrolled.learn._history import Fit as Fit
from unrolled.learn._history import History as History
from unrolled.learn._history import Status as Status
from unrolled.learn._learner import GradientDescent as GradientDescent
from unrolled.learn._least_squares import LeastSquares as LeastSquares
from unrolled.learn._least_squares import solve_readout as solve_readout
from unrolled.learn._losses import loss as loss
from unrolled.learn._losses import losses as losses
from unrolled.learn._optimizers import Optimizer as Optimizer
from unrolled.learn._optimizers import optimizers as optimizers
