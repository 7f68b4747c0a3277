"""A smooth texture, and frames in which it moves by known steps."""

import cv2
import numpy as np


def texture(height=96, width=128, seed=0):
    noise = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)


def moving(u, v, frames=3, height=96, width=128):
    """Frames that show a window of one texture; its contents move by (u, v) each step."""
    scene, rim = texture(height + 64, width + 64), 32
    corners = [(rim - v * t, rim - u * t) for t in range(frames)]
    views = [scene[top : top + height, left : left + width] for top, left in corners]
    return np.rint(views).astype(np.uint8)
