"""A look inside a pose network: its maps of a picture, and each step in which people grow out of them.

Without OpenPose's weights the maps are those that an ideal network would answer with, made from the truth that lies
beside the sample clips. So that there are two people to tell apart, two moments of a clip may stand in one picture.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.estimators import (
    openpose_assembly,
    openpose_candidates,
    openpose_ideal,
    openpose_matching,
    openpose_network,
    openpose_peaks,
)
from kinebench.estimators.openpose_models import MODELS, Model
from kinebench.tasks.pose_network import Inside
from kinebench.video import Clip, Frame, frame_at

# What the truth of the clips lacks, as the middle of what it has.
_MIDDLES = {
    "neck": ("left_shoulder", "right_shoulder"),
    "mid_hip": ("left_hip", "right_hip"),
    "chest": ("left_shoulder", "right_shoulder", "left_hip", "right_hip"),
}
_POINTS_ALONG = 101


@dataclass(frozen=True, eq=False)
class Moment:
    """A frame's part in the picture: its columns from `left` on stand in the picture from `at` on."""

    frame: Frame
    left: int
    at: int
    width: int


@dataclass(frozen=True, eq=False)
class Look:
    """A picture, the network's maps of it, and everything that is read from them; places in pixels of the picture.

    picture: uint8 RGB (height, width, 3). confidence_maps: (J + 1, rows, columns), affinity_fields: (2 L, rows,
    columns). peaks: of each joint (peaks, 3). limbs: numbers of the candidates that became limbs. people: (J, 3) each.
    ideal: whether the maps were made from the truth.
    """

    model: Model
    picture: np.ndarray
    moments: tuple[Moment, ...]
    confidence_maps: np.ndarray
    affinity_fields: np.ndarray
    peaks: list[np.ndarray]
    candidates: openpose_candidates.Candidates
    limbs: np.ndarray
    people: list[np.ndarray]
    ideal: bool

    @property
    def map_size(self) -> tuple[int, int]:
        """(columns, rows) of the maps."""
        return self.confidence_maps.shape[2], self.confidence_maps.shape[1]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture."""
        return self.picture.shape[1], self.picture.shape[0]

    def field(self, limb: int) -> np.ndarray:
        """A limb's affinity field, (2, rows, columns)."""
        channel = self.model.fields[limb]
        return self.affinity_fields[channel : channel + 2]

    def candidates_table(self, limb: int) -> pd.DataFrame:
        """Every pair of peaks that may be this limb: its ends in pixels, the integral, and what was made of it."""
        own = np.flatnonzero(self.candidates.limb == limb)
        first, last = (self.peaks[joint] for joint in self.model.limbs[limb])
        start, end = first[self.candidates.start[own]], last[self.candidates.end[own]]
        table = pd.DataFrame({"from_x": start[:, 0], "from_y": start[:, 1], "to_x": end[:, 0], "to_y": end[:, 1]})
        table["integral"] = self.candidates.integral[own]
        table["share"] = self.candidates.share[own]
        table["limb"] = np.isin(own, self.limbs)
        return table.sort_values("integral", ascending=False, ignore_index=True)

    def along(self, limb: int, table: pd.DataFrame) -> pd.DataFrame:
        """The field of a limb along the ways in `candidates_table`: a column a row of it, from 0 (start) to 1 (end)."""
        way = np.linspace(0, 1, _POINTS_ALONG)
        columns = {}
        for row, ends in zip(table.index, table[["from_x", "from_y", "to_x", "to_y"]].to_numpy(float), strict=True):
            start, end = openpose_network.to_map(ends.reshape(2, 2), self.map_size, self.size)
            direction = (end - start) / max(float(np.hypot(*(end - start))), 1e-9)
            columns[row] = (
                openpose_candidates.sampled(self.field(limb), start + way[:, None] * (end - start)) @ direction
            )
        return pd.DataFrame(columns, index=pd.Index(way, name="way"))

    def across(self, joint: str) -> pd.DataFrame:
        """The samples of the confidence map through its highest peak, from left to right: index x in pixels."""
        number = self.model.joints.index(joint)
        if not len(self.peaks[number]):
            return pd.DataFrame({"height": []}, index=pd.Index([], name="x_px"))
        peak = openpose_network.to_map(self.peaks[number][:1], self.map_size, self.size)[0]
        row, column = round(float(peak[1])), round(float(peak[0]))
        near = np.arange(max(column - 4, 0), min(column + 5, self.map_size[0]))
        places = openpose_network.to_picture(np.column_stack([near, np.full(len(near), row)]), self.map_size, self.size)
        return pd.DataFrame(
            {"height": self.confidence_maps[number, row, near]}, index=pd.Index(places[:, 0], name="x_px")
        )

    @property
    def keypoints(self) -> pd.DataFrame:
        """The surest person of each moment as a keypoint table, in pixels of the clip."""
        rows = {}
        for moment in self.moments:
            values = np.full((len(self.model.joints), 3), [np.nan, np.nan, 0.0])
            for person in reversed(self.people):
                if moment.at - 0.5 <= np.nanmean(person[:, 0]) < moment.at + moment.width - 0.5:
                    values = person - [moment.at - moment.left, 0, 0]
            rows[moment.frame.time_s] = values
        times = sorted(rows)
        return keypoints.make(np.array(times), self.model.joints, np.stack([rows[time] for time in times]))


def look(clip: Clip, settings: Inside) -> Look:
    """The network's maps of the moments that `settings` name, and the people in them."""
    model = MODELS[settings.network]
    moments = _moments(clip, settings)
    parts = [moment.frame.rgb()[:, moment.left : moment.left + moment.width] for moment in moments]
    picture = np.concatenate(parts, axis=1)
    height_px = settings.input_height_px or openpose_network.INPUT_HEIGHT_PX
    if settings.weights is None:
        confidence_maps, fields = _ideal(clip, moments, picture, model, height_px, settings.noise)
    else:
        found = openpose_network.files(model, settings.weights)
        confidence_maps, fields = openpose_network.Network(model, found).look(Frame.of(picture), height_px)
    return _read(picture, moments, confidence_maps, fields, model, ideal=settings.weights is None)


def _read(
    picture: np.ndarray,
    moments: tuple[Moment, ...],
    confidence_maps: np.ndarray,
    fields: np.ndarray,
    model: Model,
    *,
    ideal: bool,
) -> Look:
    """What `openpose_assembly.people` does, every step of it kept."""
    peaks = openpose_peaks.local(confidence_maps[: len(model.joints)], model.min_peak)
    candidates = openpose_candidates.of_peaks(peaks, fields, model)
    limbs = openpose_matching.chosen(candidates, peaks, model)
    people = openpose_assembly.assembled(limbs, candidates, peaks, model)
    sizes = confidence_maps.shape[:0:-1], picture.shape[1::-1]
    return Look(
        model=model,
        picture=picture,
        moments=moments,
        confidence_maps=confidence_maps,
        affinity_fields=fields,
        peaks=[openpose_network.to_picture(part, *sizes) for part in peaks],
        candidates=candidates,
        limbs=limbs,
        people=[openpose_network.to_picture(person, *sizes) for person in people],
        ideal=ideal,
    )


def _moments(clip: Clip, settings: Inside) -> tuple[Moment, ...]:
    one = frame_at(clip, _index(clip, "time_s", settings.time_s))
    if settings.beside_s is None:
        return (Moment(one, 0, 0, clip.width),)
    other = frame_at(clip, _index(clip, "beside_s", settings.beside_s))
    if other.index == one.index:
        raise KinebenchError(
            f"beside_s must be another frame than time_s ({settings.time_s} s), but got {settings.beside_s}. "
            "Move it, or leave it out (null)."
        )
    half = clip.width // 2
    return tuple(Moment(frame, clip.width // 4, at, half) for frame, at in ((one, 0), (other, half)))


def _index(clip: Clip, name: str, time_s: float) -> int:
    if not clip.times_s[0] <= time_s <= clip.times_s[-1] + 0.5:
        raise KinebenchError(
            f"{name} must be a moment of the clip ({clip.times_s[0]:.2f} to {clip.times_s[-1]:.2f} s), "
            f"but got {time_s}."
        )
    return int(np.abs(clip.times_s - time_s).argmin())


def _ideal(
    clip: Clip, moments: tuple[Moment, ...], picture: np.ndarray, model: Model, height_px: int, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    truth = _truth(clip.path)
    size = openpose_network.input_size(picture.shape[1], picture.shape[0], height_px)
    columns, rows = (length // openpose_ideal.STRIDE_PX for length in size)
    people = []
    for moment in moments:
        points = _joints(truth.loc[[moment.frame.number]].iloc[0], model) + np.array([moment.at - moment.left, 0])
        people.append(openpose_network.to_map(points, (columns, rows), picture.shape[1::-1]))
    rng = np.random.default_rng(1)
    confidence_maps, fields = openpose_ideal.maps(people, model, (rows, columns))
    return tuple(part + noise * rng.standard_normal(part.shape) for part in (confidence_maps, fields))  # type: ignore[return-value]


def _truth(path: Path) -> pd.DataFrame:
    beside = path.with_name(f"{path.stem}.truth.csv")
    if not beside.is_file():
        raise KinebenchError(
            f"weights must name OpenPose's .caffemodel for a video whose truth isn't known, but is null, and there is "
            f"no {beside.name} beside {path.name}. Set it, or take a clip of data/sample."
        )
    return pd.read_csv(beside, index_col="frame")


def _joints(row: pd.Series, model: Model) -> np.ndarray:
    """The true joints (J, 2) of one frame; NaN where the truth knows none."""
    made = []
    for joint in model.joints:
        names = _MIDDLES.get(joint, (joint,))
        made.append(np.mean([[row.get(f"{name}_x", np.nan), row.get(f"{name}_y", np.nan)] for name in names], axis=0))
    return np.array(made)
