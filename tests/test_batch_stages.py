"""The stages and the plan by themselves: what is told of a clip that changes, what is due, which names runs have."""

import dataclasses
import json
import os
import shutil
import sys
import threading
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from kinebench import batch, bystanders, kernel, manifest, parameters, places, provenance, storage, tasks
from kinebench.batch import jobs, stages
from kinebench.batch.engine import Ended
from kinebench.batch.ledger import Ledger
from kinebench.batch.status import status
from kinebench.errors import KinebenchError, split
from kinebench.estimators import weights
from kinebench.run import folders
from kinebench.storage import Place
from tests.batches import Study, row


@pytest.fixture(name="study")
def _study(tmp_path, monkeypatch):
    study = Study.made(tmp_path / "study", [row("walking", "P01"), row("lifting", "P02")])
    for name in ("KINEBENCH_CACHE", "KINEBENCH_DATA"):
        monkeypatch.setenv(name, study.environment[name])
    return study


def planned(study, **settings):
    listed = manifest.read(str(study.listing))
    manifest.check(listed)
    return batch.plan(listed.rows, Ledger(Place(str(study.reports))), batch.Stamps(), **settings)


def finished(study, job):
    """Let the job look as if it had been done."""
    folder = study.reports / job.name
    folder.mkdir(parents=True)
    (folder / "reps.csv").write_text("x")
    record = {"basis": job.basis, "files": {"reps.csv": {"bytes": 1}}, "parameters": job.values, "task": job.task}
    (folder / "run.json").write_text(json.dumps(record))


def test_a_row_is_due_until_a_run_with_its_very_basis_is_there(study):
    first = planned(study)
    assert [one.why for one in first.rows] == ["new", "new"]
    finished(study, first.rows[0].job)
    assert [one.why for one in planned(study).rows] == [jobs.UP_TO_DATE, "new"]
    assert [one.why for one in planned(study, force=True).rows] == ["forced", "forced"]
    assert [one.job.values["participant"] for one in planned(study, only=["P0*2"]).rows] == ["P02"]


@pytest.mark.parametrize("part", ["clip", "weights", "faces", "parameters", "files", "template", "code"])
def test_whatever_a_run_rests_on_makes_it_due_when_it_changes(study, part):
    job = planned(study).rows[0].job
    finished(study, dataclasses.replace(job, basis=job.basis | {part: "other"}))
    assert planned(study).rows[0].why.startswith("changed: ")


def test_a_run_is_due_again_once_bystanders_can_be_looked_for(study, monkeypatch):
    monkeypatch.setattr(bystanders, "possible", lambda: False)
    finished(study, planned(study).rows[0].job)
    assert planned(study).rows[0].why == jobs.UP_TO_DATE
    monkeypatch.undo()
    for name in ("KINEBENCH_CACHE", "KINEBENCH_DATA"):
        monkeypatch.setenv(name, study.environment[name])
    assert planned(study).rows[0].why == "changed: who was looked for to be covered"


def test_what_was_saved_for_a_clip_is_obeyed_below_what_the_list_says(study):
    clip = storage.Place(str(study.raw))
    digest = batch.Stamps().digest(str(study.raw / "walking_treadmill.mp4"))
    text = f"clip: {{file: x.mp4, sha256: {digest}}}\ntask: walking\ncutoff_hz: 4.5\nheight_m: 1.6\n"
    (study.folder / "data" / "params").mkdir()
    (study.folder / "data" / "params" / "anything.yaml").write_text(text)
    study.write([row("walking", "P01", height_m=1.7), row("lifting", "P02")])
    values = planned(study).rows[0].job.values
    assert (values["cutoff_hz"], values["height_m"]) == (4.5, 1.7)
    assert clip.names()


def test_a_clip_is_read_once_and_then_known_by_its_stamp(study, monkeypatch):
    stamps = batch.Stamps()
    clip = study.raw / "walking_treadmill.mp4"
    digest = stamps.digest(str(clip))
    stamps.save()
    monkeypatch.setattr("kinebench.provenance.sha256_file", lambda _: pytest.fail("read again"))
    assert batch.Stamps().digest(str(clip)) == digest
    monkeypatch.undo()
    monkeypatch.setenv("KINEBENCH_CACHE", study.environment["KINEBENCH_CACHE"])
    times = (clip.stat().st_atime_ns, clip.stat().st_mtime_ns)
    content = bytearray(clip.read_bytes())
    content[-1] ^= 1
    clip.write_bytes(content)
    os.utime(clip, ns=times)
    assert batch.Stamps().digest(str(clip)) != digest


def test_planning_reads_the_weights_no_more_often_for_many_rows_than_for_one(study, monkeypatch):
    """However long the list: a thousand rows that are up to date are left alone in seconds."""
    read = []
    digest = provenance.sha256_file
    monkeypatch.setattr(provenance, "sha256_file", lambda path: (read.append(Path(path)), digest(path))[1])
    counted = []
    for rows in (1, 8):
        study.write([row("walking", f"P{number:02d}", start_s=number / 10) for number in range(rows)])
        weights._sha256_of.cache_clear()
        read.clear()
        assert len(planned(study).rows) == rows
        counted.append(Counter(path.name for path in read if path.suffix == ".tflite"))
    assert counted[0].total() > 0
    assert counted[1] <= counted[0]


def test_a_clip_that_goes_between_the_stages_is_told(study):
    job = planned(study).rows[0].job
    found = {"sha256": job.sha256, "seconds": 0.0, "detections": []}
    os.unlink(job.clip)
    for stage in (lambda: stages.extract(job), lambda: stages.measure(job, found)):
        with pytest.raises(KinebenchError, match="gone") as told:
            stage()
        assert told.value.stage == "reading"


def test_a_clip_that_holds_something_else_than_planned_is_told(study):
    job = planned(study).rows[0].job
    (study.raw / "walking_treadmill.mp4").write_bytes((places.SAMPLES / "rowing.mp4").read_bytes())
    with pytest.raises(KinebenchError, match="must stay as it was when the batch began"):
        stages.extract(job)


@pytest.mark.parametrize("how", ["grows", "goes", "is another"])
def test_a_clip_that_changes_while_the_notebook_runs_leaves_no_results(study, how, monkeypatch):
    job = planned(study).rows[0].job
    clip = study.raw / "walking_treadmill.mp4"

    def execute(notebook, executed, given, **_):
        executed.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
        (executed.parent / "metrics.json").write_text('{"quality": {"verdict": "good", "checks": []}}')
        if how == "goes":
            clip.unlink()
        else:
            clip.write_bytes(clip.read_bytes() + b"more" if how == "grows" else b"another")

    monkeypatch.setattr(kernel, "execute", execute)
    monkeypatch.setattr("kinebench.report.to_html", lambda *_: None)
    monkeypatch.setattr("kinebench.report.to_pdf", lambda *_: False)
    with pytest.raises(KinebenchError, match="must stay as it is while it is analysed"):
        stages.measure(job, {"sha256": job.sha256, "seconds": 0.0, "detections": []})
    assert not (study.reports / job.name).exists()
    assert not list(study.reports.rglob(".kinebench-*"))


def test_names_tell_rows_apart_and_name_nobody(study):
    identities = [
        ("P07", "2", "", "rowing", ""),
        ("P07", "", "", "rowing", ""),
        ("P07", "2", "2026-01-01", "rowing", ""),
    ]
    names = [jobs.run_name(identity, trial) for identity in identities for trial in (1, 2)]
    assert len(set(names)) == len(names)
    assert names[0].startswith("P07_2_rowing_")
    assert names == [jobs.run_name(identity, trial) for identity in identities for trial in (1, 2)]


def test_a_publication_that_was_interrupted_leaves_no_run_and_is_made_again(tmp_path, monkeypatch):
    folder, made = tmp_path / "run", tmp_path / "made"
    for one, content in ((folder, "old"), (made, "new")):
        one.mkdir()
        for name in ("run.json", "metrics.json", "reps.csv"):
            (one / name).write_text(content)
    real, calls = os.replace, []

    def failing(source, target):
        calls.append(target)
        if len(calls) == 3:
            raise OSError("killed")
        real(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="killed"):
        folders.publish(made, folder)
    monkeypatch.undo()
    assert Ledger(Place(str(tmp_path))).record("run") is None
    with folders.staging(folder) as again:
        for name in ("run.json", "metrics.json", "reps.csv"):
            (again / name).write_text("new")
        folders.publish(again, folder)
    assert {path.name: path.read_text() for path in folder.iterdir()} == dict.fromkeys(
        ("run.json", "metrics.json", "reps.csv"), "new"
    )


def test_status_tells_each_run_by_its_state(study):
    ledger = Ledger(Place(str(study.reports)))
    done, waiting = (one.job for one in planned(study).rows)
    finished(study, done)
    ledger.note_list("a list", {done.name: "P01", waiting.name: "P02", "P09_walking_00000000": "P09"})
    ledger.failed(batch.Outcome(dataclasses.replace(done, name="P09_walking_00000000"), "failed", "reading", "a", "b"))
    claim = ledger.claim(waiting.name)
    try:
        assert status(ledger).set_index("run")["state"].to_dict() == {
            done.name: "complete", waiting.name: "running", "P09_walking_00000000": "failed",
        }  # fmt: skip
    finally:
        claim.release()
    assert status(ledger).set_index("run")["state"][waiting.name] == "waiting"
    (study.reports / done.name / "reps.csv").unlink()
    assert status(ledger).set_index("run")["state"][done.name] == "damaged"


def test_a_claim_is_held_by_one_and_clears_away_what_a_killed_run_left(study):
    ledger = Ledger(Place(str(study.reports)))
    left = study.reports / ".kinebench" / "made" / ".kinebench-run-abc"
    left.mkdir(parents=True)
    claim = ledger.claim("run")
    assert not left.exists()
    assert Ledger(Place(str(study.reports))).claim("run") is None
    claim.release()
    assert ledger.claim("run") is not None


def test_every_message_is_divided_into_what_is_wrong_and_what_to_do():
    assert split("a must be 1.5, but got 2. Give 1.5.") == ("a must be 1.5, but got 2.", "Give 1.5.")
    assert split("nothing to be done") == ("nothing to be done", "")


def test_every_parameter_of_a_job_is_plain(study):
    job = planned(study).rows[0].job
    assert parameters.build(tasks.get(job.task).settings, job.values)
    assert json.loads(json.dumps(dataclasses.asdict(job)))["name"] == job.name


def done_without_a_cluster(study, **settings):
    """Everything that a batch does where nothing is due."""
    ledger = Ledger(Place(str(study.reports)))
    return list(batch.work(None, planned(study, **settings), ledger, batch.Stamps()))


def test_where_nothing_is_due_nobody_is_asked_to_work(study):
    for row_of_it in planned(study).rows:
        finished(study, row_of_it.job)
    assert done_without_a_cluster(study) == []


def test_what_is_up_to_date_again_has_failed_no_more(study):
    ledger = Ledger(Place(str(study.reports)))
    for one in planned(study).rows:
        finished(study, one.job)
        other = dataclasses.replace(one.job, basis=one.job.basis | {"parameters": "other"})
        ledger.failed(batch.Outcome(other, "failed", "notebook", "a", "b"))
    assert set(status(ledger)["state"]) == {"failed"}
    done_without_a_cluster(study)
    assert set(status(ledger)["state"]) == {"complete"}
    assert not study.failures()


def test_another_lists_run_of_the_same_name_is_not_written_over(study):
    ledger = Ledger(Place(str(study.reports)))
    first = planned(study).rows[0].job
    finished(study, dataclasses.replace(first, basis=first.basis | {"clip": "of another film"}))
    ledger.note_list("another list", {first.name: "P01"})
    chosen = planned(study, own_list="this list")
    assert [known.job.name for known in chosen.failures] == [first.name]
    assert "another list" in chosen.failures[0].message
    ledger.note_list("this list", {first.name: "P01"})
    told = list(batch.work(None, batch.Plan((), chosen.failures), ledger, batch.Stamps()))
    assert [outcome.status for outcome in told] == ["failed"]
    assert not study.failures()
    # A clip that was replaced in one's own list is another matter.
    (study.reports / ".kinebench" / "batches").rename(study.folder / "aside")
    assert planned(study, own_list="this list").rows[0].why == "changed: the clip"


def test_lists_are_known_by_where_they_lie_and_which_part_is_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert batch.list_key("l.csv", "") == batch.list_key(str(tmp_path / "l.csv"), "")
    assert len({batch.list_key("l.xlsx", sheet) for sheet in ("", "Mon", "Tue")}) == 3


def test_what_was_saved_for_a_clip_does_not_rename_its_run(study):
    digest = batch.Stamps().digest(str(study.raw / "walking_treadmill.mp4"))
    before = planned(study).rows[0].job.name
    (study.folder / "data" / "params").mkdir()
    text = f"clip: {{file: x.mp4, sha256: {digest}}}\ntask: walking\nsession: '9'\nparticipant: P99\ncutoff_hz: 4.5\n"
    (study.folder / "data" / "params" / "x.yaml").write_text(text)
    job = planned(study).rows[0].job
    assert (job.name, job.values["participant"], job.values["session"]) == (before, "P01", None)
    assert job.values["cutoff_hz"] == 4.5


def test_a_failures_message_names_neither_the_clip_nor_a_folder(study, monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere/anna")
    ledger = Ledger(Place(str(study.reports)))
    job = dataclasses.replace(planned(study).rows[0].job, clip=str(study.raw / "Anna Mueller.mp4"))
    said = (
        f"Anna Mueller.mp4 cannot be read: {job.clip}, {study.reports}/x, /somewhere/anna/y, /tmp/kinebench-ab12/c.json"
    )
    ledger.failed(batch.Outcome(job, "failed", "reading", said, "Copy Anna Mueller.mp4 again."))
    text = json.dumps(study.failures())
    assert "Anna" not in text
    assert "anna" not in text
    assert str(study.folder) not in text
    assert "kinebench-ab12" not in text


def test_a_failures_message_does_not_name_the_file_that_a_link_leads_to(study):
    first = planned(study).rows[0].job
    real = study.folder / "Meier family" / "Hans_Meier.mp4"
    real.parent.mkdir()
    shutil.move(study.raw / "walking_treadmill.mp4", real)
    (study.raw / "P77.mp4").symlink_to(real)
    job = dataclasses.replace(first, clip=str(study.raw / "P77.mp4"))
    said = f"{real} is cut: Hans_Meier.yaml, {places.ROOT}/x, {sys.prefix}/lib/y. "
    Ledger(Place(str(study.reports))).failed(batch.Outcome(job, "failed", "reading", said, "Film Hans_Meier again."))
    failure = next(iter(study.failures().values()))
    assert failure["message"] == "the clip is cut: the clip.yaml, kinebench/x, python/lib/y. "
    assert failure["remedy"] == "Film the clip again."


def noted(study, said, **changed):
    """The message of a failure as it is noted, with `said`, of a job that is `changed`."""
    job = dataclasses.replace(planned(study).rows[0].job, **changed)
    Ledger(Place(str(study.reports))).failed(batch.Outcome(job, "failed", "reading", said, ""))
    return next(iter(study.failures().values()))["message"]


@pytest.mark.parametrize(
    ("clip", "said", "told"),
    [
        (
            "s3://clinic/Smith_John/visit1.mp4",
            "s3://clinic/Smith_John/visit1.mp4: no (clinic/Smith_John/visit1.mp4), nor clinic/Smith_John. Ask clinic.",
            "the clip: no (the clip), nor the clip's folder. Ask clinic.",
        ),
        (
            "https://clinic.org/Smith%20John/visit1.mp4?token=abc",
            "url='https://clinic.org/Smith John/visit1.mp4', visit1, https://clinic.org/Smith%20John at clinic.org:443",
            "url='the clip', the clip, the clip's folder at clinic.org:443",
        ),
        ("s3://a/b/503.mp4", "ClientResponseError: 503, of 503.mp4", "ClientResponseError: 503, of the clip"),
        ("s3://a/anna/1.mp4", "a/anna-2/x", "a/anna-2/x"),
    ],
)
def test_a_failures_message_does_not_name_the_folders_of_an_address(study, clip, said, told):
    assert noted(study, said, clip=clip) == told


def test_a_number_that_a_clip_is_called_by_is_not_taken_from_what_is_wrong(study):
    assert noted(study, "Status 503 of 503.mp4.", clip=str(study.raw / "503.mp4")) == "Status 503 of the clip."


@pytest.mark.parametrize("name", ["recording", "weights", "detector", "reference"])
def test_a_failures_message_does_not_name_the_users_own_files(study, name):
    real = study.folder / "Meier" / "hans.yaml"
    real.parent.mkdir()
    real.touch()
    link = study.folder / "given.yaml"
    link.symlink_to(real)
    said = f"{link} leads to {real}: hans.yaml is damaged, hans is not."
    job = planned(study).rows[0].job
    assert noted(study, said, values=job.values | {name: str(link)}) == (
        f"own {name} leads to own {name}: own {name} is damaged, own {name} is not."
    )


def test_one_row_whose_files_are_bad_stops_no_other(study, monkeypatch):
    def missing(task, settings, sha256):
        if task.name == "walking":
            raise KinebenchError("weights must be whole, but are not. Fetch them again.")
        return {"clip": sha256}

    monkeypatch.setattr("kinebench.batch.planning.basis", missing)
    chosen = planned(study)
    assert [one.job.task for one in chosen.rows] == ["lifting"]
    assert [(known.stage, known.remedy) for known in chosen.failures] == [("reading", "Fetch them again.")]


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(study, monkeypatch):
    (study.folder / "file").touch()
    monkeypatch.setenv("KINEBENCH_CACHE", str(study.folder / "file" / "cache"))
    stamps = batch.Stamps()
    stamps.learn("a", [1], "b")
    stamps.save()


def test_a_replaced_weights_file_of_the_users_is_noticed_while_a_worker_lives(tmp_path, monkeypatch):
    from kinebench.run import basis as basics

    weights = tmp_path / "own.onnx"
    found = []
    monkeypatch.setattr("kinebench.estimators.get", lambda *_, **__: Described(weights))
    settings = parameters.build(tasks.get("rowing").settings, {"estimator": "topdown", "weights": str(weights)})
    for content in ("one", "two"):
        weights.write_text(content)
        found.append(basics.basis(tasks.get("rowing"), settings, "0")["weights"])
    assert found[0] != found[1]


@dataclasses.dataclass
class Described:
    """An estimator that is known by its weights' content."""

    weights: Path

    def describe(self):
        return {"content": self.weights.read_text()}


def test_what_killed_workers_left_is_cleared_away_unless_one_is_still_at_it(study):
    ledger = Ledger(Place(str(study.reports)))
    left = study.reports / ".kinebench" / "made" / ".kinebench-run-abc"
    left.mkdir(parents=True)
    with ledger.alone("run"):
        ledger.cleared("run")
        assert left.exists()
    ledger.cleared("run")
    assert not left.exists()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: (folder / "reps.csv").unlink(), "damaged: reps.csv is missing or cut"),
        (lambda folder: (folder / "reps.csv").write_text(""), "damaged: reps.csv is missing or cut"),
        (lambda folder: (folder / "run.json").write_text("{"), "new"),
    ],
)
def test_a_damaged_run_is_due_again(study, spoil, why):
    job = planned(study).rows[0].job
    finished(study, job)
    assert planned(study).rows[0].why == batch.UP_TO_DATE
    spoil(study.reports / job.name)
    assert planned(study).rows[0].why == why


def test_a_run_that_was_finished_by_a_worker_that_then_died_is_not_done_again(study, monkeypatch):
    job = planned(study).rows[0].job
    monkeypatch.setattr(stages, "run", lambda *_, **__: pytest.fail("done again"))
    monkeypatch.setattr("kinebench.extraction.detect", lambda *_, **__: pytest.fail("looked at again"))
    finished(study, job)
    found = stages.extract(job)
    assert found["done"]
    # Also where only the second stage was lost.
    for known in (found, {"sha256": job.sha256, "mark": [], "seconds": 1.0, "detections": []}):
        told = stages.measure(job, known)
        assert (told["status"], told["basis"]) == (jobs.UP_TO_DATE, job.basis)


def test_a_run_that_is_forced_is_done_though_it_is_there(study, monkeypatch):
    job = planned(study, force=True).rows[0].job
    finished(study, job)
    monkeypatch.setattr("kinebench.extraction.detect", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        stages.extract(job)


@pytest.mark.parametrize("kind", ["folder", "address"])
@pytest.mark.parametrize("held", ["nothing", "an earlier run", "the run"])
def test_what_a_worker_did_counts_only_where_its_results_arrived(study, monkeypatch, kind, held):
    """As with workers that write into a folder of the same name on another machine."""
    out = str(study.reports) if kind == "folder" else study.reports.as_uri()
    listed = manifest.read(str(study.listing))
    chosen = batch.plan(listed.rows, Ledger(Place(out)), batch.Stamps(), only=["P01"])

    def told(_, jobs_of_it):
        for job in jobs_of_it:
            if held != "nothing":
                finished(study, job if held == "the run" else dataclasses.replace(job, basis={"clip": "another"}))
            result = {"status": "complete", "sha256": job.sha256, "mark": [], "verdict": "good", "seconds": 1.0}
            yield Ended(job, 1, result | {"basis": job.basis})

    monkeypatch.setattr(batch.Engine, "work", told)
    monkeypatch.setattr(batch, "ARRIVAL_S", 0.6)
    (outcome,) = batch.work(SimpleNamespace(cluster=None), chosen, Ledger(Place(out)), batch.Stamps())
    arrived = held == "the run"
    assert (outcome.status, outcome.stage) == (("complete", "") if arrived else ("failed", "publishing"))
    assert len(study.failures()) == (0 if arrived else 1)
    assert arrived or "all machines see" in outcome.remedy


def test_one_result_that_is_lost_is_no_reason_not_to_wait_for_the_next(study, monkeypatch):
    for name, seconds in (("ARRIVAL_S", 0.2), ("LATER_S", 0.2), ("WAIT_S", 0.02)):
        monkeypatch.setattr(batch, name, seconds)

    def told(_, jobs_of_it):
        for number, job in enumerate(jobs_of_it):
            if number:
                # As a network's file system shows it: a little later.
                threading.Timer(0.1, finished, (study, job)).start()
            result = {"status": "complete", "sha256": job.sha256, "mark": [], "verdict": "good", "seconds": 1.0}
            yield Ended(job, 1, result | {"basis": job.basis})

    monkeypatch.setattr(batch.Engine, "work", told)
    ledger = Ledger(Place(str(study.reports)))
    ended = batch.work(SimpleNamespace(cluster=None), planned(study), ledger, batch.Stamps())
    assert [one.status for one in ended] == ["failed", "complete"]
