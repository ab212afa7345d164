"""Rows of a list against each other and against the folder of the clips: what cannot be true, and what must not be."""

import json
import os
import unicodedata

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinebench import manifest
from kinebench.errors import KinebenchError
from kinebench.manifest.clips import Clips
from tests import lists


@pytest.fixture(scope="module", name="study")
def _study(tmp_path_factory):
    folder = lists.study(tmp_path_factory.mktemp("study"))
    (folder / "elsewhere.mp4").write_bytes(b"beside the list")
    (folder / "raw" / "empty.mp4").touch()
    (folder / "raw" / "folder.mp4").mkdir()
    return folder


def read(study, *rows, columns="clip,task,participant,session,date,label", **options):
    return manifest.read(lists.written(study, "\n".join((columns, *rows))), **options)


# Rows against each other


def test_the_same_row_twice_is_a_fault_and_a_label_tells_trials_apart(study):
    twice = "P01_1.mp4,rowing,P01,1,,"
    found = read(study, twice, twice)
    assert lists.faults(found) == [(3, "clip")]
    assert "row 2 is the same" in lists.said(found, 3, "clip")
    assert read(study, twice, twice + "trial-2").faults.empty
    assert read(study, twice, twice.replace("rowing", "walking")).faults.empty


def test_two_clips_of_the_same_person_session_and_task_are_two_trials(study):
    found = read(study, "P01_1.mp4,rowing,P01,1,,", "P01_2.mp4,rowing,P01,1,,")
    assert found.faults.empty
    assert found.rows[0].identity == found.rows[1].identity


def test_a_clip_spelled_in_two_ways_is_the_same_clip(study):
    found = read(study, "P01_1.mp4,rowing,P01,1,,", "raw\\P01_1.mp4,rowing,P01,1,,", "./raw//P01_1.mp4,rowing,P01,1,,")
    assert lists.faults(found) == [(3, "clip"), (4, "clip")]


@pytest.mark.parametrize(
    ("other", "column"), [("P02,1,", "participant"), ("P01,2,", "session"), ("P01,1,2026-04-03", "date")]
)
def test_one_recording_is_not_of_two_people_sessions_or_days(study, other, column):
    found = read(study, "P01_1.mp4,rowing,P01,1,,", f"P01_1.mp4,rowing,{other},")
    assert lists.faults(found) == [(3, column)]


@pytest.mark.parametrize(("heading", "meant"), [("weight_kg", "mass_kg"), ("visit", "session"), ("Height", "height_m")])
def test_an_everyday_word_for_a_column_is_answered_by_ours(study, heading, meant):
    found = read(study, "P01_1.mp4,rowing,P01,1", columns=f"clip,task,participant,{heading}")
    assert f"Did you mean {meant}?" in found.faults.to_string()


def test_a_faulty_task_does_not_hide_that_a_recording_is_of_two_sessions(study):
    found = read(study, "P01_1.mp4,rowing,P01,1,,", "P01_1.mp4,rowin,P01,2,,")
    assert sorted(lists.faults(found)) == [(3, "session"), (3, "task")]


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("start_s", ("", "20")),
        ("stop_s", ("20", "")),
        ("follow", ("leftmost", "rightmost")),
        ("follow", ("central", "largest")),
    ],
)
def test_another_stretch_or_another_person_of_the_same_clip_is_another_recording(study, column, cells):
    rows = [f"P01_1.mp4,rowing,P0{number},{cell}" for number, cell in enumerate(cells)]
    assert read(study, *rows, columns=f"clip,task,participant,{column}").faults.empty


def test_what_is_said_in_other_words_is_the_same_stretch_and_person(study):
    """0 and central are what an empty cell means."""
    columns = "clip,task,participant,start_s,follow"
    found = read(study, "P01_1.mp4,rowing,P01,,", "P01_1.mp4,rowing,P02,0,central", columns=columns)
    assert lists.faults(found) == [(3, "participant")]


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("group", "trained", "control"),
        ("age", "70", "17"),
        ("sex", "f", "male"),
        ("height_m", "1.72", "1.27"),
        ("mass_kg", "70", "71"),
    ],
)
def test_a_person_has_one_group_age_sex_height_and_mass_within_a_session(study, column, one, other):
    columns = f"clip,task,participant,session,{column}"
    first = f"P01_1.mp4,rowing,P01,1,{one}"
    found = read(study, first, f"P01_2.mp4,rowing,P01,1,{other}", columns=columns)
    assert lists.faults(found) == [(3, column)]
    assert f"row 2 has {'female' if one == 'f' else one}" in lists.said(found, 3, column)
    later = read(study, first, f"P01_2.mp4,rowing,P01,2,{other}", columns=columns)
    # Who is older, taller or heavier another time is the same person still.
    assert lists.faults(later) == ([(3, "sex")] if column == "sex" else [])
    assert read(study, first, f"P02_1.mp4,rowing,P02,1,{other}", columns=columns).faults.empty
    assert read(study, first, "P01_2.mp4,rowing,P01,1,", columns=columns).faults.empty


def test_without_a_session_the_day_is_the_session(study):
    columns = "clip,task,participant,date,age"
    rows = [f"P01_{number}.mp4,rowing,P01,202{6 + number}-04-03,7{number}" for number in (1, 2)]
    assert read(study, *rows, columns=columns).faults.empty
    assert lists.faults(read(study, *(row.replace("2027", "2028") for row in rows), columns=columns)) == [(3, "age")]


@pytest.mark.parametrize(("one", "other"), [("p07", "P07"), ("7", "007")])
def test_a_participant_in_two_spellings_is_a_fault(study, one, other):
    found = read(study, f"P01_1.mp4,rowing,{one},,,", f"P01_2.mp4,rowing,{other},,,")
    assert lists.faults(found) == [(3, "participant")]
    assert read(study, "P01_1.mp4,rowing,P7,,,", "P01_2.mp4,rowing,P007,,,").faults.empty


@pytest.mark.parametrize(("one", "other"), [("control", "Control"), ("1", "01")])
def test_a_group_in_two_spellings_is_a_fault(study, one, other):
    columns = "clip,task,participant,group"
    found = read(study, f"P01_1.mp4,rowing,P01,{one}", f"P02_1.mp4,rowing,P02,{other}", columns=columns)
    assert lists.faults(found) == [(3, "group")]
    assert read(study, f"P01_1.mp4,rowing,P01,{one}", f"P02_1.mp4,rowing,{one},", columns=columns).faults.empty


def test_a_parameter_of_another_task_is_a_fault_only_where_a_value_is_given(study):
    columns = "clip,task,participant,chair_height_m,exercise"
    rows = ("P01_1.mp4,sit-to-stand,P01,0.46,", "P01_2.mp4,lifting,P01,,Deadlift")
    found = read(study, *rows, columns=columns)
    assert found.faults.empty
    assert found.rows[1].values["exercise"] == "deadlift"
    assert lists.faults(read(study, *rows, "P02_1.mp4,rowing,P02,,squat", columns=columns)) == [(4, "exercise")]


# Where the files lie

LEADING_OUT = [
    *("../secret.mp4", "raw/../../secret.mp4", "..\\secret.mp4", "raw\\..\\..\\secret.mp4", ".."),
    *("/etc/passwd", "\\\\server\\share\\x.mp4", "C:\\x.mp4", "c:x.mp4", "~/x.mp4", "~root/x.mp4", "raw/~/x.mp4"),
    *("http://example.org/x.mp4", "file:///etc/passwd", "memory://x.mp4", "simplecache::P01_1.mp4", "%2e%2e/x.mp4"),
    *("x\0.mp4", "x\x1b.mp4", "P01_1.mp4\0", ".. /x.mp4", "."),
]


@pytest.mark.parametrize("clip", LEADING_OUT)
@pytest.mark.parametrize("column", ["clip", "recording", "weights"])
def test_no_name_leads_out_of_the_folder_of_the_clips(study, clip, column):
    (study.parent / "secret.mp4").write_bytes(b"of somebody else")
    cells = {"clip": "P01_1.mp4", column: clip}
    found = read(study, f"{','.join(cells.values())},rowing,P01", columns=f"{','.join(cells)},task,participant")
    assert lists.faults(found) == [(2, column)]
    assert "must lie in the folder" in lists.said(found, 2, column) or clip == "."
    assert found.rows == ()
    assert "\x1b" not in found.faults.to_string()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["..", ".", "/", "\\", "~", "raw", "C:", "P01_1.mp4", "%2e%2e", " ", "://"]), max_size=6)
)
def test_whatever_is_found_lies_in_the_folder(study, pieces):
    (study.parent / "P01_1.mp4").write_bytes(b"of somebody else")
    root = os.path.realpath(study / "raw")
    try:
        found = Clips([root]).find("".join(pieces))
    except KinebenchError:
        found = os.path.join(root, "P01_1.mp4")
    assert os.path.dirname(os.path.realpath(found)) == root


def test_a_link_that_leads_out_is_refused_and_one_within_is_not(study, tmp_path):
    (tmp_path / "outside.mp4").write_bytes(b"of somebody else")
    (study / "raw" / "out.mp4").symlink_to(tmp_path / "outside.mp4")
    (study / "raw" / "within.mp4").symlink_to(study / "raw" / "P01_1.mp4")
    (study / "raw" / "away").symlink_to(tmp_path)
    found = read(
        study,
        "out.mp4,rowing,P01,,,",
        "within.mp4,rowing,P02,,,",
        "away/outside.mp4,rowing,P03,,,",
        "gone.mp4,rowing,P04,,,",
    )
    assert lists.faults(found) == [(2, "clip"), (4, "clip"), (5, "clip")]
    assert "is a link" in lists.said(found, 2, "clip")
    assert [row.name for row in found.rows] == ["within.mp4"]


def test_the_folder_itself_may_be_a_link(study, tmp_path):
    (tmp_path / "share").symlink_to(study / "raw")
    found = read(study, "P01_1.mp4,rowing,P01,,,", clips=str(tmp_path / "share"))
    assert [row.clip for row in found.rows] == [str(tmp_path / "share" / "P01_1.mp4")]


@pytest.mark.parametrize(
    ("clip", "complaint"),
    [
        ("gone.mp4", "no gone.mp4"),
        ("p01_1.MP4", "Did you mean P01_1.mp4?"),
        ("P01_1", "Did you mean P01_1.mp4?"),
        ("P01_1.mov", "Did you mean P01_1.mp4?"),
        ("empty.mp4", "is empty"),
        ("folder.mp4", "must be a file"),
    ],
)
def test_a_clip_that_cannot_be_read_is_a_fault(study, clip, complaint):
    found = read(study, f"{clip},rowing,P01,,,")
    assert lists.faults(found) == [(2, "clip")]
    assert complaint in lists.said(found, 2, "clip")


def test_a_clip_that_may_not_be_read_is_a_fault(study, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("P01_1.mp4"))
    found = read(study, "P01_1.mp4,rowing,P01,,,", "P01_2.mp4,rowing,P01,,,")
    assert lists.faults(found) == [(2, "clip")]
    assert "permissions" in lists.said(found, 2, "clip")


def test_clips_count_from_the_lists_folder_then_from_raw_or_from_the_folder_named(study, tmp_path):
    found = read(study, "elsewhere.mp4,rowing,P01,,,", "P01_1.mp4,rowing,P01,,,", "raw/P01_2.mp4,rowing,P01,,,")
    assert [os.path.relpath(row.clip, study) for row in found.rows] == [
        "elsewhere.mp4",
        "raw/P01_1.mp4",
        "raw/P01_2.mp4",
    ]
    named = read(study, "elsewhere.mp4,rowing,P01,,,", "P01_1.mp4,rowing,P01,,,", clips=str(study / "raw"))
    assert lists.faults(named) == [(2, "clip")]
    with pytest.raises(KinebenchError, match="--clips must be a folder"):
        read(study, "P01_1.mp4,rowing,P01,,,", clips=str(tmp_path / "nowhere"))


def test_accents_are_found_however_the_system_writes_them(study):
    for form in ("NFC", "NFD"):
        found = read(study, f"{unicodedata.normalize(form, 'Übung.mp4')},rowing,P01,,,")
        assert found.faults.empty, form


def test_files_that_parameters_name_count_from_the_same_folder(study):
    (study / "raw" / "P01_1.csv").write_bytes(b"keypoints")
    found = read(
        study,
        "P01_1.mp4,rowing,P01,recorded,P01_1.csv",
        "P01_2.mp4,rowing,P01,recorded,P01_2.csv",
        columns="clip,task,participant,estimator,recording",
    )
    assert found.rows[0].values["recording"] == str(study / "raw" / "P01_1.csv")
    assert (3, "recording") in lists.faults(found)


def test_a_reference_of_the_library_is_a_name_and_no_file(study):
    columns = "clip,task,participant,reference"
    found = read(study, "P01_1.mp4,compare,P01,jab", "P01_2.mp4,compare,P01,../jab.yaml", columns=columns)
    assert lists.faults(found) == [(3, "reference")]
    assert found.rows[0].values["reference"] == "jab"


# Behind a URL


@pytest.fixture(name="shelf")
def _shelf():
    """Object storage, in memory."""
    files = fsspec.filesystem("memory")
    files.pipe({"/study/raw/P01_1.mp4": b"x", "/study/raw/a/P01_2.mp4": b"x", "/study/raw/empty.mp4": b""})
    yield files
    files.rm("/study", recursive=True)


def test_a_list_and_its_clips_may_lie_behind_a_url(shelf):
    shelf.pipe("/study/videos.csv", b"clip,task,participant\nP01_1.mp4,rowing,P01\na/P01_2.mp4,rowing,P01\n")
    found = manifest.read("memory://study/videos.csv")
    manifest.check(found)
    assert [row.clip for row in found.rows] == [f"memory://study/raw/{name}" for name in ("P01_1.mp4", "a/P01_2.mp4")]
    with fsspec.open(found.rows[0].clip, "rb") as file:
        assert file.read() == b"x"


def test_a_list_here_may_name_clips_below_a_url(study, shelf):
    names = ("memory://study/raw/P01_1.mp4", "p01_1.mp4", "empty.mp4", "a", "memory://study/other.mp4", "a/../../x.mp4")
    found = read(
        study, *(f"{name},rowing,P01,,,trial-{n}" for n, name in enumerate(names)), clips="memory://study/raw/"
    )
    assert [row.clip for row in found.rows] == ["memory://study/raw/P01_1.mp4"]
    assert lists.faults(found) == [(number, "clip") for number in range(3, 8)]
    assert "Did you mean P01_1.mp4?" in lists.said(found, 3, "clip")


def test_each_folder_behind_a_url_is_listed_once(study, shelf, monkeypatch):
    calls = []
    ls = type(shelf).ls
    monkeypatch.setattr(
        type(shelf), "ls", lambda self, path, **options: calls.append(path) or ls(self, path, **options)
    )
    shelf.pipe({f"/study/raw/c{number}.mp4": b"x" for number in range(50)})
    found = read(study, *(f"c{number}.mp4,rowing,P01,,," for number in range(50)), clips="memory://study/raw")
    assert len(found.rows) == 50
    assert len(calls) == 1


def test_a_url_of_a_kind_that_is_not_known_is_told_in_one_line(study):
    with pytest.raises(KinebenchError, match="nosuchkind") as caught:
        manifest.read("nosuchkind://bucket/videos.csv")
    assert "\n" not in str(caught.value)


# A folder as a list


@pytest.fixture(name="session")
def _session(tmp_path):
    names = ("P01_1.mp4", "P01_2.MOV", "P02_1.mp4", "notes.txt", ".P03_1.mp4", "deep/P04_1.mp4")
    return lists.study(tmp_path, names) / "raw"


def clips(found):
    return [(row.name, *row.identity[:2]) for row in found.rows]


def test_the_names_of_a_folders_videos_say_who_and_when(session):
    found = manifest.read(str(session), pattern="{participant}_{session}.*", task="rowing")
    manifest.check(found)
    assert clips(found) == [("P01_1.mp4", "P01", "1"), ("P01_2.MOV", "P01", "2"), ("P02_1.mp4", "P02", "1")]


def test_only_two_stars_look_into_folders(session):
    found = manifest.read(str(session), pattern="**/{participant}_{session}.mp4", task="rowing")
    assert clips(found) == [("P01_1.mp4", "P01", "1"), ("P02_1.mp4", "P02", "1"), ("deep/P04_1.mp4", "P04", "1")]
    one = manifest.read(str(session), pattern="{label}/{participant}_?.mp4", task="rowing")
    assert [(row.name, row.values["label"]) for row in one.rows] == [("deep/P04_1.mp4", "deep")]


def test_without_a_pattern_every_video_is_taken_and_the_participant_is_missing(session):
    found = manifest.read(str(session), task="rowing")
    assert lists.faults(found) == [(0, "participant")]
    assert "--pattern" in lists.said(found, 0, "participant")
    assert [row.name for row in found.rows] == ["P01_1.mp4", "P01_2.MOV", "P02_1.mp4"]


@pytest.mark.parametrize("name", ["P01_pre_op.mp4", "P01__1.mp4", "P 9_1.mp4", "P09_ä.mp4"])
def test_a_name_that_can_be_read_in_two_ways_is_a_fault_and_never_a_guess(session, name):
    (session / name).write_bytes(b"x")
    found = manifest.read(str(session), pattern="{participant}_{session}.mp4", task="rowing")
    assert len(found.faults) == 1
    assert name not in [row.name for row in found.rows]
    assert len(found.rows) == 2


def test_a_day_in_a_name_may_hold_the_sign_that_divides(tmp_path):
    folder = lists.study(tmp_path, ("P01-2026-04-03-a.mp4",)) / "raw"
    found = manifest.read(str(folder), pattern="{participant}-{date}-{label}.mp4", task="rowing")
    assert found.rows[0].identity == ("P01", "", "2026-04-03", "rowing", "a")


def test_what_stands_twice_in_a_pattern_must_be_the_same_twice(tmp_path):
    folder = lists.study(tmp_path, ("P01/P01_1.mp4", "P02/P03_1.mp4")) / "raw"
    found = manifest.read(str(folder), pattern="{participant}/{participant}_{session}.mp4", task="rowing")
    assert clips(found) == [("P01/P01_1.mp4", "P01", "1")]
    assert lists.faults(found) == [(2, "clip")]


def test_a_folder_behind_a_url_is_a_list_too(shelf):
    found = manifest.read("memory://study/raw", pattern="**/{participant}_{session}.mp4", task="rowing")
    manifest.check(found)
    assert [row.clip for row in found.rows] == ["memory://study/raw/P01_1.mp4", "memory://study/raw/a/P01_2.mp4"]
    flat = manifest.read("memory://study/raw", pattern="{participant}_{session}.mp4", task="rowing")
    assert len(flat.rows) == 1


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("../{participant}.mp4", "leads out"),
        ("/{participant}.mp4", "leads out"),
        ("{participant}{session}.mp4", "where {participant} ends"),
        ("{participant}*.mp4", "where {participant} ends"),
        ("{who}_*.mp4", "no parameter"),
        ("{participant_*.mp4", "brace"),
        ("{}_*.mp4", "no parameter"),
        ("{task}_{participant}.mp4", "no parameter"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_refused(session, pattern, complaint):
    with pytest.raises(KinebenchError, match=complaint):
        manifest.read(str(session), pattern=pattern, task="rowing")


def test_a_folder_needs_a_task_and_a_file_no_pattern(session, study):
    with pytest.raises(KinebenchError, match="--task must be given"):
        manifest.read(str(session), pattern="{participant}_*.mp4")
    with pytest.raises(KinebenchError, match="--pattern must come with a folder"):
        read(study, "P01_1.mp4,rowing,P01,,,", pattern="{participant}.mp4")
    with pytest.raises(KinebenchError, match="--clips must come with a list"):
        manifest.read(str(session), task="rowing", clips=str(session))


def test_a_pattern_that_nothing_fits_is_a_fault(session):
    found = manifest.read(str(session), pattern="{participant}.avi", task="rowing")
    assert lists.faults(found) == [(0, "")]


def test_rows_go_through_json_as_they_are(study):
    """Other processes get them."""
    (row,) = read(study, "P01_1.mp4,rowing,P01,1,,").rows
    assert json.loads(json.dumps(dict(row.values))) == row.values
