"""Writing a bundle: runs are copied and checked, screened, put into a bag, zipped; it appears whole or not at all."""

import json
import logging
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kinebench import catalogue
from kinebench.bundles import members, screening, wording
from kinebench.bundles.members import RECORD, Member
from kinebench.errors import KinebenchError
from kinebench.formats.whole import whole

# The earliest that a zip file can hold: the same runs give the same bytes.
NO_TIME = (1980, 1, 1, 0, 0, 0)
PACKED = (".mp4", ".png", ".jpg", ".parquet")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Bundle:
    """What was written: its place, runs, files and their bytes before they were packed; notes, a sentence each."""

    path: Path
    runs: int
    files: int
    size_bytes: int
    notes: tuple[str, ...]


def export(
    runs: Sequence[str], to: str | Path, reports: str | Path, *, with_faces: bool = False, force: bool = False
) -> Bundle:
    """Bundle finished runs, names in the folder `reports` or paths of run folders, as the zip file `to`.

    KinebenchError where a run is not whole, shows faces and not `with_faces`, or holds a path of a computer; and where
    `to` exists and not `force`.
    """
    to, reports = Path(to).expanduser(), Path(reports).expanduser()
    if to.suffix.lower() != ".zip" or to.is_dir():
        raise KinebenchError(f"--to must be a file that ends in .zip, but got {to}. Name another one.")
    if to.exists() and not force:
        raise KinebenchError(f"--to must be a new file, but {to} exists. Name another one, or replace it with --force.")
    chosen = _chosen(runs, reports)
    _refuse_faces(chosen, with_faces)
    with whole(to) as temporary, tempfile.TemporaryDirectory(prefix=".kinebench-", dir=to.parent) as folder:
        bag = Path(folder)
        sought = screening.forbidden(reports, *(one.folder.parent for one in chosen))
        for one in chosen:
            _stage(one, bag / one.name, sought)
        catalogue.save(catalogue.read(bag), bag)
        (bag / "README.txt").write_text(wording.readme(chosen), encoding="utf-8")
        _seal(bag, wording.bag_info(chosen, with_faces))
        payload = [path.stat().st_size for path in (bag / "data").rglob("*") if path.is_file()]
        _zip(bag, temporary, to.stem)
    return Bundle(to, len(chosen), len(payload), sum(payload), tuple(wording.notes(chosen)))


def _chosen(runs: Sequence[str], reports: Path) -> list[Member]:
    """The runs by name; one that was named twice is taken once."""
    found: dict[str, Member] = {}
    for run in runs:
        one = members.member(run, reports)
        if found.setdefault(one.name, one).folder != one.folder:
            raise KinebenchError(
                f"Each RUN must have a name of its own, but {one.folder} and {found[one.name].folder} are both "
                f"{one.name}. Leave one out."
            )
    return [found[name] for name in sorted(found)]


def _refuse_faces(chosen: Sequence[Member], with_faces: bool) -> None:
    shown = [one.name for one in chosen if screening.shows_faces(one.record)]
    if shown and not with_faces:
        raise KinebenchError(
            f"Faces must be covered in what is handed on, but some may show in {', '.join(shown)}. Run the clip again "
            "with --set blur_faces=true and with the default network's weights there, which finds bystanders, or hand "
            "them on as they are with --with-faces."
        )


def _stage(one: Member, folder: Path, sought: re.Pattern[bytes]) -> None:
    """Copy a run's files, each checked against its digest and screened for paths."""
    kept = list(screening.paths_in_record(one.record))
    if kept:
        raise _holds_path(one, RECORD, kept[0])
    for name, digest in {**one.files, RECORD: None}.items():
        if members.copied(one.folder / name, folder / name) != digest and digest is not None:
            raise KinebenchError(
                f"RUN must be whole, but {name} of {one.name} was changed after the run. Run its clip again with "
                "--force."
            )
        found = screening.found_in(folder / name, sought)
        if found:
            raise _holds_path(one, name, found)
    if json.loads((folder / RECORD).read_text(encoding="utf-8")) != one.record:
        raise KinebenchError(f"RUN must be at rest, but {one.name} was written anew meanwhile. Export again.")


def _holds_path(one: Member, name: str, found: str) -> KinebenchError:
    return KinebenchError(
        f"What is handed on must hold no path, but {name} of {one.name} has {found}. Run the clip again without "
        "--keep-paths."
    )


def _seal(bag: Path, described: dict[str, str]) -> None:
    """Make the folder a bag: its content becomes the payload, with checksums over it and over what describes it."""
    import bagit

    logging.getLogger("bagit").setLevel(logging.CRITICAL)
    bagit.make_bag(str(bag), described, checksums=["sha256", "sha512"])
    for path in bag.glob("tagmanifest-*.txt"):
        # bagit lists them as the file system does, in no order.
        path.write_text("".join(sorted(path.read_text("utf-8").splitlines(keepends=True))), encoding="utf-8")


def _zip(bag: Path, target: Path, name: str) -> None:
    """Files in order, without times and rights: nothing of this computer, and the same bytes each time."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for path in sorted(path for path in bag.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{name}/{path.relative_to(bag).as_posix()}", NO_TIME)
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            entry.compress_type = zipfile.ZIP_STORED if path.suffix in PACKED else zipfile.ZIP_DEFLATED
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=entry.file_size > 1 << 31) as packed:
                shutil.copyfileobj(source, packed, _BLOCK)
