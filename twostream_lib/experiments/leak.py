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

from twostream_lib import clips
from twostream_lib.clips.table import TRAINING
from twostream_lib.course.run import Run
from twostream_lib.errors import CannotBeHad
from twostream_lib.experiments.restricted import Restricted, fields_of
from twostream_lib.files import write_text
from twostream_lib.fusion import scores
from twostream_lib.fusion.scores import TEST, Scores
from twostream_lib.locks import alone
from twostream_lib.stickhmdb.casting import FEWEST, cast_clips
from twostream_lib.stickhmdb.clipset import draw_missing
from twostream_lib.training.side_by_side import side_by_side

TAG_1, UNRELATED, TAGS_0_1 = "tag 1", "tag 1 and unrelated clips", "tags 0 and 1"
ARMS = (TAG_1, UNRELATED, TAGS_0_1)
NEW = "Unrelated_"  # before the names of clips that are drawn to be unrelated
OTHER_SEED = 1000  # more than that of the run: of the generator that draws them


def arms(run: Run, network: str = "spatial") -> dict[str, Scores]:
    """The test scores of a stream trained in each of `ARMS`, by the run's recipe.

    The last two arms have equally many clips of each class, and so make as many steps, or nearly:
    clips differ in their windows. Where a class has too few clips of tag 0 that are unrelated to
    the test, both take as many as there are; of StickHMDB, the generator draws them.

    Raises:
        CannotBeHad: tag 0 has no clip that is related to a test clip, or no class of such a clip
            has one that is unrelated.
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
    own = pd.concat([tag_0[related & ~drawn], tag_0[~related & ~drawn]])
    others = pd.concat([tag_0[~related & drawn], tag_0[~related & ~drawn]])
    counts = [table.label.value_counts() for table in (own, others)]
    count = pd.concat(counts, axis=1).fillna(0).min(axis=1)
    unrelated, leaky = (
        table[table.groupby("label").cumcount() < table.label.map(count)] for table in (others, own)
    )
    if not leaky.source.isin(tested).any():
        raise CannotBeHad(
            "No class has clips of tag 0 of both kinds, related to a test clip and not: the leak "
            "cannot be told from what more clips do."
        )
    tag_1 = used[used.tag == TRAINING]
    learned = [tag_1, pd.concat([tag_1, unrelated]), pd.concat([tag_1, leaky])]
    return {arm: frozenset(clips.names(of_arm)) for arm, of_arm in zip(ARMS, learned, strict=True)}


def related_sources(table: pd.DataFrame) -> set[str]:
    """The sources of a clip table that have both a test clip and a clip of tag 0."""
    sources = [set(table.source[table.tag == tag]) for tag in (clips.UNUSED, clips.TEST)]
    return set.intersection(*sources)


def with_tag_0(run: Run) -> Run:
    """The run with tag 0 among its training clips; of StickHMDB, with as many unrelated ones."""
    settings = replace(run.settings, train_tags=(clips.UNUSED, TRAINING))
    whole = replace(run, settings=settings, folder=run.folder / "leak")
    if not run.uses_stickhmdb:
        return whole
    place = whole.folder / "clips"
    with alone(place, "draws unrelated clips"):
        if not _is_whole(run, place):
            _draw_beside(run, place)
    return replace(whole, videos=place / "videos", splits=place / "splits")


def _is_whole(run: Run, place: Path) -> bool:
    """Whether a folder has what `_draw_beside` makes of the clips that the run has now."""
    there = _places(run, place)
    drawn = {place / "videos" / one.label / one.file for one in _unrelated(run).itertuples()}
    return (
        (place / "splits").is_dir()
        and drawn == set((place / "videos").glob(f"*/{NEW}*"))
        and all(new.is_file() and new.stat().st_size == old.stat().st_size for old, new in there)
    )


def _draw_beside(run: Run, place: Path) -> None:
    """Put a run's clips and new ones into a folder, and its split files, where the new ones have
    tag 0."""
    for name in ("splits", "videos", "lists"):  # of other clips, or of a process that was killed
        shutil.rmtree(place / name, ignore_errors=True)
    for old, new in _places(run, place):
        _link(old, new)
    chosen = _unrelated(run)
    draw_missing(place / "videos", chosen, jobs=2)
    for split, listed in run.listed.items():
        new = chosen.rename(columns={"file": "name"}).assign(tag=clips.UNUSED)
        for label, of_class in pd.concat([listed, new]).groupby("label"):
            lines = "".join(f"{one.name} {one.tag} \n" for one in of_class.itertuples())
            write_text(place / "lists" / f"{label}_test_split{split}.txt", lines)
    (place / "lists").rename(place / "splits")  # last of all: now it is whole


def _unrelated(run: Run) -> pd.DataFrame:
    """The new clips, as `stickhmdb.casting` has them: those of tag 0 in a set of another seed, as
    many of each class as the run has, and from as many sources."""
    most = max(FEWEST, int(run.table.label.value_counts().max()))
    cast = cast_clips(most, run.seed + OTHER_SEED)
    chosen = cast[(cast[f"tag{run.split}"] == clips.UNUSED) & cast.label.isin(run.table.label)]
    return chosen.assign(file=NEW + chosen.file)


def _places(run: Run, place: Path) -> list[tuple[Path, Path]]:
    """Where each clip of a run is, and where it is in the folder with more of them."""
    names = clips.names(run.table)
    return [
        (Path(old), place / "videos" / name)
        for old, name in zip(run.table.path, names, strict=True)
    ]


def _link(old: Path, new: Path) -> None:
    new.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(old, new)
    except OSError:  # another disk, or one without links
        shutil.copy2(old, new)
