"""Lists of a batch: which runs their rows have, whatever becomes of the list, and what other lists may not touch."""

import json
import random
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from kinebench import batch, manifest, places, storage
from kinebench.batch import closing, planning, stages
from kinebench.batch.engine import Ended
from kinebench.batch.ledger import Ledger
from kinebench.batch.status import status
from kinebench.errors import KinebenchError
from kinebench.storage import Place
from tests.batches import Idle, Study


@pytest.fixture(name="study")
def _study(tmp_path, monkeypatch):
    study = Study.made(tmp_path / "study", [])
    for name in ("KINEBENCH_CACHE", "KINEBENCH_DATA"):
        monkeypatch.setenv(name, study.environment[name])
    return study


def alike(*clips, **more):
    """Rows that nothing tells apart but their clips."""
    return [{"clip": clip, "task": "walking", "participant": "P01", **more} for clip in clips]


def planned(study, rows, *, out="", **settings):
    """The plan of a list of these rows; clips that are not there yet are made, each of another content."""
    study.write(rows)
    for row in rows:
        path = study.raw / row["clip"]
        if not path.exists():
            path.write_bytes(f"film of {row['clip']}".encode())
    listed = manifest.read(str(study.listing))
    manifest.check(listed)
    return batch.plan(listed.rows, Ledger(Place(out or str(study.reports))), batch.Stamps(), **settings)


def done(where, chosen):
    """Let everything that is due look as if it had been done."""
    place = Place(str(where))
    for job in chosen.due:
        record = {"basis": job.basis, "files": {"reps.csv": {"bytes": 1}}, "parameters": job.values, "task": job.task}
        place.write(f"{job.name}/reps.csv", b"x")
        place.write(f"{job.name}/run.json", json.dumps(record | {"run": job.name}).encode())


def runs(chosen):
    """Each clip's run, and why it is due."""
    return {Path(one.job.clip).name: (one.job.name, one.why) for one in chosen.rows}


# Rows alike but for their clips


@pytest.mark.parametrize("seed", range(5))
def test_sorting_a_list_and_removing_rows_redoes_nothing_and_gives_no_folder_to_another_clip(study, seed):
    chance = random.Random(seed)
    rows = alike("a.mp4", "b.mp4", "c.mp4", "d.mp4")
    done(study.reports, planned(study, rows))
    before = {clip: (name, batch.UP_TO_DATE) for clip, (name, _) in runs(planned(study, rows)).items()}
    kept = chance.sample(rows, chance.randint(1, 4))
    assert runs(planned(study, kept)) == {row["clip"]: before[row["clip"]] for row in kept}


def test_a_row_that_is_added_before_others_gets_a_folder_of_its_own(study):
    done(study.reports, planned(study, alike("b.mp4", "c.mp4")))
    before = runs(planned(study, alike("b.mp4", "c.mp4")))
    after = runs(planned(study, alike("a.mp4", "b.mp4", "c.mp4")))
    name, why = after.pop("a.mp4")
    assert after == before
    assert why == "new"
    assert name not in {known for known, _ in before.values()}


def test_rows_of_one_clip_are_told_apart_by_their_stretches(study):
    rows = [row | {"start_s": start} for row, start in zip(alike("a.mp4", "a.mp4"), (0, 5), strict=True)]
    done(study.reports, planned(study, rows))
    assert [one.why for one in planned(study, rows[::-1]).rows] == [batch.UP_TO_DATE] * 2


def test_a_clip_that_was_replaced_keeps_its_run(study):
    first = planned(study, alike("a.mp4", "b.mp4"))
    done(study.reports, first)
    (study.raw / "a.mp4").write_bytes(b"filmed again")
    again = runs(planned(study, alike("a.mp4", "b.mp4")))
    assert again["a.mp4"] == (runs(first)["a.mp4"][0], "changed: the clip")
    assert again["b.mp4"][1] == batch.UP_TO_DATE


def test_rows_that_are_left_out_by_only_keep_their_names_too(study):
    rows = [*alike("a.mp4"), *alike("b.mp4", session="2")]
    chosen = planned(study, rows, only=["P01_2*"])
    assert [Path(one.job.clip).name for one in chosen.rows] == ["b.mp4"]
    assert list(chosen.names.values()) == ["P01", "P01"]


# Other lists


def claimed_by_another(study):
    """A list's run of a clip, which was replaced since; the list as it was known before."""
    done(study.reports, planned(study, alike("a.mp4")))
    chosen = planned(study, alike("a.mp4"))
    Ledger(Place(str(study.reports))).note_list("as it was called before", chosen.names)
    (study.raw / "a.mp4").write_bytes(b"filmed again")


def test_a_list_under_another_name_is_told_how_to_take_its_runs_over_and_can(study):
    claimed_by_another(study)
    refused = planned(study, alike("a.mp4"), own_list="now")
    assert [(one.stage, "--take-over" in one.remedy) for one in refused.failures] == [("list", True)]
    taken = planned(study, alike("a.mp4"), own_list="now", take_over=True)
    assert [one.why for one in taken.rows] == ["changed: the clip"]
    own = Ledger(Place(str(study.reports)))
    own.note_list("now", taken.names)
    own.take_over("now", list(taken.names))
    assert [one.why for one in planned(study, alike("a.mp4"), own_list="now").rows] == ["changed: the clip"]
    assert own.listed() == list(taken.names)


def test_taking_runs_over_leaves_other_lists_the_rest(tmp_path):
    own = Ledger(Place(str(tmp_path)))
    own.note_list("other", {"a": "P01", "b": "P02"})
    own.note_list("own", {"a": "P01"})
    own.take_over("own", ["a"])
    assert own.listed(besides="own") == ["b"]
    assert json.loads((tmp_path / own.list_of("other")).read_text()) == {"runs": ["b"], "participants": {"b": "P02"}}
    assert own.listed(besides="other") == ["a"]


def test_a_list_is_the_same_with_the_task_or_the_first_sheet_named_or_not(study):
    openpyxl = pytest.importorskip("openpyxl")
    planned(study, alike("a.mp4"))
    book = openpyxl.Workbook()
    for row in (["clip", "task", "participant"], ["a.mp4", "walking", "P01"]):
        book.active.append(row)
    book.create_sheet("other")
    book.save(study.folder / "data" / "l.xlsx")

    def key(name, **said):
        source = str(study.folder / "data" / name)
        return batch.list_key(source, *manifest.read(source, **said).part)

    assert key("videos.csv") == key("videos.csv", task="rowing")
    assert key("l.xlsx") == key("l.xlsx", sheet="Sheet") == key("l.xlsx", task="rowing")
    assert key("l.xlsx") != key("l.xlsx", sheet="other", task="rowing")


def test_no_path_of_a_list_is_noted(study):
    own = Ledger(Place(str(study.reports)))
    own.note_list(batch.list_key(str(study.listing)), {"run": "P01"})
    (note,) = (study.reports / ".kinebench" / "batches").iterdir()
    assert "videos" not in note.name + note.read_text()
    assert str(study.folder) not in note.read_text()


def test_what_another_list_finished_since_the_plan_is_not_written_over(study):
    """Both lists mean one run by the row, with other clips, and were planned before either had run."""
    chosen = planned(study, alike("a.mp4"), own_list="second")
    own = Ledger(Place(str(study.reports)))
    own.note_list("second", chosen.names)
    own.note_list("first", chosen.names)
    done(study.reports, planned(study, alike("b.mp4")))
    before = own.record(chosen.due[0].name)
    (outcome,) = batch.work(Idle(), chosen, own, batch.Stamps())
    assert (outcome.status, outcome.stage) == ("failed", planning.LIST)
    assert own.record(outcome.job.name) == before
    assert own.claim(outcome.job.name) is not None, "the run is still claimed"


@pytest.mark.parametrize("how", ["missing", "unreadable parameters"])
def test_a_clip_that_cannot_be_read_makes_no_failure_of_another_lists_run(study, monkeypatch, how):
    first = planned(study, alike("a.mp4"), own_list="first")
    done(study.reports, first)
    own = Ledger(Place(str(study.reports)))
    own.note_list("first", first.names)
    rows = alike("b.mp4")
    planned(study, rows)
    if how == "missing":
        monkeypatch.setattr(batch.Stamps, "digest", lambda *_: refused("clip must be there, but is not. Put it back."))
    else:
        monkeypatch.setattr(planning, "basis", lambda *_: refused("weights must be whole. Fetch them."))
    chosen = planned(study, rows, own_list="second")
    (outcome,) = batch.work(None, chosen, own, batch.Stamps())
    assert (outcome.status, outcome.stage) == ("failed", planning.LIST)
    assert "another list's" in outcome.message
    assert study.failures() == {}
    assert set(status(own)["state"]) == {"complete"}


def refused(message):
    raise KinebenchError(message)


def at_an_address(study, name, source):
    """The plan of a second list, whose row has a clip at an address that was never fetched; the first's run is done."""
    first = planned(study, alike("a.mp4"), own_list="first")
    done(study.reports, first)
    own = Ledger(Place(str(study.reports)))
    own.note_list("first", first.names)
    where = f"memory://{uuid.uuid4().hex}"
    if source is not None:
        Place(where).write(name, source.read_bytes())
    else:
        Place(where).write("else.mp4", b"else")
    (row,) = manifest.read(str(study.listing)).rows
    chosen = batch.plan([replace(row, clip=f"{where}/{name}")], own, batch.Stamps(), own_list="second")
    assert [one.job.sha256 for one in chosen.rows] == [""] * len(chosen.rows)
    return own, chosen


def worked(monkeypatch, chosen, own):
    """How the jobs of a plan ended, done one after the other in this process."""

    def work(_, jobs):
        for job in jobs:
            try:
                found = stages.extract(job)
            except Exception as error:  # noqa: BLE001
                yield Ended(job, 1, error=error)
            else:
                yield Ended(job, 1, found | {"status": "complete", "verdict": "good", "basis": job.basis})

    monkeypatch.setattr(batch.Engine, "work", work)
    return list(batch.work(Idle(), chosen, own, batch.Stamps()))


@pytest.mark.parametrize("force", [False, True])
def test_another_clip_at_an_address_is_not_written_over_another_lists_run(study, monkeypatch, force):
    """That it is another is known once it was fetched."""
    monkeypatch.setattr("kinebench.extraction.detect", lambda *_, **__: pytest.fail("looked at"))
    own, chosen = at_an_address(study, "b.mp4", places.SAMPLES / "walking_treadmill.mp4")
    (planned_row,) = chosen.rows
    chosen = replace(chosen, rows=(replace(planned_row, job=replace(planned_row.job, force=force)),))
    before = own.record(planned_row.job.name)
    (outcome,) = worked(monkeypatch, chosen, own)
    assert (outcome.status, outcome.stage, outcome.message, outcome.remedy) == (
        *("failed", planning.LIST),
        *planning.SHARED,
    )
    assert own.record(planned_row.job.name) == before
    assert study.failures() == {}
    assert own.claim(planned_row.job.name) is not None, "the run is still claimed"


def test_a_clip_that_cannot_be_fetched_makes_no_failure_of_another_lists_run(study, monkeypatch):
    monkeypatch.setattr(storage, "mark", lambda _: [1])
    own, chosen = at_an_address(study, "b.mp4", None)
    monkeypatch.setattr(storage, "mark", lambda _: refused("clip must be there, but is not. Put it back."))
    (outcome,) = worked(monkeypatch, chosen, own)
    assert (outcome.status, outcome.stage) == ("failed", "reading")
    assert study.failures() == {}


# At an address


class Counted:
    """Counts how often a place of fsspec is asked."""

    def __init__(self, monkeypatch, where):
        self.asked = []
        # Of the class: fsspec hands out one object for all, on which something would stay behind.
        kind = type(Place(where)._files)
        for name in ("cat_file", "cat", "info", "ls", "find", "exists", "size"):
            monkeypatch.setattr(kind, name, self.counting(name, getattr(kind, name)))

    def counting(self, name, ask):
        def asked(*args, **kwargs):
            self.asked.append(name)
            return ask(*args, **kwargs)

        return asked


@pytest.mark.parametrize("count", [2, 12])
def test_an_address_is_asked_as_often_for_many_rows_as_for_few(study, monkeypatch, count):
    where = f"memory://{uuid.uuid4().hex}/reports"
    rows = [row | {"session": str(number)} for number, row in enumerate(alike(*(f"{i}.mp4" for i in range(count))))]
    first = planned(study, rows, out=where)
    done(where, first)
    for row in first.rows:
        Place(where).write(f"{row.job.name}/metrics.json", b'{"metrics": {}}')
    Ledger(Place(where)).note_list("own", first.names)
    counted = Counted(monkeypatch, where)
    chosen = planned(study, rows, out=where, own_list="own")
    assert {one.why for one in chosen.rows} == {batch.UP_TO_DATE}
    assert counted.asked.count("find") == 1
    # A file system may fetch many files by asking for each; here none else is asked for.
    assert set(counted.asked) <= {"find", "cat", "cat_file", "info"}
    assert counted.asked.count("cat") <= 2
    counted.asked.clear()
    closing.close(Place(where))
    assert (counted.asked.count("find"), counted.asked.count("cat")) == (1, 1)
    assert set(status(Ledger(Place(where)))["state"]) == {"complete"}


def test_what_is_seen_of_an_address_is_what_lies_there(study):
    where = f"memory://{uuid.uuid4().hex}/reports"
    done(where, planned(study, alike("a.mp4"), out=where))
    chosen = planned(study, alike("a.mp4"), out=where)
    assert chosen.rows[0].why == batch.UP_TO_DATE
    name = chosen.rows[0].job.name
    Place(where).write(f"{name}/reps.csv", b"longer")
    assert planned(study, alike("a.mp4"), out=where).rows[0].why == "damaged: reps.csv is missing or cut"
    Place(where).remove(f"{name}/reps.csv")
    assert planned(study, alike("a.mp4"), out=where).rows[0].why == "damaged: reps.csv is missing or cut"
    Place(where).remove(name)
    assert planned(study, alike("a.mp4"), out=where).rows[0].why == "new"


@pytest.mark.parametrize(
    ("file", "text", "fetched"),
    [
        ("other.yaml", "clip: {file: other.mp4, sha256: %s}\n", False),
        ("a.yaml", "cutoff_hz: 5\n", True),
        ("a-0123abcd.yaml", "cutoff_hz: 5\n", True),
        ("renamed.yaml", "clip: {file: a.mp4, sha256: %s}\n", True),
    ],
)
def test_a_clip_at_an_address_is_fetched_for_the_plan_only_where_a_parameter_file_may_be_its_own(
    study, file, text, fetched
):
    where = f"memory://{uuid.uuid4().hex}"
    Place(where).write("a.mp4", b"film")
    places.params().mkdir(parents=True)
    (places.params() / file).write_text(text.replace("%s", "0" * 64))
    assert bool(batch.Stamps().digest(f"{where}/a.mp4")) == fetched


def test_a_run_that_failed_only_keeps_its_name_too(study):
    own = Ledger(Place(str(study.reports)))
    for job in planned(study, alike("a.mp4", "b.mp4")).due:
        own.failed(batch.Outcome(job, "failed", "notebook", "a", "b"))
    before = runs(planned(study, alike("a.mp4", "b.mp4")))
    assert runs(planned(study, alike("b.mp4"))) == {"b.mp4": before["b.mp4"]}
