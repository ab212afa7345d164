"""Where things lie: the checkout's own folders, and the user's cache for what can be fetched or computed again."""

import os
from pathlib import Path

import platformdirs

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
SAMPLES = ROOT / "data" / "sample"


def _umask() -> int:
    """What the user lets others do with new files; it can only be read by setting it, for all threads at once."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


_UMASK = _umask()


def open_to_others(path: str | Path) -> None:
    """Give a file or folder, made for this user alone, the rights that the user's umask gives to new ones."""
    os.chmod(path, (0o777 if os.path.isdir(path) else 0o666) & ~_UMASK)


def data() -> Path:
    """Folder of the user's clips and what belongs to them: `KINEBENCH_DATA`, or the checkout's `data`."""
    return Path(os.environ.get("KINEBENCH_DATA") or ROOT / "data")


def raw() -> Path:
    """Folder where clips are looked for."""
    return data() / "raw"


def params() -> Path:
    """Folder of the clips' saved parameter files."""
    return data() / "params"


def references() -> Path:
    """Folder of the reference movements."""
    return data() / "references"


def home() -> Path:
    """Folder that `reports` lies in where nobody says otherwise: `KINEBENCH_HOME`, the checkout, or where one works."""
    named = os.environ.get("KINEBENCH_HOME")
    return Path(named) if named else ROOT if (ROOT / "reports").is_dir() else Path.cwd()


def cache() -> Path:
    """Folder for weights: `KINEBENCH_CACHE`, or the user's cache folder of this system."""
    return Path(os.environ.get("KINEBENCH_CACHE") or platformdirs.user_cache_dir("kinebench", appauthor=False))


def weights() -> Path:
    """Folder where model weights are looked for and fetched to."""
    return cache() / "weights"


def detections() -> Path:
    """Folder of cached detections: `data/keypoints` of the checkout, or the cache where that cannot be written."""
    if "KINEBENCH_CACHE" in os.environ:
        return cache() / "keypoints"
    folder = ROOT / "data" / "keypoints"
    return folder if folder.is_dir() and os.access(folder, os.W_OK) else cache() / "keypoints"
