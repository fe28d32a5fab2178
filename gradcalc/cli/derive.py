"""`gradcalc derive`: derive a formula, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradcalc.cli.formats import Writer, formatted, style_of

if TYPE_CHECKING:
    from gradcalc.engine.typed_formula import TypedFormula

MOST = 8


@click.command("derive", context_settings={"ignore_unknown_options": True})
@click.argument("expression")
@click.option(
    "--wrt", "names", metavar="NAME", multiple=True, help="Derive by this letter; may be repeated."
)
@click.option(
    "--detail",
    type=click.Choice(["brief", "steps"]),
    default="steps",
    show_default=True,
    help="The derivative alone, or every step with the name of its rule.",
)
@formatted()
def command(
    expression: str,
    names: tuple[str, ...],
    detail: str,
    style: str | None,
    target: Path | None,
) -> int:
    """Derive EXPRESSION rule by rule, and prove the result by evaluation.

    EXPRESSION is a formula as in problem files. Letters are numbers; those in softmax,
    norm, sum, mean, dot are vectors, and derived entry by entry. Without --wrt it is
    derived by its only letter.

    \b
    Examples:
      gradcalc derive "1/(1 + exp(-x))"
      gradcalc derive "x^2*sin(y)" --wrt x --wrt y
      gradcalc derive "max(0, 1 - t*y)" --wrt y --detail brief
      gradcalc derive "cosine_loss(y, t)" --wrt y
      gradcalc derive --wrt z -- "-sum(t*log(softmax(z)))"
      gradcalc derive "x^2*sin(x)" -o derivation.tex

    Exit code: 0 derived and proved, 1 the proof failed, 2 EXPRESSION cannot be used.
    """
    from gradcalc.algebra.operations.table import TABLE
    from gradcalc.engine.typed_formula import derived, read
    from gradcalc.report.catalogue.derivations import derivation_document

    typed = read(expression, TABLE)
    found = [derived(typed, name, TABLE) for name in _asked(typed, names)]
    writer = Writer(style_of(style, target), target)
    brief, able = detail == "brief", writer.unicode
    writer.add(derivation_document(typed, found, TABLE, brief=brief, unicode=able))
    writer.close()
    return int(any(proof.points and not proof.holds for _, proof in found))


def _asked(typed: TypedFormula, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the letters to derive by, each once."""
    from gradcalc.algebra.formula.names import canonical

    there = ", ".join(typed.names)
    if not typed.names:
        raise click.UsageError("there is no letter in the expression to derive by")
    if not names:
        if len(typed.names) > 1:
            raise click.UsageError(f"derive by which letter? --wrt one of {there}")
        return typed.names
    asked = tuple(dict.fromkeys(canonical(name) for name in names))
    for name in asked:
        if name not in typed.names:
            raise click.UsageError(f"--wrt {name} is not a letter of the expression: {there}")
    if len(asked) > MOST:
        raise click.UsageError(f"{len(asked)} letters are too many; {MOST} at most")
    return asked
