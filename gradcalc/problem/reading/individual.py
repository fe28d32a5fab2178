"""Read which numbers of a problem every student has for themselves, and of which choices.

The numbers of the file stay the example that is solved where no student is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import product
from math import prod

from gradcalc.algebra.formula.names import canonical, gradient_parts
from gradcalc.algebra.formula.shapes import Index
from gradcalc.errors import ProblemError, listed, suggestion
from gradcalc.problem.model import Choices, Data, Individual
from gradcalc.problem.names import Reference
from gradcalc.problem.reading.vocabulary import Vocabulary
from gradcalc.problem.text.numbers import read_number
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, SequenceNode, Value

SEED, MAX_SEED = "seed", 200
RANGE = ("from", "to", "step", "without")
MAX_CHOICES, MAX_DRAWN = 10_000, 1_000
PLACES, DIGITS, LARGEST = 12, 15, Decimal(10) ** 9
"""So many digits that a float is told from all others by them, and back."""


def read_individual(
    section: MappingNode | None, vocabulary: Vocabulary, data: Mapping[str, Data]
) -> Individual | None:
    """Return what is drawn for every student; what a single entry's key says goes first.

    Raises ProblemError for a name that the file gives no number, for a choice that is no
    decimal number, and for choices that are none, one, or too many.
    """
    if section is None:
        return None
    seed = _seed(section)
    found: dict[str, dict[Index, tuple[Choices, bool]]] = {}
    keys: dict[Reference, ScalarNode] = {}
    for key, value in section.pairs:
        if key.text == SEED:
            continue
        reference = _reference(key, vocabulary, data)
        if reference in keys:
            line = keys[reference].span.line
            raise ProblemError(f"{reference} is drawn twice", key.span, f"first in line {line}")
        keys[reference] = key
        choices = read_choices(value, str(reference))
        entries = found.setdefault(reference.name, {})
        for index in _entries(reference, data[reference.name], key):
            if reference.index is not None or index not in entries:
                entries[index] = choices, reference.index is not None
    if not keys:
        raise ProblemError(
            "individual draws no number",
            section.span,
            hint="x: {from: -2, to: 2, step: 0.5} draws every entry of x",
        )
    drawn = [
        (Reference(name, index or None), found[name][index][0])
        for name in data
        if name in found
        for index in sorted(found[name])
    ]
    if len(drawn) > MAX_DRAWN:
        raise ProblemError(
            f"{len(drawn)} numbers are drawn for every student",
            section.span,
            f"at most {MAX_DRAWN}",
            "name single entries, such as W1[1,2]",
        )
    return Individual(seed, tuple(ref for ref, _ in drawn), tuple(each for _, each in drawn))


def _seed(section: MappingNode) -> str:
    value = section.get(SEED)
    if value is None:
        raise ProblemError(
            "individual has no seed",
            section.span,
            hint="seed: any text or number; another seed gives other numbers to all",
        )
    if not isinstance(value, ScalarNode) or value.empty or not value.text.strip():
        raise ProblemError("seed is a text or a number", value.span, hint="seed: spring-2026")
    if len(value.text.strip()) > MAX_SEED:
        raise ProblemError(f"a seed of more than {MAX_SEED} characters", value.span)
    return value.text.strip()


def _reference(key: ScalarNode, vocabulary: Vocabulary, data: Mapping[str, Data]) -> Reference:
    """Return the quantity or entry that a key names: one that the file has numbers for."""
    name = canonical(key.text.partition("[")[0].strip())
    known = [other for other, quantity in data.items() if quantity.known]
    hint = "drawn are numbers of " + listed(known) if known else "no quantity has numbers"
    if gradient_parts(name):
        raise ProblemError(f"{key.text.strip()} is computed, not drawn", key.span, hint=hint)
    more = (SEED,)
    if name in vocabulary.names.taken or name in vocabulary.shapes:
        found = vocabulary.read(key)
    else:
        raise ProblemError(
            f"{key.text.strip()} names no value of this problem",
            key.span,
            hint=suggestion(name, (*known, *vocabulary.names.taken, *more), hint),
        )
    if found.name not in data:
        raise ProblemError(f"{key.text.strip()} is computed, not drawn", key.span, hint=hint)
    if not data[found.name].known:
        raise ProblemError(
            f"{found.name} has no numbers",
            key.span,
            f"only a shape, in line {data[found.name].span.line}",
            "give it numbers: they are the example that is solved where no student is named",
        )
    return found


def _entries(reference: Reference, data: Data, key: ScalarNode) -> Sequence[Index]:
    if reference.index is not None:
        return [reference.index]
    dims = [int(dim) for dim in data.shape]
    if prod(dims) > MAX_DRAWN:
        raise ProblemError(
            f"{reference.name} has {prod(dims)} numbers",
            key.span,
            f"at most {MAX_DRAWN} are drawn for every student",
            f"name single entries, such as {reference.name}[{','.join('1' for _ in dims)}]",
        )
    return list(product(*map(range, dims)))


def read_choices(node: Value, what: str) -> Choices:
    """Return the numbers of a list or of a range, exactly, each once.

    A range is from, from + step, …, to, reckoned in decimals: 0.3 is the float 0.3.
    """
    if isinstance(node, SequenceNode):
        numbers = _listed(node, what)
    elif isinstance(node, MappingNode):
        numbers = _ranged(node, what)
    else:
        raise ProblemError(
            f"{what}: a list or a range is due",
            node.span,
            "a single value stands here",
            f"as in {what}: {{from: -2, to: 2, step: 0.5}} or {what}: [0.25, 0.5]",
        )
    if len(numbers) < 2:
        raise ProblemError(
            f"{what}: {'only one number' if numbers else 'no number'} is left to choose from",
            node.span,
            hint="two are the least; a number that all share stands with the data",
        )
    texts = tuple(format(number, "f") for number in numbers)
    return Choices(texts, tuple(map(float, texts)))


def _listed(node: SequenceNode, what: str) -> list[Decimal]:
    if len(node.items) > MAX_CHOICES:
        raise ProblemError(f"{what}: more than {MAX_CHOICES} choices", node.span)
    found: dict[Decimal, None] = {}
    for item in node.items:
        number = _decimal(item, what)
        if number in found:
            raise ProblemError(f"{what}: {number:f} stands twice", item.span)
        found[number] = None
    return list(found)


def _ranged(node: MappingNode, what: str) -> list[Decimal]:
    """Return the numbers of a range without those that are taken out."""
    for key, _ in node.pairs:
        if key.text not in RANGE:
            raise ProblemError(
                f"{key.text} is no part of a range",
                key.span,
                hint=suggestion(key.text, RANGE, "{from: -2, to: 2, step: 0.5, without: [0]}"),
            )
    values = {key.text: value for key, value in node.pairs}
    for word in RANGE[:3]:
        if word not in values:
            raise ProblemError(
                f"{what}: the range has no {word}",
                node.span,
                hint=f"{what}: {{from: -2, to: 2, step: 0.5}}",
            )
    first, last, step = (_decimal(values[word], f"{what}, {word}") for word in RANGE[:3])
    if step <= 0:
        raise ProblemError(
            f"{what}: a step is larger than 0", values["step"].span, hint="step: 0.5"
        )
    if first > last:
        raise ProblemError(
            f"{what}: the range is empty: from {first:f} to {last:f}",
            values["from"].span,
            hint=f"from: {last:f}, to: {first:f}",
        )
    count = int((last - first) // step) + 1
    if count > MAX_CHOICES:
        raise ProblemError(
            f"{what}: {count} choices, at most {MAX_CHOICES}",
            node.span,
            hint="take a larger step, or a shorter range",
        )
    numbers = [_tidy(first + at * step) for at in range(count)]
    if numbers[-1] != last:
        raise ProblemError(
            f"{what}: steps of {step:f} from {first:f} do not come to {last:f}",
            values["to"].span,
            hint=f"to: {numbers[-1]:f} or to: {_tidy(numbers[-1] + step):f}",
        )
    return _without(values.get("without"), numbers, what)


def _without(node: Value | None, numbers: list[Decimal], what: str) -> list[Decimal]:
    if node is None:
        return numbers
    known, out = set(numbers), set()
    for item in node.items if isinstance(node, SequenceNode) else (node,):
        number = _decimal(item, f"{what}, without")
        if number not in known:
            raise ProblemError(
                f"{what}: {number:f} is not in the range, and cannot be left out", item.span
            )
        out.add(number)
    return [number for number in numbers if number not in out]


def _decimal(node: Value, what: str) -> Decimal:
    """Return a number with all its decimals; raises ProblemError for one that has none."""
    cell = read_number(node, what)
    try:
        number = _tidy(Decimal(cell.text))
    except InvalidOperation:
        raise ProblemError(
            f"{what}: {cell.text} is no decimal number",
            node.span,
            hint="numbers that are drawn are written as 2 or -0.5",
        ) from None
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    if -exponent > PLACES or len(digits) > DIGITS or abs(number) >= LARGEST:
        raise ProblemError(
            f"{what}: a number with more digits than can be drawn",
            node.span,
            f"at most {DIGITS}, {PLACES} of them decimals, and less than {LARGEST:f}",
        )
    return number


def _tidy(number: Decimal) -> Decimal:
    """Return a number without zeros at the end, and 0 without a sign."""
    return number.normalize() if number else Decimal(0)
