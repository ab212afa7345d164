"""Sessions in their order in time, and one number for each person and session."""

import itertools
import re

import pandas as pd

SESSION_MEANS = ["person", "session", "value", "runs", "doubtful"]


def in_order(runs: pd.DataFrame) -> tuple[tuple[str, ...], str]:
    """The names of the sessions from first to last, and what tells that order: "by date", "by number" or "".

    By date, a session comes after another when it does for most people who have both. People join a study at different
    times, so that dates are compared within a person first; where nobody's tell, the sessions' median dates do. Else by
    the numbers in names like 2 or week-12. Words tell nothing: `post` comes before `pre` in the alphabet.
    """
    named = runs[(runs["session"] != "") & (runs["participant"] != "")]
    sessions = sorted({str(name) for name in runs["session"] if name}, key=_natural)
    dates = named[named["date"] != ""].assign(date=lambda table: pd.to_datetime(table["date"], errors="coerce"))
    dated = dates.dropna(subset=["date"]).pivot_table(
        index="participant", columns="session", values="date", aggfunc="min"
    )
    found = _by_date(dated, sessions)
    if found:
        return found, "by date"
    return tuple(sessions), "by number" if _numbered(sessions) else ""


def _by_date(dated: pd.DataFrame, sessions: list[str]) -> tuple[str, ...]:
    """Sessions so that none comes before one that it follows for most people; () where dates leave two of them open.

    dated: the first date of each participant (row) in each session (column).
    """
    if any(name not in dated for name in sessions):
        return ()
    median = {name: dated[name].median() for name in sessions}
    before = {one: {other for other in sessions if other != one and _majority(dated, other, one)} for one in sessions}
    order: list[str] = []
    while len(order) < len(sessions):
        left = [name for name in sessions if name not in order]
        # Where majorities go round in a circle, nobody is free to be next, and the medians decide among all.
        free = [name for name in left if not before[name] - set(order)] or left
        order.append(min(free, key=lambda name: median[name]))
    pairs = itertools.pairwise(order)
    told = all(one in before[other] or median[one] < median[other] for one, other in pairs)
    return tuple(order) if told else ()


def _majority(dated: pd.DataFrame, one: str, other: str) -> bool:
    """Whether `one` came before `other` for more people than the other way round."""
    both = dated[[one, other]].dropna()
    return bool((both[one] < both[other]).sum() > (both[one] > both[other]).sum())


def _numbered(sessions: list[str]) -> bool:
    """Whether every name is one common word, or none, with a number of its own."""
    found = [re.fullmatch(r"(\D*)(\d+)", name) for name in sessions]
    numbers = {(one[1], int(one[2])) for one in found if one}
    return len(numbers) == len(sessions) and len({word for word, _ in numbers}) == 1


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers in a name count as numbers: session 10 comes after session 9."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def session_means(values: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The mean of each person's counted runs in a session: columns `SESSION_MEANS`, `runs` how many went into it.

    values: as `Chosen.values`. Several runs of one person are no further people: they are averaged before anything
    is counted.
    """
    own = values[(values["metric"] == metric) & values["counted"].astype(bool)]
    grouped = own.assign(doubtful=own["verdict"] == "doubtful").groupby(["person", "session"])
    return grouped.agg(value=("value", "mean"), runs=("run", "count"), doubtful=("doubtful", "any")).reset_index()


def of_sessions(values: pd.DataFrame, metric: str, sessions: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """People with a number in every one of the sessions: their means (person x session), and how many runs each is of.

    Only named participants: nobody knows which nameless runs are of one person. Last, how many people have a number in
    some of the sessions only.
    """
    named = values[(values["participant"] != "") & values["session"].isin(sessions)]
    means = session_means(named, metric)
    wide, runs = (_by_session(means, name, sessions) for name in ("value", "runs"))
    whole = wide.notna().all(axis=1)
    return wide[whole], runs[whole], int((~whole).sum())


def _by_session(means: pd.DataFrame, column: str, sessions: tuple[str, ...]) -> pd.DataFrame:
    table = means.pivot_table(index="person", columns="session", values=column, aggfunc="first")
    return table.reindex(columns=list(sessions)).astype(float)
