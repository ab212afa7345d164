"""Whose recording it is, by a name that names no one, and what a person may tell of themselves. None is required."""

import datetime
from dataclasses import dataclass

from kinebench.errors import KinebenchError
from kinebench.parameters import Group, parameter

# Letters, digits, _ and -: nothing that a path, an address or a page's markup could be made of.
IDENTIFIER = "[A-Za-z0-9][A-Za-z0-9_-]{0,31}"
_IDENTIFIER_WORDS = "1 to 32 letters, digits, _ or -, beginning with a letter or digit, such as P07"


@dataclass(frozen=True)
class Person(Group):
    """Details of the person filmed; what is not given is not guessed. Height is a field of `scale.Scaling`."""

    participant: str | None = parameter(
        None, help="who was filmed, by a pseudonym", pattern=IDENTIFIER, remedy=_IDENTIFIER_WORDS
    )
    session: str | None = parameter(
        None, help="which of the person's sessions", pattern=IDENTIFIER, remedy=_IDENTIFIER_WORDS
    )
    date: str | None = parameter(
        None, help="day of the recording", pattern=r"\d{4}-\d{2}-\d{2}", remedy="a day as YYYY-MM-DD, in quotes"
    )
    label: str | None = parameter(
        None,
        help="what tells this recording from others of the session, such as trial-2",
        pattern=IDENTIFIER,
        remedy=_IDENTIFIER_WORDS,
    )
    group: str | None = parameter(
        None,
        help="the study's group that the person belongs to, such as control",
        pattern=IDENTIFIER,
        remedy=_IDENTIFIER_WORDS,
    )
    age_years: float | None = parameter(None, help="age, for norms", unit="years", low=0.0, high=120.0)
    sex: str | None = parameter(None, help="sex, for norms", choices=("female", "male"))
    mass_kg: float | None = parameter(
        None, help="body mass, for power", unit="kg", low=10.0, high=400.0, remedy="Give kilograms."
    )
    condition: str | None = parameter(
        None, help="diagnosis with change thresholds of its own", choices=("copd", "vestibular")
    )

    def __post_init__(self) -> None:
        """Check every field, and that the calendar has the day."""
        super().__post_init__()
        try:
            datetime.date.fromisoformat(self.date or "2000-01-01")
        except ValueError:
            raise KinebenchError(f"date must be a day that there is, as YYYY-MM-DD, but got {self.date!r}.") from None
