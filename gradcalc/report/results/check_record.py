"""A check as a JSON object, `gradcalc/check/1`, and as annotations of a GitHub workflow."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from gradcalc.grading.marking.options import Option, OptionsReview
from gradcalc.grading.marking.verdict import Review, Verdict
from gradcalc.grading.mistakes.diagnosis import Finding
from gradcalc.grading.mistakes.search import Explanation
from gradcalc.report.mathematics.names import EXACT_DIGITS
from gradcalc.report.results.check_table import due_text, entry_name, summary
from gradcalc.report.results.reasons import Reveal
from gradcalc.report.results.wording import Wording

CHECK_SCHEMA = "gradcalc/check/1"
REMARKS = {
    "0 once it is rounded": "rounds_to_zero",
    "one digit only": "one_digit",
}
"""What is said of an answer beside its status, and how a verdict tells."""


def options_record(review: OptionsReview, words: Wording) -> dict[str, Any]:
    """Return the object that `check --options --format json` prints."""
    return {
        "schema": CHECK_SCHEMA,
        "file": review.problem.source.name,
        "key": list(review.key),
        "options": [
            {
                "label": option.label,
                "verdict": option.verdict,
                "explanations": [_explained(each, words) for each in option.explanations],
            }
            for option in review.options
        ],
        "warnings": list(review.warnings),
    }


def answers_record(review: Review, words: Wording, reveal: Reveal = "full") -> dict[str, Any]:
    """Return the object that `check --format json` prints: one verdict an entry.

    What is not revealed is null or empty; of a score, the verdicts are counted.
    """
    found: dict[str, Any] = {"schema": CHECK_SCHEMA, "file": review.sheet.name}
    if reveal == "score":
        found["counts"] = dict(Counter(verdict.status for verdict in review.verdicts))
    else:
        found["verdicts"] = [_verdict(each, review, words, reveal) for each in review.verdicts]
        found["first_wrong"] = review.first_wrong
    if review.single:
        found["precision"] = "single"
    return {**found, "warnings": list(review.warnings)}


def check_line(record: dict[str, Any], *, ascii_only: bool = False) -> str:
    """Return an object as one line of JSON."""
    return json.dumps(record, ensure_ascii=ascii_only, allow_nan=False)


def _explained(explanation: Explanation, words: Wording) -> dict[str, Any]:
    return {
        "mistakes": list(explanation.rules),
        "text": words.explanation(explanation).replace("\u00a0", " "),
    }


def _verdict(verdict: Verdict, review: Review, words: Wording, reveal: Reveal) -> dict[str, Any]:
    whole = reveal == "full"
    finding = None if verdict.finding is None else review.findings[verdict.finding]
    if reveal == "where":
        finding = None
    found: dict[str, Any] = {
        "quantity": verdict.name,
        "index": [i + 1 for i in verdict.index] or None,
        "line": verdict.line,
        "status": verdict.status,
        "given": verdict.given,
        "expected": _number(verdict.expected) if whole else None,
        "expected_from_own": _number(verdict.own) if whole else None,
        "explanations": explanations(finding, words) if finding else [],
    }
    if verdict.reason is not None:
        found["reason"] = verdict.reason
    remarks = [text for text, said in REMARKS.items() if getattr(verdict, said)]
    return {**found, "remarks": remarks} if remarks else found


def explanations(finding: Finding, words: Wording) -> list[dict[str, Any]]:
    """Return every explanation of a slip: rules, else the pattern or the misread operand."""
    if finding.explanations:
        return [_explained(each, words) for each in finding.explanations]
    if finding.as_if is not None:
        return [{"mistakes": ["transcription"], "text": words.as_if(finding.as_if)}]
    if finding.pattern is not None:
        return [{"mistakes": [finding.pattern.id], "text": words.pattern(finding.pattern)}]
    return []


def _number(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else value + 0.0


def options_annotations(review: OptionsReview, words: Wording) -> Iterator[str]:
    """Yield one workflow command for each warning, and the key as a notice."""
    name = review.problem.source.name
    if len(review.key) == 1:
        yield _command("notice", name, None, "key", f"option {review.key[0]} is right")
    for warning in review.warnings:
        yield _command("warning", name, _line_of(review.options), "options", warning)


def _line_of(options: Sequence[Option]) -> int | None:
    return options[0].answer.line if options else None


def answers_annotations(review: Review, words: Wording, reveal: Reveal = "full") -> Iterator[str]:
    """Yield one workflow command for each answer that is not right, or the score.

    Where there is no answer, the score says so.
    """
    for warning in review.warnings:
        yield _command("warning", review.sheet.name, None, "check", warning)
    answered = any(verdict.status != "missing" for verdict in review.verdicts)
    if reveal == "score" or not answered:
        level = "notice" if review.right and answered else "error"
        yield _command(level, review.sheet.name, None, "score", summary(review))
        return
    for verdict in review.verdicts:
        if verdict.right or verdict.status == "missing":
            continue
        name = entry_name(verdict, words.notation)
        finding = None if verdict.finding is None else review.findings[verdict.finding]
        texts = [each["text"] for each in explanations(finding, words)] if finding else []
        text = verdict.reason or f"{verdict.given} is not right."
        if verdict.own is not None and verdict.reason is None and reveal == "full":
            due = due_text(verdict.own, words.notation, max(verdict.digits, EXACT_DIGITS))
            text = f"{verdict.given} stands where {due} is due."
        if texts and reveal != "where":
            text += f" {texts[0][0].upper()}{texts[0][1:].rstrip('.')}."
        level = "warning" if verdict.status == "unreadable" else "error"
        yield _command(level, review.sheet.name, verdict.line, name, text)


def _command(level: str, file: str, line: int | None, title: str, text: str) -> str:
    place = f"file={_property(file)}" + (f",line={line}" if line else "")
    data = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{level} {place},title={_property(title)}::{data}"


def _property(text: str) -> str:
    for sign, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        text = text.replace(sign, code)
    return text
