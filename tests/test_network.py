"""Nothing leaves the machine: whole runs with the network cut, and with every attempt to reach elsewhere caught."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from kinebench import places
from tests import cohorts, network, test_bundles
from tests.conftest import SAMPLES

pytestmark = pytest.mark.xdist_group("network")
KINEBENCH = [sys.executable, "-m", "kinebench"]
# Each says something to somebody elsewhere, by another way; where it comes from doesn't matter.
ATTEMPTS = {
    "a question to a name server": "udp('192.0.2.1', 53)",
    "a question to a name server on this machine": "udp('127.0.0.53', 53)",
    "a TCP connection": "tcp('198.51.100.7', 443)",
    "a TCP connection over IPv6": "tcp('2001:db8::1', 443)",
    "a datagram over IPv6": "udp('2001:db8::1', 9999)",
    "a call to all in the local network": "udp('224.0.0.251', 5353)",
    "one made by a process of a process": "subprocess.run([sys.executable, '-c', GRANDCHILD])",
}
CODE = """
import contextlib, socket, subprocess, sys
GRANDCHILD = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.9', 9))"
def udp(to, port):
    family = socket.AF_INET6 if ':' in to else socket.AF_INET
    socket.socket(family, socket.SOCK_DGRAM).sendto(b'kinebench' * 4, (to, port))
def tcp(to, port):
    one = socket.socket(socket.AF_INET6 if ':' in to else socket.AF_INET)
    one.settimeout(0.3)
    one.connect((to, port))
with contextlib.suppress(OSError):
    WHAT
"""
LOCAL = """
import socket, threading
for family, here in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
    server = socket.create_server((here, 0), family=family)
    threading.Thread(target=lambda: server.accept()[0].sendall(b'hello')).start()
    assert socket.create_connection(server.getsockname()[:2]).recv(5) == b'hello'
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(('127.0.0.1', 0))
udp.sendto(b'x', udp.getsockname())
"""


@pytest.fixture(scope="module", autouse=True)
def _namespaces(tmp_path_factory):
    done, _ = network.run("cut", [sys.executable, "-c", ""], tmp_path_factory.mktemp("try"))
    if done.returncode == network.NOT_ALLOWED:
        told = f"the kernel refuses a network namespace to this user: unshare(2) says {done.stderr.strip()}"
        # Where nobody looks at what was skipped, a promise that was not tested must not look kept.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(told)


@pytest.fixture(name="surroundings")
def _surroundings(tmp_path, monkeypatch):
    """A cache with the weights and without kept detections, so that the whole way is gone."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "weights").symlink_to(places.weights())
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path


def the_list(folder: Path) -> Path:
    """A list of one sample clip, cut to one movement."""
    path = folder / "list.csv"
    rows = ["sit_to_stand.mp4,sit-to-stand,P01,0.5,4.2"]
    path.write_text("\n".join(["clip,task,participant,start_s,stop_s", *rows]) + "\n")
    return path


def batch(kind: str, folder: Path) -> tuple[Path, dict]:
    """A batch, as it is at work: scheduler, worker, kernel, and the browser that prints."""
    command = ["batch", str(the_list(folder)), "--clips", str(SAMPLES), "--out", str(folder / "reports")]
    done, report = network.run(kind, [*KINEBENCH, *command], folder, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "reports", report


@pytest.mark.parametrize("what", ATTEMPTS)
def test_the_watcher_catches(what, tmp_path):
    code = CODE.replace("WHAT", ATTEMPTS[what])
    done, report = network.run("watched", [sys.executable, "-c", code], tmp_path)
    assert done.returncode == 0, done.stderr
    assert report["attempts"], what
    assert report["lost"] == 0


def test_the_watcher_says_which_name_was_looked_up(tmp_path, monkeypatch):
    monkeypatch.setenv("RES_OPTIONS", "timeout:1 attempts:1")
    code = CODE.replace("WHAT", "socket.getaddrinfo('kinebench.example', 443)")
    if not any(line.startswith("nameserver") for line in Path("/etc/resolv.conf").read_text().splitlines()):
        pytest.skip("this machine names no name server in /etc/resolv.conf")
    _, report = network.run("watched", [sys.executable, "-c", code], tmp_path)
    assert "kinebench.example" in {one["asked"] for one in report["attempts"]}


def test_what_stays_on_this_machine_is_no_attempt(tmp_path):
    for kind in ("cut", "watched"):
        done, report = network.run(kind, [sys.executable, "-c", LOCAL], tmp_path)
        assert done.returncode == 0, done.stderr
        assert not report.get("attempts")


def test_where_the_network_is_cut_nothing_can_be_reached(tmp_path):
    code = "import socket; socket.create_connection(('198.51.100.7', 443), 5)"
    done, _ = network.run("cut", [sys.executable, "-c", code], tmp_path)
    assert done.returncode == 1
    assert "Network is unreachable" in done.stderr


def test_a_batch_tries_to_reach_nobody(surroundings):
    reports, told = batch("watched", surroundings)
    assert len(list(reports.glob("*/report.html"))) == 1
    assert told["attempts"] == []
    assert told["lost"] == 0


def test_a_batch_needs_no_network(surroundings):
    reports, _ = batch("cut", surroundings)
    assert len(list(reports.glob("*/run.json"))) == 1
    printing = shutil.which("chromium") is not None
    assert len(list(reports.glob("*/report.pdf"))) == 1 * printing


NOT_HERE = "movenet-thunder needs its weights"
ADDRESS = "weights must name a file or folder of this computer"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["batch", "LIST"], NOT_HERE),
        (["batch", "LIST", "--dry-run"], NOT_HERE),
        (["run", str(SAMPLES / "sit_to_stand.mp4"), "--set", "weights=https://example.org/m.tar.gz"], ADDRESS),
    ],
    ids=["batch", "planned", "address"],
)
def test_weights_that_are_not_here_are_told_and_asked_of_nobody(command, expected, tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    rows = "clip,task,participant,estimator\nsit_to_stand.mp4,sit-to-stand,P01,movenet-thunder\n"
    (tmp_path / "list.csv").write_text(rows)
    given = [str(tmp_path / "list.csv") if word == "LIST" else word for word in command]
    own = (
        ["--clips", str(SAMPLES)] if "LIST" in command else ["--task", "sit-to-stand", "--estimator", "movenet-thunder"]
    )
    given += ["--out", str(tmp_path / "reports"), *own]
    done, told = network.run("watched", [*KINEBENCH, *given], tmp_path, timeout=300)
    assert done.returncode not in (0, network.NOT_ALLOWED), done.stdout
    assert expected in " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in done.stderr
    assert (told["attempts"], told["lost"]) == ([], 0)


def test_an_anonymised_copy_is_made_without_reaching_for_anybody(surroundings):
    out = str(surroundings / "out")
    code = f"from kinebench import anonymising; anonymising.anonymise({str(SAMPLES / 'walking_past.mp4')!r}, {out!r})"
    done, told = network.run("watched", [sys.executable, "-c", code], surroundings, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert told["attempts"] == []


def test_a_bundle_is_made_and_checked_without_reaching_for_anybody(surroundings):
    test_bundles.made(surroundings / "reports", test_bundles.FIRST)
    bundle = str(surroundings / "study.zip")
    commands = [
        ["export", test_bundles.FIRST, "--to", bundle, "--reports", str(surroundings / "reports")],
        ["verify", bundle],
    ]
    for command in commands:
        done, told = network.run("watched", [*KINEBENCH, *command], surroundings, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        assert (told["attempts"], told["lost"]) == ([], 0)


COHORT = """
import sys
from pathlib import Path
from kinebench import kernel, places
reports, out = map(Path, sys.argv[1:])
given = {"reports": str(reports), "out": str(out), "test_retest": "1, 2", "sessions": "1, 3"}
kernel.execute(places.NOTEBOOKS / "cohort.ipynb", out.with_suffix(".ipynb"), given, show_progress=False)
"""


@pytest.mark.slow
def test_the_cohorts_notebook_runs_without_reaching_for_anybody(surroundings):
    reports = cohorts.write(cohorts.study(6), surroundings / "reports")
    command = [sys.executable, "-c", COHORT, str(reports), str(surroundings / "out")]
    done, told = network.run("watched", command, surroundings, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert list((surroundings / "out").glob("*.csv"))
    assert (told["attempts"], told["lost"]) == ([], 0)
