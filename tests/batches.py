"""Small studies on the sample clips, and what a reports folder holds but for its times."""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinebench import places

COMMAND = [sys.executable, "-m", "kinebench", "batch"]
# Stretches of sample clips that hold at least one repetition, each in about five seconds of film.
STRETCHES: Mapping[str, dict[str, Any]] = {
    "rowing": {"clip": "rowing.mp4", "task": "rowing", "stop_s": 5},
    "lifting": {"clip": "squat_side.mp4", "task": "lifting", "stop_s": 5},
    "walking": {"clip": "walking_treadmill.mp4", "task": "walking", "stop_s": 4},
}
NAMED_FOR_A_PERSON = {"jane-doe.mp4": "squat_side.mp4"}
BROKEN = b"\x00\x00\x00\x18ftypmp42 and nothing that could be decoded"


@dataclass(frozen=True)
class Study:
    """A folder with `data/raw`, `data/videos.csv` and `reports`, and an environment of its own."""

    folder: Path

    @classmethod
    def made(cls, folder: Path, rows: Iterable[Mapping[str, Any]], *, weights: bool = True) -> "Study":
        """With the clips that `rows` name copied into it, and a cache that holds the weights and nothing else."""
        study = cls(folder)
        study.raw.mkdir(parents=True)
        (folder / "cache").mkdir()
        if weights:
            (folder / "cache" / "weights").symlink_to(places.weights())
        study.write(rows)
        return study

    @property
    def raw(self) -> Path:
        """Where its clips lie."""
        return self.folder / "data" / "raw"

    @property
    def listing(self) -> Path:
        """Its list."""
        return self.folder / "data" / "videos.csv"

    @property
    def reports(self) -> Path:
        """Its reports folder."""
        return self.folder / "reports"

    @property
    def environment(self) -> dict[str, str]:
        """A cache and parameter files of its own; no browser, so that no page is printed."""
        own = {"KINEBENCH_CACHE": str(self.folder / "cache"), "KINEBENCH_DATA": str(self.folder / "data")}
        return {**os.environ, **own, "KINEBENCH_CHROMIUM": ""}

    def write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write the list, and bring the clips that are not there yet."""
        rows = list(rows)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with self.listing.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        for row in rows:
            name = str(row["clip"])
            clip, source = self.raw / name, places.SAMPLES / NAMED_FOR_A_PERSON.get(name, name)
            if not clip.exists() and source.exists():
                shutil.copyfile(source, clip)

    def command(self, *arguments: object) -> list[str]:
        """The command line of its batch."""
        return [*COMMAND, str(self.listing), "--out", str(self.reports), *map(str, arguments)]

    def batch(self, *arguments: object, **settings: Any) -> subprocess.CompletedProcess:
        """Run the batch to its end."""
        given = {"env": self.environment, "cwd": self.folder} | settings
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, timeout=900, check=False, **given
        )

    def records(self) -> dict[str, dict[str, Any]]:
        """Every finished run's record, by the run's name."""
        return {path.parent.name: json.loads(path.read_text()) for path in self.reports.glob("*/run.json")}

    def failures(self) -> dict[str, dict[str, Any]]:
        """Every failed run's record, by the run's name."""
        return {path.parent.name: json.loads(path.read_text()) for path in self.reports.glob("failed/*/failure.json")}


def row(kind: str, participant: str, **more: Any) -> dict[str, Any]:
    """A row of a list: one of `STRETCHES`, of a participant."""
    return STRETCHES[kind] | {"participant": participant} | more


def contents(folder: Path) -> dict[str, str]:
    """A digest of every file of a run's folder, times left out of those that hold some."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            found[name] = hashlib.sha256(_timeless(path)).hexdigest()
    return found


def _timeless(path: Path) -> bytes:
    content = path.read_bytes()
    if path.name == "run.json":
        record = json.loads(content)
        for name in ("finished", "durations_s"):
            del record[name]
        # Of the files that hold times only the names are the same each time.
        record["files"] = {
            name: known for name, known in record["files"].items() if not name.endswith((".ipynb", ".html"))
        }
        return json.dumps(record, sort_keys=True).encode()
    if path.suffix == ".ipynb":
        notebook = json.loads(content)
        for part in (notebook, *notebook["cells"]):
            part["metadata"].pop("papermill", None)
            part["metadata"].pop("execution", None)
        return json.dumps(notebook, sort_keys=True).encode()
    if path.suffix == ".html":
        return re.sub(rb"\d{4}-\d\d-\d\d", b"", content)
    return content


class Idle:
    """A cluster that is never given any work."""

    status = "running"
    cluster = "one of our own"

    def subscribe_topic(self, *_):
        """Nobody speaks."""

    def unsubscribe_topic(self, *_):
        """Nobody spoke."""

    def scheduler_info(self, **_):
        """One worker."""
        return {"workers": {"one": {}}}
