"""What chance does to a batch: each sample for itself, within bounds, and the same everywhere."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from twostream_lib.data.augmentation import Augmentation, mirror

RANDOM = np.random.default_rng


def test_mirroring_twice_is_the_identity():
    pictures = torch.randint(1, 256, (4, 6, 8, 8), dtype=torch.uint8)
    for view in ("rgb", "flow"):
        assert torch.equal(mirror(mirror(pictures, view), view), pictures)


def test_a_mirrored_flow_runs_the_other_way():
    still_and_right = torch.full((1, 2, 4, 4), 128, dtype=torch.uint8)
    still_and_right[:, 0] = 148
    mirrored = mirror(still_and_right, "flow")
    assert (mirrored[:, 0] == 108).all() and (mirrored[:, 1] == 128).all()
    fastest = torch.zeros(1, 2, 4, 4, dtype=torch.uint8)
    assert (mirror(fastest, "flow")[:, 0] == 255).all()


@pytest.mark.parametrize("view", ["rgb", "flow"])
def test_what_is_augmented_lies_as_networks_want_it_whatever_layout_it_had(view):
    images = torch.randint(0, 256, (12, 20, 9, 7), dtype=torch.uint8)
    augment = Augmentation(view, 2, 1.4 if view == "flow" else 1)
    draws = augment.draw(12, RANDOM(5))
    found = augment.apply(images, draws)
    assert found.is_contiguous(memory_format=torch.channels_last)
    side_by_side = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(augment.apply(side_by_side, draws), found)


def test_every_sample_of_a_batch_is_flipped_by_a_chance_of_its_own():
    ramp = torch.arange(16, dtype=torch.uint8).expand(400, 3, 16, 16).contiguous()
    flipped = Augmentation("rgb")(ramp, RANDOM(0))[:, 0, 0, 0] == 15
    assert 150 < flipped.sum() < 250


def test_random_translation_moves_by_no_more_than_asked():
    ramp = torch.arange(0, 160, 5, dtype=torch.uint8).expand(64, 3, 32, 32).contiguous()
    moved = Augmentation("rgb", 3)(ramp, RANDOM(0))[:, 0, 16, 16].int()
    middle = {5 * (16 + k) for k in range(-3, 4)} | {5 * (15 - k) for k in range(-3, 4)}
    assert set(moved.tolist()) <= middle and len(set(moved.tolist())) > 7


def test_images_are_mirrored_then_cut_from_a_picture_whose_border_is_repeated():
    images = torch.randint(0, 256, (32, 4, 9, 11), dtype=torch.uint8)
    augment = Augmentation("sg3i", 4)
    draws = augment.draw(len(images), RANDOM(1))
    for image, found, mirrored, (down, right) in zip(
        images, augment.apply(images, draws), draws.mirrored, draws.moves.tolist(), strict=True
    ):
        whole = image.flip(-1) if mirrored else image
        edged = functional.pad(whole[None].float(), (4, 4, 4, 4), "replicate")[0].to(torch.uint8)
        assert torch.equal(found, edged[:, 4 + down : 13 + down, 4 + right : 15 + right])


@pytest.mark.parametrize("view", ["flow", "rgb"])  # flow that is mirrored as a picture is
def test_jittered_flow_keeps_directions_and_stillness(view):
    still, left, right = 128, 128 - 40, 128 + 40
    stacks = torch.tensor([still, left, right], dtype=torch.uint8).view(1, 1, 1, 3)
    augment = Augmentation(view, flow_magnitude_jitter=1.5)
    draws = augment.draw(500, RANDOM(0))
    jittered = augment.apply(stacks.repeat(500, 2, 1, 1), draws).int() - 128
    back = torch.where(draws.mirrored[:, None, None, None], jittered.flip(-1), jittered)
    if view == "flow":  # of what is mirrored, u has changed its sign
        back[:, 0] = torch.where(draws.mirrored[:, None, None], -back[:, 0], back[:, 0])
    assert (back[..., 0] == 0).all() and (back[..., 1] == -back[..., 2]).all()
    speed = back[:, 0, 0, 2]
    assert round(40 / 1.5) <= speed.min() < 30 and 54 < speed.max() <= 60
    assert 0.4 < (speed > 40).float().mean() < 0.6
    assert torch.equal(back[:, 0], back[:, 1])


def test_a_part_of_a_batch_is_augmented_as_in_the_whole():
    images = torch.randint(0, 256, (12, 20, 8, 8), dtype=torch.uint8)
    augment = Augmentation("flow", 2, 1.4)
    draws, part = augment.draw(12, RANDOM(3)), np.array([7, 2, 11])
    whole = augment.apply(images, draws)
    assert torch.equal(augment.apply(images[part], draws.at(part)), whole[part])
    assert not torch.equal(whole, augment.apply(images, augment.draw(12, RANDOM(4))))
