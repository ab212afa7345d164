"""What a smoothing does to a joint: power over frequency, and what the filter removes over its cutoff."""

import numpy as np

from kinebench.figures import style
from kinebench.smoothing import Tuning


@style.styled
def spectrum_and_residual(tuning: Tuning) -> style.Figure:
    """Left the power of a joint's path, raw and smoothed; right Winter's residual with the suggested cutoff."""
    # Drawn while somebody waits: parts that lay themselves out would take as long again.
    figure = style.Figure(figsize=(120 * style.MM, 52 * style.MM))
    figure.subplots_adjust(left=0.1, right=0.99, bottom=0.17, top=0.91, wspace=0.24)
    left, right = figure.subplots(1, 2)
    power = tuning.power[tuning.power.index <= 20]
    for column, colour in (("raw", style.ORANGE), ("smoothed", style.BLUE)):
        left.semilogy(power.index, power[column].clip(lower=power["raw"].max() * 1e-10), color=colour, label=column)
    left.set_xlabel("Frequency (Hz)")
    left.set_ylabel("Power (px²/Hz)")
    left.set_ylim(bottom=max(power["raw"].max() * 1e-9, 1e-12))
    left.set_title(f"{tuning.joint.replace('_', ' ')}: spectrum")
    left.legend(loc="upper right", borderaxespad=0.1)
    right.plot(tuning.residual.index, tuning.residual, color=style.INK)
    right.set_xlabel("Cutoff (Hz)")
    right.set_ylabel("Removed by the filter (px)")
    right.set_ylim(bottom=0)
    right.set_title("Residual (Winter)")
    for axes in (left, right):
        if tuning.cutoff_hz is not None and tuning.cutoff_hz <= 20:
            axes.axvline(tuning.cutoff_hz, color=style.BLUE, linewidth=0.9)
        if np.isfinite(tuning.suggested_hz):
            axes.axvline(tuning.suggested_hz, color=style.VERMILLION, linewidth=0.9, linestyle="--")
    handles = right.get_lines()[1:]
    names = ["in use"] * (tuning.cutoff_hz is not None and tuning.cutoff_hz <= 20)
    names += [f"suggested for this joint: {tuning.suggested_hz:.1f} Hz"] * bool(np.isfinite(tuning.suggested_hz))
    right.legend(handles, names, loc="center right", borderaxespad=0.1)
    figure.alt = f"Spectrum of {tuning.joint.replace('_', ' ')}, raw and smoothed; what the filter removes by cutoff."
    return figure
