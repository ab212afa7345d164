"""Parameters as controls: made from what `parameters` knows of each, so that nothing is said twice."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as ipw

from kinebench import parameters
from kinebench.errors import KinebenchError
from kinebench.parameters import Described

NONE = "not given"
WIDE = ipw.Layout(width="98%", min_width="0")
STYLE = {"description_width": "150px"}
# As slider step: a parameter's range over this, rounded to a plain number.
STEPS = 200


class Form:
    """Controls for some parameters; `set_one(name, value)` is called when a person changes one.

    What `set_one` refuses is said in the line below, and the control goes back. limits: narrower bounds for a clip.
    """

    def __init__(
        self,
        described: list[Described],
        set_one: Callable[[str, Any], None],
        limits: Mapping[str, tuple[float, float]] | None = None,
        *,
        sliders: bool = False,
    ) -> None:
        self._described = {one.name: one for one in described}
        self._set_one = set_one
        self._quiet = False
        self._values: dict[str, Any] = {}
        self.line = ipw.HTML()
        self.controls: dict[str, Any] = {}
        for one in described:
            control = _control(one, (limits or {}).get(one.name, (one.low, one.high)), sliders)
            control.observe(self._changed_by(one.name), names="value")
            self.controls[one.name] = control
        self.widget = ipw.VBox([*self.controls.values(), self.line])

    def show(self, values: Mapping[str, Any]) -> None:
        """Set the controls to `values` without calling anybody."""
        self._quiet = True
        try:
            for name, control in self.controls.items():
                value = values[name]
                if name not in self._values or self._values[name] != value:
                    _show(control, value)
                    self._values[name] = value
        finally:
            self._quiet = False

    def enable(self, names: frozenset[str]) -> None:
        """Grey out what changes nothing as the others are set."""
        for name, control in self.controls.items():
            control.disabled = name not in names

    def _changed_by(self, name: str) -> Callable[[Any], None]:
        def changed(change: Any) -> None:
            if self._quiet:
                return
            try:
                value = _value(self.controls[name], self._described[name])
                if _same(value, self._values.get(name)):
                    return
                self._values[name] = value
                self._set_one(name, value)
                self.line.value = ""
            except KinebenchError as error:
                self.line.value = trouble(str(error))
                self._values.pop(name, None)

        return changed


def trouble(text: str) -> str:
    """A line that says what is wrong."""
    return f'<div class="kb-html kb-trouble">{escaped(text)}</div>' if text else ""


def good(text: str) -> str:
    """A line that says what was done."""
    return f'<div class="kb-html kb-good">{escaped(text)}</div>' if text else ""


def escaped(text: str) -> str:
    """Text as HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def label(one: Described) -> str:
    """A parameter's name in words, with its unit."""
    for ending in (f"_{one.unit.replace('/', '_')}", f"_{one.unit.lower()}", "_hz", "_px"):
        if one.unit and one.name.endswith(ending):
            return f"{one.name.removesuffix(ending).replace('_', ' ')} ({one.unit})"
    return f"{one.name.replace('_', ' ')}{f' ({one.unit})' if one.unit else ''}"


def _control(one: Described, bounds: tuple[float | None, float | None], sliders: bool) -> Any:
    common: dict[str, Any] = {
        "description": label(one),
        "tooltip": f"{one.help} [{parameters.allowed(one)}]" if parameters.allowed(one) else one.help,
        "style": STYLE,
        "layout": WIDE,
    }
    low, high = bounds
    if one.choices:
        options: list[Any] = [(choice, choice) for choice in one.choices]
        return ipw.Dropdown(options=[(NONE, None), *options] if one.default is None else options, **common)
    if isinstance(one.default, bool):
        return ipw.Checkbox(**common, indent=True)
    if sliders and isinstance(one.default, int):
        return ipw.IntSlider(min=low, max=high, step=2 if one.name == "order" else 1, **common)
    if sliders and isinstance(one.default, float) and low is not None and high is not None:
        step = _step(low, high)
        decimals = next(places for places in range(4) if abs(step * 10**places - round(step * 10**places)) < 1e-9)
        return ipw.FloatSlider(min=low, max=high, step=step, readout_format=f".{decimals}f", **common)
    return ipw.Text(placeholder=NONE, continuous_update=False, **common)


def _step(low: float, high: float) -> float:
    rough = (high - low) / STEPS
    return next(step for step in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5) if step >= rough)


def _show(control: Any, value: Any) -> None:
    if isinstance(control, ipw.Text):
        control.value = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        return
    if isinstance(control, (ipw.FloatSlider, ipw.IntSlider)):
        # A value from a file may lie beyond what the slider offers; it is shown, not changed.
        control.min, control.max = min(control.min, value), max(control.max, value)
    control.value = value


def _same(value: Any, before: Any) -> bool:
    """Whether a control only says again what it was told: a slider rounds 0.3 to 0.30000000000000004."""
    if isinstance(value, float) and isinstance(before, float):
        return math.isclose(value, before, rel_tol=1e-9, abs_tol=1e-12)
    return type(value) is type(before) and bool(value == before)


def _value(control: Any, one: Described) -> Any:
    if isinstance(control, ipw.FloatSlider):
        return round(control.value, 6)
    if not isinstance(control, ipw.Text):
        return control.value
    text = control.value.strip()
    if not text:
        return None if one.default is None else one.default
    if one.unit or one.low is not None or isinstance(one.default, (int, float)):
        for number in (int, float):
            try:
                return number(text)
            except ValueError:
                continue
    return text
