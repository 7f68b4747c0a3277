"""A linear probe: what a backbone can tell as it is, in seconds, before anything of it is trained.

The backbone says once what it sees of each window, and that is kept in a file. What is trained is
one linear layer on it, a logistic regression. If it finds nothing, the windows or the labels may be
wrong, or the weights know nothing like them; if it finds much, fine-tuning has a mark to beat.
"""

import copy
import warnings
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from twostream_lib.data import augmentation, identity
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.errors import NOT_WHOLE, InputError
from twostream_lib.files import replacing
from twostream_lib.locks import alone
from twostream_lib.models.stream import StreamNet
from twostream_lib.training import precision
from twostream_lib.training.answers import answers
from twostream_lib.training.devices import best_device

Array = np.ndarray
# The inverse strength of the regression's weight decay. On held-out people of Weizmann's training
# parts (MobileNetV2, three views, 540 videos) 0.001, 0.01, 0.1 and 1 gave 431, 437, 442 and 439
# right, trained on windows as they are and mirrored; with 0.01 and without the mirrored ones, 422.
C = 0.01
BATCH = 32  # a CPU keeps what lies between two layers in its cache, and is not slowed by memory
LEAST = 1e-12  # a probability whose logarithm is taken


class Backbone(nn.Module):
    """A stream without its head: float `[N, features]` for the images that the stream takes.

    `view`: the images are mirrored first, as those of this view are; empty: they are not.
    """

    def __init__(self, net: StreamNet, view: str = "") -> None:
        super().__init__()
        self.normalise, self.backbone, self.view = net.normalise, net.backbone, view

    def forward(self, images: Tensor) -> Tensor:
        images = augmentation.mirror(images, self.view) if self.view else images
        return self.backbone(self.normalise(images))


def features(net: StreamNet, data: WindowDataset, folder: Path, mirror: bool = False) -> Array:
    """What the backbone of `net` says of each window, float32 `[N, features]`.

    It is read from `folder` where the same backbone has seen the same windows before, in the same
    precision. A damaged file is made anew, and a warning says so.

    Args:
        net: a stream; it stays as it is. data: the windows, which it sees as they are.
        folder: where features are kept.
        mirror: it sees them mirrored.
    """
    device = best_device()
    backbone = Backbone(copy.deepcopy(net), data.view if mirror else "").to(device)
    numbers = precision.choose(backbone, device)
    made_by = [identity.of(data), mirror, identity.of_network(backbone), numbers.name]
    file = folder / f"{identity.word(made_by)}.npz"
    with alone(folder, "computes features"):
        found = _kept(file)
        if found is None:
            found = torch.cat([some for some, _ in answers(backbone, data, BATCH)]).cpu().numpy()
            with replacing(file) as beside, open(beside, "wb") as out:
                np.savez(out, features=found)
    return found


def _kept(file: Path) -> Array | None:
    """The features in a file; None where there is none, or it is not what was written."""
    try:
        with np.load(file, allow_pickle=False) as kept:
            return kept["features"]  # the archive has a checksum of it
    except FileNotFoundError:
        return None
    except (OSError, *NOT_WHOLE):
        warnings.warn(f"{file} is damaged: the features are computed anew.", stacklevel=3)
        return None


def learn(net: StreamNet, data: WindowDataset, folder: Path) -> Pipeline:
    """A probe of these windows, each of which it sees as it is and mirrored; see `features`."""
    both = [features(net, data, folder, mirror) for mirror in (False, True)]
    return fit(np.concatenate(both), np.tile(data.labels, 2))


def fit(features: Array, labels: Array) -> Pipeline:
    """A logistic regression on standardised features.

    Args:
        features: float `[N, features]`. labels: class numbers, int `[N]`.

    Raises:
        InputError: all labels are the same.
    """
    if len(np.unique(labels)) < 2:
        raise InputError("A probe tells classes apart, and all windows are of one: add others.")
    judge = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=1000))
    return judge.fit(features, labels)


def logits(judge: Pipeline, features: Array, classes: int) -> Array:
    """What a trained probe says of windows: log-probabilities, float32 `[N, classes]`.

    A class that it was not trained on is next to impossible: all probabilities are `LEAST` or more.
    """
    found = np.full((len(features), classes), LEAST)
    found[:, judge.classes_] = np.maximum(judge.predict_proba(features), LEAST)
    return np.log(found).astype(np.float32)
