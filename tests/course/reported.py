"""A small run with all that a report can show, made by hand, so that its answers are known."""

import html
import json
import re

import numpy as np
import pandas as pd

from tests.figures.samples import CEILINGS, history
from twostream_lib import course
from twostream_lib.course import metrics, side_results
from twostream_lib.fusion import score_files
from twostream_lib.fusion.scores import Scores

RIGHT = {"spatial": 20, "temporal-sg3i": 25, "average": 35, "svm": 40}  # of 40 videos
GAPS = {12: 8, 2: 14, 1: 11}  # validation videos right of 16, by gap
SETUPS = {"working": 15, "softmax": 3, "no scaling": 14}  # of 16
CLASSES = ("run", "wave")
CURVES = ["gap-12", "gap-2", "gap-1", "temporal-sg3i", "fusenet", "spatial"]


def scored(network, right, n, protocol="video-10", part="test", classes=CLASSES):
    """Videos of two classes, two of each source, of which the first `right` are named rightly."""
    label = np.arange(n) // 2 % 2
    said = np.where(np.arange(n) < right, label, 1 - label)
    videos = np.array([f"{classes[c]}/{i:02d}.avi" for i, c in enumerate(label)])
    sources = np.array([f"film{i // 2:02d}" for i in range(n)])
    rows = (videos, np.zeros(n, int), label, np.full(n, protocol), tuple(classes), part, sources)
    return Scores(network, np.eye(2, dtype=np.float32)[said], *rows)


def new_run(folder):
    """A run that nothing is in yet; `runs` beside its clips is its folder of runs."""
    (folder / "videos").mkdir()
    return course.configure(videos=str(folder / "videos"), runs=str(folder / "runs" / "run"))


def of_scores(folder):
    """The same with scores of the test part alone."""
    made = new_run(folder)
    for network, right in RIGHT.items():
        score_files.save({"test": scored(network, right, 40)}, made.scores_file(network))
    return made


def whole(folder):
    """The same with gaps, laboratory, curves, clips, notebooks and an earlier run."""
    made = of_scores(folder)
    for gap, right in GAPS.items():
        said = scored(f"gap {gap}", right, 16, "window", "validation")
        side_results.leave_scores(made.checkpoint(f"gap-{gap}"), said, {})
    for name, right in SETUPS.items():
        place = made.checkpoint(side_results.LABORATORY) / name.replace(" ", "-")
        side_results.leave_scores(place, scored(name, right, 16, "window", "validation"), {})
        side_results.leave_setup(place, name, "working")
    for number, name in enumerate(CURVES):
        made.checkpoint(name).mkdir(exist_ok=True, parents=True)
        (made.checkpoint(name) / "history.json").write_text(json.dumps(history(3 + number)))
    table = {
        "path": [f"{CLASSES[n % 2]}/{n:02d}.avi" for n in range(12)],
        "label": [CLASSES[n % 2] for n in range(12)],
        "source": [f"film{n // 4}" for n in range(12)],
        "tag": [1, 1, 0, 2] * 3,
        "ok": [True] * 11 + [False],
        "why": [""] * 11 + ["It is cut off."],
    }
    pd.DataFrame(table).to_csv(made.folder / "clips.csv", index=False)
    (made.folder / "store").mkdir()
    (made.folder / "store" / "windows.npy").write_bytes(bytes(2_340_000))
    found = metrics_of(made)
    earlier = {**found, "run": found["run"] | {"git": "abc1234", "seed": 7}}
    metrics.write(earlier, made.folder.parent / "before" / "metrics.json")
    return made


def metrics_of(run):
    """What `metrics.read` gives of such a run, beside its clips, at which nobody has looked."""
    outcome = metrics.Outcome({"00_lesson": 61.0, "01_other": 30.5})
    clips = run.folder / "clips.csv"
    hidden = clips.rename(clips.with_suffix(".hidden")) if clips.is_file() else None
    file = run.folder / "metrics.json"
    try:
        metrics.write(metrics.collect(run, outcome, 700.4), file)
    finally:
        if hidden:
            hidden.rename(clips)
    read = metrics.read(file)
    read["data"] |= {"ceilings": CEILINGS, "classes": 2}
    return read


def tables(page):
    """The rows of each table by its caption: a list of words for each row."""
    found = {}
    for table in re.findall(r"<table.*?</table>", page, re.S):
        rows = re.findall(r"<tr>(.*?)</tr>", table, re.S)
        cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows]
        caption = re.search(r"<caption>(.*?)</caption>", table, re.S)[1]
        plain = [[html.unescape(re.sub("<.*?>", "", one)) for one in row] for row in cells]
        found[html.unescape(caption)] = plain
    return found
