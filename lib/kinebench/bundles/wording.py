"""What a bundle says of itself, to people and in its bag's own terms."""

from collections.abc import Iterator, Sequence

from kinebench import __version__
from kinebench.bundles import screening
from kinebench.bundles.members import Member

README = """Results of kinebench {version}
{line}

{count} run(s) of kinebench, which measures human movement from ordinary video:

{runs}

What is in it
  metrics.csv, metrics.parquet   one row a run; a column's name ends in its unit, where it has one
  metrics.dictionary.csv         each column's unit, definition and source
  RUN/report.html, report.pdf    the report, for reading
  RUN/run.json                   what was run: digests, parameters, versions, the verdict on the recording
  RUN/metrics.json               the metrics, each with unit, definition and source
  RUN/reps.csv                   one row a repetition, with its times in seconds, accepted or with the reason why not
  RUN/signals.csv                angles, speeds and heights over time_s (seconds from the clip's first frame)
  RUN/keypoints.csv, .parquet    joints over time_s: x, y in pixels of the upright picture (origin top left, y down),
                                 confidence 0 to 1; world_x, world_y, world_z in metres where the network is 3D
  RUN/overlay.mp4, figures/      the annotated video, and figures as SVG, PDF and PNG
  RUN/*.ipynb                    the executed notebook that all this comes from
  Missing values are empty, never 0.

Units: _s seconds, _deg degrees, _m metres, _px pixels, _m_s metres a second, _px_s pixels a second,
_deg_s degrees a second, _pct and _percent per cent, _w watts.

Faces: {faces}
Persons are named by pseudonyms. Whoever can tell whose they are can tell whose results these are: under the EU's
General Data Protection Regulation such data are still personal data (recital 26). The recordings are not in it.

Whether all of it is still as it was made: `kinebench verify FILE.zip`, or any BagIt tool (RFC 8493).

kinebench is a research tool, not a medical device.
"""


def readme(chosen: Sequence[Member]) -> str:
    """The text for whoever gets the bundle."""
    runs = "\n".join(
        f"  {one.name}: {one.record.get('task', '')}, verdict {one.record.get('verdict', 'unknown')}" for one in chosen
    )
    said = README.format(
        version=__version__, line="=" * (21 + len(__version__)), count=len(chosen), runs=runs, faces=faces(chosen)
    )
    unlisted = "\n".join(_unlisted(one) for one in chosen if not one.is_listed)
    return f"{said}\n{unlisted}\n" if unlisted else said


def bag_info(chosen: Sequence[Member], with_faces: bool) -> dict[str, str]:
    """For `bag-info.txt`: nothing of the person and the computer that it was made by; bagit adds date and size."""
    import bagit

    return {
        "External-Description": "Results of kinebench runs: tables, figures, reports, annotated videos",
        "Bag-Software-Agent": f"kinebench {__version__}, bagit.py {bagit.VERSION}",
        "Kinebench-Runs": str(len(chosen)),
        "Kinebench-Faces": faces(chosen) if with_faces else "covered",
    }


def faces(chosen: Sequence[Member]) -> str:
    """Whether faces show, and in which runs."""
    shown = [one.name for one in chosen if screening.shows_faces(one.record)]
    return f"shown in {', '.join(shown)}" if shown else "covered"


def notes(chosen: Sequence[Member]) -> Iterator[str]:
    """What whoever bundles should know: runs without digests, and files that no run wrote."""
    for one in chosen:
        if not one.is_listed:
            yield _unlisted(one)
        strange = [name for name in one.there() if name not in one.files]
        if strange:
            yield f"{one.name} holds files that the run did not write; they are left out: {', '.join(strange[:5])}."


def _unlisted(one: Member) -> str:
    """What a run is worth whose record lists no files."""
    return (
        f"{one.name} was made by a version that kept no digests of its files: they are bundled as they are; whether "
        "they were changed since cannot be told."
    )
