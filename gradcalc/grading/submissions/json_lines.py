"""Read JSON lines, one submission a line: an id, and answers by their names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gradcalc.errors import ProblemError
from gradcalc.grading.answers.names import ProblemLabels
from gradcalc.grading.submissions.block import Block, RowError, text_of
from gradcalc.grading.submissions.column_layout import MAX_ID, SubmissionIndex, id_error, tidy_id
from gradcalc.grading.submissions.headers import EMAILS, IDS, NAMES, STAMPS, folded
from gradcalc.grading.submissions.named_answers import Asked, Filler, Named, NamedRow, NamedTable
from gradcalc.grading.submissions.streams import CUT, MAX_LINE, LineReader, Stretch

MOST_KEYS = 10_000
OTHERS = (*EMAILS, *NAMES, "attempt", "answers", "parameters")


@dataclass(frozen=True)
class JsonLines:
    """A file of JSON lines, with the columns of its blocks."""

    table: NamedTable

    def block(self, lines: Stretch) -> Block:
        """Return the submissions that some lines hold."""
        rows: list[NamedRow] = []
        errors: list[RowError] = []
        for found in read_rows(self.table.source, lines, self.table.filler.asked.labels):
            (rows if isinstance(found, NamedRow) else errors).append(found)  # type: ignore[arg-type]
        return self.table.block(rows, errors)

    def index(self, lines: Stretch) -> SubmissionIndex:
        """Return whose submissions some lines hold."""
        index = SubmissionIndex()
        for found in read_rows(self.table.source, lines):
            if isinstance(found, NamedRow):
                index.add(found.id, found.line, found.stamp)
        return index


def stretches(reader: LineReader, rows: int) -> Iterator[Stretch]:
    """Yield lines, so many at a time."""
    while True:
        reader.fill(rows)
        end = reader.offset(rows)
        if not end:
            return
        yield reader.take(end)


def count_names(source: str, reader: LineReader, rows: int, asked: Asked) -> Named:
    """Return which entries the submissions of a file name; raises ProblemError for none."""
    named = Named(asked)
    first: RowError | None = None
    for lines in stretches(reader, rows):
        for found in read_rows(source, lines, asked.labels):
            if isinstance(found, NamedRow):
                named.count(found.answers, found.own)
            else:
                first = first or found
    named.end()
    if not named.rows:
        reason = f"line {first.line}: {first.reason}" if first else "the file is empty"
        raise ProblemError(f"{source} has no submission: {reason}", where=source)
    if not named.entries:
        keys = ", ".join(list(named.ignored)[:6])
        raise ProblemError(
            "no answer is a quantity of this problem",
            where=source,
            hint=f"answers have the names {keys}" if keys else 'answers: {"dL/dW1": [[1, 2]]}',
        )
    return named


def json_lines(source: str, named: Named) -> JsonLines:
    """Return a file of JSON lines whose names are counted."""
    return JsonLines(NamedTable(source, Filler(named.asked, named.layout())))


def read_rows(
    source: str, lines: Stretch, labels: ProblemLabels | None = None
) -> Iterator[NamedRow | RowError]:
    """Yield every line that is not blank, read, or why it cannot be.

    labels: answers may stand in an object for each of several problems.
    """
    for at, line in enumerate(lines.data.split(b"\n")[:-1], lines.line):
        if not line.strip():
            continue
        name = ""
        try:
            record = _record(line)
            name = _id(record)
            found = _row(at, name, record, b"\\u" in line)
            yield replace(found, answers=_parted(found.answers, labels)) if labels else found
        except ValueError as error:
            yield RowError(source, at, name[:MAX_ID], str(error))


def _record(line: bytes) -> Mapping[str, object]:
    """Return the object of one line, numbers as texts; raises ValueError for anything else."""
    if line.endswith(CUT) and len(line) > MAX_LINE:
        raise ValueError(f"a line of more than {MAX_LINE >> 20} MB")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("a byte in this line is not UTF-8") from None
    try:
        found = json.loads(
            text,
            parse_float=str,
            parse_int=str,
            parse_constant=str,
            object_pairs_hook=_without_twins,
        )
    except RecursionError:
        raise ValueError("brackets nested too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg.lower()} at column {error.colno}") from None
    if not isinstance(found, dict):
        raise ValueError("no JSON object: {...} is due")
    return found


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key[:40]} stands twice")
            seen.add(key)
    return found


def _id(record: Mapping[str, object]) -> str:
    """Return the id of a submission, an empty text where there is none."""
    plain = {folded(key): value for key, value in record.items()}
    for alias in (*IDS, *EMAILS):
        value = plain.get(alias)
        if isinstance(value, str) and value.strip():
            return tidy_id(text_of(value))
    return ""


def _row(line: int, name: str, record: Mapping[str, object], escaped: bool) -> NamedRow:
    """Return the submission of an object; escaped: it may hold halves of surrogate pairs."""
    if (reason := id_error(name)) is not None:
        raise ValueError(reason)
    answers, own = record.get("answers"), record.get("parameters", {})
    if "answers" not in record:
        known = {*IDS, *STAMPS, *OTHERS}
        answers = {key: value for key, value in record.items() if folded(key) not in known}
    if max(len(record), len(answers) if isinstance(answers, dict) else 0) > MOST_KEYS:
        raise ValueError(f"more than {MOST_KEYS} names in one submission")
    if not isinstance(answers, dict) or not isinstance(own, dict):
        raise ValueError('answers are due by name: "answers": {"z1": 0.5}')
    stamp = next(
        (str(value) for key, value in record.items() if folded(key) in STAMPS and value), ""
    )
    if escaped:
        answers = {text_of(key): _cleaned(value) for key, value in answers.items()}
    return NamedRow(line, name, answers, own, stamp)


def _parted(answers: Mapping[str, object], labels: ProblemLabels) -> dict[str, object]:
    """Return answers by their names; those to one of several problems stand in an object."""
    found: dict[str, object] = {}
    for name, value in answers.items():
        inner = value if isinstance(value, dict) and labels.parted(f"{name}:")[0] else None
        if inner is None:
            found[name] = value
        else:
            found |= {f"{name}:{key}": each for key, each in inner.items()}
    return found


def _cleaned(value: object) -> object:
    return text_of(value) if isinstance(value, str) else value
