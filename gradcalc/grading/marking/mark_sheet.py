"""Judge a sheet line by line: each line evaluated on the writer's own earlier values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from gradcalc.algebra.formula.shapes import Index
from gradcalc.algebra.operations.kernels import Array
from gradcalc.errors import Source
from gradcalc.grading.answers.sheet import Answer, Sheet, read_sheet
from gradcalc.grading.answers.written import NO_DECIMALS, Written
from gradcalc.grading.evaluation.comparison import (
    Tolerance,
    Typed,
    longest,
    sheet_digits,
    shown_decimals,
    typed,
)
from gradcalc.grading.evaluation.earlier_answers import Earlier, Entries
from gradcalc.grading.evaluation.follow_through import Style, evaluated
from gradcalc.grading.evaluation.lines import Lines, lines_of
from gradcalc.grading.evaluation.single_precision import in_single, loosened
from gradcalc.grading.marking.formulas import judge_formula
from gradcalc.grading.marking.judge import Judge, Judgement, contained
from gradcalc.grading.marking.options import judge_letter
from gradcalc.grading.marking.verdict import Review, Status, Verdict
from gradcalc.grading.mistakes.diagnosis import (
    MOST_EXPLAINED,
    Finding,
    Wrong,
    convention,
    explained,
)
from gradcalc.problem.model import Problem
from gradcalc.problem.solution import Gap
from gradcalc.problem.traps import traps


@np.errstate(over="ignore", invalid="ignore")  # numbers near the end of the range
def check(
    problem: Problem,
    answers: Sheet | str,
    tolerance: Tolerance | None = None,
    lines: Lines | None = None,
) -> Review:
    r"""Return a verdict for every entry of a sheet, or of lines of text, and what went wrong.

    An answer is right if its own last digit explains the distance to what the writer's
    own operands give, to the value itself, or to what the operands give before they were
    rounded. lines: the problem's, with other numbers. Raises ProblemError where the
    problem's own lines have no value.

    >>> from gradcalc.problem.reading.loader import load
    >>> problem = load("inputs: {x: 3}\nequations: y = x^2\n")
    >>> [verdict.status for verdict in check(problem, "y = 9\ndy/dx = 3").verdicts]
    ['correct', 'incorrect']
    """
    if isinstance(answers, str):
        answers = read_sheet(Source("<answers>", answers), problem)
    return _Marker(lines or lines_of(problem), answers, tolerance or Tolerance()).review()


def contradictions(lines: Lines) -> Iterator[str]:
    """Yield which given values contradict what the equations make of the values before."""
    for name, given in lines.given.items():
        computed = lines.computed[name]
        if not np.allclose(given, computed, rtol=1e-9, atol=1e-12):
            yield (
                f"the given {name} = {_row(given)} contradicts the equations,"
                f" which give {_row(computed)}; it is used as it stands"
            )


def _absent(gap: Gap) -> str:
    return f"{gap.name} does not exist {gap.told}"


def _row(value: Array) -> str:
    return " ".join(f"{number:.6g}" for number in value.ravel())


@dataclass
class _Known:
    """What the writer has put down of one quantity so far, entry by entry."""

    entries: Entries
    last: dict[Index, Verdict] = field(default_factory=dict)

    @classmethod
    def of(cls, due: Array) -> _Known:
        shape, none = due.shape, np.zeros(due.shape, dtype=bool)
        decimals = np.full(shape, NO_DECIMALS, dtype=np.int16)
        blank, masks = np.zeros(shape), (none.copy(), none.copy())
        return cls(Entries(np.zeros(shape), none, blank, decimals, *masks, due))


class _Marker:
    """Walks down a sheet and remembers what has been written."""

    def __init__(self, lines: Lines, sheet: Sheet, tolerance: Tolerance) -> None:
        self.lines, self.sheet = lines, sheet
        cells = [cell for answer in sheet.answers for cell in answer.cells if cell is not None]
        digits_of = (
            np.array([cell.value for cell in cells]),
            np.array([cell.decimals for cell in cells], dtype=int),
            np.array([cell.significant for cell in cells], dtype=int),
            np.array([cell.rounded for cell in cells], dtype=bool),
        )
        decimals, digits = sheet_digits(*digits_of)
        self.style = Style.of(int(decimals), int(digits))
        self.judge = Judge(
            lines, tolerance, self.style, tolerance.of_writer and bool(in_single(*digits_of))
        )
        self.single = False
        self.known: dict[str, _Known] = {}
        self.verdicts: list[Verdict] = []
        self.findings: list[Finding] = []

    def review(self) -> Review:
        for answer in self.sheet.answers:
            self.verdicts += contained(
                partial(self.judged, answer), partial(self.failed, answer, len(self.findings))
            )
        return Review(
            self.lines,
            self.sheet,
            tuple(self.verdicts),
            tuple(self.findings),
            self.style,
            (*self.sheet.warnings, *self.warnings()),
            self.single,
        )

    def warnings(self) -> Iterator[str]:
        """Yield what is said of the problem: traps, contradictions, lines without a value."""
        yield from (trap.text for trap in traps(self.lines.problem))
        yield from contradictions(self.lines)
        answered = {verdict.name for verdict in self.verdicts if verdict.absent}
        for name, gap in self.lines.gaps.items():
            if name in answered:
                yield f"{_absent(gap)}; it is not judged there"

    def failed(self, answer: Answer, findings: int, why: str) -> list[Verdict]:
        """Return the verdicts on an answer at which gradcalc itself fails.

        What is the value itself is right; the rest is left open, and carried forward.
        """
        del self.findings[findings:]
        left_open = replace(self.whole(answer, "unreadable", why), fault=True)
        shape = tuple(int(dim) for dim in self.lines.shapes.get(answer.name, ()))
        if not answer.cells or answer.shape != (() if answer.index is not None else shape):
            return [left_open]
        written = typed(answer.cells, shape, answer.index, self.shown)
        right = written.matches(self.lines.values[answer.name], self.judge.tolerance)
        places = [answer.index] if answer.index is not None else list(np.ndindex(shape))
        found: dict[Index, Verdict] = {}
        for at, cell in zip(places, answer.cells, strict=True):
            if cell is not None:
                verdict = replace(left_open, index=at, given=cell.text)
                plain = replace(verdict, status="correct", reason=None, fault=False)
                found[at] = plain if right[at] else verdict
        self.keep(answer.name, written, found)
        empty = [self.empty(answer, at) for at in places if at not in (*found, *answer.absent)]
        return sorted([*found.values(), *empty], key=lambda verdict: verdict.index)

    def judged(self, answer: Answer) -> list[Verdict]:
        """Return the verdicts on one answer, one an entry."""
        if answer.letter is not None:
            return [judge_letter(self.lines.problem, answer, self.judge.tolerance)]
        if answer.reason is not None:
            gap = self.lines.gaps.get(answer.name)
            if gap is not None and gap.misses(answer.index):
                return [replace(self.whole(answer, "correct", _absent(gap)), absent=True)]
            return [self.whole(answer, "unreadable", answer.reason)]
        if answer.name not in self.lines.shapes:
            return [self.whole(answer, "unreadable", f"{answer.name} is no line that is judged")]
        if answer.formula is not None:
            verdict, finding = judge_formula(
                self.lines, answer, self.judge.tolerance, explained=self.searching, worked=True
            )
            return [self.found(verdict, finding) if finding else verdict]
        if not self.lines.problem.numeric:
            reason = "the problem has letters; a formula is due"
            return [self.whole(answer, "unreadable", reason)]
        return self.numbers(answer)

    def whole(self, answer: Answer, status: Status, reason: str | None = None) -> Verdict:
        return Verdict(
            answer.name, answer.index or (), answer.line, status, answer.text, reason=reason
        )

    def found(self, verdict: Verdict, finding: Finding) -> Verdict:
        """Return a verdict with its finding kept, right where a convention makes it so."""
        accepted = convention(finding.explanations, self.lines.problem.accept)
        self.findings.append(finding)
        number = len(self.findings) - 1
        return replace(verdict, status="convention" if accepted else "incorrect", finding=number)

    def numbers(self, answer: Answer) -> list[Verdict]:
        """Return the verdicts on an answer of numbers, and keep it for later lines."""
        shape = tuple(int(dim) for dim in self.lines.shapes[answer.name])
        if answer.shape != (() if answer.index is not None else shape):
            return [self.misshapen(answer)]
        again = self.repeated(answer, shape)
        if again:
            return again
        beside = self.beside[answer.name] if answer.index is not None else None
        written = typed(answer.cells, shape, answer.index, self.shown, beside)
        places = [answer.index] if answer.index is not None else list(np.ndindex(shape))
        verdicts = [
            self.empty(answer, at)
            for at in places
            if not written.mask[at] and at not in answer.absent
        ]
        if not written.mask.any():
            return verdicts
        name = answer.name
        earlier = self.earlier(name)
        judgement = self.judge.judge(name, written, earlier)
        self.single |= judgement.single
        cells = dict(zip(places, answer.cells, strict=True))
        fresh = np.zeros_like(written.mask)
        found: dict[Index, Verdict] = {}
        for at in places:
            cell = cells[at]
            if cell is not None:
                found[at] = self.entry(answer, written, judgement, at, cell)
                old = found[at].repeats or found[at].rounded
                fresh[at] = found[at].status == "incorrect" and not old
        if fresh.any():
            trivial = bool(judgement.trivial[fresh].any())
            asked = loosened(written) if self.judge.single else written
            wrong = Wrong(name, asked, fresh, judgement.own, earlier, self.style, trivial)
            finding = self.explained(wrong, answer.line)
            finding = replace(finding, values=evaluated(self.lines, earlier.own))
            for at in (at for at in found if fresh[at]):
                found[at] = self.found(found[at], finding)
                self.findings.pop()
            self.findings.append(finding)
        self.keep(name, written, found)
        return sorted([*verdicts, *found.values()], key=lambda verdict: verdict.index)

    def empty(self, answer: Answer, at: Index) -> Verdict:
        """Return the verdict on an entry without a number: a blank, or one that is unreadable."""
        if at not in answer.unread:
            return Verdict(answer.name, at, answer.line, "missing", "_")
        text, reason = answer.unread[at]
        gap = self.lines.gaps.get(answer.name)
        if gap is not None and gap.misses(at):
            verdict = Verdict(answer.name, at, answer.line, "correct", text, reason=_absent(gap))
            return replace(verdict, absent=True)
        return Verdict(answer.name, at, answer.line, "unreadable", text, reason=reason)

    @property
    def searching(self) -> bool:
        """Tell whether there are not too many findings yet to look into one more."""
        return len(self.findings) < MOST_EXPLAINED

    def explained(self, wrong: Wrong, line: int) -> Finding:
        """Return where a wrong answer comes from."""
        tolerance = self.judge.tolerance
        return explained(self.lines, wrong, tolerance, line, searched=self.searching)

    @cached_property
    def shown(self) -> int:
        """Return the decimals that the sheet shows its numbers to be rounded to, as bits."""
        found = [(cell, due) for cell, due in self.cells_due() if cell.rounded]
        value = np.array([cell.value for cell, _ in found])
        decimals = np.array([cell.decimals for cell, _ in found], dtype=int)
        due = np.array([due for _, due in found])
        return int(shown_decimals(value, decimals, np.ones(value.shape, dtype=bool), due))

    def cells_due(self) -> Iterator[tuple[Written, float]]:
        """Yield every number of the sheet with the value that it should be, NaN where none is."""
        for answer in self.sheet.answers:
            due = self.lines.values.get(answer.name) if answer.cells else None
            if due is not None and answer.index is not None:
                due = due[answer.index]
            if due is None or np.shape(due) != answer.shape:
                due = np.full(len(answer.cells), np.nan)
            for cell, value in zip(answer.cells, np.ravel(due).tolist(), strict=True):
                if cell is not None:
                    yield cell, value

    @cached_property
    def beside(self) -> dict[str, tuple[int, int]]:
        """Return most decimals and digits of the quantities that are written entry by entry."""
        found: dict[str, list[Written | None]] = {}
        for answer in self.sheet.answers:
            if answer.index is not None:
                found.setdefault(answer.name, []).extend(answer.cells)
        return {name: longest(cells) for name, cells in found.items()}

    def repeated(self, answer: Answer, shape: tuple[int, ...]) -> list[Verdict]:
        """Return the verdicts on an answer that says what stands above, word for word."""
        known = self.known.get(answer.name)
        if known is None:
            return []
        places = [answer.index] if answer.index is not None else list(np.ndindex(shape))
        found = []
        for at, cell in zip(places, answer.cells, strict=True):
            last = known.last.get(at)
            if last is None or cell is None or last.given != cell.text:
                return []
            line = last.repeats or last.line
            found.append(replace(last, line=answer.line, repeats=line, rounded=None))
        return found

    def misshapen(self, answer: Answer) -> Verdict:
        """Return the verdict on an answer of another shape; it is never right."""
        verdict = self.whole(answer, "incorrect")
        if answer.index is not None or None in answer.cells:
            return self.found(verdict, Finding(answer.name, (), (answer.line,), shape=True))
        written = typed(answer.cells, answer.shape, None, self.shown)
        due = np.full(answer.shape, np.nan)
        wrong = Wrong(answer.name, written, written.mask, due, self.earlier(answer.name))
        finding = self.explained(wrong, answer.line)
        return self.found(verdict, replace(finding, shape=True, pattern=None))

    def earlier(self, target: str) -> Earlier:
        """Return the writer's other values so far."""
        others = {name: known.entries for name, known in self.known.items() if name != target}
        return Earlier(others, others.__getitem__)

    def entry(
        self, answer: Answer, written: Typed, judgement: Judgement, at: Index, cell: Written
    ) -> Verdict:
        """Return the verdict on one entry, an earlier writing of it taken into account."""
        status: Status = "incorrect"
        if judgement.right[at]:
            status = "correct"
        elif judgement.follows[at]:
            status = "follows"
        verdict = Verdict(
            answer.name,
            at,
            answer.line,
            status,
            cell.text,
            float(written.value[at]),
            float(judgement.exact[at]),
            float(judgement.own[at]),
            cut=bool(judgement.cut[at]),
            kept=bool(judgement.kept[at]),
            digits=cell.significant if cell.rounded else 0,
        )
        if np.isnan(judgement.exact[at]):
            nothing = replace(verdict, expected=None, own=None, cut=False, kept=False)
            return replace(nothing, absent=True, reason=_absent(self.lines.gaps[answer.name]))
        known = self.known.get(answer.name)
        last = known.last.get(at) if known else None
        if last is None or last.value is None:
            return verdict
        distance = abs(last.value - written.value[at])
        if distance == 0:
            return replace(
                verdict, status=last.status, repeats=last.repeats or last.line, finding=last.finding
            )
        of_writer = self.judge.tolerance.of_writer
        if of_writer and distance <= written.half[at] * (1 + 1e-9):
            return replace(verdict, status=last.status, rounded=last.line, finding=last.finding)
        return verdict

    def keep(self, name: str, written: Typed, found: dict[Index, Verdict]) -> None:
        """Put an answer where later lines find it."""
        known = self.known.setdefault(name, _Known.of(self.lines.values[name]))
        own = known.entries
        for at, verdict in found.items():
            own.value[at], own.mask[at] = written.value[at], True
            rounded = written.decimals[at] != NO_DECIMALS  # a calculation goes on as it stands
            own.half[at] = written.half[at] if rounded else 0.0
            own.decimals[at] = written.decimals[at]
            own.wrong[at] = not (verdict.status == "correct" or verdict.fault)
            own.follows[at] = verdict.status == "follows"
            known.last[at] = verdict
