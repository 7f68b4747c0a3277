"""The tables of the terminal and of the README."""

from tests.course.samples import found
from twostream_lib.course import baselines, showing
from twostream_lib.fusion.evaluation import Result


def test_the_table_keeps_protocols_apart_and_shows_each_figure_with_its_interval():
    run = found(spatial=0.5, average=0.8)
    window = {"network": "spatial", "protocol": "window", "accuracy": 0.48, "low": 0.45}
    run["results"].append(window | {"high": 0.51, "n": 900, "sources": 60, "paper": 0.532})
    lines = showing.table(run).splitlines()
    heads = [line.split()[0] for line in lines if "interval" in line]
    assert heads == ["window", "video-10"]
    assert lines[0].startswith("StickHMDB, split 1, trained on tag 1")
    assert lines[3].split() == ["spatial", "48.0", "45.0", "to", "51.0", "900", "60", "–", "53.2"]
    assert lines[-1].split() == ["average", "80.0", "76.0", "to", "84.0", "216", "60", "–", "–"]


def test_each_row_has_the_ceiling_of_its_network():
    run = found(spatial=0.5, svm=0.8)
    run["data"]["ceilings"] = {"spatial": 0.6, "joint": 1.0}
    spatial, svm = showing.table(run).splitlines()[-2:]
    assert (spatial.split()[-2], svm.split()[-2]) == ("60.0", "100.0")


def test_an_accuracy_stands_with_its_interval():
    result = Result("spatial", "window", 0.673, 0.598, 0.739, 168, 32)
    assert showing.with_interval(result) == "67.3 (59.8 to 73.9)"


def test_the_readmes_table_speaks_in_a_readers_words():
    run = found(spatial=0.5, fusenet=0.8)
    run["data"]["ceilings"] = {"spatial": 2 / 3, "joint": 1.0}
    run["results"].append(run["results"][0] | {"protocol": "window"})
    table = showing.readme_table(run)
    assert table.splitlines()[2:] == [
        "| spatial stream | 50.0 % | 46.0 to 54.0 | 66.7 |",
        "| FuseNet | 80.0 % | 76.0 to 84.0 | 100.0 |",
    ]
    assert showing.readme_table(baselines.new_baseline([run], None)) == table


def test_a_run_without_scores_says_so():
    assert showing.table(found()) == "No network has been scored yet."
