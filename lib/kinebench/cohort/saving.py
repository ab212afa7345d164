"""The tables and figures of a cohort in a folder."""

from collections.abc import Mapping
from pathlib import Path

from kinebench import outputs
from kinebench.cohort.shown import Table
from kinebench.figures import Figure
from kinebench.formats.spreadsheet import harmless
from kinebench.formats.whole import write_text


def save(out: str | Path, tables: Mapping[str, Table], drawn: Mapping[str, Figure]) -> list[Path]:
    """Write every table as CSV, its numbers in full, and every figure as SVG, PDF and PNG; nothing with an empty `out`.

    What is empty is not written. Returns what was.
    """
    if not str(out):
        return []
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in tables.items():
        if len(table.frame):
            written += write_text(
                folder / f"{name}.csv", harmless(table.frame).to_csv(index=False, lineterminator="\n")
            )
    for name, figure in drawn.items():
        if not figure.absent:
            written += outputs.save_figure(figure, folder / "figures", name)
    return written
