"""How well an epoch of mode 1 is mixed, beside a true shuffle of the same samples."""

import numpy as np
import pandas as pd

from twostream_lib.data.frame_stream import FrameStream


def mixing(stream: FrameStream, batch_size: int = 128) -> pd.DataFrame:
    """What is in each batch of the first epoch, beside a true shuffle of the same samples.

    Nothing is decoded. Returns one row a batch: how many distinct `labels`, `sources` and `clips`
    it has, and the same for a true shuffle: `labels_shuffled, sources_shuffled, clips_shuffled`.
    """
    arrivals = stream.order.arrivals(0)
    draws = stream.order.drawn(arrivals, batch_size, epoch=0, start=0)
    clip = np.empty(len(stream), np.int32)
    for drawn in draws:
        clip[drawn] = arrivals.at(drawn).clip
    shuffled = np.random.default_rng(stream.seed).permutation(clip)
    truly = np.split(shuffled, draws.ends[:-1])
    kinds = {
        "labels": stream.labels,
        "sources": stream.sources,
        "clips": np.arange(len(stream.paths)),
    }
    columns = {
        name + ending: [len(np.unique(kind[drawn])) for drawn in drawn_batches]
        for name, kind in kinds.items()
        for ending, drawn_batches in (("", (clip[drawn] for drawn in draws)), ("_shuffled", truly))
    }
    return pd.DataFrame(columns)
