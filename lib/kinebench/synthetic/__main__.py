"""Render clips: `python -m kinebench.synthetic samples`, `... samples crossing.mp4`, `... render --task rowing --facing
left --out clip.mp4`, or one of a crossing's people alone, `... walker --of crossing.mp4 --person 0 --out clip.mp4`."""

import argparse
import dataclasses
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from kinebench.errors import KinebenchError
from kinebench.parameters import build, parse
from kinebench.places import SAMPLES
from kinebench.synthetic.crossing import SAMPLE_WALKERS
from kinebench.synthetic.files import generate, generate_walkers
from kinebench.synthetic.passing import SAMPLE_PASSING
from kinebench.synthetic.scene import Scene

PUNCHES = Scene(
    task="punch", seed=1, height_m=1.78, mass_kg=74.0, shirt="#c9a227", wall="#7d8f99", width=640, height=360
)
TREADMILL = Scene(
    task="walking", seed=1, height_m=1.70, mass_kg=66.0, facing="left", shirt="#4a6fa5", trousers="#3f4652"
)
FROM_BEHIND = dataclasses.replace(
    TREADMILL,
    facing="right",
    yaw_deg=-90,
    width=480,
    height=854,
    view_height_m=2.3,
    shirt="#b5473c",
    trousers="#2c3140",
    shorts=True,  # bare calves tell networks that they see a back
    shoes="#d8d5cc",
)
LIFTER = Scene(task="squat", seed=1, height_m=1.75, mass_kg=76.0, facing="left", shirt="#7a2f3a", trousers="#23262b")
SQUATS = dataclasses.replace(LIFTER, shorts=True, yaw_deg=6.0, pitch_deg=0.0, roll_deg=0.5, distance_m=5.5)
# The committed clips. Facing differs, so that whoever works with both works for either side.
SAMPLE_SCENES = {
    "sit_to_stand.mp4": Scene(task="sit-to-stand", seed=1, tempo=1.15, facing="left", mass_kg=70.0),
    "rowing.mp4": Scene(task="rowing", seed=1, height_m=1.82, mass_kg=78.0, facing="right", shirt="#2e6f8e"),
    "walking_treadmill.mp4": TREADMILL,
    "walking_behind.mp4": FROM_BEHIND,
    "punch_good.mp4": PUNCHES,
    "punch_fault.mp4": dataclasses.replace(PUNCHES, fault="bent-elbow"),
    "squat_side.mp4": SQUATS,
    "squat_front.mp4": dataclasses.replace(SQUATS, yaw_deg=90.0),
}


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m kinebench.synthetic", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    samples = commands.add_parser("samples", help="render the committed sample clips with their truth")
    names = (*SAMPLE_SCENES, *SAMPLE_WALKERS, *SAMPLE_PASSING)
    samples.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; none: all of them")
    samples.add_argument("--out", type=Path, default=SAMPLES, help="folder to write to")
    render = commands.add_parser("render", help="render one clip with its truth and events beside it")
    render.add_argument("--out", type=Path, required=True, help="video to write, *.mp4")
    render.add_argument("--frames", type=int, help="stop after so many frames")
    walker = commands.add_parser("walker", help="render one person of a clip of walkers alone")
    walker.add_argument("--of", required=True, choices=tuple(SAMPLE_WALKERS), help="whose")
    walker.add_argument("--person", type=int, required=True, choices=(0, 1), help="0: the nearer one")
    walker.add_argument("--out", type=Path, required=True, help="video to write, *.mp4")
    for field in dataclasses.fields(Scene):
        unit = f" [{field.metadata['unit']}]" if field.metadata["unit"] else ""
        render.add_argument(
            f"--{field.name.replace('_', '-')}",
            help=f"{field.metadata['help']}{unit} (default: {field.default})",
            default=argparse.SUPPRESS,
        )
    chosen = vars(parser.parse_args(arguments))
    try:
        commanded: dict[str, Callable[..., None]] = {"samples": _samples, "render": _render, "walker": _walker}
        commanded[chosen.pop("command")](**chosen)
    except KinebenchError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _samples(out: Path, names: list[str]) -> None:
    known: dict[str, Callable[[Path], Path]] = {name: partial(generate, scene) for name, scene in SAMPLE_SCENES.items()}
    known |= {name: partial(generate_walkers, scene) for name, scene in (SAMPLE_WALKERS | SAMPLE_PASSING).items()}
    strange = [name for name in names if name not in known]
    if strange:
        raise KinebenchError(f"NAME must be one of {', '.join(known)}, but got {', '.join(strange)}.")
    out.mkdir(parents=True, exist_ok=True)
    for name in names or known:
        print(known[name](out / name))


def _walker(of: str, person: int, out: Path) -> None:
    scene = SAMPLE_WALKERS[of]
    print(generate_walkers(dataclasses.replace(scene, people=(scene.people[person],)), out))


@dataclasses.dataclass(frozen=True)
class _Choices:
    scene: Scene


def _render(out: Path, frames: int | None = None, **texts: str) -> None:
    chosen = build(_Choices, parse(_Choices, [f"{name}={text}" for name, text in texts.items()]))
    print(generate(chosen.scene, out, frames=frames))


if __name__ == "__main__":
    sys.exit(main())
