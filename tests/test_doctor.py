"""What the doctor finds, and that each finding that is not good names the command that mends it."""

import sys

import pytest

from kinebench import doctor, places


@pytest.fixture
def quick(monkeypatch):
    """All findings but TensorFlow's, which takes long."""
    monkeypatch.setattr(doctor, "_tensorflow", lambda: iter(()))
    return lambda: {finding.what: finding for finding in doctor.examine()}


def test_this_environment_is_fit(quick):
    found = quick()
    assert not [finding for finding in found.values() if finding.needed and not finding.good]
    assert found["weights folder"].found == str(places.weights())


def test_every_finding_that_is_not_good_says_how_to_mend_it(quick, monkeypatch, tmp_path):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path))
    monkeypatch.setenv("KINEBENCH_CHROMIUM", "")
    found = {name: finding for name, finding in quick().items() if not finding.good}
    assert set(found) >= {"weights blazepose-full", "Chromium for PDF"}
    assert found["weights blazepose-full"].mend == "kinebench models fetch blazepose-full"
    assert all(finding.mend for finding in found.values())


def test_a_version_that_is_not_the_locked_one_is_named(monkeypatch):
    monkeypatch.setattr(doctor, "pinned", lambda: {"numpy": "0.1", "no-such-package": "1.0"})
    finding = doctor._versions()
    assert not finding.good
    assert "(lock: 0.1)" in finding.found
    assert "no-such-package missing" in finding.found
    assert "requirements.lock" in finding.mend


def test_a_tensorflow_that_does_not_start_is_told_with_its_reason(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (finding,) = doctor._tensorflow()
    assert not finding.good
    assert not finding.needed
    assert finding.mend
