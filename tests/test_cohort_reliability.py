"""ICC, SEM, MDC and Bland-Altman: published examples, and laws."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from kinebench import cohort
from kinebench.cohort import correlations
from kinebench.errors import KinebenchError

# Shrout and Fleiss 1979, table 2: 6 targets rated by 4 judges.
RATINGS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)
# Bland and Altman 1986, table 1: peak expiratory flow by a large and a small meter, l/min, each read twice.
LARGE = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427], dtype=float)
AGAIN = np.array([490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421], dtype=float)
SMALL = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451], dtype=float)


@st.composite
def measured(draw):
    """Measurements of 3 to 12 people in 2 or 3 sessions, whole numbers that are not all alike."""
    n, k = draw(st.integers(3, 12)), draw(st.integers(2, 3))
    numbers = draw(st.lists(st.integers(-50, 50), min_size=n * k, max_size=n * k))
    values = np.array(numbers, dtype=float).reshape(n, k)
    assume(np.ptp(values) > 0)
    return values


def test_the_ratings_of_shrout_and_fleiss_give_their_coefficients():
    found = cohort.reliability(RATINGS)
    assert round(found.agreement.value, 2) == 0.29
    assert round(found.consistency.value, 2) == 0.71


def test_the_ratings_of_shrout_and_fleiss_give_their_mean_squares():
    """Their table 3: between targets 11.24, between judges 32.49, residual 1.02."""
    squares = correlations.mean_squares(RATINGS)
    assert (round(squares.people, 2), round(squares.sessions, 2), round(squares.residual, 2)) == (11.24, 32.49, 1.02)


def test_the_intervals_are_those_that_the_r_package_psych_gives():
    """Revelle's psych, ICC(sf): ICC2 0.02 to 0.76, ICC3 0.34 to 0.95."""
    found = cohort.reliability(RATINGS)
    assert (round(found.agreement.low, 2), round(found.agreement.high, 2)) == (0.02, 0.76)
    assert (round(found.consistency.low, 2), round(found.consistency.high, 2)) == (0.34, 0.95)


def test_the_interval_of_agreement_has_the_degrees_of_freedom_of_shrout_and_fleiss():
    """Their formula, p. 424, is another way to write that of McGraw and Wong."""
    squares = correlations.mean_squares(RATINGS)
    n, k = RATINGS.shape
    own, ratio = correlations.icc_agreement(squares), squares.sessions / squares.residual
    share = n * (1 + (k - 1) * own.value) - k * own.value
    freedom = (k - 1) * (n - 1) * (k * own.value * ratio + share) ** 2
    freedom /= (n - 1) * k**2 * own.value**2 * ratio**2 + share**2
    quantile = stats.f.ppf(0.975, n - 1, freedom)
    low = n * (squares.people - quantile * squares.residual)
    low /= quantile * (k * squares.sessions + (k * n - k - n) * squares.residual) + n * squares.people
    assert_allclose(own.low, low)


def test_nine_of_ten_intervals_hold_what_they_are_about():
    """Drawn from people and errors of known variance, 90 % intervals miss the truth in one of twenty on either side."""
    rng = np.random.default_rng(3)
    missed = {"agreement low": 0, "agreement high": 0, "sem low": 0, "sem high": 0}
    for _ in range(600):
        found = cohort.reliability(rng.normal(0, 2, (8, 1)) + rng.normal(0, 1, (8, 5)), 0.9)
        missed["agreement low"] += found.agreement.low > 4 / 5
        missed["agreement high"] += found.agreement.high < 4 / 5
        missed["sem low"] += found.sem.low > 1
        missed["sem high"] += found.sem.high < 1
    # Three standard errors of a share of 0.05 in 600 are 0.027.
    for name, count in missed.items():
        assert abs(count / 600 - 0.05) < 0.03, name


def test_sem_of_two_sessions_is_the_sd_of_the_differences_over_the_root_of_two():
    """Weir 2005: with two sessions the residual mean square is half the variance of the differences."""
    found = cohort.reliability(np.column_stack([LARGE, SMALL]))
    assert_allclose(found.sem.value, (LARGE - SMALL).std(ddof=1) / math.sqrt(2))
    assert_allclose(found.mdc.value, 1.959963984540054 * (LARGE - SMALL).std(ddof=1))


def test_sem_by_the_icc_is_the_spread_times_the_share_that_is_error():
    found = cohort.reliability(RATINGS)
    assert_allclose(found.sem_from_icc, RATINGS.std(ddof=1) * math.sqrt(1 - found.agreement.value))


@given(measured())
@settings(deadline=None, max_examples=60)
def test_everybody_alike_in_all_sessions_has_no_error(values):
    assume(np.ptp(values[:, 0]) > 0)
    found = cohort.reliability(np.repeat(values[:, :1], 2, axis=1))
    assert (found.sem.value, found.mdc.value, found.sem_from_icc) == (0, 0, 0)
    assert found.agreement == found.consistency == cohort.Estimate(1, 1, 1)


@given(measured(), st.integers(-1000, 1000), st.sampled_from([0.001, 0.5, 3.0, 1000.0]))
@settings(deadline=None, max_examples=80)
def test_unit_and_zero_of_the_scale_change_no_icc_and_the_mdc_has_the_unit(values, shift, factor):
    first, second = cohort.reliability(values), cohort.reliability(factor * (values + shift))
    for name in ("agreement", "consistency"):
        one, other = getattr(first, name), getattr(second, name)
        assert_allclose([other.value, other.low, other.high], [one.value, one.low, one.high], rtol=1e-6, atol=1e-7)
    assert_allclose(second.mdc.value, factor * first.mdc.value, rtol=1e-6, atol=1e-9 * factor)


@given(measured(), st.permutations(range(12)))
@settings(deadline=None, max_examples=40)
def test_the_order_of_people_tells_nothing(values, order):
    mixed = values[[place for place in order if place < len(values)]]
    assert_allclose(cohort.reliability(mixed).agreement.value, cohort.reliability(values).agreement.value, atol=1e-9)


@given(measured())
@settings(deadline=None, max_examples=80)
def test_an_interval_holds_its_estimate(values):
    found = cohort.reliability(values)
    for one in (found.agreement, found.consistency, found.sem, found.mdc):
        assert one.low <= one.value + 1e-9
        assert one.value <= one.high + 1e-9


def test_a_shift_of_everybody_lowers_agreement_and_not_consistency():
    shifted = np.column_stack([LARGE, LARGE + 100])
    found = cohort.reliability(shifted)
    assert found.consistency.value == 1
    # Variance between people over itself and half of the shift's square: sessions' variance is 100^2 / 2.
    assert_allclose(found.agreement.value, LARGE.var(ddof=1) / (LARGE.var(ddof=1) + 100**2 / 2))


@pytest.mark.parametrize("values", [np.ones((2, 2)), np.zeros((0, 2)), np.arange(5.0)[:, None]])
def test_too_few_people_or_sessions_are_refused(values):
    with pytest.raises(KinebenchError, match=r"at least 3 people in 2 sessions.*Record more"):
        cohort.reliability(values)


def test_a_correlation_of_equals_is_refused():
    with pytest.raises(KinebenchError, match="must differ between people"):
        cohort.reliability(np.full((8, 2), 0.1))


def test_peak_flow_by_two_meters_agrees_as_bland_and_altman_say():
    """Bias -2.1 (-22.0 to 17.8), SD 38.8 l/min; their limits, with 2 instead of 1.96, are -79.7 and 75.5."""
    found = cohort.agreement(SMALL, LARGE)
    assert (found.n, round(found.bias.value, 1), round(found.sd, 1)) == (17, -2.1, 38.8)
    assert_allclose([found.bias.low, found.bias.high], [-22.0, 17.8], atol=0.1)
    # They multiply the rounded SD.
    assert_allclose([found.bias.value - 2 * found.sd, found.bias.value + 2 * found.sd], [-79.7, 75.5], atol=0.1)
    assert_allclose(found.lower.value, found.bias.value - 1.959964 * found.sd, rtol=1e-6)
    # With 1.96 and their rough standard error of a limit, sqrt(3 / n) s, they have -114.3 to -45.1 and 40.9 to 110.1.
    assert_allclose([found.lower.high - found.lower.low, found.upper.high - found.upper.low], [69.2, 69.2], rtol=0.02)


def test_repeated_readings_scatter_as_bland_and_altman_say():
    """Their coefficient of repeatability of the large meter is 43.2 l/min, twice an SD about zero of 21.6."""
    found = cohort.agreement(LARGE, AGAIN)
    n = found.n
    assert round(math.sqrt(found.sd**2 * (n - 1) / n + found.bias.value**2), 1) == 21.6


@given(measured())
@settings(deadline=None, max_examples=60)
def test_exchanging_the_sessions_turns_the_bias_round(values):
    one, other = cohort.agreement(values[:, 0], values[:, 1]), cohort.agreement(values[:, 1], values[:, 0])
    assert_allclose([other.bias.value, other.bias.low], [-one.bias.value, -one.bias.high], atol=1e-9)
    assert_allclose([other.lower.value, other.lower.low], [-one.upper.value, -one.upper.high], atol=1e-9)
    assert other.trend == one.trend


def test_a_constant_difference_has_no_scatter_and_no_trend():
    found = cohort.agreement(LARGE, LARGE + 3)
    assert_allclose([found.bias.value, found.sd, found.lower.value, found.upper.low], [3, 0, 3, 3], atol=1e-9)
    assert found.trend == ""


def test_a_difference_that_grows_with_the_value_is_told():
    found = cohort.agreement(LARGE, 1.2 * LARGE)
    # Difference 0.2 x, mean 1.1 x.
    assert_allclose(found.slope.value, 0.2 / 1.1)
    assert found.trend.startswith("The difference changes with the mean")


def test_scatter_that_grows_with_the_value_is_told():
    size = np.linspace(1, 10, 40)
    signs = np.tile([1, -1, -1, 1], 10)
    found = cohort.agreement(size, size + 0.1 * size * signs)
    assert found.trend.startswith("The scatter changes with the mean")


def test_of_twenty_cohorts_without_a_trend_one_is_said_to_have_one():
    """Two slopes are looked at, each at 1 - 0.05 / 2, so that both together err in one of twenty."""
    rng = np.random.default_rng(11)
    found = sum(
        cohort.agreement(size, size + rng.normal(0, 0.1, 50)).trend != "" for size in rng.normal(5, 2, (800, 50))
    )
    # Three standard errors of a share of 0.05 in 800 are 0.023.
    assert found / 800 < 0.073


def test_even_scatter_is_no_trend():
    rng = np.random.default_rng(1)
    size = np.linspace(1, 10, 60)
    assert cohort.agreement(size, size + rng.normal(0, 1, 60)).trend == ""
