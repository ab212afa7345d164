"""Save, run, export: what a person leaves the workbench with."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import ipywidgets as ipw
from IPython.display import FileLink

from kinebench import figures, outputs, places
from kinebench.errors import KinebenchError
from kinebench.widgets.form import WIDE, escaped, good, trouble
from kinebench.widgets.running import Running
from kinebench.widgets.session import Session
from kinebench.widgets.store import ChangedOnDisk

# A slider being moved sends its next value when the last one was worked on: a click on a button overtakes it.
SETTLED_S = 0.3
JOURNAL_MM = {"one column, 89 mm": 89.0, "two columns, 183 mm": 183.0}


class KeepingPanel:
    """`position` gives the frame looked at, `selection` the stretch marked in the signals, None without one.

    `later` calls back in so many seconds: what was set until then is in what a button saves, runs or exports.
    """

    def __init__(
        self,
        session: Session,
        position: Callable[[], int],
        selection: Callable[[], list[float] | None],
        later: Callable[[float, Callable[[], Any]], None],
    ) -> None:
        self._session, self._position, self._selection, self._later = session, position, selection, later
        self._over = False
        self._running: Running | None = None
        self.state = ipw.HTML()
        self.line = ipw.HTML()
        self.link = ipw.Output()
        self._who = ipw.Text(
            value=session.who,
            description="edits by",
            style=_NARROW,
            layout=WIDE,
            tooltip="Whose edits these are: stands in each entry of the clip's parameter file",
        )
        self._who.observe(lambda change: setattr(session, "who", change["new"]), names="value")
        self._save = _button(
            "Save", self._settled(self.save), "Write the clip's parameter file (Ctrl+S in the picture)", "success"
        )
        self._discard = _button("Back to saved", session.discard, "All settings and edits as they were saved")
        self._run = _button(
            "Save and run", self._settled(self.run), "The same run as `kinebench run`, with these parameters", "primary"
        )
        self._stop = _button("Stop", self._on_stop, "Stop the run; nothing half-written is left")
        self._bar = ipw.IntProgress(min=0, max=1, layout=ipw.Layout(width="60%"))
        self._step = ipw.HTML()
        self._busy = ipw.HBox([self._bar, self._stop])
        self._busy.layout.display = "none"
        self.widget = ipw.VBox(
            [
                self.state,
                self._who,
                ipw.HBox([self._save, self._discard, self._run]),
                self._busy,
                self._step,
                self.line,
                self.link,
                self._export_box(),
            ]
        )

    def _export_box(self) -> Any:
        names = ["frame as PNG", "figure", "annotated stretch as mp4", "annotated stretch as GIF"]
        names += [f"{table} as CSV" for table in outputs.TABLES]
        self._what = ipw.Dropdown(options=names, description="what", style=_NARROW, layout=WIDE)
        self._figure = ipw.Dropdown(
            options=["timeline", *figures.TASKS[self._session.task.name].FIGURES],
            description="figure",
            style=_NARROW,
            layout=WIDE,
        )
        self._width = ipw.Dropdown(
            options=list(JOURNAL_MM.items()), value=183.0, description="width", style=_NARROW, layout=WIDE
        )
        chosen = ipw.VBox([self._figure, self._width])
        chosen.layout.display = "none"

        def shown(change: Any) -> None:
            chosen.layout.display = "" if change["new"] == "figure" else "none"

        self._what.observe(shown, names="value")
        export = _button("Export", self._settled(self.export), "Write it into reports/exports")
        return ipw.VBox([ipw.HTML('<div class="kb-title">Export</div>'), self._what, chosen, export])

    def refresh(self) -> None:
        """Show how things stand."""
        session = self._session
        self._over = self._over and session.changed
        self._discard.disabled = not session.changed
        name = session.path.name
        if session.changed:
            since = f" since {session.store.saved_at[:16].replace('T', ' ')}" if session.store.saved_at else ""
            text = f"Unsaved changes{since}; they are kept beside {name} until you save."
        else:
            text = (
                f"Saved as {name}, {session.store.saved_at[:16].replace('T', ' ')}."
                if session.store.saved_at
                else (f"Nothing changed, nothing saved yet; will be saved as {name}.")
            )
        self.state.value = f'<div class="kb-html">{escaped(text)}</div>'

    def save_settled(self) -> None:
        """Save, once what is on its way from the browser has arrived."""
        self._settled(self.save)()

    def save(self) -> bool:
        """Save; whether it was done. Pressed again it writes over what others changed."""
        try:
            path = self._session.save(over=self._over)
        except KinebenchError as error:
            self._over = isinstance(error, ChangedOnDisk)
            self.line.value = trouble(str(error))
            return False
        self._over = False
        self.line.value = good(f"Saved: every run of this clip obeys {path.name} from now on.")
        return True

    def run(self) -> None:
        """Save, then run the whole analysis as the command line does."""
        fault = self._session.check()
        if fault:
            self.line.value = trouble(fault)
            return
        if self._running is not None or not self.save():
            return
        self.link.outputs = ()
        arguments = ["run", str(self._session.clip.path.resolve()), "--task", self._session.task.name]
        self._step.value = '<div class="kb-html">starting the notebook</div>'
        self._busy.layout.display, self._run.disabled = "", True
        try:
            self._running = Running(arguments, places.home(), self._told, self._ended)
        except OSError as error:
            self._busy.layout.display, self._run.disabled, self._step.value = "none", False, ""
            self.line.value = trouble(f"The run could not be started in {places.home()} ({error.strerror or error}).")

    def export(self) -> None:
        """Write what was chosen into reports/exports."""
        session, what = self._session, self._what.value
        analysis = session.result.analysis if session.result is not None else None
        if analysis is None or session.detections is None:
            self.line.value = trouble("There is no finished analysis to export yet.")
            return
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        folder = places.home() / "reports" / "exports"
        name = f"{session.task.name}-{session.clip.sha256[:8]}-{stamp}"
        clip, found = session.clip, session.detections
        try:
            if what == "frame as PNG":
                index = self._position()
                paths = [outputs.save_frame(clip, analysis, found, index, folder / f"{name}-frame{index}.png")]
            elif what == "figure":
                draw = figures.TASKS[session.task.name].FIGURES.get(self._figure.value, figures.timeline)
                paths = outputs.save_figure(
                    draw(analysis), folder, f"{name}-{self._figure.value}", width_mm=self._width.value
                )
            elif what.startswith("annotated"):
                stretch = self._selection() or [float(clip.times_s[0]), float(clip.times_s[-1])]
                ending = ".gif" if what.endswith("GIF") else ".mp4"
                span = (stretch[0], stretch[1] + 0.5 / clip.frame_rate_hz)
                paths = [outputs.save_stretch(clip, analysis, found, span, folder / f"{name}{ending}")]
            else:
                table = what.removesuffix(" as CSV")
                paths = [outputs.save_table(analysis, table, folder / f"{name}-{table}.csv")]
        except (KinebenchError, OSError) as error:
            self.line.value = trouble(f"It could not be written: {error}")
            return
        self.line.value = good(f"{len(paths)} file{'s' if len(paths) > 1 else ''} in reports/exports.")
        self._show_links(paths)

    def close(self) -> None:
        """Stop what is under way."""
        if self._running is not None:
            self._running.stop()
            self._running.wait()

    def _settled(self, call: Callable[[], Any]) -> Callable[[], None]:
        return lambda: self._later(SETTLED_S, call)

    def _on_stop(self) -> None:
        if self._running is not None:
            self._running.stop()

    def _told(self, what: str, done: int, total: int | None) -> None:
        self._bar.max, self._bar.value = max(total or 1, 1), done
        self._step.value = f'<div class="kb-html">{escaped(what)}: {done}{f" of {total}" if total else ""}</div>'

    def _ended(self, code: int, output: str, complaint: str) -> None:
        running, self._running = self._running, None
        self._busy.layout.display, self._step.value, self._run.disabled = "none", "", False
        if code == 0:
            report = Path(output.strip().splitlines()[-1])
            folder = report if report.is_absolute() else places.home() / report
            self.line.value = good("The run is finished." + (f" {_said(complaint)}" if complaint.strip() else ""))
            self._show_links([path for path in (folder, folder.with_name("report.pdf")) if path.exists()])
        elif running is not None and running.stopped:
            self.line.value = trouble("The run was stopped; nothing half-written was left behind.")
        else:
            self.line.value = trouble(_said(complaint) or f"The run ended with code {code}.")

    def _show_links(self, paths: list[Path]) -> None:
        links = []
        for path in paths:
            # Relative to the notebook, so that JupyterLab opens it whatever folder it was started in.
            links.append(FileLink(os.path.relpath(path), result_html_prefix=""))
        self.link.outputs = ()
        # Not by capturing: a run ends in a thread, and what that displays lands anywhere.
        for link in links:
            self.link.append_display_data(link)


def _said(complaint: str) -> str:
    lines = [
        line.removeprefix("kinebench: ") for line in complaint.strip().splitlines() if line.startswith("kinebench")
    ]
    return " ".join(lines)


_NARROW = {"description_width": "62px"}


def _button(text: str, call: Callable[[], Any], tip: str, style: str = "") -> ipw.Button:
    made = ipw.Button(description=text, tooltip=tip, button_style=style, layout=ipw.Layout(width="auto"))
    made.on_click(lambda _: call())
    return made
