"""Read a target that names classes by their numbers: `y: {class: 2, of: 3}`."""

from __future__ import annotations

from gradcalc.errors import ProblemError
from gradcalc.problem.document import MappingNode, ScalarNode, SequenceNode, Value
from gradcalc.problem.numbers import Numeral, NumeralArray

MAX_CLASSES = 10**6
_HINT = "as in {class: 2, of: 3}; classes count from 1, a batch has a list of them"


def read_classes(value: MappingNode, name: str) -> NumeralArray:
    """Return the one-hot vector of a class, or a row for each class of a list.

    Classes count from 1, as entries do. Raises ProblemError for another number.
    """
    parts = {word.text: inner for word, inner in value.pairs}
    for word, _ in value.pairs:
        if word.text not in ("class", "of"):
            raise ProblemError(f"{word.text} does not describe a class", word.span, hint=_HINT)
    if len(parts) != 2 or len(value.pairs) != 2:
        raise ProblemError(f"{name} needs class and of", value.span, hint=_HINT)
    count = _whole(parts["of"], "the number of classes")
    if not 2 <= count <= MAX_CLASSES:
        raise ProblemError(f"{name}: two or more classes are due", parts["of"].span, hint=_HINT)
    chosen = parts["class"]
    nodes = chosen.items if isinstance(chosen, SequenceNode) else (chosen,)
    if not nodes or len(nodes) * count > MAX_CLASSES:
        raise ProblemError(f"{name} names no class, or too many", chosen.span, hint=_HINT)
    cells: list[Numeral] = []
    for node in nodes:
        number = _whole(node, "a class")
        if not 1 <= number <= count:
            raise ProblemError(
                f"{name}: there is no class {number} of {count}",
                node.span,
                hint="classes count from 1" if number == 0 else _HINT,
            )
        cells += [
            Numeral(float(at == number), str(int(at == number)), node.span)
            for at in range(1, count + 1)
        ]
    shape = (len(nodes), count) if isinstance(chosen, SequenceNode) else (count,)
    return NumeralArray(shape, tuple(cells), value.span)


def _whole(node: Value, what: str) -> int:
    text = node.text.strip() if isinstance(node, ScalarNode) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise ProblemError(f"{what} is a whole number", node.span, hint=_HINT)
    return int(text)
