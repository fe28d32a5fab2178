"""The second pass over a block: line by line, with what is right so far known.

It is made for the students who are not simply right. Lanes beside the students carry
what their own values give, with and without the wrong ones, rounded on the way or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gradcalc.algebra.operations.kernels import Array, Indices, Mask, Whole
from gradcalc.engine.rounding import round_decimals, round_significant
from gradcalc.grading.classes.marked_block import (
    CONVENTION,
    CORRECT,
    FOLLOWS,
    INCORRECT,
    MISSING,
    UNREAD,
    Answers,
    Codes,
    Findings,
    Judged,
    digits_of,
)
from gradcalc.grading.evaluation.comparison import Tolerance, Typed, sheet_digits
from gradcalc.grading.evaluation.earlier_answers import Alike, Aspect, Earlier, Entries, Note
from gradcalc.grading.evaluation.follow_through import Style, evaluated
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.evaluation.single_precision import in_single, loosened
from gradcalc.grading.marking.judge import Judge, contained, says_nothing
from gradcalc.grading.mistakes.diagnosis import (
    MOST_EXPLAINED,
    Finding,
    Wrong,
    convention,
    explained,
)
from gradcalc.grading.submissions.block import Block

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

    findings: what was found out of distinct answers; judges: of students with the problem's
    own numbers, by how they round, and whether in single precision.
    """

    lines: Lines
    tolerance: Tolerance
    findings: Findings = field(default_factory=Findings)
    judges: dict[tuple[Style, bool], Judge] = field(default_factory=dict)


def rows_of(lines: Lines, rows: Indices) -> Lines:
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
        rows: Indices,
        answers: Mapping[str, Answers],
    ) -> None:
        self.course, self.lines, self.block, self.rows = course, lines, block, rows
        self.answers = dict(answers)
        self.count = len(rows)
        digits = digits_of(block, rows)
        decimals, self.digits = sheet_digits(*digits)
        self.single = in_single(*digits) & course.tolerance.of_writer
        self.decimals = np.maximum(decimals, 0)
        self.searches = np.zeros(self.count, dtype=np.intp)
        self.status: dict[str, Codes] = {}
        self.kept: dict[str, Mask] = {}
        self.finding: dict[str, Indices] = {}
        self.wrong: dict[str, Mask] = {}
        self.follows: dict[str, Mask] = {}
        self.trivial = np.zeros(0, dtype=bool)
        self.found: dict[bytes, Finding] = {}
        self.faults: dict[tuple[int, str], str] = {}

    def walk(self) -> None:
        """Evaluate the lines in order, judging each before later ones read it.

        Where they cannot be evaluated for all at once, everyone is looked at alone.
        """
        contained(self.all_at_once, self.one_by_one)

    def one_by_one(self, _: str) -> None:
        """Judge every answer by itself, whatever it is."""
        self.status.clear()
        self.found.clear()
        self.searches[:] = 0
        for name, answers in self.answers.items():
            self.judge_open(name, np.zeros_like(answers.mask))

    def all_at_once(self) -> None:
        """Judge with the lines evaluated for all students together."""
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
        if name in self.lines.given or not (rounding or self.course.tolerance.of_writer):
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
        plain = answers.typed.matches(exact, tolerance)
        found = np.zeros_like(answers.mask)
        alike = np.zeros_like(answers.mask)
        for lane, label in enumerate(LANES):
            if name in self.lines.start and lane > 1:
                break
            same = answers.typed.matches(lanes[lane], tolerance)
            if label.startswith("own"):
                found |= same
            elif label.startswith("right"):
                alike |= same
            else:
                plain |= same
        right = plain | (found & (alike | ~self.after_wrong(name)))
        if self.lines.problem.rounding is None:
            right &= ~says_nothing(answers.typed, exact, lanes[0], tolerance)
        self.judge_open(name, right)

    def judge_open(self, name: str, simple: Mask) -> None:
        """Judge the answers to one quantity; simple: entries that are simply right."""
        answers = self.answers[name]
        simple = answers.mask & simple
        status = np.full(answers.mask.shape, MISSING, dtype=np.uint8)
        status[answers.mask] = INCORRECT
        status[simple] = CORRECT
        self.status[name] = status
        self.kept[name], self.trivial = np.zeros_like(simple), np.zeros(self.count, dtype=bool)
        self.finding[name] = np.full(self.count, -1, dtype=np.intp)
        open_ = (answers.mask & ~simple).reshape(self.count, -1).any(axis=1)
        self.closer(name, np.flatnonzero(open_))
        wrong = status == INCORRECT
        if wrong.any():
            self.explain(name, wrong)
        self.wrong[name] = answers.mask & (status != CORRECT) & (status != UNREAD)
        self.follows[name] = answers.mask & (status == FOLLOWS)

    def closer(self, name: str, rows: Indices) -> None:
        """Judge answers that are not simply right, each distinct one once."""

        def work(row: int, note: Note) -> Judged:
            return contained(
                lambda: self.alone(name, row, note), lambda why: self.failed(name, row, why)
            )

        alike = self.alike("judged", name, rows)
        for _, found, same in alike.shared(self.course.findings.judged, work):
            self.status[name][same], self.kept[name][same] = found.status, found.kept
            self.trivial[same] = found.trivial
            if found.fault:
                self.faults |= {(row, name): found.fault for row in same.tolist()}

    def failed(self, name: str, row: int, why: str) -> Judged:
        """Return what an answer is taken for at which gradcalc fails."""
        typed = self.typed(name, row)
        right = typed.matches(self.lines.student(row).values[name], self.course.tolerance)
        status = np.where(right, CORRECT, np.where(typed.mask, UNREAD, MISSING)).astype(np.uint8)
        return Judged(status, np.zeros_like(typed.mask), trivial=False, fault=why)

    def alone(self, name: str, row: int, note: Note) -> Judged:
        """Return what the entries of one student's answer are judged to be."""
        typed = self.typed(name, row)
        found = self.judge_for(row).judge(name, typed, self.earlier(name, row, note))
        status = np.where(found.right, CORRECT, np.where(found.follows, FOLLOWS, INCORRECT))
        status = np.where(typed.mask, status, MISSING).astype(np.uint8)
        trivial = bool(found.trivial[status == INCORRECT].any())
        return Judged(status, found.kept, trivial)

    def alike(self, kind: str, name: str, rows: Indices, *further: Mask) -> Alike:
        """Return which students have the same in all that a judgement on a line may read.

        further: what else it depends on, one row a student.
        """
        own = self.lines
        numbers = [value for other, value in own.start.items() if other in own.theirs]
        each, before = self.answers[name], self.before(name)
        answer = (each.value, each.mask, each.half, each.decimals, each.shown)
        lead = repr((kind, name, self.block.own, before)).encode()
        always = (*answer, self.decimals, self.digits, self.single, *numbers, *further)

        def part(other: str, aspect: Aspect) -> Sequence[Whole]:
            if other not in before:
                return ()
            each = self.answers[other]
            if aspect == "numbers":
                return each.value, each.half, each.decimals
            return (each.mask,) if aspect == "mask" else (self.wrong[other], self.follows[other])

        traces = self.course.findings.traces.setdefault((kind, name), {})
        return Alike(lead, rows, always, part, traces)

    def typed(self, name: str, row: int) -> Typed:
        """Return one student's answer."""
        each = self.answers[name]
        parts = (each.value, each.mask, each.half, each.decimals, each.shown)
        return Typed(*(part[row] for part in parts))

    def earlier(self, name: str, row: int, note: Note) -> Earlier:
        """Return what one student has put down before a line."""
        values = self.lines.student(row).values

        def entries(other: str) -> Entries:
            wrong, follows = self.wrong[other], self.follows[other]
            return self.answers[other].of(row, wrong, follows, values[other])

        return Earlier(self.before(name), entries, note)

    def before(self, name: str) -> list[str]:
        """Return the quantities that are judged before a line."""
        return [other for other in self.status if other != name]

    def style(self, row: int) -> Style:
        """Return how one student rounds."""
        return Style.of(int(self.decimals[row]), int(self.digits[row]))

    def judge_for(self, row: int) -> Judge:
        """Return what judges one student; students with the same numbers share it."""
        lines, course, style = self.lines.student(row), self.course, self.style(row)
        single = bool(self.single[row])
        if lines is not course.lines:
            return Judge(lines, course.tolerance, style, single)
        known = course.judges.get((style, single))
        if known is None:
            known = Judge(lines, course.tolerance, style, single)
            course.judges[style, single] = known
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

    def explain(self, name: str, wrong: Mask) -> None:
        """Find out where wrong answers come from, each distinct one once."""
        rows = np.flatnonzero(wrong.reshape(self.count, -1).any(axis=1))
        searched = self.searches < MOST_EXPLAINED
        self.searches[rows] += 1

        def work(row: int, note: Note) -> Finding:
            look = bool(searched[row])
            return contained(
                lambda: self.explained(name, row, wrong[row], note, searched=look),
                lambda why: Finding(name, (), (), fault=why),
            )

        alike = self.alike("known", name, rows, wrong, self.trivial, searched)
        for key, finding, same in alike.shared(self.course.findings.known, work):
            if finding.fault:
                self.faults |= {(row, name): finding.fault for row in same.tolist()}
                self.status[name][same] = np.where(wrong[same], UNREAD, self.status[name][same])
                continue
            self.finding[name][same] = len(self.found)
            self.found[key] = finding
            if convention(finding.explanations, self.lines.problem.accept):
                status = self.status[name]
                status[same] = np.where(wrong[same], CONVENTION, status[same])

    def explained(self, name: str, row: int, wrong: Mask, note: Note, *, searched: bool) -> Finding:
        """Return where one student's wrong answer comes from."""
        earlier, judge = self.earlier(name, row, note), self.judge_for(row)
        due, trivial = judge.own_value(name, earlier.own), bool(self.trivial[row])
        typed = self.typed(name, row)
        typed = loosened(typed) if judge.single else typed
        question = Wrong(name, typed, wrong, due, earlier, judge.style, trivial)
        finding = explained(judge.lines, question, self.course.tolerance, 0, searched=searched)
        place, columns = int(self.rows[row]), self.answers[name].columns
        written = tuple(self.block.text(place, column).strip() for column in columns)
        values = evaluated(judge.lines, earlier.own, target=name)
        return replace(finding, written=written, values=values)
