"""When the rows of a strange file were: its columns of frames, times and people told by name, and read.

Units are told by name too: time_s, timestampMs, "Time [ms]". A time that names none is in seconds where its steps are
below a second, in milliseconds where they lie from 2 to 1000; what lies between is refused, since it could be either.
"""

from dataclasses import dataclass

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import Given
from kinebench.formats.frame_numbers import placed
from kinebench.formats.naming import words

_TIMES = {"time", "timestamp", "timestamps", "t", "pts", "seconds", "sec", "milliseconds", "millis", "ms", "elapsed"}
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "milli", "millis", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "usec", "micros", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nanos", "nanosecond", "nanoseconds"), 1e-9),
}
_FRAMES = {"frame", "frames", "frameid", "framenumber", "frameindex", "frameidx"}
_NUMBERS = {"id", "idx", "index", "no", "num", "number", "nr"}
_PEOPLE = {("person",), ("person", "id"), ("pose", "id"), ("pose", "index"), ("individual",)}
MOST_FRAMES = 10**9
LATEST_S = 1e5
"""A clock that begins later than a day counts from somewhere else (the year 1970): its first time becomes 0."""


@dataclass(frozen=True, eq=False)
class Clock:
    """frames: (entries,) numbers; times_s: (entries,) seconds; notes: what the user should know."""

    frames: np.ndarray
    times_s: np.ndarray
    notes: tuple[str, ...] = ()


def is_time(name: str) -> bool:
    """Whether a column or key of that name holds times."""
    parts = words(name)
    return bool(parts) and parts[0] in _TIMES and all(part in _UNITS for part in parts[1:])


def is_frame(name: str) -> bool:
    """Whether a column or key of that name holds the frame's number."""
    parts = words(name)
    return bool(parts) and parts[0] in _FRAMES and all(part in _NUMBERS for part in parts[1:])


def is_person(name: str) -> bool:
    """Whether a column or key of that name holds the person's number."""
    return words(name) in _PEOPLE


def whole(values: np.ndarray, what: str) -> np.ndarray:
    """Values as whole numbers from 0; KinebenchError that names `what` where one is none."""
    values = np.asarray(values, dtype=float)
    bad = ~(np.isfinite(values) & (values >= 0) & (values <= MOST_FRAMES) & (values == np.floor(values)))
    if bad.any():
        raise KinebenchError(f"{what} must be whole numbers from 0, but {values[bad][0]:g} is among them.")
    return values.astype(np.int64)


def told(given: Given, name: str, frames: np.ndarray | None, times: np.ndarray | None, file: str, count: int) -> Clock:
    """The clock of `count` entries; name: that of the times' column; frames, times: what the file has, None without.

    Without times they are those of the frames' numbers in the video; without numbers the entries are its frames in
    order. KinebenchError where times are missing or tell no unit, or nothing says when the frames were.
    """
    notes = []
    numbers = np.arange(count) if frames is None else whole(frames, f"The frames' numbers in {file}")
    if frames is None and times is None:
        notes.append("The file has neither frames' numbers nor times: its entries are taken as the video's frames.")
    if times is None:
        if given.times_s is not None and count:
            first, placing = placed(numbers, given, "The rows")
            numbers, notes = numbers - first, [*notes, *placing]
        return Clock(numbers, given.time_of(numbers), tuple(notes))
    times = np.asarray(times, dtype=float)
    if not np.isfinite(times).all():
        raise KinebenchError(f"{file} must have a time in every row, but {name} lacks {(~np.isfinite(times)).sum()}.")
    factor, note = _unit(name, times, file)
    times_s = times * factor
    if len(times_s) and times_s.min() > LATEST_S:
        times_s = times_s - times_s.min()
        notes.append(f"Its clock ({name}) does not begin with the video: the first time became 0.")
    if frames is None:
        numbers = np.unique(times_s, return_inverse=True)[1]
    return Clock(numbers, times_s, (*notes, *note))


def _unit(name: str, times: np.ndarray, file: str) -> tuple[float, tuple[str, ...]]:
    units = [_UNITS[part] for part in words(name) if part in _UNITS]
    if units:
        return units[-1], ()
    different = np.unique(times)
    step = float(np.median(np.diff(different))) if len(different) > 1 else 0.0
    if step < 1:
        return 1.0, ()
    if 2 <= step <= 1000:
        return 1e-3, (f"Its times ({name}) name no unit and are {step:g} apart: they were read as milliseconds.",)
    raise KinebenchError(
        f"{file} must say the unit of its times, but {name} names none and they are {step:g} apart. "
        f"Call it {name}_s or {name}_ms."
    )
