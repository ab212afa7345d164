"""Names and numbers as a reader wants them: `rise_time_mean_s` -> Rise time, 1.38 s."""

import math
import re
from collections.abc import Mapping

UNITS = {"deg": "°", "deg/s": "°/s"}
# Names whose words cannot be read off them.
NAMED: Mapping[str, str] = {
    "five_rep_time_s": "Five repetitions, video time",
    "chair_stands_30s": "Stands in 30 s",
    "power_w": "Power of the rise",
    "power_w_per_kg": "Power of the rise per kg",
    "power_measured_rise_w": "Power, measured rise time",
    "power_measured_rise_w_per_kg": "Power per kg, measured rise time",
    "fatigue_rise_time_pct": "Rise time, last against first",
    "rise_time_cv_pct": "Rise time, variation",
    "stroke_rate_spm": "Stroke rate",
    "stroke_rate_sd_spm": "Stroke rate, SD",
    "drive_recovery_ratio": "Drive : recovery",
    "drive_recovery_ratio_sd": "Drive : recovery, SD",
    "stroke_similarity_r": "Likeness of the strokes, r",
    "stroke_spread_pct": "Spread between the strokes",
    "legs_half_pct": "Legs half done at",
    "trunk_half_pct": "Trunk half done at",
    "arms_half_pct": "Arms half done at",
    "fastest_at_drive_pct": "Fastest at, of the drive",
    "slowest_at_drive_pct": "Slowest at, of the drive",
    "cadence_steps_min": "Cadence",
    "in_step_score": "Score, in step",
    "time_ratio": "Duration, times the reference's",
    "consistency_score": "Own repetitions' likeness",
}
_ENDING = re.compile(r"_(s|m|px|deg|pct|w|m_s|px_s|deg_s|spm|steps_min)$")


def label(name: str) -> str:
    """A metric's or a column's name as words, without its unit."""
    if name in NAMED:
        return NAMED[name]
    plain = _ENDING.sub("", name).removesuffix("_mean").replace("_", " ")
    plain = f"{plain.removesuffix(' sd')}, SD" if is_spread(name) else plain
    return plain[:1].upper() + plain[1:]


def unit(written: str) -> str:
    """A unit as people write it."""
    return UNITS.get(written, written)


def is_spread(name: str) -> bool:
    """Whether a metric of that name is a standard deviation, as `stride_time_sd_s` is."""
    return _ENDING.sub("", name).endswith("_sd")


def number(value: float | int | None, of: str = "", *, spread: bool = False) -> str:
    """A value with the digits that its unit deserves: times to 10 ms, angles to a degree's tenth, pixels whole.

    Per cent are whole, but below 10 they have a decimal. spread: of a standard deviation that is too small for its
    digits it is told that it is below what they can show, as 0.00 would say that there is none.
    """
    if value is None or not math.isfinite(value):
        return "–"
    if isinstance(value, int):
        return str(value)
    shown = f"{value:z.{_digits(value, of)}f}".replace("-", "−")
    if spread and value != 0 and not shown.strip("0."):
        return f"<{10.0 ** -_digits(value, of):.{_digits(value, of)}f}"
    return shown


def _digits(value: float, of: str) -> int:
    if of == "%":
        return 1 if abs(value) < 9.95 else 0
    return {"s": 2, "deg": 1, "px": 0, "deg/s": 0, "px/s": 0, "W": 0, "strokes/min": 1, "steps/min": 1}.get(of, 2)


def unit_after(written: str) -> str:
    """A unit as it follows a number: the degree sign close to it, all others after a space that does not break."""
    return unit(written) if unit(written).startswith("°") or not written else f"\u00a0{unit(written)}"


def measured(value: float | int | None, of: str = "", *, spread: bool = False) -> str:
    """Number and unit, the degree and per cent signs as typeset; spread: as in `number`."""
    if value is None or not math.isfinite(value):
        return number(value, of)
    return number(value, of, spread=spread) + unit_after(of)
