"""A scheduler that is out of reach for a moment costs no job a try: what it let go is begun anew."""

import threading
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from distributed.client import FutureCancelledError

from kinebench.batch import engine
from kinebench.batch.engine import MOST_LOST, Engine
from kinebench.errors import KinebenchError


class Future:
    """Of Dask, as far as the engine knows it; over as soon as somebody waits for it.

    kept: whether the cluster still has its result when it is asked for.
    """

    def __init__(self, job: str, kept: bool = True) -> None:
        self.job, self.kept = job, kept

    def done(self) -> bool:
        return True

    def result(self) -> str:
        if not self.kept:
            raise FutureCancelledError(self.job, "scheduler-connection-lost")
        return f"{self.job} done"

    def add_done_callback(self, call) -> None:
        call(self)


@dataclass
class Client:
    """Loses its scheduler whenever a job begins, so many times; back: whether it is ever in reach again.

    What it is given meanwhile it keeps until then, as Dask does.
    """

    losses: int
    back: bool = True
    status: str = "running"
    listened: int = 0
    begun: int = 0
    out_of_reach: int = 0

    def submit(self, _begun, _stage, _unfit, _whose, job, *found, **_how):
        if not found:
            return Future(job.name)
        self.begun += 1
        self.out_of_reach += self.status != "running"
        if self.losses == 0:
            return Future(job.name)
        self.losses -= 1
        self.status = "connecting"
        after = threading.Timer(0.1, setattr, (self, "status", "running" if self.back else "closed"))
        after.start()
        return Future(job.name, kept=False)

    def subscribe_topic(self, *_):
        self.listened += 1

    def unsubscribe_topic(self, _):
        self.listened = 0

    def scheduler_info(self, **_):
        return {"workers": {}}

    def cancel(self, *_, **__):
        raise AssertionError("nothing was under way any more")


@pytest.fixture(name="worked", autouse=True)
def _worked(monkeypatch):
    """The jobs of one name each, one by one."""
    monkeypatch.setattr(engine, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(engine, "AHEAD", 1)
    return lambda client, *names: list(
        Engine(client, None, None, attempts=1).work(SimpleNamespace(name=name) for name in names)
    )


def test_a_job_that_was_let_go_is_begun_again_and_that_is_no_try(worked):
    client = Client(losses=MOST_LOST)
    ended = worked(client, "a", "b")
    assert [(one.job.name, one.result, one.attempts) for one in ended] == [("a", "a done", 1), ("b", "b done", 1)]
    assert client.begun == MOST_LOST + 2
    assert client.out_of_reach == 0


def test_a_job_that_is_let_go_again_and_again_fails_with_a_remedy_and_the_others_go_on(worked):
    first, second = worked(Client(losses=MOST_LOST + 1), "a", "b")
    assert isinstance(first.error, KinebenchError)
    assert "Look at the network" in str(first.error)
    assert second.result == "b done"


def test_where_the_scheduler_is_never_in_reach_again_the_batch_ends(worked):
    with pytest.raises(KinebenchError, match="scheduler must live"):
        worked(Client(losses=1, back=False), "a", "b")
