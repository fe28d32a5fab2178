"""Read an answer sheet, or what a file publishes, into answers; write a blank sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gradcalc.algebra.formula.expr import Expr
from gradcalc.algebra.formula.names import gradient_name, gradient_parts
from gradcalc.algebra.formula.shapes import Shape, describe, size
from gradcalc.errors import ProblemError, Source, visible
from gradcalc.grading.answers.names import LETTER_NAMES, Quantities
from gradcalc.grading.answers.number_styles import read_cells
from gradcalc.grading.answers.sheet_text import (
    LineParts,
    NamedText,
    parts_of,
    read_pairs,
    statements,
)
from gradcalc.grading.answers.values import ValueReader, flat
from gradcalc.grading.answers.written import Written
from gradcalc.problem.model import Problem
from gradcalc.problem.names import Reference, is_hidden
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, SequenceNode, Value

MAX_BLANKS = 400

MAX_ANSWERS = 10_000
MAX_PARTS = 20
NO_VALUE = "no name = value on this line"

_NUMBERED = re.compile(r"(?:[-*•]\s{1,9}|\(?\d{1,3}[.)]?\s{1,9}|\(\d{1,3}\)\s{0,9})(?=\S)")
_LETTERS_APART = re.compile(r"[\s,;&/]+|(?<!\w)(?:and|or|und)(?!\w)")

_LETTER = re.compile(r"\W{0,2}(\w{1,8})\W{0,2}\Z")


def blank_sheet(problem: Problem) -> str:
    """Return the text of an answer sheet with all values left out."""
    names = [name for name in problem.named if _asked(problem, name)]
    title = " ".join(visible(problem.title).split())
    head = [
        f"# {title}",
        "# Put numbers for the _, as many digits as you worked with: 0.31, -2, 1/3.",
        "# A matrix is written row by row, a semicolon between rows.",
        "# What you leave as _ counts as blank; lines may be left out or added.",
    ]
    shapes = problem.visible.shapes
    lines = [f"{_shown(problem, name)} = {_blanks(shapes[name])}" for name in names]
    return "\n".join([*head, "", *lines]) + "\n"


def _asked(problem: Problem, name: str) -> bool:
    """Tell whether a quantity is computed and worth a line of its own."""
    if Reference(name) in problem.find:
        return name not in problem.given
    parts = gradient_parts(name)
    local = parts is not None and parts[0] != problem.loss
    own = name == gradient_name(problem.loss, problem.loss)
    return not (local or own or name in problem.data or name in problem.given or is_hidden(name))


def _shown(problem: Problem, name: str) -> str:
    """Return the author's name where it is read back as the same quantity."""
    shown = problem.names.shown(name)
    found = problem.lexicon.read(shown)
    return shown if found == Reference(name) else name


def _blanks(shape: Shape) -> str:
    """Return a blank for each entry in rows, or one for all where there are letters or many.

    >>> _blanks((2, 3)), _blanks(("N",))
    ('_ _ _; _ _ _', '_   # N entries')
    """
    count = size(shape)
    if count is None or count > MAX_BLANKS or len(shape) > 2:
        return f"_   # {describe(shape)}"
    *rows, columns = (1, 1, *shape)[-2:]
    row = " ".join("_" * int(columns))
    return "; ".join([row] * int(rows[0]))


@dataclass(frozen=True)
class Answer:
    """One quantity, or one entry of it, as a sheet has it.

    name: gradcalc's, `answer` for an option letter, as typed where it is unknown, empty
    where none stands. index counts from 0. text: the right-hand side as written. shape:
    the due one where the entries fit it without doubt, else as written. cells: in row
    order, None for a blank; empty for a formula, a letter and what is unreadable.
    reason: why it is unreadable. unread: entries that alone are so, as typed and why; absent:
    entries that nobody was asked for.
    """

    name: str
    index: tuple[int, ...] | None
    line: int
    text: str
    shape: tuple[int, ...] = ()
    cells: tuple[Written | None, ...] = ()
    formula: Expr | None = None
    letter: str | None = None
    reason: str | None = None
    unread: Mapping[tuple[int, ...], tuple[str, str]] = field(default_factory=dict)
    absent: frozenset[tuple[int, ...]] = frozenset()


@dataclass(frozen=True)
class Sheet:
    """All answers of one file or command line, in the order of the page."""

    name: str
    answers: tuple[Answer, ...]
    warnings: tuple[str, ...] = ()


def read_sheet(source: Source, problem: Problem, quantities: Quantities | None = None) -> Sheet:
    """Return the answers of a sheet; what is unreadable on a line is kept with the reason.

    quantities: the names in use, where they are not those of the problem alone.
    Raises ProblemError only for a YAML or JSON document that is broken as a whole.
    """
    reader = _Reader(quantities or Quantities(problem))
    document = read_pairs(source)
    warnings: tuple[str, ...] = ()
    if document is None:
        answers = reader.text(source.text)
    else:
        answers, warnings = reader.pairs(document.pairs), document.warnings
    found, more = _bounded(answers)
    if not found:
        more = (*more, f"there are no answers in {source.name}")
    return Sheet(source.name, found, (*warnings, *more))


def read_assignments(texts: Sequence[str], problem: Problem) -> Sheet:
    """Return the answers that a command line gives one by one: `dL/dz3 = -2`."""
    reader = _Reader(Quantities(problem))
    answers = (
        answer for at, text in enumerate(texts, 1) for answer in reader.statement(text.strip(), at)
    )
    return Sheet("<answers>", *_bounded(answers))


def _bounded(answers: Iterator[Answer]) -> tuple[tuple[Answer, ...], tuple[str, ...]]:
    """Return as many answers as are read, and a warning where there are more."""
    found: list[Answer] = []
    for answer in answers:
        if len(found) == MAX_ANSWERS:
            return tuple(found), (
                f"more than {MAX_ANSWERS} answers: line {answer.line} and what"
                " follows are not read",
            )
        found.append(answer)
    return tuple(found), ()


class _Reader:
    """Reads names and values, counting what a sheet may hold."""

    def __init__(self, quantities: Quantities) -> None:
        self.quantities = quantities
        self.values = ValueReader(quantities)

    def text(self, text: str) -> Iterator[Answer]:
        """Yield the answers of lines `name = value`."""
        for statement in statements(text):
            yield from self.statement(statement.text, statement.line)

    def pairs(self, pairs: Sequence[NamedText]) -> Iterator[Answer]:
        """Yield the answers of a mapping."""
        for pair in pairs:
            if pair.name is None:
                yield from self.statement(pair.text, pair.line)
            elif pair.reason:
                yield Answer(pair.name, None, pair.line, pair.text, reason=pair.reason)
            else:
                texts = (pair.name, *parts_of(pair.text).texts)
                yield from self.parts(LineParts(texts, False), pair.line, pair.text)

    def statement(self, text: str, line: int) -> Iterator[Answer]:
        """Yield the answers of one line: one a name on its left."""
        parts = parts_of(text)
        if parts.colon and len(parts.texts) > 2 and not self.named(parts.texts[0]):
            parts = LineParts(parts.texts[1:], False)  # `Step 1: z1 = 0.3`
        if len(parts.texts) == 1:
            yield Answer("", None, line, flat(text), reason=NO_VALUE)
        elif parts.texts[0] != "answers" or any(parts.texts[1:]):
            _, rest = _cut(text, parts)
            yield from self.parts(parts, line, rest)

    def named(self, text: str) -> Reference | str | None:
        """Return the quantity that a text names, `answer` for an option, else None."""
        found = self.quantities.find(text)
        if isinstance(found, str) and (number := _NUMBERED.match(text)):
            found = self.quantities.find(text[number.end() :])
        if isinstance(found, str):
            return "answer" if text.casefold() in LETTER_NAMES else None
        return found

    def parts(self, parts: LineParts, line: int, text: str) -> Iterator[Answer]:
        """Yield the answers of a line that is cut at its signs of equality."""
        typed, *rest = parts.texts
        found = self.named(typed)
        if found is None:
            reason = str(self.quantities.find(typed))
            yield Answer(flat(typed), None, line, flat(text), reason=reason)
            return
        if isinstance(found, str):
            yield self.letter(rest[-1], line)
            return
        if len(rest) > MAX_PARTS:
            reason = f"more than {MAX_PARTS} signs of equality on one line"
            yield Answer(found.name, found.index, line, flat(text), reason=reason)
            return
        names = [found]
        while len(rest) > 1 and isinstance(same := self.named(rest[0]), Reference):
            names.append(same)
            rest = rest[1:]
        for name in names:
            value = self.values.value(rest, text, name)
            yield Answer(
                name.name,
                name.index,
                line,
                value.text,
                value.shape,
                value.cells,
                value.formula,
                reason=value.reason,
            )

    def letter(self, text: str, line: int) -> Answer:
        """Return the answer that names options."""
        labels = {label.casefold(): label for label in self.quantities.options}
        answer = Answer("answer", None, line, flat(text))
        words = [text] if text.casefold() in labels else _LETTERS_APART.split(text)
        letters = [word.strip("()[].:'\"") for word in words if word.strip("()[].:'\"")]
        if not text or all(word in ("_", "?", "-") for word in words):
            return replace(answer, cells=(None,))
        if not labels:
            return replace(answer, reason="this problem has no options")
        for letter in letters:
            if letter.casefold() not in labels:
                return replace(answer, reason=f"{letter[:40]} is not an option of this problem")
        return replace(answer, letter=", ".join(labels[word.casefold()] for word in letters))


def _cut(text: str, parts: LineParts) -> tuple[str, str]:
    """Return a line's first part and all that stands behind its sign of equality."""
    start = text.find(parts.texts[0]) + len(parts.texts[0])
    return parts.texts[0], text[start:].lstrip().lstrip(":=≈≃≅~").strip()


def option_texts(problem: Problem) -> dict[str, str]:
    """Return the numbers of each option by its letter, those without numbers as they stand.

    What is shorter than the longest of all options has lost its zeros and gets them back.
    """
    section = problem.extras.get("options")
    if not isinstance(section, MappingNode) or len(problem.find) != 1:
        return {}
    texts = {label.text.strip().casefold(): text_of(node) for label, node in section.pairs}
    rows: dict[str, list[list[Written | None]]] = {}
    for label, text in texts.items():
        try:
            rows[label] = [list(row) for row in read_cells(text).rows]
        except ValueError:
            continue
    cells = [cell for found in rows.values() for row in found for cell in row if cell is not None]
    places = max((cell.decimals for cell in cells), default=0)
    return texts | {
        label: "; ".join(" ".join(_padded(cell, places) for cell in row) for row in found)
        for label, found in rows.items()
    }


def _padded(cell: Written | None, places: int) -> str:
    if cell is None:
        return "_"
    plain = cell.rounded and 0 <= cell.decimals < places
    return f"{cell.value:.{places}f}" if plain else cell.text


def spelled_out(text: str, options: Mapping[str, str]) -> str:
    """Return the numbers that a cell stands for where it is the letter of an option.

    >>> spelled_out("(B)", {"b": "0.5 1"}), spelled_out("0.5", {"b": "0.5 1"})
    ('0.5 1', '0.5')
    """
    letter = _LETTER.match(text.strip())
    return options.get(letter[1].casefold(), text) if letter else text


def text_of(node: Value) -> str:
    """Return an option as it is written, lists with brackets and commas."""
    if isinstance(node, ScalarNode):
        return node.text.strip()
    assert isinstance(node, SequenceNode)
    return "[" + ", ".join(text_of(item) for item in node.items) + "]"


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
