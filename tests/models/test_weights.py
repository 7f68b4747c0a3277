"""Weights files in the forms that people have them, and why others are refused."""

import argparse
import os
import pickle
import re
import sys

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from twostream_lib.errors import InputError
from twostream_lib.models import weights
from twostream_lib.models.backbones import load_backbone, make_backbone
from twostream_lib.models.stream import StreamNet

SMALL = "shufflenet_v2_x0_5"  # fc is its classifier


@pytest.fixture(scope="module")
def state():
    net = torchvision.models.get_model(SMALL, weights=None)
    generator = torch.Generator().manual_seed(0)
    for name, tensor in net.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=generator))
        elif name.endswith("num_batches_tracked"):
            tensor.fill_(7)
    return net.state_dict()


def renamed(change):
    return lambda state: {change(name): tensor for name, tensor in state.items()}


def under(*keys, **others):
    def nest(state):
        for key in keys[::-1]:
            state = {key: state} | others
        return state

    return nest


def of_51_classes(state):
    return state | {"fc.weight": torch.rand(51, 1024), "fc.bias": torch.rand(51)}


def without(ending):
    return lambda state: {n: t for n, t in state.items() if not n.endswith(ending)}


OPTIMISER = {"state": {0: {"exp_avg": torch.ones(3)}}, "param_groups": [{"lr": 0.1}]}
FORMS = {
    "whole": lambda state: state,
    "features only": lambda state: {n: t for n, t in state.items() if not n.startswith("fc.")},
    "a classifier of 51 classes": of_51_classes,
    "module.": renamed("module.{}".format),
    "backbone.": renamed("backbone.{}".format),
    "encoder.": renamed("encoder.{}".format),
    "_orig_mod.": renamed("_orig_mod.{}".format),
    "two before": renamed("module.encoder_q.{}".format),
    "a part in parallel": renamed(lambda name: name.replace("stage2.", "stage2.module.", 1)),
    "no counters": without("num_batches_tracked"),
    "a profiler's counters": lambda state: state | {"conv1.0.total_ops": torch.ones(1)},
    "half precision": lambda state: {n: t.half() if t.ndim else t for n, t in state.items()},
    "under state_dict": under("state_dict", epoch=3, optimizer=OPTIMISER),
    "under model": under("model", args=argparse.Namespace(lr=0.1)),
    "under model_state_dict": under("model_state_dict", loss=0.5),
    "under net": under("net", optimisers=[OPTIMISER]),
    "under two keys": under("checkpoint", "model"),
    "with an average beside it": lambda state: {
        "model_ema": {name: 0 * tensor for name, tensor in state.items()},
        "model": renamed("module.{}".format)(state),
    },
    "with a projection head": lambda state: {
        **renamed("encoder.{}".format)(state),
        "projector.0.weight": torch.ones(3, 3),
    },
}


@pytest.fixture(scope="module")
def one_net():
    return torchvision.models.get_model(SMALL, weights=None)


def check_loaded(file, state, net):
    for tensor in net.state_dict().values():
        tensor.fill_(-1)
    words = load_backbone(net, SMALL, file)
    for name, tensor in net.state_dict().items():
        if not name.startswith("fc.") and not name.endswith("num_batches_tracked"):
            torch.testing.assert_close(tensor, state[name], atol=1e-3, rtol=0)
    return words


@pytest.mark.parametrize("form", FORMS)
def test_all_tensors_are_loaded_from_every_form(form, state, one_net, tmp_path):
    torch.save(FORMS[form](state), tmp_path / "any.pth")
    words = check_loaded(tmp_path / "any.pth", state, one_net)
    assert re.match(r"(336|280) tensors of any\.pth .*used", words), words


def test_the_words_say_where_the_tensors_were(state, one_net, tmp_path):
    content = {"state_dict": renamed("module.encoder.{}".format)(state), "epoch": 1}
    torch.save(content, tmp_path / "any.pth")
    words = load_backbone(one_net, SMALL, tmp_path / "any.pth")
    assert "(state_dict, encoder.*) used, 2 not; the classifier is new" in words


def test_safetensors_and_torchs_old_format_are_read(state, one_net, tmp_path):
    save_file(renamed("backbone.{}".format)(state), tmp_path / "model.safetensors")
    check_loaded(tmp_path / "model.safetensors", state, one_net)
    torch.save(state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    check_loaded(tmp_path / "old.pth", state, one_net)


def test_the_checkpoint_of_a_stream_of_this_course_is_read(state, tmp_path):
    stream = StreamNet(SMALL, 5, weights="none")
    torch.save({"net": stream.state_dict(), "history": []}, tmp_path / "last.pt")
    again = StreamNet(SMALL, 9, weights=tmp_path / "last.pt")
    for name, tensor in stream.backbone.state_dict().items():
        torch.testing.assert_close(again.backbone.state_dict()[name], tensor)


@pytest.mark.parametrize(
    ("name", "classifier", "old_names"),
    [
        ("densenet121", "classifier.", [(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2")]),
        ("vit_b_16", "heads.", [(r"mlp\.0\.", "mlp.linear_1."), (r"mlp\.3\.", "mlp.linear_2.")]),
    ],
)
def test_names_in_files_that_torchvision_published_are_known(name, classifier, old_names):
    with torch.device("meta"):
        own = torchvision.models.get_model(name, weights=None).state_dict()
    given = without("num_batches_tracked")(own)
    for now, before in old_names:
        given = renamed(lambda n, now=now, before=before: re.sub(now, before, n))(given)
    assert len(given.keys() - own.keys()) > 20
    fit = weights.fit(given, own, classifier)
    assert fit.is_whole and fit.used.keys() == without("num_batches_tracked")(own).keys()


# --- what is refused, and why ---------------------------------------------------------------------


class Evil:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def cut(state, file):
    torch.save(state, file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def cut_old(state, file):
    torch.save(state, file, _use_new_zipfile_serialization=False)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flipped(state, file):
    torch.save(state, file)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def cut_safetensors(state, file):
    save_file(dict(state), file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def arrays(state, file):
    with open(file, "wb") as out:
        np.savez(out, x=1)


def saved(change):
    return lambda state, file: torch.save(change(state), file)


def with_value(name, value):
    return saved(lambda state: state | {name: torch.full_like(state[name], value)})


def bytes_of(content):
    return lambda state, file: file.write_bytes(content)


REFUSED = {
    "empty": (bytes_of(b""), "is empty"),
    "a web page": (bytes_of(b"\n<!DOCTYPE html><html>Sign in</html>"), "is a web page"),
    "a pointer": (bytes_of(b"version https://git-lfs.github.com/spec/v1\noid"), "Git LFS"),
    "Keras": (bytes_of(b"\x89HDF\r\n\x1a\n" + bytes(99)), "HDF5"),
    "gzip": (bytes_of(b"\x1f\x8b\x08" + bytes(99)), "gzip"),
    "text": (bytes_of(b"not a checkpoint"), "no file that torch.save or safetensors wrote"),
    "JSON": (bytes_of(b'{"a": 1}'), "no file that torch.save or safetensors wrote"),
    "cut": (cut, "damaged or not whole"),
    "cut, old": (cut_old, "damaged or not whole"),
    "cut safetensors": (cut_safetensors, "damaged or not whole"),
    "a flipped bit": (flipped, "damaged or not whole"),
    "arrays": (arrays, "archive of other things"),
    "a list": (saved(lambda state: list(state.values())), "no state dict"),
    "one tensor": (saved(lambda state: torch.ones(3)), "no state dict"),
    "numbers": (saved(lambda state: {"accuracy": 0.5}), "no state dict"),
    "a network": (
        saved(lambda state: torch.nn.Linear(2, 2)),
        r"Python objects beside tensors \(torch\.nn\.modules\.linear\.Linear\)",
    ),
    "one tensor missing": (
        saved(lambda s: {n: t for n, t in s.items() if n != "conv5.0.weight"}),
        r"lacks 1 of the 280 tensors of shufflenet_v2_x0_5, such as conv5\.0\.weight",
    ),
    "another shape": (
        saved(lambda s: s | {"conv1.0.weight": torch.ones(24, 20, 3, 3)}),
        r"another shape .* conv1\.0\.weight, \[24, 20, 3, 3\] and not \[24, 3, 3, 3\]",
    ),
    "one block more": (
        saved(lambda s: s | {"stage2.9.branch1.0.weight": torch.ones(3)}),
        r"has 1 tensors that shufflenet_v2_x0_5 does not have, such as stage2\.9",
    ),
    "not a number": (with_value("conv1.0.weight", torch.nan), "conv1.0.weight that are not finite"),
    "infinite": (with_value("conv1.1.running_var", torch.inf), "running_var that are not finite"),
    "eight bits": (
        saved(lambda s: {n: t.to(torch.int8) for n, t in s.items()}),
        "has conv1.0.weight in torch.int8",
    ),
    "without values": (
        saved(lambda s: {n: t.to("meta") for n, t in s.items()}),
        "without its values",
    ),
}


@pytest.fixture
def few_backbones(monkeypatch):
    """Of all networks that a file might be of, look at some only: building all takes seconds."""
    some = ["resnet8", "resnet18", "resnet34", SMALL, "mobilenet_v2"]
    monkeypatch.setattr(sys.modules[make_backbone.__module__], "backbones", lambda: some)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_used_is_refused_for_its_own_reason(
    kind, state, one_net, tmp_path, few_backbones
):
    write, words = REFUSED[kind]
    file = tmp_path / "given.pth"
    write(state, file)
    with pytest.raises(InputError, match=words) as refusal:
        load_backbone(one_net, SMALL, file)
    assert "\n" not in str(refusal.value) and str(file) in str(refusal.value)


def test_a_program_in_a_pickle_never_runs(tmp_path):
    trace, file = tmp_path / "trace", tmp_path / "evil.pth"
    for save in (torch.save, lambda content, file: file.write_bytes(pickle.dumps(content, 2))):
        save({"state_dict": Evil(f"touch {trace}")}, file)
        with pytest.raises(InputError, match=r"\(posix\.system\).*never loaded"):
            make_backbone(SMALL, file)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("asked", "given", "words"),
    [
        (
            "mobilenet_v2",
            "resnet18",
            r"lacks 260 of the 260 .*and has others, such as conv1\.weight",
        ),
        (
            "resnet18",
            "resnet34",
            r"has 80 tensors that resnet18 does not have, such as layer1\.2\.",
        ),
        ("resnet34", "resnet18", r"lacks 80 of the 180 tensors of resnet34"),
    ],
)
def test_the_backbone_that_a_file_was_made_for_is_named(
    asked, given, words, tmp_path, few_backbones
):
    net = torchvision.models.get_model(given, weights=None)
    torch.save(
        {"state_dict": renamed("module.{}".format)(net.state_dict())}, tmp_path / "other.pth"
    )
    with pytest.raises(InputError, match=f"{words}.*: it looks like one of {given}"):
        make_backbone(asked, tmp_path / "other.pth")


def test_all_of_torchvisions_networks_are_held_against_a_file(tmp_path):
    net = torchvision.models.get_model("shufflenet_v2_x1_0", weights=None)
    torch.save(net.state_dict(), tmp_path / "other.pth")
    with pytest.raises(InputError, match="looks like one of shufflenet_v2_x1_0"):
        make_backbone("mobilenet_v2", tmp_path / "other.pth")


def test_no_flipped_byte_changes_a_tensor_in_silence(state, tmp_path):
    file, random = tmp_path / "any.pth", np.random.default_rng(0)
    torch.save(dict(list(state.items())[:8]), file)
    right, content = weights.read(file), file.read_bytes()
    refused = 0
    for place in random.integers(len(content), size=200):
        damaged = bytearray(content)
        damaged[place] ^= 1 << random.integers(8)
        file.write_bytes(damaged)
        try:
            read = weights.read(file)
        except InputError:
            refused += 1
            continue
        for name, tensor in right.items():  # a byte that fills gaps, or of a name that nobody reads
            torch.testing.assert_close(read[name], tensor, rtol=0, atol=0)
    assert refused > 50


@pytest.mark.parametrize("name", ["gone.pth", "."])
def test_a_folder_or_nothing_is_no_weights_file(name, tmp_path):
    words = {"gone.pth": r"gone\.pth is not there", ".": "is a folder"}[name]
    with pytest.raises(InputError, match=words):
        make_backbone(SMALL, tmp_path / name)
