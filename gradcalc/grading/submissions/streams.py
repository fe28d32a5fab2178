"""Open a class's files, hand out their bytes as lines, and split tables into records."""

from __future__ import annotations

import codecs
import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import IO, Any

import numpy as np

from gradcalc.errors import ProblemError

PIECE = 1 << 20
MAX_LINE = 4 << 20
MAX_STRETCH = 16 << 20
STDIN = "<stdin>"
FEED = ord("\n")
CUT = b"\x00"  # behind a line that was cut, so that it is no row

_spooled: list[tuple[object, IO[bytes]]] = []

QUOTE = b'"'
MAX_QUOTED = 40_000  # bytes between two quotes
SURE = 3  # digits that tell an id from an entry
LEFT_OPEN = "a quote is opened in this row and not closed"


@dataclass(frozen=True)
class Origin:
    """A file of submissions: its name for the user, and how to open it.

    held: its bytes, where it stood in an archive.
    """

    name: str
    path: str = ""
    held: IO[bytes] | None = field(default=None, compare=False)

    def open(self) -> IO[bytes]:
        """Return the file at its beginning, to be given back by `close`.

        Raises ProblemError for what is no regular file that can be read.
        """
        if self.held is not None:
            self.held.seek(0)
            return self.held
        return _standard_input() if self.path == "-" else _regular_file(self.path)

    def close(self, file: IO[bytes]) -> None:
        """Close a file that `open` gave, unless it is needed again."""
        if self.held is None and self.path != "-":
            file.close()


def _regular_file(path: str) -> IO[bytes]:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except ValueError:
        raise ProblemError("cannot read a file of such a name", where=path) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProblemError(f"cannot read {path}: {reason}", where=path) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ProblemError(f"{path} is not a regular file", where=path)
    return os.fdopen(handle, "rb", buffering=0)


def _standard_input() -> IO[bytes]:
    """Return standard input as a file that can be read twice."""
    for stdin, file in _spooled:
        if stdin is sys.stdin:
            file.seek(0)
            return file
    if sys.stdin is None:
        raise ProblemError("cannot read standard input: it is closed", where=STDIN)
    import tempfile  # noqa: PLC0415 - only for what can be read but once

    file = tempfile.SpooledTemporaryFile(max_size=PIECE)  # noqa: SIM115 - read again later
    try:
        while piece := sys.stdin.buffer.read(PIECE):
            file.write(piece)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProblemError(f"cannot read standard input: {reason}", where=STDIN) from None
    _spooled[:] = [(sys.stdin, file)]
    file.seek(0)
    return file


def first_bytes(file: IO[bytes], size: int) -> bytes:
    """Return the first bytes of a file; raises ProblemError where reading fails."""
    try:
        file.seek(0)
        return file.read(size)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProblemError(f"cannot be read: {reason}") from None


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a file from its beginning; raises ProblemError where reading fails."""
    file.seek(0)
    try:
        while piece := file.read(PIECE):
            yield piece
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProblemError(f"reading stopped: {reason}") from None


def encoding_of(file: IO[bytes]) -> str:
    """Return the encoding of a file: by its first bytes, else by what can be read.

    A file with more lines that are no UTF-8 than lines of it beyond ASCII is cp1252.
    """
    head = first_bytes(file, 4096)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    for bom, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(bom):
            return name
    if len(head) > 3 and b"\x00" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if odd > 0.4 * len(head) / 2 and not even:
            return "utf-16-le"
        if even > 0.4 * len(head) / 2 and not odd:
            return "utf-16-be"
    right = wrong = 0
    for lines in _whole_lines(pieces(file)):
        if lines.isascii():
            continue
        try:
            lines.decode("utf-8")
            right += 1
        except UnicodeDecodeError:
            more = [_is_utf8(line) for line in lines.split(b"\n") if not line.isascii()]
            right += sum(more)
            wrong += len(more) - sum(more)
    return "cp1252" if wrong > right else "utf-8"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _whole_lines(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the bytes again, parted behind ends of lines only where there are any."""
    rest = b""
    for part in parts:
        cut = part.rfind(b"\n") + 1
        if cut or len(rest) > MAX_LINE:
            yield rest + part[:cut]
            rest = part[cut:]
        else:
            rest += part
    if rest:
        yield rest


def plain_pieces(file: IO[bytes], encoding: str) -> Iterator[bytes]:
    """Yield a file's bytes as UTF-8 without a mark in front, every line ended by a line feed."""
    decoder: Any = None
    if not encoding.startswith("utf-8"):
        decoder = codecs.getincrementaldecoder(encoding)("replace")
    held = b""
    first = True
    for piece in pieces(file):
        part = decoder.decode(piece).encode("utf-8", "replace") if decoder else piece
        if first and part:
            part, first = part.removeprefix(codecs.BOM_UTF8), False
        part = held + part
        held = b"\r" if part.endswith(b"\r") else b""
        if held:
            part = part[:-1]
        if b"\r" in part:
            part = part.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if part:
            yield part
    tail = decoder.decode(b"", True).encode("utf-8", "replace") if decoder else b""
    if tail or held:
        yield (held + tail).replace(b"\r\n", b"\n").replace(b"\r", b"\n")


@dataclass(frozen=True)
class Stretch:
    """Some lines of a file, each ended by a line feed; line: the number of the first."""

    data: bytes
    line: int


class LineReader:
    """Hands out lines of bounded length, as many as are wanted at a time."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.parts = parts
        self.buffer = b""
        self.count = 0  # line feeds in the buffer
        self.line = 1
        self.ended = False
        self.known = 0, 0  # an offset, and how many lines end before it

    def fill(self, lines: int, most: int = MAX_STRETCH) -> None:
        """Read until the buffer holds so many lines, or bytes, or all that is left."""
        gathered = [self.buffer]
        size = len(self.buffer)
        while not self.ended and self.count < lines and size < most:
            part = next(self.parts, None)
            if part is None:
                self.ended = True
                break
            gathered.append(part)
            size += len(part)
            self.count += part.count(b"\n")
            if not self.count and size > MAX_LINE:
                gathered = [self.cut_line(b"".join(gathered))]
                size, self.count = len(gathered[0]), gathered[0].count(b"\n")
        self.buffer = gathered[0] if len(gathered) == 1 else b"".join(gathered)
        if self.ended and self.buffer and not self.buffer.endswith(b"\n"):
            self.buffer += b"\n"
            self.count += 1

    def cut_line(self, begun: bytes) -> bytes:
        """Return the beginning of a line that is too long, marked, and what follows it."""
        for part in self.parts:
            end = part.find(b"\n")
            if end >= 0:
                return begun[:MAX_LINE] + CUT + part[end:]
        self.ended = True
        return begun[:MAX_LINE] + CUT + b"\n"

    def take(self, size: int) -> Stretch:
        """Hand out so many bytes of whole lines."""
        taken = Stretch(self.buffer[:size], self.line)
        self.buffer = self.buffer[size:]
        known = size == self.known[0]
        count = self.known[1] if known else taken.data.count(b"\n")
        self.known = 0, 0
        self.line += count
        self.count -= count
        return taken

    def offset(self, lines: int) -> int:
        """Return where in the buffer so many lines end, or where its last whole line ends."""
        if self.count <= lines:
            end, lines = self.buffer.rfind(b"\n") + 1, self.count
        else:
            feeds = np.flatnonzero(np.frombuffer(self.buffer, dtype=np.uint8) == FEED)
            end = int(feeds[lines - 1]) + 1
        self.known = end, lines
        return end


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


def is_utf8(data: bytes) -> bool:
    """Tell whether bytes are UTF-8."""
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_text(line: bytes) -> bool:
    """Tell whether a line is UTF-8 without zero bytes."""
    return 0 not in line and is_utf8(line)
