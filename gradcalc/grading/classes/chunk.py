"""One block marked to the end: what it adds to every output, and the JSON that keeps it."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from gradcalc.algebra.operations.kernels import Indices
from gradcalc.grading.classes.first_pass import Marker
from gradcalc.grading.classes.gradebook import GradebookEntries, GradebookEntry
from gradcalc.grading.classes.marked_block import (
    CORRECT,
    INCORRECT,
    MISSING,
    STATUSES,
    UNREAD,
    Marked,
)
from gradcalc.grading.classes.scheme import Scheme
from gradcalc.grading.classes.tally import COUNTS, Cluster, LineTally, MistakeTally, Tally
from gradcalc.grading.submissions.block import Block, Column, RowError, Unread
from gradcalc.grading.submissions.column_layout import SubmissionIndex
from gradcalc.problem.names import Reference

UnreadCell: TypeAlias = tuple[str, "int | str", str, str, str]
"""What could not be read: its file, line, student and quantity, and why."""
Results: TypeAlias = Literal["none", "wrong", "all"]

LINE = ("name", "points", "right", "follows", "convention", "wrong", "blank", "first")


@dataclass
class Chunk:
    """What one block comes to; it is what another process or machine sends back.

    index: whose submissions it was made from, those that do not count included.
    """

    source: str
    index: SubmissionIndex
    entries: GradebookEntries
    results: list[str]
    problems: list[UnreadCell]
    tally: Tally
    read: int
    unreadable: int
    duplicates: int
    unread: tuple[Unread, ...] = ()


def mark_part(
    block: Block, index: SubmissionIndex, marker: Marker, results: Results = "none", label: str = ""
) -> Chunk:
    """Mark a block and return all that it adds to the outputs.

    results: a line of JSON a student with the verdicts that are not correct, with all
    verdicts, or none. label: what the problem is called, where there are several.
    """
    marked = marker.mark(block)
    block = marked.block
    tally = Tally(block.columns, marker.scheme)
    tally.add(marked)
    lines = []
    if results != "none":
        every = results == "all"
        lines = [
            json.dumps(
                ({"problem": label} if label else {}) | _result(marked, row, marker, every=every),
                ensure_ascii=False,
                allow_nan=False,
            )
            for row in range(len(block.ids))
        ]
    found = sorted([*_errors(block.errors), *_cells(marked)], key=lambda each: each[0])
    lost = [error for error in block.errors if not error.duplicate]
    return Chunk(
        block.source,
        index,
        _entries(marked, lost),
        lines,
        [problem for _, problem in found],
        tally,
        len(block.ids) + len(block.errors),
        len(lost),
        len(block.errors) - len(lost),
        block.unread,
    )


def _entries(marked: Marked, lost: Sequence[RowError]) -> GradebookEntries:
    """Return what the gradebook says of each student of a block, what is the same once."""
    block, kinds = marked.block, marked.kinds
    points = marked.points[kinds.firsts]
    sums = [points[:, columns].sum(axis=1).tolist() for columns in block.quantities.values()]
    scores, notes = marked.score[kinds.firsts].tolist(), _notes(marked, kinds.firsts)
    outcomes = [
        GradebookEntry("", score, tuple(own), "marked", note)
        for score, note, *own in zip(scores, notes, *sums, strict=True)
    ]
    which = kinds.which.tolist()
    which += range(len(outcomes), len(outcomes) + len(lost))
    outcomes += [GradebookEntry("", None, status="unreadable", note=error.told) for error in lost]
    students = [*block.ids, *(error.id for error in lost)]
    if lost:
        lines = [*block.lines, *(error.line for error in lost)]
        order = sorted(range(len(lines)), key=lines.__getitem__)
        students, which = [students[at] for at in order], [which[at] for at in order]
    return GradebookEntries(students, which, outcomes)


def _notes(marked: Marked, rows: Indices) -> list[str]:
    """Return for some students where they first go wrong, and why."""
    block, status = marked.block, marked.status[rows]
    failed = np.zeros(len(block.ids), dtype=int)
    np.add.at(failed, [row for row, _ in marked.faults], 1)
    empty = np.isin(status, (MISSING, UNREAD)).sum(axis=1) - failed[rows]
    notes = ["" if not count else f"{count} not answered" for count in empty.tolist()]
    for row in np.flatnonzero(failed[rows]).tolist():
        notes[row] = f"{failed[rows][row]} not judged, see problems.csv"
    open_ = np.ones(len(rows), dtype=bool)
    for name, columns in block.quantities.items():
        wrong = open_ & (status[:, columns] == INCORRECT).any(axis=1)
        open_ &= ~wrong
        for row in np.flatnonzero(wrong).tolist():
            number = marked.finding[name][rows[row]] if name in marked.finding else -1
            ids = marked.findings[number].ids if number >= 0 else ()
            notes[row] = f"first wrong: {name}" + (f" ({', '.join(ids)})" if ids else "")
    return notes


def _result(marked: Marked, row: int, marker: Marker, *, every: bool) -> dict[str, Any]:
    """Return the line of one student in results.jsonl."""
    block = marked.block
    counts = np.bincount(marked.status[row], minlength=len(STATUSES))
    return {
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
        **({"precision": "single"} if marked.single is not None and marked.single[row] else {}),
        "verdicts": list(_verdicts(marked, row, every=every)),
    }


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
            numbers = marked.finding.get(column.name)
            number = -1 if numbers is None else numbers[row]
            verdict["mistakes"] = list(marked.findings[number].ids) if number >= 0 else []
        yield verdict


def _finite(value: float) -> float | None:
    return float(value) + 0.0 if np.isfinite(value) else None


def _errors(errors: tuple[RowError, ...]) -> Iterator[tuple[int, UnreadCell]]:
    for error in errors:
        yield error.line, (error.source, error.place or "", error.id, "", error.reason)


def _cells(marked: Marked) -> Iterator[tuple[int, UnreadCell]]:
    block = marked.block
    for row, at in np.argwhere(marked.status == UNREAD):
        column: Column = block.columns[at]
        reason = block.reason(int(row), int(at))
        file, line = block.place(int(row), int(at))
        yield block.lines[row], (file, line, block.ids[row], str(column), reason)


def part_text(part: Chunk) -> str:
    """Return a part as one line of JSON."""
    return json.dumps(
        {
            "source": part.source,
            "index": _index_record(part.index),
            "students": None if part.entries.students == part.index.ids else part.entries.students,
            "which": b64encode(np.array(part.entries.which, dtype="<i4").tobytes()).decode(),
            "outcomes": [(e.score, e.points, e.status, e.note) for e in part.entries.outcomes],
            "results": part.results,
            "problems": part.problems,
            "columns": [[column.name, column.index] for column in part.tally.columns],
            "tally": tally_record(part.tally),
            "counts": [part.read, part.unreadable, part.duplicates],
            "unread": [list(vars(each).values()) for each in part.unread],
        },
        ensure_ascii=False,
    )


def part_of(text: str, scheme: Scheme) -> Chunk:
    """Return the part that a line of JSON holds; raises ValueError for anything else."""
    try:
        record = json.loads(text)
        outcomes = [
            GradebookEntry("", score, tuple(points), status, note)
            for score, points, status, note in record["outcomes"]
        ]
        source, index = record["source"], _index(record["index"])
        students = record["students"]
        which = np.frombuffer(b64decode(record["which"]), dtype="<i4").tolist()
        entries = GradebookEntries(index.ids if students is None else students, which, outcomes)
        problems = [tuple(row) for row in record["problems"]]
        columns = tuple(Column(name, tuple(index)) for name, index in record["columns"])
        tally = _tally(record["tally"], columns, scheme)
        read, unreadable, duplicates = record["counts"]
        unread = tuple(Unread(*each) for each in record["unread"])
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return Chunk(
        source,
        index,
        entries,
        record["results"],
        problems,
        tally,
        read,
        unreadable,
        duplicates,
        unread,
    )


def _index_record(index: SubmissionIndex) -> dict[str, Any]:
    """Return an index as JSON has it; lines that follow one another are told by the first."""
    first = index.lines[0] if index.lines else 0
    plain = index.lines == list(range(first, first + len(index.lines)))
    joined = "\n".join(index.ids)
    whole = bool(index.ids) and joined.count("\n") == len(index.ids) - 1
    ids = joined if whole else index.ids  # one text is read back faster than many
    return vars(index) | {"lines": first if plain else index.lines, "ids": ids}


def _index(record: dict[str, Any]) -> SubmissionIndex:
    lines, ids = record["lines"], record["ids"]
    if isinstance(ids, str):
        ids = ids.split("\n")
    if isinstance(lines, int):
        lines = list(range(lines, lines + len(ids)))
    return SubmissionIndex(ids, lines, record["stamps"], record["labels"])


def tally_record(tally: Tally) -> dict[str, Any]:
    """Return a tally as JSON has it."""
    return {
        "counts": {name: getattr(tally, name) for name in COUNTS},
        "scores": sorted(tally.scores.items()),
        "topics": [[topic, names, count] for (topic, names), count in tally.topics.items()],
        "lines": [
            [*(getattr(line, key) for key in LINE), line.sums.tolist()]
            for line in tally.lines.values()
        ],
        "mistakes": [[rule, e.students, e.points] for rule, e in tally.mistakes.items()],
        "clusters": [
            [key, c.name, c.written, _ref(c.operand), c.text, c.right, c.students, c.ids]
            for key, c in tally.clusters.items()
        ],
    }


def _ref(ref: Reference | None) -> list[Any] | None:
    return None if ref is None else [ref.name, ref.index]


def _tally(record: dict[str, Any], columns: tuple[Column, ...], scheme: Scheme) -> Tally:
    found = Tally(columns, scheme, **{name: record["counts"][name] for name in COUNTS})
    found.scores = {float(score): int(count) for score, count in record["scores"]}
    found.topics = {(topic, tuple(names)): count for topic, names, count in record["topics"]}
    for name, points, right, follows, conv, wrong, blank, first, sums in record["lines"]:
        found.lines[name] = LineTally(
            name, points, right, follows, conv, wrong, blank, first, np.array(sums, dtype=float)
        )
    found.mistakes = {rule: MistakeTally(n, points) for rule, n, points in record["mistakes"]}
    for key, name, written, operand, text, right, students, ids in record["clusters"]:
        ref = None
        if operand is not None:
            ref = Reference(operand[0], None if operand[1] is None else tuple(operand[1]))
        found.clusters[key] = Cluster(name, tuple(written), ref, text, right, students, list(ids))
    return found
