"""What every estimator promises, whichever network it is: one suite over all of the registry."""

import inspect
import json
import re
import weakref
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from kinebench import estimators, extraction, skeleton, video
from kinebench.errors import KinebenchError
from kinebench.estimators import Estimator, Person
from tests.estimator_cases import CASES, WITHOUT_WEIGHTS, Case

KNOWN_JOINTS = {joint for known in skeleton.SKELETONS.values() for joint in known.joints}
# TensorFlow takes ten seconds to import: one worker does it for all tests.
GROUPS = {"movenet-thunder": "tensorflow", "movenet-multipose": "tensorflow"}
PARAMS = [pytest.param(name, marks=pytest.mark.xdist_group(GROUPS.get(name, name))) for name in CASES]
of_those_that_look = pytest.mark.parametrize(
    "name", [param for param in PARAMS if CASES[param.values[0]].looks], indirect=True
)


@pytest.fixture(scope="module")
def make(tmp_path_factory) -> Callable[[str], Estimator]:
    """Estimators by name, made once a module."""
    folder = tmp_path_factory.mktemp("estimators")
    return cache(lambda name: CASES[name].make(folder))


@pytest.fixture(params=PARAMS)
def name(request) -> str:
    return request.param


@pytest.fixture
def case(name) -> Case:
    return CASES[name]


@pytest.fixture
def estimator(name, make) -> Estimator:
    """The estimator as it is for the first picture."""
    made = make(name)
    made.reset()
    return made


@pytest.fixture
def picture(case, estimator) -> np.ndarray:
    return case.picture()


def only(people: list[Person]) -> np.ndarray:
    """x, y and confidence of the one person that must be there."""
    assert len(people) == 1
    return people[0].points


def assert_alike(points: np.ndarray, expected: np.ndarray, case: Case) -> None:
    """Where both are sure of a joint, they agree within the case's shares of the person's height."""
    sure = (points[:, 2] > 0.5) & (expected[:, 2] > 0.5)
    assert sure.mean() > 0.5
    away = np.hypot(*(points - expected)[sure, :2].T) / np.ptp(expected[sure, 1])
    assert np.median(away) <= case.median_share
    assert away.max() <= case.most_share


# --- the registry -----------------------------------------------------------------------------------------------------


def test_every_registered_estimator_is_under_this_contract():
    assert set(estimators.names()) == {*CASES, *WITHOUT_WEIGHTS}


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(KinebenchError, match="blazepose-full"):
        estimators.get("blazepose-ful")


@pytest.mark.parametrize("name", sorted({*CASES, *WITHOUT_WEIGHTS}))
def test_every_record_says_where_it_comes_from_and_how_to_get_it(name):
    record = estimators.record(name)
    assert record.name == name
    assert record.licence
    assert record.how_to_get
    for weights in record.weights:
        assert re.fullmatch("[0-9a-f]{64}", weights.sha256) or not weights.sha256


def test_the_estimator_bears_its_registered_name(name, estimator):
    assert estimator.name == name


# --- joints and people ------------------------------------------------------------------------------------------------


def test_joints_are_known_and_named_once_with_the_side_first(estimator):
    assert isinstance(estimator.joints, tuple)
    assert len(set(estimator.joints)) == len(estimator.joints) > 0
    assert set(estimator.joints) <= KNOWN_JOINTS
    assert {skeleton.mirrored(joint) for joint in estimator.joints} == set(estimator.joints)


def test_people_are_points_in_pixels_with_a_confidence_from_0_to_1_or_missing_altogether(estimator, picture):
    people = estimator.detect(picture)
    assert isinstance(people, list)
    for person in people:
        assert isinstance(person, Person)
        assert person.points.shape == (len(estimator.joints), 3)
        missing = np.isnan(person.points[:, :2]).any(axis=1)
        assert np.isfinite(person.points[~missing]).all()
        assert np.isnan(person.points[missing, :2]).all()
        assert (person.points[missing, 2] == 0).all()
        assert ((person.points[:, 2] >= 0) & (person.points[:, 2] <= 1)).all()
        assert 0 <= person.score <= 1
        assert person.world is None or (
            person.world.shape == (len(estimator.joints), 3) and np.isfinite(person.world).all()
        )
        assert person.box is None or (np.shape(person.box) == (4,) and np.isfinite(person.box).all())


def test_the_one_person_in_the_picture_is_found_within_it(estimator, picture):
    points = only(estimator.detect(picture))
    height, width = picture.shape[:2]
    sure = points[points[:, 2] > 0.5]
    assert len(sure) > len(points) / 2
    assert ((sure[:, :2] > -10) & (sure[:, :2] < [width + 10, height + 10])).all()


@of_those_that_look
@pytest.mark.parametrize("size", [(480, 640), (640, 480), (9, 7), (1, 1), (3, 2000)], ids=str)
@pytest.mark.parametrize("content", ["black", "white", "noise"])
def test_where_nobody_is_nobody_is_found_with_confidence(case, estimator, size, content):
    noise = np.random.default_rng(5).integers(0, 256, (*size, 3), dtype=np.uint8)
    empty = {"black": np.zeros_like(noise), "white": np.full_like(noise, 255), "noise": noise}[content]
    for _ in range(2):
        assert all(np.median(person.points[:, 2]) < 0.3 for person in estimator.detect(empty))


# --- what the points mean ---------------------------------------------------------------------------------------------


@of_those_that_look
@pytest.mark.parametrize(("dx", "dy"), [(120, 0), (0, 90), (61, 35)])
def test_padding_the_picture_moves_the_points_by_as_much(case, estimator, picture, dx, dy):
    expected = only(estimator.detect(picture))
    estimator.reset()
    moved = only(estimator.detect(np.pad(picture, ((dy, 0), (dx, 0), (0, 0)))))
    assert_alike(moved - [dx, dy, 0], expected, case)


@of_those_that_look
def test_a_picture_twice_as_large_has_its_points_twice_as_far(case, estimator, picture):
    expected = only(estimator.detect(picture))
    estimator.reset()
    doubled = only(estimator.detect(picture.repeat(2, axis=0).repeat(2, axis=1)))
    # The centre of pixel (0, 0) becomes the corner between four pixels, at (0.5, 0.5).
    assert_alike((doubled - [0.5, 0.5, 0]) / [2, 2, 1], expected, case)


@of_those_that_look
def test_in_a_mirrored_picture_the_sides_are_exchanged(case, estimator, picture):
    expected = only(estimator.detect(picture))
    estimator.reset()
    seen = only(estimator.detect(picture[:, ::-1]))
    exchanged = seen[[estimator.joints.index(skeleton.mirrored(joint)) for joint in estimator.joints]]
    exchanged[:, 0] = picture.shape[1] - 1 - exchanged[:, 0]
    assert_alike(exchanged, expected, case)


# --- following --------------------------------------------------------------------------------------------------------


def test_after_a_reset_the_same_picture_gives_the_same_points(estimator, picture):
    first = only(estimator.detect(picture))
    estimator.detect(picture)
    estimator.detect(np.zeros_like(picture))
    estimator.reset()
    assert_array_equal(only(estimator.detect(picture)), first)


def test_following_a_person_who_stands_still_settles(case, estimator, picture):
    first = only(estimator.detect(picture))
    for _ in range(4):
        points = only(estimator.detect(picture))
    assert_alike(points, first, case)


@of_those_that_look
def test_a_person_who_moves_a_little_is_followed(case, estimator, picture):
    expected = only(estimator.detect(picture))
    for step in range(1, 5):
        moved = only(estimator.detect(np.roll(picture, 5 * step, axis=1)))
    assert_alike(moved - [20, 0, 0], expected, case)


@of_those_that_look
def test_a_person_who_is_gone_is_not_remembered(case, estimator, picture):
    estimator.detect(picture)
    assert estimator.detect(np.zeros_like(picture)) == []
    assert len(estimator.detect(picture)) == 1


@of_those_that_look
def test_a_change_of_the_pictures_size_is_survived(case, estimator, picture):
    estimator.detect(picture)
    assert len(estimator.detect(np.pad(picture, ((30, 30), (200, 0), (0, 0))))) == 1


def test_hardly_any_decoded_pictures_are_held_at_a_time(estimator, picture):
    """A minute of 1080p is 11 GB: who takes pictures from a video must let go of them."""
    held, most = weakref.WeakSet(), 0
    small = np.ascontiguousarray(picture[::4, ::4])

    def pictures():
        nonlocal most
        for number in range(100):
            frame = video.Frame(small, video.Frame.of(small).orientation, number, number, number / 30)
            held.add(frame)
            most = max(most, len(held))
            yield frame

    for _ in extraction._looks(estimator, pictures()):
        pass
    assert most <= 64 - extraction.WAITING_PICTURES


# --- what goes in -----------------------------------------------------------------------------------------------------


def test_the_callers_picture_is_left_as_it_was(estimator, picture):
    before = picture.copy()
    estimator.detect(picture)
    assert_array_equal(picture, before)


def test_a_frame_an_array_a_view_and_a_read_only_array_are_seen_alike(estimator, picture):
    points = only(estimator.detect(picture))
    view = np.zeros((*picture.shape[:2], 6), np.uint8)
    view[..., ::2] = picture
    locked = picture.copy()
    locked.flags.writeable = False
    for same in (video.Frame.of(picture), view[..., ::2], np.asfortranarray(picture), locked):
        estimator.reset()
        assert_array_equal(only(estimator.detect(same)), points)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((40, 40, 3)),
        np.zeros((40, 40, 3), np.float32),
        np.zeros((40, 40, 3), np.uint16),
        np.zeros((40, 40), np.uint8),
        np.zeros((40, 40, 4), np.uint8),
        np.zeros((40, 40, 1), np.uint8),
        np.zeros((0, 40, 3), np.uint8),
        np.zeros((40, 0, 3), np.uint8),
        np.zeros((2, 40, 40, 3), np.uint8),
        None,
        "picture.png",
    ],
    ids=lambda wrong: f"{wrong.dtype}{wrong.shape}" if isinstance(wrong, np.ndarray) else repr(wrong),
)
def test_what_is_no_picture_is_refused_in_one_line(estimator, wrong):
    with pytest.raises(KinebenchError) as error:
        estimator.detect(wrong)
    assert "\n" not in str(error.value)


# --- what is said -----------------------------------------------------------------------------------------------------


def test_the_description_is_plain_data_and_names_the_weights_digest(estimator):
    described = estimator.describe()
    assert json.loads(json.dumps(described)) == described
    assert described["name"] == estimator.name
    assert re.search(r'"[0-9a-f]{64}"', json.dumps(described))


def test_the_description_does_not_change_with_what_was_seen(estimator, picture):
    before = json.dumps(estimator.describe())
    estimator.detect(picture)
    assert json.dumps(estimator.describe()) == before


def test_every_parameter_of_the_constructor_is_documented(estimator):
    parameters = [p for p in inspect.signature(type(estimator).__init__).parameters if p != "self"]
    documented = (type(estimator).__doc__ or "") + (type(estimator).__init__.__doc__ or "")
    assert [parameter for parameter in parameters if f"`{parameter}`" not in documented] == []


def test_every_public_method_is_documented_with_its_parameters(estimator):
    methods = [(n, m) for n, m in inspect.getmembers(type(estimator), inspect.isfunction) if not n.startswith("_")]
    assert {"detect", "describe", "reset"} <= {n for n, _ in methods}
    for _, method in methods:
        documented = inspect.getdoc(method) or ""
        lacking = [p for p in inspect.signature(method).parameters if p != "self" and f"`{p}`" not in documented]
        assert documented
        assert not lacking
