"""Optical flow: estimated, shrunk, stored in 8 bits, stacked, flipped and drawn."""

from twostream_lib.flow.estimators import METHODS, Flow
from twostream_lib.flow.fields import (
    BOUND,
    as_channels,
    between,
    check_bound,
    check_length,
    check_method,
    clipped,
    dequantise,
    draw,
    estimate,
    estimator,
    flip,
    quantise,
    resize,
    subtract_mean,
    textured,
)

__all__ = [
    "BOUND",
    "METHODS",
    "Flow",
    "as_channels",
    "between",
    "check_bound",
    "check_length",
    "check_method",
    "clipped",
    "dequantise",
    "draw",
    "estimate",
    "estimator",
    "flip",
    "quantise",
    "resize",
    "subtract_mean",
    "textured",
]
