"""Figures: from tables alone, in the house style, with units; what they show is what the tables say."""

import dataclasses
import io

import matplotlib as mpl
import numpy as np
import pandas as pd
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.text import Text
from numpy.testing import assert_allclose

from kinebench import figures, keypoints, outputs, tasks
from kinebench.figures import signals, style
from tests import scenes

ALL = [(task, name) for task, module in figures.TASKS.items() for name in module.FIGURES]
NAMES = ("BLUE", "ORANGE", "GREEN", "VERMILLION", "SKY", "PURPLE", "YELLOW", "INK", "MUTED", "FAINT", "PAPER")
HOUSE_COLOURS = {getattr(style, name) for name in NAMES}
COUNTED = {"", "Repetition", "Stroke", "Movement"}


@pytest.fixture(scope="module")
def analysed():
    """Analyses of generated scenes by task, with metres where `height_m` is given."""

    def analyse(task: str, scaled: bool = True, **scene):
        values = (("height_m", 1.72),) if scaled else ()
        return scenes.analyse(scenes.scene_of(task, **scene), values=values)

    return analyse


def drawn(figure: style.Figure) -> style.Figure:
    """The figure laid out and drawn once."""
    figure.savefig(io.BytesIO(), format="png", dpi=60)
    return figure


def test_every_task_has_figures():
    assert set(figures.TASKS) == set(tasks.names())


@pytest.mark.parametrize(("task", "name"), ALL)
def test_a_figure_is_as_wide_as_one_or_two_columns_and_its_text_is_7_pt_at_most(analysed, task, name):
    figure = drawn(figures.TASKS[task].FIGURES[name](analysed(task)))
    width_mm = figure.get_figwidth() * 25.4
    assert min(abs(width_mm - style.SINGLE_MM), abs(width_mm - style.DOUBLE_MM)) < 0.01
    sizes = {text.get_fontsize() for text in figure.findobj(Text) if text.get_text()}
    assert max(sizes) <= 7
    assert min(sizes) >= 5


@pytest.mark.parametrize(("task", "name"), ALL)
def test_every_axis_says_its_unit(analysed, task, name):
    figure = drawn(figures.TASKS[task].FIGURES[name](analysed(task)))
    for axes in figure.axes:
        for label in (axes.get_xlabel(), axes.get_ylabel()):
            assert label in COUNTED or "(" in label, label


@pytest.mark.parametrize(("task", "name"), ALL)
def test_only_colours_that_colour_blind_readers_tell_apart(analysed, task, name):
    figure = figures.TASKS[task].FIGURES[name](analysed(task))
    for axes in figure.axes:
        lines = {to_hex(line.get_color()) for line in axes.get_lines()}
        assert lines <= HOUSE_COLOURS
        assert {to_hex(patch.get_facecolor()) for patch in axes.patches if patch.get_facecolor()[3]} <= HOUSE_COLOURS


@pytest.mark.parametrize(("task", "name"), ALL)
def test_a_figure_says_in_words_what_it_shows(analysed, task, name):
    assert len(figures.TASKS[task].FIGURES[name](analysed(task)).alt.split()) >= 6


@pytest.mark.parametrize("task", tasks.names())
def test_drawing_leaves_pyplot_and_the_users_settings_alone(analysed, task):
    import matplotlib.pyplot as plt

    before, open_before = dict(mpl.rcParams), plt.get_fignums()
    for figure in figures.all_of(analysed(task)).values():
        drawn(figure)
    assert plt.get_fignums() == open_before
    assert dict(mpl.rcParams) == before


def test_the_users_settings_change_no_figure(analysed):
    analysis = analysed("sit-to-stand")
    plain = figures.timeline(analysis).svg()
    with mpl.rc_context({"font.size": 20, "axes.grid": True, "lines.linewidth": 5, "svg.hashsalt": "other"}):
        # What the house style does not name stays the user's, so a grid may appear; text and lines must not change.
        mpl.rcParams["axes.grid"] = False
        assert figures.timeline(analysis).svg() == plain


@pytest.mark.parametrize("ending", outputs.FORMATS)
def test_the_same_tables_give_the_same_bytes(analysed, tmp_path, ending):
    analysis = analysed("rowing")
    for folder in ("a", "b"):
        outputs.save_figure(figures.rowing.speed_profile(analysis), tmp_path / folder, "profile")
    assert (tmp_path / "a" / f"profile.{ending}").read_bytes() == (tmp_path / "b" / f"profile.{ending}").read_bytes()


def test_saved_text_can_be_edited(analysed, tmp_path):
    svg, pdf, _ = outputs.save_figure(figures.sit_to_stand.rises(analysed("sit-to-stand")), tmp_path, "rises")
    assert ">Trunk lean (°)</text>" in svg.read_text(encoding="utf-8")
    page = pypdf.PdfReader(pdf).pages[0]
    assert "Trunk lean" in page.extract_text()
    for font in page["/Resources"]["/Font"].values():
        assert font.get_object()["/Subtype"] != "/Type3"
    assert "/CreationDate" not in (pypdf.PdfReader(pdf).metadata or {})
    assert "<dc:date>" not in svg.read_text(encoding="utf-8")


def embedded(pdf):
    """Of each font that a PDF's page uses: its tables, and the outline of each code that stands in the page's text."""
    from fontTools.ttLib import TTFont

    for font in pypdf.PdfReader(pdf).pages[0]["/Resources"]["/Font"].values():
        (whole,) = font.get_object()["/DescendantFonts"]
        whole = whole.get_object()
        file = TTFont(io.BytesIO(whole["/FontDescriptor"]["/FontFile2"].get_object().get_data()))
        glyphs = np.frombuffer(whole["/CIDToGIDMap"].get_object().get_data(), ">u2")
        outlines = {code: file["glyf"][file.getGlyphName(glyph)] for code, glyph in enumerate(glyphs) if glyph}
        yield set(file.keys()), outlines


def test_fonts_are_embedded_without_what_lays_out_text_and_nothing_moves_for_it(tmp_path, monkeypatch):
    figure = style.blank(80, 40)
    axes = figure.subplots()
    axes.set_title("AVATAR To fi °, Größe", fontweight="bold")
    axes.set_xlabel("Time (s)")
    figure.savefig(tmp_path / "lean.pdf")
    monkeypatch.setattr(style, "LAYOUT_TABLES", ())
    figure.savefig(tmp_path / "whole.pdf")
    lean, whole = (list(embedded(tmp_path / name)) for name in ("lean.pdf", "whole.pdf"))
    assert {"GPOS", "GSUB"} <= whole[0][0]
    assert not [tables for tables, _ in lean if {"GSUB", "GPOS", "GDEF", "kern", "MATH"} & tables]
    assert [outlines for _, outlines in lean] == [outlines for _, outlines in whole]
    one, other = (pypdf.PdfReader(tmp_path / name).pages[0] for name in ("lean.pdf", "whole.pdf"))
    assert "AVATAR" in one.extract_text()
    assert one.extract_text() == other.extract_text()
    assert one.get_contents().get_data() == other.get_contents().get_data()


def test_others_in_the_process_have_their_fonts_as_before(analysed, tmp_path):
    from fontTools.subset import Options

    before = Options().drop_tables
    figures.timeline(analysed("rowing")).savefig(tmp_path / "timeline.pdf")
    assert Options().drop_tables == before


def test_a_notebook_is_given_a_picture_and_outlines_and_words(analysed):
    figure = figures.timeline(analysed("sit-to-stand"))
    shown, _ = figure._repr_mimebundle_()
    assert set(shown) == {"image/png", "image/svg+xml", "text/plain"}
    assert "<text" not in shown["image/svg+xml"]
    assert shown["text/plain"] == figure.alt


def test_the_dark_picture_has_no_light_paper_and_no_dark_ink(analysed):
    dark = figures.timeline(analysed("sit-to-stand")).dark()._repr_svg_()
    assert style.PAPER not in dark
    assert style.INK not in dark
    assert style.ON_DARK[style.PAPER] in dark


def test_the_timeline_marks_every_event_where_the_table_has_it(analysed):
    analysis = analysed("sit-to-stand")
    panel = figures.timeline(analysis).axes[0]
    marks = [line for line in panel.get_lines() if line.get_marker() == "o"]
    events = tasks.get("sit-to-stand").presentation.events
    assert len(marks) == len(events)
    for line, event in zip(marks, events, strict=True):
        assert_allclose(line.get_xdata(), analysis.accepted[event])


def test_the_timeline_shades_each_phase_as_long_as_its_label_lasts(analysed):
    analysis = analysed("sit-to-stand")
    panel = figures.timeline(analysis).axes[0]
    shaded = sum(patch.get_width() for patch in panel.patches)
    step = float(np.median(np.diff(analysis.labels.index)))
    moving = analysis.labels["phase"].isin(list(tasks.get("sit-to-stand").presentation.phases)[1:])
    assert_allclose(shaded, moving.sum() * step, rtol=1e-6)


def test_lengths_are_metres_only_with_a_scale(analysed):
    assert figures.timeline(analysed("sit-to-stand")).axes[0].get_ylabel() == "Hip height\n(m)"
    assert figures.timeline(analysed("sit-to-stand", scaled=False)).axes[0].get_ylabel() == "Hip height\n(px)"
    assert figures.rowing.hand_speed(analysed("rowing", scaled=False)).axes[0].get_ylabel() == "Hand speed (px/s)"
    assert "(px)" in figures.rowing.handle_path(analysed("rowing", scaled=False)).axes[0].get_xlabel()


def test_a_repetition_that_does_not_count_is_hatched_and_crossed_out(analysed):
    whole = analysed("sit-to-stand")
    reps = whole.reps.copy()
    reps.loc[reps.index[2], ["accepted", "reason"]] = [False, "stood up only half-way"]
    figure = figures.timeline(dataclasses.replace(whole, reps=reps))
    hatched = [patch for patch in figure.axes[0].patches if patch.get_hatch()]
    assert len(hatched) == 1
    assert_allclose(hatched[0].get_x(), reps["start_s"].iloc[2])
    assert "×" in [text.get_text() for text in figure.axes[0].texts]


def test_of_many_repetitions_the_timeline_shows_the_middle_and_says_so(analysed):
    analysis = analysed("rowing", repetitions=40)
    figure = drawn(figures.rowing.hand_speed(analysis))
    begin, end = figure.axes[0].get_xlim()
    assert end - begin < 0.6 * analysis.recording.duration_s
    assert "of 40" in figure.legends[0].get_title().get_text()


@pytest.mark.parametrize("task", tasks.names())
def test_one_repetition_is_enough_for_every_figure(analysed, task):
    for figure in figures.all_of(analysed(task, repetitions=1)).values():
        drawn(figure)


def test_the_dots_lie_on_the_handles_path_and_their_colour_is_its_speed(analysed):
    analysis = analysed("rowing")
    path = analysis.extras["handle_path"]
    dots = [c for c in figures.rowing.handle_path(analysis).axes[0].collections if isinstance(c, PathCollection)]
    places = np.concatenate([np.asarray(c.get_offsets()) for c in dots])
    speeds = np.concatenate([c.get_array() for c in dots])
    order = path.sort_values("phase", ascending=False, kind="stable")
    assert_allclose(places, order[["forward_m", "height_m"]])
    assert_allclose(speeds, order["speed_m_s"])
    assert len({c.get_clim() for c in dots}) == 1


def test_rises_run_from_start_to_standing(analysed):
    analysis = analysed("sit-to-stand")
    lean = figures.sit_to_stand.rises(analysis).axes[0].get_lines()
    time_s, values = analysis.signals.index.to_numpy(), analysis.signals["trunk_lean_deg"].to_numpy()
    for line, row in zip(lean, analysis.accepted.itertuples(), strict=False):
        ends = np.interp([row.start_s, row.standing_s], time_s, values)
        assert_allclose(np.asarray(line.get_ydata())[[0, -1]], ends)


def test_bars_are_as_long_as_the_times(analysed):
    analysis = analysed("sit-to-stand")
    bars = figures.sit_to_stand.times(analysis).axes[0].patches
    assert_allclose([bar.get_width() for bar in bars], analysis.accepted["rise_time_s"])


def _tables(frames: int = 60) -> tuple[pd.DataFrame, pd.DataFrame]:
    times = np.arange(frames) / 30
    values = np.zeros((frames, 1, 3))
    values[:, 0, 0] = np.arange(frames)
    values[:, 0, 2] = 0.9
    raw = values.copy()
    raw[20:30, 0, 2] = 0.1
    smooth = values.copy()
    smooth[22:27, 0, :2] = np.nan
    return keypoints.make(times, ["left_knee"], raw), keypoints.make(times, ["left_knee"], smooth)


def test_gaps_are_hatched_and_low_confidence_is_shaded():
    raw, smooth = _tables()
    panel = figures.raw_and_smoothed(raw, smooth, "left_knee").axes[0]
    hatched = [patch for patch in panel.patches if patch.get_hatch()]
    shaded = [patch for patch in panel.patches if not patch.get_hatch()]
    assert_allclose([hatched[0].get_x(), hatched[0].get_width()], [21.5 / 30, 5 / 30])
    assert_allclose([shaded[0].get_x(), shaded[0].get_width()], [19.5 / 30, 10 / 30])


def test_the_quality_strip_says_how_much_is_in_doubt(analysed):
    analysis = analysed("sit-to-stand")
    labels = [text.get_text() for text in drawn(figures.quality_strip(analysis)).axes[0].get_yticklabels()]
    assert labels[0] == "nobody found (0.0 %)"
    raw = analysis.raw.copy()
    raw.iloc[: len(raw) // 2] = keypoints.make([0.0], keypoints.joints(raw), np.full((1, 33, 3), np.nan)).to_numpy()
    labels = figures.quality_strip(dataclasses.replace(analysis, raw=raw)).axes[0].get_yticklabels()
    assert labels[0].get_text().startswith("nobody found (50")


def test_confidence_shows_every_joint(analysed):
    analysis = analysed("sit-to-stand")
    image = figures.confidence(analysis.raw).axes[0].get_images()[0]
    assert image.get_array().shape == (33, len(analysis.raw))


def test_a_contact_sheet_shows_every_picture():
    pictures = [np.full((48, 85, 3), 40 * i, np.uint8) for i in range(5)]
    sheet = figures.contact_sheet(pictures, [f"{i} s" for i in range(5)])
    assert sum(len(axes.get_images()) for axes in sheet.axes) == 5


@given(st.lists(st.booleans()))
def test_runs_are_the_stretches_that_hold(flags):
    rebuilt = np.zeros(len(flags), bool)
    for first, last in signals.runs(np.array(flags, bool)):
        assert first <= last
        rebuilt[first : last + 1] = True
    assert rebuilt.tolist() == flags


@given(st.integers(0, 2**32 - 1), st.integers(4001, 20000))
def test_thinning_keeps_the_highest_and_the_lowest_and_every_gap(seed, count):
    random = np.random.default_rng(seed)
    time_s, values = np.arange(count) / 60, random.normal(size=count)
    gap = random.integers(0, count - 50)
    values[gap : gap + 40] = np.nan
    thin_time, thin = signals.thinned(time_s, values)
    assert len(thin) < 5000
    assert np.nanmax(thin) == np.nanmax(values)
    assert np.nanmin(thin) == np.nanmin(values)
    assert np.isnan(thin[(thin_time >= time_s[gap]) & (thin_time <= time_s[gap + 39])]).all()
    assert np.isnan(thin).any()


def test_words_for_columns():
    assert signals.unit_of("left_knee_flexion_velocity_deg_s") == "°/s"
    assert signals.words("left_knee_flexion_deg", "left") == "knee flexion"
    assert signals.axis_label("hip height", ["left_hip_height_m"]) == "Hip height (m)"
    assert signals.axis_label("flexion (deg)", ["left_knee_flexion_deg"]) == "Flexion (°)"


def test_what_a_clip_does_not_show_is_said_and_not_drawn(analysed):
    analysis = analysed("lifting")
    strip = figures.lifting.knees(analysis)
    assert strip.absent
    assert "this view does not show it" in strip.alt
    assert strip._repr_mimebundle_() == ({"text/plain": strip.alt}, {})
    assert "knees" not in figures.all_of(analysis)
    front = analysed("lifting", yaw_deg=90.0)
    assert "knees" in figures.all_of(front)


@pytest.mark.parametrize("task", tasks.names())
def test_nothing_of_a_figure_runs_out_of_the_picture(analysed, task):
    for name, figure in figures.all_of(analysed(task)).items():
        with figure.laid_out():
            drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert min(drawn.x0, drawn.y0, width - drawn.x1, height - drawn.y1) > -0.01, (name, drawn)


def test_all_files_of_a_figure_have_its_parts_in_the_same_places_and_it_lays_itself_out_anew_afterwards(analysed):
    figure = figures.all_of(analysed("rowing"))["quality"]
    engine = figure.get_layout_engine()
    with figure.laid_out():
        before = [axes.get_position().bounds for axes in figure.axes]
        figure.axes[0].set_title("one\nand another\nline")
        for _ in range(2):
            figure._repr_mimebundle_()
            assert [axes.get_position().bounds for axes in figure.axes] == before
    assert figure.get_layout_engine() is engine
    with figure.laid_out():
        assert [axes.get_position().bounds for axes in figure.axes] != before


def test_with_no_folder_nothing_is_written(analysed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert outputs.save(analysed("rowing"), "") == []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("task", tasks.names())
def test_everything_of_a_run_is_written_and_reads_back(analysed, tmp_path, task):
    analysis = analysed(task)
    written = outputs.save(analysis, tmp_path)
    assert all(path.stat().st_size > 0 for path in written)
    names = {path.relative_to(tmp_path).as_posix() for path in written}
    tables = {"metrics.json", "metrics.csv", "reps.csv", "signals.csv", "keypoints.csv", "keypoints.parquet"}
    tables |= {"references.csv"} if "norms" in analysis.extras else set()
    assert names == tables | {f"figures/{name}.{e}" for name in figures.all_of(analysis) for e in outputs.FORMATS}
    back = pd.read_csv(tmp_path / "signals.csv", index_col="time_s")
    pd.testing.assert_frame_equal(back, analysis.signals, check_names=False, rtol=1e-12)
    assert_allclose(pd.read_csv(tmp_path / "reps.csv")["start_s"], analysis.reps["start_s"])
