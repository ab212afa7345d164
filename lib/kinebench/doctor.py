"""What is there and what is missing on this computer, each with the command that mends it."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from kinebench import estimators, lab, places, report

# TensorFlow takes ten seconds to start on an idle computer, and minutes on one that swaps.
PATIENCE_S = 300


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report; `needed` says whether kinebench can do its default work without it."""

    what: str
    good: bool
    found: str
    mend: str = ""
    needed: bool = True


def examine() -> Iterator[Finding]:
    """Look at everything, cheapest first, so that lines appear while TensorFlow is still being imported."""
    yield _python()
    yield _versions()
    yield from _weights()
    yield _encoder()
    yield _chromium()
    yield _kernel()
    yield _lab()
    yield _room()
    yield from _tensorflow()


def _lab() -> Finding:
    good = lab.told()
    found = "widgets on the main thread" if good else "its widgets may run on several threads"
    return Finding("JupyterLab settings", good, found, "kinebench jupyterlab", needed=False)


def pinned() -> dict[str, str]:
    """Package name -> version as the lock file has it for this system."""
    from packaging.requirements import Requirement

    text = (places.ROOT / "requirements.lock").read_text(encoding="utf-8")
    lines = re.findall(r"^([a-zA-Z0-9][^\n\\#]*==[^\n\\]*?)\s*\\?$", text, flags=re.MULTILINE)
    wanted = [Requirement(line) for line in lines]
    return {
        requirement.name: next(iter(requirement.specifier)).version
        for requirement in wanted
        if requirement.marker is None or requirement.marker.evaluate()
    }


def _python() -> Finding:
    version = sys.version_info
    return Finding(
        "Python",
        (3, 11) <= version[:2] < (3, 14),
        f"{version.major}.{version.minor}.{version.micro}",
        "make PYTHON=python3.12 setup",
    )


def _versions() -> Finding:
    lock = places.ROOT / "requirements.lock"
    if not lock.exists():
        return Finding(
            "locked versions", False, "no requirements.lock beside the package", "git checkout requirements.lock"
        )
    differing = []
    for name, version in pinned().items():
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = "missing"
        if found != version:
            differing.append(f"{name} {found} (lock: {version})")
    told = "; ".join(differing[:5]) + (f" and {len(differing) - 5} more" if len(differing) > 5 else "")
    mend = "python -m pip install --require-hashes -r requirements.lock"
    return Finding("locked versions", not differing, told or "all as in requirements.lock", mend)


def _weights() -> Iterator[Finding]:
    yield Finding("weights folder", True, str(places.weights()))
    for name in estimators.names():
        record = estimators.record(name)
        if not record.weights:
            continue
        state = estimators.state(name)
        needed = name == estimators.DEFAULT
        yield Finding(f"weights {name}"[:30], state == "here", state, record.how_to_get, needed)


def _encoder() -> Finding:
    import av

    there = "libx264" in av.codecs_available
    return Finding(
        "H.264 encoder", there, "libx264" if there else "none in this PyAV", "pip install --force-reinstall av"
    )


def _chromium() -> Finding:
    path = report.find_chromium()
    mend = "apt-get install chromium, or any Chrome, Edge or Chromium; or set KINEBENCH_CHROMIUM to its path"
    return Finding("Chromium for PDF", path is not None, str(path or "none"), mend, needed=False)


def _kernel() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("Jupyter kernel", False, "none", "python -m ipykernel install --sys-prefix")
    return Finding("Jupyter kernel", True, spec.display_name)


def _room() -> Finding:
    folder = places.cache()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free_gb = shutil.disk_usage(existing).free / 1e9
    return Finding("room in the cache", free_gb > 1, f"{free_gb:.0f} GB free", "set KINEBENCH_CACHE to a larger disk")


def _tensorflow() -> Iterator[Finding]:
    """TensorFlow in a process of its own: it takes seconds, and may crash where it does not fit the machine."""
    asked = (
        "import tensorflow as tf, tensorflow_hub as hub;"
        "print(tf.__version__, hub.__version__, len(tf.config.list_physical_devices('GPU')))"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", asked], capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        yield Finding(
            "TensorFlow",
            False,
            f"did not start within {PATIENCE_S} s",
            "pip install --force-reinstall tensorflow",
            needed=False,
        )
        return
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        mend = "python -m pip install --require-hashes -r requirements.lock"
        yield Finding("TensorFlow", False, f"{reason} (only MoveNet needs it)", mend, needed=False)
        return
    tensorflow, hub, gpus = done.stdout.split()[-3:]
    yield Finding("TensorFlow", True, f"{tensorflow}, TensorFlow Hub {hub}", needed=False)
    told = f"{gpus} for TensorFlow" if gpus != "0" else "none (BlazePose runs on the CPU; only MoveNet could use one)"
    yield Finding(
        "GPU", gpus != "0", told, "pip install 'tensorflow[and-cuda]' on a machine with an NVIDIA GPU", needed=False
    )
