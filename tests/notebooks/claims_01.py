"""What notebook 01 says of the quick run's clips, leaks, windows and parts."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from tests.notebooks.claims import Claim, Facts, compared
from twostream_lib import clips, sampling, video
from twostream_lib.clips import leaks, verification
from twostream_lib.course import Run
from twostream_lib.data import frame_stream
from twostream_lib.data.mixing import mixing
from twostream_lib.experiments import leak
from twostream_lib.experiments.truth.arms import OTHERS, RELATED
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
        "classes_of_a_source": int(table.groupby("source").label.nunique().max()),
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
        "mixing": mixing_by_way(run, trained),
        "related_by_clip": related_by_clip(trained, run.settings.folds),
        "folds": folds(run, trained),
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


def mixing_by_way(run: Run, trained: pd.DataFrame) -> dict:
    """Sources and classes in a batch of mode 1, as the course reads and clip after clip."""
    size, classes = run.settings.plan.size, run.classes
    ways = {"ours": {}, "in_turn": {"buffer": 128, "open_clips": 1}}
    found = {
        name: mixing(
            frame_stream.FrameStream(trained, classes, "rgb", size, run.seed, **how), batch_size=128
        )
        for name, how in ways.items()
    }
    last = found["ours"].iloc[-6:-1]
    means = {name: table.mean().to_dict() for name, table in found.items()}
    return means | {"last": last.mean().to_dict()}


def related_by_clip(trained: pd.DataFrame, folds: int) -> float:
    """The share of clips with their source in training, if a fold is drawn clip by clip."""
    by_clip = np.random.default_rng(0).random(len(trained)) < 1 / folds
    return trained.source[by_clip].isin(trained.source[~by_clip]).mean()


def folds(run: Run, trained: pd.DataFrame) -> dict:
    """Clips and classes of each fold, the most folds that a source is in, and how many of the
    folds have their network."""
    fold = pd.Series(clips.names(trained), trained.index).map(run.limits.folds)
    by_fold = trained.groupby(fold).label
    return {
        "clips": by_fold.size().tolist(),
        "classes": by_fold.nunique().tolist(),
        "of_a_source": int(fold.groupby(trained.source).nunique().max()),
        "trained": run.settings.trained_folds,
        "in none": int(fold.isna().sum()),
    }


def parts(run: Run) -> dict:
    """Clips of each part, the sources of each, and those that two parts share."""
    rows = {part: run.part("spatial", part).rows for part in ("train", "validation", "test")}
    sources = {part: set(of_part.source) for part, of_part in rows.items()}
    return {
        "clips": {part: of_part.video.nunique() for part, of_part in rows.items()},
        "sources": {part: len(of_part) for part, of_part in sources.items()},
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


LEAKING = ("spatial", "temporal-sg3i", "average")


def more(network: str) -> dict:
    """What several runs say of as many unrelated clips more."""
    return compared("leak", f"{network}, {leak.UNRELATED}", f"{network}, {leak.TAG_1}")


def related(network: str) -> dict:
    """What several runs say of siblings of test clips, in the place of unrelated ones."""
    return compared("leak", f"{network}, {leak.TAGS_0_1}", f"{network}, {leak.UNRELATED}")


def among(whose: str) -> dict:
    """The same of the average, of test videos with relatives in tag 0 or of the others."""
    arms = (f"average, {arm}: {whose}" for arm in (leak.TAGS_0_1, leak.UNRELATED))
    return compared("leak", *arms)


CLAIMS = [
    Claim(
        "01-read-table-words",
        "1,680 clips in 21 classes, with 100,713 frames",
        lambda f: (f["clips"], f["classes"], f["frames"]) == (1680, 21, 100_713),
    ),
    Claim("01-read-table-words", "about 400 MB", lambda f: 350 < f["megabytes"] < 450),
    Claim(
        "01-sources-words",
        "the 1,680 clips come from **784 sources**",
        lambda f: (f["clips"], f["clips_of_a_source"]["count"]) == (1680, 784),
    ),
    Claim(
        "01-sources-words",
        "Each source has one class, and 1 to 4 clips of it.",
        lambda f: (
            (f["clips_of_a_source"]["min"], f["clips_of_a_source"]["max"]) == (1, 4)
            and f["classes_of_a_source"] == 1
        ),
    ),
    Claim(
        "01-sources-words",
        "**435 clips** have a source with the name of the class in it",
        lambda f: f["trapped"] == 435,
    ),
    Claim(
        "01-name-fields-words",
        "each class has 80 clips",
        lambda f: f["clips_of_a_class"] == [80],
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
        "each class gives 36 clips to training and 30 to the test, and 14 are unused",
        lambda f: f["tags_of_a_class"] == [[14, 36, 30]],
    ),
    Claim(
        "01-tested-words",
        "271 of the 1,680 clips are test clips in no split, and 481 clips in two of them",
        lambda f: (
            f["clips"] == 1680
            and (f["clips_by_splits_that_test_them"]["0"], f["clips_by_splits_that_test_them"]["2"])
            == (271, 481)
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
            for words in ("the decoder met", "its header promises")
        ),
    ),
    Claim(
        "01-leak-answer-words",
        "the class is *clap*. Of its 30 test clips none has a sibling with tag 1, and 13 have one "
        "with tag 0",
        lambda f: f["worst_class"] == "clap" and leaks_of(f["leaks_of_worst_class"]) == (30, 0, 13),
    ),
    Claim(
        "01-leak-words",
        "trained on tag 1, **none of the 630 test clips** leaks",
        lambda f: leaks_of(f["leaks"]["1"])[:2] == (630, 0),
    ),
    Claim(
        "01-leak-words",
        "Trained on tags 0 and 1, **two fifths** of them do",
        lambda f: 0.4 < shares(f, "0+1")[0] < 0.43,
    ),
    Claim("01-leak-words", "for 294 more training clips", lambda f: more_training_clips(f) == 294),
    Claim(
        "01-leak-words",
        "In split 1 of HMDB-51 it is 42 %, and StickHMDB is dealt out so that it comes close to "
        "that",
        lambda f: (
            round(100 * f["siblings_in_hmdb51"]) == 42
            and abs(shares(f, "0+1")[0] - f["siblings_in_hmdb51"]) < 0.02
        ),
    ),
    Claim("01-leak-words", "trains on tag 1 alone", lambda f: f["train_tags"] == [1]),
    Claim(
        "01-other-actions-words",
        "a little more than two fifths of the test clips of each split leak when tag 0 is trained "
        "on, and none when it is not",
        lambda f: (
            min(shares(f, "0+1")) > 0.4 and max(shares(f, "0+1")) < 0.45 and not any(shares(f, "1"))
        ),
    ),
    Claim(
        "01-other-actions-words",
        "with training clips of *other* actions alone. In the quick run none does, because each "
        "source has one class.",
        lambda f: none_leaks_across_actions_alone(f) and f["classes_of_a_source"] == 1,
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
        "the samples of mode 1 would take about 53 GB at 224 × 224 pixels and as `float32`",
        lambda f: round(f["windows"]["mode1"] * 224 * 224 * 6 * 4 / 1e9) == 53,
    ),
    Claim(
        "01-bytes-words",
        "at 72 × 96 pixels and as `uint8`, take about 120 MB",
        lambda f: f["windows"]["size"] == [72, 96] and 110 < f["windows"]["megabytes"] < 130,
    ),
    Claim(
        "01-beside-words",
        "the picture changes **about four times** as much from one sample of a clip to the next in "
        "mode 2 as in mode 1",
        lambda f: 3.5 < f["change_to_the_next"]["mode2"] / f["change_to_the_next"]["mode1"] < 4.5,
    ),
    Claim(
        "01-beside-words",
        "Both modes show the same 418 sources, and decode the same videos: mode 2 once, and mode 1 "
        "in every epoch",
        lambda f: f["training_sources"] == 418,
    ),
    Claim(
        "01-beside-words",
        "Why has mode 1 45,170 samples here, and 43,658 in section 8?",
        lambda f: (f["windows"]["frames"], f["windows"]["mode1"]) == (45170, 43658),
    ),
    Claim(
        "01-beside-words",
        "each clip has two such windows fewer than frames.",
        lambda f: f["windows"]["frames"] - f["windows"]["mode1"] == 2 * training_clips(f),
    ),
    Claim(
        "01-mixing-words",
        "a batch of mode 1 has **nearly nine tenths** of the sources of a true shuffle",
        lambda f: 0.85 < share_of_sources(f, "ours") < 0.9,
    ),
    Claim(
        "01-mixing-words",
        "nearly always all 21 classes",
        lambda f: f["classes"] == 21 and f["mixing"]["ours"]["labels"] > 20.5,
    ),
    Claim(
        "01-mixing-words",
        "Clip after clip, it has about 3 sources",
        lambda f: 2.5 < f["mixing"]["in_turn"]["sources"] < 3.5,
    ),
    Claim(
        "01-mixing-words",
        "it still has about three quarters",
        lambda f: 0.7 < share_of_sources(f, "last") < 0.78,
    ),
    Claim(
        "01-held-out-by-clip-words",
        "**about three of five** clips",
        lambda f: 0.57 < f["related_by_clip"] < 0.66,
    ),
    Claim(
        "01-folds-words",
        "there are three folds, with about as many clips each, of all 21 classes. Each source is "
        "in one fold and in no other",
        lambda f: (
            len(f["folds"]["clips"]) == 3
            and max(f["folds"]["clips"]) - min(f["folds"]["clips"]) < 20
            and set(f["folds"]["classes"]) == {f["classes"]} == {21}
            and (f["folds"]["of_a_source"], f["folds"]["in none"]) == (1, 0)
        ),
    ),
    Claim(
        "01-folds-words",
        "A stream is trained once for each fold, on the other two",
        lambda f: f["folds"]["trained"] == 3,
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
        "01-held-out-words",
        "The 630 test clips come from 323 sources.",
        lambda f: (f["parts"]["clips"]["test"], f["parts"]["sources"]["test"]) == (630, 323),
    ),
    Claim(
        "01-showed",
        "1,680 clips from 784 sources of one class each, none of them set aside",
        lambda f: (
            (f["clips"], f["clips_of_a_source"]["count"]) == (1680, 784)
            and f["classes_of_a_source"] == 1
            and f["findings"]["can be used"] == 1680
        ),
    ),
    Claim(
        "01-showed",
        "with tag 0 in training, 262 of 630 test clips have a sibling there; without it, none",
        lambda f: leaks_of(f["leaks"]["1"]) == (630, 0, 262),
    ),
    Claim(
        "01-showed",
        "where tag 0 is trained on, the share of test clips that leak is 42 % in split 1, 43 % in "
        "split 2 and 42 % in split 3",
        lambda f: [round(100 * share) for share in shares(f, "0+1")] == [42, 43, 42],
    ),
    Claim(
        "01-showed",
        "a batch of mode 1 has nearly nine tenths of the sources of a true shuffle's",
        lambda f: 0.85 < share_of_sources(f, "ours") < 0.9,
    ),
    Claim(
        "01-showed",
        "each training clip is in one of three folds, and no source is in two",
        lambda f: (
            (len(f["folds"]["clips"]), f["folds"]["in none"], f["folds"]["of_a_source"])
            == (3, 0, 1)
        ),
    ),
    Claim(
        "01-showed",
        "mode 1 has 27 times the training samples of the paper's mode 2, on the same sources",
        lambda f: round(mode1_to_mode2(f)) == 27,
    ),
    Claim(
        "01-lab-words",
        "as many that are *not* related to the test put the average of both streams ahead, by "
        "several points.",
        lambda _: more("average")["low"] > 0 and 0.02 < more("average")["mean"] < 0.08,
    ),
    Claim(
        "01-lab-words",
        "In all three networks tags 0 and 1 have a point or two more than tag 1 and unrelated "
        "clips, and in none of them is that shown to be more than luck: all three intervals hold "
        "zero.",
        lambda _: all(
            0 < related(network)["mean"] < 0.035 and related(network)["low"] <= 0
            for network in LEAKING
        ),
    ),
    Claim(
        "01-lab-words",
        "The test videos that have siblings in tag 0 (the table says *relatives*) gain some points "
        "by the exchange, and the others gain nothing that can be seen.",
        lambda _: (
            0.015 < among(RELATED)["mean"] < 0.08
            and abs(among(OTHERS)["mean"]) < 0.03
            and among(OTHERS)["low"] < 0
        ),
    ),
    Claim(
        "01-lab-words",
        "the first of these two intervals holds zero as well.",
        lambda _: among(RELATED)["low"] <= 0,
    ),
    Claim(
        "01-lab-words",
        "part of what tag 0 brings is simply that there are more clips,",
        lambda _: more("average")["low"] > 0,
    ),
    Claim(
        "01-showed",
        "tag 1 and as many clips more that are not related to the test put the average of both "
        "streams ahead of tag 1 alone.",
        lambda _: more("average")["low"] > 0,
    ),
    Claim(
        "01-showed",
        "that siblings of test clips bring more than other clips.",
        lambda _: all(related(network)["low"] < 0.01 for network in LEAKING),
    ),
]
