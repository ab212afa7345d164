"""What JupyterLab must be told for the workbench, written beside the environment's JupyterLab."""

import json
import sys
from pathlib import Path

SETTINGS = {
    # A decoder and matplotlib are not for several threads at once: widgets' messages stay on the kernel's main thread.
    "@jupyterlab/apputils-extension:kernels-settings": {"commsOverSubshells": "disabled"},
    # No question about news over the work, and no asking the internet.
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


def place() -> Path:
    """A file of our own beside the user's overrides.json, which stays as it is."""
    return Path(sys.prefix) / "share" / "jupyter" / "lab" / "settings" / "overrides.d" / "kinebench.json"


def told() -> bool:
    """Whether this environment's JupyterLab has the settings."""
    try:
        return bool(json.loads(place().read_text(encoding="utf-8")) == SETTINGS)
    except (OSError, ValueError):
        return False


def tell() -> Path:
    """Write the settings; JupyterLab reads them when it starts."""
    path = place()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(SETTINGS, indent=2) + "\n", encoding="utf-8")
    return path
