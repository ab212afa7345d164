"""Tables in text that strangers wrote: every fault is named by its line and column.

What is read is packed numbers and a few distinct words, so that a file takes at most about ten times its own size in
memory, whatever it holds. Decimal commas are read where the fields are not divided by commas. Empty fields and NaN, NA,
null, None are missing: NaN.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import text_lines

MOST_COLUMNS = 5000
MOST_WORDS = 5000
LONGEST_WORD = 200
MISSING = frozenset({"", "nan", "na", "n/a", "null", "none"})


@dataclass(frozen=True, eq=False)
class Columns:
    """numbers: (rows, columns asked for); words: for each column of words its code in every row, and what they mean."""

    numbers: np.ndarray
    words: tuple[tuple[np.ndarray, tuple[str, ...]], ...]


def header(path: Path, count: int = 1) -> list[list[str]]:
    """The first `count` lines' fields without the blanks around them, all of one length; single ones all different."""
    found = [text_lines.trimmed(row) for (_, row), _ in zip(text_lines.rows(path), range(count), strict=False)]
    if len(found) < count:
        raise KinebenchError(f"{path.name} must begin with {count} line(s) of headings, but has {len(found)}.")
    width = len(found[0])
    if width > MOST_COLUMNS:
        raise KinebenchError(f"{path.name} must have at most {MOST_COLUMNS} columns, but has {width}.")
    for line, row in enumerate(found, 1):
        _check_width(row, width, path, line)
    doubled = [name for name, times in Counter(found[0]).items() if name and times > 1 and count == 1]
    if doubled:
        raise KinebenchError(f"{path.name} must have each column once, but has twice: {', '.join(doubled[:5])[:99]}.")
    return found


def load(path: Path, numbers: Sequence[int], words: Sequence[int] = (), headings: int = 1) -> Columns:
    """The columns at the positions `numbers` and `words`, below the first `headings` lines.

    KinebenchError where a line has another number of fields than the first, a number is none, or nothing follows.
    """
    titles = header(path, headings)[-1]
    packed, codes = array("d"), [array("i") for _ in words]
    known: list[dict[str, int]] = [{} for _ in words]
    count, comma = 0, _has_decimal_commas(path)
    for line, row in _below(path, headings):
        _check_width(row, len(titles), path, line)
        count += 1
        fields = [row[place] for place in numbers]
        try:
            packed.extend(_plain(fields))
        except ValueError:
            packed.extend([_number(row[p], comma, path.name, f"{titles[p] or p + 1}, line {line}") for p in numbers])
        for code, seen, place in zip(codes, known, words, strict=True):
            code.append(_code(row[place].strip(), seen, f"{titles[place] or place + 1}, line {line}", path.name))
    if not count:
        raise KinebenchError(f"{path.name} must hold at least one line below its headings, but holds none.")
    table = np.frombuffer(packed, dtype=float) if packed else np.zeros(0)
    coded = tuple((np.frombuffer(code, dtype=np.intc), tuple(k)) for code, k in zip(codes, known, strict=True))
    return Columns(table.reshape(count, len(numbers)), coded)


def numbers(fields: Sequence[str], name: str, where: str) -> list[float]:
    """Fields as numbers, NaN where missing; KinebenchError that says `where` in the file `name` one is none."""
    try:
        return _plain(fields)
    except ValueError:
        return [_number(field, False, name, where) for field in fields]


def _below(path: Path, headings: int) -> Iterator[tuple[int, list[str]]]:
    lines = text_lines.rows(path)
    for _ in range(headings):
        next(lines, None)
    yield from lines


def _check_width(row: list[str], width: int, path: Path, line: int) -> None:
    if len(row) != width and (len(row) < width or any(row[width:])):
        raise KinebenchError(
            f"{path.name} must have {width} fields in each line, as in its first, but has {len(row)} in line {line}."
        )


def _has_decimal_commas(path: Path) -> bool:
    with path.open("rb") as file:
        return text_lines.delimiter(file.readline(text_lines.LONGEST_LINE).decode("utf-8", "replace")) != ","


def _plain(fields: Sequence[str]) -> list[float]:
    found = [float(field or "nan") for field in fields]
    if "_" in "".join(fields):  # Python reads 1_0 as 10
        raise ValueError
    return found


def _number(field: str, comma: bool, name: str, where: str) -> float:
    text = field.strip()
    if text.lower() in MISSING:
        return float("nan")
    try:
        return _plain([text.replace(",", ".") if comma else text])[0]
    except ValueError:
        raise KinebenchError(f"{name} must hold numbers, but holds {text[:40]!r} in {where[:80]}.") from None


def _code(word: str, seen: dict[str, int], where: str, name: str) -> int:
    if word not in seen and (len(seen) == MOST_WORDS or len(word) > LONGEST_WORD):
        raise KinebenchError(
            f"{name} must hold at most {MOST_WORDS} different names of at most {LONGEST_WORD} characters in a column, "
            f"but holds more in {where[:80]}."
        )
    return seen.setdefault(word, len(seen))
