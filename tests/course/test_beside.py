"""What the paper prints stands beside a run's result, each with its setting."""

import pytest

from twostream_lib import course
from twostream_lib.course.beside import beside_the_paper
from twostream_lib.errors import InputError
from twostream_lib.fusion.evaluation import Result


@pytest.fixture
def run(tmp_path, stick_set):
    return course.configure(videos=str(stick_set / "videos"), split=2, runs=str(tmp_path / "run"))


def test_the_run_stands_first_and_the_paper_says_what_its_ledger_says(run):
    table = beside_the_paper(run, Result("spatial", "window", 0.619, 0.55, 0.685, 622, 40))
    assert table["right (%)"].tolist() == ["61.9", "50.5", "53.2"]
    assert table["clips"].tolist() == ["StickHMDB", "HMDB-51", "HMDB-51"]
    assert table["setting"].tolist() == [
        "mode 2, split 2, training tags 1",
        "mode 1, split not stated, training tags 0 and 1",
        "mode 2, split not stated, training tags 0 and 1",
    ]
    assert table["protocol"].tolist() == ["window", "not stated", "not stated"]
    assert table["95 % interval"].tolist() == ["55.0 to 68.5", "not stated", "not stated"]


def test_a_network_that_the_paper_does_not_have_stands_alone(run):
    result = Result("temporal-flow", "video-10", 0.6, 0.5, 0.7, 168, 32)
    assert len(beside_the_paper(run, result)) == 1


def test_a_result_of_another_protocol_than_windows_is_not_put_beside_the_papers(run):
    with pytest.raises(InputError, match="protocol window, and the result's is video-10"):
        beside_the_paper(run, Result("spatial", "video-10", 0.6, 0.5, 0.7, 168, 32))
