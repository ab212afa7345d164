"""One resolved set of versions, whichever way in."""

import importlib.util
import re
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement

from kinebench import __version__, doctor, places

LOCK = (places.ROOT / "requirements.lock").read_text()
# What the tests alone need besides: other tools' own readers.
INTEROP = (places.ROOT / "requirements-interop.lock").read_text()


def pins(lock: str) -> dict[str, str]:
    """Name -> version of every package in a lock file; a package with several versions has them all in one text."""
    found: dict[str, str] = {}
    for name, version in re.findall(r"^([a-zA-Z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\\n]+)", lock, flags=re.MULTILINE):
        found[name] = " ".join(sorted({*found.get(name, "").split(), version}))
    return found


def test_conda_and_pip_users_get_the_same_versions():
    environment = yaml.safe_load((places.ROOT / "environment.yml").read_text())
    listed = next(item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    pins = {str(Requirement(line)) for line in listed if not line.startswith("-e")}
    locked = {
        str(Requirement(line)) for line in re.findall(r"^([a-zA-Z0-9][^\n\\]*==[^\n\\]*)", LOCK, flags=re.MULTILINE)
    }
    assert pins == locked
    assert "-e ." in listed


def test_environment_file_is_what_make_lock_writes():
    spec = importlib.util.spec_from_file_location("environment", places.ROOT / ".ci" / "environment.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (places.ROOT / "environment.yml").read_text() == module.environment(LOCK)


def test_what_the_tests_need_besides_changes_no_version():
    users, testers = pins(LOCK), pins(INTEROP)
    runtime = {name: version for name, version in testers.items() if name in users}
    assert runtime == {name: users[name] for name in runtime}
    assert {"movement", "opensim", "numpy"} <= testers.keys()


@pytest.mark.parametrize("lock", [LOCK, INTEROP], ids=["users", "testers"])
def test_every_package_of_the_lock_has_hashes(lock):
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", lock)
    assert all("--hash=sha256:" in block for block in blocks if "==" in block.splitlines()[0])


def test_every_direct_dependency_is_locked_within_its_bounds():
    project = tomllib.loads((places.ROOT / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(line) for line in project["dependencies"]]
    for group in project["optional-dependencies"].values():
        wanted += [Requirement(line) for line in group]
    pinned = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in doctor.pinned().items()}
    pinned = pins(INTEROP) | pinned
    for requirement in wanted:
        assert requirement.specifier.contains(pinned[requirement.name.lower()]), requirement


def test_this_environment_is_the_locked_one():
    different = {
        name: (metadata.version(name), version)
        for name, version in doctor.pinned().items()
        if metadata.version(name) != version
    }
    assert not different


def test_the_version_is_said_once():
    project = tomllib.loads((places.ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
    assert f"version: {__version__}" in (places.ROOT / "CITATION.cff").read_text()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-interop.lock"])
def test_no_lock_holds_what_would_delay_every_process_that_reads_a_notebook(name):
    """See `override-dependencies` in pyproject.toml."""
    lock = (places.ROOT / name).read_text()
    assert "jsonschema==" in lock
    assert "rfc3987-syntax==" not in lock
