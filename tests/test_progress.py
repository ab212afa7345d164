"""What a long step tells of itself where nobody looks on."""

import sys

import pytest

from kinebench import progress


@pytest.fixture(name="clock")
def _clock(monkeypatch):
    """A clock that goes ten seconds on at each look."""
    told = iter(range(0, 100_000, 10))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(told)))


def test_a_log_gets_a_line_every_half_minute_with_the_time_left(clock, capsys):
    assert list(progress.track(range(8), "finding the person", 8)) == list(range(8))
    # Items end at 10, 20, ... 80 s, so that a line is due at 30 and 60 s: 3 of 8 in 30 s leave 5 of 10 s each.
    assert capsys.readouterr().err.splitlines() == [
        "kinebench: finding the person: 3 of 8, about 50 s left",
        "kinebench: finding the person: 6 of 8, about 20 s left",
    ]


def test_of_a_step_without_a_known_end_the_log_tells_how_far_it_is(clock, capsys):
    assert list(progress.track("abcd", "reading")) == list("abcd")
    assert capsys.readouterr().err == "kinebench: reading: 3\n"


def test_a_quick_step_leaves_nothing_in_a_log(capsys):
    assert sum(progress.track(range(1000), "counting", 1000)) == 499_500
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (89, "89 s"), (600, "10 min"), (9000, "2.5 h")])
def test_a_stretch_of_time_as_people_say_it(seconds, words, monkeypatch, capsys):
    now = iter([0.0, seconds])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    # One of two took so long: the other one will.
    progress.Lines("clips", 2, every_s=0.0).update()
    assert capsys.readouterr().err == f"kinebench: clips: 1 of 2, about {words} left\n"


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.bar("clips", 3, unit="clip") as shown:
        shown.update()
    assert "clips:   0%" in capsys.readouterr().err
