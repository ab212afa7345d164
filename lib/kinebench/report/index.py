"""The cohort at a glance: one page over a reports folder, searched and sorted in the browser without any network.

Every link is relative: the page and the runs' folders may be moved together, zipped, or put on a share. What people
typed reaches the page as JSON and is shown as text; a policy in the page forbids every script but its own.
"""

import base64
import datetime
import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from kinebench import __version__, catalogue, tasks, words
from kinebench.catalogue import Catalogue
from kinebench.formats.whole import write_text

NAME = "index.html"
LEFT_OVER = "left over"
GROUPS = ("good", "doubtful", "bad", "failed", LEFT_OVER)
COMPLETE = ("good", "doubtful", "bad")
# What a row links to: its column in the catalogue, and the word for it.
LINKS = {
    "report": "Report",
    "pdf": "PDF",
    "overlay": "Video",
    "notebook": "Error notebook",
    "earlier": "Earlier result",
}
TABLES = ("metrics.csv", "metrics.parquet", "metrics.dictionary.csv")
# A warning begins with the name of its check: `view: The person is seen from 30° aside.`
_CHECK = re.compile(r"(?:^|; )[a-z_]+: ")


def write(reports: Path) -> Path:
    """Save the tables of the folder's catalogue and write its index page, each whole or not at all; returns the page.

    KinebenchError where the folder cannot be read or written.
    """
    reports = Path(reports)
    found = catalogue.read(reports)
    catalogue.save(found, reports)
    write_text(reports / NAME, page(found))
    return reports / NAME


def page(found: Catalogue) -> str:
    """The page of a catalogue."""
    import jinja2
    from markupsafe import Markup

    rows = _rows(found)
    counts = Counter(row["group"] for row in rows["rows"])
    texts = {name: _template(f"index.{name}") for name in ("css", "js")}
    style = _template("report.css") + texts["css"]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("kinebench", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("index.html.j2").render(
        style=Markup(style),
        style_digest=_digest(style),
        script=Markup(texts["js"]),
        script_digest=_digest(texts["js"]),
        # Inside a script element only "<" could end it or begin a comment.
        data=Markup(
            json.dumps(rows, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
        ),
        measures=rows["measures"],
        groups={"": len(rows["rows"]), "complete": sum(counts[name] for name in COMPLETE)}
        | {name: counts[name] for name in GROUPS},
        written=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        tables=TABLES,
        version=__version__,
    )


def _template(name: str) -> str:
    return resources.files("kinebench").joinpath("templates", name).read_text(encoding="utf-8")


def _embedded(data: dict[str, Any]) -> str:
    """JSON for a script element, which only a "<" could end or turn into a comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _digest(text: str) -> str:
    """A script's or style's digest as a page's policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _rows(found: Catalogue) -> dict[str, Any]:
    """What the page's script draws: the measures that occur, and a row a run with values beside their texts."""
    units = _units(found.dictionary)
    measures: dict[str, int] = {}
    counts = _whole_numbers(found.metrics)
    rows = []
    for run, values in zip(found.runs.to_dict("records"), found.metrics.to_dict("records"), strict=True):
        shown = []
        for name in _headline(run["task"]):
            value = values.get(name, math.nan)
            if run["status"] == "complete" and math.isfinite(value):
                place = measures.setdefault(name, len(measures))
                unit = found.units.get((run["run"], name), units.get((name, run["task"]), ""))
                whole = not unit and name in counts
                shown.append([place, value, words.measured(int(value) if whole else value, unit)])
        rows.append(_row({str(key): value for key, value in run.items()}, shown))
    return {"measures": [words.label(name) for name in measures], "groups": GROUPS, "rows": rows}


def _row(run: Mapping[str, Any], shown: list[list[Any]]) -> dict[str, Any]:
    duration = run["duration_s"]
    return {
        **{name: run[name] for name in ("run", "participant", "session", "date", "task", "label")},
        "group": _group(run),
        "measured": shown,
        "remarks": _remarks(run),
        "seconds": None if math.isnan(duration) else round(duration, 1),
        "thumbnail": quote(run["thumbnail"], errors="surrogateescape"),
        "links": [
            [word, quote(run[column], errors="surrogateescape")] for column, word in LINKS.items() if run[column]
        ],
    }


def _group(run: Mapping[str, Any]) -> str:
    """The one group that a row is counted in: a left-over is no part of the cohort any more, whatever it found."""
    if not run["listed"]:
        return LEFT_OVER
    return "failed" if run["status"] != "complete" else str(run["verdict"])


def _remarks(run: Mapping[str, Any]) -> list[str]:
    """What is wrong with a run, a sentence or two each, the first one first."""
    remarks = []
    if not run["listed"]:
        remarks.append("No batch names this run any more: it is a left-over, perhaps of a corrected row.")
    if run["status"] != "complete":
        where = f"Failed in {run['stage']}: " if run["stage"] else "Failed: "
        remarks += [where + run["message"], f"What to do: {run['remedy']}" if run["remedy"] else ""]
    else:
        remarks += _CHECK.sub("\n", run["doubts"]).split("\n")
    return [remark.strip() for remark in remarks if remark.strip()]


@cache
def _headline(task: str) -> tuple[str, ...]:
    """The metrics that a task's results are known by; none for a task that this version does not know."""
    return tasks.get(task).presentation.headline if task in tasks.names() else ()


def _units(dictionary: pd.DataFrame) -> dict[tuple[str, str], str]:
    """(metric, task) -> its unit."""
    rows = zip(dictionary["column"], dictionary["unit"], dictionary["tasks"], strict=True)
    return {(name, task): unit for name, unit, of in rows for task in of.split("; ")}


def _whole_numbers(metrics: pd.DataFrame) -> set[str]:
    """Columns that hold counts, if they have no unit: a table has floats throughout, as NaN is one."""
    numbers = metrics.select_dtypes("number")
    return {str(name) for name in numbers if (numbers[name].dropna() % 1 == 0).all()}
