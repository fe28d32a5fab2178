"""`gradcalc ops`: the table of operations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradcalc.cli.formats import Writer, formatted, style_of

if TYPE_CHECKING:
    from gradcalc.report.blocks import Document


@click.command("ops")
@click.argument("name", required=False)
@formatted()
def command(name: str | None, style: str | None, target: Path | None) -> int:
    """List all operations, or show one: formula, derivative, kinks, aliases.

    An optimiser is shown with the equations of its step.

    \b
    Examples:
      gradcalc ops
      gradcalc ops sigmoid
      gradcalc ops CrossEntropyLoss
      gradcalc ops adam
      gradcalc ops sigmoid -o sigmoid.html
    """
    writer = Writer(style_of(style, target), target)
    writer.add(_document(name, writer.unicode))
    writer.close()
    return 0


def _document(name: str | None, unicode: bool) -> Document:
    """Return the list, or the sheet of what has that name."""
    from gradcalc.algebra import optimisers
    from gradcalc.algebra.operations.table import TABLE
    from gradcalc.report.catalogue.operations import operation_document, operations_document
    from gradcalc.report.catalogue.optimisers import optimiser_document

    if name is None:
        return operations_document(TABLE, unicode=unicode)
    if (optimiser := optimisers.resolve(name)) is not None:
        return optimiser_document(*optimiser, unicode=unicode)
    found = TABLE.resolve(name)
    if found is not None:
        return operation_document(TABLE, found, unicode=unicode)
    choices = TABLE.refusal(name)
    if choices:
        raise click.UsageError(f"{name} means different things: {choices}")
    near = TABLE.nearest(name) or optimisers.nearest(name)
    hint = f"; did you mean {near}?" if near else "; `gradcalc ops` lists them"
    raise click.UsageError(f"{name} is not an operation that gradcalc knows{hint}")
