"""What a user may choose of the smoothing, in the order in which it is done."""

from dataclasses import dataclass

from kinebench.errors import KinebenchError
from kinebench.parameters import Group, parameter

OUTLIERS = ("hampel", "median5", "none")
FILTERS = ("butterworth", "savgol", "median", "loess", "gaussian", "kalman", "none")


@dataclass(frozen=True)
class Smoothing(Group):
    """Confidence gate, then outliers, then gaps, then the filter; each can be switched off."""

    confidence_gate: float = parameter(0.3, help="joints seen with less confidence count as missing", low=0, high=1)
    outliers: str = parameter(
        "hampel",
        help="hampel: single points far off the running median are replaced by it; "
        "median5: every point by the running median of 5; none",
        choices=OUTLIERS,
    )
    outlier_sigmas: float = parameter(
        5.0, help="hampel: how many robust standard deviations off is far", low=1.0, high=20.0
    )
    max_gap_s: float = parameter(0.2, help="longest gap that is filled; longer ones stay", unit="s", low=0, high=2)
    filter: str = parameter("butterworth", help="how the noise is filtered out", choices=FILTERS)
    order: int = parameter(
        4, help="butterworth: order after both passes (4 = a 2nd-order filter there and back)", low=2, high=8
    )
    cutoff_hz: float = parameter(
        6.0, help="butterworth, gaussian, kalman: frequency at which 3 dB are lost", unit="Hz", low=0.1, high=500.0
    )
    cutoff_auto: bool = parameter(
        False, help="choose the cutoff by residual analysis (Winter) instead of cutoff_hz, once for the clip"
    )
    window_s: float = parameter(
        0.3, help="savgol, median, loess: span of the moving window", unit="s", low=0.02, high=5.0
    )
    polynomial_order: int = parameter(3, help="savgol: degree of the polynomial fitted in the window", low=1, high=5)

    def __post_init__(self) -> None:
        """The single fields, then that the order can be halved."""
        super().__post_init__()
        if self.order % 2:
            raise KinebenchError(
                f"order must be even, because the filter runs there and back, but got {self.order}. "
                f"Give {self.order - 1} or {self.order + 1}."
            )
