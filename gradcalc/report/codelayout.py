"""Lines of a script: assignments and arrays, folded as formatters do; comments, headings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gradcalc.errors import visible

if TYPE_CHECKING:
    from gradcalc.algebra.kernels import Array

LINE = 88
"""Columns of a script, as formatters have them."""
_OPENING, _CLOSING = "([{", ")]}"


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
    line = f"{indent}{name} = {' '.join(terms)}"
    if len(line) <= LINE:
        lines = [line]
    elif (open_ended := _in_last_brackets(f"{name} = {terms[0]}", terms[1:], indent)) is not None:
        lines = open_ended
    elif len(terms) > 1 or not _is_call(terms[0]):
        inner = [each for term in terms for each in folded(term, f"{indent}    ")]
        lines = [f"{indent}{name} = (", *inner, f"{indent})"]
    else:
        lines = folded(f"{name} = {terms[0]}", indent)
    if note and len(lines) == 1 and len(line) + len(note) + 4 <= LINE:
        return [f"{line}  # {note}"]
    return [*([f"{indent}# {note}"] if note else []), *lines]


def _in_last_brackets(start: str, more: Sequence[str], indent: str) -> list[str] | None:
    """Return two terms folded within the brackets they end with, as formatters prefer it."""
    if len(more) != 1 or not more[0].endswith(")"):
        return None
    lines = folded(f"{start} {more[0]}", indent)
    if len(lines[0]) <= LINE:
        return lines
    if not start.endswith(")"):
        return None
    opened = more[0][: _opening_of_last(more[0]) + 1]
    lines = folded(start, indent, f" {opened}")[:-1]
    lines += folded(f") {more[0]}", indent)
    return lines if max(map(len, lines)) <= LINE else None


def folded(text: str, indent: str, end: str = "") -> list[str]:
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


def _is_call(text: str) -> bool:
    return text.endswith(")") and text[: _opening_of_last(text)].replace(".", "_").isidentifier()


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
