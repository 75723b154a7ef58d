"""Sequence problems: from sequences, labels and text, or from a definition and a seed, to a batch."""

from unrolled.tasks._adding import Adding as Adding
from unrolled.tasks._adding import adding as adding
from unrolled.tasks._judge import Judge as Judge
from unrolled.tasks._labels import Alphabet as Alphabet
from unrolled.tasks._labels import one_hot as one_hot
from unrolled.tasks._ragged import bucket_length as bucket_length
from unrolled.tasks._ragged import group_by_bucket as group_by_bucket
from unrolled.tasks._ragged import pad_sequences as pad_sequences
from unrolled.tasks._reber import embedded_reber as embedded_reber
from unrolled.tasks._reber import next_symbols as next_symbols
from unrolled.tasks._reber import reber_or_not as reber_or_not
from unrolled.tasks._reber_grammar import REBER_ALPHABET as REBER_ALPHABET
from unrolled.tasks._reber_grammar import is_reber as is_reber
from unrolled.tasks._reber_grammar import legal_symbols as legal_symbols
from unrolled.tasks._reber_grammar import reber_strings as reber_strings
from unrolled.tasks._registry import task as task
from unrolled.tasks._registry import task_names as task_names
from unrolled.tasks._signals import delayed_echo as delayed_echo
from unrolled.tasks._signals import reversal as reversal
from unrolled.tasks._signals import settle as settle
from unrolled.tasks._signals import sine_from_number as sine_from_number
from unrolled.tasks._task import Task as Task
from unrolled.tasks._task import Terms as Terms
from unrolled.tasks._temporal_order import TemporalOrder as TemporalOrder
from unrolled.tasks._text import next_character as next_character
from unrolled.tasks._trigram import TrigramModel as TrigramModel
