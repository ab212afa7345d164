"""The README's picture: `python -m tests.overview RUN` joins a frame of a run's overlay and the figure made from it."""

import sys
from pathlib import Path

import cv2
import imageio.v3 as iio
import numpy as np

from kinebench import places, video

OUT = places.SAMPLES / "overview.png"
HEIGHT = 480
FIGURE = "handle_path"
AT_S = 5.6
"""In the drive of the third stroke of the rowing sample."""


def picture(run: Path) -> np.ndarray:
    """Overlay frame and figure side by side, uint8 RGB of `HEIGHT` rows."""
    clip = video.open_clip(run / "overlay.mp4")
    frame = video.frame_at(clip, int(np.searchsorted(clip.times_s, AT_S))).rgb()
    figure = iio.imread(run / "figures" / f"{FIGURE}.png")[..., :3]
    return np.hstack([_as_high(frame), np.full((HEIGHT, 16, 3), 255, np.uint8), _as_high(figure)])


def _as_high(rgb: np.ndarray) -> np.ndarray:
    width = round(rgb.shape[1] * HEIGHT / rgb.shape[0])
    return cv2.resize(rgb, (width, HEIGHT), interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    iio.imwrite(OUT, picture(Path(sys.argv[1])))
    print(OUT)
