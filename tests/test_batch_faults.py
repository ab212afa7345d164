"""Whatever is killed, full, gone or altered, and whenever: started again, a batch is whole and its results the same.

`make faults` asks for twenty seeds and a thousand rows; without it a few stand for them.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from kinebench import places
from tests.batches import BROKEN, Study, contents, row

# One of each kind, killed while people are looked for or later; the twenty hold these three.
FEW = (1, 3, 11)
SEEDS = range(int(os.environ["KINEBENCH_FAULT_SEEDS"])) if "KINEBENCH_FAULT_SEEDS" in os.environ else FEW
ROWS_OF_MANY = int(os.environ.get("KINEBENCH_FAULT_ROWS", "0"))
KINDS = ("batch", "worker", "kernel")
ROWS = [row("walking", "P01", height_m=1.7), row("lifting", "P02", height_m=1.75)]
NOT_ALLOWED = 77
STOPPED = 130
DRAWS = 5
MOST_GROWTH_BYTES = 100_000_000
# Of each batch in which something was killed: of what kind, and when in the life of its kind, from 0 to 1.
KILLED: list[tuple[str, float]] = []

pytestmark = pytest.mark.xdist_group("faults")


@dataclass(frozen=True)
class Undisturbed:
    """A batch that nothing happened to: its study, what its runs hold.

    lives: from which to which second there was one of each kind, by whether people had been found already.
    """

    study: Study
    runs: dict[str, dict[str, str]]
    lives: dict[bool, dict[str, tuple[float, float]]]


def runs_of(study: Study) -> dict[str, dict[str, str]]:
    return {name: contents(study.reports / name) for name in study.records()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    study = Study.made(tmp_path_factory.mktemp("undisturbed"), ROWS)
    lives = {}
    for kept in sorted({False, *map(finds_kept, SEEDS)}):
        # The second time as after an update: everything is done anew but the search for people.
        shutil.rmtree(study.reports, ignore_errors=True)
        batch = begun(study)
        lives[kept] = lives_in(batch)
        _, err = batch.communicate(timeout=600)
        assert batch.returncode == 0, err
    return Undisturbed(study, runs_of(study), lives)


def finds_kept(seed: int) -> bool:
    """Whether people have been found already where that seed's batch begins."""
    return seed % 2 == 0


def lives_in(batch: subprocess.Popen) -> dict[str, tuple[float, float]]:
    """When the first of each kind was seen, and when the last, in seconds from the beginning to the end."""
    begun, seen = time.monotonic(), {}
    while batch.poll() is None:
        for kind in KINDS:
            with contextlib.suppress(psutil.NoSuchProcess):
                if victims(batch, kind):
                    now = time.monotonic() - begun
                    seen[kind] = (seen.get(kind, (now, now))[0], now)
        time.sleep(0.1)
    return seen


def another(undisturbed: Undisturbed, folder: Path, *, kept: bool = True) -> Study:
    """The same study in another place; kept: with the people found already."""
    study = Study.made(folder / "study", ROWS)
    if kept:
        shutil.copytree(undisturbed.study.folder / "cache" / "keypoints", study.folder / "cache" / "keypoints")
    return study


def begun(study: Study, *arguments: object, **settings: bool) -> subprocess.Popen:
    return subprocess.Popen(
        study.command("--workers", 2, *arguments),
        env=study.environment,
        cwd=study.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **settings,
    )


def is_kind(process: psutil.Process, kind: str) -> bool:
    words = " ".join(process.cmdline())
    if kind == "worker":
        return "spawn_main" in words
    # A kernel is forked off the nursery and looks like it.
    return "kernel.nursery" in words and "kernel.nursery" in " ".join(process.parent().cmdline())


def victims(batch: subprocess.Popen, kind: str) -> list[int]:
    if kind == "batch":
        return [batch.pid]
    found = []
    for process in psutil.Process(batch.pid).children(recursive=True):
        try:
            if is_kind(process, kind):
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.ZombieProcess, AttributeError):
            continue
    return found


def kill_one(batch: subprocess.Popen, kind: str, chance: random.Random) -> bool:
    """Kill one of a kind as soon as there is one; False where the batch was over before."""
    while batch.poll() is None:
        try:
            found = victims(batch, kind)
        except psutil.NoSuchProcess:
            return False
        if found:
            os.kill(chance.choice(found), signal.SIGKILL)
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_any_moment_and_started_again_nothing_is_lost(seed, undisturbed, tmp_path):
    chance = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    for draw in range(DRAWS):
        study = another(undisturbed, tmp_path / str(draw), kept=finds_kept(seed))
        first, last = undisturbed.lives[finds_kept(seed)][kind]
        moment = chance.uniform(first, last)
        batch = begun(study)
        with contextlib.suppress(subprocess.TimeoutExpired):
            batch.wait(moment)
        family = family_of(batch)
        killed = kill_one(batch, kind, chance)
        out, err = batch.communicate(timeout=600)
        _, alive = psutil.wait_procs(family, timeout=120)
        assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE], "orphans"
        if killed:
            break
        assert batch.returncode == 0, out + err
    assert killed, "each batch was over before"
    KILLED.append((kind, (moment - first) / (last - first)))
    if kind != "batch":
        # Only the run that it belonged to had to be done again, by the same batch.
        assert batch.returncode == 0, out + err
    else:
        assert batch.returncode == -signal.SIGKILL, out + err
    whole = {name: stamps(study.reports / name) for name in study.records()}
    again = study.batch("--workers", 2)
    assert again.returncode == 0, again.stderr
    assert runs_of(study) == undisturbed.runs
    assert {name: stamps(study.reports / name) for name in whole} == whole, "a finished run was made anew"
    assert not list(study.reports.rglob(".kinebench-*"))
    assert not study.failures()


def family_of(batch: subprocess.Popen) -> list[psutil.Process]:
    try:
        return [psutil.Process(batch.pid), *psutil.Process(batch.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def test_some_of_every_kind_were_killed_early_and_late_in_its_life():
    if len(KILLED) < len(SEEDS):
        pytest.skip("speaks of all seeds; some were not asked for, or failed")
    moments = {kind: [moment for name, moment in KILLED if name == kind] for kind in KINDS}
    assert all(moments.values()), moments
    if len(SEEDS) >= 20:
        # Six moments of one life: that all lie in one half happens to one in thirty-two, and these are drawn for good.
        assert all(min(drawn) < 0.5 < max(drawn) for drawn in moments.values()), moments


@pytest.mark.parametrize(
    ("number", "kind"), [(signal.SIGINT, "worker"), (signal.SIGINT, "kernel"), (signal.SIGTERM, "kernel")]
)
def test_a_signal_to_all_of_a_batch_ends_it_with_one_line_and_leaves_nobody(number, kind, undisturbed, tmp_path):
    """As Ctrl-C on a terminal does: also to workers that are only just starting."""
    study = another(undisturbed, tmp_path)
    batch = begun(study, start_new_session=True)
    while not victims(batch, kind):
        assert batch.poll() is None, batch.communicate()
        time.sleep(0.02)
    family = family_of(batch)
    os.killpg(batch.pid, number)
    _, err = batch.communicate(timeout=240)
    _, alive = psutil.wait_procs(family, timeout=120)
    assert not alive
    assert err.splitlines() == ["kinebench: stopped; nothing half-written was left behind."]
    assert batch.returncode == STOPPED
    assert not list(study.reports.rglob(".kinebench-*"))


def stamps(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_two_batches_on_one_folder_share_the_work_and_harm_nothing(undisturbed, tmp_path):
    study = another(undisturbed, tmp_path)
    both = [begun(study), begun(study)]
    said = [batch.communicate(timeout=600) for batch in both]
    assert [batch.returncode for batch in both] == [0, 0], said
    analysed = [int(out.split(" analysed")[0].rsplit(" ", 1)[-1]) for out, _ in said]
    assert sum(analysed) == len(ROWS)
    assert runs_of(study) == undisturbed.runs


@pytest.mark.parametrize("how", ["grows", "goes"])
def test_a_clip_that_changes_or_goes_in_mid_run_fails_alone_and_is_made_when_it_is_back(how, undisturbed, tmp_path):
    study = another(undisturbed, tmp_path)
    clip = study.raw / ROWS[0]["clip"]
    before = clip.read_bytes()
    batch = begun(study)
    while not victims(batch, "kernel"):
        assert batch.poll() is None, batch.communicate()
        time.sleep(0.02)
    if how == "goes":
        clip.unlink()
    else:
        with clip.open("ab") as file:
            file.write(b"\0\0\0\x08free")
    out, err = batch.communicate(timeout=600)
    assert batch.returncode == 3, out + err
    (failure,) = study.failures().values()
    assert failure["participant"] == "P01"
    # Who notices it first: the batch, or the notebook that opens it.
    assert failure["message"].startswith(("clip must stay", "clip must be there", "video must be a file that exists"))
    others = {name: content for name, content in undisturbed.runs.items() if name.startswith("P02")}
    assert runs_of(study) == others
    clip.write_bytes(before)
    if how == "goes":
        assert "1 would run, 1 is up to date" in study.batch("--dry-run").stdout
        return
    again = study.batch()
    assert again.returncode == 0, again.stderr
    assert runs_of(study) == undisturbed.runs
    assert not study.failures()


def test_a_clock_that_was_set_back_decides_nothing(undisturbed):
    """Seen from a clock that was set back all that there is was made in times to come."""
    study = undisturbed.study
    for path in study.reports.glob("*/run.json"):
        path.write_text(path.read_text().replace('"finished": "20', '"finished": "21'))
        assert json.loads(path.read_text())["finished"] > "2100"
    ahead = time.time() + 50 * 365 * 86400
    for path in (*study.folder.rglob("*"), study.listing):
        if not path.is_symlink():
            os.utime(path, (ahead, ahead))
    said = study.batch("--dry-run")
    assert "0 would run, 2 are up to date" in said.stdout, said.stderr
    done = study.batch("--force", "--only", "P01")
    assert done.returncode == 0, done.stdout + done.stderr
    anew = {name[:3]: record["finished"] < "2100" for name, record in study.records().items()}
    assert anew == {"P01": True, "P02": False}
    assert runs_of(study) == undisturbed.runs


FULL = """
set -e
mount -t tmpfs -o size=700k full "$1" || exit 77
shift
set +e
"$@"; first=$?
mount -o remount,size=200m "$REPORTS"
"$@"; second=$?
cp -r "$REPORTS" "$KEPT"
exit $((first * 16 + second))
"""


def in_a_mount_of_its_own(study: Study, script: str, *arguments: object, **more: str) -> subprocess.CompletedProcess:
    if shutil.which("unshare") is None or os.geteuid() != 0:
        pytest.skip("a full or read-only disk is made with unshare and mount, which need root")
    study.reports.mkdir()
    environment = study.environment | {"REPORTS": str(study.reports), **more}
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", str(study.reports), *study.command(*arguments)],
        env=environment, cwd=study.folder, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    if done.returncode == NOT_ALLOWED:
        pytest.skip(f"the system lets nobody mount here: {done.stderr}")
    return done


def test_a_full_disk_is_told_and_with_room_again_the_batch_goes_on(undisturbed, tmp_path):
    study = another(undisturbed, tmp_path)
    done = in_a_mount_of_its_own(study, FULL, "--only", "P01", KEPT=str(tmp_path / "kept"))
    first, second = divmod(done.returncode, 16)
    assert (first, second) == (4, 0), done.stdout + done.stderr
    assert "No space left" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    name = next(name for name in undisturbed.runs if name.startswith("P01"))
    assert contents(tmp_path / "kept" / name) == undisturbed.runs[name]
    assert not list((tmp_path / "kept").rglob(".kinebench-*"))


READ_ONLY = 'mount -t tmpfs -o ro,size=1m locked "$1" || exit 77\nshift\nexec "$@"\n'


def test_a_read_only_folder_is_told_in_one_line_before_anything_runs(undisturbed, tmp_path):
    study = another(undisturbed, tmp_path)
    done = in_a_mount_of_its_own(study, READ_ONLY)
    assert done.returncode == 2
    assert "written" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(study.reports.iterdir())


def broken(number: int) -> bool:
    return number % 20 == 7


@pytest.mark.skipif(not ROWS_OF_MANY, reason="takes most of an hour; `make faults` asks for it")
def test_a_thousand_rows_with_one_in_twenty_broken(tmp_path):
    """Two seconds each, of another content in every row, so that none is found up to date for another's sake."""
    base = {"task": "walking", "start_s": 0.5, "stop_s": 2.5}
    rows = [base | {"clip": f"{number}.mp4", "participant": f"P{number:04d}"} for number in range(ROWS_OF_MANY)]
    study = Study.made(tmp_path / "study", rows)
    clip = (places.SAMPLES / "walking_treadmill.mp4").read_bytes()
    for number in range(ROWS_OF_MANY):
        own = f"{number:08d}".encode()
        # A box that players pass over makes each another file.
        (study.raw / f"{number}.mp4").write_bytes(BROKEN + own if broken(number) else clip + b"\0\0\0\x10free" + own)
    with (tmp_path / "said").open("w") as said:
        batch = subprocess.Popen(
            study.command("--workers", 2), env=study.environment, cwd=study.folder, stdout=said, stderr=said
        )
        early, late = memory_of(batch, study, rows_first=ROWS_OF_MANY // 10)
    told = (tmp_path / "said").read_text()
    print(told[-4000:], f"{early / 1e6:.0f} MB after a tenth, {late / 1e6:.0f} MB at the end")
    expected = {f"P{number:04d}" for number in range(ROWS_OF_MANY) if broken(number)}
    assert {record["participant"] for record in study.failures().values()} == expected
    assert len(study.records()) == ROWS_OF_MANY - len(expected)
    assert batch.returncode == 3
    assert late - early < MOST_GROWTH_BYTES


def memory_of(batch: subprocess.Popen, study: Study, rows_first: int) -> tuple[int, int]:
    """Resident bytes of the batch's own process, once so many rows are through, and when it was last seen."""
    early = late = 0
    process = psutil.Process(batch.pid)
    end = time.monotonic() + 4 * 3600
    while batch.poll() is None:
        assert time.monotonic() < end
        with contextlib.suppress(psutil.Error):
            late = process.memory_info().rss
        if not early and sum(1 for _ in study.reports.glob("P*/run.json")) >= rows_first:
            early = late
        time.sleep(0.5)
    return early, late
