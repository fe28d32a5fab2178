"""Open a CSV table: its encoding, its delimiter, and its headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import IO

from gradcalc.errors import ProblemError, Source, Span
from gradcalc.grading.answers.names import Quantities
from gradcalc.grading.submissions.column_layout import layout_of
from gradcalc.grading.submissions.headers import Headers, SpanOfColumn, folded, read_headers
from gradcalc.grading.submissions.streams import CsvDialect, LineReader, encoding_of, plain_pieces
from gradcalc.grading.submissions.wide_table import WideTable

SEPARATORS = (b",", b";", b"\t")
MAX_HEADER = 400_000
MAX_COLUMNS = 5_000
NAMED = {b",": "comma", b";": "semicolon", b"\t": "tab"}

_SEP = re.compile(rb'"?sep=([,;\t])"?\s*\Z', re.IGNORECASE)
_BLANK_LINES = re.compile(rb'(?:[,;\t "]*\n)+')
_OPEN = re.compile(r"\w+\[[\d\s]*\Z")


@dataclass(frozen=True)
class Head:
    """The first lines of a table: how it is written, and the names of its columns."""

    source: str
    encoding: str
    separator: bytes
    names: tuple[str, ...]
    width: int
    line: int
    raw: Source

    @property
    def dialect(self) -> CsvDialect:
        """Return how the rows are parted."""
        return CsvDialect(self.separator, self.width)

    @property
    def plain(self) -> tuple[str, ...]:
        """Return the names as they are compared with known ones."""
        return tuple(map(folded, self.names))

    def place(self, column: int) -> Span | None:
        """Return where the header of a column stands."""
        name = self.names[column] if column < len(self.names) else ""
        text = self.raw.line(self.line)
        at = text.find(name.partition("\n")[0]) if name else 0
        return Span(self.raw, self.line, max(0, at) + 1, max(1, len(name)))


def open_lines(file: IO[bytes], encoding: str | None = None) -> tuple[LineReader, str]:
    """Return a reader of a file's lines from its beginning, and the file's encoding."""
    encoding = encoding or encoding_of(file)
    return LineReader(plain_pieces(file, encoding)), encoding


def read_head(name: str, reader: LineReader, encoding: str) -> Head:
    """Return the head of a table, its lines taken from the reader.

    The separator is the one that parts most columns. Raises ProblemError for a file
    without any text.
    """
    told = b""
    while True:
        reader.fill(50, MAX_HEADER)
        end = reader.buffer.find(b"\n") + 1
        line = reader.buffer[:end].strip()
        if not end:
            raise ProblemError(f"{name} is empty", where=name, hint="a row of headers comes first")
        if found := _SEP.match(line):
            told = found[1]
        elif line.strip(b',;\t "'):
            break
        blank = _BLANK_LINES.match(reader.buffer)  # many at a time: each take copies the rest
        reader.take(blank.end() if blank else end)
    last = reader.ended
    records = [
        (separator, CsvDialect(separator).record(reader.buffer, 0, last))
        for separator in ((told,) if told else SEPARATORS)
    ]
    separator, record = max(records, key=lambda each: (not each[1].broken, len(each[1].fields)))
    number = reader.line
    lines = reader.buffer[: record.end].decode("utf-8", "replace")
    raw = Source(name, "\n" * (number - 1) + lines)
    if record.broken or record.more:
        raise ProblemError(
            "the row of headers has a quote that is not closed", Span(raw, number, 1)
        )
    reader.take(record.end)
    texts = [cell.decode("utf-8", "replace") for cell in record.fields]
    while len(texts) > 1 and not texts[-1].strip():
        texts.pop()
    if len(texts) > MAX_COLUMNS:
        raise ProblemError(f"more than {MAX_COLUMNS} columns", Span(raw, number, 1))
    names = _rejoined(texts, separator.decode())
    return Head(name, encoding, separator, tuple(names), len(names), number, raw)


def _rejoined(texts: list[str], separator: str) -> list[str]:
    """Return headers with `W1[1` and `2]`, parted by the comma within, as one again."""
    found: list[str] = []
    for text in texts:
        if found and _OPEN.search(found[-1]) and re.match(r"\s*\d+\s*\]\s*\Z", text):
            found[-1] = f"{found[-1]}{separator}{text}"
        else:
            found.append(text)
    return found


def table_of(
    head: Head,
    quantities: Quantities,
    mapping: Mapping[str, str] | None = None,
    *,
    digits: bool = True,
) -> WideTable:
    """Return the wide table of a head; raises ProblemError where its headers are of no use."""
    place: SpanOfColumn = head.place
    headers: Headers = read_headers(head.names, quantities, mapping, place=place)
    layout = layout_of(headers, quantities.problem, comma=head.separator == b";")
    dialect = replace(head.dialect, id=headers.id or 0)
    return WideTable(head.source, dialect, headers, layout, digits)
