"""`make bench`: speed and memory against their bars, printed as a table and saved as reports/bench.json.

Everything that is compared is measured in one run on one machine; quote the ratios, not the seconds.
"""

import argparse
import importlib
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from kinebench import places, provenance

Measured = dict[str, Any]


@dataclass(frozen=True)
class Bar:
    """One figure to reach: how it is read from what a benchmark measured, and when it is reached."""

    what: str
    reach: str
    read: Callable[[Measured], float]
    reached: Callable[[float], bool]
    unit: str = ""


def at_least(limit: float) -> Callable[[float], bool]:
    return lambda value: value >= limit


def below(limit: float) -> Callable[[float], bool]:
    return lambda value: value < limit


BARS: dict[str, tuple[Bar, ...]] = {
    "extraction": (
        Bar(
            "video to keypoints, blazepose-full, 1080p30", "100", lambda m: m["frames_per_s"], at_least(100), "frames/s"
        ),
        Bar("... of what the cores allow", "0.8", lambda m: m["share_of_cores"], at_least(0.8)),
        Bar("... against the tutorial way", "4", lambda m: m["times_tutorial"], at_least(4), "times"),
        Bar("peak memory, 10 s clip", "700", lambda m: m["peak_memory_10_s_mb"], below(700), "MB"),
        Bar("peak memory, 10 min clip", "700", lambda m: m["peak_memory_10_min_mb"], below(700), "MB"),
    ),
    # A table of its own, below the bars: what is fast enough is for the user to say.
    "estimators": (),
    "overlay": (
        Bar("overlay writing, 1080p, of encoding alone", "0.7", lambda m: m["share_of_encoding"], at_least(0.7)),
        Bar("... against the matplotlib way", "", lambda m: m["times_tutorial"], at_least(1), "times"),
    ),
    "signals": (Bar("keypoints to signals and repetitions, 1 h at 60/s", "2", lambda m: m["seconds"], below(2), "s"),),
    "comparison": (
        Bar("DTW of two 60 s recordings at 60/s, 17 joints, window 10 %", "2", lambda m: m["warping_s"], below(2), "s"),
        Bar("... with scores, parts and tempo", "", lambda m: m["comparing_s"], lambda _: True, "s"),
    ),
    "workbench": (
        Bar("scrubbing warm, 1080p shown at 960x540", "55", lambda m: m["warm_frames_per_s"], at_least(55), "frames/s"),
        Bar("scrubbing cold, key frames 250 apart", "30", lambda m: m["cold_frames_per_s"], at_least(30), "frames/s"),
        Bar("... 95th percentile of the gaps", "0.1", lambda m: m["cold_gap_p95_s"], below(0.1), "s"),
        Bar("jump to any frame, cold", "0.3", lambda m: m["jump_s"], below(0.3), "s"),
        Bar("slider to signals and overlay redrawn, 60 s at 60/s", "0.1", lambda m: m["tune_s"], below(0.1), "s"),
        Bar("opening an extracted clip, to first picture", "1.5", lambda m: m["open_s"], below(1.5), "s"),
        Bar("kernel memory after scrubbing through 10 min", "1000", lambda m: m["kernel_memory_mb"], below(1000), "MB"),
        Bar("notebook file after that", "50", lambda m: m["notebook_kb"], below(50), "kB"),
    ),
    "batch": (
        Bar("a run beyond its own computing", "3", lambda m: m["overhead_s"], below(3), "s"),
        Bar("2 workers against 1, one processor each", "1.8", lambda m: m["two_workers"], at_least(1.8), "times"),
        Bar("leaving 1,000 up-to-date rows alone", "5", lambda m: m["skip_s"], below(5), "s"),
        Bar("64 simulated workers, 10,000 clips: busy", "0.95", lambda m: m["busy"], at_least(0.95)),
        Bar("grown by from the 1,000th, them included", "100", lambda m: m["growth_bytes"] / 1e6, below(100), "MB"),
    ),
    "index": (
        Bar("index of 10,000 runs opens", "2", lambda m: m["open_s"], below(2), "s"),
        Bar("... is sorted", "0.3", lambda m: m["sort_s"], below(0.3), "s"),
    ),
    "imports": (
        Bar("import kinebench", "0.5", lambda m: m["import_s"], below(0.5), "s"),
        Bar("... heavy libraries it loads", "0", lambda m: len(m["heavy_modules_loaded"]), below(1)),
    ),
}


def rows(name: str, measured: Measured) -> list[dict[str, Any]]:
    """One row a bar: what, value, reach, whether it is reached."""
    found = []
    for bar in BARS[name]:
        value = float(bar.read(measured))
        row = {key: text for key, text in asdict(bar).items() if isinstance(text, str)}
        found.append(row | {"value": value, "reached": bool(bar.reached(value))})
    return found


def table(found: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | measured | reach |", "|---|---|---|"]
    for row in found:
        value = f"{row['value']:.3g}" if row["value"] < 100 else f"{row['value']:.0f}"
        mark = "" if row["reached"] else " **not reached**"
        lines.append(f"| {row['what']} | {value} {row['unit']}{mark} | {row['reach']} |".replace("  ", " "))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(BARS), help=f"which of {', '.join(BARS)} (default: all)")
    chosen = parser.parse_args().names
    measured: dict[str, Measured] = {}
    found: list[dict[str, Any]] = []
    for name in chosen:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        measured[name] = importlib.import_module(f"tests.benchmarks.{name}").measure()
        found += rows(name, measured[name])
    print(table(found))
    if "estimators" in measured:
        print("\n| estimator, 1080p | frames/s | of blazepose-full |\n|---|---|---|")
        for name, rate in measured["estimators"]["frames_per_s"].items():
            print(f"| {name} | {rate:.0f} | {measured['estimators']['of_blazepose_full'][name]:.2f} |")
    path = places.ROOT / "reports" / "bench.json"
    machine = {"cores": os.cpu_count(), "system": platform.platform(), "versions": provenance.versions()}
    path.write_text(
        json.dumps({"machine": machine, "table": found, "measured": measured}, indent=2, default=str) + "\n"
    )
    print(f"saved as {path.relative_to(places.ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
