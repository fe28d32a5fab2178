"""How many entries a line may have before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gradcalc.algebra.shapes import describe, size
from gradcalc.engine.graph import Node
from gradcalc.errors import ProblemError
from gradcalc.problem.model import Data

MOST_ENTRIES = 10**6
TIMES_DATA = 4


def refuse_large(nodes: Iterable[Node], data: Mapping[str, Data]) -> None:
    """Refuse a line of more entries than fit into a computer's memory beside its data.

    Formulas in letters compute nothing, and may be of any size. Raises ProblemError.
    """
    if not all(quantity.known for quantity in data.values()):
        return
    largest = max((size(quantity.shape) or 0 for quantity in data.values()), default=0)
    most = max(MOST_ENTRIES, TIMES_DATA * largest)
    for node in nodes:
        count = size(node.shape)
        if count is not None and count > most:
            raise ProblemError(
                f"this makes {count} entries, and at most {most} are computed",
                node.span,
                describe(node.shape) if len(node.shape) > 1 else "",
                f"from {MOST_ENTRIES} entries on, a value has at most {TIMES_DATA} times as many"
                " as the largest quantity of the file",
            )
