"""The test part of a run scored once more, by one protocol, from the checkpoint that it tests."""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset
from tqdm import tqdm

from twostream_lib import clips
from twostream_lib.course import judges
from twostream_lib.course.run import Run
from twostream_lib.data import positions
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.positions import Positions
from twostream_lib.fusion import score_files, scores
from twostream_lib.fusion.evaluation import ON_REQUEST, PROTOCOLS, Result
from twostream_lib.fusion.scores import Scores
from twostream_lib.fusion.ten_views import POSITIONS, SHARE, TenViews
from twostream_lib.locks import alone
from twostream_lib.training.answers import answers

BY = (*PROTOCOLS, ON_REQUEST)  # the protocols


def score(run: Run, network: str, protocol: str) -> Scores:
    """The test part as a trained stream of the run scores it by one of the protocols `BY`.

    The windows are the run's own; those of `25x10` are cut out of the videos, video by video, and
    not kept. The scores are left in the run folder, see `file_of`, and the run's own stay.

    Raises:
        InputError: `network` is no stream; the run has no scores or no checkpoint of it, or has
            other clips by now; it has no test clip; or, for `25x10`, one cannot be decoded.
    """
    run.view_of(network)
    # They say whether the run is still what the stream was trained and tested in.
    score_files.load_part(run.scores_file(network), "test", run.classes, run.made_by)
    net, test = judges.tested(run, network, len(run.classes)), run.part(network, "test")
    if protocol == ON_REQUEST:
        cut, size = _positions(run, network, test), run.plan_of(network).size
        said = _ask(TenViews(net, cut.view, size), cut, POSITIONS, f"{network}, {protocol}")
        found = scores.of_windows(network, said, cut, "test")
    else:
        some = test.only((test.rows.protocol == protocol).to_numpy())
        said = _ask(net, some, 64, f"{network}, {protocol}")
        found = scores.of_windows(network, said, some, "test")
    file = file_of(run, network, protocol)
    with alone(file, f"writes the scores of {network}"):
        score_files.save({"test": found}, file, run.made_by)
    return found


def file_of(run: Run, network: str, protocol: str) -> Path:
    """Where scores by one protocol alone are: `scores/<protocol>/<network>.npz`."""
    return run.scores_file(network).parent / protocol / f"{network}.npz"


def words(result: Result) -> str:
    """Such as `spatial, 25x10: 67.3 % of 168 videos of 32 sources (95 % interval 59.8 to 73.9)`."""
    accuracy, low, high = (f"{100 * x:.1f}" for x in (result.accuracy, result.low, result.high))
    things = "windows" if result.protocol == "window" else "videos"
    return (
        f"{result.network}, {result.protocol}: {accuracy} % of {result.n:,} {things} of "
        f"{result.sources:,} sources (95 % interval {low} to {high})"
    )


def _positions(run: Run, network: str, test: WindowDataset) -> Positions:
    """25 larger windows of each video of a test part."""
    used = run.used_clips
    tested = used[np.isin(clips.names(used), test.rows.video.unique())]
    plan = positions.larger(run.plan_of(network), 1 / SHARE)
    return Positions(tested, plan, test.view, test.classes, POSITIONS, ON_REQUEST)


def _ask(net: nn.Module, data: Dataset, batch_size: int, title: str) -> np.ndarray:
    """The logits of all windows, float32 `[N, C]`, with a bar."""
    found = []
    with tqdm(total=len(data), desc=title, unit="window") as bar:  # type: ignore[arg-type]
        for logits, _ in answers(net, data, batch_size):
            found.append(logits.cpu())
            bar.update(len(logits))
    return torch.cat(found).numpy()
