"""The checks on a recording: verdicts at their limits, words, and the worst one counting."""

import numpy as np
import pytest

from kinebench import quality
from kinebench.quality import Limits, limits
from kinebench.tasks import Recording

ALL = [value for value in vars(limits).values() if isinstance(value, Limits)]


@pytest.mark.parametrize("own", ALL, ids=lambda own: own.name)
def test_verdict_gets_worse_past_each_limit(own):
    worse = -1e-6 if own.more_is_better else 1e-6
    assert own.verdict(own.good) == "good"
    assert own.verdict(own.good + worse) == "doubtful"
    assert own.verdict(own.doubtful) == "doubtful"
    # A check whose limit is infinite only ever casts doubt: no count of it makes a recording bad.
    assert own.verdict(own.doubtful + worse) == ("bad" if np.isfinite(own.doubtful) else "doubtful")


@pytest.mark.parametrize("own", ALL, ids=lambda own: own.name)
def test_limits_say_what_they_rest_on_and_what_to_do(own):
    assert len(own.advice) > 20
    assert len(own.basis) > 20
    assert own.judge(own.good, "said").advice == ""
    assert own.judge(own.doubtful, "said").advice == own.advice


def test_what_cannot_be_measured_is_doubtful_and_has_no_number():
    check = quality.view(float("nan"))
    assert (check.verdict, check.value) == ("doubtful", None)
    assert "could not be told" in check.message


def test_overall_is_the_worst():
    good, bad = quality.frame_rate(30.0), quality.frame_rate(8.0)
    doubtful = quality.frame_rate(20.0)
    assert quality.overall(()) == "good"
    assert quality.overall((good, doubtful)) == "doubtful"
    assert quality.overall((doubtful, bad, good)) == "bad"


@pytest.mark.parametrize(
    ("check", "verdict", "words"),
    [
        (quality.frames_without_person(0, 300), "good", "in all 300 frames"),
        (quality.frames_without_person(60, 300), "bad", "60 of 300 frames (20.0 %)"),
        (quality.gaps_filled(0.08), "doubtful", "8.0 %"),
        (quality.swaps_corrected(1, 3, 300), "good", "once (3 frames)"),
        (quality.swaps_corrected(4, 60, 300), "bad", "4 times"),
        (quality.person_changes(0, 2), "good", "up to 2 people"),
        (quality.person_changes(2, 2), "bad", "twice"),
        (quality.crossings(0, ()), "good", "Nobody"),
        (quality.joints_missing(()), "good", "Every joint"),
        (quality.joints_missing(("left_shoulder",)), "bad", "left shoulder"),
        (quality.crossings(2, ()), "good", "twice"),
        (quality.crossings(2, (3.25,)), "doubtful", "not sure from 3.2 s on"),
        (quality.crossings(3, (3.2, 4.0)), "bad", "3.2 s, 4.0 s"),
        (quality.crossings(0, (3.2,)), "doubtful", "not sure from 3.2 s on"),
        (quality.resolution(100.0), "bad", "100 px"),
        (quality.view(-20.0), "doubtful", "20 deg from square"),
        (quality.near_side_confidence(0.95), "good", "0.95"),
        (quality.outside_picture(0.5), "bad", "50.0 %"),
        (quality.cut_repetitions(1, "stroke"), "doubtful", "cuts 1 stroke."),
        (quality.cut_repetitions(0, "stroke"), "good", "no stroke"),
        (quality.cut_repetitions(2, "stroke", cyclic=True), "good", "cuts 2 strokes."),
        (quality.rejected_repetitions(1, 6), "doubtful", "1 of 6"),
        (quality.facing("left", "left", "feet point left"), "good", "faces left"),
        (quality.facing("right", "left", "feet point left"), "bad", "but feet point left"),
        (quality.stretch(9.0, np.arange(0, 10, 0.04)), "good", "lasts until 9 s"),
        # 250 frames of 0.04 s last 10 s: the last begins at 9.96 s.
        (quality.stretch(10.0, np.arange(0, 10, 0.04)), "good", "lasts until 10 s"),
        (quality.stretch(12.0, np.arange(0, 10, 0.04)), "doubtful", "to end at 12 s, but the clip ends at 9.96 s"),
        (quality.unreadable(0.0, 10.0, ""), "good", "whole file"),
        (quality.unreadable(1.0, 9.0, "moov ends early"), "doubtful", "1.00 s of the file (10 %)"),
        (quality.unreadable(5.0, 5.0, "cut"), "bad", "50 %"),
        (quality.unreadable(0.0, 10.0, "", 0.1), "doubtful", "10.0 % of the frames are damaged"),
    ],
)
def test_checks_judge_and_say_what_was_seen(check, verdict, words):
    assert check.verdict == verdict
    assert words in check.message


def test_even_frames_have_no_jitter_and_left_out_frames_do():
    even = np.arange(0, 10, 1 / 30)
    assert quality.frame_jitter(even).verdict == "good"
    assert quality.frame_jitter(even).value < 1e-6
    random = np.random.default_rng(3)
    assert quality.frame_jitter(np.sort(random.choice(even, 150, replace=False))).verdict != "good"


@pytest.mark.parametrize("rate_hz", [24000 / 1001, 24.0, 29.97])
def test_film_and_television_rates_are_good_though_timestamps_are_rounded(rate_hz):
    times_s = np.round(np.arange(300) / rate_hz * 1000) / 1000
    recording = Recording("clip", 640, 480, times_s)
    np.testing.assert_allclose(recording.frame_rate_hz, rate_hz, rtol=1e-4)
    assert quality.frame_rate(recording.frame_rate_hz).verdict == "good"


def test_times_that_the_file_does_not_hold_are_doubted():
    check = quality.frame_jitter(np.arange(100) / 25, counted=True)
    assert check.verdict == "doubtful"
    assert check.value is None
    assert "counted at 25 frames/s" in check.message


def test_jitter_is_the_spread_over_the_median():
    # Steps of 1, 1, 1 and 3: mean 1.5, standard deviation sqrt(0.75), median 1.
    check = quality.frame_jitter(np.array([0.0, 1.0, 2.0, 3.0, 6.0]))
    np.testing.assert_allclose(check.value, 100 * np.sqrt(0.75))
