"""`gradcalc ops`: the table of operations."""

from __future__ import annotations

import click

from gradcalc.cli import output


@click.command("ops")
@click.argument("name", required=False)
def command(name: str | None) -> int:
    """List all operations, or show one: formula, derivative, kinks, aliases.

    An optimiser is shown with the equations of its step.

    \b
    Examples:
      gradcalc ops
      gradcalc ops sigmoid
      gradcalc ops CrossEntropyLoss
      gradcalc ops adam
    """
    from gradcalc.algebra import optimisers
    from gradcalc.algebra.operations.table import TABLE
    from gradcalc.report.page import Page, encodable
    from gradcalc.report.results.operations import listing, optimiser_sheet, sheet

    page = Page(output.columns(), encodable(output.encoding()))
    if name is None:
        listing(page, TABLE)
    elif (optimiser := optimisers.resolve(name)) is not None:
        optimiser_sheet(page, *optimiser)
    else:
        found = TABLE.resolve(name)
        if found is None:
            choices = TABLE.refusal(name)
            if choices:
                raise click.UsageError(f"{name} means different things: {choices}")
            near = TABLE.nearest(name) or optimisers.nearest(name)
            hint = f"; did you mean {near}?" if near else "; `gradcalc ops` lists them"
            raise click.UsageError(f"{name} is not an operation that gradcalc knows{hint}")
        sheet(page, TABLE, found)
    output.write_page(page)
    return 0
