"""What a user did wrong is told in one clear line with exit code 2, and nothing half-written stays behind."""

import os
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from kinebench import cli, places

SAMPLE = places.SAMPLES / "sit_to_stand.mp4"


def refused(monkeypatch, capsys, *arguments: object) -> str:
    """Run the command line in this process; the one line it complains with."""
    monkeypatch.setattr(sys, "argv", ["kinebench", *map(str, arguments)])
    monkeypatch.setattr(cli, "_debug", False)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    complaint = capsys.readouterr().err.strip()
    assert ended.value.code == 2, complaint
    assert "Traceback" not in complaint
    lines = complaint.splitlines()
    assert len(lines) == 1, complaint
    assert lines[0].startswith("kinebench: ")
    return lines[0]


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Try to run a video; the folder must not come to be."""

    def refuse(video: object, *arguments: object, task: str = "sit-to-stand") -> str:
        out = tmp_path / "out"
        line = refused(monkeypatch, capsys, "run", video, "--task", task, "--out", out, *arguments)
        assert not out.exists()
        assert not list(tmp_path.glob(".kinebench-*"))
        return line

    return refuse


def _video(path: Path, frames: list[np.ndarray], rate: int = 30) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = frames[0].shape[1], frames[0].shape[0], "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


def _noise(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(90, 110, (240, 320, 3), dtype=np.uint8) for _ in range(count)]


def test_missing_file(run, tmp_path):
    assert "no such file" in run(tmp_path / "nowhere.mp4").lower() or "does not exist" in run(tmp_path / "nowhere.mp4")


def test_a_folder_is_not_a_video(run, tmp_path):
    (tmp_path / "folder.mp4").mkdir()
    assert "folder" in run(tmp_path / "folder.mp4")


def test_not_a_video(run, tmp_path):
    path = tmp_path / "letter.mp4"
    path.write_text("Dear doctor,\n" * 500)
    assert "letter.mp4" in run(path)


def test_zero_bytes(run, tmp_path):
    path = tmp_path / "empty.mp4"
    path.touch()
    assert "empty" in run(path)


def test_audio_only(run, tmp_path):
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = 8000, Fraction(1, 8000), 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert "sound" in run(path).replace("sound.wav", "") or "audio" in run(path)


def test_one_frame(run, tmp_path):
    assert "frame" in run(_video(tmp_path / "one.mp4", _noise(1)))


def test_nobody_in_the_picture(run, tmp_path):
    assert "person" in run(_video(tmp_path / "nobody.mp4", _noise(12)))


def test_no_repetition_found(run, tmp_path):
    line = run(SAMPLE, "--set", "stop_s=0.8")
    assert "repetition" in line


def test_all_unknown_parameters_and_wrong_types_are_named_at_once(run):
    line = run(SAMPLE, "--set", "cutof_hz=5", "--set", "order=many", "--set", "nonsense=1")
    assert "cutof_hz" in line
    assert "Did you mean cutoff_hz?" in line
    assert "nonsense" in line


def test_wrong_type(run):
    line = run(SAMPLE, "--set", "order=many")
    assert "order must be a whole number" in line
    assert "'many'" in line


def test_cutoff_above_half_the_frame_rate(run):
    line = run(SAMPLE, "--set", "cutoff_hz=20")
    assert "cutoff_hz must be below half the frame rate (15" in line
    assert "20.0" in line


def test_height_in_centimetres(run):
    line = run(SAMPLE, "--set", "height_m=180")
    assert "height_m" in line
    assert "metres" in line


def test_unknown_task_and_estimator(run):
    assert "sit-to-stand" in run(SAMPLE, task="sit to stand")
    assert "blazepose-full" in run(SAMPLE, "--estimator", "blazepose")


def test_parameter_file_that_is_not_there_or_not_yaml(run, tmp_path):
    assert "nowhere.yaml" in run(SAMPLE, "--params", tmp_path / "nowhere.yaml")
    path = tmp_path / "broken.yaml"
    path.write_text("cutoff_hz: [1, 2\n")
    assert "broken.yaml" in run(SAMPLE, "--params", path)
    path.write_text("- cutoff_hz\n")
    assert "name: value" in run(SAMPLE, "--params", path)


def test_output_folder_that_is_a_file(monkeypatch, capsys, tmp_path):
    path = tmp_path / "taken"
    path.write_text("mine")
    line = refused(monkeypatch, capsys, "run", SAMPLE, "--task", "sit-to-stand", "--out", path)
    assert "is a file" in line
    assert path.read_text() == "mine"


def test_output_folder_that_cannot_be_written_to(monkeypatch, capsys, tmp_path):
    if os.access("/proc", os.F_OK):
        folder = Path("/proc/kinebench")
    else:
        folder = tmp_path / "locked" / "out"
        folder.parent.mkdir(mode=0o500)
    line = refused(monkeypatch, capsys, "run", SAMPLE, "--task", "sit-to-stand", "--out", folder)
    assert "written" in line


@pytest.mark.skipif(not os.access("/dev/full", os.F_OK), reason="needs /dev/full, a device that is always full")
def test_full_disk(monkeypatch, capsys, tmp_path):
    def full(*_: object, **__: object) -> None:
        with open("/dev/full", "wb", buffering=0) as file:
            file.write(b"0")

    monkeypatch.setattr("kinebench.run._print", full)
    monkeypatch.setattr("kinebench.run._execute", lambda *_, **__: {})
    out = tmp_path / "out"
    line = refused(monkeypatch, capsys, "run", SAMPLE, "--task", "sit-to-stand", "--out", out)
    assert "No space left" in line
    assert not out.exists()
    assert not list(tmp_path.glob(".kinebench-*"))


def test_weights_that_fail_their_digest(monkeypatch, capsys, tmp_path):
    real = places.weights()
    fake = tmp_path / "cache" / "weights"
    fake.mkdir(parents=True)
    for path in real.glob("*.tflite"):
        content = bytearray(path.read_bytes())
        content[1000] ^= 0xFF
        (fake / path.name).write_bytes(content)
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    line = refused(monkeypatch, capsys, "run", SAMPLE, "--task", "sit-to-stand", "--out", tmp_path / "out")
    assert "digest" in line or "sha256" in line
    assert "kinebench models fetch blazepose-full" in line


def test_weights_that_are_missing(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    line = refused(monkeypatch, capsys, "run", SAMPLE, "--task", "sit-to-stand", "--out", tmp_path / "out")
    assert "kinebench models fetch blazepose-full" in line


def test_debug_shows_the_traceback(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["kinebench", "--debug", "run", str(tmp_path / "no.mp4"), "--task", "rowing"])
    with pytest.raises(ValueError, match=r"no\.mp4"):
        cli.main()
    monkeypatch.setattr(cli, "_debug", False)


def test_a_folder_with_results_of_somebody_elses(monkeypatch, capsys, tmp_path):
    (tmp_path / "report.html").write_text("mine")
    line = refused(monkeypatch, capsys, "run", SAMPLE, "--task", "sit-to-stand", "--out", tmp_path)
    assert "somebody else's" in line
    assert (tmp_path / "report.html").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_of_several_videos_a_missing_one_is_told_before_anything_runs(monkeypatch, capsys, tmp_path):
    out = tmp_path / "out"
    line = refused(monkeypatch, capsys, "run", SAMPLE, tmp_path / "no.mp4", "--task", "sit-to-stand", "--out", out)
    assert "no.mp4" in line
    assert not out.exists()


def test_a_cutoff_too_high_for_every_nth_frame_is_told_before_anything_is_looked_at(run, monkeypatch):
    monkeypatch.setattr("kinebench.kernel.execute", lambda *_, **__: pytest.fail("too late"))
    assert "cutoff_hz must be below" in run(SAMPLE, "--set", "every=3")


def test_a_clip_that_breaks_off_before_the_first_repetition_says_so(run, tmp_path):
    path = tmp_path / "cut.mp4"
    content = SAMPLE.read_bytes()
    path.write_bytes(content[: len(content) // 10])
    line = run(path)
    assert "No repetition" in line
    assert "breaks off" in line


def test_a_name_with_a_colon_is_a_file_and_no_protocol(monkeypatch, tmp_path):
    from kinebench import video

    monkeypatch.chdir(tmp_path)
    Path("C:10.mp4").write_bytes(SAMPLE.read_bytes())
    assert len(video.open_clip("C:10.mp4")) == len(video.open_clip(SAMPLE))


def test_the_version_is_told(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["kinebench", "--version"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert capsys.readouterr().out.startswith("kinebench ")
