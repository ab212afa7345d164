"""Figures of comparing: scores, where the body differs from the reference, angles along the movement, tempo."""

import textwrap
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kinebench import keypoints, skeleton
from kinebench.figures import signals, style
from kinebench.figures.doubt import quality_strip
from kinebench.figures.timeline import timeline
from kinebench.tasks import Analysis
from kinebench.tasks.naming import words

MOST_MOMENTS, MOST_ANGLES = 3, 4
LEAST_SPAN_DEG = 40.0
"""An angle that hardly changes is not blown up until its noise fills the panel."""
OVERALL = "overall"


@style.styled
def scores(analysis: Analysis) -> style.Figure:
    """Score of every body part and over all: a bar at the mean, a dot a movement; dashed: the person's own likeness."""
    good = analysis.accepted
    columns = [name for name in map(str, good) if name.endswith("_score") and name != "in_step_score"]
    columns = sorted(columns, key=lambda name: good[name].mean(), reverse=True)
    figure = style.blank(style.SINGLE_MM, 12 + 5.5 * (len(columns) + 1))
    axes = figure.subplots()
    for place, name in enumerate(["score", *columns]):
        values = good[name].to_numpy(float)
        colour = style.BLUE if name == "score" else style.SKY
        axes.barh(place, np.nanmean(values), height=0.62, color=colour, alpha=0.55, linewidth=0)
        axes.plot(values, np.full(len(values), place), "o", color=style.INK, markersize=2.2, markeredgewidth=0)
    axes.set_yticks(range(len(columns) + 1))
    axes.set_yticklabels([OVERALL, *(name.removesuffix("_score").replace("_", " ") for name in columns)])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("Score (0 = chance, 100 = copy of the reference)")
    own = analysis.value("consistency_score")
    if own is not None:
        axes.axvline(own, color=style.VERMILLION, linewidth=0.8, linestyle=(0, (3, 2)))
        axes.text(
            own,
            1.0,
            "own movements ",
            transform=axes.get_xaxis_transform(),
            ha="right",
            va="bottom",
            color=style.VERMILLION,
            fontsize=6.5,
        )
    figure.alt = (
        f"Scores of {len(columns)} body parts and over all, {len(good)} movements, from 0 (chance) to 100 (a copy)."
    )
    return figure


@style.styled
def differences(analysis: Analysis) -> style.Figure:
    """The moments that differ most: the person's skeleton over the reference's, the joint marked, said in words."""
    told = _worst(analysis)
    figure = style.blank(style.DOUBLE_MM, 64)
    grid = figure.subplots(1, MOST_MOMENTS)
    for axes in grid[max(len(told), 1) :]:
        axes.set_axis_off()
    if told.empty:
        grid[0].set_axis_off()
        figure.text(0.5, 0.5, "No joint differs by more than the measurement's error.", ha="center", color=style.MUTED)
    for axes, (_, row) in zip(grid, told.iterrows(), strict=False):
        _moment(axes, analysis, row)
    figure.alt = "Person and reference laid over each other where they differ most: " + "; ".join(told["words"]) + "."
    return figure


def _worst(analysis: Analysis) -> pd.DataFrame:
    """The largest difference of each joint and direction over all movements, at most `MOST_MOMENTS`."""
    return analysis.extras["feedback"].drop_duplicates(["joint", "direction"]).head(MOST_MOMENTS)


def _moment(axes: Axes, analysis: Analysis, row: pd.Series) -> None:
    frame = int(np.abs(keypoints.times(analysis.keypoints) - row["at_s"]).argmin())
    own, model = analysis.keypoints.iloc[[frame]], analysis.extras["reference_ghost"].iloc[[frame]]
    _skeleton(axes, model, style.ORANGE, 2.4, 0.55)
    _skeleton(axes, own, style.BLUE, 1.2, 1.0)
    joint = str(row["joint"])
    if joint in keypoints.joints(own):
        axes.plot(*keypoints.points(own, joint)[0], "o", markersize=9, markerfacecolor="none", color=style.VERMILLION)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    axes.set_axis_off()
    axes.margins(0.12)
    title = f"Movement {row['movement']}, {row['at_s']:.2f} s: {row['words']}"
    axes.set_title("\n".join(textwrap.wrap(title, 40)), loc="left", fontweight="normal")


def _skeleton(axes: Axes, table: pd.DataFrame, colour: str, width: float, opacity: float) -> None:
    names = [name for name in keypoints.joints(table) if name not in skeleton.FACE]
    at = {name: keypoints.points(table, name)[0] for name in names}
    for a, b in skeleton.edges_between(tuple(names)):
        axes.plot(*np.stack([at[a], at[b]]).T, color=colour, linewidth=width, alpha=opacity)


@style.styled
def courses(analysis: Analysis) -> style.Figure:
    """Angles along the movement: reference dashed, every movement, shaded where the difference is told."""
    table = analysis.extras["courses"]
    chosen = _angles(analysis)
    figure = style.blank(style.DOUBLE_MM, 52)
    grid = figure.subplots(1, max(len(chosen), 1), squeeze=False)[0]
    for axes, name in zip(grid, chosen, strict=True):
        own = table[table["signal"] == name]
        _told(axes, analysis, name)
        numbers = own["movement"].unique()
        for number, opacity in zip(numbers, np.linspace(0.4, 1.0, len(numbers)), strict=True):
            one = own[own["movement"] == number]
            axes.plot(one["percent"], one["query_deg"], color=style.BLUE, alpha=float(opacity), linewidth=0.9)
        first = own[own["movement"] == numbers[0]]
        axes.plot(first["percent"], first["reference_deg"], color=style.INK, linestyle=(0, (4, 2)), linewidth=1.3)
        axes.set_title(words(name).capitalize())
        axes.set_ylabel("Angle (°)")
        axes.set_xlabel("Movement (%)")
        axes.set_xlim(0, 100)
        axes.margins(y=0.1)
        low, high = axes.get_ylim()
        spare = max(LEAST_SPAN_DEG - (high - low), 0) / 2
        axes.set_ylim(low - spare, high + spare)
    grid[0].plot([], [], color=style.BLUE, label="recorded")
    grid[0].plot([], [], color=style.INK, linestyle=(0, (4, 2)), label="reference")
    grid[0].legend(loc="best")
    figure.alt = f"{', '.join(words(name) for name in chosen)} over the movement, recorded and reference."
    return figure


def _angles(analysis: Analysis) -> list[str]:
    """The signals that differ most in all movements together, at most `MOST_ANGLES`."""
    table = analysis.extras["courses"]
    off = (table["query_deg"] - table["reference_deg"]) ** 2
    ranked = off.groupby(table["signal"]).mean().dropna().sort_values(ascending=False)
    told = analysis.extras["feedback"]
    first = list(told.groupby("signal")["cost_share"].sum().sort_values(ascending=False).index) if len(told) else []
    return list(dict.fromkeys([*first, *map(str, ranked.index)]))[:MOST_ANGLES]


def _told(axes: Axes, analysis: Analysis, name: str) -> None:
    told = analysis.extras["feedback"]
    own = told[told["signal"] == name] if len(told) else told
    for start, end in own[["start_percent", "end_percent"]].to_numpy(float) if len(own) else ():
        axes.axvspan(start, max(end, start + 0.5), color=style.VERMILLION, alpha=0.10, linewidth=0)


@style.styled
def tempo(analysis: Analysis) -> style.Figure:
    """How fast each part of the movement passes beside the reference: above the line faster, below slower."""
    table = analysis.extras["tempo"]
    figure = style.blank(style.SINGLE_MM, 50)
    axes = figure.subplots()
    numbers = table["movement"].unique()
    for number, opacity in zip(numbers, np.linspace(0.4, 1.0, len(numbers)), strict=True):
        one = table[table["movement"] == number]
        axes.plot(one["movement_percent"], one["tempo"], color=style.BLUE, alpha=float(opacity), linewidth=0.9)
    axes.axhline(1.0, color=style.INK, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.set_yscale("log", base=2)
    axes.set_yticks([0.5, 1.0, 2.0])
    axes.set_yticklabels(["half", "same", "double"])
    axes.set_ylim(0.35, 2.8)
    axes.set_xlim(0, 100)
    axes.set_ylabel("Tempo (ratio)")
    axes.set_xlabel("Movement (%)")
    figure.alt = f"Tempo of {len(numbers)} movements as a ratio to the reference's, over the movement."
    return figure


@style.styled
def pose(analysis: Analysis) -> style.Figure:
    """How alike every frame is to one pose of the reference, by place and by the limbs' directions; rings: nearest."""
    table, good = analysis.extras["pose_likeness"], analysis.accepted
    figure = style.blank(style.DOUBLE_MM, 42)
    axes = figure.subplots()
    axes.plot(table.index, table["cosine"], color=style.BLUE, label="places of the joints, in their own box")
    axes.plot(table.index, table["directions"], color=style.GREEN, label="directions of the limbs")
    axes.plot(good["pose_s"], good["pose_cosine"], "o", markersize=5, markerfacecolor="none", color=style.VERMILLION)
    axes.set_ylabel("Likeness (cosine)")
    axes.set_xlabel("Time (s)")
    axes.margins(x=0)
    low = float(np.nanmin(table.to_numpy(float)))
    axes.set_ylim(min(low, 0.9) - 0.02, 1.01)
    figure.legend(loc="outside upper left", ncols=2, borderaxespad=0)
    figure.alt = f"Likeness of each frame to a pose of the reference over time, {len(good)} nearest moments marked."
    return figure


@style.styled
def movements(analysis: Analysis) -> style.Figure:
    """Every movement's score, and how long it took beside the reference."""
    good = analysis.accepted
    figure = style.blank(style.SINGLE_MM, 46)
    left, right = figure.subplots(1, 2)
    numbers = good["repetition"].to_numpy(int)
    for axes, column, label, colour in (
        (left, "score", "Score (0–100)", style.BLUE),
        (right, "time_ratio", "Duration (ratio)", style.GREEN),
    ):
        axes.plot(numbers, good[column], "o-", color=colour, markersize=3)
        axes.set_ylabel(label)
        axes.set_xlabel("Movement")
        axes.set_xticks(numbers[:: signals.every(len(numbers), 8)])
    left.set_ylim(min(80.0, float(good["score"].min()) - 10), 100.5)
    right.axhline(1.0, color=style.INK, linewidth=0.8, linestyle=(0, (4, 2)))
    right.set_ylim(0, max(2.0, 1.1 * float(good["time_ratio"].max())))
    figure.alt = f"Scores and durations, as a ratio to the reference's, of {len(good)} movements."
    return figure


FIGURES: Mapping[str, Callable[[Analysis], style.Figure]] = {
    "scores": scores,
    "differences": differences,
    "courses": courses,
    "tempo": tempo,
    "movements": movements,
    "pose": pose,
    "timeline": timeline,
    "quality": quality_strip,
}
