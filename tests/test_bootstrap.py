"""What a notebook's first cell installs, refuses and says."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from twostream_lib import bootstrap
from twostream_lib.errors import InputError


def needs(monkeypatch, **packages):
    """Let the course need these packages, with `-` for `_`, and no others."""
    named = {name.replace("_", "-"): bound for name, bound in packages.items()}
    monkeypatch.setattr(bootstrap, "requirements", lambda: named)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A function that makes a package as pip leaves it: a module, and its version beside it."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(package, version, module="", requires=()):
        (tmp_path / f"{module or package}.py").touch()
        notes = tmp_path / f"{package.replace('-', '_')}-{version}.dist-info"
        notes.mkdir()
        lines = [f"Name: {package}", f"Version: {version}"]
        lines += [f"Requires-Dist: {line}" for line in requires]
        (notes / "METADATA").write_text("\n".join(["Metadata-Version: 2.1", *lines]) + "\n")

    return make


# --- what is needed, and what is there -----------------------------------------------------------


def test_all_that_a_clone_asks_for_is_read():
    lines = (bootstrap.CLONE / "requirements.txt").read_text().splitlines()
    asked = [line for line in lines if line and not line.startswith("#")]
    assert [f"{name}>={bound}" for name, bound in bootstrap.requirements().items()] == asked


def test_a_library_without_a_clone_asks_for_what_pip_wrote_down(installed, tmp_path, monkeypatch):
    lines = ("torch>=2.6", "scikit-learn>=1.5", "jupyterlab>=4.2; extra == 'lab'")
    installed("two-stream-course", "0.2", requires=lines)
    monkeypatch.setattr(bootstrap, "CLONE", tmp_path)
    assert bootstrap.requirements() == {"torch": "2.6", "scikit-learn": "1.5"}


def test_a_folder_that_was_copied_without_its_requirements_is_refused(tmp_path, monkeypatch):
    def unknown(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(bootstrap, "CLONE", tmp_path)
    monkeypatch.setattr(metadata, "requires", unknown)
    with pytest.raises(InputError, match=r"requirements\.txt is missing.* take the whole clone"):
        bootstrap.requirements()


def test_here_nothing_is_amiss():
    bootstrap.check()


def test_what_is_missing_is_named_with_the_command_that_brings_it(monkeypatch):
    needs(monkeypatch, torch="2.6", no_such_package="1.2")
    with pytest.raises(InputError) as error:
        bootstrap.check()
    said = str(error.value)
    assert said.startswith("The course needs no-such-package>=1.2 (missing): run `")
    assert f"{sys.executable} -m pip install 'no-such-package>=1.2'`" in said


@pytest.mark.parametrize(
    ("version", "bound", "old"),
    [
        ("1.3.2", "1.4", True),
        ("1.4.0", "1.4", False),
        ("1.10", "1.9", False),
        ("4.10.0.82", "4.10.0.84", True),
        ("5.0.0", "4.10.0.84", False),
        ("2.11.0+cu128", "2.6", False),
        ("2.5.1+cu128", "2.6", True),
        ("2.6.0a0.dev20260801", "2.6", False),
    ],
)
def test_versions_are_compared_by_their_numbers(installed, monkeypatch, version, bound, old):
    installed("stub", version)
    needs(monkeypatch, stub=bound)
    assert bootstrap.what_is_amiss("stub", bound) == (f"here: {version}" if old else "")
    if old:
        words = re.escape(f"stub>={bound} (here: {version})")
        with pytest.raises(InputError, match=f"{words}.*restart the kernel"):
            bootstrap.check()


def test_any_package_that_brings_opencv_will_do(monkeypatch):
    known = {"opencv-python": "4.9.0", "opencv-python-headless": "5.0.0.93"}

    def version(name):
        if name not in known:
            raise metadata.PackageNotFoundError(name)
        return known[name]

    monkeypatch.setattr(metadata, "version", version)
    assert bootstrap.what_is_amiss(bootstrap.OPENCV, "4.10.0.84") == ""
    known.pop("opencv-python-headless")
    assert bootstrap.what_is_amiss(bootstrap.OPENCV, "4.10.0.84") == "here: 4.9.0"
    known.clear()  # brought by another way than pip's, and found
    assert bootstrap.what_is_amiss(bootstrap.OPENCV, "4.10.0.84") == ""


def test_an_old_python_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    with pytest.raises(InputError, match=r"the course needs 3\.11 or newer"):
        bootstrap.check()


# --- installing ----------------------------------------------------------------------------------


def test_what_is_missing_is_installed_and_what_is_there_is_kept(monkeypatch):
    """pip is told the versions that are there, so that it cannot put others in their place."""
    needs(monkeypatch, torch="2.6", numpy="2.0", no_such_package="1.2", other="3")
    asked = []

    def pip(command, **how):
        asked.append(command)
        kept = command[command.index("--constraint") + 1]
        asked.append(Path(kept).read_text().split())
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", pip)
    bootstrap.install(["no-such-package", "other"])
    command, kept = asked
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert command[-2:] == ["no-such-package>=1.2", "other>=3"]
    assert kept == [f"{name}=={metadata.version(name)}" for name in ("torch", "numpy")]


def test_where_pip_fails_its_cause_and_the_way_out_are_said(monkeypatch):
    """The real pip, or none, as uv leaves it: in both cases without any index."""
    needs(monkeypatch, torch="2.6", no_such_package="1.2")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(InputError) as error:
        bootstrap.prepare()
    said = str(error.value)
    assert said.startswith("pip could not install no-such-package (")
    assert "No matching distribution found" in said or "No module named pip" in said
    assert "-m pip install 'no-such-package>=1.2'`" in said and "\n" not in said


def test_pip_that_installs_where_this_python_does_not_look_is_not_taken_for_success(monkeypatch):
    needs(monkeypatch, no_such_package="1.2")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))
    with pytest.raises(InputError, match=r"no-such-package>=1\.2 \(missing\).*restart the kernel"):
        bootstrap.prepare()


def test_where_all_is_there_nothing_is_installed(monkeypatch, capsys):
    monkeypatch.setattr(subprocess, "run", None)  # whoever calls it fails
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    bootstrap.prepare()
    first, path = capsys.readouterr().out, bootstrap.os.environ["PYTHONPATH"]
    bootstrap.prepare()
    assert capsys.readouterr().out == first
    assert bootstrap.os.environ["PYTHONPATH"] == path


def test_what_a_cell_starts_finds_the_library(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", "")
    bootstrap.show_the_clone_to_children()
    command = [sys.executable, "-S", "-c", "import twostream_lib; print(twostream_lib.__file__)"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(bootstrap.CLONE / "twostream_lib" / "__init__.py")


def test_it_can_be_imported_where_nothing_is_installed(tmp_path):
    code = f"import sys; sys.path.insert(0, {str(bootstrap.CLONE)!r})\n"
    code += "from twostream_lib import bootstrap; print(*bootstrap.requirements())"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True)
    assert "torch" in done.stdout, done.stderr


# --- what was found ------------------------------------------------------------------------------


def test_versions_gpu_memory_and_place_are_said():
    said = bootstrap.words().splitlines()
    python = ".".join(map(str, sys.version_info[:3]))
    assert said[0].startswith(f"Python {python}, torch {torch.__version__}, torchvision 0.")
    assert re.fullmatch(r"Processors: \d+, memory: [\d.]+ GiB", said[1])
    assert "GPU" in said[2]
    assert said[3] == f"The course lies in {bootstrap.CLONE}"


def test_a_gpu_is_named_with_its_memory(monkeypatch):
    card = SimpleNamespace(name="Tesla T4", total_memory=15_828_320_256)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: card)
    assert bootstrap.gpu() == "GPU: Tesla T4, 14.7 GiB of memory"


def test_without_a_gpu_it_says_where_one_is_had(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert bootstrap.gpu().startswith("No GPU that this torch can use")


def test_a_torchvision_that_does_not_fit_torch_is_refused(monkeypatch, tmp_path):
    words = "operator torchvision::nms does not exist"
    (tmp_path / "torchvision.py").write_text(f"raise RuntimeError({words!r})")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    with pytest.raises(InputError, match=f"does not fit torch .*{words}.*delete runtime"):
        bootstrap.words()
