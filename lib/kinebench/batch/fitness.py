"""Whether the workers of somebody's cluster are fit to do this batch's work."""

import functools
from typing import Any

from kinebench import bystanders
from kinebench.batch.turns import anyone
from kinebench.errors import KinebenchError
from kinebench.estimators import DEFAULT
from kinebench.run.basis import installed

# As it was when this process began: an update in mid-run is noticed by workers that start later.
_installed = functools.lru_cache(installed)


def asked(client: Any) -> Any:
    """What tells on a worker, called with it, why it is not fit; of workers that we started ourselves, nothing."""
    return anyone if client.cluster is not None else _unfit_for_us()


def _unfit_for_us() -> Any:
    return functools.partial(unfit, digest=_installed(), looks=bystanders.possible())


def unfit(dask_worker: Any, *, digest: str, looks: bool) -> str:
    """Why a worker must not be used, as a whole message; "" where it may.

    digest: of the kinebench that it must have; looks: whether bystanders can be looked for where the batch was begun.
    One that would measure otherwise, cover other faces, do several things at a time, or stay for ever where it hangs,
    is refused.
    """
    if dask_worker.state.nthreads != 1:
        return "Every worker must have one thread, but some have more. Start them with --nthreads 1."
    if not dask_worker.nanny:
        return (
            "Every worker must have a nanny, which starts it anew when it hangs, but some have none. Start them "
            "without --no-nanny."
        )
    if _installed() != digest:
        return (
            "Every worker must run the same kinebench and libraries as the batch, but the one at "
            f"{dask_worker.address} does not. Install the same version and lock there, and start the batch again."
        )
    if bystanders.possible() != looks:
        # What a run rests on is planned here: it would never be up to date.
        lacking = f"the one at {dask_worker.address}" if looks else "the computer of the batch"
        return (
            f"Every worker must find bystanders, whose faces are covered, as the batch does, but {lacking} has no "
            f"whole weights of {DEFAULT}. Run `kinebench models fetch {DEFAULT}` there, and start the batch again."
        )
    return ""


def check(client: Any) -> None:
    """KinebenchError where a worker is not fit, or nobody answers. Those that come later are asked at their work."""
    try:
        found = client.run(_unfit_for_us(), on_error="return")
    except OSError as error:
        raise KinebenchError(
            f"The cluster must answer while the batch is begun, but it does not ({_reason(error)}). Look whether its "
            "scheduler and workers live, and start the batch again."
        ) from None
    for address, why in sorted(found.items()):
        # One that has gone meanwhile does no work; if it comes back it is asked again.
        if isinstance(why, Exception) and not isinstance(why, OSError):
            raise KinebenchError(
                f"Every worker must have kinebench, but the one at {address} cannot use it ({_reason(why)}). Install "
                "the same version and lock there."
            )
        if isinstance(why, str) and why:
            raise KinebenchError(why)


def _reason(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
