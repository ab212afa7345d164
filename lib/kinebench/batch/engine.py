"""Hands jobs out over a Dask cluster, and takes the results in as they finish.

Never more at a time than there is use for. It knows nothing of clips: two functions, the second of which gets the
first's result, done for each job. A worker's death is told by Dask to every job that lay with it; only one that had
begun there is held to have had its try.
"""

import itertools
import queue
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kinebench.batch.turns import KINDS, TOPIC, Ended, LetGo, Named, Stage, Turn, Unfit, anyone, begun, came_of, where
from kinebench.batch.waiting import LOOK_EVERY_S, Patience
from kinebench.errors import KinebenchError

AHEAD = 2  # jobs for each worker: one at work, one to follow without waiting for us
# A job that waited while a worker died is given out again without counting it; but not for ever.
MOST_TURNS = 8
# Nor is one counted that was let go when the connection to the scheduler was lost.
MOST_LOST = 3
GRACE_S = 60.0
_GONE = ("closing", "closed", "failed")


@dataclass
class Engine:
    """client: of Dask; first, second: what is done for each job; again: whether an error deserves another try.

    attempts: tries of a job whose worker died or whose error says so; longest_s: after which a worker is held to hang;
    unfit: asked on a worker before each stage, with the worker: why it must not do it, "" where it may.
    """

    client: Any
    first: Stage
    second: Stage
    again: Callable[[BaseException], bool] = lambda _: False
    attempts: int = 2
    longest_s: float | None = None
    unfit: Callable[[Any], str] = anyone
    _ended: "queue.SimpleQueue[tuple[int, Any]]" = field(default_factory=queue.SimpleQueue)
    _under_way: dict[int, Turn] = field(default_factory=dict)
    _let_go: list[Turn] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _known: dict[str, Any] = field(default_factory=dict)
    _known_until: float = 0.0
    _looked: float = 0.0
    _patience: Patience = field(default_factory=Patience)
    # Word of an earlier engine's jobs may still be on its way.
    _own: str = field(default_factory=lambda: uuid.uuid4().hex)

    def work(self, jobs: Iterable[Named]) -> Iterator[Ended]:
        """Do all `jobs`, which are asked for one by one as there is room, and yield each as it ends."""
        self.client.subscribe_topic(TOPIC, self._hear)
        waiting = iter(jobs)
        try:
            while self._alive():
                self._begin_again()
                self._fill(waiting)
                if not self._under_way and not self._let_go:
                    return
                self._patience.look(self._lacking())
                ended = self._next()
                if ended is not None:
                    yield ended
        except Exception:
            self._alive()
            raise
        finally:
            self._forget()
            if self.client.status == "running":
                self.client.unsubscribe_topic(TOPIC)

    def _alive(self) -> bool:
        """True; KinebenchError where there is nobody any more who could hand out work."""
        if self.client.status in _GONE:
            raise KinebenchError(
                "The cluster's scheduler must live until the last job, but it is gone. Start it and the batch again: "
                "what is finished is kept."
            ) from None
        return True

    def _fill(self, waiting: Iterator[Named]) -> None:
        room = max(len(self._cluster()), 1) * AHEAD
        while len(self._under_way) + len(self._let_go) < room:
            job = next(waiting, None)
            if job is None:
                return
            self._begin(Turn(job, attempts=0, turns=0))

    def _begin_again(self) -> None:
        """What was let go, once the scheduler is in reach again; Dask itself ends a client for which it never is."""
        if not self._let_go or self.client.status != "running":
            return
        # It may be another scheduler at the same address, which knows of nobody who listens.
        self.client.subscribe_topic(TOPIC, self._hear)
        let_go, self._let_go = self._let_go, []
        for turn in let_go:
            self._begin(turn)

    def _begin(self, turn: Turn) -> None:
        number = next(self._numbers)
        turn.turns += 1
        turn.begun, turn.since, turn.worker, turn.stage = False, 0.0, "", 0
        key = f"{turn.job.name}-{self._own}-{number}"
        able = self._able()
        turn.needs = tuple(kind if kind in able else "" for kind in KINDS)
        first = self.client.submit(
            begun,
            self.first,
            self.unfit,
            (self._own, number, 1),
            turn.job,
            key=f"extract-{key}",
            pure=False,
            **where(turn.needs[0]),
        )
        # What is half done goes before what is new: results come early, and little waits in between.
        second = self.client.submit(
            begun,
            self.second,
            self.unfit,
            (self._own, number, 2),
            turn.job,
            first,
            key=f"measure-{key}",
            pure=False,
            priority=1,
            **where(turn.needs[1]),
        )
        turn.futures = (first, second)
        self._under_way[number] = turn
        second.add_done_callback(lambda future: self._ended.put((number, future)))

    def _cluster(self) -> dict[str, Any]:
        """What is known of the workers; asked anew now and then, since they come and go."""
        now = time.monotonic()
        if now > self._known_until:
            self._known = dict(self.client.scheduler_info(n_workers=-1).get("workers", {}))
            self._known_until = now + LOOK_EVERY_S
        return self._known

    def _able(self) -> set[str]:
        """The resources that workers declare."""
        return {kind for worker in self._cluster().values() for kind in worker.get("resources", {})}

    def _lacking(self) -> str:
        """In words, whom the jobs wait for in vain; "" where somebody is at work, or there is who could be."""
        workers, able = self._cluster(), self._able()
        lacking = set()
        for turn in self._under_way.values():
            if turn.worker in workers and turn.stage == turn.next_stage + 1:
                return ""
            need = turn.needs[turn.next_stage]
            if not workers or (need and need not in able):
                lacking.add(need)
        named = " or ".join(sorted(filter(None, lacking)))
        return (f"a worker with the resource {named}" if named else "a worker") if lacking else ""

    def _hear(self, event: Any) -> None:
        told = event[1]
        turn = self._under_way.get(told["number"]) if told["engine"] == self._own else None
        if turn is not None:
            turn.begun, turn.worker, turn.since, turn.stage = True, told["worker"], time.monotonic(), told["stage"]

    def _next(self) -> Ended | None:
        hanging = self._given_up()
        if hanging is not None:
            return hanging
        try:
            number, future = self._ended.get(timeout=LOOK_EVERY_S)
        except queue.Empty:
            return None
        turn = self._under_way.pop(number, None)
        if turn is None:
            return None
        result, error = came_of(future)
        turn.futures = ()
        return self._failed(turn, error) if error is not None else Ended(turn.job, turn.attempts + 1, result)

    def _failed(self, turn: Turn, error: BaseException) -> Ended | None:
        from distributed import KilledWorker

        killed = isinstance(error, KilledWorker)
        if isinstance(error, Unfit):
            raise error
        if isinstance(error, LetGo) and turn.lost < MOST_LOST:
            turn.lost += 1
            turn.turns -= 1
            self._let_go.append(turn)
            return None
        turn.attempts += 1 if turn.begun or not killed else 0
        retry = killed or self.again(error)
        if retry and turn.attempts < self.attempts and turn.turns < MOST_TURNS:
            self._begin(turn)
            return None
        return Ended(turn.job, max(turn.attempts, 1), error=error)

    def _given_up(self) -> Ended | None:
        """A job that is past all limits, which its own would have ended long before; its worker is started anew."""
        now = time.monotonic()
        if self.longest_s is None or now < self._looked + LOOK_EVERY_S:
            return None
        self._looked = now
        for number, turn in self._under_way.items():
            if turn.stage == 1 and turn.next_stage == 1:
                continue  # it waits for a worker of the second kind
            if self.longest_s is not None and turn.begun and now - turn.since > self.longest_s + GRACE_S:
                del self._under_way[number]
                self.client.cancel(list(turn.futures), force=True)
                worker = self._cluster().get(turn.worker, {})
                if worker.get("nanny"):
                    self.client.restart_workers([turn.worker], timeout=GRACE_S, raise_for_error=False)
                return Ended(turn.job, turn.attempts + 1, error=TimeoutError(), overdue=True)
        return None

    def _forget(self) -> None:
        """Let the cluster drop what is still to be done."""
        left = [future for turn in self._under_way.values() for future in turn.futures]
        self._under_way.clear()
        self._let_go.clear()
        if left and self.client.status == "running":
            self.client.cancel(left, force=True)
