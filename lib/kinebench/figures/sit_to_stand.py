"""Figures of the sit-to-stand: the rises laid over each other, and how long each part of each repetition took."""

from collections.abc import Callable, Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from kinebench.figures import signals, style
from kinebench.figures.doubt import quality_strip
from kinebench.figures.timeline import timeline
from kinebench.tasks import Analysis, on_side

RISE_SIGNALS = (("trunk_lean_deg", "Trunk lean (°)"), ("{near}_knee_flexion_deg", "Knee flexion (°)"))
PARTS = (
    ("rise_time_s", "Rise", style.VERMILLION),
    ("stand_time_s", "Stand", style.GREEN),
    ("descent_time_s", "Sit down", style.SKY),
)
SHORT_MM = 58


def in_order(count: int) -> np.ndarray:
    """Colours from light to dark, (count, 4): the first repetition is the lightest."""
    return mpl.colormaps["Blues"](np.linspace(0.35, 0.95, count))


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


def mean_and_spread(axes: Axes, percent: np.ndarray, courses: np.ndarray) -> None:
    """Courses of shape (repetitions, 101), the first lightest; where there are two or more, mean and SD over them."""
    for course, colour in zip(courses, in_order(len(courses)), strict=True):
        axes.plot(percent, course, color=colour, linewidth=0.6)
    whole = courses[np.isfinite(courses).all(axis=1)]
    if len(whole) < 2:
        return
    mean, spread = whole.mean(axis=0), whole.std(axis=0, ddof=1)
    axes.fill_between(percent, mean - spread, mean + spread, color=style.ORANGE, alpha=0.25, linewidth=0)
    axes.plot(percent, mean, color=style.ORANGE, linewidth=1.6, label="mean ± SD")


@style.styled
def times(analysis: Analysis) -> style.Figure:
    """How long rise, stand and sitting down took in each repetition, from top to bottom: fatigue shows as growth."""
    good = analysis.accepted
    figure = style.blank(style.SINGLE_MM, SHORT_MM)
    grid = figure.subplots(1, len(PARTS), sharey=True)
    numbers = good["repetition"].to_numpy(int)
    written = len(good) <= 14
    for axes, (column, title, colour) in zip(grid, PARTS, strict=True):
        values = good[column].to_numpy(float)
        axes.barh(numbers, values, height=0.62, color=colour, alpha=0.55, linewidth=0)
        axes.axvline(np.nanmean(values), zorder=0.5, color=style.INK, linewidth=0.6, linestyle=(0, (3, 2)))
        longest = np.nanmax(values)
        for number, value in zip(numbers, values, strict=True):
            if written and np.isfinite(value):
                axes.text(0.04 * longest, number, f"{value:.2f}", va="center", fontsize=6.5)
        axes.set_xlim(0, 1.06 * longest)
        axes.locator_params(axis="x", nbins=3)
        axes.set_title(title)
        axes.set_xlabel("Time (s)")
    grid[0].set_ylim(numbers.max() + 0.6, numbers.min() - 0.6)
    grid[0].set_yticks(numbers[:: signals.every(len(numbers), 16)])
    grid[0].set_ylabel("Repetition")
    for axes in grid:
        axes.tick_params(axis="y", length=0)
    figure.alt = f"Rise, stand and descent times of {len(good)} repetitions as bars, dashed lines at their means."
    return figure


FIGURES: Mapping[str, Callable[[Analysis], style.Figure]] = {
    "timeline": timeline,
    "rises": rises,
    "times": times,
    "quality": quality_strip,
}
