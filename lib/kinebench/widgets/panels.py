"""The panels beside the picture, and what of the result goes to the two views."""

from typing import TYPE_CHECKING, Any

import ipywidgets as ipw

from kinebench import figures, parameters
from kinebench.figures import style
from kinebench.widgets import packing
from kinebench.widgets.form import Form
from kinebench.widgets.keeping_panel import KeepingPanel
from kinebench.widgets.metrics_panel import MetricsPanel
from kinebench.widgets.repair_panel import RepairPanel
from kinebench.widgets.result import Result
from kinebench.widgets.smoothing_panel import SmoothingPanel

if TYPE_CHECKING:
    from kinebench.widgets.workbench import Workbench

TITLES = ("Smoothing", "Repair", "Metrics", "Signals", "Save & run", "Settings")
# Groups with panels of their own.
ELSEWHERE = ("smoothing", "repairs")
NAMES = {"extraction": "Finding the person", "subject": "Whom to follow", "scaling": "Scale and view"}
COLOURS = [(colour, style.ON_DARK.get(colour, colour)) for colour in style.SERIES]


class Panels:
    """All panels of one workbench."""

    def __init__(self, bench: "Workbench") -> None:
        self._bench, self._session = bench, bench.session
        session = bench.session
        self.smoothing = SmoothingPanel(session, self.refresh, bench.later)
        self.repair = RepairPanel(session, lambda: bench.position, bench.go, self._mode)
        self.metrics = MetricsPanel(session)
        self.keeping = KeepingPanel(session, lambda: bench.position, lambda: bench.selection, bench.later)
        self.forms: dict[str, Form] = {}
        self._chosen = ipw.SelectMultiple(
            description="signals",
            rows=18,
            layout=ipw.Layout(width="98%"),
            style={"description_width": "62px"},
            tooltip="Which signals are plotted; ctrl or shift for several",
        )
        self._chosen.observe(lambda _: self._show_signals(), names="value")
        self._show_raw = ipw.Checkbox(value=True, description="raw signals too", indent=False)
        self._show_raw.observe(lambda change: setattr(bench.signals, "show_raw", change["new"]), names="value")
        self.widget = ipw.Tab(
            [
                self.smoothing.widget,
                self.repair.widget,
                self.metrics.widget,
                ipw.VBox([self._chosen, self._show_raw]),
                self.keeping.widget,
                self._settings_box(),
            ],
            titles=TITLES,
            layout=ipw.Layout(width="100%"),
        )
        self._shown: Result | None = None
        self._places: dict[str, Any] = {"repetitions": [], "doubtful": [], "edited": []}
        self._quiet = False

    def _settings_box(self) -> Any:
        session = self._session
        described = parameters.describe(session.task.settings)
        groups = [group for group in parameters.groups(session.task.settings) if group not in ELSEWHERE]
        for group in groups:
            self.forms[group] = Form([one for one in described if one.group == group], session.set)
        again = ipw.Button(description="Find the person again", tooltip="Look at the frames with these settings")
        again.on_click(lambda _: self._bench.extract())
        boxes = [self.forms[group].widget for group in groups]
        boxes[groups.index("extraction")] = ipw.VBox([boxes[groups.index("extraction")], again])
        names = [NAMES.get(group, group.capitalize()) for group in groups]
        return ipw.Accordion(boxes, titles=names)

    def _mode(self, mode: str) -> None:
        self._bench.frame.mode = self._bench.signals.mode = mode

    def refresh(self) -> None:
        """Show the session's result: picture and signals first, they are what the eye is on."""
        result = self._session.result
        if result is not None:
            self.sketch(result)
        else:
            self._clear()
        self.metrics.refresh(self.smoothing.other)
        self.smoothing.refresh()
        self.repair.refresh()
        self.keeping.refresh()
        values = parameters.flat(self._session.settings)
        for form in self.forms.values():
            form.show(values)

    def sketch(self, result: Result) -> None:
        """Show keypoints and signals, which are known before the repetitions are."""
        self._offer(result)
        self._show(result)

    def _clear(self) -> None:
        """Nobody, no signals: what was shown before belongs to other settings."""
        self._shown = None
        for view, empty in ((self._bench.frame, packing.NO_POSE), (self._bench.signals, packing.NO_SIGNALS)):
            with view.hold_sync():
                for name, value in empty.items():
                    setattr(view, name, value)

    def _offer(self, result: Result) -> None:
        """The signals that can be chosen; at first the task's own are."""
        names = [str(name) for name in result.signals.columns]
        if [value for _, value in self._chosen.options] == names:
            return
        kept = [name for name in self._chosen.value if name in names]
        usual = packing.usual(self._session.task.presentation, result)
        options = [(f"{packing.words(name, '')} ({packing.unit_of(name)})", name) for name in names]
        self._quiet = True
        self._chosen.options = options
        self._chosen.value = kept or usual
        self._quiet = False

    def _show(self, result: Result) -> None:
        presentation = self._session.task.presentation
        before, self._shown = self._shown, result
        self._places = packing.places(result, presentation)
        if before is not None and before.smoothed is not result.smoothed and before.near == result.near:
            self._bench.frame.touch_up(*packing.pose_around(result, self._bench.position))
        self._show_signals()
        shown = dict(self._places)
        if before is None or before.smoothed is not result.smoothed:
            shown |= packing.pose(result, presentation)
        if before is None or before.raw is not result.raw:
            shown |= packing.raw_pose(result)
        with self._bench.frame.hold_sync():
            for name, value in shown.items():
                setattr(self._bench.frame, name, value)

    def _show_signals(self) -> None:
        result, view = self._shown, self._bench.signals
        if result is None or self._quiet:
            return
        presentation = self._session.task.presentation
        shown = packing.signals(result, presentation, self._chosen.value, COLOURS, self.smoothing.other)
        with view.hold_sync():
            view.panels, view.data = shown["panels"], shown["data"]
            view.phases = packing.phases(result, figures.shades(presentation.phases))
            view.reps = packing.repetitions(result, presentation)
            for name in ("repetitions", "doubtful", "edited"):
                setattr(view, name, self._places[name])
