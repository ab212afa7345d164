"""A process that has loaded all that notebooks need, and forks a kernel off itself when asked: `python -m` this module.

It reads a line of JSON for each kernel from its standard input (`arguments` of ipykernel, `cwd`, `env`, `log`), answers
with `pid`, and tells of each end with `pid` and `code`. Its input's end is its own, and that of its kernels. It runs
nothing by itself, so that every kernel starts as fresh as one that had loaded everything itself.
"""

import contextlib
import importlib
import json
import os
import random
import select
import signal
import sys
from typing import Any, NoReturn

LOADED = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
    "matplotlib.backends.backend_svg",
    "matplotlib_inline.backend_inline",
    "IPython.core.pylabtools",
    "pyarrow.parquet",
    "PIL.JpegImagePlugin",
    "scipy.interpolate",
    "scipy.ndimage",
    "scipy.optimize",
    "scipy.signal",
    "scipy.sparse.csgraph",
    "kinebench.outputs",
    "kinebench.report",
    "kinebench.tasks.sit_to_stand",
    "kinebench.tasks.rowing",
    "kinebench.tasks.lifting",
    "kinebench.tasks.walking",
    "kinebench.tasks.compare",
)


def main() -> None:
    """Load, then fork until the input ends."""
    for name in LOADED:
        importlib.import_module(name)
    woken, waker = os.pipe()
    for end in (woken, waker):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    children: set[int] = set()
    _say({"ready": os.getpid()})
    buffer = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            _bury(children)
        if 0 in ready:
            read = os.read(0, 65536)
            if not read:
                break
            *lines, buffer = (buffer + read).split(b"\n")
            for line in lines:
                children.add(_born(json.loads(line), (woken, waker)))
    for pid in children:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def _born(asked: dict[str, Any], own: tuple[int, int]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _live(asked, own, parent)
    _say({"pid": pid})
    return pid


def _live(asked: dict[str, Any], own: tuple[int, int], parent: int) -> NoReturn:
    """In the forked process: become a kernel, as if it had been started by itself."""
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for kind in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(kind, signal.SIG_DFL if kind == signal.SIGCHLD else signal.default_int_handler)
        for end in own:
            os.close(end)
        _speak_to(asked["log"])
        os.environ.clear()
        # A kernel ends by itself when this process is gone.
        os.environ.update(asked["env"] | {"JPY_PARENT_PID": str(parent)})
        os.chdir(asked["cwd"])
        random.seed()
        sys.modules["numpy"].random.seed()
        from ipykernel.kernelapp import IPKernelApp

        sys.argv = ["ipykernel_launcher.py", *asked["arguments"]]
        IPKernelApp.launch_instance(argv=asked["arguments"])
        code = 0
    finally:
        os._exit(code)


def _speak_to(log: str) -> None:
    nothing, file = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(nothing, 0)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.close(nothing)
    os.close(file)


def _bury(children: set[int]) -> None:
    """Tell of those that ended."""
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            children.discard(pid)
            _say({"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(what: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(1, (json.dumps(what) + "\n").encode())


if __name__ == "__main__":
    main()
