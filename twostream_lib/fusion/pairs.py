"""All pairs of networks on the same videos: which of their differences are real."""

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import combinations

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from twostream_lib.fusion import evaluation
from twostream_lib.fusion.evaluation import Comparison
from twostream_lib.fusion.scores import Scores, per_video

FAMILY = 0.05  # how likely one difference or more is called real where there is none


def shared_videos(parts: Mapping[str, Scores], protocol: str = "video-10") -> dict[str, Scores]:
    """The scores of each network under a protocol, one row a video, of the videos that all have.

    A flow stack needs more frames than an SG3I, so one of the streams may lack a very short clip.
    """
    videos = {name: per_video(part.under(protocol)) for name, part in parts.items()}
    common = reduce(np.intersect1d, [said.video for said in videos.values()])
    return {name: said.rows(np.isin(said.video, common)) for name, said in videos.items()}


def all_pairs(parts: Mapping[str, Scores], protocol: str = "video-10") -> pd.DataFrame:
    """Each pair of networks, a row each, in the order of McNemar's p; the better one comes first.

    The columns are those of `evaluation.Comparison`, and

    - `holm`, `apart` and `real`, see `table_of`.
    """
    said = shared_videos(parts, protocol)
    found = [evaluation.compare_videos(said[a], said[b]) for a, b in combinations(said, 2)]
    ordered = [
        evaluation.compare_videos(said[pair.second], said[pair.first])
        if pair.only_second > pair.only_first
        else pair
        for pair in found
    ]
    return table_of(ordered).sort_values("p_value", kind="stable", ignore_index=True)


def table_of(pairs: Sequence[Comparison]) -> pd.DataFrame:
    """Comparisons that are one family, a row each: their columns, and

    - `holm`: the p of McNemar's test after Holm's correction for so many pairs;
    - `apart`: whether the interval of the difference, over sources, leaves out zero;
    - `real`: whether both say so. McNemar's test takes each video for independent, and videos of
      one source are not: alone it finds too much. Of fewer than six sources nothing is real.
    """
    table = pd.DataFrame([vars(pair) for pair in pairs])
    table["holm"] = multipletests(table.p_value, alpha=FAMILY, method="holm")[1]
    table["apart"] = (table.low > 0) | (table.high < 0)
    table["real"] = (table.holm < FAMILY) & table.apart
    return table


def against(parts: Mapping[str, Scores], other: str) -> pd.DataFrame:
    """Each network beside the `other` under `video-10`, by its name: columns as of `Comparison`.

    `difference` is above zero where the network is ahead of the other.
    """
    said = shared_videos(parts)
    rows = {
        name: vars(evaluation.compare_videos(one, said[other]))
        for name, one in said.items()
        if name != other
    }
    return pd.DataFrame(rows).T.infer_objects()
