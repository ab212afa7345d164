"""Render clips: `python -m kinebench.synthetic samples` or `... render --task rowing --facing left --out clip.mp4`."""

import argparse
import dataclasses
import sys
from pathlib import Path

from kinebench.errors import KinebenchError
from kinebench.parameters import build, parse
from kinebench.places import SAMPLES
from kinebench.synthetic.generate import generate
from kinebench.synthetic.scene import Scene

# The committed clips. Facing differs, so that whoever works with both works for either side.
SAMPLE_SCENES = {
    "sit_to_stand.mp4": Scene(task="sit-to-stand", seed=1, tempo=1.15, facing="left", mass_kg=70.0),
    "rowing.mp4": Scene(task="rowing", seed=1, height_m=1.82, mass_kg=78.0, facing="right", shirt="#2e6f8e"),
}


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m kinebench.synthetic", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    samples = commands.add_parser("samples", help="render the two committed sample clips with their truth")
    samples.add_argument("--out", type=Path, default=SAMPLES, help="folder to write to")
    render = commands.add_parser("render", help="render one clip with its truth and events beside it")
    render.add_argument("--out", type=Path, required=True, help="video to write, *.mp4")
    render.add_argument("--frames", type=int, help="stop after so many frames")
    for field in dataclasses.fields(Scene):
        unit = f" [{field.metadata['unit']}]" if field.metadata["unit"] else ""
        render.add_argument(
            f"--{field.name.replace('_', '-')}",
            help=f"{field.metadata['help']}{unit} (default: {field.default})",
            default=argparse.SUPPRESS,
        )
    chosen = vars(parser.parse_args(arguments))
    try:
        {"samples": _samples, "render": _render}[chosen.pop("command")](**chosen)
    except KinebenchError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _samples(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, scene in SAMPLE_SCENES.items():
        print(generate(scene, out / name))


@dataclasses.dataclass(frozen=True)
class _Choices:
    scene: Scene


def _render(out: Path, frames: int | None = None, **texts: str) -> None:
    chosen = build(_Choices, parse(_Choices, [f"{name}={text}" for name, text in texts.items()]))
    print(generate(chosen.scene, out, frames=frames))


if __name__ == "__main__":
    sys.exit(main())
