"""How long `import kinebench` takes in a fresh interpreter, and that it leaves the heavy libraries alone."""

import statistics
import subprocess
import sys
import time
from typing import Any

HEAVY = ("tensorflow", "tensorflow_hub", "ai_edge_litert", "matplotlib", "cv2", "av")


def measure(repeats: int = 7) -> dict[str, Any]:
    """Median seconds from interpreter start to imported, less an empty interpreter's; the heavy modules it loaded."""
    empty = statistics.median(_seconds("pass") for _ in range(repeats))
    imported = statistics.median(_seconds("import kinebench") for _ in range(repeats))
    asked = f"import sys, kinebench; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    return {"import_s": max(imported - empty, 0.0), "heavy_modules_loaded": loaded}


def _seconds(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - started
