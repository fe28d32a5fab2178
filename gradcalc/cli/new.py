"""`gradcalc new`: a problem file to start from."""

from __future__ import annotations

import os
from pathlib import Path

import click

from gradcalc.cli import output
from gradcalc.cli.output import write_file
from gradcalc.errors import ProblemError, visible

LAYERS, UNITS, DECIMALS, SEEDS = 8, 20, 3, 2**32


def _sizes(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    """Return the layer sizes that a text such as 3,2,1 spells, the inputs first."""
    words = [word.strip() for word in value.split(",")]
    if not all(word.isascii() and word.isdigit() for word in words):
        raise click.BadParameter(f"{visible(value)} is not a list of sizes, as in 3,2,1")
    if not 2 <= len(words) <= LAYERS:
        raise click.BadParameter(f"2 to {LAYERS} sizes are due, the inputs first, as in 3,2,1")
    if not all(len(word) < 9 and 1 <= int(word) <= UNITS for word in words):
        raise click.BadParameter(f"a layer has 1 to {UNITS} units")
    return tuple(int(word) for word in words)


@click.command("new")
@click.option(
    "--layers",
    callback=_sizes,
    default="3,2,1",
    show_default=True,
    metavar="SIZES",
    help=f"Inputs, then units of each layer: 2 to {LAYERS} sizes of 1 to {UNITS}.",
)
@click.option(
    "--activation",
    metavar="NAMES",
    help="One for all hidden layers, or one a layer: relu,identity.  [default: sigmoid]",
)
@click.option(
    "--loss", default="half_squared_error", show_default=True, metavar="NAME", help="The loss."
)
@click.option(
    "--decimals",
    type=click.IntRange(0, DECIMALS),
    default=1,
    show_default=True,
    help="Decimals of weights and biases.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, SEEDS),
    default=1,
    show_default=True,
    help="Another seed, other numbers.",
)
@click.option("-o", "--output", "target", metavar="FILE", help="Write FILE, not standard output.")
@click.option("--force", is_flag=True, help="Overwrite FILE where it exists.")
def command(
    layers: tuple[int, ...],
    activation: str | None,
    loss: str,
    decimals: int,
    seed: int,
    target: str | None,
    force: bool,
) -> int:
    """Write a problem file to start from, with a comment at every key.

    Its numbers are short enough to work by hand: no unit is near a kink or saturated,
    and in each hidden ReLU layer of two or more units one is off. The activation of the
    output follows the loss unless --activation names one a layer. The same call
    writes the same file.

    \b
    Examples:
      gradcalc new
      gradcalc new --layers 3,2,1 --activation sigmoid --seed 4 -o problem.yaml
      gradcalc new --layers 2,3,3 --activation relu --loss cross_entropy
      gradcalc new --layers 2,2,1 --activation 'leaky_relu(alpha=0.1),identity' --decimals 0

    Exit code: 0 fine, 2 the call is at fault, 3 the output could not be written.
    """
    to_file = target not in (None, "-")
    if to_file and not force and os.path.lexists(str(target)):
        raise click.UsageError(f"{visible(str(target))} exists; --force overwrites it")
    from gradcalc.problem.authoring.new import fresh, settings

    try:
        text = fresh(settings(layers, activation, loss, decimals, seed))
    except ProblemError as error:
        said = "; ".join(filter(None, (error.message, error.hint)))
        raise click.UsageError(visible(said)) from None
    if to_file:
        write_file(Path(str(target)), text)
    else:
        output.write_text(text)
    return 0
