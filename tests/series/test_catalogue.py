import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.series import dataset, datasets, describe, noisy_sine


@pytest.mark.parametrize("name", datasets())
def test_every_entry_is_a_described_series(name):
    made, entry = dataset(name), describe(name)
    assert made.name == name
    assert made.spacing is not None
    assert made.known is not None
    assert 0 < made.known < len(made)
    assert entry.summary.endswith(".")
    assert entry.provenance.endswith(".")


def test_pairing_particles():
    made = dataset("pairing-particles")
    assert (len(made), made.known, made.x_name, made.spacing) == (20, 12, "particles", 2.0)
    assert (made.names, made.units) == (("correlation energy",), ("level spacing",))
    assert made.values[[0, 11, 19], 0].tolist() == [-0.03077640549, -0.8702784034, -1.70653767]


def test_noisy_sine_is_a_sine_under_uniform_noise():
    made = dataset("noisy-sine")
    noise = (made.values[:, 0] - np.sin(0.02 * made.x)) / 2
    assert (len(made), made.known) == (1000, 800)
    assert noise == pytest.approx(np.random.default_rng(0).random(1000), abs=1e-15)
    assert not np.array_equal(noisy_sine(seed=1).values, made.values)


def test_unknown_name_offers_the_nearest():
    with pytest.raises(InputError, match="did you mean 'pairing-particles'"):
        dataset("pairing-particle")


@pytest.mark.parametrize("options", [{"points": 0}, {"seed": -1}])
def test_noisy_sine_checks_its_arguments(options):
    with pytest.raises(InputError, match="points >= 1"):
        noisy_sine(**options)
