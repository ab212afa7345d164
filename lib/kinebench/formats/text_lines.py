"""Lines of text split into fields, however damaged or large the file: only one line is held at a time.

UTF-8 with or without a byte order mark; fields divided by comma, semicolon or tabulator, whichever the first line has
most of.
"""

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from kinebench.errors import KinebenchError

LONGEST_LINE = 1 << 20
"""In bytes: five thousand columns of two hundred characters."""


def beginning(path: Path, lines: int = 1) -> list[list[str]]:
    """The fields of the first lines but blank ones, to recognise a file by; empty where it is no text. Never raises."""
    try:
        with path.open("rb") as file:
            text = [_decoded(file.readline(LONGEST_LINE), path.name, number) for number in range(1, lines + 1)]
        return [trimmed(row) for row in csv.reader(text, delimiter=delimiter(text[0]), strict=True) if row]
    except (OSError, ValueError, csv.Error):
        return []


def rows(path: Path, divided_by: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Number of the line, from 1, and its fields, for every line that is not blank.

    KinebenchError where the file is none, cannot be read, is no text in UTF-8, or has quotes or lines without an end.
    """
    if not path.is_file():
        raise KinebenchError(f"KEYPOINTS must be a file, but {path.name} is none.")
    try:
        with path.open("rb") as file:
            pieces = iter(lambda: file.readline(LONGEST_LINE + 1), b"")
            lines = (_decoded(piece, path.name, number) for number, piece in enumerate(pieces, 1))
            first = next(lines, "")
            reader = csv.reader(chain([first], lines), delimiter=divided_by or delimiter(first), strict=True)
            for row in reader:
                if row:
                    yield reader.line_num, row
    except OSError as error:
        raise KinebenchError(
            f"KEYPOINTS must be a file that can be read, but {path.name} cannot: {error.strerror}."
        ) from error
    except csv.Error as error:
        raise KinebenchError(f"{path.name} must be a table, but cannot be split into fields: {error}.") from error


def delimiter(line: str) -> str:
    """What divides the fields of a line: comma, semicolon or tabulator."""
    return max(",;\t", key=line.count)


def trimmed(row: list[str]) -> list[str]:
    """The fields without the blanks around them."""
    return [field.strip() for field in row]


def _decoded(line: bytes, name: str, number: int) -> str:
    if len(line) > LONGEST_LINE:
        raise KinebenchError(f"{name} must have lines of at most {LONGEST_LINE} bytes, but line {number} is longer.")
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise KinebenchError(f"{name} must be text in UTF-8, but line {number} is not. Save it as CSV UTF-8.")
    return text
