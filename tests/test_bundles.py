"""`kinebench export` and `verify`: a bundle is whole, holds no face and no path, and shows each change made to it."""

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import bagit
import pandas as pd
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from kinebench import bundles, catalogue
from kinebench.bundles import members, screening, unpacking
from kinebench.cli import sharing
from kinebench.errors import KinebenchError
from kinebench.run import run as run_one
from tests import report_folders as folders
from tests.conftest import SAMPLES

FIRST, SECOND = "P07_1_sit-to-stand_0000000a", "P07_2_sit-to-stand_0000000b"
FILES = {
    "report.html": b"<p>standing up</p>",
    "overlay.mp4": bytes(range(256)) * 40,
    "figures/rises.svg": b"<svg>rises</svg>",
    "signals.csv": b"time_s,left_knee_flexion_deg\n0.0,91.5\n",
    "sit_to_stand.ipynb": b'{"cells": []}',
}
BAG = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "manifest-sha512.txt"}
BAG |= {"tagmanifest-sha256.txt", "tagmanifest-sha512.txt"}
TABLES = {"metrics.csv", "metrics.parquet", "metrics.dictionary.csv"}


def made(reports: Path, name: str, *, files=FILES, is_listed: bool = True, **parameters) -> Path:
    """A finished run, its files listed in its record."""
    values = {"participant": "P07", "blur_faces": True} | parameters
    folder = folders.run(reports, name, parameters=values)
    for file, content in files.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(content)
    if is_listed:
        relist(folder)
    return folder


def relist(folder: Path, **changes) -> None:
    """Write the record anew: with what lies there now, and `changes`."""
    record = json.loads((folder / "run.json").read_text()) | changes
    there = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "run.json")
    record["files"] = {
        path.relative_to(folder).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in there
    }
    (folder / "run.json").write_text(json.dumps(record))


@pytest.fixture
def reports(tmp_path, monkeypatch) -> Path:
    """Two finished runs."""
    monkeypatch.setenv("KINEBENCH_HOME", str(tmp_path / "elsewhere"))
    for name in (FIRST, SECOND):
        made(tmp_path / "reports", name)
    return tmp_path / "reports"


@pytest.fixture
def bundle(reports, tmp_path) -> Path:
    return bundles.export([FIRST, SECOND], tmp_path / "study.zip", reports).path


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rezipped(path: Path, held: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return path


def changed(bundle: Path, change) -> Path:
    """The bundle with `change` made to what it holds, a mapping of names to bytes."""
    held = contents(bundle)
    change(held)
    return rezipped(bundle.with_name("changed.zip"), held)


def test_a_bundle_is_a_bag_whose_payload_is_a_reports_folder_with_every_file_of_the_runs(bundle, reports, tmp_path):
    held = contents(bundle)
    runs = {
        f"study/data/{path.relative_to(reports).as_posix()}": path.read_bytes()
        for path in reports.rglob("*")
        if path.is_file()
    }
    assert runs.items() <= held.items()
    own = {f"study/{name}" for name in BAG} | {f"study/data/{name}" for name in (*TABLES, "README.txt")}
    assert set(held) == set(runs) | own
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "out")
    assert bagit.Bag(str(tmp_path / "out" / "study")).validate()
    told = catalogue.read(tmp_path / "out" / "study" / "data")
    assert list(told.runs["run"]) == [FIRST, SECOND]


def test_the_bag_says_what_it_is_and_not_who_made_it(bundle):
    held = contents(bundle)
    said = dict(line.split(": ", 1) for line in held["study/bag-info.txt"].decode().splitlines())
    assert said["Kinebench-Runs"] == "2"
    assert said["Kinebench-Faces"] == "covered"
    assert said["Bag-Software-Agent"].startswith("kinebench ")
    payload = [content for name, content in held.items() if name.startswith("study/data/")]
    assert said["Payload-Oxum"] == f"{sum(map(len, payload))}.{len(payload)}"
    assert set(said) == {
        "Bag-Software-Agent",
        "Bagging-Date",
        "External-Description",
        "Kinebench-Faces",
        "Kinebench-Runs",
        "Payload-Oxum",
    }


def test_the_text_for_people_names_runs_units_and_what_it_is_not_for(bundle):
    text = contents(bundle)["study/data/README.txt"].decode()
    assert FIRST in text
    assert SECOND in text
    assert "not a medical device" in text
    assert "_deg degrees" in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_table_has_a_row_a_run_and_the_dictionary_every_metric(bundle):
    import io

    held = contents(bundle)
    table = pd.read_csv(io.BytesIO(held["study/data/metrics.csv"]))
    assert list(table["run"]) == [FIRST, SECOND]
    told = pd.read_csv(io.BytesIO(held["study/data/metrics.dictionary.csv"]))
    assert list(told["column"]) == list(table.columns)


def test_the_same_runs_give_the_same_bytes(bundle, reports, tmp_path, monkeypatch):
    (tmp_path / "again").mkdir()
    for path in reports.rglob("*"):
        path.touch()
    # Another file system lists files in another order.
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda folder=".": sorted(listdir(folder), reverse=True))
    again = bundles.export([SECOND, FIRST, FIRST], tmp_path / "again" / "study.zip", reports)
    # The day is the only time in it.
    day = re.compile(rb"Bagging-Date: [\d-]+")
    assert again.runs == 2
    assert {day.sub(b"", one) for one in contents(again.path).values()} == {
        day.sub(b"", one) for one in contents(bundle).values()
    }
    with zipfile.ZipFile(again.path) as archive, zipfile.ZipFile(bundle) as other:
        entries = [(one.filename, one.date_time, one.external_attr, one.create_system) for one in archive.infolist()]
        assert entries == [
            (one.filename, one.date_time, one.external_attr, one.create_system) for one in other.infolist()
        ]


def test_runs_are_named_or_given_by_their_paths(reports, tmp_path):
    shutil.copytree(reports / FIRST, tmp_path / "anna-smith")
    done = bundles.export([str(tmp_path / "anna-smith"), SECOND], tmp_path / "study.zip", reports)
    assert done.runs == 2
    # The folder is called in the bundle as the run is, not as somebody called it.
    assert not any("anna" in name for name in contents(done.path))
    with pytest.raises(KinebenchError, match="are both P07_1"):
        bundles.export([str(tmp_path / "anna-smith"), FIRST], tmp_path / "other.zip", reports)


def test_what_was_exported_is_verified_whole(bundle):
    seen = bundles.verify(bundle)
    assert seen.faults == ()
    assert seen.notes == ()
    assert seen.runs == 2


@pytest.mark.parametrize("file", [*FILES, "metrics.json", "run.json"])
def test_a_changed_file_is_told(bundle, file):
    name = f"study/data/{FIRST}/{file}"

    def change(held):
        held[name] = held[name].replace(held[name][:1], b"\t", 1) if file == "run.json" else held[name][:-1] + b"#"

    faults = bundles.verify(changed(bundle, change)).faults
    assert bundles.Fault(f"data/{FIRST}/{file}", "changed") in faults
    assert {fault.what for fault in faults} == {"changed"}


def test_a_missing_and_an_added_file_are_told(bundle):
    def change(held):
        del held[f"study/data/{FIRST}/overlay.mp4"]
        held[f"study/data/{SECOND}/notes.txt"] = b"new"

    assert set(bundles.verify(changed(bundle, change)).faults) == {
        bundles.Fault(f"data/{FIRST}/overlay.mp4", "missing"),
        bundles.Fault(f"data/{SECOND}/notes.txt", "added"),
    }


@pytest.mark.parametrize("name", ["bag-info.txt", "manifest-sha256.txt", "extra.txt"])
def test_what_describes_the_bag_is_checked_too(bundle, name):
    def change(held):
        there = held.get(f"study/{name}")
        held[f"study/{name}"] = b"Contact-Name: me\n" if there is None else there.replace(b"s", b"S", 1)

    assert bundles.verify(changed(bundle, change)).faults


def test_a_run_that_was_changed_before_a_new_bag_was_made_of_it_is_told_by_its_own_record(bundle, tmp_path):
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "out")
    data = tmp_path / "out" / "study" / "data"
    (data / FIRST / "signals.csv").write_bytes(b"time_s,left_knee_flexion_deg\n0.0,120.0\n")
    (data / FIRST / "overlay.mp4").unlink()
    (data / FIRST / "strange.txt").write_bytes(b"?")
    bagit.make_bag(str(data), checksums=["sha256", "sha512"])
    held = {f"study/{path.relative_to(data)}": path.read_bytes() for path in data.rglob("*") if path.is_file()}
    seen = bundles.verify(rezipped(tmp_path / "forged.zip", held))
    assert set(seen.faults) == {
        bundles.Fault(f"data/{FIRST}/signals.csv", "changed"),
        bundles.Fault(f"data/{FIRST}/overlay.mp4", "missing"),
        bundles.Fault(f"data/{FIRST}/strange.txt", "added"),
    }


@settings(max_examples=40)
@given(data=st.data())
def test_no_byte_of_the_bundle_can_change_without_being_noticed(one_bundle, data):
    content = one_bundle.read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    flipped = content[:at] + bytes([content[at] ^ data.draw(st.integers(1, 255))]) + content[at + 1 :]
    path = one_bundle.with_name("flipped.zip")
    path.write_bytes(flipped)
    try:
        seen = bundles.verify(path)
    except KinebenchError:
        return
    # What a zip file says twice, or says of times and rights, is no part of what it holds.
    assert seen.faults or contents(path) == contents(one_bundle)


@pytest.fixture(scope="module")
def one_bundle(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("one")
    made(root / "reports", FIRST)
    return bundles.export([FIRST], root / "one.zip", root / "reports").path


@settings(max_examples=50)
@given(
    name=st.sampled_from(["bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha512.txt"]),
    text=st.lists(
        st.sampled_from(
            [
                "BagIt-Version",
                "BagIt-Version: 1.0",
                "Tag-File-Character-Encoding: UTF-8",
                ": ",
                "\n",
                "Payload-Oxum: 1",
                "Tag-File-Character-Encoding: rot13",
                "a" * 64,
                "  ",
                "data/x",
                "../x",
                "~/x",
                "\x1b[2J",
                "\ud7ff",
                "x: y",
            ]
        ),
        max_size=12,
    ).map("".join),
)
def test_whatever_describes_a_bag_is_refused_in_one_line_or_told_as_a_fault(one_bundle, name, text):
    held = contents(one_bundle) | {f"one/{name}": text.encode()}
    path = rezipped(one_bundle.with_name("described.zip"), held)
    try:
        seen = bundles.verify(path)
    except KinebenchError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert seen.faults
        assert all(fault.path.isprintable() for fault in seen.faults)
    assert refusal == "" or refusal.isprintable()


# Export: what is refused.


def refused(reports: Path, tmp_path: Path, *runs: str, **how) -> str:
    """What is said where an export is refused; nothing may be left of it."""
    before = sorted(tmp_path.iterdir())
    with pytest.raises(KinebenchError) as error:
        bundles.export(runs or [FIRST, SECOND], tmp_path / "refused.zip", reports, **how)
    assert sorted(tmp_path.iterdir()) == before
    return str(error.value)


def test_a_file_changed_after_the_run_is_not_bundled(reports, tmp_path):
    (reports / SECOND / "signals.csv").write_bytes(b"time_s,left_knee_flexion_deg\n0.0,12.0\n")
    assert f"signals.csv of {SECOND} was changed after the run" in refused(reports, tmp_path)


def test_a_run_without_one_of_its_files_is_not_bundled(reports, tmp_path):
    (reports / SECOND / "figures" / "rises.svg").unlink()
    assert "figures/rises.svg of its 6 files cannot be found" in refused(reports, tmp_path)


def test_a_link_out_of_the_folder_is_not_followed(reports, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(FILES["overlay.mp4"])
    (reports / FIRST / "overlay.mp4").unlink()
    (reports / FIRST / "overlay.mp4").symlink_to(secret)
    assert "overlay.mp4 is a link that leads out" in refused(reports, tmp_path)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "figures/../../secret", "C:\\x", "a//b"])
def test_a_record_that_lists_a_file_outside_is_refused(reports, tmp_path, name):
    record = json.loads((reports / FIRST / "run.json").read_text())
    record["files"][name] = {"bytes": 1, "sha256": "0" * 64}
    (reports / FIRST / "run.json").write_text(json.dumps(record))
    assert "not listed with a name inside the folder" in refused(reports, tmp_path)


@pytest.mark.parametrize("said", [{"blur_faces": False}, {"blur_faces": None}, {"blur_faces": "true"}])
def test_faces_that_show_or_may_show_are_handed_on_only_where_that_is_asked_for(tmp_path, said):
    made(tmp_path / "reports", FIRST, **said)
    assert f"some may show in {FIRST}. Run the clip again" in refused(tmp_path / "reports", tmp_path, FIRST)
    done = bundles.export([FIRST], tmp_path / "faces.zip", tmp_path / "reports", with_faces=True)
    assert b"Faces: shown in P07_1" in contents(done.path)["faces/data/README.txt"]
    assert bundles.verify(done.path).notes == (f"Faces are shown in {FIRST}.",)


@pytest.mark.parametrize("sought", ["measured person", "2 people at most", None])
def test_where_nobody_looked_for_bystanders_faces_may_show(tmp_path, sought):
    relist(made(tmp_path / "reports", FIRST), faces_sought=sought)
    assert f"some may show in {FIRST}" in refused(tmp_path / "reports", tmp_path, FIRST)


@pytest.mark.parametrize(
    "content",
    [
        '{{"video": "{home}/anna.mp4"}}',
        "opened {home}/anna.mp4",
        "file://{home}/anna.mp4",
        '"text\\n{home}/anna.mp4"',
        "/home/anna/clip.mp4",
        "C:\\Users\\anna\\clip.mp4",
        '"C:\\\\Users\\\\anna\\\\clip.mp4"',
        "/Users/anna/clip.mp4",
    ],
)
@pytest.mark.parametrize("file", ["report.html", "sit_to_stand.ipynb"])
def test_no_path_of_a_person_is_handed_on(reports, tmp_path, monkeypatch, file, content):
    monkeypatch.setenv("HOME", "/srv/people")
    (reports / FIRST / file).write_text(content.format(home="/srv/people"))
    relist(reports / FIRST)
    assert re.search(rf"must hold no path, but {file} of {FIRST} has .*--keep-paths\.$", refused(reports, tmp_path))


@pytest.mark.parametrize("place", ["KINEBENCH_DATA", "KINEBENCH_CACHE", "KINEBENCH_HOME"])
def test_the_programs_own_folders_are_paths_too_also_within_pictures(reports, tmp_path, monkeypatch, place):
    monkeypatch.setenv(place, str(tmp_path / "größe"))
    (reports / FIRST / "overlay.mp4").write_bytes(b"\0\1comment\0" + f"{tmp_path}/größe/anna.mov".encode() + b"\0")
    relist(reports / FIRST)
    assert "overlay.mp4 of P07_1" in refused(reports, tmp_path)


def test_a_path_that_was_kept_in_the_record_is_refused(reports, tmp_path):
    relist(reports / FIRST, input={"path": "/mnt/share/anna.mp4", "sha256": "0" * 64})
    assert "run.json of P07_1_sit-to-stand_0000000a has /mnt/share/anna.mp4" in refused(reports, tmp_path)


@pytest.mark.parametrize("text", ["https://example.org/home/x", "a/root/b", "see data/params", "./home/x"])
def test_what_only_looks_like_a_path_is_none(tmp_path, text):
    (tmp_path / "report.html").write_text(text)
    assert screening.found_in(tmp_path / "report.html", screening.forbidden()) == ""


def test_a_failed_or_unfinished_run_is_refused_and_a_name_that_there_is_none_of(reports, tmp_path):
    folders.failure(reports, "P07_3_rowing_0000000c")
    assert "there is no P07_3" in refused(reports, tmp_path, "P07_3_rowing_0000000c")
    assert "failed" in refused(reports, tmp_path, str(reports / "failed" / "P07_3_rowing_0000000c"))
    assert "Check the name" in refused(reports, tmp_path, "nobody")
    assert "Check the name" in refused(reports, tmp_path, "../reports/nobody")
    relist(reports / FIRST, status="begun")
    assert "does not say that it is complete" in refused(reports, tmp_path)


@pytest.mark.parametrize("name", ["../../x", "a/b", "", "a b", "..", "\x1b[2J"])
def test_a_record_that_calls_its_run_by_a_path_is_refused(reports, tmp_path, name):
    relist(reports / FIRST, run=name)
    assert "is no run's name" in refused(reports, tmp_path)


def test_an_older_run_is_bundled_as_it_is_and_that_is_said(tmp_path):
    folder = made(tmp_path / "reports", FIRST, is_listed=False)
    (folder / "anna.mov").write_bytes(b"the recording")
    done = bundles.export([FIRST], tmp_path / "old.zip", tmp_path / "reports")
    assert any("kept no digests" in note for note in done.notes)
    assert any("did not write" in note and "anna.mov" in note for note in done.notes)
    held = contents(done.path)
    assert not any("anna" in name for name in held)
    assert {f"old/data/{FIRST}/{file}" for file in FILES} <= set(held)
    assert b"kept no digests" in held["old/data/README.txt"]
    assert any("only the bag's checksums" in note for note in bundles.verify(done.path).notes)


def test_what_the_run_did_not_write_stays_out(reports, tmp_path):
    (reports / FIRST / "IMG_0042.mov").write_bytes(b"the recording")
    done = bundles.export([FIRST], tmp_path / "study.zip", reports)
    assert not any(name.endswith(".mov") for name in contents(done.path))
    assert any("IMG_0042.mov" in note for note in done.notes)


def test_an_existing_file_gives_way_only_to_force(bundle, reports):
    before = bundle.read_bytes()
    with pytest.raises(KinebenchError, match="--force"):
        bundles.export([FIRST], bundle, reports)
    assert bundle.read_bytes() == before
    assert bundles.export([FIRST], bundle, reports, force=True).runs == 1
    assert bundles.verify(bundle).runs == 1


def test_a_bundle_that_could_not_be_finished_leaves_nothing_and_the_old_one(bundle, reports, monkeypatch):
    before = {path: path.read_bytes() for path in bundle.parent.glob("*") if path.is_file()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(KinebenchError, match="No space left"):
        bundles.export([FIRST], bundle, reports, force=True)
    assert {path: path.read_bytes() for path in bundle.parent.glob("*") if path.is_file()} == before
    assert not list(bundle.parent.glob(".kinebench-*"))


@pytest.mark.parametrize("name", ["study", "study.tar", "."])
def test_a_bundle_must_be_called_a_zip_file(reports, tmp_path, name):
    with pytest.raises(KinebenchError, match=r"ends in \.zip"):
        bundles.export([FIRST], tmp_path / name, reports)


# Verify: a stranger's file.


def unverified(path: Path) -> str:
    with pytest.raises(KinebenchError) as error:
        bundles.verify(path)
    return str(error.value)


def entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    one = zipfile.ZipInfo(name)
    one.create_system, one.external_attr = 3, mode << 16
    return one


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/tmp/evil",
        "study/../../evil",
        "C:/evil",
        "study\\..\\evil",
        "study//evil",
        "study/./evil",
        "~/../evil",
        "study/evil\n",
        "study/\x1b[2J",
        "study/..",
        "study/evil. ",
    ],
)
def test_a_name_that_may_lead_out_is_never_unpacked(bundle, tmp_path, name):
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr(entry(name), b"evil")
    assert "may lead out of its folder" in unverified(bundle)
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices_are_never_unpacked(bundle, kind):
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr(entry("study/data/link", kind | 0o777), b"/etc/passwd")
    assert "neither a file nor a folder" in unverified(bundle)


def test_what_would_fill_the_disk_is_never_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"bomb/data/{number}", bytes(20_000_000))
    assert re.search(r"unpacked it would be \d{3,4} times as large", unverified(tmp_path / "bomb.zip"))


@pytest.mark.parametrize(
    "name", ["d/" * 30_000 + "x", "d/" * 16 + "x", "d/" + "x" * 1_023], ids=["very deep", "just too deep", "long"]
)
def test_names_that_would_take_long_to_look_at_are_refused_before(tmp_path, monkeypatch, name):
    """Every part of such a name is a folder whose own name is nearly as long: a small file would fill the memory."""
    monkeypatch.setattr(unpacking, "_check", lambda *_: pytest.fail("it was looked at"))
    with zipfile.ZipFile(tmp_path / "deep.zip", "w") as archive:
        archive.writestr(name, b"x")
    assert "more than 1024 letters or 16 parts" in unverified(tmp_path / "deep.zip")


def test_a_zip_file_of_more_entries_than_a_bundle_has_is_refused(bundle, monkeypatch):
    with zipfile.ZipFile(bundle) as archive:
        count = len(archive.infolist())
    monkeypatch.setattr(unpacking, "MOST_ENTRIES", count)
    assert not bundles.verify(bundle).faults
    monkeypatch.setattr(unpacking, "MOST_ENTRIES", count - 1)
    assert f"it holds {count} files and folders" in unverified(bundle)


def test_an_entry_that_is_larger_than_it_says_is_not_unpacked_further(bundle):
    content = bundle.read_bytes()
    with zipfile.ZipFile(bundle) as archive:
        one = archive.getinfo(f"study/data/{FIRST}/overlay.mp4")
    # In both headers: the size before packing, as the file itself declares it.
    told, less = one.file_size.to_bytes(4, "little"), (one.file_size // 2).to_bytes(4, "little")
    assert content.count(told) >= 2
    bundle.write_bytes(content.replace(told, less))
    assert "FILE must be" in unverified(bundle)


def test_a_disk_that_is_too_small_is_said_so_before(bundle, monkeypatch):
    monkeypatch.setattr(unpacking.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    assert "must have room for" in unverified(bundle)


@pytest.mark.parametrize("names", [["a/x", "a/x"], ["a/x", "b/x"], ["x"], [], ["a/x", "a/x/y"]])
def test_a_zip_file_of_another_form_is_refused(tmp_path, names):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive, pytest.warns() if names == ["a/x"] * 2 else none():
        for name in names:
            archive.writestr(name, b"x")
    assert "FILE must be a bundle" in unverified(tmp_path / "other.zip")


def none():
    import contextlib

    return contextlib.nullcontext()


def test_a_zip_file_without_a_bag_and_no_zip_file_and_no_file_are_refused(tmp_path):
    assert "FILE must be a bundle" in unverified(rezipped(tmp_path / "plain.zip", {"a/x": b"x"}))
    (tmp_path / "text.zip").write_text("no zip")
    assert "FILE must be a bundle" in unverified(tmp_path / "text.zip")
    assert "there is no" in unverified(tmp_path / "none.zip")


PARTS = st.sampled_from(["a", "..", ".", "", "b.csv", "c ", "d:", "\\", "\n", "~", "…"])


@given(st.lists(PARTS, max_size=4).map("/".join))
def test_a_name_that_is_let_through_stays_inside(name):
    if members.is_inside(name):
        root = Path("/somewhere/else")
        assert (root / name).resolve().is_relative_to(root)
        assert (root / name).resolve() != root
        assert ".." not in Path(name).parts


# The command line, and a real run.


def called(*arguments: object):
    app = typer.Typer()
    for name in ("purge", "export", "verify"):
        app.command(name=name)(getattr(sharing, name))
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_the_commands_tell_file_by_file_and_by_their_exit_code(reports, tmp_path):
    done = called("export", FIRST, SECOND, "--to", tmp_path / "study.zip", "--reports", reports)
    assert (done.exit_code, done.stdout.splitlines()) == (0, [str(tmp_path / "study.zip")])
    done = called("verify", tmp_path / "study.zip")
    assert done.exit_code == 0
    assert "is whole: 2 run(s)" in done.stdout

    def change(held):
        held[f"study/data/{FIRST}/report.html"] = b"?"
        del held["study/data/metrics.csv"]

    done = called("verify", changed(tmp_path / "study.zip", change))
    assert done.exit_code == 2
    assert done.stdout.splitlines() == [f"changed  data/{FIRST}/report.html", "missing  data/metrics.csv"]


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Path:
    """A run of the first seconds of a sample clip that lies in a folder called after somebody."""
    root = tmp_path_factory.mktemp("real")
    (root / "anna-smith").mkdir()
    clip = shutil.copy(SAMPLES / "sit_to_stand.mp4", root / "anna-smith" / "anna.mp4")
    values = {"stop_s": 8.0, "participant": "P07", "session": "1"}
    run_one(clip, "sit-to-stand", values, out=root / "reports" / FIRST, obey_saved=False, show_progress=False)
    return root


def test_a_real_run_is_bundled_with_all_that_it_lists_and_nothing_of_where_it_was(real):
    done = called("export", real / "reports" / FIRST, "--to", real / "real.zip")
    assert done.exit_code == 0, done.exception
    held = contents(real / "real.zip")
    record = json.loads((real / "reports" / FIRST / "run.json").read_text())
    assert {f"real/data/{record['run']}/{name}" for name in (*record["files"], "run.json")} <= set(held)
    for name, content in held.items():
        assert b"anna" not in content.lower(), name
        assert str(Path.home()).encode() + b"/" not in content, name
    assert bundles.verify(real / "real.zip").faults == ()


def test_another_program_finds_the_bag_whole(real):
    if not (real / "real.zip").exists():
        bundles.export([str(real / "reports" / FIRST)], real / "real.zip", real / "reports")
    with zipfile.ZipFile(real / "real.zip") as archive:
        archive.extractall(real / "out")
    done = subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", str(real / "out" / "real")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
