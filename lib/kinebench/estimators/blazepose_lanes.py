"""Who does which part of the work on one picture: networks side by side, each of them one lane."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

from kinebench.estimators.blazepose_regions import Region

LANES = 2

T = TypeVar("T")
S_co = TypeVar("S_co", covariant=True)


class Work(Protocol[S_co]):
    """What is done with a region on the networks of a lane."""

    def __call__(self, lane: int, region: Region, /) -> S_co:
        """The answer of the networks of `lane` to `region`."""


class Share(Protocol):
    """A way of getting work done on every region; the answers are those of doing one after the other."""

    def __call__(self, work: Work[T], regions: Sequence[Region], /) -> list[T]:
        """The answers of `work`, in the order of `regions`."""


def in_turn(work: Work[T], regions: Sequence[Region]) -> list[T]:
    """One region after the other, all of them on the first lane."""
    return [work(0, region) for region in regions]


def in_lanes(pool: Executor, work: Work[T], regions: Sequence[Region]) -> list[T]:
    """The regions shared out in turn over `LANES` lanes, which work at the same time in `pool`."""
    parts = list(pool.map(partial(_lane, work, regions), range(LANES)))
    return [parts[number % LANES][number // LANES] for number in range(len(regions))]


def _lane(work: Work[T], regions: Sequence[Region], lane: int) -> list[T]:
    return [work(lane, region) for region in regions[lane::LANES]]


def at_hand(first: T, another: Callable[[], T]) -> list[T]:
    """The networks of all lanes, `first` among them; with one processor it is that one's turn in each.

    Two networks that take turns on one processor push each other's weights out of its cache.
    """
    return [first] * LANES if _cores() == 1 else [first, *(another() for _ in range(LANES - 1))]


def threads_for(lanes: Sequence[object]) -> ThreadPoolExecutor:
    """As many threads as there are networks that can work at the same time."""
    return ThreadPoolExecutor(len(set(map(id, lanes))), thread_name_prefix="blazepose")


def threads_each() -> int:
    """CPU threads for each lane, so that lanes and decoder share the cores; the result doesn't depend on it."""
    return max((_cores() - 1) // LANES, 1)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
