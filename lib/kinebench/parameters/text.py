"""Parameters as text: YAML files with what each line means, and the command line's name=value."""

import math
import types
from pathlib import Path
from typing import Any

import yaml

from kinebench.errors import KinebenchError, collected
from kinebench.parameters.checks import WORDS, kinds, members
from kinebench.parameters.groups import Described, Plain, describe, flat, groups, unknown


def load(path: str | Path) -> dict[str, Any]:
    """Flat scalars of a YAML parameter file; its names are checked by `build`."""
    path = Path(path)
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KinebenchError(f"params must name a file that exists, but there is no {path}. Check the path.") from None
    except OSError as error:
        raise KinebenchError(f"params must name a readable file, but {path} is not: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise KinebenchError(f"params must be a YAML file of name: value lines, but {path} is not: {reason}.") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise KinebenchError(f"params must hold name: value lines, but {path} holds a {type(values).__name__}.")
    return values


def written(settings: Any) -> str:
    """Every parameter as YAML that `load` and `build` bring back to equal settings: one a line, with what it means."""
    values = flat(settings)
    lines: list[str] = []
    group = ""
    for described in describe(type(settings)):
        if described.group != group:
            group = described.group
            lines += ["", f"# {group}"] if lines else [f"# {group}"]
        lines.append(_line(described, values[described.name]))
    return "\n".join(lines) + "\n"


def _line(described: Described, value: Plain) -> str:
    remark = "; ".join(part for part in (described.unit, allowed(described)) if part)
    comment = f"  # {described.help}{f' [{remark}]' if remark else ''}"
    if not isinstance(value, list):
        return f"{described.name}: {on_one_line(value)}{comment}"
    # One entry a line: two states of a file then differ in the lines of what was done between them.
    return "\n".join([f"{described.name}:{'' if value else ' []'}{comment}", *(f"- {on_one_line(v)}" for v in value)])


def on_one_line(value: Any) -> str:
    """A value as YAML on one line."""
    how: dict[str, Any] = {"default_flow_style": True, "sort_keys": False, "width": math.inf}
    text = yaml.safe_dump(value, allow_unicode=True, **how).removesuffix("\n").removesuffix("\n...")
    # Line ends within a text, Unicode's own too, are written by their numbers, or they would be read as blanks.
    if len(text.splitlines()) > 1:
        text = yaml.safe_dump(value, allow_unicode=False, default_style='"', **how).removesuffix("\n")
    return text


def allowed(described: Described) -> str:
    """What values a parameter may take, for people; empty where there is no bound."""
    low, high = described.low, described.high
    if described.choices:
        return " | ".join(described.choices)
    if low is None and high is None:
        return ""
    return f"at least {low:g}" if high is None else f"at most {high:g}" if low is None else f"{low:g} to {high:g}"


def parse(settings: type, assignments: list[str]) -> dict[str, Any]:
    """Flat values from the command line's `name=value`; each value is read as its field's type, checked by `build`."""
    known = {name: kind for group in groups(settings).values() for name, kind in kinds(group).items()}
    values: dict[str, Any] = {}
    faults = []
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals:
            faults.append(f"--set must be name=value, but got {assignment!r}.")
        elif name not in known:
            faults.append(unknown(name, list(known)))
        elif known[name] not in WORDS and not isinstance(known[name], types.UnionType):
            faults.append(f"{name} is a list: it can be given in a parameter file (--params), not with --set.")
        else:
            values[name] = _read(text, members(known[name]))
    collected(faults)
    return values


def _read(text: str, wanted: tuple[type, ...]) -> Any:
    if str in wanted:
        return None if text == "null" and type(None) in wanted else text
    # YAML 1.1 would read 010 as eight and 1e3 as a text.
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return text if isinstance(value, (dict, list)) else value
