"""Parts of a class as JSON, so that they can be kept, resumed, and sent."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import numpy as np

from gradcalc.grading.block import Column, Unread
from gradcalc.grading.chunk import Chunk
from gradcalc.grading.gradebook import GradebookEntries, GradebookEntry
from gradcalc.grading.scheme import Scheme
from gradcalc.grading.submissions_layout import SubmissionIndex
from gradcalc.grading.tally import COUNTS, Cluster, LineTally, MistakeTally, Tally
from gradcalc.problem.naming import Reference

LINE = ("name", "points", "right", "follows", "convention", "wrong", "blank", "first")


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
