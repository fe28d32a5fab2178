"""Judge a sheet line by line: each line evaluated on the writer's own earlier values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from gradcalc.algebra.kernels import Array
from gradcalc.errors import Source
from gradcalc.grading.answers import Answer, Sheet, read_sheet
from gradcalc.grading.comparison import Mask, Tolerance, Typed, typed
from gradcalc.grading.explaining import Wrong, convention, explain, noted
from gradcalc.grading.following import Style, evaluated
from gradcalc.grading.formulas import judge_formula
from gradcalc.grading.judging import Judge, Judgement
from gradcalc.grading.letters import judge_letter
from gradcalc.grading.lines import Lines, lines_of
from gradcalc.grading.search import Own
from gradcalc.grading.transcription import data_texts
from gradcalc.grading.verdict import Finding, Review, Status, Verdict
from gradcalc.problem.model import Problem
from gradcalc.problem.naming import Index

MOST_EXPLAINED = 200
"""Slips on one sheet whose mistakes are searched for."""


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

    >>> from gradcalc.problem.loader import load
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


def _row(value: Array) -> str:
    return " ".join(f"{number:.6g}" for number in value.ravel())


@dataclass
class _Known:
    """What the writer has put down of one quantity so far, entry by entry."""

    value: Array
    mask: Mask
    half: Array
    wrong: Mask
    last: dict[Index, Verdict] = field(default_factory=dict)

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> _Known:
        return cls(np.zeros(shape), np.zeros(shape, bool), np.zeros(shape), np.zeros(shape, bool))


class _Marker:
    """Walks down a sheet and remembers what has been written."""

    def __init__(self, lines: Lines, sheet: Sheet, tolerance: Tolerance) -> None:
        self.lines, self.sheet = lines, sheet
        cells = [cell for answer in sheet.answers for cell in answer.cells]
        rounded = [cell for cell in cells if cell is not None and cell.rounded and cell.exact]
        self.style = Style(
            max((cell.decimals for cell in rounded), default=0),
            max((cell.significant for cell in rounded), default=0),
        )
        self.decimals = self.style.decimals if rounded else -1  # zeros alone prove no rounding
        self.judge = Judge(lines, tolerance, self.style)
        self.known: dict[str, _Known] = {}
        self.verdicts: list[Verdict] = []
        self.findings: list[Finding] = []
        self.texts = data_texts(lines) if lines.problem.numeric else {}

    def review(self) -> Review:
        for answer in self.sheet.answers:
            self.verdicts += self.judged(answer)
        return Review(
            self.lines,
            self.sheet,
            tuple(self.verdicts),
            tuple(self.findings),
            self.style,
            (*self.sheet.warnings, *contradictions(self.lines)),
        )

    def judged(self, answer: Answer) -> list[Verdict]:
        """Return the verdicts on one answer, one an entry."""
        if answer.letter is not None:
            return [judge_letter(self.lines.problem, answer)]
        if answer.reason is not None:
            return [self.whole(answer, "unreadable", answer.reason)]
        if answer.name not in self.lines.shapes:
            return [self.whole(answer, "unreadable", f"{answer.name} is no line that is judged")]
        if answer.formula is not None:
            verdict, finding = judge_formula(
                self.lines, answer, explained=len(self.findings) < MOST_EXPLAINED
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
        written = typed(answer.cells, shape, answer.index, self.decimals)
        places = [answer.index] if answer.index is not None else list(np.ndindex(shape))
        verdicts = [
            Verdict(answer.name, at, answer.line, "missing", "_")
            for at in places
            if not written.mask[at]
        ]
        if not written.mask.any():
            return verdicts
        name = answer.name
        own, right, halves = self.before(name)
        judgement = self.judge.judge(name, written, own, right, halves)
        cells = dict(zip(places, answer.cells, strict=True))
        fresh = np.zeros_like(written.mask)
        found: dict[Index, Verdict] = {}
        for at in places:
            cell = cells[at]
            if cell is not None:
                found[at] = self.entry(answer, written, judgement, at, cell.text)
                old = found[at].repeats or found[at].rounded
                fresh[at] = found[at].status == "incorrect" and not old
        if fresh.any():
            wrong = Wrong(
                name, written, fresh, judgement.own, own, halves, self.operands(own), self.style
            )
            trivial = bool(judgement.trivial[fresh].any())
            finding = self.explained(wrong, answer.line, searched=not trivial)
            finding = replace(finding, trivial=trivial, values=evaluated(self.lines, own))
            for at in (at for at in found if fresh[at]):
                found[at] = self.found(found[at], finding)
                self.findings.pop()
            self.findings.append(finding)
        self.keep(name, shape, written, found)
        return sorted([*verdicts, *found.values()], key=lambda verdict: verdict.index)

    def explained(self, wrong: Wrong, line: int, *, searched: bool = True) -> Finding:
        """Return where a wrong answer comes from; beyond many of them it is only noted."""
        if not searched or len(self.findings) >= MOST_EXPLAINED:
            return noted(wrong, line)
        return explain(self.lines, wrong, self.judge.tolerance, line)

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
        written = typed(answer.cells, answer.shape, None, self.decimals)
        own, _, halves = self.before(answer.name)
        due = np.full(answer.shape, np.nan)
        wrong = Wrong(answer.name, written, written.mask, due, own, halves)
        finding = self.explained(wrong, answer.line)
        return self.found(verdict, replace(finding, shape=True, pattern=None))

    def before(self, target: str) -> tuple[dict[str, Own], dict[str, Own], dict[str, Array]]:
        """Return the writer's other values, those that are right, and their half units.

        A value that is exactly ours has no radius.
        """
        own, right, halves = {}, {}, {}
        for name, known in self.known.items():
            if name == target or not known.mask.any():
                continue
            own[name] = right[name] = Own(known.value, known.mask)
            if known.wrong.any():
                right[name] = Own(known.value, known.mask & ~known.wrong)
            same = np.isclose(known.value, self.lines.values[name], rtol=1e-12, atol=0)
            halves[name] = np.where(same, 0.0, known.half)
        return own, right, halves

    def operands(self, own: dict[str, Own]) -> dict[tuple[str, Index], str]:
        """Return how each operand is written: by the writer, else in the problem."""
        found = dict(self.texts)
        for name in own:
            for at, verdict in self.known[name].last.items():
                found[(name, at)] = verdict.given
        return found

    def entry(
        self, answer: Answer, written: Typed, judgement: Judgement, at: Index, text: str
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
            text,
            float(written.value[at]),
            float(judgement.exact[at]),
            float(judgement.own[at]),
            cut=bool(judgement.cut[at]),
            kept=bool(judgement.kept[at]),
        )
        known = self.known.get(answer.name)
        last = known.last.get(at) if known else None
        if last is None or last.value is None:
            return verdict
        distance = abs(last.value - written.value[at])
        if distance == 0:
            return replace(
                verdict, status=last.status, repeats=last.repeats or last.line, finding=last.finding
            )
        if distance <= written.half[at] * (1 + 1e-9):
            return replace(verdict, status=last.status, rounded=last.line, finding=last.finding)
        return verdict

    def keep(
        self, name: str, shape: tuple[int, ...], written: Typed, found: dict[Index, Verdict]
    ) -> None:
        """Put an answer where later lines find it."""
        known = self.known.setdefault(name, _Known.of(shape))
        for at, verdict in found.items():
            known.value[at], known.mask[at] = written.value[at], True
            known.half[at], known.wrong[at] = written.half[at], verdict.status != "correct"
            known.last[at] = verdict
