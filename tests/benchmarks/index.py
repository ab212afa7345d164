"""The cohort's page over 10,000 runs: reading and writing it, opening it in a real Chromium, sorting, searching.

The reports folder is made up by code, with metrics, settings and remarks as real runs have them, but no videos.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from tests import report_folders
from tests.browser import lab as labs

from kinebench import catalogue, report
from kinebench.report import index

RUNS = 10_000
SORTS = ("participant", "date", "group", "remarks", "measured", "seconds")
# The time, from the start of the navigation, at which the first rows stand on the screen.
FIRST_ROWS = """
new MutationObserver((_, observer) => {
    if (!document.querySelector("#rows .run")) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => { globalThis.firstRows = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
"""
# A click, or a letter typed, until the frame with the new rows has been drawn.
CHANGED = """
async ([selector, words]) => {
    const control = document.querySelector(selector);
    const begun = performance.now();
    if (words === null) control.click();
    else { control.value = words; control.dispatchEvent(new Event("input")); }
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return (performance.now() - begun) / 1000;
}
"""


def measure(runs: int = RUNS, repeats: int = 5) -> dict[str, Any]:
    """Seconds: read_s and write_s of the folder; open_s (median), sort_s and search_s (the slowest of several)."""
    executable = report.find_chromium()
    if executable is None:
        raise SystemExit("needs a Chromium, Chrome or Edge on this computer")
    with tempfile.TemporaryDirectory(prefix="kinebench-index-") as place, labs.chromium(executable) as context:
        reports = Path(place) / "reports"
        report_folders.batch(reports, *report_folders.cohort(reports, runs))
        begun = time.perf_counter()
        catalogue.read(reports)
        read = time.perf_counter()
        path = index.write(reports)
        measured = {"runs": runs, "read_s": read - begun, "write_s": time.perf_counter() - read}
        measured["page_mb"] = path.stat().st_size / 1e6
        return measured | _in_browser(context, path, repeats)


def _in_browser(context: Any, path: Path, repeats: int) -> dict[str, float]:
    opened, page = [], None
    for _ in range(repeats):
        if page is not None:
            page.close()
        page = context.new_page()
        page.add_init_script(FIRST_ROWS)
        page.goto(path.as_uri())
        page.wait_for_function("globalThis.firstRows !== undefined")
        opened.append(page.evaluate("globalThis.firstRows") / 1000)
    sorts = [page.evaluate(CHANGED, [f"[data-sort={name}]", None]) for name in SORTS for _ in range(2)]
    searches = [page.evaluate(CHANGED, ["#search", words]) for words in ("p", "p0", "p01 w", "movements rowing", "")]
    return {"open_s": statistics.median(opened), "sort_s": max(sorts), "search_s": max(searches)}
