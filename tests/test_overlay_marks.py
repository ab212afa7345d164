"""Marks of single tasks on the annotated video: they stand where the tables say, and where nothing is known is none."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import keypoints, overlay, video
from kinebench.overlay import lettering, marks, options
from kinebench.overlay.beside import CAPTIONS
from kinebench.overlay.canvas import Canvas
from kinebench.overlay.course import phase_colours
from kinebench.overlay.drawing import Painter
from kinebench.overlay.planes import Planes
from kinebench.synthetic import Scene, keypoint_table
from kinebench.tasks import AngleLabel, FootBox, Reading
from tests import clips
from tests.test_overlay import TIMES, body, grey, scene_of

SIZE = (320, 320)
QUIET = {"blur_faces": False, "show_panel": False, "trail_s": 0.0}
LEG = {
    "hip": (0.0, 0.0),
    "knee": (60.0, 40.0),
    "ankle": (30.0, 110.0),
    "heel": (10.0, 130.0),
    "foot_index": (70.0, 130.0),
}


def legs(count=3, *, at=(100.0, 100.0), turn_deg=0.0) -> pd.DataFrame:
    """Two bent legs without a body, each joint of the right one where the left one's is."""
    names = [f"{side}_{joint}" for side in ("left", "right") for joint in LEG]
    values = np.full((count, len(names), 3), 0.9)
    values[..., :2] = np.array(at) + np.array([LEG[name.partition("_")[2]] for name in names]) @ turned(turn_deg).T
    return keypoints.make(TIMES[:count], names, values)


def turned(angle_deg: float) -> np.ndarray:
    """The matrix that turns points clockwise in the picture."""
    cos, sin = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[cos, -sin], [sin, cos]])


def prepared(table: pd.DataFrame, size=SIZE, **more) -> overlay.Scene:
    count = len(table)
    return overlay.prepare(size, TIMES[:count], np.arange(count), **({"raw": table, "smoothed": table} | more))


def moved(table: pd.DataFrame, by) -> pd.DataFrame:
    return keypoints.with_positions(table, keypoints.positions(table) + np.array(by, float))


def without_frame(table: pd.DataFrame, frame: int) -> pd.DataFrame:
    table = table.copy()
    table.iloc[frame] = np.nan
    return table


def shown(scene: overlay.Scene, index=0, **chosen) -> np.ndarray:
    return overlay.draw(grey(scene.size[::-1]), scene, index, options=overlay.OverlayOptions(**(QUIET | chosen)))


def labelled(table: pd.DataFrame, **columns) -> pd.DataFrame:
    return pd.DataFrame({"repetition": 1, "phase": "up"} | columns, index=table.index)


# The angle between thigh and shank


def thigh_shank(table: pd.DataFrame):
    labels = [AngleLabel("{near}_thigh_shank_angle_deg", "{near}_knee", "thigh and shank")]
    signals = pd.DataFrame({"left_thigh_shank_angle_deg": 77.0}, index=table.index)
    return prepared(table, signals=signals, angles=labels).angles[0]


@given(turn=st.floats(-180, 180))
@settings(max_examples=30, deadline=None)
def test_the_arc_between_thigh_and_shank_is_their_angle_however_the_leg_lies(turn):
    angle = thigh_shank(legs(turn_deg=turn))
    hip, knee, ankle = (np.array(LEG[name]) for name in ("hip", "knee", "ankle"))
    cosine = (hip - knee) @ (ankle - knee) / np.hypot(*(hip - knee)) / np.hypot(*(ankle - knee))
    assert_allclose(np.abs(angle.end - angle.start), np.degrees(np.arccos(cosine)))
    way = turned(turn) @ (hip - knee)
    assert_allclose(np.cos(np.radians(angle.start)), way[0] / np.hypot(*way), atol=1e-9)
    assert_allclose(np.sin(np.radians(angle.start)), way[1] / np.hypot(*way), atol=1e-9)


def test_the_arc_of_a_knee_that_wobbles_about_straight_stays_behind_it():
    table = legs(4)
    for frame, knee_x in enumerate((160.0, 132.0, 128.0, 131.0)):  # bent forward, then a little beside the line
        table.loc[table.index[frame], ("left_hip", ["x", "y"])] = 130.0, 100.0
        table.loc[table.index[frame], ("left_knee", ["x", "y"])] = knee_x, 150.0
        table.loc[table.index[frame], ("left_ankle", ["x", "y"])] = 130.0, 200.0
    angle = thigh_shank(table)
    turn = angle.end - angle.start
    middle = np.radians(angle.start + turn / 2)
    assert (np.cos(middle) < 0).all()  # the knee bends towards the picture's right: its hollow lies left
    assert_array_equal(np.abs(turn) > 180, [False, False, True, False])


def test_no_line_leads_on_from_the_thigh_where_the_arc_lies_between_the_bones():
    table = legs()
    bend = AngleLabel("{near}_knee_flexion_deg", "{near}_knee", "knee")
    between = AngleLabel("{near}_thigh_shank_angle_deg", "{near}_knee", "knee")
    signals = pd.DataFrame({"left_knee_flexion_deg": 90.0, "left_thigh_shank_angle_deg": 90.0}, index=table.index)
    counts = {
        name: len(Painter(scene, overlay.OverlayOptions())._arc(scene.angles[0], 0))
        for name, scene in (
            (label.signal, prepared(table, signals=signals, angles=[label])) for label in (bend, between)
        )
    }
    assert counts == {bend.signal: 2, between.signal: 1}


# The foot's box and the plumb line


def feet(table: pd.DataFrame, *, tilt_deg=0.0, **more) -> marks.Foot:
    return prepared(table, feet=[FootBox(**more)], tilt_deg=tilt_deg).feet[0]


@given(turn=st.floats(-40, 40), x=st.floats(-50, 50))
@settings(max_examples=30, deadline=None)
def test_heel_and_toe_lie_on_the_middle_of_the_boxs_short_sides(turn, x):
    table = legs(at=(100.0 + x, 100.0), turn_deg=turn)
    foot = feet(table)
    heel, toe = (keypoints.points(table, f"left_{name}") for name in ("heel", "foot_index"))
    a, b, c, d, again = np.moveaxis(foot.box, 1, 0)
    assert_allclose(a, again)
    assert_allclose((a + b) / 2, heel)
    assert_allclose((c + d) / 2, toe)
    assert_allclose(((b - a) * (toe - heel)).sum(axis=1), 0, atol=1e-9)
    assert_allclose(np.hypot(*(b - a).T), 60 * 0.055 / 0.152)


def test_the_boxs_breadth_comes_from_the_trunk_where_there_is_one():
    table = body(TIMES[:2])
    names = [*keypoints.joints(table), "left_heel", "left_foot_index"]
    values = np.full((2, len(names), 3), 0.9)
    values[:, :-2, :2] = keypoints.positions(table)
    values[:, -2:, :2] = [[120.0, 290.0], [125.0, 290.0]]  # seen from ahead a foot is short, but not narrow
    foot = feet(keypoints.make(TIMES[:2], names, values))
    trunk = np.hypot(10, 100)
    assert_allclose(np.hypot(*(foot.box[:, 1] - foot.box[:, 0]).T), trunk * 0.055 / 0.288, rtol=0.01)


@pytest.mark.parametrize("tilt", [-7.0, 0.0, 5.0])
def test_the_plumb_line_falls_square_to_the_floor_onto_the_ground_below_the_foot(tilt):
    table = legs(turn_deg=-tilt)  # a floor that rises to the right is a scene turned to the left
    foot, level = feet(table, tilt_deg=tilt), feet(legs())
    for name in ("box", "plumb", "reach"):
        assert_allclose(getattr(foot, name) - 100, (getattr(level, name) - 100) @ turned(-tilt).T, atol=1e-9)
    knee, below = level.plumb[0]
    assert_allclose(knee, np.array(LEG["knee"]) + 100)
    assert below[0] == knee[0]
    assert_allclose(below[1], level.box[0, :, 1].max())
    toe, reached = level.reach[0]
    assert toe[0] == LEG["foot_index"][0] + 100
    assert_allclose(reached, below)


def test_the_knees_place_is_said_in_words_and_not_where_it_was_not_measured():
    table = legs()
    signals = pd.DataFrame({"left_knee_ahead_m": [0.042, -0.118, np.nan]}, index=table.index)
    foot = prepared(table, signals=signals, feet=[FootBox(ahead=("{near}_knee_ahead_m",))]).feet[0]
    assert [foot.written(index) for index in range(3)] == ["knee 0.04 m ahead of toe", "knee 0.12 m behind toe", ""]
    assert feet(table, ahead=("{near}_knee_ahead_m",)).longest == ""


@pytest.mark.parametrize("lost", ["left_heel", "left_foot_index"])
def test_without_heel_or_toe_there_is_neither_box_nor_plumb_line(lost):
    table = legs()
    table.loc[table.index[1], (lost, ["x", "y"])] = np.nan
    foot = feet(table)
    assert [len(foot.lines(index)) for index in range(3)] == [3, 0, 3]


def test_a_knee_that_is_not_seen_or_lies_below_the_foot_has_no_plumb_line():
    table = legs()
    table.loc[table.index[0], ("left_knee", ["x", "y"])] = np.nan
    table.loc[table.index[1], ("left_knee", "y")] = 300.0
    assert [len(feet(table).lines(index)) for index in range(3)] == [1, 1, 3]


def test_box_and_plumb_line_are_drawn_where_they_are():
    scene = prepared(legs(), feet=[FootBox()])
    change = np.abs(shown(scene).astype(int) - shown(prepared(legs())).astype(int)).max(axis=2) > 60
    foot = scene.feet[0]
    for x, y in (foot.plumb[0].mean(axis=0), foot.box[0, 1:3].mean(axis=0)):
        assert change[round(y) - 1 : round(y) + 2, round(x) - 1 : round(x) + 2].any()
    rows, columns = np.nonzero(change)
    every = np.concatenate(foot.lines(0))
    assert columns.min() > every[:, 0].min() - 5
    assert columns.max() < every[:, 0].max() + 5
    assert rows.min() > every[:, 1].min() - 5
    assert rows.max() < every[:, 1].max() + 5


# The panel's readings


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (0.4261, "m/s", "0.43 m/s"),
        (-0.4261, "m/s", "−0.43 m/s"),
        (-0.001, "m/s", "0.00 m/s"),
        (89.6, "°", "90°"),
        (-0.2, "°", "0°"),
        (412.4, "px/s", "412 px/s"),
        (0.304, "", "0.30"),
        (61.2, "%", "61 %"),
        (np.nan, "m/s", "—"),
    ],
)
def test_a_value_is_written_with_the_digits_that_suit_its_unit(value, unit, written):
    assert marks.quantity(value, unit) == written


def test_the_first_of_a_readings_signals_that_a_clip_has_is_read():
    table = body(TIMES)
    reading = Reading(("{near}_hand_velocity_m_s", "{near}_hand_velocity_px_s"), "velocity")
    pixels = pd.DataFrame({"left_hand_velocity_px_s": 200.0}, index=table.index)
    metres = pixels.assign(left_hand_velocity_m_s=0.5)
    lost = pixels.assign(left_hand_velocity_m_s=np.nan)
    written = [
        [one.written(0) for one in prepared(table, signals=signals, readings=[reading]).readouts]
        for signals in (pixels, metres, lost, pixels[[]])
    ]
    assert written == [["200 px/s"], ["0.50 m/s"], ["200 px/s"], []]


def test_the_panel_grows_by_a_line_for_each_reading_and_for_the_grade():
    table = body(TIMES)
    signals = pd.DataFrame({"left_hand_velocity_m_s": 0.5}, index=table.index)
    reading = [Reading(("left_hand_velocity_m_s",), "velocity")]
    graded = labelled(table, grade="good")
    plain, read, both = (
        Painter(prepared(table, **more), overlay.OverlayOptions())._panel.height
        for more in (
            {},
            {"signals": signals, "readings": reading},
            {"signals": signals, "readings": reading, "labels": graded, "grade": "grade"},
        )
    )
    assert read - plain == pytest.approx(both - read, abs=2)
    assert read - plain == pytest.approx(lettering.ROW * max(min(SIZE) / 41, 9.0), abs=2)


def test_the_value_is_in_the_picture_and_changes_with_the_frame():
    table = body(TIMES, at=(430.0, 60.0))
    signals = pd.DataFrame({"left_hand_velocity_m_s": np.linspace(-1, 1, len(TIMES))}, index=table.index)
    reading = [Reading(("left_hand_velocity_m_s",), "velocity")]
    scene = prepared(table, (640, 480), signals=signals, readings=reading)
    painter = Painter(scene, overlay.OverlayOptions())
    size = painter._text
    middle = painter._panel.y + lettering.row_middle(size, 0)
    rows = slice(round(middle - 0.5 * size), round(middle + 0.5 * size))
    columns = slice(round(painter._panel.x), round(painter._panel.x + painter._panel.width))
    first, other = (shown(scene, index, show_panel=True)[rows, columns] for index in (0, 29))
    assert (first.max(axis=2) > 220).sum() > 20
    assert (first != other).any()


# Good, doubtful, bad


def graded(words, table=None) -> overlay.Scene:
    table = body(TIMES[: len(words)], at=(160.0, 60.0)) if table is None else table
    return prepared(table, labels=labelled(table, grade=list(words)), grade="grade", legend={"grade": "depth"})


@pytest.mark.parametrize("word", ["good", "doubtful", "bad"])
def test_the_near_side_takes_the_grades_colour(word):
    scene = graded([word, ""])
    hip, knee = (keypoints.points(body(TIMES[:1], at=(160.0, 60.0)), f"left_{joint}")[0] for joint in ("hip", "knee"))
    x, y = ((hip + knee) / 2).round().astype(int)
    assert_allclose(shown(scene, 0)[y, x], options.GRADES[word][0], atol=3)
    assert_allclose(shown(scene, 1)[y, x], options.WHITE, atol=3)


def test_without_grades_the_near_side_keeps_its_colour():
    table = body(TIMES[:1], at=(160.0, 60.0))
    hip, knee = (keypoints.points(table, f"left_{joint}")[0] for joint in ("hip", "knee"))
    x, y = ((hip + knee) / 2).round().astype(int)
    unknown = [labelled(table), labelled(table, grade="")]
    for scene in (prepared(table), *(prepared(table, labels=labels, grade="grade") for labels in unknown)):
        assert_allclose(shown(scene)[y, x], options.NEAR, atol=3)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_no_phase_has_a_grades_colour_where_there_are_grades(count):
    table = body(TIMES[:1])
    names = {str(place): str(place) for place in range(count)}
    scene = prepared(table, labels=labelled(table, grade="good"), grade="grade", phases=names)
    colours = set(phase_colours(scene).values())
    assert len(colours) == count
    assert not colours & {colour for colour, _ in options.GRADES.values()}


def test_each_grade_has_a_shape_of_its_own():
    assert len({shape for _, shape in options.GRADES.values()}) == 3


def test_the_panel_says_each_grade_with_word_and_shape_and_a_dash_without_one():
    scene = graded(["good", "doubtful", "bad", ""])
    painter = Painter(scene, overlay.OverlayOptions())
    rows = [painter._panel._grade_row(index) for index in range(4)]
    assert [row.word for row in rows] == ["good", "doubtful", "bad", marks.ABSENT]
    assert {row.text for row in rows} == {"depth"}
    assert rows[3].shape == ""
    sprites = [
        lettering.panel(("", "", ""), 20.0, None, 300, (row._replace(word="", colour=options.WHITE),)) for row in rows
    ]
    drawn = [sprite.colour.tobytes() for sprite in sprites]
    assert len(set(drawn)) == 4


# Machado, Oliveira and Fernandes 2009 (doi:10.1109/TVCG.2009.113), severity 1.0, on linear RGB.
SIGHT = {
    "usual": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def lab(colour, matrix) -> np.ndarray:
    """CIE L*a*b* of an sRGB colour (IEC 61966-2-1) as somebody sees it, for a D65 white."""
    values = np.array(colour) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(matrix) @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ linear / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHT)
def test_a_colour_blind_reader_tells_the_grades_and_the_reference_apart(sight):
    good, doubtful, bad = (lab(options.GRADES[word][0], SIGHT[sight]) for word in ("good", "doubtful", "bad"))
    near, far, reference = (lab(one, SIGHT[sight]) for one in (options.NEAR, options.FAR, options.REFERENCE))
    # A difference of 2.3 is just noticed (Mahy and others 1994); lines in a moving picture need far more.
    for one, other in ((good, doubtful), (doubtful, bad), (good, bad), (reference, near), (reference, far)):
        assert np.hypot.reduce(one - other) > 20


# The reference


def compared(count=3, *, size=SIZE, by=(40.0, -20.0), **more) -> overlay.Scene:
    table = body(TIMES[:count], at=(120.0, 60.0))
    return prepared(table, size, ghost=moved(table, by), **more)


def test_the_ghost_is_drawn_dashed_in_its_own_colour_where_its_table_says():
    scene, plain = compared(), prepared(body(TIMES[:3], at=(120.0, 60.0)))
    change = np.abs(shown(scene).astype(int) - shown(plain).astype(int)).max(axis=2) > 40
    table = moved(body(TIMES[:3], at=(120.0, 60.0)), (40.0, -20.0))
    shoulder, hip = (keypoints.points(table, f"left_{joint}")[0] for joint in ("shoulder", "hip"))
    along = (shoulder + np.linspace(0, 1, 200)[:, None] * (hip - shoulder)).round().astype(int)
    on_line = shown(scene)[along[:, 1], along[:, 0]].astype(int)
    like = np.abs(on_line - options.REFERENCE).max(axis=1) < 60
    assert change.any()
    assert 0.2 < like.mean() < 0.8
    assert np.count_nonzero(np.diff(like.astype(int)) == 1) >= 3


def test_the_ghost_lies_under_the_persons_own_skeleton():
    table = body(TIMES[:1], at=(120.0, 60.0))
    scene = prepared(table, ghost=table)
    hip, knee = (keypoints.points(table, f"left_{joint}")[0] for joint in ("hip", "knee"))
    x, y = ((hip + knee) / 2).round().astype(int)
    assert_allclose(shown(scene)[y, x], options.NEAR, atol=3)


def test_a_frame_without_a_reference_shows_none():
    table = body(TIMES[:3], at=(120.0, 60.0))
    reference = without_frame(moved(table, (40.0, 0.0)), 1)
    scene, plain = prepared(table, ghost=reference, beside=reference), prepared(table)
    painter = Painter(scene, overlay.OverlayOptions(**QUIET))
    first = shown(scene, 1)
    # The plate that names the ghost's colour stays, high above and left of the skeleton.
    assert_array_equal(first[80:290, 60:300], shown(plain, 1)[80:290, 60:300])
    ground = first[:290, 330:]
    assert_array_equal(ground, np.broadcast_to(options.GROUND, ground.shape))
    assert painter.panes == 2


def test_one_joint_that_is_missing_takes_its_edges_along_and_no_others():
    table = body(TIMES[:1], at=(120.0, 60.0))
    lost = body(TIMES[:1], at=(120.0, 60.0), without=("left_wrist", "right_wrist"))
    whole, part = (shown(prepared(table, beside=reference))[:, SIZE[0] :] for reference in (table, lost))
    change = np.abs(whole.astype(int) - part.astype(int)).max(axis=2) > 20
    wrist, elbow = (keypoints.points(table, f"left_{joint}")[0] for joint in ("wrist", "elbow"))
    rows, columns = np.nonzero(change)
    assert columns.min() > elbow[0] - 8
    assert columns.max() < wrist[0] + 8
    assert np.abs(rows - wrist[1]).max() < 8


def test_beside_the_picture_stands_the_reference_in_the_pixels_of_its_own_ground():
    table = body(TIMES[:1], at=(120.0, 60.0))
    reference = moved(table, (-30.0, 12.0))
    picture = shown(prepared(table, beside=reference))
    assert picture.shape == (320, 640, 3)
    assert_array_equal(picture[:280, :316], shown(prepared(table))[:280, :316])
    for joint in ("left_knee", "left_elbow", "left_hip"):
        x, y = keypoints.points(reference, joint)[0].round().astype(int)
        ring = picture[y - 4 : y + 5, 320 + x - 4 : 320 + x + 5].reshape(-1, 3)
        assert (np.abs(ring.astype(int) - options.REFERENCE).max(axis=1) < 30).sum() > 15


def test_nobodys_pixels_are_on_the_ground():
    table = body(TIMES[:1], at=(120.0, 60.0))
    scene = prepared(table, beside=table)
    noise = np.random.default_rng(0).integers(0, 255, (320, 320, 3), dtype=np.uint8)
    grounds = [overlay.draw(picture, scene, 0)[:, 320:] for picture in (noise, grey(SIZE))]
    assert_array_equal(*grounds)


def test_the_face_is_covered_in_the_picture_also_where_a_reference_stands_beside_it():
    table = body(TIMES[:1], at=(160.0, 80.0))
    picture = np.random.default_rng(0).integers(0, 255, (320, 320, 3), dtype=np.uint8)
    drawn = overlay.draw(picture, prepared(table, beside=table), 0)
    face = (slice(60, 95), slice(140, 165))
    assert np.abs(np.diff(drawn[face].astype(int), axis=1)).mean() < 10


def test_both_halves_say_what_they_show():
    table = body(TIMES[:1], at=(160.0, 60.0))

    def caption(text: str) -> np.ndarray:
        scene = prepared(table, (640, 480), beside=table, legend={"recorded": text, "beside": text})
        return shown(scene)

    other = np.abs(caption("one").astype(int) - caption("two of them").astype(int)).max(axis=2) > 40
    rows, columns = np.nonzero(other)
    assert rows.min() > 420
    assert ((columns < 640).any(), (columns >= 640).any()) == (True, True)
    assert set(CAPTIONS) == {"recorded", "beside"}


def test_both_halves_show_how_far_the_movement_is():
    table = body(TIMES, at=(160.0, 60.0))
    scene = prepared(table, (640, 480), beside=table, labels=labelled(table, repetition=[0] * 9 + [1] * 21))
    assert_allclose(scene.progress[9:], np.linspace(0, 1, 21))
    assert np.isnan(scene.progress[:9]).all()
    early, late = (shown(scene, index, show_panel=True)[-2:] for index in (10, 25))
    changed = np.nonzero(np.abs(early.astype(int) - late).max(axis=(0, 2)) > 60)[0]
    for index in (10, 25):
        x = index / 29 * 639
        for half in (0, 640):
            assert np.abs(changed - half - x).min() < 3


def test_progress_in_warped_time_is_taken_from_the_labels():
    table = body(TIMES[:4])
    labels = labelled(table, progress_pct=[np.nan, 10.0, 80.0, 100.0])
    assert_array_equal(prepared(table, labels=labels).progress, [np.nan, 0.1, 0.8, 1.0])


def test_the_reference_can_be_left_out():
    scene, plain = compared(beside=body(TIMES[:3])), prepared(body(TIMES[:3], at=(120.0, 60.0)))
    assert_array_equal(shown(scene, show_reference=False), shown(plain))


def test_tables_on_other_times_than_the_clips_show_nothing():
    table = body(TIMES[:3], at=(120.0, 60.0))
    late = table.set_axis(table.index + 5.0)
    scene = prepared(table, ghost=late, beside=late)
    assert np.isnan(scene.ghost.points).all()
    assert np.isnan(scene.beside.points).all()
    shown(scene, 2)


@pytest.mark.parametrize("size", [(64, 48), (90, 161), (641, 480), (1920, 1080)])
def test_any_size_of_picture_takes_all_marks_and_doubles_to_an_even_width(size):
    table = body(TIMES, at=(size[0] / 2, size[1] / 4), scale=size[1] / 400)
    signals = pd.DataFrame({"left_thigh_shank_angle_deg": 90.0, "bar_velocity_m_s": 0.3}, index=table.index)
    scene = prepared(
        table,
        size,
        signals=signals,
        labels=labelled(table, grade="bad"),
        grade="grade",
        readings=[Reading(("bar_velocity_m_s",), "velocity")],
        feet=[FootBox(), FootBox("left_ankle", "left_wrist", "left_knee")],
        angles=[AngleLabel("{near}_thigh_shank_angle_deg", "{near}_knee", "thigh and shank")],
        ghost=table,
        beside=table,
    )
    picture = np.full((size[1], size[0], 3), 90, np.uint8)
    drawn = overlay.draw(picture, scene, 29)
    width = 2 * (size[0] + size[0] % 2)
    assert drawn.shape == (size[1], width, 3)
    planes = Planes.of_rgb(picture, panes=2)
    assert planes.luma.shape == (size[1] + size[1] % 2, width)
    Painter(scene, overlay.OverlayOptions()).draw(Canvas.nv12(planes.luma, planes.chroma, bt709=True), 29)


# The file


@pytest.mark.parametrize("size", [(320, 240), (161, 97)])
def test_the_file_is_twice_as_wide_and_shows_both(tmp_path, size):
    form = {"pixel_format": "yuv444p", "options": {"qp": "0"}} if size[0] % 2 else {}
    clip = video.open_clip(clips.write(tmp_path / "a.mp4", 8, size=size, **form))
    table = body(clip.times_s, at=(60.0, 20.0), scale=0.3, step=(2.0, 0.0))
    quiet = overlay.OverlayOptions(**QUIET)
    scene = scene_of(clip, table, beside=table)
    out = video.open_clip(overlay.write_scene(clip, scene, tmp_path / "out.mp4", options=quiet))
    width = size[0] + size[0] % 2
    assert (out.width, out.height) == (2 * width, size[1] + size[1] % 2)
    assert_allclose(out.times_s, clip.times_s, atol=1e-9)
    for before, after in zip(video.frames(clip), video.frames(out), strict=True):
        drawn = overlay.draw(before, scene, before.index, options=quiet)
        difference = np.abs(after.rgb()[: size[1]].astype(float) - drawn)
        assert difference.mean() < 8
        corner = after.rgb()[5 : size[1] // 2, 2 * width - 12 : 2 * width - 4].astype(float)
        assert np.abs(corner - options.GROUND).max() < 12


def test_a_turned_source_stands_upright_beside_its_reference(tmp_path):
    one, third = 1 << 16, 1 << 30
    path = clips.turned(clips.write(tmp_path / "a.mp4", 5), (0, one, 0, -one, 0, 0, 0, 0, third))
    clip = video.open_clip(path)
    table = body(clip.times_s, at=(48.0, 60.0), scale=0.1)
    scene = scene_of(clip, table, beside=table)
    quiet = overlay.OverlayOptions(**QUIET)
    out = video.open_clip(overlay.write_scene(clip, scene, tmp_path / "o.mp4", options=quiet))
    assert (out.width, out.height) == (2 * clip.width, clip.height)
    for before, after in zip(video.frames(clip), video.frames(out), strict=True):
        drawn = overlay.draw(before, scene, before.index, options=quiet)
        assert np.abs(after.rgb().astype(float) - drawn).mean() < 8


# All of it together, on a rendered subject's truth


def test_a_rower_with_every_mark_keeps_labels_and_panel_in_the_picture():
    rower = Scene(task="rowing", repetitions=3)
    table = keypoint_table(rower, frames=60)
    signals = pd.DataFrame({"right_knee_ahead_m": 0.03, "right_thigh_shank_angle_deg": 80.0}, index=table.index)
    scene = overlay.prepare(
        (rower.width, rower.height),
        rower.times_s[:60],
        np.arange(60),
        raw=table,
        smoothed=table,
        signals=signals,
        near_side="right",
        feet=[FootBox(ahead=("{near}_knee_ahead_m",))],
        angles=[AngleLabel("{near}_thigh_shank_angle_deg", "{near}_knee", "thigh and shank")],
    )
    painter = Painter(scene, overlay.OverlayOptions())
    assert len(painter._labels) == 2
    for label, offset in zip(painter._labels, painter._offsets, strict=True):
        corner = label.at + offset
        assert (corner > 0).all()
        assert (corner < (rower.width, rower.height)).all()
    foot = scene.feet[0]
    for joint, side in (("right_heel", (0, 1)), ("right_foot_index", (2, 3))):
        assert_allclose(foot.box[:, side].mean(axis=1), keypoints.points(table, joint))
