"""Figures of lifting: the bar's velocity over time and over the set, its path, depth, angles, the knees' distance.

What a view cannot show is not drawn: the figure then says why.
"""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes

from kinebench import tasks
from kinebench.figures import signals, style
from kinebench.figures.doubt import quality_strip
from kinebench.figures.timeline import legend, mark_events, number, shade, timeline
from kinebench.tasks import Analysis
from kinebench.tasks.lifting import exercises
from kinebench.tasks.lifting.metrics import DEPTH_ERROR_DEG

MOST = 14
HEIGHT_MM = 52
GRADES = {
    "good": (style.BLUE, "o"),
    "doubtful": (style.ORANGE, "s"),
    "bad": (style.VERMILLION, "v"),
    "": (style.INK, "o"),
}
JOINTS = (
    ("knee_flexion_deg", "Knee", style.BLUE),
    ("hip_flexion_deg", "Hip", style.VERMILLION),
    ("ankle_dorsiflexion_deg", "Ankle", style.GREEN),
    ("trunk_lean_deg", "Trunk", style.PURPLE),
    ("elbow_flexion_deg", "Elbow", style.ORANGE),
)


@style.styled
def velocity(analysis: Analysis) -> style.Figure:
    """The bar's velocity over time, upward positive, the phases shaded, the events marked."""
    column = signals.present(analysis, ("bar_velocity_m_s", "bar_velocity_px_s"))[0]
    figure = _over_time(analysis, column, "bar velocity, up positive")
    figure.axes[0].axhline(0, color=style.MUTED, linewidth=0.6, zorder=0.5)
    figure.alt = f"The bar's vertical velocity over time for {len(analysis.accepted)} repetitions, phases shaded."
    return figure


def _over_time(analysis: Analysis, column: str, words: str) -> style.Figure:
    presentation = tasks.get(analysis.task).presentation
    figure = style.blank(style.DOUBLE_MM, 50)
    axes = figure.subplots()
    shade(axes, analysis, presentation)
    time_s = analysis.signals.index.to_numpy(float)
    axes.plot(*signals.thinned(time_s, analysis.signals[column].to_numpy(float)), color=style.INK)
    mark_events(axes, analysis, presentation, column)
    begin, end, part = signals.window(analysis, MOST)
    number(axes, analysis, begin, end)
    axes.set_xlim(begin, end)
    axes.set_xlabel("Time (s)")
    axes.set_ylabel(signals.axis_label(words, [column]) if signals.unit_of(column) else words)
    legend(figure, analysis, presentation, part)
    return figure


@style.styled
def velocity_loss(analysis: Analysis) -> style.Figure:
    """Mean concentric velocity of every repetition, and what is lost of it from the fastest to the last."""
    unit = "m_s" if "mean_concentric_velocity_m_s" in analysis.reps else "px_s"
    numbers, values = _by_repetition(analysis, f"mean_concentric_velocity_{unit}")
    figure = style.blank(style.SINGLE_MM, HEIGHT_MM)
    axes = figure.subplots()
    axes.bar(numbers, values, width=0.66, color=style.BLUE, alpha=0.55, linewidth=0)
    loss = analysis.value("velocity_loss_pct")
    if loss is not None:
        best, last = float(np.nanmax(values)), float(values[np.isfinite(values)][-1])
        axes.axhline(best, color=style.INK, linewidth=0.6, linestyle=(0, (3, 2)))
        x = float(numbers.max()) + 0.62
        axes.annotate(
            "", (x, last), (x, best), arrowprops={"arrowstyle": "->", "color": style.VERMILLION, "shrinkB": 0}
        )
        axes.text(x + 0.12, (best + last) / 2, f"−{loss:.0f} %", va="center", color=style.VERMILLION)
    _reference(axes, analysis, unit)
    axes.set_ylim(0, 1.12 * float(np.nanmax(values)) if np.isfinite(values).any() else 1)
    axes.set_xlim(numbers.min() - 0.6, numbers.max() + (1.5 if loss is not None else 0.6))
    axes.set_xticks(numbers[:: signals.every(len(numbers))])
    axes.set_xlabel("Repetition")
    axes.set_ylabel(f"Mean concentric velocity ({unit.replace('_', '/')})")
    figure.alt = f"Mean concentric velocity of {len(numbers)} repetitions as bars, with the loss over the set."
    return figure


def _reference(axes: Axes, analysis: Analysis, unit: str) -> None:
    """The published velocity at the one-repetition maximum, faint: to compare with, no limit."""
    reference = exercises.get(analysis.settings.task.exercise).reference
    if reference is None or unit != "m_s":
        return
    low, high = reference.mean_m_s - reference.sd_m_s, reference.mean_m_s + reference.sd_m_s
    axes.axhspan(low, high, color=style.FAINT, alpha=0.6, linewidth=0, zorder=2)
    axes.annotate(
        "at the one-repetition maximum (Sanchez-Medina 2017)",
        (0.02, (low + high) / 2),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=6,
        color=style.INK,
        zorder=3,
    )


@style.styled
def bar_path(analysis: Analysis) -> style.Figure:
    """The bar's path of every repetition beside each other, seen as the camera saw it; going up is thick."""
    path = analysis.extras["bar_path"]
    unit = "m" if "forward_m" in path else "px"
    good = analysis.accepted.head(MOST)
    upward = 2 if exercises.get(analysis.settings.task.exercise).begins == exercises.TOP else 1
    figure = style.blank(style.SINGLE_MM, 58)
    axes = figure.subplots()
    gap = max(1.6 * float(good[f"bar_sideways_way_{unit}"].max()), 0.26 * float(good[f"bar_way_{unit}"].max()))
    middles = []
    for place, row in enumerate(signals.rows(good)):
        part = path[path["repetition"] == row.repetition]
        x = part[f"forward_{unit}"].to_numpy(float)
        x = x - x[0] + place * gap
        y, up = part[f"height_{unit}"].to_numpy(float), (part["half"] == upward).to_numpy()
        axes.axvline(place * gap, color=style.FAINT, linewidth=0.6, zorder=0.5)
        axes.plot(x, np.where(up, np.nan, y), color=style.ORANGE, linewidth=1.0)
        axes.plot(x, np.where(up, y, np.nan), color=style.BLUE, linewidth=1.8)
        middles.append(place * gap)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(y=0.06)
    axes.set_xticks(middles, good["repetition"].astype(str).tolist())
    axes.set_xlabel("Repetition")
    axes.set_ylabel(f"Above the floor ({unit})")
    axes.plot([], [], color=style.ORANGE, label="down")
    axes.plot([], [], color=style.BLUE, linewidth=1.8, label="up")
    _scale_bar(axes, unit, float(good[f"bar_way_{unit}"].max()))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2, borderaxespad=0)
    figure.alt = f"The bar's path of {len(good)} repetitions beside each other, down thin, up thick."
    return figure


def _scale_bar(axes: Axes, unit: str, way: float) -> None:
    """How long a way along the floor is: the places on the axis are repetitions."""
    length = 0.1 if unit == "m" else float(10 ** np.floor(np.log10(way / 2)))
    words = "0.1 m" if unit == "m" else f"{length:g} px"
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    axes.plot([right - length, right], [top, top], color=style.INK, linewidth=1.2, clip_on=False)
    axes.annotate(f"{words}, same scale", (right, top), (0, 2.5), textcoords="offset points", ha="right", va="bottom")


@style.styled
def depth(analysis: Analysis) -> style.Figure:
    """Depth of every repetition: thigh below the horizontal, with the target and the error of measurement about it."""
    if "depth_deg" not in analysis.reps or not exercises.get(analysis.settings.task.exercise).depth:
        return _absent("Depth", _why(analysis, "depth"))
    numbers, values = _by_repetition(analysis, "depth_deg")
    target = analysis.settings.task.depth_target_deg
    figure = style.blank(style.SINGLE_MM, HEIGHT_MM)
    axes = figure.subplots()
    axes.axhspan(target - DEPTH_ERROR_DEG, target + DEPTH_ERROR_DEG, color=style.FAINT, alpha=0.6, linewidth=0)
    axes.axhline(target, color=style.INK, linewidth=0.6, linestyle=(0, (3, 2)))
    grades = analysis.accepted["depth_grade"].to_numpy(object)
    words = {"good": "deep enough", "doubtful": "too near to tell", "bad": "not deep enough", "": "not seen"}
    for name, (colour, marker) in GRADES.items():
        if (grades == name).any():
            axes.plot(
                numbers[grades == name], values[grades == name], marker, color=colour, markersize=5, label=words[name]
            )
    axes.set_xlim(numbers.min() - 0.6, numbers.max() + 0.6)
    axes.set_xticks(numbers[:: signals.every(len(numbers))])
    low, high = np.nanmin([*values, target - DEPTH_ERROR_DEG]), np.nanmax([*values, target + DEPTH_ERROR_DEG])
    axes.set_ylim(high + 0.15 * (high - low), low - 0.08 * (high - low))  # deeper is lower on the page, as in the squat
    axes.set_xlabel("Repetition")
    axes.set_ylabel("Thigh below horizontal (°)")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=4, borderaxespad=0)
    figure.alt = f"Depth of {len(numbers)} repetitions as dots with the target at {target:g} degrees; deeper is lower."
    return figure


@style.styled
def angles(analysis: Analysis) -> style.Figure:
    """Angles over the repetition, the turning point in the middle: mean and one SD over the repetitions."""
    table = analysis.extras.get("angle_courses")
    if table is None:
        return _absent("Angles", _why(analysis, "angles"))
    shown = [entry for entry in JOINTS if entry[0] in table and table[entry[0]].notna().any()]
    exercise = exercises.get(analysis.settings.task.exercise)
    shown = [entry for entry in shown if f"bottom_{entry[0]}" in analysis.reps]
    figure = style.blank(style.SINGLE_MM, HEIGHT_MM)
    axes = figure.subplots()
    for name, words, colour in shown:
        courses = table.pivot(index="repetition", columns="percent", values=name)
        percent, mean, spread = courses.columns.to_numpy(float), courses.mean().to_numpy(), courses.std().to_numpy()
        axes.fill_between(percent, mean - spread, mean + spread, color=colour, alpha=0.25, linewidth=0)
        axes.plot(percent, mean, color=colour, linewidth=1.4, label=words)
    axes.axvline(50, color=style.MUTED, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0.5)
    halves = ("down", "up") if exercise.begins == exercises.TOP else ("up", "down")
    for x, words in zip((2, 52), halves, strict=True):
        axes.text(x, 0.985, words, transform=axes.get_xaxis_transform(), va="top", color=style.MUTED)
    axes.set_xlim(0, 100)
    axes.margins(y=0.1)
    axes.set_xlabel("Repetition, turning point at 50 (%)")
    axes.set_ylabel("Flexion, lean (°)")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=5, borderaxespad=0)
    names = ", ".join(words.lower() for _, words, _ in shown)
    figure.alt = f"Angles of {names} over the repetition, mean and SD of {len(analysis.accepted)} repetitions."
    return figure


@style.styled
def knees(analysis: Analysis) -> style.Figure:
    """Distance between the knees over that between the ankles, over time; below 1 the knees are nearer together."""
    column = "knee_to_ankle_distance"
    if column not in analysis.signals:
        return _absent("Knees", _why(analysis, "knee to ankle distance"))
    figure = _over_time(analysis, column, "Knees : ankles (ratio)")
    figure.axes[0].axhline(1, color=style.MUTED, linewidth=0.6, zorder=0.5)
    figure.alt = "Distance between the knees over that between the ankles over time, phases shaded, events marked."
    return figure


def _by_repetition(analysis: Analysis, column: str) -> tuple[np.ndarray, np.ndarray]:
    good = analysis.accepted
    return good["repetition"].to_numpy(int), good[column].to_numpy(float)


def _why(analysis: Analysis, name: str) -> str:
    """The check that says why something was left out; else that this exercise has none."""
    for check in analysis.quality:
        if check.name == "view" and ("Left out" in check.message) and (name in check.message or name == "angles"):
            return "this view does not show it"
    return "this exercise or this clip has none"


def _absent(what: str, why: str) -> style.Figure:
    """A narrow strip that says why there is no picture."""
    figure = style.blank(style.SINGLE_MM, 10)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.text(0, 0.5, f"{what}: not drawn, {why}.", transform=axes.transAxes, va="center", color=style.MUTED)
    figure.alt = f"{what} over the repetitions: not drawn, because {why}."
    figure.absent = True
    return figure


FIGURES: Mapping[str, Callable[[Analysis], style.Figure]] = {
    "velocity": velocity,
    "velocity_loss": velocity_loss,
    "bar_path": bar_path,
    "depth": depth,
    "angles": angles,
    "knees": knees,
    "timeline": timeline,
    "quality": quality_strip,
}
