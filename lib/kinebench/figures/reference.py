"""A reference movement's course: its skeleton at moments spread evenly over it."""

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.figures import style

MOMENTS = 8
SIDE_COLOURS = {"left": style.BLUE, "right": style.VERMILLION}


@style.styled
def course(table: pd.DataFrame, title: str, moments: int = MOMENTS) -> style.Figure:
    """The keypoints of `table` at `moments` times, side by side to one scale; left and right coloured."""
    time_s = keypoints.times(table)
    frames = np.unique(np.linspace(0, len(table) - 1, moments).round().astype(int))
    xy = keypoints.positions(table)[frames]
    low, high = np.nanmin(xy, axis=(0, 1)), np.nanmax(xy, axis=(0, 1))
    span = np.maximum(high - low, 1.0) * 1.12
    middle = (low + high) / 2
    each_mm = style.DOUBLE_MM / len(frames)
    figure = style.blank(style.DOUBLE_MM, min(each_mm * span[1] / span[0], 120) + 12)
    names = keypoints.joints(table)
    edges = skeleton.edges_between(names)
    for axes, frame, points in zip(figure.subplots(1, len(frames), squeeze=False)[0], frames, xy, strict=True):
        at = dict(zip(names, points, strict=True))
        for a, b in edges:
            side = a.partition("_")[0] if a.partition("_")[0] == b.partition("_")[0] else ""
            colour = SIDE_COLOURS.get(side, style.MUTED)
            axes.plot(*np.stack([at[a], at[b]]).T, color=colour, lw=1.1, solid_capstyle="round")
        face = np.array([at[name] for name in skeleton.FACE if name in at])
        if len(face):
            axes.plot(*face.T, ".", color=style.MUTED, ms=1.5)
        axes.set_xlim(middle[0] - span[0] / 2, middle[0] + span[0] / 2)
        axes.set_ylim(middle[1] + span[1] / 2, middle[1] - span[1] / 2)
        axes.set_aspect("equal")
        axes.set_axis_off()
        axes.set_title(f"{time_s[frame] - time_s[0]:.2f} s", fontweight="normal", loc="center")
    for side, colour in SIDE_COLOURS.items():
        axes.plot([], [], color=colour, label=side)
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    figure.legend(loc="upper right", ncols=2)
    figure.alt = f"{title}: the skeleton at {len(frames)} moments of {time_s[-1] - time_s[0]:.2f} s."
    return figure
