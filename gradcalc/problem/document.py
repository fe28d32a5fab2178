"""Turn YAML text into nodes that keep their place and their spelling.

Scalars are read by YAML 1.2's rules and by what a key wants, never by PyYAML's
guesses: `1e-3` is a number, `no` is text. Depth, nodes and aliases are bounded while
the events come in, before anything is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from gradcalc.errors import Place, ProblemError, Source, Span
from gradcalc.problem.events import MAX_DEPTH, Events, too_deep
from gradcalc.problem.places import BLOCKS, QUOTES, lines_of

_YAML = "tag:yaml.org,2002:"
MAX_NODES = 400_000


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
