"""Kernels that are forked are kernels like any other: new, alone, and gone when they should be."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.course import lessons
from tests.course.test_executing import execute
from tests.processes import is_gone
from twostream_lib import kernels
from twostream_lib.course import executing

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are started anew here"),
    pytest.mark.slow,
]


@pytest.fixture(autouse=True)
def as_the_first_one(monkeypatch):
    """The environment of the first kernel that this process forked, if it has: others are not."""
    for name in [name for name in os.environ if name.startswith(kernels.READ_ONCE)]:
        monkeypatch.delenv(name)
    for name, value in (kernels.Forked.began_with or {}).items():
        monkeypatch.setenv(name, value)


def said(copy, *sources):
    """What the last of these cells printed."""
    return execute(copy, *sources)[-1].outputs[0].text.strip()


def test_a_kernel_begins_with_the_packages_and_hardly_anything_of_the_course(tmp_path):
    tell = "import sys\nprint(*sys.modules)"
    there = set(said(tmp_path / "copy.ipynb", tell).split())
    assert not set(kernels.PACKAGES) - there
    assert "ipywidgets" not in there
    ours = {name for name in there if name.startswith(("twostream_lib", "tests"))}
    assert ours == {"twostream_lib", "twostream_lib.kernels", "twostream_lib.orphans"}


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
    tell = "import multiprocessing\nprint(multiprocessing.get_start_method(allow_none=True))"
    assert said(tmp_path / "copy.ipynb", tell) == "None"


def test_what_a_kernel_has_started_ends_with_it(tmp_path):
    start = "import subprocess\nprint(subprocess.Popen(['sleep', '1000']).pid)"
    assert is_gone(int(said(tmp_path / "copy.ipynb", start)))


def test_nobody_answers_what_it_starts_and_what_it_left_behind_is_tidied_up(tmp_path):
    ask = "import subprocess\nprint(subprocess.run(['cat'], capture_output=True).stdout)"
    assert said(tmp_path / "one.ipynb", ask) == "b''"
    leave = "import tempfile\nkept = tempfile.TemporaryDirectory()\nprint(kept.name)"
    assert not Path(said(tmp_path / "two.ipynb", leave)).exists()


def test_kernels_draw_numbers_of_their_own(tmp_path):
    draw = "import numpy\nprint(numpy.random.random())"
    assert said(tmp_path / "one.ipynb", draw) != said(tmp_path / "two.ipynb", draw)


def test_what_the_packages_read_when_they_begin_is_that_of_the_kernel(tmp_path, monkeypatch):
    tell = "import matplotlib\nprint(matplotlib.rcParams['backend'])"
    for backend in ("svg", "pdf"):
        monkeypatch.setenv("MPLBACKEND", backend)
        assert said(tmp_path / "copy.ipynb", tell) == backend


# As somebody writes it who does not know that it starts processes.
SCRIPT = """
from pathlib import Path
from twostream_lib.course import executing

print("once")
executing.execute(Path({notebook!r}), Path({copy!r}), {{"seed": 0}}, 1000)
"""


def test_a_script_that_executes_a_notebook_is_not_imported_by_the_kernel(tmp_path):
    notebook = lessons.write(tmp_path / "00_lesson.ipynb", "print('executed')")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(notebook=str(notebook), copy=str(tmp_path / "copy.ipynb")))
    command = [sys.executable, script]
    done = subprocess.run(command, cwd=executing.CHECKOUT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "once\n"), done.stderr
    assert "executed" in (tmp_path / "copy.ipynb").read_text()


def test_a_runner_that_is_interrupted_while_a_kernel_comes_up_ends(tmp_path):
    notebook = lessons.write(tmp_path / "00_lesson.ipynb", "1 + 1")
    script = tmp_path / "script.py"
    wait = "from jupyter_client.asynchronous import AsyncKernelClient\n"
    wait += "async def wait(*_, **__): print('waiting', flush=True); await asyncio.sleep(1000)\n"
    wait += "import asyncio, signal; AsyncKernelClient.wait_for_ready = wait\n"
    # A shell that puts the tests into the background has them, and so the script, ignore Ctrl-C.
    wait += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    call = SCRIPT.format(notebook=str(notebook), copy=str(tmp_path / "copy.ipynb"))
    script.write_text(wait + call)
    command = [sys.executable, script]
    with subprocess.Popen(
        command, cwd=executing.CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as runner:
        try:
            assert [runner.stdout.readline() for _ in range(2)] == ["once\n", "waiting\n"]
            kernels_of = psutil.Process(runner.pid).children(recursive=True)
            runner.send_signal(signal.SIGINT)
            runner.wait(60)
        finally:
            runner.kill()
    assert kernels_of and all(is_gone(process.pid) for process in kernels_of)


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
