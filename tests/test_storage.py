"""A place is a folder or an address, and behaves the same: what is written is read back, what is gone is gone."""

import os
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from kinebench import manifest, storage
from kinebench.batch.stamps import Stamps
from kinebench.errors import KinebenchError
from kinebench.storage import Place


@pytest.fixture(name="place", params=["folder", "file", "memory"])
def _place(request, tmp_path):
    where = {
        "folder": str(tmp_path / "reports"),
        "file": (tmp_path / "reports").as_uri(),
        "memory": f"memory://{uuid.uuid4().hex}/reports",
    }
    return Place(where[request.param])


def test_what_is_written_is_read_back(place):
    place.write("run/run.json", b"one")
    place.write("run/run.json", b"two and more")
    assert place.read("run/run.json") == b"two and more"
    assert place.size("run/run.json") == len(b"two and more")


def test_what_is_not_there_is_nothing_and_no_error(place):
    assert place.read("run/run.json") is None
    assert place.size("run/run.json") == -1
    assert place.names("run") == []
    place.remove("run")


def test_names_are_those_right_in_a_folder_in_order(place):
    for name in ("b/run.json", "a/run.json", "a/figures/x.svg", "index.html"):
        place.write(name, b"x")
    assert place.names() == ["a", "b", "index.html"]
    assert place.names("a") == ["figures", "run.json"]


def test_removing_a_folder_takes_all_that_is_in_it_and_nothing_else(place):
    for name in ("a/figures/x.svg", "a/run.json", "ab/run.json"):
        place.write(name, b"x")
    place.remove("a")
    assert place.names() == ["ab"]


def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").touch()
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "link").symlink_to(tmp_path / "elsewhere")
    Place(str(tmp_path / "reports")).remove("link")
    assert (tmp_path / "elsewhere" / "kept").exists()
    assert not (tmp_path / "reports" / "link").is_symlink()


def test_a_folder_is_put_whole_and_its_record_last(tmp_path, monkeypatch):
    made = tmp_path / "made"
    (made / "figures").mkdir(parents=True)
    for name in ("run.json", "a.csv", "figures/x.svg", "z.csv"):
        (made / name).write_text(name)
    place = Place(f"memory://{uuid.uuid4().hex}")
    for name in ("run/run.json", "run/report.pdf"):
        place.write(name, b"of before")
    order = []
    put, remove = place._files.put_file, place._files.rm
    monkeypatch.setattr(place._files, "put_file", lambda here, there: (order.append(there), put(here, there)))
    monkeypatch.setattr(place._files, "rm", lambda path, **how: (order.append(f"removed {path}"), remove(path, **how)))
    place.put(made, "run", last="run.json")
    assert order[0].startswith("removed") and order[0].endswith("run/run.json")  # noqa: PT018
    assert order[-1].endswith("run/run.json")
    assert place.read("run/report.pdf") is None
    assert place.read("run/figures/x.svg") == b"figures/x.svg"


def test_a_file_that_cannot_be_written_is_told_with_a_remedy(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(KinebenchError, match="out must be a place that can be written to"):
        Place(str(tmp_path / "file" / "reports")).write("a", b"x")


def test_a_kind_of_place_that_is_not_known_is_told():
    with pytest.raises(KinebenchError, match="must be a kind of place that fsspec knows"):
        Place("nowhere://bucket/reports")


def test_a_stamp_changes_with_the_content_even_where_time_and_size_are_set_back(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"one")
    before, times = storage.stamp(path), (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    assert storage.stamp(path) == before
    path.write_bytes(b"two")
    os.utime(path, ns=times)
    assert storage.stamp(path)[:2] == before[:2]
    assert storage.stamp(path) != before


def test_a_clip_at_an_address_is_a_file_as_long_as_it_is_needed():
    where = f"memory://{uuid.uuid4().hex}/clip.mp4"
    files, root = storage._opened(where)
    files.pipe_file(root, b"film")
    with storage.fetched(where) as path:
        assert path.read_bytes() == b"film"
        assert path.name == "clip.mp4"
    assert not path.exists()


def test_a_clip_that_is_gone_is_told(tmp_path):
    with pytest.raises(KinebenchError, match="clip must be a file that can be read"):
        storage.mark(str(tmp_path / "gone.mp4"))
    with (
        pytest.raises(KinebenchError, match="could not be fetched"),
        storage.fetched(f"memory://{uuid.uuid4().hex}/a.mp4"),
    ):
        pass


def test_a_folder_is_meant_as_a_whole_path_wherever_workers_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Place("reports").where == str(tmp_path / "reports")


def test_a_clip_at_a_web_address_is_known_by_what_the_server_tells_of_it(monkeypatch):
    marks = []
    for told in ({"ETag": "1", "size": 5}, {"ETag": "2", "size": 5}, {"Last-Modified": "x"}, {}, {}):
        web = SimpleNamespace(protocol=("http", "https"), info=lambda _, told=told: told)
        monkeypatch.setattr(storage, "_opened", lambda _, web=web: (web, "http://x/a.mp4"))
        marks.append(storage.mark("http://x/a.mp4"))
    assert len({tuple(mark) for mark in marks}) == len(marks), "what tells nothing is never the same"


class Faulty(BaseHTTPRequestHandler):
    """Too busy for all below /busy; ends in the middle of everything else."""

    def do_HEAD(self):
        busy = self.path.startswith("/busy")
        self.send_response(503 if busy else 200)
        self.send_header("Content-Length", "0" if busy else "1000")
        self.send_header("ETag", "x")
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        if not self.path.startswith("/busy"):
            self.wfile.write(b"film")
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture(name="server", scope="module")
def _server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Faulty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://anna:secret@127.0.0.1:{server.server_port}"
        server.shutdown()


def fetch(address):
    with storage.fetched(address):
        pytest.fail("it was cut off")


@pytest.mark.parametrize(
    ("ask", "path", "told"),
    [
        (fetch, "busy/anna.mp4", "could not be fetched .*503"),
        (fetch, "cut/anna.mp4", "could not be fetched .*not completed"),
        (storage.mark, "busy/anna.mp4", "must be a file that can be read, but it cannot .*503"),
    ],
)
def test_a_server_that_fails_is_told_without_what_names_or_admits_anybody(server, ask, path, told):
    with pytest.raises(KinebenchError, match=told) as caught:
        ask(f"{server}/{path}")
    assert "anna" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_list_or_its_clips_on_a_server_that_fails_are_told(server, tmp_path):
    listing = tmp_path / "videos.csv"
    listing.write_text("clip,task,participant\na.mp4,walking,P01\n")
    with pytest.raises(KinebenchError, match=r"LIST must be .*503") as caught:
        manifest.read(f"{server}/busy/videos.csv")
    assert "secret" not in str(caught.value)
    (fault,) = manifest.read(str(listing), clips=f"{server}/busy").faults.to_dict("records")
    assert "--clips must be a folder that can be listed" in fault["fault"]
    assert "503" in fault["fault"]
    assert "secret" not in str(fault)


@pytest.mark.parametrize(
    "ask",
    [lambda place: place.read("a"), lambda place: place.names(), Place.seen, lambda place: place.write("a", b"x")],
)
def test_a_place_whose_server_fails_is_told_with_a_remedy(server, ask):
    with pytest.raises(KinebenchError, match=r"^out must be a place that can be .*(503|501)"):
        ask(Place(f"{server}/busy"))


def test_what_a_back_end_raises_while_results_are_sent_is_told(tmp_path, monkeypatch):
    (tmp_path / "run.json").write_text("{}")
    place = Place(f"memory://{uuid.uuid4().hex}")

    def lost(*_):
        raise RuntimeError(f"lost {place.where}/run/run.json")

    monkeypatch.setattr(place._files, "put_file", lost)
    with pytest.raises(KinebenchError, match=r"can be written to .*RuntimeError: lost its address\)"):
        place.put(tmp_path, "run", last="run.json")


def test_a_clip_whose_server_fails_is_a_fault_of_its_own_row_when_a_list_is_looked_through(server, monkeypatch):
    monkeypatch.setattr("kinebench.batch.stamps.saved.named_clips", lambda: {"cut"})
    found = Stamps().digests([f"{server}/{name}.mp4" for name in ("busy", "cut", "new")])
    assert [type(digest) for digest in found.values()] == [KinebenchError, KinebenchError, str]
