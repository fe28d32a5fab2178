"""Read a class's submissions, whatever file they come in, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gradcalc.grading.block import Block
from gradcalc.grading.submissions_stream import STDIN, Origin
from gradcalc.grading.submissions_table import open_lines, read_head, table_of
from gradcalc.problem.model import Problem


@dataclass(frozen=True)
class Reading:
    """How submissions are read.

    columns: quantity → header. chunk: rows of a block. pattern: a regular expression that
    finds the id in a file's name, as its group student_id or id. digits: whether the
    digits are counted as written.
    """

    columns: Mapping[str, str] | None = None
    chunk: int = 4096
    pattern: str | None = None
    digits: bool = True


def read_submissions(
    paths: Sequence[str], problem: Problem, reading: Reading | None = None
) -> Iterator[Block]:
    """Yield the submissions of files, folders and archives; `-` is standard input.

    Raises ProblemError for a source that cannot be read at all.
    """
    reading = reading or Reading()
    for path in paths:
        origin = Origin(STDIN if path == "-" else path, path)
        file = origin.open()
        try:
            lines, encoding = open_lines(file)
            head = read_head(origin.name, lines, encoding)
            table = table_of(head, problem, reading.columns, digits=reading.digits)
            for stretch in table.stretches(lines, reading.chunk):
                yield table.block(stretch)
        finally:
            origin.close(file)
