"""Questions that answer back, with a kernel and without."""

import pytest

from twostream_lib import figures
from twostream_lib.errors import InputError
from twostream_lib.figures import quiz


def test_printed_quiz_folds_its_answer_away(shown):
    figures.show_quiz("What is red?", ["late < early", "the earliest frame"], 1, "Channel 0.")
    markup, text = shown[0]["text/html"], shown[0]["text/plain"]
    question, answer = markup.split("<details>")
    assert "late &lt; early" in question
    assert "Channel 0." not in question
    assert "<b>2.</b> the earliest frame<br>Channel 0." in answer
    assert "2. the earliest frame" in text
    with pytest.raises(InputError, match="Answer 2 is none of 2"):
        figures.show_quiz("?", ["a", "b"], 2, "")


def test_quiz_answers_back():
    box = quiz.quiz("Which is <b>?", ["one", "two"], 1, "Because 1 < 2.")
    question, choice, verdict = box.children
    assert "&lt;b&gt;" in question.value
    assert choice.value is None
    assert verdict.value == ""
    choice.value = 0
    assert "Not this one" in verdict.value
    assert "Because" not in verdict.value
    choice.value = 1
    assert "Right." in verdict.value
    assert "Because 1 &lt; 2." in verdict.value


@pytest.mark.parametrize("answer", [-1, 2])
def test_quiz_needs_an_answer_among_its_options(answer):
    with pytest.raises(InputError, match="none of 2 options"):
        quiz.quiz("Which?", ["one", "two"], answer, "")
