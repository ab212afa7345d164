"""BlazePose for several people: the laws of who is followed, on people who are only numbers, and on real pictures."""

import json
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import estimators, video
from kinebench.errors import KinebenchError
from kinebench.estimators import Person, blazepose
from kinebench.estimators.blazepose_bodies import apart, known
from kinebench.estimators.blazepose_detector import MAX_OVERLAP, Found, overlap
from kinebench.estimators.blazepose_following import Following, Look
from kinebench.estimators.blazepose_landmarks import LANDMARKS, RIM, Landmarks
from kinebench.estimators.blazepose_lanes import in_lanes, in_turn
from kinebench.estimators.blazepose_regions import Region
from kinebench.estimators.blazepose_several import Company, Looks, Several
from kinebench.estimators.blazepose_views import MOST_SQUARES, SHARED, Candidate, candidates, small_views, unique, views
from kinebench.skeleton import COCO17
from tests.conftest import SAMPLES, shared_file
from tests.estimator_cases import CASES

BESIDE = "walk_sagittal_and_jump_sports2d_demo"

# --- where the detector looks -----------------------------------------------------------------------------------------

pixels = st.integers(16, 4000)


@given(pixels, pixels)
def test_the_whole_picture_is_looked_at_first_then_squares_within_it_of_its_shorter_side(width, height):
    whole, *squares = views(width, height)
    assert whole == Region.whole(width, height)
    for square in squares:
        assert square.side == min(width, height)
        assert square.side / 2 - 1e-6 <= square.x <= width - square.side / 2 + 1e-6
        assert square.side / 2 - 1e-6 <= square.y <= height - square.side / 2 + 1e-6


@given(pixels, pixels, st.floats(0, 1))
def test_whoever_is_narrower_than_what_the_squares_share_is_whole_in_one_of_them(width, height, share):
    _, *squares = views(width, height)
    short, long = sorted((width, height))
    if not squares or len(squares) == MOST_SQUARES:
        return
    half = 0.999 * SHARED * short / 2
    middle = half + share * (long - 2 * half)
    along = [square.x if width > height else square.y for square in squares]
    assert any(abs(middle - place) + half <= short / 2 + 1e-6 for place in along)


def test_a_square_picture_is_looked_at_once_and_a_panorama_not_for_ever():
    assert views(500, 500) == [Region.whole(500, 500)]
    assert len(views(3, 2000)) == 1 + MOST_SQUARES


@given(st.integers(480, 4000), st.integers(480, 4000), st.data())
def test_whoever_is_a_fifth_of_the_picture_is_whole_and_large_in_a_smaller_square(width, height, data):
    """Large enough for the detector: two fifths of the square."""
    short, long = sorted((width, height))
    if long > MOST_SQUARES * short / 2:
        return
    half = 0.1 * short
    x, y = (data.draw(st.floats(half, length - half)) for length in (width, height))
    inside = [
        square
        for square in small_views(width, height)
        if max(abs(x - square.x), abs(y - square.y)) <= square.side / 2 - 0.5 * half + 1e-6
    ]
    assert any(2 * half >= 0.39 * square.side for square in inside)


def test_no_square_is_shown_larger_than_it_is_to_find_somebody_small():
    assert {square.side for square in small_views(1280, 720)} == {360.0, 240.0}
    assert {square.side for square in small_views(854, 480)} == {240.0}
    assert small_views(320, 240) == []


def candidate(x: float, y: float, side: float = 300.0, score: float = 0.9) -> Candidate:
    """Somebody whose hips are at x, y and whose head and shoulders lie above them."""
    head = y - 0.3 * side
    box = np.array([x - 0.15 * side, head - 0.15 * side, x + 0.15 * side, head + 0.15 * side])
    return Candidate(score, box, Region(x, y, side, 0.0))


seen_by_the_detector = st.lists(
    st.builds(candidate, st.floats(0, 900), st.floats(0, 900), st.floats(50, 400), st.floats(0.5, 1)), max_size=8
)


@given(seen_by_the_detector)
def test_of_candidates_that_overlap_the_surest_is_left(seen):
    left = unique(seen)
    for number, one in enumerate(left):
        others = np.array([other.box for other in left[:number]]).reshape(-1, 4)
        assert (overlap(one.box, others) <= MAX_OVERLAP).all()
    for one in seen:
        surer = [other for other in left if other.score >= one.score]
        assert any(other is one or overlap(one.box, other.box[None])[0] > MAX_OVERLAP for other in surer)


def test_what_is_found_in_a_view_is_told_in_pixels_of_the_picture():
    points = np.array([[[0.5, 0.5], [0.5, 0.25], [0.0, 0.0], [0.0, 0.0]]])
    found = Found(np.array([0.8]), np.array([[0.4, 0.1, 0.6, 0.3]]), points)
    (one,) = candidates(found, Region(1000.0, 300.0, 400.0, 0.0))
    assert one.score == 0.8
    assert_allclose(one.box, [960, 140, 1040, 220])
    # Hips in the view's middle, the rim a quarter of 400 above: 2 x 1.25 x 100 pixels.
    assert one.region == Region(1000.0, 300.0, 250.0, 0.0)


@given(st.integers(0, 9))
def test_shared_out_over_lanes_the_answers_are_those_of_one_after_the_other(count):
    regions = [Region(float(number), 0.0, 100.0, 0.0) for number in range(count)]
    lanes: dict[float, int] = {}

    def work(lane: int, region: Region) -> float:
        lanes[region.x] = lane
        return region.x**2

    with ThreadPoolExecutor(2) as pool:
        assert in_lanes(pool, work, regions) == in_turn(lambda _, region: region.x**2, regions)
    assert [lanes[float(number)] for number in range(count)] == [number % 2 for number in range(count)]


# --- which bodies are the same ----------------------------------------------------------------------------------------

SHAPE = np.random.default_rng(3).uniform([0.35, 0.1], [0.65, 0.9], (LANDMARKS, 2))
SHAPE[33], SHAPE[RIM] = [0.5, 0.5], [0.5, 0.1]


def body(person: Region, seen_in: Region | None = None, score: float = 1.0, confidence: float = 0.9) -> Landmarks:
    """What the landmark network says of `person` when shown the region `seen_in`."""
    region = seen_in or person
    matrix = region.matrix(1)
    shares = (person.to_picture(SHAPE) - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    return Landmarks(shares, np.full(LANDMARKS, confidence), np.zeros((LANDMARKS, 3)), score)


def look_at(person: Region, seen_in: Region | None = None) -> Look:
    return Look(0.0, seen_in or person, body(person, seen_in))


standing = st.builds(Region, st.floats(-500, 500), st.floats(-500, 500), st.floats(50, 500), st.just(0.0))


@given(standing, standing)
def test_a_body_is_nowhere_apart_from_itself_whatever_region_it_is_seen_in(person, other):
    assert apart(look_at(person), look_at(person, other)) < 1e-9
    assert known(look_at(person), look_at(person, other))
    assert_allclose(apart(look_at(person), look_at(other)), apart(look_at(other), look_at(person)), rtol=1e-9)


@given(standing, st.floats(-300, 300), st.floats(-300, 300))
def test_a_shifted_body_is_apart_by_the_shift_in_shares_of_the_side(person, dx, dy):
    shifted = replace(person, x=person.x + dx, y=person.y + dy)
    assert_allclose(apart(look_at(person), look_at(shifted)), math.hypot(dx, dy) / person.side, atol=1e-9)


def test_a_body_lying_inverted_on_another_is_known_one_beside_it_is_not():
    person = Region(500.0, 250.0, 300.0, 0.0)
    assert known(look_at(replace(person, angle=math.pi)), look_at(person))
    assert not known(look_at(replace(person, x=person.x + 80, angle=math.pi)), look_at(person))
    assert known(look_at(replace(person, x=person.x + 10)), look_at(person))
    assert not known(look_at(replace(person, x=person.x + 80)), look_at(person))


# --- whom to follow: people who are only numbers ----------------------------------------------------------------------

NOWHERE: Callable[[float], Region | None] = lambda _: None  # noqa: E731


@dataclass
class World:
    """People as regions over time, the first before the others; a landmark network and a detector that see them.

    The landmark network draws the nearest body of those that the region shows; a body mostly covered by one further
    ahead in the list is not seen by either network.
    """

    people: Sequence[Callable[[float], Region | None]]
    width: int = 1600
    height: int = 900
    swept: list[float] = field(default_factory=list)
    unseen: Callable[[Region, Region, float], bool] = lambda person, view, time_s: False

    def visible(self, time_s: float) -> list[Region]:
        there: list[Region] = []
        for place in self.people:
            region = place(time_s)
            if region is not None and 0 < region.x < self.width:
                hidden = any(abs(region.x - other.x) < 0.12 * other.side for other in there)
                there += [] if hidden else [region]
        return there

    def see(self, time_s: float) -> Callable[[Sequence[Region]], list[Landmarks]]:
        def one(region: Region) -> Landmarks:
            near = [person for person in self.visible(time_s) if math.dist(at(person), at(region)) < region.side / 3]
            if not near:
                return body(region, score=0.1)
            return body(min(near, key=lambda person: math.dist(at(person), at(region))), region)

        return lambda regions: [one(region) for region in regions]

    def sweep(self, time_s: float) -> Callable[[Sequence[Region]], list[list[Candidate]]]:
        def seen(parts: Sequence[Region]) -> list[list[Candidate]]:
            self.swept.append(time_s)
            return [[candidate(*at(p), p.side) for p in self.visible(time_s) if within(p, view)] for view in parts]

        def within(person: Region, view: Region) -> bool:
            return abs(person.x - view.x) < view.side / 2 and not self.unseen(person, view, time_s)

        return seen

    def run(self, several: Several, times_s: Sequence[float]) -> list[list[float | None]]:
        """Where the hips of the person in each place are, None where it is free; picture by picture."""
        company, found = Company.of(several.most), []
        for time_s in times_s:
            frame = video.Frame.of(np.zeros((self.height, self.width, 3), np.uint8))
            frame.time_s = time_s
            looks, company = several.look(frame, company, self.see(time_s), self.sweep(time_s))
            assert_nobody_twice(looks)
            found.append([None if look is None else hips(look) for look in looks])
        self.company = company
        return found


def at(region: Region) -> tuple[float, float]:
    return region.x, region.y


def hips(look: Look) -> float:
    return float(look.region.to_picture(look.landmarks.points[33])[0])


def assert_nobody_twice(looks: Looks) -> None:
    there = [look for look in looks if look is not None]
    for number, look in enumerate(there):
        assert all(apart(look, other) > 0.05 for other in there[:number])


def still(x: float, side: float = 400.0, y: float = 500.0) -> Callable[[float], Region | None]:
    return lambda _: Region(x, y, side, 0.0)


def walking(x: float, speed_px_s: float, side: float = 400.0) -> Callable[[float], Region | None]:
    return lambda time_s: Region(x + speed_px_s * time_s, 500.0, side, 0.0)


def times(duration_s: float) -> list[float]:
    return [number / 30 for number in range(round(30 * duration_s))]


@settings(max_examples=25)
@given(st.lists(st.integers(0, 7), unique=True, max_size=6), st.integers(2, 5))
def test_everybody_is_found_once_as_far_as_there_are_places(slots, most):
    world = World([still(100.0 + 200 * slot) for slot in slots])
    for places in world.run(Several(Following(), most), times(0.5)):
        found = [x for x in places if x is not None]
        assert len(places) == most
        assert len(found) == min(len(slots), most)
        assert {round(x) for x in found} <= {100 + 200 * slot for slot in slots}


def test_those_who_are_followed_keep_their_places_while_they_walk_and_others_come_in():
    first, second = walking(300, 150), walking(1300, -150, side=300)
    late = lambda time_s: None if time_s < 1 else Region(800.0, 100.0, 200.0, 0.0)  # noqa: E731
    world = World([first, second, late])
    found = world.run(Several(Following(), 3), times(2))
    place = 0 if abs(found[0][0] - 300) < 1 else 1
    for time_s, row in zip(times(2), found, strict=True):
        assert_allclose(row[place], first(time_s).x, atol=1e-6)
        assert_allclose(row[1 - place], second(time_s).x, atol=1e-6)
        assert row[2] is None or time_s >= 1
        assert row[2] is not None or time_s < 1.4


def test_who_walks_out_is_dropped_and_the_other_keeps_pursuit_and_place():
    world = World([walking(1000, 600), still(700.0)])
    found = world.run(Several(Following(), 2), times(2))
    (stays,) = {n for n in (0, 1) if abs(found[0][n] - 700) < 1}
    leaves = 1 - stays
    assert_allclose([row[stays] for row in found], 700.0)
    assert all(row[leaves] is not None for row in found[:30])
    assert all(row[leaves] is None for row in found[31:])
    assert sum(place.pursuit.changes for place in world.company.places) == 0


def test_who_comes_back_takes_the_place_of_before():
    gone = lambda time_s: None if 0.5 <= time_s < 1.2 else Region(400.0, 500.0, 400.0, 0.0)  # noqa: E731
    found = World([gone, still(1000.0)]).run(Several(Following(), 2), times(2))
    place = 0 if abs(found[0][0] - 400) < 1 else 1
    assert found[20][place] is None
    assert_allclose(found[-1][place], 400.0)
    assert all(row[1 - place] == found[0][1 - place] for row in found)


def test_who_was_lost_is_found_again_where_they_were_though_the_detector_sees_them_from_near_only():
    gone = lambda time_s: None if 0.5 <= time_s < 0.7 else Region(400.0, 500.0, 300.0, 0.0)  # noqa: E731
    far = lambda person, view, time_s: time_s > 0.5 and view.side > 2 * person.side  # noqa: E731
    found = World([gone, still(1000.0, side=500.0)], unseen=far).run(Several(Following(), 2), times(1.2))
    place = 0 if abs(found[0][0] - 400) < 1 else 1
    assert_allclose(found[-1][place], 400.0)


def test_a_person_hidden_by_another_is_missing_until_found_again_and_the_other_is_not_seen_twice():
    """In each picture `run` asserts that nobody is seen twice."""
    front, behind = walking(300, 400), still(900.0)
    found = World([front, behind]).run(Several(Following(), 3), times(3))
    place = 0 if abs(found[0][0] - 900) < 1 else 1
    hidden = [abs(front(time_s).x - 900) < 48 for time_s in times(3)]
    for time_s, row, covered in zip(times(3), found, hidden, strict=True):
        assert_allclose(row[1 - place], front(time_s).x, atol=1e-6)
        assert row[place] is None or not covered
        assert row[2] is None
    assert_allclose([row[place] for row in found[-30:]], 900.0)


@pytest.mark.parametrize(("stays", "goes", "then"), [(800.0, 920.0, 801.0), (920.0, 800.0, 919.0)])
def test_of_two_pursuits_that_come_to_see_one_body_the_one_that_jumped_is_dropped(stays, goes, then):
    """One is hidden at once, and what is seen in their region is who hides them; that one has not moved and stays."""

    def behind(time_s: float) -> Region:
        return Region(goes if time_s < 0.5 else then, 500.0, 400.0, 0.0)

    found = World([still(stays), behind]).run(Several(Following(), 2), times(0.8))
    place = 0 if abs(found[0][0] - stays) < 1 else 1
    assert_allclose([row[place] for row in found], stays)
    assert_allclose([row[1 - place] for row in found[:15]], goes)
    assert [row[1 - place] for row in found[15:]] == [None] * 9


def test_the_detector_is_asked_three_times_a_second_ten_times_after_a_loss_and_always_when_nobody_is_there():
    full = World([still(400.0), still(1000.0)])
    full.run(Several(Following(), 2), times(3))
    assert_allclose(np.diff(full.swept), 1 / 3, atol=0.04)
    room = World([still(400.0)])
    room.run(Several(Following(), 2), times(3))
    assert_allclose(np.diff(room.swept), 1 / 3, atol=0.04)
    lost = World([still(400.0), lambda time_s: still(1000.0)(0) if time_s < 1.2 else None])
    lost.run(Several(Following(), 2), times(4))
    after = [time_s for time_s in lost.swept if time_s >= 1.2]
    assert after[0] == 1.2
    after = np.diff(after)
    assert_allclose(after[:9], 0.1, atol=0.04)
    assert_allclose(after[-4:], 1 / 3, atol=0.04)
    empty = World([])
    empty.run(Several(Following(), 2), times(1))
    assert empty.swept == times(1)


def test_pictures_without_times_of_their_own_are_all_searched():
    world = World([still(400.0), still(1000.0)])
    world.run(Several(Following(), 2), [0.0] * 4)
    assert world.swept == [0.0] * 4


def test_who_is_pointed_at_is_in_the_first_place_however_many_larger_and_more_central_there_are():
    world = World([still(800.0), still(1100.0), still(500.0), still(80.0, side=150.0)])
    for row in world.run(Several(Following(place=(90.0, 480.0)), 2), times(0.5)):
        assert_allclose(row[0], 80.0)
        assert row[1] is not None


def test_the_first_place_is_kept_for_who_is_pointed_at_until_they_come():
    late = lambda time_s: None if time_s < 1 else Region(80.0, 500.0, 150.0, 0.0)  # noqa: E731
    found = World([still(800.0), still(1100.0), late]).run(Several(Following(place=(90.0, 480.0)), 2), times(2))
    assert all(row[0] is None for row in found[:30])
    assert all(row[1] is not None for row in found)
    assert_allclose(found[-1][0], 80.0)


def test_whom_the_detector_has_not_seen_for_a_second_gives_way_to_a_surer_person_and_not_before():
    """A pursuit that strayed onto a chair holds a place as long as the detector sees no better use of it."""
    chair, late = still(300.0), lambda time_s: None if time_s < 1.0 else Region(800.0, 500.0, 400.0, 0.0)
    doubt = lambda person, _, time_s: person.x == 300.0 and time_s > 0.9  # noqa: E731
    found = World([chair, still(1100.0), late], unseen=doubt).run(Several(Following(), 2), times(3))
    place = 0 if abs(found[0][0] - 300) < 1 else 1
    assert_allclose([row[1 - place] for row in found], 1100.0)
    assert_allclose([row[place] for row in found[:48]], 300.0)
    assert_allclose(found[-1][place], 800.0)
    kept = World([chair, still(1100.0), late]).run(Several(Following(), 2), times(3))
    assert_allclose([row[place] for row in kept], 300.0)


def test_where_every_picture_is_searched_people_keep_their_places_too():
    world = World([walking(300, 150), walking(1300, -150)])
    found = world.run(Several(Following(detect_every_frame=True), 2), times(1))
    assert world.swept == times(1)
    steps = np.diff(np.array(found, float), axis=0)
    assert_allclose(np.abs(steps), 5.0, atol=1e-6)


# --- on pictures ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def four() -> blazepose.BlazePose:
    return made(max_people=4)


@pytest.fixture(scope="module")
def two() -> blazepose.BlazePose:
    return made(max_people=2)


def made(**settings) -> blazepose.BlazePose:
    estimators.fetch("blazepose-full")
    estimator = estimators.get("blazepose-full", **settings)
    assert isinstance(estimator, blazepose.BlazePose)
    return estimator


def sitting() -> np.ndarray:
    return video.frame_at(video.open_clip(SAMPLES / "sit_to_stand.mp4"), 60).rgb()


def placed(*lefts: int, width: int = 1000) -> np.ndarray:
    """The person of the sample clip once or more, cut out with some wall beside; at `lefts` in a picture of wall."""
    cut = sitting()[:, 330:570]
    picture = np.repeat(cut[:, :1], width, axis=1)
    for left in lefts:
        picture[:, max(left, 0) : left + 240] = cut[:, max(-left, 0) : max(width - left, 0)]
    return picture


def middles(people: list[Person]) -> list[float]:
    return [float(np.median(person.points[:, 0])) for person in people]


def assert_alike(points: np.ndarray, expected: np.ndarray) -> None:
    """Within the shares of the person's height that the contract grants."""
    case = CASES["blazepose-full"]
    sure = (points[:, 2] > 0.5) & (expected[:, 2] > 0.5)
    assert sure.mean() > 0.5
    away = np.hypot(*(points - expected)[sure, :2].T) / np.ptp(expected[sure, 1])
    assert np.median(away) <= case.median_share
    assert away.max() <= case.most_share


pytestmark = pytest.mark.xdist_group("blazepose-full")


def test_two_copies_side_by_side_are_two_people_each_as_the_one_alone_and_no_third_appears(four):
    rgb = sitting()
    four.reset()
    (alone,) = four.detect(rgb)
    four.reset()
    both = np.concatenate([rgb, rgb], axis=1)
    for _ in range(4):
        people = sorted(four.detect(both), key=lambda person: person.points[0, 0])
        assert len(people) == 2
        for person, shift in zip(people, (0, rgb.shape[1]), strict=True):
            assert_alike(person.points - [shift, 0, 0], alone.points)


def test_no_more_people_are_returned_than_asked_for(two):
    two.reset()
    for _ in range(3):
        assert len(two.detect(placed(0, 250, 500, 750))) == 2


@pytest.mark.parametrize(("name", "count"), [("tfjs_three_people.jpg", 3), ("coral_posenet_test_image.bmp", 2)])
def test_the_people_of_a_photo_are_all_found_and_nobody_else(four, name, count):
    rgb = np.ascontiguousarray(iio.imread(shared_file(f"images/{name}"))[..., :3])
    four.reset()
    for _ in range(3):
        assert len(four.detect(rgb)) == count


def test_the_couple_on_the_photo_are_where_another_network_sees_them(four):
    """Coral's published PoseNet poses of that photo; a joint counts of which both networks are sure."""
    rgb = np.ascontiguousarray(iio.imread(shared_file("images/coral_posenet_test_image.bmp"))[..., :3])
    table = pd.read_csv(shared_file("reference/coral_posenet_075_481_641_reference_test_image.csv"))
    four.reset()
    people = four.detect(rgb)
    own = [four.joints.index(joint) for joint in COCO17.joints]
    matched = set()
    for _, pose in table.groupby("pose_id"):
        theirs = pose.sort_values("keypoint_id")
        xy = theirs[["keypoint_x", "keypoint_y"]].to_numpy() * [rgb.shape[1], rgb.shape[0]]
        sure = theirs["keypoint_score"].to_numpy() > 0.5
        both = [sure & (person.points[own, 2] > 0.5) for person in people]
        away = [
            np.median(np.hypot(*(person.points[own, :2] - xy)[s].T)) for person, s in zip(people, both, strict=True)
        ]
        assert min(away) < 10  # of some 270 pixels' height; the other one is 90 away
        matched.add(int(np.argmin(away)))
    assert matched == {0, 1}


def test_one_walks_out_and_the_other_stays_who_they_are(four):
    four.reset()
    first = middles(four.detect(placed(100, 600)))
    assert len(first) == 2
    (stays,) = [n for n, x in enumerate(first) if x < 400]
    for left in range(650, 1001, 50):
        people = four.detect(placed(100, left))
        assert abs(middles(people)[stays if len(people) == 2 else 0] - first[stays]) < 10
    assert len(people) == 1
    assert four.changes == 0
    assert len(four.detect(placed(100, 600))) == 2


def test_a_person_behind_whom_another_walks_past_is_never_two(four):
    four.reset()
    (middle,) = middles(four.detect(placed(0)))
    four.reset()
    for left in range(0, 760, 40):
        found = middles(four.detect(placed(380, left)))  # what is placed later covers what was placed before
        assert 1 <= len(found) <= 2
        assert len(found) == 1 or abs(found[0] - found[1]) > 50
        # Half a person beside another one draws either's joints: who is in front is checked where no halves show.
        if left <= 400 or left >= 540:
            (in_front,) = [x for x in found if abs(x - middle - left) < 25]
            assert all(abs(x - middle - 380) < 25 for x in found if x != in_front)
        assert len(found) == 2 or abs(left - 380) < 240


def stream_of(estimator: blazepose.BlazePose, frames: Sequence[video.Frame]) -> list[list[np.ndarray]]:
    estimator.reset()
    return [[person.points for person in people] for _, people in estimator.stream(frames)]


def clip_of_two(stop_s: float) -> video.Clip:
    return video.open_clip(shared_file(f"videos/{BESIDE}.mp4"), start_s=1.5, stop_s=stop_s)


def test_streaming_gives_what_detecting_gives_picture_by_picture_whichever_lane_is_slower(two):
    frames = list(video.frames(clip_of_two(1.9)))
    two.reset()
    expected = [[person.points for person in two.detect(frame)] for frame in frames]
    assert max(map(len, expected)) == 2

    def assert_same() -> None:
        for found, wanted in zip(stream_of(two, frames), expected, strict=True):
            assert len(found) == len(wanted)
            for points, others in zip(found, wanted, strict=True):
                assert_array_equal(points, others)

    assert_same()
    kept = two._lanes
    two._lanes = kept[::-1]
    try:
        assert_same()
    finally:
        two._lanes = kept


def test_the_two_people_of_a_clip_are_followed_to_its_end_and_nobody_else(four):
    four.reset()
    rows = [people for _, people in four.stream(video.frames(clip_of_two(3.5)))]
    assert {len(people) for people in rows} == {2}
    tracks = np.array([[np.median(person.points[:, :2], axis=0) for person in people] for people in rows])
    # She walks some 10 pixels a picture, he stands; from one to the other it is hundreds.
    assert np.linalg.norm(np.diff(tracks, axis=0), axis=-1).max() < 120
    assert four.changes == 0


def test_room_for_one_is_what_it_is_without_saying_so_bit_for_bit():
    frames = list(video.frames(video.open_clip(SAMPLES / "sit_to_stand.mp4", stop_s=0.7)))
    plain, one = made(), made(max_people=1)
    assert json.dumps(one.describe()) == json.dumps(plain.describe())
    assert "max_people" not in json.dumps(plain.describe())
    for found, wanted in zip(stream_of(one, frames), stream_of(plain, frames), strict=True):
        assert_array_equal(found, wanted)
    one.reset()
    plain.reset()
    for frame in frames[:5]:
        assert_array_equal(one.detect(frame)[0].points, plain.detect(frame)[0].points)


def test_for_how_many_there_is_room_is_part_of_the_description(two, four):
    assert two.describe()["settings"]["max_people"] == 2
    assert two.describe() != four.describe()


def test_after_a_reset_the_same_pictures_give_the_same(four):
    picture = placed(0, 300, 650)
    four.reset()
    first = [person.points for person in four.detect(picture)]
    four.detect(placed(500))
    four.reset()
    again = [person.points for person in four.detect(picture)]
    assert len(first) == 3
    assert_array_equal(again, first)
    assert four.changes == 0


def test_the_person_pointed_at_is_the_first_of_several():
    picture = placed(0, 380, 650)
    people = made(max_people=2, person_x_px=100.0, person_y_px=300.0).detect(picture)
    assert len(people) == 2
    assert middles(people)[0] < 240


@pytest.mark.parametrize("wrong", [0, -1, 31, 2.0, True, "2"])
def test_a_number_of_people_that_cannot_be_is_refused_in_one_line(wrong):
    with pytest.raises(KinebenchError, match="max_people must be a whole number from 1 to 30") as error:
        made(max_people=wrong)
    assert "\n" not in str(error.value)
