"""What is told of comparing: the known fault of a clip, and what a clip scores against itself however it was filmed."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import av
import cv2
import numpy as np

from kinebench import parameters, places, video
from kinebench.comparison.trajectories import mirrored
from kinebench.references import Reference, library, making
from kinebench.references.views import MIRRORED
from kinebench.tasks import Analysis
from kinebench.tasks.first_steps import Settings
from tests.accuracy_clips import Measured, Row, analysed_as, count_row

GOOD = "punch_good.mp4"
REFERENCE = places.SAMPLES / "references" / "punch.yaml"
"""The third punch of `GOOD`."""
FAULT_BAR_S = 0.15
COPY = 100.0
BELOW_COPY = 3.0
"""A clip scores above 97 against itself."""


@dataclass(frozen=True)
class Variant:
    """A way of filming the same: what is done to each picture, the parameters, and how the reference is made anew.

    bar: how far below a copy it may score, None where that is the network's doing.
    """

    picture: Callable[[np.ndarray], np.ndarray] | None = None
    values: Mapping[str, Any] | None = None
    reference: Callable[[Path], Reference] | None = None
    bar: float | None = BELOW_COPY


def smaller(rgb: np.ndarray) -> np.ndarray:
    """The picture at 0.6 of its size."""
    return cv2.resize(rgb, (384, 216), interpolation=cv2.INTER_AREA)


def elsewhere(rgb: np.ndarray) -> np.ndarray:
    """The picture with a wide grey margin, so that the person stands at its right, lower down."""
    return cv2.copyMakeBorder(rgb, 80, 0, 240, 0, cv2.BORDER_CONSTANT, value=(110, 120, 125))


def in_a_mirror(rgb: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(rgb[:, ::-1])


def turned_over(clip: Path) -> Reference:
    """The reference's keypoints in a mirror."""
    kept = library.read(REFERENCE)
    return replace(kept, name="mirrored", view=MIRRORED[kept.view], keypoints=mirrored(kept.keypoints))


def filmed_too(clip: Path) -> Reference:
    """A reference made of the same stretch of the clip as it was filmed here."""
    source = library.read(REFERENCE).source
    stretch = {"start_s": source.start_s, "stop_s": source.stop_s}
    return making.reference(making.of_video(clip, parameters.build(Settings, stretch)), "mirrored", "punch")[0]


VARIANTS = {
    "itself": Variant(),
    "at half the frame rate": Variant(values={"every": 2}),
    "at 0.6 of the size": Variant(smaller),
    "elsewhere in the picture": Variant(elsewhere),
    "in a mirror, the reference as well": Variant(in_a_mirror, reference=filmed_too),
    "in a mirror, the reference's keypoints turned over": Variant(in_a_mirror, reference=turned_over, bar=None),
}
"""The ways in which a clip is compared with itself."""


def rows(one: Measured) -> Iterator[Row]:
    """Every line for the clip with the fault, and for the one without it."""
    fault, told = one.events["fault"], one.analysis.extras["feedback"].iloc[0]
    yield count_row(one, "movements")
    named = [f"{each['joint'].replace('_', ' ')} {each['direction']}" for each in (fault, told)]
    yield Row(one.clip, "fault: what differs most", *named, float(named[0] != named[1]), "", 0)
    at = (fault["at_s"], told["at_s"])
    yield Row(one.clip, "fault: when", *(f"{time_s:.3f} s" for time_s in at), abs(at[1] - at[0]), "s", FAULT_BAR_S)
    size = (fault["size_deg"], told["difference_deg"])
    yield Row(
        one.clip, "fault: how large", *(f"{angle:.1f} deg" for angle in size), abs(size[1] - size[0]), "deg", None
    )
    with TemporaryDirectory() as folder:
        for name in VARIANTS:
            score = scored(name, Path(folder)).value("score")
            assert score is not None
            yield Row(GOOD, f"likeness: {name}", "100", f"{score:.1f}", COPY - score, "", VARIANTS[name].bar)


def scored(name: str, folder: Path) -> Analysis:
    """The clip without the fault, filmed as the variant of that name, against one of its own movements.

    folder: where the video, what is found in it, and the mirrored reference are put.
    """
    variant = VARIANTS[name]
    clip, reference = places.SAMPLES / GOOD, REFERENCE
    with (
        mock.patch.dict(os.environ, KINEBENCH_DATA=str(folder)),
        mock.patch.object(places, "detections", return_value=folder / "keypoints"),
    ):
        if variant.picture is not None:
            clip = filmed(clip, folder / GOOD, variant.picture)
        if variant.reference is not None:
            reference, _ = library.save(variant.reference(clip), force=True)
        values = {"reference": str(reference), "mirror": "no", **(variant.values or {})}
        return analysed_as("compare", clip, **values)


def filmed(source: Path, path: Path, picture: Callable[[np.ndarray], np.ndarray]) -> Path:
    """A video of all pictures of `source`, changed by `picture`, at the times they are shown there."""
    with av.open(str(path), "w") as container:
        stream = None
        for frame in video.frames(video.open_clip(source)):
            rgb = picture(frame.rgb())
            if stream is None:
                stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast", "crf": "18"})
                stream.height, stream.width, stream.pix_fmt = *rgb.shape[:2], "yuv420p"
            shown = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p")
            shown.pts = frame.number
            container.mux(stream.encode(shown))
        assert stream is not None
        container.mux(stream.encode())
    return path
