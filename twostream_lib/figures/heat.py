"""Where networks looked, over what they were fed."""

from collections.abc import Mapping, Sequence

import cv2
import matplotlib
import numpy as np

from twostream_lib.figures.display import Picture
from twostream_lib.figures.pictures import grid

STRENGTH = 0.55  # of the heat over the picture, where it is hottest


def over(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """An image, uint8 [H, W, 3], in gray, and the heat on it, float [H, W], 0 to 1: uint8.

    Where there is no heat the gray image is left as it is.
    """
    gray = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    colour = 255 * matplotlib.colormaps["inferno"](heat)[..., :3]
    share = STRENGTH * np.sqrt(np.clip(heat, 0, 1))[..., None]
    return ((1 - share) * gray + share * colour).round().astype(np.uint8)


def looked_at(
    images: Mapping[str, np.ndarray],
    heat: Mapping[str, np.ndarray],
    answers: Mapping[str, Sequence[str]],
    names: Sequence[str],
    title: str,
) -> Picture:
    """Windows in rows: what each network was fed, and where it found what speaks for its answer.

    images: uint8 [N, H, W, 3] of each network. heat: float [N, H, W], 0 to 1. answers: what each
    says of the N windows. names: of the windows.
    """
    columns = [words for name in images for words in (f"fed to {name}", "speaks for its answer")]
    rows = [
        [one for name in images for one in (images[name][i], over(images[name][i], heat[name][i]))]
        for i in range(len(names))
    ]
    said = ["\n".join([name, *(answers[n][i] for n in images)]) for i, name in enumerate(names)]
    return grid(rows, said, columns, title)
