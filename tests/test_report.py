"""The report: one page that needs nothing else, says how sure it is, and names nobody."""

import dataclasses
import re
import threading
from html.parser import HTMLParser
from types import SimpleNamespace

import nbformat
import pytest
from nbformat import v4

from kinebench import figures, parameters, report, tasks, words
from kinebench.errors import KinebenchError
from kinebench.report import index
from kinebench.report.parts import MIME
from kinebench.synthetic import Scene
from kinebench.tasks import Metric
from kinebench.tasks.person import Person
from tests import report_folders, scenes

A4_PT = (595.3, 841.9)
SHA = "0a1b2c3d4e5f60718293a4b5c6d7e8f9" * 2
SHOWN = {
    "sit-to-stand": ("timeline", "rises", "times"),
    "rowing": ("hand_speed", "handle_path", "speed_profile", "sequence", "strokes"),
    "lifting": ("velocity", "velocity_loss", "bar_path", "depth", "angles"),
    "walking": ("foot_events", "curves", "sides"),
    "compare": ("scores", "differences", "courses"),
}
PERSON = (("height_m", 1.72), ("mass_kg", 68.0), ("age_years", 71.0), ("sex", "female"))


def analysed(task: str):
    return scenes.analyse(scenes.scene_of(task), values=PERSON)


def cell(shown, tags=("report",)):
    """An executed code cell that shows something."""
    bundle = shown._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    output = v4.new_output("execute_result", data=data, metadata=metadata)
    return v4.new_code_cell("secret_code()", metadata={"tags": list(tags)}, outputs=[output])


def notebook(path, analysis, shown=()):
    """An executed notebook as the project's own leave it, with the figures named."""
    cells = [v4.new_markdown_cell("# A question"), cell(report.summary(analysis)), cell(report.metrics(analysis))]
    cells.append(cell(report.norms(analysis)))
    for name in shown:
        caption = v4.new_markdown_cell("How to *read* this, with `care` & <love>.", metadata={"tags": ["report"]})
        cells += [cell(figures.TASKS[analysis.task].FIGURES[name](analysis)), caption]
    cells += [cell(report.repetitions(analysis)), cell(report.origin(analysis, SimpleNamespace(sha256=SHA)))]
    metadata = {"papermill": {"start_time": "2026-11-21T10:00:00"}}
    nbformat.write(v4.new_notebook(cells=cells, metadata=metadata), path)
    return path


@pytest.fixture(scope="module", params=tasks.names())
def page(request, tmp_path_factory):
    """A report of each task, and its analysis."""
    folder = tmp_path_factory.mktemp("report")
    analysis = analysed(request.param)
    return report.to_html(
        notebook(folder / "run.ipynb", analysis, SHOWN[request.param]), folder / "report.html"
    ), analysis


class Elements(HTMLParser):
    """Every element with its attributes, and the text outside of style."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.words = ""
        self._style = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._style = tag == "style"

    def handle_endtag(self, tag):
        self._style = False

    def handle_data(self, data):
        if not self._style:
            self.words += data


def read(page) -> Elements:
    return Elements(page.read_text(encoding="utf-8"))


def test_the_page_names_no_address_and_holds_no_script(page):
    text = page[0].read_text(encoding="utf-8")
    assert not re.search(r"https?://|//cdn|@import|url\(", text)
    elements = read(page[0]).elements
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in elements}
    for _, attributes in elements:
        for name in ("src", "srcset", "href"):
            assert attributes.get(name, "data:").startswith("data:")
        assert not [name for name in attributes if name.startswith("on")]


def test_figures_are_pictures_with_words_for_those_who_cannot_see_them(page):
    pictures = [attributes for tag, attributes in read(page[0]).elements if tag == "img"]
    assert len(pictures) == len(SHOWN[page[1].task])
    assert all(len(picture["alt"].split()) >= 6 for picture in pictures)
    dark = [attributes for tag, attributes in read(page[0]).elements if tag == "source"]
    assert len(dark) == len(pictures)
    assert all(source["media"] == "screen and (prefers-color-scheme: dark)" for source in dark)


def test_code_is_hidden_and_captions_are_plain_words(page):
    text = read(page[0]).words
    assert "secret_code" not in text
    assert "How to read this, with care & <love>." in text


def test_every_metric_stands_there_with_definition_and_source(page):
    text = " ".join(read(page[0]).words.split())
    for metric in page[1].metrics:
        if metric.value is not None:
            assert words.number(metric.value, metric.unit, spread=words.is_spread(metric.name)) in text, metric.name
            assert " ".join(metric.definition.split()) in text, metric.name
            assert metric.source in text, metric.name


def test_it_says_on_what_video_with_which_settings_and_that_it_is_no_medical_device(page):
    text = " ".join(read(page[0]).words.split())
    recording = page[1].recording
    for said in (
        recording.name,
        SHA[:16],
        f"{recording.width} × {recording.height} px",
        "height_m = 1.72 m",
        "not a medical device",
        f"measured on the {page[1].near_side} side",
        "2026-11-21",
        "numpy",
    ):
        assert said in text, said


def test_norms_are_shown_with_how_sure_they_are(tmp_path):
    analysis = analysed("sit-to-stand")
    text = read(report.to_html(notebook(tmp_path / "run.ipynb", analysis), tmp_path / "report.html")).words
    assert len(analysis.extras["norms"])
    for _, row in analysis.extras["norms"].iterrows():
        assert row["reading"] in text
        assert row["source"] in text
        assert row["how_sure"] in text


@pytest.mark.parametrize("verdict", ["good", "doubtful", "bad"])
def test_the_verdict_and_what_to_do_stand_first(tmp_path, verdict):
    analysis = analysed("sit-to-stand")
    first, *rest = (dataclasses.replace(check, verdict="good", advice="") for check in analysis.quality)
    first = dataclasses.replace(first, verdict=verdict, advice="" if verdict == "good" else "Mend it so.")
    analysis = dataclasses.replace(analysis, quality=(*rest, first))
    text = read(report.to_html(notebook(tmp_path / "run.ipynb", analysis), tmp_path / "report.html")).words
    headline = report.parts.VERDICTS[verdict][0]
    assert text.index(headline) < text.index("Repetitions")
    assert (first.message in text[: text.index("Repetitions")]) == (verdict != "good")
    assert ("Mend it so." in text) == (verdict != "good")


def test_a_doubted_number_is_marked(tmp_path):
    analysis = analysed("sit-to-stand")
    marked = tuple(dataclasses.replace(m, doubt="the sun was in the lens" * (m.unit == "s")) for m in analysis.metrics)
    analysis = dataclasses.replace(analysis, metrics=marked)
    text = read(report.to_html(notebook(tmp_path / "run.ipynb", analysis), tmp_path / "report.html")).words
    assert "▲ the sun was in the lens" in text


def test_no_path_gets_in_through_a_setting(tmp_path):
    analysis = scenes.analyse(Scene(task="rowing"))
    with_path = dataclasses.replace(analysis.settings.extraction)
    object.__setattr__(with_path, "estimator", "/home/anna/patients/Smith.csv")
    analysis = dataclasses.replace(analysis, settings=dataclasses.replace(analysis.settings, extraction=with_path))
    text = report.to_html(notebook(tmp_path / "run.ipynb", analysis), tmp_path / "report.html").read_text()
    assert "Smith" not in text


def test_what_people_wrote_cannot_become_markup(tmp_path):
    analysis = analysed("rowing")
    extra = Metric("strange_s", 1.0, "s", "<script>alert(1)</script>", "<b>source</b>")
    analysis = dataclasses.replace(analysis, metrics=(*analysis.metrics, extra))
    assert "<script>" not in report.to_html(notebook(tmp_path / "n.ipynb", analysis), tmp_path / "r.html").read_text()
    assert "<script>" not in report.metrics(analysis)._repr_mimebundle_()["text/html"]


def test_a_notebook_that_shows_nothing_is_refused_in_one_line(tmp_path):
    path = tmp_path / "bare.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# Nothing")]), path)
    with pytest.raises(KinebenchError, match=r"bare\.ipynb must be executed"):
        report.to_html(path, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_figures_alone_make_a_page_titled_by_the_notebooks_heading(tmp_path):
    figure = cell(figures.timeline(analysed("sit-to-stand")))
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# My own question"), figure]), tmp_path / "own.ipynb")
    text = read(report.to_html(tmp_path / "own.ipynb", tmp_path / "own.html")).words
    assert "My own question" in text


def test_a_part_reads_as_a_table_in_the_notebook_too(page):
    for part in (report.summary(page[1]), report.metrics(page[1]), report.repetitions(page[1])):
        shown = part._repr_mimebundle_()
        assert set(shown) == {MIME, "text/html", "text/plain"}
        assert shown["text/html"].count("<tr>") == len(part.rows) + 1


def test_each_repetition_stands_there_with_the_reason_where_it_does_not_count():
    analysis = analysed("sit-to-stand")
    reps = analysis.reps.copy()
    reps.loc[reps.index[1], ["accepted", "reason"]] = [False, "stood up only half-way"]
    part = report.repetitions(dataclasses.replace(analysis, reps=reps))
    assert len(part.rows) == len(reps)
    assert part.rows[1][1] == "stood up only half-way"
    assert part.rows[1][0] == "–"


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (1.2345, "s", "1.23\u00a0s"),
        (38.46, "deg", "38.5°"),
        (-5.66, "deg", "−5.7°"),
        (5, "", "5"),
        (26.54, "strokes/min", "26.5\u00a0strokes/min"),
        (None, "s", "–"),
        (float("nan"), "deg", "–"),
        (12.4, "%", "12\u00a0%"),
    ],
)
def test_numbers_are_written_with_the_digits_they_deserve(value, unit, written):
    assert words.measured(value, unit) == written


def test_names_become_words():
    assert words.label("rise_time_mean_s") == "Rise time"
    assert words.label("peak_trunk_lean_deg") == "Peak trunk lean"


def test_without_a_browser_there_is_no_pdf_and_no_error(page, tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_CHROMIUM", "")
    assert report.find_chromium() is None
    assert report.to_pdf(page[0], tmp_path / "report.pdf") is False
    assert not (tmp_path / "report.pdf").exists()


def test_a_browser_that_does_not_start_is_told_and_leaves_nothing(page, tmp_path, monkeypatch):
    broken = tmp_path / "browser"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("KINEBENCH_CHROMIUM", str(broken))
    with pytest.warns(UserWarning, match="KINEBENCH_CHROMIUM"):
        assert report.to_pdf(page[0], tmp_path / "report.pdf") is False
    assert not (tmp_path / "report.pdf").exists()


needs_browser = pytest.mark.skipif(
    report.find_chromium() is None, reason="needs a Chromium: apt-get install chromium, or set KINEBENCH_CHROMIUM"
)


@pytest.mark.browser
@needs_browser
def test_printed_it_is_one_tagged_a4_page_with_text(page, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    assert report.to_pdf(page[0], tmp_path / "report.pdf") is True
    document = pypdf.PdfReader(tmp_path / "report.pdf")
    assert len(document.pages) == 1
    sheet = document.pages[0]
    assert [float(side) for side in sheet.mediabox[2:]] == pytest.approx(A4_PT, abs=1)
    text = " ".join(sheet.extract_text().split())
    for said in (tasks.get(page[1].task).title, "not a medical device", SHA[:16], "Also measured"):
        assert said in text
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]


def _worst(analysis):
    """Everything doubted, with long advice: as much text as a page may have to hold."""
    advice = "Set the camera square to the movement, at hip height, three to four metres away, and film again."
    quality = tuple(dataclasses.replace(check, verdict="bad", advice=advice) for check in analysis.quality)
    metrics = tuple(dataclasses.replace(metric, doubt=quality[0].message) for metric in analysis.metrics)
    return dataclasses.replace(analysis, quality=quality, metrics=metrics)


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize("task", tasks.names())
def test_the_most_there_is_to_say_still_fits_on_the_page(task, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    report.to_html(notebook(tmp_path / "run.ipynb", _worst(analysed(task)), SHOWN[task]), tmp_path / "report.html")
    assert report.to_pdf(tmp_path / "report.html", tmp_path / "report.pdf")
    document = pypdf.PdfReader(tmp_path / "report.pdf")
    assert len(document.pages) == 1
    assert "not a medical device" in " ".join(document.pages[0].extract_text().split())


def _measure(page, **context) -> dict:
    """Open the page in the browser, without a network; what was asked for, and how wide things are."""
    from playwright.sync_api import sync_playwright

    found: dict = {}

    def look():
        with sync_playwright() as playwright:
            flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"]
            browser = playwright.chromium.launch(executable_path=report.find_chromium(), args=flags)
            opened = browser.new_context(**context)
            sheet = opened.new_page()
            asked: list[str] = []
            sheet.on("request", lambda request: asked.append(request.url))
            sheet.goto(page.as_uri())
            found["asked"] = [url for url in asked if not url.startswith(("file:", "data:"))]
            found["width"] = sheet.evaluate("document.documentElement.scrollWidth")
            found["background"] = sheet.evaluate("getComputedStyle(document.querySelector('.sheet')).backgroundColor")
            loaded = "[...document.images].every(i => i.complete && i.naturalWidth > 100)"
            found["loaded"] = sheet.evaluate(loaded)
            found["picture"] = sheet.evaluate("document.images[0].currentSrc")
            browser.close()

    # The plain interface refuses to run in a thread whose event loop runs, as some test runners have one.
    worker = threading.Thread(target=look)
    worker.start()
    worker.join()
    return found


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize("width", [390, 1440])
def test_on_phone_and_desk_it_asks_for_nothing_and_does_not_run_over(page, width):
    found = _measure(page[0], viewport={"width": width, "height": 900})
    assert found["asked"] == []
    assert found["loaded"]
    assert found["width"] <= width


@pytest.mark.browser
@needs_browser
def test_dark_pages_get_dark_figures(page):
    light = _measure(page[0], color_scheme="light")
    dark = _measure(page[0], color_scheme="dark")
    assert light["background"] == "rgb(255, 255, 255)"
    assert dark["background"] == "rgb(29, 32, 37)"
    assert light["picture"] != dark["picture"]


def test_the_page_is_headed_by_whose_recording_it_is_where_that_was_told(tmp_path):
    told = (*PERSON, ("participant", "P07"), ("session", "2"), ("date", "2026-03-01"))
    analysis = scenes.analyse(scenes.scene_of("sit-to-stand"), values=told)
    text = report.to_html(notebook(tmp_path / "n.ipynb", analysis), tmp_path / "r.html").read_text()
    assert "P07 · session 2 · 2026-03-01" in Elements(text).words
    nameless = report.to_html(notebook(tmp_path / "m.ipynb", analysed("sit-to-stand")), tmp_path / "s.html").read_text()
    assert "session" not in Elements(nameless).words.split("Good recording")[0]


def test_what_heads_the_page_takes_no_markup():
    for name in ("participant", "session", "date", "label"):
        for evil in ("<script>alert(1)</script>", "P07<b>", "../P07", "P 07", "P07\n"):
            with pytest.raises(KinebenchError, match=f"{name} must be"):
                Person(**{name: evil})


def test_a_reference_whose_name_is_markup_is_text_on_the_page(tmp_path):
    analysis = analysed("compare")
    evil = "<img src=x onerror=alert(1)>"
    settings = dataclasses.replace(analysis.settings, task=dataclasses.replace(analysis.settings.task, reference=evil))
    analysis = dataclasses.replace(analysis, settings=settings)
    text = report.to_html(notebook(tmp_path / "n.ipynb", analysis), tmp_path / "r.html").read_text()
    assert "<img src=x" not in text
    assert evil in Elements(text).words


# One ends the element that it stands in; the other has no slash and so is taken for no path.
LIVE = ("\"'></script><script>alert(1)</script>", "\"'><img src=x onerror=alert(1)><script>")


def free_texts(settings: type) -> list[str]:
    """Every parameter that takes a text with neither a pattern nor choices."""
    return [
        field.name
        for group in parameters.groups(settings).values()
        for field in dataclasses.fields(group)
        if field.type in ("str", "str | None") or field.type in (str, str | None)
        if not field.metadata["choices"] and not field.metadata["pattern"]
    ]


def pages_with(text: str, task: str, folder) -> dict[str, Elements]:
    """Reports with a text in each free parameter, in a failure's message where it is refused; and the index of all."""
    analysis, pages = analysed(task), {}
    for name in free_texts(type(analysis.settings)):
        try:
            settings = parameters.build(type(analysis.settings), parameters.flat(analysis.settings) | {name: text})
        except KinebenchError as refused:
            report_folders.failure(folder, f"failure-{name}", task=task, message=str(refused), stage="reading")
            continue
        given = dataclasses.replace(analysis, settings=settings)
        made = report_folders.run(folder, f"run-{name}", task=task, parameters=parameters.flat(settings))
        pages[name] = read(report.to_html(notebook(made / "n.ipynb", given), made / "report.html"))
    return pages | {"the index": read(index.write(folder))}


@pytest.mark.parametrize("task", tasks.names())
@pytest.mark.parametrize("evil", LIVE)
def test_no_text_that_a_user_may_give_is_live_markup_on_any_page(evil, task, tmp_path):
    plain, live = (pages_with(text, task, tmp_path / name) for name, text in (("plain", "abc"), ("live", evil)))
    assert {"weights", "the index"} <= live.keys() & plain.keys()
    for name in live.keys() & plain.keys():
        assert [tag for tag, _ in live[name].elements] == [tag for tag, _ in plain[name].elements], name
        assert not [of for _, of in live[name].elements if any(word.startswith("on") for word in of)], name
    if task == "compare" and "/" not in evil:
        # Otherwise the page may hold nothing of what was given.
        assert evil in live["reference"].words


def test_a_standard_deviation_below_its_digits_is_told_so_in_card_and_table():
    analysis = scenes.analyse(scenes.scene_of("walking"))
    small = [dataclasses.replace(m, value=0.0004) if m.name == "stride_time_sd_s" else m for m in analysis.metrics]
    part = report.metrics(dataclasses.replace(analysis, metrics=tuple(small)))
    (card,) = (entry for entry in part.data["headline"] if entry["name"] == "stride_time_mean_s")
    assert card["spread"] == "<0.01"
    assert [row[1] for row in part.rows if row[0] == "Stride time, SD"] == ["<0.01\u00a0s"]
