"""Figures of the sit-to-stand: the rises laid over each other, and how long each part of each repetition took."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes

from kinebench.figures import signals, style
from kinebench.figures.doubt import quality_strip
from kinebench.figures.repeated import mean_and_spread, per_repetition
from kinebench.figures.timeline import timeline
from kinebench.tasks import Analysis, on_side

RISE_SIGNALS = (("trunk_lean_deg", "Trunk lean (°)"), ("{near}_knee_flexion_deg", "Knee flexion (°)"))
PARTS = (
    ("rise_time_s", "Rise (s)", style.VERMILLION),
    ("stand_time_s", "Stand (s)", style.GREEN),
    ("descent_time_s", "Sit down (s)", style.SKY),
)
SHORT_MM = 58


@style.styled
def rises(analysis: Analysis) -> style.Figure:
    """Trunk lean and knee flexion against per cent of the rise: every repetition, their mean, one SD to either side."""
    good = analysis.accepted
    figure = style.blank(style.SINGLE_MM, SHORT_MM)
    grid = figure.subplots(1, 2)
    for axes, (template, label) in zip(grid, RISE_SIGNALS, strict=True):
        _overlaid(axes, analysis, on_side(template, analysis.near_side))
        axes.set_ylabel(label)
        axes.set_xlabel("Rise (%)")
        axes.set_xticks([0, 50, 100])
    seat_off = (good["seat_off_s"] - good["start_s"]) / (good["standing_s"] - good["start_s"])
    for axes in grid:
        axes.axvline(100 * seat_off.mean(), color=style.MUTED, linewidth=0.6, linestyle=(0, (3, 2)))
    place = grid[0].get_xaxis_transform()
    grid[0].text(100 * seat_off.mean(), 1.0, "seat-off", transform=place, ha="center", va="bottom", color=style.MUTED)
    if len(good) > 1:
        grid[1].legend(loc="upper right", borderaxespad=0)
    figure.alt = (
        f"Trunk lean and knee flexion over the rise, {len(good)} repetitions laid over each other, with mean and "
        "standard deviation."
    )
    return figure


def _overlaid(axes: Axes, analysis: Analysis, column: str) -> None:
    time_s, values = analysis.signals.index.to_numpy(float), signals.column(analysis.signals, column)
    good = analysis.accepted
    percent = np.linspace(0, 100, 101)
    rows = [signals.resampled(time_s, values, row.start_s, row.standing_s) for row in signals.rows(good)]
    courses = np.array(rows).reshape(len(good), 101)
    mean_and_spread(axes, percent, courses)
    axes.set_xlim(0, 100)
    axes.margins(y=0.12)


@style.styled
def times(analysis: Analysis) -> style.Figure:
    """How long rise, stand and sitting down took in each repetition, from top to bottom: fatigue shows as growth."""
    figure = per_repetition(analysis, PARTS, "Repetition", SHORT_MM)
    count = len(analysis.accepted)
    figure.alt = f"Rise, stand and descent times of {count} repetitions as bars, dashed lines at their means."
    return figure


FIGURES: Mapping[str, Callable[[Analysis], style.Figure]] = {
    "timeline": timeline,
    "rises": rises,
    "times": times,
    "quality": quality_strip,
}
