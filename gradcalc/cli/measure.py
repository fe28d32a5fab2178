"""The options that say how near a value has to be: the same for a sheet and a class."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from gradcalc.grading.comparison import Tolerance

Command = TypeVar("Command", bound=Callable[..., Any])

OPTIONS = (
    click.option("--decimals", type=click.IntRange(0, 15), help="Compare to so many decimals."),
    click.option("--significant", type=click.IntRange(1, 15), help="Compare to so many digits."),
    click.option(
        "--abs", "absolute", type=click.FloatRange(0), help="Largest absolute difference."
    ),
    click.option(
        "--rel", "relative", type=click.FloatRange(0), help="Largest relative difference."
    ),
)


def measured(command: Command) -> Command:
    """Add the options to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def tolerance_of(
    decimals: int | None, significant: int | None, absolute: float | None, relative: float | None
) -> Tolerance:
    """Return the tolerance that the options ask for; the writer's own digits without any."""
    from gradcalc.grading.comparison import Measure, Tolerance

    measures: dict[Measure, float | None] = {
        "decimals": decimals,
        "significant": significant,
        "absolute": absolute,
        "relative": relative,
    }
    asked = [(measure, amount) for measure, amount in measures.items() if amount is not None]
    if len(asked) > 1:
        raise click.UsageError("--decimals, --significant, --abs and --rel exclude each other")
    return Tolerance(*asked[0]) if asked else Tolerance()
