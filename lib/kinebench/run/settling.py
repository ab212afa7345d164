"""What a run is made with: the parameters given, those saved for the clip, and the clip opened with them."""

from pathlib import Path
from typing import Any

from kinebench import parameters, saved, subject, video
from kinebench.errors import KinebenchError

# Settings that name a file of the user's; a reference is mostly a name in the library, and then none.
OWN_FILES = ("weights", "detector", "recording", "reference")
REFERENCE_FILE = ".yaml"
# What an edit says of the person who made it.
SIGNED = ("who", "when")


def settled(source: Path, task: Any, values: dict[str, Any], obey_saved: bool) -> tuple[Any, video.Clip, str]:
    """The settings of a run, the clip opened with them, and in words where they come from."""
    parameters.build(task.settings, values)
    unheeded = subject.unheeded(values)
    if unheeded:
        raise KinebenchError(unheeded)
    if not obey_saved:
        settings: Any = parameters.build(task.settings, rooted(values))
        return settings, opened(source, settings), "as given"
    whole = video.open_clip(source)
    found, path = saved_for(whole, task, values)
    try:
        settings = parameters.build(task.settings, rooted(found | values))
    except KinebenchError as error:
        raise KinebenchError(f"{path}: {error} Mend the file, or ignore it with --defaults.") from None
    stretch = settings.extraction
    same = (stretch.start_s, stretch.stop_s, stretch.every) == (whole.start_s, whole.stop_s, whole.every)
    clip = whole if same else opened(source, settings)
    return settings, clip, "the clip's parameter file" if path else "as given"


def saved_for(clip: video.Clip, task: Any, values: dict[str, Any]) -> tuple[dict[str, Any], Path | None]:
    """What was saved for the clip in the workbench, as far as it holds for the estimator and the person of `values`."""
    found, path = saved.values_for(clip, task.name)
    return saved.fitting(found, values, path), path


def opened(source: Path, settings: Any) -> video.Clip:
    """The clip at `source`, cut to the stretch that the settings name."""
    extraction = settings.extraction
    return video.open_clip(source, start_s=extraction.start_s, stop_s=extraction.stop_s, every=extraction.every)


def rooted(values: dict[str, Any]) -> dict[str, Any]:
    """The values as a run is given them: the user's own files as whole paths, as the notebook runs in another folder;
    edits without who made them and when, which stands in the clip's parameter file and is nothing to be handed on.
    """
    given = {name: Path(path).expanduser() for name, path in files_among(values).items()}
    # What is not here is a path below the project's folder, or refused where it is read.
    found = {name: str(path.resolve()) for name, path in given.items() if path.exists()}
    return values | found | ({"edits": _unsigned(values["edits"])} if "edits" in values else {})


def own_files(settings: Any) -> dict[str, str]:
    """Paths of the user's own files, and what stands for them in what is handed on."""
    return {path: f"own {name}" for name, path in files_among(parameters.flat(settings)).items() if path}


def files_among(values: dict[str, Any]) -> dict[str, str]:
    """The paths of the user's own files among flat values, by the parameters that name them."""
    given = {name: values[name] for name in OWN_FILES if isinstance(values.get(name), str)}
    return {name: path for name, path in given.items() if name != "reference" or path.endswith(REFERENCE_FILE)}


def _unsigned(edits: Any) -> Any:
    """Edits as plain data without their signatures; whatever is no such list is left to whoever checks it."""
    if not isinstance(edits, list):
        return edits
    return [
        {name: value for name, value in edit.items() if name not in SIGNED} if isinstance(edit, dict) else edit
        for edit in edits
    ]
