"""Made-up reports folders: what runs and failures leave behind, without the videos."""

import json
from pathlib import Path

# A metric's unit and a value that a person might have; the rest of its words are made up.
HEADLINES = {
    "sit-to-stand": {
        "repetitions": ("", 5),
        "five_rep_time_s": ("s", 14.2),
        "rise_time_mean_s": ("s", 1.22),
        "descent_time_mean_s": ("s", 1.41),
        "peak_trunk_lean_deg": ("deg", 38.0),
        "knee_excursion_deg": ("deg", 91.0),
    },
    "rowing": {
        "strokes": ("", 22),
        "stroke_rate_spm": ("strokes/min", 24.3),
        "drive_time_mean_s": ("s", 0.93),
        "recovery_time_mean_s": ("s", 1.55),
        "drive_recovery_ratio": ("", 0.6),
    },
    "walking": {
        "strides": ("", 14),
        "cadence_steps_min": ("steps/min", 108.4),
        "stride_time_mean_s": ("s", 1.11),
        "stance_mean_pct": ("%", 61.8),
        "step_time_symmetry_pct": ("%", 3.1),
    },
}
WARNINGS = (
    "rejected_repetitions: 2 of 7 movements found were not accepted as repetitions.",
    "gaps_filled: 12 % of the near leg's joints were not seen and were filled in from before and after.",
    "view: The person is seen 24° from the side: angles are those in the picture, which is not their plane.",
)
REMEDIES = {
    "extraction": ("No person was found in 412 of 430 frames.", "Film with the whole body in the picture."),
    "notebook": ("No repetition was found.", "Look at the clip in the workbench, and lower min_rise_share."),
    "reading": ("The clip cannot be decoded: moov atom not found.", "Copy it from the camera again."),
}
METRIC = {"definition": "mean over repetitions", "source": "kinebench definition"}


def metric(value, unit="", **said) -> dict:
    """An entry of metrics.json."""
    return {"value": value, "unit": unit} | METRIC | said


def run(reports: Path, name: str, *, metrics=None, near_side="left", parameters=None, files=(), **said) -> Path:
    """A finished run's folder; `said`: keys of run.json."""
    folder = reports / name
    folder.mkdir(parents=True, exist_ok=True)
    person = dict.fromkeys(("participant", "session", "date", "label", "group", "age_years", "sex", "condition"))
    record = {"run": name, "status": "complete", "task": "sit-to-stand", "finished": "2026-11-21T10:00:00+00:00"}
    record |= {"faces_sought": "everybody", "verdict": "good", "warnings": []}
    record |= {"durations_s": {"notebook": 11.0, "total": 12.5}}
    record |= {"parameters": person | (parameters or {})} | said
    (folder / "run.json").write_text(json.dumps(record))
    entries = {"repetitions": metric(5)} if metrics is None else metrics
    (folder / "metrics.json").write_text(json.dumps({"metrics": entries, "quality": {}, "near_side": near_side}))
    for file in files:
        (folder / file).write_bytes(b"")
    return folder


def failure(reports: Path, name: str, *, notebook=False, **said) -> Path:
    """A failed run's folder; `said`: keys of failure.json."""
    folder = reports / "failed" / name
    folder.mkdir(parents=True, exist_ok=True)
    record = {"run": name, "status": "failed", "task": "sit-to-stand", "stage": "notebook", "attempts": 1}
    record |= {"message": "No repetition was found.", "remedy": "Film again.", "finished": "2026-11-21T10:00:00+00:00"}
    (folder / "failure.json").write_text(json.dumps(record | said))
    if notebook:
        (folder / "error.ipynb").write_text("{}")
    return folder


def batch(reports: Path, *names: str, called: str = "videos") -> None:
    """A batch's list of the runs that it names."""
    folder = reports / ".kinebench" / "batches"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{called}.json").write_text(json.dumps({"runs": list(names)}))


def cohort(reports: Path, rows: int, files=("report.html", "report.pdf", "overlay.mp4")) -> list[str]:
    """A study of so many runs: three tasks, three sessions a person; 1 in 20 failed, some doubtful, some bad.

    Numbers run through simple cycles, so that every folder of one size is the same. Returns the runs' names.
    """
    names = []
    others = {
        f"other_{i}_s": metric(0.1 * i, "s", definition="a made-up definition of some length " * 3) for i in range(14)
    }
    for i in range(rows):
        task = list(HEADLINES)[i % 3]
        person = {"participant": f"P{i // 9 + 1:04d}", "session": str(i // 3 % 3 + 1), "label": f"trial-{i % 7 + 1}"}
        person["date"] = f"2026-{i // 3 % 3 + 3:02d}-{i // 9 % 28 + 1:02d}"
        name = f"{person['participant']}_{person['session']}_{task}_{i:08x}"
        names.append(name)
        if i % 20 == 7:
            stage = list(REMEDIES)[i // 20 % 3]
            message, remedy = REMEDIES[stage]
            failure(reports, name, notebook=True, task=task, stage=stage, message=message, remedy=remedy, **person)
            continue
        share = 0.8 + (i * 37 % 101) / 250
        values = {
            key: metric(value if unit == "" and value == int(value) else value * share, unit)
            for key, (unit, value) in HEADLINES[task].items()
        }
        doubts = i % 6 // 4 + (i % 11 == 0)
        verdict = ("good", "doubtful", "bad")[min(doubts, 2)]
        said = {"task": task, "verdict": verdict, "warnings": list(WARNINGS[: doubts + (i % 13 == 5)])}
        said["durations_s"] = {"total": 8 + i * 53 % 97 / 10}
        if verdict == "good":
            said["warnings"] = []
        details = person | {"age_years": 55 + i // 9 % 35, "sex": ("female", "male")[i // 9 % 2]}
        run(reports, name, metrics=values | others, parameters=details | SETTINGS, files=files, **said)
    return names


# As many settings and digests as a real run.json has, so that reading takes its time.
SETTINGS = {f"setting_{i}": 0.5 * i for i in range(45)}
