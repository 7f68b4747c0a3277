"""The mode in which torch takes no way that gives other bits the next time."""

import pytest
import torch

from tests.training.small import RECIPE, blobs, small_net
from twostream_lib.errors import InputError
from twostream_lib.training import determinism, loop
from twostream_lib.training.answers import answers


class Asks(torch.nn.Module):
    """Remembers whether torch was deterministic when it computed, in training and otherwise."""

    def __init__(self):
        super().__init__()
        self.net, self.found = small_net(), set()

    def forward(self, images):
        self.found.add((self.training, torch.are_deterministic_algorithms_enabled()))
        return self.net(images)


@pytest.mark.parametrize(("asked", "expected"), [("", False), ("1", True)])
def test_training_validation_and_scoring_are_as_asked_and_nothing_else_is(
    asked, expected, tmp_path, monkeypatch
):
    monkeypatch.setenv(determinism.SWITCH, asked)
    net = Asks()
    loop.fit(net, blobs(), blobs(), RECIPE, tmp_path)
    list(answers(net, blobs()))
    assert net.found == {(True, expected), (False, expected)}
    assert not torch.are_deterministic_algorithms_enabled()


def test_an_error_leaves_the_mode_as_well(monkeypatch):
    monkeypatch.setenv(determinism.SWITCH, "1")
    with pytest.raises(ZeroDivisionError), determinism.as_asked():
        assert torch.are_deterministic_algorithms_enabled()
        raise ZeroDivisionError
    assert not torch.are_deterministic_algorithms_enabled()


def test_another_word_is_refused(monkeypatch):
    monkeypatch.setenv(determinism.SWITCH, "yes")
    with pytest.raises(InputError, match="TWOSTREAM_DETERMINISTIC is 'yes': set it to 1, or unset"):
        determinism.is_asked()
