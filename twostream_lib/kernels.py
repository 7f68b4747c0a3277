"""Kernels for the runner: in this Python, and quick to come up.

Each notebook of a run has a kernel of its own. To import torch, scikit-learn and matplotlib in each
took as long, in ten notebooks, as one of those that train: so each is forked, see `forking`. Such a
kernel differs from one that JupyterLab starts in one thing: these packages, and nothing of the
course, are in memory when it begins.
"""

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from traitlets import default

from twostream_lib import forking

FORKED = "forked"  # jupyter_client's name of the provisioner below


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
        how = {"kernel_provisioner": {"provisioner_name": FORKED}} if forking.context() else {}
        return KernelSpec(argv=command, display_name="Python 3", language="python", metadata=how)


class Forked(LocalProvisioner):
    """Forks kernels, where jupyter_client would start them anew."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Start a kernel by the command that would start one anew."""
        self.cwd = options.get("cwd") or os.getcwd()
        child: Any = _Child(cmd[cmd.index("-m") + 2 :], self.cwd, options["env"])
        self.process, self.pid, self.pgid = child, child.pid, child.pid
        return self.connection_info


class _Child:
    """A forked kernel, as jupyter_client asks a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], folder: str, environment: dict[str, str]) -> None:
        context: Any = forking.context()
        self._process = context.Process(target=_kernel, args=(arguments, folder, environment))
        self._process.start()
        self.pid: int = self._process.pid

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


def _kernel(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """What a forked process does: it serves one notebook."""
    os.setpgid(0, 0)  # signals to a kernel are for the processes that it starts, too
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    multiprocessing.set_start_method(None, force=True)  # its own processes start as in any kernel
    forking.end_with_parent()
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher", *arguments]
    # A kernel that knows of nobody who started it tells a console how to talk to it.
    IPKernelApp.launch_instance([*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])


KernelProvisionerFactory.instance().provisioners[FORKED] = EntryPoint(
    FORKED, f"{__name__}:{Forked.__name__}", KernelProvisionerFactory.GROUP_NAME
)
