"""The task's metrics, live, with the change against what was saved and against the settings compared with."""

import math

import ipywidgets as ipw

from kinebench import tasks, words
from kinebench.tasks import Metric
from kinebench.widgets.form import escaped, trouble
from kinebench.widgets.result import Result
from kinebench.widgets.session import Session


class MetricsPanel:
    """A table: metric, value, change since saved, and of a comparison the other's value."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.widget = ipw.HTML()

    def refresh(self, other: Result | None) -> None:
        """Show the metrics of now."""
        result = self._session.result
        if result is None:
            fault = self._session.fault
            nobody = '<div class="kb-html kb-muted">The person has not been looked for yet.</div>'
            self.widget.value = trouble(fault) if fault else nobody
        elif result.analysis is None:
            self.widget.value = trouble(result.trouble)
        else:
            self.widget.value = self._table(result, other)

    def _table(self, result: Result, other: Result | None) -> str:
        assert result.analysis is not None
        presentation = tasks.get(result.analysis.task).presentation
        saved = self._session.saved_metrics
        shown = [
            metric
            for metric in result.analysis.metrics
            if tasks.plain(metric.value) is not None or saved.get(metric.name) is not None
        ]
        first = {name: place for place, name in enumerate(presentation.headline)}
        shown.sort(key=lambda metric: first.get(metric.name, len(first)))
        beside = other.values() if other is not None else None
        head = ["Metric", "Value", "Change since saved", *(["A"] if beside is not None else [])]
        cells = "".join(f"<th{'' if i == 0 else _NUMBER}>{text}</th>" for i, text in enumerate(head))
        rows = "".join(self._row(metric, beside) for metric in shown)
        verdict = result.analysis.verdict
        told = "; ".join(check.message for check in result.analysis.quality if check.verdict != "good")
        doubt = f'<div class="kb-html">Recording: <b>{verdict}</b>{f". {escaped(told)}" if told else ""}</div>'
        return f'{doubt}<div class="kb-html"><table><tr>{cells}</tr>{rows}</table></div>'

    def _row(self, metric: Metric, beside: dict[str, float | None] | None) -> str:
        value = tasks.plain(metric.value)
        before = self._session.saved_metrics.get(metric.name)
        title = f"{metric.definition} [{metric.source}]" + (f" Doubtful: {metric.doubt}" if metric.doubt else "")
        mark = ' <span class="kb-mark" aria-label="doubtful">?</span>' if metric.doubt else ""
        spread = words.is_spread(metric.name)
        cells = [escaped(words.measured(value, metric.unit, spread=spread)), change(value, before, metric.unit)]
        if beside is not None:
            cells.append(escaped(words.measured(beside.get(metric.name), metric.unit, spread=spread)))
        numbers = "".join(f"<td{_NUMBER}>{cell}</td>" for cell in cells)
        name = f'<td title="{escaped(title)}">{escaped(words.label(metric.name))}{mark}</td>'
        return f'<tr data-metric="{metric.name}">{name}{numbers}</tr>'


_NUMBER = ' class="kb-number"'


def change(value: float | None, before: float | None, unit: str) -> str:
    """What has changed since it was saved, with its sign; a word where there was no value before."""
    if value is None or before is None:
        return f'<span class="kb-muted">{"gone" if value is None else "new"}</span>'
    if math.isclose(value, before, rel_tol=1e-9, abs_tol=1e-12):
        return '<span class="kb-muted">–</span>'
    size = words.measured(abs(value - before), unit)
    if not any(digit in size for digit in "123456789"):
        return '<span class="kb-muted">too little to be shown</span>'
    return f"<b>{'+' if value > before else '−'}{size}</b>"
