"""How a flow is held against the frames that it lies between."""

import cv2
import numpy as np


def sampled(frame, flow):
    """The frame at p + flow(p), for every pixel p."""
    rows, columns = np.indices(flow.shape[:2], np.float32)
    x, y = np.float32(columns + flow[..., 0]), np.float32(rows + flow[..., 1])
    return cv2.remap(frame, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def levels_off(one, other):
    return np.abs(one.astype(float) - other).max(-1)
