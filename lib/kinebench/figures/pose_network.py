"""Inside a pose network: confidence map, affinity field, candidate limbs and people, over the picture they are of."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.patheffects import withStroke

from kinebench.figures import style
from kinebench.tasks.pose_maps import Look

_FAINT_PICTURE = 0.45  # of the picture's own contrast, so that what is drawn on it stands out
_ARROW_FROM = 0.15  # a field weaker than this is no limb
_HALO = [withStroke(linewidth=1.6, foreground=style.PAPER)]


@style.styled
def confidence_map(look: Look, joint: str) -> style.Figure:
    """The confidence map of `joint` over the picture, and a cut through its highest peak, sample by sample."""
    figure = style.blank(style.DOUBLE_MM, 70)
    over, cut = figure.subplots(1, 2, width_ratios=(1.75, 1))
    number = look.model.joints.index(joint)
    picture(over, look)
    height = np.clip(look.confidence_maps[number], 0, 1)
    over.imshow(_coloured(height, style.VERMILLION), extent=_extent(look), interpolation="nearest")
    peaks = look.peaks[number]
    over.plot(peaks[:, 0], peaks[:, 1], "+", color=style.INK, markersize=6, markeredgewidth=0.9, path_effects=_HALO)
    for x, y, high in peaks:
        over.annotate(
            f"{high:.2f}", (x, y), (7, -1), textcoords="offset points", va="center", path_effects=_HALO, fontsize=6.5
        )
    over.set_title(f"Confidence map{_whose(look)}: {_words(joint)}")
    _cut(cut, look, joint)
    figure.alt = f"The confidence map of {_words(joint)}: {len(peaks)} peaks, one a person."
    return figure


def _cut(axes: Axes, look: Look, joint: str) -> None:
    samples = look.across(joint)
    peaks = look.peaks[look.model.joints.index(joint)]
    stride = look.size[0] / look.map_size[0]
    axes.bar(samples.index, samples["height"], stride * 0.94, color=style.VERMILLION, alpha=0.45, linewidth=0)
    axes.plot(samples.index, samples["height"], "o", color=style.VERMILLION, markersize=2.6)
    if len(peaks):
        axes.axvline(peaks[0, 0], color=style.INK, linewidth=0.9)
        axes.annotate(
            f"peak between the samples\nx = {peaks[0, 0]:.1f} px", (peaks[0, 0], 1.1), (4, 0),
            textcoords="offset points", va="center", annotation_clip=False,
        )  # fmt: skip
    axes.axhline(look.model.min_peak, color=style.MUTED, linewidth=0.6, linestyle=(0, (4, 3)))
    axes.annotate(
        f"lower is no joint ({look.model.min_peak:g})", (1, look.model.min_peak), (0, 2),
        xycoords=("axes fraction", "data"), textcoords="offset points", ha="right", color=style.MUTED, fontsize=6.5,
    )  # fmt: skip
    axes.set_ylim(0, 1.2)
    axes.set_yticks(np.arange(0, 1.1, 0.25))
    axes.set_xlabel("x in the picture (px)")
    axes.set_ylabel("Height (1 is sure)")
    axes.set_title("A cut through the highest peak")


@style.styled
def affinity_field(look: Look, limb: int) -> style.Figure:
    """The affinity field of a limb over the picture, one arrow a pixel of the map, and from near on the surest one."""
    figure = style.blank(style.DOUBLE_MM, 76)
    over, near = figure.subplots(1, 2, width_ratios=(1.75, 1))
    for axes, size in ((over, 1.0), (near, 1.6)):
        picture(axes, look)
        _arrows(axes, look, limb, size)
        _ends(axes, look, limb, 3 * size)
    over.set_title(f"Affinity field{_whose(look)}: {look.model.limb_name(limb)}")
    near.set_title("The surest limb from near")
    table = look.candidates_table(limb)
    if len(table):
        line = table.iloc[0]
        x, y = (line["from_x"] + line["to_x"]) / 2, (line["from_y"] + line["to_y"]) / 2
        reach = 0.75 * max(abs(line["from_x"] - line["to_x"]), abs(line["from_y"] - line["to_y"]), look.size[1] / 12)
        near.set_xlim(x - reach, x + reach)
        near.set_ylim(y + reach, y - reach)
    figure.alt = f"The affinity field from {look.model.limb_name(limb)}: arrows along the limb of every person."
    return figure


def _arrows(axes: Axes, look: Look, limb: int, size: float) -> None:
    field = look.field(limb)
    strength = np.hypot(*field)
    rows, columns = np.nonzero(strength > _ARROW_FROM)
    stride_x, stride_y = np.divide(look.size, look.map_size)
    axes.quiver(
        (columns + 0.5) * stride_x - 0.5,
        (rows + 0.5) * stride_y - 0.5,
        field[0, rows, columns],
        field[1, rows, columns],
        color=style.BLUE,
        angles="xy",
        scale_units="xy",
        scale=1 / (0.92 * stride_x),
        pivot="mid",
        units="dots",
        width=1.6 * size,
        headwidth=3.6,
        headlength=4,
        headaxislength=3.6,
    )


def _ends(axes: Axes, look: Look, limb: int, size: float) -> None:
    for joint, colour in zip(look.model.limbs[limb], (style.ORANGE, style.PURPLE), strict=True):
        x, y = look.peaks[joint][:, :2].T
        label = _words(look.model.joints[joint])
        axes.plot(
            x, y, "o", color=colour, markersize=size, markeredgecolor=style.PAPER, markeredgewidth=0.6, label=label
        )
    if size <= 3:
        axes.legend(loc="upper right", facecolor=style.PAPER, framealpha=0.85, frameon=True, edgecolor="none")


@style.styled
def candidate_limbs(look: Look, limb: int, most: int = 8) -> style.Figure:
    """Every pair of peaks that may be this limb, the `most` likely ones: over the picture, and the field along each."""
    figure = style.blank(style.DOUBLE_MM, 70)
    over, along = figure.subplots(1, 2, width_ratios=(1.75, 1))
    picture(over, look)
    table = look.candidates_table(limb)[:most]
    field = look.along(limb, table)
    for row, line in list(table.iterrows())[::-1]:
        colour, dashes = (style.BLUE, "-") if line["limb"] else (style.VERMILLION, (0, (3, 2)))
        x, y = line[["from_x", "to_x"]].to_numpy(float), line[["from_y", "to_y"]].to_numpy(float)
        over.plot(x, y, color=colour, linestyle=dashes, linewidth=1.6 if line["limb"] else 1.0, path_effects=_HALO)
        text = f"{line['integral']:.2f}".replace("-", "\N{MINUS SIGN}")
        # Two ways across each other have their middles at one place.
        where = 0.5 if line["limb"] else 0.3
        at = (x[0] + where * (x[1] - x[0]), y[0] + where * (y[1] - y[0]))
        over.annotate(text, at, (3, 4), textcoords="offset points", color=colour, path_effects=_HALO, fontweight="bold")
        along.plot(field.index, field[row], color=colour, linestyle=dashes, linewidth=1.2)
    _ends(over, look, limb, 3)
    over.set_title(f"Candidates{_whose(look)}: {look.model.limb_name(limb)}, with their integrals")
    along.axhline(0, color=style.MUTED, linewidth=0.6)
    along.set_xlim(0, 1)
    along.set_ylim(-0.6, 1.15)
    along.set_xlabel("From the one joint (0) to the other (1)")
    along.set_ylabel("Field along the way (1 is a limb)")
    along.set_title("What the integral is the mean of")
    along.plot([], [], color=style.BLUE, label="limb")
    along.plot([], [], color=style.VERMILLION, linestyle=(0, (3, 2)), label="none")
    along.legend(loc="lower right")
    taken = int(table["limb"].sum())
    figure.alt = f"{len(table)} candidates for {look.model.limb_name(limb)}, of which {taken} are limbs."
    return figure


@style.styled
def people(look: Look) -> style.Figure:
    """All the peaks of all joints, and the people that they were assembled into."""
    figure = style.blank(style.DOUBLE_MM, 58)
    before, after = figure.subplots(1, 2)
    picture(before, look)
    every = np.concatenate(look.peaks)
    before.plot(every[:, 0], every[:, 1], "o", color=style.INK, markersize=2.2, markeredgecolor=style.PAPER,
                markeredgewidth=0.4)  # fmt: skip
    before.set_title(f"{len(every)} peaks of {len(look.model.joints)} joints{_whose(look)} ...")
    picture(after, look)
    for number, person in enumerate(look.people):
        colour = style.SERIES[number % len(style.SERIES)]
        for start, end in look.model.limbs:
            after.plot(*person[[start, end], :2].T, color=colour, linewidth=1.3, path_effects=_HALO)
        after.plot(person[:, 0], person[:, 1], "o", color=colour, markersize=2.2, markeredgewidth=0)
        top = person[np.nanargmin(person[:, 1])]
        words = f"{np.isfinite(person[:, 0]).sum()} joints\nconfidence {person[:, 2].mean():.2f}"
        after.annotate(words, top[:2], (0, 4), textcoords="offset points", ha="center", color=colour,
                       path_effects=_HALO, fontweight="bold")  # fmt: skip
    noun = "person" if len(look.people) == 1 else "people"
    after.set_title(f"... are {len(look.people)} {noun}")
    figure.alt = f"{len(every)} peaks, and the {len(look.people)} people assembled from them."
    return figure


def picture(axes: Axes, look: Look) -> None:
    """The picture, pale and without colour, and where the moments meet."""
    grey = look.picture @ np.array([0.299, 0.587, 0.114]) / 255
    pale = 1 - _FAINT_PICTURE * (1 - grey)
    axes.imshow(pale, cmap="gray", vmin=0, vmax=1, interpolation="antialiased")
    axes.set_axis_off()
    for moment in look.moments:
        if moment.at:
            axes.axvline(moment.at - 0.5, color=style.PAPER, linewidth=1.5)
        if len(look.moments) > 1:
            axes.annotate(f"{moment.frame.time_s:.2f} s", (moment.at, look.size[1]), (3, 4), color=style.MUTED,
                          textcoords="offset points", fontsize=6.5, path_effects=_HALO)  # fmt: skip


def _extent(look: Look) -> tuple[float, float, float, float]:
    width, height = look.size
    return -0.5, width - 0.5, height - 0.5, -0.5


def _coloured(height: np.ndarray, colour: str) -> np.ndarray:
    """RGBA of a map: one colour, as opaque as the map is high."""
    ramp = LinearSegmentedColormap.from_list("height", [(*to_rgb(colour), 0.0), (*to_rgb(colour), 0.9)])
    return ramp(height)


def _whose(look: Look) -> str:
    return " of an ideal network" if look.ideal else ""


def _words(joint: str) -> str:
    return joint.replace("_", " ")
