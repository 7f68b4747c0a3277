"""Networks: a pre-trained backbone with a small head, and CNN-M-2048."""

from twostream_lib.models.backbones import backbones, make_backbone
from twostream_lib.models.cnn_m import CNNM2048
from twostream_lib.models.first_layer import adapt_first_layer, see_motion_only
from twostream_lib.models.stream import (
    FLOW_MEAN,
    FLOW_STD,
    IMAGENET_MEAN,
    IMAGENET_STD,
    Normalise,
    StreamNet,
)

__all__ = [
    "CNNM2048",
    "FLOW_MEAN",
    "FLOW_STD",
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "Normalise",
    "StreamNet",
    "adapt_first_layer",
    "backbones",
    "make_backbone",
    "see_motion_only",
]
