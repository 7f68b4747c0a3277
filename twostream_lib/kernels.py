"""Kernels for the runner: in this Python, and quick to come up.

Each notebook of a run has a kernel of its own. To import torch, scikit-learn and matplotlib in each
took as long, in ten notebooks, as one of those that train. So, on Linux, one process imports them
and does nothing else, and each kernel is forked from it: that is the fork server of Python's own
`multiprocessing`. Of the threads that NumPy's OpenBLAS starts when it is imported, none is there
any more at a fork. Such a kernel has these packages in memory when it begins, and this module with
what it imports; all else of the course it imports as any other does.
"""

import atexit
import gc
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, cast

import numpy as np
from jupyter_client import AsyncKernelManager
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from traitlets import default

from twostream_lib.orphans import end_with_parent

FORKED = "forked"  # jupyter_client's name of the provisioner below
# What takes long to import, and asks nothing of who imports it, as ipywidgets asks for the kernel,
# and seaborn for ipywidgets.
PACKAGES = (
    "torch",
    "torchvision",
    "accelerate",
    "pandas",
    "scipy.stats",
    "sklearn.model_selection",
    "matplotlib.pyplot",
    "cv2",
    "av",
    "ipykernel.kernelapp",
)
# How the environment variables begin that these, or the C library, read once, when they begin.
READ_ONCE = ("CUDA", "KMP", "MALLOC", "MKL", "MPL", "OMP", "OPENBLAS", "PYTORCH", "TORCH")


class ThisPython(AsyncKernelManager):
    """Starts kernels in the Python that runs now. What else is called `python3` on this machine
    may belong to an environment that is gone.

    When a kernel is asked to end, all outputs have come. It takes its time to take torch apart, and
    joblib's helpers do not hear its first words: so it is not waited for.

    It is talked to by files in a folder of its own, where the system has such files: a free port
    may be taken by somebody else before the kernel has it, and then a run waits for ever."""

    shutdown_wait_time = 0.5  # seconds, for 5
    transport = "ipc" if os.name == "posix" else "tcp"

    @default("ip")
    def _place(self) -> str:
        if self.transport == "tcp":
            return "127.0.0.1"
        return str(Path(tempfile.mkdtemp(prefix="kernel-")) / "talk")

    async def cleanup_resources(self, restart: bool = False) -> None:  # type: ignore[override]
        await super().cleanup_resources(restart)
        if self.transport == "ipc" and not restart:
            shutil.rmtree(Path(self.ip).parent, ignore_errors=True)

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        # Elsewhere a process that has imported torch is not sure to be sound once it is forked.
        how = (
            {"kernel_provisioner": {"provisioner_name": FORKED}} if sys.platform == "linux" else {}
        )
        return KernelSpec(argv=command, display_name="Python 3", language="python", metadata=how)


class Forked(LocalProvisioner):
    """Forks kernels, where jupyter_client would start them anew.

    The process that they are forked from is started with the first of them, in its environment. A
    kernel that needs another one, by `READ_ONCE`, is started anew.
    """

    began_with: ClassVar[dict[str, str] | None] = None

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Start a kernel by the command that would start one anew."""
        wanted = {name: it for name, it in options["env"].items() if name.startswith(READ_ONCE)}
        if Forked.began_with is None:
            Forked.began_with = wanted
        if wanted != Forked.began_with:
            return await super().launch_kernel(cmd, **options)
        self.cwd = options.get("cwd") or os.getcwd()
        child: Any = _Child(cmd[cmd.index("-m") + 2 :], self.cwd, options["env"])
        self.process, self.pid, self.pgid = child, child.pid, child.pid
        return self.connection_info


class _Child:
    """A forked kernel, as jupyter_client asks a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], folder: str, environment: dict[str, str]) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(PACKAGES))
        # As a daemon it is ended, and not waited for, when this process ends.
        self._process = context.Process(
            target=_kernel, args=(arguments, folder, environment), daemon=True
        )
        with _no_main():
            self._process.start()
        self.pid = cast(int, self._process.pid)

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@contextmanager
def _no_main() -> Iterator[None]:
    """`multiprocessing` would import the script that runs now into the process that it starts."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _kernel(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """What a forked process does: it becomes what a new one would be, and serves one notebook."""
    os.setsid()  # signals to a kernel are for the processes that it starts, too, and no others
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    end_with_parent()
    multiprocessing.current_process().daemon = False  # it may start processes of its own,
    multiprocessing.set_start_method(None, force=True)  # and starts them as any kernel
    gc.freeze()  # what was imported stays: to look through it anew would copy it, and take its time
    np.random.seed()  # or all kernels would draw the same numbers from NumPy's own generator
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher", *arguments]
    try:
        # A kernel that knows of nobody who started it tells a console how to talk to it.
        IPKernelApp.launch_instance([*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])
    finally:
        atexit._run_exitfuncs()  # before 3.13, Python does not do so in a forked process


KernelProvisionerFactory.instance().provisioners[FORKED] = EntryPoint(
    FORKED, f"{__name__}:{Forked.__name__}", KernelProvisionerFactory.GROUP_NAME
)
