"""One video, one task, one run folder: check everything first, execute the notebook, let the results appear whole."""

import json
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinebench import estimators, kernel, parameters, places, progress, provenance, pseudonyms, report, tasks
from kinebench.errors import KinebenchError
from kinebench.kernel import Limits
from kinebench.run import folders, settling
from kinebench.run.basis import basis as rested_on
from kinebench.run.record import record
from kinebench.run.settling import saved_for
from kinebench.smoothing import check_cutoff
from kinebench.video import Clip

__all__ = ["ERROR_NOTEBOOK", "Run", "run", "saved_for"]

ERROR_NOTEBOOK = "error.ipynb"


@dataclass(frozen=True)
class Run:
    """What a finished run left behind."""

    folder: Path
    report: Path
    pdf: Path | None
    seconds: float
    verdict: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Work:
    """What one run is about; name: of the run; source: the clip's file, as the user wrote it."""

    task: Any
    settings: Any
    clip: Clip
    name: str
    source: Path

    def stand_ins(self, staging: Path) -> dict[str, str]:
        """The paths that the notebook is given, and what stands for them in what is handed on."""
        own = {str(self.clip.path.resolve()): self.name, str(staging.resolve()): "", str(places.NOTEBOOKS): "notebooks"}
        return own | settling.own_files(self.settings)

    def names(self) -> dict[str, str]:
        """The names of the clip's file, and what stands for them where they stand without their path."""
        told = {str(value) for value in parameters.flat(self.settings).values()} | {self.task.name}
        text = (places.NOTEBOOKS / self.task.notebook).read_text(encoding="utf-8")
        # What is a pseudonym, or a word of the notebook anyway, names nobody, and error notebooks must stay readable.
        names = (name for name in pseudonyms.names_of(self.source) if name not in told)
        return {name: self.name for name in names if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)}


def run(
    source: str | Path,
    task_name: str,
    values: dict[str, Any] | None = None,
    *,
    out: str | Path | None = None,
    name: str | None = None,
    obey_saved: bool = True,
    show_progress: bool = True,
    limits: Limits | None = None,
    failed: Path | None = None,
    keep_path: bool = False,
    unchanged: Callable[[], None] = lambda: None,
    ours: bool = False,
) -> Run:
    """Analyse the video `source` with a task's notebook; the results lie in `out`, or in `reports/RUN` without it.

    What was saved for the clip in the workbench is obeyed, unless not `obey_saved`; `values` go before it.
    name: what the run is called, instead of after its content; failed: a folder to keep the notebook in where it
    fails; keep_path: write into the record where the video lay, which often names a person; unchanged: is called
    before the results are put into place, and keeps them from it by raising; ours: nobody else's results can be in
    `out`.
    Raises `KinebenchError` for everything that the user can mend; then nothing was written but what `failed` got.
    """
    started = time.monotonic()
    task = tasks.get(task_name)
    source = Path(source).expanduser()
    settings, clip, basis = settling.settled(source, task, values or {}, obey_saved)
    extraction = settings.extraction
    check_cutoff(clip.times_s, settings.smoothing)
    estimators.require(extraction.estimator, **extraction.estimator_settings())
    run_id = name or provenance.run_id(task.name, clip.sha256, parameters.flat(settings))
    folder = Path(out).expanduser() if out is not None else Path.cwd() / "reports" / run_id
    # Before the work: what is replaced in mid-run must not be taken for what the result rests on.
    rests = rested_on(task, settings, clip.sha256)
    work = _Work(task, settings, clip, run_id, source)
    with folders.staging(folder, ours=ours) as staging, progress.ended_politely():
        durations = _made(work, staging, show_progress, limits, failed)
        with progress.stage("printing the report", show=show_progress):
            printed = _print(staging, durations)
        written = record(run_id, task, settings, clip, staging, rests, keep_path=keep_path)
        durations["total_s"] = time.monotonic() - started
        written["durations_s"] = {part.removesuffix("_s"): round(seconds, 3) for part, seconds in durations.items()}
        written["parameters_from"] = basis
        (staging / folders.RECORD).write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", "utf-8")
        unchanged()
        folders.publish(staging, folder)
    seconds = time.monotonic() - started
    pdf = folder / "report.pdf" if printed else None
    return Run(folder, folder / "report.html", pdf, seconds, written["verdict"], tuple(written["warnings"]))


def _made(
    work: _Work, staging: Path, show_progress: bool, limits: Limits | None, failed: Path | None
) -> dict[str, float]:
    """Let the notebook fill `staging`; where it fails, it is kept in `failed`. Returns what each part took."""
    stand_ins = work.stand_ins(staging)
    try:
        return _execute(work, staging, stand_ins, show_progress, limits)
    except (KinebenchError, kernel.NotebookFailed) as error:
        # In an error's own words a file's name may stand without its path.
        _keep(staging / work.task.notebook, failed, stand_ins, work.names())
        if work.clip.damage and isinstance(error, KinebenchError):
            raise type(error)(f"{error} Mind that {work.clip.damage}.") from None
        raise


def _execute(
    work: _Work, staging: Path, stand_ins: dict[str, str], show_progress: bool, limits: Limits | None
) -> dict[str, float]:
    executed = staging / work.task.notebook
    paths = {"video": str(work.clip.path.resolve()), "out": str(staging.resolve())}
    begun = time.monotonic()
    kernel.execute(
        places.NOTEBOOKS / work.task.notebook,
        executed,
        paths | parameters.flat(work.settings),
        show_progress=show_progress,
        limits=limits,
    )
    pseudonyms.pseudonymise(executed, stand_ins)
    notebook_s = time.monotonic() - begun
    begun = time.monotonic()
    with progress.stage("writing the report", show=show_progress):
        report.to_html(executed, staging / "report.html")
    return {"notebook_s": notebook_s, "report_s": time.monotonic() - begun}


def _keep(executed: Path, failed: Path | None, stand_ins: dict[str, str], names: dict[str, str]) -> None:
    """Put the notebook of a run that failed, as far as it came, into the folder `failed`."""
    if failed is None or not executed.is_file():
        return
    pseudonyms.pseudonymise(executed, stand_ins, names)
    failed.mkdir(parents=True, exist_ok=True)
    shutil.move(executed, failed / ERROR_NOTEBOOK)


def _print(staging: Path, durations: dict[str, float]) -> bool:
    begun = time.monotonic()
    printed = report.to_pdf(staging / "report.html", staging / "report.pdf")
    durations["pdf_s"] = time.monotonic() - begun
    return bool(printed)
