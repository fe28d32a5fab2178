"""A plot as PNG, drawn by matplotlib, which the extra `plot` installs."""

from __future__ import annotations

import io
from collections.abc import Sequence

from gradcalc.errors import ProblemError
from gradcalc.report.axes import Panel, letter_of
from gradcalc.report.curve import CurveTrace, clipped
from gradcalc.report.svg import PALETTE

PNG_COLOURS = ("first", "second", "third", "fourth")
INCH = 100.0
PNG_PANEL = (480.0, 360.0)


def png(panels: Sequence[Panel], width: float | None = None, height: float | None = None) -> bytes:
    """Return the panels as one PNG picture; raises ProblemError without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise ProblemError(
            "a PNG needs matplotlib, which is not installed",
            hint="pip install 'gradcalc[plot]' installs it; -o FILE.svg needs nothing",
        ) from None
    wide, high = (width or PNG_PANEL[0]) / INCH, (height or PNG_PANEL[1]) / INCH
    across = 1 if len(panels) == 1 else 2 if len(panels) in (2, 4) else min(3, len(panels))
    down = -(-len(panels) // across)
    figure = Figure(figsize=(across * wide, down * high), dpi=1.5 * INCH, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(down, across, squeeze=False).ravel().tolist()
    for axes, panel in zip(grid, panels, strict=False):
        _fill(axes, panel)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    written = io.BytesIO()
    figure.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()


def _fill(axes, panel: Panel) -> None:  # type: ignore[no-untyped-def]
    """Draw the curves of one panel; `axes` is matplotlib's, which has no types here."""
    axes.axhline(0, color=PALETTE["line"][0], linewidth=0.8)
    axes.axvline(0, color=PALETTE["line"][0], linewidth=0.8)
    axes.grid(color=PALETTE["grid"][0], linewidth=0.6)
    alone = len(panel.curves) == 1
    for at, curve in enumerate(panel.curves):
        name, slope = curve.function.name, curve.function.slope
        colour = PNG_COLOURS[at % len(PNG_COLOURS)]
        _draw(axes, panel, curve.value, name, colour, "-")
        if curve.slope is not None:
            _draw(axes, panel, curve.slope, slope, PNG_COLOURS[1] if alone else colour, "--")
    axes.set_xlim(panel.low, panel.high)
    axes.set_ylim(panel.bottom, panel.top)
    axes.set_xlabel(_literal(letter_of(panel, unicode=True)))
    axes.legend(fontsize="small", framealpha=0.9)


def _draw(axes, panel: Panel, trace: CurveTrace, words: str, colour: str, dash: str) -> None:  # type: ignore[no-untyped-def]
    """Draw one line, and circles where it jumps: open limits, the value filled."""
    ink = PALETTE[colour][0]
    for number, piece in enumerate(clipped(trace, panel.bottom, panel.top)):
        label = _literal(words) if number == 0 else None
        axes.plot(*zip(*piece, strict=True), dash, color=ink, linewidth=1.8, label=label)
    for jump in trace.jumps:
        look = {"color": ink, "marker": "o", "markersize": 5, "zorder": 3}
        for y in (jump.left, jump.right):
            if y != jump.value:
                axes.plot([jump.x], [y], markerfacecolor="white", **look)
        axes.plot([jump.x], [jump.value], **look)


def _literal(words: str) -> str:
    """Return words in which matplotlib finds no mathematics of its own."""
    return words.replace("\\", "\\\\").replace("$", r"\$")
