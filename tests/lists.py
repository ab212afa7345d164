"""Lists of clips that tests write: a folder with clips, and what the reading of a list finds in it."""

from pathlib import Path

from kinebench import manifest

CLIPS = ("P01_1.mp4", "P01_2.mp4", "P02_1.mp4", "Übung.mp4")


def study(folder: Path, clips: tuple[str, ...] = CLIPS) -> Path:
    """A data folder with files for clips in `raw`."""
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    for clip in clips:
        place = folder / "raw" / clip
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"not empty")
    return folder


def written(folder: Path, text: str | bytes, name: str = "videos.csv") -> str:
    """The list's path."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return str(path)


def faults(found: manifest.Manifest) -> list[tuple[int, str]]:
    """Row and column of each fault."""
    return [(int(row), str(column)) for row, column in found.faults[["row", "column"]].to_numpy()]


def said(found: manifest.Manifest, row: int, column: str) -> str:
    """What is said of a cell: value, fault and remedy."""
    table = found.faults
    own = table[(table["row"] == row) & (table["column"] == column)]
    return " | ".join(" ".join(line) for line in own[["value", "fault", "remedy"]].to_numpy())
