"""Operations, optimisers, mistakes, derivations and lints in every format of documents."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import gradcalc
from gradcalc.algebra.formula.expr import Apply
from gradcalc.algebra.operations.table import TABLE
from gradcalc.algebra.optimisers import OPTIMISERS
from gradcalc.engine.typed_formula import derived, read
from gradcalc.report.blocks import Document, DocumentBlock, Either, Equalities, Equation, Facts
from gradcalc.report.catalogue.derivations import derivation_document
from gradcalc.report.catalogue.formula import name_of
from gradcalc.report.catalogue.mistakes import MISTAKES, mistake_document, mistakes_document
from gradcalc.report.catalogue.operations import operation_document, operations_document
from gradcalc.report.catalogue.optimisers import optimiser_document
from gradcalc.report.formats.html import html_document
from gradcalc.report.formats.latex import article
from gradcalc.report.formats.markdown import markdown_document
from gradcalc.report.formats.text import text_document, write_blocks
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.page import Page
from gradcalc.report.results.lint import lint_document
from gradcalc.report.results.wording import wording
from tests.report.test_documents import checked, compiled
from tests.shown import ROOT

FORMULAS = ("1/(1 + exp(-x))", "x^2*sin(x)/(x + 1)", "max(0, 1 - x)", "-sum(t*log(softmax(z)))")
ROWS = [row.name for row in TABLE if row.kind not in ("array",)]


def derivation(text: str) -> Document:
    typed = read(text, TABLE)
    names = typed.names[-1:]
    return derivation_document(typed, [derived(typed, name, TABLE) for name in names], TABLE)


def sheets() -> list[Document]:
    lines = gradcalc.lint(gradcalc.load(ROOT / "problems/relu-squared-loss.yaml"))
    return [
        *(operation_document(TABLE, Apply(name, ())) for name in ROWS),
        *(optimiser_document(row) for row in OPTIMISERS),
        *map(derivation, FORMULAS),
        *map(mistake_document, MISTAKES),
        operations_document(TABLE),
        mistakes_document(),
        lint_document(lines, wording(lines.lines)),
    ]


@pytest.mark.parametrize("text", FORMULAS)
def test_every_step_of_a_derivation_is_a_formula_in_html(text: str) -> None:
    document = derivation(text)
    steps = [block for block in document.blocks if isinstance(block, Equalities)]
    page = html_document([document])
    checked(page)
    rows = [row for block in steps for row in block.rows]
    assert page.count("<li><span>") == len(rows)
    assert page.count("<math") >= len(rows) + len(steps)
    assert "<pre" not in page
    for _, rules in rows:
        assert isinstance(rules, str)
        assert rules in page


def test_what_it_equals_stands_under_each_other_in_latex_and_markdown() -> None:
    document = derivation("x^2*sin(x)")
    for text in (article([document]), markdown_document([document])):
        (steps,) = re.findall(r"begin\{align\w*\*?\}\n(.*?\\\\.*?)\n\\end", text, re.DOTALL)
        first, *rest = steps.split("\\\\\n")
        assert " &= " in first
        assert all(row.startswith("&= ") for row in rest)
        assert "product rule" in rest[0]


def test_every_sheet_can_be_printed_in_every_format() -> None:
    documents = sheets()
    assert checked(html_document(documents)).tags["article"] == len(documents)
    assert markdown_document(documents).count("\n# ") == len(documents)
    assert text_document(documents).count("═" * 80) == len(documents)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not here")
def test_latex_makes_pages_of_all_sheets(tmp_path: Path) -> None:
    compiled(article(sheets()), tmp_path)


def test_words_that_have_no_room_give_way_to_others() -> None:
    name = name_of(Notation({}), "x")
    for columns, said in ((40, "x" * 30), (30, "short")):
        blocks: tuple[DocumentBlock, ...] = (Facts((("a", Either("x" * 30, "short")),)),)
        assert write_blocks(Page(columns), blocks).plain() == f"a   {said}\n"
    rows = Facts((("a", Equation(name, (name,))),))
    assert "x = x" in text_document([Document("t", "", (rows,))])
