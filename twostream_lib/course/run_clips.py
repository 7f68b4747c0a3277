"""Which clips a run has, and what they can give: the first of the three layers of a `Run`."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from twostream_lib import clips, stickhmdb
from twostream_lib.clips import apart, splitfiles
from twostream_lib.clips.table import read_folder
from twostream_lib.course.limits import Limits, count_windows
from twostream_lib.errors import CannotBeHad, shown
from twostream_lib.locks import alone
from twostream_lib.training.profiles import Profile


@dataclass(frozen=True)
class RunClips:
    """What was asked of a run, and its clips. `folder` holds what was made of them."""

    name: str
    settings: Profile
    folder: Path
    videos: Path | None
    splits: Path | None
    split: int
    seed: int
    backbone: str
    weights: str

    @cached_property
    def table(self) -> pd.DataFrame:
        """The probed clip table, bad clips included (`ok`, `why`), kept in `clips.csv`: only what
        has changed since then is looked at again.

        Without split files, clips that can be used are dealt out by source, see `clips.apart`, and
        others have tag 0. What these clips cannot give is printed, see `limits`.

        Raises:
            InputError: nothing can be trained on these clips; or what `clips.read` has to say.
        """
        _ = self.limits
        return self._looked_at

    @cached_property
    def _looked_at(self) -> pd.DataFrame:
        file = self.folder / "clips.csv"
        with alone(file, "looks at the clips"):
            found = self.found()
            table = clips.probe_clips(found, keep=file, own=True)
            if not self.lists:
                table = clips.probe_clips(found.assign(tag=self._dealt(table)), keep=file, own=True)
        return table

    def found(self) -> pd.DataFrame:
        """The clip table before any clip is looked at; all tags are 0 where no split file has any.

        Raises:
            InputError: what `clips.read` has to say.
        """
        if not self.lists:
            return read_folder(self._videos)
        return clips.read(self._videos, self._splits, self.split)

    def _dealt(self, table: pd.DataFrame) -> pd.Series:
        """The tags of the clips of a probed table, where no split file has any."""
        usable = table.ok & (count_windows(table, self.settings.plan) > 0)
        dealt = apart.deal(table[usable], seed=self.split)
        return dealt.tag.reindex(table.index, fill_value=clips.UNUSED)

    @cached_property
    def limits(self) -> Limits:
        """What the clips cannot give, such as a test part or a stream of flow; it is printed."""
        limits = Limits.of(self._looked_at, self.settings, bool(self.lists), self.dataset)
        for sentence in limits.sentences:
            print(shown(sentence))
        return limits

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that the clips give: `train`, `validation` and, where there is one, `test`."""
        return ("train", "validation", *(() if "test" in self.limits.lacking else ("test",)))

    def require(self, *names: str) -> None:
        """Raise CannotBeHad, in one sentence, if the clips cannot give one of these: `test`,
        `temporal-flow` or `gap-sweep`."""
        for name in names:
            if name in self.limits.lacking:
                raise CannotBeHad(self.limits.lacking[name])

    @cached_property
    def _videos(self) -> Path:
        return self.videos or stick_clips(self.folder.parent) / "videos"

    @cached_property
    def _splits(self) -> Path | None:
        if self.videos is None:
            return self._videos.parent / "splits"
        return self.splits

    @cached_property
    def lists(self) -> Path | None:
        """The folder of split files: the one that was asked for, or one beside the videos."""
        return self._splits or splitfiles.find_splits(self._videos.absolute())

    @cached_property
    def listed(self) -> dict[int, pd.DataFrame]:
        """What the split files list, by split; empty where there are none."""
        return splitfiles.read_all(self.lists) if self.lists else {}

    @property
    def uses_stickhmdb(self) -> bool:
        """Whether the clips are the embedded ones, whose ceilings are known."""
        return stickhmdb.is_stickhmdb(self._videos)

    @property
    def dataset(self) -> str:
        """The name under which results speak of the clips."""
        if self.uses_stickhmdb:
            return "StickHMDB"
        folder = self._videos.resolve()
        return folder.parent.name if folder.name == "videos" else folder.name

    @cached_property
    def ceilings(self) -> dict[str, float]:
        """The best shares of test clips that can be reached: from one picture (`spatial`), from
        motion, from what two readers say, and from all together, see `stickhmdb.ceilings_of`.
        Empty where nobody knows them."""
        return stickhmdb.ceilings_of(self.table) if self.uses_stickhmdb else {}

    @cached_property
    def kinds(self) -> dict[str, list[str]]:
        """The classes that are told apart by the same things, by the name of their kind. Of real
        clips nobody knows them, and all are of one."""
        if not self.uses_stickhmdb:
            return {"all classes": self.classes}
        return stickhmdb.kinds.kinds(self.classes)

    @cached_property
    def ceilings_by_kind(self) -> dict[str, dict[str, float]]:
        """What the readers behind `ceilings` have right within each of `kinds`, which is no bound
        there; empty where nobody knows it."""
        return stickhmdb.kinds.ceilings_by_kind(self.classes) if self.uses_stickhmdb else {}

    @cached_property
    def classes(self) -> list[str]:
        """Class names in alphabetical order; a label's index here is its number everywhere.

        A class that has nothing to train on is left out, see `limits`."""
        return self.limits.classes

    @property
    def motion_twins(self) -> list[tuple[str, str]]:
        """Pairs of classes that show the same frames, in the opposite order. None are known of
        real clips."""
        return stickhmdb.MOTION_TWINS if self.uses_stickhmdb else []

    @property
    def twins_together(self) -> list[str]:
        """Class names with twins side by side; in alphabetical order where there are none."""
        return list(stickhmdb.ACTIONS) if self.uses_stickhmdb else self.classes

    @cached_property
    def used_clips(self) -> pd.DataFrame:
        """The clips that this run trains and tests on: whole ones, with the tags and of the classes
        that it uses."""
        table = self.table
        tags = (*self.settings.train_tags, 2)
        used = table.ok & table.tag.isin(tags) & table.label.isin(self.classes)
        return table[used].reset_index(drop=True)


def stick_clips(runs: Path) -> Path:
    """The embedded clip set of a runs folder, drawn if it is not there yet."""
    with alone(runs / "stickhmdb", "draws the clips"):
        return stickhmdb.make_clips(runs / "stickhmdb")
