"""Takes paths, which often hold a patient's name, out of what is handed on."""

import html
import json
from pathlib import Path
from typing import Any


def pseudonymise(notebook: Path, replaced: dict[str, str]) -> None:
    """Replace paths by what stands for them in the notebook file's code, outputs and metadata."""
    forms = {
        form: stand_in
        for path, stand_in in sorted(replaced.items(), key=lambda pair: -len(pair[0]))
        # As it is, as a literal in Python's code (papermill writes what is not ASCII as escapes), JSON and HTML.
        for form in (path, repr(path)[1:-1], ascii(path)[1:-1], json.dumps(path)[1:-1], html.escape(path))
    }
    content = without(json.loads(notebook.read_text(encoding="utf-8")), forms)
    notebook.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def without(content: Any, forms: dict[str, str]) -> Any:
    """Plain data, as of a JSON file, with every occurrence of `forms` in its texts replaced."""
    if isinstance(content, dict):
        return {
            name: _text(value, forms) if _is_text(name, value) else without(value, forms)
            for name, value in content.items()
        }
    if isinstance(content, list):
        return [without(value, forms) for value in content]
    if isinstance(content, str):
        for form, stand_in in forms.items():
            content = content.replace(form, stand_in)
    return content


def _is_text(name: str, value: Any) -> bool:
    """Whether it is a text line by line: source, text or, under its media type, an output."""
    return isinstance(value, list) and (name in ("source", "text", "traceback") or "/" in name)


def _text(lines: list[str], forms: dict[str, str]) -> list[str]:
    return str(without("".join(lines), forms)).splitlines(keepends=True)
