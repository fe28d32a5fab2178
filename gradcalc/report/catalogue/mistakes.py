"""The library of mistakes as documents: the list, and one mistake for a teacher."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradcalc.errors import width
from gradcalc.grading.mistakes.library import RULES
from gradcalc.report.blocks import Document, DocumentBlock, Facts, PagePlace, Paragraph, Section
from gradcalc.report.results.wording import MISTAKE_WORDS, PATTERNS

MISTAKES = tuple(MISTAKE_WORDS)
INDENT = 2
_BRACES = re.compile(r"\{(\w+)\}")
MEANINGS = {
    "f": "the activation",
    "a": "its output",
    "z": "its input",
    "W": "the weight",
    "b": "the bias",
    "t": "the target",
    "n": "the number of entries",
    "delta": "δ",
    "line": "the line",
    "right": "what is due",
    "wrong": "what is written",
    "upstream": "the upstream gradient",
    "local": "the derivative",
    "error": "the error",
    "other": "something",
    "inner": "the inner function",
    "power": "the power",
    "variant": "missing or too much",
}


def mistakes_document() -> Document:
    """Return every id with a few words, rules before patterns of difference."""
    return Document("The library of mistakes", "", tuple(_listed()))


def _listed() -> Iterator[DocumentBlock]:
    wide = max(map(width, MISTAKES))
    rules = [name for name in MISTAKES if name in RULES]
    patterns = [name for name in MISTAKES if name not in RULES]
    heads = {"Rules that rewrite lines": rules, "Patterns of difference": patterns}
    for at, (head, names) in enumerate(heads.items()):
        yield Section(head, ruled=False, place=PagePlace(indent=0, gap=int(at > 0)))
        rows = tuple((name, MISTAKE_WORDS[name]) for name in names)
        yield Facts(rows, least=wide, between=2, place=PagePlace(indent=INDENT, gap=0))


def mistake_document(name: str) -> Document:
    """Return one mistake: to the student, to the teacher, and where it has been seen."""
    return Document(f"{name}: {MISTAKE_WORDS[name]}", "", tuple(_said(name)))


def _said(name: str) -> Iterator[DocumentBlock]:
    rule = RULES.get(name)
    if rule is None:
        text = PATTERNS.get(name, "one operand was copied wrongly; the line is right from it")
        said = f"Pattern of difference: {text.format(factor='a factor')}."
        yield Paragraph(said, place=PagePlace(indent=INDENT))
        return
    said = _BRACES.sub(
        lambda found: MEANINGS.get(found[1], found[1]), rule.student.replace("{f}′", "f′")
    )
    facts = (
        ("Student", said[0].upper() + said[1:]),
        ("Teacher", rule.teacher),
        ("Seen", f"{rule.source}."),
        ("Right under", f"accept: [{rule.convention}]" if rule.convention else ""),
    )
    for at, (label, text) in enumerate((label, text) for label, text in facts if text):
        place = PagePlace(indent=INDENT, gap=int(at > 0))
        yield Facts(((label, text),), least=11, between=2, place=place)
