"""The second pass over a block: line by line, with what is right so far known.

It is made for the students who are not simply right. Lanes beside the students carry
what their own values give, with and without the wrong ones, rounded on the way or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from gradcalc.algebra.kernels import Array
from gradcalc.engine.rounding import round_decimals, round_significant
from gradcalc.grading.block import NUMBER, Block
from gradcalc.grading.comparison import Mask, Tolerance, Typed
from gradcalc.grading.explaining import Wrong, convention, explain
from gradcalc.grading.following import Style, evaluated
from gradcalc.grading.judging import Judge
from gradcalc.grading.lines import Lines
from gradcalc.grading.marked import (
    CONVENTION,
    CORRECT,
    FOLLOWS,
    INCORRECT,
    MISSING,
    Answers,
    Codes,
    Findings,
    Rows,
)
from gradcalc.grading.search import Own
from gradcalc.grading.verdict import Finding
from gradcalc.problem.naming import Index

MOST_EXPLAINED = 1_000
"""Distinct wrong answers of one block that are explained; further ones are counted."""
LANES = (
    "own",
    "right",
    "own decimals",
    "own digits",
    "right decimals",
    "right digits",
    "ours decimals",
    "ours digits",
)
"""Whose values later lines read, and how lines that are not written are rounded."""


@dataclass(frozen=True)
class Course:
    """What all blocks of a problem share.

    texts: the problem's own numbers as they are written; findings: what was explained.
    """

    lines: Lines
    tolerance: Tolerance
    texts: Mapping[tuple[str, Index], str]
    findings: Findings = field(default_factory=Findings)


def rows_of(lines: Lines, rows: Rows) -> Lines:
    """Return the lines of some students only."""
    own = {
        name: value[rows] if value.ndim > len(lines.inputs[name]) else value
        for name, value in lines.start.items()
    }
    if all(own[name] is value for name, value in lines.start.items()):
        return lines
    found = replace(lines, start=own)
    found.memo.update(lines.memo)
    return found


class SecondPass:
    """The second pass over the students who are not simply right."""

    def __init__(
        self,
        course: Course,
        lines: Lines,
        block: Block,
        rows: Rows,
        answers: Mapping[str, Answers],
    ) -> None:
        self.course, self.lines, self.block, self.rows = course, lines, block, rows
        self.answers = {name: each.rows(rows) for name, each in answers.items()}
        self.count = len(rows)
        number = block.state[rows] == NUMBER
        self.decimals = np.where(number, block.decimals[rows], 0).max(axis=1, initial=0)
        self.digits = np.where(number, block.significant[rows], 1).max(axis=1, initial=1)
        self.status: dict[str, Codes] = {}
        self.kept: dict[str, Mask] = {}
        self.finding: dict[str, Rows] = {}
        self.wrong: dict[str, Mask] = {}
        self.found: dict[bytes, Finding] = {}
        self.numbers: dict[bytes, int] = {}
        self.unsearched = 0

    def walk(self) -> None:
        """Evaluate the lines in order, judging each before later ones read it."""
        start = {}
        lanes = len(LANES)
        for name, value in self.lines.start.items():
            start[name] = value
            if name in self.answers:
                self.judge(name, np.broadcast_to(value, (lanes, self.count, *self.shape(name))))
                start[name] = self.carried(name, value)

        def adjust(name: str, value: Array) -> Array:
            value = self.lines.given.get(name, value)
            if name in self.lines.by_name and not self.lines.by_name[name].hidden:
                value = self.rounded(name, value)
            if name not in self.answers:
                return value
            shape = (lanes, self.count, *self.shape(name))
            self.judge(name, np.broadcast_to(value, shape))
            return self.carried(name, value)

        self.lines.program.run(start, adjust=adjust, strict=False)

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(int(dim) for dim in self.lines.shapes[name])

    def rounded(self, name: str, value: Array) -> Array:
        """Return the lanes of a value, the rounding ones rounded in each student's style."""
        shape = self.shape(name)
        lanes = np.array(np.broadcast_to(value, (len(LANES), self.count, *shape)))
        rounding = self.lines.problem.rounding
        if name in self.lines.given:
            return lanes
        if rounding is not None:
            lanes[2:] = rounding(name, lanes[2:])
            return lanes
        after = (self.count, *(1 for _ in shape))
        decimals = np.maximum(self.decimals, 0).reshape(after)
        digits = np.maximum(self.digits, 1).reshape(after)
        with np.errstate(invalid="ignore"):
            lanes[2::2] = round_decimals(lanes[2::2], decimals)
            lanes[3::2] = round_significant(lanes[3::2], digits)
        return lanes

    def carried(self, name: str, value: Array) -> Array:
        """Return what later lines read: own values, or own ones that are right."""
        answers, wrong = self.answers[name], self.wrong[name]
        shape = (len(LANES), self.count, *self.shape(name))
        lanes = np.array(np.broadcast_to(value, shape))
        for lane, label in enumerate(LANES):
            if not label.startswith("ours"):
                mask = answers.mask if label.startswith("own") else answers.mask & ~wrong
                lanes[lane] = np.where(mask, answers.value, lanes[lane])
        return lanes

    def judge(self, name: str, lanes: Array) -> None:
        """Judge the answers to one quantity from what each lane computes."""
        answers, tolerance = self.answers[name], self.course.tolerance
        exact = np.broadcast_to(self.lines.values[name], answers.value.shape)
        plain = answers.matches(exact, tolerance)
        found = np.zeros_like(answers.mask)
        alike = np.zeros_like(answers.mask)
        for lane, label in enumerate(LANES):
            if name in self.lines.start and lane > 1:
                break
            same = answers.matches(lanes[lane], tolerance)
            if label.startswith("own"):
                found |= same
            elif label.startswith("right"):
                alike |= same
            else:
                plain |= same
        alike |= plain
        unsettled = answers.mask & ~plain & ~found
        kept = np.zeros_like(answers.mask)
        if unsettled.any() and tolerance.measure == "own digits":
            kept = self.with_radius(name, unsettled)
        follows = (found | kept) & ~alike & self.after_wrong(name)
        trivial = follows & self.all_zero(name) & (lanes[0] == 0) & (exact != 0)
        right = (plain | found | kept) & ~follows
        status = np.full(answers.mask.shape, MISSING, dtype=np.uint8)
        status[answers.mask] = INCORRECT
        status[answers.mask & right] = CORRECT
        status[answers.mask & follows & ~trivial] = FOLLOWS
        self.status[name], self.kept[name] = status, kept
        self.finding[name] = np.full(self.count, -1, dtype=np.intp)
        wrong = status == INCORRECT
        self.wrong[name] = answers.mask & (status != CORRECT)
        for row in np.flatnonzero(wrong.reshape(self.count, -1).any(axis=1)):
            self.explain(name, int(row), wrong[row], lanes[0][row], bool(trivial[row].any()))

    def after_wrong(self, name: str) -> Mask:
        """Tell for which students something before a line is wrong."""
        after = (self.count, *(1 for _ in self.shape(name)))
        before = self.lines.reads(name)
        found = np.zeros(self.count, dtype=bool)
        for other, wrong in self.wrong.items():
            if other in before or other in self.lines.start:
                found |= wrong.reshape(self.count, -1).any(axis=1)
        return found.reshape(after)

    def all_zero(self, name: str) -> Mask:
        """Tell for which students a wrong value that counts here is nothing but zeros."""
        after = (self.count, *(1 for _ in self.shape(name)))
        before = self.lines.reads(name)
        found = np.zeros(self.count, dtype=bool)
        for other, wrong in self.wrong.items():
            if other in before:
                each = self.answers[other]
                zero = ~(each.mask & (each.value != 0)).reshape(self.count, -1).any(axis=1)
                found |= wrong.reshape(self.count, -1).any(axis=1) & zero
        return found.reshape(after)

    def student(
        self, name: str, row: int
    ) -> tuple[dict[str, Own], dict[str, Array], dict[tuple[str, Index], str]]:
        """Return one student's values before a line, their half units and their texts."""
        own, halves, texts = {}, {}, dict(self.course.texts)
        values = self.single(row).values
        for other in self.status:
            each = self.answers[other]
            if other == name or not each.mask[row].any():
                continue
            own[other] = Own(each.value[row], each.mask[row])
            same = np.isclose(each.value[row], values[other], rtol=1e-12, atol=0)
            halves[other] = np.where(same, 0.0, each.half[row])
            for column, at in zip(each.columns, each.entries, strict=True):
                if each.mask[(row, *at)]:
                    texts[(other, at)] = self.block.text(int(self.rows[row]), column).strip()
        return own, halves, texts

    def key(self, name: str, row: int, own: Mapping[str, Own], what: bytes) -> bytes:
        """Return what makes two answers one: what is written, and what it is read from."""
        each = self.answers[name]
        cut = {other for other, values in own.items() if values.mask.all()}
        inside = self.lines.reads(name, cut)
        read = {name for line in inside for name in self.lines.by_name[line].operands}
        parts = [what, name.encode(), each.value[row].tobytes(), each.mask[row].tobytes()]
        parts.append(each.half[row].tobytes())
        for other in sorted(read & own.keys() | (own.keys() & inside)):
            parts += [other.encode(), own[other].value.tobytes(), own[other].mask.tobytes()]
        return b"\0".join(parts)

    def with_radius(self, name: str, unsettled: Mask) -> Mask:
        """Tell where digits that were kept but not written explain an entry."""
        found = np.zeros_like(unsettled)
        known: dict[bytes, Mask] = {}
        for row in np.flatnonzero(unsettled.reshape(self.count, -1).any(axis=1)):
            own, halves, _ = self.student(name, int(row))
            key = self.key(name, int(row), own, b"radius")
            if key not in known:
                each = self.answers[name].rows(np.array([row]))
                typed = Typed(each.value[0], each.mask[0], each.half[0], ())
                style = Style(int(self.decimals[row]), int(self.digits[row]))
                judge = Judge(self.single(int(row)), self.course.tolerance, style)
                known[key] = judge.with_radius(typed, name, own, halves)
            found[row] = unsettled[row] & known[key]
        return found

    def single(self, row: int) -> Lines:
        """Return the lines with the numbers of one student."""
        return self.lines.student(row)

    def explain(self, name: str, row: int, wrong: Mask, due: Array, trivial: bool) -> None:
        """Find out where a wrong answer comes from, once for all who have it."""
        own, halves, texts = self.student(name, row)
        key = self.key(name, row, own, b"explain" + bytes([trivial]))
        if key not in self.found:
            if len(self.found) >= MOST_EXPLAINED:
                self.unsearched += 1
                return
            known = self.course.findings.known.get(key)
            if known is None:
                known = self.explained(name, row, wrong, due, (own, halves, texts))
                known = replace(known, trivial=trivial)
                self.course.findings.keep(key, known)
            self.numbers[key] = len(self.found)
            self.found[key] = known
        self.finding[name][row] = self.numbers[key]
        if convention(self.found[key].explanations, self.lines.problem.accept):
            self.status[name][row][wrong] = CONVENTION

    def explained(
        self,
        name: str,
        row: int,
        wrong: Mask,
        due: Array,
        student: tuple[dict[str, Own], dict[str, Array], dict[tuple[str, Index], str]],
    ) -> Finding:
        """Return where one student's wrong answer comes from."""
        own, halves, texts = student
        lines, each = self.single(row), self.answers[name]
        place = int(self.rows[row])
        written = tuple(self.block.text(place, column).strip() for column in each.columns)
        typed = Typed(each.value[row], each.mask[row], each.half[row], written)
        style = Style(int(self.decimals[row]), int(self.digits[row]))
        question = Wrong(name, typed, wrong, due, own, halves, texts, style)
        finding = explain(lines, question, self.course.tolerance, self.block.lines[place])
        return replace(finding, written=written, values=evaluated(lines, own))
