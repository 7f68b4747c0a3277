"""What the first layer of a network answers to a picture."""

from collections.abc import Mapping

import numpy as np

from twostream_lib import sg3i
from twostream_lib.figures.display import Picture
from twostream_lib.figures.pictures import frames_strip


def first_layer(image: np.ndarray, answers: Mapping[str, np.ndarray]) -> Picture:
    """An SG3I, uint8 [H, W, 3], and how strongly a layer answers to it, float [H, W] by name.

    Each answer is as bright as white where it is strongest. The title says of the last one how many
    times as strong it is where the picture is coloured as where it is gray, the alternative text of
    all.
    """
    panels = [image, *(_bright(answer) for answer in answers.values())]
    moves = sg3i.colourfulness(image) > sg3i.CHANGED
    said = [f"{name} is {_ratio(answer, moves)}" for name, answer in answers.items()]
    title = f"The {said[-1]} (white: strong)"
    figure = frames_strip(np.stack(panels), ["SG3I", *answers], title)
    return figure.described(
        f"An SG3I, and how strongly the first layer answers to it: {'; '.join(said)}"
    )


def _bright(answer: np.ndarray) -> np.ndarray:
    """A picture of an answer, uint8 [H, W, 3]; one that is 0 everywhere is black."""
    share = answer / max(float(answer.max()), np.finfo(float).tiny)
    return (255 * share.clip(0, 1)).astype(np.uint8)[..., None].repeat(3, -1)


def _ratio(answer: np.ndarray, moves: np.ndarray) -> str:
    if not moves.any() or not answer[~moves].any():
        return "strong where something moves alone" if moves.any() else "of an SG3I without colour"
    ratio = answer[moves].mean() / answer[~moves].mean()
    return f"{ratio:.1f} times as strong where something moves"
