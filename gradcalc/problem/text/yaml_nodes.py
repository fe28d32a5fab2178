"""Turn YAML text into nodes that keep their place and their spelling.

Scalars are read by YAML 1.2's rules and by what a key wants, never by PyYAML's
guesses: `1e-3` is a number, `no` is text. Depth, nodes and aliases are bounded while
the events come in, before anything is built.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from gradcalc.errors import Place, ProblemError, Source, Span
from gradcalc.problem.text.yaml_events import MAX_DEPTH, Events, too_deep

BLOCKS = ("|", ">")
QUOTES = ("'", '"')
_BLANKS = " \t"
_ESCAPED = {"x": 2, "u": 4, "U": 8}

_YAML = "tag:yaml.org,2002:"
MAX_NODES = 400_000


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


@dataclass(frozen=True)
class ScalarNode:
    """A single value as it is spelled; end: line and column of the first sign after it."""

    text: str
    span: Span
    style: str = ""
    end: Place = (0, 0)
    tagged: bool = False

    @property
    def quoted(self) -> bool:
        """Tell whether the value stood in quotes or in a text block, or is tagged as a text."""
        return self.style in (*QUOTES, *BLOCKS) or self.tagged

    @property
    def empty(self) -> bool:
        """Tell whether nothing was written, or YAML's null."""
        return not self.quoted and self.text in ("", "~", "null", "Null", "NULL")

    def lines(self) -> Iterator[tuple[str, Span]]:
        """Yield each line of the text with its place in the file, however it is quoted."""
        return iter(lines_of(self.text, self.span, self.end, self.style))

    def only_line(self) -> tuple[str, Span]:
        """Return the text of one line with its place; raises ProblemError for more lines."""
        found = [line for line in self.lines() if line[0].strip()]
        if len(found) > 1:
            raise ProblemError("one line is due here", found[1][1], "a second line")
        return found[0] if found else (self.text, self.span)


@dataclass(frozen=True)
class SequenceNode:
    """A list of values."""

    items: tuple[Value, ...]
    span: Span


@dataclass(frozen=True)
class MappingNode:
    """Keys and values in the order of the file; no key occurs twice."""

    pairs: tuple[tuple[ScalarNode, Value], ...]
    span: Span
    flow: bool = False

    def get(self, key: str) -> Value | None:
        """Return the value of a key, or None where it is absent."""
        return next((value for name, value in self.pairs if name.text == key), None)

    def key(self, key: str) -> ScalarNode | None:
        """Return the key itself, for its place."""
        return next((name for name, _ in self.pairs if name.text == key), None)


Value: TypeAlias = ScalarNode | SequenceNode | MappingNode


def parse_document(source: Source) -> MappingNode:
    """Return the mapping that a problem file holds.

    Raises ProblemError for text that is not YAML, not a mapping, or out of bounds.
    """
    root = _Reader(source).document()
    if root is None:
        raise ProblemError(
            "the file is empty",
            Span(source, 1, 1),
            hint="`gradcalc solve --help` shows a first problem file",
        )
    if not isinstance(root, MappingNode):
        raise ProblemError(
            "a problem file is a list of keys and values, such as `title: …`",
            root.span,
            "no key here",
            "write its lines as `inputs: {x: 3}`, without a - in front"
            if isinstance(root, SequenceNode)
            else "every line is `key: value`",
        )
    return root


class _Reader:
    """Builds nodes from the event stream, counting as it goes."""

    def __init__(self, source: Source) -> None:
        found = Events(source)
        self.span = found.span
        self.column = found.column
        self.events: Iterator[Any] = iter(found)
        self.anchors: dict[str, tuple[Value, int, int]] = {}
        self.count = 0
        self.depth = self.deepest = 0

    def document(self) -> Value | None:
        root: Value | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise ProblemError(
                        "a second document starts here",
                        self.span(event.start_mark),
                        hint="one problem a file; a line of --- divides documents",
                    )
                root = self.node(next(self.events))
        return root

    def node(self, event: Any) -> Value:
        span = self.span(event.start_mark, event.end_mark)
        self.count += 1
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event.anchor or "", span)
        before, above = self.count, self.deepest
        if self.count > MAX_NODES:
            raise ProblemError(
                "more values than a problem file may hold",
                span,
                hint="put large weights beside the file: W1: {file: w1.npy}",
            )
        if event.tag not in (None, "!") and not _core(event.tag):
            raise ProblemError(
                f"the tag {event.tag.replace(_YAML, '!!')} has no meaning here",
                span,
                hint="remove the word that begins with !, or put the whole text in quotes",
            )
        self.depth += 1
        self.deepest = self.depth
        value: Value
        if isinstance(event, yaml.ScalarEvent):
            value = self.scalar(event, span)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self.sequence(event)
        else:
            value = self.mapping(event)
        if event.anchor:
            height = self.deepest - self.depth
            self.anchors[event.anchor] = (value, self.count - before + 1, height)
        self.depth -= 1
        self.deepest = max(above, self.deepest)
        return value

    def scalar(self, event: Any, span: Span) -> ScalarNode:
        text: str = event.value
        if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
            raise ProblemError(
                "half of a surrogate pair, which is no character",
                span,
                hint="write the character itself",
            )
        end = event.end_mark.line + 1, self.column(event.end_mark) + 1
        return ScalarNode(text, span, event.style or "", end, event.tag == f"{_YAML}str")

    def alias(self, name: str, span: Span) -> Value:
        if name not in self.anchors:
            raise ProblemError(
                f"*{name} refers to nothing",
                span,
                hint="a value that begins with * is an alias in YAML; put it in quotes",
            )
        value, size, height = self.anchors[name]
        self.count += size
        if self.count > MAX_NODES:
            raise ProblemError("aliases that unfold to more values than a file may hold", span)
        self.deepest = max(self.deepest, self.depth + 1 + height)
        if self.deepest > MAX_DEPTH:
            raise too_deep(span)
        return value

    def sequence(self, start: Any) -> SequenceNode:
        items: list[Value] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event))
        return SequenceNode(tuple(items), self.span(start.start_mark, event.end_mark))

    def mapping(self, start: Any) -> MappingNode:
        pairs: list[tuple[ScalarNode, Value]] = []
        seen: dict[str, ScalarNode] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event)
            if not isinstance(key, ScalarNode):
                raise ProblemError("a key is a name, not a list", key.span)
            if key.text[:1].isspace() and not key.quoted:
                raise ProblemError(
                    "a no-break space cannot indent a line in YAML", key.span, hint="use spaces"
                )
            if key.text in seen:
                raise ProblemError(
                    f"the key {key.text} stands twice",
                    key.span,
                    f"first in line {seen[key.text].span.line}",
                    "remove one of them, or give it another name",
                )
            seen[key.text] = key
            pairs.append((key, self.node(next(self.events))))
        span = self.span(start.start_mark, event.end_mark)
        return MappingNode(tuple(pairs), span, bool(start.flow_style))


def _core(tag: str) -> bool:
    return tag.startswith(_YAML) and tag.removeprefix(_YAML) in (
        *("str", "int", "float", "bool", "null", "timestamp"),
        *("seq", "map", "python/tuple"),
    )
