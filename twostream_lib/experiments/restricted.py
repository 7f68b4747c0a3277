"""A run that trains and validates on some of the clips of another run, from its stores."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twostream_lib import clips
from twostream_lib.course.run import Run
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.store import Store


@dataclass(frozen=True)
class Restricted(Run):
    """A run on the clips and stores of another, which learns from some of its training clips.

    Attributes:
        whole: the other run. Classes, folds and the test part are its own.
        learned: the names of the training clips that are learned from.
    """

    whole: Run
    learned: frozenset[str]

    @property
    def table(self) -> pd.DataFrame:
        """The clip table of the whole run."""
        return self.whole.table

    @property
    def used_clips(self) -> pd.DataFrame:
        """The clips of the whole run, but the training clips that are left out."""
        used = self.whole.used_clips
        learned = np.array([name in self.learned for name in clips.names(used)], bool)
        return used[(used.tag == clips.TEST) | learned].reset_index(drop=True)

    @property
    def _videos(self) -> Path:
        """The clips of the whole run: embedded ones are not drawn once more."""
        return self.whole._videos

    def store_of(self, network: str) -> Store:
        """The store of the whole run."""
        return self.whole.store_of(network)

    def part(
        self, network: str, part: str, channels: slice | None = None, fold: int = 0
    ) -> WindowDataset:
        """The whole run's part; without the clips that are left out, unless it is the test."""
        whole = self.whole.part(network, part, channels, fold)
        if part == "test":
            return whole
        videos = whole.rows.video
        return whole.only(np.array([name in self.learned for name in videos], bool))


def fields_of(run: Run, folder: Path, **changed: Any) -> dict[str, Any]:
    """What a restricted run takes over from the whole one; it keeps in `folder` what it trains."""
    same = {field.name: getattr(run, field.name) for field in fields(Run)}
    return same | {"folder": folder} | changed
