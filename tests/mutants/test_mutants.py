"""Every fault can be put in: its text stands once in its module, and its name is its own."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.__main__ import MUTANTS
from tests.mutants.mutant import Mutant
from tests.mutants.workshop import FIRST, ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_the_text_stands_once_in_the_module(mutant: Mutant) -> None:
    text = (ROOT / "gradcalc" / mutant.file).read_text(encoding="utf-8")
    faulty = mutant.written(text)
    assert faulty != text
    ast.parse(faulty)


def test_names_are_unique() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)


def test_every_module_has_tests_of_its_own() -> None:
    stems = {mutant.name.rpartition("-")[0] for mutant in MUTANTS}
    assert stems == set(FIRST)
    missing = [path for tests in FIRST.values() for path in tests if not (ROOT / path).exists()]
    assert not missing
