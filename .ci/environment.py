"""Write environment.yml from requirements.lock, so that conda users get the versions that pip users get."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """\
# Made from requirements.lock by `make lock`; a test holds the two together.
#   conda env create -f environment.yml && conda activate kinebench && kinebench demo
name: kinebench
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python=3.12
  - pip
  - pip:
      - -e .
"""


def pins(lock: str) -> list[str]:
    """Every `name==version ; marker` of a lock file, hashes left out (pip refuses them beside an editable package)."""
    return [line.strip() for line in re.findall(r"^([a-zA-Z0-9][^\n\\]*==[^\n\\]*)", lock, flags=re.MULTILINE)]


def environment(lock: str) -> str:
    """The text of environment.yml."""
    return HEAD + "".join(f'      - "{pin}"\n' for pin in pins(lock))


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(environment((ROOT / "requirements.lock").read_text()))
