"""Frames of a clip side by side, with or without what was drawn on them."""

from collections.abc import Sequence

import numpy as np

from kinebench.figures import style


@style.styled
def contact_sheet(pictures: Sequence[np.ndarray], titles: Sequence[str], columns: int = 4) -> style.Figure:
    """Pictures, uint8 RGB arrays of one shape (height, width, 3), in rows, each with a title."""
    rows = -(-len(pictures) // columns)
    height, width = pictures[0].shape[:2]
    each_mm = style.DOUBLE_MM / columns
    figure = style.blank(style.DOUBLE_MM, rows * (each_mm * height / width + 5))
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, picture, title in zip(grid, pictures, titles, strict=False):
        axes.imshow(_shrunk(picture, 640), interpolation="antialiased")
        axes.set_title(title, fontweight="normal")
    figure.alt = f"{len(pictures)} frames of the clip: {', '.join(titles)}."
    return figure


def _shrunk(picture: np.ndarray, width: int) -> np.ndarray:
    """A picture no wider than it is printed, so that files stay small."""
    import cv2

    if picture.shape[1] <= width:
        return picture
    height = round(picture.shape[0] * width / picture.shape[1])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
