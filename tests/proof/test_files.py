"""Drawn files through every command: no fault, no hang, no two forms that disagree.

`python -m tests.proof.files` does the same for thousands.
"""

from __future__ import annotations

import re
from random import Random

import pytest

from gradcalc.algebra.operations.table import TABLE
from gradcalc.cli import gradcalc
from gradcalc.problem.reading.keys import KEYS
from tests.proof.files.commands import DRAWN
from tests.proof.files.drawn import draw
from tests.proof.files.formulas import ROWS, Lines
from tests.proof.files.runner import Outcome, tried
from tests.proof.files.spoilt import spoil

FILES, PARTS, CALLS = 304, 16, 1


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return []


@pytest.mark.parametrize("part", range(PARTS))
def test_a_file_is_answered_or_refused(part: int, outcomes: list[Outcome]) -> None:
    size = FILES // PARTS
    found = [tried(seed, CALLS) for seed in range(1 + part * size, 1 + (part + 1) * size)]
    outcomes += found
    assert [each for outcome in found for each in outcome.findings] == []
    assert sum(outcome.solved for outcome in found) >= size // 6


def test_each_key_is_drawn() -> None:
    keys: set[str] = set()
    for seed in range(1, 500):
        keys |= draw(seed).content.keys()
        if keys >= KEYS.keys():
            return
    pytest.fail(f"never drawn: {sorted(KEYS.keys() - keys)}")


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_each_operation_is_drawn(row: object) -> None:
    assert any(Lines(Random(seed)).apply(row) for seed in range(20))


def test_each_command_is_called() -> None:
    assert DRAWN.keys() == gradcalc.modules.keys()


def test_a_spoilt_file_is_another_one() -> None:
    files = [draw(seed) for seed in range(20)]
    other = [spoil(Random(seed), file) for seed, file in enumerate(files)]
    assert sum(new != file.text for new, file in zip(other, files, strict=True)) > 15


def test_the_same_seed_gives_the_same_file() -> None:
    assert [draw(seed).text for seed in range(9)] == [draw(seed).text for seed in range(9)]
    assert all(re.search(r"\S", draw(seed).text) for seed in range(9))
    assert len(ROWS) == len(list(TABLE))
