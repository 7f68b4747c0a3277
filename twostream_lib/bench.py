"""How fast the stages run here: each beside the plain way of doing it, in one run.

A benchmark takes a folder of class folders with clips (empty: a few of StickHMDB are drawn) and
gives a dict of numbers; `…_per_second` are rates, `…_ratio` is ours over the plain way.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pandas as pd
import torch

from twostream_lib import clips, stickhmdb, store, training, video
from twostream_lib.models import StreamNet
from twostream_lib.recipes import PROFILES

CLIPS_PER_CLASS = 6
ROUNDS = 3
BATCHES, BATCH = 8, 32

Numbers = dict[str, float]


def decode(videos: str = "") -> Numbers:
    """Frames a second of `video.decode_gray` and `video.decode`, and of PyAV's `to_ndarray`."""
    with some_clips(videos) as table:
        paths = table.path.tolist()
        ways: dict[str, Callable[[str], np.ndarray]] = {
            "gray": video.decode_gray,
            "gray_plain": lambda path: plain_decode(path, "gray"),
            "rgb": video.decode,
            "rgb_plain": lambda path: plain_decode(path, "rgb24"),
        }
        seconds = best_seconds({name: _over(paths, way) for name, way in ways.items()})
        frames = int(table.frames.sum())
    rates = {f"{name}_frames_per_second": frames / took for name, took in seconds.items()}
    return rates | {
        "gray_ratio": seconds["gray_plain"] / seconds["gray"],
        "rgb_ratio": seconds["rgb_plain"] / seconds["rgb"],
        "clips": len(paths),
        "frames": frames,
    }


def mode2(videos: str = "") -> Numbers:
    """Windows a second into the quick profile's store, all cores at work, decoding included."""
    plan = PROFILES["quick"].plan
    with some_clips(videos) as table, tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        windows = len(store.build(table, Path(folder) / "store", plan).index)
        seconds = time.perf_counter() - start
    return {"windows_per_second": windows / seconds, "clips": len(table), "windows": windows}


def train(videos: str = "") -> Numbers:
    """Images a second through forward, backward and step of the quick profile's stream.

    The images are noise: `videos` plays no part.
    """
    profile, device = PROFILES["quick"], training.best_device()
    net = StreamNet(profile.backbone, 12, weights="none").to(device).train()
    optimiser = torch.optim.AdamW(net.parameters())
    images = torch.randint(256, (BATCH, 3, *profile.plan.size), dtype=torch.uint8, device=device)
    labels = torch.arange(BATCH, device=device) % 12

    def steps() -> float:
        for _ in range(BATCHES):
            optimiser.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(images), labels)
            loss.backward()
            optimiser.step()
        return loss.item()  # waits for a GPU to finish

    seconds = best_seconds({"train": steps})["train"]
    return {"images_per_second": BATCHES * BATCH / seconds, "batch": BATCH}


BENCHMARKS = {"decode": decode, "mode2": mode2, "train": train}


def words(numbers: Numbers) -> str:
    """A benchmark's numbers as lines for a terminal."""
    return "\n".join(f"{name:<32}{value:>12,.1f}" for name, value in numbers.items())


def plain_decode(path: str, layout: str) -> np.ndarray:
    """The plain way: PyAV converts each frame with swscale."""
    with av.open(path, **video.LENIENT) as container:
        frames = [frame.to_ndarray(format=layout) for frame in container.decode(video=0)]
    return np.stack(frames)


def best_seconds(jobs: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The shortest of a few rounds for each job; the jobs take turns, so that noise hits all."""
    shortest = dict.fromkeys(jobs, float("inf"))
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            shortest[name] = min(shortest[name], time.perf_counter() - start)
    return shortest


def _over(paths: list[str], way: Callable[[str], np.ndarray]) -> Callable[[], None]:
    def job() -> None:
        for path in paths:
            way(path)

    return job


@contextmanager
def some_clips(videos: str) -> Iterator[pd.DataFrame]:
    """The usable clips of a folder, or of a small StickHMDB that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        if not videos:
            videos = str(stickhmdb.make_clips(Path(folder), CLIPS_PER_CLASS) / "videos")
        table = clips.probe_clips(clips.read_hmdb51(videos))
        yield table[table.ok].reset_index(drop=True)
