"""Submissions that are alike in every number and digit: judged once, whoever hands them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.operations.kernels import Indices, Mask
from gradcalc.grading.classes.marked_block import MISSING, UNREAD, Answers, Codes
from gradcalc.grading.classes.second_pass import Course, SecondPass, rows_of
from gradcalc.grading.evaluation.earlier_answers import remember
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.diagnosis import Finding
from gradcalc.grading.submissions.block import Block


@dataclass(frozen=True)
class JudgedSheet:
    """What a second look at one submission has found.

    status, kept: of each column. findings: by quantity where something is wrong, with
    what makes the wrong answer distinct; faults: by column, why gradcalc itself failed there.
    """

    status: Codes
    kept: Mask
    findings: Mapping[str, tuple[bytes, Finding]]
    faults: Mapping[int, str]


@dataclass(frozen=True)
class SecondLook:
    """A second look at some students of a block.

    which: for each of these students the place of the sheet, in `status` and `kept`, that
    is like theirs; finding: by quantity the number of each sheet's finding, or -1; faults:
    of each sheet by column.
    """

    which: Indices
    status: Codes
    kept: Mask
    finding: dict[str, Indices]
    found: dict[bytes, Finding]
    faults: tuple[Mapping[int, str], ...] = ()


def second_look(
    course: Course,
    lines: Lines,
    block: Block,
    rows: Indices,
    answers: Callable[[Indices], Mapping[str, Answers]],
) -> SecondLook:
    """Judge students who are not simply right, each distinct sheet once.

    answers: those of some students of the block.
    """
    keys, which = _distinct(block, rows)
    firsts = np.full(len(keys), -1, dtype=np.intp)
    firsts[which[::-1]] = rows[::-1]
    known: dict[bytes, JudgedSheet] = course.findings.sheets
    sheets = [known.get(key) for key in keys]
    new = [at for at, sheet in enumerate(sheets) if sheet is None]
    if new:
        first = firsts[new]
        for at, sheet in enumerate(_judged(course, lines, block, first, answers(first))):
            sheets[new[at]] = sheet
            remember(known, keys[new[at]], sheet)
    judged = [sheet for sheet in sheets if sheet is not None]
    return _numbered(judged, which, answers(rows[:0]))


def _judged(
    course: Course, lines: Lines, block: Block, rows: Indices, answers: Mapping[str, Answers]
) -> Iterator[JudgedSheet]:
    """Yield the sheets of some students."""
    closer = SecondPass(course, rows_of(lines, rows), block, rows, answers)
    closer.walk()
    status = np.full((len(rows), len(block.columns)), MISSING, dtype=np.uint8)
    kept = np.zeros(status.shape, dtype=bool)
    findings: list[dict[str, tuple[bytes, Finding]]] = [{} for _ in rows]
    found = list(closer.found.items())
    for name, codes in closer.status.items():
        each = answers[name]
        status[:, each.columns] = each.taken(codes)
        kept[:, each.columns] = each.taken(closer.kept[name])
        for row in np.flatnonzero(closer.finding[name] >= 0).tolist():
            findings[row][name] = found[closer.finding[name][row]]
    for row in range(len(rows)):
        faults = {
            column: why
            for (own, name), why in closer.faults.items()
            if own == row
            for column in answers[name].columns
            if status[row, column] == UNREAD
        }
        yield JudgedSheet(status[row], kept[row], findings[row], faults)


def _numbered(
    sheets: Sequence[JudgedSheet], which: Indices, answers: Mapping[str, Answers]
) -> SecondLook:
    """Return sheets with their findings numbered, by quantities and then by sheets."""
    status = np.stack([sheet.status for sheet in sheets])
    found: dict[bytes, Finding] = {}
    numbers: dict[bytes, int] = {}
    finding = {name: np.full(len(sheets), -1, dtype=np.intp) for name in answers}
    for name, places in finding.items():
        for row, sheet in enumerate(sheets):
            if name in sheet.findings:
                key, value = sheet.findings[name]
                places[row] = numbers.setdefault(key, len(numbers))
                found.setdefault(key, value)
    faults = tuple(sheet.faults for sheet in sheets)
    return SecondLook(which, status, np.stack([s.kept for s in sheets]), finding, found, faults)


def _distinct(block: Block, rows: Indices) -> tuple[list[bytes], Indices]:
    """Return what makes each distinct sheet so, and which of them each student's is."""
    parts: list[npt.NDArray[Any]] = [block.value, block.decimals, block.significant, block.state]
    if block.parameters is not None:
        parts.append(block.parameters)
    bytewise = [np.ascontiguousarray(part[rows]).view(np.uint8) for part in parts]
    table = np.concatenate([each.reshape(len(rows), -1) for each in bytewise], axis=1)
    columns = repr((block.columns, block.own)).encode()
    known: dict[bytes, int] = {}
    each: list[bytes] = table.view(f"V{table.shape[1]}").ravel().tolist()
    which = [known.setdefault(row, len(known)) for row in each]
    keys = [blake2b(columns + row, digest_size=16).digest() for row in known]
    return keys, np.array(which, dtype=np.intp)
