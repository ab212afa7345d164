"""A netCDF file that holds the keypoints as movement has them: `xarray.open_dataset` gives a poses dataset.

Dimensions time, space, keypoints, individuals; variables position and confidence; attributes ds_type, source_software,
time_unit and fps (movement.neuroinformatics.dev/user_guide/movement_dataset.html, checked with movement 0.15).
Positions are pixels of the upright picture, y down, as movement has them. The times are the video's own, even or not,
in seconds: movement differentiates over them; fps is one over their median step. A missing joint is NaN with
confidence 0. An estimator's world coordinates stay in the CSV or Parquet file: a dataset has one space.
"""

from pathlib import Path
from typing import Any

import numpy as np

from kinebench import keypoints
from kinebench.formats import Results
from kinebench.formats.whole import whole

PERSON = "person_0"


def write(results: Results, path: Path) -> list[Path]:
    """The keypoints as netCDF 4."""
    import xarray as xr

    table = results.keypoints
    keypoints.check(table)
    names = keypoints.joints(table)
    position = keypoints.positions(table).transpose(0, 2, 1)[..., None]
    confidence = np.column_stack([keypoints.confidence(table, name) for name in names])[..., None]
    dimensions = ("time", "space", "keypoints", "individuals")
    dataset = xr.Dataset(
        {
            "position": (dimensions, np.ascontiguousarray(position), {"units": "px"}),
            "confidence": (("time", "keypoints", "individuals"), confidence),
        },
        # No units on time: xarray can take "seconds" for spans of time, and movement computes with numbers.
        coords={
            "time": keypoints.times(table),
            "space": ["x", "y"],
            "keypoints": list(names),
            "individuals": [PERSON],
        },
        attrs=_attributes(results),
    )
    with whole(path) as temporary:
        dataset.to_netcdf(temporary, engine="h5netcdf")
    return [path]


def _attributes(results: Results) -> dict[str, Any]:
    """What is not known is not there: netCDF has no None."""
    rate = results.frame_rate_hz
    found = {
        "ds_type": "poses",
        "source_software": "kinebench",
        "time_unit": "seconds",
        "fps": rate if np.isfinite(rate) else None,
        "source": results.source or None,
        "picture_width_px": results.width,
        "picture_height_px": results.height,
        "metres_per_px": results.metres_per_px,
    }
    return {name: value for name, value in found.items() if value is not None}
