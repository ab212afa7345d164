"""Estimators with real weights against joints that were marked by hand."""

from pathlib import Path

import pytest

from tests import accuracy_pictures
from tests.accuracy_pictures import REAL
from tests.estimator_cases import CASES

# A hand-marked joint is a matter of some pixels itself; half the joints within two hundredths of the person's height
# is what the worst of these networks must reach.
MOST_PERCENT = 2.5


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in REAL])
def test_half_of_the_joints_lie_within_a_fortieth_of_the_height_of_where_they_were_marked(name, tmp_path: Path):
    for error in accuracy_pictures.errors(name, CASES[name].make(tmp_path)):
        assert error.median_percent < MOST_PERCENT, error
