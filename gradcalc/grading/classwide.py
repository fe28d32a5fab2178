"""Mark a block of submissions in one pass: students are a leading axis.

Every line is evaluated once for all students on their own earlier values. A student
whose every entry is the value itself is done after that; the others go through a second
pass, line by line, in which what is right so far is known. Explanations are searched
once for each distinct wrong answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b

import numpy as np

from gradcalc.algebra.kernels import Array
from gradcalc.algebra.shapes import size
from gradcalc.grading.block import NUMBER, UNREADABLE, Block
from gradcalc.grading.comparison import Tolerance
from gradcalc.grading.lines import Lines
from gradcalc.grading.marked import (
    CONVENTION,
    CORRECT,
    FOLLOWS,
    INCORRECT,
    MISSING,
    STATUSES,
    UNREAD,
    Answers,
    Codes,
    Marked,
    Rows,
    half_units,
    nothing,
)
from gradcalc.grading.rulings import Ruling
from gradcalc.grading.scheme import Scheme
from gradcalc.grading.search import Own
from gradcalc.grading.secondpass import Course, SecondPass, rows_of
from gradcalc.grading.transcription import data_texts
from gradcalc.grading.verdict import Finding


@dataclass(frozen=True)
class Marker:
    """Marks blocks of one problem."""

    lines: Lines
    scheme: Scheme
    tolerance: Tolerance = field(default_factory=Tolerance)
    rulings: tuple[Ruling, ...] = ()

    @cached_property
    def course(self) -> Course:
        """Return what all blocks share."""
        return Course(self.lines, self.tolerance, data_texts(self.lines))

    @np.errstate(over="ignore", invalid="ignore")  # numbers near the end of the range
    def mark(self, block: Block) -> Marked:
        """Return verdicts, points and findings for every submission of a block."""
        count = len(block.ids)
        if not count:
            return nothing(block)
        lines = self.of(block)
        answers = self.answers(block, lines)
        own = {name: Own(each.value, each.mask) for name, each in answers.items()}
        values = self.captured(lines, own)
        status = np.full(block.value.shape, MISSING, dtype=np.uint8)
        status[block.state == UNREADABLE] = UNREAD
        exact, given = np.zeros(block.value.shape), np.zeros(block.value.shape)
        open_ = np.zeros(count, dtype=bool)
        for name, each in answers.items():
            due = self.due(lines, name, count)
            right = each.matches(due, self.tolerance)
            fine = each.taken(each.mask & right)
            status[:, each.columns] = np.where(fine, CORRECT, status[:, each.columns])
            exact[:, each.columns] = each.taken(due)
            given[:, each.columns] = each.taken(np.broadcast_to(values[name], due.shape))
            open_ |= (each.mask & ~right).reshape(count, -1).any(axis=1)
        rows = np.flatnonzero(open_)
        found: Mapping[bytes, Finding] = {}
        unsearched = 0
        kept = np.zeros(block.value.shape, dtype=bool)
        finding = {name: np.full(count, -1, dtype=np.intp) for name in answers}
        if rows.size:
            closer = SecondPass(self.course, rows_of(lines, rows), block, rows, answers)
            closer.walk()
            found, unsearched = closer.found, closer.unsearched
            for name, codes in closer.status.items():
                each = answers[name]
                place = np.ix_(rows, np.array(each.columns))
                part = each.taken(codes)
                status[place] = np.where(part == MISSING, status[place], part)
                kept[place] = each.taken(closer.kept[name])
                finding[name][rows] = closer.finding[name]
        findings = tuple(found.values())
        ruled = self.ruled(lines, answers, values, status)
        points, score = self.points(block, status, finding, findings, ruled)
        keys = tuple(blake2b(key, digest_size=16).hexdigest() for key in found)
        return Marked(
            block,
            status,
            points,
            score,
            given,
            exact,
            finding,
            kept,
            findings,
            keys,
            unsearched,
            ruled,
            tuple(ruling.name for ruling in self.rulings),
        )

    def of(self, block: Block) -> Lines:
        """Return the lines with each student's own numbers, where the table has them."""
        if block.parameters is None:
            return self.lines
        return replace(self.lines, start=block.start(self.lines.start))

    @staticmethod
    def due(lines: Lines, name: str, count: int) -> Array:
        """Return the value of a line for every student."""
        shape = tuple(int(dim) for dim in lines.shapes[name])
        return np.broadcast_to(lines.values[name], (count, *shape))

    def answers(self, block: Block, lines: Lines) -> dict[str, Answers]:
        """Return the answers by quantity, in the order of the solution."""
        halves = half_units(block)
        found: dict[str, Answers] = {}
        order = {name: at for at, name in enumerate((*lines.inputs, *lines.by_name))}
        names = [name for name in block.quantities if name in order]
        for name in sorted(names, key=order.__getitem__):
            columns = block.quantities[name]
            shape = tuple(int(dim) for dim in lines.shapes[name])
            entries = tuple(block.columns[column].index for column in columns)
            flat = [int(np.ravel_multi_index(at, shape)) if shape else 0 for at in entries]
            whole = (len(block.ids), size(shape) or 1)
            value, half, mask = np.zeros(whole), np.zeros(whole), np.zeros(whole, dtype=bool)
            value[:, flat] = block.value[:, columns]
            mask[:, flat] = block.state[:, columns] == NUMBER
            half[:, flat] = halves[:, columns]
            own = (len(block.ids), *shape)
            parts = (value.reshape(own), mask.reshape(own), half.reshape(own))
            found[name] = Answers(columns, entries, flat, *parts)
        return found

    @staticmethod
    def captured(lines: Lines, own: Mapping[str, Own]) -> dict[str, Array]:
        """Return what every line gives on the students' own operands."""
        found: dict[str, Array] = dict(lines.start)

        def adjust(name: str, value: Array) -> Array:
            found[name] = lines.given.get(name, value)
            return own[name].over(found[name]) if name in own else found[name]

        start = {
            name: own[name].over(value) if name in own else value
            for name, value in lines.start.items()
        }
        lines.program.run(start, adjust=adjust, strict=False)
        return found

    def ruled(
        self,
        lines: Lines,
        answers: Mapping[str, Answers],
        values: Mapping[str, Array],
        status: Codes,
    ) -> dict[str, Rows]:
        """Return for each quantity which ruling a wrong answer falls under, or -1."""
        found: dict[str, Rows] = {}
        own = {
            name: np.where(answers[name].mask, answers[name].value, value)
            if name in answers
            else value
            for name, value in values.items()
        }
        for number, ruling in enumerate(self.rulings):
            each = answers.get(ruling.at)
            if each is None:
                continue
            numbers = found.setdefault(ruling.at, np.full(len(each.value), -1, dtype=np.intp))
            wrong = (status[:, each.columns] == INCORRECT).any(axis=1)
            rows = wrong & (numbers < 0) & ruling.applies(each, lines, own)
            numbers[rows] = number
        return found

    def points(
        self,
        block: Block,
        status: Codes,
        finding: Mapping[str, Rows],
        findings: Sequence[Finding],
        ruled: Mapping[str, Rows],
    ) -> tuple[Array, Array]:
        """Return the points of each entry, and each student's score."""
        most = self.scheme.points(block.columns)
        shares = np.zeros(len(STATUSES))
        shares[CORRECT] = 1.0
        shares[FOLLOWS], shares[CONVENTION] = self.scheme.follows, self.scheme.convention
        points = most * shares[status]
        if self.scheme.blank:
            points = np.where(status == MISSING, np.minimum(most, self.scheme.blank), points)
        if self.scheme.deduct:
            self.deduct(block, status, finding, findings, points, most)
        for name, numbers in ruled.items():
            columns = block.quantities[name]
            share = np.array([ruling.share for ruling in self.rulings])[numbers][:, None]
            wrong = (numbers >= 0)[:, None] & (status[:, columns] == INCORRECT)
            points[:, columns] = np.where(wrong, most[columns] * share, points[:, columns])
        score = points.sum(axis=1)
        if self.scheme.cap is not None:
            score = np.minimum(score, self.scheme.cap)
        return points, score

    def deduct(
        self,
        block: Block,
        status: Codes,
        finding: Mapping[str, Rows],
        findings: Sequence[Finding],
        points: Array,
        most: Array,
    ) -> None:
        """Give wrong entries of a named mistake their points less what it takes off."""
        for name, numbers in finding.items():
            columns = block.quantities[name]
            whole = float(most[columns].sum())
            for number in np.unique(numbers[numbers >= 0]):
                taken = [
                    self.scheme.deduct[rule]
                    for rule in findings[number].ids
                    if rule in self.scheme.deduct
                ]
                if not taken or whole == 0:
                    continue
                left = max(0.0, 1.0 - sum(taken) / whole)
                for column in columns:
                    wrong = (numbers == number) & (status[:, column] == INCORRECT)
                    points[wrong, column] = most[column] * left
