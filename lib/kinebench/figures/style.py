"""How every figure looks: journal widths, 7 pt text that stays text, colours that colour-blind readers can tell apart.

Okabe-Ito colours (Okabe and Ito 2008, Color Universal Design); widths of one and two columns of a Nature page.
"""

import contextlib
import functools
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec

import matplotlib as mpl
import matplotlib.figure
from matplotlib.axes import Axes

P = ParamSpec("P")

SINGLE_MM, DOUBLE_MM = 89, 183
MM = 1 / 25.4

BLUE, ORANGE, GREEN, VERMILLION = "#0072b2", "#e69f00", "#009e73", "#d55e00"
SKY, PURPLE, YELLOW = "#56b4e9", "#cc79a7", "#f0e442"
INK, MUTED, FAINT, PAPER = "#1b1b1b", "#5f6368", "#d5d8dc", "#ffffff"
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
SPEED_MAP = "viridis"

# What changes where the page is dark: neutrals are exchanged, dark hues lightened; the rest reads on both.
ON_DARK = {INK: "#e8eaed", MUTED: "#a4a9b0", FAINT: "#43474e", PAPER: "#1d2025", BLUE: "#4aa8e0", VERMILLION: "#f0803c"}

# Any: matplotlib types every key of its settings by name.
STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"],
    "font.size": 7,
    "axes.titlesize": 7,
    "axes.labelsize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 4,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelpad": 2.5,
    "axes.facecolor": "none",
    "figure.facecolor": PAPER,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.0,
    "lines.solid_capstyle": "round",
    "hatch.linewidth": 0.5,
    "hatch.color": MUTED,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "kinebench",
    "savefig.dpi": 300,
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
}
OUTLINES: Any = STYLE | {"svg.fonttype": "path"}
# No date and no program in the file: the same tables give the same bytes.
PLAIN_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}
SCREEN_DPI = 200
# By which a font lays out text. A PDF holds where each glyph stands.
LAYOUT_TABLES = ("GSUB", "GPOS", "GDEF", "kern", "MATH")
_EMBEDDING = threading.Lock()


class Figure(matplotlib.figure.Figure):
    """A matplotlib figure that knows its style when it is saved and shown, and says in words what it shows (`alt`).

    It has nothing to do with pyplot: no window, no global list of figures, safe in threads and in batches.
    """

    alt: str = ""
    absent: bool = False
    """Whether there is nothing to show in this clip; `alt` says why, and no page or folder gets an empty picture."""

    def savefig(self, fname: Any, **options: Any) -> None:
        """As matplotlib's, with editable text and without dates, whatever the user's own settings are."""
        ending = options.get("format") or str(fname).rsplit(".", 1)[-1]
        options.setdefault("metadata", PLAIN_METADATA.get(ending))
        lean = _lean_fonts() if ending == "pdf" else contextlib.nullcontext()
        with mpl.rc_context(STYLE), self.laid_out(), lean:
            super().savefig(fname, **options)

    @contextlib.contextmanager
    def laid_out(self) -> Iterator[None]:
        """The figure with its parts in their places, for all that is written of it within.

        By itself matplotlib finds the places anew for every file, and draws everything twice for that.
        """
        engine = self.get_layout_engine()
        with mpl.rc_context(STYLE):
            if engine is not None:
                self.draw_without_rendering()
                self.set_layout_engine(None)
            try:
                yield
            finally:
                self.set_layout_engine(engine)

    def svg(self) -> str:
        """The picture as SVG whose letters are outlines: it looks the same where the fonts are missing."""
        buffer = io.StringIO()
        with self.laid_out(), mpl.rc_context(OUTLINES):
            super().savefig(buffer, format="svg", metadata=PLAIN_METADATA["svg"])
        return buffer.getvalue()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        from base64 import b64encode

        if self.absent:
            return {"text/plain": self.alt}, {}
        buffer = io.BytesIO()
        with self.laid_out():
            super().savefig(buffer, format="png", dpi=SCREEN_DPI, metadata=PLAIN_METADATA["png"])
            drawn = self.svg()
        width, height = self.get_size_inches() * 96 * 1.25
        size = {"width": round(width), "height": round(height)}
        data = {
            "image/svg+xml": drawn,
            "image/png": b64encode(buffer.getvalue()).decode(),
            "text/plain": self.alt or "Figure",
        }
        return data, {"image/png": size, "image/svg+xml": size}

    def dark(self) -> "Dark":
        """The same picture for a dark page."""
        return Dark(darkened(self.svg()), self.alt)


@contextlib.contextmanager
def _lean_fonts() -> Iterator[None]:
    """Fonts are embedded without `LAYOUT_TABLES`: to thin them out took an eighth of a run, and nothing reads them.

    matplotlib has no setting for it, and fontTools takes its defaults from a class.
    """
    from fontTools.subset import Options

    if not hasattr(Options, "_drop_tables_default"):
        yield
        return
    with _EMBEDDING:
        kept = Options._drop_tables_default
        Options._drop_tables_default = [*kept, *LAYOUT_TABLES]
        try:
            yield
        finally:
            Options._drop_tables_default = kept


class Dark:
    """A picture for a dark page, shown in notebooks."""

    def __init__(self, svg: str, alt: str) -> None:
        self.svg, self.alt = svg, alt

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return self.alt


def darkened(svg: str) -> str:
    """An SVG of ours with its neutral colours exchanged for those of a dark page."""
    for light, dark in ON_DARK.items():
        svg = svg.replace(light, dark)
    return svg


def blank(width_mm: float, height_mm: float) -> Figure:
    """An empty figure of a size in millimetres whose parts lay themselves out."""
    figure = Figure(figsize=(width_mm * MM, height_mm * MM), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.035, h_pad=0.035, wspace=0.02, hspace=0.02)  # type: ignore[union-attr, call-arg]
    return figure


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """A figure function that draws in our style, whatever the user's own settings are."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        # rc_context would also bring back the backend; only our own keys change here.
        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


def letter(axes: Axes, text: str) -> None:
    """A panel's letter in bold, left of its title."""
    axes.set_title(f"{text}  {axes.get_title(loc='left')}", loc="left")
