"""The smoothing panel: every parameter, a suggestion with its reason, two settings compared, spectrum and residual."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import ipywidgets as ipw

from kinebench import keypoints, parameters, skeleton, smoothing
from kinebench.errors import KinebenchError
from kinebench.widgets.form import WIDE, Form, escaped, good, trouble
from kinebench.widgets.result import Result
from kinebench.widgets.session import Session

# What a person moves in practice; the fields' own bounds are wider.
USUAL = {"cutoff_hz": (0.5, 20.0), "window_s": (0.05, 2.0)}
DRAWN_AFTER_S = 0.35


class SmoothingPanel:
    """`other` is the result to compare with, None without; `changed` is called when it is another one."""

    def __init__(self, session: Session, changed: Callable[[], None], later: Callable[[float, Any], None]) -> None:
        self._session, self._changed, self._later = session, changed, later
        self.other: Result | None = None
        self._kept: Any = None
        fields = [one for one in parameters.describe(session.task.settings) if one.group == "smoothing"]
        half = 0.49 * session.clip.frame_rate_hz
        limits = USUAL | {"cutoff_hz": (0.5, round(min(20.0, half), 1))}
        self.form = Form(fields, session.set, limits, sliders=True)
        self._suggest = _button("Suggest", "Choose the cutoff by residual analysis, and say why", self._on_suggest)
        self._reset = _button(
            "Reset", "All smoothing settings as they usually are", lambda _: session.reset("smoothing")
        )
        self._keep = _button(
            "Compare from here", "Keep these settings as A, to be seen beside what follows", self._on_keep
        )
        self._swap = _button("Swap A and B", "Take A, and compare with what was set", self._on_swap)
        self._stop = _button("End comparison", "Forget A", self._on_stop)
        self._why = ipw.HTML()
        self._joint = ipw.Dropdown(description="spectrum of", style={"description_width": "90px"}, layout=WIDE)
        self._joint.observe(lambda _: self._draw_later(), names="value")
        self._image = ipw.HTML(layout=ipw.Layout(width="98%"))
        self._compare = ipw.HBox([self._keep])
        self.widget = ipw.VBox(
            [
                ipw.HBox([self._suggest, self._reset]),
                self._compare,
                self._why,
                self.form.widget,
                self._joint,
                self._image,
            ]
        )
        self._drawn: Any = None

    def refresh(self) -> None:
        """Show what is set now."""
        session = self._session
        self._renew()
        self.form.show(parameters.flat(session.settings))
        self.form.enable(smoothing.in_use(session.settings.smoothing))
        self._compare.children = [self._swap, self._stop] if self._kept is not None else [self._keep]
        if session.result is not None and not self._joint.options:
            names = [name for name in keypoints.joints(session.result.raw) if name not in skeleton.FACE]
            self._joint.options = [(name.replace("_", " "), name) for name in names]
            self._joint.value = f"{session.result.near}_knee" if f"{session.result.near}_knee" in names else names[0]
        self._draw_later()

    def _on_suggest(self, _: Any) -> None:
        session = self._session
        if session.result is None:
            return
        found = smoothing.suggested(session.result.raw, session.settings.smoothing)
        try:
            session.set_all(found.values, "suggested smoothing")
            self._why.value = good(found.why)
        except KinebenchError as error:
            self._why.value = trouble(str(error))

    def _on_keep(self, _: Any) -> None:
        self._keep_as_a(self._session.settings)

    def _on_swap(self, _: Any) -> None:
        before = self._session.settings
        kept = {name: value for name, value in parameters.flat(self._kept).items() if name in self.form.controls}
        try:
            self._session.set_all(kept, "swapped smoothing")
        except KinebenchError as error:
            self._why.value = trouble(str(error))
            return
        self._keep_as_a(before)

    def _on_stop(self, _: Any) -> None:
        self._kept, self.other = None, None
        self._changed()

    def _keep_as_a(self, settings: Any) -> None:
        self._kept = settings
        try:
            self.other = None if self._session.detections is None else self._session.shown(settings)
        except KinebenchError as error:
            self._kept, self.other = None, None
            self._why.value = trouble(str(error))
        self._changed()

    def _renew(self) -> None:
        """What is compared with is measured anew where the clip is analysed otherwise than before."""
        result = self._session.result
        if self.other is None or result is None or self.other.smoothed.index.equals(result.smoothed.index):
            return
        try:
            self.other = self._session.shown(self._kept)
        except KinebenchError:
            self._kept, self.other = None, None
        self._changed()

    def _draw_later(self) -> None:
        """Figures take longer than a slider may wait: they are drawn when it rests."""
        self._later(DRAWN_AFTER_S, self._draw)

    def _draw(self) -> None:
        from kinebench import figures

        result = self._session.result
        wanted = (self._joint.value, None if result is None else id(result))
        if result is None or self._joint.value is None or wanted == self._drawn:
            return
        self._drawn = wanted
        found = smoothing.tuning(result.raw, result.smoothed, self._joint.value, result.settings.smoothing)
        if found is None:
            self._image.value = '<div class="kb-html kb-muted">The joint is seen too little for a spectrum.</div>'
            return
        figure = figures.spectrum_and_residual(found)
        drawing = figure.svg()
        pictures = {"kb-on-light": drawing, "kb-on-dark": figures.darkened(drawing)}
        self._image.value = "".join(_picture(kind, svg, figure.alt) for kind, svg in pictures.items())


def _picture(kind: str, svg: str, alt: str) -> str:
    """A drawing for pages of one kind, light or dark."""
    return (
        f'<img class="{kind}" alt="{escaped(alt)}" src="data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}">'
    )


def _button(text: str, tip: str, call: Callable[[Any], None]) -> ipw.Button:
    made = ipw.Button(description=text, tooltip=tip, layout=ipw.Layout(width="auto"))
    made.on_click(call)
    return made
