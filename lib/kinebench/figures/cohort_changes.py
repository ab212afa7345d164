"""Each person's change between two sessions, against what measurement error alone can give."""

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from kinebench.figures import style
from kinebench.figures.cohort_panels import absent, in_unit, legend, panels
from kinebench.words import label

JUDGED = {
    "within measurement error": style.MUTED,
    "uncertain": style.INK,
    "increase": style.PURPLE,
    "decrease": style.BLUE,
    "not judged": style.INK,
}
BEYOND = ("increase", "decrease")
# So many names fit below a figure that is as wide as a page.
NAMED = 45


@style.styled
def changes(people: pd.DataFrame, thresholds: pd.DataFrame, sessions: Sequence[str]) -> style.Figure:
    """Each participant's change, sorted, a panel a metric; the band is what measurement error alone can give.

    people: metric, unit, person, change, doubtful, judgement; thresholds: metric, mdc and its upper bound mdc_high (NaN
    where not known: no band).
    """
    if people.empty:
        return absent("No participant has both of the sessions.")
    metrics = list(dict.fromkeys(people["metric"]))
    figure, shown = panels(len(metrics), 58, wide=len(metrics) == 1)
    limits = thresholds.set_index("metric")
    for axes, metric in zip(shown, metrics, strict=True):
        own = people[people["metric"] == metric].reset_index(drop=True)
        if metric in limits.index:
            _band(axes, float(limits.loc[metric, "mdc"]), float(limits.loc[metric, "mdc_high"]))
        axes.axhline(0, color=style.MUTED, linewidth=0.6)
        _lollipops(axes, own)
        axes.set_ylabel(f"Change from session {sessions[0]} to {sessions[1]}{in_unit(own['unit'].iloc[0])}")
        axes.set_title(label(metric))
        _people_axis(axes, own, wide=len(metrics) == 1)
    legend(figure, _change_legend(people, thresholds))
    counts = people["judgement"].value_counts()
    told = ", ".join(f"{count} {judgement}" for judgement, count in counts.items())
    figure.alt = f"Change of {', '.join(map(label, metrics))} from session {sessions[0]} to {sessions[1]}: {told}."
    return figure


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
