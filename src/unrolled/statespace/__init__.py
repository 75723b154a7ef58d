"""Models with a hidden state that allows exact inference: linear-Gaussian systems and hidden Markov models."""
