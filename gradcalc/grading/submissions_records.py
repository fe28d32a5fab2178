"""Part a CSV table into records: quotes, line feeds within them, and quotes left open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

QUOTE = b'"'
MAX_QUOTED = 40_000  # bytes between two quotes
SURE = 3  # digits that tell an id from an entry
LEFT_OPEN = "a quote is opened in this row and not closed"


@dataclass(frozen=True)
class Record:
    """One record, from `start` up to `end` behind its line feed; or why it is none.

    more: whether it would go on behind the bytes at hand.
    """

    start: int
    end: int
    fields: tuple[bytes, ...] = ()
    broken: str = ""
    more: bool = False


@dataclass(frozen=True)
class CsvDialect:
    """How a table is written: what parts its cells, how many a row has, which is the id."""

    separator: bytes
    width: int = 0
    id: int = 0

    def record(self, data: bytes, start: int, last: bool = True) -> Record:
        """Return the record that begins at `start`.

        last: nothing follows the bytes at hand. A quote that is never closed, or closed
        by one that opens another cell, breaks its first line only.
        """
        plain, quoted, bare = _patterns(self.separator)
        fields: list[bytes] = []
        at = start
        while True:
            if found := plain.match(data, at):
                fields.append(found[1])
            elif found := quoted.match(data, at, min(len(data), at + MAX_QUOTED)):
                fields.append(found[1].replace(b'""', b'"'))
            elif data[at : at + 80].lstrip(b" ").startswith(QUOTE):
                return self.without_end(data, start, at, last)
            else:
                found = bare.match(data, at)
                assert found is not None
                fields.append(found[1])
            at = found.end()
            if found[2] == b"\n":
                return self.checked(data, Record(start, at, tuple(fields)))

    def without_end(self, data: bytes, start: int, at: int, last: bool) -> Record:
        """Return a record with a quote that is not closed as it should be."""
        opening = data.index(QUOTE, at)
        closing = _closing(data, opening + 1)
        if closing < 0 and not last and len(data) - at < MAX_QUOTED:
            return Record(start, len(data), more=True)
        line_end = data.index(b"\n", start) + 1
        if closing >= 0 and closing < line_end:
            return Record(start, line_end, broken="text stands behind a closing quote")
        return Record(start, line_end, broken=LEFT_OPEN)

    def checked(self, data: bytes, record: Record) -> Record:
        """Return a record, or its first line alone where its quote swallowed other rows."""
        line_end = data.index(b"\n", record.start) + 1
        if line_end == record.end or not self.width:
            return record
        fields = record.fields
        fits = len(fields) >= self.width and not any(map(bytes.strip, fields[self.width :]))
        if not fits or not fields[self.id].strip() or self.swallowed(data, record, line_end):
            return Record(record.start, line_end, broken=LEFT_OPEN)
        return record

    def swallowed(self, data: bytes, record: Record, line_end: int) -> bool:
        """Tell whether lines within quotes are rows of the table: as many cells, ids alike.

        A short number may as well be an entry of a matrix.
        """
        own = _kind(record.fields[self.id])
        if len(own) < SURE and b"a" not in own:
            return False
        for line in data[line_end : record.end].split(b"\n")[:-1]:
            cells = line.split(self.separator)
            if len(cells) == self.width > 1 and _kind(cells[self.id]) == own:
                return True
        return False

    def records(self, data: bytes, last: bool = True) -> Iterator[Record]:
        """Yield all records that hold a quote; the lines between them are plain."""
        at = data.find(QUOTE)
        while at >= 0:
            start = data.rfind(b"\n", 0, at) + 1
            record = self.record(data, start, last)
            yield record
            at = data.find(QUOTE, record.end)

    def whole(self, data: bytes, last: bool) -> int:
        """Return how many of the bytes are whole records."""
        if last or QUOTE not in data:
            return len(data)
        for record in self.records(data, last):
            if record.more:
                return record.start
        return len(data)


@cache
def _patterns(separator: bytes) -> tuple[re.Pattern[bytes], ...]:
    """Return a cell without quotes, one within quotes, and any other; each with its end."""
    part = re.escape(separator)
    return (
        re.compile(rb'([^\n"%s]*)([%s\n])' % (part, part)),
        re.compile(rb' *+"([^"]*+(?:""[^"]*+)*+)" *+([%s\n])' % part),
        re.compile(rb"([^\n%s]*)([%s\n])" % (part, part)),
    )


def _closing(data: bytes, at: int) -> int:
    """Return where the quote that is open at `at` closes, -1 for nowhere near."""
    limit = min(len(data), at + MAX_QUOTED)
    while True:
        found = data.find(QUOTE, at, limit)
        if found < 0 or data[found + 1 : found + 2] != QUOTE:
            return found
        at = found + 2


def _kind(field: bytes) -> bytes:
    """Return what an id looks like: `s0012` is `a9999`."""
    return re.sub(rb"[A-Za-z]+", b"a", re.sub(rb"\d", b"9", field.strip(b' "')))
