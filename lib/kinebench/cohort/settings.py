"""What may be set where a cohort is looked at: which task and metrics, which sessions, which groups, what counts."""

from dataclasses import dataclass, field

from kinebench import tasks
from kinebench.errors import collected
from kinebench.parameters import Group, parameter

GROUPINGS = ("none", "group", "sex", "condition", "label")
SHOWN, LEFT_OUT = "shown", "left out"


def names(written: str) -> tuple[str, ...]:
    """The names in a text that separates them by commas; none in an empty one."""
    return tuple(name.strip() for name in written.split(",") if name.strip())


@dataclass(frozen=True)
class Cohort(Group):
    """Which runs and metrics are looked at, which sessions are set against each other, and what counts as an error."""

    task: str = parameter("", help="whose runs; empty: the task with the most runs")
    metric: str = parameter(
        "", help="columns of metrics.csv, separated by commas; empty: the metrics that the task's report begins with"
    )
    sessions: str = parameter(
        "",
        help="two sessions whose change is looked at, the earlier first, such as 'before, after'; "
        "empty: the first and the last, where dates or numbers tell them",
    )
    test_retest: str = parameter(
        "", help="two or more sessions between which nothing should have changed, such as '1, 2'; empty: none"
    )
    by: str = parameter("none", help="the groups that are set beside each other", choices=GROUPINGS)
    doubtful: str = parameter(
        SHOWN,
        help="whether doubtful runs count: shown: marked, and in every number; left out: drawn, but in none",
        choices=(SHOWN, LEFT_OUT),
    )
    confidence: float = parameter(
        0.95,
        help="of every interval, of the limits of agreement and of the smallest detectable change",
        low=0.5,
        high=0.999,
    )
    mdc: float | None = parameter(
        None, help="a minimal detectable change from elsewhere, in the metric's unit; null: from test_retest", low=0.0
    )
    mdc_source: str = parameter("", help="where that change stands: a citation")

    def __post_init__(self) -> None:
        """Check every field, that the task is one, that sessions are enough, and that a given MDC has its source."""
        super().__post_init__()
        if self.task:
            tasks.get(self.task)
        faults = []
        compared, repeated = names(self.sessions), names(self.test_retest)
        if self.sessions and (len(compared) != 2 or len(set(compared)) != 2):
            faults.append(f"sessions must name two sessions, but got {self.sessions!r}. Write them as 'before, after'.")
        if self.test_retest and (len(repeated) < 2 or len(set(repeated)) != len(repeated)):
            faults.append(
                f"test_retest must name two or more sessions, each once, but got {self.test_retest!r}. "
                "Write them as '1, 2', or leave it empty."
            )
        if self.mdc == 0:
            faults.append("mdc must be above 0, but is 0: every change would lie beyond it. Leave it empty instead.")
        if self.mdc is not None and not self.mdc_source.strip():
            faults.append(f"mdc_source must say where mdc {self.mdc:g} stands, but is empty. Cite the source.")
        if self.mdc is not None and len(names(self.metric)) != 1:
            faults.append(
                f"mdc must go with one metric, whose unit it has, but metric is {self.metric!r}. Name that one metric."
            )
        collected(faults)


@dataclass(frozen=True)
class Settings:
    """The one group of parameters of the notebook."""

    cohort: Cohort = field(default_factory=Cohort)
