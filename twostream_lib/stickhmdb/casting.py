"""The plan of StickHMDB: sources, file names and splits, like HMDB-51's; nothing is drawn here."""

from __future__ import annotations

import numpy as np
import pandas as pd

from twostream_lib.errors import InputError
from twostream_lib.stickhmdb.actions import ACTIONS, draw_source, draw_take

FEWEST = 6  # clips a class: three splits need that many
MOST = 1000  # as many again as the largest class of HMDB-51 has
# HMDB-51 has 70 clips of a class for training, 30 for testing and some 32 for neither. Of the 80
# that are drawn of each, as many are tested.
TRAIN_SHARE, TEST_SHARE = 0.45, 0.375
# Shares of the sources that have 1, 2, 3 and 4 clips of a class, nearly as in HMDB-51, where some
# have dozens.
SOURCES_OF = [0.42, 0.2, 0.2, 0.18]
# Share of HMDB-51's test clips (split 1) that have a tag-0 clip of the same class and source.
SIBLING_SHARE = 647 / 1530

FIRST = (
    "Blue Golden Silent Wooden Lucky Crazy Little Old Secret Summer Winter Paper Midnight "
    "Lonely Merry Electric Velvet Broken Flying Hidden Last Lost Quiet Rainy Royal Rusty "
    "Sunny Tiny Wild Distant"
)
SECOND = (
    "Garden Harbour River Station Kitchen Castle Island Letter Teacher Captain Window Bicycle "
    "Orchestra Mountain Pirate Lantern Circus Sparrow Hotel Dragon Piano Umbrella Village "
    "Detective Balloon Robot Cactus Lighthouse Holiday Penguin"
)
FILMS = ["{a}{b}", "{a}_{b}", "The_{a}_{b}", "{b}{n}", "{a}_{b}_trailer", "{a}_{b}_{n}"]
LESSONS = [
    "How_to_{c}",
    "my_first_{c}",
    "{c}_lesson_{n}",
    "Best_of_{c}_{n}",
    "learn_{c}_in_{n}_days",
    "{c}_training_{n}",
]


def cast_clips(clips_per_class: int = 80, seed: int = 0) -> pd.DataFrame:
    """All clips of the set, one row a clip.

    All clips of a source are of one class. In HMDB-51 many sources have clips of several.

    Columns: ``label``, ``source``, ``source_seed`` (numbers that stand for the source), ``take``
    (counts a source's clips), ``file`` (the name) and ``tag1``, ``tag2``, ``tag3``: the clip's tag
    (0 unused, 1 training, 2 test) in each split. Raises InputError for fewer than 6 or more
    than 1000 clips a class, and for a negative seed.
    """
    if clips_per_class < FEWEST:
        raise InputError(
            f"StickHMDB with {clips_per_class} clips a class cannot be split three times: "
            f"ask for {FEWEST} or more."
        )
    if clips_per_class > MOST:
        raise InputError(
            f"StickHMDB with {clips_per_class:,} clips a class would take days to draw: ask for "
            f"{MOST:,} or fewer."
        )
    if seed < 0:
        raise InputError(f"The seed of StickHMDB is {seed}: give 0 or a number above it.")
    taken: set[str] = set()
    rows: list[dict] = []
    for number, label in enumerate(ACTIONS):
        rows += plan_class(label, (seed, number), clips_per_class, taken)
    return pd.DataFrame(rows)


def plan_class(label: str, seed: tuple[int, ...], clips: int, taken: set[str]) -> list[dict]:
    """The rows of one class. ``taken`` are the titles that are used already; the new ones are added
    to it.
    """
    rng = np.random.default_rng(seed)
    sizes = source_sizes(rng, clips)
    tags = [tag_clips(rng, sizes, split) for split in range(3)]
    rows: list[dict] = []
    for index, size in enumerate(sizes):
        source = title(rng, label, taken)
        for take in range(size):
            name = f"{source}_{label}_{codes(label, (*seed, index), take)}_{take}.avi"
            row = {"label": label, "source": source, "source_seed": (*seed, index), "take": take}
            marks = {f"tag{split + 1}": tags[split][index][take] for split in range(3)}
            rows.append(row | {"file": name} | marks)
    return rows


def codes(label: str, source_seed: tuple[int, ...], take: int) -> str:
    """The fields of HMDB-51's file names: body, camera, people, view, quality."""
    source = draw_source(source_seed, ACTIONS[label].kind)
    clip = draw_take(source_seed, take, source)
    return f"{source.body}_{clip.camera}_np{clip.people}_{source.view}_{clip.quality}"


def source_sizes(rng: np.random.Generator, clips: int) -> list[int]:
    """How many clips each source has; in a small set 2 or 3, to split it more evenly."""
    sizes: list[int] = []
    numbers, shares = ([1, 2, 3, 4], SOURCES_OF) if clips >= 24 else ([2, 3], [0.5, 0.5])
    while (left := clips - sum(sizes)) > 5:
        sizes.append(int(rng.choice(numbers, p=shares)))
    return sizes + ([left] if left < 4 else [2, left - 2])


def tag_clips(rng: np.random.Generator, sizes: list[int], split: int) -> list[list[int]]:
    """Tags of one split, a list for each source; no source has both training and test clips.

    Each split starts to take its test sources at another third of the list, so that the splits
    test on different sources. The first of these sources give all their clips to the test. The
    others keep one clip back, with tag 0, so that about SIBLING_SHARE of the test clips have a
    tag-0 clip of their source.
    """
    train, test = round(TRAIN_SHARE * sum(sizes)), round(TEST_SHARE * sum(sizes))
    tags: list[list[int]] = [[] for _ in sizes]
    left, start = test, round(split * len(sizes) / 3)
    for index in (*range(start, len(sizes)), *range(start)):
        size = sizes[index]
        generous = test - left + size / 2 <= (1 - SIBLING_SHARE) * test
        count = min(left, size if generous else size - 1)
        if count:
            tags[index] = [2] * count + [0] * (size - count)
            left -= count
    others = [index for index, given in enumerate(tags) if not given]
    room = sum(sizes[index] for index in others)
    marks = iter(rng.permutation([1] * train + [0] * (room - train)).tolist())
    for index in others:
        tags[index] = [next(marks) for _ in range(sizes[index])]
    return tags


def title(rng: np.random.Generator, label: str, taken: set[str]) -> str:
    """A made-up title of a film or of somebody's video that no other source has.

    Some contain the class's name, as some of HMDB-51's do.
    """
    while True:
        form = str(rng.choice(LESSONS if rng.uniform() < 0.3 else FILMS))
        words = {
            "a": rng.choice(FIRST.split()),
            "b": rng.choice(SECOND.split()),
            "n": rng.integers(2, 30),
        }
        name = form.format(c=label, **words)
        if name.lower() not in taken:
            taken.add(name.lower())
            return name
