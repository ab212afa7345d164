"""What the browser tests stand on: a widget that is seen is seen, a frame's number is that frame's, all ends."""

import time

import cv2
import numpy as np
import psutil
import pytest
from tests import clips
from tests.browser import lab as labs

from kinebench import video

SLIDER = """
from pathlib import Path
from ipywidgets import IntSlider
slider = IntSlider(value=5, description="reps")
slider.observe(lambda change: Path("value.txt").write_text(str(change["new"])), "value")
slider
"""
CANVAS = '''
import anywidget
class Square(anywidget.AnyWidget):
    _esm = """
    export default { render({ el }) {
        const canvas = document.createElement("canvas");
        canvas.className = "harness-square";
        canvas.width = canvas.height = 100;
        const pen = canvas.getContext("2d");
        pen.fillStyle = "rgb(213, 94, 0)";
        pen.fillRect(0, 0, 50, 100);
        pen.fillStyle = "rgb(0, 114, 178)";
        pen.fillRect(50, 0, 50, 100);
        el.append(canvas);
    } };
    """
Square()
'''
WHO = "import os; from pathlib import Path; Path('pid.txt').write_text(str(os.getpid()))"


def until(test, what, seconds=labs.ANSWERS_WITHIN_S):
    """What `test()` gives as soon as that is something."""
    end = time.monotonic() + seconds
    while not (found := test()):
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.05)
    return found


def written(path):
    return path.read_text() if path.exists() else ""


# JupyterLab and browser


def test_a_slider_is_shown_and_its_value_reaches_the_kernel(context, lab):
    value = lab.notebooks / "value.txt"
    value.unlink(missing_ok=True)
    page = labs.opened(context, lab, lab.write("slider.ipynb", SLIDER))
    handle = page.locator(".widget-hslider", has_text="reps").locator(".noUi-handle")
    handle.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    # Written by the kernel: what the page shows would be no proof of it.
    until(lambda: written(value) == "8", "the kernel has the slider's value")


def test_what_a_widget_draws_on_a_canvas_is_seen(context, lab):
    page = labs.opened(context, lab, lab.write("canvas.ipynb", CANVAS))
    canvas = page.locator("canvas.harness-square")
    canvas.wait_for()
    # The page as it is shown, not what the canvas says that it holds.
    shown = cv2.imdecode(np.frombuffer(canvas.screenshot(), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    height, width = shown.shape[:2]
    np.testing.assert_allclose(shown[height // 2, width // 4], (213, 94, 0), atol=3)
    np.testing.assert_allclose(shown[height // 2, 3 * width // 4], (0, 114, 178), atol=3)


def test_a_notebook_is_opened_dark_without_side_bar_and_not_run_where_so_asked(context, lab):
    name = lab.write("dark.ipynb", "print('was' + ' run')")
    page = labs.opened(context, lab, name, theme="JupyterLab Dark", run=False)
    colour = page.evaluate("() => getComputedStyle(document.body).getPropertyValue('--jp-layout-color0')")
    assert colour.strip() in ("#111111", "#111")
    assert not page.locator("#jp-left-stack").is_visible()
    page.wait_for_timeout(1000)
    assert page.get_by_text("was run", exact=True).count() == 0


def test_a_saved_notebook_holds_its_output_and_a_restart_begins_anew(context, lab):
    seen = lab.notebooks / "pid.txt"
    seen.unlink(missing_ok=True)
    name = lab.write("again.ipynb", WHO, "print('was' + ' run')")
    page = labs.opened(context, lab, name)
    page.get_by_text("was run", exact=True).wait_for()
    labs.saved(page)
    assert "was run\\n" in (lab.notebooks / name).read_text(encoding="utf-8")
    first = written(seen)
    labs.restart(page)
    until(lambda: written(seen) not in ("", first), "another process runs the cells")


@pytest.mark.parametrize("hears", [True, False])
def test_closing_ends_the_server_and_every_kernel(context, tmp_path, monkeypatch, hears):
    own = labs.Lab(tmp_path / "lab")
    try:
        labs.opened(context, own, own.write("who.ipynb", WHO))
        kernel = int(until(lambda: written(own.notebooks / "pid.txt"), "the kernel says who it is"))
        server = psutil.Process(kernel).ppid()
        assert server == own.pid
        if not hears:
            # As on a machine too slow for it to end its kernels in time.
            monkeypatch.setattr(labs, "ENDS_WITHIN_S", 1)
            psutil.Process(server).suspend()
    finally:
        own.close()
    assert not running(kernel)
    assert not running(server)


def running(pid):
    """Whether the process runs; one that ended and waits to be asked for its exit code does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# Clips whose frames carry their number


@pytest.mark.parametrize("uneven", [False, True])
def test_a_frames_number_survives_halving_and_jpeg(tmp_path, uneven):
    path = clips.bar_coded(tmp_path / "coded.mp4", frames=300, uneven=uneven)
    clip = video.open_clip(path)
    assert len(clip) == 300
    assert [clips.bar_code(as_sent(frame.rgb())) for frame in video.frames(clip)] == list(range(300))
    steps = np.diff(clip.times_s)
    assert steps.min() > 0
    assert (np.ptp(steps) > 0.01) == uneven


def as_sent(rgb):
    """A frame at half its size, as JPEG of quality 80 leaves it."""
    half = cv2.resize(rgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    packed = cv2.imencode(".jpg", half[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1]


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_without_bar_code_has_no_number(level):
    with pytest.raises(ValueError, match="no bar code"):
        clips.bar_code(np.full((540, 960, 3), level, np.uint8))
