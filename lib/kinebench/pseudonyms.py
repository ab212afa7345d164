"""Takes paths and file names, which often hold a patient's name, out of what is handed on."""

import html
import json
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kinebench import places

# A path begins here: not within another, within an address or within a picture's base64; but after file:// and after
# the colours of a traceback.
_BEFORE = r"(?:(?<![\w.+/\\-])|(?<=file://)|(?<=\x1b\[\dm)|(?<=\x1b\[\d\dm)|(?<=\x1b\[\d;\d\dm)|(?<=\\[nrt]))"
_BEHIND = r"(?![\w-])"
# Also of another computer, as one of a cluster's: the folders of people on Linux, macOS and Windows.
_HOMES = re.compile(_BEFORE + r"(?:/home/|/Users/|[A-Za-z]:\\{1,2}Users\\{1,2})[^/\\\"'<>\s:]+")


def pseudonymise(notebook: Path, replaced: Mapping[str, str], named: Mapping[str, str] | None = None) -> None:
    """Replace paths by what stands for them in the notebook file's code, outputs and metadata.

    replaced: paths, wherever they stand; named: names of files, as whole words; this computer's own folders go too.
    """
    forms = {form: said for path, said in _longest_first(replaced) for form in _forms(path)}

    def clean(text: str) -> str:
        for form, said in forms.items():
            text = text.replace(form, said)
        return without_names(text, named or {})

    content = _mapped(json.loads(notebook.read_text(encoding="utf-8")), clean)
    notebook.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def without(content: Any, forms: Mapping[str, str]) -> Any:
    """Plain data, as of a JSON file, with every occurrence of `forms` in its texts replaced."""

    def clean(text: str) -> str:
        for form, said in forms.items():
            text = text.replace(form, said)
        return text

    return _mapped(content, clean)


def without_names(text: str, named: Mapping[str, str]) -> str:
    """The text without names of files, where they stand as whole words, and without this computer's own folders."""
    for name, said in _longest_first(named):
        for form in _forms(name):
            if form in text:
                text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", lambda _, said=said: said, text)  # type: ignore[misc]
    for path, said in _longest_first(_folders()):
        for form in _forms(path):
            if form in text:
                text = re.sub(_BEFORE + re.escape(form) + _BEHIND, lambda _, said=said: said, text)  # type: ignore[misc]
    return _HOMES.sub("~", text)


def names_of(path: Path) -> tuple[str, ...]:
    """What a file is called, and what it is called where it leads to as a link, with the ending and without it."""
    both = (path, path.resolve())
    return tuple(dict.fromkeys(name for one in both for name in (one.name, one.stem)))


def _folders() -> dict[str, str]:
    """This computer's own folders, and what stands for them."""
    named = {
        Path.home(): "~",
        Path(tempfile.gettempdir()): "temporary",
        Path(sys.base_prefix): "python",
        Path(sys.prefix): "python",
        places.data(): "data",
        places.cache(): "cache",
        places.ROOT: "kinebench",
    }
    both = {str(path): said for one, said in named.items() for path in (one.absolute(), one.resolve())}
    # Tracebacks shorten the home themselves.
    home = str(Path.home())
    short = {f"~{path.removeprefix(home)}": said for path, said in both.items() if path.startswith(f"{home}/")}
    return {path: said for path, said in (both | short).items() if path != Path(path).anchor}


def _longest_first(named: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(named.items(), key=lambda pair: -len(pair[0]))


def _forms(text: str) -> tuple[str, ...]:
    """As it is, as a literal in Python's code (papermill writes what is not ASCII as escapes), in JSON and in HTML."""
    every = (text, repr(text)[1:-1], ascii(text)[1:-1], json.dumps(text)[1:-1], html.escape(text))
    return tuple(dict.fromkeys(form for form in every if form))


def _mapped(content: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(content, dict):
        return {
            name: clean("".join(value)).splitlines(keepends=True) if _is_text(name, value) else _mapped(value, clean)
            for name, value in content.items()
        }
    if isinstance(content, list):
        return [_mapped(value, clean) for value in content]
    return clean(content) if isinstance(content, str) else content


def _is_text(name: str, value: Any) -> bool:
    """Whether it is a text line by line: source, text or, under its media type, an output."""
    return isinstance(value, list) and (name in ("source", "text") or "/" in name)
