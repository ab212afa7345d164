"""The workbench as a person uses it: JupyterLab started for real, a real browser, real clips."""

import base64
import io
import json
import re
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml
from PIL import Image
from tests import clips
from tests.browser import lab as labs

from kinebench import places

OPEN = """
from kinebench.widgets import Workbench
shown = Workbench({path!r}, task="sit-to-stand", who="anna")
shown
"""


@pytest.fixture(scope="module", name="chair")
def _chair(home):
    """The sample clip as a user's own, its person found before."""
    path = home / "data" / "raw" / "chair.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(places.SAMPLES / "sit_to_stand.mp4", path)
    code = (
        "import sys; from kinebench import extraction, video\n"
        "extraction.detect(video.open_clip(sys.argv[1]), extraction.Extraction(), progress=False)"
    )
    environment = {"KINEBENCH_CACHE": str(home / "cache")}
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, env=_environment(environment), timeout=300)
    return path


@pytest.fixture(scope="module", name="coded")
def _coded(home):
    """A clip of uneven timing whose frames carry their number."""
    return clips.bar_coded(home / "data" / "raw" / "coded.mp4", frames=300, size=(1280, 720), uneven=True)


@pytest.fixture(autouse=True)
def _forget(home):
    """No parameters of the test before."""
    yield
    shutil.rmtree(home / "data" / "params", ignore_errors=True)


def _environment(more):
    import os

    return os.environ | more


class Bench:
    """One workbench on a page, by what a person sees of it."""

    def __init__(self, page, number=0):
        self.page = page
        self.view = page.locator(".kb-view").nth(number)
        self.canvas = self.view.locator("canvas.kb-frame")
        self.signals = page.locator(".kb-signal-view").nth(number)
        self.whole = page.locator(".kb-workbench").nth(number)
        self.view.locator("xpath=self::*[@data-drawn]").wait_for()

    @property
    def drawn(self):
        return int(self.view.get_attribute("data-drawn"))

    def at(self, frame):
        """Wait until that frame is drawn."""
        self.view.locator(f"xpath=self::*[@data-drawn='{frame}']").wait_for()

    def picture(self):
        data = self.canvas.evaluate("canvas => canvas.toDataURL('image/png')")
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGB"))

    def stands_for(self, milliseconds):
        """Whether no other frame is drawn in that time."""
        before = self.drawn
        self.page.wait_for_timeout(milliseconds)
        return self.drawn == before

    def press(self, key):
        self.canvas.focus()
        self.page.keyboard.press(key)

    def measured(self):
        """Wait until the metrics are there; each as it is shown."""
        self.whole.locator("[data-metric]").first.wait_for(state="attached")
        rows = self.whole.locator("[data-metric]").evaluate_all(
            "rows => rows.map(row => [row.dataset.metric, row.children[1].textContent, row.children[2].textContent])"
        )
        return {name: (value, change) for name, value, change in rows}

    def tab(self, name):
        self.whole.get_by_role("tab", name=name, exact=True).click()

    def button(self, name):
        self.whole.get_by_role("button", name=name, exact=True).click()

    def until(self, test, what, seconds=labs.ANSWERS_WITHIN_S):
        """Wait until `test()` holds."""
        end = time.monotonic() + seconds
        while not test():
            assert time.monotonic() < end, f"waited in vain until {what}; the page says: {self.text()[-1500:]}"
            self.page.wait_for_timeout(50)

    def text(self):
        return self.whole.inner_text()

    def joint(self, name):
        """Where a joint is drawn, in the page's pixels."""
        place = self.view.evaluate(
            """(root, name) => {
                const { overlay, drawn } = root.kinebench;
                const at = 2 * (drawn * overlay.joints.length + overlay.joints.indexOf(name));
                const canvas = root.querySelector("canvas");
                const box = canvas.getBoundingClientRect();
                const scale = box.width / WIDTH;
                return [0, 1].map((axis) => [box.left, box.top][axis] + (overlay.smoothed[at + axis] + 0.5) * scale);
            }""".replace("WIDTH", "854"),
            name,
        )
        return tuple(place)


@pytest.fixture(name="opened")
def _opened(context, lab, chair):
    """A workbench on the sample clip, measured."""
    bench = Bench(labs.opened(context, lab, lab.write("bench.ipynb", OPEN.format(path=str(chair)))))
    bench.measured()
    return bench


@pytest.fixture(name="scrubbed")
def _scrubbed(context, lab, coded):
    """A workbench on the clip whose frames carry their number; nobody has been looked for in it."""
    return Bench(labs.opened(context, lab, lab.write("coded.ipynb", OPEN.format(path=str(coded)))))


# Moving through the clip


def test_keys_show_the_frame_that_they_say(scrubbed):
    expected = 0
    for key, step in (("ArrowRight", 1), ("Shift+ArrowRight", 10), ("ArrowLeft", -1), ("Shift+ArrowRight", 10)):
        scrubbed.press(key)
        expected += step
        scrubbed.at(expected)
        assert clips.bar_code(scrubbed.picture()) == expected
    scrubbed.press("End")
    scrubbed.at(299)
    assert clips.bar_code(scrubbed.picture()) == 299
    assert "frame 299" in scrubbed.view.inner_text()
    scrubbed.press("Home")
    scrubbed.at(0)
    assert clips.bar_code(scrubbed.picture()) == 0


def test_the_first_picture_is_there_while_the_kernel_is_busy(context, lab, coded):
    code = OPEN.format(path=str(coded)).replace("\nshown\n", "\nimport time\ndisplay(shown)\ntime.sleep(600)\n")
    bench = Bench(labs.opened(context, lab, lab.write("busy.ipynb", code)))
    assert clips.bar_code(bench.picture()) == bench.drawn == 0
    busy = "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"
    assert bench.page.evaluate(busy) == "busy"


def test_dragging_the_slider_shows_every_frame_that_it_says(scrubbed):
    slider = scrubbed.view.get_by_role("slider", name="Frame")
    box = slider.bounding_box()
    scrubbed.page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    scrubbed.page.mouse.down()
    seen = set()
    for share in np.linspace(0.05, 0.95, 12):
        scrubbed.page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        scrubbed.page.wait_for_timeout(250)
        wanted = int(slider.input_value())
        scrubbed.at(wanted)
        assert clips.bar_code(scrubbed.picture()) == wanted
        seen.add(wanted)
    scrubbed.page.mouse.up()
    assert len(seen) == 12


def test_the_time_shown_is_the_frames_own_however_uneven(scrubbed, coded):
    from kinebench import video

    clip = video.open_clip(coded)
    scrubbed.press("End")
    scrubbed.at(299)
    assert f"{clip.times_s[299]:.3f} s" in scrubbed.view.inner_text()


def test_space_plays_and_pauses(scrubbed):
    scrubbed.press("Space")
    scrubbed.until(lambda: scrubbed.drawn > 10, "the clip plays")
    scrubbed.press("Space")
    # A picture that was asked for before may still come.
    scrubbed.until(lambda: scrubbed.stands_for(200), "the clip stands")
    stopped = scrubbed.drawn
    assert stopped < 299, "it only ended"
    assert scrubbed.stands_for(800)
    assert clips.bar_code(scrubbed.picture()) == stopped


def test_zoomed_or_not_every_control_has_a_name_and_is_reached_by_keyboard(opened):
    unnamed = opened.whole.evaluate(
        """root => [...root.querySelectorAll("button, input, select, canvas, [role=tab]")].filter(one => {
            if (!one.offsetParent) return false;
            const label = one.getAttribute("aria-label") || one.title || one.textContent.trim() || one.placeholder
                || (one.id && root.querySelector(`label[for="${one.id}"]`)?.textContent)
                || one.closest(".jupyter-widgets")?.querySelector(".widget-label, .widget-label-basic")?.textContent
                || one.closest("label")?.textContent;
            return !label?.trim();
        }).map(one => one.outerHTML.slice(0, 160))"""
    )
    assert unnamed == []
    assert opened.canvas.get_attribute("tabindex") == "0"


# The signals


def test_a_click_in_the_signals_goes_to_that_frame(opened):
    box = opened.signals.locator("canvas").bounding_box()
    opened.page.mouse.click(box["x"] + 58 + (box["width"] - 66) * 0.5, box["y"] + box["height"] / 2)
    opened.until(lambda: abs(opened.drawn - 283) <= 2, "the frame in the middle of 567 is drawn")
    assert int(opened.signals.get_attribute("data-cursor")) == opened.drawn


def test_moving_through_the_frames_moves_the_cursor(opened):
    opened.press("Shift+ArrowRight")
    opened.at(10)
    opened.until(lambda: opened.signals.get_attribute("data-cursor") == "10", "the cursor follows")


# Tuning


def test_a_smoothing_slider_changes_picture_metrics_and_state_at_once(opened):
    before = opened.measured()
    opened.press("PageDown")
    opened.until(lambda: opened.drawn > 0, "the first repetition is shown")
    tune(opened, "ArrowLeft", 20)
    opened.until(
        lambda: opened.measured()["peak_trunk_lean_deg"][0] != before["peak_trunk_lean_deg"][0], "metrics change"
    )
    assert opened.measured()["peak_trunk_lean_deg"][1].strip() not in ("–", "")
    assert "unsaved changes" in opened.text()


def tune(bench, key, times):
    """Move the cutoff's slider by the keyboard."""
    bench.tab("Smoothing")
    handle = bench.whole.locator(".widget-hslider", has_text="cutoff (Hz)").locator(".noUi-handle")
    handle.focus()
    for _ in range(times):
        bench.page.keyboard.press(key)
    return float(bench.whole.locator(".widget-hslider", has_text="cutoff (Hz)").locator(".widget-readout").inner_text())


def test_saved_in_the_same_breath_as_a_slider_moves_is_where_the_slider_stands(opened, home):
    """The browser holds a slider's values back while the last one is worked on; a click it sends at once."""
    opened.tab("Save & run")
    stands = tune(opened, "ArrowLeft", 25)
    # Not by the mouse: nobody can be so quick, but a machine with much to do is as slow.
    opened.whole.get_by_role("button", name="Save", exact=True, include_hidden=True).evaluate(
        "button => button.click()"
    )
    opened.until(lambda: "· saved." in opened.text(), "it is saved")
    (path,) = (home / "data" / "params").glob("chair*.yaml")
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["cutoff_hz"] == stands


def test_a_suggestion_says_why(opened):
    opened.tab("Smoothing")
    opened.button("Suggest")
    opened.until(lambda: "chosen by residual analysis" in opened.text(), "the reason is told")


def test_two_settings_stand_side_by_side(opened):
    opened.tab("Smoothing")
    opened.button("Compare from here")
    tune(opened, "ArrowLeft", 15)
    opened.tab("Metrics")

    def values():
        cells = opened.whole.locator("[data-metric=peak_trunk_lean_deg] td").all_inner_texts()
        return [cells[1], cells[3]] if len(cells) == 4 else []

    opened.until(lambda: len(set(values())) == 2, "the table shows both")


# Repair


def drag(bench, start, end):
    bench.page.mouse.move(*start)
    bench.page.mouse.down()
    bench.page.mouse.move(*((a + b) / 2 for a, b in zip(start, end, strict=True)))
    bench.page.mouse.move(*end)
    bench.page.mouse.up()


def repairing(bench):
    bench.tab("Repair")
    bench.button("Drag points and boundaries")
    bench.view.locator("xpath=self::*[@data-mode='drag']").wait_for()


def test_a_dragged_keypoint_is_an_edit_that_undo_takes_back(opened, home):
    repairing(opened)
    x, y = opened.joint("left_knee")
    drag(opened, (x, y), (x + 40, y - 30))
    opened.until(lambda: "1 edit by hand: 1 keypoint moved" in opened.text(), "the edit is listed")
    drafts = home / "data" / "params"
    opened.until(lambda: any(drafts.glob(".chair-*.draft.yaml")), "the draft is written")
    (kept,) = drafts.glob(".chair-*.draft.yaml")
    draft = yaml.safe_load(kept.read_text(encoding="utf-8"))
    (entry,) = draft["edits"]
    assert (entry["what"], entry["of"], entry["who"]) == ("keypoint moved", "left_knee", "anna")
    moved = np.subtract(entry["new"], entry["old"])
    scale = 854 / opened.canvas.bounding_box()["width"]
    # From the smoothed place to where it was let go; the raw place differs from it by the noise.
    assert np.linalg.norm(moved - np.array([40, -30]) * scale) < 6
    opened.press("Control+z")
    opened.until(lambda: "no edits by hand" in opened.text(), "the edit is gone")
    opened.press("Control+Shift+z")
    opened.until(lambda: "1 edit by hand" in opened.text(), "it is there again")


def test_without_repair_nothing_can_be_dragged(opened):
    x, y = opened.joint("left_knee")
    drag(opened, (x, y), (x + 40, y - 30))
    opened.tab("Repair")
    assert "no edits by hand" in opened.text()


def mark(bench, first, last):
    """Mark a stretch in the signals, as shares of the clip."""
    box = bench.signals.locator("canvas").bounding_box()
    places = [(box["x"] + 58 + share * (box["width"] - 66), box["y"] + box["height"] / 2) for share in (first, last)]
    drag(bench, *places)


def test_a_stretch_marked_in_the_signals_is_swapped_and_marked_unusable(opened):
    opened.tab("Repair")
    mark(opened, 0.30, 0.33)
    opened.button("Swap left and right")
    opened.until(lambda: "1 stretch with sides swapped" in opened.text(), "the swap is listed")
    opened.button("Mark unusable")
    opened.until(lambda: "2 edits by hand" in opened.text(), "the stretch is listed")
    opened.button("Undo")
    opened.until(lambda: "1 edit by hand" in opened.text(), "undone")


def test_a_boundary_is_dragged_in_the_signals(opened):
    repairing(opened)
    box = opened.signals.locator("canvas").bounding_box()
    start = start_of_second(opened)
    x = box["x"] + 58 + start / 18.87 * (box["width"] - 66)
    drag(opened, (x, box["y"] + 60), (x - 12, box["y"] + 60))
    opened.until(lambda: "1 boundary moved" in opened.text(), "the boundary is listed")


def start_of_second(bench):
    """When the second repetition starts, as the list of repetitions says."""
    found = []

    def listed():
        said = "\n".join(bench.whole.locator("select option").all_text_contents())
        found.extend(re.findall(r"Repetition\s2,\s([\d.]+)\sto", said))
        return found

    bench.until(listed, "the second repetition is listed")
    return float(found[0])


def test_a_repetition_is_rejected_only_with_a_reason(opened):
    opened.tab("Repair")
    opened.button("Reject")
    opened.until(lambda: "Say why it does not count" in opened.text(), "a reason is asked for")
    opened.whole.get_by_placeholder("why it does not count").fill("held on to the chair")
    opened.button("Reject")
    opened.until(lambda: opened.measured()["repetitions"][0] == "4", "it does not count any more")


# Keeping


def test_saved_reloaded_restarted_and_run_everything_is_still_there(opened, home, chair, lab):
    page = opened.page
    tune(opened, "ArrowLeft", 10)
    opened.tab("Repair")
    opened.whole.get_by_placeholder("why it does not count").fill("held on to the chair")
    opened.button("Reject")
    opened.until(lambda: opened.measured()["repetitions"][0] == "4", "it does not count any more")
    opened.tab("Save & run")
    opened.button("Save")
    opened.until(lambda: "Saved: every run" in opened.text(), "it is saved")
    opened.until(lambda: "· saved." in opened.text(), "nothing is on its way any more")
    shown = {name: value for name, (value, _) in opened.measured().items()}
    labs.saved(page)
    assert (lab.notebooks / "bench.ipynb").stat().st_size < 50_000

    page.reload()
    labs.ready(page)
    again = Bench(page)
    assert {name: value for name, (value, _) in again.measured().items()} == shown

    labs.restart(page)
    page.wait_for_timeout(500)
    again.until(lambda: "· saved." in again.text(), "what was saved is taken over")
    again = Bench(page)
    assert {name: value for name, (value, _) in again.measured().items()} == shown

    # The same run as the command line's gives exactly what is shown.
    out = home / "out"
    environment = {"KINEBENCH_DATA": str(home / "data"), "KINEBENCH_CACHE": str(home / "cache")}
    command = [sys.executable, "-m", "kinebench", "run", str(chair), "--task", "sit-to-stand", "--out", str(out)]
    subprocess.run(command, check=True, env=_environment(environment), capture_output=True, timeout=300)
    from kinebench import words

    metrics = json.loads((out / "metrics.json").read_text())["metrics"]
    assert {name: words.measured(one["value"], one["unit"]) for name, one in metrics.items()} == shown


def test_run_shows_its_progress_and_ends_with_a_link_to_the_report(opened):
    opened.tab("Save & run")
    opened.button("Save and run")
    opened.until(lambda: "The run is finished" in opened.text(), "it is finished", 120)
    opened.whole.get_by_role("link", name="report.html").wait_for()


def test_what_was_not_saved_outlives_the_kernel(opened):
    opened.tab("Repair")
    opened.whole.get_by_placeholder("why it does not count").fill("held on to the chair")
    opened.button("Reject")
    opened.until(lambda: opened.measured()["repetitions"][0] == "4", "it does not count any more")
    labs.restart(opened.page)
    opened.until(lambda: "was restored" in opened.text(), "the edit is there again")
    assert Bench(opened.page).measured()["repetitions"][0] == "4"


def test_two_workbenches_in_one_notebook_do_not_disturb_each_other(context, lab, chair, coded):
    cells = [OPEN.format(path=str(path)).replace("shown", name) for path, name in ((chair, "one"), (coded, "two"))]
    page = labs.opened(context, lab, lab.write("two.ipynb", *cells))
    first, second = Bench(page, 0), Bench(page, 1)
    second.press("Shift+ArrowRight")
    second.at(10)
    assert first.drawn == 0
    assert clips.bar_code(second.picture()) == 10
    first.press("ArrowRight")
    first.at(1)
    assert second.drawn == 10


# What goes wrong


def test_a_clip_that_is_gone_is_told_in_one_line_and_no_edit_is_lost(opened, chair):
    opened.tab("Repair")
    opened.whole.get_by_placeholder("why it does not count").fill("held on to the chair")
    opened.button("Reject")
    opened.until(lambda: opened.measured()["repetitions"][0] == "4", "it does not count any more")
    away = chair.with_suffix(".away")
    chair.rename(away)
    try:
        opened.tab("Save & run")
        opened.button("Save and run")
        opened.until(lambda: "chair.mp4 is no longer there" in opened.text(), "it is told")
        opened.tab("Repair")
        assert "1 edit by hand" in opened.text()
    finally:
        away.rename(chair)


def test_a_parameter_file_edited_into_nonsense_is_told_and_kept(context, lab, chair, home):
    path = home / "data" / "params" / "chair.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("cutoff_hz: [fast\n")
    bench = Bench(labs.opened(context, lab, lab.write("bench.ipynb", OPEN.format(path=str(chair)))))
    bench.measured()
    assert "chair.yaml was not taken over" in bench.text()
    bench.tab("Save & run")
    bench.button("Save")
    bench.until(lambda: "was changed on disk" in bench.text(), "it is not written over without a word")
    assert path.read_text() == "cutoff_hz: [fast\n"
    bench.button("Save")
    bench.until(lambda: "Saved: every run" in bench.text(), "pressed again it is")
    assert path.with_name("chair.yaml.bak").read_text() == "cutoff_hz: [fast\n"


def test_a_clip_in_which_nobody_was_looked_for_offers_it_and_can_be_stopped(scrubbed):
    scrubbed.button("Find the person")
    scrubbed.button("Stop")
    scrubbed.until(lambda: "Stopped, and nothing was kept" in scrubbed.text(), "it is told")
    scrubbed.press("ArrowRight")
    scrubbed.at(1)


def test_the_chooser_lists_the_clips_and_opens_one(context, lab, chair, coded):
    page = labs.opened(
        context, lab, lab.write("chooser.ipynb", "from kinebench.widgets import Chooser\nchooser = Chooser()\nchooser")
    )
    page.get_by_text("chair.mp4").first.wait_for(state="attached")
    page.wait_for_function("() => document.body.innerText.match(/chair.mp4.*extracted/)")
    page.locator("select", has_text="chair.mp4").select_option(index=0)
    page.get_by_role("button", name="Open", exact=True).click()
    assert Bench(page).measured()["repetitions"][0] == "5"
