"""The second pass over a block: line by line, with what is right so far known.

It is made for the students who are not simply right. Lanes beside the students carry
what their own values give, with and without the wrong ones, rounded on the way or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from gradcalc.algebra.kernels import Array
from gradcalc.engine.rounding import round_decimals, round_significant
from gradcalc.grading.block import NUMBER, Block
from gradcalc.grading.comparison import Mask, Tolerance, Typed
from gradcalc.grading.explaining import Wrong, convention, explain, noted
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
from gradcalc.grading.search import Own, Search
from gradcalc.grading.transcription import data_texts
from gradcalc.grading.verdict import Finding
from gradcalc.problem.naming import Index

MOST_EXPLAINED = 1_000
"""Distinct wrong answers of one block that are explained; further ones are counted."""
SAME = 1e-12
"""Relative distance within which a written value is exactly ours and has no radius."""
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

    texts: the problem's own numbers as they are written; findings: what was explained;
    judges: of students with the problem's own numbers, by how they round.
    """

    lines: Lines
    tolerance: Tolerance
    texts: Mapping[tuple[str, Index], str]
    findings: Findings = field(default_factory=Findings)
    judges: dict[Style, Judge] = field(default_factory=dict)


def rows_of(lines: Lines, rows: Rows) -> Lines:
    """Return the lines of some students only."""
    own = {
        name: value[rows] if value.ndim > len(lines.inputs[name]) else value
        for name, value in lines.start.items()
    }
    if all(own[name] is value for name, value in lines.start.items()):
        return lines
    return replace(lines, start=own)


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
        number &= block.value[rows] != 0  # zeros say nothing of how a student rounds
        self.decimals = np.where(number, block.decimals[rows], 0).max(axis=1, initial=0)
        self.digits = np.where(number, block.significant[rows], 0).max(axis=1, initial=0)
        self.status: dict[str, Codes] = {}
        self.kept: dict[str, Mask] = {}
        self.finding: dict[str, Rows] = {}
        self.wrong: dict[str, Mask] = {}
        self.trivial = np.zeros(0, dtype=bool)
        self.found: dict[bytes, Finding] = {}

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
        decimals, digits = self.decimals.reshape(after), self.digits.reshape(after)
        with np.errstate(invalid="ignore"):
            places = round_decimals(lanes[2::2], np.maximum(decimals, 0))
            lanes[2::2] = np.where(decimals > 0, places, lanes[2::2])
            kept = round_significant(lanes[3::2], np.maximum(digits, 1))
            lanes[3::2] = np.where(digits > 1, kept, lanes[3::2])
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
        simple = answers.mask & (plain | (found & (alike | ~self.after_wrong(name))))
        status = np.full(answers.mask.shape, MISSING, dtype=np.uint8)
        status[answers.mask] = INCORRECT
        status[simple] = CORRECT
        self.status[name] = status
        self.kept[name], self.trivial = np.zeros_like(simple), np.zeros(self.count, dtype=bool)
        self.finding[name] = np.full(self.count, -1, dtype=np.intp)
        open_ = (answers.mask & ~simple).reshape(self.count, -1).any(axis=1)
        self.closer(name, np.flatnonzero(open_))
        wrong = status == INCORRECT
        self.wrong[name] = answers.mask & (status != CORRECT)
        if wrong.any():
            self.explain(name, wrong, lanes[0])

    def closer(self, name: str, rows: Rows) -> None:
        """Judge answers that are not simply right, each distinct one once."""
        known = self.course.findings.judged
        for key, same in self.distinct(name, rows):
            judged = known.get(key)
            if judged is None:
                judged = self.alone(name, int(same[0]))
                self.course.findings.remember(known, key, judged)
            status, kept, trivial = judged
            self.status[name][same], self.kept[name][same] = status, kept
            self.trivial[same] = trivial

    def alone(self, name: str, row: int) -> tuple[Codes, Mask, bool]:
        """Return what the entries of one student's answer are judged to be."""
        own, halves = self.student(name, row)
        right = dict(own)
        for other in own:
            wrong = self.wrong[other][row]
            if wrong.any():
                right[other] = Own(own[other].value, own[other].mask & ~wrong)
        each = self.answers[name]
        typed = Typed(each.value[row], each.mask[row], each.half[row], ())
        style = Style(int(self.decimals[row]), int(self.digits[row]))
        found = self.judge_for(style, row).judge(name, typed, own, right, halves)
        status = np.where(found.right, CORRECT, np.where(found.follows, FOLLOWS, INCORRECT))
        status = np.where(typed.mask, status, MISSING).astype(np.uint8)
        trivial = bool(found.trivial[status == INCORRECT].any())
        return status, found.kept, trivial

    def judge_for(self, style: Style, row: int) -> Judge:
        """Return what judges one student; students with the same numbers share it."""
        lines, course = self.lines.student(row), self.course
        if lines is not course.lines:
            return Judge(lines, course.tolerance, style)
        known = course.judges.get(style)
        if known is None:
            known = course.judges[style] = Judge(lines, course.tolerance, style)
        return known

    def after_wrong(self, name: str) -> Mask:
        """Tell for which students something before a line is wrong."""
        after = (self.count, *(1 for _ in self.shape(name)))
        before = self.lines.reads(name)
        found = np.zeros(self.count, dtype=bool)
        for other, wrong in self.wrong.items():
            if other in before or other in self.lines.start:
                found |= wrong.reshape(self.count, -1).any(axis=1)
        return found.reshape(after)

    def student(self, name: str, row: int) -> tuple[dict[str, Own], dict[str, Array]]:
        """Return one student's values before a line, and their half units."""
        own, halves = {}, {}
        values = self.lines.student(row).values
        for other in self.status:
            each = self.answers[other]
            if other == name or not each.mask[row].any():
                continue
            own[other] = Own(each.value[row], each.mask[row])
            due = values[other]
            same = np.abs(each.value[row] - due) <= SAME * np.abs(due)
            halves[other] = np.where(same, 0.0, each.half[row])
        return own, halves

    def texts(self, own: Mapping[str, Own], row: int) -> dict[tuple[str, Index], str]:
        """Return how each operand is written: by the student, else in their problem."""
        lines = self.lines.student(row)
        same = lines.problem is self.course.lines.problem
        found = dict(self.course.texts) if same else data_texts(lines)
        for other, values in own.items():
            each = self.answers[other]
            for column, at in zip(each.columns, each.entries, strict=True):
                if values.mask[at]:
                    found[(other, at)] = self.block.text(int(self.rows[row]), column).strip()
        return found

    def distinct(self, name: str, rows: Rows) -> Iterator[tuple[bytes, Rows]]:
        """Yield the students whose answer to a line is the same in all that it depends on.

        That is the answer, what it is read from, how they round, and their own numbers.
        """
        before = [other for other in self.status if other != name]
        theirs = ",".join(map(str, self.block.own)).encode()
        masks = [self.answers[other].mask.reshape(self.count, -1) for other in (name, *before)]
        packed = np.packbits(np.concatenate(masks, axis=1)[rows], axis=1)
        patterns, kinds = np.unique(packed, axis=0, return_inverse=True)
        for kind, pattern in enumerate(patterns):
            members = rows[kinds.ravel() == kind]
            own, _ = self.student(name, int(members[0]))
            table = self.table(name, own, members)
            _, firsts, groups = np.unique(table, axis=0, return_index=True, return_inverse=True)
            lead = b"\0".join([name.encode(), theirs, pattern.tobytes(), b""])
            for group in np.argsort(firsts, kind="stable"):
                same = members[groups.ravel() == group]
                yield lead + table[firsts[group]].tobytes(), same

    def table(self, name: str, own: Mapping[str, Own], rows: Rows) -> Array:
        """Return all numbers that a judgement on a line depends on, one row a student."""
        search = Search(self.lines.student(int(rows[0])), name, own)
        cone = set(search.cone) | search.inside
        read = {operand for line in cone for operand in self.lines.by_name[line].operands}
        parts = [self.decimals[rows, None], self.digits[rows, None]]
        for other in (name, *sorted(own.keys() & (read | cone))):
            each = self.answers[other]
            values = np.where(each.mask, each.value, 0.0)[rows]
            parts += [values.reshape(len(rows), -1), each.half[rows].reshape(len(rows), -1)]
            if other != name:
                parts.append(self.wrong[other][rows].reshape(len(rows), -1))
        for other, value in self.lines.start.items():
            if value.ndim > len(self.lines.inputs[other]):
                parts.append(value[rows].reshape(len(rows), -1))
        return np.concatenate(parts, axis=1, dtype=float) + 0.0

    def explain(self, name: str, wrong: Mask, due: Array) -> None:
        """Find out where wrong answers come from, each distinct one once."""
        rows = np.flatnonzero(wrong.reshape(self.count, -1).any(axis=1))
        for key, same in self.distinct(name, rows):
            row = int(same[0])
            if len(self.found) >= MOST_EXPLAINED:
                continue
            known = self.course.findings.known.get(key)
            if known is None:
                known = self.explained(name, row, wrong[row], due[row])
                known = replace(known, trivial=bool(self.trivial[row]))
                self.course.findings.remember(self.course.findings.known, key, known)
            self.finding[name][same] = len(self.found)
            self.found[key] = known
            if convention(known.explanations, self.lines.problem.accept):
                status = self.status[name]
                status[same] = np.where(wrong[same], CONVENTION, status[same])

    def explained(self, name: str, row: int, wrong: Mask, due: Array) -> Finding:
        """Return where one student's wrong answer comes from."""
        own, halves = self.student(name, row)
        texts = self.texts(own, row)
        lines, each = self.lines.student(row), self.answers[name]
        place = int(self.rows[row])
        written = tuple(self.block.text(place, column).strip() for column in each.columns)
        typed = Typed(each.value[row], each.mask[row], each.half[row], written)
        style = Style(int(self.decimals[row]), int(self.digits[row]))
        question = Wrong(name, typed, wrong, due, own, halves, texts, style)
        line = self.block.lines[place]
        if self.trivial[row]:
            finding = noted(question, line)
        else:
            finding = explain(lines, question, self.course.tolerance, line)
        return replace(finding, written=written, values=evaluated(lines, own))
