import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.compilation import count_compilations
from unrolled.errors import InputError, TrainingError
from unrolled.learn import GradientDescent, Optimizer, Status, _gradient_descent, optimizers, train
from unrolled.learn._epoch import _epoch_order
from unrolled.networks import NetworkDesign, initialize_members, member, member_keys
from unrolled.types import Batch, precision

RNG = np.random.default_rng(0)
BATCH = Batch(RNG.normal(size=(7, 2, 1)), RNG.normal(size=(7, 1, 1)))
DESIGN = NetworkDesign.parse("elman:3")


def fit(*, members=1, batch=BATCH, seed=0, dtype="float64", watch=None, **settings):
    keys = member_keys(seed, members)
    with precision(dtype) as kind:
        networks = initialize_members(DESIGN, 1, 1, keys=keys, dtype=kind)
        return train(networks, GradientDescent(**settings), batch, keys=keys, watch=watch)


def leaves(made):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(made)]


def assert_same_bytes(one, two):
    for a, b in zip(leaves(one.networks), leaves(two.networks), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one.history.loss, two.history.loss)


def test_a_fit_compiles_once_for_all_epochs_and_rates():
    fit(epochs=3, batch_size=4)
    with count_compilations() as counted:
        fit(epochs=3, batch_size=4)
        fit(epochs=100, batch_size=4)
        fit(epochs=256, batch_size=4, optimizer=Optimizer("adam", learning_rate=0.01))
        fit(epochs=5, batch_size=4, seed=9)
    assert counted.programs == 0
    with count_compilations() as counted:
        fit(epochs=3, batch_size=4, loss="huber")
    assert 1 <= counted.programs <= 3


def test_same_seed_same_bytes_and_stretches_change_nothing(monkeypatch):
    histories = []
    whole = fit(members=2, epochs=20, batch_size=4)
    monkeypatch.setattr(_gradient_descent, "_STRETCH_SECONDS", 0.0)  # an epoch a stretch
    watched = fit(members=2, epochs=20, batch_size=4, watch=lambda h, epochs: histories.append((h, epochs)))
    assert_same_bytes(whole, watched)
    assert [h.loss.shape for h, _ in histories] == [(2, n) for n in range(1, 21)]
    assert {epochs for _, epochs in histories} == {20}
    for history, _ in histories:
        np.testing.assert_array_equal(history.loss, whole.history.loss[:, : history.loss.shape[1]])
    assert histories[0][0].status == (Status.RUNNING, Status.RUNNING)
    assert whole.history.status == (Status.FINISHED, Status.FINISHED)


def test_member_i_is_the_same_in_an_ensemble_of_any_size():
    one, three = fit(members=1, epochs=10, batch_size=4), fit(members=3, epochs=10, batch_size=4)
    for a, b in zip(leaves(one.networks), leaves(three.networks), strict=True):
        np.testing.assert_allclose(a[0], b[0], rtol=0, atol=1e-12)
    assert not np.allclose(three.history.loss[0], three.history.loss[1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_keep_their_precision(dtype):
    made = fit(epochs=2, dtype=dtype)
    assert {leaf.dtype for leaf in leaves(made.networks)} == {np.dtype(dtype)}
    assert made.history.loss.dtype == np.float64


def test_partial_last_batch_counts_by_its_sequences():
    """With no learning the epoch's loss is the mean over all sequences, whatever the batches."""
    rate = Optimizer("sgd", learning_rate=1e-300)
    expected = fit(epochs=1, batch_size=7, optimizer=rate, shuffle=False).history.loss
    for size in (2, 3, 4):
        made = fit(epochs=1, batch_size=size, optimizer=rate).history.loss
        np.testing.assert_allclose(made, expected, rtol=1e-13)


@settings(max_examples=12)  # every shape compiles
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 100))
def test_an_epoch_takes_every_sequence_once(count, size, epoch):
    size = min(size, count)
    key = jax.random.fold_in(member_keys(3, 1)[0], epoch)
    order = np.asarray(_epoch_order(key, count, size, True))
    assert order.shape == (-(-count // size), size)
    assert sorted(order.ravel()[order.ravel() < count]) == list(range(count))
    assert np.all(order.ravel()[count:] == count)
    in_order = np.asarray(_epoch_order(key, count, size, False)).ravel()[:count]
    np.testing.assert_array_equal(in_order, np.arange(count))


def test_the_order_differs_between_epochs_and_members():
    orders = [
        tuple(np.asarray(_epoch_order(jax.random.fold_in(key, epoch), 20, 4, True)).ravel().tolist())
        for key in member_keys(0, 2)
        for epoch in range(3)
    ]
    assert len(set(orders)) == 6


def test_early_stopping_equals_a_loop_by_hand():
    """The trajectory does not depend on the stopping, so the long run says when to stop and what was best."""
    long = {"epochs": 60, "batch_size": 5, "validation": 0.3, "optimizer": Optimizer("sgd", learning_rate=0.3)}
    judged = fit(**long).history.validation_loss[0]
    patience, improvement = 4, 1e-4
    best, waited, chosen, stopped = np.inf, 0, None, None
    for epoch, value in enumerate(judged, start=1):
        if value < best - improvement:
            best, waited, chosen = value, 0, epoch
        else:
            waited += 1
        if waited >= patience:
            stopped = epoch
            break
    assert stopped is not None
    made = fit(**long, patience=patience, improvement=improvement)
    assert made.history.epochs.tolist() == [stopped]
    assert made.history.status == (Status.STOPPED_EARLY,)
    np.testing.assert_allclose(made.history.validation_loss[0], judged[:stopped], rtol=1e-12)
    until_best = fit(**(long | {"epochs": chosen}))
    for a, b in zip(leaves(made.networks), leaves(until_best.networks), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


def test_members_stop_early_each_for_itself():
    made = fit(members=3, epochs=200, optimizer=Optimizer("sgd", learning_rate=0.5), patience=2)
    assert made.history.loss.shape == (3, made.history.epochs.max())
    for losses_of_one, epochs in zip(made.history.loss, made.history.epochs, strict=True):
        assert np.isfinite(losses_of_one[:epochs]).all()
        assert np.isnan(losses_of_one[epochs:]).all()


def test_infinite_losses_end_the_member_and_then_the_fit():
    with pytest.raises(TrainingError, match=r"after 1 epochs: the loss became infinite or NaN.*learning rate 0.001"):
        fit(members=2, epochs=50, batch=Batch(BATCH.inputs, BATCH.targets * 1e300))


def test_a_finite_loss_with_infinite_weights_is_not_usable():
    """The loss of 1e300 is finite, the step along its gradient is not."""
    huge = Batch(BATCH.inputs, BATCH.targets * 1e150)
    with pytest.raises(TrainingError):
        fit(epochs=1, batch=huge, optimizer=Optimizer("sgd", learning_rate=1e300))


def test_loss_falls_on_a_learnable_task():
    inputs = np.random.default_rng(1).uniform(-1, 1, size=(32, 3, 1))
    batch = Batch(inputs, inputs.sum(axis=1, keepdims=True))
    for name in optimizers():
        history = fit(batch=batch, epochs=120, optimizer=Optimizer(name, learning_rate=0.02)).history
        assert history.loss[0, -1] < 0.5 * history.loss[0, 0], name


def test_clipping_does_not_change_what_is_short_already():
    free = fit(epochs=5, batch_size=4)
    clipped = fit(epochs=5, batch_size=4, clip_norm=1e9, clip_value=1e9)
    for a, b in zip(leaves(free.networks), leaves(clipped.networks), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-15)


@pytest.mark.parametrize(("sequences", "share", "kept"), [(10, 0.05, 9), (12, 0.05, 11), (10, 0.0, 10), (10, 0.5, 5)])
def test_split_counts_as_keras_does(sequences, share, kept):
    assert GradientDescent(validation=share).split(sequences) == (kept, sequences - kept)


def test_validation_that_eats_everything():
    with pytest.raises(InputError, match="leaves none to train on"):
        GradientDescent(validation=0.9).split(1)
    with pytest.raises(InputError, match=r"divides the 9 training windows; came 4.*such as 3"):
        GradientDescent(stateful=True, shuffle=False, batch_size=4).split(9)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("epochs", [0, -1, 1.5, "many", None, True, 10**9]),
        ("batch_size", [0, 2.5, "x", None, 10**30]),
        ("validation", [-0.1, 1, 1.5, "x", float("nan"), None]),
        ("clip_norm", [0, -1, "x", float("nan"), float("inf")]),
        ("clip_value", [0, -1, "x", float("inf"), 10**400]),
        ("patience", [0, -1, 1.5, "x"]),
        ("improvement", [-1, "x", float("nan"), None]),
        ("shuffle", ["no", None, 2]),
        ("stateful", ["no", None, 2]),
    ],
)
def test_wrong_settings_are_named(name, values):
    for value in values:
        with pytest.raises(InputError, match=name):
            GradientDescent(**{name: value})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("learning_rate", [0, -1, "x", float("nan"), float("inf"), 10**400]),
        ("momentum", [-0.1, 1, 2, "x", None, float("nan")]),
        ("weight_decay", [-1, "x", None]),
        ("nesterov", ["yes", None]),
    ],
)
def test_wrong_optimizer_settings_are_named(name, values):
    for value in values:
        with pytest.raises(InputError, match=name):
            Optimizer(**{name: value})


@pytest.mark.parametrize("name", ["watch", "probe"])
@pytest.mark.parametrize("called", [3, "print", [print]])
def test_what_is_called_in_training_must_be_a_function(monkeypatch, name, called):
    monkeypatch.setattr(_gradient_descent, "_start", None)  # what is compiled first
    keys = member_keys(0, 1)
    networks = initialize_members(DESIGN, 1, 1, keys=keys)
    with pytest.raises(InputError, match=rf"{name} must be a function of"):
        train(networks, GradientDescent(), BATCH, keys=keys, **{name: called})


class Unhashable:
    __hash__ = None

    def __call__(self, h):
        return h.sum()


def test_an_error_term_is_hashable():
    with pytest.raises(InputError, match="error_term is part of a compiled program and must be hashable"):
        GradientDescent(error_term=Unhashable())


@pytest.mark.parametrize(
    ("term", "message"),
    [
        (lambda h: np.sum(np.asarray(h)), "must be written with jax.numpy"),
        (lambda h: float(h.sum()), "must be written with jax.numpy"),
        (lambda h: 1.0 if h[0, 0] > 0 else 2.0, "must be written with jax.numpy"),
        (lambda h: h, "must give one real number"),
        (lambda h: h.sum(axis=0), "must give one real number"),
        (lambda h: h.sum() * 1j, "must give one real number"),
        (lambda h: "large", "must give one real number"),
        (lambda h: None, "must give one real number"),
    ],
)
def test_error_terms_that_cannot_be_differentiated(monkeypatch, term, message):
    monkeypatch.setattr(_gradient_descent, "_start", None)  # what is compiled first
    with pytest.raises(InputError, match=f"error_term {message}"):
        fit(error_term=term)


def test_unknown_names_offer_the_nearest():
    with pytest.raises(InputError, match="did you mean 'adam'"):
        Optimizer("adm")
    with pytest.raises(InputError, match="unknown loss 'squares'; did you mean 'squared'"):
        GradientDescent(loss="squares")
    with pytest.raises(InputError, match="set shuffle=False"):
        GradientDescent(stateful=True)


def test_numpy_numbers_are_numbers():
    made = GradientDescent(epochs=np.int64(3), validation=np.float64(0.1), clip_norm=1, patience=np.int32(2))
    assert fit(epochs=made.epochs, patience=made.patience).history.epochs[0] <= 3


def test_member_takes_one_of_a_stack():
    made = fit(members=2, epochs=1)
    assert member(made.networks, 1).weights()["elman_1.b"].shape == (3,)
