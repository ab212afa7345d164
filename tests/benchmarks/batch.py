"""What a batch costs beyond its runs' own computing, what a second worker brings, how fast nothing is done.

- overhead_s: of one run on a warm worker, everything that is neither a cell of its notebook nor the making of its
  report: handing out, opening, checking, starting the kernel, digests, putting into place. The median of several.
- two_workers: 24 clips on two workers, on one and on two again, each held to one processor; seconds from the first job
  to the last, the two turns' mean: a computer that grows slower or faster meanwhile does so for both.
- skip_s: `kinebench batch` as a whole process on 1,000 rows that are all up to date, tables and index included.
- busy: 64 simulated workers whose tasks sleep what extraction and notebook took here, over 10,000 clips, at a sixth of
  the time, which asks six times as much of whoever hands out the work.
"""

import csv
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import nbformat
import psutil
from tests.batches import STRETCHES, Study, row

from kinebench import batch, manifest, places
from kinebench.batch import cluster, stages
from kinebench.batch.engine import Engine
from kinebench.storage import Place

CLIPS = 24
KINDS = ("walking", "lifting", "rowing")
UP_TO_DATE = 1000
SIMULATED_WORKERS, SIMULATED_CLIPS, TIMES_AS_FAST = 64, 10_000, 6.0


def measure() -> dict[str, Any]:
    """All of it; some minutes."""
    with tempfile.TemporaryDirectory(prefix="kinebench-bench-") as folder:
        rows = [row(KINDS[i % 3], f"P{i:02d}", clip=f"{i}.mp4") for i in range(CLIPS)]
        study = Study.made(Path(folder) / "study", rows)
        for i in range(CLIPS):
            _another(places.SAMPLES / STRETCHES[KINDS[i % 3]]["clip"], study.raw / f"{i}.mp4")
        before = {name: os.environ.get(name) for name in ("KINEBENCH_CACHE", "KINEBENCH_DATA")}
        os.environ.update({name: study.environment[name] for name in before})
        try:
            found = _runs(study)
            found |= _skipping(study, Path(folder))
            return found | _simulated(found["extraction_s"], found["notebook_s"], Path(folder) / "simulated")
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _runs(study: Study) -> dict[str, Any]:
    """Two workers and one on the same clips; nobody has been found in any of them before."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for workers in (2, 1, 2):
        shutil.rmtree(study.reports, ignore_errors=True)
        shutil.rmtree(study.folder / "cache" / "keypoints", ignore_errors=True)
        jobs = _plan(study).due
        with cluster.local(workers, threads=1) as client:
            # Loading and the first kernel's process are no part of it: they come once in a worker's life.
            list(Engine(client, _loaded, _nothing).work([replace(jobs[0], name=f"warm {i}") for i in range(workers)]))
            client.run(stages.warm.begin)
            time.sleep(15.0)
            begun = time.monotonic()
            ended = list(Engine(client, _timed_extract, _timed_measure).work(jobs))
            seconds[workers].append(time.monotonic() - begun)
        wrong = [one.error for one in ended if one.error]
        if wrong:
            raise wrong[0]
    taken = [one.result for one in ended]
    overheads = [one["stages_s"] - one["extraction_s"] - _own(study.reports / one["name"]) for one in taken]
    one, two = (statistics.mean(seconds[workers]) for workers in (1, 2))
    return {
        "one_worker_s": one,
        "two_workers_s": two,
        "two_workers": one / two,
        "overhead_s": statistics.median(overheads),
        "extraction_s": statistics.mean(one["extraction_s"] for one in taken),
        "notebook_s": statistics.mean(one["stages_s"] - one["extraction_s"] for one in taken),
    }


def _plan(study: Study) -> batch.Plan:
    listed = manifest.read(str(study.listing))
    manifest.check(listed)
    return batch.plan(listed.rows, batch.Ledger(Place(str(study.reports))), batch.Stamps())


def _loaded(_: Any) -> None:
    """What a worker has to load before it can begin."""
    from kinebench import outputs, report, tasks

    assert outputs
    assert report
    for task in tasks.TASKS.values():
        task.load()


def _nothing(*_: Any) -> None:
    """The second stage of a job that only loads."""


def _timed_extract(job: batch.Job) -> dict[str, Any]:
    begun = time.monotonic()
    found = stages.extract(job)
    return {"found": found, "taken_s": time.monotonic() - begun}


def _timed_measure(job: batch.Job, extracted: dict[str, Any]) -> dict[str, Any]:
    begun = time.monotonic()
    stages.measure(job, extracted["found"])
    taken = time.monotonic() - begun
    return {"name": job.name, "extraction_s": extracted["taken_s"], "stages_s": extracted["taken_s"] + taken}


def _own(folder: Path) -> float:
    """Seconds that a run's cells and its report took."""
    notebook = nbformat.read(next(folder.glob("*.ipynb")), as_version=4)
    cells = sum(cell.metadata.papermill.duration or 0.0 for cell in notebook.cells if cell.cell_type == "code")
    durations = json.loads((folder / "run.json").read_text())["durations_s"]
    return float(cells + durations["report"] + durations["pdf"])


def _skipping(study: Study, folder: Path) -> dict[str, Any]:
    """A thousand clips, each of another content, and a folder of one finished run for each, as the batch left it."""
    many = Study.made(folder / "many", [])
    rows = [row("walking", f"P{number:04d}", clip=f"{number}.mp4") for number in range(UP_TO_DATE)]
    for one in rows:
        _another(places.SAMPLES / "walking_treadmill.mp4", many.raw / str(one["clip"]))
    with many.listing.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    before = os.environ["KINEBENCH_CACHE"]
    os.environ["KINEBENCH_CACHE"] = str(many.folder / "cache")
    try:
        _finish(many, study)
    finally:
        os.environ["KINEBENCH_CACHE"] = before
    seconds = []
    for _ in range(3):
        begun = time.monotonic()
        done = subprocess.run(
            many.command(), env=many.environment, cwd=many.folder, capture_output=True, text=True, check=False
        )
        seconds.append(time.monotonic() - begun)
        if f"0 analysed, {UP_TO_DATE} up to date" not in done.stdout:
            raise RuntimeError(done.stdout + done.stderr)
    return {"skip_s": statistics.median(seconds)}


def _another(source: Path, clip: Path) -> None:
    """The same film as another file: a box that players pass over tells it from all others."""
    clip.write_bytes(source.read_bytes() + b"\0\0\0\x18free" + clip.name.encode().ljust(16, b"\0"))


def _finish(many: Study, study: Study) -> None:
    """Give every row the folder of a finished run, its files linked, its record its own."""
    stamps = batch.Stamps()
    listed = manifest.read(str(many.listing))
    chosen = batch.plan(listed.rows, batch.Ledger(Place(str(many.reports))), stamps)
    stamps.save()
    model = next(study.reports.glob("*walking*"))
    record = json.loads((model / "run.json").read_text())
    for planned in chosen.rows:
        job = planned.job
        shutil.copytree(
            model, many.reports / job.name, copy_function=os.link, ignore=shutil.ignore_patterns("run.json")
        )
        own = record | {"run": job.name, "parameters": job.values, "basis": job.basis}
        (many.reports / job.name / "run.json").write_text(json.dumps(own))


def _sleep_first(job: batch.Job) -> dict[str, Any]:
    time.sleep(job.values["extraction_s"])
    return {}


def _sleep_second(job: batch.Job, _: Any) -> dict[str, Any]:
    """Sleep, then leave a record, as whoever hands out the work looks for one."""
    time.sleep(job.values["notebook_s"])
    folder = Path(job.out, job.name)
    folder.mkdir()
    record = {"status": "complete", "task": job.task, "basis": job.basis, "files": {}}
    (folder / "run.json").write_text(json.dumps(record))
    said = {"verdict": "good", "seconds": 0.0, "sha256": job.sha256, "mark": ()}
    return {"status": "complete", "basis": job.basis, **said}


def _simulated(extraction_s: float, notebook_s: float, folder: Path) -> dict[str, Any]:
    """A whole batch, its claims, records and list included, of clips that are not there: their stages sleep.

    Clips differ: each takes between half and one and a half times what was measured. busy: of the workers' time.
    growth_bytes: what the process's memory, simulated workers included, grew by from the 1,000th clip to the last.
    """
    import dask
    from distributed import Client, LocalCluster

    chance = random.Random(6)
    jobs = []
    for number in range(SIMULATED_CLIPS):
        factor = chance.uniform(0.5, 1.5) / TIMES_AS_FAST
        lasting = {"extraction_s": factor * extraction_s, "notebook_s": factor * notebook_s}
        basis = {"clip": f"{number:064x}"}
        name = f"P{number:05d}_walking_{number:08x}"
        jobs.append(batch.Job(name, number, "", "walking", lasting, str(folder), f"{number:064x}", basis))
    asleep = sum(sum(job.values.values()) for job in jobs)
    chosen = batch.Plan(
        tuple(batch.Planned(job, "new") for job in jobs), names={job.name: job.name[:6] for job in jobs}
    )
    # What workers cost by themselves lies on processors of their own in a real cluster; here all share one.
    settings = {
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "500ms",
        "distributed.admin.system-monitor.interval": "5s",
        "distributed.admin.log-length": cluster.LOGGED,
        "distributed.admin.low-level-log-length": cluster.LOGGED,
    }
    with (
        dask.config.set(settings),
        mock.patch.object(stages, "extract", _sleep_first),
        mock.patch.object(stages, "measure", _sleep_second),
        LocalCluster(
            n_workers=SIMULATED_WORKERS,
            threads_per_worker=1,
            processes=False,
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
            silence_logs=50,
        ) as simulated,
        Client(simulated) as client,
    ):
        memory, over = [], 0
        ledger = batch.Ledger(Place(str(folder)))
        ledger.note_list("simulated", chosen.names)
        begun = time.monotonic()
        for outcome in batch.work(client, chosen, ledger, batch.Stamps()):
            over += outcome.status == "complete"
            if over in (SIMULATED_CLIPS // 10, SIMULATED_CLIPS):
                memory.append(psutil.Process().memory_info().rss)
        wall = time.monotonic() - begun
    if over != SIMULATED_CLIPS:
        raise RuntimeError(f"{over} of {SIMULATED_CLIPS} simulated clips came back")
    return {
        "busy": asleep / (SIMULATED_WORKERS * wall),
        "simulated_s": wall,
        "simulated_each_s": asleep / len(jobs),
        "growth_bytes": memory[-1] - memory[0],
    }


if __name__ == "__main__":
    json.dump(measure(), sys.stdout, indent=2)
