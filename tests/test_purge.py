"""`kinebench purge`: all that was derived from a person goes and nothing of anybody else's; it may be interrupted."""

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from kinebench import keypoints, parameters, provenance, purging, recordings, saved, tasks
from kinebench.batch.ledger import Ledger
from kinebench.cli import sharing
from kinebench.errors import KinebenchError
from kinebench.estimators.recorded import Recorded
from kinebench.extraction import keeping
from kinebench.provenance import sha256_file
from kinebench.purging import claims, leftovers, naming, removing
from kinebench.references import library
from kinebench.references.record import Reference, Source
from kinebench.report import index
from kinebench.storage import Place
from kinebench.widgets import drafts
from tests import report_folders as folders

PERSON, OTHER = "N07", "N08"
# A person whose name is that of the other with a session's.
ALIKE = "N07_2"
OWN_CLIP, OTHER_CLIP, SHARED_CLIP, ALIKE_CLIP = (hashlib.sha256(name.encode()).hexdigest() for name in "ABSC")
RUN = "N07_1_sit-to-stand_0000000a"
NAMELESS = "sit-to-stand_calm-otter_0000000b"
FAILED = "N07_1_rowing_0000000c"
ON_SHARED = "N07_3_sit-to-stand_0000000d"
RECORDED = "N07_4_sit-to-stand_0000000e"
OTHERS = "N08_1_sit-to-stand_0000000f"
OTHER_ON_SHARED = "N08_3_sit-to-stand_00000010"
OTHER_RECORDED = "N08_4_sit-to-stand_00000011"
NAMELESS_SHARED = "sit-to-stand_bold-heron_00000012"
OF_ALIKE = "N07_2_sit-to-stand_00000013"
COMPARED = "N08_5_compare_00000014"
UNFINISHED = "N07_9_sit-to-stand_00000015"
# Every place that holds something of the person, or is made of one of the clips that are the person's alone.
GONE = {
    f"reports/{RUN}",
    f"reports/{NAMELESS}",
    f"reports/failed/{FAILED}",
    f"reports/{ON_SHARED}",
    f"reports/{RECORDED}",
    f"reports/elsewhere/{RUN}",
    "reports/given/run.json",
    "reports/given/metrics.json",
    "reports/given/figures",
    "reports/given/again",
    f"reports/.kinebench-{UNFINISHED}-abc",
    "reports/.kinebench-xyz",
    f"reports/.kinebench/locks/{UNFINISHED}",
    f"reports/exports/sit-to-stand-{OWN_CLIP[:8]}-20261121-101500.mp4",
    "reports/handed/both.zip",
    "reports/handed/of-a-run-that-is-gone.zip",
    f"reports/handed/{provenance.run_id('anonymous', OWN_CLIP, {})}.mp4",
    "reports/cohort/runs_by_session.csv",
    "reports/cohort/change.csv",
    "reports/cohort/figures/change.svg",
    "data/params/walk.yaml",
    "data/params/walk.yaml.bak",
    "data/references/own.yaml",
    "data/references/own.keypoints.csv",
}


def clip(name: str, sha256: str) -> SimpleNamespace:
    """As much of a clip as its parameter file depends on."""
    return SimpleNamespace(path=Path(f"{name}.mp4"), sha256=sha256)


def detected(sha256: str, estimator: dict) -> Path:
    """Cached detections, as an extraction leaves them."""
    basis = {"format": 2, "video_sha256": sha256, "estimator": estimator}
    table = pd.DataFrame({"frame": [0], "x": [1.0]})
    table.attrs = {"joints": ["nose"], "basis": basis}
    table.attrs["content"] = keeping.digest(table)
    path = keeping.place(basis)
    keeping.keep(table, path)
    assert keeping.kept(path, basis) is not None
    return path


def recorded(folder: Path, x: float) -> tuple[dict, str, Path]:
    """Keypoints of another tool made ready: what a run says of its estimator, and the ground's digest and file."""
    table = keypoints.make(np.arange(4) / 25.0, ["nose", "left_hip"], np.add([x, 90.0, 0.5], np.zeros((4, 2, 3))))
    folder.mkdir(parents=True, exist_ok=True)
    keypoints.save(table, folder / "keypoints.csv")
    ready = recordings.ready(folder / "keypoints.csv", size=(320, 240))
    described = Recorded(ready.recording).describe()
    return described, sha256_file(ready.video), ready.video


def referenced(name: str, sha256: str) -> None:
    """A reference movement made of a clip."""
    table = keypoints.make(np.arange(4) / 25.0, ["nose", "left_hip"], np.full((4, 2, 3), 0.5))
    source = Source(sha256, "blazepose-full", 0.0, 0.12, {})
    library.save(Reference(name, "squat", "left", source, "2026-11-21", library.rounded(table)))


def tuned(name: str, sha256: str, person: str | None) -> Path:
    """A clip's parameter file, as the workbench saves it."""
    task = tasks.get("sit-to-stand")
    settings = parameters.build(task.settings, {"participant": person} if person else {})
    target = Path(os.environ["KINEBENCH_DATA"]) / "params" / f"{name}.yaml"
    saved.write(target, saved.written(clip(name, sha256), task.name, settings, "2026-11-21"))
    return target


def run(reports: Path, name: str, sha256: str, person: str | None = None, **said) -> Path:
    values = {"participant": person} | said.pop("parameters", {})
    folder = folders.run(reports, name, parameters=values, input={"sha256": sha256}, **said)
    (folder / "figures").mkdir()
    (folder / "figures" / "rises.svg").write_text(f"<svg>{name}</svg>")
    return folder


def build(root: Path) -> None:
    """A study with every kind of trace: two people and one of a similar name, a clip of both, keypoints of both."""
    reports = root / "reports"
    for name, sha256, person in (
        (RUN, OWN_CLIP, PERSON),
        (f"elsewhere/{RUN}", OWN_CLIP, PERSON),
        (NAMELESS, OWN_CLIP, None),
        (ON_SHARED, SHARED_CLIP, PERSON),
        (OTHERS, OTHER_CLIP, OTHER),
        (OTHER_ON_SHARED, SHARED_CLIP, OTHER),
        (NAMELESS_SHARED, SHARED_CLIP, None),
        (OF_ALIKE, ALIKE_CLIP, ALIKE),
        ("given", OWN_CLIP, PERSON),
        ("given/within", OTHER_CLIP, OTHER),
        ("given/again", OWN_CLIP, None),
    ):
        run(reports, name, sha256, person)
    (reports / "given" / "clip.mp4").write_bytes(b"the recording itself")
    folders.failure(reports, FAILED, notebook=True, participant=PERSON, input={"sha256": OWN_CLIP})
    run(reports, COMPARED, OTHER_CLIP, OTHER, parameters={"reference": "own"})
    outside = root / "outside"
    outside.mkdir()
    (outside / "album.jpg").write_bytes(b"not derived")
    (reports / RUN / "album").symlink_to(outside)
    for name, person, x in ((RECORDED, PERSON, 100.0), (OTHER_RECORDED, OTHER, 200.0)):
        estimator, ground, _ = recorded(root / "outside" / name, x)
        run(reports, name, ground, person, estimator=estimator)
        detected(ground, estimator)
    for sha256 in (OWN_CLIP, OTHER_CLIP, SHARED_CLIP, ALIKE_CLIP):
        detected(sha256, {"name": "blazepose-full"})
    for name, sha256 in (("own", OWN_CLIP), ("other", OTHER_CLIP), ("shared", SHARED_CLIP)):
        referenced(name, sha256)
    leave_unfinished(root)
    leave_settings(root)
    leave_beside(reports)
    folders.batch(reports, RUN, FAILED, UNFINISHED, OTHERS, OF_ALIKE)
    index.write(reports)


def leave_unfinished(root: Path) -> None:
    """What killed runs leave: by their names, and one that only its notebook tells of."""
    reports = root / "reports"
    (reports / f".kinebench-{UNFINISHED}-abc" / "figures").mkdir(parents=True)
    (reports / ".kinebench-xyz").mkdir()
    cell = {
        "cell_type": "code",
        "source": [f'participant = "{PERSON}"\n'],
        "metadata": {"tags": ["injected-parameters"]},
    }
    (reports / ".kinebench-xyz" / "sit_to_stand.ipynb").write_text(json.dumps({"cells": [cell]}))
    (reports / f".kinebench-{OTHERS}-abc").mkdir()
    (reports / ".kinebench" / "locks").mkdir(parents=True)
    for name in (UNFINISHED, OTHERS, OF_ALIKE):
        (reports / ".kinebench" / "locks" / name).touch()


def leave_beside(reports: Path) -> None:
    """What was made of runs: bundles, an anonymised copy, the tables of the cohort's notebook, somebody's own notes."""
    (reports / "handed").mkdir()
    bundled(reports / "handed" / "both.zip", {OTHERS: OTHER, NAMELESS: None})
    bundled(reports / "handed" / "of-a-run-that-is-gone.zip", {"sit-to-stand_warm-owl_000000ff": PERSON})
    bundled(reports / "handed" / "others.zip", {OTHERS: OTHER, OF_ALIKE: ALIKE})
    for sha256 in (OWN_CLIP, OTHER_CLIP):
        (reports / "handed" / f"{provenance.run_id('anonymous', sha256, {})}.mp4").write_bytes(b"film")
    (reports / "cohort" / "figures").mkdir(parents=True)
    (reports / "cohort" / "figures" / "change.svg").write_text("<svg/>")
    (reports / "cohort" / "figures" / "own.svg").write_text("<svg/>")
    (reports / "cohort" / "runs_by_session.csv").write_text("session,runs\n1,4\n")
    (reports / "cohort" / "change.csv").write_text(f"metric,person\nrise_s,{OTHER}\n")


def bundled(path: Path, runs: dict[str, str | None], sha256: str = "") -> None:
    """As much of a bundle as tells whose runs it holds; sha256: of their clip."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, person in runs.items():
            record = json.dumps({"run": name, "parameters": {"participant": person}, "input": {"sha256": sha256}})
            archive.writestr(f"{path.stem}/data/{name}/run.json", record)


def leave_settings(root: Path) -> None:
    """Parameter files, drafts and exports of the workbench, and the batch's memory of clips."""
    reports = root / "reports"
    own = tuned("walk", OWN_CLIP, None)
    shutil.copy(own, own.with_name("walk.yaml.bak"))
    tuned("others", OTHER_CLIP, OTHER)
    tuned("both", SHARED_CLIP, None)
    task = tasks.get("sit-to-stand")
    for name, sha256 in (("walk", OWN_CLIP), ("others", OTHER_CLIP)):
        drafts.Draft(clip(name, sha256), task).keep(task.settings(), None)
    (reports / "exports").mkdir()
    for sha256 in (OWN_CLIP, OTHER_CLIP):
        (reports / "exports" / f"sit-to-stand-{sha256[:8]}-20261121-101500.mp4").write_bytes(b"film")
    stamps = {f"/clips/{sha256[:4]}.mp4": {"stamp": [1, 2], "sha256": sha256} for sha256 in (OWN_CLIP, OTHER_CLIP)}
    (root / "cache" / "stamps.json").write_text(json.dumps(stamps))


def held(root: Path) -> dict[str, bytes]:
    """Every file and link below `root`; of the page without the minute at which it was written."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = os.readlink(path).encode()
        elif path.is_file():
            found[name] = path.read_bytes() if path.name != "index.html" else b"a page"
    return found


@pytest.fixture
def _settled(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)


def at(root: Path, monkeypatch) -> Path:
    for name in ("cache", "data", "home"):
        monkeypatch.setenv(f"KINEBENCH_{name.upper()}", str(root / name))
    return root


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """A study to be copied, not changed."""
    root = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        build(at(root, patch))
    return root


@pytest.fixture
def world(study, tmp_path, monkeypatch) -> Path:
    """A copy of the study, and the program's places in it."""
    shutil.copytree(study, tmp_path / "world", symlinks=True)
    return at(tmp_path / "world", monkeypatch)


def purged(root: Path, person: str = PERSON) -> purging.Plan:
    planned = purging.plan(person, root / "reports")
    purging.carry_out(planned)
    return planned


def test_all_of_the_person_goes_and_all_of_everybody_else_stays_as_it_was(world):
    before = held(world)
    purged(world)
    after = held(world)
    written = {f"reports/{name}" for name in removing.TABLES} | {"cache/stamps.json"}
    written |= {name for name in before if "/batches/" in name}
    assert {name for name in before if name in after and before[name] != after[name]} <= written
    assert not set(after) - set(before)
    gone = set(before) - set(after)
    hashed = {name for name in gone if name.startswith("cache/")}
    drafted = {name for name in gone if name.endswith(".draft.yaml")}
    beyond = {
        name for name in gone - hashed - drafted if not any(name == one or name.startswith(f"{one}/") for one in GONE)
    }
    assert not beyond
    assert not {one for one in GONE if (world / one).exists()}
    # Detections of the person's clip and keypoints, and the keypoints made ready; one draft of two.
    assert len(hashed) == 3
    assert len(drafted) == 1


def test_nothing_that_is_left_names_the_person_or_the_clip(world):
    purged(world)
    for name, content in held(world).items():
        if name.startswith("outside/"):
            continue
        told = name.encode() + b"\n" + content
        assert OWN_CLIP.encode() not in told, name
        # N07_2 is another person.
        assert b"N07" not in told.replace(ALIKE.encode(), b""), name
    assert PERSON not in (world / "reports" / "index.html").read_text().replace(ALIKE, "")
    listed = pd.read_csv(world / "reports" / "metrics.csv")
    assert set(listed["participant"].dropna()) == {OTHER, ALIKE}


def test_a_link_in_a_run_is_removed_and_what_it_leads_to_stays(world):
    purged(world)
    assert (world / "outside" / "album.jpg").read_bytes() == b"not derived"


def test_a_run_folder_that_is_a_link_goes_and_what_it_leads_to_is_told(world):
    moved = world / "outside" / "moved"
    shutil.move(world / "reports" / RUN, moved)
    (world / "reports" / RUN).symlink_to(moved)
    planned = purged(world)
    assert not (world / "reports" / RUN).is_symlink()
    assert (moved / "run.json").exists()
    assert any("is a link" in said and RUN in said for said in planned.stays)


def below(folder: Path) -> set[str]:
    """Files by their paths in the folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_of_a_folder_that_was_given_with_out_only_the_run_goes(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    reports = tmp_path / "reports"
    given = run(reports, "visit1", OWN_CLIP, PERSON)
    record = json.loads((given / "run.json").read_text())
    (given / "run.json").write_text(json.dumps(record | {"files": {"extra.csv": {}, "../above.txt": {}}}))
    (given / "extra.csv").write_text("1")
    (given / "reps.csv").write_text("1")
    (given / "error.ipynb").write_text("{}")
    (given / ".kinebench-torn.html").write_text("half")
    (given / ".kinebench-visit1-abc").mkdir()
    (given / ".kinebench-visit2-abc").mkdir()
    (given / ".kinebench-visit2-abc" / "probe").write_text("another's")
    (given / "P07.mp4").write_bytes(b"the recording itself")
    (given / "notes").mkdir()
    (given / "notes" / "metrics.csv").write_text("my own")
    planned = purging.plan(PERSON, reports)
    (item,) = (one for one in planned.items if one.what == "runs")
    assert item.size_bytes == sum((given / name).stat().st_size for name in below(given) if is_of_run(name))
    purging.carry_out(planned)
    assert below(given) == {"P07.mp4", "notes/metrics.csv", ".kinebench-visit2-abc/probe"}
    (said,) = (said for said in planned.stays if str(given) in said)
    assert "only what belongs to the run goes, the rest stays: .kinebench-visit2-abc, P07.mp4, notes." in said


def is_of_run(name: str) -> bool:
    return not name.startswith(("P07", "notes", ".kinebench-visit2"))


def test_a_folder_that_was_given_with_out_goes_where_nothing_else_is_in_it(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    given = run(tmp_path / "reports", "visit1", OWN_CLIP, PERSON)
    planned = purged(tmp_path)
    assert not given.exists()
    assert not any(str(given) in said for said in planned.stays)


def test_runs_inside_a_folder_that_was_given_with_out_are_each_their_own_persons(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    reports = tmp_path / "reports"
    for name, person in (("", PERSON), ("results", OTHER), ("results/001", PERSON), ("results/001/deep", OTHER)):
        run(reports, name, OWN_CLIP if person == PERSON else OTHER_CLIP, person)
    run(reports, "results/002", OTHER_CLIP, OTHER)
    run(reports, "results/003", OWN_CLIP, PERSON)
    run(reports, "results/003/again", OWN_CLIP, PERSON)
    index.write(reports)
    others = ("results", "results/001/deep", "results/002")
    before = {name: held(reports / name) for name in others[1:]}
    planned = purged(tmp_path)
    assert {str(path.parent.relative_to(reports)) for path in reports.rglob("run.json")} == set(others)
    assert {name: held(reports / name) for name in before} == before
    assert not (reports / "results" / "003").exists()
    assert (reports / "results" / "figures" / "rises.svg").exists()
    assert not (reports / "metrics.json").exists()
    (said,) = (said for said in planned.stays if said.startswith(f"In {reports} only"))
    assert said.endswith("the rest stays: results.")


def test_a_day_in_the_name_of_a_folder_given_with_out_does_not_make_all_of_it_the_runs(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    given = run(tmp_path / "reports", f"{PERSON}_20261121", OWN_CLIP, PERSON)
    (given / "clip.mp4").write_bytes(b"the recording itself")
    purged(tmp_path)
    assert below(given) == {"clip.mp4"}


def test_what_names_the_person_beside_anothers_run_is_told(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    run(tmp_path / "reports", "visit1", OWN_CLIP, PERSON)
    given = run(tmp_path / "reports", "visit2", OTHER_CLIP, OTHER)
    (given / "notes.txt").write_text(f"{PERSON} was tired")
    (given / "report.html").write_text(f"compared with {PERSON}")
    stays = "\n".join(purged(tmp_path).stays)
    assert f"{given / 'notes.txt'} names {PERSON}" in stays
    assert "report.html" not in stays


def test_what_cannot_be_told_or_reached_is_told(world):
    reports = world / "reports"
    (reports / "notes.txt").write_text(f"{PERSON} was tired")
    (reports / "others.txt").write_text(f"{ALIKE} and X{PERSON} were not")
    (reports / "torn.zip").write_bytes(b"PK\x03\x04 torn")
    stays = "\n".join(purging.plan(PERSON, reports).stays)
    assert f"{reports / 'notes.txt'} names {PERSON}: look whether it is to stay." in stays
    assert f"{reports / 'torn.zip'} cannot be read: look whose runs it holds." in stays
    assert "others.txt" not in stays
    for beyond in (
        "written elsewhere with --out", "anonymised copies elsewhere", "saved with what they show", "caches of other",
        "handed on",
    ):  # fmt: skip
        assert beyond in stays


def test_what_is_called_by_the_person_is_told_whatever_it_is(world):
    reports = world / "reports"
    (reports / "copies").mkdir()
    (reports / f"{PERSON}-photographs").mkdir()
    named = [f"copies/{PERSON}.mp4", f"copies/front_{PERSON}_seated", f"{PERSON}-photographs"]
    # Another person, and words that only hold the letters.
    others = [f"copies/{ALIKE}.mp4", f"copies/{ALIKE}_front.mp4", f"copies/X{PERSON}.mp4", f"copies/{PERSON}1.mp4"]
    for name in (*named[:2], *others):
        (reports / name).write_bytes(b"film")
    planned = purged(world)
    assert {said for said in planned.stays if f" names {PERSON}: look" in said} == {
        f"{reports / name} names {PERSON}: look whether it is to stay." for name in named
    }
    assert all((reports / name).exists() for name in (*named, *others))


@pytest.mark.parametrize(
    ("name", "people", "holds"),
    [
        ("P07.mp4", [], True),
        ("a_P07", [], True),
        ("a-P07.b", [], True),
        ("P07_2.mp4", [], True),
        ("P07_2.mp4", ["P07_2"], False),
        ("P07_2.P07", ["P07_2"], True),
        ("P077", [], False),
        ("aP07", [], False),
        ("éP07", [], False),
        ("p08", ["P07", "P08"], False),
    ],
)
def test_a_pseudonym_in_a_name_is_a_word_of_it(name, people, holds):
    assert naming.in_name(name, "P07", people) is holds


def test_copies_of_parameter_files_that_jupyter_keeps_go_with_them(world):
    kept = world / "data" / "params" / ".ipynb_checkpoints"
    kept.mkdir()
    own, others = kept / "walk-checkpoint.yaml", kept / "others-checkpoint.yaml"
    shutil.copy(world / "data" / "params" / "walk.yaml", own)
    shutil.copy(world / "data" / "params" / "others.yaml", others)
    purged(world)
    assert not own.exists()
    assert others.exists()


def test_what_jupyter_keeps_beside_the_runs_is_looked_into(world):
    reports = world / "reports"
    kept = reports / "handed" / ".ipynb_checkpoints"
    kept.mkdir()
    bundled(kept / "both-checkpoint.zip", {NAMELESS: None})
    (kept / "notes-checkpoint.md").write_text(f"about {PERSON}")
    run(kept, RUN, OWN_CLIP, PERSON)
    planned = purged(world)
    assert f"{kept / 'notes-checkpoint.md'} names {PERSON}: look whether it is to stay." in planned.stays
    assert [path.name for path in kept.iterdir()] == ["notes-checkpoint.md"]


def test_a_reports_folder_below_this_one_is_to_be_purged_by_itself(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    reports = tmp_path / "reports"
    for name in ("batch", "tables", "neither", "others"):
        run(reports / name, RUN, OWN_CLIP, PERSON if name != "others" else OTHER)
    folders.batch(reports / "batch", RUN)
    index.write(reports / "tables")
    index.write(reports / "others")
    run(reports, "given", OWN_CLIP, PERSON, files=("metrics.csv", "report.html"))
    (reports / "given" / "clip.mp4").write_bytes(b"film")
    planned = purged(tmp_path)
    assert [said for said in planned.stays if "of its own" in said] == [
        f"{reports / name} has tables and lists of its own: purge there too, with --reports {reports / name}."
        for name in ("batch", "tables")
    ]
    assert {path.parent.parent.name for path in reports.rglob("run.json")} == {"others"}
    for name in ("batch", "tables"):
        purging.carry_out(purging.plan(PERSON, reports / name))
    assert not any(
        PERSON.encode() in content for name, content in held(reports).items() if not name.startswith("others/")
    )


def test_a_bundle_of_the_persons_clip_goes_though_its_run_names_nobody(world):
    handed = world / "reports" / "handed"
    called = "sit-to-stand_warm-owl_000000fe"
    bundled(handed / "nameless.zip", {called: None}, OWN_CLIP)
    bundled(handed / "of-anothers-clip.zip", {called: None}, OTHER_CLIP)
    bundled(handed / "of-a-shared-clip.zip", {called: None}, SHARED_CLIP)
    bundled(handed / "called-otherwise.zip", {called: OTHER}, OWN_CLIP)
    planned = purged(world)
    assert not (handed / "nameless.zip").exists()
    assert (handed / "of-anothers-clip.zip").exists()
    assert (handed / "of-a-shared-clip.zip").exists()
    assert [said for said in planned.stays if "names somebody else" in said] == [
        f"{handed / 'called-otherwise.zip'} holds a run of a recording of {PERSON} that names somebody else: look "
        "whether it is to stay."
    ]


@pytest.mark.parametrize("name", ["groups", "change"])
def test_a_table_of_ones_own_is_told_where_nothing_else_is_the_cohort_notebooks(world, name):
    (world / "reports" / "mine").mkdir()
    own = world / "reports" / "mine" / f"{name}.csv"
    own.write_text(f"person,group\n{PERSON},a\n{OTHER},b\n")
    planned = purged(world)
    assert own.exists()
    assert f"{own} names {PERSON}: look whether it is to stay." in planned.stays


def test_what_cannot_be_read_beside_the_runs_is_told_and_ends_nothing(world, monkeypatch):
    dangling, barred = world / "reports" / "lost.txt", world / "reports" / "barred.csv"
    dangling.symlink_to(world / "gone.txt")
    barred.write_text(PERSON)
    real = Path.read_text

    def read_text(path: Path, *arguments, **named) -> str:
        if path == barred:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **named)

    monkeypatch.setattr(Path, "read_text", read_text)
    planned = purged(world)
    assert {f"{path} cannot be read: look whose it is." for path in (dangling, barred)} <= set(planned.stays)
    assert not (world / "reports" / RUN).exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    assert not list(naming.told(tmp_path, PERSON, [], []))


def test_a_cohorts_results_that_name_the_person_go_even_where_no_run_is_left(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    reports = tmp_path / "reports"
    for name, person in (("own", PERSON), ("others", ALIKE)):
        (reports / name).mkdir(parents=True)
        (reports / name / "runs_to_look_at.csv").write_text(f"participant,what\n{person},missing\n")
        (reports / name / "distributions.csv").write_text("metric,mean\nrise_s,1.2\n")
    purged(tmp_path)
    assert not list((reports / "own").glob("*.csv"))
    assert len(list((reports / "others").glob("*.csv"))) == 2


@pytest.mark.parametrize("content", ['{"run": "N0', "{}", None], ids=["cut", "saying nothing", "gone"])
def test_a_run_whose_record_cannot_be_read_goes_by_its_name(tmp_path, monkeypatch, content):
    at(tmp_path, monkeypatch)
    for name in (RUN, OTHERS, f"failed/{FAILED}"):
        folder = tmp_path / "reports" / name
        folder.mkdir(parents=True)
        (folder / "report.html").write_text("standing up")
        if content is not None:
            (folder / "run.json").write_text(content)
    planned = purged(tmp_path)
    left = sorted(path.relative_to(tmp_path / "reports").as_posix() for path in (tmp_path / "reports").rglob("*.html"))
    assert left == [f"{OTHERS}/report.html"]
    assert any(said.startswith(f"{RUN} goes by its name") for said in planned.stays)
    assert any(OTHERS in said and "look whose it is" in said for said in planned.stays)


def test_where_nothing_is_found_records_that_cannot_be_read_are_told(tmp_path, monkeypatch):
    folder = at(tmp_path, monkeypatch) / "reports" / "calm-otter"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{")
    with pytest.raises(KinebenchError, match=r"nothing of N07 .*1 record\(s\) cannot be read .*calm-otter/run"):
        purging.plan(PERSON, tmp_path / "reports")


def test_a_reference_that_cannot_be_read_is_told_in_one_line_before_anything_goes(world):
    (world / "data" / "references" / "lost.yaml").symlink_to(world / "nowhere.yaml")
    before = held(world)
    with pytest.raises(KinebenchError, match=r"Every file must be readable, but .*lost\.yaml is not"):
        purging.plan(PERSON, world / "reports")
    assert held(world) == before


def test_a_day_in_a_folders_name_makes_no_run_of_it(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    run(tmp_path / "reports" / "N07_20261121", OTHERS, OTHER_CLIP, OTHER)
    (tmp_path / "reports" / "N07_20261121" / "notes.txt").write_text("mine")
    with pytest.raises(KinebenchError, match="nothing of N07 was found"):
        purging.plan(PERSON, tmp_path / "reports")


def test_waiting_rows_of_a_person_of_a_similar_name_stay_in_the_list(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    reports = tmp_path / "reports"
    second, alike = "N07_2_walking_00000001", "N07_2_walking_00000002"
    Ledger(Place(str(reports))).note_list("a list", {second: PERSON, alike: ALIKE})
    for name in (second, alike):
        (reports / f".kinebench-{name}-abc").mkdir()
    planned = purged(tmp_path)
    (listed,) = (reports / ".kinebench" / "batches").glob("*.json")
    assert list(planned.lists.values()) == [(second,)]
    assert any("take their rows out" in said for said in planned.stays)
    assert json.loads(listed.read_text()) == {"runs": [alike], "participants": {alike: ALIKE}}
    assert [path.name for path in reports.glob(".kinebench-*")] == [f".kinebench-{alike}-abc"]


def test_of_an_older_list_the_longest_name_that_is_known_decides(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    reports = tmp_path / "reports"
    run(reports, OF_ALIKE, ALIKE_CLIP, ALIKE)
    folders.batch(reports, "N07_1_walking_00000001", "N07_2_walking_00000002")
    assert list(purging.plan(PERSON, reports).lists.values()) == [("N07_1_walking_00000001",)]


def test_a_batch_notes_whose_each_of_its_runs_is(tmp_path):
    ledger = Ledger(Place(str(tmp_path)))
    ledger.note_list("a list", {"N07_2_walking_00000002": ALIKE})
    folders.batch(tmp_path, RUN, called="older")
    assert set(ledger.listed()) == {"N07_2_walking_00000002", RUN}
    assert leftovers.noted(tmp_path) == {"N07_2_walking_00000002": ALIKE}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_what_the_batch_remembers_of_clips_stays_the_users_alone(world):
    purged(world)
    assert (world / "cache" / "stamps.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("command", [("purge", PERSON), ("export", RUN, "--to", "x.zip")], ids=["purge", "export"])
def test_an_address_is_refused_with_what_to_do_instead(command):
    done = called(*command, "--reports", "s3://study/reports")
    assert isinstance(done.exception, KinebenchError)
    assert "must be a folder of this computer, but got s3://study/reports. Mount" in str(done.exception)


def test_what_stays_is_told(world):
    stays = "\n".join(purging.plan(PERSON, world / "reports").stays)
    assert f"The recording itself (SHA-256 {OWN_CLIP}) stays" in stays
    assert f"The recording (SHA-256 {SHARED_CLIP}) is another participant's too" in stays
    assert f"{NAMELESS_SHARED} names nobody, and its clip is another participant's too" in stays
    assert f"Compared with own, a reference made of one of these clips, and staying: {COMPARED}." in stays
    assert "keypoint files of other tools stay" in stays
    assert OTHER_CLIP not in stays


def test_the_ground_that_two_recordings_stand_on_belongs_to_neither(world):
    grounds = list((world / "cache" / "recordings").glob("*.mp4"))
    assert len(grounds) == 1
    purged(world)
    assert grounds[0].exists()
    assert len(list((world / "cache" / "recordings").glob("*.parquet"))) == 1
    # The last one to stand on it takes it along.
    purged(world, OTHER)
    assert not grounds[0].exists()


def test_a_recording_that_names_nobody_stays_where_it_only_stands_on_the_same_ground(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    for name, person, x in ((RECORDED, PERSON, 100.0), ("another", None, 200.0), ("the-same", None, 100.0)):
        estimator, ground, _ = recorded(tmp_path / "outside" / name, x)
        run(tmp_path / "reports", name, ground, person, estimator=estimator)
    purged(tmp_path)
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["another"]
    assert len(list((tmp_path / "cache" / "recordings").iterdir())) == 2


def test_a_shared_recording_goes_with_the_last_who_has_runs_of_it(world):
    before = set((world / "cache" / "keypoints").iterdir())
    purged(world)
    planned = purged(world, OTHER)
    assert f"The recording itself (SHA-256 {SHARED_CLIP}) stays where it is." in planned.stays
    assert not (world / "reports" / NAMELESS_SHARED).exists()
    left = set((world / "cache" / "keypoints").iterdir())
    assert len(before - left) == len(before) - 1
    assert set(pd.read_csv(world / "reports" / "metrics.csv")["participant"]) == {ALIKE}


def test_a_second_purge_finds_nothing(world):
    purged(world)
    with pytest.raises(KinebenchError, match=r"nothing of N07 was found.*Check the pseudonym"):
        purging.plan(PERSON, world / "reports")


@pytest.mark.parametrize("name", ["", "../N07", "N07/x", "N 07", "-N07", "P" * 33])
def test_a_name_that_can_hold_a_path_is_refused(name, tmp_path):
    with pytest.raises(KinebenchError, match="PARTICIPANT must be"):
        purging.plan(name, tmp_path)


def test_planning_changes_nothing(world):
    before = held(world)
    purging.plan(PERSON, world / "reports")
    assert held(world) == before


def test_a_parameter_file_alone_leads_to_what_was_made_of_its_clip(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    named = tuned("anna", OWN_CLIP, PERSON)
    kept = detected(OWN_CLIP, {"name": "blazepose-full"})
    other = detected(OTHER_CLIP, {"name": "blazepose-full"})
    purged(tmp_path)
    assert not named.exists()
    assert not kept.exists()
    assert other.exists()


def test_a_parameter_file_that_yaml_refuses_still_names_its_person(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    named = tuned("anna", OWN_CLIP, PERSON)
    named.write_text(named.read_text() + "\n: [")
    purged(tmp_path)
    assert not named.exists()


def test_a_damaged_cache_entry_goes_unless_it_is_just_being_written(world):
    folder = world / "cache" / "keypoints"
    (folder / f"{'0' * 64}.parquet").write_bytes(b"PAR1 broken")
    (folder / ".kinebench-now.parquet").write_bytes(b"PAR1")
    (folder / ".kinebench-old.parquet").write_bytes(b"PAR1")
    os.utime(folder / ".kinebench-old.parquet", (1, 1))
    purged(world)
    assert not (folder / f"{'0' * 64}.parquet").exists()
    assert (folder / ".kinebench-now.parquet").exists()
    assert not (folder / ".kinebench-old.parquet").exists()


def test_a_record_that_cannot_be_read_is_told_and_left(world):
    (world / "reports" / OTHERS / "run.json").write_text("{")
    planned = purged(world)
    assert any(f"{OTHERS}/run.json cannot be read: look whose it is." in said for said in planned.stays)
    assert (world / "reports" / OTHERS / "run.json").exists()


def test_a_run_whose_replacement_was_interrupted_goes_too(world):
    folder = world / "reports" / RUN
    (folder / "run.json").rename(folder / ".run.json.replaced")
    purged(world)
    assert not folder.exists()


def test_nothing_is_purged_while_a_batch_is_at_work_on_it(world):
    from filelock import FileLock

    with (
        FileLock(world / "reports" / ".kinebench" / "locks" / UNFINISHED),
        pytest.raises(KinebenchError, match=rf"a batch is at work on {UNFINISHED}\. Wait"),
    ):
        purging.plan(PERSON, world / "reports")
    purged(world)


def test_what_cannot_be_removed_is_named_and_a_second_purge_finishes(world, monkeypatch):
    real = Path.unlink
    stuck = world / "reports" / RUN / "metrics.json"

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path == stuck:
            raise PermissionError(13, "Permission denied", str(path))
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(
        KinebenchError, match=r"metrics\.json must be removable or writable, but is not \(Permission denied\)"
    ):
        purged(world)
    assert (world / "reports" / RUN / "run.json").exists()
    monkeypatch.setattr(Path, "unlink", real)
    purged(world)
    assert not (world / "reports" / RUN).exists()


def test_interrupted_anywhere_it_can_be_done_again_and_ends_the_same(study, tmp_path, monkeypatch):
    steps, expected = 0, finished(study, tmp_path, monkeypatch)
    while True:
        root = tmp_path / str(steps)
        shutil.copytree(study, root, symlinks=True)
        at(root, monkeypatch)
        if not interrupted(root, steps, monkeypatch):
            break
        if but_for_torn(held(root)) != expected or removing.mark(root / "reports").exists():
            purged(root)
        left = held(root)
        assert but_for_torn(left) == expected, f"interrupted at {steps}"
        assert not any(PERSON.encode() in content or OWN_CLIP.encode() in content for content in torn(left).values())
        shutil.rmtree(root)
        steps += 1
    assert steps > 40


def torn(found: dict[str, bytes]) -> dict[str, bytes]:
    """What was being written when it ended."""
    return {name: content for name, content in found.items() if Path(name).name.startswith(".kinebench-")}


def but_for_torn(found: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in found.items() if name not in torn(found)}


def finished(study: Path, folder: Path, monkeypatch) -> dict[str, bytes]:
    """What an undisturbed purge leaves."""
    shutil.copytree(study, folder / "whole", symlinks=True)
    purged(at(folder / "whole", monkeypatch))
    return held(folder / "whole")


def interrupted(root: Path, after: int, monkeypatch) -> bool:
    """Purge, and be stopped as by SIGKILL at the removal or writing after so many; whether it came to that.

    From then on nothing is removed or put in place any more, also not by those who clear up after an error.
    """
    left = after

    def counted(real):
        def one(*arguments, **named):
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return real(*arguments, **named)

        return one

    with monkeypatch.context() as patch:
        planned = purging.plan(PERSON, root / "reports")
        patch.setattr(Path, "unlink", counted(Path.unlink))
        patch.setattr(Path, "rmdir", counted(Path.rmdir))
        patch.setattr(os, "replace", counted(os.replace))
        patch.setattr(index, "write", counted(index.write))
        try:
            purging.carry_out(planned)
        except KeyboardInterrupt:
            return True
    return False


DIGESTS = st.sampled_from([hashlib.sha256(bytes([number])).hexdigest() for number in range(5)])
CLAIMS = st.builds(
    claims.Claim,
    path=st.integers(0, 10**9).map(lambda number: Path(f"run-{number}")),
    what=st.sampled_from(["runs", "failed runs", "parameter files"]),
    participant=st.sampled_from(["", PERSON, OTHER, ALIKE]),
    clip=DIGESTS,
    recording=st.frozensets(DIGESTS, max_size=2),
    ground=st.booleans(),
)


@given(st.lists(CLAIMS, max_size=8))
def test_whoever_is_named_keeps_all_that_names_them_and_all_that_leads_to_it(found):
    own, shared = claims.belonging(found, PERSON)
    digests, grounds = claims.digests_of(own, found, PERSON)
    others = [one for one in found if one.participant not in ("", PERSON)]
    assert not set(own) & set(others)
    assert {one for one in found if one.participant == PERSON} <= set(own)
    assert not digests & frozenset().union(*(one.digests for one in others))
    assert grounds <= digests
    assert not set(shared) & set(own)


def called(*arguments: object, answer: str | None = None):
    app = typer.Typer()
    for name in ("purge", "export", "verify"):
        app.command(name=name)(getattr(sharing, name))
    return CliRunner().invoke(app, [str(one) for one in arguments], input=answer)


def test_the_command_tells_counts_names_and_sizes_and_a_dry_run_removes_nothing(world):
    before = held(world)
    done = called("purge", PERSON, "--reports", world / "reports", "--dry-run")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Would be removed of N07")
    assert any(line.strip().startswith("runs: 7, ") for line in lines)
    assert any(line.strip().startswith("failed runs: 1, ") for line in lines)
    assert f"    {RUN}" in lines
    assert f"    failed/{FAILED}" in lines
    assert held(world) == before


def test_the_command_tells_what_goes_of_a_folder_that_holds_other_things_too(tmp_path, monkeypatch):
    at(tmp_path, monkeypatch)
    given = run(tmp_path / "reports", "visit1", OWN_CLIP, PERSON)
    (given / "clip.mp4").write_bytes(b"the recording itself")
    done = called("purge", PERSON, "--reports", tmp_path / "reports", "--dry-run")
    assert "    visit1, of it only: figures, metrics.json, run.json" in done.stdout.splitlines()


def test_without_a_terminal_the_command_wants_to_be_told_to_go_on(world):
    before = held(world)
    done = called("purge", PERSON, "--reports", world / "reports")
    assert isinstance(done.exception, KinebenchError)
    assert "--yes must be given" in str(done.exception)
    assert held(world) == before
    done = called("purge", PERSON, "--reports", world / "reports", "--yes")
    assert done.exit_code == 0
    assert "Removed: " in done.stdout
    assert not (world / "reports" / RUN).exists()


@pytest.mark.parametrize(("answer", "there"), [("n\n", True), ("y\n", False)])
def test_on_a_terminal_it_asks_first(world, monkeypatch, answer, there):
    monkeypatch.setattr("kinebench.cli.sharing.is_terminal", lambda: True)
    called("purge", PERSON, "--reports", world / "reports", answer=answer)
    assert (world / "reports" / RUN).exists() is there


def test_without_a_folder_it_is_looked_where_runs_go_by_themselves(world, tmp_path, monkeypatch):
    """Not in a `reports` of somebody else's that one happens to stand beside: the person's runs would stay."""
    (tmp_path / "elsewhere" / "reports").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("KINEBENCH_HOME", str(world))
    said = called("purge", PERSON, "--dry-run")
    assert said.exit_code == 0, said.output
    assert RUN in said.output
