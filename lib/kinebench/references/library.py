"""The library of reference movements: two plain files each in `places.references()`, a text and a table.

`NAME.yaml` says what the movement is, how it is seen and where it comes from; `NAME.keypoints.csv` holds the smoothed
keypoints. The text holds the table's SHA-256: a table that was changed, or belongs to another text, is refused.
"""

import datetime
import hashlib
import io
from pathlib import Path
from typing import NoReturn

import pandas as pd

from kinebench import keypoints, places
from kinebench.errors import KinebenchError
from kinebench.formats.whole import whole
from kinebench.references import record
from kinebench.references.record import NAME, Reference, Source, checked_name

__all__ = [
    "EMPTY",
    "Reference",
    "Source",
    "digests",
    "everything",
    "load",
    "names",
    "read",
    "refuse_doubled",
    "remove",
    "rounded",
    "save",
    "today",
]

TABLE = ".keypoints.csv"
OWN = "own reference"
"""What a reference that is given as a file is called: the file's name may be a person's."""
EMPTY = (
    "The library must hold a reference, but is empty. Make one: `kinebench reference add CLIP --name NAME --action "
    "ACTION`."
)
SHOWN_DIGITS = {"x": 3, "y": 3, "confidence": 4, "world_x": 5, "world_y": 5, "world_z": 5}
"""Decimals in the file: a thousandth of a pixel, a hundredth of a millimetre; both far below what a network tells."""


def read(path: Path) -> Reference:
    """The reference whose text is the file at `path`, wherever it lies; it is called `OWN`."""
    if not path.is_file():
        raise KinebenchError(f"reference must name a file that exists, but there is no {path}. Check the path.")
    return _loaded(OWN, path, path.with_name(f"{path.stem}{TABLE}"))


def refuse_doubled(name: str) -> NoReturn:
    """KinebenchError: there is one of that name."""
    raise KinebenchError(
        f"--name must be a new one, but there is a reference {name!r} already. Choose another name, or replace it with "
        "--force."
    )


def names() -> list[str]:
    """The names of all references, in order, whether or not they can be read."""
    found = (path.stem for path in places.references().glob("*.yaml"))
    return sorted(name for name in found if NAME.fullmatch(name))


def everything() -> tuple[list[Reference], dict[str, str]]:
    """Every reference that can be read, and of each other one its name and why not."""
    held, refused = [], {}
    for name in names():
        try:
            held.append(load(name))
        except KinebenchError as error:
            refused[name] = str(error)
    return held, refused


def digests(name: str | None) -> dict[str, str]:
    """SHA-256 of each file of the reference `name`, a file's path included, or of all the library's with None."""
    if name is None:
        found = [path for known in names() for path in _places(known)]
    elif Path(name).suffix == ".yaml":
        text = places.ROOT / name
        found = [text, text.with_name(f"{text.stem}{TABLE}")]
    else:
        found = list(_places(checked_name(name)))
    return {path.name: _digest(path.read_bytes()) for path in found if path.is_file()}


def load(name: str) -> Reference:
    """The reference `name`; KinebenchError where there is none, or where its files are damaged."""
    text, table = _places(checked_name(name))
    if not text.is_file():
        known = ", ".join(names())
        raise KinebenchError(
            f"reference must be the name of one in the library, but there is no {name!r}. "
            + (f"There are {known}." if known else "There is none yet: make one with `kinebench reference add`.")
        )
    return _loaded(name, text, table)


def _loaded(name: str, text: Path, table: Path) -> Reference:
    """The reference `name` of a text and its table; KinebenchError, by that name, where they are damaged."""
    try:
        described, fault = record.read(text.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(name, f"{name}.yaml cannot be read ({' '.join(str(error).split())[:160]})") from None
    if fault:
        raise _damaged(name, f"{name}.yaml {fault}")
    try:
        content = table.read_bytes()
    except OSError as error:
        raise _damaged(name, f"{name}{TABLE} cannot be read ({error.strerror})") from None
    if _digest(content) != described["keypoints_sha256"]:
        raise _damaged(name, f"{name}{TABLE} is not the table that {name}.yaml tells of")
    return Reference(
        name=name,
        action=described["action"],
        view=described["view"],
        source=Source(**described["source"]),
        made=described["made"],
        keypoints=_table(name, content),
    )


def save(reference: Reference, *, force: bool = False) -> list[Path]:
    """Write a reference, whole or not at all; an earlier one of that name gives way only where `force` says so."""
    text, table = _places(checked_name(reference.name))
    if not force and (text.exists() or table.exists()):
        refuse_doubled(reference.name)
    record.check(reference)
    content = _written(reference.keypoints)
    described = record.written(reference, table.name, _digest(content))
    # The table takes its place last: a text without its table is told as damaged, a table without a text is nothing.
    with whole(table) as new_table, whole(text) as new_text:
        new_table.write_bytes(content)
        new_text.write_bytes(described.encode())
    return [text, table]


def remove(name: str) -> list[Path]:
    """Delete a reference's files, damaged or not; KinebenchError where there is none of that name."""
    found = [path for path in _places(checked_name(name)) if path.exists()]
    if not found:
        load(name)  # which says what there is instead
    for path in found:
        try:
            path.unlink()
        except OSError as error:
            raise KinebenchError(f"{path} must be removable, but is not ({error.strerror}).") from None
    return found


def today() -> str:
    """The day as it stands in a reference."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """A keypoint table with as many decimals as a file has, so that what is loaded is what was saved."""
    digits = pd.Series({column: SHOWN_DIGITS[column[1]] for column in table.columns})
    return table.round(digits).set_axis(table.index.to_numpy(float).round(6), axis=0).rename_axis("time_s")


def _places(name: str) -> tuple[Path, Path]:
    folder = places.references()
    return folder / f"{name}.yaml", folder / f"{name}{TABLE}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _written(table: pd.DataFrame) -> bytes:
    return keypoints.flattened(rounded(table)).to_csv(lineterminator="\n").encode()


def _table(name: str, content: bytes) -> pd.DataFrame:
    try:
        flat = pd.read_csv(io.BytesIO(content), index_col="time_s")
        table = keypoints.unflattened(flat).astype(float)
        table.index = table.index.astype(float)
        keypoints.check(table)
    except (ValueError, KeyError) as error:
        raise _damaged(name, f"its keypoints are none: {' '.join(str(error).split())[:160]}") from None
    if len(table) < 2:
        raise _damaged(name, f"its keypoints hold {len(table)} frame(s)")
    return table


def _damaged(name: str, why: str) -> KinebenchError:
    return KinebenchError(
        f"The reference {name!r} is damaged: {why}. Make it anew with `kinebench reference add --force`, or take it "
        "out with `kinebench reference remove`."
    )
