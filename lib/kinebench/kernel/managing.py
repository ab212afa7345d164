"""How a kernel is started: with channels of its own, its voice kept, its process known to whoever looks after it."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kinebench.kernel import warm
from kinebench.kernel.limits import Watch

# A Unix socket's path holds about 104 characters; past that the kernel could not open its channels.
_LONGEST_SOCKET_PATH = 90
_LAUNCHER = "ipykernel_launcher"


@contextlib.contextmanager
def channels(folder: Path) -> Iterator[Path | None]:
    """Where a kernel's sockets go: into `folder`, or, where its path is too long, into one of its own until the end.

    None where the system has no such sockets.
    """
    if sys.platform == "win32":
        yield None
    elif len(os.fsencode(folder)) <= _LONGEST_SOCKET_PATH:
        yield folder
    else:
        # Only this user may enter it.
        with tempfile.TemporaryDirectory(prefix="kb-", dir="/tmp", ignore_cleanup_errors=True) as made:
            yield Path(made)


def manager(folder: Path, sockets: Path | None, watch: Watch) -> type:
    """A kernel manager that keeps its files in `folder`, its channels in `sockets`; no other run knows them.

    Ports would be chosen, released and then reused, which races when several runs start at once (papermill#511).
    """
    from jupyter_client.manager import AsyncKernelManager

    log = folder / "kernel.log"

    class OwnKernelManager(AsyncKernelManager):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            # Otherwise it lies among the system's temporary files, and stays there when a run is stopped early.
            self.connection_file = str(folder / "connection.json")
            if sockets is not None:
                self.transport = "ipc"
                # Without it jupyter_client takes "kernel-ipc" in the working folder, the same for every kernel.
                self.ip = str(sockets / "channel")

        async def start_kernel(self, **settings: Any) -> None:  # type: ignore[override]
            if warm.nursery() is not None:
                self.provisioner = _forking(log)(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
            # What a kernel says while it is being stopped is nothing for the user's terminal.
            with log.open("ab") as voice:
                await super().start_kernel(**{"stderr": voice, **settings})
            watch.begin(self.provisioner.pid)  # type: ignore[union-attr]

    return OwnKernelManager


def _forking(log: Path) -> type:
    """A provisioner that forks its kernel where that is possible, and starts it anew where it is not."""
    from jupyter_client.provisioning import LocalProvisioner

    class Forking(LocalProvisioner):
        async def launch_kernel(self, cmd: list[str], **settings: Any) -> Any:
            ready = warm.nursery()
            if ready is None or _LAUNCHER not in cmd:
                return await super().launch_kernel(cmd, **settings)
            cwd, env = settings.get("cwd") or os.getcwd(), settings.get("env") or dict(os.environ)
            try:
                child = ready.launch(cmd[cmd.index(_LAUNCHER) + 1 :], cwd=str(cwd), env=env, log=log)
            except OSError:
                return await super().launch_kernel(cmd, **settings)
            self.process = child  # type: ignore[assignment]
            self.pid = self.pgid = child.pid  # type: ignore[assignment]
            self.cwd = cwd
            return self.connection_info

    return Forking
