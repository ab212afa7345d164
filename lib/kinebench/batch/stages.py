"""The two parts of a run as they are done on whatever machine: finding the person, and the notebook with all the rest.

They are told apart because the first is dear and needs no more than the clip: it may go to other machines. What they
raise says at which stage by its attribute `stage`; it travels with the exception.
"""

import contextlib
import json
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kinebench import bystanders, estimators, extraction, parameters, storage, tasks
from kinebench.batch.jobs import UP_TO_DATE, Job
from kinebench.batch.ledger import FAILED, Ledger
from kinebench.batch.planning import LIST, SHARED, is_another
from kinebench.batch.turns import begun_anew
from kinebench.errors import KinebenchError
from kinebench.kernel import Exceeded, Limits, NotebookFailed, warm
from kinebench.run import ERROR_NOTEBOOK, Run, folders, run, settling
from kinebench.run.basis import changes, code
from kinebench.storage import Place

Found = dict[str, Any]


def extract(job: Job) -> Found:
    """Find the people in the job's clip. Returns its digest, the seconds taken, and detections where they travel."""
    begun = time.monotonic()
    # What the code is must be known before any of it may be replaced, as by an update in mid-run.
    code()
    # While the clip is looked at, what every notebook needs is loaded beside it, once for this worker's life.
    warm.begin()
    with _at("reading"):
        # Before it is fetched: what it is known by must be no younger than what it held.
        mark = storage.mark(job.clip) if storage.is_address(job.clip) else []
    with storage.fetched(job.clip) as path, _quietly():
        with _at("reading"):
            _there(path)
            settings: Any = parameters.build(tasks.get(job.task).settings, job.values)
            clip = settling.opened(path, settings)
            _unchanged(job, clip.sha256)
        with _at(LIST):
            _own(job, clip.sha256)
        # Its digest was not known when it was planned, or who finished it died before we were told.
        if _is_done(job, clip.sha256):
            return {"sha256": clip.sha256, "mark": mark, "done": True}
        with _at("extraction"):
            chosen = settings.extraction
            estimators.require(chosen.estimator, **chosen.estimator_settings())
            told = _patience(job, begun)
            found = extraction.detect(clip, chosen, progress=False, told=told)
            # Also those whose faces are to be covered only: the notebook's worker has not to look at a frame.
            bystanders.with_all(clip, found, told=told)
            looks = [(clip, chosen), *(bystanders.looks(clip) if bystanders.possible() else [])]
            carried = [extraction.packed(*look) for look in looks] if job.carry else []
    return {"sha256": clip.sha256, "mark": mark, "seconds": time.monotonic() - begun, "detections": carried}


def measure(job: Job, found: Found) -> Found:
    """Run the job's notebook on what `extract` found, and put the results into place. Returns verdict and seconds."""
    if found.get("done"):
        return _up_to_date(job, found)
    place = Place(job.out)
    limits = job.limits
    if limits.run_s is not None:
        limits = replace(limits, run_s=max(limits.run_s - found["seconds"], 0.001))
    alone = Ledger(place).alone(job.name)
    with storage.fetched(job.clip) as path, _quietly(), alone, _working(place, job.name) as (folder, failed):
        # Waiting for somebody else's worker is none of this run's time.
        begun_anew()
        if _is_done(job, found["sha256"]):
            return _up_to_date(job, found)
        for carried in found["detections"]:
            if carried is not None:
                extraction.unpacked(carried)
        done = _analysed(job, path, folder, failed, limits)
        rests = json.loads((folder / folders.RECORD).read_text("utf-8"))["basis"]
        if place.local is None:
            with _at("publishing"):
                place.put(folder, job.name, last=folders.RECORD)
    return {
        "status": "complete",
        "sha256": found["sha256"],
        "mark": found["mark"],
        "basis": rests,
        "verdict": done.verdict,
        "seconds": found["seconds"] + done.seconds,
    }


def _analysed(job: Job, path: Path, folder: Path, failed: Path, limits: Limits) -> Run:
    with _at("reading"):
        _there(path)
        before = storage.stamp(path)
    with _at("notebook"):
        return run(
            path,
            job.task,
            job.values,
            out=folder,
            name=job.name,
            obey_saved=False,
            show_progress=False,
            limits=limits,
            failed=failed,
            keep_path=job.keep_path,
            ours=True,
            unchanged=lambda: _still(path, before),
        )


@contextlib.contextmanager
def _working(place: Place, name: str) -> Iterator[tuple[Path, Path]]:
    """Where a run's results and the notebook of a failed one are written: in place, or here, to be sent away."""
    if place.local is not None:
        yield place.local / name, place.local / FAILED / name
        return
    with tempfile.TemporaryDirectory(prefix="kinebench-run-") as made:
        folder, failed = Path(made) / name, Path(made) / FAILED / name
        try:
            yield folder, failed
        finally:
            if (failed / ERROR_NOTEBOOK).is_file():
                place.write(f"{FAILED}/{name}/{ERROR_NOTEBOOK}", (failed / ERROR_NOTEBOOK).read_bytes())


@contextlib.contextmanager
def _at(stage: str) -> Iterator[None]:
    """Let what is raised within say at which stage."""
    try:
        yield
    except (KinebenchError, NotebookFailed, OSError) as error:
        error.stage = stage  # type: ignore[union-attr]
        raise


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Warnings belong into a run's record; on the batch's terminal nobody could tell of which clip they speak."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _there(path: Path) -> None:
    if not path.is_file():
        raise KinebenchError("clip must be there when it is analysed, but it is gone. Put it back and run again.")


def _unchanged(job: Job, sha256: str) -> None:
    if job.sha256 and sha256 != job.sha256:
        raise KinebenchError(
            "clip must stay as it was when the batch began, but it holds something else now. Run again."
        )


def _own(job: Job, sha256: str) -> None:
    """Raise where the run turns out to be one that another list has of another clip."""
    if job.shared and is_another(replace(job, sha256=sha256), Ledger(Place(job.out))):
        raise KinebenchError(" ".join(SHARED))


def _still(path: Path, before: list[int]) -> None:
    """Raise unless the file is the one of before: results of two clips must not be mixed."""
    try:
        same = storage.stamp(path) == before
    except OSError:
        same = False
    if not same:
        raise KinebenchError("clip must stay as it is while it is analysed, but it changed or went. Run again.")


def _is_done(job: Job, sha256: str) -> bool:
    """Whether the place holds the very results already."""
    if job.force:
        return False
    ledger = Ledger(Place(job.out))
    record = ledger.record(job.name)
    if record is None or changes(record.get("basis", {}), _asked(job, sha256)):
        return False
    return not ledger.lacking(job.name, record)


def _asked(job: Job, sha256: str) -> dict[str, str]:
    """What the results are to rest on: that of a clip at an address was not known when the job was planned."""
    return job.basis | {"clip": sha256}


def _up_to_date(job: Job, found: Found) -> Found:
    told = {"sha256": found["sha256"], "mark": found["mark"], "basis": _asked(job, found["sha256"])}
    return told | {"status": UP_TO_DATE, "verdict": "", "seconds": 0.0}


def _patience(job: Job, begun: float) -> Any:
    """What is called for every frame, and ends the work once it has taken too long."""
    longest = job.limits.run_s

    def told(_done: int, _total: int) -> None:
        if longest is not None and time.monotonic() - begun > longest:
            raise Exceeded(
                f"A run must end within {longest:g} s, but finding the person took that long. Give it more with "
                "--run-timeout, or analyse a shorter stretch."
            )

    return told
