"""Whatever is written has the rights that the user's umask gives, and what names paths is the user's alone."""

import json
import subprocess
import sys

import pytest

from tests.conftest import SAMPLES

# By every way in which the program puts a finished file or folder in place.
WRITERS = """
import json, stat, sys
from pathlib import Path
from kinebench import batch, saved, storage, video
from kinebench.formats.whole import write_text
from kinebench.report.files import write_whole
from kinebench.run import folders

here = Path(sys.argv[1])
storage.Place(str(here)).write("by storage", b"x")
saved.write(here / "by saved", "x")
write_whole(here / "by report", b"x")
write_text(here / "by formats", "x")
clip = video.open_clip(sys.argv[2])
with video.Writer(here / "by video", like=clip) as writer:
    writer.write(video.frame_at(clip, 0).rgb(), 0)
(here / "made").mkdir()
(here / "made").chmod(0o700)
folders.publish(here / "made", here / "run folder")
stamps = batch.Stamps()
stamps.learn("/clips/anna.mp4", [1], "b")
stamps.save()
print(json.dumps({path.name: stat.S_IMODE(path.stat().st_mode) for path in here.iterdir()}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
@pytest.mark.parametrize("umask", [0o077, 0o027, 0o002])
def test_the_umask_decides_who_may_read_but_of_stamps_nobody_else(umask, tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path))
    command = [sys.executable, "-c", WRITERS, str(tmp_path), str(SAMPLES / "sit_to_stand.mp4")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, umask=umask)
    modes = json.loads(done.stdout)
    assert modes.pop("run folder") == 0o777 & ~umask
    assert modes.pop("stamps.json") == 0o600
    assert set(modes) == {"by storage", "by saved", "by report", "by formats", "by video"}
    assert set(modes.values()) == {0o666 & ~umask}
