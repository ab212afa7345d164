"""The clip over time: signals in panels, phases shaded, events marked, repetitions counted."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from kinebench import tasks
from kinebench.figures import signals, style
from kinebench.tasks import Analysis, Plot, Presentation

MOST_REPETITIONS = 16
SHADES = (style.ORANGE, style.VERMILLION, style.GREEN, style.SKY, style.PURPLE)
PAIR = (style.BLUE, style.ORANGE)
OPACITY = 0.16


def shades(phases: Mapping[str, str]) -> dict[str, str]:
    """Phase -> colour: two phases share the whole movement; of more, the first is rest and stays unshaded."""
    if len(phases) <= len(PAIR):
        return dict(zip(phases, PAIR, strict=False))
    moving = list(phases)[1:]
    return {phase: SHADES[i % len(SHADES)] for i, phase in enumerate(moving)}


@style.styled
def timeline(analysis: Analysis) -> style.Figure:
    """Every panel of the task's presentation over time, with phases, events and repetitions."""
    presentation = tasks.get(analysis.task).presentation
    panels = [(plot, signals.present(analysis, plot.signals)) for plot in presentation.plots]
    panels = [(plot, columns) for plot, columns in panels if columns]
    figure = style.blank(style.DOUBLE_MM, 12 + 20 * len(panels))
    grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    begin, end, part = signals.window(analysis, MOST_REPETITIONS)
    for axes, (plot, columns) in zip(grid, panels, strict=True):
        shade(axes, analysis, presentation)
        _curves(axes, analysis, plot, columns)
    mark_events(grid[0], analysis, presentation, panels[0][1][0])
    number(grid[0], analysis, begin, end)
    grid[-1].set_xlabel("Time (s)")
    grid[-1].set_xlim(begin, end)
    figure.align_ylabels(grid)
    legend(figure, analysis, presentation, part)
    figure.alt = _alt(analysis, presentation, panels)
    return figure


def shade(axes: Axes, analysis: Analysis, presentation: Presentation) -> None:
    """Colour the phases behind the curves, hatch the repetitions that don't count."""
    time_s = analysis.labels.index.to_numpy(float)
    phase = analysis.labels["phase"].to_numpy()
    for name, colour in shades(presentation.phases).items():
        for begin, end in signals.spans(time_s, phase == name):
            axes.axvspan(begin, end, color=colour, alpha=OPACITY, linewidth=0)
    for row in signals.rows(analysis.reps[~analysis.reps["accepted"]]):
        if np.isfinite(row.start_s) and np.isfinite(row.end_s):
            hatched(axes, row.start_s, row.end_s)


def hatched(axes: Axes, begin: float, end: float) -> None:
    """A hatched stretch: nothing to be measured here."""
    axes.axvspan(begin, end, facecolor="none", edgecolor=style.MUTED, hatch="////", linewidth=0, alpha=0.5)


def _curves(axes: Axes, analysis: Analysis, plot: Plot, columns: list[str]) -> None:
    time_s = analysis.signals.index.to_numpy(float)
    for colour, column in zip(style.SERIES, columns, strict=False):
        name = signals.words(column, analysis.near_side)
        axes.plot(*signals.thinned(time_s, analysis.signals[column].to_numpy(float)), color=colour, label=name)
    # The unit on a line of its own: a low panel's label would run into its neighbour's.
    axes.set_ylabel(signals.axis_label(plot.axis, columns).replace(" (", "\n("))
    axes.margins(y=0.12)
    if len(columns) > 1:
        axes.legend(loc="upper right", ncols=len(columns), borderaxespad=0.1, columnspacing=1.2)
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.18 * (high - low))


def mark_events(axes: Axes, analysis: Analysis, presentation: Presentation, column: str) -> None:
    """A dot on the curve at every event of the accepted repetitions."""
    time_s = analysis.signals.index.to_numpy(float)
    values = analysis.signals[column].to_numpy(float)
    known = np.isfinite(values)
    for event in presentation.events:
        when = signals.column(analysis.accepted, event)
        when = when[np.isfinite(when)]
        height = np.interp(when, time_s[known], values[known])
        axes.plot(when, height, "o", markersize=2.6, color=style.PAPER, markeredgecolor=style.INK, markeredgewidth=0.7)


def number(axes: Axes, analysis: Analysis, begin: float, end: float) -> None:
    """The repetitions' numbers above the panel, a cross where one does not count."""
    step = signals.every(int(analysis.reps["accepted"].sum()), 40)
    for row in signals.rows(analysis.reps):
        middle = (row.start_s + row.end_s) / 2
        if not (np.isfinite(middle) and begin <= middle <= end):
            continue
        if row.accepted and int(row.repetition) % step == 0:
            text, colour = str(int(row.repetition)), style.INK
        elif not row.accepted:
            text, colour = "×", style.MUTED
        else:
            continue
        place = axes.get_xaxis_transform()
        axes.text(middle, 1.02, text, transform=place, ha="center", va="bottom", color=colour, fontweight="bold")


def legend(figure: style.Figure, analysis: Analysis, presentation: Presentation, part: str) -> None:
    """One line above the figure: what the shades and marks mean, and which part of the clip is shown."""
    handles: list = [
        Patch(color=colour, alpha=2.2 * OPACITY, linewidth=0, label=presentation.phases[phase])
        for phase, colour in shades(presentation.phases).items()
    ]
    handles.append(Line2D([], [], marker="o", markersize=2.6, linestyle="none", color=style.PAPER, label="event"))
    handles[-1].set_markeredgecolor(style.INK)
    if not analysis.reps["accepted"].all():
        hatch = Patch(facecolor="none", edgecolor=style.MUTED, hatch="////", linewidth=0, label="does not count")
        handles.append(hatch)
    noun = presentation.repetition
    title = f"{noun}s {part}   " if part else ""
    figure.legend(
        handles=handles, loc="outside upper left", ncols=len(handles), columnspacing=1.4, borderaxespad=0, title=title
    )


def _alt(analysis: Analysis, presentation: Presentation, panels: list[tuple[Plot, list[str]]]) -> str:
    shown = ", ".join(plot.title.lower() for plot, _ in panels)
    counted = int(analysis.reps["accepted"].sum())
    return (
        f"Over time: {shown}; {counted} {presentation.repetition.lower()}{'s' if counted != 1 else ''} with phases "
        "shaded and events marked."
    )
