"""The engine on a real Dask cluster of real processes: each job once, errors and deaths kept to their own job."""

import os
import tempfile
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from cryptography import x509

from kinebench.batch import cluster, engine, machine
from kinebench.batch.engine import AHEAD, Engine
from kinebench.errors import KinebenchError
from kinebench.kernel import KernelDied
from tests import engine_stages
from tests.engine_stages import Task

WORKERS = 2
pytestmark = pytest.mark.xdist_group("engine")


@pytest.fixture(scope="module")
def client():
    with cluster.local(WORKERS, threads=1) as connected:
        yield connected


def worked(client, tasks, **settings):
    made = Engine(client, engine_stages.first, engine_stages.second, **settings)
    return {ended.job.name: ended for ended in made.work(tasks)}


def test_every_job_is_done_once_and_gets_what_its_first_stage_found(client, tmp_path):
    tasks = [Task(f"job {number}", marks=str(tmp_path)) for number in range(20)]
    ended = worked(client, tasks)
    assert {name: one.result for name, one in ended.items()} == {
        task.name: f"{task.name} found and measured" for task in tasks
    }
    assert [engine_stages.tries(task) for task in tasks] == [1] * len(tasks)


def test_no_more_jobs_are_asked_for_than_there_is_use_for(client):
    asked, over, most = 0, 0, 0

    def jobs():
        nonlocal asked, most
        for number in range(30):
            asked += 1
            most = max(most, asked - over)
            yield Task(f"job {number}")

    for _ in Engine(client, engine_stages.first, engine_stages.second).work(jobs()):
        over += 1
    assert over == 30
    assert most <= WORKERS * AHEAD


def test_nothing_of_it_can_be_reached_from_another_computer(client):
    client.wait_for_workers(WORKERS, timeout=240)
    own = psutil.Process()
    listening = [
        connection.laddr.ip
        for process in (own, *own.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) == {"127.0.0.1"}
    assert client.scheduler.address.startswith("tls://127.0.0.1:")


def test_certificates_hold_also_where_the_clock_is_set_while_a_batch_runs(client):
    held = client.security.tls_worker_cert
    assert "\n" in held, "it lies in memory, in no file"
    certificate = x509.load_pem_x509_certificate(held.encode())
    now = datetime.now(UTC)
    assert certificate.not_valid_before_utc < now - timedelta(days=3 * 365)
    assert certificate.not_valid_after_utc > now + timedelta(days=3 * 365)


def test_nothing_to_do_is_done_at_once(client):
    assert worked(client, []) == {}


def test_an_error_ends_its_own_job_and_says_at_which_stage(client):
    ended = worked(client, [Task("a"), Task("b", "wrong"), Task("c")])
    assert ended["a"].error is ended["c"].error is None
    assert isinstance(ended["b"].error, KinebenchError)
    assert ended["b"].error.stage == "notebook"
    assert ended["b"].attempts == 1


def test_a_job_whose_worker_was_killed_is_tried_again_and_no_other_job_suffers(client, tmp_path):
    tasks = [Task(f"job {number}", "slow", str(tmp_path)) for number in range(6)]
    tasks.insert(2, Task("victim", "dies_once", str(tmp_path)))
    ended = worked(client, tasks)
    assert len(ended) == len(tasks)
    assert not [one for one in ended.values() if one.error]
    assert ended["victim"].attempts == 2


def test_a_job_that_kills_every_worker_fails_alone(client, tmp_path):
    from distributed import KilledWorker

    tasks = [Task(f"job {number}", "slow", str(tmp_path)) for number in range(6)]
    tasks.insert(2, Task("killer", "dies", str(tmp_path)))
    ended = worked(client, tasks)
    assert isinstance(ended["killer"].error, KilledWorker)
    assert ended["killer"].attempts == 2
    assert engine_stages.tries(tasks[2]) == 2
    assert [name for name, one in ended.items() if one.error] == ["killer"]


def test_only_what_deserves_it_is_tried_again(client, tmp_path):
    tasks = [Task("kernel", "kernel_dies_once", str(tmp_path)), Task("wrong", "wrong", str(tmp_path))]
    ended = worked(client, tasks, again=lambda error: isinstance(error, KernelDied))
    assert (ended["kernel"].error, ended["kernel"].attempts) == (None, 2)
    assert ended["wrong"].attempts == engine_stages.tries(tasks[1]) == 1


def test_a_connection_that_is_lost_for_a_moment_costs_no_job(client, tmp_path):
    tasks = [Task(f"job {number}", "slow", str(tmp_path)) for number in range(8)]
    working = Engine(client, engine_stages.first, engine_stages.second, attempts=1).work(tasks)
    ended = [next(working)]
    client.loop.add_callback(client.scheduler_comm.comm.abort)
    ended += working
    assert {one.job.name: (one.error, one.attempts) for one in ended} == {task.name: (None, 1) for task in tasks}
    assert sum(map(engine_stages.tries, tasks)) > len(tasks), "nothing was let go"


def test_a_worker_that_hangs_is_started_anew_and_its_job_given_up(client, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "GRACE_S", 15.0)
    tasks = [Task("stuck", "hangs", str(tmp_path)), *(Task(f"job {number}") for number in range(4))]
    ended = worked(client, tasks, longest_s=1.0)
    assert ended["stuck"].overdue
    assert engine_stages.tries(tasks[0]) == 1
    assert {name: repr(one.error) for name, one in ended.items() if one.error} == {"stuck": "TimeoutError()"}


def test_leaving_early_lets_go_of_what_was_not_begun(client, tmp_path):
    tasks = [Task(f"job {number}", "slow", str(tmp_path)) for number in range(40)]
    working = Engine(client, engine_stages.first, engine_stages.second).work(tasks)
    next(working)
    working.close()
    assert worked(client, [Task("after")])["after"].error is None
    assert sum(engine_stages.tries(task) for task in tasks) <= 2 * WORKERS * AHEAD


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not bind processes to processors")
def test_each_worker_keeps_to_its_own_processors_also_one_that_was_started_anew(client):
    client.wait_for_workers(WORKERS, timeout=240)
    found = client.run(lambda: sorted(os.sched_getaffinity(0)))
    assert all(len(processors) == 1 for processors in found.values())
    assert set(client.run(lambda: os.environ["OMP_NUM_THREADS"]).values()) == {"1"}
    if len(cluster.cores()) >= WORKERS:
        assert len({tuple(processors) for processors in found.values()}) == WORKERS


def test_a_worker_that_runs_out_of_memory_takes_only_its_own_job_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "memory_each", lambda _: (700_000_000, 0))
    tasks = [Task(f"job {number}", "slow", str(tmp_path)) for number in range(4)]
    tasks.insert(1, Task("hungry", "hungry", str(tmp_path)))
    with cluster.local(WORKERS, threads=1) as client:
        ended = worked(client, tasks)
    assert [name for name, one in ended.items() if one.error] == ["hungry"]


def test_a_worker_that_is_nearly_full_goes_on_working(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "memory_each", lambda _: (700_000_000, 0))
    tasks = [
        Task("bulky", "bulky", str(tmp_path)),
        *(Task(f"job {number}", marks=str(tmp_path)) for number in range(4)),
    ]
    with cluster.local(1, threads=1) as client:
        ended = worked(client, tasks)
    assert [one.error for one in ended.values()] == [None] * len(tasks)
    # All by the same process.
    assert len({(tmp_path / task.name).read_text() for task in tasks}) == 1


def test_workers_that_would_have_too_little_memory_are_refused_and_told_how_many_fit(monkeypatch):
    """0.9 of 4 GB is enough for two that take 1.5 GB each."""
    monkeypatch.setattr(machine, "memory", lambda: 4_000_000_000)
    machine.check_memory(2)
    with pytest.raises(KinebenchError, match=r"--workers .* got 3\. Give at most 2\."), cluster.local(3):
        pass
    assert sum(machine.memory_each(2)) == pytest.approx(0.9 * 4e9 / 2, abs=2)


def test_one_worker_may_always_have_what_there_is(monkeypatch):
    monkeypatch.setattr(machine, "memory", lambda: 1_000_000_000)
    machine.check_memory(1)


def test_the_memory_to_share_out_is_that_of_the_container_as_dask_finds_it():
    from distributed.system import MEMORY_LIMIT

    assert machine.memory() == MEMORY_LIMIT


def test_a_worker_that_dies_while_it_is_being_told_its_share_stops_nothing(monkeypatch):
    """Dask then tells the caller, and leaves the other workers untold."""
    from distributed import Client
    from distributed.comm import CommClosedError

    real, calls = Client.register_plugin, []

    def dying(self, plugin):
        calls.append(plugin.name)
        if len(calls) == 1:
            raise CommClosedError("Stream is closed")
        return real(self, plugin)

    monkeypatch.setattr(Client, "register_plugin", dying)
    with cluster.local(1, threads=1) as client:
        assert client.run(lambda dask_worker: list(dask_worker.plugins)).popitem()[1].count(calls[0]) == 1
        assert worked(client, [Task("after")])["after"].error is None
    assert len(calls) == 2


def test_workers_that_never_answer_are_told_in_one_line(monkeypatch):
    def dying(*_):
        raise OSError("Stream is closed")

    monkeypatch.setattr("distributed.Client.register_plugin", dying)
    with pytest.raises(KinebenchError, match="Workers must answer when they are begun"), cluster.local(1, threads=1):
        pass


def test_a_worker_that_does_not_come_back_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "LOST_AFTER_S", 0.5)
    monkeypatch.setattr(cluster, "LOOK_EVERY_S", 0.5)
    tasks = [Task(f"job {number}", "slow", str(tmp_path)) for number in range(8)]
    with cluster.local(1, threads=1) as client:
        working = Engine(client, engine_stages.first, engine_stages.second).work(tasks)
        first = next(working)
        # Who starts it anew when it dies is gone, too.
        client.cluster.sync(next(iter(client.cluster.workers.values())).close)
        ended = [first, *working]
    assert {one.job.name for one in ended} == {task.name for task in tasks}
    assert not [one for one in ended if one.error]


def test_after_a_cluster_this_process_is_as_before_and_the_next_has_what_it_is_told(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    # The other tests' cluster may be there, with a folder of its own.
    before, temporary = dict(os.environ), tempfile._get_default_tempdir()
    for threads in (1, len(cluster.cores())):
        with cluster.local(1, threads=threads) as client:
            found = client.run(lambda: (os.environ["OMP_NUM_THREADS"], os.path.isdir(os.environ["TMPDIR"])))
        assert set(found.values()) == {(str(threads), True)}
        # Dask's own marks mean nothing to others.
        left = {name for name, value in os.environ.items() if before.get(name) != value}
        assert left <= {"PYTHONHASHSEED", "__DASK_PARENT_PID"}
        assert before.keys() <= os.environ.keys()
    assert tempfile._get_default_tempdir() == temporary


def test_where_the_scheduler_is_gone_the_batch_ends_in_one_line(tmp_path):
    tasks = [Task(f"job {number}", "slow", str(tmp_path)) for number in range(40)]
    with cluster.local(1, threads=1) as client:
        working = Engine(client, engine_stages.first, engine_stages.second).work(tasks)
        next(working)
        client.cluster.close()
        with pytest.raises(KinebenchError, match="scheduler must live"):
            list(working)


@pytest.mark.parametrize(("workers", "threads"), [(0, None), (1, 10_000), (1, -1)])
def test_what_no_computer_has_is_refused(workers, threads):
    with pytest.raises(KinebenchError, match="must be"), cluster.local(workers, threads):
        pass


def test_a_local_scheduler_keeps_little_of_what_is_over(client):
    """Dask's logs of tasks that are over, ten thousand entries of each kind, are what a long batch would grow by."""
    tasks = [Task(f"kept {number}") for number in range(2 * cluster.LOGGED)]
    assert all(ended.error is None for ended in worked(client, tasks).values())
    kept = client.run_on_scheduler(
        lambda dask_scheduler: {
            "transitions": len(dask_scheduler.transition_log),
            **{topic: len(events) for topic, events in dask_scheduler.get_events().items()},
        }
    )
    assert "kinebench-begun" in kept
    assert max(kept.values()) <= cluster.LOGGED, kept
