"""The events of untrusted YAML or JSON text: bounded in depth, complaints in our words.

Every such text comes in here, so that it is read alike with libyaml and without, and
whatever bounds of its own a version of PyYAML has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from gradcalc.errors import ProblemError, Source, Span, visible

_PURE_LIMIT = 100_000
_PURE_DEPTH = 45
_MISSING_COLON = "every line is `key: value`; the lines of a text block are indented"
_KEY = re.compile(r"\s*[A-Za-z_][\w/]*\s*:(\s|$)")
_GLUED = re.compile(r"(\s*)([A-Za-z_]\w*):([\[{])")
_LINED_UP = "keys of one list begin in one column: is there a blank too many, or one too few?"
_COMMENT = re.compile(r"(?<=\s)#.*")
_HINTS: tuple[tuple[str, str, str], ...] = (
    (
        r"found character '\\t'|found character that cannot start any token.*\t",
        "a tab cannot indent a line in YAML",
        "use spaces",
    ),
    (
        r"mapping values are not allowed",
        "a second ': ' in one line",
        "put a text that contains ': ' in quotes; a flow list needs commas",
    ),
    (
        r"expected chomping or indentation indicators|chomping",
        "| at the start of a value begins a text block",
        "write abs(z) for |z|, or put the value in quotes",
    ),
    (
        r"expected ',' or '\]'",
        "a ',' or ']' is missing in a list",
        "a comma stands between two numbers, and between two rows",
    ),
    (
        r"expected ',' or '\}'",
        "a ',' or '}' is missing",
        "a value that contains brackets, commas or ': ' goes in quotes or on a line of its own",
    ),
    (
        r"scanning an alias|scanning an anchor",
        "* or & at the start of a value is YAML's alias sign",
        "put the value in quotes",
    ),
    (
        r"unknown escape character|expected escape sequence|invalid Unicode character escape",
        "a backslash in double quotes starts an escape",
        "use single quotes",
    ),
    (r"could not find expected ':'", "a ':' is missing after a key", _MISSING_COLON),
    (
        r"special characters are not allowed|control characters are not allowed",
        "a control character",
        "remove it",
    ),
    (r"found unexpected end of stream", "the text ends inside quotes", "close the quotes"),
    (
        r"found character '(.)' that cannot start any token|cannot start any token",
        "this sign cannot begin a value in YAML",
        "put the value in quotes",
    ),
    (
        r"expected the node content, but found ','",
        "a value is missing before the comma",
        "remove one comma, or write the value",
    ),
    (
        r"expected the node content, but found '-'",
        "a - with a blank after it begins a list",
        "write a negative number without the blank, as in -1",
    ),
    (
        r"incompatible YAML document|duplicate YAML directive|found undefined tag handle",
        "YAML's directives are not read",
        "remove the lines that begin with %, and the words that begin with !",
    ),
    (
        r"expected <block end>|did not find expected key",
        "this line does not line up with the lines above",
        "keys of one list begin in one column; the lines of a text block are indented",
    ),
)

MAX_DEPTH = 40
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NESTING = re.compile(r"nest(ing|ed)\b.*\bde(ep|pth)|recursion", re.IGNORECASE)
_PAIR = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)
_ONE, _TWO = len("\\U0001f600"), len("\\ud83d\\ude00")


def translated(error: yaml.YAMLError, source: Source) -> ProblemError:
    """Return PyYAML's complaint in words that say what to do."""
    if len(source.text) < _PURE_LIMIT:
        try:  # the pure loader words its messages better than libyaml
            depth = 0
            for event in yaml.parse(source.text, Loader=yaml.SafeLoader):
                depth += isinstance(event, yaml.CollectionStartEvent)
                depth -= isinstance(event, yaml.CollectionEndEvent)
                if depth > _PURE_DEPTH:  # its time grows with the square of the depth
                    break
        except yaml.YAMLError as better:
            error = better
        except Exception:  # the first message stands
            pass
    text = str(error)
    first, second = "problem_mark", "context_mark"
    if "found unexpected end of stream" in text:  # show where the quotes open
        first, second = second, first
    mark = getattr(error, first, None) or getattr(error, second, None)
    if mark is None:
        position = getattr(error, "position", 0)
        before = source.text[: position if isinstance(position, int) else 0]
        span = Span(source, before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    else:
        span = Span(source, mark.line + 1, mark.column + 1)
    raw = source.line(span.line)
    if "\t" in raw[: len(raw) - len(raw.lstrip())] and "cannot start" in text:
        text = "found character '\\t'"
    found = _special(text, source, span, getattr(error, second, None))
    if found is not None:
        return found
    for pattern, message, hint in _HINTS:
        if re.search(pattern, text):
            return ProblemError(message, span, hint=hint)
    problem = getattr(error, "problem", None) or "this is not YAML that can be read"
    return ProblemError(visible(str(problem)), span)


def _badly_spaced(text: str, source: Source, span: Span, context: Any) -> ProblemError | None:
    """Return what blanks are the cause of: none after a colon, or one too many before a key."""
    raw = source.line(span.line)
    above = _above(source, span.line)
    for line in (span.line, above or 0):
        glued = _GLUED.match(source.line(line))
        if glued and re.search(r"expected <block end>|mapping values are not|expected ':'", text):
            name, value = glued[2], glued[3]
            return ProblemError(
                "a blank is missing after the colon",
                Span(source, line, glued.start(3) + 1, 1),
                hint=f"write {name}: {value}…{']' if value == '[' else '}'}",
            )
    lead = _indent(raw)
    if above is None or not _KEY.match(raw):
        return None
    indent = _indent(source.line(above))
    key = Span(source, span.line, lead + 1, len(raw.split(":")[0].strip()))
    here = f"begins in column {lead + 1}, line {above} in column {indent + 1}"
    first = raw.find(":") == span.column - 1 and _KEY.match(source.line(above))
    if "mapping values are not allowed" in text and lead > indent and first:
        return ProblemError("this line is indented too far", key, here, _LINED_UP)
    starts = "expected '<document start>'" in text
    if lead != indent and (starts or ("<block end>" in text and span.column == lead + 1)):
        return ProblemError("this line does not line up with the lines above", key, here, _LINED_UP)
    return None


def _above(source: Source, line: int) -> int | None:
    """Return the number of the nearest line above that holds more than a comment."""
    for number in range(line - 1, 0, -1):
        if source.line(number).split("#")[0].strip():
            return number
    return None


def _indent(raw: str) -> int:
    return len(raw) - len(raw.lstrip(" "))


def _special(text: str, source: Source, span: Span, context: Any) -> ProblemError | None:
    """Return what a look at the line itself tells beyond the complaint."""
    raw = source.line(span.line)
    sign = raw[span.column - 1 : span.column]
    before = raw[: span.column - 1]
    if raw.startswith("```"):
        return ProblemError("a line of ``` is no part of a problem file", span, hint="remove it")
    found = _badly_spaced(text, source, span, context)
    if found is not None:
        return found
    if "could not find expected ':'" in text and context is not None:
        span = Span(source, context.line + 1, context.column + 1)  # where the key begins
        return ProblemError("a ':' is missing after a key", span, hint=_MISSING_COLON)
    due = re.search(r"expected ',' or '(.)'", text)
    if due is not None:
        closing = due[1]
        if sign == "[" and re.search(r"\w$", before):
            message = "a [ inside a list begins another list"
            return ProblemError(message, span, hint="put an entry in quotes: 'dL/dW1[1,1]'")
        if sign in ("]", "}"):
            message = f"{sign} stands where {closing} is due"
            return ProblemError(message, span, hint="every bracket that opens is closed by its own")
        start = context.line + 1 if context is not None else span.line
        cut = next((n for n in range(start, span.line) if _COMMENT.search(source.line(n))), None)
        if cut is None and (_KEY.match(raw) or not raw.strip()) and start < span.line:
            opened = Span(source, context.line + 1, context.column + 1)
            sign = source.line(opened.line)[opened.column - 1 : opened.column]
            return ProblemError(
                f"this {sign} is never closed",
                opened,
                f"{closing} is due before line {span.line}",
                "every bracket that opens is closed by its own",
            )
        if cut is not None:
            at = _COMMENT.search(source.line(cut))
            assert at is not None
            return ProblemError(
                f"a bracket is not closed: '{closing}' is missing",
                Span(source, cut, at.start() + 1, at.end() - at.start()),
                "what follows # is a comment",
            )
    if "expected <block end>" in text and before.strip():
        return ProblemError(
            "something stands after the end of the value",
            span,
            hint="put the whole text in quotes; inside single quotes an apostrophe is doubled:"
            " 'Newton''s method'",
        )
    return None


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
