"""Somebody else's cluster: who is refused there, who is waited for and how long, and who comes late."""

import contextlib
import functools
import threading
from types import SimpleNamespace

import pytest

from kinebench import bystanders
from kinebench.batch import cluster, fitness, waiting
from kinebench.batch.engine import Engine
from kinebench.errors import KinebenchError
from tests import engine_stages
from tests.engine_stages import Task

pytestmark = pytest.mark.xdist_group("fitness")


@contextlib.contextmanager
def started(workers, **settings):
    from distributed import LocalCluster

    given = {"threads_per_worker": 1, "processes": False, "protocol": "tcp", "host": "127.0.0.1"} | settings
    with LocalCluster(n_workers=workers, dashboard_address="127.0.0.1:0", silence_logs=50, **given) as made:
        yield made


@pytest.fixture(name="hurried")
def _hurried(monkeypatch):
    """Nobody is waited for longer than some seconds."""
    for name, seconds in (("TELL_AFTER_S", 0.5), ("END_AFTER_S", 4.0), ("LOOK_EVERY_S", 0.2)):
        monkeypatch.setattr(waiting, name, seconds)


def engine(client, **settings):
    return Engine(client, engine_stages.first, engine_stages.second, **settings)


def tasks(number):
    return [Task(f"job {one}", "slow") for one in range(number)]


@pytest.mark.parametrize(
    ("settings", "told"), [({}, "must have a nanny"), ({"threads_per_worker": 2}, "must have one thread")]
)
def test_a_worker_that_could_not_be_started_anew_or_does_several_things_at_a_time_is_refused(settings, told):
    with (
        started(1, **settings) as made,
        pytest.raises(KinebenchError, match=told),
        cluster.elsewhere(made.scheduler_address),
    ):
        pass


def test_a_cluster_that_grows_with_its_work_is_waited_for_and_used(hurried, monkeypatch, capfd):
    monkeypatch.setattr(waiting, "END_AFTER_S", 240.0)
    with started(0, processes=True) as made:
        made.adapt(minimum=0, maximum=1)
        with cluster.elsewhere(made.scheduler_address) as client:
            ended = list(engine(client, unfit=fitness.asked(client)).work(tasks(3)))
    assert [one.error for one in ended] == [None] * 3
    assert capfd.readouterr().err.count("waiting for a worker") == 1


def test_a_cluster_that_stays_without_workers_is_given_up_in_one_line(hurried):
    with started(0) as made, cluster.elsewhere(made.scheduler_address) as client:
        working = engine(client).work(tasks(3))
        with pytest.raises(KinebenchError, match="must have a worker, but had none for 4 s"):
            list(working)


def test_a_cluster_that_goes_while_it_is_asked_is_told_in_one_line():
    from distributed.comm import CommClosedError

    def gone(*_, **__):
        raise CommClosedError("in <TCP>: Stream is closed")

    client = SimpleNamespace(run=gone)
    with pytest.raises(KinebenchError, match=r"must answer .* \(in <TCP>: Stream is closed\)"):
        fitness.check(client)


def test_a_worker_without_kinebench_is_refused():
    client = SimpleNamespace(run=lambda *_, **__: {"tcp://a": ModuleNotFoundError("No module named 'kinebench'")})
    with pytest.raises(KinebenchError, match="must have kinebench, but the one at tcp://a"):
        fitness.check(client)


@pytest.mark.parametrize(
    ("here", "there", "told"),
    [
        (True, False, "the one at tcp://a"),
        (False, True, "the computer of the batch"),
        (True, True, ""),
        (False, False, ""),
    ],
)
def test_a_worker_that_would_cover_other_faces_is_refused(here, there, told, monkeypatch):
    monkeypatch.setattr(bystanders, "possible", lambda: here)
    asked = fitness.asked(SimpleNamespace(cluster=None))
    monkeypatch.setattr(bystanders, "possible", lambda: there)
    said = asked(SimpleNamespace(state=SimpleNamespace(nthreads=1), nanny=True, address="tcp://a"))
    assert told in said
    assert bool(said) == bool(told)


def test_late_workers_are_asked_too(monkeypatch):
    """First another version than that of the workers, then a worker that comes late and has two threads."""
    with started(1, processes=True) as made, cluster.elsewhere(made.scheduler_address) as client:
        other = functools.partial(fitness.unfit, digest="of another version", looks=True)
        with pytest.raises(KinebenchError, match="must run the same kinebench"):
            list(engine(client, unfit=other).work(tasks(1)))
        working = engine(client, unfit=fitness.asked(client)).work(tasks(1000))
        assert next(working).error is None
        made.new_spec["options"]["nthreads"] = 2
        made.scale(2)
        with pytest.raises(KinebenchError, match="must have one thread"):
            list(working)


def test_a_worker_with_another_version_is_refused_at_once(monkeypatch):
    with started(1, processes=True) as made:
        monkeypatch.setattr(fitness, "_installed", lambda: "of another version")
        with (
            pytest.raises(KinebenchError, match="must run the same kinebench"),
            cluster.elsewhere(made.scheduler_address),
        ):
            pass


def test_without_workers_the_batch_waits_says_so_once_and_goes_on(hurried, monkeypatch, capfd):
    monkeypatch.setattr(waiting, "END_AFTER_S", 240.0)
    with started(1) as made, made.get_client() as client:
        working = engine(client).work(tasks(6))
        ended = [next(working)]
        made.scale(0)
        threading.Timer(4.0, made.scale, (1,)).start()
        ended += working
    assert [one.error for one in ended] == [None] * 6
    assert capfd.readouterr().err.splitlines() == ["kinebench: waiting for a worker: the cluster has none at present."]


def test_where_nobody_comes_back_the_batch_ends_in_one_line(hurried):
    with started(1) as made, made.get_client() as client:
        working = engine(client).work(tasks(20))
        next(working)
        made.scale(0)
        with pytest.raises(KinebenchError, match="must have a worker, but had none"):
            list(working)


def test_the_last_worker_with_a_resource_is_missed_though_there_are_others(hurried, capfd):
    from distributed import Scheduler, SpecCluster, Worker

    def kind(name):
        return {"cls": Worker, "options": {"nthreads": 1, "resources": {name: 1}, "dashboard_address": None}}

    scheduler = {"cls": Scheduler, "options": {"dashboard_address": "127.0.0.1:0", "host": "127.0.0.1"}}
    spec = {name: kind(name) for name in ("extraction", "notebook")}
    with SpecCluster(spec, scheduler, silence_logs=50) as made, made.get_client() as client:
        working = engine(client).work(tasks(20))
        assert next(working).error is None
        made.sync(made.workers["extraction"].close)
        with pytest.raises(KinebenchError, match="must have a worker with the resource extraction"):
            list(working)
    assert "waiting for a worker with the resource extraction" in capfd.readouterr().err
