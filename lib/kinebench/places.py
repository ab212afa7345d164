"""Where things lie: the checkout's own folders, and the user's cache for what can be fetched or computed again."""

import os
from pathlib import Path

import platformdirs

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
SAMPLES = ROOT / "data" / "sample"


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
