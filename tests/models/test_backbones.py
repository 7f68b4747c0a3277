"""Backbones, and the weights that they start from."""

import contextlib
from urllib.error import URLError

import pytest
import torch
import torchvision

from twostream_lib.errors import InputError
from twostream_lib.models.backbones import refused_size
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


@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_networks_with_additional_classifiers_give_logits_in_training(name):
    with torch.device("meta"):
        net = StreamNet(name, 3, weights="none").train()
        assert net(torch.rand(2, 3, 128, 128)).shape == (2, 3)


@pytest.fixture
def published(monkeypatch):
    """A function that has a network's published weights be some random ones, without a network."""

    def publish(name):
        torch.manual_seed(0)
        state = torchvision.models.get_model(name, weights=None, init_weights=False).state_dict()
        kind = torchvision.models.get_model_weights(name)
        monkeypatch.setattr(kind, "get_state_dict", lambda *_, **__: state)
        return state

    return publish


def given(weights, name, state, folder):
    """The weights of `StreamNet` that a test asks for."""
    if weights == "a file":
        torch.save(state, folder / f"{name}.pth")
    return folder / f"{name}.pth" if weights == "a file" else weights


@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
@pytest.mark.parametrize("weights", ["imagenet", "a file"])
def test_a_network_that_is_built_without_weights_answers_as_the_one_it_loads(
    name, weights, published, tmp_path
):
    trained = StreamNet(name, 3, weights=given(weights, name, published(name), tmp_path))
    torch.nn.init.normal_(trained.head[-1].weight)
    films = torch.randint(0, 256, (4, 3, 96, 96), dtype=torch.uint8)
    with torch.no_grad():
        trained.train()(films)  # its batch norms have seen something
        asked = StreamNet(name, 3, weights="none")
        asked.load_state_dict(trained.state_dict())
        torch.testing.assert_close(asked.eval()(films), trained.eval()(films), rtol=0, atol=0)


@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
@pytest.mark.parametrize("weights", ["imagenet", "a file"])
def test_published_weights_get_the_range_that_they_were_trained_with(
    name, weights, published, tmp_path
):
    ours = StreamNet(name, 3, weights=given(weights, name, published(name), tmp_path)).eval()
    theirs = torchvision.models.get_model(name, weights="DEFAULT").eval()
    theirs.fc = torch.nn.Identity()
    films = torch.rand(2, 3, 96, 96)
    with torch.no_grad():
        torch.testing.assert_close(ours.backbone(films), theirs(films))


@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
@pytest.mark.parametrize("weights", ["imagenet", "none"])
def test_a_stack_has_no_colours_that_could_be_brought_to_a_range(name, weights, published):
    published(name)
    net = StreamNet(name, 3, in_channels=20, weights=weights).eval()
    with torch.no_grad():
        assert net(torch.zeros(2, 20, 96, 96, dtype=torch.uint8)).shape == (2, 3)


@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
@pytest.mark.parametrize(
    "name", ["alexnet", "resnet8", "inception_v3", "maxvit_t", "vit_b_32", "regnet_x_400mf"]
)
def test_the_pictures_that_a_backbone_does_not_take_are_those_at_which_it_fails(name):
    sizes = [(224, 224), (112, 112), (72, 96), (36, 48)]
    net, failed = StreamNet(name, 3, weights="none").eval(), []
    for size in sizes:
        with torch.no_grad(), contextlib.suppress(RuntimeError, AssertionError):
            net(torch.zeros(1, 3, *size))
            continue
        failed.append(size)
    assert [size for size in sizes if refused_size(name, "none", (size,))] == failed
    assert refused_size(name, "none", tuple(sizes)) == next(iter(failed), None)


def test_published_weights_may_be_of_other_pictures_than_the_network_alone():
    assert refused_size("vit_h_14", "none", ((224, 224),)) is None
    assert refused_size("vit_h_14", "imagenet", ((518, 518), (224, 224))) == (224, 224)


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>", b"PK\x03\x04"])
def test_imagenet_weights_that_were_not_fetched_whole_are_named(content, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    file = tmp_path / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(
        InputError, match=r"resnet18-f37072fd\.pth is not the file that torchvision"
    ):
        StreamNet("resnet18", weights="imagenet")
