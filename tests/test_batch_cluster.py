"""A cluster of other machines: TLS, one worker that only looks for people, one that only measures, nothing shared.

Clips and results lie at addresses, clips at one of the web, so that no worker can reach for a folder.
"""

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kinebench import places
from kinebench.batch import cluster
from kinebench.errors import KinebenchError
from tests.batches import Study, row

pytestmark = pytest.mark.xdist_group("cluster")


def certificates(folder: Path) -> dict[str, str]:
    """A key, and a certificate that is its own authority."""
    from distributed.security import Security

    made = Security.temporary()
    paths = {"key": folder / "key.pem", "cert": folder / "cert.pem", "ca": folder / "ca.pem"}
    paths["key"].write_text(made.tls_worker_key)
    paths["cert"].write_text(made.tls_worker_cert)
    paths["ca"].write_text(made.tls_ca_file)
    return {name: str(path) for name, path in paths.items()}


def tls(paths: dict[str, str]) -> list[str]:
    return ["--tls-ca-file", paths["ca"], "--tls-cert", paths["cert"], "--tls-key", paths["key"]]


def environment(cache: Path) -> dict[str, str]:
    cache.mkdir()
    (cache / "weights").symlink_to(places.weights())
    return {**os.environ, "KINEBENCH_CACHE": str(cache), "KINEBENCH_CHROMIUM": ""}


@pytest.fixture(name="cluster")
def _cluster(tmp_path):
    """Address of a scheduler with two workers, the certificates, and each worker's cache."""
    paths = certificates(tmp_path)
    file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    own = ["--host", "127.0.0.1", "--no-dashboard"]
    caches = {kind: tmp_path / f"cache of {kind}" for kind in ("extraction", "notebook")}
    commands = [
        ([*dask, "scheduler", "--port", "0", "--scheduler-file", str(file), *own, *tls(paths)], dict(os.environ))
    ]
    for kind, cache in caches.items():
        worker = [*dask, "worker", "--scheduler-file", str(file), "--nthreads", "1", "--resources", f"{kind}=1"]
        commands.append(([*worker, *own, *tls(paths)], environment(cache)))
    log = (tmp_path / "dask.log").open("wb")
    running = [
        subprocess.Popen(command, env=given, cwd=tmp_path, stdout=log, stderr=log) for command, given in commands
    ]
    try:
        end = time.monotonic() + 240
        while not (file.exists() and file.read_text().strip()):
            assert time.monotonic() < end, (tmp_path / "dask.log").read_text()[-2000:]
            time.sleep(0.1)
        yield json.loads(file.read_text())["address"], paths, caches
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(timeout=120)
        log.close()


@contextlib.contextmanager
def served(folder: Path):
    """Its files at an address on the loopback, and the names of those that somebody got, once for each time."""
    got = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, *_):
            if self.command == "GET":
                got.append(self.path.removeprefix("/"))

        def log_error(self, *_):
            """What is missing is the asker's matter."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()


def test_the_dear_stage_goes_to_other_machines_and_the_results_come_back(cluster, tmp_path):
    pytest.importorskip("aiohttp", reason="what fsspec fetches from the web with")
    address, paths, caches = cluster
    assert address.startswith("tls://")
    study = Study.made(tmp_path / "study", [row("walking", "P01"), {**row("walking", "P02"), "clip": "broken.mp4"}])
    (study.raw / "broken.mp4").write_bytes(b"no video")
    store = tmp_path / "store"
    shutil.move(study.raw, store / "clips")
    client = ["--scheduler", address, "--tls-ca", paths["ca"], "--tls-cert", paths["cert"], "--tls-key", paths["key"]]
    with served(store / "clips") as (web, got):
        where = ["--clips", web, "--out", (store / "reports").as_uri()]
        done = study.batch(*where, *client)
        # By each stage, which had no other way to it; the broken one got no further than the first. "" is the folder.
        assert sorted(filter(None, got)) == ["broken.mp4", "walking_treadmill.mp4", "walking_treadmill.mp4"]
        again = study.batch(*where, *client)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "2 clips: 1 analysed, 0 up to date, 1 failed." in done.stdout
    reports = store / "reports"
    assert len(list(reports.glob("P01_*/report.html"))) == 1
    assert (reports / "index.html").is_file()
    assert "P01" in (reports / "metrics.csv").read_text()
    failure = json.loads(next(reports.glob("failed/P02_*/failure.json")).read_text())
    assert failure["stage"] == "reading"
    # Both have the detections, and those of the two looks for faces; the second because they travelled.
    kept = {kind: sorted(path.name for path in (cache / "keypoints").glob("*")) for kind, cache in caches.items()}
    assert kept["extraction"] == kept["notebook"]
    assert len(kept["extraction"]) == 3
    assert "2 clips: 0 analysed, 1 up to date, 1 failed." in again.stdout, again.stderr


@pytest.mark.parametrize(
    "address",
    ["tcp://10.1.2.3:8786", "10.1.2.3:8786", "tcp://[fd00::1]:8786", "tcp://127.0.0.1.example.org:8786", "ws://h"],
)
def test_a_scheduler_on_another_computer_is_reached_with_tls_only_unless_that_is_asked_for(address, monkeypatch):
    asked = []

    def client(address, **_):
        asked.append(address)
        raise OSError("nobody there")

    monkeypatch.setattr("distributed.Client", client)
    with pytest.raises(KinebenchError, match=r"--scheduler must be tls:// .*--insecure"), cluster.elsewhere(address):
        pass
    assert not asked
    with pytest.raises(KinebenchError, match="nobody there"), cluster.elsewhere(address, insecure=True):
        pass
    assert asked == [address]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "tcp://[::1]:9", "localhost:9", "tcp://127.8.8.8:9"])
def test_a_scheduler_on_this_computer_needs_no_tls(address, monkeypatch):
    def client(address, **_):
        raise OSError("nobody there")

    monkeypatch.setattr("distributed.Client", client)
    with pytest.raises(KinebenchError, match="nobody there"), cluster.elsewhere(address):
        pass


def test_a_scheduler_that_is_not_there_is_told_in_one_line(tmp_path, monkeypatch):
    study = Study.made(tmp_path / "study", [row("walking", "P01")])
    code = "import sys; from kinebench.batch import cluster; cluster.PATIENCE_S = 1; sys.argv[0] = 'kinebench'; "
    code += "from kinebench.cli import main; main()"
    arguments = ["batch", str(study.listing), "--out", str(study.reports), "--scheduler", "tcp://127.0.0.1:9"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=study.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "--scheduler must be the address of a Dask scheduler that answers" in done.stderr
