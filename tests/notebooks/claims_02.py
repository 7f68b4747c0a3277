"""Claims of notebook 02: what its clip, its flow and the twins show.

No earlier notebook leaves these numbers in a file: they are computed again from the run's clips, as
the notebook does it.
"""

from inspect import signature

import cv2
import numpy as np
import pandas as pd

from tests.notebooks.claims import Claim, Facts
from twostream_lib import flow, sg3i, stickhmdb, video
from twostream_lib.bench import flow_methods
from twostream_lib.course import Run, paper
from twostream_lib.stickhmdb import known_motion

STILL = ["sit, still camera", "wave, still camera"]
METHODS = ["dis", "dis-fast", "dis-ultrafast", "farneback", "tvl1"]
MOMENTS = {"sit": 24, "stand": -25, "drink": 24, "eat": 24}


def facts(run: Run) -> Facts:
    clips = run.used_clips
    training = clips[(clips.tag != 2) & (clips.seconds > 2 / 3)]
    like = (training.label == "drink") & (training.camera == "nm")
    clip = training[like & (training.people == 1) & (training.quality == "goo")].iloc[0]
    gray = video.decode_gray(clip.path)
    gap = sg3i.gap_frames(1 / 6, clip.fps)
    change = [cv2.absdiff(a, b).mean() for a, b in zip(gray, gray[2 * gap :], strict=False)]
    start = int(np.argmax(change))
    return {
        "fps": clip.fps,
        "gap": gap,
        "method": run.settings.flow_plan.method,
        "sg3i": of_sg3i(gray, start, gap),
        "shift": of_shift(gray[0]),
        "flow": of_flow(gray[start + gap : start + gap + 2]),
        "at_edges": of_edges(),
        "errors": of_methods(gray[start + gap]),
        "many": of_many(),
        "camera": of_camera(training),
        "clipped": of_clipping(training),
        "twins": of_twins(),
    }


def of_sg3i(gray: np.ndarray, start: int, gap: int) -> Facts:
    three = gray[[start, start + gap, start + 2 * gap]]
    image, frozen = sg3i.stack(three), sg3i.stack(three[[0, 0, 0]])
    middle = start + gap
    backwards = sg3i.sg3i(gray[::-1], len(gray) - 1 - (start + 2 * gap), gap)
    around = {g: sg3i.sg3i(gray, middle - g, g) for g in (1, gap, 2 * gap)}
    return {
        "frozen_most": int(sg3i.colourfulness(frozen).max()),
        "median": float(np.median(sg3i.colourfulness(image))),
        "swapped": bool((backwards == image[..., ::-1]).all()),
        "coloured": {
            g: float((sg3i.colourfulness(one) > sg3i.CHANGED).mean()) for g, one in around.items()
        },
        "unchanged": [
            float((sg3i.colourfulness(image) == 0).mean()),
            float((sg3i.difference(three) == 128).all(-1).mean()),
            float((sg3i.history(three) == 0).all(-1).mean()),
        ],
    }


def of_shift(frame: np.ndarray) -> Facts:
    shift = known_motion.warped(frame)[0]
    textured = shift.known & flow.textured(frame)
    found = {}
    for method in ("dis", "farneback"):
        field = flow.estimate(shift.frames, method)[0]
        right = np.abs(field - shift.truth).max(-1) < 0.5
        found[method] = {
            "off": float(np.abs(np.median((field - shift.truth)[textured], axis=0)).max()),
            "right_textured": float(right[textured].mean()),
            "right": float(right[shift.known].mean()),
        }
    return found


def of_flow(step: np.ndarray) -> Facts:
    field, other = (flow.estimate(step, method)[0] for method in ("dis", "farneback"))
    speed, apart = np.linalg.norm(field, axis=-1), np.linalg.norm(field - other, axis=-1)
    fast = speed >= np.percentile(speed, 95)
    mirrored = flow.estimate(np.ascontiguousarray(step[..., ::-1]))[0]
    flipped, reversed_only = (
        float(np.linalg.norm(one - mirrored, axis=-1)[fast[:, ::-1]].mean())
        for one in (flow.flip(field), field[:, ::-1])
    )
    return {
        "speed_fast": float(speed[fast].mean()),
        "speed_rest": float(speed[~fast].mean()),
        "apart_fast": float(apart[fast].mean()),
        "apart_rest": float(apart[~fast].mean()),
        "flipped": flipped,
        "reversed_only": reversed_only,
    }


def of_methods(frame: np.ndarray) -> Facts:
    """Errors alone: prices are timings, and nothing is claimed of them."""
    measured = flow_methods.compare(known_motion.pairs(frame), METHODS)
    return measured.drop(columns="milliseconds").to_dict("index")


def of_many() -> Facts:
    """Of many drawn pairs, how often `dis` is nearer than `dis-fast`, and both means of each."""
    pairs = known_motion.of_each_action(takes=2)
    measured = flow_methods.compare(pairs, ["dis", "dis-fast"])
    errors = measured[[pair.name for pair in pairs]]
    return {
        "nearer": float((errors.loc["dis"] < errors.loc["dis-fast"]).mean()),
        "mean": errors.mean(axis=1).tolist(),
        "error": measured.error.tolist(),
    }


def of_edges() -> Facts:
    """Of each drawn pair the error of `dis` in pixels: where two motions meet and around, and
    elsewhere; and on what is fastest, how fast it is and how far off."""
    found = {}
    for pair in known_motion.drawn():
        off = np.linalg.norm(flow.estimate(pair.frames, "dis")[0] - pair.truth, axis=-1)
        motion = pair.truth.astype(np.float32)
        jump = np.zeros(pair.known.shape, np.uint8)
        jump[1:] |= np.linalg.norm(np.diff(motion, axis=0), axis=-1) > 1
        jump[:, 1:] |= np.linalg.norm(np.diff(motion, axis=1), axis=-1) > 1
        near = cv2.dilate(jump, np.ones((19, 19))) > 0
        speed = np.linalg.norm(motion, axis=-1) * pair.known
        fastest = speed > 0.9 * speed.max()
        found[pair.name] = {
            "near": float(off[near & pair.known].mean()),
            "elsewhere": float(off[~near & pair.known].mean()),
            "fastest": float(speed.max()),
            "missed": float(off[fastest].mean()),
        }
    return found


def of_camera(training: pd.DataFrame) -> Facts:
    panning = training[(training.camera == "cm") & (training.quality == "goo")]
    some = panning[:: len(panning) // 30 + 1]
    texture = [flow.textured(video.decode_gray(path, pick=[0])[0]).mean() for path in some.path]
    clip = some.iloc[int(np.argmax(texture))]
    film = video.decode_gray(clip.path)
    moments = np.linspace(0, len(film) - 2, 8).astype(int)
    fields = [flow.estimate(film[[i, i + 1]])[0] for i in moments]
    pan = max(fields, key=lambda field: np.linalg.norm(field.mean(axis=(0, 1))))
    before, after = (
        float(np.median(np.linalg.norm(f, axis=-1))) for f in (pan, flow.subtract_mean(pan))
    )
    fastest = float(np.percentile(np.linalg.norm(flow.subtract_mean(pan), axis=-1), 98))
    return {
        "label": clip.label,
        "before": before,
        "after": after,
        "fastest_after": fastest,
    }


def of_clipping(training: pd.DataFrame) -> Facts:
    some = training.iloc[:: -(-len(training) // 10)]
    near, far = [], []
    for row in some.itertuples():
        gray = video.decode_gray(row.path)
        apart = min(sg3i.gap_frames(1 / 6, row.fps), len(gray) - 1)
        for now in np.linspace(0, len(gray) - 1 - apart, 4).astype(int):
            near.append(flow.clipped(flow.estimate(gray[[now, now + 1]])[0]))
            far.append(flow.clipped(flow.estimate(gray[[now, now + apart]])[0]))
    return {
        "clips": len(some),
        "steps": len(near),
        "near": float(np.mean(near)),
        "far": float(np.mean(far)),
    }


def of_twins() -> Facts:
    seen = {label: views(label, moment) for label, moment in MOMENTS.items()}
    return {f"{a} {b}": apart(seen[a], seen[b]) for a, b in (("sit", "stand"), ("drink", "eat"))}


def views(label: str, middle: int) -> tuple[np.ndarray, ...]:
    film = stickhmdb.render(label, 217)
    picked = film[[middle - 5, middle, middle + 5]]
    three = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in picked])
    return film[middle], sg3i.stack(three), flow.estimate(three[1:])[0]


def apart(first: tuple[np.ndarray, ...], second: tuple[np.ndarray, ...]) -> list[float]:
    """The mean difference of the frame, the SG3I and the flow, where something moves."""
    colour = np.maximum(*(sg3i.colourfulness(seen[1]) for seen in (first, second)))
    both = zip(first, second, strict=True)
    return [float(np.abs(a.astype(float) - b)[colour > sg3i.CHANGED].mean()) for a, b in both]


def column(facts: Facts, pair: str = "error") -> pd.Series:
    """The errors of all methods on one pair, or their typical errors."""
    return pd.DataFrame.from_dict(facts["errors"], "index")[pair]


def nearer_pairs(facts: Facts) -> int:
    """On how many pairs `dis` is nearer to the truth than `dis-fast`."""
    dis, fast = facts["errors"]["dis"], facts["errors"]["dis-fast"]
    return sum(dis[pair] < fast[pair] for pair in dis if pair != "error")


def mean(facts: Facts, method: str) -> float:
    """The plain mean of the pairs' errors."""
    return float(np.mean([off for pair, off in facts["errors"][method].items() if pair != "error"]))


def hardest(facts: Facts) -> dict[str, str]:
    """The pair on which each method is farthest off."""
    pairs = pd.DataFrame.from_dict(facts["errors"], "index").drop(columns="error")
    return pairs.idxmax(axis=1).to_dict()


def sg3i_frames(mode: str) -> str:
    """What the paper says of the frames of its SG3I."""
    return next(row for row in paper.PAPER[mode] if row.network == "temporal-sg3i").says("frames")


def differ(facts: Facts, pair: str) -> list[bool]:
    """Which views tell a pair apart: by more than one gray level, or half a pixel."""
    return [found > most for found, most in zip(facts["twins"][pair], [1, 1, 0.5], strict=True)]


CLAIMS = [
    Claim(
        "02-still-real",
        "The frozen clip has no colour anywhere.",
        lambda f: f["sg3i"]["frozen_most"] == 0,
    ),
    Claim(
        "02-still-real",
        "In the quick run the median pixel of the moving clip is gray as well",
        lambda f: f["sg3i"]["median"] <= 1,
    ),
    Claim(
        "02-variants-words",
        "In the quick run about nine of ten pixels or more show no change, in each of the ways.",
        lambda f: min(f["sg3i"]["unchanged"]) >= 0.87,
    ),
    Claim(
        "02-gap-words",
        "The paper's mode 2 has six frames a second. They are a sixth of a second apart: that is 5 "
        "frames at 30 frames a second. For mode 1 the paper does not say how far apart they are",
        lambda f: (
            (f["gap"], f["fps"]) == (5, 30)
            and "6 a second" in sg3i_frames("mode 2")
            and paper.NOT_STATED in sg3i_frames("mode 1")
        ),
    ),
    Claim(
        "02-gap-words",
        "In the quick run the coloured part more than doubles from a gap of 1 frame to one of 5, "
        "and from there to a gap of 10 it stays about the same.",
        lambda f: (
            f["sg3i"]["coloured"]["5"] > 2.1 * f["sg3i"]["coloured"]["1"]
            and 0.85 < f["sg3i"]["coloured"]["10"] / f["sg3i"]["coloured"]["5"] < 1.15
        ),
    ),
    Claim(
        "02-gap",
        "if its channels are more than 24 levels apart",
        lambda f: sg3i.CHANGED == 24,
    ),
    Claim(
        "02-flow-known",
        "In the quick run both methods find the shift in the median",
        lambda f: all(method["off"] < 0.25 for method in f["shift"].values()),
    ),
    Claim(
        "02-flow-known",
        "and are right in more than three quarters of the textured pixels. Of all pixels "
        "`farneback` is right in fewer than half. `dis` is right in nearly as many as before",
        lambda f: (
            all(method["right_textured"] > 0.75 for method in f["shift"].values())
            and f["shift"]["farneback"]["right"] < 0.5
            and f["shift"]["dis"]["right"] > f["shift"]["dis"]["right_textured"] - 0.05
        ),
    ),
    Claim(
        "02-flow-methods",
        "In pixels they differ most where it is fast: in the quick run by more than a pixel, "
        "and elsewhere by less than a tenth of one.",
        lambda f: f["flow"]["apart_fast"] > 1.2 and f["flow"]["apart_rest"] < 0.08,
    ),
    Claim(
        "02-flow-methods",
        "By the speed (the last column) they differ more elsewhere",
        lambda f: (
            f["flow"]["apart_rest"] / f["flow"]["speed_rest"]
            > 1.3 * f["flow"]["apart_fast"] / f["flow"]["speed_fast"]
        ),
    ),
    Claim(
        "02-known-where",
        "Mostly at the edges of what moves: in the quick run the error is darkest along them.",
        lambda f: all(
            pair["near"] > (5 if "still" in name else 2) * pair["elsewhere"]
            for name, pair in f["at_edges"].items()
        ),
    ),
    Claim(
        "02-known-where",
        "Under the moving camera the ground is wrong far from any edge as well",
        lambda f: (
            f["at_edges"]["drink, moving camera"]["elsewhere"]
            > 2 * max(f["at_edges"][pair]["elsewhere"] for pair in STILL)
        ),
    ),
    Claim(
        "02-known-why",
        "`tvl1` has the smallest typical error, less than half of any other.",
        lambda f: column(f)["tvl1"] < 1 / 2 * column(f).drop("tvl1").min(),
    ),
    Claim(
        "02-known-why",
        "For most it is *wave, still camera*, where leaves and clubs are small and go their own "
        "ways. For `farneback` it is the turn.",
        lambda f: (
            hardest(f) == dict.fromkeys(METHODS, "wave, still camera") | {"farneback": "a turn"}
        ),
    ),
    Claim(
        "02-known-why",
        "`dis` is nearer to the truth than `dis-fast` in four of the five pairs, and by either "
        "mean,",
        lambda f: (
            nearer_pairs(f) == 4
            and len(f["errors"]["dis"]) == 5 + 1
            and column(f)["dis"] < 0.9 * column(f)["dis-fast"]
            and mean(f, "dis") < 0.9 * mean(f, "dis-fast")
        ),
    ),
    Claim(
        "02-known-more-why",
        "`dis` is nearer in most of the pairs, and by both measures: its errors are smaller by "
        "about a fifth.",
        lambda f: (
            f["many"]["nearer"] > 0.7
            and all(
                0.7 < f["many"][measure][0] / f["many"][measure][1] < 0.9
                for measure in ("mean", "error")
            )
        ),
    ),
    Claim(
        "02-known-more-why",
        "`dis` is the library's default.",
        lambda _: signature(flow.estimate).parameters["method"].default == "dis",
    ),
    Claim(
        "02-known-more-why",
        "The quick profile takes `dis-fast`.",
        lambda f: f["method"] == "dis-fast",
    ),
    Claim(
        "02-camera-why",
        "In the quick run the median pixel moves by about one pixel before, "
        "and by less than a quarter of that after.",
        lambda f: (
            0.7 < f["camera"]["before"] < 1.4
            and f["camera"]["after"] / f["camera"]["before"] < 0.25
        ),
    ),
    Claim(
        "02-camera-why",
        "The person who sits down moves in another way than the camera: still coloured, and "
        "standing out now.",
        lambda f: (
            f["camera"]["label"] == "sit"
            and f["camera"]["fastest_after"] > 5 * f["camera"]["after"]
        ),
    ),
    Claim(
        "02-saturation-words",
        "over 40 steps of 10 training clips",
        lambda f: (f["clipped"]["steps"], f["clipped"]["clips"]) == (40, 10),
    ),
    Claim(
        "02-saturation-words",
        "fewer than one pixel in 1,000 is clipped from one frame to the next",
        lambda f: f["clipped"]["near"] < 1 / 1_000,
    ),
    Claim(
        "02-saturation-words",
        "between one and three in a hundred a sixth of a second on.",
        lambda f: 0.01 < f["clipped"]["far"] < 0.03,
    ),
    Claim(
        "02-twins-why",
        "| | one frame | SG3I | flow | |---|---|---|---| "
        "| *sit* and *stand* | the same | differ | differ |",
        lambda f: differ(f, "sit stand") == [False, True, True],
    ),
    Claim(
        "02-twins-why",
        "| *drink* and *eat* | differ | the same | the same |",
        lambda f: differ(f, "drink eat") == [True, False, False],
    ),
    Claim(
        "02-flip-answer",
        "In the quick run the first candidate is less than half as far off as the second.",
        lambda f: f["flow"]["flipped"] < f["flow"]["reversed_only"] / 2,
    ),
    Claim(
        "02-showed",
        "an SG3I of a frozen film is gray, and one of a film played backwards has red and blue "
        "swapped.",
        lambda f: f["sg3i"]["frozen_most"] == 0 and f["sg3i"]["swapped"],
    ),
    Claim(
        "02-showed",
        "motion twins differ by nothing in one frame, by more than 30 levels in the SG3I, "
        "and by several pixels in the flow.",
        lambda f: (
            f["twins"]["sit stand"][0] == 0
            and f["twins"]["sit stand"][1] > 30
            and 5 < f["twins"]["sit stand"][2] < 11
        ),
    ),
    Claim(
        "02-showed",
        "appearance twins differ by more than 30 levels in one frame, by less than one level in "
        "the SG3I, and by less than half a pixel in the flow.",
        lambda f: (
            f["twins"]["drink eat"][0] > 30
            and f["twins"]["drink eat"][1] < 1
            and f["twins"]["drink eat"][2] < 0.5
        ),
    ),
    Claim(
        "02-showed",
        "on five pairs of known motion `tvl1` is typically nearest to the truth, and less than "
        "half a pixel off where something moves in the quick run; the farthest of five methods is "
        "more than four times as far off.",
        lambda f: (
            len(f["errors"]) == 5
            and column(f)["tvl1"] == column(f).min() < 0.5
            and column(f).max() > 4.5 * column(f).min()
        ),
    ),
    Claim(
        "02-showed",
        "at 20 pixels a step, hardly a pixel is clipped from one frame to the next in the quick "
        "run, and one in a hundred or more over a sixth of a second.",
        lambda f: (
            flow.BOUND == 20
            and f["clipped"]["near"] < 1 / 1_000
            and 0.01 < f["clipped"]["far"] < 0.03
        ),
    ),
]
