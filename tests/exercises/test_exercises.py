"""The exercises: right ways pass, stubs are not done, and each slip is called by its name."""

import ast
import html
import importlib
import json
import math
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import binomtest, bootstrap, chi2
from torch.nn import functional

from twostream_lib import clips, exercises, flow, sampling, sg3i
from twostream_lib.data.augmentation import Augmentation, Draws
from twostream_lib.errors import InputError
from twostream_lib.exercises import NOT_DONE, NOT_PREDICTED, e01

ROOT = Path(__file__).resolve().parents[2]
LESSONS = {
    path.stem: importlib.import_module(f"twostream_lib.exercises.{path.stem}")
    for path in sorted((ROOT / "twostream_lib" / "exercises").glob("e[0-9][0-9].py"))
}
EXERCISES = [(lesson, name) for lesson in LESSONS for name in LESSONS[lesson].LESSON.exercises]
# Their answer is a dict and no function.
PREDICTED = [("e00", "bow"), ("e05", "scaling")]
WRITTEN = [exercise for exercise in EXERCISES if exercise not in PREDICTED]


def names(exercise):
    return "-".join(exercise)


each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=names)
each_written_one = pytest.mark.parametrize("exercise", WRITTEN, ids=names)


def solved(lesson, name):
    """What a solution's lines define, where a notebook has imported no more than this."""
    code = LESSONS[lesson].LESSON.exercises[name].solution
    *_, last = ast.parse(code).body
    space = {"np": np, "torch": torch, "math": math}
    exec(code, space)
    return space[last.name if isinstance(last, ast.FunctionDef) else last.targets[0].id]


@pytest.fixture
def said(capsys):
    """What the check of an exercise prints about an answer."""

    def check(lesson, name, answer):
        getattr(LESSONS[lesson], f"check_{name}")(answer)
        return capsys.readouterr().out.strip()

    return check


# --- one convention -------------------------------------------------------------------------------


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_has_a_check_a_hint_and_a_solution(lesson):
    exercises_of = LESSONS[lesson].LESSON.exercises
    checks = {name for name in vars(LESSONS[lesson]) if name.startswith("check_")}
    assert checks == {f"check_{name}" for name in exercises_of}
    assert all(one.hint.strip() and one.solution.strip() for one in exercises_of.values())


@each_exercise
def test_hint_and_solution_are_folded_away(exercise, monkeypatch):
    shown = []
    monkeypatch.setattr("twostream_lib.exercises.show_html", lambda *both: shown.append(both))
    lesson, name = exercise
    LESSONS[lesson].hint(name)
    LESSONS[lesson].solution(name)
    help_for = LESSONS[lesson].LESSON.exercises[name]
    assert [markup.startswith("<details>") for markup, _ in shown] == [True, True]
    for (markup, text), words in zip(shown, (help_for.hint, help_for.solution), strict=True):
        assert words.strip() in text and html.escape(words.strip()) in markup


def test_an_unknown_exercise_is_one_clear_sentence():
    for help_with in (e01.hint, e01.solution):
        with pytest.raises(InputError, match="no exercise 'window': choose one of windows, leak"):
            help_with("window")


@pytest.mark.parametrize("lesson", LESSONS)
def test_its_notebook_sets_each_exercise_and_offers_hint_and_solution(lesson):
    (path,) = (ROOT / "notebooks").glob(f"{lesson[1:]}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    known = list(LESSONS[lesson].LESSON.exercises)
    assert re.findall(rf"\b{lesson}\.check_(\w+)\(", code) == known
    assert re.findall(rf"\b{lesson}\.hint\(\"(\w+)\"\)", code) == known
    assert re.findall(rf"\b{lesson}\.solution\(\"(\w+)\"\)", code) == known


def test_an_exercise_on_frame_numbers_needs_no_training_stack():
    code = "import sys, twostream_lib.exercises.e01; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "twostream_lib.exercises.e01" in loaded
    assert not loaded & {"torch", "matplotlib", "av", "cv2"}


# --- every check ----------------------------------------------------------------------------------


@each_exercise
def test_the_solution_passes_its_own_check(exercise, said):
    assert said(*exercise, solved(*exercise)).startswith("Right. ")


@each_written_one
def test_an_untouched_stub_is_not_done_and_raises_nothing(exercise, said):
    def stub(*_):
        raise NotImplementedError

    assert said(*exercise, stub) == NOT_DONE


def test_untouched_predictions_are_not_done(said):
    assert said("e05", "scaling", {10: None, 20: None}) == NOT_PREDICTED


@each_written_one
@pytest.mark.parametrize(
    ("wrong", "error"),
    [(lambda *_: 1 / 0, "ZeroDivisionError"), (lambda *given: given[99], "IndexError")],
)
def test_an_error_in_the_function_is_told_and_not_raised(exercise, wrong, error, said):
    assert said(*exercise, wrong).startswith(f"Not yet. Your function stopped with {error}")


ODD = [
    *(None, "words", "0.5", 7, np.nan, (), np.zeros((2, 2))),
    *([[1], [2, 3]], ([1, 2], [3], 4), {10: "many", 20: []}),
]


@each_exercise
@pytest.mark.parametrize("odd", ODD)
def test_an_answer_of_any_kind_gets_a_sentence(exercise, odd, said):
    answer = odd if exercise in PREDICTED else lambda *_: odd
    assert said(*exercise, answer).startswith("Not yet. ")


@each_written_one
def test_a_function_without_a_result_is_reminded_to_return_one(exercise, said):
    assert "return" in said(*exercise, lambda *_: None).lower()


def test_a_type_that_torch_lacks_an_operation_for_is_no_untouched_stub(said):
    """Newer versions of torch raise NotImplementedError for it as well, with words."""

    def softmax_of_bytes(logits, labels):
        raise NotImplementedError("\"softmax\" not implemented for 'Byte'")

    verdict = said("e03", "cross_entropy", softmax_of_bytes)
    assert verdict.startswith("Not yet. Your function stopped with NotImplementedError: ")


# --- further right ways ---------------------------------------------------------------------------


def windows_one_by_one(frames, fps):
    samples, k = [], 0
    while (frame := math.floor(k * fps / 6 + 0.5)) < frames:
        samples.append(frame)
        k += 1
    rows = [samples[k : k + 3] for k in range(0, len(samples), 6)]
    return np.array([row for row in rows if len(row) == 3], int).reshape(-1, 3)


def leaking_by_merge(table, tags):
    trained = table[table.tag.isin(tags)][["label", "source"]].drop_duplicates()
    return set(table[table.tag == 2].merge(trained, on=["label", "source"]).path)


def leaking_one_by_one(table, tags):
    return [
        clip.path
        for clip in table[table.tag == 2].itertuples()
        if (
            (table.label == clip.label) & (table.source == clip.source) & table.tag.isin(tags)
        ).any()
    ]


def error_by_hand(found, truth, known):
    u, v = np.moveaxis(found - truth, -1, 0)
    return np.sqrt(u**2 + v**2)[known].sum() / known.sum()


def mirrored_one_by_one(images, coins):
    pairs = zip(images, coins, strict=True)
    return torch.stack([image.flip(-1) if coin else image for image, coin in pairs])


def mirrored_on_a_copy(images, coins):
    mirrored = images.clone()
    mirrored[coins] = mirrored[coins].flip(3)
    return mirrored


def cross_entropy_by_hand(logits, labels):
    powers = (logits - logits.max(1, keepdim=True).values).exp()
    places = functional.one_hot(labels, logits.shape[1]).bool()
    lowered = logits - logits.max(1, keepdim=True).values
    return (powers.sum(1).log() - lowered[places]).mean()


def moving_in_uint8(image, threshold):
    return image.max(axis=-1) - image.min(axis=-1) > threshold


def moving_by_pairs(image, threshold):
    a, b, c = np.moveaxis(image.astype(int), -1, 0)
    return (abs(a - b) > threshold) | (abs(b - c) > threshold) | (abs(a - c) > threshold)


def split_by_hand(weight):
    change = weight - (weight[:, :1] + weight[:, 1:2] + weight[:, 2:]) / 3
    return weight - change, change


def stack_flipped_in_pixels(stack):
    fields = stack.astype(int) - 128
    fields[0::2] *= -1
    return (fields[..., ::-1] + 128).astype(np.uint8)


def stack_flipped_in_uint8(stack):
    mirrored = stack[..., ::-1].copy()
    mirrored[::2] = -mirrored[::2]  # 256 minus it, since uint8 wraps around
    return mirrored


def bounds_by_torch(classes):
    sure = torch.eye(classes)[:2]
    right, wrong = (functional.cross_entropy(one[None], torch.tensor([0])) for one in sure)
    return float(right), float(wrong)


def paired_by_sums(right_first, right_second):
    tosses = int((right_first != right_second).sum())
    first = int((right_first & ~right_second).sum())
    worse = min(first, tosses - first)
    p_value = sum(math.comb(tosses, heads) for heads in range(worse + 1)) / 2 ** (tosses - 1)
    return first, tosses - first, min(1.0, p_value)


def interval_draw_by_draw(right, video):
    rng, videos = np.random.default_rng(5), np.unique(video)
    of_video = {name: right[video == name] for name in videos}
    draws = (rng.choice(videos, len(videos)) for _ in range(400))
    shares = [np.concatenate([of_video[name] for name in draw]).mean() for draw in draws]
    return [np.percentile(shares, 2.5), np.percentile(shares, 97.5)]


def interval_of_sorted_draws(right, video, draws=200):
    """As few draws as the words allow, other ones each time, and no interpolation."""
    names, place = np.unique(video, return_inverse=True)
    windows = [right[place == number] for number in range(len(names))]
    hits, sizes = np.array([w.sum() for w in windows]), np.array([len(w) for w in windows])
    drawn = np.random.default_rng().integers(len(names), size=(draws, len(names)))
    shares = np.sort(hits[drawn].sum(1) / sizes[drawn].sum(1))
    return shares[round(0.025 * draws) - 1], shares[round(0.975 * draws)]


def interval_by_deviation(right, video):
    """The normal interval of the draws: mean and standard deviation."""
    low, high = solved("e07", "window_interval")(right, video)
    return (low + high) / 2 + (high - low) / 2 * np.array([-1, 1])


def ranked_by_sets(a, b):
    fields = {"data", "split", "train_tags", "protocol"}
    known = {(field, a[field]) for field in fields if a[field] is not None}
    return len(known & {(field, b[field]) for field in fields}) == 4


def bow(shows, gray, flow):
    return {"label": "bow", "shows": shows, "gray": gray, "flow": flow}


FURTHER = [
    ("e00", "bow", bow("blue beaker", "cup is kissed", "head nods")),
    ("e01", "windows", windows_one_by_one),
    ("e01", "windows", lambda frames, fps: sampling.mode2(frames, fps)),
    ("e01", "leaking", leaking_by_merge),
    ("e01", "leaking", leaking_one_by_one),
    ("e02", "sg3i", lambda gray, s, gap: np.moveaxis(gray[s : s + 2 * gap + 1 : gap], 0, 2)),
    ("e02", "flip", lambda field: field[:, ::-1] * [-1, 1]),
    ("e02", "error", error_by_hand),
    ("e03", "cross_entropy", cross_entropy_by_hand),
    ("e03", "cross_entropy", lambda x, y: -x.log_softmax(1).gather(1, y[:, None]).mean()),
    ("e03", "mirror_some", mirrored_one_by_one),
    ("e03", "mirror_some", mirrored_on_a_copy),
    ("e04", "moving", moving_by_pairs),
    ("e04", "moving", moving_in_uint8),
    ("e04", "split_filters", split_by_hand),
    ("e04", "split_filters", lambda weight: list(split_by_hand(weight))),
    ("e04", "split_filters", lambda weight: torch.stack(split_by_hand(weight))),
    ("e05", "scaling", {10: 3.33, 20: 6.67}),
    ("e05", "flip_stack", stack_flipped_in_pixels),
    ("e05", "flip_stack", stack_flipped_in_uint8),
    ("e05", "loss_bounds", bounds_by_torch),
    ("e05", "loss_bounds", lambda classes: np.array(bounds_by_torch(classes))),
    ("e05", "loss_bounds", lambda classes: torch.tensor(bounds_by_torch(classes))),
    ("e05", "loss_bounds", lambda classes: list(bounds_by_torch(classes))),
    ("e06", "average", lambda a, b: np.mean([softmax(a, axis=1), softmax(b, axis=1)], axis=0)),
    ("e06", "paired", paired_by_sums),
    ("e06", "paired", lambda a, b: np.array(paired_by_sums(a, b))),
    ("e07", "window_interval", interval_draw_by_draw),
    ("e07", "window_interval", interval_of_sorted_draws),
    ("e07", "window_interval", interval_by_deviation),
    ("e07", "may_be_ranked", ranked_by_sets),
]


def test_every_exercise_has_a_further_right_way():
    assert {(lesson, name) for lesson, name, _ in FURTHER} == set(EXERCISES)


@pytest.mark.parametrize(("lesson", "name", "answer"), FURTHER)
def test_a_further_right_way_passes(lesson, name, answer, said):
    assert said(lesson, name, answer).startswith("Right. ")


def test_few_draws_and_any_luck_pass(said):
    for _ in range(20):
        assert said("e07", "window_interval", interval_of_sorted_draws).startswith("Right. ")


# --- slips ----------------------------------------------------------------------------------------


def windows_of(frames, fps, overrun):
    samples = np.floor(np.arange(int(frames * 6 / fps) + 1 + overrun) * fps / 6 + 0.5).astype(int)
    starts = np.arange(0, len(samples) - 2, 6)
    return samples[starts[:, None] + np.arange(3)]


def leaking_by(key, with_test=False, everything=False):
    def leaking(table, tags):
        known = table[table.tag.isin([*tags, 2] if with_test else tags)]
        pairs = known[key].apply(tuple, axis=1).tolist()
        if with_test:
            pairs = [pair for pair in pairs if pairs.count(pair) > 1]
        rows = table if everything else table[table.tag == 2]
        return [row.path for row in rows.itertuples() if tuple(row[1:])[1:3][-len(key) :] in pairs]

    return leaking


def leaking_apart(table, tags):
    """Label and source are looked up separately."""
    trained, test = table[table.tag.isin(tags)], table[table.tag == 2]
    return test[test.label.isin(trained.label) & test.source.isin(trained.source)].path


def leaking_with_repeats(table, tags):
    trained = table[table.tag.isin(tags)][["label", "source"]]
    return list(table[table.tag == 2].merge(trained, on=["label", "source"]).path)


def windows_second_by_second(frames, fps):
    starts = [math.floor(s * fps + 0.5) for s in range(int(frames / fps) + 1)]
    rows = [[start + math.floor(k * fps / 6 + 0.5) for k in range(3)] for start in starts]
    return np.array([row for row in rows if row[-1] < frames], int).reshape(-1, 3)


def field_flipped_in_place(field):
    field[:] = field[:, ::-1].copy()
    field[..., 0] *= -1
    return field


def lengths(field):
    return np.linalg.norm(field, axis=-1)


def overflowing_loss(logits, labels):
    powers = logits.exp()
    return -(powers[range(len(labels)), labels] / powers.sum(1)).log().mean()


def mirrored_in_place(images, coins):
    images[coins] = images[coins].flip(-1)
    return images


def rarely_negative(x, y):
    """Small numbers are right; large ones give probabilities that are rounded to 0."""
    return -x.softmax(1)[range(len(y)), y].log().mean()


def steps(image):
    return np.abs(np.diff(image.astype(int), axis=-1))


def steps_in_uint8(image):
    """Changes from frame to frame: they wrap around."""
    return np.stack([image[..., 1] - image[..., 0], image[..., 2] - image[..., 1]], axis=-1)


def slice_split(weight):
    still = weight[:, :1].expand_as(weight)
    return still, weight - still


def split_in_place(weight):
    still = weight.mean(1, keepdim=True).expand_as(weight)
    return still, weight.sub_(still)


def sum_split(weight):
    still = weight.sum(1, keepdim=True).expand_as(weight)
    return still, weight - weight.sum(1, keepdim=True)


def stack_flipped(stack, negate, whole=256, axis=-1):
    mirrored = np.flip(stack, axis).astype(int)
    mirrored[negate] = whole - mirrored[negate]
    return mirrored


def stack_flipped_in_place(stack):
    stack[:] = solved("e05", "flip_stack")(stack)
    return stack


U, V, BOTH = slice(0, None, 2), slice(1, None, 2), slice(None)


def three_negated(stack):
    return stack_flipped(stack, [0, 2, 4]).astype(np.uint8)


def first_kept_small(a, b):
    """The first stream's largest logit is taken away, the second one's is not."""
    return (softmax(a, axis=1) + bare_softmax(b)) / 2


def bare_softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


def counted(a, b):
    return int((a & ~b).sum()), int((b & ~a).sum())


def one_sided(a, b):
    first, second = counted(a, b)
    return first, second, binomtest(first, first + second, alternative="greater").pvalue


def over_all(a, b):
    first, second = counted(a, b)
    return first, second, binomtest(first, len(a)).pvalue


def doubled(side):
    def paired(a, b):
        first, second = counted(a, b)
        if first == second == 0:
            return 0, 0, 1.0
        return first, second, 2 * binomtest(first, first + second, alternative=side).pvalue

    return paired


def by_chi_square(a, b):
    first, second = counted(a, b)
    return first, second, chi2.sf((first - second) ** 2 / max(first + second, 1), 1)


def without_ties(a, b):
    first, second = counted(a, b)
    return first, second, binomtest(first, first + second).pvalue


def swapped(a, b):
    return *counted(b, a), solved("e06", "paired")(a, b)[2]


def of_windows(right, video):
    draws = np.random.default_rng().integers(len(right), size=(300, len(right)))
    return tuple(np.quantile(right[draws].mean(axis=1), [0.025, 0.975]))


def of_shares(right, video):
    _, place = np.unique(video, return_inverse=True)
    shares = np.bincount(place, weights=right) / np.bincount(place)
    return of_windows(shares, None)


def wilson(count):
    def interval(right, video):
        n = count(right, video)
        return binomtest(round(right.mean() * n), n).proportion_ci(method="wilson")

    return lambda *given: (interval(*given).low, interval(*given).high)


def beside(image, some, one):
    """How far some frames of an SG3I are from one of them."""
    return np.abs(image[..., some].astype(int) - image[..., one])


def half_as_many(right, video):
    names, place = np.unique(video, return_inverse=True)
    hits, sizes = np.bincount(place, weights=right), np.bincount(place)
    drawn = np.random.default_rng(0).integers(0, len(names), (2000, len(names) // 2))
    return np.quantile(hits[drawn].sum(1) / sizes[drawn].sum(1), [0.025, 0.975])


def by_scipy(right, video):
    """By its default, BCa, which has no answer where all draws are alike."""
    _, place = np.unique(video, return_inverse=True)
    hits, sizes = np.bincount(place, weights=right), np.bincount(place)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of what the test is about
        return bootstrap(
            (hits, sizes),
            lambda a, b, axis=-1: a.sum(axis) / b.sum(axis),
            paired=True,
            rng=np.random.default_rng(0),
            n_resamples=500,
        ).confidence_interval


def wald(count):
    def interval(right, video):
        half = 1.96 * right.std() / count(right, video) ** 0.5
        return right.mean() - half, right.mean() + half

    return interval


def ninety_percent(right, video):
    low, high = solved("e07", "window_interval")(right, video)
    middle, half = (low + high) / 2, (high - low) / 2 * 1.645 / 1.96
    return middle - half, middle + half


def interval(*given):
    return solved("e07", "window_interval")(*given)


FIELDS = ("data", "split", "train_tags", "protocol")


def ranked(a, b):
    return solved("e07", "may_be_ranked")(a, b)


def same(*fields):
    return lambda a, b: all(a[field] == b[field] for field in fields)


SLIPS = {
    ("e00", "bow"): [
        (bow("figure and stool", "body goes down", "body goes down"), "all three fall"),
        (bow("figure and stool", "all stands still", "body leans"), "three gray frames do not"),
        (bow("figure and stool", "body leans", "all stands still"), "flow does not"),
        (bow("a hat", "body goes down", "body goes down"), "the other way round"),
        (bow("a hat", "body goes down", "body leans"), "picture is new"),
        (bow("a hat", "body leans", "body goes down"), "picture is new"),
        (bow("a hat", "body leans", "body leans"), "no ceiling falls"),
        (bow("team and court", "body leans", "body leans"), "differ by degrees"),
        (bow("figure and stool", "clubs and leaves", "body leans"), "differ by degrees"),
        ({"shows": "figure and stool", "gray": "body leans"}, "words for `shows`, for `gray`"),
        (bow("figure and stool", " ", "body leans"), "words for `shows`, for `gray`"),
        (bow("Figure  and stool ", "Body  goes down ", "body leans"), "three gray frames do not"),
        ("a bow", "is a dict"),
    ],
    ("e01", "windows"): [
        (lambda frames, fps: sampling.mode1(frames)[:: round(fps)], "consecutive"),
        (lambda frames, fps: windows_of(frames, fps, overrun=9), "there is no frame"),
        (lambda frames, fps: sampling.mode2(frames, fps, step=0.5), "there should be"),
        (lambda frames, fps: sampling.mode2(frames, fps) if frames > 20 else [], "too short"),
        (lambda frames, fps: sampling.mode2(frames, fps)[:, :2], "shape"),
        (windows_second_by_second, "counts on from the beginning"),
        (lambda frames, fps: sampling.mode2(frames - 1, fps), "there should be 2 windows"),
        (lambda frames, fps: sampling.mode2(frames, fps) / 1, "no integers"),
    ],
    ("e01", "leaking"): [
        (leaking_by(["source"]), "compare the label as well"),
        (leaking_apart, "in different clips"),
        (
            lambda t, tags: t[(t.tag == 2) & t.label.isin(t[t.tag.isin(tags)].label)].path,
            "compare the source as well",
        ),
        (leaking_with_repeats, "each path once"),
        (
            lambda table, tags: leaking_by(["label", "source"])(table, (0, 1)),
            "Its sibling has tag 0",
        ),
        (lambda table, tags: table[table.tag == 2], "Return the paths"),
        (lambda table, tags: "film_test_leaks", "Return the paths"),
        (leaking_by(["label", "source"], with_test=True), "Two test clips"),
        (leaking_by(["label", "source"], everything=True), "training clips too"),
        (lambda table, tags: leaking_by(["label", "source"])(table, (1,)), "you missed"),
        (lambda table, tags: 3, "Return the paths"),
    ],
    ("e02", "sg3i"): [
        (lambda gray, start, gap: sg3i.sg3i(gray, start, gap)[..., ::-1], "earliest"),
        (lambda gray, start, gap: gray[start : start + 2 * gap + 1 : gap], "channels come last"),
        (lambda gray, start, gap: sg3i.sg3i(gray, start, 1), "apart"),
        (lambda gray, start, gap: sg3i.sg3i(gray, 0, gap), "begin at `start`"),
        (lambda gray, start, gap: sg3i.sg3i(gray, start, gap) / 1, "uint8"),
        (lambda gray, start, gap: gray[start], "shape"),
    ],
    ("e02", "flip"): [
        (lambda field: field[:, ::-1], "still points the old way"),
        (lambda field: field * [-1, 1], "old places"),
        (lambda field: -field[:, ::-1], "v stays"),
        (lambda field: field[:, ::-1] * [1, -1], "negated v"),
        (lambda field: field[::-1] * [-1, 1], "upside down"),
        (lambda field: field, "Nothing has changed"),
        (field_flipped_in_place, "copy it first"),
    ],
    ("e02", "error"): [
        (lambda found, truth, known: lengths(found - truth).mean(), "all pixels"),
        (lambda found, truth, known: np.abs(found - truth)[known].mean(), "|u| and |v|"),
        (lambda found, truth, known: np.abs(found - truth).sum(-1)[known].mean(), "sum of their"),
        (lambda found, truth, known: (lengths(found - truth) * known).mean(), "divided by all"),
        (lambda found, truth, known: (lengths(found - truth) ** 2)[known].mean(), "squared"),
        (lambda f, t, known: (lengths(f - t) ** 2)[known].mean() ** 0.5, "before the mean"),
        (lambda f, t, known: np.abs(lengths(f) - lengths(t))[known].mean(), "directions"),
        (lambda found, truth, known: lengths(found - truth)[known].sum(), "divide"),
        (lambda found, truth, known: lengths(found - truth)[known], "take their mean"),
        (lambda found, truth, known: 0.0, "wrong"),
        (lambda f, t, known: np.linalg.norm((f - t)[known]), "of all differences together"),
    ],
    ("e03", "cross_entropy"): [
        (lambda x, y: functional.cross_entropy(x.softmax(1), y), "second softmax"),
        (lambda x, y: functional.cross_entropy(x, y, reduction="sum"), "the sum"),
        (lambda x, y: functional.cross_entropy(x, y, reduction="none"), "their mean"),
        (lambda x, y: -functional.cross_entropy(x, y), "sign"),
        (overflowing_loss, "overflows"),
        (rarely_negative, "rounded to 0"),
        (functional.cross_entropy, "ready-made"),
        (lambda x, y: torch.nn.CrossEntropyLoss()(x, y), "ready-made"),
        (lambda x, y: functional.cross_entropy(x, y) / math.log(2), "in bits"),
        (lambda x, y: -x.log_softmax(0)[range(len(y)), y].mean(), "the classes are dim 1"),
        (lambda x, y: -x.softmax(1)[range(len(y)), y].mean().log(), "each sample's first"),
    ],
    ("e03", "mirror_some"): [
        (lambda images, coins: images.flip(-1), "the whole batch"),
        (lambda images, coins: images, "no image at all"),
        (lambda x, coins: torch.where(coins.view(-1, 1, 1, 1), x.flip(-2), x), "upside down"),
        (
            lambda x, coins: torch.where(coins.view(-1, 1, 1, 1), x, x.flip(-1)),
            "whose coin says no",
        ),
        (mirrored_in_place, "changed the images"),
        (lambda x, coins: mirrored_on_a_copy(x, coins.flip(0)), "in the same order"),
    ],
    ("e04", "moving"): [
        (lambda image, t: beside(image, slice(1, None), slice(1)).max(-1) > t, "first frame alone"),
        (lambda image, t: beside(image, slice(2), slice(2, None)).max(-1) > t, "last frame alone"),
        (lambda image, t: np.ptp(image.astype(int), axis=-1) >= t, "use > and not >="),
        (lambda image, t: (steps_in_uint8(image) > t).any(-1), "wrap around"),
        (lambda image, t: np.abs(image[..., 2] - image[..., 0]) > t, "wrap around"),
        (lambda image, t: abs(image[..., 2] - image[..., 0].astype(int)) > t, "the middle"),
        (
            lambda image, t: (np.diff(image.astype(int), axis=-1) > t).any(-1),
            "miss what gets darker",
        ),
        (lambda image, t: (steps(image) > t).any(-1), "two small steps in one direction"),
        (lambda image, t: steps(image).sum(-1) > t, "there and back again"),
        (lambda image, t: np.ptp(image.astype(int), axis=-1) > 30, "another threshold"),
        (lambda image, t: 1 * (np.ptp(image.astype(int), axis=-1) > t), "as bool"),
    ],
    ("e04", "split_filters"): [
        (lambda weight: weight.mean(1, keepdim=True), "two tensors"),
        (slice_split, "one slice, so a still picture"),
        (lambda w: (w.mean(1, keepdim=True), w - w.mean(1, keepdim=True)), "repeat it"),
        (sum_split, "the sum of the three"),
        (lambda weight: split_by_hand(weight)[::-1], "the change part first"),
        (split_in_place, "changed the filters"),
    ],
    ("e05", "scaling"): [
        ({10: 1, 20: 1}, "how many terms"),
        ({10: 0.3, 20: 0.15}, "the other way round"),
        ({10: 10, 20: 20}, "three channels, not one"),
        ({10: 7, 20: 17}, "subtracted"),
        ({10: 1.83, 20: 2.58}, "no square root"),
        ({10: 5, 20: 5}, "values are wrong"),
        ({10: 10 / 3}, "a number for 10 and one for 20"),
        ({10: "3.33", 20: "6.67"}, "should be numbers"),
    ],
    ("e05", "flip_stack"): [
        (lambda stack: stack[..., ::-1], "negate it"),
        (lambda stack: stack_flipped(stack, V), "You negated v"),
        (lambda stack: stack_flipped(stack, BOTH), "u and v:"),
        (lambda stack: stack_flipped(stack, U, 255), "from 256, not from 255"),
        (lambda stack: stack_flipped(stack, U, axis=1), "top and bottom"),
        (lambda stack: stack_flipped(stack[..., ::-1], U), "mirror them too"),
        (lambda stack: stack_flipped(stack, slice(0, len(stack) // 2)), "take turns"),
        (stack_flipped_in_place, "work on a copy"),
        (three_negated, "however many there are"),
        (lambda stack: stack_flipped(stack, U), "uint8 again"),
    ],
    ("e05", "loss_bounds"): [
        (lambda classes: math.log(classes), "two numbers"),
        (lambda c: (math.log(math.e + c - 1), math.log(math.e + c - 1) - 1), "first"),
        (lambda c: (math.log(math.e + c - 1) - 1, math.log(c)), "pays more"),
        (lambda c: (math.log(math.e + c) - 1, math.log(math.e + c)), "classes - 1"),
        (lambda c: (0, math.inf), "probabilities"),
        (lambda c: (0, math.log(math.e + c - 1)), "The least is not 0"),
    ],
    ("e06", "average"): [
        (lambda a, b: (a + b) / 2, "averaged the logits; turn them"),
        (lambda a, b: softmax((a + b) / 2, axis=1), "took the softmax afterwards"),
        (lambda a, b: softmax(a, axis=1) + softmax(b, axis=1), "add up to 2"),
        (lambda a, b: (softmax(a, axis=0) + softmax(b, axis=0)) / 2, "runs down the videos"),
        (lambda a, b: (softmax(a) + softmax(b)) / 2, "over the whole array"),
        (lambda a, b: (bare_softmax(a) + bare_softmax(b)) / 2, "overflow"),
        (lambda a, b: softmax(a, axis=1), "the first stream alone"),
        (lambda a, b: softmax(a + b, axis=1), "That is the product"),
        (lambda a, b: np.sqrt(softmax(a, axis=1) * softmax(b, axis=1)), "mean of logarithms"),
        (first_kept_small, "in both streams"),
        (lambda a, b: (softmax(a - 1, axis=1) + softmax(a, axis=1)) / 3, "values are wrong"),
    ],
    ("e06", "paired"): [
        (one_sided, "two-sided"),
        (over_all, "only the 11 on which one"),
        (swapped, "swapped"),
        (lambda a, b: (a.sum(), b.sum(), 0.5), "that it alone gets right"),
        (without_ties, "right on the same videos"),
        (doubled("greater"), "take the rarer side"),
        (doubled("less"), "came out above 1"),
        (by_chi_square, "approximation by chi-square"),
        (lambda a, b: counted(a, b), "The shape should be [3]"),
    ],
    ("e07", "window_interval"): [
        (of_windows, "draw whole videos"),
        (of_shares, "averaged the videos' shares"),
        (ninety_percent, "90 % interval"),
        (half_as_many, "draw as many videos as there are"),
        (by_scipy, 'method="percentile"'),
        (wilson(lambda right, video: len(right)), "Wilson's, takes videos or windows for"),
        (wald(lambda right, video: len(right)), "takes the windows for independent"),
        (wald(lambda right, video: len(set(video))), "takes each video for one coin"),
        (wilson(lambda right, video: len(set(video))), "Wilson's, takes videos or windows for"),
        (lambda *given: np.square(interval(*given)), "was expected"),
        (lambda *given: (np.nan, 1.0), "not nan and 1.0"),
        (lambda *given: interval(*given)[::-1], "lies above"),
        (lambda *given: np.multiply(interval(*given), 100), "not percent"),
        (lambda *_: (0.0, 0.1), "both ends are 1; yours are 0.000 and 0.100"),
    ],
    ("e07", "may_be_ranked"): [
        (same("data", "split", "train_tags"), "count different things"),
        (same("protocol"), "different clips"),
        (same("data", "split", "protocol"), "different tags"),
        (same("data", "train_tags", "protocol"), "different splits"),
        (same("data", "split", "train_tags", "protocol"), "None is not the same as None"),
        (same("network", "data"), "may be ranked when they differ in network"),
        (lambda a, b: ranked(a, b) and a["network"] != b["network"], "one network, trained twice"),
        (lambda a, b: a["split"] is not None and same(*FIELDS)(a, b), "the `data` of neither"),
        (lambda a, b: a["split"], "True or False"),
    ],
}


@each_exercise
def test_every_exercise_has_three_slips_with_words_of_their_own(exercise):
    assert len({words for _, words in SLIPS[exercise]}) >= 3


@pytest.mark.parametrize(
    ("lesson", "name", "wrong", "words"),
    [(*exercise, *slip) for exercise, slips in SLIPS.items() for slip in slips],
)
def test_a_typical_slip_is_called_by_name(lesson, name, wrong, words, said):
    verdict = said(lesson, name, wrong)
    assert verdict.startswith("Not yet. ")
    assert words in verdict


# --- solutions against the library ----------------------------------------------------------------


@pytest.mark.parametrize(("counted_as", "tags"), [("1", (1,)), ("0+1", (0, 1))])
def test_the_leaking_solution_finds_what_the_library_counts(counted_as, tags):
    found = solved("e01", "leaking")(e01.small_table(), tags)
    assert set(found) == e01.LEAKING[tags]
    assert len(found) == clips.leakage(e01.small_table())["tags"][counted_as]["leaking"]


def test_the_solved_flips_are_the_librarys():
    stack = np.random.default_rng(1).integers(1, 256, (4, 5, 6), dtype=np.uint8)
    always = Draws(torch.ones(1, dtype=bool), torch.zeros(1, 2, dtype=int), torch.ones(1))
    expected = Augmentation("flow").apply(torch.from_numpy(stack)[None], always)[0]
    assert np.array_equal(solved("e05", "flip_stack")(stack), expected.numpy())
    field = np.random.default_rng(1).normal(size=(4, 5, 2))
    assert np.array_equal(solved("e02", "flip")(field), flow.flip(field))


@pytest.mark.parametrize("classes", [2, 12, 51])
def test_no_probabilities_leave_the_solved_bounds_and_the_surest_ones_reach_them(classes):
    low, high = solved("e05", "loss_bounds")(classes)
    assert bounds_by_torch(classes) == pytest.approx((low, high), abs=1e-5)
    logits = 5 * torch.randn(500, classes, generator=torch.Generator().manual_seed(0))
    losses = functional.cross_entropy(
        logits.softmax(1), torch.arange(500) % classes, reduction="none"
    )
    assert low - 1e-5 <= losses.min() and losses.max() <= high + 1e-5


# --- what checks are made of ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ([1.0, 2.0, 4.0], "1 of 3 values"),
        (np.nan * np.ones(3), "3 of 3 values"),
        ([1.0, 2.0], r"[3]"),
        (None, "None"),
        ("three", "str"),
    ],
)
def test_differences_are_put_into_words(value, word):
    assert word in exercises.differs(value, [1.0, 2.0, 3.0])


def test_equal_values_differ_in_nothing():
    assert exercises.differs(torch.ones(2, 3, requires_grad=True), np.ones((2, 3))) == ""
    assert exercises.differs(1.0 + 1e-9, 1) == ""
    assert "The value is wrong" in exercises.differs(2.0, 1)


def test_a_mistake_is_the_slip_that_gives_the_value_or_the_difference():
    slips = {"You doubled it.": 2, "You forgot the sign.": -1}
    assert exercises.mistake(1, 1, slips) == ""
    assert exercises.mistake(-1, 1, slips) == "You forgot the sign."
    assert exercises.mistake(3, 1, slips) == exercises.differs(3, 1)
