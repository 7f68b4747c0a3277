"""Where the tested networks of a run look: Grad-CAM of the middle windows of some test videos."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from twostream_lib.course import judges
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError
from twostream_lib.models import heat


@dataclass(frozen=True)
class Look:
    """What a stream was fed of N windows, what it answers, and where that comes from.

    Attributes:
        images: uint8 `[N, H, W, 3]`. answers: the N class names.
        heat: float32 `[N, H, W]`, 0 to 1: what speaks for that answer, see `models.heat`.
    """

    images: np.ndarray
    answers: list[str]
    heat: np.ndarray


def look(run: Run, network: str, videos: Sequence[str], protocol: str = "video-1") -> Look:
    """The middle window of each of these test videos, as a stream that sees images looks at it.

    videos: names as in scores, `<label>/<file name>`.

    Raises:
        InputError: a video has no such window in the test part, or the run has no such network.
    """
    data = run.part(network, "test")
    rows = data.rows[data.rows.protocol == protocol]
    place = dict(zip(rows.video, np.flatnonzero(data.rows.protocol == protocol), strict=True))
    if missing := [video for video in videos if video not in place]:
        raise InputError(f"{missing[0]} has no window of {protocol} in the test part of this run.")
    net = judges.tested(run, network, len(run.classes))
    images, _ = data[[int(place[video]) for video in videos]]
    net.eval()
    with torch.no_grad():
        answers = net(images.to(next(net.parameters()).device)).argmax(dim=1)
    hot = heat.heat(net, images, answers)
    said = [run.classes[number] for number in answers.tolist()]
    return Look(images.permute(0, 2, 3, 1).numpy(), said, hot)
