"""Takes the pictures of the workbench that the README shows: `python -m tests.browser.pictures`."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.browser import lab as labs

from kinebench import places, report

CELL = """from kinebench.widgets import Workbench

Workbench("chair.mp4", task="sit-to-stand", who="anna")"""


def main() -> None:
    """All pictures, into reports/examples."""
    folder = places.ROOT / "reports" / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    executable = report.find_chromium()
    if executable is None:
        raise SystemExit("needs a Chromium, Chrome or Edge on this computer")
    with tempfile.TemporaryDirectory(prefix="kinebench-pictures-") as place, labs.chromium(executable) as context:
        home = Path(place)
        (home / "cache").mkdir()
        (home / "cache" / "hint-seen").touch()
        (home / "cache" / "keypoints").symlink_to(places.detections())
        (home / "cache" / "weights").symlink_to(places.weights())
        given = {f"KINEBENCH_{name}": str(home / name.lower()) for name in ("DATA", "CACHE", "HOME")}
        lab = labs.Lab(home / "lab", **given)
        try:
            _take(lab, context, folder, home / "data" / "params")
        finally:
            lab.close()


def _take(lab: labs.Lab, context: Any, folder: Path, params: Path) -> None:
    shutil.copy(places.SAMPLES / "sit_to_stand.mp4", lab.notebooks / "chair.mp4")
    name = lab.write("workbench.ipynb", CELL)
    for theme, ending in (("JupyterLab Light", "light"), ("JupyterLab Dark", "dark")):
        page = labs.opened(context, lab, name, theme=theme)
        page.locator("[data-metric]").first.wait_for(state="attached")
        page.wait_for_timeout(2500)
        page.locator("canvas.kb-frame").focus()
        for _ in range(14):
            page.keyboard.press("Shift+ArrowRight")
        page.wait_for_timeout(800)
        page.screenshot(path=folder / f"workbench-{ending}.png")
        if ending == "light":
            _panels(page, folder)
            shutil.rmtree(params)
        page.close()
        lab.end_kernels()


def _panels(page: Any, folder: Path) -> None:
    """Repair with some edits in it, and metrics that changed since they were saved."""
    page.get_by_role("tab", name="Repair", exact=True).click()
    page.get_by_role("button", name="Drag points and boundaries").click()
    page.locator("select", has_text="Repetition").first.select_option(index=3)
    page.get_by_placeholder("why it does not count").fill("held on to the chair")
    page.get_by_role("button", name="Reject", exact=True).click()
    page.wait_for_timeout(1200)
    page.screenshot(path=folder / "workbench-repair.png")
    page.get_by_role("tab", name="Metrics", exact=True).click()
    page.wait_for_timeout(500)
    page.screenshot(path=folder / "workbench-metrics.png")


if __name__ == "__main__":
    main()
