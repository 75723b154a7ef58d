"""Network and learner, put together: any sequence task."""

from unrolled.sequence._answers import Distribution as Distribution
from unrolled.sequence._expansion import DelayProducts as DelayProducts
from unrolled.sequence._expansion import Driven as Driven
from unrolled.sequence._expansion import EchoStates as EchoStates
from unrolled.sequence._expansion import Expansion as Expansion
from unrolled.sequence._fitted import KIND as KIND
from unrolled.sequence._fitted import FittedSequenceModel as FittedSequenceModel
from unrolled.sequence._saved import restore_sequence_model as restore_sequence_model
from unrolled.sequence._saved import sequence_model_shapes as sequence_model_shapes
from unrolled.sequence._sequence_model import SequenceModel as SequenceModel
from unrolled.sequence._sequence_model import restored_model as restored_model
from unrolled.sequence._specification import Specification as Specification
