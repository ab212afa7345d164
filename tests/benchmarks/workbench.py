"""The workbench in a real browser: how fast it shows frames, jumps, redraws and opens, and what memory it takes.

Two clips: one of 10 minutes at 1080p with key frames 250 frames apart and a number in every frame, shown at 960x540;
one of a minute at 60 frames a second, whose person was found before.
"""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from tests import clips
from tests.browser import lab as labs

from kinebench import places, report

LONG_FRAMES, LONG_RATE = 18_000, 30
SCRUBBED_S = 6.0
SHOWN_HEIGHT = 540
OPEN = """
from kinebench.widgets import Workbench
shown = Workbench({path!r}, task="sit-to-stand", who="bench")
shown.frame.layout.width = "960px"
shown
"""
# What a person's hand does, as fast as the screen: each picture frame of the browser asks for the next of the clip.
SCRUB = """
async ([first, last, seconds]) => {
    const root = document.querySelector(".kb-view");
    const slider = root.querySelector("input[type=range]");
    const state = root.kinebench;
    state.draws.length = 0;
    const begun = performance.now();
    let at = first;
    await new Promise((done) => {
        const step = (now) => {
            if (now - begun > 1000 * seconds || at >= last) return done();
            if (Number(root.dataset.drawn) >= at - 3 || at === first) at += 1;
            slider.value = String(at);
            slider.dispatchEvent(new Event("input"));
            requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
    });
    return { draws: [...state.draws], seconds: (performance.now() - begun) / 1000 };
}
"""
JUMP = """
async (target) => {
    const root = document.querySelector(".kb-view");
    const slider = root.querySelector("input[type=range]");
    const begun = performance.now();
    slider.value = String(target);
    slider.dispatchEvent(new Event("input"));
    while (Number(root.dataset.drawn) !== target) await new Promise(requestAnimationFrame);
    return (performance.now() - begun) / 1000;
}
"""
# From the slider's own message to the kernel until both canvases have been drawn with what came back. Between two moves
# the workbench comes to rest: half a second later it draws the spectrum.
TUNE = """
async (steps) => {
    const handle = [...document.querySelectorAll(".widget-hslider")]
        .find((one) => one.textContent.includes("cutoff (Hz)")).querySelector(".noUi-handle");
    const frame = document.querySelector(".kb-view").kinebench;
    const signals = document.querySelector(".kb-signal-view").kinebench;
    const found = [];
    for (let i = 0; i < steps; i++) {
        const [tuned, painted] = [frame.tuned, signals.painted];
        const begun = performance.now();
        const key = i % 8 < 4 ? "ArrowLeft" : "ArrowRight";
        handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        while (frame.tuned === tuned || signals.painted === painted) await new Promise((next) => setTimeout(next, 30));
        found.push((Math.max(frame.tuned, signals.painted) - begun) / 1000);
        await new Promise((next) => setTimeout(next, 1500));
    }
    return found;
}
"""


def measure() -> dict[str, Any]:
    """Every figure of the workbench, seconds, frames a second and MB."""
    executable = report.find_chromium()
    if executable is None:
        raise RuntimeError("The workbench's benchmark needs a Chromium, Chrome or Edge on this computer.")
    with _place() as home, labs.chromium(executable, (1600, 1000)) as context:
        long_clip = _long(home / "long.mp4")
        lab = labs.Lab(
            home / "lab", **{f"KINEBENCH_{name}": str(home / name.lower()) for name in ("DATA", "CACHE", "HOME")}
        )
        try:
            found = _frames(context, lab, long_clip) | _tuning(context, lab, home)
        finally:
            lab.close()
    return found


@contextlib.contextmanager
def _place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kinebench-bench-") as folder:
        home = Path(folder)
        (home / "cache").mkdir()
        (home / "home").mkdir()
        (home / "cache" / "hint-seen").touch()
        (home / "cache" / "weights").symlink_to(places.weights())
        yield home


def _long(path: Path) -> Path:
    """Ten minutes: twenty seconds encoded, then repeated without encoding again."""
    import av

    piece = clips.bar_coded(path.with_name("piece.mp4"), frames=600, gop=250, rate=LONG_RATE)
    with av.open(str(piece)) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        packets = [packet for packet in source.demux(stream) if packet.dts is not None]
        length = sum(packet.duration for packet in packets)
        shifted = 0
        for _ in range(LONG_FRAMES // len(packets)):
            for packet in packets:
                kept = (packet.pts, packet.dts)
                packet.pts, packet.dts = kept[0] + shifted, kept[1] + shifted
                packet.stream = copy
                target.mux(packet)
            shifted += length
            source.seek(0, stream=stream)
            packets = [packet for packet in source.demux(stream) if packet.dts is not None]
    return path


def _minute(path: Path) -> None:
    """A minute at 60 frames a second: the sample clip at two thirds of its speed, forwards and backwards."""
    import av

    with av.open(str(places.SAMPLES / "sit_to_stand.mp4")) as source:
        pictures = list(source.decode(video=0))
    order = [place for place in range(len(pictures)) for _ in range(3)]
    order = (order + order[::-1])[:3600] if len(order) < 3600 else order[:3600]
    order += order[: 3600 - len(order)]
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=60, options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 60)
        for place, which in enumerate(order):
            picture = pictures[which].reformat(1920, 1080, "yuv420p")
            picture.pts, picture.time_base = place, Fraction(1, 60)
            picture.pict_type = 0
            target.mux(stream.encode(picture))
        target.mux(stream.encode(None))


def _frames(context: Any, lab: labs.Lab, clip: Path) -> dict[str, Any]:
    page = _opened(context, lab, clip)
    cold = page.evaluate(SCRUB, [0, 1200, SCRUBBED_S])
    jumps = [page.evaluate(JUMP, target) for target in (9_123, 4_040, 15_777, 2_749, 12_480, 6_666, 17_500)]
    page.evaluate(JUMP, 0)
    page.wait_for_timeout(1000)
    page.evaluate(SCRUB, [0, 600, 15.0])  # now they are in the browser
    page.evaluate(JUMP, 0)
    page.wait_for_timeout(500)
    warm = page.evaluate(SCRUB, [0, 600, SCRUBBED_S])
    for first in range(0, LONG_FRAMES - 1, 900):
        page.evaluate(SCRUB, [first, first + 890, 3.0])
    memory = _memory_mb(lab)
    labs.saved(page)
    size_kb = max(path.stat().st_size for path in lab.notebooks.glob("*.ipynb")) / 1000
    page.close()
    lab.end_kernels()
    gaps = np.diff(cold["draws"])
    return {
        "cold_frames_per_s": len(cold["draws"]) / cold["seconds"],
        "cold_gap_p95_s": float(np.percentile(gaps, 95)) / 1000,
        "warm_frames_per_s": len(warm["draws"]) / warm["seconds"],
        "jump_s": float(np.median(jumps)),
        "jump_worst_s": float(np.max(jumps)),
        "kernel_memory_mb": memory,
        "notebook_kb": size_kb,
    }


def _tuning(context: Any, lab: labs.Lab, home: Path) -> dict[str, Any]:
    clip = home / "minute.mp4"
    _minute(clip)
    page = _opened(context, lab, clip)
    page.get_by_role("button", name="Find the person").click()
    page.locator("[data-metric]").first.wait_for(state="attached", timeout=600_000)
    opened = []
    for _ in range(3):
        page.close()
        lab.end_kernels()
        page = labs.opened(context, lab, lab.write("minute.ipynb", OPEN.format(path=str(clip))), run=False)
        begun = time.monotonic()
        labs.command(page, "notebook:run-all-cells")
        page.wait_for_function("() => document.querySelector('.kb-view')?.dataset.drawn !== undefined", polling="raf")
        opened.append(time.monotonic() - begun)
        page.locator("[data-metric]").first.wait_for(state="attached", timeout=60_000)
    page.wait_for_timeout(5000)
    tuned = page.evaluate(TUNE, 12)
    return {"open_s": float(np.median(opened)), "tune_s": float(np.median(tuned)), "tune_worst_s": float(np.max(tuned))}


def _opened(context: Any, lab: labs.Lab, clip: Path) -> Any:
    page = labs.opened(context, lab, lab.write(f"{clip.stem}.ipynb", OPEN.format(path=str(clip))))
    page.wait_for_function("() => document.querySelector('.kb-view')?.dataset.drawn !== undefined")
    # Shown as large as it is sent.
    page.evaluate("() => document.querySelector('.kb-workbench').style.setProperty('--kb-height', '540px')")
    page.get_by_role("button", name="Find the person").wait_for(timeout=60_000)
    return page


def _memory_mb(lab: labs.Lab) -> float:
    """The kernel's largest resident memory so far."""
    import psutil

    kernels = [
        process
        for process in psutil.Process(lab.pid).children(recursive=True)
        if "ipykernel_launcher" in " ".join(process.cmdline())
    ]
    return max(_peak_mb(process.pid) for process in kernels)


def _peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("This system does not tell a process' peak memory.")


if __name__ == "__main__":
    print(measure())
