"""What every test may use: paths of material that is not part of the project, and the project's own sample clips."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
SAMPLES = ROOT / "data" / "sample"


# No test is timed: machines are shared. In CI the examples are the same each time, so that a red run can be repeated.
settings.register_profile("kinebench", deadline=None, max_examples=50, derandomize=bool(os.environ.get("CI")))
settings.load_profile("kinebench")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background by a shell: what a test starts would be deaf to Ctrl-C, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def shared_file(name: str) -> Path:
    """A file of the third-party test material beside the checkout; the test is skipped where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs the third-party test material: ../shared/data/{name} is not there")
    return path


@pytest.fixture(scope="session", name="shared_file")
def _shared_file():
    return shared_file


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch):
    """TensorFlow says less and finds no accelerator, so that a test gives the same everywhere."""
    monkeypatch.setitem(os.environ, "TF_CPP_MIN_LOG_LEVEL", "3")
    monkeypatch.setitem(os.environ, "CUDA_VISIBLE_DEVICES", "-1")
