"""Lines that are repeated: `for t = 1..3:` above indented lines writes them for each t.

`h[t] = tanh(w*h[t-1] + u*x[t])` becomes h1 = …, h2 = …, h3 = …: what the block defines
with an index is a quantity for each step, under the name that the index ends. What
stands elsewhere (x) is a list or a matrix, of which x[t] takes an entry or a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, number, rebuild, substitute
from gradcalc.algebra.formula.syntax import format
from gradcalc.errors import ProblemError, Span

_HEADER = re.compile(
    r"(?P<lead>\s*)(?:for|repeat)\s+(?P<letter>[^\W\d_]\w*)\s*(?:=|\bin\b)\s*"
    r"(?P<first>\d+)\s*(?:\.\.|\bto\b|…)\s*(?P<last>\d+)\s*:?\s*\Z"
)
_LIKE = re.compile(r"\s*(for|repeat)\b(?!\s*(?:=(?!=)|\[|\())")
_HINT = "write `for t = 1..3:`, and the lines to be repeated below it, indented"
MAX_STEPS = 1000


@dataclass(frozen=True)
class Loop:
    """A letter and the numbers that it runs through, with the place of the header."""

    letter: str
    first: int
    last: int
    span: Span

    @property
    def steps(self) -> Iterator[int]:
        """Yield the numbers, downwards where the last is less than the first."""
        way = 1 if self.last >= self.first else -1
        return iter(range(self.first, self.last + way, way))


def blocks(lines: Iterable[tuple[str, Span]]) -> Iterator[tuple[str, Span, Loop | None]]:
    """Yield each line that is neither blank nor a header, with the block that it stands in.

    Raises ProblemError for a header that cannot be read, or has no lines below it.
    """
    block: Loop | None = None
    depth, used = 0, True
    for text, span in lines:
        if not text.strip():
            continue
        lead = len(text) - len(text.lstrip())
        place = span.within(lead, len(text.rstrip()))
        if block is not None and lead <= depth:
            _refuse_empty(block, used)
            block = None
        match = _HEADER.match(text)
        if match is None and _LIKE.match(text):
            raise ProblemError("a repetition that cannot be read", place, hint=_HINT)
        if match is None:
            used = True
            yield text, span, block
            continue
        if block is not None:
            raise ProblemError(
                "a repetition inside of another", place, hint="write out the lines of one of them"
            )
        first, last = match["first"], match["last"]
        if max(len(first), len(last)) > len(str(MAX_STEPS)) or (
            abs(int(last) - int(first)) >= MAX_STEPS
        ):
            raise ProblemError(f"more than {MAX_STEPS} steps", place)
        block, depth, used = Loop(match["letter"], int(first), int(last), place), lead, False
    if block is not None:
        _refuse_empty(block, used)


def _refuse_empty(block: Loop, used: bool) -> None:
    if not used:
        raise ProblemError("nothing is repeated here", block.span, hint=_HINT)


def step_name(head: Expr, block: Loop, span: Span) -> str:
    """Return what the left side of a repeated line defines: h for `h[t]`."""
    named = isinstance(head, Apply) and head.op == "entry" and len(head.args) == 2
    if not named or not isinstance(head, Apply) or head.args[1] != Symbol(block.letter):
        raise ProblemError(
            f"{format(head)} would be defined in every step",
            span,
            hint=f"a repeated line defines one quantity a step: name[{block.letter}] = …",
        )
    base = head.args[0]
    if not isinstance(base, Symbol) or not base.name[-1].isalpha() or "/" in base.name:
        raise ProblemError(
            f"{format(base)} cannot be numbered",
            span,
            hint="the name of a repeated quantity is letters: h[1] is called h1",
        )
    return base.name


def at_step(expr: Expr, block: Loop, step: int) -> Expr:
    """Return a repeated formula for one step."""
    return substitute(expr, {block.letter: number(step)})


def with_names(expr: Expr, series: Set[str], span: Span) -> Expr:
    """Return a formula with h3 for h[3], where h is a quantity a step.

    Indices are worked out: x[4 - 1] is x[3].
    """

    def change(part: Expr) -> Expr:
        if not isinstance(part, Apply) or part.op != "entry":
            return part
        base, *places = part.args
        known = [_index(place) for place in places]
        if isinstance(base, Symbol) and base.name in series and len(places) == 1:
            at = known[0]
            if not isinstance(at, Number) or at.value < 0:
                place = span.within(*part.place) if part.place else span
                raise ProblemError(
                    f"there is no {format(part)}",
                    place,
                    hint=f"steps are whole numbers from 0: {base.name}[1] is {base.name}1",
                )
            return Symbol(f"{base.name}{at.value}", part.place)
        return Apply("entry", (base, *known), (), part.place)

    return rebuild(expr, change)


def _index(place: Expr) -> Expr:
    """Return an index as a number, where it is one."""
    if isinstance(place, Apply) and place.op == "slice":
        return Apply("slice", tuple(map(_index, place.args)), (), place.place)
    if isinstance(place, Apply) and place.op in ("add", "neg"):
        terms = [_index(term) for term in place.args]
        values = [term.value for term in terms if isinstance(term, Number)]
        if len(values) == len(terms):
            total = sum(values)
            return number(-total if place.op == "neg" else total)
    return place
