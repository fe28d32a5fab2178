"""Random classes: what each student gets beside the others is what the same sheet gets alone.

Run `python -m tests.proof.sheets [ENTRIES [SEED]]` for as many entries as one has time for. A class
is marked whole, in another order of rows and in blocks of other sizes; each of its sheets
is marked alone, checked as `--only` checks it, and checked as a sheet of text.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np

from gradcalc.errors import ProblemError
from gradcalc.grading.classes.assignment import read_submissions, sheet_of
from gradcalc.grading.classes.first_pass import Marker
from gradcalc.grading.classes.individual import drawn
from gradcalc.grading.classes.marked_block import STATUSES, Marked
from gradcalc.grading.classes.scheme import read_scheme
from gradcalc.grading.evaluation.comparison import Tolerance
from gradcalc.grading.evaluation.lines import Lines, lines_of
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.marking.verdict import Review
from gradcalc.grading.submissions.block import Block
from gradcalc.grading.submissions.duplicates import without_rows
from gradcalc.grading.submissions.sources import Reading
from gradcalc.problem.model import Problem
from gradcalc.problem.reading.loader import load
from tests.grading.classes import student

ACTIVATIONS = ("relu", "sigmoid", "tanh", "identity", "leaky_relu(alpha=0.1)", "softplus")
LOSSES = ("squared_error", "half_squared_error", "mse")
SLIPS = "loss-sign, act-skipped, bias-forgotten, sign-slip, negated, digit-slip, transcription"
MEASURES = (
    Tolerance("decimals", 2),
    Tolerance("significant", 3),
    Tolerance("absolute", 0.01),
    Tolerance("relative", 0.02),
)


@dataclass(frozen=True)
class Sheet:
    """What one student gets: statuses and kept digits by entry, mistakes by quantity, points."""

    status: Mapping[str, str]
    kept: Mapping[str, bool]
    mistakes: Mapping[str, tuple[str, ...]]
    points: Mapping[str, float]
    score: float


@dataclass(frozen=True)
class Class:
    """A class: its problem, the table of its answers, and how it is marked."""

    text: str
    table: str
    tolerance: Tolerance = field(default_factory=Tolerance)

    def problem(self) -> Problem:
        """Return the problem."""
        return load(self.text)

    def marker(self, problem: Problem) -> Marker:
        """Return what marks blocks of the class, knowing nothing of it yet."""
        scheme = read_scheme(problem.extras.get("marking"), problem)
        return Marker(lines_of(problem), scheme, self.tolerance)

    def block(self, problem: Problem, folder: Path) -> Block:
        """Return all submissions as they are read."""
        path = folder / "class.csv"
        path.write_text(self.table)
        (block,) = read_submissions([str(path)], problem, Reading())
        return drawn(block, problem, lambda _: None)


# --- problems --------------------------------------------------------------------------------


def numbers(chance: Random, *shape: int) -> str:
    """Return random numbers of one decimal as YAML writes them."""
    if not shape:
        return f"{chance.choice((-1, 1)) * chance.randint(1, 15) / 10:g}"
    return "[" + ", ".join(numbers(chance, *shape[1:]) for _ in range(shape[0])) + "]"


def network(chance: Random) -> str:
    """Return a network of one to three layers as a problem file."""
    layers = chance.choice((1, 1, 1, 2, 2, 3))
    sizes = [chance.choice((1, 2, 2, 3) if layers < 2 else (1, 1, 2)) for _ in range(layers + 1)]
    batch = chance.choice((0, 0, 0, 2))
    lead = (batch,) if batch else ()
    lines = [
        f"inputs: {{x: {numbers(chance, *lead, sizes[0])}}}",
        f"targets: {{y: {numbers(chance, *lead, sizes[-1])}}}",
        "weights:",
    ]
    for layer, (before, after) in enumerate(pairwise(sizes), start=1):
        lines.append(f"  W{layer}: {numbers(chance, after, before)}")
        if chance.random() < 0.8:
            lines.append(f"  b{layer}: {numbers(chance, *chance.choice(((), (after,))))}")
    chosen = [chance.choice(ACTIVATIONS) for _ in range(layers)]
    lines += [f"activations: [{', '.join(chosen)}]", f"loss: {chance.choice(LOSSES)}"]
    if chance.random() < 0.15 and layers > 1:
        lines.append(f"given: {{a1: {numbers(chance, *lead, sizes[1])}}}")
    if chance.random() < 0.25 and not batch:
        low = chance.choice((-2, 0))
        lines.append(f"individual: {{seed: s, x: {{from: {low}, to: 2, step: 0.5, without: [0]}}}}")
    return "\n".join(lines) + "\n"


EQUATIONS = (
    "inputs: {x: [1.5, -0.4], u: 0.7}\ntargets: {y: [0.3, 1]}\nweights: {w: [0.6, -1.2], v: 0.8}\n"
    "equations: |\n  s = w*x\n  p = tanh(s) + v*u\n  q = p*p - s\n  L = sum((q - y)^2)\n",
    "inputs: {z: [0.5, -1.5, 2]}\ntargets: {t: [0, 1, 0]}\n"
    "equations: |\n  p = softmax(z)\n  L = cross_entropy(p, t)\nfind: [dL/dz, dL/dp]\n",
    "inputs: {x: 3.2}\nweights: {a: 0.5, b: -1.1}\n"
    "equations: |\n  u = (a*x + b)^2\n  v = sigmoid(u)*x\n  L = log(v) + u/4\n",
)


def problem_text(chance: Random) -> str:
    """Return a random problem file, with a marking scheme as often as not."""
    text = network(chance) if chance.random() < 0.8 else chance.choice(EQUATIONS)
    if chance.random() < 0.15:
        text += f"rounding: {{decimals: {chance.randint(2, 3)}}}\n"
    if chance.random() < 0.4:
        text += "accept: [half, reduction, layout, relu_at_zero]\n"
    marking = []
    if chance.random() < 0.5:
        marking.append(f"follows: {chance.choice((0, 0.5))}")
    if chance.random() < 0.3:
        marking.append("convention: 0.75")
    if chance.random() < 0.2:
        marking.append("blank: 0.1")
    if chance.random() < 0.6:
        taken = [f"{slip}: 0.{chance.randint(1, 9)}" for slip in SLIPS.split(", ")]
        marking.append(f"deduct: {{{', '.join(taken)}}}")
    return text + (f"marking: {{{', '.join(marking)}}}\n" if marking else "")


# --- students --------------------------------------------------------------------------------


def spelled(chance: Random, text: str) -> str:
    """Return a number as some people write it."""
    kind = chance.random()
    if kind < 0.9 or "e" in text:
        return text
    if kind < 0.92 and text.startswith("0."):
        return text[1:]
    if kind < 0.94:
        return f"+{text}" if not text.startswith("-") else text
    if kind < 0.96:
        return f"{float(text):.1e}"
    return chance.choice(("1/3", "-2/3", "0", "1", "-0", "0.00", "1e3", "2E-2"))


def mutated(chance: Random, cells: Sequence[str]) -> list[str]:
    """Return the answers of a neighbour with some of them changed."""
    found = list(cells)
    for at in chance.sample(range(len(found)), min(len(found), chance.choice((1, 1, 1, 2, 3)))):
        found[at] = cell(chance, found[at])
    return found


def cell(chance: Random, text: str) -> str:
    """Return something else in the place of one answer."""
    kind = chance.randrange(8)
    try:
        value = float(text)
    except ValueError:
        value = chance.uniform(-2, 2)
    digits = chance.randint(2, 5)
    if kind == 0:
        return ""
    if kind == 1:
        return chance.choice(("n/a", "2x", "?", "abc"))
    if kind == 2:
        return f"{-value:.{digits}f}"
    if kind == 3:
        return f"{value:.{digits}g}" if np.isfinite(value) else "0"
    if kind == 4:
        return f"{value * chance.choice((0.5, 2, 10, 0.1)):.{digits}f}"
    if kind == 5:
        return f"{value + chance.choice((-1, 1)) * 10.0**-digits:.{digits}f}"
    if kind == 6:
        return f"{int(value * 10**digits) / 10**digits:.{digits}f}"
    return f"{chance.uniform(-2, 2):.{digits}f}"


def carried(lines: Lines, chance: Random, names: Sequence[str]) -> list[str] | None:
    """Return answers of which one is the writer's own, and carried forward."""
    wild = chance.choice(names)
    digits = chance.randint(2, 5)
    single = chance.random() < 0.15
    on_the_way = chance.random() < 0.6 and not single

    def adjust(name: str, value: np.ndarray) -> np.ndarray:
        value = lines.given.get(name, value)
        if name == wild:
            value = value + chance.choice((-0.5, 0.1, 1.0))
        return np.round(value, digits) if on_the_way and name in lines.visible else value

    values = lines.program.run(lines.start, adjust=adjust, strict=False)
    found = []
    for name in names:
        if not np.isfinite(values[name]).all():
            return None
        numbers = np.ravel(values[name]) + 0.0
        if single:
            numbers = numbers.astype(np.float32).astype(float)
        found += [repr(number) if single else f"{number:.{digits}f}" for number in numbers.tolist()]
    return found


def problem_of(chance: Random) -> tuple[str, Lines]:
    """Return a random problem file all of whose lines have a value, and its lines."""
    while True:
        text = problem_text(chance)
        try:
            lines = lines_of(load(text))
            values = lines.values
        except ProblemError:
            continue
        if all(np.isfinite(value).all() for value in values.values()):
            return text, lines


def class_of(seed: int, students: int = 20) -> Class:
    """Return a random class."""
    chance = Random(seed)
    text, lines = problem_of(chance)
    asked = [name for name in lines.visible if "/" not in name or "/d" in name[2:]]
    some = sorted(chance.sample(asked, min(len(asked), chance.randint(2, 9))), key=asked.index)
    heads = [
        name + (f"[{','.join(str(i + 1) for i in at)}]" if at else "")
        for name in some
        for at in np.ndindex(tuple(int(dim) for dim in lines.shapes[name]))
    ]
    rows: list[list[str]] = []
    while len(rows) < students:
        kind = chance.random()
        if rows and kind < 0.55:
            rows.append(mutated(chance, chance.choice(rows)))
            continue
        if kind < 0.8:
            made = carried(lines, chance, some)
        else:
            answers = student(lines, chance, slips=0.4).answers
            made = [
                text
                for name in some
                for text in answers.get(name, [""] * int(np.prod(lines.shapes[name], dtype=int)))
            ]
        if made is not None:
            rows.append([spelled(chance, text) if text else text for text in made])
    table = [",".join(["student_id", *(f'"{head}"' for head in heads)])]
    table += [",".join([f"s{at:03d}", *row]) for at, row in enumerate(rows)]
    tolerance = chance.choice(MEASURES) if chance.random() < 0.15 else Tolerance()
    return Class(text, "\n".join(table) + "\n", tolerance)


# --- what they get ---------------------------------------------------------------------------


def sheets_of(marked: Marked) -> Iterator[tuple[str, Sheet]]:
    """Yield what every student of a block gets."""
    block = marked.block
    for row, student_id in enumerate(block.ids):
        mistakes = {}
        for name, numbers_of in marked.finding.items():
            at = int(numbers_of[row])
            codes = {STATUSES[marked.status[row, c]] for c in block.quantities[name]}
            if codes & {"incorrect", "convention"}:
                mistakes[name] = marked.findings[at].ids if at >= 0 else ("not looked into",)
        yield (
            student_id,
            Sheet(
                {str(c): STATUSES[marked.status[row, at]] for at, c in enumerate(block.columns)},
                {str(c): bool(marked.kept[row, at]) for at, c in enumerate(block.columns)},
                mistakes,
                {
                    name: round(float(marked.points[row, columns].sum()), 9)
                    for name, columns in block.quantities.items()
                },
                round(float(marked.score[row]), 9),
            ),
        )


def checked(review: Review, block: Block) -> Sheet:
    """Return what a check finds, in the form of a class, without points."""
    known = {(v.name, v.index): v for v in review.verdicts}
    verdicts = {str(c): known.get((c.name, c.index)) for c in block.columns}
    mistakes: dict[str, tuple[str, ...]] = {}
    for verdict in review.verdicts:
        if verdict.finding is not None:
            mistakes.setdefault(verdict.name, review.findings[verdict.finding].ids)
    return Sheet(
        {name: v.status if v else "missing" for name, v in verdicts.items()},
        {name: bool(v and v.kept) for name, v in verdicts.items()},
        mistakes,
        {},
        0.0,
    )


def sheet_text(block: Block, lines: Lines) -> str:
    """Return the answers of one student, line by line, in the order of the solution."""
    order = {name: at for at, name in enumerate((*lines.inputs, *lines.by_name))}
    found = []
    for name in sorted(block.quantities, key=order.__getitem__):
        columns = sorted(block.quantities[name], key=lambda at: block.columns[at].index)
        texts = {at: block.text(0, at).strip() for at in columns}
        if all(block.state[0, at] < 2 for at in columns):
            shape = lines.shapes[name]
            step = int(shape[-1]) if shape else 1
            cells = [texts[at] or "_" for at in columns]
            rows = [" ".join(cells[at : at + step]) for at in range(0, len(cells), step)]
            found.append(f"{name} = " + (f"[{'; '.join(rows)}]" if shape else rows[0]))
        else:
            found += [f"{block.columns[at]} = {texts[at] or '_'}" for at in columns]
    return "\n".join(found) + "\n"


def differences(one: Class, seed: int) -> Iterator[tuple[str, str]]:
    """Yield each student who gets something else than alone, and where."""
    chance = Random(seed)
    problem = one.problem()
    with tempfile.TemporaryDirectory() as folder:
        block = one.block(problem, Path(folder))
    whole = dict(sheets_of(one.marker(problem).mark(block)))
    for what, marked in other_ways(one, problem, block, chance):
        for student_id, sheet in sheets_of(marked):
            if sheet != whole[student_id]:
                yield student_id, f"{what}: {sheet} but {whole[student_id]}"
    for row, student_id in enumerate(block.ids):
        if student_id in whole:
            for what in alone(one, problem, block.of(row), whole[student_id], chance):
                yield student_id, what


def other_ways(
    one: Class, problem: Problem, block: Block, chance: Random
) -> Iterator[tuple[str, Marked]]:
    """Yield the class marked in another order of rows and with blocks of another size."""
    count = len(block.ids)
    order = chance.choice((list(range(count))[::-1], chance.sample(range(count), count)))
    marker, size = one.marker(problem), chance.choice((3, 7, count))
    for start in range(0, count, size):
        part = without_rows(block, np.array(order[start : start + size]), ())
        yield f"in another order, {size} a block", marker.mark(part)


def alone(one: Class, problem: Problem, block: Block, due: Sheet, chance: Random) -> Iterator[str]:
    """Yield where one student gets something else alone than in the class."""
    marker = one.marker(problem)
    if chance.random() < 0.2:
        ((_, own),) = sheets_of(marker.mark(block))
        if own != due:
            yield f"marked alone: {own} but {due}"
    lines = marker.of(block).student(0)
    review = check(problem, sheet_of(block, 0, lines), one.tolerance, lines)
    found = checked(review, block)
    due = replace(due, points={}, score=0.0)
    if found != due:
        yield f"checked as --only does: {found} but {due}"
    if chance.random() < 0.2:
        found = checked(check(problem, sheet_text(block, lines), one.tolerance, lines), block)
        if found.status != due.status:
            yield f"checked as text: {found.status} but {due.status}"


def main() -> None:
    """Try classes until there are enough entries; print what differs, and counts."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    entries = classes = students = wrong = 0
    while entries < wanted:
        seed += 1
        one = class_of(seed)
        found = list(differences(one, seed))
        head, *rows = one.table.splitlines()
        classes, students = classes + 1, students + len(rows)
        entries += len(rows) * head.count('"') // 2
        wrong += len(found)
        for student_id, what in found:
            print(f"seed {seed}, {student_id}, {what}", flush=True)
        if classes % 100 == 0:
            print(f"{entries} entries so far, {wrong} differences", flush=True)
    print(f"{entries} entries of {students} students in {classes} classes: {wrong} differences")
    sys.exit(int(bool(wrong)))


if __name__ == "__main__":
    main()
