"""Read the values that a question gives: they stand in place of computed ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gradcalc.algebra.expr import symbols
from gradcalc.engine.graph import Graph
from gradcalc.errors import ProblemError
from gradcalc.problem.data import fit, read_quantity
from gradcalc.problem.document import MappingNode
from gradcalc.problem.model import Data, Individual
from gradcalc.problem.vocabulary import Vocabulary


def read_given(
    section: MappingNode | None, vocabulary: Vocabulary, data: Mapping[str, Data]
) -> dict[str, Data]:
    """Return the given values by name, each in the shape that its line has.

    Raises ProblemError for a name that is not there, is known already, or has no numbers.
    """
    found: dict[str, Data] = {}
    for key, value in section.pairs if section else ():
        name = vocabulary.whole(key)
        if name in data:
            raise ProblemError(
                f"{name} is {_article(data[name].role)}, and known already",
                key.span,
                f"defined in line {data[name].span.line}",
            )
        if name in found:
            raise ProblemError(
                f"{name} is given twice", key.span, f"first in line {found[name].span.line}"
            )
        given = read_quantity(name, "given", value, key.span)
        if not given.known:
            raise ProblemError(f"{name} has no numbers", value.span, "a given value has them")
        found[name] = fit(given, vocabulary.shapes[name], "the equations say so")
    return found


def refuse_drawn(
    given: Mapping[str, Data], individual: Individual | None, graphs: Iterable[Graph]
) -> None:
    """Refuse a given value that depends on a drawn number: it would be right for nobody else."""
    if individual is None:
        return
    read = {node.name: tuple(symbols(node.expr)) for graph in graphs for node in graph.nodes}
    for name, value in given.items():
        waiting, seen = [name], {name}
        while waiting:
            new = set(read.get(waiting.pop(), ())) - seen
            seen |= new
            waiting += new
        drawn = [each for each in individual.names if each in seen]
        if drawn:
            raise ProblemError(
                f"{name} is given, but every student has another {drawn[0]}",
                value.span,
                f"{name} is computed from {drawn[0]}",
                f"remove {name} from given, or {drawn[0]} from individual",
            )


def _article(role: str) -> str:
    return f"an {role}" if role == "input" else f"a {role}"
