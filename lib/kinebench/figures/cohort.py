"""Figures of a cohort: every run a dot, agreement of two sessions, each person's change, groups beside each other."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from kinebench.figures import style
from kinebench.figures.cohort_changes import changes
from kinebench.figures.cohort_panels import COLUMNS, MARKS, absent, in_unit, legend, mark, panels, scatter
from kinebench.words import label

__all__ = ["agreement", "changes", "distributions"]

LEGEND = {"good": "a good run", "doubtful": "a doubtful run", "bad": "a bad run: not counted"}
# So many names, of so many letters, stand beside each other below a panel of a third of a page.
NARROW, LONGEST = 3, 14
DASHED = (0, (4, 2))
ABSENT = {"failed": "failed", "participants without a run": "absent"}


@style.styled
def distributions(values: pd.DataFrame, summary: pd.DataFrame, became: pd.DataFrame | None = None) -> style.Figure:
    """A panel a metric, a column a group (session, sex ...): every run a dot, box and line at quartiles and median.

    values: metric, unit, group, value, verdict, counted; summary: metric, `session` or `group`, people, median,
    lower_quartile, upper_quartile (NaN: of too few people for a box). became: a row a session with how many failed or
    lack a run, written below.
    """
    if values.empty:
        return absent("No run has a number to show.")
    column = "session" if "session" in summary else "group"
    names = list(dict.fromkeys([*summary[column], *values["group"]]))
    metrics = list(dict.fromkeys(values["metric"]))
    figure, shown = panels(len(metrics), 58, columns=_fitting(names), wide=len(names) > NARROW)
    for axes, metric in zip(shown, metrics, strict=True):
        own, boxes = values[values["metric"] == metric], summary[summary["metric"] == metric].set_index(column)
        for place, name in enumerate(names):
            if name in boxes.index and math.isfinite(boxes["lower_quartile"][name]):
                _box(axes, place, boxes.loc[name])
            _dots(axes, place, own[own["group"] == name])
        _ticks(axes, [_below(name, boxes, became) for name in names])
        axes.set_xlim(-0.6, len(names) - 0.4)
        axes.use_sticky_edges = False
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel("Session" if column == "session" else "")
        _named(axes, metric, own["unit"].iloc[0])
    legend(figure, _dot_legend(values))
    verdicts = values["verdict"].value_counts()
    counted = f"{verdicts.get('doubtful', 0)} of them doubtful, {verdicts.get('bad', 0)} bad"
    figure.alt = f"{', '.join(map(label, metrics))} by {column}: {len(values)} numbers, {counted}."
    return figure


@style.styled
def agreement(pairs: pd.DataFrame, lines: pd.DataFrame, sessions: Sequence[str]) -> style.Figure:
    """Bland-Altman plots, a panel a metric: difference against mean, bias and limits with their intervals.

    pairs: metric, unit, mean, difference, doubtful, a row a person; lines: metric, what, value, low, high.
    """
    if pairs.empty:
        return absent("No sessions were repeated by enough people to draw their agreement.")
    metrics = list(dict.fromkeys(pairs["metric"]))
    figure, shown = panels(len(metrics), 58)
    first, last = sessions[0], sessions[-1]
    for axes, metric in zip(shown, metrics, strict=True):
        own = pairs[pairs["metric"] == metric]
        for line in lines[lines["metric"] == metric].itertuples():
            _line(axes, str(line.what), float(line.value), float(line.low), float(line.high))
        for verdict in ("good", "doubtful"):
            of = own[own["doubtful"].astype(bool) == (verdict == "doubtful")]
            scatter(axes, of["mean"], of["difference"], verdict)
        of = in_unit(own["unit"].iloc[0])
        axes.axhline(0, color=style.FAINT, linewidth=0.6, zorder=0)
        axes.set_xlabel(f"Mean of sessions {first} and {last}{of}")
        axes.set_ylabel(f"Session {last} less session {first}{of}")
        axes.set_title(label(metric))
    legend(figure, _agreement_legend(bool(pairs["doubtful"].any())))
    figure.alt = f"Bland-Altman plots of {', '.join(map(label, metrics))}, sessions {first} and {last}."
    return figure


def _fitting(names: Sequence[str]) -> int:
    """How many panels beside each other leave room for the names below."""
    return COLUMNS if len(names) <= NARROW else 2 if len(names) < 2 * NARROW else 1


def _ticks(axes: Axes, below: Sequence[str]) -> None:
    """Groups' names with what is below them, turned where they would lie over each other."""
    longest = max(len(line) for text in below for line in text.split("\n"))
    turned = longest > LONGEST or len(below) > 3 * NARROW
    told = [text.replace("\n", ", ") for text in below] if turned else list(below)
    turn: dict[str, Any] = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if turned else {}
    axes.set_xticks(range(len(below)), told, **turn)


def _named(axes: Axes, metric: str, unit: str) -> None:
    axes.set_ylabel(f"{label(metric)}{in_unit(unit)}")


def _box(axes: Axes, place: int, row: pd.Series) -> None:
    low, high = float(row["lower_quartile"]), float(row["upper_quartile"])
    # An outline above the dots: it hides none of them.
    axes.bar(place, high - low, 0.62, bottom=low, facecolor="none", edgecolor=style.INK, linewidth=0.8, zorder=4)
    axes.hlines(float(row["median"]), place - 0.31, place + 0.31, color=style.INK, linewidth=1.4, zorder=5)


def _dots(axes: Axes, place: int, own: pd.DataFrame) -> None:
    numbers = own["value"].to_numpy(float)
    at = place + _offsets(numbers)
    for verdict in MARKS:
        for counted in (True, False):
            of = (own["verdict"] == verdict).to_numpy(bool) & (own["counted"].to_numpy(bool) == counted)
            scatter(axes, at[of], numbers[of], verdict, hollow=not counted)


def _offsets(numbers: np.ndarray) -> np.ndarray:
    """Places beside each other for values that would lie over one another, the same ones every time."""
    offsets = np.zeros(len(numbers))
    reach = float(np.ptp(numbers)) if len(numbers) else 0.0
    bins = np.floor((numbers - numbers.min()) / reach * 24).astype(int) if reach else np.zeros(len(numbers), dtype=int)
    for one in np.unique(bins):
        here = np.flatnonzero(bins == one)
        step = min(0.07, 0.7 / max(len(here), 1))
        offsets[here] = (np.arange(len(here)) - (len(here) - 1) / 2) * step
    return offsets


def _below(name: str, boxes: pd.DataFrame, became: pd.DataFrame | None) -> str:
    """A group's name with how many people are counted, and what did not get that far."""
    people = int(boxes["people"][name]) if name in boxes.index else 0
    lines = [name, f"{people} {'person' if people == 1 else 'people'}"]
    row = became[became["session"] == name] if became is not None and len(became) else None
    if row is not None and len(row):
        counts = {word: pd.to_numeric(row[column]).fillna(0).sum() for column, word in ABSENT.items()}
        lines += [f"{count:.0f} {word}" for word, count in counts.items() if count > 0]
    return "\n".join(lines)


def _dot_legend(values: pd.DataFrame) -> list:
    kinds = values[["verdict", "counted"]].drop_duplicates()
    handles: list = []
    for verdict, words_ in LEGEND.items():
        for counted in sorted(kinds.loc[kinds["verdict"] == verdict, "counted"].astype(bool), reverse=True):
            extra = "" if counted or verdict == "bad" else ": not counted"
            handles.append(mark(verdict, words_ + extra, hollow=not counted))
    box = Patch(
        facecolor="none", edgecolor=style.INK, linewidth=0.8, label="quartiles, where people are enough for them"
    )
    return [*handles, box, Line2D([], [], color=style.INK, linewidth=1.4, label="their median")]


def _line(axes: Axes, what: str, value: float, low: float, high: float) -> None:
    colour = style.INK if what == "bias" else style.PURPLE
    axes.axhspan(low, high, color=colour, alpha=0.10, linewidth=0)
    axes.axhline(value, color=colour, linewidth=1.1, linestyle="-" if what == "bias" else DASHED)


def _agreement_legend(doubtful: bool) -> list:
    return [
        mark("good", "a person"),
        *([mark("doubtful", "a person with a doubtful run")] if doubtful else []),
        Line2D([], [], color=style.INK, linewidth=1.1, label="bias"),
        Line2D([], [], color=style.PURPLE, linewidth=1.1, linestyle=DASHED, label="limits of agreement"),
        Patch(facecolor=style.MUTED, alpha=0.25, label="their confidence intervals"),
    ]
