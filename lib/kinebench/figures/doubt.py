"""How sure the keypoints are: raw against smoothed, confidence over time, where the clip is in doubt."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from kinebench import keypoints
from kinebench.figures import signals, style
from kinebench.figures.timeline import hatched
from kinebench.tasks import Analysis, doubts

GATE = 0.3


@style.styled
def raw_and_smoothed(raw: pd.DataFrame, smoothed: pd.DataFrame, joint: str, gate: float = GATE) -> style.Figure:
    """One joint's course before and after smoothing; `gate`: the confidence below which raw values are not used.

    raw, smoothed: keypoint tables on the same times. Gaps that stay open are hatched, doubted stretches shaded.
    """
    time_s = keypoints.times(raw)
    figure = style.blank(style.DOUBLE_MM, 72)
    grid = figure.subplots(2, 1, sharex=True)
    sure = keypoints.confidence(raw, joint) >= gate
    for i, (axes, words) in enumerate(zip(grid, ("to the right", "down"), strict=True)):
        before, after = keypoints.points(raw, joint)[:, i], keypoints.points(smoothed, joint)[:, i]
        _doubt(axes, time_s, sure, after)
        kept = np.where(sure, before, np.nan)
        axes.plot(
            time_s, kept, ".", color=style.ORANGE, markersize=2.2, markeredgewidth=0, rasterized=len(time_s) > 5000
        )
        axes.plot(time_s, np.where(sure, np.nan, before), "x", color=style.MUTED, markersize=2.2, markeredgewidth=0.5)
        axes.plot(*signals.thinned(time_s, after), color=style.BLUE)
        axes.set_ylabel(f"{'xy'[i]}, {words} (px)")
    grid[1].invert_yaxis()
    grid[1].set_xlabel("Time (s)")
    grid[1].set_xlim(time_s[0], time_s[-1])
    figure.align_ylabels(grid)
    _key(figure, grid[0], joint)
    figure.alt = f"{joint.replace('_', ' ')}: raw keypoints as dots, the smoothed course as a line, over time."
    return figure


def _doubt(axes: Axes, time_s: np.ndarray, sure: np.ndarray, after: np.ndarray) -> None:
    for begin, end in signals.spans(time_s, ~sure):
        axes.axvspan(begin, end, color=style.YELLOW, alpha=0.35, linewidth=0)
    for begin, end in signals.spans(time_s, np.isnan(after)):
        hatched(axes, begin, end)


def _key(figure: style.Figure, axes: Axes, joint: str) -> None:
    dots, crosses, line = axes.get_lines()
    dots.set_label("raw")
    crosses.set_label("raw, not used")
    line.set_label("smoothed")
    doubted = Patch(color=style.YELLOW, alpha=0.35, linewidth=0, label="low confidence")
    gap = Patch(facecolor="none", edgecolor=style.MUTED, hatch="////", linewidth=0, label="gap")
    axes.set_title(joint.replace("_", " "))
    figure.legend(handles=[line, dots, crosses, doubted, gap], loc="outside upper right", ncols=5, borderaxespad=0)


@style.styled
def confidence(raw: pd.DataFrame, gate: float = GATE) -> style.Figure:
    """The estimator's own confidence of every joint at every frame, 0 (dark) to 1 (light); 0 where nobody was found."""
    time_s, joints = keypoints.times(raw), keypoints.joints(raw)
    values = np.stack([keypoints.confidence(raw, joint) for joint in joints])
    figure = style.blank(style.DOUBLE_MM, 14 + 2.6 * len(joints))
    axes = figure.subplots()
    begin, end = signals.spans(time_s, np.ones(len(time_s), bool))[0]
    extent = (begin, end, len(joints) - 0.5, -0.5)
    image = axes.imshow(values, aspect="auto", extent=extent, vmin=0, vmax=1, cmap="cividis", interpolation="nearest")
    axes.set_yticks(range(len(joints)), [joint.replace("_", " ") for joint in joints], fontsize=5.5)
    axes.tick_params(axis="y", length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("Time (s)")
    bar = figure.colorbar(image, ax=axes, pad=0.01, aspect=40, label="Confidence")
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.ax.axhline(gate, color=style.PAPER, linewidth=1.2)
    low = 100 * float((values < gate).mean())
    figure.alt = f"Confidence of {len(joints)} joints over time; {low:.0f} % of the values lie below {gate:g}."
    return figure


@style.styled
def quality_strip(analysis: Analysis) -> style.Figure:
    """When the recording is in doubt: one row a kind of doubt, coloured where it holds, over the whole clip."""
    time_s = keypoints.times(analysis.raw)
    table = doubts.of_analysis(analysis)
    rows = {name: (table[name].to_numpy(), COLOURS[name]) for name in COLOURS}
    figure = style.blank(style.DOUBLE_MM, 10 + 4.2 * len(rows))
    axes = figure.subplots()
    begin, end = signals.spans(time_s, np.ones(len(time_s), bool))[0]
    for y, (flags, colour) in enumerate(rows.values()):
        axes.barh(y, end - begin, left=begin, height=0.62, color=style.FAINT, alpha=0.45, linewidth=0)
        stretches = [(a, b - a) for a, b in signals.spans(time_s, flags)]
        axes.broken_barh(stretches, (y - 0.31, 0.62), color=colour, linewidth=0)
    named = [f"{name} ({100 * flags.mean():.1f} %)" for name, (flags, _) in rows.items()]
    axes.set_yticks(range(len(rows)), named)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(begin, end)
    axes.set_xlabel("Time (s)")
    figure.alt = "Share of the frames in doubt: " + ", ".join(named) + "."
    return figure


COLOURS = {
    doubts.NOBODY: style.VERMILLION,
    doubts.OPEN: style.ORANGE,
    doubts.FILLED: style.SKY,
    doubts.EXCHANGED: style.PURPLE,
}
