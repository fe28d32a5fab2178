"""Mark a block of submissions in one pass: students are a leading axis.

Every line is evaluated once for all students on their own earlier values. A student
whose every entry is the value itself is done after that; the others go through a second
pass, line by line, in which what is right so far is known. Explanations are searched
once for each distinct wrong answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from math import fsum

import numpy as np

from gradcalc.algebra.formula.shapes import size
from gradcalc.algebra.operations.kernels import Array, Indices, Mask
from gradcalc.grading.answers.sheet import option_texts
from gradcalc.grading.answers.written import NO_DECIMALS
from gradcalc.grading.classes.identical_sheets import second_look
from gradcalc.grading.classes.marked_block import (
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
    Rooms,
    decimals_of,
    digits_of,
    nothing,
    right_in_single,
    rooms,
)
from gradcalc.grading.classes.scheme import Ruling, Scheme
from gradcalc.grading.classes.second_pass import Course, rows_of
from gradcalc.grading.evaluation.comparison import Tolerance, Typed
from gradcalc.grading.evaluation.earlier_answers import Own
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.evaluation.single_precision import in_single
from gradcalc.grading.marking.judge import contained
from gradcalc.grading.mistakes.diagnosis import Finding
from gradcalc.grading.submissions.block import (
    BLANK,
    NUMBER,
    UNREADABLE,
    Block,
    read_whole,
    with_faults,
)
from gradcalc.grading.submissions.duplicates import without_lost

SINGLE_AT_ONCE = 256
"""Submissions in single precision that are judged together."""


@dataclass(frozen=True)
class Marker:
    """Marks blocks of one problem.

    values_only: whether values are compared with the solution's and nothing else, so that
    no error is carried forward and no mistake named.
    """

    lines: Lines
    scheme: Scheme
    tolerance: Tolerance = field(default_factory=Tolerance)
    rulings: tuple[Ruling, ...] = ()
    values_only: bool = False

    @cached_property
    def course(self) -> Course:
        """Return what all blocks share."""
        return Course(self.lines, self.tolerance)

    @np.errstate(over="ignore", invalid="ignore")  # numbers near the end of the range
    def mark(self, block: Block) -> Marked:
        """Return verdicts, points and findings for every submission of a block.

        A student whose own numbers give some line no value is an error of the block.
        """
        if not block.ids:
            return nothing(block)
        lines = self.of(block)
        lost = self.lost(block, lines)
        if lost:
            return self.mark(without_lost(block, lost))
        due = self.due(block, lines)
        limits = self.rooms(block, due)
        number = block.state == NUMBER
        absent = self.absent(block, due)
        right = self.matches(block, number, due, limits) | ((block.state != BLANK) & absent)
        single = self.in_single(block, lines, due, limits, right)
        status = np.where(right, CORRECT, INCORRECT).astype(np.uint8)
        if not number.all():
            status[block.state == BLANK] = MISSING
            status[(block.state == UNREADABLE) & ~absent] = UNREAD
        if self.values_only:
            points, score = self.points(block, status, {}, (), {}, absent=absent)
            nothing_kept = np.zeros(status.shape, dtype=bool)
            return Marked(
                block, status, points, score, lambda: due, due, {}, nothing_kept, single=single
            )
        return replace(self.followed(block, lines, status, due, limits), single=single)

    @staticmethod
    def lost(block: Block, lines: Lines) -> dict[int, str]:
        """Return the students with whose own numbers nothing exists that is asked for, and why."""

        def without_value(some: Lines) -> dict[int, str]:
            why = "has no value with the student's own numbers"
            nothing = some.of_all[1] if some.theirs else ()
            return {row: f"{some.lost[row]} {why}" for row in nothing}

        def alone(row: int) -> str:
            one = rows_of(lines, np.array([row]))
            return contained(lambda: without_value(one).get(0, ""), str)

        def one_by_one(_: str) -> dict[int, str]:
            return {row: why for row in range(len(block.ids)) if (why := alone(row))}

        if block.parameters is None:
            return {}
        return contained(lambda: without_value(lines), one_by_one)

    def followed(
        self, block: Block, lines: Lines, status: Codes, due: Array, limits: Rooms
    ) -> Marked:
        """Return the same once what is not simply right is looked at a second time."""
        count = len(block.ids)
        found: Mapping[bytes, Finding] = {}
        faults: dict[tuple[int, int], str] = {}
        kept = np.zeros(status.shape, dtype=bool)
        finding = {name: np.full(count, -1, dtype=np.intp) for name in self.judged(block)}
        rows = np.flatnonzero((status == INCORRECT).any(axis=1))
        if rows.size:
            look = second_look(
                self.course, lines, block, rows, lambda own: self.answers(block, lines, limits, own)
            )
            found = look.found
            closer = look.status[look.which]
            status[rows] = np.where(closer == MISSING, status[rows], closer)
            kept[rows] = look.kept[look.which]
            for name, numbers in look.finding.items():
                finding[name][rows] = numbers[look.which]
            if any(look.faults):
                own = zip(rows.tolist(), look.which.tolist(), strict=True)
                faults = {(r, c): why for r, at in own for c, why in look.faults[at].items()}
                block = with_faults(block, faults)
        findings = tuple(found.values())
        ruled = self.ruled(block, lines, limits, status) if self.rulings else {}
        absent = self.absent(block, due)
        points, score = self.points(block, status, finding, findings, ruled, faults, absent)
        keys = tuple(blake2b(key, digest_size=16).hexdigest() for key in found)
        return Marked(
            block,
            status,
            points,
            score,
            lambda: self.own(block, lines, limits),
            due,
            finding,
            kept,
            findings,
            keys,
            self.unsearched(block, status, finding, findings),
            ruled,
            tuple(ruling.name for ruling in self.rulings),
            faults,
        )

    def rooms(self, block: Block, due: Array) -> Rooms:
        """Return how far every cell may be rounded, where its own digits are the measure."""
        if self.tolerance.of_writer or not self.values_only:
            return rooms(block, due)
        return Rooms(block.value, np.zeros(block.value.shape, dtype=bool))

    def matches(self, block: Block, number: Mask, due: Array, limits: Rooms) -> Mask:
        """Tell which cells are the values due."""
        typed = Typed(block.value, number, limits.half, block.decimals, limits.shown)
        return typed.matches(due, self.tolerance)

    def in_single(self, block: Block, lines: Lines, due: Array, limits: Rooms, right: Mask) -> Mask:
        """Tell which submissions are printed from single precision, where their digits do not do.

        right: the cells that are the values due, to which those are added that are so here.
        """
        found = np.zeros(len(block.ids), dtype=bool)
        if right.all() or not self.tolerance.of_writer:
            return found
        rows = np.flatnonzero(((block.state == NUMBER) & ~right).any(axis=1))
        rows = rows[in_single(*digits_of(block, rows))]
        found[rows] = True
        for start in range(0, len(rows), SINGLE_AT_ONCE):
            some = rows[start : start + SINGLE_AT_ONCE]
            answers = self.answers(block, lines, limits, some)
            for columns, same in right_in_single(rows_of(lines, some), answers, self.tolerance):
                right[np.ix_(some, np.array(columns))] |= same
        return found

    def absent(self, block: Block, due: Array) -> Mask:
        """Tell which cells have no value, so that nothing there is wrong."""
        judged = np.zeros(len(block.columns), dtype=bool)
        for name in self.judged(block):
            judged[block.quantities[name]] = True
        return np.asarray(np.isnan(due) & judged)

    def due(self, block: Block, lines: Lines) -> Array:
        """Return the value that is due in each cell."""
        rows = len(block.ids) if block.parameters is not None else 1
        found = np.full((rows, len(block.columns)), np.nan)
        for name in self.judged(block):
            columns = block.quantities[name]
            shape = tuple(int(dim) for dim in lines.shapes[name])
            whole = np.broadcast_to(lines.values[name], (rows, *shape)).reshape(rows, -1)
            found[:, columns] = whole[:, self.flat(block, columns, shape)]
        return np.broadcast_to(found, block.value.shape)

    def own(self, block: Block, lines: Lines, limits: Rooms) -> Array:
        """Return what the students' own earlier values give in each cell."""
        answers = self.answers(block, lines, limits, np.arange(len(block.ids)))
        values = self.captured(lines, answers)
        found = np.zeros(block.value.shape)
        for name, each in answers.items():
            found[:, each.columns] = each.taken(np.broadcast_to(values[name], each.value.shape))
        return found

    def of(self, block: Block) -> Lines:
        """Return the lines with each student's own numbers, where the table has them."""
        if block.parameters is None:
            return self.lines
        return replace(self.lines, start=block.start(self.lines.start))

    @staticmethod
    def flat(block: Block, columns: Sequence[int], shape: tuple[int, ...]) -> list[int]:
        """Return which entries of a quantity some columns hold, counted in the order of rows."""
        entries = [block.columns[column].index for column in columns]
        return [int(np.ravel_multi_index(at, shape)) if shape else 0 for at in entries]

    def judged(self, block: Block) -> list[str]:
        """Return the quantities of a block, in the order of the solution."""
        order = {name: at for at, name in enumerate((*self.lines.inputs, *self.lines.by_name))}
        return sorted((n for n in block.quantities if n in order), key=order.__getitem__)

    def answers(
        self, block: Block, lines: Lines, limits: Rooms, rows: Indices
    ) -> dict[str, Answers]:
        """Return the answers of some students by quantity, in the order of the solution."""
        found: dict[str, Answers] = {}
        decimals = decimals_of(block)
        for name in self.judged(block):
            columns = block.quantities[name]
            shape = tuple(int(dim) for dim in lines.shapes[name])
            entries = tuple(block.columns[column].index for column in columns)
            flat = self.flat(block, columns, shape)
            place = np.ix_(rows, np.array(columns))
            whole = (len(rows), size(shape) or 1)
            value, half, mask = np.zeros(whole), np.zeros(whole), np.zeros(whole, dtype=bool)
            written = np.full(whole, NO_DECIMALS, dtype=np.int16)
            shown = np.zeros(whole, dtype=bool)
            value[:, flat] = block.value[place]
            mask[:, flat] = block.state[place] == NUMBER
            half[:, flat], written[:, flat] = limits.half[place], decimals[place]
            shown[:, flat] = limits.shown[place]
            own = (len(rows), *shape)
            value, mask, half = value.reshape(own), mask.reshape(own), half.reshape(own)
            written, shown = written.reshape(own), shown.reshape(own)
            found[name] = Answers(columns, entries, flat, value, mask, half, written, shown)
        return found

    @staticmethod
    def unsearched(
        block: Block,
        status: Codes,
        finding: Mapping[str, Indices],
        findings: Sequence[Finding],
    ) -> int:
        """Return how many wrong answers there are beyond those of a sheet that are explained."""
        noted = np.array([*(each.unsearched for each in findings), False])
        if not noted.any():
            return 0
        return sum(
            int(((status[:, block.quantities[name]] == INCORRECT).any(axis=1) & noted[at]).sum())
            for name, at in finding.items()
        )

    def captured(self, lines: Lines, answers: Mapping[str, Answers]) -> dict[str, Array]:
        """Return what every line gives on the students' own operands.

        Where that fails for all at once, it has no value for those for whom it fails alone.
        """

        def alone(row: int) -> dict[str, Array]:
            rows = np.array([row])
            own = {name: each.rows(rows) for name, each in answers.items()}
            return contained(lambda: self.follow(rows_of(lines, rows), own), lambda _: {})

        def one_by_one(_: str) -> dict[str, Array]:
            count = len(next(iter(answers.values())).value)
            found = [alone(row) for row in range(count)]
            gaps = {n: np.full(tuple(map(int, s)), np.nan) for n, s in lines.shapes.items()}
            return {
                name: np.concatenate(
                    [np.broadcast_to(each.get(name, gap), (1, *gap.shape)) for each in found]
                )
                for name, gap in gaps.items()
            }

        return contained(lambda: self.follow(lines, answers), one_by_one)

    @staticmethod
    def follow(lines: Lines, answers: Mapping[str, Answers]) -> dict[str, Array]:
        """Return what every line gives on the students' own operands."""
        own = {name: Own(each.value, each.mask) for name, each in answers.items()}
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

    def ruled(self, block: Block, lines: Lines, limits: Rooms, status: Codes) -> dict[str, Indices]:
        """Return for each quantity which ruling a wrong answer falls under, or -1."""
        answers = self.answers(block, lines, limits, np.arange(len(block.ids)))
        found: dict[str, Indices] = {}
        own = {
            name: np.where(answers[name].mask, answers[name].value, value)
            if name in answers
            else value
            for name, value in self.captured(lines, answers).items()
        }
        for number, ruling in enumerate(self.rulings):
            each = answers.get(ruling.at)
            if each is None:
                continue
            numbers = found.setdefault(ruling.at, np.full(len(each.value), -1, dtype=np.intp))
            wrong = (status[:, each.columns] == INCORRECT).any(axis=1)
            rows = wrong & (numbers < 0) & ruling.applies(each, lines, own, self.tolerance)
            numbers[rows] = number
        return found

    def points(
        self,
        block: Block,
        status: Codes,
        finding: Mapping[str, Indices],
        findings: Sequence[Finding],
        ruled: Mapping[str, Indices],
        faults: Collection[tuple[int, int]] = (),
        absent: Mask | None = None,
    ) -> tuple[Array, Array]:
        """Return the points of each entry, and each student's score.

        faults: cells at which gradcalc itself failed; absent: those whose value does not
        exist. Nothing is taken off there.
        """
        most = self.scheme.points(block.columns)
        shares = np.zeros(len(STATUSES))
        shares[CORRECT] = 1.0
        shares[FOLLOWS], shares[CONVENTION] = self.scheme.follows, self.scheme.convention
        points = most * shares[status]
        if self.scheme.blank:
            points = np.where(status == MISSING, np.minimum(most, self.scheme.blank), points)
        for name in self.scheme.undivided & block.quantities.keys():
            self.undivide(name, block, shares[status], points)
        if self.scheme.deduct:
            self.deduct(block, status, finding, findings, points, most)
        for name, numbers in ruled.items():
            columns = block.quantities[name]
            share = np.array([ruling.share for ruling in self.rulings])[numbers][:, None]
            wrong = (numbers >= 0)[:, None] & (status[:, columns] == INCORRECT)
            points[:, columns] = np.where(wrong, most[columns] * share, points[:, columns])
        if absent is not None:
            points = np.where(absent, most, points)
        for row, column in faults:
            points[row, column] = most[column]
        score = points.sum(axis=1)
        if self.scheme.cap is not None:
            score = np.minimum(score, self.scheme.cap)
        return points, score

    @cached_property
    def options(self) -> Array:
        """Return the options that are numbers, each with its entries in the order of rows."""
        (asked,) = self.lines.problem.find
        shape = () if asked.index is not None else self.lines.shapes[asked.name]
        due = tuple(int(dim) for dim in shape)
        texts = option_texts(self.lines.problem).values()
        rows = [read_whole(text, due) for text in texts]
        whole = [row for row in rows if all(cell.state == NUMBER for cell in row)]
        values = [[cell.value for cell in row] for row in whole]
        return np.array(values, dtype=float).reshape(len(values), size(due) or 1)

    def undivide(self, name: str, block: Block, shares: Array, points: Array) -> None:
        """Take the points of single entries from whoever has chosen a wrong option."""
        order = sorted(block.quantities[name], key=lambda at: block.columns[at].index)
        if len(order) != self.options.shape[1]:
            return
        columns = np.array(order)
        wrong = np.flatnonzero((shares[:, columns] < 1).any(axis=1))
        place = np.ix_(wrong, columns)
        same = (block.value[place][:, None] == self.options).all(axis=2).any(axis=1)
        chosen = wrong[same & (block.state[place] == NUMBER).all(axis=1)]
        points[np.ix_(chosen, columns)] = 0.0

    def deduct(
        self,
        block: Block,
        status: Codes,
        finding: Mapping[str, Indices],
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
                left = max(0.0, 1.0 - fsum(taken) / whole)
                for column in columns:
                    wrong = (numbers == number) & (status[:, column] == INCORRECT)
                    points[wrong, column] = most[column] * left
