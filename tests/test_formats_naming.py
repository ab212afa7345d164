"""Body parts by other people's names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinebench import skeleton
from kinebench.errors import KinebenchError
from kinebench.formats import naming

JOINTS = st.sampled_from(sorted(skeleton.JOINTS))


def spellings(joint: str) -> list[str]:
    """The same part as different people write it."""
    side, _, part = joint.partition("_")
    if side not in skeleton.SIDES:
        words = joint.split("_")
        return [joint, joint.upper(), "".join(map(str.title, words)), " ".join(words)]
    words = part.split("_")
    camel = "".join(map(str.title, words))
    letter = side[0]
    return [
        *(
            joint,
            joint.upper(),
            f"{part}_{side}",
            f"{' '.join(words)} {side}",
            f"{side}{camel}",
            f"{side.title()}{camel}",
        ),
        *(f"{letter.upper()}{camel}", f"{letter}_{part}", f"{letter.upper()} {part}", f"{part}_{letter.upper()}"),
        *(
            f"{camel[0].lower()}{camel[1:]}{letter.upper()}",
            f"{letter.upper()}.{camel}",
            f"{part.upper()}-{side.upper()}",
        ),
    ]


@given(joint=JOINTS, data=st.data())
def test_a_part_is_recognised_however_it_is_spelt(joint, data):
    assert naming.joint(data.draw(st.sampled_from(spellings(joint)))) == joint


@pytest.mark.parametrize(
    ("name", "joint"),
    [
        ("LBigToe", "left_foot_index"),
        ("RSmallToe", "right_small_toe"),
        ("MidHip", "mid_hip"),
        ("mouth_left", "left_mouth"),
        ("LeftInnerEye", "left_eye_inner"),
        ("LEFT_INDEX_FINGER", "left_index"),
        ("lknee", "left_knee"),
        ("Right ankle joint", "right_ankle"),
    ],
)
def test_names_of_the_tools_of_this_field(name, joint):
    assert naming.joint(name) == joint


@pytest.mark.parametrize(
    "name", ["knee", "barbell", "rear", "left_right_knee", "", "left", "LElbowX", "left_knee_2", "tail_base", "Knee 1"]
)
def test_what_is_no_part_or_tells_no_side_is_left_out(name):
    assert naming.joint(name) is None


@given(name=st.text(max_size=40))
def test_any_name_is_a_joint_of_ours_or_none(name):
    assert naming.joint(name) in skeleton.JOINTS | {None}


def test_what_is_left_out_is_listed_and_the_first_of_two_names_is_taken():
    places, notes = naming.joints(["barbell", "LKnee", "left_knee", "nose"], "file.csv")
    assert places == {"left_knee": 1, "nose": 3}
    assert "barbell, left_knee" in notes[0]
    assert naming.joints(["LKnee"], "file.csv") == ({"left_knee": 0}, ())


def test_no_part_recognised_is_an_error_that_names_them():
    with pytest.raises(KinebenchError, match="snout, knee"):
        naming.joints(["snout", "knee"], "file.csv")
    with pytest.raises(KinebenchError, match="and 92 more"):
        naming.joints([f"part{number}" for number in range(100)], "file.csv")
