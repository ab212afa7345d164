"""Video to keypoints with blazepose-full at 1080p: speed against what the cores allow and against the tutorials' way.

All is measured in one run on one clip. What the cores allow: two cores' time over the CPU time that decoding a frame
and looking at it take, each measured alone. The tutorials' way: every frame read into a list with imageio's ffmpeg
plugin, then one at a time through TensorFlow's crop and resize into the same weights.
"""

import contextlib
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from tests import clips

from kinebench import estimators, extraction, places, video
from kinebench.estimators import blazepose

CORES = 2
SIZE, RATE = (1920, 1080), 30
ROWER = places.ROOT.parent / "shared" / "data" / "videos" / "rowing_ergometer_side_jakobkb.mp4"
SHORT, LONG = 10 * RATE, 600 * RATE
HELD, INFERENCE_FRAMES, TUTORIAL_FRAMES = 12, 150, 120


def measure(source: Path | None = None, repeats: int = 3) -> dict[str, Any]:
    """Frames a second, CPU milliseconds a frame, shares and ratios, peak memory in MB; see the module's docstring.

    The ways take turns, the median of `repeats` turns counts.
    """
    estimators.fetch("blazepose-full")
    source = source or (ROWER if ROWER.exists() else places.SAMPLES / "rowing.mp4")
    with tempfile.TemporaryDirectory() as name, _own_cache(Path(name)):
        folder = Path(name)
        piece = clips.back_and_forth(source, folder / "piece.mp4", size=SIZE, rate=RATE, frames=SHORT, preset="medium")
        short, long = (_repeated(piece, count // SHORT, folder / f"{count}.mp4") for count in (SHORT, LONG))
        clip = video.open_clip(short)
        ways: dict[str, Callable[[], tuple[float, float]]] = {
            "whole": lambda: _timed(lambda: _whole(clip, folder)),
            "decoding": lambda: _timed(lambda: sum(1 for _ in video.frames(clip))),
            "inference": lambda: _inference(clip),
            "tutorial": lambda: _elsewhere("tutorial", short),
        }
        turns: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for way in list(ways) * repeats:
            turns[way].append(ways[way]())
        memory = {seconds: _elsewhere("memory", path)[0] for seconds, path in (("10_s", short), ("10_min", long))}
    return _figures(turns) | {
        "peak_memory_10_s_mb": memory["10_s"],
        "peak_memory_10_min_mb": memory["10_min"],
        "clip": f"{source.name}, {SIZE[0]}x{SIZE[1]}, {SHORT} and {LONG} frames",
    }


def _figures(turns: dict[str, list[tuple[float, float]]]) -> dict[str, float]:
    """From wall-clock and CPU seconds a frame of every turn."""
    fps = {way: 1 / statistics.median(wall for wall, _ in turn) for way, turn in turns.items()}
    cpu = {way: statistics.median(cpu for _, cpu in turn) for way, turn in turns.items()}
    allowed = CORES / (cpu["decoding"] + cpu["inference"])
    return {
        "frames_per_s": fps["whole"],
        "decoding_cpu_ms_a_frame": 1000 * cpu["decoding"],
        "inference_cpu_ms_a_frame": 1000 * cpu["inference"],
        "whole_cpu_ms_a_frame": 1000 * cpu["whole"],
        "allowed_frames_per_s": allowed,
        "share_of_cores": fps["whole"] / allowed,
        "tutorial_frames_per_s": fps["tutorial"],
        "times_tutorial": fps["whole"] / fps["tutorial"],
    }


def _repeated(piece: Path, times: int, path: Path) -> Path:
    """The piece so many times over, its packets copied."""
    with av.open(str(piece)) as source, av.open(str(path), "w") as container:
        packets = [packet for packet in source.demux(video=0) if packet.size]
        stream = container.add_stream_from_template(source.streams.video[0])
        base = source.streams.video[0].time_base
        assert base is not None
        length = round(SHORT / RATE / base)
        stamps = [(packet.pts or 0, packet.dts or 0) for packet in packets]
        for turn in range(times):
            for packet, (shown, decoded) in zip(packets, stamps, strict=True):
                packet.stream, packet.time_base = stream, base
                packet.pts, packet.dts = shown + turn * length, decoded + turn * length
                container.mux(packet)
    return path


@contextlib.contextmanager
def _own_cache(folder: Path) -> Iterator[None]:
    """Detections in a folder of their own, the weights where they are."""
    weights = places.weights()
    before = os.environ.get("KINEBENCH_CACHE")
    os.environ["KINEBENCH_CACHE"] = str(folder / "cache")
    try:
        places.weights().parent.mkdir(parents=True)
        places.weights().symlink_to(weights, target_is_directory=True)
        yield
    finally:
        os.environ.pop("KINEBENCH_CACHE")
        if before is not None:
            os.environ["KINEBENCH_CACHE"] = before


def _timed(run: Callable[[], int]) -> tuple[float, float]:
    """Wall-clock and CPU seconds a frame (of all threads); `run` says how many frames it did."""
    wall, cpu = time.perf_counter(), time.process_time()
    count = run()
    return (time.perf_counter() - wall) / count, (time.process_time() - cpu) / count


def _whole(clip: video.Clip, folder: Path) -> int:
    for kept in (folder / "cache").glob("keypoints/*"):
        kept.unlink()
    extraction.detect(clip, extraction.Extraction(), progress=False)
    return len(clip.times_s)


def _inference(clip: video.Clip) -> tuple[float, float]:
    """Following a person through decoded frames on one thread: all that a frame costs beside its decoding."""
    estimator = blazepose.BlazePose(threads=1)
    held = list(itertools.islice(video.frames(clip), HELD))
    course = [*held, *held[-2:0:-1]]

    def follow(count: int) -> int:
        for number in range(count):
            frame = course[number % len(course)]
            frame.time_s = number / RATE
            estimator.detect(frame)
        return count

    follow(2)
    estimator.reset()
    return _timed(lambda: follow(INFERENCE_FRAMES))


def _elsewhere(what: str, path: Path) -> tuple[float, float]:
    """What a fresh interpreter measures: `_tutorial` or `_memory` of the video at `path`."""
    command = [sys.executable, "-m", "tests.benchmarks.extraction", what, str(path)]
    surroundings = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(command, cwd=places.ROOT, env=surroundings, capture_output=True, text=True, check=True)
    first, second = done.stdout.split()[-2:]
    return float(first), float(second)


def _tutorial(path: Path) -> tuple[float, float]:
    """Seconds a frame, wall-clock and CPU, as TensorFlow's MoveNet tutorial does it, but with BlazePose's network.

    All frames are read with imageio's ffmpeg plugin, then each is cropped and resized by TensorFlow around the person
    of the frame before, one at a time. Imports and loading are not counted.
    """
    import imageio.v2 as imageio
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(places.weights() / "pose_landmark_full.tflite"))
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]["index"]
    landmarks = next(d["index"] for d in interpreter.get_output_details() if tuple(d["shape"]) == (1, 195))

    def run(count: int) -> int:
        with imageio.get_reader(path, "ffmpeg") as reader:
            frames = list(itertools.islice(reader, count))
        box = np.array([0.0, 0.0, 1.0, 1.0])
        for frame in frames:
            picture = tf.expand_dims(frame, axis=0)
            patch = tf.image.crop_and_resize(picture, [box], box_indices=[0], crop_size=[256, 256])
            interpreter.set_tensor(entry, tf.cast(patch, tf.float32).numpy() / 255)
            interpreter.invoke()
            points = interpreter.get_tensor(landmarks).reshape(39, 5)[:, 1::-1] / 256
            points = box[:2] + points * (box[2:] - box[:2])
            centre, reach = points[33], 1.25 * np.abs(points[34] - points[33]).max()
            box = np.concatenate([centre - reach, centre + reach]) if reach > 0.1 else np.array([0.0, 0.0, 1.0, 1.0])
        return len(frames)

    run(2)
    return _timed(lambda: run(TUTORIAL_FRAMES))


def _memory(path: Path) -> tuple[float, float]:
    """Peak memory of this process in MB after extraction; and whether TensorFlow was loaded (1 or 0)."""
    extraction.detect(video.open_clip(path), extraction.Extraction(every=1), progress=False)
    return _peak_mb(), float("tensorflow" in sys.modules)


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # Linux's own ru_maxrss begins with the peak of the process that started this one
        return (
            int(next(line for line in status.read_text().split("\n") if line.startswith("VmHWM")).split()[1]) * 1.024e-3
        )
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return float(psutil.Process().memory_info().peak_wset) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        found = {"tutorial": _tutorial, "memory": _memory}[sys.argv[1]](Path(sys.argv[2]))
        print(*found)
    else:
        print(measure())
