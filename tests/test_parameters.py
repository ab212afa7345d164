"""Parameters: whatever way they travel (dataclass, flat scalars, YAML, command line), they arrive as they left."""

import dataclasses
import math
from dataclasses import dataclass, field

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinebench import parameters
from kinebench.errors import KinebenchError
from kinebench.parameters import Group, parameter


@dataclass(frozen=True)
class Filter(Group):
    cutoff_hz: float | None = parameter(6.0, help="cutoff", unit="Hz", low=0.1, high=50.0, remedy="Lower it.")
    order: int = parameter(4, help="order", low=1, high=10)
    kind: str = parameter("butterworth", help="which", choices=("butterworth", "none"))


@dataclass(frozen=True)
class Person(Group):
    height_m: float | None = parameter(
        None, help="height", unit="m", low=0.5, high=2.6, remedy="Give metres, not centimetres."
    )
    note: str = parameter("", help="anything")
    file: str | None = parameter(None, help="a path")
    mirror: bool = parameter(False, help="seen in a mirror")


@dataclass(frozen=True)
class Settings:
    filter: Filter = field(default_factory=Filter)
    person: Person = field(default_factory=Person)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        "yes",
        "null",
        "1e3",
        "12",
        "1:30",
        "~",
        "#",
        "a: b",
        "- x",
        "2024-01-01",
        "'",
        " lead",
        "line\nline",
        "\ttab",
        "Ü",
    ]
)
filters = st.builds(
    Filter,
    cutoff_hz=st.none() | st.floats(0.1, 50.0),
    order=st.integers(1, 10),
    kind=st.sampled_from(["butterworth", "none"]),
)
people = st.builds(
    Person, height_m=st.none() | st.floats(0.5, 2.6), note=texts, file=st.none() | texts, mirror=st.booleans()
)
all_settings = st.builds(Settings, filter=filters, person=people)


@given(all_settings)
def test_building_from_the_flat_scalars_gives_the_same_settings(made):
    assert parameters.build(Settings, parameters.flat(made)) == made


@given(made=all_settings)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_yaml_file_brings_the_same_settings_back(made, tmp_path):
    (tmp_path / "params.yaml").write_text(parameters.written(made), encoding="utf-8")
    assert parameters.build(Settings, parameters.load(tmp_path / "params.yaml")) == made


@given(all_settings)
def test_the_flat_scalars_are_plain_ones_that_papermill_passes_on_unchanged(made):
    for value in parameters.flat(made).values():
        assert value is None or type(value) in (str, int, float, bool)


@given(all_settings)
def test_the_command_line_reads_back_what_it_would_be_told(made):
    said = {name: value for name, value in parameters.flat(made).items() if value not in (None, "", "null")}
    assert parameters.parse(Settings, [f"{name}={value}" for name, value in said.items()]) == said


@given(all_settings, st.integers())
def test_a_notebooks_other_variables_are_ignored(made, other):
    assert parameters.from_namespace(Settings, {**parameters.flat(made), "other": other, "np": np}) == made


def test_every_fault_of_the_values_is_said_in_one_error():
    with pytest.raises(KinebenchError) as error:
        parameters.build(
            Settings, {"cutof_hz": 5, "order": "four", "kind": "cubic", "height_m": 180, "mirror": 1, "cutoff_hz": 99}
        )
    assert "\n" not in str(error.value)
    for part in (
        "cutof_hz is not a parameter of this task. Did you mean cutoff_hz?",
        "order must be a whole number, but got 'four' (str).",
        "kind must be one of butterworth, none, but got 'cubic'.",
        "height_m must be between 0.5 and 2.6 m, but got 180.0. Give metres, not centimetres.",
        "mirror must be true or false, but got 1 (int).",
        "cutoff_hz must be between 0.1 and 50.0 Hz, but got 99.0. Lower it.",
    ):
        assert part in str(error.value)


@pytest.mark.parametrize("name", ["order", "cutoff_hz"])
def test_a_truth_value_is_not_a_number(name):
    with pytest.raises(KinebenchError, match=f"{name} must be"):
        parameters.build(Settings, {name: True})


def test_a_whole_number_will_do_for_a_float_and_becomes_one():
    made = parameters.build(Settings, {"cutoff_hz": 5})
    assert type(made.filter.cutoff_hz) is float
    assert made == parameters.build(Settings, {"cutoff_hz": 5.0})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("order", np.int64(4)),
        ("cutoff_hz", np.float64(5.0)),
        ("cutoff_hz", np.float32(5.0)),
        ("mirror", np.bool_(True)),
        ("note", np.str_("x")),
    ],
)
def test_numpy_scalars_are_refused_because_papermill_would_change_them(name, value):
    with pytest.raises(KinebenchError, match=f"{name} must be"):
        parameters.build(Settings, {name: value})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, pytest.param(10**400, id="huge")])
def test_a_number_must_be_finite(value):
    with pytest.raises(KinebenchError, match="cutoff_hz must be a finite number"):
        parameters.build(Settings, {"cutoff_hz": value})


@pytest.mark.parametrize("value", [None, "4", 4.0, [4], {"a": 1}])
def test_a_value_of_another_type_is_refused(value):
    with pytest.raises(KinebenchError, match="order must be a whole number"):
        parameters.build(Settings, {"order": value})


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_bounds_are_inclusive_and_hold(value):
    if 0.1 <= value <= 50:
        assert Filter(cutoff_hz=value).cutoff_hz == value
    else:
        with pytest.raises(KinebenchError, match=r"between 0\.1 and 50\.0 Hz"):
            Filter(cutoff_hz=value)


def test_a_group_made_by_hand_is_checked_like_one_that_was_built():
    with pytest.raises(KinebenchError, match="order must be between 1 and 10, but got 0"):
        Filter(order=0)


def test_a_parameter_without_a_default_must_be_given():
    @dataclass(frozen=True)
    class Needy(Group):
        length_px: float = parameter(help="drawn length")

    @dataclass(frozen=True)
    class NeedySettings:
        needy: Needy

    with pytest.raises(KinebenchError, match="length_px must be given"):
        parameters.build(NeedySettings, {})
    assert parameters.build(NeedySettings, {"length_px": 3}).needy.length_px == 3.0


def test_settings_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Filter().order = 5


def test_the_description_tells_every_parameter_in_the_order_of_the_groups():
    described = parameters.describe(Settings)
    assert [d.name for d in described] == list(parameters.flat(Settings()))
    assert (described[0].unit, described[0].low, described[0].high, described[0].group) == ("Hz", 0.1, 50.0, "filter")
    assert described[2].choices == ("butterworth", "none")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("cutoff_hz=5", 5),
        ("cutoff_hz=1e1", 10.0),
        ("cutoff_hz=null", None),
        ("cutoff_hz= 7.5", 7.5),
        ("order=010", 10),
        ("mirror=true", True),
        ("mirror=no", False),
        ("note=5", "5"),
        ("note=a=b", "a=b"),
        ("file=null", None),
        ("file=null.csv", "null.csv"),
        (" order =3", 3),
    ],
)
def test_a_value_on_the_command_line_is_read_as_its_parameters_type(text, value):
    (read,) = parameters.parse(Settings, [text]).values()
    assert (read, type(read)) == (value, type(value))


def test_faults_of_the_command_line_are_said_together():
    with pytest.raises(KinebenchError) as error:
        parameters.parse(Settings, ["order", "heigth_m=1.7", "zzzz=1"])
    for part in ("'order'", "Did you mean height_m?", "zzzz is not a parameter", "kinebench parameters"):
        assert part in str(error.value)


def test_an_empty_parameter_file_means_every_default(tmp_path):
    (tmp_path / "p.yaml").write_text("# nothing yet\n")
    assert parameters.build(Settings, parameters.load(tmp_path / "p.yaml")) == Settings()


@pytest.mark.parametrize("content", [b"- a\n- b\n", b"just words", b"a: [", b"\xff\xfe\x00", b"a: 1\n  b: 2\n"])
def test_a_file_that_holds_no_parameters_is_refused_in_one_line(content, tmp_path):
    (tmp_path / "p.yaml").write_bytes(content)
    with pytest.raises(KinebenchError) as error:
        parameters.load(tmp_path / "p.yaml")
    assert "\n" not in str(error.value)


def test_a_parameter_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(KinebenchError, match="there is no"):
        parameters.load(tmp_path / "none.yaml")


def test_a_folder_in_place_of_a_parameter_file_is_refused(tmp_path):
    with pytest.raises(KinebenchError, match="params must"):
        parameters.load(tmp_path)


def test_a_name_that_yaml_reads_as_something_else_is_unknown_like_any_other(tmp_path):
    (tmp_path / "p.yaml").write_text("on: 5\n7: 8\n")
    with pytest.raises(KinebenchError, match="7 is not a parameter"):
        parameters.build(Settings, parameters.load(tmp_path / "p.yaml"))


def test_a_decimal_comma_is_told_as_what_it_is():
    with pytest.raises(KinebenchError, match=r"cutoff_hz must be a number.* Write 5\.5\.$"):
        parameters.build(Settings, {"cutoff_hz": "5,5"})


@pytest.mark.parametrize("text", ["\x85", "a\u2028b", "a\u2029", "line\nline", "ü", "'", '"', "#", "- x", "null"])
def test_any_text_is_one_line_of_yaml_and_comes_back(text):
    for value in (text, {"who": text}, [text]):
        line = parameters.on_one_line(value)
        assert len(line.splitlines()) == 1
        assert yaml.safe_load(line) == value
