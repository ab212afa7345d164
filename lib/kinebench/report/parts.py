"""The parts of a report: each a table for whoever reads the notebook, and data for the page's template."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from kinebench import quality, tasks, words
from kinebench.tasks import Analysis, Metric, plain

MIME = "application/vnd.kinebench.part+json"
VERDICTS = {
    "good": ("Good recording", "The recording bears the numbers below."),
    "doubtful": ("Doubtful in places", "Read the numbers with the remarks below in mind."),
    "bad": ("Not fit to be relied on", "Film again as said below before you rely on a number."),
}


@dataclass(frozen=True)
class Part:
    """One part: `slot` is its place on the page, `data` what the template is given, the table what notebooks show."""

    slot: str
    data: dict[str, Any]
    head: Sequence[str]
    rows: Sequence[Sequence[str]] = field(default_factory=list)
    title: str = ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {MIME: {"slot": self.slot, **self.data}, "text/html": self._table(), "text/plain": self._text()}

    def _table(self) -> str:
        def cells(texts: Sequence[str], tag: str) -> str:
            return "".join(f'<{tag} style="text-align:left">{html.escape(text)}</{tag}>' for text in texts)

        title = f"<p><strong>{html.escape(self.title)}</strong></p>" if self.title else ""
        body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in self.rows)
        head = f"<thead><tr>{cells(self.head, 'th')}</tr></thead>"
        return title + (f"<table>{head}<tbody>{body}</tbody></table>" if self.rows else "")

    def _text(self) -> str:
        return "\n".join([self.title, *(" | ".join(row) for row in self.rows)]).strip()


def summary(analysis: Analysis) -> Part:
    """What was measured, and whether the recording bears it: verdict, and every check that is not good."""
    task = tasks.get(analysis.task)
    headline, meaning = VERDICTS[analysis.verdict]
    order = sorted(analysis.quality, key=lambda check: -quality.VERDICTS.index(check.verdict))
    checks = [
        {
            "name": words.label(check.name),
            "value": words.measured(check.value, check.unit),
            "verdict": check.verdict,
            "message": check.message,
            "advice": check.advice,
            "basis": check.basis,
        }
        for check in order
    ]
    data = {
        "title": task.title,
        "recording": _whose(analysis),
        "verdict": analysis.verdict,
        "headline": headline,
        "meaning": meaning,
        "checks": checks,
        "near_side": analysis.near_side,
    }
    rows = [(c["verdict"], c["message"], c["advice"]) for c in checks]
    return Part("summary", data, ("verdict", "finding", "what to do"), rows, f"{headline}. {meaning}")


def _whose(analysis: Analysis) -> str:
    """Whose recording it is, as far as that was told; else the recording's own name."""
    person = analysis.settings.person
    told = (person.participant, person.session and f"session {person.session}", person.date, person.label)
    return " · ".join(word for word in told if word) if person.participant else analysis.recording.name


def metrics(analysis: Analysis) -> Part:
    """Every metric that this clip gave, with unit, definition, source and doubt; the task's headline first."""
    presentation = tasks.get(analysis.task).presentation
    found = {metric.name: metric for metric in analysis.metrics if plain(metric.value) is not None}
    spreads = _spreads(found)
    first = [found[name] for name in presentation.headline if name in found]
    rest = [metric for metric in found.values() if metric not in first]
    remarks = {check.message for check in analysis.quality if check.verdict != "good"}
    data = {
        "headline": [_entry(metric, spreads, remarks) for metric in first],
        "others": [_entry(metric, spreads, remarks) for metric in rest],
        "short": [_entry(metric, spreads, remarks) for metric in rest if metric not in spreads.values()],
    }
    rows = [
        (
            words.label(m.name),
            words.measured(plain(m.value), m.unit, spread=words.is_spread(m.name)),
            m.definition,
            m.source,
            m.doubt,
        )
        for m in (*first, *rest)
    ]
    return Part("metrics", data, ("measure", "value", "definition", "source", "doubt"), rows)


def _spreads(found: Mapping[str, Metric]) -> dict[str, Metric]:
    """Name of a metric -> the standard deviation that is named alike: `x_mean_s` and `x_sd_s`, `x_s` and `x_sd_s`."""
    spreads = {}
    for name, metric in found.items():
        for candidate in (name.replace("_sd_", "_mean_"), name.replace("_sd_", "_"), name.removesuffix("_sd")):
            if candidate != name and candidate in found:
                spreads[candidate] = metric
    return spreads


def _entry(metric: Metric, spreads: Mapping[str, Metric], remarks: set[str]) -> dict[str, str]:
    """What the page shows of a metric; a doubt that stands among the remarks anyway is only marked there."""
    spread = spreads.get(metric.name)
    told = metric.doubt
    for remark in remarks:
        told = told.replace(remark, "").strip()
    return {
        "name": metric.name,
        "label": words.label(metric.name),
        "value": words.number(plain(metric.value), metric.unit, spread=words.is_spread(metric.name)),
        "spread": "" if spread is None else words.number(plain(spread.value), metric.unit, spread=True),
        "unit": words.unit_after(metric.unit),
        "definition": metric.definition,
        "source": metric.source,
        "doubt": metric.doubt,
        "own_doubt": told,
    }


def norms(analysis: Analysis) -> Part:
    """How the values stand to published ones that fit the details given of the person, with how sure they are."""
    table = analysis.extras.get("norms", pd.DataFrame())
    rows = [
        {
            "metric": words.label(str(row["metric"])),
            "reference": str(row["reference"]),
            "reading": str(row["reading"]),
            "source": str(row["source"]),
            "how_sure": str(row["how_sure"]),
        }
        for _, row in table.iterrows()
    ]
    shown = [tuple(row.values()) for row in rows]
    nothing = "" if rows else "No published figure fits what was given of the person (age_years, sex, condition)."
    return Part("norms", {"rows": rows}, ("measure", "compared with", "reading", "source", "how sure"), shown, nothing)


def differences(analysis: Analysis, most: int = 3) -> Part:
    """What differs from the reference, largest first: in words, when, and its share of all that differs.

    most: rows on the page; the notebook shows all of them.
    """
    table = analysis.extras.get("feedback", pd.DataFrame())
    rows = [
        {
            "movement": str(row["movement"]),
            "when": f"{row['at_s']:.2f} s",
            "words": str(row["words"]),
            "share": f"{100 * row['cost_share']:.0f} %",
        }
        for _, row in table.iterrows()
    ]
    nothing = "" if rows else "No angle differs from the reference by more than the measurement's error."
    shown = [tuple(row.values()) for row in rows]
    data = {"rows": rows[:most], "more": max(len(rows) - most, 0), "nothing": nothing}
    head = ("movement", "when", "what differs", "share of what differs in it")
    return Part("differences", data, head, shown, nothing)


def repetitions(analysis: Analysis) -> Part:
    """The repetitions' table: one row each, times in seconds, with the reason where one does not count."""
    presentation = tasks.get(analysis.task).presentation
    times = [column for column in presentation.events if column in analysis.reps]
    measures = [
        column
        for column in map(str, analysis.reps.select_dtypes("number"))
        if column not in (*times, "repetition", "start_s", "end_s")
    ]
    columns = [*times, *measures]
    # Beside the number, so that it is seen without scrolling sideways.
    remarked = not analysis.reps["accepted"].all()
    first = [presentation.repetition, "Remark"] if remarked else [presentation.repetition]
    head = [*first, *(_heading(column, presentation.events) for column in columns)]
    rows = []
    for _, row in analysis.reps.iterrows():
        cells = [words.number(plain(float(row[column])), _unit_in(column)) for column in columns]
        named = [str(int(row["repetition"])) if row["accepted"] else "–", str(row["reason"])]
        rows.append([*named[: len(first)], *cells])
    return Part("repetitions", {"head": head, "rows": rows, "words": len(first)}, head, rows)


def _heading(column: str, events: Any) -> str:
    unit = words.unit(_unit_in(column))
    name = str(events.get(column, words.label(column)))
    return f"{name[:1].upper()}{name[1:]}{f' ({unit})' if unit else ''}"


def _unit_in(column: str) -> str:
    endings = {
        "_deg_s": "deg/s",
        "_px_s": "px/s",
        "_m_s": "m/s",
        "_deg": "deg",
        "_pct": "%",
        "_px": "px",
        "_spm": "strokes/min",
    }
    found = next((unit for ending, unit in endings.items() if column.endswith(ending)), "")
    return found or {"s": "s", "m": "m"}.get(column.rsplit("_", 1)[-1], "")
