"""OpenPose: peaks between the pixels, limbs that go to their person, and the networks' files run by OpenCV."""

import io
import json
import shutil
import warnings
from functools import cache

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import estimators, keypoints, places, skeleton, video
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
from kinebench.figures import pose_network as figures
from kinebench.figures import style
from kinebench.provenance import sha256_file
from kinebench.tasks import pose_maps
from kinebench.tasks.pose_network import Inside
from tests import openpose_networks
from tests.conftest import SAMPLES

SIZE = (46, 82)  # of the maps of a 16:9 picture
SEEDS = st.integers(0, 2**32 - 1)
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
pytestmark = pytest.mark.filterwarnings("ignore:OpenPose's networks may be used:UserWarning")


# --- the tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "joints", "channels"), [("body25", 25, 78), ("coco", 18, 57), ("mpi", 15, 44)])
def test_the_networks_have_the_published_numbers_of_maps(name, joints, channels):
    model = MODELS[f"openpose-{name}"]
    assert (len(model.joints), model.channels) == (joints, channels)


@every_model
def test_every_field_has_two_channels_of_its_own_and_every_joint_a_limb(model):
    assert sorted(model.fields) == list(range(0, 2 * len(model.limbs), 2))
    assert {joint for limb in model.limbs for joint in limb} == set(range(len(model.joints)))


@every_model
def test_every_limb_has_its_mirror_image_in_the_same_direction(model):
    named = {(model.joints[start], model.joints[end]) for start, end in model.limbs}
    assert {(skeleton.mirrored(start), skeleton.mirrored(end)) for start, end in named} == named


def test_channels_are_those_that_others_published():
    # OpenCV's tutorials count COCO's channels from the first confidence map on: 19 lie before the fields.
    coco = MODELS["openpose-coco"]
    published = {(1, 2): 31, (1, 5): 39, (2, 3): 33, (3, 4): 35, (5, 6): 41, (1, 8): 19, (11, 12): 27, (0, 14): 49}
    assert {limb: 19 + coco.fields[coco.limbs.index(limb)] for limb in published} == published


def test_body25s_channels_are_those_that_openpose_published():
    # POSE_MAP_INDEX of poseParameters.cpp, read in the order of the channels.
    model = MODELS["openpose-body25"]
    limbs = [model.limb_name(limb) for limb in np.argsort(model.fields)]
    leg = ["mid hip to {0} hip", "{0} hip to {0} knee", "{0} knee to {0} ankle"]
    arm = ["neck to {0} shoulder", "{0} shoulder to {0} elbow", "{0} elbow to {0} wrist", "{0} shoulder to {0} ear"]
    foot = ["{0} ankle to {0} foot index", "{0} foot index to {0} small toe", "{0} ankle to {0} heel"]
    head = ["neck to nose", "nose to right eye", "nose to left eye", "right eye to right ear", "left eye to left ear"]
    right, left = ([[text.format(side) for text in part] for part in (leg, arm, foot)] for side in ("right", "left"))
    right_leg = [right[0][1], right[0][2], right[0][0]]  # the limb from the middle comes after the two below it
    expected = ["neck to mid hip", *right_leg, *left[0], *right[1], *left[1], *head, *left[2], *right[2]]
    assert limbs == expected


def test_a_limb_is_found_by_its_joints_in_either_order_and_an_unknown_one_is_refused():
    model = MODELS["openpose-body25"]
    limb = model.limb_between("left_knee", "left_hip")
    assert model.limb_name(limb) == "left hip to left knee"
    with pytest.raises(KinebenchError, match="left_hip - left_knee"):
        model.limb_between("left_hip", "right_knee")


# --- peaks ------------------------------------------------------------------------------------------------------------


def bell(x: float, y: float, size=(12, 15), height=1.0, sigma=openpose_ideal.SIGMA_PX / 8) -> np.ndarray:
    yy, xx = np.mgrid[: size[0], : size[1]]
    return height * np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * sigma**2))


@given(st.floats(-0.45, 14.45), st.floats(-0.45, 11.45), st.floats(0.2, 1.0))
def test_a_bell_is_found_where_it_is_and_as_high_as_it_is_up_to_the_maps_edge(x, y, height):
    maps = bell(x, y, height=height)[None]
    (peaks,) = openpose_peaks.local(maps, 0.1)
    assert_allclose(peaks, [[x, y, height]], atol=1e-6)
    assert_allclose(openpose_peaks.highest(maps, 0.1), peaks, atol=1e-12)


@pytest.mark.parametrize("at", [(4.5, 5.0), (4.0, 5.5), (4.5, 5.5)])
def test_a_bell_right_between_pixels_is_one_peak(at):
    (peaks,) = openpose_peaks.local(bell(*at)[None], 0.1)
    assert_allclose(peaks[:, :2], [at], atol=1e-6)


def test_two_bells_are_two_peaks_the_higher_first():
    maps = np.fmax(bell(3.2, 4.0, height=0.5), bell(9.7, 6.1, height=0.9))[None]
    (peaks,) = openpose_peaks.local(maps, 0.1)
    assert_allclose(peaks, [[9.7, 6.1, 0.9], [3.2, 4.0, 0.5]], atol=1e-6)


def test_what_is_lower_than_the_least_peak_is_none():
    maps = bell(5.0, 5.0, height=0.3)[None]
    assert len(openpose_peaks.local(maps, 0.31)[0]) == 0
    assert_array_equal(openpose_peaks.highest(maps, 0.31), [[np.nan, np.nan, 0.0]])
    assert len(openpose_peaks.local(maps, 0.29)[0]) == 1


def test_of_very_many_peaks_the_highest_are_kept():
    maps = np.zeros((1, 40, 40))
    maps[0, ::2, ::2] = np.random.default_rng(1).permutation(np.linspace(0.2, 1.0, 400)).reshape(20, 20)
    (peaks,) = openpose_peaks.local(maps, 0.1)
    assert len(peaks) == openpose_peaks.MOST_PEAKS
    assert peaks[:, 2].min() >= np.sort(maps.ravel())[-openpose_peaks.MOST_PEAKS]


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 2), (9, 2)])
def test_maps_of_a_few_pixels_have_peaks_too(size):
    maps = np.zeros((2, *size))
    maps[0, -1, -1] = 0.8
    peaks, none = openpose_peaks.local(maps, 0.1)
    assert_allclose(peaks, [[size[1] - 1, size[0] - 1, 0.8]], atol=0.51)
    assert len(none) == 0


# --- fields -----------------------------------------------------------------------------------------------------------


@given(SEEDS, st.floats(0, 2 * np.pi))
def test_the_integral_over_an_even_field_is_its_part_along_the_way(seed, angle):
    rng = np.random.default_rng(seed)
    field = np.broadcast_to(np.array([np.cos(angle), np.sin(angle)])[:, None, None], (2, 20, 30))
    start, end = rng.uniform(0, 9, (1, 2)), rng.uniform(10, 19, (1, 2))
    integral, share = openpose_candidates.integrals(field, start, end)
    way = (end - start)[0] / np.hypot(*(end - start)[0])
    assert_allclose(integral, way @ [np.cos(angle), np.sin(angle)], atol=1e-9)
    assert share[0] == (integral[0] > openpose_candidates.MIN_ALONG)


def test_of_joints_at_one_place_a_limb_is_a_faint_possibility():
    # One behind the other, as the small toe is behind the big one seen from the side.
    field, place = np.zeros((2, 9, 9)), np.array([[4.0, 4.0]])
    assert openpose_candidates.integrals(field, place, place + 0.2) == (openpose_candidates.FAINT, 1.0)
    assert openpose_candidates.integrals(field, place, place + 0.4) == (0.0, 0.0)


def test_a_field_is_read_between_its_pixels_and_goes_on_beyond_the_edge():
    field = np.stack(np.meshgrid(np.arange(5.0), np.arange(4.0)))
    points = np.array([[1.25, 2.5], [-3.0, 1.0], [9.0, 9.0]])
    assert_allclose(openpose_candidates.sampled(field, points), [[1.25, 2.5], [0.0, 1.0], [4.0, 3.0]])


@pytest.mark.parametrize(("reach", "likely"), [(5, False), (13, False), (17, True), (21, True)])
def test_a_field_that_ends_on_the_way_is_no_limb(reach, likely):
    model = MODELS["openpose-mpi"]
    start, end = model.limbs[0]
    peaks = [np.empty((0, 3)) for _ in model.joints]
    peaks[start], peaks[end] = np.array([[0.0, 4.0, 1.0]]), np.array([[20.0, 4.0, 1.0]])
    fields = np.zeros((2 * len(model.limbs), 9, 21))
    fields[model.fields[0], :, :reach] = 1
    candidates = openpose_candidates.of_peaks(peaks, fields, model)
    assert len(candidates) == 1
    assert candidates.likely[0] == likely


@every_model
@given(seed=SEEDS)
@settings(max_examples=10)
def test_along_an_ideal_limb_the_field_agrees_all_the_way_and_backwards_nowhere(model, seed):
    person = crowd(np.random.default_rng(seed), model, 1)[0]
    _, fields = openpose_ideal.maps([person], model, SIZE)
    for (start, end), channel in zip(model.limbs, model.fields, strict=True):
        ends = person[[start]], person[[end]]
        if np.hypot(*(ends[1] - ends[0])[0]) < 1:
            continue
        forth, share = openpose_candidates.integrals(fields[channel : channel + 2], *ends)
        back, _ = openpose_candidates.integrals(fields[channel : channel + 2], *ends[::-1])
        assert forth > 0.75
        assert share == 1
        assert_allclose(back, -forth)


def test_where_two_people_share_a_place_the_field_is_the_mean():
    model = MODELS["openpose-mpi"]
    limb = model.limb_between("left_elbow", "left_wrist")
    people = np.full((2, 15, 2), np.nan)
    people[0, list(model.limbs[limb])] = [[4.0, 10.0], [16.0, 10.0]]
    people[1, list(model.limbs[limb])] = [[10.0, 4.0], [10.0, 16.0]]
    _, fields = openpose_ideal.maps(people, model, (20, 20))
    field = fields[model.fields[limb] : model.fields[limb] + 2]
    assert_allclose(field[:, 10, 10], [0.5, 0.5])
    assert_allclose(field[:, 10, 6], [1.0, 0.0])
    assert_allclose(field[:, 6, 10], [0.0, 1.0])
    assert_allclose(field[:, 6, 6], [0.0, 0.0])
    assert np.count_nonzero(fields) == np.count_nonzero(field)


def test_confidence_maps_are_bells_of_height_one_and_the_background_is_the_rest():
    model = MODELS["openpose-mpi"]
    people = np.full((2, 15, 2), np.nan)
    people[:, 3] = [[4.0, 10.0], [14.0, 8.0]]
    maps, _ = openpose_ideal.maps(people, model, (20, 20), sigma=1.5)
    assert_allclose(maps[3], np.fmax(bell(4, 10, (20, 20), sigma=1.5), bell(14, 8, (20, 20), sigma=1.5)))
    assert_allclose(maps[-1], 1 - maps[3])
    assert not np.delete(maps, [3, 15], axis=0).any()


def test_people_of_another_skeleton_are_refused():
    with pytest.raises(KinebenchError, match=r"\(25, 2\)"):
        openpose_ideal.maps([np.zeros((18, 2))], MODELS["openpose-body25"], SIZE)


# --- from maps to people ----------------------------------------------------------------------------------------------


def crowd(rng: np.random.Generator, model: Model, count: int) -> list[np.ndarray]:
    """`count` people, most of them over each other, that can be told apart: see `apart`."""
    people: list[np.ndarray] = []
    limit = np.array(SIZE[::-1]) - 2.0
    while len(people) < count:
        unit = rng.uniform(0.35, 0.62) * SIZE[0]
        lean = rng.normal(0, 0.3)
        turn = np.array([[np.cos(lean), -np.sin(lean)], [np.sin(lean), np.cos(lean)]])
        person = openpose_networks.body(model, (0.0, 0.0), unit)
        person = (person + rng.normal(0, 0.07 * unit, person.shape)) @ turn
        low, high = 1 - person.min(axis=0), limit - person.max(axis=0)
        if (high <= low).any():
            continue
        near = people[0].mean(axis=0) - person.mean(axis=0) + rng.normal(0, 8, 2) if people else None
        free = rng.uniform(low, high)
        person = person + np.clip(free if near is None or rng.random() < 0.3 else near, low, high)
        if all(apart(person, other, model) and apart(other, person, model) for other in people):
            people.append(person)
    return people


def apart(one: np.ndarray, other: np.ndarray, model: Model) -> bool:
    """Whether two people's joints of the same name are 24 px of the input apart, and no joint of the one lies on the

    other's limb of the same name: there the field is as strong from the one's hip to the other's knee.
    """
    if np.hypot(*(one - other).T).min() < 3:
        return False
    start, end = (other[[limb[side] for limb in model.limbs]] for side in (0, 1))
    way = end - start
    for side in (0, 1):
        joint = one[[limb[side] for limb in model.limbs]]
        along = np.clip(((joint - start) * way).sum(axis=1) / (way**2).sum(axis=1), 0, 1)
        if np.hypot(*(joint - start - along[:, None] * way).T).min() < 1.5:
            return False
    return True


def assert_same_people(found: list[np.ndarray], truth: list[np.ndarray], within: float) -> None:
    """Every person is found once, with every joint that it has and no other."""
    assert len(found) == len(truth)
    away = np.array([[np.nanmedian(np.hypot(*(one[:, :2] - other).T)) for other in truth] for one in found])
    assert sorted(away.argmin(axis=1)) == list(range(len(truth)))
    for person, whose in zip(found, away.argmin(axis=1), strict=True):
        assert_allclose(person[:, :2], truth[whose], atol=within)
        assert_array_equal(person[:, 2] == 0, np.isnan(truth[whose][:, 0]))


@every_model
@given(seed=SEEDS, count=st.integers(1, 5))
@settings(max_examples=25)
def test_every_limb_goes_to_its_person(model, seed, count):
    truth = crowd(np.random.default_rng(seed), model, count)
    found = openpose_assembly.people(*openpose_ideal.maps(truth, model, SIZE), model)
    assert_same_people(found, truth, within=0.1)


@every_model
@given(seed=SEEDS, count=st.integers(1, 5))
@settings(max_examples=15)
def test_every_limb_goes_to_its_person_in_noise(model, seed, count):
    rng = np.random.default_rng(seed)
    truth = crowd(rng, model, count)
    noisy = [maps + rng.normal(0, 0.04, maps.shape) for maps in openpose_ideal.maps(truth, model, SIZE)]
    assert_same_people(openpose_assembly.people(*noisy, model), truth, within=0.75)


@every_model
@given(seed=SEEDS)
@settings(max_examples=10)
def test_a_joint_that_is_hidden_is_missing_and_the_others_are_not(model, seed):
    rng = np.random.default_rng(seed)
    truth = crowd(rng, model, 2)
    ends = [joint for joint, name in enumerate(model.joints) if name.endswith(("wrist", "ankle", "head_top", "ear"))]
    for person in truth:
        person[rng.choice(ends, 2, replace=False)] = np.nan
    ankles = [joint for joint, name in enumerate(model.joints) if name.endswith(("foot_index", "small_toe", "heel"))]
    for person in truth:
        person[ankles] = np.nan  # a foot without its ankle is somebody else's as far as a network can tell
    found = openpose_assembly.people(*openpose_ideal.maps(truth, model, SIZE), model)
    assert_same_people(found, truth, within=0.1)


@every_model
def test_maps_moved_by_whole_pixels_move_the_people_by_as_much(model):
    truth = crowd(np.random.default_rng(3), model, 1)
    maps = [np.pad(part, ((0, 0), (5, 5), (5, 5))) for part in openpose_ideal.maps(truth, model, SIZE)]
    (before,) = openpose_assembly.people(*maps, model)
    (after,) = openpose_assembly.people(*(np.roll(part, (3, -2), axis=(1, 2)) for part in maps), model)
    assert_allclose(after - [-2, 3, 0], before, atol=1e-9)


@every_model
def test_the_surest_people_are_kept(model):
    truth = crowd(np.random.default_rng(8), model, 3)
    parts = [openpose_ideal.maps([person], model, SIZE) for person in truth]
    confidence_maps = np.max([share * maps for share, (maps, _) in zip((0.7, 1.0, 0.5), parts, strict=True)], axis=0)
    fields = openpose_ideal.maps(truth, model, SIZE)[1]
    people = openpose_assembly.people(confidence_maps, fields, model)
    assert_same_people(people, truth, within=0.6)
    kept = openpose_assembly.people(confidence_maps, fields, model, max_people=2)
    assert_same_people(kept, truth[:2], within=0.6)
    assert_allclose([person[:, 2].mean() for person in kept], [1.0, 0.7], atol=0.05)


@every_model
def test_one_person_is_read_alike_in_both_ways(model):
    maps, fields = openpose_ideal.maps(crowd(np.random.default_rng(4), model, 1), model, SIZE)
    (one,) = openpose_assembly.single(maps, model)
    (other,) = openpose_assembly.people(maps, fields, model)
    assert_allclose(one, other)


def test_a_limb_that_would_give_somebody_a_second_knee_is_left_out():
    model = MODELS["openpose-mpi"]
    truth = crowd(np.random.default_rng(6), model, 2)
    peaks = [np.array([[*person[joint], 1.0] for person in truth]) for joint in range(len(model.joints))]
    own = [(limb, person, person) for limb in range(len(model.limbs)) for person in (0, 1)]
    limb, start, end = np.array([*own, (model.limb_between("left_hip", "left_knee"), 0, 1)]).T
    even = np.ones(len(limb))
    candidates = openpose_candidates.Candidates(limb, start, end, even, even, even, even > 0)
    people = openpose_assembly.assembled(np.arange(len(limb)), candidates, peaks, model)
    assert_same_people(people, truth, within=1e-9)


@every_model
def test_a_wrist_without_its_elbow_is_nobodys_unless_there_is_but_one_person(model):
    truth = crowd(np.random.default_rng(4), model, 1)[0]
    elbow, wrist = model.joints.index("left_elbow"), model.joints.index("left_wrist")
    truth[elbow] = np.nan
    maps, fields = openpose_ideal.maps([truth], model, SIZE)
    (one,), (of_several,) = openpose_assembly.single(maps, model), openpose_assembly.people(maps, fields, model)
    assert_allclose(one[:, :2], truth, atol=0.1)
    assert_array_equal(np.isnan(of_several[[elbow, wrist], 0]), True)


@every_model
def test_in_empty_maps_and_in_noise_there_is_nobody(model):
    joints, fields = len(model.joints) + 1, 2 * len(model.limbs)
    noise = np.random.default_rng(2).normal(0, 0.05, (joints + fields, *SIZE))
    for maps in (np.zeros_like(noise), noise):
        assert openpose_assembly.people(maps[:joints], maps[joints:], model) == []
    assert openpose_assembly.single(np.zeros((joints, *SIZE)), model) == []


def test_maps_of_another_network_are_refused():
    maps, fields = np.zeros((19, 5, 5)), np.zeros((38, 5, 5))
    with pytest.raises(KinebenchError, match=r"26, height.*\(19, 5, 5\)"):
        openpose_assembly.people(maps, fields, MODELS["openpose-body25"])
    with pytest.raises(KinebenchError, match="19, height"):
        openpose_assembly.people(maps, fields[:, :4], MODELS["openpose-coco"])


# --- matching ---------------------------------------------------------------------------------------------------------


def test_a_joint_goes_to_the_surest_of_several():
    sureness = np.array([[0.9, 0.5], [0.8, 0.7]])
    assert openpose_matching.matched(sureness, np.ones((2, 2))) == {0: 0, 1: 1}


def test_two_good_limbs_go_before_one_that_is_a_little_better():
    sureness = np.array([[0.95, 0.9], [0.9, -np.inf]])
    assert openpose_matching.matched(sureness, np.ones((2, 2))) == {0: 1, 1: 0}


def test_the_best_of_all_choices_is_taken_however_many_limbs_it_changes():
    # Surest first: start 0 takes end 1; then 1 has none left but a poor one, and 2 none at all.
    sureness = np.array([[0.96, 0.98, -np.inf], [0.07, -np.inf, 0.06], [-np.inf, 0.97, -np.inf]])
    assert openpose_matching.matched(sureness, np.ones((3, 3))) == {0: 0, 1: 2, 2: 1}


def test_where_the_field_cannot_tell_limbs_are_alike_in_length():
    # Two thighs on one line: hips at 0 and 4, knees at 8 and 12. Exchanged they would be 4 and 12 long.
    sureness, hips, knees = np.ones((2, 2)), np.array([0.0, 4.0]), np.array([12.0, 8.0])
    assert openpose_matching.matched(sureness, np.abs(hips[:, None] - knees)) == {0: 1, 1: 0}
    # But a field that can tell is believed.
    sureness[0, 1] = 0.6
    assert openpose_matching.matched(sureness, np.abs(hips[:, None] - knees)) == {0: 0, 1: 1}


@given(SEEDS, st.integers(0, 5), st.integers(0, 5))
def test_no_joint_has_two_limbs_and_none_has_one_that_cannot_be(seed, starts, ends):
    rng = np.random.default_rng(seed)
    sureness = np.where(rng.random((starts, ends)) < 0.4, -np.inf, rng.random((starts, ends)))
    pairs = openpose_matching.matched(sureness, rng.random((starts, ends)))
    assert len(set(pairs.values())) == len(pairs)
    assert all(np.isfinite(sureness[pair]) for pair in pairs.items())


# --- geometry ---------------------------------------------------------------------------------------------------------


def test_a_maps_pixel_lies_at_the_centre_of_what_it_stands_for():
    # A picture that says in each pixel where it is, halved three times by means: then the map says where it is.
    across = np.tile(np.arange(512) // 2, (368, 1)).astype(np.uint8)
    rgb = np.repeat(across[..., None], 3, axis=2)
    halving = 'pooling_param { pool: AVE kernel_size: 2 stride: 2 } type: "Pooling"'
    layers = [f'layer {{ name: "{n}" bottom: "{below}" top: "{n}" {halving} }}' for below, n in ("ia", "ab", "bc")]
    prototxt = 'input: "i" input_dim: 1 input_dim: 3 input_dim: 16 input_dim: 16 ' + " ".join(layers)
    net = cv2.dnn.readNetFromCaffe(np.frombuffer(prototxt.encode(), np.uint8))
    size = openpose_network.input_size(512, 368, 368)
    net.setInput(cv2.dnn.blobFromImage(openpose_network.patch(video.Frame.of(rgb), size)))
    answer = net.forward()[0, 0]
    assert answer.shape == (46, 64)
    points = np.stack([np.arange(64.0), np.zeros(64)], axis=1)
    # The mean of floor(x / 2) over 8 m to 8 m + 7 is half of their mean x, less a quarter.
    assert_allclose(openpose_network.to_picture(points, (64, 46), (512, 368))[:, 0], 2 * answer[0] + 0.5, atol=1e-4)


@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(64, 1312))
def test_the_input_is_as_high_as_asked_at_the_pictures_aspect_in_whole_strides(width, height, asked):
    across, down = openpose_network.input_size(width, height, asked)
    assert across % 16 == down % 16 == 0
    assert min(across, down) >= 16
    assert across <= openpose_network.WIDEST * (asked + 8)
    if width <= openpose_network.WIDEST * height:
        assert abs(down - asked) <= 8
        assert across == 16 or abs(across - down * width / height) <= 8


@given(st.floats(-5, 5000), st.floats(-5, 5000))
def test_to_the_map_and_back_is_where_one_was(x, y):
    there = openpose_network.to_map(np.array([x, y, 0.5]), (82, 46), (1919, 1080))
    assert_allclose(openpose_network.to_picture(there, (82, 46), (1919, 1080)), [x, y, 0.5], atol=1e-9)


@pytest.mark.parametrize("size", [(500, 610), (1280, 720), (301, 217), (655, 367)], ids=str)
def test_shrunk_or_enlarged_the_picture_lies_edge_upon_edge(size):
    width, height = size
    yy, xx = np.mgrid[:height, :width]
    rgb = np.stack([255 * (xx + 0.5) / width, 255 * (yy + 0.5) / height, np.zeros(yy.shape)], axis=-1)
    patch = openpose_network.patch(video.Frame.of(rgb.round().astype(np.uint8)), (656, 368))
    inner = np.s_[4:-4, 4:-4]
    yy, xx = np.mgrid[:368, :656]
    assert_allclose(patch[inner][..., 0], (255 * (xx + 0.5) / 656)[inner], atol=1.01)
    assert_allclose(patch[inner][..., 1], (255 * (yy + 0.5) / 368)[inner], atol=1.01)


def test_a_shrunk_picture_is_averaged_not_sampled():
    stripes = np.zeros((1104, 1104, 3), np.uint8)
    stripes[::3] = 255  # a third of the lines: bilinear samples at every third would see all or nothing of them
    patch = openpose_network.patch(video.Frame.of(stripes), (368, 368))
    assert_allclose(patch, 85, atol=1)


# --- the networks' files ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Small networks of all three kinds that take coloured discs for joints; see `openpose_networks`."""
    folder = tmp_path_factory.mktemp("openpose")
    for name in MODELS:
        openpose_networks.save(folder, name)
    return folder


@pytest.fixture(scope="module")
def make(folder):
    return cache(lambda name, **given: estimators.get(name, weights=str(folder / f"{name}.caffemodel"), **given))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("max_people", [None, 1])
@pytest.mark.parametrize(
    ("width", "height"), [(500, 610), (1280, 720), (360, 301), (1001, 1500)], ids=lambda length: str(length)
)
def test_joints_are_found_well_within_the_stride(make, name, max_people, width, height):
    model, scale = MODELS[name], height / 368
    truth = openpose_networks.body(model, (0.48 * width, 0.22 * height), 0.6 * height)
    picture = openpose_networks.picture(model, [truth], width, height, openpose_networks.RADIUS * scale)
    (person,) = make(name, max_people=max_people).detect(picture)
    away = (person.points[:, :2] - truth) / scale
    assert np.median(np.hypot(*away.T)) < 0.2
    assert np.hypot(*away.T).max() < 0.6
    assert np.abs(away.mean(axis=0)).max() < 0.1  # half a pixel off in one direction would be seen here
    assert person.points[:, 2].min() > 0.6
    assert_allclose(person.score, person.points[:, 2].mean())
    assert_allclose(person.box, [*person.points[:, :2].min(axis=0), *person.points[:, :2].max(axis=0)])


@pytest.fixture(scope="module")
def three() -> tuple[np.ndarray, list[np.ndarray]]:
    """A picture of three people side by side, the middle one in full, and their joints."""
    model = MODELS["openpose-body25"]
    people = [openpose_networks.body(model, (x, y), 160.0) for x, y in ((130.0, 90.0), (430.0, 110.0), (730.0, 100.0))]
    for person, gone in ((people[0], ("left_wrist", "left_elbow")), (people[2], ("right_wrist",))):
        person[[model.joints.index(joint) for joint in gone]] = np.nan
    return openpose_networks.picture(model, people, 860, 368, openpose_networks.RADIUS), people


def test_several_people_are_found_the_surest_first_each_with_its_joints(make, three):
    found = make("openpose-body25").detect(three[0])
    assert_same_people([person.points for person in found], three[1], within=0.6)
    assert [person.score for person in found] == sorted((person.score for person in found), reverse=True)
    assert all(np.isfinite(person.box).all() for person in found)


def test_of_several_people_the_surest_are_kept(make, three):
    found = make("openpose-body25", max_people=2).detect(three[0])
    assert_same_people([person.points for person in found], three[1][1:], within=0.6)


def test_asked_for_one_person_it_needs_no_affinity_fields(make):
    model = MODELS["openpose-coco"]
    truth = openpose_networks.body(model, (200.0, 90.0), 160.0)
    elbow, wrist = model.joints.index("left_elbow"), model.joints.index("left_wrist")
    truth[elbow] = np.nan
    picture = openpose_networks.picture(model, [truth], 400, 368, openpose_networks.RADIUS)
    (one,) = make("openpose-coco", max_people=1).detect(picture)
    (of_several,) = make("openpose-coco").detect(picture)
    assert_allclose(one.points[wrist, :2], truth[wrist], atol=0.6)
    assert np.isnan(of_several.points[wrist, 0])
    assert np.isnan(one.points[elbow, 0])


def test_red_and_blue_are_exchanged_once(make):
    picture = openpose_networks.contract_picture("openpose-coco")
    assert len(make("openpose-coco").detect(picture)) == 1
    exchanged = make("openpose-coco").detect(np.ascontiguousarray(picture[..., ::-1]))
    assert not exchanged or np.median(exchanged[0].points[:, 2]) < 0.3


@pytest.mark.parametrize("input_px", [(368, 368), (16, 16), (1, 1)], ids=str)
def test_whatever_size_the_prototxt_says_the_picture_keeps_its_aspect(tmp_path, make, input_px, three):
    path = openpose_networks.save(tmp_path, "openpose-body25", input_px=input_px)
    network = estimators.get("openpose-body25", weights=str(path))
    for picture in (three[0], np.rot90(three[0]).copy(), three[0]):
        found, expected = network.detect(picture), make("openpose-body25").detect(picture)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_array_equal(one.points, other.points)


def test_a_higher_input_sees_smaller_people(make):
    model = MODELS["openpose-mpi"]
    truth = openpose_networks.body(model, (300.0, 300.0), 150.0)
    picture = openpose_networks.picture(model, [truth], 900, 736, openpose_networks.RADIUS / 2)
    assert make("openpose-mpi", input_height_px=368).detect(picture) == []
    picture = openpose_networks.picture(model, [truth], 900, 736, openpose_networks.RADIUS)
    (person,) = make("openpose-mpi", input_height_px=736).detect(picture)
    assert_allclose(person.points[:, :2], truth, atol=0.6)


def test_the_weights_folder_is_where_they_are_looked_for(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path))
    with pytest.raises(KinebenchError, match=r"openpose-mpi\.prototxt"):
        estimators.get("openpose-mpi")
    openpose_networks.save(places.weights(), "openpose-mpi")
    found = estimators.get("openpose-mpi").describe()["weights"]
    assert set(found) == {"openpose-mpi.prototxt", "openpose-mpi.caffemodel"}


@pytest.mark.parametrize("name", MODELS)
def test_the_prototxt_may_bear_openposes_own_name(tmp_path, name):
    path = openpose_networks.save(tmp_path, name, stem="pose_iter_1")
    for own in MODELS[name].prototxts:
        (tmp_path / "pose_iter_1.prototxt").rename(tmp_path / own)
        found = estimators.get(name, weights=str(path)).describe()["weights"]
        # Not by their names, which may be a person's.
        assert found == {
            "own weights.prototxt": sha256_file(tmp_path / own),
            "own weights.caffemodel": sha256_file(path),
        }
        (tmp_path / own).rename(tmp_path / "pose_iter_1.prototxt")


def test_a_caffemodel_without_its_prototxt_is_refused_with_the_names_looked_for(tmp_path):
    path = openpose_networks.save(tmp_path, "openpose-mpi")
    path.with_suffix(".prototxt").unlink()
    with pytest.raises(KinebenchError, match=r"openpose-mpi\.prototxt, pose_deploy_linevec_faster_4_stages\.prototxt"):
        estimators.get("openpose-mpi", weights=str(path))


@pytest.mark.parametrize("wrong", ["nowhere.caffemodel", "openpose-mpi.prototxt"])
def test_weights_that_are_no_caffemodel_are_refused(folder, wrong):
    with pytest.raises(KinebenchError, match=r"must name a \.caffemodel file"):
        estimators.get("openpose-mpi", weights=str(folder / wrong))


def test_another_skeletons_network_is_refused_with_its_name(folder):
    with pytest.raises(KinebenchError, match=r"answer with 78 maps.*maps of openpose-coco: choose that"):
        estimators.get("openpose-body25", weights=str(folder / "openpose-coco.caffemodel"))


def test_a_network_with_another_number_of_maps_is_refused(tmp_path):
    path = openpose_networks.save(tmp_path, "openpose-mpi", channels=45)
    with pytest.raises(KinebenchError, match=r"44 maps \(16 .* 28 .*\(1, 45,"):
        estimators.get("openpose-mpi", weights=str(path))


@pytest.mark.parametrize("damage", ["cut", "noise", "empty prototxt", "another's prototxt"])
def test_damaged_files_are_refused_in_one_line(tmp_path, damage):
    path = openpose_networks.save(tmp_path, "openpose-mpi")
    prototxt = path.with_suffix(".prototxt")
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "noise":
        path.write_bytes(np.random.default_rng(1).bytes(5000))
    elif damage == "empty prototxt":
        prototxt.write_text("")
    else:
        other = openpose_networks.save(tmp_path / "other", "openpose-coco")
        prototxt.write_text(other.with_suffix(".prototxt").read_text())
    with pytest.raises(KinebenchError) as error:
        estimators.get("openpose-mpi", weights=str(path))
    assert "\n" not in str(error.value)
    assert path.name in str(error.value)


@pytest.mark.parametrize(
    "given", [{"max_people": 0}, {"max_people": 1.5}, {"max_people": True}, {"input_height_px": 8}], ids=str
)
def test_settings_that_make_no_sense_are_refused(folder, given):
    with pytest.raises(KinebenchError, match=rf"{next(iter(given))} must be a whole number of at least"):
        estimators.get("openpose-mpi", weights=str(folder / "openpose-mpi.caffemodel"), **given)


def test_the_licence_is_said_once_before_use(folder):
    assert estimators.record("openpose-mpi").non_commercial
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("default")
        for _ in range(3):
            estimators.get("openpose-mpi", weights=str(folder / "openpose-mpi.caffemodel"))
    assert len([one for one in said if "non-commercial research only" in str(one.message)]) == 1


def test_the_description_says_what_the_network_was_given(make):
    described = make("openpose-coco", input_height_px=250).describe()
    chosen = described["settings"]
    assert (chosen["input_height_px"], chosen["input_multiple_px"]) == (256, 16)
    assert_allclose([chosen["scale"], chosen["mean"]], [1 / 256, 128])
    assert chosen["swap_red_and_blue"] is True
    assert chosen["max_people"] is None
    assert described["versions"] == {"opencv": cv2.__version__}
    assert make("openpose-coco").describe() != described
    assert json.loads(json.dumps(described)) == described


# --- a look inside ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clip() -> video.Clip:
    return video.open_clip(SAMPLES / "sit_to_stand.mp4")


def truth(frame: int, joint: str) -> np.ndarray:
    row = pd.read_csv(SAMPLES / "sit_to_stand.truth.csv", index_col="frame").loc[frame]
    return row[[f"{joint}_x", f"{joint}_y"]].to_numpy(float)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("beside_s", [None, 6.0])
def test_an_ideal_networks_people_are_the_samples_truth(clip, name, beside_s):
    seen = pose_maps.look(clip, Inside(network=name, beside_s=beside_s))
    assert seen.ideal
    assert len(seen.people) == len(seen.moments) == (1 if beside_s is None else 2)
    keypoints.check(seen.keypoints)
    assert_allclose(seen.keypoints.index, [3.0] if beside_s is None else [3.0, 6.0], atol=1e-6)
    for row, frame in enumerate([90] if beside_s is None else [90, 180]):
        for joint in ("left_knee", "right_ankle", "left_shoulder"):
            assert_allclose(keypoints.points(seen.keypoints, joint)[row], truth(frame, joint), atol=1.0)


def test_two_moments_stand_side_by_side_each_in_its_middle_half(clip):
    seen = pose_maps.look(clip, Inside())
    whole = [video.frame_at(clip, index).rgb() for index in (90, 180)]
    assert seen.picture.shape == (480, 854, 3)
    for at, rgb in zip((0, 427), whole, strict=True):
        assert_array_equal(seen.picture[:, at : at + 427], rgb[:, 213:640])


def test_only_hips_and_knees_of_one_person_are_thighs_and_the_field_is_one_along_them(clip):
    seen = pose_maps.look(clip, Inside())
    limb = seen.model.limb_between("left_hip", "left_knee")
    table = seen.candidates_table(limb)
    assert len(table) == 4
    assert table["integral"].is_monotonic_decreasing
    own_half = (table["from_x"] < 427) == (table["to_x"] < 427)
    assert_array_equal(table["limb"], own_half)
    along = seen.along(limb, table)
    assert along[[0, 1]].to_numpy().min() > 0.75
    assert_allclose(along.mean(), table["integral"], atol=0.1)


def test_the_cut_through_a_confidence_map_holds_its_samples(clip):
    seen = pose_maps.look(clip, Inside(beside_s=None))
    cut = seen.across("left_knee")
    # The maps reach from edge to edge of the picture.
    assert_allclose(np.diff(cut.index), 854 / seen.map_size[0])
    assert abs(cut["height"].idxmax() - truth(90, "left_knee")[0]) <= 854 / seen.map_size[0] / 2 + 0.01


def test_a_network_of_ones_own_is_looked_into_and_its_licence_said(clip, folder):
    with pytest.warns(UserWarning, match="non-commercial"):
        seen = pose_maps.look(clip, Inside(weights=str(folder / "openpose-body25.caffemodel")))
    assert not seen.ideal
    assert seen.people == []
    assert seen.keypoints.isna().to_numpy()[:, :2].all()
    assert len(seen.keypoints) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"joint": "left_antenna"}, "joint must be one of nose"),
        ({"network": "openpose-mpi", "joint": "nose"}, "joint must be one of head_top"),
        ({"limb_end": "left_ankle"}, "left_hip - left_knee"),
        ({"time_s": -1.0}, "time_s must be at least 0"),
    ],
    ids=str,
)
def test_what_the_network_does_not_know_cannot_be_asked(given, said):
    with pytest.raises(KinebenchError, match=said):
        Inside(**given)


@pytest.mark.parametrize("given", [{"time_s": 60.0}, {"beside_s": 60.0}, {"beside_s": 3.01}], ids=str)
def test_a_moment_that_is_none_is_refused(clip, given):
    with pytest.raises(KinebenchError, match=next(iter(given))):
        pose_maps.look(clip, Inside(**given))


def test_without_truth_and_without_weights_there_are_no_maps(tmp_path):
    shutil.copy(SAMPLES / "sit_to_stand.mp4", tmp_path / "own.mp4")
    with pytest.raises(KinebenchError, match=r"weights must name .*no own\.truth\.csv"):
        pose_maps.look(video.open_clip(tmp_path / "own.mp4"), Inside())


@pytest.fixture(scope="module", params=["ideal", "noisy", "one person", "nobody"])
def seen(request, clip, folder) -> pose_maps.Look:
    asked = {
        "ideal": Inside(),
        "noisy": Inside(noise=0.1),
        "one person": Inside(network="openpose-mpi", beside_s=None),
        "nobody": Inside(weights=str(folder / "openpose-body25.caffemodel")),
    }[request.param]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return pose_maps.look(clip, asked)


@pytest.mark.parametrize("draw", ["confidence_map", "affinity_field", "candidate_limbs", "people"])
def test_figures_are_in_the_house_style_and_say_whose_maps_they_show(seen, draw):
    limb = seen.model.limb_between("left_hip", "left_knee")
    given = {"confidence_map": ["left_knee"], "people": []}.get(draw, [limb])
    figure = getattr(figures, draw)(seen, *given)
    figure.savefig(io.BytesIO(), format="png", dpi=40)
    assert abs(figure.get_figwidth() * 25.4 - style.DOUBLE_MM) < 0.01
    sizes = {text.get_fontsize() for text in figure.findobj(Text) if text.get_text()}
    assert 5 <= min(sizes) <= max(sizes) <= 7
    assert len(figure.alt.split()) >= 6
    titles = " ".join(axes.get_title(loc="left") for axes in figure.axes)
    assert ("ideal network" in titles) == seen.ideal


def test_what_is_drawn_lies_where_it_was_found(clip):
    seen = pose_maps.look(clip, Inside())
    (crosses,) = [line for line in figures.confidence_map(seen, "left_knee").axes[0].lines if line.get_marker() == "+"]
    knees = [truth(90, "left_knee") - [213, 0], truth(180, "left_knee") - [213 - 427, 0]]
    assert_allclose(sorted(crosses.get_xydata().tolist()), sorted(np.array(knees).tolist()), atol=0.1)
