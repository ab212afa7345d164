"""A cohort's tables: which runs count, which sessions are compared, who changed, how groups differ, what is lacking."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from kinebench import cohort
from kinebench.cohort import judging
from kinebench.errors import KinebenchError
from tests import cohorts
from tests.cohorts import LEAN, TIME, chosen, failed, run


def people(count: int, session: str = "1", **about) -> list[dict]:
    """So many people in a session with the numbers 1, 2, 3 ..."""
    return [run(f"P{n:02d}", session, float(n), **about) for n in range(1, count + 1)]


def repeated(first: list[float], second: list[float]) -> list[dict]:
    """People P00, P01 ... with one number in session 1 and one in session 2."""
    both = enumerate(zip(first, second, strict=True))
    return [run(f"P{n:02d}", session, pair[at]) for n, pair in both for at, session in enumerate("12")]


def row(table: cohort.Table, **where) -> pd.Series:
    """The one row of a table where these columns have these values."""
    frame = table.frame
    for name, value in where.items():
        frame = frame[frame[name] == value]
    assert len(frame) == 1
    return frame.iloc[0]


# --- which runs, metrics and sessions


def test_bad_failed_and_left_over_runs_count_in_nothing_and_doubtful_ones_do():
    rows = [
        run("P01", "1", 1.0),
        run("P02", "1", 2.0, verdict="doubtful"),
        run("P03", "1", 100.0, verdict="bad"),
        run("P04", "1", 100.0, listed=False),
        failed("P05", "1"),
    ]
    assert row(cohort.spread(chosen(rows)).summary)["mean"] == 1.5
    assert row(cohort.spread(chosen(rows, doubtful="left out")).summary)["mean"] == 1.0


def test_what_does_not_count_is_drawn_all_the_same_but_a_left_over():
    rows = [run("P01", "1", 1.0, verdict="doubtful"), run("P02", "1", 2.0, verdict="bad")]
    rows.append(run("P03", "1", 3.0, listed=False))
    drawn = cohort.spread(chosen(rows, doubtful="left out")).values
    assert list(drawn["value"]) == [1.0, 2.0]
    assert not drawn["counted"].any()


def test_runs_of_one_person_and_session_count_once_with_their_mean():
    rows = [run("P01", "1", 1.0, label="a"), run("P01", "1", 3.0, label="b"), run("P02", "1", 4.0)]
    found = row(cohort.spread(chosen(rows)).summary)
    assert (found["people"], found["runs"], found["mean"]) == (2, 3, 3.0)


def test_quartiles_are_told_of_five_people_or_more():
    # Of 1, 2, 4, 8, 16: the quartiles lie at the second and the fourth of them.
    rows = [run(f"P{number}", "1", 2.0**number) for number in range(5)]
    found = row(cohort.spread(chosen(rows)).summary)
    assert (found["lower_quartile"], found["median"], found["upper_quartile"]) == (2.0, 4.0, 8.0)
    few = row(cohort.spread(chosen(rows[:4])).summary)
    assert np.isnan([few["lower_quartile"], few["upper_quartile"]]).all()
    assert few["median"] == 3.0


@pytest.mark.parametrize(
    ("sessions", "words"), [([""], "have 0. Give session in the list"), (["pre"], r"have 1 \(pre\). Record the people")]
)
def test_without_two_sessions_it_is_said_what_change_lacks(sessions, words):
    picked = chosen([run(f"P{number}", name, 1.0) for number in range(3) for name in sessions])
    (said,) = cohort.change(picked, cohort.retest(picked)).people.remarks
    assert re.search(words, said)


def test_runs_without_a_participant_are_people_of_their_own_and_that_is_said():
    rows = [run("", "", 1.0, run="a"), run("", "", 3.0, run="b")]
    spread = cohort.spread(chosen(rows))
    assert row(spread.summary, session="no session")["people"] == 2
    assert any("2 of the runs name no participant" in remark for remark in spread.summary.remarks)


def test_a_nameless_persons_runs_are_never_taken_for_change():
    rows = [run("", "1", 1.0, run="a"), run("", "2", 3.0, run="a2")]
    picked = chosen(rows, sessions="1, 2")
    assert cohort.change(picked, cohort.retest(picked)).people.frame.empty


def test_the_task_with_most_runs_is_shown_and_the_others_named():
    rows = [*people(2), run("P01", "1", 1.0, task="rowing")]
    picked = chosen(rows)
    assert picked.task == "sit-to-stand"
    assert "rowing (1)" in picked.remarks[0]
    assert chosen(rows, task="rowing").runs["task"].tolist() == ["rowing"]


def test_without_a_metric_named_the_tasks_headline_is_shown_as_far_as_it_was_measured():
    rows = [run("P01", "1", 1.0, **{LEAN: 30.0})]
    assert chosen(rows).metrics == (TIME, LEAN)
    assert chosen(people(2)).metrics == (TIME,)


def test_a_metric_that_no_run_has_is_refused_with_the_nearest_name():
    with pytest.raises(KinebenchError, match="Did you mean rise_time_mean_s"):
        chosen(people(2), metric="rise_time_s")


@pytest.mark.parametrize("argument", ["sessions", "test_retest"])
def test_a_session_that_no_run_has_is_refused_with_those_there_are(argument):
    with pytest.raises(KinebenchError, match=rf"{argument} must name sessions .* got 3. There are 1, 2"):
        chosen([*people(2), *people(2, "2")], **{argument: "1, 3"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sessions": "1"}, "sessions must name two"),
        ({"sessions": "1, 1"}, "sessions must name two"),
        ({"test_retest": "1"}, "test_retest must name two"),
        ({"mdc": 1.0, "metric": TIME}, "mdc_source must say"),
        ({"mdc": 0.0, "metric": TIME, "mdc_source": "a paper"}, "mdc must be above 0"),
        ({"mdc": 1.0, "mdc_source": "a paper"}, "mdc must go with one metric"),
        ({"task": "standing"}, "task must be one of"),
        ({"by": "age"}, "by must be one of"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given, said):
    with pytest.raises(KinebenchError, match=said):
        cohort.Cohort(**given)


def test_sessions_are_ordered_by_date_within_people_not_over_the_study():
    """The last to join has the first session after others have had their last; the names say nothing of time."""
    dates = [("P01", "2026-01-01", "2026-02-01"), ("P02", "2026-05-01", "2026-06-01")]
    rows = [run(who, "pre", 1.0, date=before) for who, before, _ in dates]
    rows += [run(who, "post", 1.0, date=after) for who, _, after in dates]
    assert chosen(rows).sessions == ("pre", "post")
    assert chosen(rows).compared == ("pre", "post")


@pytest.mark.parametrize("names", [("9", "10"), ("s1", "s9", "s10"), ("week-4", "week-12")])
def test_sessions_without_dates_are_ordered_by_their_numbers_and_that_is_said(names):
    picked = chosen([run("P01", name, 1.0) for name in reversed(names)])
    assert picked.sessions == names
    assert picked.compared == (names[0], names[-1])
    assert "the first and the last by number" in picked.remarks[0]


@pytest.mark.parametrize("names", [("pre", "post"), ("before", "after"), ("s1", "t2"), ("1", "01"), ("1", "end")])
@pytest.mark.parametrize("date", ["", "2026-03-02"])
def test_names_that_are_no_numbers_tell_no_order_and_no_change_is_computed(names, date):
    picked = chosen([run(f"P{n}", name, 1.0, date=date) for name in names for n in range(3)])
    assert picked.compared == ()
    found = cohort.change(picked, cohort.retest(picked))
    assert found.people.frame.empty
    assert "name them in sessions" in found.summary.remarks[0]
    assert found.summary.remarks[0] in picked.remarks


def test_the_order_that_was_found_is_said_where_the_change_is():
    picked = chosen(repeated([1.0, 2.0], [1.5, 2.5]))
    assert "from session 1 to session 2" in cohort.change(picked, cohort.retest(picked)).summary.remarks[0]


def test_who_dropped_out_does_not_turn_the_order_round():
    """One before two and three before four for fifty people each; two people alone link them."""
    pairs = [("one", "two", 50), ("three", "four", 50), ("two", "three", 2)]
    dates = {"one": "2026-01-01", "two": "2026-02-01", "three": "2026-03-01", "four": "2026-04-01"}
    rows = [
        run(f"{first}-{n}", name, 1.0, date=dates[name])
        for first, second, count in pairs
        for n in range(count)
        for name in (first, second)
    ]
    assert chosen(rows).sessions == ("one", "two", "three", "four")


def test_where_nobody_has_two_sessions_their_median_dates_tell():
    rows = [run("P1", "pre", 1.0, date="2026-01-01"), run("P2", "post", 1.0, date="2026-02-01")]
    assert chosen(rows).sessions == ("pre", "post")


def test_a_left_overs_session_is_no_session():
    rows = [*people(2), *people(2, "2"), run("P01", "0", 1.0, listed=False)]
    assert chosen(rows).compared == ("1", "2")


def test_metrics_that_the_runs_define_in_two_ways_are_told():
    runs, metrics, dictionary = cohorts.tables(people(2))
    doubled = pd.concat([dictionary, dictionary.assign(definition="another")], ignore_index=True)
    picked = cohort.choose(runs, metrics, doubled, cohort.Cohort())
    assert any("define rise_time_mean_s in 2 ways" in remark for remark in picked.remarks)


def test_a_metric_in_two_units_is_refused_with_both():
    runs, metrics, dictionary = cohorts.tables(people(2))
    doubled = pd.concat([dictionary, dictionary.assign(unit="ms")], ignore_index=True)
    with pytest.raises(KinebenchError, match=r"rise_time_mean_s .* in ms and s"):
        cohort.choose(runs, metrics, doubled, cohort.Cohort())


def test_sessions_that_mix_both_sides_are_counted():
    rows = [run("P1", "1", 1.0, label=side, near_side=side) for side in ("left", "right")]
    rows += [run("P2", "1", 1.0, near_side="left"), run("P3", "1", 1.0, near_side="right")]
    assert any("In 1 of the sessions of a person runs show" in said for said in chosen(rows).remarks)


def test_people_filmed_from_another_side_are_counted_among_the_sessions_that_are_set_against_each_other():
    sides = {"P1": "llr", "P2": "lrl", "P3": "lll"}
    rows = [run(who, session, 1.0, near_side={"l": "left", "r": "right"}[side])
            for who, own in sides.items() for session, side in zip("123", own, strict=True)]  # fmt: skip
    said = " ".join(chosen(rows, sessions="1, 3", test_retest="1, 2").remarks)
    assert "1 of the people were filmed from another side in one of the compared sessions 1, 3" in said
    assert "1 of the people were filmed from another side in one of the test and retest sessions 1, 2" in said
    alike = [one | {"near_side": "left"} for one in rows]
    assert "side" not in " ".join(chosen(alike, sessions="1, 3", test_retest="1, 2").remarks)


# --- test and retest


def test_reliability_is_of_those_with_all_sessions_and_of_means_of_their_runs():
    first, second = [1.0, 2.0, 4.0, 3.0], [1.5, 2.0, 4.5, 2.5]
    rows = [*repeated(first, second), run("P77", "1", 9.0), run("P88", "2", 9.0)]
    # Another pair of runs about the same mean changes nothing.
    rows += [run("P00", "1", 0.5, label="b"), run("P00", "1", 1.5, label="c")]
    again = cohort.retest(chosen(rows, test_retest="1, 2"))
    found = again.found[TIME]
    alone = cohort.reliability(np.column_stack([first, second]))
    assert found.n == 4
    assert row(again.reliability)["people_left_out"] == 2
    assert again.reliability.shown.loc[0, "left out, not in all sessions"] == 2
    assert_allclose([found.sem.value, found.agreement.value], [alone.sem.value, alone.agreement.value])


def test_a_study_of_known_error_gives_that_error():
    """40 people, two trials a session with an error of 0.08 s: the error of their mean is 0.08 / sqrt(2) s."""
    rows = [one for one in cohorts.study(200) if one["verdict"] == "good"]
    found = cohort.retest(chosen(rows, metric=TIME, test_retest="1, 2"))
    one, each = found.found[TIME], found.runs_each[TIME]
    assert_allclose(one.sem.value, 0.08 / np.sqrt(each), rtol=0.15)
    assert one.sem.low < 0.08 / np.sqrt(each) < one.sem.high


def test_without_test_retest_named_nothing_is_guessed():
    found = cohort.retest(chosen(cohorts.study(5)))
    assert not found.found
    assert "No sessions are named in test_retest" in found.reliability.remarks[0]


def test_two_people_are_refused_in_words_and_nine_are_doubted():
    few = cohort.retest(chosen(repeated([1.0, 2.0], [1.0, 2.5]), test_retest="1, 2"))
    assert not few.found
    assert any("People with this number in all of the sessions 1, 2: 2;" in said for said in few.reliability.remarks)
    nine = cohort.retest(chosen(repeated(list(range(9)), [n + 0.1 * (-1) ** n for n in range(9)]), test_retest="1, 2"))
    assert "only 9 people" in nine.reliability.shown["remark"].iloc[0]


def test_a_metric_that_is_the_same_for_everybody_is_said_to_be_and_the_others_go_on():
    rows = [one | {LEAN: 30.0} for one in repeated([1.0, 2.0, 3.0], [1.0, 2.5, 3.0])]
    found = cohort.retest(chosen(rows, test_retest="1, 2"))
    assert list(found.found) == [TIME]
    assert "must differ between people" in found.lacking[LEAN]


def test_the_bias_is_last_less_first():
    found = cohort.retest(chosen(repeated([1.0, 2.0, 3.0], [1.5, 2.5, 3.5]), test_retest="1, 2"))
    assert_allclose(found.lines.set_index("what").loc["bias", "value"], 0.5)
    assert_allclose(found.pairs["difference"], 0.5)


@pytest.mark.parametrize(
    ("count", "said"), [(39, "Too few people to tell."), (40, "No change with the mean was found.")]
)
def test_of_few_people_no_trend_is_not_said_to_be_absent(count, said):
    signs = np.resize([0.1, -0.1, -0.1, 0.1], count)
    first = np.linspace(1, 2, count)
    again = cohort.retest(chosen(repeated(list(first), list(first + signs)), test_retest="1, 2"))
    assert again.agreement.shown.loc[0, "does it change with the mean?"] == said


def test_both_slopes_are_saved_with_their_intervals():
    table = cohort.retest(chosen(cohorts.study(), metric=TIME, test_retest="1, 2")).agreement
    for name in ("slope_on_mean", "spreading_on_mean"):
        low, value, high = row(table)[[f"{name}_low", name, f"{name}_high"]]
        assert low < value < high


# --- change


@pytest.mark.parametrize(
    ("change", "judgement"),
    [(0.0, "within measurement error"), (0.99, "within measurement error"), (-0.99, "within measurement error"),
     (1.0, "increase"), (1.5, "increase"), (-1.0, "decrease")],
)  # fmt: skip
def test_a_change_below_the_mdc_is_within_the_measurements_error(change, judgement):
    assert cohort.judged(change, 1.0) == judgement
    assert cohort.judged(change, float("nan")) == "not judged"


@pytest.mark.parametrize(
    ("change", "judgement"),
    [
        (0.9, "within measurement error"),
        (1.0, "uncertain"),
        (-1.39, "uncertain"),
        (1.4, "increase"),
        (-1.4, "decrease"),
    ],
)
def test_a_change_between_the_mdc_and_its_upper_bound_is_uncertain(change, judgement):
    assert cohort.judged(change, 1.0, 1.4) == judgement


def test_no_change_is_no_change_even_where_the_error_is_nil():
    assert cohort.judged(0.0, 0.0) == "within measurement error"


def test_a_given_mdc_judges_and_its_source_is_shown():
    rows = repeated([1.0, 1.0, 1.0], [1.2, 2.0, 0.1])
    picked = chosen(rows, metric=TIME, mdc=0.5, mdc_source="Doe 2020")
    found = cohort.change(picked, cohort.retest(picked))
    assert dict(zip(found.people.frame["person"], found.people.frame["judgement"], strict=True)) == {
        "P00": "within measurement error",
        "P01": "increase",
        "P02": "decrease",
    }
    assert "given: Doe 2020" in " ".join(found.summary.remarks)


def test_without_an_mdc_a_change_is_shown_and_not_judged():
    picked = chosen(repeated([1.0, 1.0], [1.2, 2.0]))
    found = cohort.change(picked, cohort.retest(picked))
    assert set(found.people.frame["judgement"]) == {"not judged"}
    assert row(found.summary)["within_error"] is None
    assert "shown and not judged" in " ".join(found.summary.remarks)


def test_the_cohorts_own_test_and_retest_judges_a_third_session():
    picked = chosen(cohorts.study(), metric=TIME, test_retest="1, 2", sessions="1, 3")
    found = cohort.change(picked, cohort.retest(picked))
    assert not any("very sessions that it judges" in said for said in found.summary.remarks)
    # People became 0.3 s faster, with an SD of 0.15 s; the MDC is about 0.16 s, its upper bound 0.20 s: three of four
    # lie beyond.
    assert 0.6 < (found.people.frame["judgement"] == "decrease").mean() < 0.97
    assert row(found.summary)["mean_change_low"] < -0.3 < row(found.summary)["mean_change_high"]


def test_an_mdc_of_the_very_sessions_that_it_judges_is_said_to_be_so():
    picked = chosen(cohorts.study(), metric=TIME, test_retest="1, 2", sessions="1, 2")
    found = cohort.change(picked, cohort.retest(picked))
    assert any("very sessions that it judges" in said for said in found.summary.remarks)
    assert any("can show no change of the whole group" in said for said in found.summary.remarks)
    # The SD of the very differences that are judged: few can be beyond 1.96 of it.
    assert (found.people.frame["judgement"] != "within measurement error").mean() < 0.15


def test_exchanging_the_sessions_turns_every_change_round():
    rows = cohorts.study(12)
    one, other = (
        cohort.change(picked, cohort.retest(picked)).people.frame.set_index(["metric", "person"])["change"]
        for picked in (chosen(rows, sessions="1, 2"), chosen(rows, sessions="2, 1"))
    )
    assert_allclose(other.reindex(one.index), -one)


def test_people_with_one_of_the_sessions_are_counted():
    picked = chosen([*repeated([1.0, 2.0], [1.0, 2.0]), run("P55", "1", 1.0), run("P66", "2", 1.0)])
    assert row(cohort.change(picked, cohort.retest(picked)).summary)["one_session_only"] == 2


def test_a_published_mdc_is_offered_with_its_source_and_never_taken():
    runs, metrics, dictionary = cohorts.tables(repeated([10.0, 12.0], [12.0, 11.0]))
    named = {TIME: "five_rep_time_s"}
    tables = runs, metrics.rename(columns=named), dictionary.replace({"column": named})
    picked = cohort.choose(*tables, cohort.Cohort(metric="five_rep_time_s"))
    found = cohort.change(picked, cohort.retest(picked))
    assert any("2.5" in said and "Goldberg" in said for said in found.summary.remarks)
    assert set(found.people.frame["judgement"]) == {"not judged"}


def test_an_mdc_of_few_people_says_how_few_how_sure_and_how_many_lie_beyond_it_by_chance():
    """Of 6 people in 2 sessions SEM has 5 degrees of freedom: 2 P(t5 > 1.96) = 0.107."""
    rows = repeated([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.3, 1.8, 3.2, 3.7, 5.1, 5.9])
    rows += [run(f"P{n:02d}", "3", float(n)) for n in range(6)]
    picked = chosen(rows, test_retest="1, 2", sessions="1, 3")
    again = cohort.retest(picked)
    found = cohort.change(picked, again).summary
    one, mdc = row(found), again.found[TIME].mdc
    assert (one["mdc"], one["mdc_low"], one["mdc_high"], one["mdc_people"]) == (mdc.value, mdc.low, mdc.high, 6)
    assert_allclose(one["mdc_false_share"], 0.107, atol=0.0005)
    assert found.shown.loc[0, "MDC"] == mdc
    assert found.shown.loc[0, "people behind the MDC"] == 6
    assert found.shown.loc[0, "beyond it by error alone"] == "11 %"
    assert any("about 11 % of those who did not change lie beyond it, not 5 %" in said for said in found.remarks)


def test_the_false_share_is_that_of_people_of_whom_nothing_changed():
    """New differences of error alone against the MDC of test and retest of 6 people, over and over."""
    rng = np.random.default_rng(5)
    beyond = 0
    for _ in range(3000):
        found = cohort.reliability(rng.normal(0, 3, (6, 1)) + rng.normal(0, 1, (6, 2)))
        beyond += abs(rng.normal(0, np.sqrt(2))) > found.mdc.value
    # Three standard errors of a share of 0.107 in 3000 are 0.017.
    assert abs(beyond / 3000 - judging.false_share(6, 2, 0.95)) < 0.017


def test_of_twenty_people_no_false_share_is_shown():
    picked = chosen(cohorts.study(), metric=TIME, test_retest="1, 2", sessions="1, 3")
    assert "beyond it by error alone" not in cohort.change(picked, cohort.retest(picked)).summary.shown


def test_what_everybody_gained_between_test_and_retest_is_told_wherever_change_is():
    """Differences 0.5, 0.4, 0.6, 0.5: their mean is 0.5 and leaves 0 out; a trend they have not."""
    rows = repeated([1.0, 2.0, 3.0, 4.0], [1.5, 2.4, 3.6, 4.5])
    rows += [run(f"P{n:02d}", "3", 2.0 + n) for n in range(4)]
    picked = chosen(rows, test_retest="1, 2", sessions="1, 3")
    again = cohort.retest(picked)
    low, high = stats.ttest_1samp([0.5, 0.4, 0.6, 0.5], 0).confidence_interval(0.95)
    said = " ".join(cohort.change(picked, again).summary.remarks)
    assert f"everybody shifted by 0.500 ({low:.3f} to {high:.3f})\u00a0s; the MDC does not contain this" in said
    assert "may be practice" in said
    assert "everybody shifted by 0.500" in again.reliability.shown.loc[0, "remark"]


def test_no_common_shift_is_told_where_there_is_none():
    picked = chosen(repeated([1.0, 2.0, 3.0, 4.0], [1.2, 1.8, 3.2, 3.8]), test_retest="1, 2")
    again = cohort.retest(picked)
    assert "shifted" not in " ".join(cohort.change(picked, again).summary.remarks)
    assert "shifted" not in again.reliability.shown.loc[0, "remark"]


def test_where_everybody_repeats_exactly_there_is_no_mdc_and_nothing_is_judged():
    rows = repeated([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]) + [run(f"P{n:02d}", "3", 9.0) for n in range(4)]
    picked = chosen(rows, test_retest="1, 2", sessions="1, 3")
    again = cohort.retest(picked)
    assert not again.found
    assert again.lacking[TIME].startswith("no difference seen: the measurement's steps are larger than its error")
    found = cohort.change(picked, again)
    assert set(found.people.frame["judgement"]) == {"not judged"}
    assert "no difference seen" in " ".join(found.summary.remarks)


def test_a_trend_of_test_and_retest_is_said_where_one_mdc_judges_everybody():
    rng = np.random.default_rng(0)
    first = np.linspace(1, 10, 30)
    second = 1.2 * first + rng.normal(0, 0.05, 30)
    rows = [*repeated(list(first), list(second)), *(run(f"P{n:02d}", "3", 5.0) for n in range(30))]
    picked = chosen(rows, test_retest="1, 2", sessions="1, 3")
    said = " ".join(cohort.change(picked, cohort.retest(picked)).summary.remarks)
    assert "The difference changes with the mean" in said
    assert "One MDC does not fit everybody" in said


# --- groups


def test_two_groups_differ_by_welchs_interval():
    women, men = [1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 9.0, 5.0, 6.0]
    rows = [run(f"F{n}", "1", value, sex="female") for n, value in enumerate(women)]
    rows += [run(f"M{n}", "1", value, sex="male") for n, value in enumerate(men)]
    found = row(cohort.groups(chosen(rows, by="sex")).differences)
    interval = stats.ttest_ind(men, women, equal_var=False).confidence_interval(0.95)
    assert found["difference"] == "male less female"
    assert_allclose([found["low"], found["high"]], [interval.low, interval.high], rtol=1e-4)
    assert_allclose(found["mean_difference"], np.mean(men) - np.mean(women))


def test_the_same_people_under_two_labels_are_compared_within_themselves():
    base = [1.0, 5.0, 9.0, 3.0]
    gain = [0.5, 0.6, 0.4, 0.5]
    rows = [run(f"P{n}", "1", value, label="slow") for n, value in enumerate(base)]
    rows += [run(f"P{n}", "1", a + b, label="swift") for n, (a, b) in enumerate(zip(base, gain, strict=True))]
    found = row(cohort.groups(chosen(rows, by="label")).differences)
    interval = stats.ttest_1samp(gain, 0).confidence_interval(0.95)
    assert (found["people"], found["method"]) == ("4 in both", "paired t")
    assert_allclose([found["low"], found["high"]], [interval.low, interval.high])


def under_labels(**numbers: dict[str, float]) -> pd.DataFrame:
    """The differences between labels of one session, from label -> person -> number."""
    rows = [run(who, "1", value, label=name) for name, own in numbers.items() for who, value in own.items()]
    return cohort.groups(chosen(rows, by="label")).differences.frame.set_index("difference")


def test_of_several_labels_all_intervals_hold_at_once():
    """Three pairs: each at 1 - 0.05 / 3."""
    base, gain = np.array([1.0, 5.0, 9.0, 3.0]), np.array([0.5, 0.6, 0.4, 0.5])
    numbers = {name: dict(zip("PQRS", values, strict=True)) for name, values in
               (("a", base), ("b", base + gain), ("c", base - 2 * gain))}  # fmt: skip
    found = under_labels(**numbers)
    assert set(found["method"]) == {"paired t, Bonferroni"}
    interval = stats.ttest_1samp(gain, 0).confidence_interval(1 - 0.05 / 3)
    assert_allclose(found.loc["b less a", ["low", "high"]].tolist(), [interval.low, interval.high])


def test_a_single_person_in_both_groups_is_left_out_and_the_others_are_not_paired():
    women = {f"F{n}": value for n, value in enumerate([1.0, 2.0, 3.0, 4.0])}
    men = {f"M{n}": value for n, value in enumerate([2.0, 4.0, 9.0, 5.0])}
    rows = [run(who, "1", value, label="a") for who, value in (women | {"X": 70.0}).items()]
    rows += [run(who, "1", value, label="b") for who, value in (men | {"X": 90.0}).items()]
    table = cohort.groups(chosen(rows, by="label")).differences
    interval = stats.ttest_ind(list(men.values()), list(women.values()), equal_var=False).confidence_interval(0.95)
    found = row(table)
    assert (found["method"], found["people"]) == ("Welch", "4 and 4")
    assert_allclose([found["low"], found["high"]], [interval.low, interval.high], rtol=1e-4)
    assert any("left out of this difference, as they are in both: 1" in said for said in table.remarks)


def test_three_shared_people_of_many_do_not_make_pairs():
    shared = {f"X{n}": float(n) for n in range(3)}
    one, other = ({f"{name}{n}": 1.5 * n for n in range(8)} | shared for name in "ab")
    assert under_labels(a=one, b=other).loc["b less a", "method"] == "Welch"


def test_more_than_two_groups_have_the_intervals_of_games_and_howell():
    """As scipy computes them; a group in which nobody differs takes no interval from the pairs of the others."""
    values = {"a": [1.0, 2.0, 4.0, 3.0], "b": [2.0, 4.0, 9.0, 5.0, 6.0], "c": [7.0, 7.5, 9.0]}
    bounds = stats.tukey_hsd(*values.values(), equal_var=False).confidence_interval(0.95)
    found = by_condition(**values)
    for (i, first), (j, second) in itertools.combinations(enumerate("abc"), 2):
        pair = found.loc[f"{second} less {first}"]
        assert pair["method"] == "Games-Howell"
        assert_allclose([pair["low"], pair["high"]], [bounds.low[j, i], bounds.high[j, i]], rtol=1e-5)
    found = by_condition(**values, d=[5.0, 5.0, 5.0], e=[6.0, 6.0, 6.0])
    without = found.index[found["low"].isna()]
    assert list(without) == ["e less d"]
    assert found.loc["e less d", "method"].startswith("no interval: everybody of both groups")


def test_the_task_shown_is_the_one_with_most_to_show_not_with_most_failures():
    rows = [failed(f"P{n}", "1", task="walking") for n in range(3)] + [run("P1", "1", 2.0)]
    assert chosen(rows).task == "sit-to-stand"
    assert chosen(rows[:3]).task == "walking"


def test_a_study_s_groups_are_set_beside_each_other_and_who_changed_group_stands_aside():
    rows = [run(f"C{n}", "1", value, group="control") for n, value in enumerate([1.0, 2.0, 4.0])]
    rows += [run(f"T{n}", "1", value, group="trained") for n, value in enumerate([3.0, 4.0, 8.0])]
    rows += [run("X", "1", 90.0, group="control"), run("X", "2", 80.0, group="trained"), run("N", "1", 70.0)]
    found = cohort.groups(chosen(rows, by="group", sessions="1, 2"))
    summary = found.summary.frame.set_index("group")
    assert summary["people"].to_dict() == {"control": 3, "trained": 3, "not given": 2}
    interval = stats.ttest_ind([3.0, 4.0, 8.0], [1.0, 2.0, 4.0], equal_var=False).confidence_interval(0.95)
    own = row(found.differences)
    assert (own["difference"], own["mean_difference"]) == ("trained less control", pytest.approx(8 / 3))
    assert_allclose([own["low"], own["high"]], [interval.low, interval.high], rtol=1e-4)


def by_condition(**numbers: list[float]) -> pd.DataFrame:
    rows = [
        run(f"{name}{n}", "1", value, condition=name) for name, own in numbers.items() for n, value in enumerate(own)
    ]
    return cohort.groups(chosen(rows, by="condition")).differences.frame.set_index("difference")


def test_groups_are_of_the_first_compared_session_so_that_nobody_counts_twice():
    rows = [run(f"P{n}", session, float(n), sex="female") for n in range(4) for session in "12"]
    assert row(cohort.groups(chosen(rows, by="sex")).summary)["people"] == 4


def test_a_group_of_two_is_described_and_not_compared():
    rows = [*people(5, sex="female"), run("M1", "1", 1.0, sex="male"), run("M2", "1", 2.0, sex="male")]
    found = cohort.groups(chosen(rows, by="sex"))
    assert row(found.summary, group="male")["median"] == 1.5
    assert found.differences.frame.empty
    assert any("People in male: 2; at least 3" in said for said in found.differences.remarks)


def test_who_gave_no_sex_or_two_is_compared_with_nobody():
    rows = [*people(4, sex="female"), run("N1", "1", 1.0)]
    rows += [run("X1", "1", 1.0, sex="female", label="a"), run("X1", "1", 1.0, sex="male", label="b")]
    found = cohort.groups(chosen(rows, by="sex"))
    assert row(found.summary, group="not given")["people"] == 2
    assert found.differences.frame.empty


def test_a_detail_given_in_one_run_holds_for_the_persons_others():
    rows = [run("P1", "1", 1.0, sex="male", label="a"), run("P1", "1", 3.0, label="b")]
    assert row(cohort.groups(chosen(rows, by="sex")).summary, group="male")["mean"] == 2.0


# --- what became of every recording


def test_every_run_is_counted_once_by_what_became_of_it():
    rows = cohorts.study()
    counts = cohort.counts(chosen(rows)).frame
    kinds = ["good", "doubtful", "bad", "failed", "left over"]
    assert counts[kinds].sum().sum() == counts["runs"].sum() == len(rows)
    assert counts.set_index("session").loc["1", "left over"] == 1
    # P11, P22 and P33 did not come to session 3.
    assert counts.set_index("session").loc["3", "participants without a run"] == 3


def test_everything_that_is_not_plain_is_named_with_its_reason():
    rows = [
        run("P01", "1", 1.0),
        run("P01", "2", 1.0, verdict="doubtful", doubts="Dark."),
        run("P02", "1", 1.0, verdict="bad", doubts="Nobody there."),
        failed("P03", "1"),
        failed("P03", "2"),
        run("P04", "1", listed=False),
        run("P05", "1", None, **{LEAN: 3.0}),
        run("P05", "2", 1.0, **{LEAN: 3.0}),
    ]
    told = cohort.not_plain(chosen(rows, metric=TIME)).frame
    found = {(one.participant, one.session): (one.what, one.why, one.counted) for one in told.itertuples()}
    assert found == {
        ("P01", "2"): ("doubtful", "Dark.", "yes"),
        ("P02", "1"): ("bad", "Nobody there.", "no"),
        ("P02", "2"): ("missing", "no run in this session", "no"),
        ("P03", "1"): ("failed", "reading: The clip holds no picture.", "no"),
        ("P03", "2"): ("failed", "reading: The clip holds no picture.", "no"),
        ("P04", "1"): ("left over", "no list of a batch names it any more", "no"),
        ("P05", "1"): ("number missing", "not measured in this run: Rise time", "the others"),
    }
    assert list(told["what"])[:3] == ["failed", "failed", "missing"]


def test_what_people_typed_is_no_markup():
    rows = [failed("P01", "1", message="<script>alert(1)</script>")]
    shown = cohort.not_plain(chosen(rows))._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


# --- little or nothing


@pytest.mark.parametrize(
    "rows",
    [[], [failed("P01", "1")], people(1), people(1, verdict="bad"), people(2), repeated([1.0], [2.0]),
     repeated([1.0, 2.0], [2.0, 1.0]), repeated([1.0] * 4, [1.0] * 4), [run("", "", 1.0, run="a")]],
)  # fmt: skip
@pytest.mark.parametrize("by", ["none", "sex", "label"])
def test_a_cohort_of_next_to_nothing_is_answered_in_words(rows, by):
    """No error, no warning, and never infinity or NaN where a person reads."""
    sessions = {one["session"] for one in rows}
    picked = chosen(rows, by=by, test_retest="1, 2" if sessions in ({"1", "2"}, set()) else "")
    again, spread, parts = cohort.retest(picked), cohort.spread(picked), cohort.groups(picked)
    change = cohort.change(picked, again)
    tables = [cohort.counts(picked), cohort.not_plain(picked), spread.summary, again.reliability, again.agreement]
    for table in [*tables, change.summary, change.people, parts.summary, parts.differences]:
        shown = table._repr_html_() + repr(table)
        assert shown.strip()
        assert not {"nan", "inf", "None", "<NA>"} & set(repr(table).replace(" | ", " ").split())
