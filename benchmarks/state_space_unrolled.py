"""Our side of state_space.py: `python state_space_unrolled.py` answers requests, one line of JSON each."""

from reservoir_peer import serve
from state_space_peer import chain, emitted, observed, system, timed
from unrolled.statespace import LinearGaussian, filter_states, log_likelihood, smooth_states


def model():
    W, V, Q, R, m, P = system()
    return LinearGaussian(W=W, V=V, Q=Q, R=R, m=m, P=P)


def likelihood(times, missing):
    """The likelihood alone."""
    y = observed(times, missing)
    return timed(lambda: log_likelihood(model(), y))


def filtered(times, missing):
    """All filtered states."""
    y = observed(times, missing)
    return timed(lambda: filter_states(model(), y).log_likelihood)


def smoothed(times, missing):
    """All smoothed states, with the covariances of neighbours."""
    y = observed(times, missing)
    return timed(lambda: smooth_states(model(), y).log_likelihood)


def posterior(times):
    """All posterior probabilities of a hidden Markov model."""
    from unrolled.statespace import GaussianEmission, HiddenMarkov, forward_backward

    initial, transition, mean, covariance = chain()
    hidden, y = HiddenMarkov(initial, transition, GaussianEmission(mean, covariance)), emitted(times)
    return timed(lambda: forward_backward(hidden, y).log_likelihood)


if __name__ == "__main__":
    serve({"likelihood": likelihood, "filter": filtered, "smooth": smoothed, "forward-backward": posterior})
