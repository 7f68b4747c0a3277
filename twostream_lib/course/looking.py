"""Where the tested networks of a run look: Grad-CAM of the middle windows of some test videos."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch

from twostream_lib.course import judges
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError
from twostream_lib.models import heat
from twostream_lib.models.heat import Look

MIDDLE = "video-1"  # the protocol of the middle windows
BATCH = 64  # windows that a network looks at together


def look(run: Run, network: str, videos: Sequence[str]) -> Look:
    """The middle window of each of these test videos, as a stream that sees images looks at it.

    videos: names as in scores, `<label>/<file name>`.

    Raises:
        InputError: a video has no such window in the test part, or the run has no such network.
    """
    data = run.part(network, "test")
    middles = np.flatnonzero(data.rows.protocol == MIDDLE)
    place = dict(zip(data.rows.video.iloc[middles], middles, strict=True))
    if missing := [video for video in videos if video not in place]:
        raise InputError(f"{missing[0]} has no window of {MIDDLE} in the test part of this run.")
    net = judges.tested(run, network, len(run.classes))
    images, _ = data[[int(place[video]) for video in videos]]
    net.eval()
    said, hot = [], []
    for some in images.split(BATCH):
        with torch.no_grad():
            answers = net(some.to(next(net.parameters()).device)).argmax(dim=1)
        hot.append(heat.heat(net, some, answers))
        said += [run.classes[number] for number in answers.tolist()]
    return Look(images.permute(0, 2, 3, 1).numpy(), said, np.concatenate(hot))


def on_motion(looks: Mapping[str, Look], labels: Sequence[str]) -> pd.DataFrame:
    """How often a network's heat lies on what moves more than if it lay evenly, a row a network.

    Of all windows (`all`), and of those that it answers wrongly (`wrong`), the share 0..1 of them,
    and how many they are (`n all`, `n wrong`). A window counts if something moves in it and
    something speaks for the answer.

    Args:
        looks: of the same windows; among them `temporal-sg3i`, whose images show what moves.
        labels: their true classes.
    """
    shown = looks["temporal-sg3i"].images
    moves = shown.max(axis=-1) - shown.min(axis=-1)
    rows = {}
    for name, look in looks.items():
        counts = moves.any(axis=(1, 2)) & look.heat.any(axis=(1, 2))
        hot, there = look.heat[counts], moves[counts]
        on = (hot * there).sum(axis=(1, 2)) / hot.sum(axis=(1, 2)) > there.mean(axis=(1, 2))
        wrong = (np.array(look.answers) != np.array(labels))[counts]
        rows[name] = {"all": on, "wrong": on[wrong]}
    return pd.DataFrame(
        {
            name: {kind: np.nan if not len(on) else on.mean() for kind, on in row.items()}
            | {f"n {kind}": len(on) for kind, on in row.items()}
            for name, row in rows.items()
        }
    ).T
