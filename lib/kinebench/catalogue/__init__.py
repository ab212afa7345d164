"""What a reports folder holds, as three tables: its runs, their metrics, and what each metric means.

The folder alone is asked: run.json and metrics.json of each run, failure.json of each failed one. A file that is
damaged becomes a row that says so; nothing is left out and nothing is guessed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from kinebench.catalogue import records, tables
from kinebench.catalogue.records import is_of_batch
from kinebench.errors import KinebenchError
from kinebench.formats.spreadsheet import harmless
from kinebench.formats.whole import whole

__all__ = ["FAILED", "OWN", "Catalogue", "is_of_batch", "read", "save"]

FAILED, OWN = "failed", ".kinebench"


@dataclass(frozen=True)
class Catalogue:
    """The tables of one reports folder, rows sorted by participant, session, date, task, label and run.

    runs: one row a run or failure: run, participant, session, date, label, task, status (complete or failed), verdict,
    doubts, stage, message, remedy, finished, duration_s (what the run took), report and thumbnail (paths below the
    folder, "" where there is none), listed, and more paths: pdf, overlay, notebook (of a failure), earlier (the report
    of an earlier success, beside a failure). listed: False for a left-over, which came from a batch that names it no
    more. metrics: one row a run with the person's details and a column a metric; a failed run has NaN in every metric.
    dictionary: column, unit, definition, source and the tasks that mean this by it.
    units: (run, metric) -> the run's own unit, of the metrics that are not in one unit throughout. Missing text is "".
    """

    runs: pd.DataFrame
    metrics: pd.DataFrame
    dictionary: pd.DataFrame
    units: Mapping[tuple[str, str], str] = field(default_factory=dict)


def read(reports: Path) -> Catalogue:
    """The catalogue of a reports folder; one without runs has empty tables. KinebenchError where there is no folder."""
    reports = Path(reports)
    try:
        names = {name for name in records.listing(reports) if not name.startswith(".") and name != FAILED}
        failures = set(records.listing(reports / FAILED)) if (reports / FAILED).is_dir() else set()
    except OSError as error:
        raise KinebenchError(
            f"reports must be a folder that can be read, but {reports} can't be ({error.strerror}). Name another one."
        ) from None
    named = records.named_by_batches(reports / OWN / "batches")
    found = list(_found(reports, names, failures, named))
    found.sort(key=lambda record: tuple(record.row[column] for column in tables.SORTED_BY))
    return Catalogue(tables.runs(found), tables.metrics(found), tables.dictionary(found), tables.units(found))


def _found(
    reports: Path, names: set[str], failures: set[str], named: frozenset[str] | None
) -> Iterator[records.Record]:
    for name in sorted(names | failures):
        run = records.of_run(reports, name) if name in names else None
        failure = records.of_failure(reports, FAILED, name) if name in failures else None
        record = records.latest(run, failure)
        if record is not None:
            yield records.with_listing(record, name, named)


def save(catalogue: Catalogue, reports: Path) -> list[Path]:
    """Write metrics.csv, metrics.parquet and metrics.dictionary.csv into the folder, each whole or not at all.

    The saved dictionary begins with the columns that are no metric's.
    """
    reports = Path(reports)
    paths = [reports / name for name in ("metrics.csv", "metrics.parquet", "metrics.dictionary.csv")]
    with whole(paths[0]) as temporary:
        harmless(catalogue.metrics).to_csv(temporary, index=False)
    with whole(paths[1]) as temporary:
        catalogue.metrics.to_parquet(temporary, index=False)
    with whole(paths[2]) as temporary:
        told = pd.concat([tables.shared(), catalogue.dictionary], ignore_index=True)
        harmless(told).to_csv(temporary, index=False)
    return paths
