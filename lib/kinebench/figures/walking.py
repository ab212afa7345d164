"""Figures of walking: when which foot stands, the joints over the gait cycle, left against right, the rear foot."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from kinebench import skeleton
from kinebench.figures import signals, style
from kinebench.figures.doubt import quality_strip
from kinebench.figures.timeline import timeline
from kinebench.tasks import Analysis

COLOURS = {"left": style.BLUE, "right": style.VERMILLION}
ROWS = {"left": 1.0, "right": 0.0}
BAR = 0.62
MOST_STRIDES = 12
JOINTS = {"hip": "Hip flexion (°)", "knee": "Knee flexion (°)", "ankle": "Ankle dorsiflexion (°)"}
PARTS = (
    ("step_time_s", "Step time (s)"),
    ("stance_pct", "Stance (%)"),
    ("step_length_m", "Step length (m)"),
    ("step_length_px", "Step length (px)"),
)


@style.styled
def foot_events(analysis: Analysis) -> style.Figure:
    """When which foot stands: a bar from heel strike to toe-off, double support shaded."""
    strides = analysis.extras["strides"]
    figure = style.blank(style.DOUBLE_MM, 34)
    axes = figure.subplots()
    begin, end, part = signals.window(analysis, MOST_STRIDES)
    _double_support(axes, strides[strides["accepted"]])
    for side in skeleton.SIDES:
        _stances(axes, strides[strides["side"] == side], side)
    for row in signals.rows(analysis.accepted):
        if begin <= row.start_s <= end:
            number = str(int(row.repetition))
            axes.text((row.start_s + row.end_s) / 2, 1.5, number, ha="center", va="bottom", fontweight="bold")
    axes.set_yticks([ROWS[side] for side in skeleton.SIDES], ["Left", "Right"])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(-0.5, 1.8)
    axes.set_xlim(begin, end)
    axes.set_xlabel("Time (s)")
    handles = [Patch(color=COLOURS[side], linewidth=0, label=f"{side} foot stands") for side in skeleton.SIDES]
    handles.append(Patch(color=style.FAINT, linewidth=0, label="double support"))
    if not strides["accepted"].all():
        handles.append(Patch(color=style.MUTED, alpha=0.3, linewidth=0, label="not counted"))
    title = f"Strides {part}   " if part else ""
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), borderaxespad=0, title=title)
    figure.alt = f"Bars of stance of the left and the right foot over time, {len(analysis.accepted)} strides counted."
    return figure


def _stances(axes: Axes, strides: pd.DataFrame, side: str) -> None:
    for row in signals.rows(strides[~strides["cut"] & strides["toe_off_s"].notna()]):
        colour, opacity = (COLOURS[side], 0.9) if row.accepted else (style.MUTED, 0.3)
        width = row.toe_off_s - row.start_s
        axes.barh(ROWS[side], width, BAR, left=row.start_s, color=colour, alpha=opacity, linewidth=0, zorder=2)


def _double_support(axes: Axes, strides: pd.DataFrame) -> None:
    spans = {
        (round(first, 4), round(last, 4))
        for row in signals.rows(strides)
        for first, last in ((row.start_s, row.opposite_toe_off_s), (row.opposite_heel_strike_s, row.toe_off_s))
    }
    for first, last in sorted(spans):
        axes.axvspan(first, last, color=style.FAINT, linewidth=0, zorder=0)


@style.styled
def curves(analysis: Analysis) -> style.Figure:
    """What the view shows over the cycle: hip, knee and ankle of both sides, or from behind the rear foot."""
    if "rearfoot_cycles" in analysis.extras:
        return _rearfoot(analysis)
    return _gait_cycles(analysis)


def _gait_cycles(analysis: Analysis) -> style.Figure:
    table = analysis.extras["gait_cycles"]
    shown = [joint for joint in JOINTS if (table["joint"] == joint).any()]
    figure = style.blank(style.DOUBLE_MM, 56)
    grid = figure.subplots(1, len(shown), squeeze=False)[0]
    for axes, joint in zip(grid, shown, strict=True):
        for side in skeleton.SIDES:
            _mean_and_sd(axes, table[(table["joint"] == joint) & (table["side"] == side)], side)
        axes.axhline(0, color=style.FAINT, linewidth=0.6, zorder=0)
        _toe_offs(axes, analysis)
        axes.set_xlim(0, 100)
        axes.set_title(JOINTS[joint])
        axes.set_xlabel("Gait cycle (%)")
    figure.legend(handles=_who(analysis, table), loc="outside upper left", ncols=3, borderaxespad=0)
    figure.alt = f"{', '.join(shown)} angle of the left and right leg over the gait cycle, mean and SD over strides."
    return figure


def _who(analysis: Analysis, table: pd.DataFrame) -> list[Patch]:
    """Legend: each side's colour, how many strides, which is near; the band."""
    found = []
    for side in skeleton.SIDES:
        own = table[table["side"] == side]
        count = int(own["strides"].max()) if len(own) else 0
        where = "near the camera" if side == analysis.near_side else "far: seen worse"
        words = f"{side}, {count} strides" if "joint" not in table else f"{side}, {count} strides ({where})"
        found.append(Patch(color=COLOURS[side], linewidth=0, label=words))
    found.append(Patch(color=style.MUTED, alpha=0.25, linewidth=0, label="± SD; dashed: toe-off"))
    return found


def _mean_and_sd(axes: Axes, table: pd.DataFrame, side: str) -> None:
    percent, mean, spread = (table[name].to_numpy(float) for name in ("percent", "mean_deg", "sd_deg"))
    axes.plot(percent, mean, color=COLOURS[side], linewidth=1.4)
    if np.isfinite(spread).any():
        low, high = mean - spread, mean + spread
        axes.fill_between(percent, low, high, color=COLOURS[side], alpha=0.18, linewidth=0)


def _toe_offs(axes: Axes, analysis: Analysis) -> None:
    """Each side's mean toe-off."""
    strides = analysis.extras["strides"]
    for side in skeleton.SIDES:
        own = strides[(strides["side"] == side) & strides["accepted"]]
        if len(own):
            axes.axvline(own["stance_pct"].mean(), color=COLOURS[side], linewidth=0.7, linestyle=(0, (3, 2)))


def _rearfoot(analysis: Analysis) -> style.Figure:
    table = analysis.extras["rearfoot_cycles"]
    figure = style.blank(style.SINGLE_MM, 58)
    axes = figure.subplots()
    for side in skeleton.SIDES:
        _mean_and_sd(axes, table[table["side"] == side], side)
    axes.axhline(0, color=style.FAINT, linewidth=0.6, zorder=0)
    axes.set_xlim(0, 100)
    axes.set_xlabel("Stance, heel strike to toe-off (%)")
    axes.set_ylabel("Rear foot: eversion (°)")
    axes.text(98, axes.get_ylim()[0], "heel up: not shown", ha="right", va="bottom", color=style.MUTED)
    handles = _who(analysis, table)
    handles[-1].set_label("± SD")
    figure.legend(handles=handles, loc="outside upper left", ncols=3, borderaxespad=0)
    figure.alt = "Angle of the rear foot against the shank through stance, left and right, mean and SD over strides."
    return figure


@style.styled
def sides(analysis: Analysis) -> style.Figure:
    """Left against right, a dot a stride, a bar at the mean: step time, stance, step length."""
    strides = analysis.extras["strides"]
    good = strides[strides["accepted"]]
    shown = [part for part in PARTS if part[0] in good and good[part[0]].notna().any()]
    if any(name == "step_length_m" for name, _ in shown):
        shown = [part for part in shown if part[0] != "step_length_px"]
    if "rearfoot_cycles" in analysis.extras:
        shown = [part for part in shown if part[0] != "stance_pct"]
    figure = style.blank(style.SINGLE_MM, 50)
    grid = figure.subplots(1, len(shown), squeeze=False)[0]
    for axes, (column, title) in zip(grid, shown, strict=True):
        for place, side in enumerate(skeleton.SIDES):
            _dots(axes, place, good.loc[good["side"] == side, column].dropna().to_numpy(float), side)
        # Wider than these narrow axes, a title in one line would run out of the picture.
        axes.set_title(title.replace(" (", "\n("))
        axes.set_xticks([0, 1], ["left", "right"])
        axes.tick_params(axis="x", length=0)
        axes.set_xlim(-0.6, 1.6)
        axes.margins(y=0.2)
    figure.alt = f"Left against right, a dot a stride: {', '.join(title.lower() for _, title in shown)}."
    return figure


def _dots(axes: Axes, place: int, values: np.ndarray, side: str) -> None:
    if len(values) == 0:
        return
    # Dots that would cover each other are spread a little to the sides, in the order of the strides.
    offset = 0.22 * np.linspace(-1, 1, len(values)) if len(values) > 1 else np.zeros(1)
    axes.plot(place + offset, values, "o", color=COLOURS[side], markersize=3.2, alpha=0.6, markeredgewidth=0)
    mean = float(values.mean())
    axes.plot([place - 0.32, place + 0.32], [mean, mean], color=COLOURS[side], linewidth=1.8)
    axes.annotate(
        f"{mean:.3g}", (place, float(values.max())), (0, 4), textcoords="offset points", ha="center", va="bottom"
    )


FIGURES: Mapping[str, Callable[[Analysis], style.Figure]] = {
    "foot_events": foot_events,
    "curves": curves,
    "sides": sides,
    "timeline": timeline,
    "quality": quality_strip,
}
