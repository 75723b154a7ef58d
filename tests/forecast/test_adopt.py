"""Networks that were trained elsewhere, made into forecasters; settings that follow from others, or contradict them."""

import numpy as np
import pytest

import unrolled
from unrolled.errors import InputError
from unrolled.networks import NetworkDesign, member

DATA = unrolled.dataset("pairing-particles").head(12)


@pytest.mark.parametrize("settings", [{}, {"scale": "standard"}, {"lags_as": "features"}, {"target": "x-to-y"}])
def test_adopted_members_continue_as_the_fitted_ones(settings):
    model = unrolled.model("rnn", network="dense:3:relu, gru:4", epochs=2, members=2, **settings)
    fitted = model.fit(DATA)
    adopted = unrolled.model("rnn", **settings).adopt([member(fitted.networks, i) for i in range(2)], DATA)
    assert adopted.predict(5).members.tobytes() == fitted.predict(5).members.tobytes()
    assert adopted.summary() == fitted.summary()
    assert adopted.model.members == 2


def test_an_adopted_model_can_be_saved(tmp_path):
    fitted = unrolled.model("rnn", units=3, epochs=2, members=1).fit(DATA)
    adopted = unrolled.model("rnn").adopt(member(fitted.networks, 0), DATA)
    again = unrolled.load(adopted.save(tmp_path / "model"))
    assert again.predict(3).mean.tobytes() == fitted.predict(3).mean.tobytes()


def test_networks_that_do_not_fit_are_refused():
    one, other = (
        member(unrolled.model("rnn", units=units, epochs=1, members=1).fit(DATA).networks, 0) for units in (2, 3)
    )
    with pytest.raises(InputError, match="one design"):
        unrolled.model("rnn").adopt([one, other], DATA)
    with pytest.raises(InputError, match="at least one"):
        unrolled.model("rnn").adopt([], DATA)
    with pytest.raises(InputError, match="shape"):
        unrolled.model("rnn").adopt(one, np.ones((12, 2)) * np.arange(12)[:, None])


def test_the_design_of_a_network_is_the_one_that_made_it():
    design = NetworkDesign.parse("dense:2:sigmoid, lstm:3, elman:2:relu", output="softplus")
    assert NetworkDesign.of(design.initialize(2, 1, key=unrolled.networks.member_keys(0, 1)[0])) == design


def test_settings_that_follow_from_others():
    assert unrolled.model("autoregression", members=2).members == 1
    assert unrolled.model("rnn", target="x-to-y").learner.validation == 0
    assert unrolled.model("rnn", target="x-to-y", validation=0.1).learner.validation == 0.1
    assert unrolled.model("rnn").learner.validation == 0.05


def test_settings_that_contradict_each_other_are_refused():
    with pytest.raises(InputError, match="in full"):
        unrolled.model("rnn", network="lstm:3", units=5)
    with pytest.raises(InputError, match="belong to sgd"):
        unrolled.model("rnn", momentum=0.5)
    assert unrolled.model("rnn", optimizer="sgd", momentum=0.5, nesterov=True).learner.optimizer.nesterov
