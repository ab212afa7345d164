"""The page: what the tagged cells of an executed notebook show, laid out on one sheet that needs nothing else."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kinebench import __version__
from kinebench.errors import KinebenchError
from kinebench.report.files import write_whole
from kinebench.report.parts import MIME

TAG = "report"
WIDE_MM = 120


def to_html(executed: str | Path, out: str | Path) -> Path:
    """Write the report of an executed notebook as one HTML file: no script, no request, figures inside.

    Raises `KinebenchError` where the notebook shows nothing for a report.
    """
    import nbformat

    executed, out = Path(executed), Path(out)
    notebook = nbformat.read(executed, as_version=4)
    parts, figures = _collected(notebook)
    if not parts and not figures:
        raise KinebenchError(
            f"{executed.name} must be executed and hold cells tagged '{TAG}' that show something, but shows nothing "
            "for a report. Run it first."
        )
    page = _template().render(
        parts=parts,
        figures=figures,
        rows=_rows(figures),
        title=parts.get("summary", {}).get("title") or _heading(notebook) or executed.stem,
        analysed=_date(notebook),
        sources=_sources(parts),
        version=__version__,
    )
    write_whole(out, page.encode())
    return out


def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("kinebench", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def _collected(notebook: Any) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """The parts by slot, and the figures in order, each with the sentence below it in the notebook as caption."""
    parts: dict[str, dict[str, Any]] = {}
    figures: list[dict[str, Any]] = []
    for cell, following in _pairs(notebook.cells):
        if cell.cell_type != "code" or TAG not in cell.metadata.get("tags", []):
            continue
        for output in cell.outputs:
            shown = output.get("data", {})
            if MIME in shown:
                parts[shown[MIME]["slot"]] = dict(shown[MIME])
            elif "image/svg+xml" in shown or "image/png" in shown:
                figures.append(_figure(shown, _caption(following)))
    return parts, figures


def _pairs(cells: list[Any]) -> Iterator[tuple[Any, Any]]:
    yield from zip(cells, [*cells[1:], None], strict=True)


def _caption(cell: Any) -> str:
    """The words of a markdown cell tagged `report`, without its marks."""
    if cell is None or cell.cell_type != "markdown" or TAG not in cell.metadata.get("tags", []):
        return ""
    return " ".join(re.sub(r"[*_`#]", "", cell.source).split())


def _figure(shown: Any, caption: str) -> dict[str, Any]:
    alt = str(shown.get("text/plain", caption or "Figure"))
    if "image/svg+xml" not in shown:
        picture = f"data:image/png;base64,{''.join(str(shown['image/png']).split())}"
        return {"light": picture, "dark": "", "alt": alt, "caption": caption, "wide": True, "height": 60}
    from kinebench.figures import style  # it loads matplotlib: not for whoever only plans

    svg = _bare(str(shown["image/svg+xml"]))
    width, height = _size_mm(svg)
    return {
        "light": _embedded(svg),
        "dark": _embedded(style.darkened(svg)),
        "alt": alt,
        "caption": caption,
        "wide": width > WIDE_MM,
        "height": round(height),
    }


def _bare(svg: str) -> str:
    """An SVG without prolog and metadata: nothing in it names an address that a reader could ask for."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return svg[svg.index("<svg") :]


def _embedded(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _size_mm(svg: str) -> tuple[float, float]:
    """Width and height that matplotlib wrote in points."""
    opening = svg[: svg.index(">")]
    found = [re.search(rf'\b{side}="([\d.]+)pt"', opening) for side in ("width", "height")]
    return tuple(float(side.group(1)) / 72 * 25.4 if side else 60.0 for side in found)  # type: ignore[return-value]


def _rows(figures: list[dict[str, Any]]) -> list[int]:
    """Heights in mm of the rows in which the figures stand: a wide one alone, narrow ones in twos."""
    rows: list[int] = []
    half = False
    for figure in figures:
        if half and not figure["wide"]:
            rows[-1] = max(rows[-1], figure["height"])
            half = False
        else:
            rows.append(figure["height"])
            half = not figure["wide"]
    return rows


def _heading(notebook: Any) -> str:
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            return str(cell.source.splitlines()[0][2:])
    return ""


def _date(notebook: Any) -> str:
    """The day on which the notebook ran, as papermill noted it."""
    noted = notebook.metadata.get("papermill", {})
    return str(noted.get("start_time") or "")[:10]


def _sources(parts: dict[str, dict[str, Any]]) -> list[str]:
    """What the headline metrics and the norms rest on, each once, in order: the page's footnotes."""
    found: dict[str, None] = {}
    for metric in parts.get("metrics", {}).get("headline", []):
        found[metric["source"]] = None
    for row in parts.get("norms", {}).get("rows", []):
        found[f"{row['source']} {row['how_sure'][:3]}"] = None
    return list(found)
