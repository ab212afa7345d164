"""The errors that a user can mend. Everything else that is raised is a fault of kinebench."""

import re


class KinebenchError(ValueError):
    """Something about the input is wrong: the message names argument, constraint, value and remedy in one line.

    The command line prints the message without a traceback and ends with exit code 2.
    """


def collected(faults: list[str]) -> None:
    """Raise one `KinebenchError` that lists every fault, or nothing when there is none."""
    if faults:
        raise KinebenchError(" ".join(faults))


_SENTENCE = re.compile(r"(?<=[.?!]) (?=[A-Z`(])")


def split(message: str) -> tuple[str, str]:
    """An error's line as what is wrong and what to do: by the house's custom the last sentence is the remedy."""
    *wrong, remedy = _SENTENCE.split(message.strip())
    return (" ".join(wrong), remedy) if wrong else (remedy, "")
