"""What a batch's table of metrics tells of a cohort: how numbers are spread, repeat, change and differ by group.

Data goes one way: the tables of `catalogue.read` -> `choose` -> `spread`, `retest`, `change`, `groups`, and `counts`
and `not_plain`, which hide nothing. Each result holds tables for people and plain ones for `figures.cohort`.
"""

from kinebench.cohort.account import counts, not_plain
from kinebench.cohort.bland_altman import Agreement, agreement
from kinebench.cohort.changes import Change, change
from kinebench.cohort.choosing import Chosen, choose
from kinebench.cohort.correlations import Estimate, Reliability, reliability
from kinebench.cohort.distributions import Spread, spread
from kinebench.cohort.grouping import Groups, groups
from kinebench.cohort.judging import judged
from kinebench.cohort.repeating import Retest, retest
from kinebench.cohort.saving import save
from kinebench.cohort.settings import Cohort, Settings
from kinebench.cohort.shown import Table

__all__ = [
    "Agreement",
    "Change",
    "Chosen",
    "Cohort",
    "Estimate",
    "Groups",
    "Reliability",
    "Retest",
    "Settings",
    "Spread",
    "Table",
    "agreement",
    "change",
    "choose",
    "counts",
    "groups",
    "judged",
    "not_plain",
    "reliability",
    "retest",
    "save",
    "spread",
]
