"""The record of noise: what runs gave is kept whole, and what cannot be noise is refused."""

import json

import numpy as np
import pytest

from tests.course.samples import found, whole
from twostream_lib import records
from twostream_lib.course import bands, noise
from twostream_lib.course.comparison import ALL_PROTOCOLS
from twostream_lib.errors import InputError


def four(**run):
    return [whole(seed, sd=0.01, **run) for seed in range(4)]


def test_a_band_keeps_every_figure_with_its_origin(tmp_path):
    bands.add(four(), tmp_path / "noise.json")
    band = bands.read(tmp_path / "noise.json")["bands"]["cpu"]
    assert (band["n"], band["seeds"]) == (4, [0, 1, 2, 3])
    assert (band["commit"], band["machine"]) == ("abc1234", "A processor") and band["date"]
    first = band["accuracies"][0]
    assert first["percent"] == [round(100 * run["results"][0]["accuracy"], 4) for run in four()]
    assert band["costs"]["peak memory"] == [3000] * 4


def test_the_noise_of_a_device_is_that_of_its_runs(tmp_path):
    bands.add(four(), tmp_path / "noise.json")
    known = bands.noise_for(bands.read(tmp_path / "noise.json"), "cpu")
    windows = {
        row["network"]: [run["results"][number]["accuracy"] for run in four()]
        for number, row in enumerate(four()[0]["results"])
        if row["protocol"] == "window"
    }
    wanted = noise.spreads(windows)
    for network, spread in wanted.items():
        assert known.accuracies[network, "window"].sd == pytest.approx(spread.sd, rel=1e-3)
    means = [
        np.mean([r["accuracy"] for r in run["results"] if r["network"] == "svm"]) for run in four()
    ]
    assert known.accuracies["svm", ALL_PROTOCOLS].sd > 0 and np.std(means) > 0
    assert "4 runs on cpu had between seeds 0, 1, 2, 3 (A processor, commit abc1234" in known.words


def test_each_kind_of_device_has_its_band_and_another_takes_the_cpus_wider(tmp_path):
    file = tmp_path / "noise.json"
    bands.add(four(), file)
    bands.add(four(device="NVIDIA T4"), file)
    record = bands.read(file)
    assert list(record["bands"]) == ["cpu", "NVIDIA T4"]
    assert bands.noise_for(record, "NVIDIA T4").wider == 1
    other = bands.noise_for(record, "NVIDIA A100")
    assert other.wider == bands.WIDER > 1
    assert "On NVIDIA A100 nobody has measured any: it is taken 1.5 times as wide." in other.words
    del record["bands"]["cpu"]
    assert bands.noise_for(record, "NVIDIA A100") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda runs: runs[:2], "from 2 runs: give at least 3"),
        (lambda runs: [*runs, runs[0]], "have one seed"),
        (lambda runs: [*runs, whole(9, git="fedcba9")], "differ in their commit"),
        (lambda runs: [*runs, whole(9, device="NVIDIA T4")], "differ in their device"),
        (lambda runs: [*runs, whole(9, device=None)], "does not say on what device"),
        (lambda runs: [*runs, whole(9, packages={"torch": "3"})], "differ in their packages"),
        (lambda runs: [*runs, whole(9, failed={"03": "It failed."})], "seed 9 is not finished"),
        (
            lambda runs: [*runs, found(svm=0.8) | {"run": whole(9)["run"]}],
            "differ in their results",
        ),
    ],
)
def test_what_differs_in_more_than_the_seed_is_no_noise(tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        bands.add(change(four()), tmp_path / "noise.json")
    assert not (tmp_path / "noise.json").exists()


def test_a_record_of_other_clips_is_not_added_to(tmp_path):
    bands.add(four(), tmp_path / "noise.json")
    others = four()
    for run in others:
        run["data"]["name"] = "weizmann"
    with pytest.raises(InputError, match="of other runs than these"):
        bands.add(others, tmp_path / "noise.json")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.pop("bands"),
        lambda record: record["bands"]["cpu"].update(n=5),
        lambda record: record["bands"]["cpu"]["accuracies"][0].update(percent=["a"]),
        lambda record: record["bands"]["cpu"]["costs"].update(disk=[0, 1, 1, 1]),
    ],
)
def test_a_record_that_is_none_is_refused(tmp_path, spoil):
    file = tmp_path / "noise.json"
    bands.add(four(), file)
    record = json.loads(file.read_text())
    del record[records.CHECKSUM]
    spoil(record)
    file.write_text(json.dumps(record))
    with pytest.raises(InputError, match=str(file)):
        bands.read(file)


def test_the_table_has_a_line_for_each_figure(tmp_path):
    record = bands.add(four(), tmp_path / "noise.json")
    known = bands.noise_of(record, "cpu")
    lines = bands.table(known).splitlines()
    assert len(lines) == 2 + len(known.accuracies)
