"""Where a result comes from: digests of what went in, versions of what worked on it, a name that names no one."""

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from kinebench import __version__, places
from kinebench.errors import KinebenchError

_PACKAGES = (
    "numpy",
    "pandas",
    "scipy",
    "matplotlib",
    "av",
    "opencv-python-headless",
    "ai-edge-litert",
    "onnxruntime",
    "tensorflow",
    "tensorflow-hub",
    "papermill",
    "jupyterlab",
)
_BLOCK = 1 << 20


def sha256_file(path: str | Path) -> str:
    """SHA-256 of a file's content in hexadecimal, read in pieces."""
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise KinebenchError(f"path must be a file that can be read, but {path} cannot ({error.strerror}).") from None
    return digest.hexdigest()


def sha256_of(value: Any) -> str:
    """SHA-256 of what JSON can hold, the same whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@lru_cache
def versions() -> dict[str, str]:
    """Versions of kinebench, Python and the packages that can change a number."""
    found = {"kinebench": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


@lru_cache
def git_commit() -> str | None:
    """The checkout's commit, with "+changes" where files differ from it; None outside a checkout."""
    try:
        commit = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+changes" if changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(places.ROOT), *arguments], capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()


def run_id(task: str, clip_sha256: str, parameters: Mapping[str, Any]) -> str:
    """A folder name from content alone: the same video with the same parameters has the same one.

    `sit-to-stand_calm-otter_3f9a1c2e`: the pair of words stands for the video, the digits for video and parameters.
    """
    number = int(clip_sha256[:8], 16)
    words = f"{_MANNERS[number % len(_MANNERS)]}-{_ANIMALS[number // len(_MANNERS) % len(_ANIMALS)]}"
    return f"{task}_{words}_{sha256_of([task, clip_sha256, dict(parameters)])[:8]}"


_MANNERS = (
    "calm", "bold", "brisk", "bright", "gentle", "quick", "quiet", "steady", "sunny", "warm", "keen", "merry", "nimble",
    "patient", "proud", "witty",
)  # fmt: skip
_ANIMALS = (
    "otter", "heron", "badger", "falcon", "hare", "ibex", "lynx", "marten", "newt", "owl", "plover", "raven", "seal",
    "stoat", "swift", "tern", "vole", "wren", "yak", "bison", "crane", "dove", "egret", "finch", "gecko", "hoopoe",
    "jay", "kite", "lark", "moose", "puffin", "robin",
)  # fmt: skip
