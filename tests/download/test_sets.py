"""Getting a data set: from archives to whole folders, over any number of starts."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import joblib
import pytest

from tests.download.hosts import REAL, SPLITS, VIDEOS, Host, contents, real, zipped
from tests.download.mutations import noises, spoiled
from twostream_lib import clips, download
from twostream_lib.__main__ import main
from twostream_lib.download import archives, fetching
from twostream_lib.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"splits": SPLITS, "videos": VIDEOS}


def use_sources(monkeypatch, dataset, **sources):
    """Point a data set at small archives on local servers."""
    small = tuple(
        replace(archive, content=SMALL[archive.folder], sources=sources[archive.folder], md5="")
        for archive in download.DATASETS[dataset]
    )
    monkeypatch.setitem(download.DATASETS, dataset, small)


# --- from sources to a clip table ------------------------------------------------------------


def test_hmdb51_arrives_as_clips_and_splits_that_read_hmdb51_finds(tmp_path, serve, monkeypatch):
    host = Host({name: real(name) for name in ("hmdb51_org.rar", "test_train_splits.rar")})
    url = serve(host)
    splits, videos = f"{url}/test_train_splits.rar", f"{url}/hmdb51_org.rar"
    use_sources(monkeypatch, "hmdb51", splits=(splits,), videos=(videos,))
    assert main(["download", str(tmp_path / "set")]) == 0
    table = clips.read_hmdb51(tmp_path / "set" / "videos", split=2)
    assert list(table["label"]) == ["clap", "clap", "wave", "wave"]
    assert set(table["tag"]) == {1, 2}
    with joblib.parallel_config(backend="threading"):
        assert clips.probe_clips(table)["ok"].all()
    assert main(["download", str(tmp_path / "set")]) == 0
    assert len(host.asked) == 2


def test_ucf101_takes_the_same_way(tmp_path, serve, monkeypatch):
    lists = [f"lists/{kind}list0{k}.txt" for kind in ("train", "test") for k in (1, 2, 3)]
    url = serve(Host({"lists.zip": zipped(lists), "UCF101.rar": real("UCF101.rar")}))
    monkeypatch.setitem(SMALL, "splits", download.DATASETS["ucf101"][0].content)
    use_sources(monkeypatch, "ucf101", splits=(f"{url}/lists.zip",), videos=(f"{url}/UCF101.rar",))
    with pytest.raises(InputError, match="6 files in 0 class folders, not 7 in 0"):
        download.download(tmp_path, "ucf101")
    whole = zipped([*lists, "lists/classInd.txt", "lists/notes.txt"])
    (tmp_path / "archives" / "lists.zip").write_bytes(whole)
    assert main(["download", str(tmp_path), "--dataset", "ucf101"]) == 0
    assert len(list((tmp_path / "splits").iterdir())) == 7
    names = [str(path.relative_to(tmp_path)) for path in (tmp_path / "videos").rglob("*.avi")]
    assert sorted(names)[0] == "videos/Archery/v_Archery_g01_c01.avi" and len(names) == 4


def test_archives_that_a_person_has_are_used_and_left_alone(tmp_path, monkeypatch):
    nowhere = "http://127.0.0.1:9"
    splits, videos = f"{nowhere}/test_train_splits.rar", f"{nowhere}/hmdb51_org.rar"
    use_sources(monkeypatch, "hmdb51", splits=(splits,), videos=(f"{nowhere}/a.zip", videos))
    own = shutil.copytree(REAL, tmp_path / "own")
    assert main(["download", str(tmp_path / "set"), "--archives", str(own)]) == 0
    assert contents(own) == contents(REAL)
    assert archives.count(tmp_path / "set" / "videos") == (4, 2)


def test_a_spoiled_archive_is_one_sentence_and_is_left_alone(tmp_path, monkeypatch, capsys):
    nowhere = "http://127.0.0.1:9"
    lists, videos = f"{nowhere}/test_train_splits.rar", f"{nowhere}/hmdb51_org.rar"
    use_sources(monkeypatch, "hmdb51", splits=(lists,), videos=(videos,))
    own = shutil.copytree(REAL, tmp_path / "own")
    codes = []
    for k, noise in enumerate(noises("own", 12)):
        (own / "hmdb51_org.rar").write_bytes(spoiled(real("hmdb51_org.rar"), noise))
        before = contents(own)
        codes.append(main(["download", str(tmp_path / str(k)), "--archives", str(own)]))
        said = capsys.readouterr().err.splitlines()[-1]
        assert codes[-1] == 0 or said.startswith(f"{own / 'hmdb51_org.rar'} cannot be unpacked (")
        assert "Traceback" not in said and contents(own) == before
    assert set(codes) <= {0, 2} and codes.count(2) > 6


def test_an_archive_that_a_person_does_not_have_is_named(tmp_path, capsys):
    assert main(["download", str(tmp_path / "set"), "--archives", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "test_train_splits.rar" in error and error.count("\n") == 1


def test_an_unknown_data_set_is_refused_with_the_known_ones(tmp_path, capsys):
    assert main(["download", str(tmp_path), "--dataset", "kinetics"]) == 2
    assert "hmdb51 or ucf101" in capsys.readouterr().err


def test_the_lists_of_sources_can_be_used():
    for parts in download.DATASETS.values():
        assert [archive.folder for archive in parts] == ["splits", "videos"]
        for archive in parts:
            assert all(url.startswith("https://") for url in archive.sources)
            assert all(name.endswith((".rar", ".zip")) for name in fetching.names(archive.sources))
            assert re.fullmatch(r"[0-9a-f]{32}|", archive.md5)
            assert 10**6 < archive.largest < fetching.LARGEST
            assert not re.fullmatch(archive.content.pattern, "._v_resource_fork.avi")


def test_two_downloads_do_not_share_a_folder(tmp_path, capsys, monkeypatch):
    tried = []
    monkeypatch.setattr(download.sets, "_provide", lambda *_: tried.append(start(capsys, tmp_path)))
    assert main(["download", str(tmp_path), "--dataset", "ucf101"]) == 0
    mine = f"{tmp_path} is in use by process {os.getpid()} on "
    for code, said in tried:
        assert code == 2 and said.startswith(mine) and ", which downloads ucf101 since " in said
    assert len(tried) == 2
    assert {path.name for path in tmp_path.iterdir()} <= {".download.lock"}


def start(capsys, folder):
    """A download into a folder: the exit code, and what is said on stderr."""
    return main(["download", str(folder)]), capsys.readouterr().err


def test_a_folder_that_is_not_whole_is_not_taken_for_the_data_set(tmp_path, monkeypatch):
    nowhere = ("http://127.0.0.1:9/hmdb51_org.rar",)
    use_sources(monkeypatch, "hmdb51", splits=nowhere, videos=nowhere)
    (tmp_path / "splits").mkdir()
    with pytest.raises(InputError, match="move it away"):
        download.download(tmp_path)


# --- kill -9 ---------------------------------------------------------------------------------


KILLS = int(os.environ.get("TWOSTREAM_KILLS", "6"))

KILLED = """
import sys
from twostream_lib.download import sets as download
from twostream_lib.download.archives import Content
from twostream_lib.__main__ import main
kinds = {"splits": Content(r".+[.]txt", 150), "videos": Content(r".+[.]avi", 150, 3)}
download.DATASETS["hmdb51"] = tuple(
    download.Archive(folder, kinds[folder], (f"{sys.argv[1]}/{folder}.zip",), 10**8)
    for folder in kinds
)
sys.exit(main(["download", sys.argv[2]]))
"""

SIZES = {"splits": 150 * 1000, "videos": 150 * 20_000}


def kill_and_start_again(folder, url, moments):
    """Downloads that are killed when this share of the work is done; then one that is not."""
    command = [sys.executable, "-c", KILLED, url, str(folder)]
    for moment in moments:
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as run:
            while progress(folder) < moment and run.poll() is None:
                time.sleep(0.001)
            run.send_signal(signal.SIGKILL)
        # A machine that is busy elsewhere may let it finish before the signal comes.
        assert run.returncode in (0, -signal.SIGKILL)
        for name in ("splits", "videos"):  # whole, or not there
            assert not (folder / name).exists() or archives.count(folder / name)[0] == 150
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120)


def progress(folder):
    """From 0 to 4: two archives, each fetched and unpacked."""
    shares = 0.0
    for name in ("splits", "videos"):
        if (folder / name).exists():
            shares += 2
        elif (folder / "archives" / f"{name}.zip").exists():
            out = folder / f".{name}.part" / "out"
            shares += 1 + sum(len(files) for _, _, files in os.walk(out)) / 150
        else:
            part = folder / "archives" / f"{name}.zip.part"
            try:
                shares += part.stat().st_size / SIZES[name]
            except FileNotFoundError:
                return shares
    return shares


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_up_bit_equal(tmp_path, serve):
    names = {
        "splits": [f"lists/{k}.txt" for k in range(150)],
        "videos": [f"set/{label}/{k}.avi" for label in "abc" for k in range(50)],
    }
    files = {f"{kind}.zip": zipped(names[kind], SIZES[kind] // 150) for kind in names}
    url = serve(Host(files, slow=0.002))
    assert kill_and_start_again(tmp_path / "undisturbed", url, []).returncode == 0
    noise = random.Random(5)
    moments = sorted(noise.uniform(0, 4) for _ in range(KILLS))
    done = kill_and_start_again(tmp_path / "killed", url, moments)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "killed") == contents(tmp_path / "undisturbed")
    assert len(contents(tmp_path / "killed" / "videos")) == 150
