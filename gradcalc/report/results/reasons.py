"""Where a wrong answer comes from, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from gradcalc.algebra.formula.expr import Expr, symbols
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.grading.marking.verdict import Review, Verdict
from gradcalc.grading.mistakes.diagnosis import Finding
from gradcalc.grading.mistakes.rule import tidy
from gradcalc.problem.model import sized
from gradcalc.report.mathematics.names import figure
from gradcalc.report.results.wording import Wording

Reveal: TypeAlias = Literal["score", "where", "why", "full"]
MOST_PARTS = 30
"""Parts of a formula above which unwritten lines are not put into it."""


@dataclass(frozen=True)
class Reasons:
    """Says what is known of each slip; `reveal` says how much of it."""

    review: Review
    words: Wording
    reveal: Reveal = "full"

    def expression(self, finding: Finding) -> Expr | None:
        """Return the right formula over what the writer has written."""
        lines = self.review.lines
        if finding.name not in lines.by_name:
            return None
        expr = lines.written_out(finding.name)
        written = {v.name for v in self.review.verdicts if v.value is not None}
        known = set(self.words.notation.shapes)
        while len(finding.entries) == 1:
            inner = [
                name
                for name in symbols(expr)
                if gradient_parts(name) and name in lines.by_name and name not in written
            ]
            if not inner:
                break
            longer = tidy(lines, expr, {n: lines.written_out(n) for n in inner})
            if longer.size > MOST_PARTS:
                break
            expr = longer
        return expr if set(symbols(expr)) <= known else None

    def reasons(self, finding: Finding, verdicts: Sequence[Verdict]) -> Iterator[str]:
        """Yield what is known of where a wrong answer comes from."""
        if finding.shape and not finding.explanations:
            name = self.words.notation.name(finding.name)
            yield f"It has another shape: {sized(name, self.review.lines.shapes[finding.name])}."
        if finding.trivial:
            yield (
                "It would follow only since a wrong value before it makes it 0; that shows nothing."
            )
        if finding.explanations:
            yield from self.explained(finding)
        elif finding.as_if is not None:
            yield self.words.as_if(finding.as_if) + self.ids(("transcription",))
        elif finding.pattern is not None:
            text = self.words.pattern(finding.pattern)
            said = self.reveal == "full" and len(verdicts) == 1  # beside the number
            if not said or finding.pattern.id == "arithmetic-slip":
                start = f"{text[0].upper()}{text[1:]}"
                if len(finding.entries) == 1 and finding.entries[0] and self.reveal != "full":
                    name = self.words.notation.entry_name(finding.name, finding.entries[0])
                    start = f"{name}: {text}"
                yield f"{start}.{self.ids((finding.pattern.id,))}"
            yield from self.where_used(finding)
        elif any(map(_says_nothing, verdicts)) and not finding.trivial:
            yield "Rounded so far, it says nothing: not even its first digit is right."
        elif not finding.trivial and not finding.shape:
            more = "; work the line once more" if self.reveal == "why" else ", alone or with others"
            yield f"No known mistake gives this{more}."

    def explained(self, finding: Finding) -> Iterator[str]:
        first, *others = finding.explanations
        seen = self.earlier(finding)
        if seen is not None:
            yield f"The same slip as in {seen}.{self.ids(first.rules)}"
        else:
            yield f"{self.words.explanation(first)}{self.ids(first.rules)}"
        for other in others[:3]:
            yield f"Or: {self.words.explanation(other)}{self.ids(other.rules)}"
        if len(others) > 3:
            yield f"Or {len(others) - 3} more that are as simple."
        if others and finding.tells is not None:
            name = self.words.notation.name(finding.tells.name)
            yield f"{name} would tell them apart."
        for slip in first.slips if len(first.slips) == 1 else ():
            convention = self.words.right_for(slip)
            if convention:
                yield f"This is right for {convention}."

    def ids(self, rules: Sequence[str]) -> str:
        """Return the ids of rules in parentheses, where all is revealed."""
        return f" ({', '.join(rules)})" if self.reveal == "full" else ""

    def earlier(self, finding: Finding) -> str | None:
        """Return where the same mistake was made before."""
        for place, other in enumerate(self.review.findings, start=1):
            if other is finding:
                return None
            if other.explanations and other.explanations[0].rules == finding.explanations[0].rules:
                return f"{place}"
        return None

    def where_used(self, finding: Finding) -> Iterator[str]:
        """Yield whether later lines were worked with a wrong number of the problem."""
        review, notation = self.review, self.words.notation
        if finding.name not in review.lines.start or not finding.entries:
            return
        entry = finding.entries[0]
        verdict = next(
            (v for v in review.verdicts if v.name == finding.name and v.index == entry), None
        )
        if verdict is None or verdict.expected is None:
            return
        above = any(
            v.line < verdict.line and v.right and _reads(review, v.name, finding.name)
            for v in review.verdicts
        )
        if above:
            right = notation.number(figure(verdict.expected))
            yield f"The lines above were worked with {right}. No gradient is affected."


def _says_nothing(verdict: Verdict) -> bool:
    """Tell whether only rounding to a single digit makes an answer what is due."""
    if verdict.digits != 1 or not verdict.value or verdict.own is None:
        return False
    unit = 10.0 ** np.floor(np.log10(abs(verdict.value)))
    return bool(abs(verdict.value - verdict.own) <= unit / 2)


def _reads(review: Review, name: str, data: str) -> bool:
    lines = review.lines
    return name in lines.by_name and any(
        data in lines.by_name[line].operands for line in lines.reads(name)
    )
