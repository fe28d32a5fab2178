"""Cut the text of an answer sheet into lines, names and values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_GOING_ON = 2000

_BRACKET = re.compile(r"\\begin\b|\\end\b|[\[({\])}]")
_SIGN = re.compile(r"\\begin\b|\\end\b|[\[({\])}]|<=|>=|!=|:?={1,3}|[≈≃≅~]|:")
_CLOSING = ("\\end", "]", ")", "}")
_NEW = re.compile(
    r"\s{0,99}(?!(?:dtype|grad_fn|device|requires_grad)\b)[^\s\[\](){}=,;\d][^=≈≃≅~(){},;]{0,99}[=≈≃≅~]"
)


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
