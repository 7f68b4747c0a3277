"""In which numbers a network computes, by device and by network."""

import pytest
import torch
from torch import nn

from twostream_lib.errors import InputError
from twostream_lib.models import StreamNet
from twostream_lib.training import precision
from twostream_lib.training.precision import Precision, choose

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(autouse=True)
def not_asked_for(monkeypatch):
    monkeypatch.delenv(precision.SWITCH, raising=False)


@pytest.fixture
def resnet():
    return StreamNet("resnet8", 3, weights="none")


@pytest.mark.parametrize(
    ("capability", "name"),
    [((6, 0), "float16"), ((7, 5), "float16"), ((8, 0), "bfloat16"), ((9, 0), "bfloat16")],
)
def test_a_gpu_computes_in_what_its_generation_multiplies_fast(
    capability, name, resnet, monkeypatch
):
    """A T4 (7.5) says that it supports bfloat16."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *_: True)
    assert choose(resnet, CUDA).name == name


@pytest.mark.parametrize(("has_it", "name"), [(True, "bfloat16"), (False, "float32")])
def test_a_cpu_computes_in_bfloat16_where_it_multiplies_it(has_it, name, resnet, monkeypatch):
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: has_it)
    assert choose(resnet, CPU).name == name
    depthwise = StreamNet("mobilenet_v2", 3, weights="none")
    assert choose(depthwise, CPU).name == "float32"
    assert choose(nn.Linear(4, 2), CPU).name == "float32"


def test_it_can_be_asked_for(resnet, monkeypatch):
    for name in ("float32", "bfloat16"):
        monkeypatch.setenv(precision.SWITCH, name)
        assert choose(resnet, CPU).name == name
    monkeypatch.setenv(precision.SWITCH, "float16")
    with pytest.raises(InputError, match="in which only GPUs of CUDA train: unset it"):
        choose(resnet, CPU)
    monkeypatch.setenv(precision.SWITCH, "fp8")
    with pytest.raises(InputError, match="TWOSTREAM_PRECISION is 'fp8': set it to one of float32"):
        choose(resnet, CPU)


def test_convolutions_compute_in_it_and_the_logits_in_float32(resnet):
    seen = {}
    resnet.backbone[0].register_forward_hook(lambda *of: seen.update(conv=of[2].dtype))
    resnet.head[-1].register_forward_hook(lambda *of: seen.update(logits=of[2].dtype))
    images = torch.zeros(2, 3, 32, 32, dtype=torch.uint8)
    for name, dtype in precision.DTYPES.items():
        with Precision(name).autocast(CPU):
            resnet(images)
        assert seen == {"conv": dtype, "logits": torch.float32}
