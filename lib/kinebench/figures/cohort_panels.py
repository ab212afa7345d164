"""What the figures of a cohort share: panels side by side, marks for verdicts, the legend below."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from kinebench.figures import style
from kinebench.words import unit

# Verdict -> marker and colour: the shape tells as much as the colour; what is not counted is hollow.
MARKS = {"good": ("o", style.BLUE), "doubtful": ("^", style.ORANGE), "bad": ("x", style.VERMILLION)}
COLUMNS = 3


def absent(said: str) -> style.Figure:
    """No figure, and why there is none."""
    figure = style.blank(style.SINGLE_MM, 10)
    figure.alt, figure.absent = said, True
    return figure


def panels(
    count: int, height_mm: float, *, columns: int = COLUMNS, wide: bool = False
) -> tuple[style.Figure, list[Axes]]:
    """So many panels, at most `columns` beside each other; a single one takes one column of a page unless `wide`."""
    across, down = min(count, columns), math.ceil(count / columns)
    figure = style.blank(style.SINGLE_MM if count == 1 and not wide else style.DOUBLE_MM, height_mm * down + 8)
    figure.get_layout_engine().set(wspace=0.06, hspace=0.06)  # type: ignore[union-attr, call-arg]
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for axes in grid[count:]:
        axes.set_axis_off()
    return figure, list(grid[:count])


def legend(figure: style.Figure, handles: list) -> None:
    """Below everything; in one column of a page fewer stand beside each other."""
    narrow = figure.get_size_inches()[0] < (style.SINGLE_MM + 1) * style.MM
    figure.legend(handles=handles, loc="outside lower left", ncols=3 if narrow else 6)


def in_unit(written: str) -> str:
    """A unit behind a name, in brackets; nothing where there is none."""
    return f" ({unit(written)})" if written else ""


def mark(verdict: str, label: str, hollow: bool = False) -> Line2D:
    """A verdict's mark, for the legend."""
    marker, colour = MARKS[verdict]
    face = "none" if hollow and marker != "x" else colour
    return Line2D(
        [], [], linestyle="none", marker=marker, color=colour, markersize=3.4, markerfacecolor=face, label=label
    )


def scatter(
    axes: Axes, x: np.ndarray | pd.Series, y: np.ndarray | pd.Series, verdict: str, hollow: bool = False
) -> None:
    """Points of one verdict; hollow: not counted."""
    marker, colour = MARKS[verdict]
    # A cross has no face, it is its edge.
    edge = 0.9 if hollow or marker == "x" else 0.0
    (drawn,) = axes.plot(x, y, marker, color=colour, markersize=3.2, markeredgewidth=edge, alpha=0.85, zorder=3)
    drawn.set_markerfacecolor("none" if hollow else colour)
