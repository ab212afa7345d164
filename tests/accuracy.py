"""How far the measurements on the sample clips lie from their truth: `python -m tests.accuracy` prints the table.

The clips go the whole way, through the default network's keypoints; the truth comes from the generator of the clips.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from tests import accuracy_comparing, accuracy_repetitions, accuracy_walking
from tests.accuracy_clips import CLIPS, Measured, Row, measured

ROWS: Mapping[str, Callable[[Measured], Iterator[Row]]] = {
    "sit-to-stand": accuracy_repetitions.rows,
    "rowing": accuracy_repetitions.rowing_rows,
    "lifting": accuracy_repetitions.lifting_rows,
    "walking": accuracy_walking.rows,
    "compare": accuracy_comparing.rows,
}
"""Task -> what is told of its clips."""


def rows(clip: str) -> Iterator[Row]:
    """Every line for one sample clip."""
    return ROWS[CLIPS[clip]](measured(clip))


def markdown(told: Iterable[Row]) -> str:
    """The README's table."""
    lines = ["| clip | what | truth | measured | error | bar |", "|---|---|---|---|---|---|"]
    for row in told:
        unit = f" {row.unit}" if row.unit else ""
        bar = "" if row.bar is None else f"{row.bar:g}{unit}"
        digits = ".0f" if row.unit == "" and row.bar == 0 else ".2f" if row.unit in ("deg", "%") else ".3f"
        lines.append(f"| {row.clip} | {row.what} | {row.truth} | {row.measured} | {row.error:{digits}}{unit} | {bar} |")
    return "\n".join(lines)


if __name__ == "__main__":
    from tests import accuracy_pictures

    print(markdown(row for clip in CLIPS for row in rows(clip)))
    print()
    print(accuracy_pictures.markdown())
