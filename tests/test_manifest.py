"""Lists of clips: the same rows from every form in which spreadsheets save them, and every fault by row and column."""

import codecs
import datetime
import time
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinebench import manifest, parameters, tasks
from kinebench.errors import KinebenchError
from kinebench.manifest import cells
from tests import lists

HEAD = "clip,task,participant,session,date,age,sex,height_m,side,start_s,stop_s\n"
ONE = "P01_1.mp4,sit-to-stand,007,1,2026-04-03,71,f,1.72,left,1.5,20\n"
VALUES = {
    "participant": "007",
    "session": "1",
    "date": "2026-04-03",
    "age_years": 71.0,
    "sex": "female",
    "height_m": 1.72,
    "near_side": "left",
    "start_s": 1.5,
    "stop_s": 20.0,
}


@pytest.fixture(scope="module", name="study")
def _study(tmp_path_factory):
    return lists.study(tmp_path_factory.mktemp("study"))


def read(study, text, name="videos.csv", **options):
    return manifest.read(lists.written(study, text, name), **options)


def workbook(study, rows, name="videos.xlsx", formats=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell, number_format in formats:
        book.active[cell].number_format = number_format
    book.save(study / name)
    return str(study / name)


# Forms


def test_a_row_has_the_values_that_the_parameters_take_and_says_whose_it_is(study):
    (row,) = read(study, HEAD + ONE).rows
    assert row.values == VALUES
    assert (row.number, row.name, row.task, row.clip) == (
        2,
        "P01_1.mp4",
        "sit-to-stand",
        str(study / "raw" / "P01_1.mp4"),
    )
    assert row.identity == ("007", "1", "2026-04-03", "sit-to-stand", "")
    parameters.build(tasks.get(row.task).settings, row.values)


AS_SAVED = {
    "UTF-8": (HEAD + ONE).encode(),
    "with a byte order mark": codecs.BOM_UTF8 + (HEAD + ONE).encode(),
    "UTF-16": (HEAD + ONE).replace(",", "\t").encode("utf-16"),
    "UTF-16 without a mark": (HEAD + ONE).encode("utf-16-le"),
    "lines that end as on Windows": (HEAD + ONE).replace("\n", "\r\n").encode(),
    "lines that end as on an old Mac": (HEAD + ONE).replace("\n", "\r").encode(),
    "decimal commas": (HEAD + ONE).replace(",", ";").replace("1.72", "1,72").replace("1.5", "1,5").encode(),
    "Excel's own first line": b"sep=;\r\n" + (HEAD + ONE).replace(",", ";").encode(),
    "everything in quotes": "".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in (HEAD + ONE).splitlines()
    ).encode(),
    "blanks around": (HEAD + ONE).replace(",", " , ").replace("P01_1", "\u00a0P01_1").encode(),
    "other spellings": (HEAD + ONE)
    .replace("clip,", "Clip,")
    .replace("height_m", "Height m")
    .replace("sit-to-stand", "Sit to Stand")
    .replace(",f,", ",Female,")
    .encode(),
}


@pytest.mark.parametrize("content", AS_SAVED.values(), ids=AS_SAVED)
def test_a_list_is_the_same_however_a_spreadsheet_has_saved_it(study, content):
    found = read(study, content)
    assert found.faults.empty, found.faults.to_string()
    assert [(row.number, row.values) for row in found.rows] == [(2, VALUES)]


def test_windows_own_letters_are_read(study):
    found = read(study, "clip;task;participant\nÜbung.mp4;rowing;P01\n".encode("cp1252"))
    assert [row.name for row in found.rows] == ["Übung.mp4"]


def test_a_workbook_gives_the_same_row_with_its_dates_as_days_and_its_whole_numbers_as_names(study):
    day = datetime.datetime(2026, 4, 3, 14, 30)
    path = workbook(
        study,
        [HEAD.strip().split(","), ["P01_1.mp4", "sit-to-stand", 7.0, 1, day, 71, "F", 1.72, "Left", 1.5, 20]],
    )
    found = manifest.read(path)
    assert found.faults.empty, found.faults.to_string()
    assert found.rows[0].values == VALUES | {"participant": "7"}


def test_seven_is_7_whether_a_workbook_holds_it_with_a_point_or_without():
    assert [cells.text("participant", cell) for cell in (7, 7.0, "7", "7.0", 7.5)] == ["7", "7", "7", "7.0", "7.5"]


def test_a_participant_that_excel_shows_as_007_is_007(study):
    path = workbook(
        study, [["clip", "task", "participant"], ["P01_1.mp4", "rowing", 7]], formats=[("C2", "000"), ("C1", "General")]
    )
    assert manifest.read(path).rows[0].identity[0] == "007"


def test_a_sheet_is_chosen_by_name_and_the_first_one_otherwise(study):
    book = openpyxl.Workbook()
    book.active.append(["about this study"])
    for row in (["clip", "task", "participant"], [], ["P01_1.mp4", "rowing", "P01"]):
        book.create_sheet("clips") if "clips" not in book.sheetnames else None
        book["clips"].append(row)
    book.save(study / "two.xlsx")
    found = manifest.read(str(study / "two.xlsx"), sheet="clips")
    assert [row.number for row in found.rows] == [3]
    assert (1, "clip") in lists.faults(manifest.read(str(study / "two.xlsx")))
    with pytest.raises(KinebenchError, match=r"--sheet must be one of Sheet, clips, but got 'Clips'"):
        manifest.read(str(study / "two.xlsx"), sheet="Clips")


def test_excels_errors_uncomputed_formulas_and_dates_made_of_names_are_faults(study):
    path = workbook(
        study,
        [
            ["clip", "task", "participant", "height_m", "age"],
            ["P01_1.mp4", "rowing", datetime.datetime(2026, 2, 1), "=D9/100", "#REF!"],
        ],
    )
    found = manifest.read(path)
    assert lists.faults(found) == [(2, "participant"), (2, "height_m"), (2, "age")]
    assert "Format the column as text" in lists.said(found, 2, "participant")
    assert "never computed" in lists.said(found, 2, "height_m")
    assert "#REF!" in lists.said(found, 2, "age")


def test_a_formula_whose_result_is_an_empty_text_gives_nothing(study):
    """As Excel saves it: a cell of the type str with an empty value."""
    path = workbook(study, [["clip", "task", "participant", "sex"], ["P01_1.mp4", "rowing", "P01", '=IF(A9="","",A9)']])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"]
    assert b'<c r="D2"><f>' in sheet
    members["xl/worksheets/sheet1.xml"] = sheet.replace(b'<c r="D2"><f>', b'<c r="D2" t="str"><f>')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    found = manifest.read(path)
    assert found.faults.empty, found.faults.to_string()
    assert "sex" not in found.rows[0].values


def test_empty_rows_and_remarks_are_skipped_and_the_others_keep_the_spreadsheets_numbers(study):
    text = '# a remark, with a comma\nclip,task,participant,notes,#own\n\n,,,,\nP01_1.mp4,rowing,P01,"two\nlines",x\n'
    text += "# P01_2.mp4,rowing,P01,,\nP01_2.mp4,rowing,P01,,\n"
    found = read(study, text)
    assert found.faults.empty
    assert [(row.number, row.name) for row in found.rows] == [(5, "P01_1.mp4"), (7, "P01_2.mp4")]


@pytest.mark.parametrize(
    ("number_format", "taken"),
    [
        ("General", True),
        ("000", True),
        ("0.00", True),
        ("#,##0", True),
        ("[Red]0;[Blue]-0", True),
        ("_-* #,##0_-", True),
        ('"P"00', False),
        ("\\P00", False),
        ("000-000", False),
        ('0" m"', False),
    ],
)
def test_a_number_that_excel_shows_with_more_than_digits_is_no_text_but_a_number(study, number_format, taken):
    rows = [["clip", "task", "participant", "height_m"], ["P01_1.mp4", "rowing", 7, 1.75]]
    formats = [("C2", number_format), ("D2", number_format)]
    found = manifest.read(str(workbook(study, rows, formats=formats)))
    assert lists.faults(found) == ([] if taken else [(2, "participant")])
    if taken:
        assert found.rows[0].values["height_m"] == 1.75
    else:
        assert "must be text as it is shown" in lists.said(found, 2, "participant")


def test_the_sheet_that_was_read_is_told_named_or_not(study):
    path = workbook(study, [["clip", "task", "participant"], ["P01_1.mp4", "rowing", "P01"]])
    title = openpyxl.load_workbook(path).sheetnames[0]
    assert manifest.read(str(path)).part == manifest.read(str(path), sheet=title).part == (title,)


NOTHING = ["", "NA", "n/a", "-", "–", "  ", "nan", "NaN", "None", "NULL", "null", "<NA>", "#N/A", "NaT"]


@pytest.mark.parametrize("nothing", NOTHING)
def test_who_is_called_by_what_stands_for_nothing_is_nobody(study, nothing):
    found = read(study, f"clip,task,participant\nP01_1.mp4,rowing,{nothing}\n")
    assert lists.faults(found) == [(2, "participant")]
    assert "must be given" in lists.said(found, 2, "participant")


def test_none_is_a_value_where_it_is_a_choice(study):
    found = read(study, "clip,task,participant,filter,label\nP01_1.mp4,rowing,P01,none,none\n")
    assert found.faults.empty
    assert found.rows[0].values == {"participant": "P01", "filter": "none"}


@pytest.mark.parametrize("nothing", NOTHING)
def test_cells_that_give_nothing_leave_the_parameter_out(study, nothing):
    found = read(study, f"clip,task,participant,height_m,sex\nP01_1.mp4,rowing,P01,{nothing},{nothing}\n")
    assert found.faults.empty
    assert found.rows[0].values == {"participant": "P01"}


def test_a_task_for_all_rows_goes_behind_a_rows_own(study):
    text = "clip,task,participant\nP01_1.mp4,,P01\nP01_2.mp4,walking,P01\n"
    assert [row.task for row in read(study, text, task="rowing").rows] == ["rowing", "walking"]
    assert read(study, "clip,participant\nP01_1.mp4,P01\n", task="rowing").rows[0].task == "rowing"
    with pytest.raises(KinebenchError, match="task must be one of"):
        read(study, text, task="rowng")


def test_the_example_is_a_sound_list(study):
    found = read(study, manifest.example())
    manifest.check(found)
    assert len(found.rows) == 3
    assert {row.task for row in found.rows} == {"sit-to-stand", "walking"}


# Sources that are no lists


def test_what_is_no_list_is_refused_in_one_line(study):
    (study / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0 not a zip")
    (study / "old.xls").write_bytes(b"x")
    (study / "noise.csv").write_bytes(bytes(range(128, 256)))
    cases = {
        "nowhere.csv": "there is no",
        "locked.xlsx": "without a password",
        "old.xls": "is .xls. Save it",
        "noise.csv": "must be text",
    }
    for name, complaint in cases.items():
        with pytest.raises(KinebenchError, match=complaint) as caught:
            manifest.read(str(study / name))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "\n\n", "clip,task,participant\n", "clip,task,participant\n,,\n"])
def test_a_list_without_rows_is_a_fault(study, text):
    found = read(study, text)
    assert "at least one row" in " ".join(found.faults["fault"])
    with pytest.raises(manifest.ManifestError):
        manifest.check(found)


def test_an_open_quote_does_not_swallow_the_rest_in_silence(study):
    found = read(study, 'clip,task,participant\nP01_1.mp4,rowing,P01\n"P01_2.mp4,rowing,P01\nP02_1.mp4,rowing,P02\n')
    assert lists.faults(found) == [(3, "")]
    assert "quotes" in lists.said(found, 3, "")


# All faults at once


def test_all_faults_come_in_one_table_by_row_and_column_as_the_spreadsheet_shows_them(study):
    text = (
        "clip;Task;participant;date;hight_m;age;sex;mass_kg;chair_height_m;start_s;stop_s\n"
        "P01_1.mp4;sit-to-stand;P01;03/04/2026;1,72;71;f;70,5;0,46;;\n"
        "\n"
        "../x.mp4;rowng;P 02;2026-02-30;1;a;q;700;0,46;5;4\n"
        "gone.mp4;rowing;P02;25.04.2026;1;;;70 kg;0,46;;\n"
    )
    found = read(study, text)
    assert lists.faults(found) == [
        (1, "hight_m"),
        (2, "date"),
        *((4, column) for column in ("clip", "Task", "participant", "date", "age", "sex", "mass_kg", "stop_s")),
        *((5, column) for column in ("clip", "date", "mass_kg", "chair_height_m")),
    ]
    assert found.rows == ()
    assert "Did you mean height_m?" in lists.said(found, 1, "hight_m")
    assert "Write 2026-04-03 or 2026-03-04." in lists.said(found, 2, "date")
    assert "Write 2026-04-25." in lists.said(found, 5, "date")
    assert all(found.faults["remedy"])
    with pytest.raises(manifest.ManifestError, match="14 faults in 4 rows") as caught:
        manifest.check(found)
    assert caught.value.faults is found.faults


def test_rows_without_a_fault_are_kept_beside_those_with_one(study):
    found = read(study, "clip,task,participant,age\nP01_1.mp4,rowing,P01,200\nP01_2.mp4,rowing,P02,20\n")
    assert lists.faults(found) == [(2, "age")]
    assert [row.name for row in found.rows] == ["P01_2.mp4"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("task,participant\nrowing,P01\n", (1, "clip")),
        ("clip,participant\nP01_1.mp4,P01\n", (1, "task")),
        ("clip,task\nP01_1.mp4,rowing\n", (1, "participant")),
        ("clip,task,participant\n,rowing,P01\n", (2, "clip")),
        ("clip,task,participant\nP01_1.mp4,,P01\n", (2, "task")),
        ("clip,task,participant\nP01_1.mp4,rowing,NA\n", (2, "participant")),
        ("clip,task,participant,edits\nP01_1.mp4,rowing,P01,[]\n", (2, "edits")),
        ("clip,task,participant,height_m\nP01_1.mp4,rowing,P01,1,72\n", (2, "E")),
        ("clip,task,participant,\nP01_1.mp4,rowing,P01,72\n", (2, "D")),
        ("clip,task,participant,height_m\nP01_1.mp4,rowing,P01,172\n", (2, "height_m")),
        ("clip,task,participant,every\nP01_1.mp4,rowing,P01,1.5\n", (2, "every")),
        ("clip,task,participant,flip_test\nP01_1.mp4,rowing,P01,perhaps\n", (2, "flip_test")),
        ("clip,task,participant,follow\nP01_1.mp4,rowing,P01,pointed\n", (2, "follow")),
        ("clip,task,participant,estimator\nP01_1.mp4,rowing,P01,blazepose\n", (2, "estimator")),
        ("clip,task,participant,person_x_px\nP01_1.mp4,rowing,P01,12\n", (2, "person_x_px")),
        ('clip,task,participant,follow_x_px\nP01_1.mp4,rowing,P01,"1,234"\n', (2, "follow_x_px")),
        ("clip,task,participant,stop_s\nP01_1.mp4,rowing,P01,0\n", (2, "stop_s")),
    ],
)
def test_each_fault_is_found_in_its_cell(study, text, place):
    assert lists.faults(read(study, text)) == [place]


def test_a_column_that_stands_twice_is_a_fault_under_either_of_its_names(study):
    found = read(study, "clip,task,participant,age,age_years\nP01_1.mp4,rowing,P01,1,2\n")
    assert lists.faults(found) == [(1, "age"), (1, "age_years")]
    assert "age_years" not in found.rows[0].values


@pytest.mark.parametrize(
    "name", ["../P01", "a/b", "a\\b", "P 1", "-P1", "Müller", "P01.", "x" * 33, "<b>", "P01\x1b[1m"]
)
@pytest.mark.parametrize("column", ["participant", "session", "label"])
def test_names_that_could_be_a_path_or_markup_are_refused(study, name, column):
    cells = {"participant": "P01", "session": "1", "label": "a"} | {column: name}
    found = read(study, f"clip,task,{','.join(cells)}\nP01_1.mp4,rowing,{','.join(cells.values())}\n")
    assert lists.faults(found) == [(2, column)]
    assert "\x1b" not in found.faults.to_string()


@pytest.mark.parametrize("cell", ["2026-04-03", "2026-04-03 00:00:00", "2026-04-03T09:15"])
def test_iso_days_are_read(study, cell):
    assert (
        read(study, f"clip,task,participant,date\nP01_1.mp4,rowing,P01,{cell}\n").rows[0].values["date"] == "2026-04-03"
    )


@pytest.mark.parametrize("cell", ["46115", "20260403", "April 3", "2026-4-3", "2025-02-29", "12:30"])
def test_other_days_are_refused_with_what_to_write(study, cell):
    found = read(study, f"clip,task,participant,date\nP01_1.mp4,rowing,P01,{cell}\n")
    assert lists.faults(found) == [(2, "date")]
    assert "Write" in lists.said(found, 2, "date")


# Laws

NUMBERS = st.one_of(st.floats(-300, 300, allow_nan=False), st.integers(-5, 300)).map(str) | st.sampled_from(
    ["inf", "1_0", "0x10", "٣", "1e1", "+2", ".5", "5."]
)


@pytest.mark.parametrize(
    ("columns", "cells", "wrong"),
    [
        ("follow_x_px,follow_y_px", "300,200", "follow_x_px"),
        ("follow_person", "1", "follow_person"),
        ("follow,follow_person", "largest,1", "follow"),
        ("follow,follow_person", "person,1", ""),
        ("follow,follow_x_px,follow_y_px", "pointed,300,200", ""),
    ],
)
def test_who_is_pointed_at_is_followed_or_the_row_is_a_fault(study, columns, cells, wrong):
    """Else the central person would be measured under the name of the one who was meant."""
    found = read(study, f"clip,task,participant,{columns}\nP01_1.mp4,rowing,P01,{cells}\n")
    assert lists.faults(found) == ([(2, wrong)] if wrong else [])


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["height_m", "age_years", "mass_kg", "start_s", "every", "cutoff_hz", "max_people"]), NUMBERS
    )
)
def test_a_list_takes_exactly_the_numbers_that_the_parameters_take(study, cells):
    """Against `build` with the numbers as Python's own literals have them."""
    found = read(study, f"clip,task,participant,{','.join(cells)}\nP01_1.mp4,rowing,P01,{','.join(cells.values())}\n")
    literals = {
        name: cell if set(cell) & set("_xnaf٣") else int(cell) if cell.lstrip("-").isdecimal() else float(cell)
        for name, cell in cells.items()
    }
    whole = ("every", "max_people")
    literals |= {n: int(v) for n, v in literals.items() if n in whole and isinstance(v, float) and v.is_integer()}
    refused = set()
    for name, value in literals.items():
        try:
            parameters.build(tasks.get("rowing").settings, {name: value})
        except KinebenchError:
            refused.add(name)
    assert {column for _, column in lists.faults(found)} == refused
    if not refused:
        built = parameters.build(tasks.get("rowing").settings, found.rows[0].values)
        assert built == parameters.build(tasks.get("rowing").settings, literals | {"participant": "P01"})


@settings(max_examples=30, deadline=None)
@given(st.permutations(list(VALUES | {"clip": "", "task": ""})))
def test_the_order_of_the_columns_changes_nothing(study, order):
    cells = {name: str(value) for name, value in VALUES.items()} | {"clip": "P01_1.mp4", "task": "rowing"}
    found = read(study, f"{','.join(order)}\n{','.join(cells[name] for name in order)}\n")
    assert found.rows[0].values == VALUES


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_whatever_a_file_holds_it_is_a_table_of_faults_or_one_line(study, content):
    try:
        found = read(study, b"clip,task,participant,age\n" + content)
    except KinebenchError as error:
        said = str(error)
    else:
        assert found.rows == ()
        said = found.faults.to_csv(index=False).splitlines()[1]
    assert said.isprintable()


def test_ten_thousand_rows_are_checked_in_seconds(tmp_path):
    folder = lists.study(tmp_path, tuple(f"c{number:05}.mp4" for number in range(10_000)))
    lines = (
        f"c{number:05}.mp4,{'walking' if number % 2 else 'rowing'},P{number:05},1,2026-04-03,"
        f"{20 + number / 200},female,{1.4 + number / 20_000}"
        for number in range(10_000)
    )
    path = lists.written(folder, "clip,task,participant,session,date,age,sex,height_m\n" + "\n".join(lines))
    begun = time.process_time()
    found = manifest.read(path)
    assert time.process_time() - begun < 3
    assert found.faults.empty
    assert len(found.rows) == 10_000
