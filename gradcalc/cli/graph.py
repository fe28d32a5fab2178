"""`gradcalc graph`: the computational graph of a problem, or its network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gradcalc.cli import output

if TYPE_CHECKING:
    from gradcalc.report.page import Page
    from gradcalc.report.steps.view import View

ENDINGS = {
    "svg": "svg",
    "dot": "dot",
    "gv": "dot",
    "mmd": "mermaid",
    "mermaid": "mermaid",
    "txt": "terminal",
}


@click.command("graph")
@click.argument("file", metavar="FILE")
@click.option("--network", is_flag=True, help="Units and weights, not the computational graph.")
@click.option("--detail", is_flag=True, help="One node an operation, as in a circuit.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["terminal", "dot", "mermaid", "svg"]),
    help="How it is drawn (default: by the ending of -o, else terminal).",
)
@click.option("--decimals", type=click.IntRange(0, 15), help="Decimals of computed values.")
@click.option("-o", "--output", "target", type=click.Path(), help="Write it to a file.")
def command(
    file: str,
    network: bool,
    detail: bool,
    style: str | None,
    decimals: int | None,
    target: str | None,
) -> int:
    """Draw the computational graph of FILE: values, gradients, local derivatives.

    Above each edge stands the value that flows forward, below it the gradient that
    flows back, on it the local derivative.

    \b
    Examples:
      gradcalc graph problem.yaml
      gradcalc graph problem.yaml --detail -o graph.svg
      gradcalc graph problem.yaml --network -o network.svg
      gradcalc graph problem.yaml --format dot | dot -Tpdf -o graph.pdf
    """
    from gradcalc.problem.reading.loader import load
    from gradcalc.problem.solve import solve
    from gradcalc.problem.text.source import read_source
    from gradcalc.report.page import encodable
    from gradcalc.report.steps.view import View

    if network and detail:
        raise click.UsageError("--detail is for the computational graph, not for --network")
    style = style or _style(target)
    unicode = target is not None or encodable(output.encoding())
    view = View(solve(load(read_source(file))), decimals, unicode=unicode)
    page, written = _made(view, network, detail, style)
    if target is not None:
        from pathlib import Path

        from gradcalc.cli.output import write_file

        write_file(Path(target), page.plain() if page else written)
    elif page:
        output.write_page(page)
    else:
        output.write_text(_carried(written, style))
    return 0


def _style(target: str | None) -> str:
    """Return the format that the ending of a file's name stands for."""
    if target is None:
        return "terminal"
    style = ENDINGS.get(target.rpartition(".")[2].lower())
    if style is None:
        raise click.UsageError(
            f"{target}: the file is to end in .svg, .dot, .mmd or .txt, or --format says what it is"
        )
    return style


def _made(view: View, network: bool, detail: bool, style: str) -> tuple[Page | None, str]:
    """Return a page for the terminal, or the text of a file."""
    from gradcalc.errors import ProblemError
    from gradcalc.report.page import Page
    from gradcalc.report.pictures import graph_formats as graph_svg
    from gradcalc.report.pictures import graph_text
    from gradcalc.report.pictures import network as network_svg
    from gradcalc.report.pictures import network as network_text
    from gradcalc.report.pictures.graph_formats import dot, mermaid
    from gradcalc.report.pictures.graph_layout import TooLargeError
    from gradcalc.report.pictures.graph_operations import picture
    from gradcalc.report.pictures.network import network as units

    net = units(view) if network else None
    shown = net.picture if net else picture(view, detail=detail)
    if style == "dot":
        return None, dot(shown)
    if style == "mermaid":
        return None, mermaid(shown)
    if style == "svg":
        try:
            return None, network_svg.svg(net) if net else graph_svg.svg(shown)
        except TooLargeError as error:
            raise ProblemError(
                f"the graph is too large for a picture: {error}",
                hint="--format dot leaves the layout to Graphviz",
            ) from None
    page = Page(output.columns(), view.unicode)
    if net:
        network_text.draw(page, net)
    else:
        graph_text.draw(page, shown)
    return page, ""


def _carried(written: str, style: str) -> str:
    """Return a text that the stream can carry; what it cannot, as numbered entities."""
    encoding = output.encoding()
    kept = (sign if _fits(sign, encoding) else f"&#{ord(sign)};" for sign in written)
    carried = written if _fits(written, encoding) else "".join(kept)
    return carried.replace("&#", "#") if style == "mermaid" else carried


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
