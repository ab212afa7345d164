"""One JupyterLab and one browser for all tests of this folder, in one worker."""

import shutil

import pytest
from tests.browser import lab as labs

from kinebench import places, report


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session", name="executable")
def _executable():
    found = report.find_chromium()
    if found is None:
        pytest.skip("needs a Chromium, Chrome or Edge on this computer")
    return found


@pytest.fixture(scope="session", name="home")
def _home(tmp_path_factory):
    """Where the tested workbenches keep what they are given: clips, parameters, detections."""
    home = tmp_path_factory.mktemp("workbench")
    (home / "cache" / "weights").parent.mkdir()
    if places.weights().is_dir():
        (home / "cache" / "weights").symlink_to(places.weights())
    (home / "cache" / "hint-seen").touch()
    (home / "home").mkdir()
    return home


@pytest.fixture(scope="session", name="lab")
def _lab(executable, home):
    lab = labs.Lab(
        home / "lab", **{f"KINEBENCH_{name.upper()}": str(home / name) for name in ("data", "cache", "home")}
    )
    yield lab
    lab.close()
    shutil.rmtree(home / "lab", ignore_errors=True)


@pytest.fixture(scope="session", name="context")
def _context(executable):
    with labs.chromium(executable) as context:
        yield context


@pytest.fixture(autouse=True)
def _fresh(lab, context):
    """No page and no kernel of the test before."""
    yield
    for page in context.pages[1:]:
        page.close()
    lab.end_kernels()
