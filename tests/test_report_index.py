"""The cohort's page as a file: what it says, what it lets run, and that it is whole. What it does: tests/browser."""

import base64
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from kinebench import catalogue, words
from kinebench.errors import KinebenchError
from kinebench.report import index
from tests import report_folders as folders

NAME = "P07_2_sit-to-stand_3f9a1c2e"


class Page(HTMLParser):
    """Elements with their attributes, the text of scripts and styles by their place, and the data."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.inside: list[tuple[str, dict, str]] = []
        self.words = ""
        self._raw = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._raw = tag in ("script", "style")

    def handle_endtag(self, tag):
        self._raw = False

    def handle_data(self, data):
        if self._raw:
            self.inside.append((*self.elements[-1], data))
        else:
            self.words += data

    @property
    def policy(self) -> str:
        return next(of["content"] for _, of in self.elements if of.get("http-equiv") == "Content-Security-Policy")

    @property
    def data(self) -> dict:
        return json.loads(next(text for _, of, text in self.inside if of.get("id") == "data"))


def page_of(reports) -> Page:
    return Page(index.write(reports).read_text(encoding="utf-8"))


@pytest.fixture(scope="module", name="cohort")
def _cohort(tmp_path_factory):
    reports = tmp_path_factory.mktemp("reports")
    names = folders.cohort(reports, 80)
    folders.batch(reports, *names[:-3])
    return reports, page_of(reports)


def test_page_and_tables_are_written_and_nothing_else_is_left(cohort):
    reports, _ = cohort
    assert {path.name for path in reports.iterdir() if path.is_file()} == {
        *("index.html", "metrics.csv", "metrics.parquet", "metrics.dictionary.csv")
    }


def test_the_policy_lets_run_the_page_s_own_script_and_look_and_nothing_else(cohort):
    page = cohort[1]
    texts = {tag: text for tag, of, text in page.inside if of.get("type") != "application/json"}
    digests = {tag: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for tag, text in texts.items()}
    assert dict(rule.strip().split(" ", 1) for rule in page.policy.split(";")) == {
        "default-src": "'none'",
        "script-src": f"'sha256-{digests['script']}'",
        "style-src": f"'sha256-{digests['style']}'",
        "img-src": "'self' file:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_page_names_no_address_of_a_network(cohort):
    reports, page = cohort
    text = (reports / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|//cdn|@import|url\(|innerHTML|insertAdjacent|document\.write|eval\(", text)
    assert not {"link", "iframe", "object", "base"} & {tag for tag, _ in page.elements}
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "style")]


def test_every_run_and_failure_of_the_folder_is_a_row_and_is_counted_once(cohort):
    reports, page = cohort
    found = catalogue.read(reports).runs
    rows = page.data["rows"]
    assert [row["run"] for row in rows] == found["run"].tolist()
    shown = {of["data-group"]: of for tag, of in page.elements if tag == "button" and "data-group" in of}
    assert list(shown) == ["", "complete", *index.GROUPS]
    counts = {name: sum(row["group"] == name for row in rows) for name in index.GROUPS}
    assert sum(counts.values()) == 80
    assert counts["left over"] == 3
    assert counts["failed"] == 4
    listed = found[found["listed"] & (found["status"] == "complete")]
    assert {name: counts[name] for name in index.COMPLETE} == {
        name: (listed["verdict"] == name).sum() for name in index.COMPLETE
    }
    words = " ".join(page.words.split())
    for name, count in counts.items():
        assert f"{name.capitalize()} {count}" in words
    assert f"80 runs, {len(listed)} complete" in words


def test_a_row_has_the_task_s_headline_with_units_and_the_remarks_one_by_one(tmp_path):
    metrics = {
        "not_a_headline_s": folders.metric(1.0, "s"),
        "rise_time_mean_s": folders.metric(1.234, "s"),
        "peak_trunk_lean_deg": folders.metric(38.04, "deg"),
        "repetitions": folders.metric(5),
    }
    warnings = ["view: Seen from 30° aside; look again.", "gaps_filled: 12 % filled in."]
    folders.run(tmp_path, NAME, metrics=metrics, verdict="doubtful", warnings=warnings)
    page = page_of(tmp_path)
    (row,) = page.data["rows"]
    told = [(page.data["measures"][which], text) for which, _, text in row["measured"]]
    assert told == [("Repetitions", "5"), ("Rise time", "1.23\u00a0s"), ("Peak trunk lean", "38.0°")]
    assert row["remarks"] == ["Seen from 30° aside; look again.", "12 % filled in."]
    assert row["seconds"] == 12.5


def told(page: Page) -> dict[str, list[str]]:
    """Run -> the numbers that its row shows."""
    return {row["run"]: [text for _, _, text in row["measured"]] for row in page.data["rows"]}


def test_each_number_has_its_own_run_s_unit(tmp_path):
    for name, value, unit in (("a", 1.5, "s"), ("b", 1500.0, "ms"), ("c", 1.25, "s")):
        folders.run(tmp_path, name, metrics={"rise_time_mean_s": folders.metric(value, unit)})
    assert told(page_of(tmp_path)) == {"a": ["1.50\u00a0s"], "b": ["1500.00\u00a0ms"], "c": ["1.25\u00a0s"]}


def test_only_what_has_no_unit_is_a_whole_number(tmp_path):
    metrics = {"repetitions": folders.metric(5), "rise_time_mean_s": folders.metric(2.0, "s")}
    folders.run(tmp_path, NAME, metrics=metrics)
    assert told(page_of(tmp_path)) == {NAME: ["5", "2.00\u00a0s"]}


@pytest.mark.parametrize(("value", "text"), [(3.4, "3.4"), (-4.04, "−4.0"), (9.96, "10"), (55.4, "55")])
def test_per_cent_below_ten_have_a_decimal(value, text):
    assert words.number(value, "%") == text


def test_a_failure_says_where_and_what_to_do_and_shows_no_number_of_an_earlier_success(tmp_path):
    folders.run(tmp_path, NAME, files=("report.html", "overlay.mp4"))
    folders.failure(tmp_path, NAME, finished="2026-11-22T10:00:00+00:00", notebook=True)
    (row,) = page_of(tmp_path).data["rows"]
    assert row["group"] == "failed"
    assert row["remarks"] == ["Failed in notebook: No repetition was found.", "What to do: Film again."]
    assert row["measured"] == []
    assert row["links"] == [
        ["Error notebook", f"failed/{NAME}/error.ipynb"],
        ["Earlier result", f"{NAME}/report.html"],
    ]


def test_a_task_of_another_version_is_shown_without_headline(tmp_path):
    folders.run(tmp_path, NAME, task="juggling")
    (row,) = page_of(tmp_path).data["rows"]
    assert (row["task"], row["group"], row["measured"]) == ("juggling", "good", [])


def test_links_and_thumbnails_are_relative_and_lead_to_files_whatever_the_folder_is_called(tmp_path):
    names = ["javascript:alert(1)", "a b#c?d=%41&e", "'\"><b>", "ä\u202e漢", "-rf"]
    for name in names:
        folders.run(tmp_path, name, files=("report.html", "thumbnail.jpg"))
    moved = tmp_path.with_name(tmp_path.name + "-moved")
    index.write(tmp_path)
    shutil.move(tmp_path, moved)
    rows = Page((moved / "index.html").read_text(encoding="utf-8")).data["rows"]
    assert len(rows) == len(names)
    for row in rows:
        for address in (row["thumbnail"], *(address for _, address in row["links"])):
            assert re.fullmatch(r"[\w.~%/-]+", address, re.ASCII)
            assert not address.startswith("/")
            assert (moved / unquote(address)).is_file()


def test_what_was_typed_never_ends_the_data_s_element(tmp_path):
    evil = "</script><script>alert(1)</script><!--<script>&lt;\u2028"
    person = dict.fromkeys(("participant", "session", "date", "label"), evil)
    folders.run(tmp_path, NAME, warnings=[evil], task=evil, verdict="bad")
    folders.run(tmp_path, "y", parameters=person)
    folders.failure(tmp_path, "x", message=evil, remedy=evil, stage=evil)
    page = page_of(tmp_path)
    assert [tag for tag, _ in page.elements].count("script") == 2
    assert "alert(1)" not in page.words
    told = [remark for row in page.data["rows"] for remark in row["remarks"]]
    assert sum(evil.strip() in remark for remark in told) == 3
    # Whoever cannot be called so is not called so.
    assert {row["participant"] for row in page.data["rows"]} == {""}


def test_an_empty_folder_says_so_and_what_to_do(tmp_path):
    page = page_of(tmp_path)
    assert "No runs yet" in page.words
    assert "kinebench batch" in page.words
    assert "script" not in {tag for tag, _ in page.elements}


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    folders.run(tmp_path, NAME)
    before = index.write(tmp_path).read_bytes()
    folders.run(tmp_path, "other")
    replace = index.write_text.__globals__["os"].replace

    def full(source, target):
        if str(target).endswith("index.html"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(KinebenchError, match="No space left"):
        index.write(tmp_path)
    assert (tmp_path / "index.html").read_bytes() == before
    assert not list(tmp_path.glob(".kinebench-*"))
