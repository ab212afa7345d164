"""The cohort's notebook and figures: every run to be seen, nothing that the library did not compute, any cohort."""

import ast
import html
import itertools
import re
from html.parser import HTMLParser

import nbformat
import numpy as np
import pytest

from kinebench import cohort, kernel, parameters, places
from kinebench.errors import KinebenchError
from kinebench.figures import cohort as figures
from kinebench.figures import style
from tests import cohorts, notebooks
from tests.cohorts import LEAN, TIME, chosen, failed, run

NAME = "cohort.ipynb"
GIVEN = {"test_retest": "1, 2", "sessions": "1, 3", "by": "sex"}


def cells() -> list:
    return [cell for cell in nbformat.read(places.NOTEBOOKS / NAME, as_version=4).cells if cell.cell_type == "code"]


def source_of_parameters() -> str:
    return next(cell.source for cell in cells() if "parameters" in cell.metadata.get("tags", []))


def run_cells(reports, out="", **given) -> dict:
    """The notebook's cells in this process, its last expressions' values under their cell's id."""
    namespace: dict = {}
    for cell in cells():
        exec(cell.source, namespace)
        last = ast.parse(cell.source).body[-1]
        if isinstance(last, ast.Expr) and not cell.source.rstrip().endswith(")"):
            namespace[f"shown_{cell.id}"] = eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)
        if "parameters" in cell.metadata.get("tags", []):
            namespace |= {"reports": str(reports), "out": str(out), **given}
    return namespace


def drawn_of(rows, **settings) -> list[style.Figure]:
    picked = chosen(rows, **settings)
    spread, again, parts = cohort.spread(picked), cohort.retest(picked), cohort.groups(picked)
    change = cohort.change(picked, again)
    return [
        figures.distributions(spread.values, spread.summary.frame, cohort.counts(picked).frame),
        figures.agreement(again.pairs, again.lines, again.sessions),
        figures.changes(change.people.frame, change.thresholds, picked.compared),
        figures.distributions(parts.values, parts.summary.frame),
    ]


def marks(figure: style.Figure) -> np.ndarray:
    """Every mark of the panels, in the panels' own coordinates, shape (marks, 2)."""
    lines = [line for axes in figure.axes for line in axes.lines if line.get_linestyle() == "None"]
    return np.concatenate([np.column_stack(line.get_data()) for line in lines])


# --- the notebook


def test_its_parameters_are_those_of_the_settings():
    namespace: dict = {}
    exec(source_of_parameters(), namespace)
    read = notebooks.input_of(NAME)
    assert source_of_parameters() == notebooks.parameters_cell(cohort.Settings, namespace["reports"], read), (
        "run python -m tests.notebooks"
    )
    assert parameters.from_namespace(cohort.Settings, namespace) == cohort.Settings()
    assert (namespace["reports"], namespace["out"]) == ("reports", "")


def test_papermill_knows_every_parameter_with_its_type():
    import papermill

    known = papermill.inspect_notebook(str(places.NOTEBOOKS / NAME))
    described = parameters.describe(cohort.Settings)
    assert set(known) == {"reports", "out", *(parameter.name for parameter in described)}
    for parameter in described:
        kind = notebooks.kind(cohort.Settings, parameter).replace(" ", "")
        assert known[parameter.name]["inferred_type_name"] == kind


@pytest.mark.slow
def test_a_study_runs_from_top_to_bottom_and_is_written(tmp_path):
    reports = cohorts.write(cohorts.study(12), tmp_path / "reports")
    given = {"reports": str(reports), "out": str(tmp_path / "out"), **GIVEN}
    kernel.execute(places.NOTEBOOKS / NAME, tmp_path / NAME, given, show_progress=False)
    executed = nbformat.read(tmp_path / NAME, as_version=4)
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert not [output for cell in code for output in cell.outputs if output.get("name") == "stderr"]
    assert sum("image/svg+xml" in output.get("data", {}) for cell in code for output in cell.outputs) == 4
    assert {path.name for path in (tmp_path / "out").glob("*.csv")} == {
        "runs_by_session.csv", "runs_to_look_at.csv", "distributions.csv", "reliability.csv", "agreement.csv",
        "change.csv", "change_summary.csv", "groups.csv", "group_differences.csv",
    }  # fmt: skip
    assert len(list((tmp_path / "out" / "figures").iterdir())) == 12


def test_the_folder_gives_what_the_tables_give(tmp_path):
    """Read from files, the study has the same numbers as the tables it was written from."""
    reports = cohorts.write(cohorts.study(), tmp_path / "reports")
    found = run_cells(reports, **GIVEN)
    own = chosen(cohorts.study(), **GIVEN)
    assert found["repeated"].found == cohort.retest(own).found
    assert repr(found["became"]) == repr(cohort.counts(own))
    assert repr(found["change"].people) == repr(cohort.change(own, cohort.retest(own)).people)


@pytest.mark.parametrize("rows", [[], [failed("P01", "1")], [run("P01", "1", 1.0)]])
def test_next_to_nothing_is_shown_in_words(rows, tmp_path):
    reports = tmp_path / "reports"
    reports.mkdir()
    found = run_cells(cohorts.write(rows, reports), out=tmp_path / "out", by="sex")
    shown = [value for name, value in found.items() if name.startswith("shown_")]
    assert len(shown) == 13
    for one in shown:
        words = one.alt if isinstance(one, style.Figure) else repr(one)
        assert re.search(r"[A-Za-z]{3}", words)


# --- the figures


def test_every_run_is_a_mark_at_its_own_height_and_bad_ones_are_crosses():
    rows = [one for one in cohorts.study() if one["listed"] and one["status"] == "complete"]
    figure = drawn_of(rows, metric=TIME)[0]
    assert sorted(marks(figure)[:, 1]) == sorted(one[TIME] for one in rows)
    crosses = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    heights = np.concatenate([line.get_ydata() for line in crosses])
    assert sorted(heights) == sorted(one[TIME] for one in rows if one["verdict"] == "bad")


def test_no_mark_strays_into_the_next_session_and_none_lies_on_another():
    figure = drawn_of([run(f"P{n}", session, 1.0) for n in range(30) for session in "12"])[0]
    places_ = marks(figure)
    assert np.abs(places_[:, 0] - places_[:, 0].round()).max() < 0.45
    assert len(np.unique(places_, axis=0)) == 60


def test_doubtful_runs_are_triangles_and_hollow_where_they_do_not_count():
    rows = [run("P1", "1", 1.0, verdict="doubtful"), run("P2", "1", 2.0)]
    for doubtful, face in (("shown", style.ORANGE), ("left out", "none")):
        figure = drawn_of(rows, doubtful=doubtful)[0]
        triangles = [line for line in figure.axes[0].lines if line.get_marker() == "^" and len(line.get_ydata())]
        assert [line.get_markerfacecolor() for line in triangles] == [face]


def test_below_each_session_stands_how_many_count_and_what_did_not_get_there():
    rows = [run("P1", "1", 1.0), run("P2", "1", 2.0), run("P1", "2", 1.0), failed("P3", "1")]
    labels = [label.get_text() for label in drawn_of(rows)[0].axes[0].get_xticklabels()]
    assert labels == ["1\n2 people\n1 failed", "2\n1 person\n2 absent"]


def texts_below(figure: style.Figure) -> list[list]:
    """Each panel's boxes of the texts below it, as they are drawn."""
    figure.canvas.draw()
    return [[label.get_window_extent() for label in axes.get_xticklabels()] for axes in figure.axes if axes.lines]


@pytest.mark.parametrize("metrics", [1, 2])
@pytest.mark.parametrize("sessions", [3, 4, 6, 8])
def test_what_stands_below_sessions_does_not_overlap(metrics, sessions):
    lean = {LEAN: 30.0} if metrics == 2 else {}
    rows = [run(f"P{n}", f"{s}", 1.0 + n, **lean) for n in range(12) for s in range(sessions)]
    rows += [failed(f"F{n}", f"{s}") for n in range(10) for s in range(sessions)]
    for boxes in texts_below(drawn_of(rows)[0]):
        assert all(one.x1 <= other.x0 for one, other in itertools.pairwise(boxes))


def test_long_names_of_groups_are_turned():
    rows = [
        run(f"{name}-{n}", "1", 1.0 + n, condition=f"{name} and a long word more") for name in "abcd" for n in range(6)
    ]
    assert {label.get_rotation() for label in drawn_of(rows, by="condition")[3].axes[0].get_xticklabels()} == {30.0}


@pytest.mark.parametrize(("people", "boxes"), [(4, 0), (5, 1)])
def test_a_box_is_drawn_from_five_people_on_as_an_outline(people, boxes):
    patches = drawn_of([run(f"P{n}", "1", float(n)) for n in range(people)])[0].axes[0].patches
    assert len(patches) == boxes
    assert not any(patch.get_facecolor()[3] for patch in patches)


def test_in_a_crowd_the_largest_change_has_its_name_and_those_within_error_have_none():
    rng = np.random.default_rng(4)
    rows = [run(f"P{n}", session, rng.normal(1, 0.05)) for n in range(70) for session in "123"]
    rows += [run("GONE", "1", 1.0), run("GONE", "2", 1.0), run("GONE", "3", 9.0)]
    axes = drawn_of(rows, metric=TIME, test_retest="1, 2", sessions="1, 3")[2].axes[0]
    named = {text.get_text() for text in axes.texts}
    assert "GONE" in named
    assert len(named) < 15


def test_an_uncertain_change_has_a_hollow_mark_and_a_word():
    rows = [one for one in cohorts.study(40) if one["listed"]]
    legend = drawn_of(rows, metric=TIME, **GIVEN)[2].legends[0]
    assert {"uncertain", "up to its upper bound"} <= {text.get_text() for text in legend.get_texts()}


def test_the_lines_of_agreement_are_those_that_were_computed():
    picked = chosen(cohorts.study(), metric=TIME, **GIVEN)
    again = cohort.retest(picked)
    axes = figures.agreement(again.pairs, again.lines, again.sessions).axes[0]
    level = [
        line.get_ydata()[0] for line in axes.lines if len(line.get_ydata()) == 2 and line.get_linestyle() != "None"
    ]
    assert set(again.lines["value"]) <= set(level)


def test_a_change_is_drawn_with_its_band_only_where_there_is_an_mdc():
    rows = [one for one in cohorts.study(12) if one["listed"]]
    banded = [text.get_text() for text in drawn_of(rows, metric=TIME, **GIVEN)[2].legends[0].get_texts()]
    bare = [text.get_text() for text in drawn_of(rows, metric=TIME)[2].legends[0].get_texts()]
    assert "within the MDC" in banded
    assert bare[0] == "not judged"
    assert "within the MDC" not in bare


@pytest.mark.parametrize("settings", [GIVEN, {**GIVEN, "metric": TIME}])
def test_every_figure_is_as_wide_as_a_journal_takes_says_what_it_shows_and_turns_dark(settings):
    for figure in drawn_of(cohorts.study(), **settings):
        width_mm = figure.get_size_inches()[0] * 25.4
        assert any(abs(width_mm - wide) < 0.01 for wide in (style.SINGLE_MM, style.DOUBLE_MM))
        assert len(figure.alt) > 20
        assert style.ON_DARK[style.INK] in figure.dark().svg


# --- what was typed


LIVE = "'\"></script><script>alert(1)</script><img src=x onerror=alert(1)>"


class Tags(HTMLParser):
    """The elements of a page, in their order."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)


def shown_with(reports, **given) -> str:
    """All that the notebook shows as HTML and SVG; where it refuses what it is given, nothing."""
    try:
        shown = [value for name, value in run_cells(reports, **given).items() if name.startswith("shown_")]
    except KinebenchError:
        return ""
    return "".join(one.svg() if isinstance(one, style.Figure) else one._repr_html_() for one in shown)


def test_no_text_that_a_user_may_give_is_live_markup(tmp_path):
    reports = cohorts.write(cohorts.study(4), tmp_path / "reports")
    source = {"metric": TIME, "mdc": 0.2, "sessions": "1, 3"}
    free = [each.name for each in parameters.describe(cohort.Settings) if each.default == "" and not each.choices]
    assert {"metric", "sessions", "test_retest", "mdc_source"} <= set(free)
    for name in free:
        plain, live = (shown_with(reports, **(source | {"mdc_source": "a", name: text})) for text in ("abc", LIVE))
        assert Tags(live).tags == Tags(plain).tags, name
    # Otherwise nothing of what was given may be there.
    assert html.escape(LIVE) in shown_with(reports, **source, mdc_source=LIVE)
