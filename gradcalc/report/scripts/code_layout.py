"""Lines of a script: assignments and arrays, folded as formatters do; comments, headings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from gradcalc.errors import visible

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array

LINE = 88
"""Columns of a script, as formatters have them."""
_OPENING, _CLOSING = "([{", ")]}"
_COMPARISON = ("<", "<=", ">", ">=", "==", "!=")
_SUM, _PRODUCT, _POWER = ("+", "-"), ("*", "/", "@"), ("**",)


def comment(text: str) -> str:
    """Return a text of a file as one line of a comment, whatever is in it."""
    return f"# {visible(' '.join(text.split()))}"


def quoted(text: str) -> str:
    """Return a text as a literal of Python."""
    return json.dumps(visible(text), ensure_ascii=False)


def band(title: str) -> list[str]:
    """Return the heading of a part of a script."""
    return ["", f"# {title} {'-' * (LINE - len(title) - 3)}"]


def assignment(name: str, terms: Sequence[str], note: str = "", indent: str = "") -> list[str]:
    """Return `name = sum of terms`, folded where it is too long, with a comment."""
    return _statement(f"{name} = ", terms, note, indent)


def returned(terms: Sequence[str], indent: str) -> list[str]:
    """Return `return sum of terms`, folded where it is too long."""
    return _statement("return ", terms, "", indent)


def _statement(start: str, terms: Sequence[str], note: str, indent: str) -> list[str]:
    line = f"{indent}{start}{' '.join(terms)}"
    if len(line) <= LINE:
        lines = [line]
    elif (halves := _in_last_brackets(start, _pieces(terms), indent)) is not None:
        lines = halves
    elif len(terms) > 1 or not _is_call(terms[0]):
        deeper = f"{indent}    "
        inner = [f"{deeper}{' '.join(terms)}"]
        if len(inner[0]) > LINE:
            inner = [each for term in terms for each in folded(term, deeper)]
        lines = [f"{indent}{start}(", *inner, f"{indent})"]
    else:
        lines = _within(f"{start}{terms[0]}", indent)
    if note and len(lines) == 1 and len(line) + len(note) + 4 <= LINE:
        return [f"{line}  # {note}"]
    return [*([f"{indent}# {note}"] if note else []), *lines]


def _pieces(terms: Sequence[str]) -> Sequence[str]:
    return terms if len(terms) > 1 else split(terms[0])


def _in_last_brackets(begun: str, pieces: Sequence[str], indent: str) -> list[str] | None:
    """Return two pieces folded within brackets of their own, as formatters prefer it."""
    if len(pieces) != 2:
        return None
    start, more = f"{begun}{pieces[0]}", pieces[1]
    whole = pieces[0].startswith("(") and _opening_of_last(pieces[0]) == 0
    if not more.endswith(")"):
        lines = _within(start, indent, f" {more}") if whole else [""]
        return lines if len(lines) > 1 else None
    lines = _within(f"{start} {more}", indent)
    if len(lines[0]) <= LINE:
        return lines
    if not start.endswith(")"):
        return None
    opened = more[: _opening_of_last(more) + 1]
    lines = _within(start, indent, f" {opened}")[:-1]
    lines += _within(f") {more}", indent)
    return lines if max(map(len, lines)) <= LINE else None


def folded(text: str, indent: str, end: str = "") -> list[str]:
    """Return an expression in lines: its terms or factors, or a call's operands, one a line.

    A term may have its sign in front.
    """
    if len(indent) + len(text) + len(end) <= LINE:
        return [f"{indent}{text}{end}"]
    sign = text[:2] if text[:2] in ("+ ", "- ") else ""
    first, *more = split(text.removeprefix(sign))
    if not more:
        return _within(text, indent, end)
    factors = sign or more[0].partition(" ")[0] in (*_PRODUCT, *_POWER)
    put = _within if factors else folded
    found = [line for each in (sign + first, *more[:-1]) for line in put(each, indent)]
    return [*found, *put(more[-1], indent, end)]


def listed(names: Sequence[str], indent: str, start: str = "", end: str = "") -> list[str]:
    """Return `start a, b end` in a line; where that is too long, a name a line in brackets."""
    line = f"{indent}{start}{', '.join(names)}"
    if len(line) + len(end.partition("(")[0]) + end.count("(") <= LINE:
        return _within(f"{line.strip()}{end}", indent) if end else [line]
    inner = [f"{indent}    {name}," for name in names]
    return [f"{indent}{start}(", *inner, *_within(f"){end}", indent)]


def _within(text: str, indent: str, end: str = "") -> list[str]:
    """Return an expression in lines: a call that is too long with its operands inside."""
    if len(indent) + len(text) + len(end) <= LINE or not text.endswith(")"):
        return [f"{indent}{text}{end}"]
    start = _opening_of_last(text)
    inner = text[start + 1 : -1]
    deeper = f"{indent}    "
    operands = list(_operands(inner))
    if len(operands) == 1 or len(deeper) + len(inner) <= LINE:
        within = folded(inner, deeper)
    else:
        within = [line for each in operands for line in folded(each, deeper, ",")]
    return [f"{indent}{text[: start + 1]}", *within, f"{indent}){end}"]


def split(text: str) -> list[str]:
    """Return the terms of an expression, or else its factors, each with its sign in front."""
    words, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if sign == " " and depth == 0:
            words.append(text[start:at])
            start = at + 1
    words.append(text[start:])
    signs = words[1::2]
    levels = (_COMPARISON, _SUM, _PRODUCT, _POWER)
    level = next((each for each in levels if {*each} & {*signs}), ())
    if not all(sign in chain(*levels) for sign in signs):
        return [text]
    found = [words[0]]
    for sign, word in zip(signs, words[2::2], strict=True):
        if sign in level:
            found.append(f"{sign} {word}")
        else:
            found[-1] += f" {sign} {word}"
    return found


def _is_call(text: str) -> bool:
    name = text[: _opening_of_last(text)].removeprefix("-").replace(".", "_")
    return text.endswith(")") and name.isidentifier()


def _opening_of_last(text: str) -> int:
    """Return where the bracket opens that the last sign closes."""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] in _CLOSING) - (text[at] in _OPENING)
        if depth == 0:
            return at
    return 0


def _operands(text: str) -> Iterator[str]:
    """Yield the operands of a call: what commas outside of brackets divide."""
    depth = start = 0
    for at, sign in enumerate(text):
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if sign == "," and depth == 0:
            yield text[start:at].strip()
            start = at + 1
    if text[start:].strip():
        yield text[start:].strip()


def array(name: str, value: Array, call: str, note: str = "", more: str = "") -> list[str]:
    """Return the lines that write an array out, a row a line where it is long.

    more: further operands of the call, with a comma in front.
    """
    items = value.tolist()
    if not value.ndim and call.startswith("np."):
        return assignment(name, [repr(items)], note)
    if len(f"{name} = {call}({items!r}{more})") <= LINE:
        return assignment(name, [f"{call}({items!r}{more})"], note)
    head = [f"# {note}"] if note else []
    rows = _rows(items, "    ", "," if more else "")
    return [*head, f"{name} = {call}(", *rows, *([f"    {more[2:]},"] if more else []), ")"]


def _rows(items: list[object], indent: str, end: str) -> list[str]:
    """Return a list in lines: what fits in one, and else its items under each other."""
    text = f"{indent}{items!r}{end}"
    if len(text) <= LINE:
        return [text]
    lines = [f"{indent}["]
    for item in items:
        deeper = f"{indent}    "
        lines += _rows(item, deeper, ",") if isinstance(item, list) else [f"{deeper}{item!r},"]
    return [*lines, f"{indent}]{end}"]
