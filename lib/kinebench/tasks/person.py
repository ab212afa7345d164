"""What a person may tell of themselves, so that norms, change thresholds and power can be given. None is required."""

from dataclasses import dataclass

from kinebench.parameters import Group, parameter


@dataclass(frozen=True)
class Person(Group):
    """Details of the person filmed; what is not given is not guessed. Height is a field of `scale.Scaling`."""

    age_years: float | None = parameter(None, help="age, for norms", unit="years", low=0.0, high=120.0)
    sex: str | None = parameter(None, help="sex, for norms", choices=("female", "male"))
    mass_kg: float | None = parameter(
        None, help="body mass, for power", unit="kg", low=10.0, high=400.0, remedy="Give kilograms."
    )
    condition: str | None = parameter(
        None, help="diagnosis with change thresholds of its own", choices=("copd", "vestibular")
    )
