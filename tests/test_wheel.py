"""From the wheel, in an empty folder: commands work, and those that need a clone say so."""

import os
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import twostream_lib
from twostream_lib import bootstrap

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("pyproject.toml", "requirements.txt", "README.md", "LICENSE")
OLDEST_SETUPTOOLS = (77,)  # as pyproject.toml has it

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy: setuptools leaves folders in what it builds from."""
    try:
        found = bootstrap.release(metadata.version("setuptools"))
    except metadata.PackageNotFoundError:
        found = ()
    if found < OLDEST_SETUPTOOLS:
        pytest.skip("the wheel is built by setuptools 77 or newer, which is not here")
    source = tmp_path_factory.mktemp("source")
    for name in NEEDED:
        shutil.copy(ROOT / name, source)
    spare = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "twostream_lib", source / "twostream_lib", ignore=spare)
    build = "from setuptools import build_meta; build_meta.build_wheel('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    (built,) = (source / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """What pip would put into site-packages."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    return site


@pytest.fixture
def command(installed, tmp_path):
    """Calls the command line of the wheel in an empty folder."""

    def call(*words):
        environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
        line = [sys.executable, "-m", "twostream_lib", *words]
        return subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return call


def test_the_wheel_has_every_file_of_the_library_and_no_other(wheel):
    library = {path for path in (ROOT / "twostream_lib").rglob("*") if path.is_file()}
    wanted = {path.relative_to(ROOT).as_posix() for path in library if path.suffix != ".pyc"}
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    assert names == wanted


def test_the_wheel_asks_for_what_requirements_txt_names(installed):
    (found,) = metadata.distributions(name="two-stream-course", path=[str(installed)])
    assert found.version == twostream_lib.__version__
    asked = [line for line in found.requires or [] if "extra ==" not in line]
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(asked) == sorted(line for line in lines if line and line[0] != "#")


@pytest.mark.parametrize("name", ["run", "lab"])
def test_what_needs_the_notebooks_says_so_in_one_sentence(command, name):
    done = command(name)
    assert done.returncode == 2
    assert "There are no notebooks in" in done.stderr and "clone" in done.stderr
    assert done.stderr.count("\n") == 1 and done.stdout == ""


def test_clips_are_drawn_verified_and_audited(command, tmp_path):
    assert command("--version").stdout.strip() == twostream_lib.__version__
    assert command("make-clips", "clips", "--clips-per-class", "6").returncode == 0
    verified = command("verify", "clips/videos", "--splits", "clips/splits")
    assert "126 of 126 clips in 21 classes can be used" in verified.stdout
    assert command("audit", "clips/splits", "--split", "1").returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["clips"]


def test_what_asks_a_run_says_that_there_is_none(command, tmp_path):
    for words in (("predict", "film.mp4"), ("score", "run"), ("compare", "run", "other")):
        done = command(*words)
        assert done.returncode == 2 and done.stderr.count("\n") == 1, words
        assert "run" in done.stderr
    assert list(tmp_path.iterdir()) == []
