"""The lecture's job in PyTorch, written as a user writes it: learn 12 energies, continue to 20.

`python main_job_torch.py MODEL SEED` with MODEL rnn, lstm-2layer or dense-gru-2layer prints one line of JSON.
"""

import json
import sys
import time

start = time.perf_counter()

import numpy as np  # noqa: E402 - the clock has to run before the import
import torch  # noqa: E402
from torch import nn  # noqa: E402

imported = time.perf_counter()

ENERGIES = np.array(
    [
        *[-0.03077640549, -0.08336233266, -0.1446729567, -0.2116753732, -0.2830637392, -0.3581341341],
        *[-0.436462435, -0.5177783846, -0.6019067271, -0.6887363571, -0.7782028952, -0.8702784034],
        *[-0.9649652536, -1.062292565, -1.16231451, -1.265109911, -1.370782966, -1.479465113],
        *[-1.591317992, -1.70653767],
    ]
)
KNOWN, WINDOW, TRAINING = 12, 2, 9

# What comes before the recurrent layers, those layers, and the size of what they give.
PARTS = {
    "rnn": lambda: (nn.Identity(), nn.RNN(1, 200, batch_first=True), 200),
    "lstm-2layer": lambda: (nn.Identity(), nn.LSTM(1, 250, num_layers=2, batch_first=True), 250),
    "dense-gru-2layer": lambda: (
        nn.Sequential(nn.Linear(1, 125), nn.ReLU(), nn.Linear(125, 125), nn.ReLU()),
        nn.GRU(125, 250, num_layers=2, batch_first=True),
        250,
    ),
}


class Network(nn.Module):
    """Recurrent layers with a linear readout of the last step."""

    def __init__(self, name):
        super().__init__()
        self.dense, self.recurrent, units = PARTS[name]()
        self.readout = nn.Linear(units, 1)

    def forward(self, x):  # noqa: D102
        states, _ = self.recurrent(self.dense(x))
        return self.readout(states[:, -1])


def fit(name):
    """150 epochs of Adam on the raw values; the last of the ten windows is kept for validation."""
    values = torch.tensor(ENERGIES[:KNOWN], dtype=torch.float32)
    inputs = values.unfold(0, WINDOW, 1)[:-1, :, None]
    targets = values[WINDOW:, None]
    model, loss = Network(name), nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    history = []
    for _ in range(150):
        optimizer.zero_grad()
        train_loss = loss(model(inputs[:TRAINING]), targets[:TRAINING])
        train_loss.backward()
        optimizer.step()
        with torch.no_grad():
            validation_loss = loss(model(inputs[TRAINING:]), targets[TRAINING:])
        history.append((train_loss.item(), validation_loss.item()))
    return model


def extrapolate(model):
    """Feed every prediction back."""
    values = list(ENERGIES[:KNOWN])
    with torch.no_grad():
        while len(values) < len(ENERGIES):
            window = torch.tensor(values[-WINDOW:], dtype=torch.float32)[None, :, None]
            values.append(model(window).item())
    return np.array(values)


def main():
    torch.manual_seed(int(sys.argv[2]))
    model = fit(sys.argv[1])
    fitted = time.perf_counter()
    squares = (extrapolate(model) - ENERGIES) ** 2
    end = time.perf_counter()
    seconds = {"import": imported - start, "fit": fitted - imported, "predict": end - fitted}
    scores = {"mse_all": squares.mean(), "mse_forecast": squares[KNOWN:].mean()}
    print(json.dumps(seconds | {"total": end - start} | scores))


if __name__ == "__main__":
    main()
