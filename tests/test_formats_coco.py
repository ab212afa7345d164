"""COCO's JSON says what the table says, strictly as JSON and as COCO have it."""

import json

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import keypoints, skeleton
from kinebench.errors import KinebenchError
from kinebench.formats import coco
from tests import results as made

PRECISION = 0.5e-4 + 1e-9


def refused(constant):
    raise AssertionError(f"{constant} is no JSON")


def written(results, tmp_path):
    path = coco.write(results, tmp_path / "a.json")[0]
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refused)


@given(table=made.tables(least_frames=0))
@made.FILES
def test_any_table_is_read_back_and_what_is_missing_is_0_0_0(table, tmp_path):
    content = written(made.results(table), tmp_path)
    assert content["categories"][0]["keypoints"] == list(keypoints.joints(table))
    assert [image["id"] for image in content["images"]] == list(range(len(table)))
    assert_allclose([image["time_s"] for image in content["images"]], keypoints.times(table), atol=0.6e-6)
    positions = keypoints.positions(table)
    seen = np.isfinite(positions[..., 0])
    read = {annotation["image_id"]: annotation for annotation in content["annotations"]}
    assert len(read) == len(content["annotations"])
    assert sorted(read) == np.flatnonzero(seen.any(axis=1)).tolist()
    for frame, annotation in read.items():
        triples = np.reshape(annotation["keypoints"], (-1, 3))
        assert_array_equal(triples[:, 2], np.where(seen[frame], 2, 0))
        assert_allclose(triples[seen[frame], :2], positions[frame][seen[frame]], rtol=0, atol=PRECISION)
        assert (triples[~seen[frame]] == 0).all()
        assert annotation["num_keypoints"] == seen[frame].sum()
        confidence = np.array([keypoints.confidence(table, name)[frame] for name in keypoints.joints(table)])
        assert_allclose(annotation["keypoint_scores"], confidence, rtol=0, atol=PRECISION)
        assert_allclose(annotation["score"], confidence[seen[frame]].mean(), rtol=0, atol=PRECISION)


@given(table=made.tables())
@made.FILES
def test_the_box_is_the_smallest_around_the_joints_that_were_seen(table, tmp_path):
    for annotation in written(made.results(table), tmp_path)["annotations"]:
        triples = np.reshape(annotation["keypoints"], (-1, 3))
        seen = triples[triples[:, 2] == 2, :2]
        x, y, width, height = annotation["bbox"]
        assert_allclose([x, y], seen.min(axis=0), rtol=0, atol=2 * PRECISION)
        assert_allclose([x + width, y + height], seen.max(axis=0), rtol=0, atol=3 * PRECISION)
        assert annotation["area"] == pytest.approx(width * height, abs=1e-4 * (width + height + 1))


def test_a_joint_seen_at_the_pictures_corner_is_not_missing(tmp_path):
    table = keypoints.make(np.array([0.0]), ["nose", "neck"], np.array([[[0, 0, 0.5], [np.nan, np.nan, 0]]]))
    annotation = written(made.results(table), tmp_path)["annotations"][0]
    assert annotation["keypoints"] == [0, 0, 2, 0, 0, 0]
    assert (annotation["num_keypoints"], annotation["score"]) == (1, 0.5)


@pytest.mark.parametrize("known", skeleton.SKELETONS.values(), ids=lambda known: known.name)
def test_edges_count_from_1_and_join_what_the_skeleton_joins(known, tmp_path):
    table = made.moving([0.0], joints=known.joints)
    category = written(made.results(table), tmp_path)["categories"][0]
    joined = {frozenset(category["keypoints"][place - 1] for place in edge) for edge in category["skeleton"]}
    assert joined >= {frozenset(edge) for edge in known.edges}
    assert min(min(edge) for edge in category["skeleton"]) >= 1


def test_ids_are_unique_and_point_to_what_is_there(tmp_path):
    content = written(made.results(), tmp_path)
    for name in ("images", "annotations", "categories"):
        ids = [entry["id"] for entry in content[name]]
        assert len(ids) == len(set(ids)) > 0
    assert {entry["category_id"] for entry in content["annotations"]} == {content["categories"][0]["id"]}


def test_pictures_have_their_size_where_it_is_known_and_names_that_name_nobody(tmp_path):
    content = written(made.results(width=1920, height=1080), tmp_path)
    assert content["images"][7] == {
        "id": 7,
        "file_name": "frame_000007.png",
        "width": 1920,
        "height": 1080,
        "time_s": pytest.approx(7 / 30, abs=1e-6),
    }
    assert not {"width", "height"} & written(made.results(width=None, height=None), tmp_path)["images"][0].keys()


def test_a_table_without_joints_is_refused(tmp_path):
    with pytest.raises(KinebenchError, match="at least one joint"):
        coco.write(made.results(keypoints.make(np.array([0.0]), [], np.zeros((1, 0, 3)))), tmp_path / "a.json")


def test_the_same_results_give_the_same_bytes(tmp_path):
    first, second = (coco.write(made.results(), tmp_path / name)[0] for name in ("a.json", "b.json"))
    assert first.read_bytes() == second.read_bytes()
