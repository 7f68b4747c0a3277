"""What others' machines run: workflows, the container file and the hooks call what is here.

Whether they are well formed, `make lint` asks kept linters.
"""

import inspect
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from twostream_lib.data.frame_stream import FrameStream
from twostream_lib.training.profiles import PROFILES

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def workflow(name):
    return yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8"))


def commands(job):
    """What a job's steps run."""
    return [step["run"] for step in job["steps"] if "run" in step]


def oldest_python():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["requires-python"].removeprefix(">=")


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_to_commits_and_say_which_version_that_is(file):
    used = re.findall(r"uses: (.+)", file.read_text(encoding="utf-8"))
    assert used
    for one in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one), one


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_workflows_may_read_and_keep_no_credentials(file):
    found = workflow(file.name)
    assert found["permissions"] == {"contents": "read"}
    for job in found["jobs"].values():
        assert "permissions" not in job
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"] == {"persist-credentials": False}


def test_every_change_is_asked_what_ci_asks():
    (job,) = workflow("check.yml")["jobs"].values()
    assert commands(job)[-1] == ".ci/run"


def test_every_night_the_newest_versions_colabs_and_the_lowest_are_tried():
    job = workflow("nightly.yml")["jobs"]["versions"]
    tried = {one["target"]: one["python"] for one in job["strategy"]["matrix"]["include"]}
    assert tried.keys() == {"test", "colab", "lowest"}
    assert 'make "$TARGET"' in commands(job)
    for target in tried:
        assert re.search(rf"^{target}:", MAKEFILE, flags=re.MULTILINE)
    assert tried["lowest"] == oldest_python()
    for target in ("colab", "lowest"):
        assert f"PYTHON{tried[target].replace('.', '')}" in MAKEFILE


def test_every_night_colab_is_asked_whether_it_has_moved():
    (asked,) = [
        one for one in commands(workflow("nightly.yml")["jobs"]["versions"]) if "fresh" in one
    ]
    file = re.search(r"--output (\S+)", asked)[1]
    assert f"make fresh FREEZE={file}" in asked


def test_caches_follow_the_files_that_name_packages():
    for file in WORKFLOWS:
        for job in workflow(file.name)["jobs"].values():
            for step in job["steps"]:
                for name in step.get("with", {}).get("cache-dependency-path", "").split():
                    assert (ROOT / name).is_file(), name


def test_the_container_runs_as_nobody_in_particular_and_has_no_secret():
    instructions = re.findall(r"^([A-Z]+) (.*)", DOCKERFILE, flags=re.MULTILINE)
    users = [words for name, words in instructions if name == "USER"]
    assert users == ["1000"] and "--uid 1000" in DOCKERFILE
    after = instructions[instructions.index(("USER", "1000")) :]
    assert {name for name, _ in after} <= {"USER", "EXPOSE", "HEALTHCHECK", "CMD"}
    assert not re.search(r"token|password|secret", re.sub(r"^#.*", "", DOCKERFILE, flags=re.M))


def test_the_container_has_a_python_that_the_course_is_tested_on():
    version = re.search(r"^FROM python:(\d+\.\d+)-", DOCKERFILE, flags=re.MULTILINE)[1]
    assert (3, 11) <= tuple(map(int, version.split("."))) <= (3, 13)


def test_the_container_is_started_with_the_shared_memory_that_mode_1_needs():
    """Without a word it has 64 MB, and the buffer of SG3Is has 3 bytes a pixel."""
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    height, width = PROFILES["paper-mode1"].plan.size
    buffer = inspect.signature(FrameStream).parameters["buffer"].default
    for text in (page, DOCKERFILE):
        (given,) = re.findall(r"docker run [^`]*?--shm-size (\d+)g", text)
        assert int(given) * 2**30 > 4 * 3 * buffer * height * width


def test_the_container_leaves_behind_what_is_no_part_of_the_course():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".git", ".venv*", "runs", "lab"} <= set(ignored)
    needed = {"notebooks", "twostream_lib", "requirements.txt", "pyproject.toml", "README.md"}
    assert not needed & set(ignored)  # what an editable installation and `lab` read


def test_hooks_are_the_tools_of_the_house():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    entries = [hook["entry"] for repo in hooks for hook in repo["hooks"]]
    assert all(entry.startswith(".venv/bin/") for entry in entries)
    assert any("tests/notebooks/test_hygiene.py" in entry for entry in entries)
    for tool in ("ruff check", "ruff format", "codespell"):
        assert any(f".venv/bin/{tool}" in entry for entry in entries)
        assert f"$(BIN)/{tool}" in MAKEFILE
