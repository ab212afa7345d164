"""Reference movements: a library of plain files, and which of them a clip shows.

`library` keeps them, `making` makes one of a clip, `views` tells from where a person is seen, `recognising` which
reference a clip shows, by `matching` each of them with it.
"""

from kinebench.references.library import everything, load, names, remove, save
from kinebench.references.recognising import Recognised, recognise
from kinebench.references.record import Reference, Source
from kinebench.references.views import VIEWS, View, view_of

__all__ = [
    "VIEWS",
    "Recognised",
    "Reference",
    "Source",
    "View",
    "everything",
    "load",
    "names",
    "recognise",
    "remove",
    "save",
    "view_of",
]
