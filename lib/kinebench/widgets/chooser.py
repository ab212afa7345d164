"""A list of the clips in `data/raw`, with what has been done to each, from which one is opened."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import ipywidgets as ipw

from kinebench import extraction, places, provenance, tasks
from kinebench.widgets.form import WIDE, escaped, trouble

VIDEOS = (
    *(".3gp", ".asf", ".avi", ".divx", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg"),
    *(".mts", ".mxf", ".ogv", ".ts", ".webm", ".wmv"),
)


@dataclass(frozen=True)
class Standing:
    """What has been done to a clip: person found, settings saved, runs reported."""

    path: Path
    extracted: bool
    tuned: bool
    reported: int

    @property
    def words(self) -> str:
        """In words, for a list."""
        reports = f"{self.reported} report{'s' if self.reported > 1 else ''}" if self.reported else ""
        done = [name for name in ("extracted" * self.extracted, "tuned" * self.tuned, reports) if name]
        return ", ".join(done) or "new"


def clips(folder: Path) -> list[Path]:
    """The videos in a folder and those below it, by name; hidden ones are left out."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.rglob("*") if path.suffix.lower() in VIDEOS and path.is_file()]
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def standings(paths: list[Path], reports: Path) -> Iterator[Standing]:
    """What has been done to each clip, one by one: a long clip takes some time to be known by its content."""
    extracted, runs, tuned = extraction.kept_clips(), _reported(reports), _tuned()
    for path in paths:
        try:
            digest = provenance.sha256_file(path)
        except OSError:
            continue
        yield Standing(path, digest in extracted, digest in tuned, runs.get(digest, 0))


def _tuned() -> set[str]:
    from kinebench import saved
    from kinebench.errors import KinebenchError

    found = set()
    for path in places.params().glob("*.yaml"):
        with contextlib.suppress(KinebenchError):
            if not path.name.startswith("."):
                found.add(saved.load(path).sha256)
    return found


def _reported(reports: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    for path in reports.rglob("run.json"):
        try:
            digest = json.loads(path.read_text(encoding="utf-8"))["input"]["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        counts[digest] = counts.get(digest, 0) + 1
    return counts


class Chooser:
    """`Chooser()` as the last line of a cell lists the clips; Open shows the chosen one in a workbench below.

    folder: where to look, `data/raw` without it; the sample clips are offered where it holds none.
    """

    def __init__(self, folder: str | Path | None = None, *, opened: Callable[[Path, str], Any] | None = None) -> None:
        self.folder = places.raw() if folder is None else Path(folder).expanduser()
        self.bench: Any = None
        self._opened = opened or self._open_workbench
        self._list = ipw.Select(
            rows=6, description="clip", layout=WIDE, tooltip="Clips, with what has been done to each"
        )
        names = [(task.title, task.name) for task in tasks.TASKS.values()]
        self._task = ipw.Dropdown(options=names, description="task", tooltip="Which movement")
        again = ipw.Button(description="Look again", tooltip="List the folder anew", layout=ipw.Layout(width="auto"))
        again.on_click(lambda _: self.look())
        self._open = ipw.Button(description="Open", button_style="primary", tooltip="Open the chosen clip")
        self._open.on_click(lambda _: self.open())
        self._line = ipw.HTML()
        self._place = ipw.Output()
        self.widget = ipw.VBox([self._list, ipw.HBox([self._task, self._open, again]), self._line, self._place])
        self.look()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.widget)

    def look(self) -> None:
        """List the folder; what has been done to each clip appears as it becomes known."""
        paths, folder = clips(self.folder), self.folder
        said = ""
        if not paths:
            paths, folder = [places.SAMPLES / tasks.get(name).sample for name in tasks.names()], places.SAMPLES
            said = f"There are no clips in {self.folder} yet: copy videos there. These are the sample clips."
        self._line.value = f'<div class="kb-html">{escaped(said)}</div>' if said else ""
        self._list.options = [(str(path.relative_to(folder)), path) for path in paths]
        self._looking = threading.Thread(target=self._judge, args=(paths, folder), name="standings", daemon=True)
        self._looking.start()

    def wait(self) -> None:
        """Until what has been done to each clip is known."""
        self._looking.join()

    def open(self) -> None:
        """Open the chosen clip in a workbench below the list."""
        if self._list.value is None:
            self._line.value = trouble("Choose a clip first.")
            return
        self._opened(self._list.value, self._task.value)

    def _judge(self, paths: list[Path], folder: Path) -> None:
        for standing in standings(paths, places.home() / "reports"):
            options = list(self._list.options)
            if [path for _, path in options] != paths:
                return  # listed anew meanwhile
            at = paths.index(standing.path)
            when = datetime.fromtimestamp(standing.path.stat().st_mtime).strftime("%Y-%m-%d")
            options[at] = (f"{standing.path.relative_to(folder)}   ·   {when}   ·   {standing.words}", standing.path)
            chosen = self._list.index
            self._list.options = options
            self._list.index = chosen

    def _open_workbench(self, path: Path, task: str) -> None:
        from IPython.display import display

        from kinebench.errors import KinebenchError
        from kinebench.widgets.workbench import Workbench

        if self.bench is not None:
            before, self.bench = self.bench, None
            before.close()
        self._place.outputs = ()
        self._line.value = ""
        try:
            self.bench = Workbench(path, task)
        except KinebenchError as error:
            self.bench = None
            self._line.value = trouble(str(error))
            return
        with self._place:
            display(self.bench.widget)
        self.bench.load()
