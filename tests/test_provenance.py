"""Digests, versions and names that name no one."""

import hashlib
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinebench import provenance
from kinebench.errors import KinebenchError


@given(content=st.binary(max_size=3000))
def test_the_digest_is_that_of_the_whole_content(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("digest") / "file"
    path.write_bytes(content)
    assert provenance.sha256_file(path) == hashlib.sha256(content).hexdigest()


def test_a_file_larger_than_one_piece(tmp_path):
    path = tmp_path / "large"
    content = bytes(range(256)) * 10_000
    path.write_bytes(content)
    assert provenance.sha256_file(path) == hashlib.sha256(content).hexdigest()


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path):
    with pytest.raises(KinebenchError, match="No such file"):
        provenance.sha256_file(tmp_path / "nowhere")


def test_versions_name_what_can_change_a_number():
    versions = provenance.versions()
    assert {"kinebench", "python", "numpy", "scipy", "av", "opencv-python-headless"} <= set(versions)
    assert all(re.match(r"\d+\.\d+", version) for version in versions.values())


def test_the_commit_is_the_checkouts_or_none(monkeypatch):
    provenance.git_commit.cache_clear()
    commit = provenance.git_commit()
    assert commit is None or re.fullmatch(r"[0-9a-f]{40,64}(\+changes)?", commit)

    def none(*_, **__):
        raise subprocess.CalledProcessError(128, "git")

    provenance.git_commit.cache_clear()
    monkeypatch.setattr(subprocess, "run", none)
    assert provenance.git_commit() is None
    provenance.git_commit.cache_clear()


SHA = hashlib.sha256(b"video").hexdigest()


def test_a_runs_name_follows_from_its_content():
    first = provenance.run_id("rowing", SHA, {"a": 1, "b": 2.5})
    assert first == provenance.run_id("rowing", SHA, {"b": 2.5, "a": 1})
    assert re.fullmatch(r"rowing_[a-z]+-[a-z]+_[0-9a-f]{8}", first)


def test_another_parameter_keeps_the_words_and_changes_the_digits():
    first, second = (provenance.run_id("rowing", SHA, {"a": value}).split("_") for value in (1, 2))
    assert first[1] == second[1]
    assert first[2] != second[2]


def test_other_videos_have_other_names():
    names = {provenance.run_id("rowing", hashlib.sha256(bytes([i])).hexdigest(), {}) for i in range(200)}
    assert len(names) == 200
    assert len({name.split("_")[1] for name in names}) > 100
