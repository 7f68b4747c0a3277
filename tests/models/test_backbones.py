"""Backbones, and the weights that they start from."""

from urllib.error import URLError

import pytest
import torch
import torchvision

from twostream_lib.errors import InputError
from twostream_lib.models.stream import StreamNet

SMALL = "shufflenet_v2_x0_5"


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
        raise URLError(OSError("no route to host"))

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", no_network)
    with pytest.raises(InputError, match=r"no route to host.*weights='none' or a file"):
        StreamNet("resnet18", weights="imagenet")
