"""Read the published key of a problem file as a sheet of answers."""

from __future__ import annotations

from gradcalc.errors import ProblemError
from gradcalc.grading.answers import Answer, Sheet
from gradcalc.grading.answers_names import Quantities
from gradcalc.grading.answers_values import ValueReader
from gradcalc.grading.lettered import text_of
from gradcalc.problem.document import MappingNode
from gradcalc.problem.model import Problem
from gradcalc.problem.naming import Reference


def expected_sheet(problem: Problem) -> Sheet:
    """Return what stands under `expect:`, line by line.

    Raises ProblemError where the file has no such key.
    """
    section = problem.extras.get("expect")
    if not isinstance(section, MappingNode):
        raise ProblemError(
            "the problem has no published key",
            where=problem.source.name,
            hint="name a file of answers, or write expect: {dL/dz: [0.2, 0]} in the problem",
        )
    quantities = Quantities(problem)
    reader = ValueReader(quantities)
    answers = []
    for key, node in section.pairs:
        found = quantities.find(key.text)
        text = text_of(node)
        if not isinstance(found, Reference):
            answers.append(Answer(key.text, None, key.span.line, text, reason=found))
            continue
        value = reader.value([text], text, found)
        answers.append(
            Answer(
                found.name,
                found.index,
                key.span.line,
                value.text,
                value.shape,
                value.cells,
                value.formula,
                reason=value.reason,
            )
        )
    return Sheet(problem.source.name, tuple(answers))
