"""MoveNet: the square that follows the torso, three ways to the weights, published references, real videos."""

import itertools
import os
import socket
import subprocess
import sys

import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose

from kinebench import estimators, video
from kinebench.errors import KinebenchError
from kinebench.estimators import movenet, movenet_crop, movenet_network
from kinebench.skeleton import COCO17
from tests import networks
from tests.conftest import shared_file

LIGHTNING = "models/movenet_singlepose_lightning_int8_v4.tflite"


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """An empty weights folder of its own, and an empty cache of the hub."""
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    folder = tmp_path / "cache" / "weights"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def lightning():
    return estimators.get("movenet-lightning", weights=str(shared_file(LIGHTNING)))


# --- the square -------------------------------------------------------------------------------------------------------


def tutorial_square(keypoints: np.ndarray, height: int, width: int) -> dict[str, float]:
    """The published rule, joint by joint: keypoints (17, 3) of y, x from 0 to 1 of the picture, and score."""
    index = {joint: i for i, joint in enumerate(COCO17.joints)}
    if width > height:
        whole = {"y": (height - width) / 2 / height, "x": 0.0, "height": width / height, "width": 1.0}
    else:
        whole = {"y": 0.0, "x": (width - height) / 2 / width, "height": 1.0, "width": height / width}

    def score(joint):
        return keypoints[index[joint]][2]

    hips = score("left_hip") > 0.2 or score("right_hip") > 0.2
    shoulders = score("left_shoulder") > 0.2 or score("right_shoulder") > 0.2
    if not (hips and shoulders):
        return whole
    at = {joint: (keypoints[i][0] * height, keypoints[i][1] * width) for joint, i in index.items()}
    centre_y = (at["left_hip"][0] + at["right_hip"][0]) / 2
    centre_x = (at["left_hip"][1] + at["right_hip"][1]) / 2
    half = 0.0
    for joint, (y, x) in at.items():
        away = max(abs(centre_y - y), abs(centre_x - x))
        if joint in ("left_shoulder", "right_shoulder", "left_hip", "right_hip"):
            half = max(half, away * 1.9)
        if score(joint) >= 0.2:
            half = max(half, away * 1.2)
    half = min(half, max(centre_x, width - centre_x, centre_y, height - centre_y))
    if half > max(width, height) / 2:
        return whole
    return {
        "y": (centre_y - half) / height,
        "x": (centre_x - half) / width,
        "height": 2 * half / height,
        "width": 2 * half / width,
    }


sizes = st.integers(64, 4000)


def body(centre: np.ndarray, spread: float, seed: int) -> np.ndarray:
    """Joints around a centre; the scores lie at, below and above the bound, independently of each other."""
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [np.clip(centre + spread * rng.normal(size=(17, 2)), 0, 1), rng.choice([0.1, 0.2, 0.3, 0.9], 17)]
    )


bodies = hnp.arrays(float, (17, 3), elements=st.floats(0, 1)) | st.builds(
    body, hnp.arrays(float, 2, elements=st.floats(0.2, 0.8)), st.floats(0.02, 0.1), st.integers(0, 10_000)
)


@given(normalised=bodies, width=sizes, height=sizes)
def test_the_square_is_that_of_the_tutorial(normalised, width, height):
    expected = tutorial_square(normalised, height, width)
    if expected["width"] * width < movenet_crop.MIN_SIDE_PX:
        return
    points = np.column_stack([normalised[:, 1] * width - 0.5, normalised[:, 0] * height - 0.5, normalised[:, 2]])
    left, top, side = movenet_crop.following(points, width, height)
    assert_allclose(
        [left / width, top / height, side / width, side / height],
        [expected["x"], expected["y"], expected["width"], expected["height"]],
        rtol=1e-9,
        atol=1e-9,
    )


@given(width=sizes, height=sizes)
def test_without_a_torso_the_whole_picture_is_looked_at(width, height):
    points = np.full((17, 3), 0.5)
    points[:, :2] = 100.0
    points[movenet_crop.HIPS, 2] = 0.1
    assert_allclose(movenet_crop.following(points, width, height), movenet_crop.whole(width, height))


def test_joints_all_in_one_place_are_no_person_to_look_at_from_near():
    points = np.tile([100.0, 80.0, 0.9], (17, 1))
    assert_allclose(movenet_crop.following(points, 640, 480), movenet_crop.whole(640, 480))


@given(
    square=st.tuples(st.floats(-500, 500), st.floats(-500, 500), st.floats(20, 3000)), size=st.sampled_from([192, 256])
)
def test_the_corners_of_the_patch_are_the_corners_of_the_square(square, size):
    matrix = movenet_crop.patch_to_picture(np.array(square), size)
    first, last = (matrix @ [p, p, 1.0] + 0.5 for p in (-0.5, size - 0.5))
    assert_allclose(first, square[:2], atol=1e-6)
    assert_allclose(last, np.array(square[:2]) + square[2], atol=1e-6)


@given(output=hnp.arrays(np.float32, (17, 3), elements=st.floats(0, 1, width=32)), size=st.sampled_from([192, 256]))
def test_an_answer_lands_where_the_patch_was_taken_from(output, size):
    square = np.array([-30.0, 12.5, 410.0])
    matrix = movenet_crop.patch_to_picture(square, size)
    patch_pixels = output[:, 1::-1].astype(float) * size - 0.5
    expected = patch_pixels @ matrix[:, :2].T + matrix[:, 2]
    assert_allclose(movenet_crop.to_picture(output, square)[:, :2], expected, atol=1e-9)


@pytest.mark.parametrize("side", [100.0, 500.0, 1500.0])
def test_a_bright_spot_is_found_in_the_patch_where_it_lies_in_the_picture(side):
    picture = np.zeros((480, 640, 3), np.uint8)
    yy, xx = np.mgrid[:480, :640]
    spot = np.array([300.0, 200.0])
    picture[:] = (255 * np.exp(-((xx - spot[0]) ** 2 + (yy - spot[1]) ** 2) / (2 * (side / 40) ** 2)))[..., None]
    square = np.array([spot[0] - 0.4 * side, spot[1] - 0.7 * side, side])
    patch = movenet.patch(video.Frame.of(picture), square, 192)
    weight = patch[..., 0].astype(float)
    rows, columns = np.mgrid[:192, :192]
    y, x = (rows * weight).sum() / weight.sum(), (columns * weight).sum() / weight.sum()
    found = movenet_crop.to_picture(np.tile([(y + 0.5) / 192, (x + 0.5) / 192, 1.0], (17, 1)), square)
    assert_allclose(found[0, :2], spot, atol=0.1 * side / 192)


def test_beyond_the_picture_the_patch_is_black():
    white = video.Frame.of(np.full((100, 200, 3), 255, np.uint8))
    patch = movenet.patch(white, movenet_crop.whole(200, 100), 192)
    assert patch[:47].max() == 0
    assert patch[145:].max() == 0
    assert patch[49:143].min() == 255


# --- real weights -----------------------------------------------------------------------------------------------------


def read(name: str) -> np.ndarray:
    return np.ascontiguousarray(iio.imread(shared_file(f"images/{name}"))[..., :3])


def test_the_network_gives_the_published_points_on_a_plainly_resized_picture(lightning):
    import cv2

    reference = pd.read_csv(shared_file("reference/coral_movenet_lightning_reference_squat.csv"))
    answer = lightning._network.run(cv2.resize(read("coral_squat.bmp"), (192, 192)))
    away = np.hypot(*(answer[:, 1::-1] - reference[["keypoint_x", "keypoint_y"]].to_numpy()).T)
    assert np.median(away) < 0.013
    assert away.max() < 0.037


def test_the_estimator_agrees_with_the_published_points(lightning):
    picture = read("coral_squat.bmp")
    reference = pd.read_csv(shared_file("reference/coral_movenet_lightning_reference_squat.csv"))
    lightning.reset()
    (person,) = lightning.detect(picture)
    height, width = picture.shape[:2]
    found = (person.points[:, :2] + 0.5) / [width, height]
    away = np.hypot(*(found - reference[["keypoint_x", "keypoint_y"]].to_numpy()).T)
    assert np.median(away) < 0.02  # the reference squeezed the picture into a square, this keeps its shape


@pytest.mark.parametrize(("row", "name"), [(0, "tfexamples_image1.png"), (1, "tfexamples_image2.jpg")])
def test_the_points_lie_on_the_true_ones(row, name, lightning):
    truth = pd.read_csv(shared_file("reference/tfexamples_pose_landmark_truth.csv"))
    expected = np.column_stack([[truth[f"{joint}_{c}"][row] for joint in COCO17.joints] for c in "xy"])
    lightning.reset()
    (person,) = lightning.detect(read(name))
    away = np.hypot(*(person.points[:, :2] - expected).T)
    tall = np.ptp(expected[:, 1])
    assert np.median(away) < 0.02 * tall
    assert away.max() < 0.06 * tall


def hips_through(estimator, name: str) -> np.ndarray:
    """Middle of the hips in every frame of a video, (frames, 2); NaN where nobody was found."""
    estimator.reset()
    clip = video.open_clip(shared_file(f"videos/{name}.mp4"))
    found = [estimator.detect(frame) for frame in video.frames(clip)]
    hips = [people[0].points[movenet_crop.HIPS, :2].mean(axis=0) if people else [np.nan] * 2 for people in found]
    return np.array(hips)


@pytest.mark.parametrize("name", ["rowing_ergometer_side_jakobkb", "balance_beam_single_pose2sim_cam01"])
def test_it_stays_on_the_person_through_a_real_video(name, lightning):
    reference = pd.read_csv(shared_file(f"reference/mediapipe_0.10.21_full_still__{name}.csv"))
    expected = np.column_stack([(reference[f"left_hip_{c}"] + reference[f"right_hip_{c}"]) / 2 for c in "xy"])
    at = {j: reference[[f"left_{j}_x", f"left_{j}_y"]].to_numpy() for j in ("shoulder", "hip", "knee", "ankle")}
    chain = list(at.values())
    length = np.median(sum(np.hypot(*(a - b).T) for a, b in itertools.pairwise(chain)))
    away = np.hypot(*(hips_through(lightning, name) - expected).T)
    assert np.median(away) < 0.05 * length
    assert away.max() < 0.12 * length  # and nobody was lost: NaN fails here


def test_it_goes_from_the_jumper_to_the_walker_and_back_and_sees_nobody_in_the_trees(lightning):
    x, y = hips_through(lightning, "walk_sagittal_and_jump_sports2d_demo").T
    on_roof, walking, landed = slice(10, 140), slice(155, 200), slice(210, 222)
    assert np.isfinite(x).mean() > 0.95
    assert (np.abs(x[on_roof] - 650) < 120).all()
    assert (y[on_roof] < 420).all()  # the roof's edge
    assert (np.diff(x[walking]) < 20).all()  # from right to left
    assert x[155] - x[199] > 400
    assert (np.abs(y[walking] - 735) < 40).all()
    assert (x[landed] > 1000).all()
    assert not ((x > 850) & (x < 1000)).any()  # the sunlit tree, which a plain port takes for a person


# --- the ways to the weights ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["movenet-lightning.tflite", "lite-model_movenet_singlepose_lightning_tflite_float16_4.tflite"]
)
def test_a_file_in_the_weights_folder_is_found_by_its_usual_names(name, weights):
    (weights / name).symlink_to(shared_file(LIGHTNING))
    (weights / "movenet-thunder.txt").touch()
    assert movenet.find("movenet-lightning") == weights / name
    assert movenet.find("movenet-thunder") is None
    described = estimators.get("movenet-lightning").describe()
    assert described["weights"] == {
        "movenet-lightning.tflite": "cd7cc22fa946e5d146a7b98d496853e1923e22828d3972d579973f27f91bb105"
    }
    assert described["input_px"] == 192


def test_loading_a_file_says_nothing(capfd):
    estimators.get("movenet-lightning", weights=str(shared_file(LIGHTNING)))
    assert capfd.readouterr() == ("", "")


def test_two_files_for_one_network_are_not_chosen_between_in_silence(weights):
    for name in ("movenet_lightning_a.tflite", "movenet_lightning_b.tflite"):
        (weights / name).touch()
    with pytest.raises(KinebenchError, match=r"movenet_lightning_a\.tflite, movenet_lightning_b\.tflite"):
        estimators.get("movenet-lightning")


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x1c\x00\x00\x00TFL3" + b"\x00" * 64])
def test_a_file_that_is_no_network_is_refused_in_one_line(content, weights):
    (weights / "movenet-thunder.tflite").write_bytes(content)
    with pytest.raises(KinebenchError, match=r"movenet-thunder\.tflite could not be loaded") as error:
        estimators.get("movenet-thunder")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_another_network_is_refused(weights):
    with pytest.raises(KinebenchError, match=r"\(1, size, size, 3\)"):
        estimators.get(
            "movenet-lightning", weights=str(shared_file("models/posenet_mobilenet_v1_075_353_481_quant.tflite"))
        )


@pytest.mark.parametrize("path", ["none.tflite", "weights.onnx"])
def test_weights_that_are_not_there_are_named(path, tmp_path):
    with pytest.raises(KinebenchError, match=path):
        estimators.get("movenet-thunder", weights=str(tmp_path / path))


@pytest.fixture
def reached(monkeypatch):
    """What was tried to be reached meanwhile: addresses, names, TensorFlow Hub."""
    tried = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: tried.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **_: tried.append(asked) or [])
    monkeypatch.setattr(movenet_network, "_tensorflow", lambda: tried.append("TensorFlow Hub") or (None, None))
    return tried


@pytest.mark.parametrize("name", ["movenet-thunder", "movenet-lightning", "movenet-multipose"])
def test_without_weights_one_line_says_what_to_do_and_nobody_is_asked_for_them(name, weights, reached):
    told = []
    for way in (estimators.get, estimators.require):
        with pytest.raises(KinebenchError) as error:
            way(name)
        told.append(str(error.value))
    assert told[0] == told[1]
    assert "\n" not in told[0]
    for part in (name, str(weights), f"`kinebench models fetch {name}`", f"{name}.tflite", "TFHUB_CACHE_DIR"):
        assert part in told[0]
    assert estimators.state(name) == "missing"
    assert reached == []


@pytest.mark.parametrize("name", ["movenet-thunder", "movenet-multipose", "blazepose-full", "posenet"])
@pytest.mark.parametrize("address", ["https://example.org/m.tar.gz", movenet.HANDLES["movenet-thunder"]])
def test_an_address_is_refused_for_weights(name, address, weights, reached):
    with pytest.raises(KinebenchError, match="weights must name a file or folder of this computer") as error:
        estimators.require(name, weights=address)
    assert address in str(error.value)
    with pytest.raises(KinebenchError, match=r"weights|needs"):
        estimators.get(name, weights=address)
    assert reached == []


@pytest.mark.parametrize("name", ["Anna_Mueller.tflite", "movenet_lightning_of_Anna_Mueller.tflite"])
def test_what_is_written_does_not_name_the_users_file(name, weights):
    own = weights / name
    own.symlink_to(shared_file(LIGHTNING))
    given = {"weights": str(own)} if name.startswith("Anna") else {}
    assert "Anna" not in str(estimators.get("movenet-lightning", **given).describe())


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return networks.save_spot_network(tmp_path_factory.mktemp("thunder") / "movenet-thunder", 256)


@pytest.mark.xdist_group("tensorflow")
class TestSavedModel:
    """TensorFlow Hub and SavedModels, with a network of MoveNet's signature whose answer is known."""

    def check(self, estimator):
        centre, deviation = (310.25, 240.5), 40.0
        picture = networks.spot_picture(640, 480, centre, deviation)
        for _ in range(3):  # found in the whole picture first, then followed
            (person,) = estimator.detect(picture)
            assert_allclose(person.points[:, :2], networks.joints_of(centre, deviation), atol=0.04 * deviation)
            assert_allclose(person.points[:, 2], 0.9, atol=1e-6)
        assert estimator.detect(np.zeros_like(picture)) == []

    def test_a_folder_in_the_weights_folder(self, saved, weights):
        (weights / "movenet-thunder").symlink_to(saved, target_is_directory=True)
        estimator = estimators.get("movenet-thunder")
        self.check(estimator)
        assert estimator.describe()["input_px"] == 256

    def test_a_folder_named_by_the_user(self, saved, weights):
        self.check(estimators.get("movenet-thunder", weights=str(saved)))

    def test_the_hubs_own_cache(self, saved, weights, tmp_path, monkeypatch):
        handle = movenet.HANDLES["movenet-thunder"]
        networks.in_hub_cache(tmp_path, handle).symlink_to(saved, target_is_directory=True)
        monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
        estimator = estimators.get("movenet-thunder")
        self.check(estimator)
        described = estimator.describe()
        assert list(described["weights"]) == [handle]
        assert described["weights"][handle] == movenet_network.folder_sha256(saved)

    def test_a_network_in_the_hubs_cache_counts_as_here(self, saved, weights, tmp_path, monkeypatch):
        monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
        assert estimators.state("movenet-thunder") == "missing"
        (tmp_path / "hub").mkdir()
        folder = networks.in_hub_cache(tmp_path / "hub", movenet.HANDLES["movenet-thunder"])
        folder.symlink_to(saved, target_is_directory=True)
        assert estimators.state("movenet-thunder") == "here"

    def test_a_network_is_asked_of_the_hub_by_fetching_only(self, saved, weights, monkeypatch):
        import tensorflow_hub

        asked = []
        resolve = tensorflow_hub.resolve
        monkeypatch.setattr(tensorflow_hub, "resolve", lambda handle: asked.append(handle) or str(saved))
        (place,) = estimators.fetch("movenet-thunder")
        assert asked == [movenet.HANDLES["movenet-thunder"]]
        assert place == weights / "movenet-thunder"
        assert [path.name for path in weights.iterdir()] == ["movenet-thunder"]
        monkeypatch.setattr(tensorflow_hub, "resolve", resolve)
        assert estimators.state("movenet-thunder") == "here"
        estimator = estimators.get("movenet-thunder")
        self.check(estimator)
        assert estimator.describe()["weights"] == {"movenet-thunder": movenet_network.folder_sha256(saved)}

    def test_without_network_fetching_says_in_one_line_where_to_put_the_files(self, weights, tmp_path):
        code = (
            "from kinebench import errors, estimators\n"
            "try: estimators.fetch('movenet-thunder')\n"
            "except errors.KinebenchError as error: print(error)\n"
        )
        nowhere = {"https_proxy": "http://127.0.0.1:9", "no_proxy": "", "TFHUB_CACHE_DIR": str(tmp_path / "hub")}
        environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"} | nowhere
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.stderr == ""
        (said,) = done.stdout.splitlines()
        assert len(said) < 700
        for part in (movenet.HANDLES["movenet-thunder"], str(weights / "movenet-thunder.tflite")):
            assert part in said
        assert list(weights.iterdir()) == []

    def test_a_folder_in_the_hubs_cache_that_holds_no_network_counts_as_missing(self, weights, tmp_path, monkeypatch):
        folder = networks.in_hub_cache(tmp_path, movenet.HANDLES["movenet-thunder"])
        folder.mkdir()
        (folder / "left_over.txt").touch()
        monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
        with pytest.raises(KinebenchError, match="movenet-thunder needs its weights"):
            estimators.get("movenet-thunder")
        with pytest.raises(KinebenchError, match="holds no network") as error:
            estimators.fetch("movenet-thunder")
        assert "\n" not in str(error.value)

    def test_a_saved_model_of_another_kind_is_refused(self, weights, tmp_path):
        import tensorflow as tf

        tf.saved_model.save(tf.Module(), str(tmp_path / "other"))
        with pytest.raises(KinebenchError, match="serving_default"):
            estimators.get("movenet-thunder", weights=str(tmp_path / "other"))

    def test_the_digest_of_a_folder_changes_with_a_name_and_with_a_byte(self, tmp_path):
        (tmp_path / "a").write_bytes(b"1")
        first = movenet_network.folder_sha256(tmp_path)
        (tmp_path / "a").write_bytes(b"2")
        second = movenet_network.folder_sha256(tmp_path)
        (tmp_path / "a").rename(tmp_path / "b")
        assert len({first, second, movenet_network.folder_sha256(tmp_path)}) == 3
