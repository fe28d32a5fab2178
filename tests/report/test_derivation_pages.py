"""The pages of derivations: of operations, and of formulas that were typed."""

from __future__ import annotations

import pytest

from gradcalc.algebra.formula.expr import Apply
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.typed_formula import derived, read
from gradcalc.errors import width
from gradcalc.report.catalogue.derivations import derivation_document
from gradcalc.report.catalogue.operations import operation_document
from gradcalc.report.formats.text import write_document
from gradcalc.report.page import Page
from tests.algebra.test_derivation import DOCUMENT
from tests.shown import GOLDEN, golden

OTHERS = (
    *("leaky_relu", "elu", "softplus", "gelu", "silu", "hardtanh", "softsign", "log_softmax"),
    *("mse", "log_cosh", "binary_cross_entropy", "smooth_l1", "norm", "exp"),
)
FORMULAS = {
    "logistic": ("1/(1 + exp(-x))", "x"),
    "product": ("x^2*sin(x)", "x"),
    "hinge": ("max(0, 1 - t*y)", "y"),
    "cross-entropy": ("-sum(t*log(softmax(z)))", "z"),
    "cosine": ("dot(x, y)/norm(y)", "y"),
    "sigmoid": ("expit(x)", "x"),
}


def shown(name: str, columns: int = 80, unicode: bool = True) -> str:
    document = operation_document(TABLE, Apply(name, ()), unicode=unicode)
    return write_document(Page(columns, unicode), document).plain()


def derivation(text: str, name: str, columns: int = 80, unicode: bool = True) -> str:
    typed = read(text, TABLE)
    made, proof = derived(typed, name, TABLE)
    assert proof.holds
    document = derivation_document(typed, [(made, proof)], TABLE, unicode=unicode)
    return write_document(Page(columns, unicode), document).plain()


@pytest.mark.parametrize("name", [*DOCUMENT, *OTHERS])
def test_the_sheet_of_an_operation(name: str) -> None:
    golden(GOLDEN / "ops" / f"{name}.txt", shown(name))


@pytest.mark.parametrize("name", FORMULAS)
def test_the_page_of_a_formula(name: str) -> None:
    golden(GOLDEN / "derive" / f"{name}.txt", derivation(*FORMULAS[name]))


@pytest.mark.parametrize("name", ["sigmoid", "huber", "softmax_cross_entropy"])
def test_the_sheet_in_ascii(name: str) -> None:
    text = shown(name, unicode=False)
    assert text.isascii()
    assert "?" not in text
    golden(GOLDEN / "ops" / f"{name}-ascii.txt", text)


@pytest.mark.parametrize("name", [row.name for row in TABLE if row.kind != "array"])
def test_every_sheet_fits_its_page(name: str) -> None:
    for columns in (80, 60):
        assert max(width(line) for line in shown(name, columns).splitlines()) <= columns


def test_a_row_without_a_definition_has_no_derivation() -> None:
    assert "Derivation" not in shown("exp")
    assert "Derivation" not in shown("sparsemax")


@pytest.mark.parametrize("name", ["product", "hinge", "logistic", "sigmoid"])
def test_the_typed_result_can_be_derived_again(name: str) -> None:
    text, by = FORMULAS[name]
    made, _ = derived(read(text, TABLE), by, TABLE)
    (line,) = (row for row in derivation(text, by).splitlines() if "typed: " in row)
    again = line.partition("typed: ")[2]
    assert parse(again) == made.result
    assert derived(read(again, TABLE), by, TABLE)[1].holds
