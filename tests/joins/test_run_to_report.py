"""Every figure of the report is reckoned once more from the files of its own run."""

import html
import re

import numpy as np
import pytest

from tests.figures.samples import history
from tests.joins.known import PAIR, STREAMS, beside, made_up, windows
from twostream_lib import figures, networks, records
from twostream_lib.course import metrics, paper, report
from twostream_lib.fusion import evaluation, score_files
from twostream_lib.training import checkpoints

NETWORKS = (*STREAMS, "average", "svm")
TRAINED = PAIR  # whose curves are looked at
ROW = re.compile(
    r'<th scope="row">([\w-]+)</th>\s*<td class="run">([\d.]+)</td>\s*<td>([\d.]+) to ([\d.]+)</td>'
    r"\s*<td>(\d+)</td>\s*<td>([\d.–]+)</td>"
)
BLOCK = re.compile(r"<caption><strong>([\w-]+)</strong>(.*?)</table>", re.S)


def finished(run, seed):
    """Leave in a run's folder scores of each network, right and wrong by chance, and histories."""
    rng = np.random.default_rng(seed)
    for network in NETWORKS:
        stream = network if network in STREAMS else "spatial"
        label = windows(run, stream, "test").label
        said = np.where(
            rng.random(len(label)) < rng.uniform(0.3, 0.8), label, rng.integers(0, 3, len(label))
        )
        test = made_up(run, stream, "test", said, sure=rng.uniform(1, 4))
        run.save_scores(network, {"test": test})
        if network not in TRAINED:
            continue
        folder = run.checkpoint(network)
        folder.mkdir(parents=True)
        epochs = [row | {"valid_loss": row["valid_loss"] + rng.random()} for row in history(3)]
        records.write(folder / checkpoints.HISTORY_FILE, {"epochs": epochs, "made_by": {}})
    metrics.write(
        metrics.collect(run, metrics.Outcome({"00_lesson": 12.3 + seed}), 500.0 + seed),
        run.folder / "metrics.json",
    )
    return report.render(run, metrics.read(run.folder))


@pytest.fixture(scope="module")
def two(films, tmp_path_factory):
    """Two finished runs side by side, and the report of each."""
    runs = tmp_path_factory.mktemp("runs")
    made = [beside(films, runs / name) for name in ("one", "two")]
    for run in made:
        run.folder.mkdir()
        (run.folder / "clips.csv").write_bytes((films.folder / "clips.csv").read_bytes())
    return [(run, finished(run, seed)) for seed, run in enumerate(made)]


def reckoned(run, network, protocol):
    """How many things are right under a protocol, and of how many, from the arrays of the file."""
    with np.load(run.folder / "scores" / f"{network}.npz") as file:
        arrays = {name: file[f"test/{name}"] for name in ("logits", "video", "label", "protocol")}
    there = arrays["protocol"] == protocol
    raised = np.exp(arrays["logits"][there].astype(float))
    shares = raised / raised.sum(1, keepdims=True)
    video, label = arrays["video"][there], arrays["label"][there]
    if protocol == "window":
        return shares.argmax(1), label, video
    names = np.unique(video)
    means = np.array([shares[video == name].mean(0) for name in names])
    return means.argmax(1), np.array([label[video == name][0] for name in names]), names


def test_every_row_of_every_table_is_of_this_runs_scores(two):
    for run, page in two:
        blocks = dict(BLOCK.findall(page))
        assert list(blocks) == list(evaluation.PROTOCOLS)
        for protocol, text in blocks.items():
            rows = {row[0]: row[1:] for row in ROW.findall(text)}
            assert list(rows) == [name for name in networks.names() if name in NETWORKS]
            for network, (accuracy, low, high, n, printed) in rows.items():
                said, label, video = reckoned(run, network, protocol)
                right = said == label
                assert (accuracy, int(n)) == (f"{100 * right.mean():.1f}", len(right))
                source = np.array([name.split("/")[1].split("_")[0] for name in video])
                interval = [f"{100 * end:.1f}" for end in evaluation.interval(right, source)]
                assert [low, high] == interval, (network, protocol)
                known = paper.figure(network, "mode 2") if protocol == "window" else None
                assert printed == ("–" if known is None else f"{100 * known:.1f}")


def test_the_headline_is_of_the_rows_under_video_10(two):
    for run, page in two:
        right = {}
        for network in ("spatial", "temporal-sg3i", "average"):
            said, label, _ = reckoned(run, network, "video-10")
            right[network] = 100 * (said == label).mean()
        gain = right["average"] - max(right["spatial"], right["temporal-sg3i"])
        (lead,) = re.findall(r'<p class="lead">(.*?)</p>', page, re.S)
        numbers = [float(number) for number in re.findall(r"\d+\.\d", lead)]
        assert numbers == pytest.approx([*right.values(), abs(gain)], abs=0.051)
        assert ("above" in lead) == (gain >= 0)


def alts(page):
    """The alternative text of each figure, by its caption."""
    found = re.findall(r'<figcaption>(.*?)</figcaption><img[^>]*alt="([^"]*)"', page)
    return {caption: html.unescape(alt) for caption, alt in found}


def test_the_matrix_is_that_of_the_average(two):
    for run, page in two:
        said, label, _ = reckoned(run, "average", "video-10")
        matrix = np.zeros((3, 3), int)
        np.add.at(matrix, (label, said), 1)
        (alt,) = [alt for alt in alts(page).values() if alt.startswith("Confusion")]
        wrong = matrix - np.diag(matrix.diagonal())
        if wrong.any():
            true, taken = np.unravel_index(wrong.argmax(), wrong.shape)
            classes = ("down", "left", "right")
            assert f"{classes[true]} is taken for {classes[taken]} ({wrong.max()} times)" in alt
        test = score_files.load(run.folder / "scores" / "average.npz")["test"]
        assert np.array_equal(evaluation.confusion(test), matrix)


def test_each_curve_is_of_its_own_network_and_run(two):
    seen = set()
    for run, page in two:
        for network in TRAINED:
            kept = checkpoints.read_history(run.folder / "checkpoints" / network)
            alt = figures.curves(kept, 3).alt
            assert alts(page)[f"How {network} learned"] == alt
            seen.add(alt)
    assert len(seen) == 2 * len(TRAINED)


def test_the_bars_are_those_of_the_table(two):
    for run, page in two:
        alt = alts(page)["Accuracies under protocol video-10"]
        for network in NETWORKS:
            said, label, _ = reckoned(run, network, "video-10")
            assert f"{network} {100 * (said == label).mean():.1f} %" in alt


def test_time_memory_and_clips_are_this_runs(two):
    for seed, (run, page) in enumerate(two):
        assert f"{12.3 + seed:.1f}</td>" in page and f"{500 + seed} MiB" in page
        assert f"{len(run.used_clips)} clips of 3 classes" in page
        assert f"Run “{run.folder.name}”" in page
