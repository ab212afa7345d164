"""The cohort's page in a real browser: what was typed stays text, rows are found and sorted, few of them are drawn."""

import itertools
import re

import pandas as pd
import pytest
from tests import report_folders as folders

from kinebench import catalogue
from kinebench.catalogue import records
from kinebench.report import index

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)></script>\"'`&amp;\u202eesrever\u202c {{7*7}} ${7*7}"
ALL_AT_ONCE = (1366, 7200)  # a screen that holds 90 rows
COLUMNS = ("participant", "session", "date", "task", "label")


@pytest.fixture(autouse=True, name="_fresh")
def _without_lab(context):
    """No page of the test before; these pages need no JupyterLab."""
    yield
    for page in context.pages[1:]:
        page.close()


@pytest.fixture(name="opened")
def _opened(context):
    """Opens a page, and sees that it asks for nothing outside its folder, warns of nothing and opens no dialog."""
    wrong = []

    def opened(path, size=(1366, 768)):
        page = context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        home = path.parent.as_uri() + "/"
        page.on("request", lambda request: request.url.startswith(home) or wrong.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    assert not wrong


@pytest.fixture(scope="module", name="cohort")
def _cohort(tmp_path_factory):
    reports = tmp_path_factory.mktemp("cohort")
    names = folders.cohort(reports, 90)
    folders.batch(reports, *names[:-4])
    return index.write(reports), catalogue.read(reports)


@pytest.fixture(scope="module", name="many")
def _many(cohort, tmp_path_factory):
    """A page of 9,000 runs."""
    found = cohort[1]
    hundred = [pd.concat([table] * 100, ignore_index=True) for table in (found.runs, found.metrics)]
    path = tmp_path_factory.mktemp("many") / "index.html"
    path.write_text(index.page(catalogue.Catalogue(*hundred, found.dictionary)), encoding="utf-8")
    return path


def all_of(page, kind):
    """The texts of a column from top to bottom, all rows, as a person who scrolls through sees them."""
    seen = {}
    page.evaluate("scrollTo(0, 0)")
    while True:
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seen |= page.evaluate(
            "(kind) => Object.fromEntries([...document.querySelectorAll('#rows .run')].map((row) =>"
            " [row.getAttribute('aria-rowindex'), row.querySelector('.' + kind).textContent]))",
            kind,
        )
        if page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 1"):
            break
        page.evaluate("scrollBy(0, innerHeight)")
    assert sorted(map(int, seen)) == list(range(2, len(seen) + 2))
    return [seen[key] for key in sorted(seen, key=int)]


# What people type


def test_markup_in_every_field_is_shown_as_the_text_it_is(opened, tmp_path, monkeypatch):
    # Of records that came from elsewhere these are checked; the page must not rest on that.
    for checked in ("IDENTIFIER", "_METRIC"):
        monkeypatch.setattr(records, checked, ".*")
    person = dict.fromkeys(("participant", "session", "date", "label"), EVIL)
    metrics = {EVIL: folders.metric(1.0, EVIL, definition=EVIL, source=EVIL), "repetitions": folders.metric(5, EVIL)}
    folders.run(tmp_path, "<b onmouseover=alert(1)>", parameters=person, verdict="bad", warnings=[f"view: {EVIL}"] * 2,
                metrics=metrics, files=("thumbnail.jpg", "report.html"))  # fmt: skip
    folders.run(tmp_path, "other", parameters=person, task=EVIL)
    folders.failure(tmp_path, "'\"><i>", message=EVIL, remedy=EVIL, stage=EVIL, task=EVIL, **person)
    page = opened(index.write(tmp_path))
    assert page.locator("#rows .run").count() == 3
    for kind in COLUMNS:
        assert set(all_of(page, kind)) == ({EVIL, "sit-to-stand"} if kind == "task" else {EVIL})
    assert page.locator(".measure").first.text_content() == f"Repetitions 5.00\u00a0{EVIL}"
    for button in page.locator(".remark").all():
        button.click()
        assert EVIL in page.locator("#whole-remarks li").first.text_content()
        assert EVIL in page.locator("#whole-title").text_content()
        page.keyboard.press("Escape")
    assert page.locator("#whole-remarks li").last.text_content().endswith(EVIL)
    assert page.locator("#rows script, #rows i, #rows [onerror], #rows [onmouseover]").count() == 0
    assert page.locator("#rows img").count() == 1
    page.locator("#search").fill(EVIL)
    assert page.locator("#rows .run").count() == 3


def test_a_script_that_came_in_by_another_way_does_not_run(context, cohort, tmp_path):
    text = cohort[0].read_text(encoding="utf-8")
    path = tmp_path / "index.html"
    path.write_text(text.replace("</main>", "<script>globalThis.ran = true</script><img src=x onerror='ran = true'>"))
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("#rows .run").count() > 5
    assert page.evaluate("globalThis.ran") is None


# Finding and sorting


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("rowing", lambda runs: runs["task"] == "rowing"),
        ("p0003 WALK", lambda runs: (runs["participant"] == "P0003") & (runs["task"] == "walking")),
        ("  trial-4 ", lambda runs: runs["label"] == "trial-4"),
        ("moov atom", lambda runs: runs["message"].str.contains("moov")),
        ("2026-04-02", lambda runs: runs["date"] == "2026-04-02"),
        ("nobody is called so", lambda runs: runs["run"] == ""),
    ],
)
def test_all_words_are_sought_as_they_are_typed(opened, cohort, words, kept):
    page = opened(cohort[0])
    page.locator("#search").press_sequentially(words)
    found = cohort[1].runs[kept(cohort[1].runs)]
    if len(found):
        assert all_of(page, "participant") == found["participant"].tolist()
    assert page.locator("#nothing").is_visible() == found.empty
    assert page.locator("#count").text_content() == f"{len(found)} of 90 shown"


def test_a_group_s_button_shows_just_that_group(opened, cohort):
    page = opened(cohort[0])
    for group in ("complete", *index.GROUPS):
        button = page.locator(f"[data-group='{group}']")
        button.click()
        count = int(re.search(r"\d+$", button.text_content()).group())
        shown = all_of(page, "group")
        assert len(shown) == count
        names = {re.sub(r"\W", " ", text).strip() for text in shown}
        assert names == (set(index.COMPLETE) if group == "complete" else {group})
        assert page.locator("[data-group][aria-pressed=true]").count() == 1
    page.locator("[data-group='']").click()
    assert len(all_of(page, "group")) == 90


def expected(runs, by, down):
    """Stably sorted, what is missing last either way."""
    there, blank = runs[runs[by] != ""], runs[runs[by] == ""]
    return pd.concat([there.sort_values(by, ascending=not down, kind="stable"), blank])


def test_each_column_sorts_both_ways_and_equal_rows_keep_their_order(opened, cohort):
    page = opened(cohort[0], ALL_AT_ONCE)
    runs = cohort[1].runs
    for by in (*COLUMNS, "group"):
        table = runs
        if by == "group":
            groups = runs["verdict"].mask(runs["status"] == "failed", "failed").mask(~runs["listed"], "left over")
            table = runs.assign(group=groups.map(index.GROUPS.index))
        for down in (False, True):
            page.locator(f"[data-sort={by}]").click()
            want = expected(table, by, down)
            way = "descending" if down else "ascending"
            assert page.locator(f".head .{by}").get_attribute("aria-sort") == way
            for column in ("label", "participant"):
                assert page.locator(f"#rows .{column}").all_text_contents() == want[column].tolist(), (by, down)
    assert page.locator(".head [aria-sort$=ending]").count() == 1


def test_numbers_sort_as_numbers_and_what_has_none_comes_last(opened, tmp_path):
    for i, value in enumerate([9.5, 100.25, None, 20.0]):
        metrics = {} if value is None else {"rise_time_mean_s": folders.metric(value, "s")}
        folders.run(tmp_path, f"run-{i}", parameters={"participant": f"P{i}", "session": str(8 + i)}, metrics=metrics,
                    durations_s={} if value is None else {"total": value})  # fmt: skip
    page = opened(index.write(tmp_path))
    for sort in ("measured", "seconds"):
        page.locator(f"[data-sort={sort}]").click()
        assert all_of(page, "participant") == ["P0", "P3", "P1", "P2"]
        page.locator(f"[data-sort={sort}]").click()
        assert all_of(page, "participant") == ["P1", "P3", "P0", "P2"]
    page.locator("[data-sort=session]").click()
    assert all_of(page, "session") == ["8", "9", "10", "11"]


def test_the_measure_chosen_is_sorted_by_and_comes_first(opened, cohort):
    page = opened(cohort[0])
    page.locator("#measure").select_option(label="by Cadence")
    shown = [text for text in all_of(page, "measured") if "Cadence" in text]
    rates = [float(re.match(r"Cadence ([\d.]+)", text).group(1)) for text in shown]
    assert rates == sorted(rates)
    assert len(rates) == cohort[1].metrics["cadence_steps_min"].count()


def test_the_keyboard_sorts_and_reads_a_remark_whole(opened, cohort):
    page = opened(cohort[0])
    page.locator("#search").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.sort") == "date":
            break
    page.keyboard.press("Enter")
    assert page.locator(".head .date").get_attribute("aria-sort") == "ascending"
    page.locator("[data-group=failed]").press("Enter")
    page.locator(".remark").first.press("Enter")
    assert page.locator("#whole").is_visible()
    assert page.locator("#whole-remarks li").all_text_contents()[0].startswith("Failed in ")
    page.keyboard.press("Escape")
    assert page.locator("#whole").is_hidden()
    assert page.evaluate("document.activeElement.className") == "remark"


def test_numbers_without_room_are_counted_and_stand_in_the_dialog(opened, cohort):
    page = opened(cohort[0], (1366, 768))
    page.locator("#search").fill("sit-to-stand")
    row = page.locator("#rows .run", has=page.locator(".hidden:visible")).first
    shown = row.locator(".measure:visible").count()
    assert shown
    button = row.locator(".hidden")
    box, cell = button.bounding_box(), row.locator(".measured").bounding_box()
    assert box["y"] + box["height"] <= cell["y"] + cell["height"] + 1
    assert button.text_content() == f"+{row.locator('.measure').count() - shown} more"
    button.click()
    assert page.locator("#whole-measured li").count() == row.locator(".measure").count()


def test_on_a_phone_a_failure_s_reason_has_the_room_of_the_numbers(opened, tmp_path):
    folders.failure(tmp_path, "P07_2_sit-to-stand_3f9a1c2e", message="No person was found. " * 6)
    page = opened(index.write(tmp_path), (390, 844))
    line = float(page.locator(".first").evaluate("(one) => parseFloat(getComputedStyle(one).lineHeight)"))
    assert page.locator(".first").bounding_box()["height"] > 3 * line


def test_search_and_order_are_there_again_after_a_look_at_a_report(opened, cohort):
    page = opened(cohort[0])
    page.locator("#search").fill("walking")
    page.locator("[data-group=doubtful]").click()
    page.locator("[data-sort=label]").click()
    before = all_of(page, "label")
    page.evaluate("scrollTo(0, 0)")
    page.locator(".links a").first.click()
    page.wait_for_url("**/report.html")
    page.go_back()
    assert all_of(page, "label") == before
    page.reload()
    assert all_of(page, "label") == before
    assert page.locator("#search").input_value() == "walking"


# Ten thousand rows, small and large screens, paper


def test_of_thousands_of_rows_only_those_in_view_are_drawn(opened, many):
    page = opened(many)
    end = page.evaluate("document.documentElement.scrollHeight")
    for share in (0, 0.5, 1):
        page.evaluate("(to) => scrollTo(0, to)", share * end)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert 8 <= page.locator("#rows .run").count() <= 40
        assert page.evaluate("document.querySelectorAll('*').length") < 2000
    assert page.locator("#rows .run").last.get_attribute("aria-rowindex") == "9001"
    page.locator("#search").fill("rowing")
    assert page.locator("#table").get_attribute("aria-rowcount") == "3001"
    assert page.locator("#rows .run").first.get_attribute("aria-rowindex") == "2", "a new search is seen from its top"


@pytest.mark.parametrize("size", [(375, 740), (1024, 768), (1281, 768), (1366, 768), (2560, 1300)])
def test_it_fits_small_and_large_screens(opened, cohort, size):
    page = opened(cohort[0], size)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = page.evaluate(
        """() => [...document.querySelectorAll('#rows .run')].filter((row) => {
            const box = row.getBoundingClientRect();
            return [...row.children].some((cell) => cell.getBoundingClientRect().bottom > box.bottom + 1
                || cell.getBoundingClientRect().right > box.right + 1);
        }).length"""
    )
    assert cut == 0
    boxes = page.evaluate("[...document.querySelectorAll('#rows .run')].map((row) => row.getBoundingClientRect().top)")
    steps = {round(after - before) for before, after in itertools.pairwise(boxes)}
    assert len(steps) == 1
    assert len(all_of(page, "participant")) == 90


def test_paper_has_the_rows_of_the_search_and_says_how_many_are_left_out(opened, many):
    page = opened(many)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#rows .run").count() == 1000
    page.emulate_media(media="print")
    assert page.locator("#printed").text_content().startswith("The first 1,000 of 9,000 rows")
    assert page.locator("#printed").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert page.locator("#rows .run").count() < 40
    page.locator("#search").fill("P0003")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#rows .run").count() == 900
    assert page.locator("#printed").text_content() == ""


def test_an_empty_folder_s_page_says_what_to_do(opened, tmp_path):
    page = opened(index.write(tmp_path))
    assert "No runs yet" in page.locator("main").text_content()
