"""Network and learner, put together."""

from unrolled.sequence._sequence_model import FittedSequenceModel as FittedSequenceModel
from unrolled.sequence._sequence_model import SequenceModel as SequenceModel
