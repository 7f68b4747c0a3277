"""CNN-M-2048 is the original's."""

import torch
from torch import nn

from twostream_lib.models.cnn_m import CNNM2048

# Layer by layer for 20 channels of 224 x 224: what comes out, and what is learned. By hand.
CNN_M = [
    (nn.Conv2d, (96, 109, 109), 20 * 7 * 7 * 96 + 96),  # (224 - 7) / 2 + 1, stride 2
    (nn.LocalResponseNorm, (96, 109, 109), 0),
    (nn.MaxPool2d, (96, 54, 54), 0),
    (nn.Conv2d, (256, 26, 26), 96 * 5 * 5 * 256 + 256),  # (54 + 2 - 5) / 2 + 1, and no LRN behind
    (nn.MaxPool2d, (256, 13, 13), 0),
    (nn.Conv2d, (512, 13, 13), 256 * 3 * 3 * 512 + 512),
    (nn.Conv2d, (512, 13, 13), 512 * 3 * 3 * 512 + 512),
    (nn.Conv2d, (512, 13, 13), 512 * 3 * 3 * 512 + 512),
    (nn.MaxPool2d, (512, 6, 6), 0),
    (nn.Linear, (4096,), 512 * 6 * 6 * 4096 + 4096),
    (nn.Dropout, (4096,), 0),
    (nn.Linear, (2048,), 4096 * 2048 + 2048),
    (nn.Dropout, (2048,), 0),
    (nn.Linear, (51,), 2048 * 51 + 51),
]


def test_cnn_m_2048_is_the_original_layer_by_layer():
    net, found = CNNM2048(num_classes=51, in_channels=20).eval(), []

    def note(layer, _, output):
        weights = sum(weight.numel() for weight in layer.parameters())
        found.append((type(layer), tuple(output.shape[1:]), weights))

    for layer in net.modules():
        if isinstance(layer, tuple({kind for kind, _, _ in CNN_M})):
            layer.register_forward_hook(note)
    with torch.inference_mode():
        net(torch.zeros(1, 20, 224, 224, dtype=torch.uint8))
    assert found == CNN_M
    assert sum(p.numel() for p in net.parameters()) == sum(weights for *_, weights in CNN_M)
    assert [layer.p for layer in net.modules() if isinstance(layer, nn.Dropout)] == [0.9, 0.9]


def test_cnn_m_2048_has_two_channels_a_field():
    net = CNNM2048(num_classes=7, in_channels=2 * 5)
    assert net.features[0].weight.shape == (96, 10, 7, 7)
    assert net.head[-1].out_features == 7
