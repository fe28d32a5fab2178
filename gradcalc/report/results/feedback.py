"""What one student gets back: what the class pass knows of their submission, as documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b

from gradcalc.grading.answers.sheet import Sheet
from gradcalc.grading.classes.first_pass import Marker
from gradcalc.grading.classes.gradebook import number
from gradcalc.grading.classes.marked_block import (
    CONVENTION,
    INCORRECT,
    MISSING,
    STATUSES,
    UNREAD,
    Marked,
)
from gradcalc.grading.classes.scheme import Scheme
from gradcalc.grading.evaluation.follow_through import Style
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.marking.mark_sheet import contradictions
from gradcalc.grading.marking.verdict import Review, Status, Verdict
from gradcalc.grading.mistakes.diagnosis import Finding
from gradcalc.problem.text.source import is_device
from gradcalc.report.blocks import Document
from gradcalc.report.results.check import Points, Told, check_document
from gradcalc.report.results.check_slips import Memory
from gradcalc.report.results.reasons import Reveal
from gradcalc.report.results.wording import Wording, wording

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,60}\Z")
MOST_KEPT = 20_000
"""Distinct slips of which is kept what was said."""


@dataclass(frozen=True)
class ClassFeedback:
    """Says to the students of a class what became of their submissions.

    memory: what was said of each distinct slip, so that it is put into words once.
    """

    marker: Marker
    reveal: Reveal
    memory: Memory = field(default_factory=dict)

    @cached_property
    def words(self) -> Wording:
        """Return how mistakes are put into words."""
        return wording(self.marker.lines)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """Return what is said to every student."""
        return tuple(contradictions(self.marker.lines))

    def of(self, marked: Marked) -> Iterator[tuple[str, Document]]:
        """Yield each student of a block with their feedback."""
        block, scheme = marked.block, self.marker.scheme
        lines = self.marker.of(block)
        for row, student in enumerate(block.ids):
            if len(self.memory) > MOST_KEPT:
                self.memory.clear()
            own = lines.student(row)
            review, keys, ruled = self.review(marked, row, own)
            told = Told(
                self.reveal,
                f"feedback to {student}",
                hint=False,
                points=points_of(marked, row, scheme),
                scored=True,
                ruled=ruled,
                keys=keys,
                memory=self.memory,
            )
            shared = own is self.marker.lines
            words = self.words if shared else Wording(self.words.notation, own)
            yield student, check_document(review, words, told)

    def review(
        self, marked: Marked, row: int, lines: Lines
    ) -> tuple[Review, list[object], dict[int, str]]:
        """Return the verdicts on one submission, its findings' keys, and rulings on them."""
        block = marked.block
        found: list[Finding] = []
        keys: list[object] = []
        ruled: dict[int, str] = {}
        verdicts: list[Verdict] = []
        order = {name: at for at, name in enumerate((*lines.inputs, *lines.by_name))}
        names = sorted(block.quantities, key=lambda name: order.get(name, len(order)))
        for line, name in enumerate(names, start=1):
            columns = block.quantities[name]
            finding = None
            at = int(marked.finding[name][row]) if name in marked.finding else -1
            wrong = any(marked.status[row, c] in (INCORRECT, CONVENTION) for c in columns)
            if at >= 0 and wrong:
                finding = len(found)
                found.append(replace(marked.findings[at], lines=(line,)))
                keys.append(marked.keys[at])
                ruling = int(marked.ruled[name][row]) if name in marked.ruled else -1
                if ruling >= 0:
                    ruled[finding] = f"Ruled: {marked.rulings[ruling]}."
            columns = sorted(columns, key=lambda c: block.columns[c].index)
            verdicts += (self.entry(marked, row, c, line, finding) for c in columns)
        sheet = Sheet(block.ids[row], ())
        warnings = self.warnings if lines is self.marker.lines else tuple(contradictions(lines))
        single = marked.single is not None and bool(marked.single[row])
        review = Review(lines, sheet, tuple(verdicts), tuple(found), Style(0, 0), warnings, single)
        return review, keys, ruled

    @staticmethod
    def entry(marked: Marked, row: int, column: int, line: int, finding: int | None) -> Verdict:
        """Return the verdict on one cell."""
        block, place = marked.block, marked.block.columns[column]
        code = int(marked.status[row, column])
        status: Status = STATUSES[code]
        if code == MISSING:
            return Verdict(place.name, place.index, line, status, "")
        text = block.text(row, column).strip()
        if code == UNREAD:
            reason = block.reason(row, column)
            return Verdict(place.name, place.index, line, status, text, reason=reason)
        return Verdict(
            place.name,
            place.index,
            line,
            status,
            text,
            float(block.value[row, column]),
            float(marked.exact[row, column]),
            float(marked.own[row, column]),
            finding=finding if code in (INCORRECT, CONVENTION) else None,
            digits=max(0, int(block.significant[row, column])),
        )


def points_of(marked: Marked, row: int, scheme: Scheme) -> Points:
    """Return the points of one submission."""
    block = marked.block
    most = scheme.points(block.columns)
    return Points(
        {
            name: (
                number(float(marked.points[row, columns].sum())),
                number(float(most[columns].sum())),
            )
            for name, columns in block.quantities.items()
        },
        (number(float(marked.score[row])), number(scheme.most(block.columns))),
        scheme.described,
    )


def file_name(student: str, ending: str) -> str:
    """Return the name of a student's file; an id that is no plain name never becomes a path.

    >>> file_name("4711", "md")
    '4711.md'
    """
    if _PLAIN.match(student) and ".." not in student and not is_device(student):
        return f"{student}.{ending}"
    digest = blake2b(student.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    kept = re.sub(r"[^A-Za-z0-9]+", "-", student).strip("-")[:40]
    return f"{kept or 'student'}-{digest}.{ending}"
