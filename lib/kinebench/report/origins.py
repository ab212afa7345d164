"""On what video, with which settings and versions a result rests: what is needed to measure the same again."""

import math
from typing import Any

from kinebench import edits, parameters, provenance, words
from kinebench.report.parts import Part
from kinebench.tasks import Analysis
from kinebench.video import Clip

SHOWN_DIGITS = 16


def origin(analysis: Analysis, clip: Clip) -> Part:
    """Video, near side, scale, settings and versions. Never a path or a file's name: they often name a patient."""
    settings = _settings(analysis)
    done = analysis.settings.repairs.edits
    video = _video(analysis, clip)
    data = {
        "video": video,
        "estimator": analysis.recording.found_by or _plainly(parameters.flat(analysis.settings).get("estimator", "")),
        "near_side": analysis.near_side,
        "near_side_why": analysis.calibration.near_side_why,
        "scale": _scale(analysis),
        "edits": edits.counted(done),
        "settings": settings,
        "versions": provenance.versions(),
    }
    changed = [f"{setting['name']} = {setting['value']}" for setting in settings if setting["changed"]]
    rows = [
        ("video", f"{video['name']}, sha256 {video['sha256']}…"),
        ("picture", f"{video['resolution']}, {video['frame_rate']}, {video['frames']} frames, {video['duration']}"),
        ("near side", f"{analysis.near_side}: {analysis.calibration.near_side_why}"),
        ("scale", _scale(analysis)),
        ("edits by hand", edits.counted(done)),
        ("changed settings", ", ".join(changed) or "none"),
    ]
    return Part("origin", data, ("what", "found"), rows)


def _video(analysis: Analysis, clip: Clip) -> dict[str, str]:
    recording, rate = analysis.recording, analysis.recording.frame_rate_hz
    return {
        "name": recording.name,
        "sha256": clip.sha256[:SHOWN_DIGITS],
        "resolution": f"{recording.width} × {recording.height} px",
        "frames": str(len(recording.times_s)),
        "frame_rate": f"{rate:.4g} frames/s" if math.isfinite(rate) else "unknown frame rate",
        "duration": f"{recording.duration_s:.2f} s",
        "lost": f"{recording.lost_s:.2f} s could not be read" if recording.lost_s > 0 else "",
    }


def _settings(analysis: Analysis) -> list[dict[str, Any]]:
    """Every parameter with its value, unit, meaning and whether it differs from what it usually is."""
    usual = {described.name: described for described in parameters.describe(type(analysis.settings))}
    return [
        {
            "name": name,
            "value": _plainly(value),
            "unit": "" if value is None else words.unit(usual[name].unit),
            "changed": value != usual[name].default,
            "help": usual[name].help,
        }
        for name, value in parameters.flat(analysis.settings).items()
        if not isinstance(value, list)
    ]


def _plainly(value: parameters.Plain) -> str:
    """A value as shown to people; of a file only that there is one."""
    if value is None:
        return "not given"
    if isinstance(value, str) and any(mark in value for mark in "/\\"):
        return "a file"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _scale(analysis: Analysis) -> str:
    """Words for how pixels became metres."""
    calibration = analysis.calibration
    if calibration.px_per_m is None:
        return "none, lengths in pixels (height_m gives metres)"
    return f"{calibration.px_per_m:.1f} px/m, {calibration.scale_method}"
