"""Repetitions beside each other: their courses laid over one another, their values as bars from top to bottom."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from kinebench.figures import signals, style
from kinebench.tasks import Analysis


def mean_and_spread(axes: Axes, percent: np.ndarray, courses: np.ndarray) -> None:
    """Courses of shape (repetitions, 101), the first palest; where there are two or more, mean and SD over them."""
    for course, opacity in zip(courses, np.linspace(0.3, 0.9, len(courses)), strict=True):
        axes.plot(percent, course, color=style.BLUE, alpha=float(opacity), linewidth=0.7)
    whole = courses[np.isfinite(courses).all(axis=1)]
    if len(whole) < 2:
        return
    mean, spread = whole.mean(axis=0), whole.std(axis=0, ddof=1)
    axes.fill_between(percent, mean - spread, mean + spread, color=style.ORANGE, alpha=0.25, linewidth=0)
    axes.plot(percent, mean, color=style.ORANGE, linewidth=1.6, label="mean ± SD")


def per_repetition(
    analysis: Analysis, parts: Sequence[tuple[str, str, str]], noun: str, height_mm: float
) -> style.Figure:
    """A panel of bars for each (column, title, colour), a bar a repetition from top to bottom, dashed at the mean."""
    good = analysis.accepted
    figure = style.blank(style.SINGLE_MM, height_mm)
    grid = figure.subplots(1, len(parts), sharey=True)
    numbers = good["repetition"].to_numpy(int)
    for axes, (column, title, colour) in zip(grid, parts, strict=True):
        _bars(axes, numbers, good[column].to_numpy(float), colour)
        axes.set_title(title)
        axes.tick_params(axis="y", length=0)
    grid[0].set_ylim(numbers.max() + 0.6, numbers.min() - 0.6)
    grid[0].set_yticks(numbers[:: signals.every(len(numbers), 16)])
    grid[0].set_ylabel(noun)
    return figure


def _bars(axes: Axes, numbers: np.ndarray, values: np.ndarray, colour: str) -> None:
    axes.barh(numbers, values, height=0.66, color=colour, alpha=0.55, linewidth=0)
    if not np.isfinite(values).any():
        return
    longest = float(np.nanmax(values))
    axes.axvline(np.nanmean(values), zorder=0.5, color=style.INK, linewidth=0.6, linestyle=(0, (3, 2)))
    if len(numbers) <= 14:
        for number, value in zip(numbers, values, strict=True):
            written = f"{value:.2f}" if np.isfinite(value) else "–"
            axes.text(0.04 * longest, number, written, va="center", fontsize=6.5)
    axes.set_xlim(0, 1.06 * longest)
    axes.locator_params(axis="x", nbins=3)
