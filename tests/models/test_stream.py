"""The streams: shapes, weights, first losses."""

import math

import pytest
import torch
import torchvision
from torch import nn

from twostream_lib.errors import InputError
from twostream_lib.models.cnn_m import CNNM2048
from twostream_lib.models.first_layer import adapt_first_layer, see_motion_only
from twostream_lib.models.stream import StreamNet

SMALL = "shufflenet_v2_x0_5"


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenet_v2", "mobilenet_v3_small", SMALL])
def test_a_stream_gives_one_logit_a_class(backbone):
    net = StreamNet(backbone, num_classes=7, weights="none").eval()
    assert net(torch.zeros(2, 3, 64, 96, dtype=torch.uint8)).shape == (2, 7)


@pytest.mark.parametrize("classes", [12, 51])
def test_first_loss_is_that_of_an_even_guess(classes):
    torch.manual_seed(0)
    net = StreamNet(SMALL, num_classes=classes, weights="none")
    images = torch.randint(0, 256, (16, 3, 64, 64), dtype=torch.uint8)
    loss = nn.functional.cross_entropy(net(images), torch.arange(16) % classes)
    assert loss.item() == pytest.approx(math.log(classes), rel=0.05)


def test_bytes_and_floats_of_one_image_give_one_answer():
    net = StreamNet(SMALL, num_classes=5, weights="none").eval()
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    torch.testing.assert_close(net(images), net(images.float() / 255))


def test_pixels_are_normalised_as_torchvision_does_it():
    images = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8)
    preset = torchvision.models.ResNet50_Weights.DEFAULT.transforms()
    ours = StreamNet(SMALL, weights="none").normalise(images)
    theirs = torchvision.transforms.functional.normalize(images / 255, preset.mean, preset.std)
    torch.testing.assert_close(ours, theirs)


def test_the_head_is_the_papers():
    head = StreamNet(SMALL, weights="none").head
    assert [type(layer) for layer in head] == [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]
    assert head[2].p == 0.5
    assert StreamNet(SMALL, weights="none", dropout=0.7).head[2].p == 0.7


def state_without_classifier(backbone):
    net = torchvision.models.get_model(backbone, weights=None)
    return {k: v for k, v in net.state_dict().items() if not k.startswith(("fc.", "classifier."))}


def test_weights_from_a_file_without_classifier(tmp_path):
    state = state_without_classifier("mobilenet_v2")
    torch.save(state, tmp_path / "features.pth")
    net = StreamNet("mobilenet_v2", weights=tmp_path / "features.pth")
    for name, tensor in state.items():
        torch.testing.assert_close(net.backbone.state_dict()[name], tensor)
    assert f"{len(state)} tensors" in net.used_weights


def test_real_imagenet_features_load(real_data):
    file = real_data / "weights" / "mobilenet_v2-imagenet-features.pth"
    assert "312 tensors" in StreamNet("mobilenet_v2", weights=file).used_weights


def test_weights_of_another_network_are_refused(tmp_path):
    torch.save(state_without_classifier("resnet18"), tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"other\.pth lacks \d+ tensors"):
        StreamNet("mobilenet_v2", weights=tmp_path / "other.pth")


def test_weights_of_another_shape_are_refused(tmp_path):
    state = state_without_classifier("mobilenet_v2")
    state["features.0.0.weight"] = torch.zeros(1)
    torch.save(state, tmp_path / "bent.pth")
    with pytest.raises(InputError, match=r"another shape, such as features\.0\.0\.weight"):
        StreamNet("mobilenet_v2", weights=tmp_path / "bent.pth")


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04"])
def test_a_file_that_is_no_state_dict_is_refused(tmp_path, content):
    (tmp_path / "junk.pth").write_bytes(content)
    with pytest.raises(InputError, match=r"junk\.pth cannot be read"):
        StreamNet(SMALL, weights=tmp_path / "junk.pth")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.pth is not there"):
        StreamNet(SMALL, weights=tmp_path / "gone.pth")


def test_an_unknown_backbone_is_refused():
    with pytest.raises(InputError, match="'resnet49'"):
        StreamNet("resnet49", weights="none")


def test_weights_that_cannot_be_fetched_name_the_ways_out(tmp_path, monkeypatch):
    def no_network(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", no_network)
    with pytest.raises(InputError, match=r"no route to host.*weights='none' or a file"):
        StreamNet("resnet18", weights="imagenet")


@pytest.mark.parametrize(
    "settings",
    [
        {"bias": False},
        {"bias": True},
        {"bias": True, "stride": 2, "dilation": 2, "padding_mode": "reflect"},
        {"bias": False, "stride": (1, 2), "padding_mode": "circular"},
    ],
)
@pytest.mark.parametrize("channels", [2, 6, 20])
def test_an_adapted_first_layer_answers_a_gray_stack_as_the_image(channels, settings):
    torch.manual_seed(0)
    rgb = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, **settings))
    stack = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, **settings))
    stack.load_state_dict(rgb.state_dict())
    adapt_first_layer(stack, channels, pretrained=True)
    gray = torch.rand(2, 1, 16, 16)
    torch.testing.assert_close(
        stack(gray.expand(-1, channels, -1, -1)), rgb(gray.expand(-1, 3, -1, -1))
    )


def test_an_adapted_first_layer_treats_all_channels_alike():
    net = nn.Sequential(nn.Conv2d(3, 8, 3))
    adapt_first_layer(net, 10, pretrained=True)
    for channel in range(10):
        torch.testing.assert_close(net[0].weight[:, channel], net[0].weight[:, 0])


def test_without_pretraining_the_first_layer_is_new():
    net = nn.Sequential(nn.Conv2d(3, 8, 3))
    adapt_first_layer(net, 10, pretrained=False)
    assert not torch.equal(net[0].weight[:, 0], net[0].weight[:, 1])


def test_a_first_layer_in_groups_cannot_be_adapted():
    with pytest.raises(InputError, match="first layer 0 sees its channels in 3 groups"):
        adapt_first_layer(nn.Sequential(nn.Conv2d(3, 9, 3, groups=3)), 10, pretrained=True)


def test_a_layer_that_sees_motion_only_answers_nothing_to_gray_and_something_to_colour():
    net = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False))
    see_motion_only(net)
    gray = torch.rand(1, 1, 16, 16).expand(-1, 3, -1, -1)
    assert net(gray).abs().max() < 1e-5
    assert net(torch.rand(1, 3, 16, 16)).abs().max() > 1e-2


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
