"""What a run's result rests on, as digests: where all are those of old, running again would give the same."""

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import kinebench
from kinebench import bystanders, estimators, parameters, places, provenance, pseudonyms, storage
from kinebench.run.settling import OWN_FILES, own_files

PARTS = {
    "clip": "the clip",
    "weights": "the network or its weights",
    "faces": "who was looked for to be covered",
    "parameters": "the parameters",
    "files": "the user's own files or references",
    "template": "the notebook",
    "code": "kinebench's code, or a library's version",
}
# What talks to people and hands out work, but measures and draws nothing.
_NO_PART = (
    *("batch", "bundles", "catalogue", "cli", "cohort", "doctor.py", "manifest", "purging", "synthetic", "widgets"),
    *("storage.py", "anonymising", "anonymising.py"),
)
_SUFFIXES = (".py", ".j2", ".html", ".css", ".js", ".json", ".csv")


def basis(task: Any, settings: Any, clip_sha256: str) -> dict[str, str]:
    """The digests of everything that decides a run's result, by the names of `PARTS`."""
    extraction = settings.extraction
    told = pseudonyms.without(parameters.flat(settings), own_files(settings))
    own = extraction.estimator_settings()
    files = [Path(own[name]) for name in OWN_FILES if isinstance(own.get(name), str)]
    # A file of the user's may be replaced under its name while this process lives.
    stamps = tuple(tuple(storage.stamp(path)) for path in files if path.is_file())
    described = _described(extraction.estimator, json.dumps(own, sort_keys=True), stamps)
    return {
        "clip": clip_sha256,
        "weights": provenance.sha256_of(described),
        "faces": _faces(described),
        "parameters": provenance.sha256_of([task.name, told]),
        "files": provenance.sha256_of(task.rests_on(settings)),
        "template": provenance.sha256_file(places.NOTEBOOKS / task.notebook),
        "code": code(),
    }


def changes(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """In words, what is not as it was; empty where everything is."""
    return [words for part, words in PARTS.items() if before.get(part) != now.get(part)]


@functools.lru_cache(maxsize=64)
def _described(name: str, settings: str, _stamps: tuple[tuple[int, ...], ...]) -> dict[str, Any]:
    return estimators.get(name, **json.loads(settings)).describe()


def _faces(described: dict[str, Any]) -> str:
    """Who else was looked for, and by which network, which may not have been there: for every run, as it has pictures
    with covered faces whatever its settings say.
    """
    looks = [known.sha256 for known in estimators.record(estimators.DEFAULT).weights] if bystanders.possible() else []
    return provenance.sha256_of([bystanders.sought(described), looks])


def installed() -> str:
    """A digest of the code and of the notebooks: what two computers must have in common to measure the same."""
    notebooks = {path.name: provenance.sha256_file(path) for path in sorted(places.NOTEBOOKS.glob("*.ipynb"))}
    return provenance.sha256_of([code(), notebooks])


@functools.lru_cache
def code() -> str:
    """A digest of the package's files that measure, draw or write, and of the libraries' versions."""
    root = Path(kinebench.__file__).parent
    digest = hashlib.sha256(provenance.sha256_of(provenance.versions()).encode())
    for path in sorted(root.rglob("*")):
        inner = path.relative_to(root)
        if path.suffix in _SUFFIXES and inner.parts[0] not in _NO_PART:
            digest.update(f"{inner.as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()
