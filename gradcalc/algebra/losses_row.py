"""How the rows of losses begin."""

from typing import Any

from gradcalc.algebra import shapes
from gradcalc.algebra.operations import Operation


def loss(
    name: str,
    text: str,
    entry: str,
    derivative: tuple[str, ...],
    reduction: str = "sum",
    **rest: Any,
) -> Operation:
    """Return the row of a loss from the loss of one entry and its derivatives."""
    found: dict[str, Any] = {"params": ("y", "t"), "shape": shapes.loss, **rest}
    return Operation(
        name,
        kind="loss",
        text=text,
        definition=entry,
        derivative=derivative,
        output="L",
        reduction=reduction,
        **found,
    )
