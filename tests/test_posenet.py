"""PoseNet: maps made from known people give these people back; published references; the picture in the network."""

import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import estimators, video
from kinebench.errors import KinebenchError
from kinebench.estimators import posenet, posenet_decoding, posenet_network
from kinebench.estimators.posenet import PoseNet
from kinebench.estimators.posenet_decoding import EDGES, Maps, one, several
from kinebench.skeleton import COCO17
from tests.conftest import shared_file

WEIGHTS = "models/posenet_mobilenet_v1_075_353_481_quant.tflite"
STRIDE = 16.0
MIN_SCORE = posenet.MIN_PERSON_SCORE
# Within so many cells of a joint the network knows the way to it: 32 px, PersonLab's disk.
DISK_CELLS = 2.0
# A person's joints lie anywhere in a box of so many cells, height and width; the boxes stand side by side.
BOX = np.array([20.0, 8.0])
APART = 16.0


# --- maps of known people ---------------------------------------------------------------------------------------------


def maps_of(people: list[np.ndarray], sure: list[float], shape: tuple[int, int]) -> Maps:
    """What a perfect network would say: `people` each (17, 2) y and x in cells, `sure` the logit at each one's joints.

    Filled channel by channel in the order in which libcoral's decoder reads them, offsets in pixels of the input.
    """
    cells = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).astype(float)
    heatmaps = np.full((*shape, 17), -8.0)
    short, mid = np.zeros((*shape, 34)), np.zeros((*shape, 64))
    for person, height in zip(people, sure, strict=True):
        for joint in range(17):
            away = np.linalg.norm(cells - person[joint], axis=-1)
            disk = away <= DISK_CELLS
            heatmaps[disk, joint] = np.maximum(heatmaps[disk, joint], height - away[disk])
            to_joint = (person[joint] - cells[disk]) * STRIDE
            short[disk, joint], short[disk, 17 + joint] = to_joint.T
            for edge, (parent, child) in enumerate(EDGES):
                if joint in (parent, child):
                    there, first = (child, 0) if joint == parent else (parent, 32)
                    to_other = (person[there] - cells[disk]) * STRIDE
                    mid[disk, first + edge], mid[disk, first + 16 + edge] = to_other.T
    return Maps.of(heatmaps, short, mid, STRIDE)


def shape_for(count: int) -> tuple[int, int]:
    return 26, int(APART * count + 6)


def scattered(count: int, seed: int) -> list[np.ndarray]:
    """`count` people whose joints lie anywhere, each in a box of its own."""
    rng = np.random.default_rng(seed)
    return [3 + rng.uniform(0, 1, (17, 2)) * BOX + [0, APART * i] for i in range(count)]


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=30)
@given(count=st.integers(1, 5), seed=seeds)
def test_everybody_on_the_maps_is_found_once_with_all_joints_where_they_are(count, seed):
    people = scattered(count, seed)
    found = several(maps_of(people, [6.0] * count, shape_for(count)), 20, STRIDE, MIN_SCORE)
    assert len(found) == count
    in_order = sorted((joints for joints, _ in found), key=lambda joints: joints[:, 1].mean())
    for joints, person in zip(in_order, people, strict=True):
        assert_allclose(joints[:, :2], person, atol=1e-6)
        assert (joints[:, 2] > 0.98).all()


@settings(max_examples=30)
@given(seed=seeds, sure=st.floats(2.5, 8.0))
def test_of_one_person_both_ways_tell_the_same(seed, sure):
    maps = maps_of(scattered(1, seed), [sure], shape_for(1))
    ((joints, score),) = several(maps, 20, STRIDE, MIN_SCORE)
    assert_allclose(one(maps), joints, atol=1e-6)
    assert score == pytest.approx(joints[:, 2].mean())


@given(order=st.permutations([3.0, 4.0, 5.0, 6.0]))
def test_people_come_surest_first(order):
    found = several(maps_of(scattered(4, 7), list(order), shape_for(4)), 20, STRIDE, MIN_SCORE)
    columns = [int(joints[:, 1].mean() // APART) for joints, _ in found]
    assert columns == list(np.argsort(order)[::-1])
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_a_joint_that_is_not_seen_is_put_where_its_neighbour_points_and_is_not_trusted():
    (person,) = scattered(1, 11)
    maps = maps_of([person], [6.0], shape_for(1))
    wrist = COCO17.joints.index("left_wrist")
    hidden = Maps(maps.logits.copy(), maps.short.copy(), maps.mid)
    hidden.logits[..., wrist] = -8.0
    hidden.short[:, :, wrist] = 0.0
    ((joints, _),) = several(hidden, 20, STRIDE, MIN_SCORE)
    assert_allclose(joints[:, :2], person, atol=1e-6)
    assert joints[wrist, 2] < 0.001


@pytest.mark.parametrize(("apart_px", "count"), [(15, 1), (25, 2)])
def test_a_joint_within_20_pixels_of_a_persons_own_starts_no_other_person(apart_px, count):
    (person,) = scattered(1, 5)
    maps = maps_of([person], [6.0], shape_for(1))
    nose = COCO17.joints.index("nose")
    row, column = 23, 20  # far from all others
    maps.logits[row, column, nose] = 5.0
    maps.short[row, column, nose] = person[nose] + [apart_px / STRIDE, 0] - [row, column]
    assert len(several(maps, 20, STRIDE, 0.0)) == count


def test_only_the_highest_of_neighbouring_cells_starts_a_person():
    (person,) = scattered(1, 5)
    maps = maps_of([person], [6.0], shape_for(1))
    nose = COCO17.joints.index("nose")
    row, column = 23, 19  # far from all others
    maps.logits[row, column, nose] = 5.0
    maps.short[row, column, nose] = person[nose] - [row, column]
    maps.logits[row, column + 1, nose] = 4.0  # its own offset is 0: it points to nobody
    assert len(several(maps, 20, STRIDE, 0.0)) == 1


def test_a_persons_score_leaves_out_what_lies_on_a_surer_person():
    first, second = scattered(2, 9)
    second[5:] = first[5:]  # only the head is the second one's own
    found = several(maps_of([first, second], [6.0, 5.0], shape_for(2)), 20, STRIDE, 0.1)
    assert len(found) == 2
    joints, score = found[1]
    assert_allclose(joints[:5, :2], second[:5], atol=1e-6)
    assert score == pytest.approx(joints[:5, 2].sum() / 17)
    assert len(several(maps_of([first, second], [6.0, 5.0], shape_for(2)), 20, STRIDE, 0.3)) == 1


def test_no_more_people_than_asked_for():
    maps = maps_of(scattered(4, 2), [3.0, 4.0, 5.0, 6.0], shape_for(4))
    found = several(maps, 2, STRIDE, MIN_SCORE)
    assert [int(joints[:, 1].mean() // APART) for joints, _ in found] == [3, 2]


def test_nobody_starts_at_a_joint_that_is_less_than_half_sure():
    assert several(maps_of(scattered(1, 4), [-0.1], shape_for(1)), 20, STRIDE, 0.0) == []


@pytest.mark.parametrize("corner", [(0, 0), (0, -1), (-1, 0), (-1, -1)])
def test_offsets_that_lead_off_the_maps_end_at_their_edge(corner):
    maps = maps_of(scattered(1, 6), [6.0], shape_for(1))
    last = np.array(maps.logits.shape[:2]) - 1
    towards = np.where(np.array(corner) == 0, -100.0, 100.0)
    maps.short[:], maps.mid[:] = towards, towards
    ((joints, _),) = several(maps, 20, STRIDE, 0.0)
    expected = np.where(np.array(corner) == 0, 0, last)
    assert_allclose(joints[:, :2], np.tile(expected, (17, 1)))
    assert_allclose(one(maps)[:, :2], np.tile(expected, (17, 1)))


# libcoral, coral/posenet/posenet_decoder_test.cc, FindDisplacedPositionTest.PositionIsCorrect.
@pytest.mark.parametrize(
    ("steps", "y", "x"),
    [(0, 4.161290, 3.819355), (1, 4.639046, 4.439290), (2, 5.168825, 5.111249), (3, 5.755558, 5.840163)],
)
def test_a_step_along_an_edge_ends_where_libcorals_own_test_says(steps, y, x, monkeypatch):
    height, width, joints, edges = 10, 8, 3, 4
    rows, columns = np.mgrid[:height, :width][..., None]
    short = rows + columns + np.arange(2 * joints) + 0.1
    short = short / (height - 1 + width - 1 + joints * 2 - 1 + 0.1)
    mid = 2 * (rows + columns + np.arange(4 * edges) + 0.1) / (height - 1 + width - 1 + 4 * edges - 1) - 0.5
    ways = np.zeros((height, width, 2, edges, 2))
    ways[:, :, 0] = np.stack([mid[..., :edges], mid[..., edges : 2 * edges]], axis=-1)
    ends = np.stack([short[..., :joints], short[..., joints:]], axis=-1)
    maps = Maps(np.zeros((height, width, joints)), ends, ways)
    monkeypatch.setattr(posenet_decoding, "REFINEMENTS", steps)
    assert_allclose(posenet_decoding._displaced(maps, (4.1, 3.5), 0, 1, 2), (y, x), rtol=1e-6)


def test_the_edges_are_numbered_as_in_libcorals_own_test():
    # libcoral, coral/posenet/posenet_decoder_test.cc, BuildAdjacencyListTest: of each joint, its neighbours and edges.
    children = [
        [1, 2, 5, 6], [3, 0], [4, 0], [1], [2], [7, 11, 0], [8, 12, 0], [9, 5], [10, 6], [7], [8], [13, 5], [14, 6],
        [15, 11], [16, 12], [13], [14],
    ]  # fmt: skip
    edges = [
        [0, 2, 4, 10], [1, 16], [3, 18], [17], [19], [5, 7, 20], [11, 13, 26], [6, 21], [12, 27], [22], [28], [8, 23],
        [14, 29], [9, 24], [15, 30], [25], [31],
    ]  # fmt: skip
    for joint, ways in enumerate(posenet_decoding._WAYS):
        own = {(child, direction * 16 + edge) for child, direction, edge in ways}
        assert own == set(zip(children[joint], edges[joint], strict=True))


# --- from the maps to the picture -------------------------------------------------------------------------------------


class Perfect:
    """In place of the network: says where `people`, (17, 2) x and y in pixels of the picture, are."""

    stride = STRIDE
    width, height = 481, 353

    def __init__(self, people: list[np.ndarray], size: tuple[int, int]) -> None:
        self.people, self.size = people, size

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        # The picture shown as large as fits, in the middle; its pixels are squares from edge to edge.
        self.scale = min(self.size[0] / width, self.size[1] / height)
        self.border = (np.array(self.size) - self.scale * np.array([width, height])) / 2
        return self.size

    def run(self, patch: np.ndarray) -> Maps:
        assert patch.shape == (self.size[1], self.size[0], 3)
        cells = [(((xy + 0.5) * self.scale + self.border - 0.5) / STRIDE)[:, ::-1] for xy in self.people]
        return maps_of(cells, [6.0] * len(cells), ((self.size[1] - 1) // 16 + 1, (self.size[0] - 1) // 16 + 1))


def perfect(people: list[np.ndarray], size: tuple[int, int], monkeypatch, **settings) -> PoseNet:
    monkeypatch.setattr(posenet_network, "Network", lambda path, *, threads: Perfect(people, size))
    return PoseNet(weights=__file__, **settings)


@pytest.mark.parametrize("size", [(481, 273), (481, 353), (353, 481)], ids=str)
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (640, 480), (200, 150)])
@pytest.mark.parametrize("max_people", [None, 1])
def test_joints_land_where_they_lie_in_the_picture(width, height, size, max_people, monkeypatch):
    xy = np.random.default_rng(1).uniform(0.2, 0.8, (17, 2)) * [width, height]
    (person,) = perfect([xy], size, monkeypatch, max_people=max_people).detect(np.zeros((height, width, 3), np.uint8))
    assert_allclose(person.points[:, :2], xy, atol=1e-6 * max(width, height))
    assert_allclose(person.box, [*xy.min(axis=0), *xy.max(axis=0)], atol=1e-6 * max(width, height))


@pytest.mark.parametrize("most", [1, 2, 3, None])
def test_no_more_people_than_the_user_asked_for(most, monkeypatch):
    joints = np.random.default_rng(2).uniform(0.1, 0.9, (17, 2)) * [120, 400]
    people = [joints + np.array([left, 0]) for left in (0, 250, 500)]
    found = perfect(people, (481, 353), monkeypatch, max_people=most).detect(np.zeros((480, 640, 3), np.uint8))
    assert len(found) == (most or 3)


def test_for_one_person_the_way_from_joint_to_joint_is_not_asked(monkeypatch):
    xy = np.random.default_rng(4).uniform(0.2, 0.8, (17, 2)) * [640, 480]
    estimator = perfect([xy], (481, 353), monkeypatch, max_people=1)
    maps_then = Perfect.run
    monkeypatch.setattr(Perfect, "run", lambda self, patch: lost(maps_then(self, patch)))
    (person,) = estimator.detect(np.zeros((480, 640, 3), np.uint8))
    assert_allclose(person.points[:, :2], xy, atol=1e-3)


def lost(maps: Maps) -> Maps:
    return Maps(maps.logits, maps.short, np.full_like(maps.mid, 50.0))


@pytest.mark.parametrize("wrong", [0, 21, -1, 2.0, True, "2"], ids=repr)
def test_a_number_of_people_that_cannot_be_is_refused(wrong):
    with pytest.raises(KinebenchError, match="max_people must be a whole number from 1 to 20"):
        PoseNet(max_people=wrong)


# --- the real network -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def multi() -> PoseNet:
    return estimators.get("posenet", weights=str(shared_file(WEIGHTS)))


@pytest.fixture(scope="module")
def single() -> PoseNet:
    return estimators.get("posenet", weights=str(shared_file(WEIGHTS)), max_people=1)


def read(name: str) -> np.ndarray:
    return np.ascontiguousarray(iio.imread(shared_file(f"images/{name}"))[..., :3])


def test_the_two_people_are_where_the_published_decoder_found_them(multi):
    picture = read("coral_posenet_test_image.bmp")
    published = pd.read_csv(shared_file("reference/coral_posenet_075_353_481_reference_test_image.csv"))
    people = multi.detect(picture)
    assert len(people) == published["pose_id"].nunique() == 2
    for person, (_, rows) in zip(people, published.groupby("pose_id"), strict=True):
        expected = rows[["keypoint_x", "keypoint_y"]].to_numpy() * [640, 480] - 0.5
        sure = rows["keypoint_score"].to_numpy() > 0.5
        away = np.hypot(*(person.points[:, :2] - expected)[sure].T)
        assert (away < 10).mean() >= 0.9
        assert np.median(away) < 5
        assert person.score == pytest.approx(rows["pose_score"].iloc[0], abs=0.1)


@pytest.mark.parametrize(("row", "name"), [(0, "tfexamples_image1.png"), (1, "tfexamples_image2.jpg")])
def test_the_points_lie_on_the_true_ones(row, name, multi, single):
    truth = pd.read_csv(shared_file("reference/tfexamples_pose_landmark_truth.csv"))
    expected = np.column_stack([[truth[f"{joint}_{c}"][row] for joint in COCO17.joints] for c in "xy"])
    for estimator in (multi, single):
        (person,) = estimator.detect(read(name))
        sure = person.points[:, 2] > 0.5
        away = np.hypot(*(person.points[:, :2] - expected).T)[sure] / np.ptp(expected[:, 1])
        assert sure.sum() >= 13
        assert np.median(away) < 0.02
        assert np.quantile(away, 0.9) < 0.06  # of folded arms it takes one wrist for the other


@pytest.mark.parametrize(
    ("name", "count"),
    [("coral_squat.bmp", 1), ("tfjs_pose.jpg", 1), ("tfjs_three_people.jpg", 3), ("tfexamples_image2.jpg", 1)],
)
def test_as_many_people_are_found_as_there_are(name, count, multi):
    assert len(multi.detect(read(name))) == count


def test_the_rower_is_found_alone_in_every_frame_with_the_hips_where_mediapipe_found_them(multi):
    name = "rowing_ergometer_side_jakobkb"
    reference = pd.read_csv(shared_file(f"reference/mediapipe_0.10.21_full_still__{name}.csv"))
    hips, shoulders = (
        np.column_stack([(reference[f"left_{joint}_{c}"] + reference[f"right_{joint}_{c}"]) / 2 for c in "xy"])
        for joint in ("hip", "shoulder")
    )
    pair = [COCO17.joints.index(f"{side}_hip") for side in ("left", "right")]
    away = []
    for frame in video.frames(video.open_clip(shared_file(f"videos/{name}.mp4"), every=3)):
        (person,) = multi.detect(frame)
        away.append(np.linalg.norm(person.points[pair, :2].mean(axis=0) - hips[frame.number]))
    torso = np.median(np.linalg.norm(hips - shoulders, axis=1))
    assert len(away) == 21
    assert np.median(away) < 0.15 * torso


def test_the_result_does_not_depend_on_the_number_of_threads(multi):
    picture = read("coral_posenet_test_image.bmp")
    alone = PoseNet(weights=str(shared_file(WEIGHTS)), threads=1)
    for one_thread, two in zip(alone.detect(picture), multi.detect(picture), strict=True):
        assert_array_equal(one_thread.points, two.points)


def test_pictures_of_changing_shape_are_seen_as_each_by_itself(multi):
    pictures = [read("coral_squat.bmp"), read("coral_posenet_test_image.bmp"), read("tfexamples_image2.jpg")]
    before = [multi.detect(picture)[0].points for picture in pictures]
    for picture, points in zip(pictures[::-1], before[::-1], strict=True):
        assert_array_equal(multi.detect(picture)[0].points, points)


# --- the network's input ----------------------------------------------------------------------------------------------


@given(width=st.integers(1, 5000), height=st.integers(1, 5000))
def test_the_input_keeps_the_pictures_shape_at_the_networks_longer_side_in_whole_cells(width, height):
    own = object.__new__(posenet_network.Network)
    own.width, own.height, own.stride = 481, 353, 16.0
    size = own.fitted(width, height)
    assert max(size) == 481
    for side, length in zip(size, (width, height), strict=True):
        shown = length * 481 / max(width, height)
        assert side % 16 == 1
        assert side >= max(33, shown - 1e-6)
        assert side == 33 or side < shown + 16


class Quantised:
    """In place of LiteRT's interpreter: each output holds the numbers 0 to 255 over and over."""

    def set_tensor(self, index, value):
        self.given = value

    def invoke(self):
        pass

    def get_tensor(self, index):
        return np.resize(np.arange(256), (1, 3, 4, posenet_network.CHANNELS[index])).astype(np.uint8)


def test_a_quantised_number_is_a_multiple_of_its_scale_from_its_zero_point():
    own = object.__new__(posenet_network.Network)
    own.stride, own._interpreter, own._entry, own._shape = 16.0, Quantised(), {"index": 0}, (1, 33, 49, 3)
    quantised = [(0.5, 128), (0.25, 100), (2.0, 117)]
    own._answers = [{"index": i, "quantization": how} for i, how in enumerate(quantised)]
    maps = own.run(np.zeros((33, 49, 3), np.uint8))
    numbers = [own._interpreter.get_tensor(i)[0].astype(int) for i in range(3)]
    assert_allclose(maps.logits, (numbers[0] - 128) * 0.5)
    assert_allclose(maps.short[..., 0] * 16, (numbers[1][..., :17] - 100) * 0.25)
    assert_allclose(maps.mid[..., 1, :, 1] * 16, (numbers[2][..., 48:] - 117) * 2.0)


def test_the_network_says_what_it_is(multi):
    described = multi.describe()
    assert described["weights"] == {"own weights": "d589f727ee72effba3e8211b04c284fc65fc0a22907c161e2d6c080244d5c264"}
    assert described["input_px"] == [481, 353]


def test_a_file_in_the_weights_folder_is_taken_and_its_absence_said(tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path))
    with pytest.raises(KinebenchError, match=r"posenet\.tflite"):
        estimators.get("posenet")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "posenet.tflite").symlink_to(shared_file(WEIGHTS))
    assert estimators.get("posenet").describe()["weights"].keys() == {"posenet.tflite"}


def test_what_is_written_does_not_name_the_users_file(tmp_path):
    own = tmp_path / "Anna_Mueller.tflite"
    own.symlink_to(shared_file(WEIGHTS))
    assert "Anna" not in str(estimators.get("posenet", weights=str(own)).describe())


def test_another_network_is_refused_in_one_line():
    path = shared_file("models/movenet_singlepose_lightning_int8_v4.tflite")
    with pytest.raises(KinebenchError, match=r"uint8 \(1, 192, 192, 3\) to float32 \(1, 1, 17, 3\)") as error:
        PoseNet(weights=str(path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x1c\x00\x00\x00TFL3" + b"\x00" * 64])
def test_a_file_that_is_no_network_is_refused_in_one_line(content, tmp_path):
    (tmp_path / "posenet.tflite").write_bytes(content)
    with pytest.raises(KinebenchError, match=r"posenet\.tflite could not be loaded") as error:
        PoseNet(weights=str(tmp_path / "posenet.tflite"))
    assert "\n" not in str(error.value)


def test_weights_that_are_not_there_are_named(tmp_path):
    with pytest.raises(KinebenchError, match=r"none\.tflite"):
        PoseNet(weights=str(tmp_path / "none.tflite"))


def test_loading_a_file_says_nothing(capfd):
    PoseNet(weights=str(shared_file(WEIGHTS)))
    assert capfd.readouterr() == ("", "")
