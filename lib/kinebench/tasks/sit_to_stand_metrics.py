"""What is measured of the sit-to-stand repetitions: of each, and of the clip with definitions."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench.errors import KinebenchError
from kinebench.reps import rows
from kinebench.tasks import OURS, Metric
from kinebench.tasks.person import Person

GRAVITY = 9.81
TEST_S = 30.0
HALF_WAY = 0.5
FULL = 0.75
REST_CYCLES = 2.0
"""Longer than so many repetitions, a rest up to the end of the 30 s looks like another test."""
ALCAZAR = "Alcazar et al. 2018, Exp Gerontol 112:38-43, doi:10.1016/j.exger.2018.08.006 [C: form of the formula]"
FIVE_TIMES = "5-times sit-to-stand test (SRALab RehabMeasures) [A]; video time: kinebench definition"
STEADI = "30-second chair stand (CDC STEADI) [B]"
SCHENKMAN = "Schenkman et al. 1990, Phys Ther 70:638-648 [C]; kinebench definition"


@dataclass(frozen=True)
class Motion:
    """The signals measured per repetition, arrays of shape (frames,), NaN where missing; metres may be None."""

    time_s: np.ndarray
    hip_height_m: np.ndarray | None
    knee_deg: np.ndarray
    hip_deg: np.ndarray
    lean_deg: np.ndarray
    ankle_deg: np.ndarray
    knee_velocity_deg_s: np.ndarray


def measured(events: pd.DataFrame, motion: Motion) -> pd.DataFrame:
    """The repetitions' table with times, angles and speeds of each; NaN where the clip does not show it."""
    table = events.copy()
    table["rise_time_s"] = table["standing_s"] - table["start_s"]
    table["stand_time_s"] = table["descent_s"] - table["standing_s"]
    table["descent_time_s"] = table["seat_contact_s"] - table["descent_s"]
    table["total_time_s"] = table["seat_contact_s"] - table["start_s"]
    table["sit_time_s"] = table["start_s"].shift(-1) - table["seat_contact_s"]
    rises = [_rise(motion, row.start_s, row.seat_off_s, row.standing_s) for row in rows(table)]
    return pd.concat([table, pd.DataFrame(rises, index=table.index)], axis=1)


def _rise(motion: Motion, start_s: float, seat_off_s: float, standing_s: float) -> dict[str, float]:
    """Angles and speeds within one rise."""
    first, last = np.searchsorted(motion.time_s, [start_s, standing_s]) if start_s < standing_s else (0, 0)
    part = slice(first, last + 1)
    seen = last > first
    found = {
        "peak_trunk_lean_deg": _most(motion.lean_deg[part]) if seen else math.nan,
        "knee_excursion_deg": _range(motion.knee_deg[part]) if seen else math.nan,
        "hip_excursion_deg": _range(motion.hip_deg[part]) if seen else math.nan,
        "peak_knee_extension_speed_deg_s": _most(-motion.knee_velocity_deg_s[part]) if seen else math.nan,
    }
    if motion.hip_height_m is not None:
        height = motion.hip_height_m[part]
        enough = seen and len(height) > 2
        found["peak_rising_speed_m_s"] = _most(np.gradient(height, motion.time_s[part])) if enough else math.nan
        found["hip_rise_m"] = _range(height) if seen else math.nan
    return found | _phases(motion, seat_off_s, standing_s, start_s)


def _phases(motion: Motion, seat_off_s: float, standing_s: float, start_s: float) -> dict[str, float]:
    """Schenkman's phases: flexion momentum, momentum transfer (to most dorsiflexion), extension; seconds."""
    first, last = np.searchsorted(motion.time_s, [seat_off_s, standing_s])
    ankle = motion.ankle_deg[first:last]
    transfer = math.nan
    if len(ankle) > 2 and np.isfinite(ankle).all():
        peak = int(np.argmax(ankle))
        if 0 < peak < len(ankle) - 1:
            transfer = float(motion.time_s[first + peak] - seat_off_s)
    return {
        "flexion_momentum_s": seat_off_s - start_s,
        "momentum_transfer_s": transfer,
        "extension_s": standing_s - seat_off_s - transfer,
    }


def _most(values: np.ndarray) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else math.nan


def _range(values: np.ndarray) -> float:
    return float(np.nanmax(values) - np.nanmin(values)) if np.isfinite(values).any() else math.nan


def started(reps: pd.DataFrame, go_s: float | None) -> tuple[float, str]:
    """When the clock of the tests starts, and the words for it."""
    first = float(reps.loc[reps["accepted"], "start_s"].iloc[0])
    if go_s is None:
        return first, "from the first movement of the trunk or hip of the first repetition"
    standing = float(reps.loc[reps["accepted"], "standing_s"].iloc[0])
    if go_s > standing:
        raise KinebenchError(
            f"go_s must lie before the first stand, which ends at {standing:.2f} s, but got {go_s}. "
            "Give seconds from the file's first frame, or leave it out."
        )
    return go_s, "from 'Go' (go_s, as given)"


def count_30s(time_s: np.ndarray, share: np.ndarray, reps: pd.DataFrame, start_s: float) -> int | None:
    """Full stands within 30 s of the start; one that is more than half-way up at the end counts. None: clip too short.

    share: how much of the way up the hip is at each frame, (frames,).
    """
    end = start_s + TEST_S
    if time_s[-1] < end:
        return None
    stood = reps["accepted"] | (reps["cut"] & (reps["reached"] >= FULL))
    count = int((stood & (reps["standing_s"] <= end)).sum())
    under_way = (reps["seat_off_s"] < end) & (reps["standing_s"] > end)
    return count + int(bool(under_way.any()) and float(np.interp(end, time_s, share)) > HALF_WAY)


def stopped_early(reps: pd.DataFrame, start_s: float) -> str:
    """Words of doubt where the person stopped long before the 30 s were over: perhaps another test was done."""
    good = reps[reps["accepted"]]
    last_s = float(reps["seat_contact_s"].max())
    rest_s = start_s + TEST_S - last_s
    cycle_s = float((good["seat_contact_s"] - good["start_s"]).mean())
    if rest_s <= REST_CYCLES * cycle_s:
        return ""
    return (
        f"the person sat still for the last {rest_s:.0f} s; set test=30-seconds if it was the 30-second test, "
        "test=five-times if not"
    )


def clip_metrics(
    reps: pd.DataFrame,
    person: Person,
    height_m: float | None,
    chair_m: float | None,
    go_s: float | None,
    stands: tuple[int | None, str],
) -> list[Metric]:
    """The metrics of the clip, without doubts; value None where it cannot be given.

    `stands` is the 30-second count, None where the clip is too short, and what casts doubt on it.
    """
    good = reps[reps["accepted"]]
    start_s, clock = started(reps, go_s)
    five = float(good["seat_contact_s"].iloc[4] - start_s) if len(good) >= 5 else None
    between = five is not None and not reps.loc[: good.index[4], "accepted"].loc[good.index[0] :].all()
    metrics = [
        Metric("repetitions", len(good), "", "full stands from sitting and back to the seat", OURS),
        Metric(
            "five_rep_time_s",
            five,
            "s",
            f"{clock} to the last seat contact of the fifth repetition",
            FIVE_TIMES,
            doubt="a movement between the first and the fifth repetition did not count" if between else "",
        ),
        Metric(
            "chair_stands_30s",
            stands[0],
            "",
            f"full stands within 30 s {clock}; more than half-way up at the end counts",
            STEADI,
            doubt=stands[1],
        ),
    ]
    return metrics + _times(good) + _angles(good) + _power(good, five, person, height_m, chair_m)


def _mean(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.mean()) if len(known) else None


def _times(good: pd.DataFrame) -> list[Metric]:
    rise = good["rise_time_s"]
    spread = float(100 * rise.std(ddof=1) / rise.mean()) if len(rise) > 1 else None
    fatigue = float(100 * (rise.iloc[-1] / rise.iloc[0] - 1)) if len(rise) > 1 else None
    means = (
        ("rise_time_mean_s", "rise_time_s", "first movement of trunk or hip to standing"),
        ("stand_time_mean_s", "stand_time_s", "standing to the start of the descent"),
        ("descent_time_mean_s", "descent_time_s", "start of the descent to seat contact"),
        ("sit_time_mean_s", "sit_time_s", "seat contact to the next repetition's first movement"),
        ("total_time_mean_s", "total_time_s", "first movement to seat contact"),
        ("flexion_momentum_mean_s", "flexion_momentum_s", "first movement to seat-off (flexion momentum)"),
        ("momentum_transfer_mean_s", "momentum_transfer_s", "seat-off to most ankle dorsiflexion (momentum transfer)"),
        ("extension_mean_s", "extension_s", "most ankle dorsiflexion to standing (extension)"),
    )
    phases = {"flexion_momentum_s", "momentum_transfer_s", "extension_s"}
    found = [
        Metric(
            name, _mean(good[column]), "s", f"mean over repetitions: {words}", SCHENKMAN if column in phases else OURS
        )
        for name, column, words in means
    ]
    return [
        *found,
        Metric("rise_time_cv_pct", spread, "%", "standard deviation of the rise times over their mean", OURS),
        Metric("fatigue_rise_time_pct", fatigue, "%", "how much longer the last rise took than the first", OURS),
    ]


def _angles(good: pd.DataFrame) -> list[Metric]:
    means = (
        ("peak_trunk_lean_deg", "deg", "mean over repetitions: most forward lean of the trunk in the rise"),
        ("knee_excursion_deg", "deg", "mean over repetitions: range of near-side knee flexion in the rise"),
        ("hip_excursion_deg", "deg", "mean over repetitions: range of near-side hip flexion in the rise"),
        (
            "peak_knee_extension_speed_deg_s",
            "deg/s",
            "mean over repetitions: fastest near-side knee extension in the rise",
        ),
        ("peak_rising_speed_m_s", "m/s", "mean over repetitions: fastest upward speed of the hip in the rise"),
        ("hip_rise_m", "m", "mean over repetitions: how far the hip travels upward in the rise"),
    )
    return [Metric(name, _mean(good[name]), unit, words, OURS) for name, unit, words in means if name in good]


def _power(
    good: pd.DataFrame, five_s: float | None, person: Person, height_m: float | None, chair_m: float | None
) -> list[Metric]:
    """Mean power of the rise: 0.9 m g (0.5 H - chair) / time; half a repetition's time, or the measured rise's."""
    if person.mass_kg is None or height_m is None:
        return []
    travel, words = _travel(good, height_m, chair_m)
    if travel is None or travel <= 0:
        return []
    work = 0.9 * person.mass_kg * GRAVITY * travel
    rise = _mean(good["rise_time_s"])
    formulas = (
        ("power", work / (0.1 * five_s) if five_s else None, "half of the mean repetition time (five_rep_time_s / 10)"),
        ("power_measured_rise", work / rise if rise else None, "the measured mean rise time"),
    )
    found = []
    for name, value, time in formulas:
        definition = f"mean power of the rise: 0.9 x mass x 9.81 x travel over {time}; travel = {words}"
        found.append(Metric(f"{name}_w", value, "W", definition, ALCAZAR))
        relative = None if value is None else value / person.mass_kg
        found.append(Metric(f"{name}_w_per_kg", relative, "W/kg", f"{definition}, per kg of body mass", ALCAZAR))
    return found


def _travel(good: pd.DataFrame, height_m: float, chair_m: float | None) -> tuple[float | None, str]:
    if chair_m is not None:
        return 0.5 * height_m - chair_m, "half of the body height less the chair height, as given"
    if "hip_rise_m" in good:
        return _mean(good["hip_rise_m"]), "the hip's rise as measured in the video"
    return None, ""
