"""What notebook 07 says of the quick run, and the facts that it says it about."""

from dataclasses import asdict
from typing import Any

import numpy as np

from tests.notebooks.claims import Claim, Facts, compared
from twostream_lib import fusion, networks
from twostream_lib.course import Run, looking, paper
from twostream_lib.course.conditions import conditions
from twostream_lib.course.judges import PAIR
from twostream_lib.fusion import evaluation, pairs, score_files, scores
from twostream_lib.fusion.fusenet import HIDDEN
from twostream_lib.fusion.scores import Scores
from twostream_lib.stickhmdb.casting import SOURCES_OF

STREAMS = (*PAIR, "temporal-flow")
TOGETHER = ("features", "joint")  # networks of both streams
HALVES = {
    "clubs, vague in motion": "spatial",
    "clubs, vague in appearance": "temporal-sg3i",
}
CLOUDS = ("smile", "laugh", "smoke")


def facts(run: Run) -> Facts:
    there = [name for name in networks.names() if run.scores_file(name).is_file()]
    test = {
        name: score_files.load_part(run.scores_file(name), "test", run.classes) for name in there
    }
    videos = {name: scores.per_video(part.under("video-10")) for name, part in test.items()}
    compared = pairs.all_pairs(test)
    order = run.classes.index
    confused = evaluation.confusion(test["average"])
    return {
        "setting": [run.dataset, run.split, list(run.settings.train_tags), run.seed],
        "classes": len(run.classes),
        "of two": [
            name for name in fusion.FUSIONS if name in there and networks.get(name).sees == "joint"
        ],
        "results": {
            name: {one.protocol: _ends(one) for one in evaluation.evaluate(part)}
            for name, part in test.items()
        },
        "ceilings": {name: networks.ceiling(name, run.ceilings) for name in there},
        "pairs": [_plain(row) for row in compared.to_dict("records")],
        "against average": {
            name: None if np.isnan(row.smallest) else float(row.smallest)
            for name, row in pairs.against(test, "average").iterrows()
        },
        "kinds": {
            kind: {
                name: _ends(evaluation.share(_within(run, said, labels)))
                for name, said in videos.items()
            }
            for kind, labels in run.kinds.items()
        },
        "average below": {
            kind: asdict(
                evaluation.compare_videos(
                    *(_within(run, videos[name], run.kinds[kind]) for name in (stream, "average"))
                )
            )
            for kind, stream in HALVES.items()
        },
        "throw and catch": [
            int(confused[order(a), order(b)])
            for a, b in (("throw", "throw"), ("throw", "catch"), ("catch", "throw"))
        ],
        "under clouds": _among(confused, [order(label) for label in CLOUDS]),
        "commonest": [run.classes[row] for row in _commonest(confused)],
        "heat": _heat(run, test["average"]),
        "paper": conditions(run)["the paper"].to_dict(),
    }


def _ends(result: evaluation.Result) -> dict[str, Any]:
    return {name: getattr(result, name) for name in ("accuracy", "low", "high", "n")}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """What is asked of a pair, as JSON has it."""
    kept = {name: row[name] for name in ("first", "second", "difference", "p_value", "holm")}
    smallest = None if np.isnan(row["smallest"]) else row["smallest"]
    return kept | {"smallest": smallest, "real": bool(row["real"])}


def _within(run: Run, videos: Scores, labels: list[str]) -> Scores:
    return videos.rows(np.isin(videos.label, [run.classes.index(label) for label in labels]))


def _among(confused: np.ndarray, places: list[int]) -> list[int]:
    """Mistakes of these classes that stay among them, and all of their mistakes."""
    wrong = confused - np.diag(confused.diagonal())
    return [int(wrong[np.ix_(places, places)].sum()), int(wrong[places].sum())]


def _commonest(confused: np.ndarray) -> list[int]:
    """The true classes of the three commonest mistakes."""
    wrong = confused - np.diag(confused.diagonal())
    return [int(place) // len(wrong) for place in np.argsort(-wrong, axis=None, kind="stable")[:3]]


def _heat(run: Run, average: Scores) -> dict[str, Any]:
    """Of the middle windows of all test videos, where something moves: how often the heat lies on
    moving pixels more than it would if it lay evenly; also of those where the stream is wrong."""
    asked = average.under("video-1")
    looks = {name: looking.look(run, name, asked.video) for name in PAIR}
    found = looking.on_motion(looks, np.array(run.classes)[asked.label])
    return found[["all", "wrong"]].to_dict("index")


# --- what is said of them ------------------------------------------------------------------


def _accuracy(facts: Facts, name: str, protocol: str = "video-10") -> float:
    return facts["results"][name][protocol]["accuracy"]


def _pair(facts: Facts, one: str, other: str) -> dict[str, Any]:
    """A row of all pairs; the better network is the first."""
    return next(row for row in facts["pairs"] if {row["first"], row["second"]} == {one, other})


def _ahead(facts: Facts, one: str, other: str, least: float = 0.0) -> bool:
    """Whether the one is really ahead, by so much at least."""
    row = _pair(facts, one, other)
    return row["real"] and row["first"] == one and row["difference"] > least


def _kind(facts: Facts, kind: str, name: str) -> dict[str, Any]:
    return facts["kinds"][kind][name]


def _apart(facts: Facts, kind: str, ahead: str) -> bool:
    """Whether the interval of one stream of pictures or motion lies wholly above the others'."""
    others = [
        n for n in STREAMS if n != ahead and not (n.startswith("t") and ahead.startswith("t"))
    ]
    low = _kind(facts, kind, ahead)["low"]
    return all(low > _kind(facts, kind, other)["high"] + 0.1 for other in others)


def _coin(facts: Facts, kind: str, name: str) -> bool:
    found = _kind(facts, kind, name)
    return found["low"] < 0.5 < found["high"] + 0.03


def _reaches_half(facts: Facts, name: str) -> bool:
    """Whether a network's interval for the joint twins does."""
    return _kind(facts, "joint twins", name)["low"] < 0.48


def _coins(facts: Facts) -> bool:
    """Whether those of all do that read one view, or scores."""
    names = set(facts["kinds"]["joint twins"]) - set(TOGETHER)
    return all(_reaches_half(facts, name) for name in names)


def _gain(facts: Facts, name: str) -> float:
    return _accuracy(facts, name) - _accuracy(facts, name, "window")


def _together(facts: Facts, name: str) -> float:
    """The share of smile and laugh together that a network has right."""
    return np.mean([_kind(facts, kind, name)["accuracy"] for kind in ("smile", "laugh")])


def _no_more_than_intervals(facts: Facts) -> bool:
    return all(
        of["video-10"]["low"] <= facts["ceilings"][name] for name, of in facts["results"].items()
    )


def _seen(facts: Facts) -> list[float]:
    """What could be seen between the fusions that learn much and the average."""
    return [facts["against average"][name] for name in ("svm", "per-class", *HIDDEN)]


def _learned(facts: Facts) -> bool:
    """Whether both fusions that learn about classes are ahead of the average by so much."""
    return all(
        _pair(facts, name, "average")["first"] == name
        and 0.02 < _pair(facts, name, "average")["difference"] < 0.1
        for name in ("svm", "per-class")
    )


def _quick(facts: Facts) -> bool:
    n = {of["video-10"]["n"] for of in facts["results"].values()}
    return n == {630} and facts["setting"] == ["StickHMDB", 1, [1], 0]


def _about_half(count: int, of: int) -> bool:
    return 0.33 < count / of < 0.67


CLAIMS = [
    Claim(
        "07-table-words",
        "**No network is above its ceiling by more than its interval.**",
        _no_more_than_intervals,
    ),
    Claim(
        "07-table-words",
        "**Between the SVM, the weights for each class or a FuseNet and the average, four to seven "
        "points could be seen.** A difference of two points may well be there,",
        lambda f: min(_seen(f)) > 0.03 and max(_seen(f)) < 0.08,
    ),
    Claim(
        "07-table-words",
        "Between a single stream and the average it takes seven to ten points:",
        lambda f: all(0.055 < f["against average"][name] < 0.11 for name in STREAMS),
    ),
    Claim(
        "07-table-words",
        "**The fusions of two streams stay below the ceiling of both together, with their whole "
        "intervals.**",
        lambda f: all(
            f["results"][name]["video-10"]["high"] < f["ceilings"]["average"]
            for name in f["of two"]
        ),
    ),
    Claim(
        "07-protocols-words",
        "the SG3I stream gains a few points from `window` to `video-10`, the spatial stream hardly "
        "any.",
        lambda f: (
            0.01 < _gain(f, "temporal-sg3i") < 0.08
            and abs(_gain(f, "spatial")) < 0.025
            and _gain(f, "temporal-sg3i") > _gain(f, "spatial") + 0.01
        ),
    ),
    Claim(
        "07-pairs-words",
        "**Every fusion of two streams is really better than each of the two.** So is the average, "
        "by more than ten points.",
        lambda f: (
            all(_ahead(f, name, stream) for name in f["of two"] for stream in PAIR)
            and all(_ahead(f, "average", stream, 0.1) for stream in PAIR)
        ),
    ),
    Claim(
        "07-pairs-words",
        "**The SVM and the weights for each class are really better than the average**, by several "
        "points:",
        lambda f: _learned(f) and all(_ahead(f, name, "average") for name in ("svm", "per-class")),
    ),
    Claim(
        "07-pairs-words",
        "**For others it is a close question**: look for those whose p after Holm lies near 0.05.",
        lambda f: any(
            0.005 < row["holm"] < 0.3
            for row in f["pairs"]
            if row["second"] == "average" and row["first"] in f["of two"]
        ),
    ),
    Claim(
        "07-pairs-words",
        "Notebook 06 has asked several runs, and there both are ahead.",
        lambda _: all(
            compared("fusions", name, "average")["low"] > 0 for name in ("svm", "per-class")
        ),
    ),
    Claim(
        "07-pairs-words",
        "**SG3I and flow: no difference shown.**",
        lambda f: not _pair(f, "temporal-sg3i", "temporal-flow")["real"],
    ),
    Claim(
        "07-pairs-words",
        "Their accuracies are alike,",
        lambda f: _pair(f, "temporal-sg3i", "temporal-flow")["difference"] < 0.06,
    ),
    Claim(
        "07-pairs-words",
        "**Some pairs have p < 0.05 by themselves, and lose it by the correction.**",
        lambda f: sum(row["p_value"] < 0.05 <= row["holm"] for row in f["pairs"]) >= 2,
    ),
    Claim(
        "07-mistakes-words",
        "the commonest mistakes are not between acts with clubs:",
        lambda f: {*f["commonest"]} <= {"throw", "catch", *CLOUDS},
    ),
    Claim(
        "07-mistakes-words",
        "are taken for each other in about half of their 60 videos.",
        lambda f: _about_half(sum(f["throw and catch"][1:]), 60),
    ),
    Claim(
        "07-mistakes-words",
        "are mostly taken for one another.",
        lambda f: f["under clouds"][0] > 0.8 * f["under clouds"][1],
    ),
    Claim(
        "07-kinds-words",
        "the intervals of the streams lie wholly apart in both halves of the clubs: where "
        "appearance is clear the spatial stream is ahead by dozens of points, where motion is "
        "clear the motion streams are.",
        lambda f: (
            _apart(f, "clubs, vague in motion", "spatial")
            and all(_apart(f, "clubs, vague in appearance", name) for name in STREAMS[1:])
        ),
    ),
    Claim(
        "07-kinds-words",
        "**The average is ahead of both streams over all, and yet in neither half is it shown to "
        "be ahead of the better one.**",
        lambda f: (
            all(row["high"] > 0.05 for row in f["average below"].values())
            and all(_ahead(f, "average", stream, 0.05) for stream in PAIR)
        ),
    ),
    Claim(
        "07-kinds-words",
        "**Each stream is a coin for the twins that it cannot tell apart**: the spatial one for "
        "*sit* and *stand*, the motion streams for *drink* and *eat*.",
        lambda f: (
            _coin(f, "motion twins", "spatial")
            and all(_coin(f, "appearance twins", name) for name in STREAMS[1:])
        ),
    ),
    Claim(
        "07-kinds-words",
        "**No stream and no fusion of scores is shown to beat a coin on *throw* and *catch***: "
        "every interval reaches down to a half.",
        _coins,
    ),
    Claim(
        "07-kinds-words",
        "Nor is either of the two networks that see picture and motion together",
        lambda f: all(_reaches_half(f, name) for name in TOGETHER),
    ),
    Claim(
        "07-kinds-words",
        "Flow has most of *laugh* and *smile*, SG3I about half of the two together; SG3I has most "
        "of *smoke*, flow about half.",
        lambda f: (
            _together(f, "temporal-flow") > 0.7
            and 0.35 < _together(f, "temporal-sg3i") < 0.6
            and _kind(f, "smoke", "temporal-sg3i")["accuracy"] > 0.75
            and 0.25 < _kind(f, "smoke", "temporal-flow")["accuracy"] < 0.65
        ),
    ),
    Claim(
        "07-kinds-words",
        "**Fusions of spatial and SG3I have no more than about half of *smile* and *laugh* "
        "together.**",
        lambda f: all(_together(f, name) < 0.62 for name in f["of two"]),
    ),
    Claim(
        "07-kinds-words",
        "The average of all three streams has most of both.",
        lambda f: all(_kind(f, kind, "average-three")["accuracy"] > 0.6 for kind in CLOUDS[:2]),
    ),
    Claim(
        "07-per-class",
        "thirty videos behind a dot, so one video moves it by three points, and a source of four "
        "clips by thirteen.",
        lambda f: f["kinds"]["smile"]["average"]["n"] == 30 and len(SOURCES_OF) == 4,
    ),
    Claim(
        "07-look-words",
        "the heat of SG3I lies more on pixels that move than if it lay evenly, in about four "
        "windows of five; that of the spatial stream in about three of five.",
        lambda f: (
            abs(f["heat"]["temporal-sg3i"]["all"] - 0.8) < 0.12
            and abs(f["heat"]["spatial"]["all"] - 0.6) < 0.12
        ),
    ),
    Claim(
        "07-look-words",
        "Among the windows that a stream gets wrong it is much the same: even there the motion "
        "stream mostly looked where something moved.",
        lambda f: (
            all(abs(of["wrong"] - of["all"]) < 0.1 for of in f["heat"].values())
            and f["heat"]["temporal-sg3i"]["wrong"] > 0.6
        ),
    ),
    Claim(
        "07-tables-words",
        "The paper's figures are of HMDB-51, of 51 classes, trained on tags 0 and 1 and on a split "
        "that it does not name,",
        lambda f: (
            f["paper"]["clips"] == "HMDB-51, 51 classes"
            and f["paper"]["training tags"] == "0 and 1"
            and f["paper"]["split"] == "not stated"
        ),
    ),
    Claim(
        "07-tables-words",
        "The quick run's are of 21 drawn classes.",
        lambda f: f["classes"] == 21,
    ),
    Claim(
        "07-tables-words",
        "in the paper FuseNet stays below the average.",
        lambda f: (
            paper.figure("fusenet", "mode 1") < paper.figure("average", "mode 1")
            and paper.figure("fusenet-linear", "mode 2") < paper.figure("average", "mode 2")
        ),
    ),
    Claim(
        "07-end",
        "on the 630 test videos of StickHMDB, split 1, trained on tag 1, seed 0, `video-10`:",
        _quick,
    ),
    Claim(
        "07-end",
        "has about seven of ten videos right, give or take five points, and is ahead of each "
        "stream by more than chance and sources explain;",
        lambda f: (
            abs(_accuracy(f, "average") - 0.7) < 0.05
            and all(_ahead(f, "average", stream) for stream in PAIR)
        ),
    ),
    Claim(
        "07-end",
        "the SVM and the weights for each class are ahead of the average by several points; "
        "several runs say the same (notebook 06);",
        lambda f: (
            _learned(f)
            and all(
                compared("fusions", name, "average")["low"] > 0 for name in ("svm", "per-class")
            )
        ),
    ),
    Claim(
        "07-end",
        "no fusion of scores is shown to tell *throw* from *catch*, nor is a network that saw both "
        "streams' features.",
        lambda f: _coins(f) and all(_reaches_half(f, name) for name in TOGETHER),
    ),
    Claim(
        "07-end",
        "differences of two or three points between fusions that learn different things: they "
        "could hardly have been seen.",
        lambda f: min(_seen(f)) > 0.03,
    ),
]
