"""What training on tag 0 does to the figures: the paper trains on tags 0 and 1 (III.A, mode 2).

Some clips of tag 0 are cut from the same videos as test clips. Whoever trains on them has more
clips, and has seen the test's people and places. The laboratory parts the two: one arm has as many
clips more, of sources that are not tested.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from twostream_lib import clips, stickhmdb
from twostream_lib.clips.table import TRAINING
from twostream_lib.course.run import Run
from twostream_lib.errors import CannotBeHad
from twostream_lib.experiments.restricted import Restricted, fields_of
from twostream_lib.files import write_text
from twostream_lib.fusion import scores
from twostream_lib.fusion.scores import TEST, Scores
from twostream_lib.locks import alone
from twostream_lib.training.side_by_side import side_by_side

TAG_1, UNRELATED, TAGS_0_1 = "tag 1", "tag 1 and unrelated clips", "tags 0 and 1"
ARMS = (TAG_1, UNRELATED, TAGS_0_1)
NEW = "Unrelated_"  # before the names of clips that are drawn to be unrelated
OTHER_SEED = 1000  # more than that of the run: of the generator that draws them


def arms(run: Run, network: str = "spatial") -> dict[str, Scores]:
    """The test scores of a stream trained in each of `ARMS`, by the run's recipe.

    The last two arms have equally many clips of each class, and so make as many steps. Where a
    class has too few clips of tag 0 that are unrelated to the test, both take as many as there are;
    of StickHMDB, the generator draws them.

    Raises:
        CannotBeHad: tag 0 has no clip, or none that is related to a test clip.
    """
    whole = with_tag_0(run)
    learned = training_clips(whole.used_clips)
    tasks = [(whole, arm, names, network) for arm, names in learned.items()]
    _ = whole.store_of(network)  # built here, once
    return dict(zip(learned, side_by_side(train_and_score, tasks, "arms of the leak"), strict=True))


def train_and_score(whole: Run, arm: str, learned: frozenset[str], network: str) -> Scores:
    """Train the stream of one arm on these clips, and score the test part."""
    place = whole.folder / arm.replace(" ", "-")
    part = Restricted(**fields_of(whole, place), whole=whole, learned=learned)
    net = part.new_stream(network)
    part.fit(network, net, part.part(network, "train+validation"), None, part.checkpoint(network))
    return scores.predict(arm, net, part.part(network, TEST), TEST)


def training_clips(used: pd.DataFrame) -> Mapping[str, frozenset[str]]:
    """The names of the clips that each of `ARMS` is trained on.

    Args:
        used: the clips of a run, of tags 0, 1 and 2.

    Raises:
        CannotBeHad: see `arms`.
    """
    tested = set(used.source[used.tag == clips.TEST])
    tag_0 = used[used.tag == clips.UNUSED]
    related = tag_0.source.isin(tested)
    drawn = tag_0.path.map(lambda path: Path(path).name.startswith(NEW))
    if not related.any():
        raise CannotBeHad(
            "No clip of tag 0 is cut from the same video as a test clip: there is no leak to "
            "measure."
        )
    # Related ones first; those that are drawn to be unrelated are no part of tag 0.
    own = tag_0[~drawn].assign(last=~related[~drawn]).sort_values("last", kind="stable")
    others = tag_0[~related].assign(last=~drawn[~related]).sort_values("last", kind="stable")
    count = own.groupby("label").size().combine(others.groupby("label").size(), min, fill_value=0)
    firsts = [
        table[table.groupby("label").cumcount() < table.label.map(count)] for table in (others, own)
    ]
    tag_1 = clips.names(used[used.tag == TRAINING])
    more = [clips.names(table) for table in firsts]
    learned = [tag_1, *([*tag_1, *of_arm] for of_arm in more)]
    return dict(zip(ARMS, map(frozenset, learned), strict=True))


def with_tag_0(run: Run) -> Run:
    """The run with tag 0 among its training clips; of StickHMDB, with as many unrelated ones."""
    settings = replace(run.settings, train_tags=(clips.UNUSED, TRAINING))
    whole = replace(run, settings=settings, folder=run.folder / "leak")
    if not run.uses_stickhmdb:
        return whole
    place = whole.folder / "clips"
    with alone(place, "draws unrelated clips"):
        if not (place / "splits").is_dir():
            _draw_beside(run, place)
    return replace(whole, videos=place / "videos", splits=place / "splits")


def _draw_beside(run: Run, place: Path) -> None:
    """Put a run's clips into a folder, with as many new ones of each class as it has of tag 0, and
    its split files, in which the new ones have tag 0."""
    lists = run.listed[run.split]
    count = int((lists.tag == clips.UNUSED).groupby(lists.label).sum().max())
    drawn = stickhmdb.make_clips(place / "drawn", max(6, count), run.seed + OTHER_SEED)
    assert run.lists is not None
    for old in sorted((run._videos).glob("*/*.avi")):
        _link(old, place / "videos" / old.parent.name / old.name)
    lines = {file.name: file.read_text() for file in sorted(run.lists.glob("*.txt"))}
    for label in run.classes:
        for new in sorted((drawn / "videos" / label).glob("*.avi"))[:count]:
            _link(new, place / "videos" / label / (NEW + new.name))
            for split in (1, 2, 3):
                lines[f"{label}_test_split{split}.txt"] += f"{NEW}{new.name} 0 \n"
    for name, text in lines.items():
        write_text(place / "lists" / name, text)
    (place / "lists").rename(place / "splits")  # last of all: now it is whole


def _link(old: Path, new: Path) -> None:
    new.parent.mkdir(parents=True, exist_ok=True)
    new.unlink(missing_ok=True)
    try:
        os.link(old, new)
    except OSError:  # another disk, or one without links
        shutil.copy2(old, new)
