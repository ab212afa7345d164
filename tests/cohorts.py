"""Made-up cohorts, as the tables that `catalogue.read` gives: whatever a test says, and nothing else, is in them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from kinebench import cohort

TIME = "rise_time_mean_s"
LEAN = "peak_trunk_lean_deg"
UNITS = {TIME: "s", LEAN: "deg"}
RUN = {
    "run": "", "participant": "", "session": "", "date": "", "label": "", "task": "sit-to-stand", "status": "complete",
    "verdict": "good", "doubts": "", "stage": "", "message": "", "remedy": "", "finished": "2026-11-01T10:00:00+00:00",
    "duration_s": 20.0, "report": "", "thumbnail": "", "listed": True,
}  # fmt: skip
PERSON = {"group": "", "age_years": np.nan, "sex": "", "condition": "", "near_side": "left"}


def run(participant: str, session: str, value: float | None = None, /, **other) -> dict:
    """A row: a good run with `value` as rise time; anything else by the name of its column."""
    numbers = {} if value is None else {TIME: value}
    row = RUN | PERSON | {"participant": participant, "session": session} | numbers | other
    return row | {"run": other.get("run") or f"{participant}_{session}_{row['label'] or 'only'}_{row['task']}"}


def failed(participant: str, session: str, /, **other) -> dict:
    told = {"stage": "reading", "message": "The clip holds no picture.", "remedy": "Copy it again."}
    return run(participant, session, **({"status": "failed", "verdict": ""} | told | other))


def tables(rows: list[dict]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """runs, metrics and dictionary of these rows."""
    named = [name for name in UNITS if any(name in row for row in rows)]
    runs = pd.DataFrame([{name: row[name] for name in RUN} for row in rows], columns=list(RUN))
    shared = ["run", "participant", "session", "date", "label", "task", "status", "verdict", "listed"]
    metrics = pd.DataFrame(
        [{name: row[name] for name in (*shared, *PERSON)} | {name: row.get(name) for name in named} for row in rows],
        columns=[*shared, *PERSON, *named],
    )
    dictionary = pd.DataFrame(
        [
            {"column": name, "unit": UNITS[name], "definition": "", "source": "", "tasks": "sit-to-stand"}
            for name in named
        ],
        columns=["column", "unit", "definition", "source", "tasks"],
    )
    return runs, metrics, dictionary


def chosen(rows: list[dict], **settings) -> cohort.Chosen:
    return cohort.choose(*tables(rows), cohort.Cohort(**settings))


def study(people: int = 40, seed: int = 0) -> list[dict]:
    """Three sessions: 1 and 2 a week apart with nothing changed, 3 after a training that made the rise 0.3 s shorter.

    Two trials a session; among them doubtful, bad and failed runs, left-overs, and people who did not come.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(1, people + 1):
        who, sex = f"P{number:02d}", ("female", "male")[number % 2]
        own, lean, answer = rng.normal(1.6, 0.3), rng.normal(38, 6), rng.normal(-0.3, 0.15)
        for session, date in (("1", "2026-03-02"), ("2", "2026-03-09"), ("3", "2026-06-15")):
            if session == "3" and number % 11 == 0:
                continue
            for trial in ("trial-1", "trial-2"):
                about = {"label": trial, "date": date, "sex": sex}
                value = own + answer * (session == "3") + rng.normal(0, 0.08)
                kind = rng.choice(["good", "doubtful", "bad", "failed"], p=[0.87, 0.08, 0.02, 0.03])
                if kind == "failed":
                    rows.append(failed(who, session, **about))
                    continue
                doubts = {"good": "", "doubtful": "The far leg was hidden for 3.1 s.", "bad": "Nobody in 40 % of it."}
                about |= {"verdict": str(kind), "doubts": doubts[str(kind)], LEAN: lean + rng.normal(0, 2)}
                rows.append(run(who, session, value + (kind == "bad") * 1.5, **about))
    rows.append(run("P99", "1", 9.0, date="2026-03-02", listed=False, run="P99_1_sit-to-stand_0123abcd"))
    return rows


def write(rows: list[dict], reports: Path) -> Path:
    """As a batch leaves them in a folder: run.json and metrics.json of each run, failure.json of each failure."""
    shared = ("participant", "session", "date", "label")
    listed = reports / ".kinebench" / "batches" / "study.json"
    listed.parent.mkdir(parents=True)
    listed.write_text(json.dumps({"runs": [row["run"] for row in rows if row["listed"]]}))
    for row in rows:
        folder = reports / ("failed" if row["status"] == "failed" else "") / row["run"]
        folder.mkdir(parents=True)
        said = {name: row[name] for name in ("run", "task", "status", "verdict", "finished")}
        if row["status"] == "failed":
            told = said | {name: row[name] for name in (*shared, "stage", "message", "remedy")}
            (folder / "failure.json").write_text(json.dumps(told))
            continue
        person = {name: row[name] or None for name in (*shared, "group", "sex", "condition")} | {"age_years": None}
        said |= {
            "parameters": person,
            "warnings": [row["doubts"]] if row["doubts"] else [],
            "durations_s": {"total": 1},
        }
        measured = {
            name: {"value": row[name], "unit": unit, "definition": "", "source": ""}
            for name, unit in UNITS.items()
            if name in row
        }
        (folder / "run.json").write_text(json.dumps(said))
        (folder / "metrics.json").write_text(json.dumps({"metrics": measured, "quality": {}, "near_side": "left"}))
    return reports
