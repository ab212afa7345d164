"""MoveNet MultiPose: the whole picture in the network's input and back, several people, the ways to the weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench import estimators, video
from kinebench.errors import KinebenchError
from kinebench.estimators import movenet_multipose, movenet_network
from kinebench.estimators.movenet_multipose import HANDLE, MultiPose
from kinebench.estimators.whole_picture import patch_to_picture
from tests import multipose_networks, networks
from tests.conftest import shared_file

OPEN = (movenet_network.ANY, movenet_network.ANY)
SIZES = [(640, 480), (480, 640), (1920, 1080), (1080, 1920), (333, 500), (1000, 210), (256, 256)]
sides_px = st.integers(1, 5000)


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """An empty weights folder of its own, and an empty cache of the hub."""
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    folder = tmp_path / "cache" / "weights"
    folder.mkdir(parents=True)
    return folder


# --- the picture in the input -----------------------------------------------------------------------------------------


@given(width=sides_px, height=sides_px)
def test_the_input_is_256_pixels_long_in_the_pictures_shape_and_completed_to_multiples_of_32(width, height):
    across, down = movenet_multipose.fitted(width, height, OPEN)
    assert max(across, down) == 256
    for side, own in ((across, width), (down, height)):
        shown = own * 256 / max(width, height)
        assert side % 32 == 0
        assert shown - 1e-6 <= side < shown + 32


def test_a_network_of_fixed_size_is_given_that_size():
    assert movenet_multipose.fitted(1920, 1080, (192, 320)) == (320, 192)


@given(width=sides_px, height=sides_px, size=st.tuples(st.integers(16, 600), st.integers(16, 600)))
def test_the_whole_picture_fills_the_input_in_one_direction_and_lies_in_its_middle(width, height, size):
    to_patch = np.linalg.inv(np.vstack([patch_to_picture(width, height, size), [0, 0, 1]]))
    corners = np.array([[-0.5, -0.5, 1], [width - 0.5, height - 0.5, 1]]) @ to_patch.T
    left_top, right_bottom = corners[0, :2] + 0.5, corners[1, :2] + 0.5
    assert_allclose(left_top + right_bottom, size, atol=1e-6)  # as much beyond on either side
    shown = right_bottom - left_top
    assert_allclose(shown[0] / shown[1], width / height, rtol=1e-6)
    assert (shown <= np.array(size) + 1e-6).all()
    assert np.isclose(shown, size).any()


# --- the answer, from a network that says what the test wants ---------------------------------------------------------


class Said:
    """In place of a network: answers `rows` (6, 56), and keeps what it was shown."""

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows
        self.shown: list[np.ndarray] = []

    def load_named(self, name, handle, weights, *, threads, kind):
        def run(patch: np.ndarray) -> np.ndarray:
            self.shown.append(patch)
            return self.rows.astype(np.float32)

        return movenet_network.Network(OPEN, run, "said", "0" * 64, {})


def said(monkeypatch, rows: np.ndarray, **settings) -> tuple[MultiPose, Said]:
    network = Said(rows)
    monkeypatch.setattr(movenet_network, "load_named", network.load_named)
    return MultiPose(**settings), network


def people_said(scores: list[float]) -> np.ndarray:
    rows = np.random.default_rng(3).uniform(0, 1, (6, 56))
    rows[:, -1] = scores
    return rows


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_joints_and_box_land_where_the_patch_was_taken_from(size, monkeypatch):
    width, height = size
    rows = people_said([0.9, 0, 0, 0, 0, 0])
    estimator, network = said(monkeypatch, rows)
    (person,) = estimator.detect(np.zeros((height, width, 3), np.uint8))
    down, across = network.shown[0].shape[:2]
    scale = 256 / max(size)
    # From 0..1 of the padded patch to its pixels, minus the border, divided by the scale: to the picture's edges.
    border = (np.array([across, down]) - np.array(size) * scale) / 2
    joints = rows[0, :51].reshape(17, 3)
    expected = (joints[:, 1::-1] * [across, down] - border) / scale - 0.5
    assert_allclose(person.points[:, :2], expected, atol=1e-3)
    assert_allclose(person.points[:, 2], joints[:, 2], atol=1e-6)
    box = rows[0, 51:55].reshape(2, 2)[:, ::-1]
    assert_allclose(person.box.reshape(2, 2), (box * [across, down] - border) / scale - 0.5, atol=1e-3)
    assert person.score == pytest.approx(0.9)


def test_people_come_surest_first_and_those_below_a_quarter_are_left_out(monkeypatch):
    estimator, _ = said(monkeypatch, people_said([0.3, 0.9, 0.24, 0.1, 0.26, 0.5]))
    people = estimator.detect(np.zeros((48, 64, 3), np.uint8))
    assert_allclose([person.score for person in people], [0.9, 0.5, 0.3, 0.26], rtol=1e-6)


@pytest.mark.parametrize("most", range(1, 7))
def test_no_more_people_than_asked_for_and_those_the_surest(most, monkeypatch):
    scores = [0.3, 0.9, 0.4, 0.8, 0.26, 0.5]
    estimator, _ = said(monkeypatch, people_said(scores), max_people=most)
    people = estimator.detect(np.zeros((48, 64, 3), np.uint8))
    assert_allclose([person.score for person in people], sorted(scores, reverse=True)[:most], rtol=1e-6)


@pytest.mark.parametrize("wrong", [0, 7, -1, 2.0, True, "2"], ids=repr)
def test_a_number_of_people_that_cannot_be_is_refused(wrong):
    with pytest.raises(KinebenchError, match="max_people must be a whole number from 1 to 6"):
        MultiPose(max_people=wrong)


def test_scores_beyond_one_stay_confidences(monkeypatch):
    rows = people_said([1.02, 0, 0, 0, 0, 0])
    rows[0, 2:51:3] = np.linspace(-0.1, 1.1, 17)
    estimator, _ = said(monkeypatch, rows)
    (person,) = estimator.detect(np.zeros((48, 64, 3), np.uint8))
    assert person.score == 1.0
    assert person.points[:, 2].min() == 0.0
    assert person.points[:, 2].max() == 1.0


# --- the ways to the weights ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["movenet-multipose.tflite", "movenet_multipose_lightning_tflite_float16_1.tflite"])
def test_a_file_in_the_weights_folder_is_found_by_its_usual_names(name, weights):
    (weights / "movenet_singlepose_lightning.tflite").touch()
    assert movenet_multipose.find("movenet-multipose") is None
    (weights / name).touch()
    assert movenet_multipose.find("movenet-multipose") == weights / name
    assert movenet_network.in_weights_folder("movenet-lightning") == weights / "movenet_singlepose_lightning.tflite"


def test_a_single_pose_network_is_refused():
    path = shared_file("models/movenet_singlepose_lightning_int8_v4.tflite")
    with pytest.raises(KinebenchError, match=r"\(1, 6, 56\)"):
        MultiPose(weights=str(path)).detect(np.zeros((48, 64, 3), np.uint8))


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x1c\x00\x00\x00TFL3" + b"\x00" * 64])
def test_a_file_that_is_no_network_is_refused_in_one_line(content, weights):
    (weights / "movenet-multipose.tflite").write_bytes(content)
    with pytest.raises(KinebenchError, match=r"movenet-multipose\.tflite could not be loaded") as error:
        estimators.get("movenet-multipose")
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return multipose_networks.save(tmp_path_factory.mktemp("multipose") / "movenet-multipose")


@pytest.fixture(scope="module")
def tflite(saved):
    return multipose_networks.save_tflite(saved, saved.parent / "movenet-multipose.tflite")


def spots(width: int, height: int) -> dict[str, tuple[tuple[float, float], float]]:
    """Five people side by side; their spots don't touch."""
    deviation = min(width / 60, height / 20)
    down = (0.5, 0.4, 0.6, 0.45, 0.55)
    return {
        colour: ((width * (0.1 + 0.2 * i), height * down[i]), deviation)
        for i, colour in enumerate(("white", "red", "green", "blue", "cyan"))
    }


@pytest.mark.xdist_group("tensorflow")
class TestNetwork:
    """With a network of MultiPose's signature whose answer is known, as a SavedModel, in the hub's cache, as a file."""

    def check(self, estimator, size):
        width, height = size
        expected = spots(width, height)
        people = estimator.detect(multipose_networks.spots_picture(width, height, expected))
        order = ("cyan", "blue", "green", "red", "white")
        assert_allclose([person.score for person in people], [0.9, 0.75, 0.7, 0.65, 0.6], atol=1e-6)
        for person, colour in zip(people, order, strict=True):
            centre, deviation = expected[colour]
            # A pixel of the patch is some of the picture's: the spot is found to a fifth of one.
            atol = 0.2 * max(1.0, max(size) / 256)
            assert_allclose(person.points[:, :2], networks.joints_of(centre, deviation), atol=atol)
            assert_allclose(person.points[:, 2], multipose_networks.JOINT_SCORE, atol=1e-6)
            assert_allclose(person.box, multipose_networks.box_of(centre, deviation), atol=atol)

    @pytest.mark.parametrize("size", [(640, 480), (480, 640), (1920, 1080), (300, 260)], ids=str)
    def test_a_saved_model_finds_everybody_where_they_are(self, size, saved):
        self.check(MultiPose(weights=str(saved)), size)

    def test_a_tflite_file_finds_everybody_in_pictures_of_changing_shape(self, tflite):
        estimator = MultiPose(weights=str(tflite))
        for size in [(640, 480), (480, 640), (1920, 1080), (640, 480)]:
            self.check(estimator, size)

    def test_a_frame_and_its_picture_are_seen_alike(self, tflite):
        picture = multipose_networks.spots_picture(640, 480, spots(640, 480))
        estimator = MultiPose(weights=str(tflite), max_people=1)
        (one,), (other,) = estimator.detect(picture), estimator.detect(video.Frame.of(picture))
        np.testing.assert_array_equal(one.points, other.points)

    def test_the_hubs_own_cache(self, saved, weights, tmp_path):
        (tmp_path / "hub").mkdir()
        assert estimators.state("movenet-multipose") == "missing"
        networks.in_hub_cache(tmp_path / "hub", HANDLE).symlink_to(saved, target_is_directory=True)
        assert estimators.state("movenet-multipose") == "here"
        estimator = estimators.get("movenet-multipose")
        self.check(estimator, (640, 480))
        assert estimator.describe()["weights"] == {HANDLE: movenet_network.folder_sha256(saved)}

    def test_a_folder_in_the_weights_folder(self, saved, weights):
        (weights / "movenet-multipose").symlink_to(saved, target_is_directory=True)
        self.check(estimators.get("movenet-multipose"), (640, 480))

    def test_a_saved_model_for_one_person_is_refused(self, tmp_path):
        thunder = networks.save_spot_network(tmp_path / "thunder", 256)
        with pytest.raises(KinebenchError, match="Use MoveNet MultiPose"):
            MultiPose(weights=str(thunder)).detect(np.zeros((48, 64, 3), np.uint8))
