"""A list to begin with, for `kinebench batch --example`."""

_EXAMPLE = """\
# A batch's list: a row for each clip. Lines that begin with # and a blank are remarks; delete these when you like.
# clip: the video file; it counts from this list's folder or from raw in it, or from the folder given with --clips.
# task: one of sit-to-stand, rowing, lifting, walking and compare.
# participant: a pseudonym, never a name. It is letters, digits, _ or -; so are session, label
# and group.
# label: what tells recordings of one session and task apart, such as a second trial.
# group: the group of the study that the person belongs to, such as control; cohort.ipynb sets groups beside each other.
# date: the day of the recording as YYYY-MM-DD. In a spreadsheet a date cell does too.
# age in years; sex is female or male; height_m in metres gives distances in metres; mass_kg gives power.
# side: left or right, the side of the body towards the camera; empty: found from the picture.
# start_s, stop_s: the stretch of the clip to be measured, in seconds from its start.
# Any parameter of a task may be a column, such as chair_height_m: `kinebench parameters TASK` shows them all.
# Cells that are empty, NA, n/a or - give no value. The column notes is yours, and so is each that begins with #.
clip,task,participant,group,session,date,label,age,sex,height_m,mass_kg,side,start_s,stop_s,chair_height_m,notes
P01_1.mp4,sit-to-stand,P01,trained,1,2026-04-03,,71,female,1.62,58.5,left,,,0.46,
P01_2.mp4,sit-to-stand,P01,trained,2,2026-06-05,trial-1,71,female,1.62,59,left,2.5,40,0.46,after six weeks
P02_1.mp4,walking,P02,control,1,2026-04-03,,68,male,1.78,NA,,,,,"treadmill, 1.2 m/s"
"""


def example() -> str:
    """The text of a small CSV list, with a remark on each of its columns."""
    return _EXAMPLE
