"""Figures of rowing: the handle's path in dots of speed, hand speed over time and over the stroke, who works when."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes

from kinebench import keypoints, tasks
from kinebench.figures import signals, style
from kinebench.figures.doubt import quality_strip
from kinebench.figures.repeated import mean_and_spread, per_repetition
from kinebench.figures.timeline import legend, mark_events, number, shade, timeline
from kinebench.tasks import Analysis

MOST_STROKES = 14
LOW_MM = 42
PARTS = (
    ("drive_time_s", "Drive (s)", style.BLUE),
    ("recovery_time_s", "Recovery (s)", style.ORANGE),
    ("drive_recovery_ratio", "Drive : recovery", style.GREEN),
)
LEGS_TRUNK_ARMS = (
    ("legs", "Legs", style.BLUE),
    ("trunk", "Trunk", style.ORANGE),
    ("arms", "Arms", style.GREEN),
)
BODY = ("ankle", "knee", "hip", "shoulder", "elbow", "wrist")
EVENTS = {"catch_s": style.BLUE, "finish_s": style.VERMILLION}


@style.styled
def hand_speed(analysis: Analysis) -> style.Figure:
    """The near hand's speed over time, drive and recovery shaded, catch and finish marked."""
    presentation = tasks.get(analysis.task).presentation
    column = signals.present(analysis, ("{near}_wrist_speed_m_s", "{near}_wrist_speed_px_s"))[0]
    figure = style.blank(style.DOUBLE_MM, 50)
    axes = figure.subplots()
    shade(axes, analysis, presentation)
    time_s = analysis.signals.index.to_numpy(float)
    axes.plot(*signals.thinned(time_s, analysis.signals[column].to_numpy(float)), color=style.INK)
    mark_events(axes, analysis, presentation, column)
    begin, end, part = signals.window(analysis, MOST_STROKES)
    number(axes, analysis, begin, end)
    axes.set_xlim(begin, end)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("Time (s)")
    axes.set_ylabel(signals.axis_label("hand speed", [column]))
    legend(figure, analysis, presentation, part)
    figure.alt = f"Hand speed over time for {len(analysis.accepted)} strokes, drive and recovery shaded."
    return figure


@style.styled
def handle_path(analysis: Analysis) -> style.Figure:
    """The handle's way, a dot a frame coloured by the hand's speed, over the body at the catch and at the finish."""
    path = analysis.extras["handle_path"]
    unit = "m" if "forward_m" in path else "px"
    figure = style.blank(style.SINGLE_MM, 58)
    axes = figure.subplots()
    for event, colour in EVENTS.items():
        _body(axes, analysis, event, unit, colour)
    fastest = float(path[f"speed_{unit}_s"].max())
    for phase, size in (("recovery", 3), ("drive", 9)):
        part = path[path["phase"] == phase]
        dots = axes.scatter(
            part[f"forward_{unit}"],
            part[f"height_{unit}"],
            c=part[f"speed_{unit}_s"],
            s=size,
            cmap=style.SPEED_MAP,
            vmin=0,
            vmax=fastest,
            linewidths=0,
            zorder=3,
            rasterized=len(path) > 3000,
        )
    axes.margins(x=0.1, y=0.14)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel(f"Forwards, to the flywheel ({unit})")
    axes.set_ylabel(f"Above the feet ({unit})")
    bar = figure.colorbar(dots, ax=axes, pad=0.01, aspect=28, label=f"Hand speed ({unit}/s)")
    bar.outline.set_visible(False)  # type: ignore[operator]
    figure.alt = "The handle's path seen from the side, coloured by hand speed, over the body at catch and finish."
    return figure


def _body(axes: Axes, analysis: Analysis, event: str, unit: str, colour: str) -> None:
    """A faint stick figure of the near side at the median posture of an event."""
    chain = [_at_event(analysis, part, event, unit) for part in BODY]
    line = np.array([point for point in chain if np.isfinite(point).all()]).reshape(-1, 2)
    axes.plot(line[:, 0], line[:, 1], color=colour, linewidth=3, alpha=0.35, solid_joinstyle="round")
    axes.plot(line[:, 0], line[:, 1], "o", color=colour, markersize=3.2, alpha=0.5, markeredgewidth=0)
    head = _at_event(analysis, "ear", event, unit)
    if np.isfinite(head).all():
        neck = np.array([_at_event(analysis, "shoulder", event, unit), head])
        axes.plot(neck[:, 0], neck[:, 1], color=colour, linewidth=3, alpha=0.35)
        axes.plot(*head, "o", color=colour, markersize=11, alpha=0.35, markeredgewidth=0)
        words = event.removesuffix("_s")
        place = (float(head[0]), float(head[1]))
        axes.annotate(words, place, (0, 7), textcoords="offset points", ha="center", va="bottom", color=colour)


def _at_event(analysis: Analysis, part: str, event: str, unit: str) -> np.ndarray:
    """Forward and height of a near-side joint at an event, median over the strokes; NaN where it is not seen."""
    time_s, calibration = keypoints.times(analysis.keypoints), analysis.calibration
    points = keypoints.points(analysis.keypoints, f"{analysis.near_side}_{part}")
    per_unit = calibration.px_per_m if unit == "m" and calibration.px_per_m else 1.0
    found = []
    for values in (calibration.forward(points), calibration.height(points)):
        at = np.interp(analysis.accepted[event].to_numpy(float), time_s, values) / per_unit
        found.append(float(np.nanmedian(at)) if np.isfinite(at).any() else np.nan)
    return np.array(found)


@style.styled
def speed_profile(analysis: Analysis) -> style.Figure:
    """Hand speed against per cent of the stroke: every stroke, their mean, one SD to either side; drive shaded."""
    profiles = analysis.extras["stroke_profiles"]
    unit = signals.unit_of(profiles.columns[0])
    strokes = [column for column in profiles if str(column).startswith("stroke_")]
    figure = style.blank(style.SINGLE_MM, 58)
    axes = figure.subplots()
    good = analysis.accepted
    drive = 100 * float((good["drive_time_s"] / good["stroke_time_s"]).mean())
    axes.axvspan(0, drive, color=style.BLUE, alpha=0.12, linewidth=0)
    axes.axvspan(drive, 100, color=style.ORANGE, alpha=0.12, linewidth=0)
    place = axes.get_xaxis_transform()
    for begin, words in ((0, "drive"), (drive, "recovery")):
        axes.text(begin + 1.5, 0.98, words, transform=place, va="top", color=style.MUTED)
    mean_and_spread(axes, profiles.index.to_numpy(float), profiles[strokes].to_numpy().T)
    axes.set_xlim(0, 100)
    axes.set_ylim(bottom=0)
    axes.margins(y=0.15)
    axes.set_xlabel("Stroke, catch to catch (%)")
    axes.set_ylabel(f"Hand speed ({unit})")
    if len(strokes) > 1:
        axes.legend(loc="upper right", borderaxespad=0.2)
    figure.alt = f"Hand speed over the stroke, {len(strokes)} strokes laid over each other, with mean and SD."
    return figure


@style.styled
def sequence(analysis: Analysis) -> style.Figure:
    """When legs, trunk and arms have done half of their own way in the drive: a dot a stroke, a bar at the mean."""
    good = analysis.accepted
    figure = style.blank(style.SINGLE_MM, LOW_MM)
    axes = figure.subplots()
    for y, (segment, _, colour) in enumerate(LEGS_TRUNK_ARMS):
        values = good[f"{segment}_half_pct"].dropna().to_numpy(float)
        _row(axes, y, values, colour)
    axes.set_yticks(range(3), [words for _, words, _ in LEGS_TRUNK_ARMS])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(2.6, -0.9)
    axes.set_xlim(0, 100)
    axes.set_xlabel("Drive, catch to finish (%): half of the way done")
    figure.alt = "Per cent of the drive at which legs, trunk and arms have done half of their way, a dot a stroke."
    return figure


def _row(axes: Axes, y: int, values: np.ndarray, colour: str) -> None:
    axes.axhline(y, color=style.FAINT, linewidth=0.6, zorder=0)
    if len(values) == 0:
        axes.text(2, y, "moves too little to be told", va="center", color=style.MUTED)
        return
    # Dots that would cover each other are spread a little up and down, in the order of the strokes.
    offset = 0.22 * np.linspace(-1, 1, len(values)) if len(values) > 1 else np.zeros(1)
    axes.plot(values, y + offset, "o", color=colour, markersize=3.5, alpha=0.6, markeredgewidth=0)
    axes.plot([values.mean()] * 2, [y - 0.36, y + 0.36], color=colour, linewidth=2)
    axes.annotate(
        f"{values.mean():.0f} %", (values.mean(), y - 0.36), (0, 1.5), textcoords="offset points", ha="center"
    )


@style.styled
def strokes(analysis: Analysis) -> style.Figure:
    """Drive and recovery time and their ratio of every stroke, from top to bottom."""
    figure = per_repetition(analysis, PARTS, "Stroke", LOW_MM)
    figure.alt = f"Drive time, recovery time and their ratio of {len(analysis.accepted)} strokes as bars."
    return figure


FIGURES: Mapping[str, Callable[[Analysis], style.Figure]] = {
    "hand_speed": hand_speed,
    "handle_path": handle_path,
    "speed_profile": speed_profile,
    "sequence": sequence,
    "strokes": strokes,
    "timeline": timeline,
    "quality": quality_strip,
}
