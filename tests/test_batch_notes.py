"""What a batch finds damaged, held by others or without limit, and how it says that it was cut short."""

import contextlib
import dataclasses
import json
import math
import os
import signal
import subprocess
import threading
import time
from types import SimpleNamespace

import pytest
import typer

from kinebench import batch, cli, places
from kinebench.batch import claims, closing, neighbours, notes, stages, turns
from kinebench.batch.ledger import Ledger
from kinebench.batch.status import status
from kinebench.cli import carrying
from kinebench.errors import KinebenchError
from kinebench.kernel import Limits
from kinebench.storage import Place
from tests.batches import Idle, Study, row

JOB = batch.Job("P01_walking_00000000", 2, "/clips/a.mp4", "walking", {"participant": "P01"}, "", "a", {"clip": "a"})


@pytest.fixture(name="own")
def _own(tmp_path):
    return Ledger(Place(str(tmp_path / "reports")))


def written(own, name, content):
    own.place.write(name, content if isinstance(content, bytes) else json.dumps(content).encode())


# Damaged notes

RECORD = {"basis": {"clip": "a"}, "files": {"reps.csv": {"bytes": 1}}, "parameters": {}, "task": "walking"}
WRONG = [
    b"",
    b"[" * 100_000,
    b"\xff\xfe",
    [],
    {"basis": None},
    {"basis": []},
    {"basis": {"clip": 1}},
    {"files": None},
    {"files": {"a": 1}},
    {"files": {"a": {"bytes": "1"}}},
    {"files": {"a": {"bytes": 1, "sha256": None}}},
    {"parameters": 7},
    {"task": ["walking"]},
]


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
@pytest.mark.parametrize("file", ["P01_walking_00000000/run.json", "failed/P01_walking_00000000/failure.json"])
def test_a_record_of_the_wrong_shape_is_none_and_status_says_that_it_is_damaged(own, file, wrong):
    written(own, file, RECORD)
    assert own.record(JOB.name) or own.failure(JOB.name)
    written(own, file, RECORD | wrong if isinstance(wrong, dict) else wrong)
    assert own.record(JOB.name) is own.failure(JOB.name) is None
    (found,) = status(own).to_dict("records")
    assert (found["run"], found["state"]) == (JOB.name, "damaged")
    assert file in found["message"]


@pytest.mark.parametrize(
    ("verdict", "words"),
    [("good", ""), ("doubtful", "view_angle, frame_rate"), ("bad", "view_angle: Turned.; frame_rate: Few.")],
)
def test_status_says_what_a_verdict_rests_on(own, verdict, words):
    warnings = [] if verdict == "good" else ["view_angle: Turned.", "frame_rate: Few."]
    written(own, f"{JOB.name}/run.json", RECORD | {"verdict": verdict, "warnings": warnings})
    written(own, f"{JOB.name}/reps.csv", b"x")
    (found,) = status(own).to_dict("records")
    assert (found["state"], found["verdict"], found["message"]) == ("complete", verdict, words)


def test_a_record_that_is_a_folder_or_cannot_be_read_is_damaged_and_stops_nothing(own, monkeypatch):
    (own.place.local / JOB.name / "run.json").mkdir(parents=True)
    written(own, "P02_walking_00000000/run.json", RECORD)
    written(own, "P02_walking_00000000/reps.csv", b"x")
    assert status(own).set_index("run")["state"].to_dict() == {
        JOB.name: "damaged", "P02_walking_00000000": "complete",
    }  # fmt: skip

    def refused(self, name):
        raise self._unreadable(PermissionError(13, "Permission denied"))

    monkeypatch.setattr(Place, "read", refused)
    assert set(status(own)["state"]) == {"damaged"}


def test_a_place_elsewhere_that_cannot_be_read_is_told_and_not_taken_for_an_empty_one(monkeypatch):
    place = Place("memory://nowhere/reports")

    def broken(_):
        raise OSError("the network is gone")

    monkeypatch.setattr(place._files, "cat_file", broken)
    with pytest.raises(KinebenchError, match="out must be a place that can be read"):
        Ledger(place).record("run")


@pytest.mark.parametrize("wrong", [b"{", [], {"runs": None}, {"runs": 3}, {"runs": [1, None]}, {}])
def test_a_damaged_list_names_nothing_and_the_others_are_read(own, wrong):
    written(own, ".kinebench/batches/a.json", wrong)
    own.note_list("b", {"run": "P01"})
    assert own.listed() == ["run"]
    own.take_over("c", ["run"])
    assert own.listed() == []


def test_a_note_without_some_runs_keeps_all_else():
    note = {"runs": ["a", "b"], "participants": {"a": "P01", "b": "P02"}, "more": 1}
    assert notes.without(note, {"a"}) == {"runs": ["b"], "participants": {"b": "P02"}, "more": 1}


def test_a_file_that_checking_cannot_read_is_damaged(own):
    folder = own.place.local / JOB.name / "reps"
    folder.mkdir(parents=True)
    files = {"reps": {"bytes": folder.stat().st_size, "sha256": "0"}}
    written(own, f"{JOB.name}/run.json", RECORD | {"files": files})
    (found,) = status(own, check=True).to_dict("records")
    assert (found["state"], found["message"]) == ("damaged", "reps cannot be read")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: entry | {"sha256": "0" * 64},
        lambda entry: entry | {"stamp": [*entry["stamp"][:-1], 0]},
        lambda entry: {name: value for name, value in entry.items() if name != "content"},
        lambda entry: entry | {"content": "0" * 64},
        lambda entry: {"stamp": entry["stamp"]},
        lambda _: None,
    ],
)
def test_a_wrong_entry_of_the_stamps_is_made_again(tmp_path, monkeypatch, spoil):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"film")
    stamps = batch.Stamps()
    digest = stamps.digest(str(clip))
    stamps.save()
    kept = places.cache() / "stamps.json"
    held = json.loads(kept.read_text())
    kept.write_text(json.dumps({str(clip): spoil(held[str(clip)])}))
    again = batch.Stamps()
    assert again.digest(str(clip)) == digest
    again.save()
    assert json.loads(kept.read_text()) == held


# Who is at work


def test_status_writes_nothing_and_still_sees_who_is_at_work(own, monkeypatch):
    claim = own.claim(JOB.name)
    opened = []
    really = os.open
    monkeypatch.setattr(claims.os, "open", lambda path, flags, *more: (opened.append(flags), really(path, flags))[1])
    assert own.is_claimed(JOB.name)
    claim.release()
    assert not own.is_claimed(JOB.name)
    assert not own.is_claimed("nobody's")
    assert set(opened) == {os.O_RDONLY}
    assert [path.name for path in (own.place.local / ".kinebench" / "locks").iterdir() if "nobody" in path.name] == []


def test_somebody_who_looks_keeps_nobody_else_from_looking(own):
    own.claim(JOB.name).release()
    import fcntl

    with (own.place.local / ".kinebench" / "locks" / JOB.name).open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert not own.is_claimed(JOB.name)


def test_a_lock_that_may_not_be_opened_counts_as_taken(own, monkeypatch):
    own.claim(JOB.name).release()

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("filelock.FileLock.acquire", refused)
    assert own.claim(JOB.name) is None
    with pytest.raises(KinebenchError, match="out must be a place that can be written to"):
        own.claim("never made")
    monkeypatch.setattr(claims.os, "open", refused)
    assert own.is_claimed(JOB.name)


def test_a_lock_may_be_taken_by_whom_the_umask_lets_write(own):
    before = os.umask(0o002)
    try:
        own.claim(JOB.name).release()
    finally:
        os.umask(before)
    assert (own.place.local / ".kinebench" / "locks" / JOB.name).stat().st_mode & 0o777 == 0o664


def test_a_row_that_another_batch_does_not_let_go_is_told_and_given_up(own, monkeypatch, capsys):
    monkeypatch.setattr(neighbours, "TELL_AFTER_S", 0.2)
    monkeypatch.setattr(neighbours, "PATIENCE_S", 1.5)
    claim = own.claim(JOB.name)
    chosen = batch.Plan((batch.Planned(dataclasses.replace(JOB, out=own.place.where), "new"),))
    (outcome,) = batch.work(Idle(), chosen, own, batch.Stamps())
    assert (outcome.status, outcome.stage, bool(outcome.remedy)) == ("failed", "waiting", True)
    assert capsys.readouterr().err.count("waiting for another batch, which is at work on row 2.") == 1
    assert own.failure(JOB.name) is None
    claim.release()


def test_patience_begins_anew_with_every_row_that_is_let_go(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(neighbours.time, "monotonic", lambda: now[0])
    waited = neighbours.Neighbours()
    for step in range(5):
        assert waited.given_up([JOB] * (5 - step)) == []
        now[0] += 0.9 * neighbours.PATIENCE_S
    now[0] += 0.2 * neighbours.PATIENCE_S
    assert len(waited.given_up([JOB])) == 1


# Limits


def test_0_is_no_limit_and_memory_that_is_not_given_is_a_share():
    assert carrying.limits(0, 0, 0, None, 2) == Limits()
    assert carrying.limits(None, None, None, None, 0) == Limits()
    assert carrying.limits(1, 2, 3, 1, 2) == Limits(1, 2, 3_000_000_000)
    share = carrying.limits(None, None, None, None, 2).memory_bytes
    assert share is not None
    assert share == pytest.approx(carrying.limits(None, None, None, None, 1).memory_bytes / 2, abs=1)


@pytest.mark.parametrize("value", [math.nan, -1.0, math.inf, -math.inf])
@pytest.mark.parametrize(("option", "place"), [("--cell-timeout", 0), ("--run-timeout", 1), ("--memory", 2)])
def test_what_is_no_limit_is_refused_by_the_options_name(option, place, value):
    given = [None, None, None]
    given[place] = value
    with pytest.raises(KinebenchError, match=f"{option} must be a number of at least 0"):
        carrying.limits(*given, None, 1)


@pytest.mark.parametrize("threads", [0, -1])
def test_no_thread_at_all_is_refused(threads):
    with pytest.raises(KinebenchError, match="--threads must be at least 1, but got"):
        carrying.limits(None, None, None, threads, 1)


def test_a_limit_that_is_no_number_is_refused():
    with pytest.raises(KinebenchError, match="run_s must be above 0"):
        Limits(run_s=math.nan)


def test_waiting_for_another_batchs_worker_takes_none_of_a_runs_time(own, monkeypatch):
    """What the engine hears of the second stage: it was begun, and once the other was through, begun anew."""
    heard = []
    worker = SimpleNamespace(address="here", log_event=lambda _, told: heard.append((told["stage"], time.monotonic())))
    monkeypatch.setattr("distributed.get_worker", lambda: worker)
    monkeypatch.setattr(stages, "_is_done", lambda *_: True)
    found = {"sha256": "a", "mark": [], "seconds": 0.0, "detections": []}
    job = dataclasses.replace(JOB, out=own.place.where)
    other = claims.Claim(own.place, f"{job.name}.work")
    assert other.take()
    threading.Timer(0.7, other.release).start()
    assert turns.begun(stages.measure, turns.anyone, ("engine", 1, 2), job, found)["status"] == batch.UP_TO_DATE
    assert [stage for stage, _ in heard] == [2, 2]
    assert heard[1][1] - heard[0][1] >= 0.5


# Cut short


def cut_short(own, monkeypatch, ended, error, closes=True):
    """What a batch of two rows says that raises after some of them."""
    chosen = batch.Plan(tuple(batch.Planned(dataclasses.replace(JOB, row=number), "new") for number in (2, 3)))

    def work(*_):
        yield from (batch.Outcome(JOB, state) for state in ended)
        if error is not None:
            raise error

    def close(_):
        if not closes:
            raise KinebenchError("out must have room, but has none. Free space.")
        return "index"

    monkeypatch.setattr(batch, "work", work)
    monkeypatch.setattr(batch.Stamps, "save", lambda _: None)
    monkeypatch.setattr(closing, "close", close)
    carrying.carry_out(chosen, own, batch.Stamps(), contextlib.nullcontext)


@pytest.mark.parametrize(
    ("ended", "code", "said"),
    [
        (["complete"], 3, "2 clips: 1 analysed, 0 up to date, 0 failed, 1 not reached."),
        (["failed"], 4, "2 clips: 0 analysed, 0 up to date, 1 failed, 1 not reached."),
        (["up to date"], 3, "2 clips: 0 analysed, 1 up to date, 0 failed, 1 not reached."),
        ([], 4, "2 clips: 0 analysed, 0 up to date, 0 failed, 2 not reached."),
    ],
)
def test_the_exit_code_of_a_batch_that_is_cut_short_says_whether_anything_was_finished(
    own, monkeypatch, capsys, ended, code, said
):
    with pytest.raises(typer.Exit) as exited:
        cut_short(own, monkeypatch, ended, KinebenchError("The scheduler must stay, but is gone. Start it."))
    assert exited.value.exit_code == code
    told = capsys.readouterr()
    assert said in told.out
    assert "The scheduler must stay" in told.err


def test_a_full_disk_at_the_very_end_is_no_misuse(own, monkeypatch, capsys):
    with pytest.raises(typer.Exit) as exited:
        cut_short(own, monkeypatch, ["complete", "complete"], None, closes=False)
    assert exited.value.exit_code == 3
    assert "2 clips: 2 analysed, 0 up to date, 0 failed." in capsys.readouterr().out


def test_workers_that_never_came_are_a_fault_of_the_call(own):
    @contextlib.contextmanager
    def nobody():
        raise KinebenchError("--scheduler must answer, but does not. Start it.")
        yield

    with pytest.raises(KinebenchError, match="--scheduler"):
        carrying.carry_out(batch.Plan((batch.Planned(JOB, "new"),)), own, batch.Stamps(), nobody)


def test_a_batch_that_is_stopped_says_what_was_done(own, monkeypatch, capsys):
    with pytest.raises(carrying.Stopped), carrying.stoppable():
        cut_short(own, monkeypatch, ["complete"], KeyboardInterrupt())
    assert "1 analysed" in capsys.readouterr().out

    def stopped():
        raise carrying.Stopped(130)

    monkeypatch.setattr(cli, "app", stopped)
    with pytest.raises(SystemExit) as exited:
        cli.main()
    assert exited.value.code == 130
    assert "stopped" in capsys.readouterr().err


@pytest.mark.xdist_group("batch")
@pytest.mark.parametrize("sent", [signal.SIGTERM])
def test_a_stopped_batch_ends_with_a_code_of_its_own(tmp_path, sent):
    study = Study.made(tmp_path / "study", [row("walking", "P01")])
    process = subprocess.Popen(
        study.command(), env=study.environment, cwd=study.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    while process.poll() is None and not list(study.reports.glob(".kinebench/locks/*")):
        time.sleep(0.05)
    process.send_signal(sent)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, out + err
    assert "1 clip: 0 analysed, 0 up to date, 0 failed, 1 not reached." in out
    assert err.splitlines()[-1] == "kinebench: stopped; nothing half-written was left behind."


def test_what_was_left_of_writing_the_tables_is_cleared_away_unless_another_batch_is_at_it(own, monkeypatch):
    left = own.place.local / ".kinebench-abc.parquet"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.touch()
    monkeypatch.setattr(closing, "PATIENCE_S", 0.1)
    other = claims.Claim(own.place, closing.LOCK)
    assert other.take()
    closing.close(own.place)
    assert left.exists()
    other.release()
    closing.close(own.place)
    assert not left.exists()
    assert (own.place.local / "index.html").is_file()
