"""A run's clips: whose split files are read, and what is known of the drawn ones."""

import shutil

from twostream_lib import course


def test_split_files_beside_the_videos_are_found_and_read(tmp_path):
    for folder in ("videos", "splits", "elsewhere"):
        (tmp_path / folder).mkdir()
    for split in (1, 3):
        (tmp_path / "splits" / f"wave_test_split{split}.txt").write_text("film_wave_1.avi 2\n")
    (tmp_path / "elsewhere" / "wave_test_split2.txt").write_text("film_wave_1.avi 0\n")
    asked = {"videos": str(tmp_path / "videos"), "runs": str(tmp_path / "run")}
    beside = course.configure(**asked)
    assert beside.lists == tmp_path / "splits" and list(beside.listed) == [1, 3]
    other = course.configure(**asked, splits=str(tmp_path / "elsewhere"))
    assert other.lists == tmp_path / "elsewhere" and list(other.listed) == [2]


def test_without_split_files_none_are_listed(tmp_path):
    (tmp_path / "videos").mkdir()
    run = course.configure(videos=str(tmp_path / "videos"), runs=str(tmp_path / "run"))
    assert run.lists is None and run.listed == {}


def test_twins_are_known_of_the_drawn_clips_alone(stick_set, tmp_path):
    run = course.configure(videos=str(stick_set / "videos"), runs=str(tmp_path / "drawn"))
    assert ("sit", "stand") in run.motion_twins
    places = {name: place for place, name in enumerate(run.twins_together)}
    assert all(abs(places[a] - places[b]) == 1 for a, b in run.motion_twins)
    assert sorted(places) == run.classes
    for name in ("wave", "clap"):
        (tmp_path / "videos" / name).mkdir(parents=True)
        for clip in (stick_set / "videos" / "sit").iterdir():
            own_name = clip.name.replace("_sit_", f"_{name}_")
            shutil.copy(clip, tmp_path / "videos" / name / own_name)
    own = course.configure(videos=str(tmp_path / "videos"), runs=str(tmp_path / "own"))
    assert own.motion_twins == []
    assert own.twins_together == own.classes == ["clap", "wave"]
