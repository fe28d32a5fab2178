"""Put YAML's complaints into words that say what to do."""

from __future__ import annotations

import re

import yaml

from gradcalc.errors import ProblemError, Source, Span, visible

_PURE_LIMIT = 100_000
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
        r"unknown escape character",
        "a backslash in double quotes starts an escape",
        "use single quotes",
    ),
    (
        r"could not find expected ':'",
        "a ':' is missing after a key",
        "every line is `key: value`; the lines of a text block are indented",
    ),
    (
        r"special characters are not allowed|control characters are not allowed",
        "a control character",
        "remove it; in double quotes it can be written as \\x1b",
    ),
    (r"found unexpected end of stream", "the text ends inside quotes", "close the quotes"),
    (
        r"found character '(.)' that cannot start any token|cannot start any token",
        "this sign cannot begin a value in YAML",
        "put the value in quotes",
    ),
    (
        r"expected <block end>",
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
    for pattern, message, hint in _HINTS:
        if re.search(pattern, text):
            return ProblemError(message, span, hint=hint)
    problem = getattr(error, "problem", None) or "this is not YAML that can be read"
    return ProblemError(visible(str(problem)), span)
