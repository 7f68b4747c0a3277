"""One notebook is executed into its copy, and what stopped it is one sentence."""

import json
import os
import re
import sys
import tempfile
import time

import nbformat
import pytest
from papermill import engines

from tests.course import lessons
from twostream_lib.course import executing
from twostream_lib.course.executing import NotebookFailed


def execute(copy, *sources, timeout=60):
    """Execute a notebook of these cells, which lies beside its copy; give the copy's cells."""
    notebook = lessons.write(copy.with_name("00_lesson.ipynb"), *sources)
    executing.execute(notebook, copy, {"seed": 0}, timeout)
    return cells_of(copy)


def cells_of(copy):
    return nbformat.read(copy, as_version=4).cells


def test_a_folder_with_braces_in_its_name_is_a_folder(tmp_path):
    copy = tmp_path / "{seed}" / "copy.ipynb"
    copy.parent.mkdir()
    assert execute(copy, "1 + 1")[-1].outputs[0].data["text/plain"] == "2"


def test_the_cell_is_named_by_its_number_in_the_copy(tmp_path):
    with pytest.raises(NotebookFailed) as error:
        execute(tmp_path / "copy.ipynb", "1 + 1", "undefined")
    number = re.search(r"cell \[(\d+)\] \(undefined\)", str(error.value))[1]
    (failed,) = [
        cell
        for cell in cells_of(tmp_path / "copy.ipynb")
        if any(output.output_type == "error" for output in cell.get("outputs", []))
    ]
    assert failed.execution_count == int(number)


@pytest.mark.slow
def test_a_cell_that_takes_too_long_is_stopped_and_named(tmp_path):
    start = time.monotonic()
    with pytest.raises(NotebookFailed, match=r"00_lesson failed in cell \[3\].*took longer"):
        execute(tmp_path / "copy.ipynb", "import time\ntime.sleep(60)", timeout=2)
    assert time.monotonic() - start < 30
    assert (tmp_path / "copy.ipynb").is_file()


def test_the_copy_is_not_written_at_every_cell_and_is_whole(tmp_path, monkeypatch):
    written, write = [], engines.write_ipynb
    monkeypatch.setattr(engines, "write_ipynb", lambda *args: (written.append(args), write(*args)))
    cells = execute(tmp_path / "copy.ipynb", *(f"{n} + 1" for n in range(30)))
    assert len(written) < 10
    assert [cell.outputs[0].data["text/plain"] for cell in cells[-30:]] == [
        str(n + 1) for n in range(30)
    ]
    assert all(cell.metadata.papermill.status == "completed" for cell in cells)


def test_what_was_done_before_a_long_cell_is_kept_when_all_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(executing, "SAVED_EVERY", 0.5)
    copy, seen = tmp_path / "copy.ipynb", tmp_path / "seen.ipynb"
    look = f"import shutil; shutil.copy({str(copy)!r}, {str(seen)!r})"
    execute(copy, "'done'", "import time; time.sleep(0.6)", look)
    assert "'done'" in [
        output.data["text/plain"] for cell in cells_of(seen) for output in cell.get("outputs", [])
    ]


def test_a_kernel_that_dies_is_named(tmp_path):
    with pytest.raises(NotebookFailed, match=r"00_lesson failed in cell .*kernel died"):
        execute(tmp_path / "copy.ipynb", "import os\nos._exit(1)")


def test_a_kernel_that_does_not_come_up_is_told(tmp_path, monkeypatch):
    def no_kernel(notebook, copy, **__):
        nbformat.write(notebook, copy)
        raise RuntimeError("Kernel didn't respond in 300 seconds")

    monkeypatch.setattr(executing.papermill, "execute_notebook", no_kernel)
    with pytest.raises(NotebookFailed, match="in no cell yet: Kernel didn't respond"):
        execute(tmp_path / "copy.ipynb", "1 + 1")


def test_a_kernelspec_of_a_python_that_is_gone_does_no_harm(tmp_path, monkeypatch):
    spec = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = ["/gone/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "gone", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    cells = execute(tmp_path / "copy.ipynb", "import sys\nprint(sys.executable)")
    assert cells[-1].outputs[0].text.strip() == sys.executable


@pytest.mark.skipif(os.name != "posix", reason="there are no sockets that are files")
def test_a_kernel_needs_no_port_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    tell = "import json, sys\nprint(json.load(open(sys.argv[sys.argv.index('-f') + 1])))"
    said = execute(tmp_path / "copy.ipynb", tell)[-1].outputs[0].text
    assert "'transport': 'ipc'" in said and f"'ip': '{tmp_path}/kernel-" in said
    assert not list(tmp_path.glob("kernel-*"))


def test_the_environment_is_put_back(monkeypatch):
    monkeypatch.setenv("KEPT", "old")
    monkeypatch.delenv("NEW", raising=False)
    with pytest.raises(RuntimeError), executing.environment({"KEPT": "changed", "NEW": "set"}):
        assert (os.environ["KEPT"], os.environ["NEW"]) == ("changed", "set")
        raise RuntimeError
    assert os.environ["KEPT"] == "old" and "NEW" not in os.environ
