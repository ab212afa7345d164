"""Norms and change thresholds from the literature, as data: each with its citation and how sure we are of the figure.

A reference is shown only where the person's given details fulfil it; what is not sourced is not here. Norms of the
5-times test were timed from "Go"; a video's time starts with the first movement and lacks the reaction time. The SPPB
and EWGSOP2 stop the clock at the fifth stand [C]: a time to the fifth seat contact is longer by the last descent. Where
a paper gives no age limit, those here are kinebench's choice: grown-ups for the means, 60 years for the cut-offs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from kinebench.tasks.person import Person

SURENESS = {
    "A": "read in the paper's abstract or at the source",
    "B": "read on a secondary page",
    "C": "from memory: check before you rely on it",
}
FIFTH_STAND = "there the clock stops at the fifth stand"
BOHANNON = "Bohannon 2006, Percept Mot Skills 103:215-222"
KLUKOWSKA = "Klukowska et al. 2021, Neurospine 18:760-769"
SPPB = "Short Physical Performance Battery; Guralnik et al. 1994, J Gerontol 49:M85-M94"
EWGSOP2 = "Cruz-Jentoft et al. 2019 (EWGSOP2), Age Ageing 48:16-31"
GOLDBERG = "Goldberg et al. 2012, Aging Clin Exp Res 24:339-344"
MERETTA = "Meretta et al. 2006, J Vestib Res 16:233-243, PMID 17538213"
JONES = "Jones et al. 2013, Thorax 68:1015-1020"
STEADI = "CDC STEADI, 30-Second Chair Stand; after Rikli and Jones 1999, J Aging Phys Act 7:162-181"
ZANINI = "Zanini et al. 2019, Respir Care 64:1261-1269, doi:10.4187/respcare.06694"
ALCAZAR_2021 = "Alcazar et al. 2021, J Cachexia Sarcopenia Muscle 12:921-932, doi:10.1002/jcsm.12737"


@dataclass(frozen=True)
class Reference:
    """One published figure. Ages are whole years, `age_low` <= age < `age_high`; None in a limit means any.

    `kind`: "mean" (compare), "band" (`low` <= value <= `high`), "below" or "above" (a cut-off: the value on that side
    of `low`/`high` is the finding), "detectable" (a smaller difference of two measurements may be their error) or
    "important" (a difference that went with an improvement that mattered).
    """

    metric: str
    kind: str
    label: str
    source: str
    sure: str
    low: float | None = None
    high: float | None = None
    age_low: float | None = None
    age_high: float | None = None
    sex: str | None = None
    condition: str | None = None

    def applies(self, person: Person) -> bool:
        """Whether the person's given details fulfil it; a detail that is needed and not given does not."""
        aged = self.age_low is None and self.age_high is None
        if not aged and person.age_years is not None:
            low, high = self.age_low or 0.0, self.age_high or float("inf")
            aged = low <= person.age_years < high
        return aged and self.sex in (None, person.sex) and self.condition in (None, person.condition)


def _decades() -> tuple[Reference, ...]:
    return tuple(
        Reference("five_rep_time_s", "mean", f"mean of age {age}-{age + 9}", BOHANNON, "B", mean, mean, age, age + 10)
        for age, mean in ((60, 11.4), (70, 12.6), (80, 14.8))
    )


def _bands() -> tuple[Reference, ...]:
    limits = ((4, None, 11.1), (3, 11.2, 13.6), (2, 13.7, 16.6), (1, 16.7, None))
    return tuple(
        Reference(
            "five_rep_time_s",
            "band",
            f"SPPB chair-stand score {score} of 4 (there the clock stops at the fifth stand)",
            SPPB,
            "B",
            low,
            high,
            60,
        )
        for score, low, high in limits
    )


def _steadi() -> tuple[Reference, ...]:
    cutoffs = ((60, 14, 12), (65, 12, 11), (70, 12, 10), (75, 11, 10), (80, 10, 9), (85, 8, 8), (90, 7, 4))
    return tuple(
        Reference(
            "chair_stands_30s",
            "below",
            f"below average for {who} of {age}-{age + 4}",
            STEADI,
            "B",
            None,
            count,
            age,
            age + 5,
            sex,
        )
        for age, men, women in cutoffs
        for sex, who, count in (("male", "men", men), ("female", "women", women))
    )


REFERENCES: tuple[Reference, ...] = (
    *_decades(),
    Reference("five_rep_time_s", "mean", "mean of healthy adults (SD 1.92 s)", KLUKOWSKA, "A", 6.21, 6.21, 18, 60),
    *_bands(),
    Reference("five_rep_time_s", "above", "low strength (EWGSOP2)", EWGSOP2, "C", 15.0, None, 60),
    Reference(
        "five_rep_time_s",
        "detectable",
        "minimal detectable change (95 %), older women",
        GOLDBERG,
        "A",
        2.5,
        None,
        60,
        None,
        "female",
    ),
    Reference(
        "five_rep_time_s",
        "important",
        "change that goes with clinical improvement, vestibular disorders",
        MERETTA,
        "B",
        2.3,
        condition="vestibular",
    ),
    Reference("five_rep_time_s", "important", "minimal important change, COPD", JONES, "A", 1.7, condition="copd"),
    *_steadi(),
    Reference("chair_stands_30s", "important", "minimal important change, COPD", ZANINI, "A", 2.0, condition="copd"),
    Reference("power_w_per_kg", "below", "low relative power, women", ALCAZAR_2021, "C", None, 2.1, 60, None, "female"),
    Reference("power_w_per_kg", "below", "low relative power, men", ALCAZAR_2021, "C", None, 2.6, 60, None, "male"),
)
COLUMNS = ("metric", "value", "unit", "kind", "reference", "threshold", "reading", "source", "how_sure")


def table(values: Mapping[str, tuple[float | int | None, str]], person: Person) -> pd.DataFrame:
    """What applies to this person and was measured: one row a reference, columns `COLUMNS`.

    values: metric name -> (value, unit). Of the bands only the one that the value lies in is shown.
    """
    rows = []
    for reference in REFERENCES:
        value, unit = values.get(reference.metric, (None, ""))
        if value is None or not reference.applies(person):
            continue
        reading = _reading(reference, _as_published(reference, float(value)), unit)
        if reading:
            threshold = reference.high if reference.low is None else reference.low
            sure = f"[{reference.sure}] {SURENESS[reference.sure]}"
            cells = (value, unit, reference.kind, reference.label, threshold, reading, reference.source, sure)
            rows.append((reference.metric, *cells))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _as_published(reference: Reference, value: float) -> float:
    """Bands are published to a tenth of a second, with nothing between 11.1 and 11.2."""
    return round(value, 1) if reference.kind == "band" else value


def _reading(reference: Reference, value: float, unit: str) -> str:
    """Words for how the value stands to the reference; empty where a band does not hold it."""
    low, high = reference.low, reference.high
    unit = f" {unit}" if unit else ""
    if reference.kind == "band":
        inside = (low is None or value >= low) and (high is None or value <= high)
        return f"lies in {_span(low, high)}{unit}" if inside else ""
    if reference.kind == "detectable":
        return f"a difference of two measurements below {low:g}{unit} may be measurement error"
    if reference.kind == "important":
        return f"a difference of {low:g}{unit} and more went with an improvement that mattered"
    if reference.kind == "mean":
        assert low is not None
        return f"{abs(value - low):.1f}{unit} {'above' if value > low else 'below'} the mean of {low:g}{unit}"
    if reference.kind == "above":
        return f"{'above' if low is not None and value > low else 'not above'} {low:g}{unit}"
    return f"{'below' if high is not None and value < high else 'not below'} {high:g}{unit}"


def _span(low: float | None, high: float | None) -> str:
    if low is None:
        return f"up to {high:g}"
    return f"{low:g} and more" if high is None else f"{low:g} to {high:g}"
