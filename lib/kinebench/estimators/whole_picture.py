"""The whole picture in a network's input, and how many people to look for: for networks that find several at once."""

import numpy as np

from kinebench.errors import KinebenchError


def patch_to_picture(width: int, height: int, size: tuple[int, int]) -> np.ndarray:
    """The (2, 3) matrix from pixel centres of a patch of `size` (width, height) to those of the picture.

    The picture of `width` x `height` pixels keeps its shape: it fills the patch in one direction and is in its middle
    in the other.
    """
    scale = max(width / size[0], height / size[1])
    left, top = (width - scale * size[0]) / 2, (height - scale * size[1]) / 2
    # Edges of pixels are scaled; a pixel's centre lies half a pixel from its edge.
    return np.array([[scale, 0.0, left + scale / 2 - 0.5], [0.0, scale, top + scale / 2 - 0.5]])


def checked_max_people(asked: int | None, most: int) -> int:
    """`asked` as a whole number from 1 to `most`, which stands for None, too."""
    if asked is None:
        return most
    if isinstance(asked, bool) or not isinstance(asked, int) or not 1 <= asked <= most:
        raise KinebenchError(f"max_people must be a whole number from 1 to {most}, but got {asked!r}. Choose another.")
    return asked
