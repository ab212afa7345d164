"""Execute one notebook through papermill in a kernel of its own, and say in one line what went wrong there."""

import errno
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

from kinebench import (
    progress,
    tasks,  # noqa: F401  (its errors are known by their names)
)
from kinebench.errors import KinebenchError

# A Unix socket's path holds about 104 characters; past that the kernel could not open its channels.
_LONGEST_SOCKET_PATH = 90


class NotebookFailed(RuntimeError):
    """A cell raised what no user caused; `traceback` is the kernel's own."""

    def __init__(self, message: str, traceback: str) -> None:
        super().__init__(message)
        self.traceback = traceback


def execute(notebook: Path, executed: Path, parameters: dict[str, Any], *, show_progress: bool = True) -> None:
    """Run `notebook` with `parameters` and write it to `executed`.

    Raises `KinebenchError` for what the user can mend (also when the kernel dies), `NotebookFailed` for faults of ours.
    Unknown parameters are refused before anything runs: papermill itself would only warn.
    """
    with (
        tempfile.TemporaryDirectory(prefix="kinebench-") as folder,
        progress.shown(Path(folder) / "progress", show=show_progress),
    ):
        _execute(notebook, executed, parameters, Path(folder))


def _execute(notebook: Path, executed: Path, parameters: dict[str, Any], folder: Path) -> None:
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    # papermill logs at length what is told in one line below; asyncio, what nobody asked a stopped run's tasks.
    for talker in ("papermill", "asyncio"):
        logging.getLogger(talker).setLevel(logging.CRITICAL)
    known = papermill.inspect_notebook(_literally(notebook))
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise KinebenchError(
            f"{notebook.name} must name every parameter that it is given, but lacks {', '.join(unknown)}. "
            "Add them to its parameters cell."
        )
    try:
        papermill.execute_notebook(
            _literally(notebook),
            _literally(executed),
            parameters=parameters,
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,
            cwd=str(notebook.parent),
            kernel_manager_class=_manager(folder),
        )
    except PapermillExecutionError as error:
        raise _told(error.ename, error.evalue, "\n".join(error.traceback)) from None
    except (DeadKernelError, RuntimeError) as error:
        # jupyter_client has no name of its own for a kernel that dies before it answers.
        if not isinstance(error, DeadKernelError) and "Kernel died" not in str(error):
            raise
        raise KinebenchError(
            "The notebook's kernel must live until the last cell, but it was killed in mid-run (out of memory, or "
            "stopped from outside). Nothing was written. Close other programs or analyse a shorter stretch "
            "(--set stop_s=...), then run again; finished detections are kept."
        ) from None


def _literally(path: Path) -> str:
    """The path as papermill takes it: it fills in braces as if they were parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _mendable(kind: type[BaseException]) -> set[str]:
    """The names of an error and of everything derived from it: a name is all that comes out of a kernel."""
    names = {kind.__name__}
    for derived in kind.__subclasses__():
        names |= _mendable(derived)
    return names


def _told(name: str, value: str, traceback: str) -> BaseException:
    if name in _mendable(KinebenchError):
        return KinebenchError(value)
    if name == "KeyboardInterrupt":
        return KeyboardInterrupt()
    if name in ("OSError", "PermissionError") and any(
        f"[Errno {code}]" in value for code in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)
    ):
        return KinebenchError(
            f"The results must fit where they are written, but: {value}. Free space or name another --out."
        )
    if name == "MemoryError":
        return KinebenchError(
            "The analysis must fit in memory, but did not. Analyse a shorter stretch (--set stop_s=...)."
        )
    return NotebookFailed(f"{name}: {value}", traceback)


def _manager(folder: Path) -> type:
    """A kernel manager whose channels are sockets in `folder`, which no other run knows.

    Ports would be chosen, released and then reused, which races when several runs start at once (papermill#511).
    """
    from jupyter_client.manager import AsyncKernelManager

    class OwnKernelManager(AsyncKernelManager):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            # Otherwise it lies among the system's temporary files, and stays there when a run is stopped early.
            self.connection_file = str(folder / "connection.json")
            if sys.platform != "win32" and len(str(folder)) <= _LONGEST_SOCKET_PATH:
                self.transport = "ipc"
                # Without it jupyter_client takes "kernel-ipc" in the working folder, the same for every kernel.
                self.ip = str(folder / "channel")

        async def start_kernel(self, **settings: Any) -> None:  # type: ignore[override]
            # What a kernel says while it is being stopped is nothing for the user's terminal.
            with (folder / "kernel.log").open("ab") as log:
                await super().start_kernel(**{"stderr": log, **settings})

    return OwnKernelManager
