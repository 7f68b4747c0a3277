"""Clips damaged in every way: no crash, the bad named, the good untouched."""

from pathlib import Path

import pytest

from twostream_lib.bench import corruption

CLIPS = 60
SHAPE = (30, 48, 64, 3)


@pytest.fixture(scope="module")
def drawn(stick_set) -> list[Path]:
    return sorted(stick_set.glob("videos/*/*.avi"))[::12]


@pytest.fixture(scope="module")
def real(real_data) -> list[Path]:
    return sorted((real_data / "data" / "hmdb51_clips").glob("*/*.avi"))[1:]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["drawn", "real"])
def test_damage_is_named_and_good_clips_are_untouched(kind, tmp_path, request):
    originals = request.getfixturevalue(kind)
    written = corruption.write_clips(tmp_path, originals, CLIPS, seed=1)
    assert set(written["harm"]) == {"", *corruption.HARMS, *corruption.foreign_files()}
    found = corruption.measure(tmp_path, written)
    assert found["clips"] == CLIPS
    assert found["unnamed"] == found["unequal"] == found["handles_leaked"] == 0
    assert found["named"] > 0.8 * found["damaged"]


@pytest.mark.parametrize(
    ("harm", "named", "found", "original", "outcome"),
    [
        ("", False, (SHAPE, "same"), (SHAPE, "same"), ""),
        ("", True, (SHAPE, "same"), (SHAPE, "same"), "unequal"),
        ("", False, (SHAPE, "other"), (SHAPE, "same"), "unequal"),
        ("", False, None, (SHAPE, "same"), "unequal"),
        ("cut", True, None, (SHAPE, "same"), "named"),
        ("cut", False, None, (SHAPE, "same"), "unnamed"),
        ("cut", False, ((20, 48, 64, 3), "other"), (SHAPE, "same"), "unnamed"),
        ("cut", False, ((29, 48, 64, 3), "other"), (SHAPE, "same"), "unnoticed"),
        ("zeros", False, ((30, 48, 60, 3), "other"), (SHAPE, "same"), "unnamed"),
        ("zeros", False, (SHAPE, "other"), (SHAPE, "same"), "unnoticed"),
        ("a picture", False, (SHAPE, "other"), None, "unnamed"),
        ("a picture", True, None, None, "named"),
    ],
)
def test_each_file_is_counted_for_what_became_of_it(harm, named, found, original, outcome):
    assert corruption._outcome(harm, named, found, original) == outcome


@pytest.mark.slow
def test_the_same_seed_damages_alike(drawn, tmp_path):
    first, second = (
        corruption.write_clips(tmp_path / place, drawn, 20, seed=3) for place in ("a", "b")
    )
    assert first["harm"].tolist() == second["harm"].tolist()
    for one, other in zip(first["path"], second["path"], strict=True):
        assert Path(one).read_bytes() == Path(other).read_bytes()


@pytest.mark.slow
def test_what_fails_is_counted(drawn, tmp_path, monkeypatch):
    """The measure itself can fail: a report that names nothing, and a decoder that is off."""
    written = corruption.write_clips(tmp_path, drawn, 30, seed=2)
    monkeypatch.setattr(corruption, "_named", lambda report: set())
    found = corruption.measure(tmp_path, written)
    assert found["unnamed"] > 0 and found["named"] == found["unequal"] == 0
    monkeypatch.setattr(
        corruption, "_named", lambda report: {f"wave/{Path(p).name}" for p in written.path}
    )
    assert corruption.measure(tmp_path, written)["unequal"] == (written.harm == "").sum()
