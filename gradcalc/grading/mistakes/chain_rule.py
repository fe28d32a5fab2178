"""Mistakes at the chain rule itself: paths, inner derivatives, powers."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.algebra.formula.expr import Apply, Number, Symbol, mul, number, substitute
from gradcalc.algebra.operations.operation import formula
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.rule import (
    Edit,
    Rule,
    Slip,
    fits,
    gradient_of,
    instead,
    row_of,
    shown_line,
    term_of,
)

INNER = ("neg", "exp", "log", "sqrt", "abs", "sin", "cos", "pow")


def find_paths(lines: Lines) -> Iterator[Slip]:
    """Keep one of several paths."""
    for name, terms in lines.terms.items():
        if len(terms) < 2:
            continue
        at = shown_line(lines, name)
        for kept, term in enumerate(terms):
            edits = tuple(
                Edit(name, instead(number(0)), other)
                for other in range(len(terms))
                if other != kept
            )
            words = {
                "line": Symbol(at),
                "node": Symbol(shown_line(lines, term.node)),
                "right": lines.written_out(at),
            }
            yield Slip("paths-not-summed", at, edits, words, f"only {kept}")


def find_inner(lines: Lines) -> Iterator[Slip]:
    """Leave out the derivative of an inner function."""
    for edge in lines.edges:
        node = lines.by_name[edge.node]
        if not isinstance(node.expr, Apply) or node.expr.op not in INNER:
            continue
        place = term_of(lines, edge)
        upstream = gradient_of(lines, edge.node)
        if place is None or upstream not in lines.shapes:
            continue
        new = Symbol(upstream)
        if new != edge.contribution and fits(lines, place[0], new):
            at = shown_line(lines, place[0])
            words = {"inner": lines.written_out(edge.node), "line": Symbol(at)}
            words["right"] = lines.written_out(at)
            edit = Edit(place[0], instead(new), place[1])
            yield Slip("inner-derivative-missing", at, (edit,), words, edge.node)


def find_power(lines: Lines) -> Iterator[Slip]:
    """Differentiate a power without its factor, or without lowering the exponent."""
    for edge in lines.edges:
        node = lines.by_name[edge.node]
        row = row_of(lines, node)
        if row is None or row.name != "pow" or not isinstance(node.expr, Apply):
            continue
        exponent = node.expr.args[1]
        place = term_of(lines, edge)
        upstream = Symbol(gradient_of(lines, edge.node))
        if place is None or not isinstance(exponent, Number) or upstream.name not in lines.shapes:
            continue
        at = shown_line(lines, place[0])
        bound = dict(zip(("x", "n"), node.expr.args, strict=True))
        for variant in ("x^(n - 1)", "n*x^n"):
            wrong = mul(upstream, substitute(formula(variant), bound))
            if not fits(lines, place[0], wrong):
                continue
            words = {"power": lines.written_out(edge.node), "line": Symbol(at)}
            words["right"] = lines.written_out(at)
            edit = Edit(place[0], instead(wrong), place[1])
            yield Slip("power-rule", at, (edit,), words, f"{variant} at {edge.node}")


CHAIN_RULES = (
    Rule(
        "paths-not-summed",
        "paths",
        "Only one of several paths is followed back to {line}; their gradients add up.",
        "A value that is read more than once collects a gradient from each reader.",
        "micrograd issues 2, 68 and 72",
        find_paths,
    ),
    Rule(
        "inner-derivative-missing",
        "inner",
        "The derivative of {inner} is left out of the chain rule; {right} is due.",
        "The derivative of an inner function is dropped.",
        "micrograd issue 72; nn-zero-to-hero issue 52",
        find_inner,
    ),
    Rule(
        "power-rule",
        "power",
        "The derivative of the power {power} is taken wrongly; {right} is due.",
        "The factor n, or the lowering of the exponent, is forgotten.",
        "nn-zero-to-hero issue 52",
        find_power,
    ),
)
