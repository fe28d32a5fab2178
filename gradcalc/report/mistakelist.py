"""The library of mistakes as pages: all ids, or one of them for a teacher."""

from __future__ import annotations

import re

from gradcalc.errors import width
from gradcalc.grading.library import RULES
from gradcalc.report.page import Page, wrapped
from gradcalc.report.wording import MISTAKE_WORDS, PATTERNS

MISTAKES = tuple(MISTAKE_WORDS)
LIST_INDENT = 2
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


def listing(page: Page) -> None:
    """Write every id with a few words, rules before patterns of difference."""
    page.title("The library of mistakes")
    page.blank()
    wide = max(map(width, MISTAKES))
    for head, ids in (
        ("Rules that rewrite lines", [name for name in MISTAKES if name in RULES]),
        ("Patterns of difference", [name for name in MISTAKES if name not in RULES]),
    ):
        page.text(head, "heading")
        for name in ids:
            lines = wrapped(MISTAKE_WORDS[name], page.columns - LIST_INDENT - wide - 2)
            page.text(f"{name.ljust(wide)}  {lines[0]}", "plain", LIST_INDENT)
            for line in lines[1:]:
                page.text(line, "plain", LIST_INDENT + wide + 2)
        page.blank()
    page.lines.pop()


def sheet(page: Page, name: str) -> None:
    """Write one mistake: to the student, to the teacher, and where it has been seen."""
    page.title(f"{name}: {MISTAKE_WORDS[name]}")
    page.blank()
    rule = RULES.get(name)
    if rule is None:
        text = PATTERNS.get(name, "one operand was copied wrongly; the line is right from it")
        page.paragraph(f"Pattern of difference: {text.format(factor='a factor')}.", LIST_INDENT)
        return
    said = _BRACES.sub(
        lambda found: MEANINGS.get(found[1], found[1]), rule.student.replace("{f}′", "f′")
    )
    for head, text in (
        ("Student", said[0].upper() + said[1:]),
        ("Teacher", rule.teacher),
        ("Seen", f"{rule.source}."),
        ("Right under", f"accept: [{rule.convention}]" if rule.convention else ""),
    ):
        if text:
            for at, line in enumerate(wrapped(text, page.columns - LIST_INDENT - 13)):
                page.text(f"{'' if at else head:<13}{line}", "plain", LIST_INDENT)
            page.blank()
    page.lines.pop()
