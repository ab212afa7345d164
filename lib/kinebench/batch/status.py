"""How the runs of a reports folder stand, as a table: what is finished, failed, under way or still waiting."""

from typing import Any

import pandas as pd

from kinebench import catalogue
from kinebench.batch.ledger import FAILED, Ledger
from kinebench.catalogue.records import same_basis
from kinebench.errors import KinebenchError

COLUMNS = ("run", "participant", "session", "date", "task", "label", "state", "verdict", "stage", "message", "finished")
# In the order in which a person wants to see them.
STATES = ("failed", "running", "waiting", "damaged", "left over", "complete")
_WORDS = ("participant", "session", "date", "label")


def status(ledger: Ledger, *, check: bool = False) -> pd.DataFrame:
    """One row a run, of `COLUMNS`, sorted by state. check: read every file and compare it with its digest.

    left over: a run that a list had and has no more, as after a participant was corrected; it is in no table.
    """
    ledger = ledger.seen()
    listed = ledger.listed()
    named = set(listed)
    inside = [name for name in ledger.place.names() if not name.startswith(".") and name != FAILED]
    failed = ledger.place.names(FAILED)
    ledger.bring([*inside, *failed])
    rows = [_row(ledger, name, named, check) for name in dict.fromkeys([*listed, *failed, *inside])]
    table = pd.DataFrame([row for row in rows if row], columns=list(COLUMNS))
    order = table["state"].map(STATES.index)
    return table.assign(order=order).sort_values(["order", "run"]).drop(columns="order").reset_index(drop=True)


def _row(ledger: Ledger, name: str, named: set[str], check: bool) -> dict[str, Any] | None:
    record, failure = ledger.record(name), ledger.failure(name)
    if record is None and failure is None:
        wrong = ledger.damaged(name)
        if name not in named and not wrong:
            return None
        state = "running" if ledger.is_claimed(name) else "damaged" if wrong else "waiting"
        return _filled({"run": name, "state": state, "message": f"{wrong} cannot be read" if wrong else ""})
    if failure and record and same_basis(failure.get("basis"), record.get("basis")):
        # The batch was stopped between the success and forgetting the failure.
        failure = None
    known: dict[str, Any] = failure or record or {}
    own = known if failure else known.get("parameters", {})
    told = {word: own.get(word) or "" for word in _WORDS}
    told |= {"run": name, "task": known.get("task") or "", "finished": known.get("finished") or ""}
    if ledger.is_claimed(name):
        return _filled(told | {"state": "running"})
    if failure:
        return _filled(told | {"state": "failed"} | {word: failure.get(word, "") for word in ("stage", "message")})
    wrong = _wrong(ledger, name, known, check)
    if wrong:
        return _filled(told | {"state": "damaged", "message": wrong})
    left_over = named and name not in named and catalogue.is_of_batch(name, known.get("task") or "")
    verdict = str(known.get("verdict", ""))
    state = "left over" if left_over else "complete"
    return _filled(told | {"state": state, "verdict": verdict, "message": _why(verdict, known.get("warnings"))})


def _why(verdict: str, warnings: Any) -> str:
    """What a verdict rests on: in full where the run is bad, which checks where it is doubtful."""
    said = [str(one) for one in warnings] if isinstance(warnings, list) else []
    return "; ".join(said) if verdict == "bad" else ", ".join(one.partition(":")[0] for one in said)


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    return {column: row.get(column, "") for column in COLUMNS}


def _wrong(ledger: Ledger, name: str, record: dict[str, Any], check: bool) -> str:
    """What is missing, cut or, where that is asked, altered among a run's files."""
    lacking = ledger.lacking(name, record)
    if lacking:
        return f"{lacking} is missing or cut"
    if check:
        import hashlib

        for file, known in record.get("files", {}).items():
            try:
                content = ledger.place.read(f"{name}/{file}") or b""
            except KinebenchError:
                return f"{file} cannot be read"
            if hashlib.sha256(content).hexdigest() != known.get("sha256"):
                return f"{file} was altered"
    return ""
