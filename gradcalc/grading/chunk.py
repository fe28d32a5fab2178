"""One block marked to the end: what it adds to every output, so that parts can be kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from gradcalc.grading.block import Block, Column, RowError
from gradcalc.grading.classwide import Marker
from gradcalc.grading.gradebook import Entry
from gradcalc.grading.marked import (
    CORRECT,
    INCORRECT,
    MISSING,
    STATUSES,
    UNREAD,
    Marked,
)
from gradcalc.grading.tally import Tally

Results: TypeAlias = Literal["none", "wrong", "all"]


@dataclass
class Part:
    """What one block comes to; it is what another process or machine sends back."""

    entries: list[Entry]
    results: list[str]
    problems: list[tuple[str, int, str, str, str]]
    tally: Tally
    read: int
    unreadable: int
    duplicates: int


def mark_part(block: Block, marker: Marker, results: Results = "none") -> Part:
    """Mark a block and return all that it adds to the outputs.

    results: a line of JSON a student with the verdicts that are not correct, with all
    verdicts, or none.
    """
    marked = marker.mark(block)
    block = marked.block
    tally = Tally(block.columns, marker.scheme)
    tally.add(marked)
    entries = _entries(marked)
    lines = []
    if results != "none":
        every = results == "all"
        lines = [_result(marked, row, marker, every=every) for row in range(len(block.ids))]
    problems = [*_errors(block.errors), *_cells(marked)]
    lost = [error for error in block.errors if not error.duplicate]
    entries += [
        Entry(
            error.id, None, status="unreadable", note=f"{error.source}:{error.line}: {error.reason}"
        )
        for error in lost
    ]
    return Part(
        entries,
        lines,
        problems,
        tally,
        len(block.ids) + len(block.errors),
        len(lost),
        len(block.errors) - len(lost),
    )


def _entries(marked: Marked) -> list[Entry]:
    """Return what the gradebook says of each student of a block."""
    block = marked.block
    sums = [marked.points[:, columns].sum(axis=1) for columns in block.quantities.values()]
    points = np.stack(sums, axis=1).tolist() if sums else [[]] * len(block.ids)
    notes = _notes(marked)
    rows = zip(block.ids, marked.score.tolist(), points, notes, strict=True)
    return [Entry(student, score, tuple(own), "marked", note) for student, score, own, note in rows]


def _notes(marked: Marked) -> list[str]:
    """Return for each student where they first go wrong, and why."""
    block = marked.block
    empty = np.isin(marked.status, (MISSING, UNREAD)).sum(axis=1)
    notes = ["" if not count else f"{count} not answered" for count in empty.tolist()]
    open_ = np.ones(len(block.ids), dtype=bool)
    for name, columns in block.quantities.items():
        wrong = open_ & (marked.status[:, columns] == INCORRECT).any(axis=1)
        open_ &= ~wrong
        for row in np.flatnonzero(wrong):
            number = marked.finding[name][row] if name in marked.finding else -1
            ids = marked.findings[number].ids if number >= 0 else ()
            notes[row] = f"first wrong: {name}" + (f" ({', '.join(ids)})" if ids else "")
    return notes


def _result(marked: Marked, row: int, marker: Marker, *, every: bool) -> str:
    """Return the line of one student in results.jsonl."""
    block = marked.block
    counts = np.bincount(marked.status[row], minlength=len(STATUSES))
    record: dict[str, Any] = {
        "student": block.ids[row],
        "source": block.source,
        "line": block.lines[row],
        "score": round(float(marked.score[row]), 6),
        "max_score": round(marker.scheme.most(block.columns), 6),
        "points": {
            name: round(float(marked.points[row, columns].sum()), 6)
            for name, columns in block.quantities.items()
        },
        "status": {name: int(counts[code]) for code, name in enumerate(STATUSES) if counts[code]},
        "verdicts": list(_verdicts(marked, row, every=every)),
    }
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def _verdicts(marked: Marked, row: int, *, every: bool) -> Iterator[dict[str, Any]]:
    block = marked.block
    for at, column in enumerate(block.columns):
        code = int(marked.status[row, at])
        if code == CORRECT and not every:
            continue
        verdict: dict[str, Any] = {
            "quantity": column.name,
            "index": [i + 1 for i in column.index] or None,
            "status": STATUSES[code],
        }
        if code != MISSING:
            verdict["given"] = block.text(row, at).strip()[:200]
            verdict["points"] = round(float(marked.points[row, at]), 6)
        if code == UNREAD:
            verdict["reason"] = block.reason(row, at)
        elif code != MISSING:
            verdict["expected"] = _finite(marked.exact[row, at])
            verdict["expected_from_own"] = _finite(marked.own[row, at])
        if code == INCORRECT:
            number = marked.finding[column.name][row]
            verdict["mistakes"] = list(marked.findings[number].ids) if number >= 0 else []
        yield verdict


def _finite(value: float) -> float | None:
    return float(value) + 0.0 if np.isfinite(value) else None


def _errors(errors: tuple[RowError, ...]) -> Iterator[tuple[str, int, str, str, str]]:
    for error in errors:
        yield error.source, error.line, error.id, "", error.reason


def _cells(marked: Marked) -> Iterator[tuple[str, int, str, str, str]]:
    block = marked.block
    for row, at in np.argwhere(marked.status == UNREAD):
        column: Column = block.columns[at]
        reason = block.reason(int(row), int(at))
        yield block.source, block.lines[row], block.ids[row], str(column), reason
