"""run.json: from what a run was made, how, by what, and which files it left, each with its digest."""

import datetime
import json
from pathlib import Path
from typing import Any

from kinebench import bystanders, estimators, parameters, provenance, pseudonyms
from kinebench.run.folders import RECORD
from kinebench.run.settling import own_files
from kinebench.video import Clip


def record(
    name: str, task: Any, settings: Any, clip: Clip, made: Path, rests: dict[str, str], *, keep_path: bool = False
) -> dict[str, Any]:
    """The run's provenance. The input is named by its digest alone: a path or a file name often names a person.

    made: the folder of its results; rests: see `basis.basis`.
    """
    metrics = json.loads((made / "metrics.json").read_text(encoding="utf-8"))
    extraction = settings.extraction
    described = estimators.get(extraction.estimator, **extraction.estimator_settings()).describe()
    return {
        "run": name,
        "status": "complete",
        "task": task.name,
        "finished": now(),
        "input": {
            **({"path": str(clip.path.resolve())} if keep_path else {}),
            "sha256": clip.sha256,
            "width_px": clip.width,
            "height_px": clip.height,
            "frames": len(clip.times_s),
            "duration_s": clip.duration_s,
            "codec": clip.codec,
            "damage": clip.damage,
        },
        "estimator": described,
        # Whose faces are covered where they are to be.
        "faces_sought": bystanders.sought(described),
        "parameters": pseudonyms.without(parameters.flat(settings), own_files(settings)),
        "verdict": metrics["quality"]["verdict"],
        "warnings": [
            f"{check['name']}: {check['message']}"
            for check in metrics["quality"]["checks"]
            if check["verdict"] != "good"
        ],
        "versions": provenance.versions(),
        "git_commit": provenance.git_commit(),
        "basis": rests,
        "files": files(made),
    }


def files(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of every file in `folder` but the record itself, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": provenance.sha256_file(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != RECORD
    }


def now() -> str:
    """The time, as it stands in records."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
