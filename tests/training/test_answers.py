"""What a network says of data: each sample once, in order, as torch would have it."""

import numpy as np
import torch

from tests.training.small import blobs, small_net
from twostream_lib.training.answers import answers


def test_every_sample_is_answered_in_order():
    net, data = small_net().eval(), blobs(23)
    images, labels = data.tensors
    with torch.inference_mode():
        expected = net(images)
    found, theirs = zip(*answers(net.train(), data, 5), strict=True)
    torch.testing.assert_close(torch.cat(found), expected, rtol=0.02, atol=0.02)
    assert torch.equal(torch.cat(theirs), labels) and torch.cat(found).dtype == torch.float32
    assert not net.training and not torch.is_inference_mode_enabled()


def test_some_samples_are_answered_in_the_order_asked_for():
    net, data = small_net(), blobs(12)
    whole = torch.cat([logits for logits, _ in answers(net, data, 12)])
    chosen = [7, 2, 11]
    some = torch.cat([logits for logits, _ in answers(net, data, 2, chosen)])
    torch.testing.assert_close(some, whole[np.array(chosen)], rtol=0.02, atol=0.02)
