"""The failure laboratory: a flow stream whose parts can be set wrong, one at a time (paper, IV.B).

The paper's flow streams stayed at guessing. Its notebooks differ from a stream that works in
several things at once. Here each of them is a field of a `Setup`. The network of a setup takes the
store's stacks and preprocesses them as the setup says, so that data, training and scoring are the
course's own.
"""

import copy
import math
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor, nn

from twostream_lib import models
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.training.profiles import TRIAL_EPOCHS

FRAME_HEIGHT = 240  # pixels, of HMDB-51's frames: what the paper's flow is measured on
CNNM_SIDE = 48  # pixels: CNN-M-2048 was made for 224, and of less than this it pools all away
CHOICES = {
    "network": ("stream", "cnn-m"),
    "scale": ("bound", "pixels", "each field"),
    "weights": ("run", "spatial"),
    "first_layer": ("adapted", "random"),
    "optimiser": ("run", "paper"),
    "last_layer": ("small", "usual"),
}


@dataclass(frozen=True)
class Setup:
    """A flow stream by its switches; the defaults are those of the stream that works.

    Attributes:
        network: `stream`, the run's backbone with a head, or `cnn-m`, see `models.CNNM2048`.
        length: fields in the stack (L), the first ones of the store's; as many as it has if fewer.
        relu_and_dropout: the head goes on with ReLU and dropout behind its last layer.
        softmax: the head ends in a softmax, and that goes into cross entropy, which applies one of
            its own.
        last_layer: how its weights begin: `small`, so that all classes are alike at first (see
            `models.StreamNet`), or as `usual` in torch.
        subtract_uv_mean: the mean of u and v is subtracted from both at each pixel, so u' = -v'.
        scale: `bound`, the store's 8 bits with no motion at 0; `pixels`, flow as it is, in pixels
            of a frame of `FRAME_HEIGHT` rows; `each field`, each u and v scaled by itself to
            0..255.
        weights: what the backbone is initialised from: the `run`'s (random weights, ImageNet's, a
            file), or those of the run's trained `spatial` stream.
        first_layer: `adapted` to flow from one that was made for pictures, see
            `models.adapt_first_layer`, or `random`. Without pre-training it is random in any case.
        batch_norm: whether the backbone has its batch norms.
        optimiser: that of the run's recipe, or the `paper`'s (III.E): its learning rate, and no
            weight decay.
        large_batch: the paper's batches of 128.
        flip_negates: whether a mirrored stack has its u negated.
        seconds_per_window: one training window is used for this many seconds of clips, or every one
            if the store has fewer. Neighbouring windows overlap, and a trial has little time. Of
            many clips it is fewer, and as many for all setups that say the same here.
        epochs: how many passes over these windows.

    Raises:
        InputError: a value that is none of the choices.
    """

    network: str = "stream"
    length: int = 10
    relu_and_dropout: bool = False
    softmax: bool = False
    last_layer: str = "small"
    subtract_uv_mean: bool = False
    scale: str = "bound"
    weights: str = "run"
    first_layer: str = "adapted"
    batch_norm: bool = True
    optimiser: str = "run"
    large_batch: bool = False
    flip_negates: bool = True
    seconds_per_window: float = 1.0
    epochs: int = TRIAL_EPOCHS

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise InputError(
                    f"A setup's {name} is one of {', '.join(choices)}, not {getattr(self, name)!r}."
                )


WORKING = Setup()
HEAD = replace(WORKING, relu_and_dropout=True)
USUAL = replace(WORKING, last_layer="usual")
PRETRAINED = replace(WORKING, weights="spatial")
# One thing changed in each, beside the setup that it is held against, see `CONTROLS`.
SWITCHES = {
    "softmax": replace(WORKING, softmax=True),
    "ReLU and dropout": HEAD,
    "ReLU, dropout and softmax": replace(HEAD, softmax=True),
    "usual last layer": USUAL,
    "usual last layer, softmax": replace(USUAL, softmax=True),
    "usual last layer, ReLU and dropout": replace(USUAL, relu_and_dropout=True),
    "u and v averaged with each other": replace(WORKING, subtract_uv_mean=True),
    "no scaling": replace(WORKING, scale="pixels"),
    "each field stretched by itself": replace(WORKING, scale="each field"),
    "flip without negation": replace(WORKING, flip_negates=False),
    "3 fields": replace(WORKING, length=3),
    "no batch norm": replace(WORKING, batch_norm=False),
    "SGD at a learning rate of 0.01": replace(WORKING, optimiser="paper"),
    "a quarter of the steps": replace(WORKING, epochs=TRIAL_EPOCHS // 4),
    "batches of 128": replace(WORKING, large_batch=True),
    "begun with spatial weights": PRETRAINED,
    "spatial weights, random first layer": replace(PRETRAINED, first_layer="random"),
}
# What the paper's notebooks did, all at once (IV.B).
PAPER = Setup(
    relu_and_dropout=True,
    softmax=True,
    last_layer="usual",
    subtract_uv_mean=True,
    scale="pixels",
    first_layer="random",
    optimiser="paper",
    large_batch=True,
)
MENDED = replace(WORKING, large_batch=True)  # as few steps as `PAPER`, and nothing else of it
# Its 90 million weights cost time: few windows, and smaller batches, so that it makes some steps.
CNNM = replace(PAPER, network="cnn-m", large_batch=False, seconds_per_window=2.0, epochs=2)
ATTEMPTS = {
    "ResNet, L = 10": PAPER,
    "ResNet, L = 3": replace(PAPER, length=3),
    "CNN-M-2048, L = 10": CNNM,
    "CNN-M-2048, L = 3": replace(CNNM, length=3),
}
OF_TWIN = ", mended"
# The same network on the same windows in as many steps, with all that is wrong put right. For
# CNN-M-2048, SGD at that rate is not: [1] trained it so.
TWINS = {
    name + OF_TWIN: replace(
        MENDED,
        network=attempt.network,
        optimiser="paper" if attempt.network == "cnn-m" else "run",
        length=attempt.length,
        large_batch=attempt.large_batch,
        seconds_per_window=attempt.seconds_per_window,
        epochs=attempt.epochs,
    )
    for name, attempt in ATTEMPTS.items()
}
# Is the head enough? With it alone mended, and with all mended but it.
HALVES = {
    "ResNet, L = 10, head mended": replace(
        PAPER, relu_and_dropout=False, softmax=False, last_layer="small"
    ),
    "ResNet, L = 10, all but the head mended": replace(
        MENDED, relu_and_dropout=True, softmax=True, last_layer="usual"
    ),
}
SETUPS = {"working": WORKING} | SWITCHES | ATTEMPTS | TWINS | HALVES
# What each is held against; where nothing is said, that is the working setup.
CONTROLS = {
    "ReLU, dropout and softmax": "ReLU and dropout",
    "usual last layer, softmax": "usual last layer",
    "usual last layer, ReLU and dropout": "usual last layer",
    "batches of 128": "a quarter of the steps",  # makes as many
    "spatial weights, random first layer": "begun with spatial weights",
    **{name: name + OF_TWIN for name in ATTEMPTS},
    **dict.fromkeys(HALVES, f"ResNet, L = 10{OF_TWIN}"),
}
# What notebook 05 trains: not CNN-M-2048, whose 90 million weights took as long as all the others.
# The truth run trains all, see `experiments.truth`.
QUICK_SWITCHES = (
    "softmax",
    "ReLU and dropout",
    "ReLU, dropout and softmax",
    "u and v averaged with each other",
    "no scaling",
    "SGD at a learning rate of 0.01",
    "a quarter of the steps",
    "batches of 128",
)
QUICK_ATTEMPTS = ("ResNet, L = 10",)
QUICK = (
    "working",
    *QUICK_SWITCHES,
    *(name + twin for name in QUICK_ATTEMPTS for twin in ("", OF_TWIN)),
)


def control_of(name: str) -> str:
    """The name of the setup that one is held against."""
    return CONTROLS.get(name, "working")


def find_setup(name: str) -> Setup:
    """The setup of that name.

    Raises:
        InputError: there is none.
    """
    if name not in SETUPS:
        raise InputError(
            f"The laboratory has no setup '{name}': choose one of {', '.join(SETUPS)}."
        )
    return SETUPS[name]


# --- what a setup does to a network --------------------------------------------------------------


def subtract_uv_mean(fields: Tensor) -> Tensor:
    """Stacks `[N, 2L, H, W]` less the mean of u and v at each pixel and step: then u' = -v'.

    The slip of the paper's notebooks. The mean that [1] subtracts is taken over the pixels, of u
    by itself and of v by itself.
    """
    pairs = fields.unflatten(1, (-1, 2))
    return (pairs - pairs.mean(2, keepdim=True)).flatten(1, 2)


def min_max_scaled(fields: Tensor) -> Tensor:
    """Each channel `[H, W]` of `[N, C, H, W]` scaled to 0..255 by its own extremes."""
    low, high = fields.amin((-2, -1), keepdim=True), fields.amax((-2, -1), keepdim=True)
    return 255 * (fields - low) / (high - low).clamp(min=1e-6)


class Preprocessing(nn.Module):
    """From the store's stacks, uint8 `[N, 2L', H, W]`, to a network's input by a setup, float
    `[N, 2L, H, W]`.

    `bound` is the store's, in pixels a step. The store has subtracted each field's mean vector.
    """

    def __init__(self, setup: Setup, bound: float) -> None:
        super().__init__()
        self.setup, self.bound = setup, bound

    def forward(self, levels: Tensor) -> Tensor:
        fields = (levels[:, : 2 * self.setup.length].float() - 128) * (self.bound / 127)
        fields = subtract_uv_mean(fields) if self.setup.subtract_uv_mean else fields
        if self.setup.scale == "pixels":
            return fields * (FRAME_HEIGHT / fields.shape[-2])
        if self.setup.scale == "each field":
            share = min_max_scaled(fields) / 255
        else:
            share = (fields * (127 / self.bound) + 128) / 255
        return (share - models.FLOW_MEAN) / models.FLOW_STD


def build_network(
    setup: Setup,
    backbone: str,
    weights: str | Path,
    spatial: models.StreamNet,
    classes: int,
    plan: Plan,
) -> models.StreamNet | models.CNNM2048:
    """The untrained network of a setup, for stacks of a store by `plan`.

    It sees fields as large as they are stored. `backbone` and `weights` are the run's. `spatial` is
    its trained spatial stream; its weights are copied, and it stays as it is.
    """
    channels = 2 * min(setup.length, plan.length)
    net: models.StreamNet | models.CNNM2048
    size = plan.size
    if setup.network == "cnn-m":
        net = models.CNNM2048(classes, channels)
        larger = max(1.0, CNNM_SIDE / min(size))
        size = (round(larger * size[0]), round(larger * size[1]))
    else:
        net = models.StreamNet(backbone, classes, channels, weights)
        if setup.weights == "spatial":
            # Layers that were frozen in the spatial stream are trained here, as all others are.
            net.backbone = copy.deepcopy(spatial.backbone).cpu().requires_grad_(True)
            models.adapt_first_layer(net.backbone, channels, pretrained=True)
        if setup.first_layer == "random":
            first = next(layer for layer in net.modules() if isinstance(layer, nn.Conv2d))
            first.reset_parameters()
        if not setup.batch_norm:
            remove_batch_norm(net.backbone)
    prepare = nn.Sequential(Preprocessing(setup, plan.bound), nn.Upsample(size))
    net.normalise = prepare  # type: ignore[assignment]
    if setup.last_layer == "usual":
        net.head[-1].reset_parameters()  # type: ignore[operator]
    if setup.relu_and_dropout:
        net.head.extend([nn.ReLU(), nn.Dropout(0.5)])
    if setup.softmax:
        net.head.append(nn.Softmax(1))
    return net


def remove_batch_norm(net: nn.Module) -> None:
    """Put an identity in the place of each batch norm."""
    for name, layer in list(net.named_modules()):
        if isinstance(layer, nn.BatchNorm2d):
            parent, _, child = name.rpartition(".")
            setattr(net.get_submodule(parent), child, nn.Identity())


def bounds_of_softmax_loss(classes: int) -> tuple[float, float]:
    """The least and the largest cross entropy, in nats, of a network that ends in a softmax.

    Cross entropy takes the network's probabilities for logits. Its second softmax gives the right
    class e / (e + classes - 1) at best, and 1 / (e + classes - 1) at worst.
    """
    most = math.log(math.e + classes - 1)
    return most - 1, most
