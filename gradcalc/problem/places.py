"""Where each character of a YAML scalar stands: through quotes, escapes, folds and indents."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.errors import Place, Source, Span

BLOCKS = ("|", ">")
QUOTES = ("'", '"')
_BLANKS = " \t"
_ESCAPED = {"x": 2, "u": 4, "U": 8}


def lines_of(text: str, span: Span, end: tuple[int, int], style: str) -> list[tuple[str, Span]]:
    """Return each line of a scalar's text, with the place of its characters.

    span: where the scalar begins; end: line and column of the first sign after it.
    """
    source = span.source
    lead = 1 if style in QUOTES else 0
    raw = source.line(span.line)
    if style not in BLOCKS and raw.startswith(text, span.column - 1 + lead) and "\n" not in text:
        return [(text, Span(source, span.line, span.column + lead, max(1, len(text))))]
    if style == "|":
        return _literal(source, text, span.line)
    walk = _Folded(source, text, span.line) if style == ">" else _Flow(source, span, end, style)
    places = walk.places(text)
    found = []
    start = 0
    for line in text.split("\n"):
        stop = start + len(line)
        found.append((line, _span(source, places[start : stop + 1])))
        start = stop + 1
    return found


def _span(source: Source, places: Sequence[Place]) -> Span:
    """Return the place of one line; offsets are mapped where its signs are not side by side."""
    (line, column), count = places[0], len(places) - 1
    straight = all(place == (line, column + at) for at, place in enumerate(places))
    if straight:
        return Span(source, line, column, max(1, count))
    whole = Span(source, line, column, 1, tuple(places))
    return whole.within(0, count)


def _literal(source: Source, text: str, header: int) -> list[tuple[str, Span]]:
    """Return the lines of a text block that keeps its line breaks."""
    indent = _indent(source, text, header)
    return [
        (line, Span(source, header + 1 + at, indent + 1, max(1, len(line))))
        for at, line in enumerate(text.split("\n"))
    ]


def _indent(source: Source, text: str, header: int) -> int:
    """Return by how many blanks the lines of a text block are indented."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    at = header + 1
    while at <= source.count and not source.line(at).strip():
        at += 1
    return max(0, _leading(source.line(at)) - _leading(first))


def _breaks_at(text: str, start: int) -> int:
    """Return how many line breaks stand side by side from an offset on."""
    stop = start
    while text.startswith("\n", stop):
        stop += 1
    return stop - start


class _Folded:
    """The characters of a text block whose lines are folded."""

    def __init__(self, source: Source, text: str, header: int) -> None:
        self.source, self.indent = source, _indent(source, text, header)
        self.line, self.column = header + 1, self.indent

    def places(self, text: str) -> list[Place]:
        found: list[Place] = []
        at = 0
        while at < len(text):
            raw = self.source.line(self.line)
            if self.column < len(raw) and text[at] != "\n":
                found.append((self.line, self.column + 1))
                self.column += 1
                at += 1
                continue
            breaks = _breaks_at(text, at)
            found += self._breaks(breaks)
            at += max(1, breaks)
        return [*found, (self.line, self.column + 1)]

    def _breaks(self, count: int) -> list[Place]:
        """Return the places of line breaks, of which the text holds `count`, or one blank."""
        found = [(self.line, self.column + 1)]
        start = self.line
        self.line, self.column = self.line + 1, self.indent
        while self.line <= self.source.count and len(self.source.line(self.line)) <= self.indent:
            self.line += 1  # an empty line
        found += [(min(start + at, self.line), self.indent + 1) for at in range(1, count)]
        return found


class _Flow:
    """The characters of a text in quotes, or of a plain one over several lines."""

    def __init__(self, source: Source, span: Span, end: tuple[int, int], style: str) -> None:
        self.source, self.style, self.end = source, style, end
        self.line, self.column = span.line, span.column - 1
        if style in QUOTES:
            self.column = source.line(self.line).find(style, self.column) + 1
        else:
            self._skip_properties()

    def _skip_properties(self) -> None:
        """Step over an anchor and a tag before a plain text."""
        raw = self.source.line(self.line)
        while raw[self.column : self.column + 1] in ("&", "!"):
            self.column += len(raw[self.column :].split(maxsplit=1)[0])
            self.column += _leading(raw[self.column :])
            if self.column >= len(raw):
                self._next_line()
                raw = self.source.line(self.line)

    def places(self, text: str) -> list[Place]:
        found: list[Place] = []
        at = 0
        while at < len(text):
            raw = self.source.line(self.line)
            rest = raw[self.column :]
            if self.style == '"' and rest == "\\":  # a line that goes on in the next
                self._next_line()
            elif self.line < self.end[0] and not rest.strip(_BLANKS):
                at += self._fold(_breaks_at(text, at), found)
            elif self.line > self.source.count:
                break
            else:
                found.append((self.line, self.column + 1))
                self.column += self._width(rest)
                at += 1
        here = (self.line, self.column + 1)
        return [*found, *[here] * (len(text) - at + 1)]

    def _fold(self, breaks: int, found: list[Place]) -> int:
        """Step to the next line with something in it; return how many signs that makes."""
        first = self.line
        here = (self.line, self.column + 1)
        self._next_line()
        count = max(1, breaks)
        found += [(min(first + at, self.line), 1) if at else here for at in range(count)]
        return count

    def _next_line(self) -> None:
        self.line += 1
        while self.line < self.end[0] and not self.source.line(self.line).strip(_BLANKS):
            self.line += 1
        self.column = _leading(self.source.line(self.line))

    def _width(self, rest: str) -> int:
        """Return how many signs of the source stand for one of the text."""
        if self.style == "'" and rest.startswith("''"):
            return 2
        if self.style != '"' or not rest.startswith("\\"):
            return 1
        width = 2 + _ESCAPED.get(rest[1:2], 0)
        pair = rest[1:2] == "u" and rest[2:4].lower() in ("d8", "d9", "da", "db")
        return 2 * width if pair and rest[width : width + 2] == "\\u" else width


def _leading(text: str) -> int:
    return len(text) - len(text.lstrip(_BLANKS))
