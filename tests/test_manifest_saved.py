"""What was saved for a clip lies beneath its row; what does not go together is told with the file's name."""

from types import SimpleNamespace

import pytest

from kinebench import manifest, parameters, saved, tasks
from kinebench.edits import Edit
from kinebench.manifest import Row
from kinebench.video import Clip

WHEN = "2026-11-21T07:00:00+00:00"


@pytest.fixture(name="params")
def _params(tmp_path, monkeypatch):
    """The folder of parameter files, of the test's own."""
    monkeypatch.setenv("KINEBENCH_DATA", str(tmp_path))
    (tmp_path / "params").mkdir()
    return tmp_path / "params"


def digest(number):
    return f"{number:02x}" * 32


def clip(stem, number) -> Clip:
    """As much of an opened clip as parameter files ask for."""
    return SimpleNamespace(path=SimpleNamespace(stem=stem, name=f"{stem}.mp4"), sha256=digest(number))  # type: ignore[return-value]


def keep(stem, number, task="rowing", **values):
    path = saved.place(clip(stem, number))
    saved.write(path, saved.written(clip(stem, number), task, parameters.build(tasks.get(task).settings, values), WHEN))
    return path


def row(number, stem="a", task="rowing", **values):
    return Row(number, f"/clips/{stem}.mp4", f"{stem}.mp4", task, {"participant": "P01"} | values)


def merged(*rows, **digests):
    return manifest.with_saved(rows, {f"/clips/{stem}.mp4": digest(number) for stem, number in digests.items()})


def test_a_rows_own_values_go_before_those_saved_for_its_clip(params):
    path = keep("a", 1, cutoff_hz=4.5, height_m=1.6, participant="P99", edits=[])
    (found,), faults = merged(row(2, height_m=1.7, session="1"), a=1)
    assert faults.empty
    assert found.values["cutoff_hz"] == 4.5
    assert (found.values["height_m"], found.identity[:2], found.obeyed) == (1.7, ("P01", "1"), path)
    assert None not in found.values.values()


def test_a_row_without_a_file_or_a_digest_is_left_as_it_is(params):
    keep("a", 1)
    rows = (row(2, "b"), row(3, "a"))
    found, faults = merged(*rows, b=2)
    assert found == rows
    assert faults.empty


def test_a_renamed_clip_is_known_by_its_content_and_another_of_its_name_is_not(params):
    keep("a", 1, cutoff_hz=4.5)
    (renamed, other), _ = merged(row(2, "b"), row(3, "a"), b=1, a=2)
    assert renamed.values["cutoff_hz"] == 4.5
    assert "cutoff_hz" not in other.values


def test_what_was_saved_of_another_estimator_goes_with_it(params):
    keep("a", 1, person_x_px=100.0, person_y_px=50.0, cutoff_hz=4.5)
    (found,), faults = merged(row(2, estimator="movenet-thunder"), a=1)
    assert faults.empty
    assert "person_x_px" not in found.values
    assert found.values["cutoff_hz"] == 4.5


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("cutoff_hz: [", "must be a YAML file"),
        ("cutoff_hz: high\n", "cutoff_hz must be a number"),
        ("cutof_hz: 4\n", "Did you mean cutoff_hz"),
        ("a: !!python/object/apply:os.system [true]\n", "must be a YAML file"),
        ("task: walking\n", "task must be walking"),
    ],
)
def test_a_file_that_cannot_be_obeyed_is_a_fault_that_names_it(params, text, complaint):
    (params / "a.yaml").write_text(text)
    rows, faults = merged(row(2), row(3, "b"), a=1, b=2)
    assert [fault.row for fault in faults.itertuples()] == [2]
    said = " ".join(faults.iloc[0][["value", "fault", "remedy"]])
    assert complaint in said
    assert "a.yaml" in said
    assert rows[0].obeyed is None


# Two people in one clip

OWN = {"height_m": 1.6, "mass_kg": 60.0, "age_years": 71.0, "sex": "female", "group": "control", "condition": "copd"}
REPAIR = Edit("stretch unusable", 1.0, 2.0, of="left_knee")


@pytest.mark.parametrize("told", [{"follow_x_px": 300.0}, {"follow": "largest"}, {}])
def test_nobody_is_given_what_was_saved_of_another_person(params, told):
    keep("a", 1, participant="P01", cutoff_hz=4.5, edits=[REPAIR], **OWN)
    first, second = row(2), row(3, participant="P02", stop_s=4.0, **told)
    (saved_one, other), faults = merged(first, second, a=1)
    assert faults.empty
    assert saved_one.values.items() >= (OWN | {"cutoff_hz": 4.5}).items()
    assert len(saved_one.values["edits"]) == 1
    assert not other.values.keys() & {*OWN, "edits"}
    assert other.values["cutoff_hz"] == 4.5


def test_whoever_is_chosen_otherwise_is_another_person_also_where_the_file_names_nobody(params):
    keep("a", 1, person_x_px=100.0, person_y_px=50.0, height_m=1.6, cutoff_hz=4.5)
    (found,), faults = merged(row(2, follow="largest"), a=1)
    assert faults.empty
    assert not found.values.keys() & {"height_m", "person_x_px", "person_y_px"}
    assert found.values["cutoff_hz"] == 4.5


def test_what_a_file_does_not_say_whose_it_is_is_given_to_none_of_several(params):
    keep("a", 1, height_m=1.6, mass_kg=60.0, edits=[REPAIR])
    rows = (row(2, stop_s=4.0), row(3, participant="P02", start_s=4.0, height_m=1.8))
    _, faults = merged(*rows, a=1)
    assert list(faults["row"]) == [2, 3]
    assert [said.partition("holds ")[2] for said in faults["fault"]] == [
        "mass_kg, height_m, edits and does not say whose.",
        "mass_kg, edits and does not say whose.",
    ]
    assert set(faults["remedy"]) == {"Save it with participant."}


def test_a_row_that_gives_a_persons_details_itself_needs_not_know_whose_a_file_is(params):
    keep("a", 1, height_m=1.6, cutoff_hz=4.5)
    rows = (row(2, stop_s=4.0, height_m=1.7), row(3, participant="P02", start_s=4.0, height_m=1.8))
    found, faults = merged(*rows, a=1)
    assert faults.empty
    assert [one.values["height_m"] for one in found] == [1.7, 1.8]
    keep("a", 1, cutoff_hz=4.5)
    assert merged(*rows, a=1)[1].empty


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ({"follow": "pointed", "follow_x_px": 9.0, "follow_y_px": 9.0}, {}),
        ({"person_x_px": 9.0, "person_y_px": 9.0}, {"follow": "central"}),
        ({"edits": [Edit("person chosen", 1.0, 1.0, new=(9.0, 9.0))]}, {}),
        ({"follow": "pointed", "follow_x_px": 9.0, "follow_y_px": 9.0}, {"follow_person": 1}),
    ],
)
def test_nobody_is_measured_where_another_person_was_saved_to_be(params, file, told):
    keep("a", 1, participant="P01", **file)
    _, faults = merged(row(2, participant="P02", **told), a=1)
    (fault,) = faults["fault"]
    assert "follow must be given" in fault
    assert "a.yaml" in fault


def test_a_stretch_that_is_impossible_only_with_the_file_is_a_fault(params):
    keep("a", 1, stop_s=5.0)
    _, faults = merged(row(2, start_s=6.0), a=1)
    assert list(faults["column"]) == ["stop_s"]


def test_a_height_that_differs_from_the_sessions_only_with_the_file_is_a_fault(params):
    keep("b", 2, height_m=1.27)
    _, faults = merged(row(2, "a", session="1", height_m=1.72), row(3, "b", session="1"), a=1, b=2)
    assert list(faults["column"]) == ["height_m"]
    assert "row 3 with b.yaml 1.27" in faults["fault"][0]


def test_the_shelf_finds_the_file_that_the_workbench_finds(params):
    """For a clip with a file of its own, of a taken name, renamed, in no file, and with a file that tells no digest."""
    keep("a", 1)
    keep("a", 2)
    keep("b", 3)
    (params / "c.yaml").write_text("cutoff_hz: 4\n")
    (params / ".d.yaml").write_text(f"clip: {{sha256: {digest(9)}}}\n")
    (params / "zz.yaml").write_text((params / "b.yaml").read_text())
    shelf = saved.Shelf()
    found = 0
    for stem in "abcd":
        for number in (1, 2, 3, 4, 9):
            place = saved.place(clip(stem, number))
            assert shelf.find(stem, digest(number)) == (place if place.exists() else None), (stem, number)
            found += place.exists()
    assert found == 14


def test_the_folder_is_read_once_for_many_clips(params, monkeypatch):
    for number in range(40):
        keep(f"c{number}", number, cutoff_hz=4.5)
    read = []
    says = saved._says
    monkeypatch.setattr(saved, "_says", lambda path: read.append(path) or says(path))
    rows, faults = merged(*(row(n, f"c{n}") for n in range(40)), **{f"c{number}": number for number in range(40)})
    assert faults.empty
    assert all(one.values["cutoff_hz"] == 4.5 for one in rows)
    assert len(read) == 40
