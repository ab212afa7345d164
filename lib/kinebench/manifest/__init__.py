"""A batch's list of clips: a CSV file, a workbook or a folder of videos; read whole and checked before anything runs.

Nothing in a list stops the reading: whatever is wrong becomes a row of `Manifest.faults` with the row and the column
that the spreadsheet shows, so that one look mends the whole list. A list comes from anywhere: what it names must lie
below the folder of the clips.
"""

from kinebench.manifest.example import example
from kinebench.manifest.faults import ManifestError
from kinebench.manifest.obeying import with_saved
from kinebench.manifest.reading import Manifest, check, read
from kinebench.manifest.rows import Row

__all__ = ["Manifest", "ManifestError", "Row", "check", "example", "read", "with_saved"]
