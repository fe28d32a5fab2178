"""What a gradient is multiplied by on its way back: the factors of one term."""

from __future__ import annotations

from gradcalc.algebra.expr import ONE, Apply, Expr, Symbol, add, mul, neg, symbols


def factors_of(term: Expr, upstream: Symbol) -> tuple[Expr, ...]:
    """Return what an upstream gradient is multiplied by, one after the other.

    >>> from gradcalc.algebra.syntax import format, parse
    >>> [format(each) for each in factors_of(parse("outer(g*r, x)"), Symbol("g"))]
    ['r', 'x.T']
    """
    whole = _factor(term, upstream)
    if whole is not None:
        return (whole,)
    if not isinstance(term, Apply):
        return ()
    holding = [arg for arg in term.args if upstream.name in symbols(arg)]
    if len(holding) != 1:
        return ()
    args = tuple(upstream if arg is holding[0] else arg for arg in term.args)
    outer = _factor(Apply(term.op, args, term.attrs), upstream)
    inner_ = factors_of(holding[0], upstream)
    return (*inner_, outer) if outer is not None and inner_ else ()


def _factor(term: Expr, upstream: Symbol) -> Expr | None:
    """Return what an upstream gradient is multiplied by in a term, or None.

    >>> from gradcalc.algebra.syntax import format, parse
    >>> format(_factor(parse("W.T @ g"), Symbol("g"))), format(_factor(parse("g*y*2"), Symbol("g")))
    ('W.T', 'y*2')
    """
    if term == upstream:
        return ONE
    if not isinstance(term, Apply) or upstream.name not in symbols(term):
        return None
    if term.op == "neg":
        inside = _factor(term.args[0], upstream)
        return None if inside is None else neg(inside)
    if term.op == "add":
        found = [_factor(arg, upstream) for arg in term.args]
        return None if None in found else add(*(each for each in found if each is not None))
    turned = Apply("transpose", (upstream,))
    direct = [arg for arg in term.args if arg in (upstream, turned)]
    rest = tuple(arg for arg in term.args if arg not in direct)
    if len(direct) != 1 or any(upstream.name in symbols(arg) for arg in rest):
        return None
    if term.op == "mul":
        return mul(*rest)
    if term.op in ("matmul", "dot"):
        return rest[0]
    if term.op == "outer":
        return Apply("transpose", rest) if term.args[0] == upstream else rest[0]
    if term.op == "div" and term.args[0] == upstream:
        return Apply("div", (ONE, rest[0]))
    return None
