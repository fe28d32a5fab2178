"""Read the values that a question gives: they stand in place of computed ones."""

from __future__ import annotations

from collections.abc import Mapping as Dict

from gradcalc.errors import ProblemError
from gradcalc.problem.data import fit, read_quantity
from gradcalc.problem.document import Mapping
from gradcalc.problem.model import Data
from gradcalc.problem.vocabulary import Vocabulary


def read_given(
    section: Mapping | None, vocabulary: Vocabulary, data: Dict[str, Data]
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


def _article(role: str) -> str:
    return f"an {role}" if role == "input" else f"a {role}"
