"""One video, one task, one run folder: check everything first, execute the notebook, let the results appear whole."""

import contextlib
import datetime
import json
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinebench import (
    estimators,
    kernel,
    parameters,
    places,
    progress,
    provenance,
    pseudonyms,
    report,
    saved,
    tasks,
    video,
)
from kinebench.errors import KinebenchError
from kinebench.extraction import Extraction
from kinebench.smoothing import check_cutoff

RESULTS = (
    "report.html",
    "report.pdf",
    "metrics.json",
    "metrics.csv",
    "reps.csv",
    "references.csv",
    "signals.csv",
    "keypoints.csv",
    "keypoints.parquet",
    "overlay.mp4",
    "figures",
)
# Settings that name a file of the user's; a reference is mostly a name in the library, and then none.
OWN_FILES = ("weights", "detector", "recording", "reference")
REFERENCE_FILE = ".yaml"


@dataclass(frozen=True)
class Run:
    """What a finished run left behind."""

    folder: Path
    report: Path
    pdf: Path | None
    seconds: float
    verdict: str
    warnings: tuple[str, ...]


def run(
    source: str | Path,
    task_name: str,
    values: dict[str, Any] | None = None,
    *,
    out: str | Path | None = None,
    obey_saved: bool = True,
    show_progress: bool = True,
) -> Run:
    """Analyse the video `source` with a task's notebook; the results lie in `out`, or in `reports/RUN` without it.

    What was saved for the clip in the workbench is obeyed, unless not `obey_saved`; `values` go before it.
    Raises `KinebenchError` for everything that the user can mend; then nothing was written.
    """
    started = time.monotonic()
    task = tasks.get(task_name)
    source = Path(source).expanduser()
    settings, clip, basis = _settled(source, task, values or {}, obey_saved)
    extraction = settings.extraction
    check_cutoff(clip.times_s, settings.smoothing)
    estimators.require(extraction.estimator, **extraction.estimator_settings())
    run_id = provenance.run_id(task.name, clip.sha256, parameters.flat(settings))
    folder = Path(out).expanduser() if out is not None else Path.cwd() / "reports" / run_id
    with _staging(folder) as staging, _terminable():
        try:
            durations = _execute(task, settings, clip.path, run_id, staging, show_progress)
        except KinebenchError as error:
            raise (KinebenchError(f"{error} Mind that {clip.damage}.") if clip.damage else error) from None
        with progress.stage("printing the report", show=show_progress):
            printed = _print(staging, durations)
        record = _record(run_id, task, settings, clip, staging, durations | {"total_s": time.monotonic() - started})
        record["parameters_from"] = basis
        (staging / "run.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        _publish(staging, folder)
    seconds = time.monotonic() - started
    pdf = folder / "report.pdf" if printed else None
    return Run(folder, folder / "report.html", pdf, seconds, record["verdict"], tuple(record["warnings"]))


def _settled(source: Path, task: Any, values: dict[str, Any], obey_saved: bool) -> tuple[Any, video.Clip, str]:
    """The settings of a run, the clip opened with them, and in words where they come from."""
    parameters.build(task.settings, values)
    if not obey_saved:
        settings: Any = parameters.build(task.settings, _rooted(values))
        return settings, _opened(source, settings), "as given"
    whole = video.open_clip(source)
    found, path = saved_for(whole, task, values)
    try:
        settings = parameters.build(task.settings, _rooted(found | values))
    except KinebenchError as error:
        raise KinebenchError(f"{path}: {error} Mend the file, or ignore it with --defaults.") from None
    stretch = settings.extraction
    same = (stretch.start_s, stretch.stop_s, stretch.every) == (whole.start_s, whole.stop_s, whole.every)
    clip = whole if same else _opened(source, settings)
    return settings, clip, "the clip's parameter file" if path else "as given"


def saved_for(clip: video.Clip, task: Any, values: dict[str, Any]) -> tuple[dict[str, Any], Path | None]:
    """What was saved for the clip in the workbench, as far as it is not of another estimator than `values` name."""
    found, path = saved.values_for(clip, task.name)
    if "estimator" in values and values["estimator"] != found.get("estimator", estimators.DEFAULT):
        own = set(Extraction().estimator_parameters())
        found = {name: value for name, value in found.items() if name not in own}
    return found, path


def _opened(source: Path, settings: Any) -> video.Clip:
    extraction = settings.extraction
    return video.open_clip(source, start_s=extraction.start_s, stop_s=extraction.stop_s, every=extraction.every)


def _rooted(values: dict[str, Any]) -> dict[str, Any]:
    """The values with the user's own files as whole paths: the notebook runs in another folder."""
    given = {name: Path(path).expanduser() for name, path in _files_among(values).items()}
    # What is not here is a hub's address, a path below the project's folder, or refused where it is read.
    return values | {name: str(path.resolve()) for name, path in given.items() if path.exists()}


def _own_files(settings: Any) -> dict[str, str]:
    """Paths of the user's own files, and what stands for them in what is handed on."""
    return {path: f"own {name}" for name, path in _files_among(parameters.flat(settings)).items() if path}


def _files_among(values: dict[str, Any]) -> dict[str, str]:
    given = {name: values[name] for name in OWN_FILES if isinstance(values.get(name), str)}
    return {name: path for name, path in given.items() if name != "reference" or path.endswith(REFERENCE_FILE)}


def _execute(
    task: Any, settings: Any, source: Path, run_id: str, staging: Path, show_progress: bool
) -> dict[str, float]:
    executed = staging / task.notebook
    paths = {"video": str(source.resolve()), "out": str(staging.resolve())}
    begun = time.monotonic()
    kernel.execute(
        places.NOTEBOOKS / task.notebook, executed, paths | parameters.flat(settings), show_progress=show_progress
    )
    pseudonyms.pseudonymise(
        executed, {paths["video"]: run_id, paths["out"]: "", str(places.NOTEBOOKS): "notebooks"} | _own_files(settings)
    )
    notebook_s = time.monotonic() - begun
    with progress.stage("writing the report", show=show_progress):
        report.to_html(executed, staging / "report.html")
    return {"notebook_s": notebook_s}


def _print(staging: Path, durations: dict[str, float]) -> bool:
    begun = time.monotonic()
    printed = report.to_pdf(staging / "report.html", staging / "report.pdf")
    durations["pdf_s"] = time.monotonic() - begun
    return bool(printed)


def _record(
    run_id: str, task: Any, settings: Any, clip: Any, staging: Path, durations: dict[str, float]
) -> dict[str, Any]:
    """The run's provenance. The input is named by its digest alone: a path or a file name often names a person."""
    metrics = json.loads((staging / "metrics.json").read_text(encoding="utf-8"))
    extraction = settings.extraction
    return {
        "run": run_id,
        "status": "complete",
        "task": task.name,
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "input": {
            "sha256": clip.sha256,
            "width_px": clip.width,
            "height_px": clip.height,
            "frames": len(clip.times_s),
            "duration_s": clip.duration_s,
            "codec": clip.codec,
            "damage": clip.damage,
        },
        "estimator": estimators.get(extraction.estimator, **extraction.estimator_settings()).describe(),
        "parameters": pseudonyms.without(parameters.flat(settings), _own_files(settings)),
        "verdict": metrics["quality"]["verdict"],
        "warnings": [
            f"{check['name']}: {check['message']}"
            for check in metrics["quality"]["checks"]
            if check["verdict"] != "good"
        ],
        "versions": provenance.versions(),
        "git_commit": provenance.git_commit(),
        "durations_s": {name.removesuffix("_s"): round(seconds, 3) for name, seconds in durations.items()},
    }


@contextlib.contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A hidden folder on the file system of `folder`, removed whatever happens; proves that writing is possible."""
    if folder.exists() and not folder.is_dir():
        raise KinebenchError(f"out must be a folder, but {folder} is a file. Name another one.")
    foreign = [name for name in RESULTS if (folder / name).exists() and not (folder / "run.json").exists()]
    if foreign:
        raise KinebenchError(
            f"out must be a new folder or one of an earlier run, but {folder} holds a {foreign[0]} of somebody else's. "
            "Name another one."
        )
    created = [parent for parent in (folder.parent, *folder.parent.parents) if not parent.exists()]
    try:
        home = folder if folder.is_dir() else folder.parent
        home.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".kinebench-", dir=home))
        (staging / "probe").write_bytes(b"0" * 65536)
        (staging / "probe").unlink()
    except OSError as error:
        _remove_empty(created)
        reason = error.strerror or str(error)
        raise KinebenchError(
            f"out must be a folder that can be written to, but {folder} cannot ({reason}). Name another one with --out."
        ) from None
    try:
        yield staging
    except OSError as error:
        raise KinebenchError(
            f"The results must fit into out, but writing to {folder} failed ({error.strerror or error}). "
            "Free space or name another one with --out."
        ) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        if not folder.exists():
            _remove_empty(created)


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _publish(staging: Path, folder: Path) -> None:
    """Move finished results into place: a new folder appears in one step, an existing one gets each file whole."""
    if not folder.exists():
        os.chmod(staging, 0o755)
        os.replace(staging, folder)
        return
    if (folder / "figures").is_dir() and (staging / "figures").is_dir():
        shutil.rmtree(folder / "figures")
    for name in RESULTS:
        if (folder / name).is_file() and not (staging / name).exists():
            (folder / name).unlink()
    # run.json last: where it lies, everything that it speaks of lies too.
    for item in sorted(staging.iterdir(), key=lambda item: item.name == "run.json"):
        os.replace(item, folder / item.name)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let a polite `kill` end a run as Ctrl-C does, so that kernel and staging folder are cleared away."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
