"""Where networks looked, over what they were fed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import cv2
import matplotlib
import numpy as np

from twostream_lib.figures.display import Picture
from twostream_lib.figures.pictures import grid
from twostream_lib.figures.style import short

if TYPE_CHECKING:  # drawing needs no torch, which networks bring along
    from twostream_lib.models.heat import Look

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
    looks: Mapping[str, "Look"], classes: Mapping[str, Sequence[str]], title: str
) -> Picture:
    """Windows in rows: what each network was fed, and where it found what speaks for its answer.

    classes: what else there is to say of each window, by its name, such as its true class.
    """
    columns = [words for name in looks for words in (f"fed to {name}", "speaks for its answer")]
    rows, said = [], []
    for i in range(len(next(iter(looks.values())).images)):
        fed = [(look.images[i], look.heat[i]) for look in looks.values()]
        rows.append([picture for image, heat in fed for picture in (image, over(image, heat))])
        told = {**classes, **{name: look.answers for name, look in looks.items()}}
        said.append("\n".join(f"{name}:\n{short(each[i], 20)}" for name, each in told.items()))
    words = "; ".join(of_window.replace(":\n", ": ").replace("\n", ", ") for of_window in said)
    return grid(rows, said, columns, f"{title} (yellow: most)").described(
        f"A row for each window: what each network was fed, and what speaks for its answer. {words}"
    )
