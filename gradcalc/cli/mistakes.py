"""`gradcalc mistakes`: the library of mistakes."""

from __future__ import annotations

import click

from gradcalc.cli import output


@click.command("mistakes")
@click.argument("name", metavar="[ID]", required=False)
def command(name: str | None) -> int:
    """List the mistakes that gradcalc knows, or explain one to a teacher.

    \b
    Examples:
      gradcalc mistakes
      gradcalc mistakes act-derivative-missing
    """
    from gradcalc.errors import suggestion
    from gradcalc.report.page import Page, encodable
    from gradcalc.report.results.mistakes import MISTAKES, listing, sheet

    page = Page(output.columns(), encodable(output.encoding()))
    if name is None:
        listing(page)
    elif name in MISTAKES:
        sheet(page, name)
    else:
        hint = suggestion(name, MISTAKES, "`gradcalc mistakes` lists them")
        raise click.UsageError(f"{name} is not the id of a mistake; {hint}")
    output.write_page(page)
    return 0
