"""What a run's networks say of films, told: as JSON, in words, and in a picture along the time."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from twostream_lib import figures
from twostream_lib.course.judges import Judges
from twostream_lib.course.prediction import Prediction, Refused, familiar_words
from twostream_lib.course.run import Run
from twostream_lib.errors import cause_of, shown
from twostream_lib.files import replacing
from twostream_lib.fusion import reliability
from twostream_lib.fusion.scores import Scores

SCHEMA = 1
TOP = 5  # classes that are told of each answer


def as_json(judges: Judges, predictions: Iterable[Prediction | Refused]) -> dict:
    """What is said of several films, for programs. Names that are there stay; others may come.

    - `schema`: 1.
    - `run`: `folder`, `profile`, `classes` (all that can be answered), `networks` (all that can be
      asked) and `left_out` (network: reason).
    - `rule`: how a film counts as known, or null where too few training videos tell it:
      `threshold`, `out_of_fold_videos` that it was chosen on (those that are answered rightly),
      `below`, how many of these are below it, and `measured`, how often such a rule is wrong.
    - `videos`: one for each film in the order in which they were given. A film that was not read
      has `file` and `refused`, a sentence. Any other has
        - `file` (whole path), `seconds`, `damage` and `unusual` (texts, mostly empty);
        - `judge`: the network whose answer counts; `label`, `probability`: that answer;
        - `known`: whether the film looks like what the run has seen, true, false or null, and
          `familiarity`, the number behind it, or null;
        - `top_five`: {network: [{`label`, `probability`}, …]} of the whole film, likeliest first;
        - `windows`: [{`start` (seconds), `top_five` as above}, …] in the order of time. Streams of
          images and of flow have windows of their own, so a window need not have all networks;
        - `left_out`: {network: reason}.

    Probabilities are shares 0 to 1. The SVM's are the softmax of its decision values: they say in
    which order it puts the classes, and not how sure it is.
    """
    rule = judges.rule
    return {
        "schema": SCHEMA,
        "run": {
            "folder": str(judges.run.folder),
            "profile": judges.run.name,
            "classes": list(judges.classes),
            "networks": [*judges.streams, *judges.fusions],
            "left_out": dict(judges.left_out),
        },
        "rule": rule
        and {
            "threshold": rule.threshold,
            "out_of_fold_videos": rule.videos,
            "below": rule.below,
            "measured": reliability.words(),
        },
        "videos": [_video(one) for one in predictions],
    }


def _video(one: Prediction | Refused) -> dict:
    if isinstance(one, Refused):
        return {"file": str(one.file), "refused": one.why}
    best = _top_five(one.whole[one.judge])[0]
    return {
        "file": str(one.file),
        "seconds": one.seconds,
        "damage": one.damage,
        "unusual": one.unusual,
        "judge": one.judge,
        **best,
        "known": one.known,
        "familiarity": one.familiarity,
        "top_five": {name: _top_five(said) for name, said in one.whole.items()},
        "windows": _windows(one),
        "left_out": dict(one.left_out),
    }


def _top_five(said: Scores, row: int = 0) -> list[dict]:
    """The likeliest classes of one row of scores, the likeliest first."""
    probabilities = said.probabilities()[row]
    top = np.argsort(-said.logits[row], kind="stable")[:TOP]
    return [{"label": said.classes[i], "probability": float(probabilities[i])} for i in top]


def _windows(one: Prediction) -> list[dict]:
    by_start: dict[float, dict] = {}
    for name, said in one.windows.items():
        for row, start in enumerate(one.starts[name].tolist()):
            by_start.setdefault(start, {})[name] = _top_five(said, row)
    return [{"start": start, "top_five": by_start[start]} for start in sorted(by_start)]


def words(judges: Judges, one: Prediction) -> str:
    """What is said of one film, in lines for a terminal."""
    best = _top_five(one.whole[one.judge])[0]
    silent = judges.left_out | one.left_out
    lines = [
        f"{one.file}, {one.seconds:.1f} s, {len(one.windows[one.judge])} windows",
        f"  {best['label']}, says the {one.judge} ({best['probability']:.0%}).",
        f"  {familiar_words(one)}",
        *(f"  {name:<20}{_listed(said)}" for name, said in one.whole.items()),
        *(f"  {name} says nothing: {why}" for name, why in silent.items()),
    ]
    if one.damage:
        lines.append(f"  It is damaged: {one.damage}.")
    if one.unusual:
        lines.append(f"  It is unusual: {one.unusual}.")
    return "\n".join(map(shown, lines))


def draw(one: Prediction, run: Run) -> Path:
    """Write the figure of a film into `predictions/` in the run's folder; give the file.

    Raises:
        OSError: it cannot be written.
    """
    # Films of one name, from two folders, have pictures of their own.
    name = re.sub(r"[^\w.-]", "_", one.file.name)[:40]
    file = run.folder / "predictions" / f"{name}-{one.content[:8]}.png"
    with replacing(file) as beside:
        beside.write_bytes(figures.to_png(one.figure))
    return file


def picture_words(one: Prediction, run: Run) -> str:
    """Write the figure of a film, see `draw`; say where it is, or why there is none."""
    try:
        return shown(f"Along its time: {draw(one, run)}")
    except OSError as error:
        return f"There is no figure: {cause_of(error)}."


def _listed(said: Scores) -> str:
    return ", ".join(f"{one['label']} {one['probability']:.0%}" for one in _top_five(said))
