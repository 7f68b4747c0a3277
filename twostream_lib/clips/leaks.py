"""The leakage audit: test clips that have a sibling, cut from the same video, in training.

Clips of one source look alike. So a network can recognise a test clip by its background if it was
trained on a sibling. The official training clips (tag 1) of HMDB-51 share no source with the test
clips (tag 2) of their action. The unused clips (tag 0), on which the paper trains too, do.
"""

from __future__ import annotations

import os
from typing import Any

import pandas as pd

from twostream_lib.clips.splitfiles import read_all
from twostream_lib.clips.table import TEST, TRAINING, UNUSED

TRAINED_ON = ((TRAINING,), (UNUSED, TRAINING))
WORST = 5


def audit(splits: str | os.PathLike[str]) -> dict[int, dict[str, Any]]:
    """``leakage`` of each split in a folder of split files; no video is needed.

    Raises InputError as ``splitfiles.read_splits`` does.
    """
    return {split: leakage(listed) for split, listed in read_all(splits).items()}


def leakage(table: pd.DataFrame) -> dict[str, Any]:
    """How many test clips have a training clip of the same action cut from the same source.

    ``table`` is a clip table, or what ``read_splits`` returns. The result has:

    - ``test_clips``: their number; ``clips``: the number of clips with each tag.
    - ``tags``: one entry for training on the official clips (``"1"``) and one for training on the
      paper's (``"0+1"``). Each has ``training_clips``, ``leaking`` (the number of test clips that
      leak), ``share`` (of all test clips), ``sources`` (the number of sources that leak), and
      ``worst`` (the five sources with the most leaking clips). ``any_action`` has the same for test
      clips that share their source with a training clip of whatever action.
    """
    test = table[table["tag"] == TEST]
    counts = table["tag"].value_counts()
    return {
        "test_clips": len(test),
        "clips": {str(tag): int(counts.get(tag, 0)) for tag in (UNUSED, TRAINING, TEST)},
        "tags": {
            "+".join(map(str, tags)): _leakage_from(table[table["tag"].isin(tags)], test)
            for tags in TRAINED_ON
        },
    }


def worst_class(table: pd.DataFrame) -> str:
    """The class with the source that leaks most, trained on tags 0 and 1.

    If nothing leaks, it is the first class in the alphabet.
    """
    worst = leakage(table)["tags"]["0+1"]["worst"]
    return worst[0]["label"] if worst else min(table["label"])


def words(split: int, found: dict[str, Any]) -> str:
    """The result of ``leakage`` for a split, as lines for a terminal."""
    counts = found["clips"]
    lines = [
        f"Split {split}: {counts['1']} training clips, {counts['2']} test, {counts['0']} unused."
    ]
    for tags, same in found["tags"].items():
        across = same["any_action"]
        lines.append(
            f"Trained on tag {tags.replace('+', ' and ')}: {same['leaking']} of "
            f"{found['test_clips']} test clips ({same['share']:.1%}) have a training clip of the "
            f"same action and source ({same['sources']} sources), and {across['leaking']} "
            f"({across['share']:.1%}) of the same source and any action."
        )
        lines += [
            f"  {worst['label']}, {worst['source']}: {worst['test']} test clips, "
            f"{worst['training']} training clips"
            for worst in same["worst"]
        ]
    return "\n".join(lines)


def _leakage_from(training: pd.DataFrame, test: pd.DataFrame) -> dict[str, Any]:
    return {
        "training_clips": len(training),
        **_shared(training, test, ["label", "source"]),
        "any_action": _shared(training, test, ["source"]),
    }


def _shared(training: pd.DataFrame, test: pd.DataFrame, key: list[str]) -> dict[str, Any]:
    """The test clips with a training clip of the same key."""
    counts = pd.concat(
        [test.groupby(key).size().rename("test"), training.groupby(key).size().rename("training")],
        axis=1,
        join="inner",
    ).sort_values(["test", "training"], ascending=False, kind="stable")
    leaking = int(counts["test"].sum())
    return {
        "leaking": leaking,
        "share": leaking / len(test) if len(test) else 0.0,
        "sources": len(counts),
        "worst": counts.head(WORST).reset_index().to_dict("records"),
    }
