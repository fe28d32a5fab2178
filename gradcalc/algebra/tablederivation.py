"""The derivation of a row of the table: from its definition to the derivative it has."""

from __future__ import annotations

from dataclasses import dataclass

from gradcalc.algebra.components import (
    Components,
    entry,
    free_of,
    pulled,
    reindexed,
    spread,
    sum_over,
)
from gradcalc.algebra.derivation import Derivation, DerivationStep, derive, sifted
from gradcalc.algebra.expr import (
    ONE,
    ZERO,
    Apply,
    Expr,
    Symbol,
    parts,
    rebuild,
    substitute,
    symbols,
)
from gradcalc.algebra.operations import Operation, Table, formula
from gradcalc.algebra.putback import Meaning, put_back, split_fraction
from gradcalc.algebra.rules import unguarded
from gradcalc.algebra.simplify import product, simplify
from gradcalc.algebra.tidy import shorten
from gradcalc.errors import ProblemError

LONGEST = 60
KINDS = ("activation", "loss", "elementwise", "reduction")


@dataclass(frozen=True)
class RowDerivation:
    """The derivation of a row, by its first parameter.

    vector: the row is written by entries, xᵢ in place of x. cases: further formulas with
    the words for them, such as the two cases of δᵢⱼ.
    """

    steps: Derivation
    vector: bool = False
    cases: tuple[tuple[str, Expr], ...] = ()


def row_derivation(row: Operation, table: Table) -> RowDerivation | None:
    """Return the derivation of a row, or None where its definition is not such a formula."""
    if row.definition is None or row.kind not in KINDS:
        return None
    definition = unguarded(formula(row.definition))
    try:
        if all(table[p.op].is_elementwise for p in parts(definition) if isinstance(p, Apply)):
            return _elementwise(row, definition, table)
        return _by_entries(row, definition, table)
    except (ProblemError, KeyError):
        return None


def _elementwise(row: Operation, definition: Expr, table: Table) -> RowDerivation | None:
    if row.derivative is None or row.derivative[0] is None:
        return None
    own = row.params[0]
    target = unguarded(substitute(formula(row.derivative[0]), {row.output: Symbol("f")}))
    made = derive(definition, own, table, simplest=simplify)
    steps = _ended(made, target, [(definition, Symbol("f"))])
    return RowDerivation(Derivation(definition, own, steps))


def _ended(made: Derivation, target: Expr, meanings: list[Meaning]) -> tuple[DerivationStep, ...]:
    """Return the steps with the last ones, that lead to the derivative of the table."""
    steps = list(made.steps)
    if steps[-1].after.size == steps[-1].before.size and not steps[-1].places:
        steps.pop()  # factors in another order only

    def put(after: Expr, rule: str) -> None:
        if after != steps[-1].after:
            steps.append(DerivationStep(steps[-1].after, after, (rule,)))

    last = steps[-1].after
    if simplify(target) == simplify(last):
        put(target, "simplify")
    elif "f" not in symbols(target):
        put(target, _words(last, target))
    else:
        for before, rule in _candidates(last):
            whole = put_back(before, meanings)
            if whole is not None and (made.by not in symbols(whole) or before == last):
                put(before, rule)
                put(target if product(whole) == product(target) else whole, "f put back")
                break
        changed = steps[-1].after is not last
        put(target, "take out common factors" if changed else "f put back")
    return tuple(steps)


def _candidates(last: Expr) -> list[tuple[Expr, str]]:
    """Return the forms in which the value of a function is looked for, best first."""
    fraction = split_fraction(last)
    return ([fraction] if fraction else []) + [(last, "")]


def _words(before: Expr, after: Expr) -> str:
    """Return what happens in a last step, in the words of its functions and cases."""
    old, new = _operations(before), _operations(after)
    named = [op for op in ("sigmoid", "tanh", "normal_cdf", "normal_pdf") if op in new - old]
    if named:
        return f"definition of {named[0]}"
    if "where" in old & new:
        if _branches(before) != _branches(after):
            return "join the cases"
        counted = (old ^ new) & {"le", "ge"}
        return "the kink itself counted in" if counted else "the same condition"
    return "sine of the double angle" if "cos" in old - new else "simplify"


def _operations(expr: Expr) -> set[str]:
    return {part.op for part in parts(expr) if isinstance(part, Apply)}


def _branches(expr: Expr) -> set[tuple[Expr, ...]]:
    return {p.args[1:] for p in parts(expr) if isinstance(p, Apply) and p.op == "where"}


def _by_entries(row: Operation, definition: Expr, table: Table) -> RowDerivation | None:
    """Return the derivation of a function or loss of vectors, entry by entry."""
    by = f"{row.params[0]}[j]"
    writer = Components(row.params, table)
    if row.kind == "loss" and row.reduction != "whole":
        letter = writer.letter()
        sample = writer.at(definition, letter)
        whole = sample if free_of(sample, letter) else pulled(sum_over(sample, letter))
    else:
        whole = writer.at(definition, "i")
    if row.kind == "activation":
        made = derive(whole, by, table, simplest=lambda expr: expr)
        return _jacobian(row, Derivation(whole, by, _entries_put_back(made, row)))
    made = derive(whole, by, table)
    steps = list(made.steps)
    one_term = shorten(pulled(sifted(spread(made.result))))
    if one_term != made.result:
        steps.append(DerivationStep(made.result, one_term, ("multiply out", "δ leaves one term")))
    named = rebuild(one_term, lambda part: Symbol("f") if part == whole else part)
    if named != one_term:
        steps.append(DerivationStep(one_term, named, ("f put back",)))
    if max(step.after.size for step in steps) > LONGEST:
        return None
    one_hot = rebuild(steps[-1].after, lambda part: ONE if _is_target_sum(part) else part)
    cases = () if one_hot == steps[-1].after else (("Σ t = 1", shorten(pulled(one_hot))),)
    return RowDerivation(Derivation(whole, by, tuple(steps)), True, cases)


def _is_target_sum(part: Expr) -> bool:
    return isinstance(part, Apply) and part.op == "sum_over" and part.args == (entry("t", "k"),)


def _entries_put_back(made: Derivation, row: Operation) -> tuple[DerivationStep, ...]:
    """Return the steps of a function of vectors with its own entries put back."""
    steps = list(made.steps)
    at_j = reindexed(made.of, "i", "j")
    value = "f"
    meanings: list[Meaning] = [(made.of, entry("f", "i")), (at_j, entry("f", "j"))]
    if row.name == "log_softmax" and isinstance(made.of, Apply) and isinstance(at_j, Apply):
        own, value = Symbol(made.by), "softmax"
        meanings = [(at_j.args[0], Apply("softmax_at", (own,)))]
    fraction = split_fraction(made.result)
    whole = put_back(fraction[0], meanings) if fraction else None
    if fraction and whole is not None:
        steps.append(DerivationStep(made.result, fraction[0], (fraction[1],)))
        steps.append(DerivationStep(fraction[0], whole, (f"{value} put back",)))
    short = shorten(steps[-1].after)
    if whole is None and (named := put_back(short, meanings)) is not None:
        steps.append(DerivationStep(steps[-1].after, short, ("simplify",)))
        steps.append(DerivationStep(short, named, ("softmax put back",)))
    elif short != steps[-1].after:
        words = "take out common factors" if whole is not None else "simplify"
        steps.append(DerivationStep(steps[-1].after, short, (words,)))
    return tuple(steps)


def _jacobian(row: Operation, made: Derivation) -> RowDerivation:
    """Return the derivation with the two cases of δᵢⱼ, where its last line has one."""
    apart = rebuild(made.result, lambda part: ZERO if _is_delta(part) else part)
    same = rebuild(made.result, lambda part: ONE if _is_delta(part) else part)
    if apart == same:
        return RowDerivation(made, vector=True)
    diagonal = shorten(reindexed(same, "j", "i"))
    return RowDerivation(made, True, (("i = j", diagonal), ("i ≠ j", shorten(apart))))


def _is_delta(part: Expr) -> bool:
    return isinstance(part, Apply) and part.op == "delta"
