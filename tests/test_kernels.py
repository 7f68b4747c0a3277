"""Kernels that are forked are kernels like any other: new, alone, and gone when they should be."""

import multiprocessing
import subprocess
import sys
import time

import pytest

from tests.course import lessons
from tests.course.test_executing import execute
from tests.processes import is_gone
from twostream_lib import forking
from twostream_lib.course import executing

pytestmark = pytest.mark.skipif(not forking.context(), reason="kernels are started anew here")


def said(copy, *sources):
    """What the last of these cells printed."""
    return execute(copy, *sources)[-1].outputs[0].text.strip()


def test_the_packages_are_there_and_the_course_is_not(tmp_path):
    tell = "import sys\nprint(*sys.modules)"
    there = set(said(tmp_path / "copy.ipynb", tell).split())
    assert not set(forking.PACKAGES) - there
    assert not {"ipywidgets", "twostream_lib.course", "twostream_lib.figures"} & there


def test_a_kernel_knows_nothing_of_the_one_before(tmp_path):
    execute(tmp_path / "one.ipynb", "import torch\ntorch.left = left = 1\ntorch.set_num_threads(1)")
    tell = "import torch\nprint(hasattr(torch, 'left'), 'left' in globals())"
    assert said(tmp_path / "two.ipynb", tell) == "False False"


def test_it_has_the_environment_and_the_folder_of_its_start(tmp_path, monkeypatch):
    tell = "import os\nprint(os.environ.get('OF_THIS_ONE'), os.getcwd())"
    monkeypatch.setenv("OF_THIS_ONE", "one")
    assert said(tmp_path / "one.ipynb", tell) == f"one {executing.CHECKOUT}"
    monkeypatch.delenv("OF_THIS_ONE")
    assert said(tmp_path / "two.ipynb", tell) == f"None {executing.CHECKOUT}"


def test_its_own_processes_start_as_in_any_kernel(tmp_path):
    tell = "import multiprocessing\nprint(multiprocessing.get_start_method())"
    usual = multiprocessing.get_context().get_start_method()
    assert said(tmp_path / "copy.ipynb", tell) == usual


def test_what_a_kernel_has_started_ends_with_it(tmp_path):
    start = "import subprocess\nprint(subprocess.Popen(['sleep', '1000']).pid)"
    assert is_gone(int(said(tmp_path / "copy.ipynb", start)))


@pytest.mark.slow
def test_a_kernel_ends_with_a_runner_that_is_killed(tmp_path):
    mark = tmp_path / "kernel"
    cell = f"import os, pathlib, time\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))"
    notebook = lessons.write(tmp_path / "00_lesson.ipynb", cell, "time.sleep(1000)")
    call = (
        "from pathlib import Path; from twostream_lib.course import executing; "
        f"executing.execute(Path({str(notebook)!r}), Path({str(tmp_path / 'copy.ipynb')!r}), "
        "{'seed': 0}, 1000)"
    )
    runner = subprocess.Popen([sys.executable, "-c", call], cwd=executing.CHECKOUT)
    try:
        end = time.monotonic() + 100
        while not (mark.is_file() and mark.read_text()):
            assert time.monotonic() < end and runner.poll() is None
            time.sleep(0.1)
    finally:
        runner.kill()
        runner.wait()
    assert is_gone(int(mark.read_text()))
