"""Read a function by its name, with parameters or without: `relu`, `keras.LeakyReLU`."""

from __future__ import annotations

import re

from gradcalc.algebra.expr import Apply, Expr, Symbol
from gradcalc.algebra.parser import DOTTED
from gradcalc.algebra.syntax import parse
from gradcalc.errors import Span

_DOTTED = re.compile(rf"\s*{DOTTED}\s*\Z")


def read_call(text: str, span: Span) -> Expr:
    """Return the call that a text spells; a name alone is a call without parameters.

    A name may have a framework in front, with dots. Raises ProblemError for a text that
    is no formula.
    """
    call = parse(f"{text}()" if _DOTTED.match(text) else text, span)
    if isinstance(call, Symbol):
        return Apply(call.name, (), (), (0, len(text)))
    if isinstance(call, Apply) and _DOTTED.match(text):
        return Apply(call.op, (), (), (0, len(text)))
    return call
