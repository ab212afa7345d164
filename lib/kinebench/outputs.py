"""What a run leaves behind, written from an analysis: tables, metrics, figures. Nothing is computed here."""

import json
from pathlib import Path

from kinebench import figures, keypoints, tasks
from kinebench.tasks import Analysis

FORMATS = ("svg", "pdf", "png")


def save(analysis: Analysis, out: str | Path) -> list[Path]:
    """Write metrics, repetitions, signals, keypoints and every figure of the task into the folder `out`.

    Returns what was written. With an empty `out`, as in a notebook at work, nothing is written.
    """
    if not str(out):
        return []
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    written = _tables(analysis, folder)
    for name, figure in figures.all_of(analysis).items():
        written += save_figure(figure, folder / "figures", name)
    return written


def save_figure(figure: figures.Figure, folder: str | Path, name: str) -> list[Path]:
    """One figure as SVG and PDF with text that can be edited, and as PNG at 300 dots an inch."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.{ending}" for ending in FORMATS]
    for path in paths:
        figure.savefig(path)
    return paths


def _tables(analysis: Analysis, folder: Path) -> list[Path]:
    described = json.dumps(tasks.metrics_json(analysis), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "metrics.json").write_text(described + "\n", encoding="utf-8")
    tasks.metrics_table(analysis).to_csv(folder / "metrics.csv", index=False)
    analysis.reps.to_csv(folder / "reps.csv", index=False)
    analysis.signals.to_csv(folder / "signals.csv")
    for ending in ("csv", "parquet"):
        keypoints.save(analysis.keypoints, folder / f"keypoints.{ending}")
    names = ("metrics.json", "metrics.csv", "reps.csv", "signals.csv", "keypoints.csv", "keypoints.parquet")
    return [folder / name for name in names]
