"""What notebook 01 says of the quick run's clips, leaks, windows and parts."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from tests.notebooks.claims import Claim, Facts
from twostream_lib import clips, sampling, video
from twostream_lib.clips import leaks, verification
from twostream_lib.course import Run
from twostream_lib.data import frame_stream
from twostream_lib.stickhmdb import casting


def facts(run: Run) -> Facts:
    table, used = run.table, run.used_clips
    trained = used[used.tag != 2]
    return {
        "clips": len(table),
        "classes": len(run.classes),
        "frames": int(table.frames.sum()),
        "megabytes": table.bytes.sum() / 1e6,
        "clips_of_a_source": table.groupby("source").size().agg(["count", "min", "max"]).to_dict(),
        "trapped": sum(map(str.__contains__, table.source, table.label)),
        "clips_of_a_class": table.groupby("label").size().unique().tolist(),
        "seconds": [table.seconds.min(), table.seconds.max()],
        "sizes": table[["width", "height"]].drop_duplicates().to_numpy().tolist(),
        "camera_moves": (table.camera == "cm").mean(),
        "tags_of_a_class": pd.crosstab(table.label, table.tag)
        .drop_duplicates()
        .to_numpy()
        .tolist(),
        "clips_by_splits_that_test_them": times_tested(run),
        "findings": verification.counts(verification.report(table, run.listed)).to_dict(),
        "cut_short": cut_short(table),
        "train_tags": list(run.settings.train_tags),
        "leaks": {split: leaking(rows) for split, rows in run.listed.items()},
        "worst_class": leaks.worst_class(table),
        "leaks_of_worst_class": leaking(table[table.label == leaks.worst_class(table)]),
        "siblings_in_hmdb51": casting.SIBLING_SHARE,
        "windows": count_windows(run, trained),
        "change_within": change_within(table),
        "change_to_the_next": change_to_the_next(run, trained),
        "training_sources": int(trained.source.nunique()),
        "mixing": mixing(run, trained),
        "related_by_clip": related_by_clip(trained),
        "parts": parts(run),
    }


def times_tested(run: Run) -> dict:
    """How many clips are test clips in no split, in one, in two and so on."""
    listed = pd.concat(run.listed.values())
    times = (listed.tag == 2).groupby([listed.label, listed["name"]]).sum()
    return {str(splits): int(clips) for splits, clips in times.value_counts().items()}


def change_within(table: pd.DataFrame) -> dict:
    """Gray levels from first to last frame of the middle window of each mode, of a clear clip."""
    clear = (table.quality == "goo") & (table.camera == "nm")
    clip = table.loc[clear.idxmax()]
    gray = video.decode_gray(clip.path).astype(int)
    modes = {"mode1": sampling.mode1(clip.frames), "mode2": sampling.mode2(clip.frames, clip.fps)}
    windows = {mode: every[len(every) // 2] for mode, every in modes.items()}
    return {
        mode: {
            "frames": int(last - first),
            "levels": float(np.abs(gray[last] - gray[first]).mean()),
        }
        for mode, (first, _, last) in windows.items()
    }


def cut_short(table: pd.DataFrame) -> dict:
    """A clip of which half the bytes are there: what is left of it, and what gives it away."""
    clear = (table.quality == "goo") & (table.camera == "nm")
    clip = table.loc[clear.idxmax()]
    content = Path(clip.path).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, Path(clip.path).name)
        path.write_bytes(content[: len(content) // 2])
        found = video.probe(path)
    return {"ok": found["ok"], "frames": found["frames"] / clip.frames, "damage": found["damage"]}


def leaking(table: pd.DataFrame) -> dict:
    """Test clips, and by the tags trained on: training clips, and the test clips that leak."""
    found = clips.leakage(table)
    numbers = {
        tags: {
            "training_clips": leak["training_clips"],
            "same_action": leak["leaking"],
            "any_action": leak["any_action"]["leaking"],
        }
        for tags, leak in found["tags"].items()
    }
    return {"test_clips": found["test_clips"]} | numbers


def count_windows(run: Run, trained: pd.DataFrame) -> dict:
    """Training windows of each mode, the size of the run's own, and the bytes that they take."""
    rows = list(trained.itertuples())
    return {
        "frames": int(trained.frames.sum()),
        "mode1": sum(len(sampling.mode1(clip.frames)) for clip in rows),
        "mode2": sum(len(sampling.mode2(clip.frames, clip.fps)) for clip in rows),
        "stored": len(run.part("spatial", "train+validation")),
        "size": list(run.settings.plan.size),
        "megabytes": len(run.part("spatial", "train+validation"))
        * run.images.array[0].nbytes
        / 1e6,
    }


def change_to_the_next(run: Run, trained: pd.DataFrame) -> dict:
    """Gray levels by which a sample differs from the next one of its clip, in either mode."""
    plan = run.settings.plan
    changes: dict[str, list[float]] = {"mode1": [], "mode2": []}
    for clip in trained.iloc[:: max(1, len(trained) // 8)].head(8).itertuples():
        gray = video.decode_gray(clip.path).astype(np.int16)
        of_run = sampling.mode2(clip.frames, clip.fps, plan.fps, plan.length, plan.step)
        for mode, windows in (("mode1", sampling.mode1(clip.frames)), ("mode2", of_run)):
            differences = np.abs(np.diff(gray[windows[:, 1]], axis=0))
            changes[mode] += differences.mean(axis=(1, 2)).tolist()
    return {mode: np.mean(of_mode) for mode, of_mode in changes.items()}


def mixing(run: Run, trained: pd.DataFrame) -> dict:
    """Sources and classes in a batch of mode 1, as the course reads and clip after clip."""
    size, classes = run.settings.plan.size, run.classes
    ways = {"ours": {}, "in_turn": {"buffer": 128, "open_clips": 1}}
    found = {
        name: frame_stream.mixing(
            frame_stream.FrameStream(trained, classes, "rgb", size, run.seed, **how), batch_size=128
        )
        for name, how in ways.items()
    }
    last = found["ours"].iloc[-6:-1]
    means = {name: table.mean().to_dict() for name, table in found.items()}
    return means | {"last": last.mean().to_dict()}


def related_by_clip(trained: pd.DataFrame) -> float:
    """The share of clips with their source in training, if one fifth is drawn clip by clip."""
    by_clip = np.random.default_rng(0).random(len(trained)) < 0.2
    return trained.source[by_clip].isin(trained.source[~by_clip]).mean()


def parts(run: Run) -> dict:
    """Clips of each part, and the sources that two parts share."""
    rows = {part: run.part("spatial", part).rows for part in ("train", "validation", "test")}
    sources = {part: set(of_part.source) for part, of_part in rows.items()}
    return {
        "clips": {part: of_part.video.nunique() for part, of_part in rows.items()},
        "shared": {part: len(sources["train"] & sources[part]) for part in ("validation", "test")},
    }


def shares(facts: Facts, tags: str) -> list[float]:
    """Of each split, the share of test clips that leak."""
    return [split[tags]["same_action"] / split["test_clips"] for split in facts["leaks"].values()]


def leaks_of(found: Facts) -> tuple[int, int, int]:
    """Test clips, and how many of them leak: trained on tag 1, and trained on tags 0 and 1."""
    return found["test_clips"], found["1"]["same_action"], found["0+1"]["same_action"]


def more_training_clips(facts: Facts) -> int:
    found = facts["leaks"]["1"]
    return found["0+1"]["training_clips"] - found["1"]["training_clips"]


def none_leaks_across_actions_alone(facts: Facts) -> bool:
    return all(
        split[tags]["any_action"] == split[tags]["same_action"]
        for split in facts["leaks"].values()
        for tags in ("1", "0+1")
    )


def mode1_to_mode2(facts: Facts) -> float:
    return facts["windows"]["mode1"] / facts["windows"]["mode2"]


def share_of_sources(facts: Facts, way: str) -> float:
    """Sources in a batch, as a share of those in a batch of a true shuffle."""
    return facts["mixing"][way]["sources"] / facts["mixing"]["ours"]["sources_shuffled"]


def training_clips(facts: Facts) -> int:
    return facts["parts"]["clips"]["train"] + facts["parts"]["clips"]["validation"]


def no_findings(facts: Facts) -> bool:
    found = dict(facts["findings"])
    return found.pop("clips") == found.pop("can be used") and not any(found.values())


CLAIMS = [
    Claim(
        "01-read-table-words",
        "720 clips in 12 classes, with 42,978 frames",
        lambda f: (f["clips"], f["classes"], f["frames"]) == (720, 12, 42978),
    ),
    Claim("01-read-table-words", "about 150 MB", lambda f: 120 < f["megabytes"] < 180),
    Claim(
        "01-sources-words",
        "the 720 clips come from **103 sources**",
        lambda f: (f["clips"], f["clips_of_a_source"]["count"]) == (720, 103),
    ),
    Claim(
        "01-sources-words",
        "at least 4 and at most 16 clips each",
        lambda f: (f["clips_of_a_source"]["min"], f["clips_of_a_source"]["max"]) == (4, 16),
    ),
    Claim(
        "01-sources-words",
        "**131 clips** have a source with the name of the class in it",
        lambda f: f["trapped"] == 131,
    ),
    Claim(
        "01-name-fields-words",
        "each class has 60 clips",
        lambda f: f["clips_of_a_class"] == [60],
    ),
    Claim(
        "01-name-fields-words",
        "each clip lasts between one and a half and two and a half seconds",
        lambda f: f["seconds"][0] >= 1.45 and f["seconds"][1] <= 2.55,
    ),
    Claim(
        "01-name-fields-words",
        "all pictures have 320 × 240 pixels",
        lambda f: f["sizes"] == [[320, 240]],
    ),
    Claim(
        "01-moving-camera-words",
        "in about half of the clips",
        lambda f: 0.4 < f["camera_moves"] < 0.6,
    ),
    Claim(
        "01-show-tags-words",
        "each class gives 32 clips to training and 14 to the test, and 14 are unused",
        lambda f: f["tags_of_a_class"] == [[14, 32, 14]],
    ),
    Claim(
        "01-tested-words",
        "220 of the 720 clips are test clips in no split, and 4 clips in two of them",
        lambda f: (
            f["clips"] == 720
            and (f["clips_by_splits_that_test_them"]["0"], f["clips_by_splits_that_test_them"]["2"])
            == (220, 4)
        ),
    ),
    Claim("01-set-aside-words", "every clip can be used, and there are no findings", no_findings),
    Claim(
        "01-half-words",
        "it was accepted, with about half of its frames",
        lambda f: f["cut_short"]["ok"] and 0.4 < f["cut_short"]["frames"] < 0.6,
    ),
    Claim(
        "01-half-words",
        "Two things gave it away: the decoder stumbled at the cut, and the header promises more "
        "frames than are there.",
        lambda f: all(
            words in f["cut_short"]["damage"]
            for words in ("the decoder met an error", "its header promises")
        ),
    ),
    Claim(
        "01-leak-answer-words",
        "the class is *drink*. Of its 14 test clips none has a sibling with tag 1, and 7 have one "
        "with tag 0",
        lambda f: f["worst_class"] == "drink" and leaks_of(f["leaks_of_worst_class"]) == (14, 0, 7),
    ),
    Claim(
        "01-leak-words",
        "trained on tag 1, **none of the 168 test clips** leaks",
        lambda f: leaks_of(f["leaks"]["1"])[:2] == (168, 0),
    ),
    Claim(
        "01-leak-words",
        "Trained on tags 0 and 1, **about half** of them do",
        lambda f: 0.4 < shares(f, "0+1")[0] < 0.6,
    ),
    Claim("01-leak-words", "for 168 more training clips", lambda f: more_training_clips(f) == 168),
    Claim(
        "01-leak-words",
        "In split 1 of HMDB-51 it is 42 %",
        lambda f: round(100 * f["siblings_in_hmdb51"]) == 42,
    ),
    Claim("01-leak-words", "trains on tag 1 alone", lambda f: f["train_tags"] == [1]),
    Claim(
        "01-other-actions-words",
        "two fifths to one half of the test clips of each split leak when tag 0 is trained on, and "
        "none when it is not",
        lambda f: (
            min(shares(f, "0+1")) >= 0.4
            and max(shares(f, "0+1")) <= 0.5
            and not any(shares(f, "1"))
        ),
    ),
    Claim(
        "01-other-actions-words",
        "with training clips of *other* actions alone. In the quick run none does.",
        none_leaks_across_actions_alone,
    ),
    Claim(
        "01-window-span",
        "In the second mode they lie five times as far apart.",
        lambda f: (
            f["change_within"]["mode2"]["frames"] == 5 * f["change_within"]["mode1"]["frames"]
        ),
    ),
    Claim(
        "01-window-words",
        "In the quick run it is less than twice as much.",
        lambda f: (
            f["change_within"]["mode2"]["levels"] < 1.8 * f["change_within"]["mode1"]["levels"]
        ),
    ),
    Claim(
        "01-count-words",
        "mode 1 has **27 times** as many training samples as the paper's mode 2",
        lambda f: round(mode1_to_mode2(f)) == 27,
    ),
    Claim(
        "01-bytes-words",
        "the samples of mode 1 would take about 27 GB at 224 × 224 pixels and as `float32`",
        lambda f: round(f["windows"]["mode1"] * 224 * 224 * 6 * 4 / 1e9) == 27,
    ),
    Claim(
        "01-bytes-words",
        "at 72 × 96 pixels and as `uint8`, take about 60 MB",
        lambda f: f["windows"]["size"] == [72, 96] and 55 < f["windows"]["megabytes"] < 65,
    ),
    Claim(
        "01-beside-words",
        "the picture changes **more than three times** as much from one sample of a clip to the "
        "next in mode 2 as in mode 1",
        lambda f: 3 < f["change_to_the_next"]["mode2"] / f["change_to_the_next"]["mode1"] < 3.9,
    ),
    Claim(
        "01-beside-words",
        "Both modes show the same 70 sources, and decode the same videos: mode 2 once, and mode 1 "
        "in every epoch",
        lambda f: f["training_sources"] == 70,
    ),
    Claim(
        "01-beside-words",
        "Why has mode 1 23,088 samples here, and 22,320 in section 8?",
        lambda f: (f["windows"]["frames"], f["windows"]["mode1"]) == (23088, 22320),
    ),
    Claim(
        "01-beside-words",
        "each clip has two such windows fewer than frames.",
        lambda f: f["windows"]["frames"] - f["windows"]["mode1"] == 2 * training_clips(f),
    ),
    Claim(
        "01-mixing-words",
        "a batch of mode 1 has **more than nine tenths** of the sources of a true shuffle",
        lambda f: 0.9 < share_of_sources(f, "ours") <= 1,
    ),
    Claim(
        "01-mixing-words",
        "nearly always all 12 classes",
        lambda f: f["classes"] == 12 and f["mixing"]["ours"]["labels"] > 11.5,
    ),
    Claim(
        "01-mixing-words",
        "Clip after clip, it has about 3 sources",
        lambda f: 2.5 < f["mixing"]["in_turn"]["sources"] < 3.5,
    ),
    Claim(
        "01-mixing-words",
        "it still has about four fifths",
        lambda f: 0.75 < share_of_sources(f, "last") < 0.88,
    ),
    Claim(
        "01-held-out-by-clip-words",
        "**more than nine of ten** clips",
        lambda f: f["related_by_clip"] > 0.9,
    ),
    Claim(
        "01-held-out-words",
        "the validation part has **about a third** of the training clips, and shares no source "
        "with the rest. Training and test share none either",
        lambda f: (
            abs(f["parts"]["clips"]["validation"] / training_clips(f) - 1 / 3) < 0.02
            and not any(f["parts"]["shared"].values())
        ),
    ),
    Claim(
        "01-showed",
        "720 clips from 103 sources, none of them set aside",
        lambda f: (
            (f["clips"], f["clips_of_a_source"]["count"]) == (720, 103)
            and f["findings"]["can be used"] == 720
        ),
    ),
    Claim(
        "01-showed",
        "with tag 0 in training, 82 of 168 test clips have a sibling there; without it, none",
        lambda f: leaks_of(f["leaks"]["1"]) == (168, 0, 82),
    ),
    Claim(
        "01-showed",
        "where tag 0 is trained on, the share of test clips that leak is 49 % in split 1, 42 % in "
        "split 2 and 40 % in split 3",
        lambda f: [round(100 * share) for share in shares(f, "0+1")] == [49, 42, 40],
    ),
    Claim(
        "01-showed",
        "a batch of mode 1 has more than nine tenths of the sources of a true shuffle's",
        lambda f: 0.9 < share_of_sources(f, "ours") <= 1,
    ),
    Claim(
        "01-showed",
        "mode 1 has 27 times the training samples of the paper's mode 2, on the same sources",
        lambda f: round(mode1_to_mode2(f)) == 27,
    ),
]
