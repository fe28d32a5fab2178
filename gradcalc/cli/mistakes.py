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
    from gradcalc.report.catalogue.mistakes import MISTAKES, mistake_document, mistakes_document
    from gradcalc.report.formats.text import write_document
    from gradcalc.report.page import Page, encodable

    if name is not None and name not in MISTAKES:
        hint = suggestion(name, MISTAKES, "`gradcalc mistakes` lists them")
        raise click.UsageError(f"{name} is not the id of a mistake; {hint}")
    document = mistakes_document() if name is None else mistake_document(name)
    page = Page(output.columns(), encodable(output.encoding()))
    output.write_page(write_document(page, document))
    return 0
