"""The side that was filmed: a leg or an arm compared with the other one is no change and no error of measurement."""

import pandas as pd


def remarks(runs: pd.DataFrame, compared: tuple[str, ...], retest: tuple[str, ...]) -> list[str]:
    """What is to be said where people were filmed from both sides.

    runs: participant, session, near_side, counted, a row a run; only what counts and names both person and side.
    """
    known = runs[runs["counted"].astype(bool) & (runs["participant"] != "") & (runs["near_side"] != "")]
    sides = known.groupby(["participant", "session"])["near_side"].agg(frozenset)
    said = []
    both = int((sides.map(len) > 1).sum())
    if both:
        said.append(
            f"In {both} of the sessions of a person runs show the left and the right side: their mean mixes both."
        )
    for sessions, what in ((compared, "compared"), (retest, "test and retest")):
        count = _moved(sides, sessions)
        if count:
            said.append(
                f"{count} of the people were filmed from another side in one of the {what} sessions "
                f"{', '.join(sessions)}: the difference is also one between left and right."
            )
    return said


def _moved(sides: pd.Series, sessions: tuple[str, ...]) -> int:
    """How many people have not the same side in all of these sessions in which they have a run."""
    own = sides[sides.index.get_level_values("session").isin(sessions)]
    return int(sum(len(set(one)) > 1 for _, one in own.groupby(level="participant")))
