"""Whoever else is in a clip: most networks look for the person to be measured alone, but every face has to be covered.

More looks, for many people and at fewer frames: what lies between is held, see `overlay.holding`. They are kept like
all detections, so that another run with the same clip costs nothing. They measure nobody.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from kinebench import estimators, extraction, video
from kinebench.errors import KinebenchError
from kinebench.extraction import Extraction

# More than are ever told apart in a picture of ordinary size.
MOST = 30
# People are looked for anew at each look: so few are enough, and nobody is followed to where they no longer are.
# In eight rendered clips, two of them with people who hide each other, every face is covered so in every frame.
LOOKS_PER_S = 6.0
# Who is small in the picture moves by few pixels in it, and looking for them is several times as dear. Whoever is found
# once is covered for a second before and after, see `overlay.faces`.
SMALL_LOOKS_PER_S = 1.0


EVERYBODY, ONE = "everybody", "measured person"


def sought(described: dict[str, Any], further: bool | None = None) -> str:
    """Who is looked for, by the further looks or else by the estimator `described`: "everybody", "measured person", or
    so many people at most.

    further: whether there are further looks; without it they are where they are possible.
    """
    settings = described.get("settings")
    most = settings.get("max_people", 1) if isinstance(settings, dict) else 1
    if (possible() if further is None else further) or most is None or most >= MOST:
        return EVERYBODY
    return ONE if most == 1 else f"{most} people at most"


def possible() -> bool:
    """Whether the network of the further looks is here."""
    try:
        estimators.require(estimators.DEFAULT)
    except KinebenchError:
        return False
    return True


def looks(clip: video.Clip, small_per_s: float = SMALL_LOOKS_PER_S) -> list[tuple[video.Clip, Extraction]]:
    """At which frames of `clip` the looks are, and how: what `extraction.detect` is given for each of them.

    small_per_s: how often people are looked for who are small in the picture.
    """
    how = Extraction(estimator=estimators.DEFAULT, max_people=MOST, detect_every_frame=True)
    step = max(round(clip.frame_rate_hz / LOOKS_PER_S), 1) if len(clip) > 1 else 1
    # Only where the others are as well: whom those find is left to them.
    steps = step * max(round(clip.frame_rate_hz / step / small_per_s), 1) if len(clip) > 1 else 1
    return [(_sampled(clip, step), how), (_sampled(clip, steps), replace(how, small_people=True))]


def _sampled(clip: video.Clip, step: int) -> video.Clip:
    return video.open_clip(clip.path, start_s=clip.start_s, stop_s=clip.stop_s, every=clip.every * step)


def with_all(
    clip: video.Clip, detections: pd.DataFrame, *, told: Callable[[int, int], None] | None = None
) -> pd.DataFrame:
    """`detections` of the clip with everybody's of the further looks, `together`.

    Also where `detections` are of several people, as there may be more than were asked for. The same as `detections`
    where the network for the further looks is not here. told: as in `extraction.detect`.
    """
    if not possible():
        return detections
    more = [extraction.detect(some, settings, progress=False, told=told) for some, settings in looks(clip)]
    return together([detections, *more])


def together(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Detections of several looks in one table: `look` tells which, and nobody has a number that is somebody else's."""
    numbered, first = [], 0
    for look, table in enumerate(tables):
        if len(table):
            numbered.append(table.astype({"joint": object}).assign(person=table["person"] + first, look=look))
            first = int(numbered[-1]["person"].max()) + 1
    return pd.concat(numbered, ignore_index=True) if numbered else tables[0]
