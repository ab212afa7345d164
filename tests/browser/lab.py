"""JupyterLab started for real, and a real browser that opens a notebook in it: what the browser tests stand on."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil

STARTS_WITHIN_S = 90
ENDS_WITHIN_S = 20
# Only ever waited out where something is wrong: machines are shared, and the tests beside it want their share, too.
ANSWERS_WITHIN_S = 90
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
)


class Lab:
    """A JupyterLab of its own: its settings, kernels and notebooks lie in `root`."""

    def __init__(self, root: Path, **environment: str) -> None:
        self.root = root
        self.notebooks = root / "notebooks"
        self.notebooks.mkdir(parents=True, exist_ok=True)
        self.token = secrets.token_hex(16)
        self.port = _free_port()
        own = {name: str(root / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
        # A runtime folder's path must be short: sockets lie in it.
        self._runtime = Path(tempfile.mkdtemp(prefix="kb-"))
        own["JUPYTER_RUNTIME_DIR"] = str(self._runtime)
        self._log = (root / "lab.log").open("wb")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
                *(f"--port={self.port}", f"--IdentityProvider.token={self.token}", f"--notebook-dir={self.notebooks}"),
                *("--LabApp.expose_app_in_browser=True", "--ServerApp.port_retries=0"),
            ],
            env=os.environ | {"HOME": str(root)} | own | environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until:
            with contextlib.suppress(OSError, urllib.error.URLError):
                self.ask("api/status")
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.2)
        said = (self.root / "lab.log").read_text(errors="replace")[-2000:]
        self.close()
        raise RuntimeError(f"JupyterLab did not start:\n{said}")

    @property
    def pid(self) -> int:
        """The server's process, whose children the kernels are."""
        return self._process.pid

    def ask(self, path: str, method: str = "GET") -> Any:
        """The server's answer on its REST interface."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=ANSWERS_WITHIN_S) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def end_kernels(self) -> None:
        """End every kernel: they survive the page that started them."""
        for kernel in self.ask("api/kernels"):
            self.ask(f"api/kernels/{kernel['id']}", "DELETE")

    def write(self, name: str, *cells: str) -> str:
        """Write a notebook of code cells; its name."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.notebooks / name)
        return name

    def address(self, name: str) -> str:
        """Where the browser finds a notebook, in a workspace without anything of old."""
        return f"http://127.0.0.1:{self.port}/lab/tree/{name}?reset&token={self.token}"

    def close(self) -> None:
        """End the server and all that it started, even where a slow machine leaves it no time to do so itself."""
        if self._process.poll() is None:
            # Kernels have sessions of their own: whoever ends the server's group leaves them running.
            started = psutil.Process(self._process.pid).children(recursive=True)
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(ENDS_WITHIN_S)
            for process in started:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self._process.kill()
            self._process.wait()
            psutil.wait_procs(started, 60)
        self._log.close()
        shutil.rmtree(self._runtime, ignore_errors=True)


@contextlib.contextmanager
def chromium(executable: Path, size: tuple[int, int] = (1366, 768)) -> Iterator[Any]:
    """A browser with a profile of its own; closed and forgotten at the end."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="kb-profile-") as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=str(executable),
            args=list(CHROMIUM),
            viewport={"width": size[0], "height": size[1]},
        )
        context.set_default_timeout(1000 * ANSWERS_WITHIN_S)
        try:
            yield context
        finally:
            context.close()


def opened(context: Any, lab: Lab, name: str, *, theme: str = "JupyterLab Light", run: bool = True) -> Any:
    """The page of a notebook whose kernel answers, the side bar closed; its cells are being run."""
    page = context.new_page()
    page.goto(lab.address(name))
    ready(page)
    command(page, "apputils:change-theme", {"theme": theme})
    page.wait_for_function("(t) => document.body.dataset.jpThemeName === t", arg=theme)
    if run:
        command(page, "notebook:run-all-cells")
    return page


def ready(page: Any) -> None:
    """Until notebook, session and kernel answer: a cell run before opens a dialog, and nothing goes on."""
    page.wait_for_selector(".jp-Notebook")
    page.evaluate(
        """async () => {
            const widget = jupyterapp.shell.currentWidget;
            await widget.context.ready;
            await widget.sessionContext.ready;
            await widget.sessionContext.session.kernel.info;
        }"""
    )
    # After a restart it may come back, and everything moves.
    if page.locator("#jp-left-stack").is_visible():
        command(page, "application:toggle-left-area")


def command(page: Any, name: str, arguments: dict[str, Any] | None = None) -> None:
    """Start one of JupyterLab's commands without waiting for it: some only end when a dialog is answered."""
    page.evaluate("([name, given]) => { jupyterapp.commands.execute(name, given); return 1; }", [name, arguments or {}])


def saved(page: Any) -> None:
    """Save the notebook, and wait until that is done."""
    page.evaluate("async () => { await jupyterapp.shell.currentWidget.context.save(); }")


def idle(page: Any) -> None:
    """Until the kernel has nothing to do."""
    page.wait_for_function("() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'")


def restart(page: Any) -> None:
    """Restart the kernel and run all cells again."""
    page.evaluate("async () => { await jupyterapp.shell.currentWidget.sessionContext.restartKernel(); }")
    ready(page)
    command(page, "notebook:run-all-cells")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
