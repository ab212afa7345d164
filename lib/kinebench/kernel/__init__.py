"""Execute one notebook through papermill in a kernel of its own, and say in one line what went wrong there."""

import errno
import logging
import math
import tempfile
from pathlib import Path
from typing import Any

from kinebench import (
    progress,
    tasks,  # noqa: F401  (its errors are known by their names)
)
from kinebench.errors import KinebenchError
from kinebench.kernel.limits import Limits, Watch
from kinebench.kernel.managing import channels, manager

__all__ = ["Exceeded", "KernelDied", "Limits", "NotebookFailed", "execute"]

# papermill gives the cell that it puts in a random one: the same run would not write the same file.
_INJECTED = "injected-parameters"
# A kernel answers after seconds; on a computer that is busy with many of them, after more than papermill's minute.
ANSWER_WITHIN_S = 180


class NotebookFailed(RuntimeError):
    """A cell raised what no user caused; `traceback` is the kernel's own."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class KernelDied(KinebenchError):
    """The notebook's kernel was killed from outside or never answered; nothing speaks against trying again."""


class Exceeded(KinebenchError):
    """The run took more time or memory than it may; trying again would not help."""


def execute(
    notebook: Path,
    executed: Path,
    parameters: dict[str, Any],
    *,
    show_progress: bool = True,
    limits: Limits | None = None,
) -> None:
    """Run `notebook` with `parameters` and write it to `executed`, as far as it came, also when it fails.

    Raises `KinebenchError` for what the user can mend (`KernelDied`, `Exceeded` among them), `NotebookFailed` for
    faults of ours. Unknown parameters are refused before anything runs: papermill itself would only warn.
    """
    # A kernel that was killed a moment ago may still be letting go of its files.
    with (
        tempfile.TemporaryDirectory(prefix="kinebench-", ignore_cleanup_errors=True) as folder,
        channels(Path(folder)) as sockets,
        progress.shown(Path(folder) / "progress", show=show_progress),
    ):
        watch = Watch(limits or Limits())
        _execute(notebook, executed, parameters, manager(Path(folder), sockets, watch), watch)


def _execute(notebook: Path, executed: Path, parameters: dict[str, Any], managing: type, watch: Watch) -> None:
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
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
    limits = watch.limits
    try:
        papermill.execute_notebook(
            _literally(notebook),
            _literally(executed),
            parameters=parameters,
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,
            cwd=str(notebook.parent),
            # Whole seconds are what it takes.
            execution_timeout=None if limits.cell_s is None else math.ceil(limits.cell_s),
            start_timeout=ANSWER_WITHIN_S,
            kernel_manager_class=managing,
        )
        _named(executed)
    except PapermillExecutionError as error:
        raise _told(error.ename, error.evalue, "\n".join(error.traceback)) from None
    except CellTimeoutError:
        raise Exceeded(
            f"A cell must end within {limits.cell_s:g} s, but one did not. Give it more with --cell-timeout, or "
            "analyse a shorter stretch."
        ) from None
    except (DeadKernelError, RuntimeError) as error:
        # jupyter_client has no names of its own for a kernel that dies before it answers, or does not answer.
        if "Kernel didn't respond" in str(error):
            raise _silent(watch.why) from None
        if not isinstance(error, DeadKernelError) and "Kernel died" not in str(error):
            raise
        raise _died(watch.why) from None
    finally:
        watch.end()


def _died(why: str) -> KinebenchError:
    if why:
        return Exceeded(why)
    return KernelDied(
        "The notebook's kernel must live until the last cell, but it was killed in mid-run (out of memory, or "
        "stopped from outside). Nothing was written. Close other programs or analyse a shorter stretch "
        "(--set stop_s=...), then run again; finished detections are kept."
    )


def _silent(why: str) -> KinebenchError:
    if why:
        return Exceeded(why)
    return KernelDied(
        f"The notebook's kernel must answer within {ANSWER_WITHIN_S} s of its start, but it did not (the computer is "
        "too busy, or the kernel was stopped from outside). Nothing was written. Close other programs or use fewer "
        "workers, then run again; finished detections are kept."
    )


def _named(executed: Path) -> None:
    """Give the cell that papermill put in a name that is the same each time."""
    import nbformat

    content = nbformat.read(executed, as_version=4)
    for cell in content.cells:
        if _INJECTED in cell.metadata.get("tags", ()):
            cell["id"] = _INJECTED
    nbformat.write(content, executed)


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
