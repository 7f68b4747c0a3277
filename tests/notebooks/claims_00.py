"""What notebook 00 says of the films it opens with, of the drawn clips and of their ceilings."""

import re
from collections.abc import Callable
from itertools import combinations

import cv2
import numpy as np
from scipy.stats import norm

from tests.notebooks.claims import Claim, Facts
from twostream_lib import clips, stickhmdb
from twostream_lib.course import Run
from twostream_lib.fusion import evaluation
from twostream_lib.stickhmdb import ceilings, rendering

ACTS = {label: act.place for label, act in stickhmdb.ACTIONS.items() if act.place}
VIEWS = ["shows", "gray", "flow"]
# The left column of the table in section 8, row by row.
RUN_FOLDER = [
    "`run.json`",
    "`clips.csv`",
    "`played/`",
    "`store/`",
    "`checkpoints/`",
    "`retrained/`",
    "`scores/`",
    "`notebooks/`, `metrics.json`, `report.html`",
]


def facts(run: Run) -> Facts:
    sit, stand, eat, drink = (
        stickhmdb.render(label, 132) for label in ("sit", "stand", "eat", "drink")
    )
    in_stand = {frame.tobytes() for frame in stand}
    gray = [np.stack([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in film]) for film in (eat, drink)]
    table, told = run.table, stickhmdb.evidence()
    nine = told[~told.label.isin(list(ACTS))]
    draws = [ceilings.Readers(tuple(stickhmdb.ACTIONS), seed).by_class for seed in (0, 1)]
    n = int((table.ok & (table.tag == clips.TEST)).sum())
    low, high = evaluation.wilson(round(2 / 3 * n), n)
    return {
        "frames of sit": len(sit),
        "of them in stand": sum(frame.tobytes() in in_stand for frame in sit),
        "stand is sit backwards": bool(np.array_equal(stand, sit[::-1])),
        "levels apart in gray": int(np.abs(gray[0].astype(int) - gray[1]).max()),
        "levels apart in colour": int(np.abs(eat.astype(int) - drink).max()),
        "clips": len(table),
        "actions": len(run.classes),
        "minutes": float(table.seconds.sum() / 60),
        "fps": sorted(set(table.fps)),
        "training clips": int((table.tag == 1).sum()),
        "test clips": n,
        "classes told by words": len(nine),
        "different words": nine[VIEWS].nunique().to_dict(),
        "shakes a second": rendering.SHAKES,
        "gray frames a second": run.settings.plan.fps,
        "balls of catch are those of throw backwards": catch_mirrors_throw(),
        "clear acts": clear_acts(),
        "apart": apart(),
        "posterior": posterior(),
        "draws of a class": ceilings.DRAWS,
        "weights tried": len(ceilings.WEIGHTS),
        "by class": draws[0].to_dict("index"),
        "means of two draws": [shares.mean().to_dict() for shares in draws],
        "ceilings": run.ceilings,
        "interval": [low, high],
        "run folder": sorted(path.name for path in run.folder.iterdir()),
    }


def catch_mirrors_throw() -> dict[str, bool]:
    """Whether a clip of catch is that of throw backwards, for red balls and for blue ones."""
    return {
        hue: bool(
            np.array_equal(
                stickhmdb.render("catch", 13, take), stickhmdb.render("throw", 13, take)[::-1]
            )
        )
        for hue, take in {"red": 1, "blue": 0}.items()
    }


def clear_acts() -> dict[str, int]:
    """How many acts with clubs are clear in one plane and vague in the other, by the first."""
    vague = [place.vague for place in ACTS.values()]
    return {"appearance": vague.count("motion"), "motion": vague.count("appearance")}


def apart() -> dict[str, list[float]]:
    """How far two acts with clubs are apart by appearance and by motion, by their names."""
    return {
        f"{one}, {other}": [
            float(np.linalg.norm((ACTS[one].mean - ACTS[other].mean)[view]))
            for view in (slice(0, 2), slice(2, 4))
        ]
        for one, other in combinations(ACTS, 2)
    }


def posterior() -> dict[str, dict[str, float]]:
    """What is believed of one clip of punch, by class, for each way of looking at it."""
    clip = ACTS["punch"].draw(seed=(9,), take=0)
    ways = {"picture": slice(0, 2), "motion": slice(2, 4), "all": slice(0, 4)}
    likely = {
        way: np.array(
            [norm.pdf(clip[of], place.mean[of], place.spread[of]).prod() for place in ACTS.values()]
        )
        for way, of in ways.items()
    }
    beliefs = {way: values / values.sum() for way, values in likely.items()}
    beliefs["average"] = (beliefs["picture"] + beliefs["motion"]) / 2
    product = beliefs["picture"] * beliefs["motion"]
    beliefs["product"] = product / product.sum()
    return {way: dict(zip(ACTS, values.tolist(), strict=True)) for way, values in beliefs.items()}


def named(facts: Facts, way: str) -> str:
    """The class that is believed in most."""
    return max(facts["posterior"][way], key=facts["posterior"][way].get)


def percent(facts: Facts, *readers: str) -> list[int]:
    return [round(100 * facts["ceilings"][reader]) for reader in readers]


def step(facts: Facts, lower: str, higher: str) -> dict[str, float]:
    """By class, what a reader gets right beyond another one; nothing is left out but rounding."""
    more = {label: of[higher] - of[lower] for label, of in facts["by class"].items()}
    return {label: gain for label, gain in more.items() if abs(gain) > 1e-9}


def neighbours_by_hue_are_far(facts: Facts) -> bool:
    """Whether all that are one step apart by hue are two or more apart by pace."""
    return all(by_pace > 1.99 for by_hue, by_pace in facts["apart"].values() if by_hue < 1.01)


def together(facts: Facts, label: str, other: str) -> list[float]:
    return facts["apart"].get(f"{label}, {other}") or facts["apart"][f"{other}, {label}"]


def right_by(facts: Facts, label: str, reader: str) -> int:
    return round(100 * facts["by class"][label][reader])


def in_run_folder(row: str) -> Callable[[Facts], bool]:
    """Whether a run's folder has all that a row of the table names."""
    names = {name.rstrip("/") for name in re.findall("`(.+?)`", row)}
    return lambda facts: names <= set(facts["run folder"])


def all_of_sit(facts: Facts) -> bool:
    return facts["of them in stand"] == facts["frames of sit"] == 48


CLAIMS = [
    Claim("00-twins-counted", "All 48 frames of *sit* are also frames of *stand*", all_of_sit),
    Claim(
        "00-why-order",
        "*Stand* is *sit* played backwards",
        lambda facts: facts["stand is sit backwards"],
    ),
    Claim(
        "00-twins-words",
        "In gray the two films differ by 2 levels at most",
        lambda facts: facts["levels apart in gray"] == 2,
    ),
    Claim(
        "00-twins-words",
        "In colour they differ by more than 200 levels",
        lambda facts: facts["levels apart in colour"] > 200,
    ),
    Claim(
        "00-table-words",
        "these are 1,680 clips of 21 actions",
        lambda facts: (facts["clips"], facts["actions"]) == (1680, 21),
    ),
    Claim(
        "00-table-words",
        "56 minutes of film at 30 frames a second",
        lambda facts: round(facts["minutes"]) == 56 and facts["fps"] == [30],
    ),
    Claim(
        "00-table-words",
        "756 clips to train on and 630 to test on",
        lambda facts: (facts["training clips"], facts["test clips"]) == (756, 630),
    ),
    Claim(
        "00-how-ceilings",
        "One picture shows five different things, so it gets five classes of nine right. Gray "
        "frames and flow show six each.",
        lambda facts: (
            facts["different words"] == {"shows": 5, "gray": 6, "flow": 6}
            and facts["classes told by words"] == 9
        ),
    ),
    Claim(
        "00-how-ceilings",
        "A *laugh* shakes the body six times a second. Three gray frames of this course are a "
        "sixth of a second apart",
        lambda facts: facts["shakes a second"] == facts["gray frames a second"] == 6,
    ),
    Claim(
        "00-how-ceilings",
        "see it stand still. Flow sees it shake. The cloud of *smoke* turns darker and lighter, "
        "and nothing moves: gray frames see it change, and true flow is zero.",
        lambda facts: (
            right_by(facts, "laugh", "temporal-flow") == 100
            and right_by(facts, "laugh", "temporal-sg3i") == 50
            and right_by(facts, "smoke", "temporal-sg3i") == 100
            and right_by(facts, "smoke", "temporal-flow") == 50
        ),
    ),
    Claim(
        "00-joint-words",
        "red balls fly away and blue balls arrive. In *catch* it is the other way round",
        lambda facts: all(facts["balls of catch are those of throw backwards"].values()),
    ),
    Claim(
        "00-joint-words",
        "no fusion of what two exact readers *say* can tell *throw* from *catch*. Somebody who "
        "*sees* hue and direction together always can",
        lambda facts: all(
            [
                right_by(facts, label, reader)
                for reader in ("average", "weighted", "product", "joint")
            ]
            == [50, 50, 50, 100]
            for label in ("throw", "catch")
        ),
    ),
    Claim(
        "00-planes-words",
        "Half of the acts are clear by their hues and vague by their paces. Of the other half the "
        "reverse is true",
        lambda facts: facts["clear acts"] == {"appearance": 6, "motion": 6},
    ),
    Claim(
        "00-planes-words",
        "Acts that are one step apart by hue are at least two steps apart by pace:",
        neighbours_by_hue_are_far,
    ),
    Claim(
        "00-planes-words",
        "*punch* and *climb* nearly three.",
        lambda facts: [round(far, 1) for far in together(facts, "punch", "climb")] == [1.0, 2.8],
    ),
    Claim(
        "00-posterior-words",
        "By one picture it is *clap*, by motion it is *draw_sword*, and both are wrong.",
        lambda facts: (
            [named(facts, way) for way in ("picture", "motion")] == ["clap", "draw_sword"]
        ),
    ),
    Claim(
        "00-posterior-words",
        "both leave about a fifth to *punch*",
        lambda facts: all(
            0.17 < facts["posterior"][way]["punch"] < 0.24 for way in ("picture", "motion")
        ),
    ),
    Claim(
        "00-posterior-words",
        "says *punch*, and is nearly sure of it. It says the same as a reader of all four numbers",
        lambda facts: (
            facts["posterior"]["product"]["punch"] > 0.95
            and all(
                abs(facts["posterior"]["product"][label] - facts["posterior"]["all"][label]) < 1e-9
                for label in ACTS
            )
        ),
    ),
    Claim(
        "00-posterior-words",
        "The **average** says *clap*",
        lambda facts: named(facts, "average") == "clap",
    ),
    Claim(
        "00-ask-fusions",
        "An exact reader of one picture is right in about 57 of 100 clips of the quick run's test, "
        "and one of three gray frames in about 58",
        lambda facts: percent(facts, "spatial", "temporal-sg3i") == [57, 58],
    ),
    Claim(
        "00-fusions-words",
        "The average of spatial and SG3I reaches 78 %, the product 81 %. Both readers are right "
        "about half of the time",
        lambda facts: (
            percent(facts, "average", "product") == [78, 81]
            and max(percent(facts, "spatial", "temporal-sg3i")) < 60
        ),
    ),
    Claim(
        "00-fusions-words",
        "`weighted` is the best of 21 weights, and hardly better than the average.",
        lambda facts: (
            facts["weights tried"] == 21
            and 0 <= facts["ceilings"]["weighted"] - facts["ceilings"]["average"] < 0.005
        ),
    ),
    Claim(
        "00-fusions-words",
        "From there to `joint`, at 85.5 %, it is *throw* and *catch* alone.",
        lambda facts: (
            round(100 * facts["ceilings"]["joint"], 1) == 85.5
            and set(step(facts, "product", "joint")) == {"throw", "catch"}
        ),
    ),
    Claim(
        "00-fusions-words",
        "`joint-three` sees flow as well, and reaches 90 %. What it adds is the *laugh* that gray "
        "frames cannot see.",
        lambda facts: (
            percent(facts, "joint-three") == [90]
            and set(step(facts, "joint", "joint-three")) == {"laugh", "smile"}
        ),
    ),
    Claim(
        "00-ask-monte-carlo",
        "So it draws 4,000 clips of each class",
        lambda facts: facts["draws of a class"] == 4000,
    ),
    Claim(
        "00-monte-carlo-words",
        "They are less than half a point apart.",
        lambda facts: all(
            abs(share - facts["means of two draws"][1][reader]) < 0.005
            for reader, share in facts["means of two draws"][0].items()
        ),
    ),
    Claim(
        "00-monte-carlo-words",
        "A share that is counted on 84,000 clips has a standard error below two tenths of a point.",
        lambda facts: (
            facts["draws of a class"] * facts["actions"] == 84_000
            and (0.25 / 84_000) ** 0.5 < 0.002
        ),
    ),
    Claim(
        "00-by-class-words",
        "*Golf* is a matter for the picture: 83 %, and 25 % by motion.",
        lambda facts: (
            [right_by(facts, "golf", of) for of in ("spatial", "temporal-sg3i")] == [83, 25]
        ),
    ),
    Claim(
        "00-by-class-words",
        "*Punch* is the reverse: 77 % by motion. By one picture the exact reader hardly ever names "
        "it",
        lambda facts: (
            right_by(facts, "punch", "temporal-sg3i") == 77
            and right_by(facts, "punch", "spatial") < 3
        ),
    ),
    Claim(
        "00-interval-why",
        "With the 630 test videos of the quick run, the interval goes from 63 % to 70 %",
        lambda facts: [round(100 * end) for end in facts["interval"]] == [63, 70],
    ),
    Claim(
        "00-interval-why",
        "scores three points more",
        lambda facts: facts["interval"][1] - 2 / 3 > 0.03,
    ),
    *(Claim("00-run-folder", f"| {row} |", in_run_folder(row)) for row in RUN_FOLDER),
    Claim("00-showed", "all 48 frames of *sit* are frames of *stand* too", all_of_sit),
    Claim(
        "00-showed",
        "differ by 2 gray levels at most",
        lambda facts: facts["levels apart in gray"] == 2,
    ),
    Claim(
        "00-showed",
        "the ceilings are 57 % for one picture, 58 % for three gray frames and for flow, and "
        "85.5 % for whoever sees a picture and gray frames together. Of what the two *say*, no "
        "more than 81 % can be made.",
        lambda facts: (
            percent(facts, "spatial", "temporal-sg3i", "temporal-flow", "product")
            == [57, 58, 58, 81]
            and round(100 * facts["ceilings"]["joint"], 1) == 85.5
        ),
    ),
]
