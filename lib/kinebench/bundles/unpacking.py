"""Unpacking a stranger's zip file: nothing may lie outside, be a link, or be larger than it says."""

import shutil
import stat
import struct
import zipfile
import zlib
from pathlib import Path

from kinebench.bundles.members import is_inside
from kinebench.errors import KinebenchError

MOST_RATIO = 100
"""Bytes that a packed byte may stand for: tables reach 10 to 30, bombs thousands."""
ALWAYS_BYTES = 64_000_000
"""So much is harmless whatever it was packed into."""
MOST_ENTRIES, MOST_LETTERS, MOST_PARTS = 500_000, 1_024, 16
"""Ten thousand runs of 40 files, none deeper than five folders: what is beyond costs memory and time to look at."""
_BLOCK = 1 << 20
_TORN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What zipfile raises where a file is damaged or made by hand."""


def unpack(path: Path, folder: Path) -> Path:
    """Unpack the zip file `path` into the empty `folder`; returns the one folder in it that holds everything.

    All names and sizes are checked before the first byte is written. KinebenchError where the file is no zip file, or
    one of those that should not be unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_extent(path, archive.infolist())
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(path, archive.infolist(), shutil.disk_usage(folder).free)
            for entry in entries:
                _unpack(archive, entry, folder / entry.filename)
    except KinebenchError:
        raise
    except _TORN as error:
        raise _refused(path, f"it is none that can be read ({' '.join(str(error).split())[:160]})") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise KinebenchError(f"FILE must be a zip file that can be read, but {path} cannot ({reason}).") from None
    return folder / entries[0].filename.split("/")[0]


def _check_extent(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Before anything that takes longer the more there is."""
    if len(entries) > MOST_ENTRIES:
        raise _refused(path, f"it holds {len(entries)} files and folders, and no bundle more than {MOST_ENTRIES}")
    for name in (entry.orig_filename for entry in entries):
        if len(name) > MOST_LETTERS or name.count("/") >= MOST_PARTS:
            raise _refused(
                path, f"{name[:80]!r}... has more than {MOST_LETTERS} letters or {MOST_PARTS} parts, as no bundle's has"
            )


def _check(path: Path, entries: list[zipfile.ZipInfo], free_bytes: int) -> None:
    faults = [fault for entry in entries for fault in _faults(entry)]
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        faults.append("a name in it stands for two files")
    files = {entry.filename for entry in entries if not entry.is_dir()}
    if any(folder in files for name in names for folder in _above(name)):
        faults.append("a name in it is a file and a folder")
    if len({name.split("/")[0] for name in names}) != 1 or not all("/" in name for name in files) or not files:
        faults.append("it must hold one folder with everything in it")
    size = sum(entry.file_size for entry in entries)
    if size > max(ALWAYS_BYTES, MOST_RATIO * path.stat().st_size):
        faults.append(f"unpacked it would be {size / path.stat().st_size:.0f} times as large")
    if faults:
        raise _refused(path, faults[0])
    if size > free_bytes:
        raise KinebenchError(
            f"The folder for temporary files must have room for {size / 1e6:.0f} MB, but has {free_bytes / 1e6:.0f}. "
            "Free space, or set TMPDIR to another folder."
        )


def _faults(entry: zipfile.ZipInfo) -> list[str]:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    # Python cuts a name at a zero byte, and turns another system's separators: what the file says is what counts.
    told = entry.orig_filename
    checks = {
        f"{told[:80]!r} may lead out of its folder": not is_inside(told.removesuffix("/")) or told != entry.filename,
        f"{told[:80]!r} is neither a file nor a folder": kind not in (0, stat.S_IFREG, stat.S_IFDIR),
        f"{told[:80]!r} is encrypted": bool(entry.flag_bits & 0x1),
        f"{told[:80]!r} is packed in a way that bundles are not": entry.compress_type
        not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED),
    }
    return [fault for fault, true in checks.items() if true]


def _above(name: str) -> list[str]:
    parts = name.rstrip("/").split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """At most as many bytes as the entry declares; zipfile checks its CRC when it ends."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as packed, target.open("xb") as written:
        left = entry.file_size
        while block := packed.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise zipfile.BadZipFile(f"{entry.filename} is larger than it says")
            written.write(block)
        if left:
            raise zipfile.BadZipFile(f"{entry.filename} is smaller than it says")


def _refused(path: Path, why: str) -> KinebenchError:
    return KinebenchError(
        f"FILE must be a bundle that `kinebench export` wrote, but {path} is not: {why}. Have it sent again by "
        "somebody you know."
    )
