"""BlazePose: agreement with MediaPipe's own published results, and the laws of its parts."""

import contextlib
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, replace

import cv2
import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import estimators, video
from kinebench.errors import KinebenchError
from kinebench.estimators import blazepose, blazepose_detector, blazepose_landmarks, blazepose_lanes, litert, weights
from kinebench.estimators.blazepose_detector import Found
from kinebench.estimators.blazepose_following import LIMITS, Aim, Following, Look, Pursuit, ordered, rank
from kinebench.estimators.blazepose_landmarks import LANDMARKS, RIM, Landmarks
from kinebench.estimators.blazepose_regions import Offset, Region
from kinebench.estimators.litert_pruning import pruned
from kinebench.skeleton import BLAZEPOSE33
from tests.conftest import SAMPLES, shared_file

BEAM = "balance_beam_single_pose2sim_cam01"
ROWER = "rowing_ergometer_side_jakobkb"
FULL = [pytest.mark.xdist_group("blazepose-full")]


@pytest.fixture(scope="module")
def full() -> blazepose.BlazePose:
    estimators.fetch("blazepose-full")
    made = estimators.get("blazepose-full")
    assert isinstance(made, blazepose.BlazePose)
    return made


@pytest.fixture(scope="module")
def still() -> blazepose.BlazePose:
    estimators.fetch("blazepose-full")
    made = estimators.get("blazepose-full", detect_every_frame=True)
    assert isinstance(made, blazepose.BlazePose)
    return made


def mediapipes(kind: str, name: str) -> pd.DataFrame:
    """MediaPipe's own result on a shared video; its joints called as ours."""
    table = pd.read_csv(shared_file(f"reference/mediapipe_0.10.21_full_{kind}__{name}.csv"))
    return table.rename(columns=lambda c: re.sub("^mouth_(left|right)", r"\1_mouth", c))


def of(table: pd.DataFrame, *coordinates: str) -> np.ndarray:
    """(frames, joints, coordinates) in the order of our joints."""
    return np.stack([table[[f"{j}_{c}" for c in coordinates]].to_numpy() for j in BLAZEPOSE33.joints], axis=1)


# --- the network as it is run -----------------------------------------------------------------------------------------


def test_leaving_out_the_outline_changes_no_bit_of_the_other_answers(full):
    from ai_edge_litert.interpreter import Interpreter

    path = weights.locate(estimators.record("blazepose-full"), "pose_landmark_full.tflite")
    whole = Interpreter(model_path=str(path), num_threads=1)
    whole.allocate_tensors()
    patch = np.random.default_rng(5).integers(0, 256, (256, 256, 3), np.uint8)
    whole.set_tensor(whole.get_input_details()[0]["index"], patch[None] * np.float32(1 / 255))
    whole.invoke()
    shapes = blazepose._RAW, blazepose._SCORE, blazepose._HEATMAPS, blazepose._WORLD
    ours = litert.Network(path, threads=1, input_shape=(1, 256, 256, 3), output_shapes=shapes)
    ours.run(patch, 1 / 255, 0.0)
    for output in whole.get_output_details():
        if tuple(output["shape"]) in shapes:
            assert_array_equal(ours.answer(tuple(output["shape"])), whole.get_tensor(output["index"])[0])
    content = path.read_bytes()
    assert len(pruned(content, shapes)) < len(content)
    everything = tuple(tuple(map(int, output["shape"])) for output in whole.get_output_details())
    assert pruned(content, everything) == content


def test_a_network_that_is_only_asked_what_it_is_is_not_cut_to_size(monkeypatch):
    """People who were found before are read back: half a second of every run otherwise."""
    cut = []
    monkeypatch.setattr(litert, "pruned", lambda content, shapes: cut.append(shapes) or pruned(content, shapes))
    made = blazepose.BlazePose()
    assert made.describe()["name"] == "blazepose-full"
    assert not cut
    made.detect(next(video.frames(video.open_clip(SAMPLES / "squat_side.mp4"))))
    assert len(cut) == 1


def test_networks_that_run_first_at_the_same_time_are_made_ready_in_turn(monkeypatch):
    """Loading silences the standard error of the process: two at once would each put back the other's silence."""
    inside: list[int] = []
    most: list[int] = []

    @contextlib.contextmanager
    def watched():
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.1)
        yield
        inside.pop()

    path = weights.locate(estimators.record("blazepose-full"), "pose_detection.tflite")
    networks = [blazepose._detector(path) for _ in range(2)]
    monkeypatch.setattr(litert, "silent_stderr", watched)
    patch = np.zeros((blazepose_detector.SIZE, blazepose_detector.SIZE, 3), np.uint8)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda network: network.run(patch, 1 / 255, 0.0), networks))
    assert most == [1, 1]


# --- others' results --------------------------------------------------------------------------------------------------


@pytest.mark.xdist_group("blazepose-full")
@pytest.mark.parametrize(("name", "median_px", "most_px"), [(BEAM, 2.0, 6.0), (ROWER, 3.0, 20.0)])
def test_detecting_on_every_frame_agrees_with_mediapipes_still_image_mode(still, name, median_px, most_px):
    expected = mediapipes("still", name)
    clip = video.open_clip(shared_file(f"videos/{name}.mp4"))
    still.reset()
    people = [only(people) for _, people in still.stream(video.frames(clip))]
    assert len(people) == len(expected)
    points = np.array([person.points for person in people])
    apart = np.linalg.norm(points[..., :2] - of(expected, "x", "y"), axis=-1)
    assert np.median(apart) < median_px
    assert np.percentile(apart, 95) < most_px
    # MediaPipe reports visibility; ours is lower only where a joint is beyond the patch.
    visibility = of(expected, "visibility")[..., 0]
    assert (points[..., 2] < visibility + 0.1).all()
    assert np.median(np.abs(points[..., 2] - visibility)) < 0.01
    world = np.array([person.world for person in people])
    assert np.percentile(np.abs(world - of(expected, "world_x", "world_y", "world_z")), 95) < 0.02


def only(people: list[estimators.Person]) -> estimators.Person:
    assert len(people) == 1
    return people[0]


def pose_jpg() -> np.ndarray:
    return iio.imread(shared_file("images/tfjs_pose.jpg"))


def test_the_published_landmarks_of_a_photo_are_met_within_their_tolerance(full):
    expected = json.loads(shared_file("reference/tfjs_blazepose_expected_landmarks_pose_jpg.json").read_text())
    full.reset()
    found = only(full.detect(pose_jpg())).points
    assert np.linalg.norm(found[:, :2] - expected["expected_landmarks_px"], axis=1).max() < 11


def test_the_detector_agrees_with_mediapipes_published_detection(full):
    text = shared_file("reference/mediapipe_pose_expected_detection.pbtxt").read_text()
    numbers = np.array(re.findall(r"relative_keypoints \{\s+x: ([\d.]+)\s+y: ([\d.]+)", text), float)
    picture = pose_jpg()
    expected = numbers[:2] * [picture.shape[1], picture.shape[0]]
    (region,) = full._search(video.Frame.of(picture))
    assert_allclose([region.x, region.y], expected[0], atol=0.5)
    assert_allclose(region.side, 2.5 * np.linalg.norm(expected[1] - expected[0]), atol=1.0)


def test_the_lite_network_runs_from_a_file_named_by_the_user():
    estimators.fetch("blazepose-full")  # its detector
    path = shared_file("models/blazepose_pose_landmark_lite_256_fp16.tflite")
    lite = estimators.get("blazepose-lite", weights=str(path))
    expected = json.loads(shared_file("reference/tfjs_blazepose_expected_landmarks_pose_jpg.json").read_text())
    found = only(lite.detect(pose_jpg())).points
    assert np.median(np.linalg.norm(found[:, :2] - expected["expected_landmarks_px"], axis=1)) < 11
    assert path.name not in str(lite.describe())  # it may be a person's
    assert lite.describe()["weights"]["own weights"] == estimators.record("blazepose-lite").weights[1].sha256


# --- the whole estimator ----------------------------------------------------------------------------------------------


def test_an_empty_picture_holds_nobody(full):
    full.reset()
    for shade in (0, 128, 255):
        assert full.detect(np.full((480, 640, 3), shade, np.uint8)) == []


def test_two_at_a_time_gives_the_same_whatever_is_faster(full):
    """The result is a function of the pictures: again, and with one lane held up, it is the same to the last bit."""
    clip = video.open_clip(shared_file(f"videos/{BEAM}.mp4"), stop_s=0.4)

    def run() -> np.ndarray:
        full.reset()
        return np.array([only(people).points for _, people in full.stream(video.frames(clip))])

    first = run()
    kept = full._look

    def held_up(frame, pursuit, lane):
        if lane == 0:
            import time

            time.sleep(0.03)
        return kept(frame, pursuit, lane)

    full._look = held_up
    try:
        assert_array_equal(run(), first)
    finally:
        del full._look


@pytest.mark.parametrize("turn", [4, 5])
def test_after_a_change_of_person_no_picture_goes_back_to_the_one_before(full, monkeypatch, turn):
    """Two pictures are under way at a time: one that was begun before the change must not live on beside it."""
    pictures = [at(index / 30) for index in range(12)]

    def look(frame, pursuit, _):
        index = pictures.index(frame)
        if pursuit.region is None or (index == turn and pursuit.region.overlaps(HERE)):
            return Look(frame.time_s, THERE if index else HERE, body(), asked=True)
        return Look(frame.time_s, HERE if pursuit.region.overlaps(HERE) else THERE, body())

    monkeypatch.setattr(full, "_look", look)
    full.reset()
    places = [only(people).points[0, 0] for _, people in full.stream(pictures)]
    assert_allclose(places, [HERE.x] * turn + [THERE.x] * (12 - turn))
    assert full.changes == 1


@pytest.mark.parametrize("max_people", [1, 3])
def test_with_one_processor_one_network_takes_every_turn_and_the_answers_are_the_same(monkeypatch, max_people):
    clip = video.open_clip(SAMPLES / "crossing.mp4", stop_s=1.2)

    def answers(one: bool) -> tuple[list[np.ndarray], int]:
        monkeypatch.setattr(blazepose_lanes, "_cores", lambda: 1 if one else 2)
        made = estimators.get("blazepose-full", max_people=max_people)
        found = [person.points for _, people in made.stream(video.frames(clip)) for person in people]
        return found, len(set(map(id, made._lanes)))

    (alone, networks), (together, several) = answers(True), answers(False)
    assert (networks, several) == (1, blazepose_lanes.LANES)
    assert len(alone) == len(together) >= len(clip)
    for one, other in zip(alone, together, strict=True):
        assert_array_equal(one, other)


def test_through_a_video_of_several_people_one_is_followed_at_a_time(full):
    clip = video.open_clip(shared_file("videos/walk_sagittal_and_jump_sports2d_demo.mp4"))
    full.reset()
    middles = [people[0].points[:, :2].mean(axis=0) for _, people in full.stream(video.frames(clip)) if people]
    # A person moves by some pixels from frame to frame; another one stands further away than a body's width.
    assert (np.linalg.norm(np.diff(middles, axis=0), axis=1) > 150).sum() < 10


def test_stream_yields_every_picture_in_order_people_or_not(full):
    blank = np.zeros((120, 160, 3), np.uint8)
    pictures = [blank, pose_jpg(), pose_jpg(), pose_jpg(), blank, blank, pose_jpg()]
    frames = [video.Frame.of(picture) for picture in pictures]
    full.reset()
    seen = list(full.stream(frames))
    assert [frame for frame, _ in seen] == frames
    assert [len(people) for _, people in seen] == [0, 1, 1, 1, 0, 0, 1]


def test_of_two_the_larger_and_more_central_is_taken_and_kept(full):
    alone = pose_jpg()
    small = cv2.resize(alone, None, fx=0.45, fy=0.45, interpolation=cv2.INTER_AREA)
    both = np.full((700, 1700, 3), 200, np.uint8)
    both[:667, 450:1450] = alone
    both[200 : 200 + small.shape[0], : small.shape[1]] = small
    full.reset()
    large = only(full.detect(both)).points
    assert 450 < np.median(large[:, 0]) < 1450
    # Now the other one is left alone at the centre's side, then the first comes back: it is the first that is kept.
    for _ in range(3):
        kept = only(full.detect(both)).points
    assert_allclose(kept[:, :2], large[:, :2], atol=20)
    assert full.changes == 0


@pytest.mark.parametrize(("place", "hips_x"), [(None, 394), ((110.0, 300.0), 71), ((450.0, 280.0), 394)])
def test_the_person_pointed_at_is_taken_however_small_and_far_from_the_middle(place, hips_x):

    rgb = video.frame_at(video.open_clip(SAMPLES / "sit_to_stand.mp4"), 60).rgb()
    # The same person once more, four fifths as large, at the picture's left edge.
    smaller = cv2.resize(rgb[:, 330:570], None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    rgb[rgb.shape[0] - smaller.shape[0] :, 20 : 20 + smaller.shape[1]] = smaller
    given = {} if place is None else {"person_x_px": place[0], "person_y_px": place[1]}
    person = only(blazepose.BlazePose(**given).detect(rgb))
    hips = [full_joint(person, f"{side}_hip") for side in ("left", "right")]
    assert_allclose(np.mean(hips, axis=0)[0], hips_x, atol=15)


def full_joint(person: estimators.Person, name: str) -> np.ndarray:
    return person.points[blazepose.BlazePose.joints.index(name), :2]


def test_another_person_in_the_place_of_the_first_is_counted(full):
    picture = pose_jpg()
    gone = np.full((667, 2400, 3), 200, np.uint8)
    left, right = gone.copy(), gone.copy()
    left[:, :1000] = picture
    right[:, 1400:] = picture
    full.reset()
    assert len(full.detect(left)) == 1
    assert full.changes == 0
    assert len(full.detect(right)) == 1
    assert full.changes == 1


# --- anchors and detections -------------------------------------------------------------------------------------------


def test_anchors_are_the_centres_of_every_cell_as_often_as_the_network_has_boxes_there():
    anchors = blazepose_detector.anchors()
    assert anchors.shape == (2254, 2)
    # Strides of 8, 16 and three times 32 pixels on 224; two boxes a cell and stride.
    cells, counts = np.unique(anchors, axis=0, return_counts=True)
    assert len(cells) == 28**2 + 14**2 + 7**2
    assert sorted(set(counts)) == [2, 6]
    assert_allclose(anchors.mean(axis=0), 0.5)
    assert_allclose(anchors[0], [0.5 / 28, 0.5 / 28])
    assert_allclose(anchors[2], [1.5 / 28, 0.5 / 28])  # along the row first
    assert_allclose(anchors[-1], [6.5 / 7, 6.5 / 7])


def test_a_box_at_an_anchor_is_decoded_in_shares_of_the_side():
    raw, logits = np.zeros((2254, 12), np.float32), np.full(2254, -50, np.float32)
    raw[100] = [22.4, -22.4, 44.8, 22.4, 0, 0, 0, -56, 11.2, 0, 0, 0]
    logits[100] = 0.0  # a score of exactly one half counts
    found = blazepose_detector.decode(raw, logits)
    x, y = blazepose_detector.anchors()[100]
    assert_allclose(found.scores, [0.5])
    assert_allclose(found.boxes, [[x, y - 0.15, x + 0.2, y - 0.05]], atol=1e-6)
    assert_allclose(found.points[0], [[x, y], [x, y - 0.25], [x + 0.05, y], [x, y]], atol=1e-6)


def detections(draw) -> Found:
    count = draw(st.integers(0, 12))
    unit = st.floats(0.05, 0.95)
    corners = draw(arrays(float, (count, 2, 2), elements=unit))
    scores = np.sort(draw(arrays(float, count, elements=st.floats(0.5, 1.0))))[::-1]
    boxes = np.concatenate([corners.min(axis=1) - 0.01, corners.max(axis=1) + 0.01], axis=1)
    return Found(scores, boxes.reshape(count, 4), draw(arrays(float, (count, 4, 2), elements=unit)))


found_detections = st.composite(detections)()


@given(found_detections)
def test_merging_keeps_the_best_score_and_leaves_no_more_than_there_were(found):
    left = blazepose_detector.merged(found)
    assert len(left.scores) <= len(found.scores)
    assert (len(left.scores) == 0) == (len(found.scores) == 0)
    if len(found.scores):
        assert left.scores[0] == found.scores[0]
    assert set(left.scores) <= set(found.scores)


@given(found_detections)
def test_merged_boxes_and_points_are_means_of_those_there_were(found):
    left = blazepose_detector.merged(found)
    for now, before in ((left.boxes, found.boxes), (left.points, found.points)):
        if len(now):
            assert (now >= before.min(axis=0) - 1e-9).all()
            assert (now <= before.max(axis=0) + 1e-9).all()


@given(found_detections)
def test_detections_apart_from_each_other_stay_as_they_are(found):
    offsets = 2.0 * np.arange(len(found.scores))
    apart = Found(found.scores, found.boxes + offsets[:, None], found.points)
    left = blazepose_detector.merged(apart)
    assert_allclose(left.boxes, apart.boxes)
    assert_allclose(left.scores, apart.scores)


def test_overlapping_detections_become_their_mean_weighted_by_score():
    boxes = np.array([[0.0, 0.0, 0.4, 0.4], [0.1, 0.0, 0.5, 0.4], [0.7, 0.7, 0.9, 0.9]])
    found = Found(np.array([0.9, 0.6, 0.5]), boxes, np.zeros((3, 4, 2)))
    left = blazepose_detector.merged(found)
    assert_allclose(left.scores, [0.9, 0.5])
    assert_allclose(left.boxes[0], [0.04, 0.0, 0.44, 0.4])


def test_overlap_of_known_boxes():
    box = np.array([0.0, 0.0, 2.0, 1.0])
    others = np.array([[0, 0, 2, 1], [1, 0, 3, 1], [2, 0, 3, 1], [0.5, 0.5, 0.5, 0.5]], float)
    assert_allclose(blazepose_detector.overlap(box, others), [1.0, 1 / 3, 0.0, 0.0])


# --- the region -------------------------------------------------------------------------------------------------------

coordinate = st.floats(-2000, 2000)
regions = st.builds(Region, coordinate, coordinate, st.floats(20, 3000), st.floats(-3.1, 3.1))


def test_an_upright_body_is_looked_at_upright():
    region = Region.around(np.array([100.0, 300.0]), np.array([100.0, 100.0]))
    assert region == Region(100.0, 300.0, 500.0, 0.0)
    assert_allclose(
        region.to_picture(np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.1]])), [[-150, 50], [350, 550], [100, 100]]
    )


def test_someone_lying_is_turned_upright():
    region = Region.around(np.array([0.0, 0.0]), np.array([200.0, 0.0]))  # head to the right
    assert_allclose(region.angle, np.pi / 2)
    assert_allclose(region.to_picture(np.array([0.5, 0.1])), [200, 0], atol=1e-9)


@given(regions, coordinate, coordinate)
def test_moving_a_body_moves_its_region(region, dx, dy):
    centre, rim = region.to_picture(np.array([[0.5, 0.5], [0.5, 0.1]]))
    moved = Region.around(centre + np.array([dx, dy]), rim + np.array([dx, dy]))
    assert_allclose(
        [moved.x - dx, moved.y - dy, moved.side, moved.angle],
        [region.x, region.y, region.side, region.angle],
        rtol=1e-6,
        atol=1e-6,
    )


@given(regions, st.floats(-3.1, 3.1), arrays(float, (5, 2), elements=st.floats(0, 1)))
def test_turning_a_body_turns_its_region_and_what_is_found_in_it(region, angle, shares):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre, rim = region.to_picture(np.array([[0.5, 0.5], [0.5, 0.1]]))
    turned = Region.around(turn @ centre, turn @ rim)
    assert_allclose(turned.to_picture(shares), region.to_picture(shares) @ turn.T, atol=1e-6)


@given(regions, st.integers(16, 300))
def test_the_matrix_shows_each_pixel_of_the_patch_its_share_of_the_side(region, size):
    matrix = region.matrix(size)
    pixels = np.array([[0, 0], [size, 0], [0, size], [size, size]], float)
    assert_allclose(pixels @ matrix[:, :2].T + matrix[:, 2], region.to_picture(pixels / size), atol=1e-6)
    assert_allclose(abs(np.linalg.det(matrix[:, :2])), (region.side / size) ** 2)


@given(regions, regions)
def test_the_offset_to_another_region_leads_to_it(region, other):
    moved = region.moved(region.offset_to(other))
    assert_allclose([moved.x, moved.y, moved.side], [other.x, other.y, other.side], rtol=1e-9, atol=1e-6)
    assert_allclose(np.exp(1j * moved.angle), np.exp(1j * other.angle), atol=1e-9)
    assert abs(region.offset_to(other).angle) <= np.pi + 1e-12


offsets = st.builds(Offset, *[st.floats(-1, 1)] * 4)


@given(offsets, offsets)
def test_an_offset_goes_towards_another_by_a_share(offset, other):
    assert offset.towards(other, 0.0) == offset
    assert_allclose(astuple(offset.towards(other, 1.0)), astuple(other), atol=1e-12)


@given(offsets)
def test_an_offset_is_held_within_its_limits(offset):
    held = offset.within(LIMITS)
    assert (np.abs(astuple(held)) <= astuple(LIMITS)).all()
    assert held.within(LIMITS) == held


@given(regions)
def test_a_region_shows_the_same_person_as_itself_and_not_as_one_beside_it(region):
    assert region.overlaps(region)
    assert not region.overlaps(replace(region, x=region.x + 0.3 * region.side))
    assert not region.overlaps(replace(region, side=2.5 * region.side))


@pytest.mark.parametrize("numbers", [(np.nan, 0, 100, 0), (0, np.inf, 100, 0), (0, 0, 1, 0), (0, 0, 0, 0)])
def test_a_region_that_cannot_be_shown_is_not_usable(numbers):
    assert not Region(*numbers).usable


# --- landmarks --------------------------------------------------------------------------------------------------------

Z = -1e16


def peaks(rows: dict[tuple[int, int], float]) -> np.ndarray:
    maps = np.full((64, 64, LANDMARKS), Z)
    for (row, column), logit in rows.items():
        maps[row, column] = logit
    return maps


def test_a_hot_cell_nearby_draws_the_landmark_to_it():
    moved = blazepose_landmarks.refined(np.full((LANDMARKS, 2), 0.5), peaks({(30, 33): 5.0}))
    assert_allclose(moved, np.tile([33 / 64, 30 / 64], (LANDMARKS, 1)))


def test_the_landmark_goes_to_the_mean_weighted_by_heat():
    # Sigmoids of 2/3 and 1/3.
    moved = blazepose_landmarks.refined(
        np.full((LANDMARKS, 2), 0.5), peaks({(32, 32): np.log(2), (32, 35): -np.log(2)})
    )
    assert_allclose(moved[0], [33 / 64, 0.5])


@pytest.mark.parametrize("cell", [(32, 36), (28, 32), (36, 36)])
def test_heat_beyond_the_kernel_has_no_pull(cell):
    start = np.full((LANDMARKS, 2), 0.5)
    assert_array_equal(blazepose_landmarks.refined(start, peaks({cell: 5.0})), start)


def test_cells_less_hot_than_one_half_have_no_pull():
    start = np.full((LANDMARKS, 2), 0.5)
    assert_array_equal(blazepose_landmarks.refined(start, peaks({(31, 31): -0.01})), start)


@pytest.mark.parametrize("outside", [(-0.1, 0.5), (0.5, -0.001), (1.0, 0.5), (0.5, 1.2), (-0.01, -0.01)])
def test_a_landmark_outside_the_patch_stays(outside):
    start = np.tile(outside, (LANDMARKS, 1))
    assert_array_equal(blazepose_landmarks.refined(start, np.full((64, 64, LANDMARKS), 5.0)), start)


def test_at_the_edge_only_the_cells_there_are_count():
    moved = blazepose_landmarks.refined(np.zeros((LANDMARKS, 2)), np.full((64, 64, LANDMARKS), 5.0))
    assert_allclose(moved, 1.5 / 64)  # the mean of cells 0 to 3


def test_each_landmark_has_its_own_map():
    maps = np.full((64, 64, LANDMARKS), Z)
    maps[10, 20, 7] = 5.0
    start = np.tile([21 / 64, 11 / 64], (LANDMARKS, 1))
    moved = blazepose_landmarks.refined(start, maps)
    assert_allclose(moved[7], [20 / 64, 10 / 64])
    assert_array_equal(np.delete(moved, 7, axis=0), np.delete(start, 7, axis=0))


@given(st.floats(-30, 30), st.floats(-30, 30))
def test_confidence_is_the_lesser_of_visibility_and_presence(visibility, presence):
    raw = np.zeros((LANDMARKS, 5))
    raw[:, 3:] = [visibility, presence]
    seen = blazepose_landmarks.decode(raw.ravel(), 0.9, np.full((64, 64, LANDMARKS), Z), np.zeros(117))
    assert_allclose(seen.confidence, 1 / (1 + np.exp(-min(visibility, presence))))


# --- whom to look at, and where ---------------------------------------------------------------------------------------


def at(time_s: float = 0.0, width: int = 1000, height: int = 500) -> video.Frame:
    frame = video.Frame.of(np.zeros((height, width, 3), np.uint8))
    frame.time_s = time_s
    return frame


def body(score: float = 1.0, confidence: float = 0.9, scale: float = 1.0) -> Landmarks:
    points = np.full((LANDMARKS, 2), 0.5)
    points[RIM] = [0.5, 0.5 - 0.4 * scale]
    return Landmarks(points, np.full(LANDMARKS, confidence), np.zeros((LANDMARKS, 3)), score)


def unasked(*_):
    raise AssertionError("must not be asked")


HERE, THERE = Region(500, 250, 300, 0.0), Region(100, 250, 200, 0.0)
FOLLOWING = Pursuit(region=HERE, last=HERE, asked_s=0.0)


def test_the_larger_goes_before_the_smaller_and_the_central_before_the_one_at_the_edge():
    assert rank(Region(500, 250, 300, 0.0), 1000, 500) > rank(Region(500, 250, 200, 0.0), 1000, 500)
    assert rank(Region(500, 250, 300, 0.0), 1000, 500) > rank(Region(100, 250, 300, 0.0), 1000, 500)
    assert rank(Region(-5000, 250, 300, 0.0), 1000, 500) == 0


def test_where_a_person_pointed_only_nearness_counts():
    near, far = Region(100, 250, 80, 0.0), Region(500, 250, 300, 0.0)
    assert rank(near, 1000, 500, (110, 260)) > rank(far, 1000, 500, (110, 260))
    look = Following(place=(110, 260)).look(at(), Pursuit(), lambda *_: body(), lambda *_: [far, near])
    assert look.region == near


@given(st.lists(regions, max_size=6), regions)
def test_who_was_followed_before_goes_first(candidates, last):
    order = ordered([*candidates, last], 1000, 500, last)
    assert order[0].overlaps(last)
    assert len(order) == len(candidates) + 1


def test_while_the_person_is_there_the_detector_is_not_asked():
    look = Following().look(at(0.3), FOLLOWING, lambda *_: body(), unasked)
    assert look.region == HERE
    assert not look.asked


def test_when_the_person_is_lost_the_detector_is_asked_in_the_same_picture():
    looked = []

    def see(_, region):
        looked.append(region)
        return body(score=0.49 if region == HERE else 0.9)

    look = Following().look(at(0.5), FOLLOWING, see, lambda *_: [THERE])
    assert looked == [HERE, THERE]
    assert look.region == THERE
    after = Following().after(look, FOLLOWING)
    assert after.changes == 1
    assert after.last == THERE


def test_where_nobody_is_a_person_nobody_is_found_and_the_next_picture_is_searched():
    look = Following().look(at(), Pursuit(), lambda *_: body(score=0.2), lambda *_: [HERE, THERE])
    assert look.landmarks is None
    assert blazepose._people(look) == []
    assert Following().after(look, Pursuit()).region is None


def test_someone_found_again_in_the_same_place_is_no_change():
    lost = Pursuit(region=None, last=HERE)
    look = Following().look(at(), lost, lambda *_: body(), lambda *_: [THERE, replace(HERE, x=520)])
    assert look.region == replace(HERE, x=520)
    assert Following().after(look, lost).changes == 0


def test_the_detector_is_asked_again_after_a_while_and_the_person_kept_when_it_sees_them():
    asked = []

    def search(*_):
        asked.append(True)
        return [THERE, replace(HERE, x=510)]

    following = Following()
    look = following.look(at(1.0), FOLLOWING, lambda *_: body(), search)
    assert asked == [True]
    assert look.region == HERE
    assert following.after(look, FOLLOWING).asked_s == 1.0
    following.look(at(1.0), FOLLOWING, lambda *_: body(), unasked, may_ask=False)


def test_a_region_that_strayed_onto_something_else_gives_way_to_a_surer_person():
    def see(_, region):
        return body(confidence=0.2 if region == HERE else 0.9)

    look = Following().look(at(1.0), FOLLOWING, see, lambda *_: [replace(THERE, x=300)])
    assert look.region == replace(THERE, x=300)


def test_a_person_whom_only_the_detector_misses_is_kept():
    look = Following().look(at(1.0), FOLLOWING, lambda *_: body(), lambda *_: [THERE])
    assert look.region == HERE
    look = Following().look(at(1.0), FOLLOWING, lambda *_: body(), lambda *_: [])
    assert look.region == HERE


@given(regions, st.floats(0.9, 1.5))
def test_without_learning_the_next_region_is_the_margin_times_the_circle_around_the_body(region, scale):
    seen, offset = Aim(learnt=0.0).next(Look(0.0, region, body(scale=scale), detected=HERE), None)
    assert offset is None
    assert_allclose(seen.side, scale * region.side, rtol=1e-9)
    assert_allclose([seen.x, seen.y], [region.x, region.y], rtol=1e-9, atol=1e-6)


def test_the_first_answer_of_the_detector_counts_in_full_the_others_by_their_share():
    detected = Region(HERE.x + 15, HERE.y, 1.1 * HERE.side, 0.1)
    first, offset = Aim().next(Look(0.0, HERE, body(), detected=detected), None)
    assert_allclose(astuple(first), astuple(detected))
    second, offset = Aim(learnt=0.25).next(Look(0.0, HERE, body(), detected=HERE), offset)
    assert_allclose(second.x, HERE.x + 0.75 * 15)
    assert_allclose(second.angle, 0.075)
    third, _ = Aim().next(Look(0.0, HERE, body()), offset)
    assert third == second  # not asked, nothing learnt


@given(regions, regions)
def test_whatever_the_detector_says_the_region_stays_with_the_landmarks(region, detected):
    seen, _ = Aim().next(Look(0.0, region, body(), detected=detected), None)
    plain, _ = Aim(learnt=0.0).next(Look(0.0, region, body()), None)
    assert seen.overlaps(plain)


def test_landmarks_without_extent_leave_no_region():
    assert Aim().next(Look(0.0, HERE, body(scale=0.0)), None) == (None, None)


def test_what_was_learnt_of_one_person_is_not_used_for_another():
    learnt = replace(FOLLOWING, offset=Offset(angle=0.2))
    other = Look(0.5, THERE, body(), asked=True, detected=THERE)
    assert_allclose(Following().after(other, learnt).offset.angle, 0.0, atol=1e-12)
    assert Following().after(Look(0.5, asked=True), learnt).offset is None


# --- its files --------------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_network_is_refused_in_one_line(tmp_path):
    path = tmp_path / "broken.tflite"
    path.write_bytes(b"not a network")
    with pytest.raises(KinebenchError, match=r"broken\.tflite") as error:
        estimators.get("blazepose-full", weights=str(path))
    assert "\n" not in str(error.value)


def test_another_network_is_refused_with_the_shapes_there_must_be():
    path = shared_file("models/movenet_singlepose_lightning_int8_v4.tflite")
    with pytest.raises(KinebenchError, match=r"\(1, 256, 256, 3\)"):
        estimators.get("blazepose-full", weights=str(path))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(KinebenchError, match=r"nowhere\.tflite"):
        estimators.get("blazepose-full", weights=str(tmp_path / "nowhere.tflite"))


def test_loading_a_network_says_nothing(full, capfd):
    blazepose._detector(full._paths[0])
    assert capfd.readouterr() == ("", "")
