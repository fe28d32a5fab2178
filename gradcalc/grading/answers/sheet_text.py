"""Cut an answer sheet, as text, YAML or JSON, into names and the texts of their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gradcalc.errors import ProblemError, Source
from gradcalc.problem.text.yaml_nodes import (
    BLOCKS,
    MappingNode,
    ScalarNode,
    SequenceNode,
    Value,
    parse_document,
)

MAX_GOING_ON = 2000

_BRACKET = re.compile(r"\\begin\b|\\end\b|[\[({\])}]")
_SIGN = re.compile(r"\\begin\b|\\end\b|[\[({\])}]|<=|>=|!=|:?={1,3}|[≈≃≅~]|:")
_CLOSING = ("\\end", "]", ")", "}")
_NEW = re.compile(
    r"\s{0,99}(?!(?:dtype|grad_fn|device|requires_grad)\b)[^\s\[\](){}=,;\d][^=≈≃≅~(){},;]{0,99}[=≈≃≅~]"
)

_SECTION = re.compile(r"^(?:answers|\"answers\"|'answers')\s{0,9}:|^---", re.MULTILINE)
_LINE = re.compile(r"^\s*[^\s#=:][^=:\n]{0,99}[=:≈]", re.MULTILINE)
_NESTED = re.compile(r"^[ \-][^\n:]{0,99}|:\s{0,9}[\"'|>]", re.MULTILINE)
_EQUATION = re.compile(r"^[^\s#=:][^=:\n]{0,99}=", re.MULTILINE)


@dataclass(frozen=True)
class Statement:
    """One line of a sheet, with the lines on which its brackets go on."""

    line: int
    text: str


def statements(text: str) -> Iterator[Statement]:
    """Yield the lines that say something, without comments, counted from 1."""
    held: list[str] = []
    first = depth = 0
    for at, raw in enumerate(text.split("\n"), 1):
        line = raw.partition("#")[0].rstrip()
        if held and (_NEW.match(line) or len(held) >= MAX_GOING_ON):
            yield Statement(first, "\n".join(held))
            held = []
        if not held:
            if not line.strip():
                continue
            first, depth = at, 0
        depth = _depth(line, depth)
        held.append(line)
        if depth <= 0:
            yield Statement(first, "\n".join(held))
            held = []
    if held:
        yield Statement(first, "\n".join(held).rstrip())


def _depth(line: str, depth: int) -> int:
    for match in _BRACKET.finditer(line):
        depth = max(0, depth - 1) if match[0] in _CLOSING else depth + 1
    return depth


@dataclass(frozen=True)
class LineParts:
    """What stands between the signs of equality of a line; `colon` ends the first part."""

    texts: tuple[str, ...]
    colon: bool


def parts_of(text: str) -> LineParts:
    """Return what stands between a line's `=` (or `≈`), outside of all brackets.

    A colon before the first `=` divides too.
    """
    texts: list[str] = []
    start = depth = 0
    colon = False
    for match in _SIGN.finditer(text):
        sign = match[0]
        if sign in _CLOSING:
            depth = max(0, depth - 1)
        elif sign in ("[", "(", "{", "\\begin"):
            depth += 1
        elif depth or sign in ("<=", ">=", "!=") or (sign == ":" and texts):
            continue
        else:
            colon = colon or sign == ":"
            texts.append(text[start : match.start()])
            start = match.end()
    texts.append(text[start:])
    return LineParts(tuple(part.strip() for part in texts), colon)


@dataclass(frozen=True)
class NamedText:
    """One name with the text of its value; name is None for a line `name = value`."""

    name: str | None
    text: str
    line: int
    reason: str | None = None


@dataclass(frozen=True)
class SheetDocument:
    """The answers of a mapping in the order of the file."""

    pairs: tuple[NamedText, ...]
    warnings: tuple[str, ...] = ()


def read_pairs(source: Source) -> SheetDocument | None:
    """Return the answers of a YAML or JSON sheet, or None for lines of text.

    Raises ProblemError for a broken document that is no lines of text either.
    """
    text = source.text
    framed = text.lstrip()[:1] == "{"
    sure = framed or bool(_SECTION.search(text))
    if not sure and (_EQUATION.search(text) or not _NESTED.search(text)):
        return None
    try:
        return _document(parse_document(source))
    except ProblemError:
        if framed or (sure and not _LINE.search(text)):
            raise
        return None


def _document(root: MappingNode) -> SheetDocument:
    section = root.get("answers")
    if section is None or isinstance(section, SequenceNode):
        return SheetDocument(tuple(_pairs(root)))
    others = [key.text for key, _ in root.pairs if key.text != "answers"]
    shown = ", ".join(others[:6])
    warnings = (f"beside answers, these keys are not read: {shown}",) if others else ()
    if isinstance(section, MappingNode):
        return SheetDocument(tuple(_pairs(section)), warnings)
    if section.style in BLOCKS or "=" in section.text:
        at = [span.line for _, span in section.lines()]
        found = statements(section.text)
        lines = tuple(NamedText(None, each.text, at[each.line - 1]) for each in found)
        return SheetDocument(lines, warnings)
    return SheetDocument(tuple(_pairs(root)))


def _pairs(section: MappingNode) -> Iterator[NamedText]:
    for key, value in section.pairs:
        name, line = key.text.strip(), key.span.line
        if isinstance(value, MappingNode):
            reason = "names stand here, a number or a list of numbers is due"
            yield NamedText(name, "", line, reason)
            continue
        try:
            yield NamedText(name, _text_of(value), line)
        except ValueError as error:
            yield NamedText(name, "", line, str(error))


def _text_of(value: Value) -> str:
    """Return a value as it would stand on a line of text, as written where it can be."""
    if isinstance(value, ScalarNode):
        return "" if value.empty else value.text.strip("\n")
    if isinstance(value, MappingNode):
        raise ValueError("names stand in a list of numbers")
    raw = _as_written(value)
    if raw is not None:
        return raw
    items = [_item(item) for item in value.items]
    commas = any(isinstance(item, ScalarNode) and "," in item.text for item in value.items)
    return "[" + (" " if commas else ", ").join(items) + "]"


def _item(value: Value) -> str:
    text = _text_of(value).strip()
    if isinstance(value, ScalarNode):
        text = text or "_"
        return f"[{text}]" if len(text.split()) > 1 and text[:1] not in "[({" else text
    return text


def _as_written(value: SequenceNode) -> str | None:
    """Return the text of a list that stands on one line without quotes, or None."""
    span = value.span
    text = span.source.line(span.line)[span.column - 1 :][: span.length]
    whole = text.startswith("[") and text.endswith("]") and text.count("[") == text.count("]")
    plain = not re.search(r"[\"'#&*!|>~]|null", text, re.IGNORECASE)
    return text if whole and plain else None
