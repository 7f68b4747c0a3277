"""A batch that does not fit is computed in pieces, and only then."""

import copy

import pytest
import torch

from tests.training.small import blobs, stream_net
from twostream_lib.errors import InputError
from twostream_lib.training import memory


def holding(most, tried):
    """An attempt on a batch of 100 that has memory for so many samples at once."""

    def attempt(pieces):
        tried.append(pieces)
        if -(-100 // pieces) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")

    return attempt


@pytest.mark.parametrize(("most", "pieces"), [(100, 1), (60, 2), (49, 4), (2, 50)])
def test_the_fewest_pieces_that_fit_are_found(most, pieces):
    tried = []
    assert memory.pieces_that_fit(holding(most, tried), 100) == pieces
    assert tried == sorted(set(tried)) and tried[-1] == pieces


def test_where_not_even_two_samples_fit_it_is_said():
    with pytest.raises(InputError, match="not the memory for two samples: choose a smaller"):
        memory.pieces_that_fit(holding(1, []), 100)


def test_another_error_is_no_lack_of_memory():
    def attempt(pieces):
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        memory.pieces_that_fit(attempt, 100)
    assert not memory.is_out_of_memory(RuntimeError("shapes"))
    with pytest.raises(RuntimeError) as error:
        torch.empty(2**60, dtype=torch.uint8)
    assert memory.is_out_of_memory(error.value)
    for words in ("MPS backend out of memory", "CUDA error: out of memory"):
        assert memory.is_out_of_memory(RuntimeError(words))


def test_nothing_is_left_of_passes_that_were_tried():
    net = stream_net().train()
    before = copy.deepcopy(net.state_dict())
    with memory.tried_on(net):
        net(blobs(8).tensors[0]).sum().backward()
        moved = [name for name, of in net.state_dict().items() if not torch.equal(of, before[name])]
    assert any("running_mean" in name for name in moved)
    torch.testing.assert_close(net.state_dict(), before, rtol=0, atol=0)
    assert all(weight.grad is None for weight in net.parameters())


def test_pieces_are_said_and_one_piece_is_not_worth_a_word():
    assert memory.sentence(128, 1) == ""
    assert "batch of 128 is computed in 4 pieces of 32" in memory.sentence(128, 4)
