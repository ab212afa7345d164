"""Numbers as a reader sees them: no false nought."""

import pytest

from kinebench import words


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.0004, "s", "<0.01"), (0.006, "s", "0.01"), (0.04, "deg", "<0.1"), (0.4, "px", "<1"), (0.03, "%", "<0.1")],
)
def test_a_spread_too_small_to_be_shown_is_no_nought(value, unit, text):
    assert words.number(value, unit, spread=True) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.00"), (0, "0"), (None, "–"), (float("nan"), "–"), (1.234, "1.23")]
)
def test_a_spread_is_written_like_any_number_otherwise(value, text):
    assert words.number(value, "s", spread=True) == text


@pytest.mark.parametrize(("value", "unit", "text"), [(-0.001, "s", "0.00"), (-0.3, "px", "0"), (-0.006, "s", "−0.01")])
def test_a_nought_has_no_sign(value, unit, text):
    assert words.number(value, unit) == text


def test_only_of_a_standard_deviation_it_is_told_so():
    names = {
        "stride_time_sd_s": True,
        "drive_recovery_ratio_sd": True,
        "stroke_rate_sd_spm": True,
        "rise_time_mean_s": False,
    }
    assert {name: words.is_spread(name) for name in names} == names
    assert words.measured(0.004, "s", spread=True) == "<0.01\u00a0s"
    assert words.measured(0.004, "s") == "0.00\u00a0s"
    assert words.label("stride_time_sd_s") == "Stride time, SD"
