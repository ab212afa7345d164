"""The report on paper: its HTML printed as PDF by whatever Chromium this computer has."""

import os
import shutil
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kinebench.report.files import write_whole

VARIABLE = "KINEBENCH_CHROMIUM"
COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
    "brave-browser",
)
MAC_APPS = ("Google Chrome", "Chromium", "Microsoft Edge", "Brave Browser")
WINDOWS_PLACES = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Some of its own services ask for their makers' addresses all the same: no name is ever looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
PATIENCE_MS = 60_000


def find_chromium() -> Path | None:
    """The browser that prints: the one named by `KINEBENCH_CHROMIUM`, else any Chromium, Chrome or Edge; or None."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        found = shutil.which(named) if named else None
        return Path(found) if found else None
    for command in COMMANDS:
        found = shutil.which(command)
        if found:
            return Path(found)
    return next((path for path in _usual_places() if path.is_file()), None)


def _usual_places() -> list[Path]:
    if sys.platform == "darwin":
        homes = (Path("/Applications"), Path.home() / "Applications")
        return [home / f"{app}.app" / "Contents" / "MacOS" / app for app in MAC_APPS for home in homes]
    roots = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
    return [Path(root) / place for place in WINDOWS_PLACES for root in roots if root]


def to_pdf(page: str | Path, out: str | Path) -> bool:
    """Print a report's HTML as PDF (A4, tagged, text selectable); False where no browser could do it.

    Nothing is asked of any network: requests are refused and scripts are off.
    """
    browser = find_chromium()
    if browser is None:
        return False
    # Playwright's plain interface refuses to run where an event loop runs already, as in a notebook.
    with ThreadPoolExecutor(max_workers=1) as other:
        printed = other.submit(_printed, browser, Path(page).resolve()).result()
    if printed is None:
        return False
    write_whole(Path(out), printed)
    return True


def _printed(browser: Path, page: Path) -> bytes | None:
    from playwright.sync_api import Error, sync_playwright

    sandbox = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    try:
        with sync_playwright() as playwright:
            running = playwright.chromium.launch(executable_path=browser, args=[*FLAGS, *sandbox], timeout=PATIENCE_MS)
            try:
                context = running.new_context(java_script_enabled=False, offline=True)
                context.route("http*://**", lambda route: route.abort())
                sheet = context.new_page()
                sheet.goto(page.as_uri(), wait_until="load", timeout=PATIENCE_MS)
                return sheet.pdf(prefer_css_page_size=True, tagged=True, print_background=True)
            finally:
                running.close()
    except Error as error:
        reason = str(error).strip().splitlines()[0]
        warnings.warn(f"{browser} could not print the report ({reason}). Name another with {VARIABLE}.", stacklevel=2)
        return None
