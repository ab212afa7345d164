"""The known fault is named with its joint, its time and its direction; a copy gets no remark."""

import numpy as np
import pytest

from kinebench import keypoints
from kinebench.comparison import alignment, finding, scoring, trajectories
from kinebench.comparison.feedback import COLUMNS, LEAST_DEG, feedback
from kinebench.comparison.settings import Comparing
from kinebench.errors import KinebenchError
from kinebench.kinematics import signals
from kinebench.scale import Scaling, calibrate
from kinebench.synthetic import Scene, events
from tests.comparing import measured, shifted, spans, table

GOOD = Scene(task="punch", repetitions=3)
NOISE_PX = 1.0
OTHERS = [
    {},
    {"seed": 4, "height_m": 1.85, "facing": "left"},
    {"seed": 5, "height_m": 1.6, "tempo": 0.6},
    {"seed": 6, "tempo": 1.3, "frame_rate_hz": 60.0},
]


def told(bad, repetition, query_span=None, **chosen):
    """What is said of one repetition of a scene against the first of `GOOD`."""
    found = scoring.compare(
        table(GOOD, NOISE_PX),
        table(bad, NOISE_PX, 3),
        Comparing(**chosen),
        reference_span=spans(GOOD)[0],
        query_span=query_span or spans(bad)[repetition],
    )
    return feedback(found, measured(GOOD, NOISE_PX), measured(bad, NOISE_PX, 3))


@pytest.mark.parametrize("invariant", ["positions", "angles"])
@pytest.mark.parametrize("other", OTHERS, ids=["same body", "mirrored", "slow", "quick"])
def test_the_known_fault_is_named_with_the_right_joint_within_0_15_s(other, invariant):
    bad = Scene(task="punch", fault="bent-elbow", repetitions=3, **other)
    truth = events(bad)["fault"]
    first = told(bad, truth["repetition"], invariant=invariant).iloc[0]
    assert first["joint"] == truth["joint"]
    assert first["signal"] == truth["signal"]
    assert first["direction"] == truth["direction"]
    assert abs(first["at_s"] - truth["at_s"]) < 0.15
    assert abs(first["difference_deg"] - truth["size_deg"]) < 6
    assert truth["start_s"] < first["start_s"] < first["at_s"] < first["end_s"] < truth["end_s"]
    side = truth["joint"].split("_")[0]
    size, percent = first["difference_deg"], first["at_percent"]
    assert first["words"] == f"{side} elbow {size:.0f} deg more bent at {percent:.0f} % of the movement"


def test_the_fault_is_named_in_a_whole_clip_too():
    good, bad = Scene(task="punch"), Scene(task="punch", fault="bent-elbow")
    found = scoring.compare(table(good, NOISE_PX), table(bad, NOISE_PX, 3), Comparing())
    first = feedback(found, measured(good, NOISE_PX), measured(bad, NOISE_PX, 3)).iloc[0]
    truth = events(bad)["fault"]
    assert first["joint"] == truth["joint"]
    assert abs(first["at_s"] - truth["at_s"]) < 0.15


def test_a_good_repetition_gets_no_remark_and_the_table_keeps_its_columns():
    found = told(GOOD, 0)
    assert found.empty
    assert tuple(found.columns) == COLUMNS


def test_only_what_is_beyond_the_error_is_told_costliest_first():
    found = told(Scene(task="punch", repetitions=3, seed=7, fault="bent-elbow", yaw_deg=20.0), 1)
    assert (found["difference_deg"].abs() > LEAST_DEG).all()
    assert found["cost_share"].is_monotonic_decreasing
    assert 0 < found["cost_share"].sum() <= 1


def test_joints_that_are_not_compared_are_not_told():
    bad = Scene(task="punch", fault="bent-elbow", repetitions=3)
    assert told(bad, 1, joints="left_leg, right_leg").empty


@pytest.mark.parametrize("how", ["hidden", "guessed"])
def test_a_joint_that_is_mostly_hidden_is_not_blamed(how):
    bad = Scene(task="punch", fault="bent-elbow", repetitions=3)
    known = table(bad).copy()
    if how == "guessed":
        known[("right_elbow", "confidence")] = 0.4
    else:
        start, stop = spans(bad)[1]
        frames = np.flatnonzero((known.index >= start) & (known.index <= start + 0.4 * (stop - start)))
        columns = [known.columns.get_loc(("right_elbow", name)) for name in ("x", "y")]
        known.iloc[frames, columns] = np.nan
    found = scoring.compare(table(GOOD), known, Comparing(), reference_span=spans(GOOD)[0], query_span=spans(bad)[1])
    said = feedback(found, measured(GOOD), signals(known, calibrate(known, known, Scaling())))
    assert "right_elbow" not in set(said["joint"])


def test_what_is_so_throughout_is_told_so():
    """One hand 30 px lower all the time: the elbow's angle differs from first to last."""
    known = table(GOOD)
    other = shifted(known, "left_wrist", np.array([0.0, 30.0]))
    found = scoring.compare(
        known, other, Comparing(mirror="no"), reference_span=spans(GOOD)[0], query_span=spans(GOOD)[0]
    )
    words = feedback(found, measured(GOOD), signals(other, calibrate(other, other, Scaling())))["words"]
    assert words.iloc[0].startswith("left elbow")
    assert "throughout" in words.iloc[0]


def test_more_of_a_fault_costs_and_measures_more():
    sizes = []
    known = table(GOOD)
    for drop in (25.0, 40.0, 55.0):
        other = shifted(known, "left_wrist", np.array([0.0, drop]))
        rows = Comparing(mirror="no")
        found = scoring.compare(known, other, rows, reference_span=spans(GOOD)[0], query_span=spans(GOOD)[0])
        table_of = feedback(found, measured(GOOD), signals(other, calibrate(other, other, Scaling())))
        sizes.append(abs(table_of["difference_deg"].iloc[0]))
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("rate_hz", [15.0, 30.0])
@pytest.mark.parametrize("other", OTHERS[:1] + OTHERS[2:], ids=["same body", "slow", "quick"])
def test_every_punch_in_a_longer_clip_is_found_and_no_pause(other, rate_hz):
    query = Scene(task="punch", **other)
    start, stop = spans(GOOD)[0]
    one = trajectories.trajectories(table(GOOD, NOISE_PX), rate_hz=rate_hz, start_s=start, stop_s=stop)
    found = finding.find(one, trajectories.trajectories(table(query, NOISE_PX), rate_hz=rate_hz))
    truth = np.array(spans(query))
    assert len(found) == len(truth)
    # Where the guard is held, neither end is sharp: what counts is that the middles are the right ones.
    np.testing.assert_allclose(found[["start_s", "end_s"]].mean(axis=1), truth.mean(axis=1), atol=0.25)
    assert (found["start_s"].to_numpy()[1:] >= found["end_s"].to_numpy()[:-1] - 0.15).all()


@pytest.mark.parametrize("action", ["rowing", "sit-to-stand", "squat"])
def test_every_repetition_is_found_in_its_own_clip(action):
    query = Scene(task=action, repetitions=4)
    start, stop = spans(query)[1]
    one, two = (
        trajectories.trajectories(table(query), rate_hz=15.0, start_s=first, stop_s=last)
        for first, last in ((start, stop), (None, None))
    )
    found = finding.find(one, two)
    for own in spans(query):
        assert (np.abs(found[["start_s", "end_s"]].to_numpy() - own).max(axis=1) < 0.5).any()
    nearest = finding.best(one, two)
    np.testing.assert_allclose(nearest[["start_s", "end_s"]].to_numpy(float), (start, stop), atol=0.1)
    assert nearest["score"] > 99


def test_another_movement_is_not_found():
    start, stop = spans(GOOD)[0]
    one = trajectories.trajectories(table(GOOD), rate_hz=15.0, start_s=start, stop_s=stop)
    assert finding.find(one, trajectories.trajectories(table(Scene(task="rowing")), rate_hz=15.0)).empty


def test_a_clip_shorter_than_one_movement_is_refused_in_one_line():
    known = table(Scene(task="rowing", repetitions=2))
    one = trajectories.trajectories(known, rate_hz=15.0, start_s=1.0, stop_s=4.0)
    two = trajectories.trajectories(known, rate_hz=15.0, start_s=0.0, stop_s=0.6)
    with pytest.raises(KinebenchError, match="at least as long as the movement") as refused:
        finding.find(one, two)
    assert "\n" not in str(refused.value)


def test_other_rates_are_refused():
    known = table(GOOD)
    one, two = (trajectories.trajectories(known, rate_hz=rate) for rate in (15.0, 30.0))
    with pytest.raises(KinebenchError, match="samples a second"):
        finding.find(one, two)


def test_finding_is_the_brute_force_of_its_steps():
    """Least totals over all starts, by the recursion written out."""
    squares = np.random.default_rng(3).uniform(0, 1, (6, 15))
    total, start = finding._subsequence(squares)
    rows, columns = squares.shape
    best = np.full((rows, columns), np.inf)
    begun = np.zeros((rows, columns), dtype=int)
    best[0], begun[0] = squares[0], np.arange(columns)
    for i in range(1, rows):
        for j in range(1, columns):
            options = [(best[i - 1, j - 1] + squares[i, j], begun[i - 1, j - 1])]
            if j > 1:
                options.append((best[i - 1, j - 2] + squares[i, j - 1 : j + 1].mean(), begun[i - 1, j - 2]))
            if i > 1:
                options.append((best[i - 2, j - 1] + squares[i - 1, j] + squares[i, j], begun[i - 2, j - 1]))
            best[i, j], begun[i, j] = min(options)
    np.testing.assert_allclose(total, best[-1])
    known = np.isfinite(total)
    np.testing.assert_array_equal(start[known], begun[-1][known])


def test_over_the_person_the_reference_has_the_person_s_size_and_place():
    known = table(GOOD)
    smaller = keypoints.with_positions(known, 0.5 * keypoints.positions(known) + [70.0, 30.0])
    found = scoring.compare(smaller, known, Comparing(), reference_span=spans(GOOD)[0], query_span=spans(GOOD)[0])
    ghost = alignment.over(smaller, known, found)
    apart = keypoints.positions(ghost) - keypoints.positions(known)
    inside = np.isfinite(apart).all(axis=(1, 2))
    assert inside.sum() > 10
    assert np.abs(apart[inside]).max() < 1.0


def test_a_movement_laid_over_itself_lies_on_itself_and_nowhere_else():
    known, span = table(GOOD), spans(GOOD)[0]
    found = scoring.compare(known, known, Comparing(), reference_span=span, query_span=span)
    ghost = alignment.over(known, known, found)
    keypoints.check(ghost)
    inside = (known.index >= span[0]) & (known.index <= span[1])
    apart = keypoints.positions(ghost) - keypoints.positions(known)
    # Read at 60 instants a second and back: a quick wrist cuts its corners by some hundredths of a pixel.
    assert np.abs(apart[inside]).max() < 0.5
    assert np.isnan(keypoints.positions(ghost)[~inside]).all()
    assert np.isfinite(keypoints.positions(ghost)[inside]).all()


@pytest.mark.parametrize("other", OTHERS, ids=["same body", "mirrored", "slow", "quick"])
def test_the_reference_is_laid_on_the_persons_hips_in_their_size_and_side(other):
    query = Scene(task="punch", repetitions=3, **other)
    span = spans(query)[1]
    found = scoring.compare(table(GOOD), table(query), Comparing(), reference_span=spans(GOOD)[0], query_span=span)
    ghost = alignment.over(table(GOOD), table(query), found)
    inside = (ghost.index >= span[0]) & (ghost.index <= span[1])
    own, laid = (trajectories.middle(of, "hip")[inside] for of in (table(query), ghost))
    np.testing.assert_allclose(laid, own, atol=0.01)
    size = trajectories.trunk_length_px(table(query))
    wrist = f"{query.near_side}_wrist"
    apart = np.linalg.norm(
        keypoints.points(ghost, wrist)[inside] - keypoints.points(table(query), wrist)[inside], axis=1
    )
    assert np.median(apart) < 0.1 * size


def test_on_the_ground_the_reference_fills_the_picture_at_one_size():
    known, span = table(GOOD), spans(GOOD)[0]
    found = scoring.compare(known, known, Comparing(), reference_span=span, query_span=span)
    shown = alignment.on_ground(known, known, found, (640, 480))
    xy = keypoints.positions(shown)
    assert np.nanmin(xy) > 0
    assert np.nanmax(xy[..., 0]) < 640
    assert np.nanmax(xy[..., 1]) < 480
    np.testing.assert_allclose(np.nanmax(xy[..., 1]) - np.nanmin(xy[..., 1]), 0.8 * 480, rtol=1e-6)
    assert np.isnan(xy[known.index > span[1] + 0.05]).all()
