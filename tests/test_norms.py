"""Norms: who a figure applies to, at the boundaries; every one with its citation and how sure it is."""

import re

import pytest

from kinebench.errors import KinebenchError
from kinebench.tasks import norms
from kinebench.tasks.person import Person


def table(person, **values):
    units = {"five_rep_time_s": "s", "chair_stands_30s": "", "power_w_per_kg": "W/kg"}
    return norms.table({name: (value, units[name]) for name, value in values.items()}, person)


def references(person, **values):
    return set(table(person, **values)["reference"])


@pytest.mark.parametrize(
    ("age", "decade", "mean"), [(60, "60-69", 11.4), (69.9, "60-69", 11.4), (70, "70-79", 12.6), (89.9, "80-89", 14.8)]
)
def test_the_mean_of_the_decade_is_chosen_at_its_boundaries(age, decade, mean):
    shown = table(Person(age_years=age), five_rep_time_s=mean + 1.5)
    means = shown[shown["kind"] == "mean"]
    assert list(means["reference"]) == [f"mean of age {decade}"]
    assert list(means["threshold"]) == [mean]
    assert list(means["reading"]) == [f"1.5 s above the mean of {mean:g} s"]


@pytest.mark.parametrize("age", [17.0, 90.0])
def test_no_mean_beyond_the_ages_measured(age):
    assert not (table(Person(age_years=age), five_rep_time_s=10.0)["kind"] == "mean").any()


def test_nothing_that_needs_an_age_without_an_age():
    assert table(Person(), five_rep_time_s=10.0, chair_stands_30s=12, power_w_per_kg=2.0).empty
    assert table(Person(sex="male"), chair_stands_30s=12).empty


def test_nothing_that_needs_a_sex_without_a_sex():
    assert table(Person(age_years=72), chair_stands_30s=12, power_w_per_kg=2.0).empty


@pytest.mark.parametrize(
    ("seconds", "score"),
    [(8.0, 4), (11.1, 4), (11.14, 4), (11.16, 3), (13.6, 3), (13.66, 2), (16.6, 2), (16.7, 1), (40.0, 1)],
)
def test_one_sppb_band_holds_every_time(seconds, score):
    shown = table(Person(age_years=75), five_rep_time_s=seconds)
    assert list(shown.loc[shown["kind"] == "band", "reference"]) == [
        f"SPPB chair-stand score {score} of 4 (there the clock stops at the fifth stand)"
    ]


@pytest.mark.parametrize(
    ("age", "sex", "cutoff"),
    [(60, "male", 14), (64.9, "female", 12), (65, "male", 12), (72, "female", 10), (79, "male", 11), (94, "female", 4)],
)
def test_chair_stand_cutoffs_by_age_and_sex(age, sex, cutoff):
    person = Person(age_years=age, sex=sex)
    at, under = (table(person, chair_stands_30s=count).iloc[0]["reading"] for count in (cutoff, cutoff - 1))
    assert at == f"not below {cutoff}"
    assert under == f"below {cutoff}"


@pytest.mark.parametrize(("sex", "cutoff"), [("female", 2.1), ("male", 2.6)])
def test_power_cutoffs_by_sex(sex, cutoff):
    person = Person(age_years=70, sex=sex)
    assert table(person, power_w_per_kg=cutoff - 0.01).iloc[0]["reading"] == f"below {cutoff} W/kg"
    assert table(person, power_w_per_kg=cutoff).iloc[0]["reading"] == f"not below {cutoff} W/kg"
    assert table(Person(age_years=50, sex=sex), power_w_per_kg=1.0).empty


def test_low_strength_is_above_fifteen_seconds_not_at_fifteen():
    person = Person(age_years=70)
    readings = {
        seconds: table(person, five_rep_time_s=seconds).set_index("kind").loc["above", "reading"]
        for seconds in (15.0, 15.01)
    }
    assert readings == {15.0: "not above 15 s", 15.01: "above 15 s"}


def test_change_thresholds_only_for_those_they_were_measured_in():
    older_women = "minimal detectable change (95 %), older women"
    assert older_women in references(Person(age_years=74, sex="female"), five_rep_time_s=12.0)
    assert older_women not in references(Person(age_years=74, sex="male"), five_rep_time_s=12.0)
    assert "minimal important change, COPD" in references(Person(condition="copd"), five_rep_time_s=12.0)
    assert references(Person(condition="vestibular"), five_rep_time_s=12.0) == {
        "change that goes with clinical improvement, vestibular disorders"
    }


def test_nothing_for_a_value_that_was_not_measured():
    assert norms.table({"five_rep_time_s": (None, "s")}, Person(age_years=70, sex="female")).empty


def test_every_reference_names_its_source_and_how_sure_it_is():
    for reference in norms.REFERENCES:
        assert re.search(r"\b(19|20)\d\d\b", reference.source), reference
        assert reference.sure in norms.SURENESS
        assert reference.kind in {"mean", "band", "below", "above", "detectable", "important"}
        assert not (reference.low is None and reference.high is None)
    shown = table(Person(age_years=70, sex="female"), five_rep_time_s=12.0)
    assert shown["how_sure"].str.match(r"\[[ABC]\] \w+").all()


def test_what_is_impossible_of_a_person_is_refused():
    with pytest.raises(KinebenchError, match="sex must be one of female, male"):
        Person(sex="F")
    with pytest.raises(KinebenchError, match="age_years must be between 0"):
        Person(age_years=170)
