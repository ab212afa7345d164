"""BlazePose (lite, full, heavy): the 33 joints of ML Kit and MediaPipe, its networks run raw with LiteRT.

The detector finds people in the whole picture; the landmark network looks at one of them in a square that is turned and
sized to fit (`blazepose_regions`). In the next picture that square comes from the landmarks themselves; the detector is
asked again when the person is lost, and now and then to see that it still is a person (`blazepose_following`). With
`max_people` above 1 several people are followed so, each by themselves (`blazepose_several`).

Nothing is smoothed. Confidence is the lesser of the network's visibility and presence. World coordinates are metres
from the middle of the hips, x to the right of the picture, y down, z away from the camera.
"""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kinebench import estimators, provenance
from kinebench.estimators import Person, blazepose_detector, blazepose_landmarks, litert
from kinebench.estimators.blazepose_files import named, paths
from kinebench.estimators.blazepose_following import Following, Look, Pursuit
from kinebench.estimators.blazepose_landmarks import BODY, Landmarks
from kinebench.estimators.blazepose_lanes import LANES, Share, at_hand, in_lanes, in_turn, threads_each, threads_for
from kinebench.estimators.blazepose_regions import Region
from kinebench.estimators.blazepose_several import Company, Several
from kinebench.estimators.blazepose_views import Candidate, candidates
from kinebench.estimators.whole_picture import checked_max_people
from kinebench.skeleton import BLAZEPOSE33
from kinebench.video import Frame

# Part of the key of cached detections: to be raised whenever the same picture comes to give other numbers.
ALGORITHM = 3
MAX_PEOPLE = 30
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
        max_people: int | None = None,
        small_people: bool = False,
        following: Following | None = None,
        threads: int | None = None,
    ) -> None:
        """Load the networks.

        `name`: blazepose-lite, -full or -heavy. `weights`: a file to use as landmark network in place of the one in the
        weights folder. `detect_every_frame`: ask the detector in every picture instead of following, as MediaPipe does
        in its still-image mode. `person_x_px`, `person_y_px`: where the person to be followed is, where it is not the
        nearest to the middle and largest. `max_people`: how many people to follow at a time, 1 to 30; without it 1.
        `small_people`: with `max_people` above 1, look for people, too, who are small in the picture: down to about a
        fifth of its shorter side instead of two fifths, from 672 pixels on a seventh; five to fourteen times as dear.
        `following`: other decisions on whom to look at and where, to be compared.
        `threads`: CPU threads for each of two pictures; without it what the cores allow. No result depends on it.
        """
        self.name = name
        self._following = following or Following(
            detect_every_frame=detect_every_frame,
            place=None if person_x_px is None or person_y_px is None else (person_x_px, person_y_px),
        )
        self._paths = paths(name, weights)
        called = named(name, weights)
        self._weights = {key: provenance.sha256_file(path) for key, path in zip(called, self._paths, strict=True)}
        self._detectors = [_detector(self._paths[0])]
        self._detecting = threading.Lock()
        self._threads = threads or threads_each()
        self._lanes = [_landmark_network(self._paths[1], self._threads)]
        self._pursuit = Pursuit()
        most = checked_max_people(1 if max_people is None else max_people, MAX_PEOPLE)
        self._several = Several(self._following, most, small_people) if most > 1 else None
        self._company = Company.of(most)

    @property
    def changes(self) -> int:
        """How often another person than before was taken since the last `reset`."""
        return self._pursuit.changes + sum(place.pursuit.changes for place in self._company.places)

    def detect(self, picture: Frame | np.ndarray) -> list[Person]:
        """The person in `picture` (a frame, or uint8 RGB of shape (height, width, 3)); nobody: an empty list.

        Where several people are seen it is the nearest to the centre and largest; from then on the same one. With
        `max_people` above 1 it is so many of them at most, each in the place of the list that they had before.
        """
        frame = picture if isinstance(picture, Frame) else Frame.of(picture)
        if self._several is not None:
            return self._company_in(frame, self._several, in_turn)
        look = self._look(frame, self._pursuit, 0)
        self._pursuit = self._following.after(look, self._pursuit)
        return _people(look)

    def stream(self, pictures: Iterable[Frame]) -> Iterator[tuple[Frame, list[Person]]]:
        """Each of `pictures`, in order, with the people in it; two are looked at at the same time.

        A picture is looked at where the person was two pictures before, whatever the number of cores, so that the
        result depends on nothing but the pictures. Where nobody is being followed, or the picture before is further
        away than `MAX_STEP_S`, it is looked at where the person was in the one before, as `detect` does. So it is, once
        more, where it shows somebody else than the one before: otherwise every other picture could follow its own
        person. With `max_people` above 1 it is the people of one picture who are looked at at the same time, each where
        they were in the picture before; the result is that of `detect`.
        """
        if len(self._lanes) < LANES:
            self._lanes = at_hand(self._lanes[0], lambda: _landmark_network(self._paths[1], self._threads))
        if self._several is not None:
            yield from self._stream_several(pictures, self._several)
            return
        under_way: deque[_UnderWay] = deque()
        with threads_for(self._lanes) as pool:
            for count, frame in enumerate(pictures):
                finished = []
                while under_way and (len(under_way) == LANES or not self._together(under_way[-1].frame, frame)):
                    finished.append(self._finished(under_way.popleft(), pool))
                pursuit, lane = self._pursuit, count % LANES
                under_way.append(_UnderWay(frame, pursuit, lane, pool.submit(self._look, frame, pursuit, lane)))
                yield from finished
            for last in under_way:
                yield self._finished(last, pool)

    def reset(self) -> None:
        """Forget the person being followed: the next picture is searched as a whole."""
        self._pursuit = Pursuit()
        self._company = Company.of(len(self._company.places))

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
            | ({} if following.place is None else {"place": list(following.place)})
            | ({} if self._several is None else {"max_people": self._several.most})
            | ({"small_people": True} if self._several is not None and self._several.small else {}),
        }

    def _together(self, before: Frame, frame: Frame) -> bool:
        """Whether `frame` may be looked at while the picture before it still is."""
        following = self._following.detect_every_frame or self._pursuit.region is not None
        return following and frame.time_s - before.time_s <= MAX_STEP_S

    def _finished(self, begun: "_UnderWay", pool: ThreadPoolExecutor) -> tuple[Frame, list[Person]]:
        look, now = begun.look.result(), self._pursuit
        other = look.region is not None and now.last is not None and not look.region.overlaps(now.last)
        if other and begun.pursuit is not now:
            # In the pool, too: with one processor the next picture is being looked at with the same network.
            look = pool.submit(self._look, begun.frame, now, begun.lane).result()
        self._pursuit = self._following.after(look, now)
        return begun.frame, _people(look)

    def _look(self, frame: Frame, pursuit: Pursuit, lane: int) -> Look:
        def see(frame: Frame, region: Region) -> Landmarks:
            return _see(self._lanes[lane], frame, region)

        # Every other picture asks the detector whether the person is still there; any may when it is lost.
        return self._following.look(frame, pursuit, see, self._search, may_ask=lane == 0)

    def _stream_several(self, pictures: Iterable[Frame], several: Several) -> Iterator[tuple[Frame, list[Person]]]:
        """One picture after the other, the people in it shared out over the lanes: what `detect` gives."""
        if len(self._detectors) < LANES:
            self._detectors = at_hand(self._detectors[0], lambda: _detector(self._paths[0]))
        with threads_for(self._lanes) as pool:
            for frame in pictures:
                yield frame, self._company_in(frame, several, partial(in_lanes, pool))

    def _company_in(self, frame: Frame, several: Several, share_out: Share) -> list[Person]:
        def see(regions: Sequence[Region]) -> list[Landmarks]:
            return share_out(lambda lane, region: _see(self._lanes[lane], frame, region), regions)

        def sweep(parts: Sequence[Region]) -> list[list[Candidate]]:
            picture = Frame.of(frame.rgb())
            return share_out(lambda lane, view: _seen(self._detectors[lane], _shown(picture, view), view), parts)

        looks, self._company = several.look(frame, self._company, see, sweep)
        return [person for look in looks if look is not None for person in _people(look)]

    def _search(self, frame: Frame, hurried: bool = False) -> list[Region]:
        """Where the detector sees people, the best score first."""
        whole = Region.whole(frame.width, frame.height)
        # A shade in the chroma moves the detector by pixels: the whole picture's RGB gives what MediaPipe sees.
        patch = _shown(frame if hurried else Frame.of(frame.rgb()), whole)
        with self._detecting:
            return [candidate.region for candidate in _seen(self._detectors[0], patch, whole)]


def _shown(picture: Frame, view: Region) -> np.ndarray:
    size = blazepose_detector.SIZE
    return picture.warp(view.matrix(size), (size, size))


def _seen(network: litert.Network, patch: np.ndarray, view: Region) -> list[Candidate]:
    """Whom the detector sees in the `patch` that shows `view`, the best score first."""
    network.run(patch, 2 / 255, -1.0)
    return candidates(blazepose_detector.decode(network.answer(_BOXES), network.answer(_LOGITS)[:, 0]), view)


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


def _detector(path: Path) -> litert.Network:
    size = blazepose_detector.SIZE
    return litert.Network(path, threads=1, input_shape=(1, size, size, 3), output_shapes=(_BOXES, _LOGITS))


def _landmark_network(path: Path, threads: int) -> litert.Network:
    size = blazepose_landmarks.SIZE
    outputs = (_RAW, _SCORE, _HEATMAPS, _WORLD)
    return litert.Network(path, threads=threads, input_shape=(1, size, size, 3), output_shapes=outputs)
