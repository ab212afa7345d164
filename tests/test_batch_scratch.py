"""What a killed batch left among the temporary files is removed, what a living one has there never is."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kinebench.batch import scratch

HOLDING = (
    "import time\nfrom kinebench.batch import scratch\n"
    "with scratch.folder() as made:\n print(made, flush=True)\n time.sleep(600)"
)


@pytest.fixture(name="temporary", autouse=True)
def _temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture(name="other")
def _other(temporary):
    """Another batch that lives, and its folder."""
    batch = subprocess.Popen(
        [sys.executable, "-c", HOLDING], stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(temporary)}
    )
    folder = Path(batch.stdout.readline().strip())
    (folder / "clip.mp4").write_text("film")
    yield batch, folder
    batch.kill()
    batch.communicate()


def test_a_folder_is_this_users_alone_and_gone_afterwards_with_its_lock(temporary):
    with scratch.folder() as made:
        assert Path(made).parent == temporary
        assert os.name == "nt" or Path(made).stat().st_mode & 0o077 == 0
    assert not list(temporary.iterdir())


def test_a_living_batchs_folder_is_left_alone_whatever_its_process_number(other, monkeypatch):
    """In another container no process has that number."""
    monkeypatch.setattr("psutil.pid_exists", lambda _: False)
    _, folder = other
    scratch.clear_away()
    assert (folder / "clip.mp4").exists()


def test_a_folder_of_this_very_process_is_left_alone():
    with scratch.folder() as made:
        scratch.clear_away()
        assert Path(made).is_dir()


def test_a_killed_batchs_folder_is_removed(other, temporary):
    batch, folder = other
    batch.send_signal(signal.SIGKILL)
    batch.wait()
    assert folder.is_dir()
    scratch.clear_away()
    assert not list(temporary.iterdir())


def test_what_another_computer_left_is_left_to_it(other, monkeypatch):
    """Whether its locks are seen here depends on the file system."""
    batch, folder = other
    batch.send_signal(signal.SIGKILL)
    batch.wait()
    monkeypatch.setattr("socket.gethostname", lambda: "another computer")
    scratch.clear_away()
    assert folder.is_dir()


def test_where_there_are_no_locks_a_batch_begins_and_nothing_is_removed(monkeypatch, temporary):
    def unknown(*_, **__):
        raise NotImplementedError

    left = temporary / f"{scratch._own_prefix()}left"
    left.mkdir()
    monkeypatch.setattr("filelock.FileLock.acquire", unknown)
    scratch.clear_away()
    with scratch.folder() as made:
        assert Path(made).is_dir()
    assert left.is_dir()
