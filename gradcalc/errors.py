"""Say what is wrong with an input: message, place, cause and way out.

This module imports nothing of gradcalc, so that every other module may use it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import TypeAlias

LONGEST = 400
ROOM = 78

Place: TypeAlias = tuple[int, int]
"""Line and column of a character, counted from 1."""

TIED = "\u00a0"


@dataclass(frozen=True)
class Source:
    """A text that was read, with the name under which the user knows it."""

    name: str
    text: str

    def line(self, number: int) -> str:
        """Return line `number` (from 1) without its end, or an empty text."""
        lines = self._lines
        return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""

    @property
    def count(self) -> int:
        """Return the number of lines."""
        return len(self._lines)

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")


@dataclass(frozen=True)
class Span:
    """A stretch of one line of a source; line and column count from 1.

    places: where each character of the text that was read stands, and the end of it, where
    they do not stand side by side: escapes and folded lines are written otherwise.
    """

    source: Source
    line: int
    column: int
    length: int = 1
    places: tuple[Place, ...] = field(default=(), compare=False, repr=False)

    def within(self, start: int, end: int) -> Span:
        """Return the part from offset `start` to offset `end` of this span."""
        if not self.places:
            return Span(self.source, self.line, self.column + start, max(1, end - start))
        last = len(self.places) - 1
        start = min(start, last)
        places = self.places[start : max(start, min(end, last)) + 1]
        line, column = places[0]
        stop = places[-1][1]
        if places[-1][0] != line:  # the end stands in a later line
            raw = self.source.line(line).rstrip()
            goes_on = (len(raw) - len(raw.rstrip("\\"))) % 2
            stop = len(raw) + 1 - goes_on
        return Span(self.source, line, column, max(1, stop - column), places)


@dataclass
class ProblemError(Exception):
    """An input that cannot be used, with everything needed to mend it."""

    message: str
    span: Span | None = None
    label: str = ""
    hint: str | None = None
    where: str = field(default="", kw_only=True)

    def __str__(self) -> str:
        return render(self)


class UnprovedError(ProblemError):
    """A line that central differences contradict: a fault of gradcalc's own (exit code 70)."""


class OutputError(Exception):
    """An output that could not be written (exit code 3)."""


def visible(text: str) -> str:
    """Return `text` with every character that could steer a terminal spelled out."""
    if text.isprintable():
        return text
    return "".join(
        ch if ch.isprintable() or ch == "\u3000" else _escape(ch)
        for ch in text.replace("\t", "    ")
    )


def _escape(ch: str) -> str:
    code = ord(ch)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


_NARROW = re.compile(
    "[\0-\u02ff\u0391-\u03a1\u03a3-\u03ff\u2010-\u2027\u2030-\u205e\u2070\u2074-\u208e"
    "\u2090-\u209c\u2100-\u218b\u2190-\u2319\u2500-\u257f]*\\Z"
)
"""Letters, Greek and mathematical signs, each a column wide: most of what is measured."""


def width(text: str) -> int:
    """Return how many terminal columns a visible text takes."""
    if text.isascii() or _NARROW.match(text):
        return len(text)
    return sum(
        0 if unicodedata.combining(ch) else 2 if unicodedata.east_asian_width(ch) in "WF" else 1
        for ch in text
    )


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was most likely meant, or None."""
    folded = {candidate.casefold(): candidate for candidate in known}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def suggestion(name: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return a hint that names the nearest known name, else `otherwise`."""
    near = did_you_mean(name, known)
    return f"did you mean {near}?" if near else otherwise


def listed(names: Iterable[str], room: int = ROOM) -> str:
    """Return names with commas between them, as many as a hint has room for.

    >>> listed(["a1", "a2", "a3"], room=7)
    'a1, a2, …'
    """
    shown = ""
    for name in names:
        longer = f"{shown}, {name}" if shown else name
        if shown and len(longer) > room:
            return f"{shown}, …"
        shown = longer
    return shown


def render(error: ProblemError, limit: int = 160) -> str:
    """Return the whole diagnostic as lines of plain text, controls made visible."""
    lines = [f"error: {visible(_cut(error.message))}"]
    span = error.span
    if span is not None:
        gutter = " " * max(2, len(str(span.line)))
        lines.append(f"{gutter}┌─ {visible(span.source.name)}:{span.line}:{span.column}")
        raw = span.source.line(span.line)
        if raw.strip():
            lines += _excerpt(raw, span, gutter, error.label, limit)
        elif error.label:
            lines.append(f"{gutter}│ {visible(_cut(error.label))}")
    elif error.where:
        lines.append(f"  ┌─ {visible(error.where)}")
    if error.hint:
        lines.append(f"hint: {visible(_cut(error.hint))}")
    return "\n".join(lines)


def _cut(text: str) -> str:
    """Return a text of the file's names at a length that can be read."""
    return text if len(text) <= LONGEST else text[: LONGEST // 2] + " … " + text[-LONGEST // 2 :]


def _excerpt(raw: str, span: Span, gutter: str, label: str, limit: int) -> list[str]:
    first = max(0, min(span.column - 1, len(raw)))
    cut = max(0, first - limit // 2)
    shown = raw[cut : cut + limit]
    lead = "…" if cut else ""
    tail = "…" if cut + limit < len(raw) else ""
    marked = raw[first : first + max(1, span.length)][:limit]
    pad = " " * width(lead + visible(raw[cut:first]))
    carets = "^" * max(1, width(visible(marked)))
    number = str(span.line).rjust(len(gutter))
    return [
        f"{number}│ {lead}{visible(shown)}{tail}",
        f"{gutter}│ {pad}{carets} {visible(_cut(label))}".rstrip(),
    ]


@lru_cache(maxsize=4096)
def escaped(text: str) -> str:
    """Return text that stands for itself in HTML, signs that steer spelled out."""
    import html  # noqa: PLC0415 - only pages for browsers need it

    if text.isprintable():
        return html.escape(text)
    tied = (visible(part) for part in text.split(TIED))
    return html.escape(TIED.join(tied))
