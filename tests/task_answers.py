"""What each task asks for, worked out again from the inputs alone, one sequence at a time, by plain loops."""

import numpy as np

from unrolled.tasks import REBER_ALPHABET


def _symbols(x):
    assert (x.sum(axis=1) == 1).all()
    assert (np.sort(x, axis=1)[:, -1] == 1).all()
    return [int(row.argmax()) for row in x]


def _one_hot(symbols, kinds):
    return np.array([[float(kind == symbol) for kind in range(kinds)] for symbol in symbols])


def _marked(x):
    return [number for number, marker in x if marker == 1]


def adding(task, x):
    # In 1997 a first pair that is marked keeps -1 and counts as 0: then there is one number alone.
    total = sum(_marked(x))
    return [[0.5 + total / 4 if task.protocol == "1997" else total / 2]]


def multiplication(task, x):
    return [[np.prod(_marked(x))]]


def exclusive_or(task, x):
    first, second = _marked(x)
    return [[float(first != second)]]


def temporal_order(task, x):
    names = "EBabcdXY" if task.protocol == "1997" else "abcdXY"
    text = "".join(names[i] for i in _symbols(x))
    marks = [symbol for symbol in text if symbol in "XY"]
    assert len(marks) == task.symbols
    if task.protocol == "1997":
        assert text[0] == "E"
        assert text[-1] == "B"
        assert not set(text[1:-1]) & set("EB")
    number = int("".join("01"[symbol == "Y"] for symbol in marks), 2)
    return _one_hot([number], 2**task.symbols)


def first_again(task, x):
    symbols = _symbols(x)
    wanted = [*symbols[1:], symbols[0]]
    return _one_hot(wanted if task.targets == "every" else wanted[-1:], x.shape[1])


def very_long_lag(task, x):
    *others, e, b, first, second = range(x.shape[1])
    symbols = _symbols(x)
    assert symbols[0] == b
    assert symbols[-1] == e
    assert set(symbols[2:-1]) <= set(others)
    return _one_hot([[first, second].index(symbols[1])], 2)


def recall(task, x):
    n, blank = {5: 5, 7: 10, 10: 10}[x.shape[1] + (x.shape[1] == 4)], x.shape[1] - 2
    symbols = _symbols(x)
    cue = symbols.index(blank + 1)
    assert cue == n + task.length - 1
    assert set(symbols[n:cue]) | set(symbols[cue + 1 :]) <= {blank}
    assert max(symbols[:n]) < blank
    wanted = [blank] * (cue + 1) + symbols[:n]
    return _one_hot(wanted if task.targets == "every" else wanted[-n:], blank + 1)


def two_sequences(task, x):
    second = x[: task.informative, 0].sum() > 0
    return [[(0.8 if second else 0.2) if task.experiment == "3c" else float(second)]]


def embedded_reber(task, x):
    text = REBER_ALPHABET.decode(_symbols(x)) + "E"
    assert text in task.training_strings
    return REBER_ALPHABET.one_hot(text)[1:]


def echo(task, x):
    return [[x[t - task.length, 0] if t >= task.length else np.nan] for t in range(task.steps)]


def parity(task, x):
    odd, found = False, []
    for bit in x[:, 0]:
        odd = odd != (bit == 1)
        found.append([float(odd)])
    return found if task.targets == "every" else found[-1:]


def flip_flop(task, x):
    held, found = [np.nan] * task.channels, []
    for pulses in x:
        held = [pulse if pulse else last for pulse, last in zip(pulses, held, strict=True)]
        found.append(held)
    return found


def oscillator(task, x):
    held = set(x[:, 0].tolist())
    assert len(held) == 1
    j = round((held.pop() - 0.25) * task.frequencies)
    assert 0 <= j < task.frequencies
    omega = np.linspace(task.lowest, task.highest, task.frequencies)[j]
    return [[np.sin(omega * task.step * t)] for t in range(1, len(x) + 1)]
