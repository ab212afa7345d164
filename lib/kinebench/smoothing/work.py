"""One keypoint table while it is being smoothed: its arrays, and what has been done to them so far."""

import copy
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from kinebench import geometry, keypoints
from kinebench.smoothing import filters, gaps
from kinebench.smoothing.outliers import FLOOR_SHARE, HAMPEL_WINDOW, far_off, running_median
from kinebench.smoothing.settings import Smoothing

ENOUGH_FRAMES = 5000
"""Frames from which the body's size is told; a longer clip is thinned."""


BLOCK = 1024
"""Frames turned at a time: a whole hour at once would miss the processor's cache at every value."""


MANY_VALUES, THREADS = 2_000_000, 2
"""From so many values on, joints are worked on side by side; SciPy and NumPy let go of the interpreter meanwhile."""


def _each(work: Callable[[int], None], items: Iterable[int], values: int) -> None:
    """Do `work` for each item, each of which touches rows of its own."""
    if values < MANY_VALUES:
        for item in items:
            work(item)
        return
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, items))


def _by_column(values: np.ndarray) -> np.ndarray:
    """A copy of values (frames, columns) as (columns, frames), contiguous along time."""
    turned = np.empty(values.shape[::-1])
    for start in range(0, len(values), BLOCK):
        turned[:, start : start + BLOCK] = values[start : start + BLOCK].T
    return turned


class Work:
    """One table being smoothed: `values` (columns, frames) contiguous along time, `known` (joints, frames)."""

    def __init__(self, table: pd.DataFrame, time_s: np.ndarray, pinned: np.ndarray | None = None):
        self.table, self.time_s = table, time_s
        self.values = _by_column(table.to_numpy(dtype=float))
        self.names = keypoints.joints(table)
        self.rows: list[dict[str, int]] = [{} for _ in self.names]
        place = {name: position for position, name in enumerate(self.names)}
        levels = (table.columns.get_level_values(level) for level in (0, 1))
        for row, (joint, coordinate) in enumerate(zip(*levels, strict=True)):
            self.rows[place[joint]][coordinate] = row
        self.known = np.array([np.isfinite(self.values[rows["x"]]) for rows in self.rows], dtype=bool)
        self.known = self.known.reshape(len(self.names), len(time_s))
        self.free = None if pinned is None or not pinned.any() else ~pinned.T
        self.seen = self.known.sum(axis=1)
        zeros = np.zeros(len(self.names), dtype=int)
        self.gated, self.replaced, self.filled = zeros, zeros.copy(), zeros.copy()
        self.longest_gap_s = 0.0
        self.resampled = False
        self.unfiltered = 0
        self._sizes: dict[int, float] = {}

    def copy(self) -> "Work":
        """The same state, to be worked on without touching this one."""
        twin = copy.copy(self)
        twin.values, twin.known = self.values.copy(), self.known.copy()
        twin.gated, twin.replaced, twin.filled = self.gated.copy(), self.replaced.copy(), self.filled.copy()
        return twin

    def moving(self, joint: int) -> list[list[int]]:
        """The rows of a joint's places: those in the picture and, where there are, those in space."""
        rows = self.rows[joint]
        groups = [[rows[name] for name in names if name in rows] for names in (("x", "y"), keypoints.WORLD)]
        return [group for group in groups if group]

    def gate(self, least: float) -> None:
        """Joints seen with less than `least` confidence count as missing."""
        for joint, rows in enumerate(self.rows):
            unsure = self.known[joint] & ~(self.values[rows["confidence"]] >= least)
            if unsure.any():
                self.gated[joint] = unsure.sum()
                self.known[joint] &= ~unsure

    def replace_outliers(self, settings: Smoothing) -> None:
        """Points far off the running median of their neighbours, in any coordinate of a group, become it in all."""
        if settings.outliers == "none" or self.values.shape[1] < 3:
            return
        for group in (group for joint in range(len(self.names)) for group in self.moving(joint)):
            self._size(group)

        def one(joint: int) -> None:
            if self.known[joint].sum() >= 3:
                for group in self.moving(joint):
                    free = None if self.free is None else self.free[joint]
                    self.replaced[joint] += self._replace(group, self.known[joint], free, settings)

        _each(one, range(len(self.names)), self.values.size)

    def _replace(self, group: list[int], known: np.ndarray, free: np.ndarray | None, settings: Smoothing) -> int:
        bridged = [self._bridged(self.values[row], known) for row in group]
        size = 5 if settings.outliers == "median5" else HAMPEL_WINDOW
        medians = [running_median(row, size) for row in bridged]
        floor = FLOOR_SHARE * self._size(group)
        sigmas = 0.0 if settings.outliers == "median5" else settings.outlier_sigmas
        off = [far_off(row, median, sigmas, floor) for row, median in zip(bridged, medians, strict=True)]
        eligible = known if free is None else known & free
        found = np.logical_or.reduce(off) & eligible
        changed = eligible if settings.outliers == "median5" else found
        if changed.any():
            for row, median in zip(group, medians, strict=True):
                self.values[row, changed] = median[changed]
        return int(found.sum()) if len(group) == 2 else 0

    def _bridged(self, row: np.ndarray, known: np.ndarray) -> np.ndarray:
        """A row with straight lines over what is missing, for the running median alone."""
        if known.all():
            return row
        bridged = row.copy()
        bridged[~known] = np.interp(self.time_s[~known], self.time_s[known], row[known])
        return bridged

    def _size(self, group: list[int]) -> float:
        """The body's size in a group's unit: median diagonal of the box around the joints known."""
        coordinates = len(group)
        if coordinates not in self._sizes:
            step = max(self.values.shape[1] // ENOUGH_FRAMES, 1)
            groups = [(joint, rows) for joint in range(len(self.names)) for rows in self.moving(joint)]
            stacked = np.stack(
                [
                    np.where(self.known[joint, ::step], self.values[rows, ::step], np.nan)
                    for joint, rows in groups
                    if len(rows) == coordinates
                ]
            )
            seen = stacked[:, :, np.isfinite(stacked).any(axis=(0, 1))]
            spans = np.nanmax(seen, axis=0) - np.nanmin(seen, axis=0)
            self._sizes[coordinates] = float(np.median(np.linalg.norm(spans, axis=0))) if spans.size else 0.0
        return self._sizes[coordinates]

    def fill_gaps(self, max_gap_s: float) -> None:
        """Bridge the short gaps of every joint; the longest gap of all is remembered."""
        for joints, known in self._alike():
            starts, stops = gaps.inner_gaps(known)
            if len(starts) == 0:
                continue
            self.longest_gap_s = max(self.longest_gap_s, gaps.lengths_s(self.time_s, starts, stops).max())
            due = gaps.fillable(known, self.time_s, max_gap_s)
            if not due.any():
                continue
            rows = [row for joint in joints for group in self.moving(joint) for row in group]
            gaps.fill(self.values, rows, known, due, self.time_s)
            self.filled[joints] = due.sum()
            self.known[joints] |= due

    def _alike(self) -> Iterator[tuple[list[int], np.ndarray]]:
        """Joints that are known in the same frames, and those frames."""
        together: dict[bytes, list[int]] = {}
        for joint, known in enumerate(self.known):
            together.setdefault(known.tobytes(), []).append(joint)
        for joints in together.values():
            yield joints, self.known[joints[0]].copy()

    def complete_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """x and y of the joints known throughout the longest stretch in which most of them are, and its times."""
        enough = self.known.sum(axis=0) >= 0.5 * max(int(self.known.any(axis=1).sum()), 1)
        starts, stops = geometry.runs(enough & self.known.any(axis=0))
        if len(starts) == 0:
            return np.zeros((0, 0)), np.zeros(0)
        best = int(np.argmax(stops - starts))
        span = slice(starts[best], stops[best])
        joints = np.flatnonzero(self.known[:, span].all(axis=1))
        rows = [row for joint in joints for row in self.moving(int(joint))[0]]
        return self.values[rows, span], self.time_s[span]

    def filter(self, settings: Smoothing, cutoff_hz: float | None) -> None:
        """Filter every stretch of every joint on its own."""
        chosen = filters.FILTERS[settings.filter]
        if settings.filter == "none" or len(self.time_s) < 2:
            return
        step_s = 1 / filters.rate_hz(self.time_s)
        least = chosen.frames(1 / step_s, settings)
        for joints, known in self._alike():
            rows = [row for joint in joints for group in self.moving(joint) for row in group]
            for start, stop in zip(*geometry.runs(known), strict=True):
                if stop - start < least:
                    self.unfiltered += (stop - start) * len(joints)
                else:
                    self._filter_stretch(rows, slice(start, stop), chosen, settings, cutoff_hz or 0.0, step_s)

    def _filter_stretch(
        self,
        rows: list[int],
        span: slice,
        chosen: filters.Filter,
        settings: Smoothing,
        cutoff_hz: float,
        step_s: float,
    ) -> None:
        time_s = self.time_s[span]
        if not chosen.even or filters.is_even(time_s, step_s):

            def one(row: int) -> None:
                self.values[row, span] = chosen.apply(self.values[row : row + 1, span], time_s, settings, cutoff_hz)

            if len(rows) * len(time_s) < MANY_VALUES:
                self.values[rows, span] = chosen.apply(self.values[rows, span], time_s, settings, cutoff_hz)
            else:
                _each(one, rows, len(rows) * len(time_s))
            return
        self.resampled = True
        block, grid = filters.even_grid(self.values[rows, span], time_s, step_s)
        block = chosen.apply(block, grid, settings, cutoff_hz)
        self.values[rows, span] = filters.back(block, grid, time_s)

    def table_of_result(self) -> pd.DataFrame:
        """The keypoint table, missing joints NaN and without confidence."""
        for joint, rows in enumerate(self.rows):
            missing = ~self.known[joint]
            if missing.any():
                for coordinate, row in rows.items():
                    self.values[row, missing] = 0.0 if coordinate == "confidence" else np.nan
        return pd.DataFrame(self.values.T, index=self.table.index, columns=self.table.columns, copy=False)
