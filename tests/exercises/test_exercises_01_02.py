"""Exercises of notebooks 01 and 02: solutions pass, stubs are no mistake, slips are named."""

import numpy as np
import pytest

from twostream_lib import clips, exercises, sampling, sg3i
from twostream_lib.exercises import e01, e02

CHECKS = {
    "windows": (e01.check_windows, e01.WINDOWS, e01.hint_windows, e01.solution_windows),
    "leaking": (e01.check_leaking, e01.FIND_LEAKING, e01.hint_leaking, e01.solution_leaking),
    "my_sg3i": (e02.check_sg3i, e02.SG3I, e02.hint_sg3i, e02.solution_sg3i),
    "my_flip": (e02.check_flip, e02.FLIP, e02.hint_flip, e02.solution_flip),
    "my_error": (e02.check_error, e02.ERROR, e02.hint_error, e02.solution_error),
}
each_exercise = pytest.mark.parametrize("name", CHECKS)


def stub(*arguments):
    raise NotImplementedError


def said(check, function, capsys):
    check(function)
    return capsys.readouterr().out


def run_lines(code):
    names = {"np": np}
    exec(code, names)
    return names


@each_exercise
def test_the_solution_passes_its_own_check(name, capsys):
    check, code, *_ = CHECKS[name]
    assert said(check, run_lines(code)[name], capsys).startswith("Right.")


@each_exercise
def test_an_untouched_stub_is_not_done_yet(name, capsys):
    assert said(CHECKS[name][0], stub, capsys).startswith("Not done yet")


@each_exercise
def test_an_error_in_the_answer_is_told_and_not_raised(name, capsys):
    words = said(CHECKS[name][0], lambda *arguments: arguments[99], capsys)
    assert words.startswith("Not yet.") and "IndexError" in words


@each_exercise
@pytest.mark.parametrize("wrong", [None, "words", 7, [[1], [2, 3]]])
def test_answers_of_odd_types_get_a_sentence(name, wrong, capsys):
    assert said(CHECKS[name][0], lambda *arguments: wrong, capsys).startswith("Not yet.")


@each_exercise
def test_hint_and_solution_are_folded(name, capsys):
    _, _, hint, solution = CHECKS[name]
    for show in (hint, solution):
        show()
        assert capsys.readouterr().out.strip()


def mode2_variant(frames, fps, samples_rate=6, overrun=0):
    samples = np.floor(np.arange(int(frames * samples_rate / fps) + 1 + overrun) * fps / 6 + 0.5)
    samples = samples.astype(int)
    starts = np.arange(0, len(samples) - 2, 6)
    return samples[starts[:, None] + np.arange(3)]


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (lambda frames, fps: sampling.mode1(frames)[:: round(fps)], "consecutive"),
        (lambda frames, fps: mode2_variant(frames, fps, overrun=9), "there is no frame"),
        (lambda frames, fps: sampling.mode2(frames, fps, step=0.5), "there should be"),
        (lambda frames, fps: sampling.mode2(frames, fps) if frames > 20 else [], "too short"),
        (lambda frames, fps: sampling.mode2(frames, fps)[:, :2], "shape"),
    ],
)
def test_slips_with_windows_are_named(wrong, word, capsys):
    assert word in said(e01.check_windows, wrong, capsys)


def leaking_by(key, with_test=False, everything=False):
    def leaking(table, tags):
        known = table[table.tag.isin([*tags, 2] if with_test else tags)]
        pairs = known[key].apply(tuple, axis=1).tolist()
        if with_test:
            pairs = [pair for pair in pairs if pairs.count(pair) > 1]
        rows = table if everything else table[table.tag == 2]
        return [row.path for row in rows.itertuples() if tuple(row[1:])[1:3][-len(key) :] in pairs]

    return leaking


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (leaking_by(["source"]), "another action"),
        (leaking_by(["label", "source"], with_test=True), "Two test clips"),
        (leaking_by(["label", "source"], everything=True), "training clips too"),
        (lambda table, tags: leaking_by(["label", "source"])(table, (1,)), "you missed"),
        (lambda table, tags: 3, "Return the paths"),
    ],
)
def test_slips_with_leaks_are_named(wrong, word, capsys):
    assert word in said(e01.check_leaking, wrong, capsys)


def test_the_leaking_solution_finds_what_the_library_counts():
    leaking = run_lines(e01.FIND_LEAKING)["leaking"]
    table = e01._small_table()
    for name, tags in {"1": (1,), "0+1": (0, 1)}.items():
        assert len(leaking(table, tags)) == clips.leakage(table)["tags"][name]["leaking"]


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (lambda gray, start, gap: sg3i.sg3i(gray, start, gap)[..., ::-1], "earliest"),
        (lambda gray, start, gap: gray[start : start + 2 * gap + 1 : gap], "channels come last"),
        (lambda gray, start, gap: sg3i.sg3i(gray, start, 1), "apart"),
        (lambda gray, start, gap: sg3i.sg3i(gray, 0, gap), "begin at `start`"),
        (lambda gray, start, gap: sg3i.sg3i(gray, start, gap) / 1, "uint8"),
        (lambda gray, start, gap: gray[start], "shape"),
    ],
)
def test_slips_with_sg3i_are_named(wrong, word, capsys):
    assert word in said(e02.check_sg3i, wrong, capsys)


def flipped_in_place(field):
    field[:] = field[:, ::-1].copy()
    field[..., 0] *= -1
    return field


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (lambda field: field[:, ::-1], "still points the old way"),
        (lambda field: field * [-1, 1], "old places"),
        (lambda field: -field[:, ::-1], "v stays"),
        (lambda field: field[:, ::-1] * [1, -1], "negated v"),
        (lambda field: field[::-1] * [-1, 1], "upside down"),
        (lambda field: field, "Nothing has changed"),
        (flipped_in_place, "copy it first"),
    ],
)
def test_slips_with_flips_are_named(wrong, word, capsys):
    assert word in said(e02.check_flip, wrong, capsys)


def lengths(field):
    return np.linalg.norm(field, axis=-1)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (lambda found, truth, known: lengths(found - truth).mean(), "all pixels"),
        (lambda found, truth, known: np.abs(found - truth)[known].mean(), "|u| and |v|"),
        (lambda found, truth, known: (lengths(found - truth) ** 2)[known].mean(), "squared"),
        (lambda f, t, known: (lengths(f - t) ** 2)[known].mean() ** 0.5, "before the mean"),
        (lambda f, t, known: np.abs(lengths(f) - lengths(t))[known].mean(), "directions"),
        (lambda found, truth, known: lengths(found - truth)[known].sum(), "divide"),
        (lambda found, truth, known: lengths(found - truth)[known], "take their mean"),
        (lambda found, truth, known: 0.0, "wrong"),
    ],
)
def test_slips_with_the_error_of_flow_are_named(wrong, word, capsys):
    assert word in said(e02.check_error, wrong, capsys)


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
    torch = pytest.importorskip("torch")
    assert exercises.differs(torch.ones(2, 3, requires_grad=True), np.ones((2, 3))) == ""
    assert exercises.differs(1.0 + 1e-9, 1) == ""
    assert "The value is wrong" in exercises.differs(2.0, 1)
