"""One job on its way over a cluster: what the engine knows of it, and what is called on the worker for it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from kinebench.errors import KinebenchError

TOPIC = "kinebench-begun"
# The resources that workers may declare, for each stage.
KINDS = ("extraction", "notebook")
# Of each thread of a worker: how to tell that what it is at has begun.
_here = threading.local()


class Named(Protocol):
    """What the engine asks of a job."""

    @property
    def name(self) -> str:
        """What tells it from all others."""


Stage = Callable[..., Any]


class Unfit(KinebenchError):
    """A worker that would do the work otherwise than it has to be done."""


class LetGo(KinebenchError):
    """The cluster forgot a job that was under way, as it does when its scheduler can't be reached for a moment."""


@dataclass
class Turn:
    """A job under way. begun: whether a worker told that it works on it; since, worker: when and which.

    needs: the resource that each stage was given out for, "" for none; lost: how often the cluster let go of it.
    """

    job: Any
    attempts: int
    turns: int
    futures: tuple[Any, ...] = ()
    begun: bool = False
    since: float = 0.0
    worker: str = ""
    stage: int = 0
    needs: tuple[str, ...] = ("", "")
    lost: int = 0

    @property
    def next_stage(self) -> int:
        """Of 0 and 1 the one that is at work, or is waited for."""
        return int(bool(self.futures) and self.futures[0].done())


@dataclass
class Ended:
    """A job that is over: its result, or the error that it ended with, and how often it was tried.

    overdue: it was given up, because it was past all limits.
    """

    job: Any
    attempts: int
    result: Any = None
    error: BaseException | None = None
    overdue: bool = False


def anyone(_: Any) -> str:
    """Every worker is fit."""
    return ""


def begun(stage: Stage, unfit: Callable[[Any], str], whose: tuple[str, int, int], *given: Any) -> Any:
    """On the worker: say that the job is begun, and do it."""
    from distributed import get_worker

    worker = get_worker()
    # Also of workers that came when all were long at work.
    why = unfit(worker)
    if why:
        raise Unfit(why)
    told = dict(zip(("engine", "number", "stage"), whose, strict=True)) | {"worker": worker.address}
    _here.tell = lambda: worker.log_event(TOPIC, told)
    begun_anew()
    return stage(*given)


def begun_anew() -> None:
    """On the worker: say that the stage at work begins only now, after it had to wait; elsewhere nobody is told."""
    tell = getattr(_here, "tell", None)
    if tell is not None:
        tell()


def where(kind: str) -> dict[str, Any]:
    """Only to workers that declare the resource `kind`: `dask worker --resources "notebook=1"`; "" for any."""
    return {"resources": {kind: 1}} if kind else {}


def came_of(future: Any) -> tuple[Any, BaseException | None]:
    """The result of a future that is over, or the error that it ended with."""
    from distributed.client import FutureCancelledError

    try:
        return future.result(), None
    except FutureCancelledError:
        # The cluster let go of it, be it only now.
        return None, LetGo(
            "The cluster's scheduler must be in reach until the last job, but the connection to it was lost in "
            "mid-run, again and again. Look at the network, then run again: what is finished is kept."
        )
    except Exception as error:  # noqa: BLE001  (whatever a job raises is the job's, and becomes its row)
        return None, error
