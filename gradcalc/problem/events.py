"""The events of untrusted YAML or JSON text: bounded in depth, complaints in our words.

Every such text comes in here, so that it is read alike with libyaml and without, and
whatever bounds of its own a version of PyYAML has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from gradcalc.errors import ProblemError, Source, Span
from gradcalc.problem.complaints import translated

MAX_DEPTH = 40
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NESTING = re.compile(r"nest(ing|ed)\b.*\bde(ep|pth)|recursion", re.IGNORECASE)
_PAIR = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)
_ONE, _TWO = len("\\U0001f600"), len("\\ud83d\\ude00")


class Events:
    """The events of a text, and the places of their marks in it.

    Iterating raises ProblemError for text that is not YAML, or nested too deep.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.paired = False
        if self.text.lstrip("\ufeff \t\n")[:1] == "{":  # JSON indents with tabs, too
            whole = _PAIR.sub(_joined, self.text.replace("\t", " "))
            self.paired = len(whole) < len(self.text)
            self.text = whole

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._bounded(self.text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            if mark is None or not _NESTING.search(str(error)):
                raise translated(error, self.source) from None
            # the scanner was ahead of the events: what is nested too deep stands before
            self._exhaust(self.text[: mark.index])
            raise too_deep(self.span(mark)) from None
        except (ValueError, OverflowError, RecursionError):
            place = Span(self.source, 1, 1)
            raise ProblemError("this is not YAML that can be read", place) from None

    def _exhaust(self, text: str) -> None:
        """Raise ProblemError where a text that ends too early is nested too deep."""
        try:
            for _ in self._bounded(text):
                pass
        except yaml.YAMLError:
            pass

    def _bounded(self, text: str) -> Iterator[Any]:
        depth = 0
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
                if depth >= MAX_DEPTH:
                    raise too_deep(self.span(event.start_mark, event.end_mark))
                depth += isinstance(event, yaml.CollectionStartEvent)
            yield event

    def span(self, mark: Any, end: Any = None) -> Span:
        """Return the place of a mark, or of what stands between two marks of a line."""
        column = self.column(mark)
        same = end is not None and end.line == mark.line
        length = max(1, self.column(end) - column) if same else 1
        return Span(self.source, mark.line + 1, column + 1, length)

    def column(self, mark: Any) -> int:
        """Return the column of a mark in the text as it is written, counted from 0."""
        column: int = mark.column
        if self.paired:
            for match in _PAIR.finditer(self.source.line(mark.line + 1)):
                column += (_TWO - _ONE) * (column >= match.end(1) + _ONE)
        return column


def too_deep(span: Span) -> ProblemError:
    """Return the error for a value inside of more brackets, or indents, than are read."""
    return ProblemError(
        f"values nested more than {MAX_DEPTH} deep",
        span,
        hint="numbers stand in at most two pairs of brackets: [[1, 2], [3, 4]]",
    )


def _joined(match: re.Match[str]) -> str:
    """Return one escape for a surrogate pair, as YAML writes the sign that JSON writes in two."""
    high, low = int(match[2], 16), int(match[3], 16)
    return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"
