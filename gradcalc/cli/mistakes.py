"""`gradcalc mistakes`: the library of mistakes."""

from __future__ import annotations

from pathlib import Path

import click

from gradcalc.cli.formats import formatted, style_of, write_documents


@click.command("mistakes")
@click.argument("name", metavar="[ID]", required=False)
@formatted()
def command(name: str | None, style: str | None, target: Path | None) -> int:
    """List the mistakes that gradcalc knows, or explain one to a teacher.

    \b
    Examples:
      gradcalc mistakes
      gradcalc mistakes act-derivative-missing
      gradcalc mistakes -o mistakes.html
    """
    from gradcalc.errors import suggestion
    from gradcalc.report.catalogue.mistakes import MISTAKES, mistake_document, mistakes_document

    if name is not None and name not in MISTAKES:
        hint = suggestion(name, MISTAKES, "`gradcalc mistakes` lists them")
        raise click.UsageError(f"{name} is not the id of a mistake; {hint}")
    document = mistakes_document() if name is None else mistake_document(name)
    write_documents([document], style_of(style, target), target)
    return 0
