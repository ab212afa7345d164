"""No reader takes more than ten times a file's size in memory: full files are read, nearly empty ones are refused."""

import json
import tracemalloc
from pathlib import Path

import pytest

from kinebench import formats
from kinebench.errors import KinebenchError
from kinebench.formats import Given
from kinebench.skeleton import BLAZEPOSE33, COCO17

JOINTS = BLAZEPOSE33.joints
GIVEN = Given(frame_rate_hz=30.0, width=1280, height=720)
FLOOR = 10_000_000


def landmarks(count: int) -> list[dict]:
    return [{"type": n, "x": 50.5 + n, "y": 60.25, "inFrameLikelihood": 0.5} for n in range(count)]


def wide(ending: str, cells: str, rows: int) -> str:
    header = ",".join(f"{joint}_{c}" for joint in JOINTS for c in ("x", "y", ending))
    return f"time_s,{header}\n" + "\n".join(f"{n / 30:.3f},{cells}" for n in range(rows))


def full() -> dict[str, tuple[str, str, str]]:
    """Name -> format, ending and content of a file with all its joints, written as briefly as such files are."""
    coco = ",".join(f"{joint}_{c}" for joint in COCO17.joints for c in ("x", "y", "score"))
    sleap = ",".join(f"{joint}.{c}" for joint in JOINTS for c in ("x", "y", "score"))
    dlc = [",".join(["scorer", *["me"] * 99]), ",".join(["bodyparts", *(j for j in JOINTS for _ in range(3))])]
    dlc.append(",".join(["coords", *["x", "y", "likelihood"] * 33]))
    people = [{"image_id": f"{n}.jpg", "keypoints": [51.5, 62.5, 0.5] * 17, "score": 1} for n in range(9000)]
    rows = range(6000)
    return {
        "mlkit json": ("mlkit", ".json", json.dumps([{"landmarks": landmarks(33)}] * 1500)),
        "mlkit csv": ("mlkit", ".csv", wide("likelihood", ",".join(["512,300,0.9"] * 33), 6000)),
        "movenet": (
            "movenet_table",
            ".csv",
            f"frame,{coco}\n" + "\n".join(f"{n}" + ",0.51,0.32,0.9" * 17 for n in rows),
        ),
        "sleap": (
            "sleap",
            ".csv",
            f"frame_idx,instance.score,{sleap}\n" + "\n".join(f"{n},1" + ",512,300,0.9" * 33 for n in rows),
        ),
        "deeplabcut": ("deeplabcut", ".csv", "\n".join([*dlc, *(f"{n}" + ",512,300,0.9" * 33 for n in rows)])),
        "alphapose": ("alphapose", ".json", json.dumps(people)),
        "own wide": (
            "table",
            ".csv",
            wide("confidence", ",".join(["512,300,0.9"] * 33), 6000),
        ),
    }


def sparse() -> dict[str, tuple[str, str, str]]:
    """The same with one joint in nearly every frame, but room for all of them.

    kinebench's own tables are not among them: one in which the person is away most of the time is no damage.
    """
    first = "\n".join(f"0,{joint},50.5,60.25,0,0.5" for joint in JOINTS)
    long = f"frame,landmark,x,y,z,likelihood\n{first}\n" + "\n".join(
        f"{n},nose,50.5,60.25,0,0.5" for n in range(1, 80_000)
    )
    columns = ",".join(f"{joint}.{c}" for joint in JOINTS for c in ("x", "y", "score"))
    empty = f"frame_idx,instance.score,{columns}\n" + "\n".join(f"{n},1,5,6,1" + "," * 96 for n in range(30_000))
    frames = [{"landmarks": landmarks(33)}] + [{"landmarks": landmarks(1)}] * 40_000
    return {
        "mlkit json": ("mlkit", ".json", json.dumps(frames)),
        "mlkit csv": ("mlkit", ".csv", long),
        "sleap": ("sleap", ".csv", empty),
    }


def peak(path: Path, name: str) -> tuple[int, str]:
    """Most memory in bytes while reading, and the error, "" without."""
    tracemalloc.start()
    try:
        formats.read(path, GIVEN, format=name)
        said = ""
    except KinebenchError as error:
        said = str(error)
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most, said


@pytest.mark.parametrize("name", full())
def test_a_full_file_is_read_in_ten_times_its_size(name, tmp_path):
    known, ending, content = full()[name]
    path = tmp_path / f"a{ending}"
    path.write_text(content)
    most, said = peak(path, known)
    assert said == ""
    assert most < 10 * path.stat().st_size + FLOOR


@pytest.mark.parametrize("name", sparse())
def test_a_nearly_empty_file_is_refused_or_read_in_ten_times_its_size(name, tmp_path):
    known, ending, content = sparse()[name]
    path = tmp_path / f"a{ending}"
    path.write_text(content)
    most, said = peak(path, known)
    assert most < 10 * path.stat().st_size + FLOOR
    assert said == "" or "nearly empty" in said
