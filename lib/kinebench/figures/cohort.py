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
from kinebench.words import label, unit

# Verdict -> marker and colour: the shape tells as much as the colour; what is not counted is hollow.
MARKS = {"good": ("o", style.BLUE), "doubtful": ("^", style.ORANGE), "bad": ("x", style.VERMILLION)}
LEGEND = {"good": "a good run", "doubtful": "a doubtful run", "bad": "a bad run: not counted"}
JUDGED = {
    "within measurement error": style.MUTED,
    "uncertain": style.INK,
    "increase": style.PURPLE,
    "decrease": style.BLUE,
    "not judged": style.INK,
}
BEYOND = ("increase", "decrease")
COLUMNS, NAMED = 3, 45
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
        return _absent("No run has a number to show.")
    column = "session" if "session" in summary else "group"
    names = list(dict.fromkeys([*summary[column], *values["group"]]))
    metrics = list(dict.fromkeys(values["metric"]))
    figure, panels = _panels(len(metrics), 58, columns=_fitting(names), wide=len(names) > NARROW)
    for axes, metric in zip(panels, metrics, strict=True):
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
    _legend(figure, _dot_legend(values))
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
        return _absent("No sessions were repeated by enough people to draw their agreement.")
    metrics = list(dict.fromkeys(pairs["metric"]))
    figure, panels = _panels(len(metrics), 58)
    first, last = sessions[0], sessions[-1]
    for axes, metric in zip(panels, metrics, strict=True):
        own = pairs[pairs["metric"] == metric]
        for line in lines[lines["metric"] == metric].itertuples():
            _line(axes, str(line.what), float(line.value), float(line.low), float(line.high))
        for verdict in ("good", "doubtful"):
            of = own[own["doubtful"].astype(bool) == (verdict == "doubtful")]
            _scatter(axes, of["mean"], of["difference"], verdict)
        of = _unit(own["unit"].iloc[0])
        axes.axhline(0, color=style.FAINT, linewidth=0.6, zorder=0)
        axes.set_xlabel(f"Mean of sessions {first} and {last}{of}")
        axes.set_ylabel(f"Session {last} less session {first}{of}")
        axes.set_title(label(metric))
    _legend(figure, _agreement_legend(bool(pairs["doubtful"].any())))
    figure.alt = f"Bland-Altman plots of {', '.join(map(label, metrics))}, sessions {first} and {last}."
    return figure


@style.styled
def changes(people: pd.DataFrame, thresholds: pd.DataFrame, sessions: Sequence[str]) -> style.Figure:
    """Each participant's change, sorted, a panel a metric; the band is what measurement error alone can give.

    people: metric, unit, person, change, doubtful, judgement; thresholds: metric, mdc and its upper bound mdc_high (NaN
    where not known: no band).
    """
    if people.empty:
        return _absent("No participant has both of the sessions.")
    metrics = list(dict.fromkeys(people["metric"]))
    figure, panels = _panels(len(metrics), 58, wide=len(metrics) == 1)
    limits = thresholds.set_index("metric")
    for axes, metric in zip(panels, metrics, strict=True):
        own = people[people["metric"] == metric].reset_index(drop=True)
        if metric in limits.index:
            _band(axes, float(limits.loc[metric, "mdc"]), float(limits.loc[metric, "mdc_high"]))
        axes.axhline(0, color=style.MUTED, linewidth=0.6)
        _lollipops(axes, own)
        axes.set_ylabel(f"Change from session {sessions[0]} to {sessions[1]}{_unit(own['unit'].iloc[0])}")
        axes.set_title(label(metric))
        _people_axis(axes, own, wide=len(metrics) == 1)
    _legend(figure, _change_legend(people, thresholds))
    counts = people["judgement"].value_counts()
    told = ", ".join(f"{count} {judgement}" for judgement, count in counts.items())
    figure.alt = f"Change of {', '.join(map(label, metrics))} from session {sessions[0]} to {sessions[1]}: {told}."
    return figure


def _absent(said: str) -> style.Figure:
    figure = style.blank(style.SINGLE_MM, 10)
    figure.alt, figure.absent = said, True
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


def _panels(
    count: int, height_mm: float, *, columns: int = COLUMNS, wide: bool = False
) -> tuple[style.Figure, list[Axes]]:
    """So many panels, at most `columns` beside each other; a single one takes one column of a page unless `wide`."""
    across, down = min(count, columns), math.ceil(count / columns)
    figure = style.blank(style.SINGLE_MM if count == 1 and not wide else style.DOUBLE_MM, height_mm * down + 8)
    figure.get_layout_engine().set(wspace=0.06, hspace=0.06)  # type: ignore[union-attr, call-arg]
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for axes in grid[count:]:
        axes.set_axis_off()
    return figure, list(grid[:count])


def _legend(figure: style.Figure, handles: list) -> None:
    """Below everything; in one column of a page fewer stand beside each other."""
    narrow = figure.get_size_inches()[0] < (style.SINGLE_MM + 1) * style.MM
    figure.legend(handles=handles, loc="outside lower left", ncols=3 if narrow else 6)


def _unit(written: str) -> str:
    return f" ({unit(written)})" if written else ""


def _named(axes: Axes, metric: str, unit: str) -> None:
    axes.set_ylabel(f"{label(metric)}{_unit(unit)}")


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
            _scatter(axes, at[of], numbers[of], verdict, hollow=not counted)


def _scatter(
    axes: Axes, x: np.ndarray | pd.Series, y: np.ndarray | pd.Series, verdict: str, hollow: bool = False
) -> None:
    marker, colour = MARKS[verdict]
    # A cross has no face, it is its edge.
    edge = 0.9 if hollow or marker == "x" else 0.0
    (drawn,) = axes.plot(x, y, marker, color=colour, markersize=3.2, markeredgewidth=edge, alpha=0.85, zorder=3)
    drawn.set_markerfacecolor("none" if hollow else colour)


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
            handles.append(_mark(verdict, words_ + extra, hollow=not counted))
    box = Patch(
        facecolor="none", edgecolor=style.INK, linewidth=0.8, label="quartiles, where people are enough for them"
    )
    return [*handles, box, Line2D([], [], color=style.INK, linewidth=1.4, label="their median")]


def _mark(verdict: str, label: str, hollow: bool = False) -> Line2D:
    marker, colour = MARKS[verdict]
    face = "none" if hollow and marker != "x" else colour
    return Line2D(
        [], [], linestyle="none", marker=marker, color=colour, markersize=3.4, markerfacecolor=face, label=label
    )


def _line(axes: Axes, what: str, value: float, low: float, high: float) -> None:
    colour = style.INK if what == "bias" else style.PURPLE
    axes.axhspan(low, high, color=colour, alpha=0.10, linewidth=0)
    axes.axhline(value, color=colour, linewidth=1.1, linestyle="-" if what == "bias" else DASHED)


def _agreement_legend(doubtful: bool) -> list:
    return [
        _mark("good", "a person"),
        *([_mark("doubtful", "a person with a doubtful run")] if doubtful else []),
        Line2D([], [], color=style.INK, linewidth=1.1, label="bias"),
        Line2D([], [], color=style.PURPLE, linewidth=1.1, linestyle=DASHED, label="limits of agreement"),
        Patch(facecolor=style.MUTED, alpha=0.25, label="their confidence intervals"),
    ]


def _band(axes: Axes, mdc: float, high: float) -> None:
    """What error alone can give, and paler how far that may reach, as far as they are known."""
    if math.isfinite(mdc):
        axes.axhspan(-mdc, mdc, color=style.SKY, alpha=0.22, linewidth=0)
    if math.isfinite(high):
        for side in (-1, 1):
            axes.axhspan(side * mdc, side * high, color=style.SKY, alpha=0.09, linewidth=0)


def _lollipops(axes: Axes, own: pd.DataFrame) -> None:
    for judgement, colour in JUDGED.items():
        for doubtful, marker in ((False, "o"), (True, "^")):
            of = own[(own["judgement"] == judgement) & (own["doubtful"].astype(bool) == doubtful)]
            axes.vlines(of.index, 0, of["change"], color=colour, linewidth=0.7, alpha=0.6)
            # Hollow: it is open which of the two it is.
            face, edge = (style.PAPER, 0.7) if judgement == "uncertain" else (colour, 0.0)
            axes.scatter(
                of.index, of["change"], s=10, marker=marker, color=face, edgecolor=colour, linewidth=edge, zorder=3
            )


def _people_axis(axes: Axes, own: pd.DataFrame, *, wide: bool) -> None:
    """Names below where they fit; of more people, the names of those beyond the MDC at their marks."""
    axes.set_xlim(-0.8, len(own) - 0.2)
    if len(own) <= (NAMED if wide else NAMED // 3):
        axes.set_xticks(range(len(own)), list(own["person"]), rotation=90, fontsize=5.5)
        return
    axes.set_xticks([])
    axes.set_xlabel(f"{len(own)} participants, by change")
    axes.margins(y=0.22)
    gap = len(own) / (60 if wide else 20)
    axes.set_xlim(-gap, len(own) - 1 + gap)
    beyond = own[own["judgement"].isin(BEYOND)]
    taken: list[int] = []
    # The largest changes first: where two names would lie over each other, the smaller change has none.
    for place in beyond["change"].abs().sort_values(ascending=False, kind="stable").index:
        if any(abs(place - other) < gap for other in taken):
            continue
        taken.append(place)
        row = own.loc[place]
        up = row["change"] > 0
        axes.annotate(
            row["person"], (place, row["change"]), (0, 3 if up else -3), textcoords="offset points",
            rotation=90, ha="center", va="bottom" if up else "top", fontsize=5,
        )  # fmt: skip


def _change_legend(people: pd.DataFrame, thresholds: pd.DataFrame) -> list:
    present = set(people["judgement"])
    handles: list = [
        Line2D(
            *([], []),
            linestyle="none",
            marker="o",
            color=colour,
            markersize=3.4,
            markerfacecolor=style.PAPER if judgement == "uncertain" else colour,
            label=judgement,
        )
        for judgement, colour in JUDGED.items()
        if judgement in present
    ]
    if people["doubtful"].astype(bool).any():
        handles.append(
            Line2D([], [], linestyle="none", marker="^", color=style.MUTED, markersize=3.4, label="with a doubtful run")
        )
    if thresholds["mdc"].notna().any():
        handles.append(Patch(facecolor=style.SKY, alpha=0.30, label="within the MDC"))
    if thresholds["mdc_high"].notna().any():
        handles.append(Patch(facecolor=style.SKY, alpha=0.12, label="up to its upper bound"))
    return handles
