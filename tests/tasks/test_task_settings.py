"""Tasks and their settings by name, as a person types them."""

import pytest

from unrolled.errors import InputError
from unrolled.tasks import Multiplication, read_setting, task, task_names


@pytest.mark.parametrize("name", task_names())
def test_settings_are_read_as_their_fields_take_them(name):
    one = task(name)
    for setting, value in vars(one).items():
        if setting != "length":
            assert read_setting(name, setting, f"{value}") == value
            assert type(read_setting(name, setting, f"{value}")) is type(value)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("flip-flop", "pulse", "0,2"), "pulse must be a number in the task flip-flop; came '0,2'"),
        (("flip-flop", "channels", "0.2"), "channels must be a whole number in the task flip-flop; came '0.2'"),
        (("very-long-lag", "symbols", "9" * 5000), "symbols must be a whole number .*9…'"),
        (("echo", "length", "3"), "unknown setting of echo 'length'"),
        (("ecco", "steps", "3"), "unknown task 'ecco'; did you mean 'echo'"),
    ],
)
def test_what_is_no_setting(typed, words):
    with pytest.raises(InputError, match=words):
        read_setting(*typed)


def test_unknown_names():
    with pytest.raises(InputError, match="unknown task 'addding'; did you mean 'adding'"):
        task("addding")
    with pytest.raises(InputError, match="unknown task"):
        task(["adding"])
    with pytest.raises(InputError, match="unknown setting of adding 'protocl'; did you mean 'protocol'"):
        task("adding", protocl="2011")
    assert task("multiplication", 30, protocol="2011") == Multiplication(30, "2011")
