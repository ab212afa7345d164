"""BlazePose (lite, full, heavy): the 33 joints of ML Kit and MediaPipe, its networks run raw with LiteRT.

The detector finds people in the whole picture; the landmark network looks at one of them in a square that is turned and
sized to fit (`blazepose_regions`). In the next picture that square comes from the landmarks themselves; the detector is
asked again when the person is lost, and now and then to see that it still is a person (`blazepose_following`).

Nothing is smoothed. Confidence is the lesser of the network's visibility and presence. World coordinates are metres
from the middle of the hips, x to the right of the picture, y down, z away from the camera.
"""

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinebench import estimators, provenance
from kinebench.errors import KinebenchError
from kinebench.estimators import Person, blazepose_detector, blazepose_landmarks, litert
from kinebench.estimators.blazepose_following import Following, Look, Pursuit
from kinebench.estimators.blazepose_landmarks import BODY, Landmarks
from kinebench.estimators.blazepose_regions import Region
from kinebench.skeleton import BLAZEPOSE33
from kinebench.video import Frame

# Part of the key of cached detections: to be raised whenever the same picture comes to give other numbers.
ALGORITHM = 3
LANES = 2
# Of pictures further apart than this, each is looked at from the one before.
MAX_STEP_S = 0.05

_BOXES, _LOGITS = (1, 2254, 12), (1, 2254, 1)
_RAW, _SCORE, _HEATMAPS, _WORLD = (1, 195), (1, 1), (1, 64, 64, 39), (1, 117)


@dataclass(frozen=True)
class _UnderWay:
    """A picture that is being looked at: from what was known before it, on which network."""

    frame: Frame
    pursuit: Pursuit
    lane: int
    look: Future[Look]


class BlazePose:
    """The estimator; see the module's docstring for how it works."""

    joints = BLAZEPOSE33.joints

    def __init__(
        self,
        name: str = estimators.DEFAULT,
        *,
        weights: str | None = None,
        detect_every_frame: bool = False,
        person_x_px: float | None = None,
        person_y_px: float | None = None,
        following: Following | None = None,
        threads: int | None = None,
    ) -> None:
        """Load the networks.

        `name`: blazepose-lite, -full or -heavy. `weights`: a file to use as landmark network in place of the one in the
        weights folder. `detect_every_frame`: ask the detector in every picture instead of following, as MediaPipe does
        in its still-image mode. `person_x_px`, `person_y_px`: where the person to be followed is, where it is not the
        nearest to the middle and largest. `following`: other decisions on whom to look at and where, to be compared.
        `threads`: CPU threads for each of two pictures; without it what the cores allow. No result depends on it.
        """
        self.name = name
        self._following = following or Following(
            detect_every_frame=detect_every_frame,
            place=None if person_x_px is None or person_y_px is None else (person_x_px, person_y_px),
        )
        self._paths = _paths(name, weights)
        self._weights = {path.name: provenance.sha256_file(path) for path in self._paths}
        self._detector = _detector(self._paths[0])
        self._detecting = threading.Lock()
        self._threads = threads or _threads()
        self._lanes = [_landmark_network(self._paths[1], self._threads)]
        self._pursuit = Pursuit()

    @property
    def changes(self) -> int:
        """How often another person than before was taken since the last `reset`."""
        return self._pursuit.changes

    def detect(self, picture: Frame | np.ndarray) -> list[Person]:
        """The person in `picture` (a frame, or uint8 RGB of shape (height, width, 3)); nobody: an empty list.

        Where several people are seen it is the nearest to the centre and largest; from then on the same one.
        """
        frame = picture if isinstance(picture, Frame) else Frame.of(picture)
        look = self._look(frame, self._pursuit, 0)
        self._pursuit = self._following.after(look, self._pursuit)
        return _people(look)

    def stream(self, pictures: Iterable[Frame]) -> Iterator[tuple[Frame, list[Person]]]:
        """Each of `pictures`, in order, with the people in it; two are looked at at the same time.

        A picture is looked at where the person was two pictures before, whatever the number of cores, so that the
        result depends on nothing but the pictures. Where nobody is being followed, or the picture before is further
        away than `MAX_STEP_S`, it is looked at where the person was in the one before, as `detect` does. So it is, once
        more, where it shows somebody else than the one before: otherwise every other picture could follow its own
        person.
        """
        while len(self._lanes) < LANES:
            self._lanes.append(_landmark_network(self._paths[1], self._threads))
        under_way: deque[_UnderWay] = deque()
        with ThreadPoolExecutor(LANES, thread_name_prefix="blazepose") as pool:
            for count, frame in enumerate(pictures):
                finished = []
                while under_way and (len(under_way) == LANES or not self._together(under_way[-1].frame, frame)):
                    finished.append(self._finished(under_way.popleft()))
                pursuit, lane = self._pursuit, count % LANES
                under_way.append(_UnderWay(frame, pursuit, lane, pool.submit(self._look, frame, pursuit, lane)))
                yield from finished
            for last in under_way:
                yield self._finished(last)

    def reset(self) -> None:
        """Forget the person being followed: the next picture is searched as a whole."""
        self._pursuit = Pursuit()

    def describe(self) -> dict[str, Any]:
        """What determines the result: weights with their sha256 and origin, the runtime's version, settings."""
        following = self._following
        return {
            "name": self.name,
            "weights": self._weights,
            "origin": estimators.record(self.name).origin,
            "versions": litert.runtime(),
            "algorithm": ALGORITHM,
            "settings": {
                "detect_every_frame": following.detect_every_frame,
                "margin": following.aim.margin,
                "learnt": following.aim.learnt,
            }
            | ({} if following.place is None else {"place": list(following.place)}),
        }

    def _together(self, before: Frame, frame: Frame) -> bool:
        """Whether `frame` may be looked at while the picture before it still is."""
        following = self._following.detect_every_frame or self._pursuit.region is not None
        return following and frame.time_s - before.time_s <= MAX_STEP_S

    def _finished(self, begun: "_UnderWay") -> tuple[Frame, list[Person]]:
        look, now = begun.look.result(), self._pursuit
        other = look.region is not None and now.last is not None and not look.region.overlaps(now.last)
        if other and begun.pursuit is not now:
            look = self._look(begun.frame, now, begun.lane)
        self._pursuit = self._following.after(look, now)
        return begun.frame, _people(look)

    def _look(self, frame: Frame, pursuit: Pursuit, lane: int) -> Look:
        def see(frame: Frame, region: Region) -> Landmarks:
            return _see(self._lanes[lane], frame, region)

        # Every other picture asks the detector whether the person is still there; any may when it is lost.
        return self._following.look(frame, pursuit, see, self._search, may_ask=lane == 0)

    def _search(self, frame: Frame, hurried: bool = False) -> list[Region]:
        """Where the detector sees people, the best score first."""
        size = blazepose_detector.SIZE
        whole = Region.whole(frame.width, frame.height)
        # A shade in the chroma moves the detector by pixels: the whole picture's RGB gives what MediaPipe sees.
        picture = frame if hurried else Frame.of(frame.rgb())
        patch = picture.warp(whole.matrix(size), (size, size))
        with self._detecting:
            self._detector.run(patch, 2 / 255, -1.0)
            found = blazepose_detector.decode(self._detector.answer(_BOXES), self._detector.answer(_LOGITS)[:, 0])
        pairs = whole.to_picture(found.points[:, :2])
        return [Region.around(centre, rim) for centre, rim in pairs]


def _see(network: litert.Network, frame: Frame, region: Region) -> Landmarks:
    size = blazepose_landmarks.SIZE
    patch = frame.warp(region.matrix(size), (size, size), beyond="edge")
    network.run(patch, 1 / 255, 0.0)
    return blazepose_landmarks.decode(
        network.answer(_RAW), float(network.answer(_SCORE)[0]), network.answer(_HEATMAPS), network.answer(_WORLD)
    )


def _people(look: Look) -> list[Person]:
    if look.region is None or look.landmarks is None:
        return []
    landmarks = look.landmarks
    xy = look.region.to_picture(landmarks.points[:BODY])
    world = landmarks.world[:BODY].copy()
    world[:, :2] = world[:, :2] @ look.region.turn().T
    box = np.concatenate([xy.min(axis=0), xy.max(axis=0)])
    return [Person(np.column_stack([xy, landmarks.confidence[:BODY]]), world, landmarks.score, box)]


def _paths(name: str, own: str | None) -> tuple[Path, Path]:
    from kinebench.estimators import weights

    record = estimators.record(name)
    detector, landmarks = record.weights
    if own is None:
        return weights.locate(record, detector.file), weights.locate(record, landmarks.file)
    if not Path(own).is_file():
        raise KinebenchError(f"weights must name a file that exists, but there is no {own}. Check the path.")
    return weights.locate(record, detector.file), Path(own)


def _detector(path: Path) -> litert.Network:
    size = blazepose_detector.SIZE
    return litert.Network(path, threads=1, input_shape=(1, size, size, 3), output_shapes=(_BOXES, _LOGITS))


def _landmark_network(path: Path, threads: int) -> litert.Network:
    size = blazepose_landmarks.SIZE
    outputs = (_RAW, _SCORE, _HEATMAPS, _WORLD)
    return litert.Network(path, threads=threads, input_shape=(1, size, size, 3), output_shapes=outputs)


def _threads() -> int:
    """CPU threads for each lane, so that lanes and decoder share the cores; the result doesn't depend on it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max((cores - 1) // LANES, 1)
