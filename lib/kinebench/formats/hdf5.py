"""HDF5 files of strangers, read with care: nothing is unpickled, nothing outside the file is followed, and nothing is
taken into memory that is out of proportion to the file.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
TIMES_THE_FILE = 100
FLOOR_BYTES = 64 << 20
"""A dataset may take this much whatever the file's size, else a hundred times that: gzip seldom does better."""
MOST_NAMES = 10_000
_DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError, MemoryError)


def is_hdf5(path: Path) -> bool:
    """Whether the file begins as HDF5 does. Never raises."""
    try:
        with path.open("rb") as file:
            return file.read(len(SIGNATURE)) == SIGNATURE
    except OSError:
        return False


def holds(path: Path, *names: str) -> bool:
    """Whether all of these lie in the file's root. Never raises."""
    if not is_hdf5(path):
        return False
    try:
        with opened(path) as file:
            return set(names) <= set(file)
    except KinebenchError:
        return False


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file as an `h5py.File`; whatever goes wrong with it becomes a KinebenchError in one line."""
    import h5py

    if not is_hdf5(path):
        raise KinebenchError(f"KEYPOINTS must be an HDF5 file, but {path.name} is none.")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except KinebenchError:
        raise
    except _DAMAGED as error:
        reason = " ".join(str(error).split())[:120]
        raise KinebenchError(f"{path.name} must be a whole HDF5 file, but cannot be read: {reason}.") from error


def member(group: Any, name: str) -> Any:
    """The group or dataset `name` in `group`, an object of h5py; KinebenchError where it is none or only a link."""
    import h5py

    link = group.get(name, getlink=True)
    if not isinstance(link, h5py.HardLink):
        file = Path(group.file.filename).name
        raise KinebenchError(
            f"{file} must hold {name} itself, but has {'nothing' if link is None else 'a link'} there."
        )
    return group[name]


def dataset(group: Any, name: str) -> np.ndarray:
    """The numbers or fixed-length texts of the dataset `name` in `group`, an object of h5py.

    KinebenchError where it is not there, lies outside the file, is virtual, holds anything else (Python objects, texts
    of any length), or would take more memory than a file of that size can hold.
    """
    import h5py

    file = Path(group.file.filename).name
    found = member(group, name)
    if not isinstance(found, h5py.Dataset) or found.shape is None:
        raise KinebenchError(f"{file} must have a dataset called {name}, but has something else of that name.")
    if found.is_virtual or found.external:
        raise KinebenchError(f"{file} must hold the dataset {name} itself, but it lies in another file.")
    if not _plain(found.dtype):
        raise KinebenchError(f"{file} must hold plain numbers or texts in {name}, but it holds {found.dtype}.")
    _check_size(found, name, file)
    return np.asarray(found[()])


def names(group: Any, name: str) -> list[str]:
    """The texts of the dataset `name`."""
    found = dataset(group, name).reshape(-1)
    if found.dtype.kind != "S" and found.size:
        raise KinebenchError(f"{Path(group.file.filename).name} must hold texts in {name}, but holds {found.dtype}.")
    if len(found) > MOST_NAMES:
        raise KinebenchError(f"{Path(group.file.filename).name} must have at most {MOST_NAMES} names in {name}.")
    return [text.decode("utf-8", "replace") for text in found.tolist()]


def _plain(dtype: np.dtype[Any]) -> bool:
    if dtype.names is not None:
        return all(_plain(dtype[name].base) for name in dtype.names)
    return dtype.kind in "iufbS"


def _check_size(found: Any, name: str, file: str) -> None:
    size = Path(found.file.filename).stat().st_size
    limit = max(FLOOR_BYTES, TIMES_THE_FILE * size)
    chunk = prod(found.chunks) * found.dtype.itemsize if found.chunks else 0
    whole = prod(found.shape) * found.dtype.itemsize
    if max(whole, chunk) > limit:
        raise KinebenchError(
            f"{file} must hold data in proportion to its {size} bytes, but {name} would take {max(whole, chunk)}."
        )
    if chunk and found.compression == "gzip" and whole:
        _check_chunks(found, chunk, name, file)


def _check_chunks(found: Any, chunk: int, name: str, file: str) -> None:
    """That no chunk inflates to more than it says: HDF5 itself would give it all the memory that it asks for."""
    for number in range(found.id.get_num_chunks()):
        place = found.id.get_chunk_info(number)
        if place.size * 1100 <= chunk or place.filter_mask:  # deflate expands at most 1032 times
            continue
        _, raw = found.id.read_direct_chunk(place.chunk_offset)
        inflater = zlib.decompressobj()
        try:
            inflated = inflater.decompress(raw, chunk + 1)
        except zlib.error:
            inflated = b""
        if len(inflated) != chunk or inflater.unconsumed_tail:
            raise KinebenchError(f"{file} must hold whole chunks, but one of {name} is damaged.")
