"""Put YAML's complaints into words that say what to do."""

from __future__ import annotations

import re
from typing import Any

import yaml

from gradcalc.errors import ProblemError, Source, Span, visible

_PURE_LIMIT = 100_000
_MISSING_COLON = "every line is `key: value`; the lines of a text block are indented"
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


def translated(error: yaml.YAMLError, source: Source) -> ProblemError:
    """Return PyYAML's complaint in words that say what to do."""
    if len(source.text) < _PURE_LIMIT:
        try:  # the pure loader words its messages better than libyaml
            for _ in yaml.parse(source.text, Loader=yaml.SafeLoader):
                pass
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


def _special(text: str, source: Source, span: Span, context: Any) -> ProblemError | None:
    """Return what a look at the line itself tells beyond the complaint."""
    raw = source.line(span.line)
    sign = raw[span.column - 1 : span.column]
    before = raw[: span.column - 1]
    if raw.startswith("```"):
        return ProblemError("a line of ``` is no part of a problem file", span, hint="remove it")
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
