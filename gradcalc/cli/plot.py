"""`gradcalc plot`: functions and their derivatives as curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gradcalc.cli import output

if TYPE_CHECKING:
    from gradcalc.report.pictures.curve import Panel

MOST = 12
NARROWEST, WIDEST, LOWEST, HIGHEST = 20, 200, 5, 60
SMALLEST, LARGEST = 120, 4000


@click.command("plot")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--from", "low", type=float, help="Left end (default -4, or where it begins).")
@click.option("--to", "high", type=float, help="Right end (default 4, or where it ends).")
@click.option(
    "--derivative/--no-derivative", default=True, show_default=True, help="Draw f′ as well."
)
@click.option("--overlay", is_flag=True, help="All functions over one pair of axes.")
@click.option("--target", default="1", show_default=True, help="Target t of a loss.")
@click.option("-o", "--output", "file", type=click.Path(), help="Write FILE.svg or FILE.png.")
@click.option("--width", type=int, help="Of a plot: columns, in a file points.")
@click.option("--height", type=int, help="Of a plot: rows, in a file points.")
def command(
    names: tuple[str, ...],
    low: float | None,
    high: float | None,
    derivative: bool,
    overlay: bool,
    target: str,
    file: str | None,
    width: int | None,
    height: int | None,
) -> int:
    """Draw functions and their derivatives, in the terminal or as a file.

    NAME is an activation, function or loss (`gradcalc ops` lists them), a call with
    parameters, or a formula of one letter. A loss is drawn over its prediction ŷ.

    \b
    Examples:
      gradcalc plot relu "leaky_relu(alpha=0.1)" softplus "x*sigmoid(1.702*x)"
      gradcalc plot sigmoid tanh --overlay --from -6 --to 6
      gradcalc plot huber mse l1 --target 0 --overlay --no-derivative
      gradcalc plot relu -o relu.svg

    A PNG needs matplotlib: pip install 'gradcalc[plot]'.
    """
    from gradcalc.report.page import Page, encodable

    kind = _kind(file)
    if len(names) > MOST:
        raise click.UsageError(f"{len(names)} functions are too many; {MOST} at most")
    _sizes(width, height, kind)
    unicode = bool(kind) or encodable(output.encoding())
    panels = _panels(names, low, high, derivative, overlay, target, unicode)
    if file is None:
        from gradcalc.report.pictures.plot import draw

        page = Page(output.columns(), unicode)
        draw(page, panels, height, width)
        output.write_page(page)
        return 0
    from pathlib import Path

    from gradcalc.cli.output import write_bytes, write_file

    if kind == "svg":
        from gradcalc.report.pictures.plot import svg

        write_file(Path(file), svg(panels, width, height))
    else:
        from gradcalc.report.pictures.plot import png

        write_bytes(Path(file), png(panels, width, height))
    return 0


def _kind(file: str | None) -> str:
    """Return svg or png, by the end of a file's name; an empty text for the terminal."""
    if file is None:
        return ""
    kind = file.rpartition(".")[2].lower()
    if kind not in ("svg", "png"):
        raise click.UsageError(f"{file}: the file is to end in .svg or .png")
    return kind


def _sizes(width: int | None, height: int | None, kind: str) -> None:
    bounds = ((SMALLEST, LARGEST),) * 2 if kind else ((NARROWEST, WIDEST), (LOWEST, HIGHEST))
    for name, value, (least, most) in zip(
        ("--width", "--height"), (width, height), bounds, strict=True
    ):
        if value is not None and not least <= value <= most:
            raise click.UsageError(f"{name} is to be between {least} and {most} here")


def _panels(
    names: tuple[str, ...],
    low: float | None,
    high: float | None,
    derivative: bool,
    overlay: bool,
    target: str,
    unicode: bool,
) -> list[Panel]:
    from gradcalc.algebra.operations.table import TABLE
    from gradcalc.report.pictures.curve import interval, number_of, panel, sample
    from gradcalc.report.pictures.functions import read

    try:
        exact = number_of(target)
        interval(low, high)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    curves = []
    for name in names:
        curve = sample(
            read(name, exact, TABLE, unicode=unicode), low, high, TABLE, derivative=derivative
        )
        if curve is None:
            raise click.UsageError(f"{name} has no value there; other --from and --to may help")
        curves.append(curve)
    return [panel(curves)] if overlay else [panel([curve]) for curve in curves]
