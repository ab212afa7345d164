"""What became of every recording: how many count, and which don't, are doubted, failed or were never made, and why."""

import pandas as pd

from kinebench.cohort.choosing import Chosen
from kinebench.cohort.distributions import NO_SESSION
from kinebench.cohort.shown import Table
from kinebench.words import label

COLUMNS = ["participant", "session", "date", "label", "what", "why", "remedy", "counted", "run"]
COUNTS = ["good", "doubtful", "bad", "failed", "left over"]


def counts(chosen: Chosen) -> Table:
    """One row a session: runs by what became of them, and participants of the cohort without any run in it."""
    runs, rows = chosen.runs, []
    missing = absent(chosen)
    others = sorted({str(name) for name in runs["session"]} - {*chosen.sessions, ""})
    for session in (*chosen.sessions, *others, ""):
        here = runs[runs["session"] == session]
        if here.empty:
            continue
        kinds = _kinds(here)
        own = here[here["listed"].astype(bool) & (here["participant"] != "")]
        rows.append(
            {
                "session": session or NO_SESSION,
                "participants": own["participant"].nunique(),
                "runs": len(here),
                **{kind: int((kinds == kind).sum()) for kind in COUNTS},
                "participants without a run": _number(missing, session) if session in chosen.sessions else None,
            }
        )
    frame = pd.DataFrame(rows).astype(object)
    remarks = () if rows else ("There are no runs here yet.",)
    return Table(frame, frame.where(frame.notna(), None), remarks)


def absent(chosen: Chosen) -> list[tuple[str, str]]:
    """Participant and session where the cohort has both, but no run of the one in the other."""
    listed = chosen.runs[chosen.runs["listed"].astype(bool)]
    known = set(zip(listed["participant"], listed["session"], strict=True))
    people = sorted({str(name) for name in listed["participant"] if name})
    return [(who, session) for session in chosen.sessions for who in people if (who, session) not in known]


def _number(missing: list[tuple[str, str]], session: str) -> int:
    return sum(name == session for _, name in missing)


def not_plain(chosen: Chosen) -> Table:
    """Everything that is not a good run with all its numbers: columns `COLUMNS`, the gravest first."""
    rows = [_row(run, what) for what, run in _told(chosen)]
    rows += [
        {"participant": who, "session": session, "what": "missing", "why": "no run in this session", "counted": "no"}
        for who, session in absent(chosen)
    ]
    rows += _without_number(chosen)
    frame = pd.DataFrame(rows, columns=COLUMNS).fillna("")
    order = {"failed": 0, "missing": 1, "bad": 2, "left over": 3, "number missing": 4, "doubtful": 5}
    frame = frame.sort_values(
        ["what", "participant", "session"], key=lambda one: one.map(order) if one.name == "what" else one, kind="stable"
    ).reset_index(drop=True)
    said = [] if len(frame) else ["Nothing is missing, failed, doubtful or bad."]
    return Table(frame, frame, said if len(chosen.runs) else ["There are no runs here yet."])


def _kinds(runs: pd.DataFrame) -> pd.Series:
    kinds = runs["verdict"].where(runs["status"] == "complete", "failed")
    return kinds.where(runs["listed"].astype(bool), "left over")


def _told(chosen: Chosen) -> list[tuple[str, pd.Series]]:
    rows = zip(_kinds(chosen.runs), chosen.runs.iterrows(), strict=True)
    return [(str(kind), run) for kind, (_, run) in rows if kind != "good"]


def _row(run: pd.Series, what: str) -> dict[str, object]:
    why = {
        "failed": f"{run['stage']}: {run['message']}" if run["stage"] else run["message"],
        "left over": run["why"],
    }.get(what, run["doubts"])
    known = {name: run[name] for name in ("participant", "session", "date", "label", "remedy", "run")}
    return {**known, "what": what, "why": why, "counted": "yes" if run["counted"] else "no"}


def _without_number(chosen: Chosen) -> list[dict[str, object]]:
    """Counted runs that lack some of the chosen metrics."""
    rows = []
    have = {metric: set(part["run"]) for metric, part in chosen.values.groupby("metric")}
    for _, run in chosen.runs[chosen.runs["counted"]].iterrows():
        lacking = [label(metric) for metric in chosen.metrics if run["run"] not in have.get(metric, set())]
        if lacking:
            why = f"not measured in this run: {', '.join(lacking)}"
            rows.append(_row(run, "number missing") | {"why": why, "counted": "the others"})
    return rows
