"""From a file, a URL or a folder to the list's rows and everything that is wrong with them."""

import os
import re
from dataclasses import dataclass

import pandas as pd

from kinebench import tasks
from kinebench.errors import KinebenchError
from kinebench.manifest import checking, folder, text, workbook
from kinebench.manifest.clips import Clips, is_url, roots, system, unfiled
from kinebench.manifest.columns import TASK, understood
from kinebench.manifest.faults import Fault, ManifestError, table
from kinebench.manifest.grid import Grid
from kinebench.manifest.rows import Reader, Row
from kinebench.storage import reason

MOST_BYTES = 200_000_000
WORKBOOKS, ZIP = (".xlsx", ".xlsm"), b"PK\x03\x04"
_OLD = re.compile(r"[.](xls|xlsb|ods|numbers)$", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Manifest:
    """A list of clips.

    rows: those that nothing is wrong with, in the list's order; faults: a table with the columns row, column, value,
    fault and remedy, row as the spreadsheet shows it (the headings are row 1); name: of the list; part: what of its
    source it is, the sheet that was read, or a folder's pattern and task.
    """

    name: str
    rows: tuple[Row, ...]
    faults: pd.DataFrame
    part: tuple[str, ...] = ()


def read(source: str, *, pattern: str = "", task: str = "", clips: str = "", sheet: str = "") -> Manifest:
    """The list at `source`: a CSV or TSV file, an Excel workbook, or a folder of videos; a path or an fsspec URL.

    pattern: for a folder, which files, and which part of a name is what (see `folder.read`); task: for rows that name
    none; clips: the folder or URL that the clips' names count from, by default the list's own and `raw` in it; sheet:
    of a workbook. Raises `KinebenchError` where there is no list; what is wrong within it stands in `Manifest.faults`.
    """
    if task:
        tasks.get(task)
    source = unfiled(source)
    source = source if is_url(source) else os.path.expanduser(source)
    is_folder = _is_folder(source)
    if pattern and not is_folder:
        raise KinebenchError(
            f"--pattern must come with a folder, but {source} is none. Leave it out, or name a folder."
        )
    if is_folder and not task:
        raise KinebenchError(f"--task must be given for a folder of clips, but {source} came without. Name the task.")
    if is_folder and clips:
        raise KinebenchError(f"--clips must come with a list, but {source} is the folder of the clips. Leave it out.")
    where = roots(source, clips, is_folder=is_folder)
    found = folder.read(source, pattern) if is_folder else _listed(source, sheet)
    rows, faults = _checked(found, Clips(where), task)
    name = re.split(r"[/\\]", source.rstrip("/\\"))[-1]
    faulty = {fault.row for fault in faults}
    sound = tuple(row for row in rows if row.number not in faulty)
    part = (pattern, task) if is_folder else (found.sheet,) if found.sheet else ()
    return Manifest(name, sound, table(faults, found.headings), part)


def check(manifest: Manifest) -> None:
    """Nothing where the list is sound; ManifestError, which carries the table of faults, where it is not."""
    if manifest.faults.empty:
        return
    count, rows = len(manifest.faults), manifest.faults["row"].nunique()
    message = (
        f"LIST must be without faults, but {manifest.name} has {count} fault{'s' * (count > 1)} in {rows} "
        f"row{'s' * (rows > 1)}. Correct the cells in the table and start again; nothing has run."
    )
    raise ManifestError(message, manifest.faults)


def _checked(grid: Grid, clips: Clips, task: str) -> tuple[list[Row], list[Fault]]:
    columns, faults = understood(grid, (TASK,) if task else ())
    # A folder's rows lack a participant only where its pattern does, which has been told.
    faults = [*grid.faults, *(fault for fault in faults if grid.head)]
    reader = Reader(grid, columns, clips, task)
    rows = []
    for number, cells in grid.rows:
        row, own = reader.row(number, cells)
        rows.append(row)
        faults += own
    headings = checking.Headings({column.name: column.heading for column in columns})
    return rows, [*faults, *checking.among(rows, headings)]


def _is_folder(source: str) -> bool:
    if is_url(source):
        files, path = system(source)
        try:
            return bool(files.isdir(path))
        # What cannot be asked cannot be read either, and then it is told why.
        except Exception:  # noqa: BLE001
            return False
    return os.path.isdir(source)


def _listed(source: str, sheet: str) -> Grid:
    name = re.split(r"[/\\]", source)[-1]
    old = _OLD.search(name)
    if old:
        raise KinebenchError(
            f"LIST must be a CSV file or an .xlsx workbook, but {name} is {old.group(0)}. Save it as one of them."
        )
    content = _content(source, name)
    is_workbook = name.lower().endswith(WORKBOOKS) or content.startswith(ZIP)
    if sheet and not is_workbook:
        raise KinebenchError(f"--sheet must come with a workbook (.xlsx), but {name} is none. Leave it out.")
    return workbook.read(content, name, sheet) if is_workbook else text.read(content, name)


def _content(source: str, name: str) -> bytes:
    import fsspec

    try:
        with fsspec.open(source, "rb") if is_url(source) else open(source, "rb") as file:
            content: bytes = file.read(MOST_BYTES + 1)
    # Every kind of place has errors of its own; what is not there has no other cause.
    except Exception as error:
        if isinstance(error, FileNotFoundError) and error.__cause__ is None:
            raise KinebenchError(
                f"LIST must be a file or folder that exists, but there is no {source}. Check it."
            ) from None
        if not is_url(source) and not isinstance(error, OSError):
            raise
        raise KinebenchError(
            f"LIST must be a file that can be read, but {name} cannot ({reason(error)}). Check it."
        ) from None
    if len(content) > MOST_BYTES:
        raise KinebenchError(f"LIST must have at most {MOST_BYTES} bytes, but {name} has more. Divide the list.")
    return content
