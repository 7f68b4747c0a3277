"""What identifies a training, and what it starts with."""

from dataclasses import replace

import torch

from tests.training.small import FLIPS, RECIPE, blobs, small_net
from twostream_lib.data.order import ALONE
from twostream_lib.training.job import Job, made_by
from twostream_lib.training.precision import Precision


def identity(**changes):
    of = {"net": small_net(), "recipe": RECIPE, "seed": 0, "name": "stream"}
    of |= {"numbers": "float32", "train": blobs(), "valid": blobs(12), "augment": None}
    return made_by(**of | changes)


def test_whatever_changes_what_is_trained_is_in_it():
    other = small_net()
    with torch.no_grad():
        other[0].bias[0] += 1
    changes = [
        {"net": other},
        {"recipe": replace(RECIPE, label_smoothing=0.2)},
        {"seed": 1},
        {"name": "flow"},
        {"numbers": "bfloat16"},
        {"train": blobs(47)},
        {"valid": blobs(13)},
        {"valid": None},
        {"augment": FLIPS},
    ]
    plain = identity()
    assert plain == identity()
    for change in changes:
        differs = {name for name, value in identity(**change).items() if value != plain[name]}
        assert len(differs) == 1, change


def test_words_about_a_recipe_change_nothing():
    assert identity(recipe=replace(RECIPE, source="another paper")) == identity()


def test_a_job_has_its_network_on_the_device_and_prepared(tmp_path):
    net = small_net()
    job = Job.start(net, {"name": "stream"}, Precision("float32"), RECIPE, 0, None, tmp_path)
    assert job.share == ALONE and job.state.net is net and not job.pieces
    images, _ = blobs()[:4]
    assert torch.equal(job.net.eval()(images), net.eval()(images))
