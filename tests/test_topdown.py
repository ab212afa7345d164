"""Top-down estimation: real detectors on real pictures, pose networks made here with the published conventions."""

import json

import av
import cv2
import imageio.v3 as iio
import numpy as np
import onnx
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import estimators, video
from kinebench.errors import KinebenchError
from kinebench.estimators import person_detectors, topdown_crop, topdown_decoding, topdown_following
from kinebench.estimators.onnx_network import Network
from kinebench.estimators.person_detectors import Boxes, Detector
from kinebench.estimators.topdown_following import Followed
from kinebench.provenance import sha256_file
from kinebench.skeleton import COCO17, HALPE26
from kinebench.video import Frame
from tests import topdown_networks as made
from tests.conftest import shared_file
from tests.topdown_networks import Body

RTMDET, YOLOX = "models/rtmdet_nano_person_mmdeploy_end2end.onnx", "models/yolox_nano_416_coco80.onnx"
WALK = "videos/walk_sagittal_and_jump_sports2d_demo.mp4"
# Read off the pictures: from frame 38 her head and the front of her trunk are clear of the tree, after frame 198 her
# face has left the picture. Where she is in some of them: x of the middle of the trunk in pixels.
WALKER_FROM, WALKER_UNTIL = 38, 198
WALKER = {40: 1525, 80: 1215, 120: 830, 160: 425, 192: 105}
SMALL, LARGE = (192, 256), (288, 384)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="module")
def detector_file(folder):
    return made.save_detector(folder / "detector.onnx")


@pytest.fixture(scope="module")
def pose_file(folder):
    return made.save_simcc_network(folder / "pose.onnx", SMALL)


@pytest.fixture
def make(detector_file, pose_file):
    """The estimator on networks made here; what is not said is the smallest of them."""

    def make(name="topdown", weights=pose_file, detector=detector_file, **settings):
        return estimators.get(name, weights=str(weights), detector=str(detector), **settings)

    return make


@pytest.fixture(scope="module")
def rtmdet():
    return Detector(shared_file(RTMDET))


def photo(name: str) -> Frame:
    return Frame.of(np.ascontiguousarray(iio.imread(shared_file(f"images/{name}"))[..., :3]))


def counted(thing, method: str, monkeypatch) -> list:
    """The first arguments of every call of a method from now on."""
    calls, whole = [], getattr(thing, method)
    monkeypatch.setattr(thing, method, lambda *given: calls.append(given[0]) or whole(*given))
    return calls


# --- networks in files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0, 1, 100, 0.5, 0.999])
def test_a_damaged_file_is_refused_in_one_line_without_a_word_beside(tmp_path, pose_file, part, capfd):
    content = pose_file.read_bytes()
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(content[: int(part * len(content)) if isinstance(part, float) else part])
    with pytest.raises(KinebenchError, match=r"broken\.onnx") as error:
        Network(broken)
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


@given(st.binary(max_size=300))
def test_what_is_no_network_is_refused(content):
    from kinebench.estimators.onnx_network import _nodes

    # The reader of the file may find it well-formed (ONNX Runtime looks at it next), but knows no other end.
    try:
        nodes = _nodes("file.onnx", content)
    except KinebenchError:
        return
    assert isinstance(nodes, list)


@pytest.mark.parametrize("inner", [False, True])
def test_a_network_whose_numbers_lie_in_other_files_is_refused(tmp_path, inner):
    constant = onnx.numpy_helper.from_array(np.ones((1, 3, 4, 4), np.float32), "offset")
    constant.data_location = onnx.TensorProto.EXTERNAL
    constant.external_data.add(key="location", value="elsewhere.bin")
    constant.ClearField("raw_data")
    nodes = [onnx.helper.make_node("Add", ["input", "offset"], ["output"])]
    if inner:
        nodes.insert(0, onnx.helper.make_node("Constant", [], ["offset"], value=constant))
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "test",
        [value("input", onnx.TensorProto.FLOAT, (1, 3, 4, 4))],
        [value("output", onnx.TensorProto.FLOAT, (1, 3, 4, 4))],
        [] if inner else [constant],
    )
    path = tmp_path / "network.onnx"
    path.write_bytes(onnx.helper.make_model(graph).SerializeToString())
    (tmp_path / "elsewhere.bin").write_bytes(np.ones(48, np.float32).tobytes())
    with pytest.raises(KinebenchError, match="external data"):
        Network(path)


def test_a_network_that_fails_at_work_is_named_without_a_word_beside(tmp_path, capfd):
    value, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Reshape", ["input", "shape"], ["output"])],
        "test",
        [value("input", kind, ("batch", 3, 8, 8))],
        [value("output", kind, None)],
        [onnx.numpy_helper.from_array(np.array([7, 7]), "shape")],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "network.onnx")
    network = Network(tmp_path / "network.onnx")
    with pytest.raises(KinebenchError, match=r"network\.onnx could not be run on \(2, 3, 8, 8\)") as error:
        network.run(np.zeros((2, 3, 8, 8), np.float32))
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


def test_the_answer_does_not_depend_on_the_number_of_threads():
    batch = np.random.default_rng(2).normal(size=(1, 3, 320, 320)).astype(np.float32)
    one, four = (Network(shared_file(RTMDET), threads=threads).run(batch) for threads in (1, 4))
    for answer, other in zip(one, four, strict=True):
        assert_array_equal(answer, other)


# --- detectors --------------------------------------------------------------------------------------------------------


def test_rtmdet_finds_the_squatting_man_with_the_published_score(rtmdet):
    found = rtmdet.find(photo("coral_squat.bmp"))
    assert_allclose(found.scores, [0.87], atol=0.005)
    published = pd.read_csv(shared_file("reference/coral_movenet_thunder_reference_squat.csv"))
    joints = published[["keypoint_x", "keypoint_y"]].to_numpy() * [500, 610]
    assert ((joints > found.boxes[0, :2] - 5) & (joints < found.boxes[0, 2:] + 5)).all()
    assert ((found.boxes[0, 2:] - found.boxes[0, :2]) < 1.4 * np.ptp(joints, axis=0)).all()


@pytest.mark.parametrize("model", [RTMDET, YOLOX])
def test_a_detectors_box_lies_closely_around_the_published_landmarks(model):
    reference = json.loads(shared_file("reference/tfjs_blazepose_expected_landmarks_pose_jpg.json").read_text())
    landmarks = np.array(reference["expected_landmarks_px"], float)
    (box,) = Detector(shared_file(model)).find(photo("tfjs_pose.jpg")).boxes
    around = np.concatenate([landmarks.min(axis=0), landmarks.max(axis=0)])
    outwards = (box - around) * [-1, -1, 1, 1]
    assert (outwards > -11).all()  # their own tolerance
    assert (outwards < 60).all()  # hair, hands and shoes of a man 400 px tall


@pytest.mark.parametrize(("name", "people"), [("coral_posenet_test_image.bmp", 2), ("tfjs_three_people.jpg", 3)])
def test_two_detectors_that_know_nothing_of_each_other_agree(rtmdet, name, people):
    one, other = rtmdet.find(photo(name)), Detector(shared_file(YOLOX)).find(photo(name))
    assert len(one.boxes) == len(other.boxes) == people
    assert (person_detectors.overlaps(one.boxes, other.boxes).max(axis=1) > 0.75).all()


def test_rtmdet_finds_the_walker_whenever_she_can_be_seen(rtmdet):
    for frame in video.frames(video.open_clip(shared_file(WALK))):
        if frame.index > WALKER_UNTIL:
            break
        if frame.index < WALKER_FROM or frame.index % 5 != WALKER_FROM % 5:
            continue
        x = np.interp(frame.index, list(WALKER), list(WALKER.values()))
        boxes = rtmdet.find(frame).boxes
        here = (np.abs(boxes[:, [0, 2]].mean(axis=1) - x) < 130) & (boxes[:, 3] > 750) & (boxes[:, 1] > 450)
        assert here.any(), frame.index


def test_where_nobody_is_no_box_is_found(rtmdet):
    frame = video.frame_at(video.open_clip(shared_file(WALK)), 229)  # street, houses, trees
    noise = Frame.of(np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8))
    for empty in (frame, noise, Frame.of(np.zeros((40, 3000, 3), np.uint8))):
        assert rtmdet.find(empty).boxes.shape == (0, 4)


@pytest.mark.parametrize("kind", ["rtmdet", "yolox", "yolox-alone"])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (320, 320), (333, 500)])
def test_of_every_kind_of_detector_boxes_are_in_pixel_centres_and_people_only(folder, kind, width, height):
    body = Body(120.0, 60.0, 250.0)
    picture = made.picture(width, height, body)
    picture[-60:, -60:] = made.CHAIR
    found = Detector(made.save_detector(folder / f"{kind}.onnx", kind=kind)).find(Frame.of(picture))
    assert_allclose(found.scores, [0.9])
    # A pixel of the network is up to two of the picture, half of it at each edge.
    assert_allclose(found.boxes, [body.box()], atol=0.75 * max(width, height) / 320)


def test_the_letterbox_shows_the_picture_at_the_centres_of_its_pixels_and_grey_beyond():
    ramp = np.repeat(np.arange(200, dtype=np.uint8)[None, :, None], 100, axis=0).repeat(3, axis=2)
    patch, scale = person_detectors.letterbox(Frame.of(ramp), (100, 100))
    assert_allclose(scale, 0.5)
    assert_allclose(patch[:50, :, 0], np.broadcast_to(2 * np.arange(100) + 0.5, (50, 100)), atol=0.5)
    assert (patch[50:] == 114).all()


def test_a_raw_answer_of_yolox_is_read_cell_by_cell():
    corners, strides = person_detectors.grid((416, 416))
    assert len(corners) == 3549
    cell = 52 * 52 + 5 * 26 + 7  # stride 16, row 5, column 7
    assert (*corners[cell], strides[cell]) == (7, 5, 16)
    answer = np.zeros((3549, 85), np.float32)
    answer[cell, :6] = 0.25, -0.5, np.log(3), np.log(6), 0.9, 0.8
    answer[cell + 1, [4, 7]] = 0.9  # something else
    boxes, scores = person_detectors.raw_people(answer, (416, 416))
    assert_allclose(scores, [0.72], rtol=1e-6)
    assert_allclose(boxes, [[116 - 24, 72 - 48, 116 + 24, 72 + 48]], rtol=1e-6)


corner = st.integers(0, 60)
box = st.tuples(corner, corner, st.integers(1, 50), st.integers(1, 50)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(st.lists(box, max_size=12), st.randoms())
def test_what_is_left_after_suppression_overlaps_little_and_covers_the_rest(boxes, random):
    boxes = np.array(boxes, float).reshape(-1, 4)
    scores = np.array([random.random() for _ in boxes])
    kept = person_detectors.suppressed(boxes, scores)
    shares = person_detectors.overlaps(boxes, boxes)
    assert_allclose(np.diag(shares), 1)
    for index in range(len(boxes)):
        better = [other for other in kept if other != index and scores[other] >= scores[index]]
        assert (index in kept) == (not (shares[index, better] > 0.6).any())


def test_a_network_with_another_answer_is_refused_with_its_shapes(pose_file):
    with pytest.raises(KinebenchError, match=r"\[1, 17, 384\], \[1, 17, 512\]"):
        Detector(pose_file)


# --- the crop ---------------------------------------------------------------------------------------------------------

boxes = st.tuples(*[st.floats(-500, 2000)] * 2, *[st.floats(1, 1500)] * 2).map(
    lambda b: np.array([b[0], b[1], b[0] + b[2], b[1] + b[3]])
)


@given(boxes, st.sampled_from([SMALL, LARGE]))
def test_the_crop_is_that_of_mmpose(box, size):
    """Its three points: the centre, the middle of the left side, and the corner that makes a right angle."""
    centre, extent = (box[:2] + box[2:]) / 2, 1.25 * (box[2:] - box[:2])
    aspect = size[0] / size[1]
    width = extent[0] if extent[0] > extent[1] * aspect else extent[1] * aspect
    source = np.array([centre, centre - [width / 2, 0], centre - [width / 2, width / 2]], np.float32)
    middle = np.array(size) / 2
    target = np.array([middle, middle - [middle[0], 0], middle - [middle[0], middle[0]]], np.float32)
    expected = cv2.getAffineTransform(target, source)
    points = np.array([[0, 0], [size[0], 0], [0, size[1]]])
    matrix = topdown_crop.patch_to_picture(box, size)
    assert_allclose(
        topdown_crop.to_picture(points, matrix), topdown_crop.to_picture(points, expected), atol=1e-3 * width
    )


def test_a_box_of_the_networks_shape_shows_its_own_pixels_when_it_is_as_large():
    picture = np.random.default_rng(0).integers(0, 256, (300, 260, 3), dtype=np.uint8)
    box = np.array([100 - 76.8, 150 - 102.4, 100 + 76.8, 150 + 102.4])  # padded by 1.25: 192 x 256 around (100, 150)
    patch = Frame.of(picture).warp(topdown_crop.patch_to_picture(box, SMALL), SMALL)
    assert_array_equal(patch, picture[150 - 128 : 150 + 128, 100 - 96 : 100 + 96])


# --- reading the answers ----------------------------------------------------------------------------------------------


def hill(x: float, y: float, deviation: float = 2.0, height: float = 0.8) -> np.ndarray:
    rows, columns = np.mgrid[:64, :48]
    return height * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * deviation**2))


@given(st.floats(8, 39), st.floats(8, 55), st.floats(1.5, 3))
def test_between_the_cells_of_a_gaussian_hill_dark_is_right(x, y, deviation):
    cells, confidence = topdown_decoding.heatmaps(hill(x, y, deviation)[None])
    assert_allclose(cells, [[x, y]], atol=0.01)
    assert 0.7 < confidence[0] <= 0.8


def test_with_noise_dark_errs_less_than_half_of_what_the_quarter_offset_does():
    random = np.random.default_rng(3)
    truth = random.uniform(10, 37, (200, 2))
    maps = np.stack([hill(*point) for point in truth]) + random.normal(0, 0.02, (200, 64, 48))
    best = maps.reshape(200, -1).argmax(axis=1)
    quarter = topdown_decoding.quarter(maps, np.column_stack([best % 48, best // 48]))
    dark = topdown_decoding.heatmaps(maps)[0]
    assert np.hypot(*(dark - truth).T).mean() < 0.5 * np.hypot(*(quarter - truth).T).mean()


@given(st.integers(0, 47), st.integers(0, 63))
def test_a_maximum_at_the_edge_stays_in_the_heatmap(x, y):
    cells, _ = topdown_decoding.heatmaps(hill(x, y)[None])
    assert (np.abs(cells[0] - [x, y]) <= 0.5).all()
    assert (cells >= 0).all()
    assert (cells <= [47, 63]).all()


def test_a_heatmap_without_a_hill_gives_the_middle_of_its_best_cell_or_a_quarter_beside():
    lone = np.zeros((1, 64, 48))
    lone[0, 30, 20] = 0.5
    assert_allclose(topdown_decoding.heatmaps(lone)[0], [[20, 30]], atol=0.01)
    flat, confidence = topdown_decoding.heatmaps(np.zeros((1, 64, 48)))
    assert_array_equal(flat, [[0, 0]])
    assert_array_equal(confidence, [0])


@given(st.floats(20, 360), st.floats(20, 490))
def test_between_the_bins_of_simcc_the_parabola_is_right(x, y):
    def row(length, at):  # the spread that RTMPose is trained with at 256 x 192
        return 0.7 * np.exp(-((np.arange(length) - at) ** 2) / (2 * 4.9**2))

    bins, confidence = topdown_decoding.simcc(row(384, x)[None], 0.5 * row(512, y)[None])
    assert_allclose(bins, [[x, y]], atol=0.03)
    assert 0.33 < confidence[0] <= 0.35


def test_confidence_stays_between_0_and_1():
    _, high = topdown_decoding.heatmaps(hill(20, 20, height=1.7)[None])
    _, low = topdown_decoding.simcc(np.full((1, 384), -3.0), np.full((1, 512), 2.0))
    assert_array_equal([*high, *low], [1, 0])


# --- people and joints ------------------------------------------------------------------------------------------------

NETWORKS = [
    ("hrnet-w32", made.save_heatmap_network, SMALL, 17),
    ("hrnet-w48", made.save_heatmap_network, LARGE, 17),
    ("rtmpose-m", made.save_simcc_network, SMALL, 17),
    ("rtmpose-l", made.save_simcc_network, LARGE, 26),
    ("topdown", made.save_heatmap_network, SMALL, 26),
    ("topdown", made.save_simcc_network, SMALL, 133),
]
# So far apart that none is in the other's patch: the networks made here would take one for the other.
PEOPLE = [Body(180.3, 40.6, 400.0), Body(630.8, 61.1, 380.4, kind=1)]


@pytest.mark.parametrize("flip_test", [False, True])
@pytest.mark.parametrize(("name", "save", "size", "keypoints"), NETWORKS)
def test_markers_are_found_within_half_a_pixel(make, tmp_path, name, save, size, keypoints, flip_test):
    estimator = make(name, save(tmp_path / "pose.onnx", size, keypoints), flip_test=flip_test)
    people = sorted(estimator.detect(made.picture(820, 500, *PEOPLE)), key=lambda person: person.points[0, 0])
    assert len(people) == 2
    for person, body in zip(people, PEOPLE, strict=True):
        assert np.hypot(*(person.points[:, :2] - body.joints(estimator.joints)).T).max() < 0.5
        assert (np.abs((person.points[:, :2] - body.joints(estimator.joints)).mean(axis=0)) < 0.15).all()
        assert (person.points[:, 2] > 0.8).all()
        assert_allclose(person.box, body.box(), atol=2)


def test_in_a_real_video_the_markers_are_found_within_half_a_pixel(make, tmp_path):
    body = PEOPLE[0]
    with av.open(str(tmp_path / "clip.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "8", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 500, "yuvj420p"
        shown = av.VideoFrame.from_ndarray(made.picture(640, 500, body), format="rgb24")
        for packet in [*(p for _ in range(3) for p in stream.encode(shown)), *stream.encode()]:
            container.mux(packet)
    estimator = make("rtmpose-m")
    for frame in video.frames(video.open_clip(tmp_path / "clip.mp4")):
        (person,) = estimator.detect(frame)
        assert np.hypot(*(person.points[:, :2] - body.joints(COCO17.joints)).T).max() < 0.5


def test_the_number_of_keypoints_tells_the_skeleton(make, tmp_path):
    assert make().joints == COCO17.joints
    assert make(weights=made.save_simcc_network(tmp_path / "26.onnx", SMALL, 26)).joints == HALPE26.joints
    whole = make(weights=made.save_simcc_network(tmp_path / "133.onnx", SMALL, 133))
    assert whole.joints[:17] == COCO17.joints
    assert whole.joints[17:] == (
        "left_foot_index", "left_small_toe", "left_heel", "right_foot_index", "right_small_toe", "right_heel",
    )  # fmt: skip


def test_another_number_of_keypoints_is_refused_with_the_shapes(make, tmp_path, monkeypatch):
    monkeypatch.setitem(made.NAMED, 21, HALPE26.joints[:21])
    with pytest.raises(KinebenchError, match=r"21 .*\[1, 21, 64, 48\]"):
        make(weights=made.save_heatmap_network(tmp_path / "hand.onnx", SMALL, 21))


def test_rows_of_simcc_are_told_apart_by_their_lengths(make, tmp_path):
    picture = made.picture(640, 500, PEOPLE[0])
    swapped = made.save_simcc_network(tmp_path / "yx.onnx", SMALL, order="yx")
    assert_allclose(make(weights=swapped).detect(picture)[0].points, make().detect(picture)[0].points)


def test_a_batch_gives_what_each_box_alone_gives(make, tmp_path, monkeypatch):
    picture = made.picture(820, 500, *PEOPLE)
    together, alone = make(), make(weights=made.save_simcc_network(tmp_path / "one.onnx", SMALL, batch=1))
    runs = [counted(estimator._pose.network, "run", monkeypatch) for estimator in (together, alone)]
    for person, other in zip(together.detect(picture), alone.detect(picture), strict=True):
        assert_allclose(person.points, other.points, atol=1e-3)
    assert [[len(batch) for batch in run] for run in runs] == [[2], [1, 1]]


def test_joints_that_the_network_does_not_see_are_missing(make):
    """A person whose picture ends at the hips has no feet: NaN, and confidence 0."""
    body = Body(250.0, 60.0, 400.0)
    picture = made.picture(500, 500, body)
    picture[300:] = 0
    (person,) = make().detect(picture)
    missing = body.joints(COCO17.joints)[:, 1] > 310
    assert missing.sum() == 4
    assert_array_equal(np.isnan(person.points[:, :2]).all(axis=1), missing)
    assert_array_equal(person.points[missing, 2], 0)


@pytest.mark.parametrize("save", [made.save_heatmap_network, made.save_simcc_network])
def test_the_flip_test_changes_nothing_for_a_network_that_sees_mirror_images_alike(make, tmp_path, save):
    weights = save(tmp_path / "pose.onnx", SMALL)
    picture = made.picture(640, 500, PEOPLE[0])
    plain, flipped = (make(weights=weights, flip_test=flip).detect(picture)[0].points for flip in (False, True))
    assert_allclose(flipped, plain, atol=0.02)


@pytest.mark.parametrize("save", [made.save_heatmap_network, made.save_simcc_network])
def test_the_flip_test_takes_away_what_a_network_errs_to_one_side(make, tmp_path, save, monkeypatch):
    picture, weights = made.picture(640, 500, PEOPLE[0]), save(tmp_path / "pose.onnx", SMALL)

    def error(flip: bool) -> float:
        estimator = make(weights=weights, flip_test=flip)
        run = estimator._pose.network.run
        monkeypatch.setattr(
            estimator._pose.network, "run", lambda batch: [np.roll(run(batch)[0], 1, axis=-1), *run(batch)[1:]]
        )
        away = estimator.detect(picture)[0].points[:, :2] - PEOPLE[0].joints(COCO17.joints)
        return float(away[:, 0].mean())

    cell = 1.25 * 400 * 1.05 / 256 * (4 if save is made.save_heatmap_network else 0.5)
    assert_allclose(error(False), cell, rtol=0.15)
    assert_allclose(error(True), 0, atol=0.1)


# --- following --------------------------------------------------------------------------------------------------------


def test_no_box_means_nobody_and_the_pose_network_is_not_asked(make, monkeypatch):
    estimator = make()
    monkeypatch.setattr(estimator._detector, "find", lambda frame: Boxes(np.empty((0, 4)), np.empty(0)))
    asked = counted(estimator._pose.network, "run", monkeypatch)
    assert estimator.detect(made.picture(820, 500, *PEOPLE)) == []
    assert asked == []


def test_the_detector_looks_at_every_nth_picture_only(make, monkeypatch):
    estimator = make(detect_every=4)
    frames = [Frame.of(made.picture(640, 500, PEOPLE[0])) for _ in range(10)]
    looked = counted(estimator._detector, "find", monkeypatch)
    for frame in frames:
        assert len(estimator.detect(frame)) == 1
    assert [frames.index(frame) for frame in looked] == [0, 4, 8]


def test_between_detections_a_person_who_moves_is_followed_within_half_a_pixel(make, monkeypatch):
    estimator = make()
    looked = counted(estimator._detector, "find", monkeypatch)
    for step in range(10):
        body = Body(150.0 + 33 * step, 30.0 + 5 * step, 400.0)
        (person,) = estimator.detect(made.picture(640, 500, body))
        assert np.hypot(*(person.points[:, :2] - body.joints(COCO17.joints)).T).max() < 0.5
    assert len(looked) == 1


def test_who_is_lost_is_looked_for_at_once(make, monkeypatch):
    estimator = make()
    estimator.detect(made.picture(900, 500, Body(150.0, 30.0, 400.0)))
    looked = counted(estimator._detector, "find", monkeypatch)
    elsewhere = Body(700.0, 40.0, 380.0)
    (person,) = estimator.detect(made.picture(900, 500, elsewhere))
    assert_allclose(person.points[:, :2], elsewhere.joints(COCO17.joints), atol=0.5)
    assert len(looked) == 1


def test_who_comes_in_is_found_by_the_next_detection_and_stands_last(make):
    estimator = make(detect_every=5)
    first, second = PEOPLE[::-1]  # the larger one comes later
    for index in range(12):
        people = estimator.detect(made.picture(820, 500, first, *[second] * (index >= 2)))
        assert len(people) == (1 if index < 5 else 2)
        assert abs(people[0].points[0, 0] - first.x) < 1


def test_a_second_box_around_the_same_person_gives_no_second_person(make, monkeypatch):
    estimator = make(detect_every=2)
    body = Body(200.0, 40.0, 400.0)
    box = body.box()
    low = np.array([box[0], box[1] + 10, box[2], box[3] + 150])  # overlaps by less than suppression notices
    lower = Boxes(np.stack([box, low]), np.array([0.9, 0.4]))
    monkeypatch.setattr(estimator._detector, "find", lambda frame: lower)
    for _ in range(5):
        assert len(estimator.detect(made.picture(640, 600, body))) == 1


def test_who_is_not_confirmed_by_two_detections_is_dropped(make, monkeypatch):
    estimator = make(detect_every=3)
    picture = made.picture(640, 500, PEOPLE[0])
    estimator.detect(picture)
    monkeypatch.setattr(estimator._detector, "find", lambda frame: Boxes(np.empty((0, 4)), np.empty(0)))
    assert [len(estimator.detect(picture)) for _ in range(8)] == [1, 1, 1, 1, 1, 0, 0, 0]


def test_most_people_are_the_largest_and_surest(make):
    small, large = Body(530.8, 61.1, 200.0), Body(180.3, 40.6, 400.0, kind=1)
    estimator = make(max_people=1)
    for _ in range(12):
        (person,) = estimator.detect(made.picture(640, 500, small, large))
        assert abs(person.points[0, 0] - large.x) < 1


def test_a_box_keeps_its_margins_around_the_joints():
    points = np.column_stack([np.linspace(100, 200, 17), np.linspace(50, 450, 17), np.full(17, 0.9)])
    seen = topdown_following.after(Followed(np.array([80.0, 30.0, 230.0, 470.0])), points)
    assert_allclose(seen.box, [80, 30, 230, 470])
    moved = topdown_following.after(seen, points + np.array([30, -10, 0]))
    assert_allclose(moved.box, [110, 20, 260, 460])


def test_margins_have_limits():
    points = np.column_stack([np.linspace(100, 200, 17), np.linspace(50, 450, 17), np.full(17, 0.9)])
    wide = topdown_following.after(Followed(np.array([-900.0, 60.0, 230.0, 470.0])), points)
    assert_allclose(wide.box, [100 - 0.3 * 400, 50 - 0.03 * 400, 230, 470])


@given(st.lists(box, max_size=6), st.lists(box, max_size=6))
def test_pairs_of_boxes_are_one_to_one_and_overlap(some, others):
    some, others = [np.array(b, float) for b in some], np.array(others, float).reshape(-1, 4)
    found = topdown_following.pairs(some, others)
    assert len(set(found.values())) == len(found)
    for one, other in found.items():
        assert person_detectors.overlaps(some[one][None], others[other][None])[0, 0] >= 0.5


# --- what is said -----------------------------------------------------------------------------------------------------


def test_the_description_holds_both_digests_the_runtime_and_every_setting(make, detector_file, pose_file):
    described = make(max_people=3, detect_every=7, flip_test=True).describe()
    assert described["weights"] == {"detector": sha256_file(detector_file), "pose": sha256_file(pose_file)}
    assert "onnxruntime" in described["versions"]
    assert {"max_people": 3, "detect_every": 7, "flip_test": True}.items() <= described["settings"].items()
    assert described["detector"]["kind"] == "rtmdet"
    assert described["pose"]["kind"] == "simcc"


@pytest.mark.parametrize("setting", ["max_people", "detect_every"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True])
def test_numbers_below_one_are_refused(make, setting, value):
    with pytest.raises(KinebenchError, match=setting):
        make(**{setting: value})


def test_a_network_of_the_other_kind_is_refused_under_a_name(make):
    with pytest.raises(KinebenchError, match="hrnet-w32 must be a network with heatmaps"):
        make("hrnet-w32")


def test_a_network_that_answers_without_numbers_is_no_blank_frame(make, monkeypatch):
    estimator = make()
    monkeypatch.setattr(
        estimator._pose.network, "run", lambda batch: [np.full((len(batch), 17, n), np.nan) for n in (384, 512)]
    )
    with pytest.raises(KinebenchError, match="NaN"):
        estimator.detect(made.picture(640, 500, PEOPLE[0]))


def test_missing_and_wrong_files_are_named_with_a_remedy(tmp_path, monkeypatch, pose_file, detector_file):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path))
    (tmp_path / "weights").mkdir()
    with pytest.raises(KinebenchError, match=r"needs rtmdet_nano_person\.onnx .*--set detector=FILE"):
        estimators.get("rtmpose-m", weights=str(pose_file))
    (tmp_path / "weights" / "rtmdet_nano_person.onnx").write_bytes(detector_file.read_bytes())
    with pytest.raises(KinebenchError, match=r"digest .*--set detector="):
        estimators.get("rtmpose-m", weights=str(pose_file))
    with pytest.raises(KinebenchError, match=r"needs rtmpose-m\.onnx .*--set weights=FILE"):
        estimators.get("rtmpose-m", detector=str(detector_file))
    with pytest.raises(KinebenchError, match="there is no"):
        estimators.get("topdown", detector=str(detector_file), weights=str(tmp_path / "none.onnx"))


def test_both_networks_in_the_weights_folder_are_found(tmp_path, monkeypatch, pose_file):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "rtmdet_nano_person.onnx").write_bytes(shared_file(RTMDET).read_bytes())
    (tmp_path / "weights" / "rtmpose-s.onnx").write_bytes(pose_file.read_bytes())
    assert estimators.get("rtmpose-s").joints == COCO17.joints
    assert estimators.state("rtmpose-s") == "here"
    assert estimators.state("rtmpose-m") == "missing"
    # Under the names that they are published by they are found as well.
    (tmp_path / "weights" / "rtmdet_nano_person.onnx").rename(tmp_path / "weights" / "end2end.onnx")
    (tmp_path / "weights" / "rtmpose-s.onnx").rename(tmp_path / "weights" / "rtmpose-s_simcc-body7-256x192.onnx")
    assert estimators.get("rtmpose-s").joints == COCO17.joints
