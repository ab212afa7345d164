"""What is noted of a failure, without the names of files and folders, which often name a person."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from kinebench import pseudonyms
from kinebench.batch.jobs import Job
from kinebench.run import settling
from kinebench.storage import Place, is_address

CLIP, FOLDER, OUT = "the clip", "the clip's folder", "out"
# Before the first folder stands a server's or a bucket's name, which names nobody and says where to look.
_FEWEST_PARTS = 2
_NUMBER = re.compile(r"\d[\d.,]*")


def unnamed(text: str, job: Job, place: Place) -> str:
    """A message without the names and paths of the clip and of the user's own files, and without computers' folders."""
    paths = {place.where: OUT, **{path: OUT for path in _shortened(place.where) if "/" in path}}
    names: dict[str, str] = {}
    folders: dict[str, str] = {}
    own = {path: f"own {name}" for name, path in settling.files_among(job.values).items()}
    for file, said in ({job.clip: CLIP} | own).items():
        if is_address(file):
            folders |= dict.fromkeys(_folders(file), FOLDER if said == CLIP else f"the folder of {said}")
            paths |= dict.fromkeys((file, *_shortened(file)), said)
        else:
            paths |= {file: said, str(Path(file).expanduser().resolve()): said} if file else {}
        names |= dict.fromkeys(_file_names(file), said)
    paths = folders | paths
    for path in sorted(paths, key=len, reverse=True):
        if path:
            # A folder not within a longer name: clips/anna is none of clips/anna-2.
            behind = r"(?![\w-])" if path in folders else ""
            text = re.sub(re.escape(path) + behind, lambda _, said=paths[path]: said, text)  # type: ignore[misc]
    text = re.sub(r"/\S*/kinebench-[^\s'\"]+", "a temporary file", text)
    # A name that is the task's or a pseudonym names nobody, and a number is more often one of something else.
    told = {str(value) for value in job.told().values()}
    return pseudonyms.without_names(
        text, {name: said for name, said in names.items() if name not in told and not _NUMBER.fullmatch(name)}
    )


def _shortened(address: str) -> tuple[str, ...]:
    """An address as libraries write it: without the protocol, or what follows a question mark, quoted or not."""
    if not is_address(address):
        return ()
    parts = [form for part in address.split("::") for form in (part, part.partition("?")[0])]
    return _spelled(form for part in parts for form in (part, part.partition("://")[2]))


def _folders(address: str) -> tuple[str, ...]:
    """The folders that a file at an address lies in, with the protocol and without."""
    found = []
    for part in address.split("::"):
        protocol, mark, path = part.partition("?")[0].partition("://")
        for folder in PurePosixPath(path).parents:
            if len([name for name in folder.parts if name != "/"]) >= _FEWEST_PARTS:
                found += [f"{protocol}{mark}{folder}", str(folder)]
    return _spelled(found)


def _spelled(forms: Iterable[str]) -> tuple[str, ...]:
    every = (spelled for form in forms for spelled in (form, quote(form, safe="/:?=&"), unquote(form)))
    return tuple(dict.fromkeys(form for form in every if form))


def _file_names(file: str) -> tuple[str, ...]:
    """Those of a file: of one at an address, or on another system, as its path has them."""
    if not (is_address(file) or "\\" in file):
        return pseudonyms.names_of(Path(file))
    paths = (
        [form for part in file.split("::") for form in (part, part.partition("?")[0])] if is_address(file) else [file]
    )
    lasts = [re.split(r"[/\\]", path)[-1] for path in paths]
    return _spelled([name for last in lasts for name in (last, last.rsplit(".", 1)[0])])
