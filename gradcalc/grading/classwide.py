"""Mark a block of submissions in one pass: students are a leading axis.

Every line is evaluated once for all students on their own earlier values. A student
whose every entry is the value itself is done after that; the others go through a second
pass, line by line, in which what is right so far is known. Explanations are searched
once for each distinct wrong answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.kernels import Array
from gradcalc.engine.rounding import round_decimals, round_significant
from gradcalc.grading.block import NUMBER, UNREADABLE, Block
from gradcalc.grading.comparison import SLACK, Mask, Tolerance, Typed, leading
from gradcalc.grading.explaining import Wrong, convention, explain
from gradcalc.grading.following import Style, evaluated
from gradcalc.grading.judging import Judge
from gradcalc.grading.lines import Lines
from gradcalc.grading.scheme import Scheme
from gradcalc.grading.search import Own
from gradcalc.grading.transcription import data_texts
from gradcalc.grading.verdict import Finding
from gradcalc.problem.naming import Index

MISSING, CORRECT, FOLLOWS, CONVENTION, INCORRECT, UNREAD = range(6)
STATUSES = ("missing", "correct", "follows", "convention", "incorrect", "unreadable")
Codes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.intp]

MOST_EXPLAINED = 20_000
"""Distinct wrong answers that are explained in one run; further ones are counted."""
LANES = ("own", "right", "own decimals", "own digits", "right decimals", "right digits")


@dataclass(frozen=True)
class Marked:
    """A block of submissions, marked.

    status: a code an entry (see STATUSES); points an entry, score a student; own: what
    the student's own values give; finding: for each quantity the number of the finding
    its wrong entries belong to, or -1; kept: right only by digits that are not written.
    """

    block: Block
    status: Codes
    points: Array
    score: Array
    own: Array
    exact: Array
    finding: dict[str, Rows]
    kept: Mask


@dataclass
class Findings:
    """The distinct slips of a class, each explained once."""

    found: list[Finding] = field(default_factory=list)
    known: dict[bytes, int] = field(default_factory=dict)
    unsearched: int = 0


@dataclass(frozen=True)
class _Answers:
    """The answers to one quantity, students first."""

    columns: list[int]
    entries: tuple[Index, ...]
    value: Array
    mask: Mask
    half: Array

    def rows(self, rows: Rows) -> _Answers:
        return replace(
            self, value=self.value[rows], mask=self.mask[rows], half=self.half[rows]
        )

    @property
    def typed(self) -> Typed:
        return Typed(self.value, self.mask, self.half, ())


@dataclass(frozen=True)
class Marker:
    """Marks blocks of one problem; keeps the findings of the whole class."""

    lines: Lines
    scheme: Scheme
    tolerance: Tolerance = field(default_factory=Tolerance)
    findings: Findings = field(default_factory=Findings)

    @cached_property
    def texts(self) -> dict[tuple[str, Index], str]:
        """Return the problem's own numbers as they are written."""
        return data_texts(self.lines)

    def mark(self, block: Block) -> Marked:
        """Return verdicts, points and findings for every submission of a block."""
        lines = self.of(block)
        count = len(block.ids)
        answers = self.answers(block, lines)
        own = {name: Own(each.value, each.mask) for name, each in answers.items()}
        values = self.captured(lines, own)
        status = np.full(block.value.shape, MISSING, dtype=np.uint8)
        status[block.state == UNREADABLE] = UNREAD
        exact, given = np.zeros(block.value.shape), np.zeros(block.value.shape)
        open_ = np.zeros(count, dtype=bool)
        for name, each in answers.items():
            due = self.due(lines, name, count)
            right = self.matches(each, due)
            for column, at in zip(each.columns, each.entries, strict=True):
                status[each.mask[(..., *at)] & right[(..., *at)], column] = CORRECT
                exact[:, column] = due[(..., *at)]
                given[:, column] = np.broadcast_to(values[name], due.shape)[(..., *at)]
            open_ |= (each.mask & ~right).reshape(count, -1).any(axis=1)
        rows = np.flatnonzero(open_)
        kept = np.zeros(block.value.shape, dtype=bool)
        finding = {name: np.full(count, -1, dtype=np.intp) for name in answers}
        if rows.size:
            closer = _Closer(self, _rows_of(lines, rows), block, rows, answers)
            closer.walk()
            for name, codes in closer.status.items():
                for column, at in zip(answers[name].columns, answers[name].entries, strict=True):
                    part = codes[(..., *at)]
                    seen = part != MISSING
                    status[rows[seen], column] = part[seen]
                    kept[rows, column] = closer.kept[name][(..., *at)]
                finding[name][rows] = closer.finding[name]
        points, score = self.points(block, status, finding)
        return Marked(block, status, points, score, given, exact, finding, kept)

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

    def answers(self, block: Block, lines: Lines) -> dict[str, _Answers]:
        """Return the answers by quantity, in the order of the solution."""
        halves = half_units(block)
        found: dict[str, _Answers] = {}
        order = {name: at for at, name in enumerate((*lines.inputs, *lines.by_name))}
        names = [name for name in block.quantities if name in order]
        for name in sorted(names, key=order.__getitem__):
            columns = block.quantities[name]
            shape = (len(block.ids), *(int(dim) for dim in lines.shapes[name]))
            value, half = np.zeros(shape), np.zeros(shape)
            mask = np.zeros(shape, dtype=bool)
            entries = tuple(block.columns[column].index for column in columns)
            for column, at in zip(columns, entries, strict=True):
                place = (slice(None), *at)
                value[place] = block.value[:, column]
                mask[place] = block.state[:, column] == NUMBER
                half[place] = halves[:, column]
            found[name] = _Answers(columns, entries, value, mask, half)
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

    def matches(self, answers: _Answers, due: Array) -> Mask:
        """Tell where answers are a value, rounded or cut off."""
        typed = answers.typed
        found = typed.agrees(due, self.tolerance)
        if self.tolerance.measure == "own digits":
            found = found | (typed.mask & typed.cut_off(due))
        return found & np.isfinite(due)

    def points(
        self, block: Block, status: Codes, finding: Mapping[str, Rows]
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
            self.deduct(block, status, finding, points, most)
        score = points.sum(axis=1)
        if self.scheme.cap is not None:
            score = np.minimum(score, self.scheme.cap)
        return points, score

    def deduct(
        self,
        block: Block,
        status: Codes,
        finding: Mapping[str, Rows],
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
                    for rule in self.findings.found[number].ids
                    if rule in self.scheme.deduct
                ]
                if not taken or whole == 0:
                    continue
                left = max(0.0, 1.0 - sum(taken) / whole)
                for column in columns:
                    wrong = (numbers == number) & (status[:, column] == INCORRECT)
                    points[wrong, column] = most[column] * left


def half_units(block: Block) -> Array:
    """Return half a unit of the last digit of every cell; see `comparison.half_units`."""
    number = block.state == NUMBER
    decimals = np.where(number, block.decimals, -999).astype(float)
    digits = np.where(number, block.significant, 0).astype(float)
    halves = np.zeros(block.value.shape)
    sheet = decimals.max(axis=1, initial=0.0)
    for columns in block.quantities.values():
        part = np.s_[:, columns]
        most = decimals[part].max(axis=1, keepdims=True)
        longest = digits[part].max(axis=1, keepdims=True)
        value = block.value[part]
        with np.errstate(under="ignore", over="ignore"):
            own = 0.5 * 10.0 ** -decimals[part]
            room = np.maximum(0.5 * 10.0**-most, 0.5 * 10.0 ** (leading(value) + 1 - longest))
            zero = np.maximum(most, sheet[:, None])
            of_zero = np.where(zero > 0, 0.5 * 10.0**-zero, 0.0)
        half = np.where(value == 0, of_zero, np.minimum(own, room))
        exact = block.significant[part] < 0  # a fraction such as 1/3 has no last digit
        halves[part] = np.where(number[part] & ~exact, half, 0.0)
    return halves


def _rows_of(lines: Lines, rows: Rows) -> Lines:
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


class _Closer:
    """The second pass over the students who are not simply right."""

    def __init__(
        self,
        marker: Marker,
        lines: Lines,
        block: Block,
        rows: Rows,
        answers: Mapping[str, _Answers],
    ) -> None:
        self.marker, self.lines, self.block, self.rows = marker, lines, block, rows
        self.answers = {name: each.rows(rows) for name, each in answers.items()}
        self.count = len(rows)
        number = block.state[rows] == NUMBER
        self.decimals = np.where(number, block.decimals[rows], 0).max(axis=1, initial=0)
        self.digits = np.where(number, block.significant[rows], 1).max(axis=1, initial=1)
        self.status: dict[str, Codes] = {}
        self.kept: dict[str, Mask] = {}
        self.finding: dict[str, Rows] = {}
        self.wrong: dict[str, Mask] = {}
        self.pure = self.replayed()

    def replayed(self) -> dict[tuple[int, int], tuple[dict[str, Array], ...]]:
        """Return all values rounded on the way, once for each way in which students round."""
        found = {}
        for decimals, digits in sorted(set(zip(self.decimals, self.digits, strict=True))):
            style = Style(int(decimals), int(digits))
            judge = Judge(self.marker.lines, self.marker.tolerance, style)
            found[(int(decimals), int(digits))] = judge.replayed
        return found

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
            mask = answers.mask if label.startswith("own") else answers.mask & ~wrong
            lanes[lane] = np.where(mask, answers.value, lanes[lane])
        return lanes

    def judge(self, name: str, lanes: Array) -> None:
        """Judge the answers to one quantity from what each lane computes."""
        answers, marker = self.answers[name], self.marker
        exact = np.broadcast_to(self.lines.values[name], answers.value.shape)
        plain = marker.matches(answers, exact) | self.pure_match(name, answers)
        found = np.zeros_like(answers.mask)
        alike = plain.copy()
        for lane, label in enumerate(LANES):
            if name in self.lines.start and lane > 1:
                break
            same = marker.matches(answers, lanes[lane])
            if label.startswith("own"):
                found |= same
            else:
                alike |= same
        unsettled = answers.mask & ~plain & ~found
        kept = np.zeros_like(answers.mask)
        if unsettled.any() and marker.tolerance.measure == "own digits":
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

    def pure_match(self, name: str, answers: _Answers) -> Mask:
        """Tell where answers are our own value, rounded on the way as each student rounds."""
        found = np.zeros_like(answers.mask)
        if name in self.lines.start or self.lines is not self.marker.lines:
            return found
        for (decimals, digits), replays in self.pure.items():
            rows = (self.decimals == decimals) & (self.digits == digits)
            part = answers.rows(np.flatnonzero(rows))
            for values in replays:
                found[rows] |= self.marker.matches(
                    part, np.broadcast_to(values[name], part.value.shape)
                )
        return found

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
        own, halves, texts = {}, {}, dict(self.marker.texts)
        values = self.lines.values
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
                judge = Judge(self.single(int(row)), self.marker.tolerance, style)
                known[key] = judge.with_radius(typed, name, own, halves)
            found[row] = unsettled[row] & known[key]
        return found

    def single(self, row: int) -> Lines:
        """Return the lines with the numbers of one student."""
        return _rows_of(self.lines, np.array(row)) if self.lines is not self.marker.lines else (
            self.marker.lines
        )

    def explain(self, name: str, row: int, wrong: Mask, due: Array, trivial: bool) -> None:
        """Find out where a wrong answer comes from, once for all who have it."""
        findings = self.marker.findings
        own, halves, texts = self.student(name, row)
        key = self.key(name, row, own, b"explain" + bytes([trivial]))
        number = findings.known.get(key)
        if number is None:
            if len(findings.found) >= MOST_EXPLAINED:
                findings.unsearched += 1
                return
            lines = self.single(row)
            each = self.answers[name]
            texts_of = tuple(
                self.block.text(int(self.rows[row]), column).strip() for column in each.columns
            )
            typed = Typed(each.value[row], each.mask[row], each.half[row], texts_of)
            style = Style(int(self.decimals[row]), int(self.digits[row]))
            question = Wrong(name, typed, wrong, due, own, halves, texts, style)
            line = self.block.lines[int(self.rows[row])]
            finding = explain(lines, question, self.marker.tolerance, line)
            finding = replace(finding, trivial=trivial, values=evaluated(lines, own))
            number = findings.known[key] = len(findings.found)
            findings.found.append(finding)
        self.finding[name][row] = number
        accepted = convention(
            findings.found[number].explanations, self.lines.problem.accept
        )
        if accepted:
            self.status[name][row][wrong] = CONVENTION


__all__ = ["Findings", "Marked", "Marker", "STATUSES", "half_units", "SLACK"]
