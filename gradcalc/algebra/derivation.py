"""A derivation: from d/dx of a formula, rule by rule, to its derivative."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradcalc.algebra.components import index_of, reindexed, sum_over
from gradcalc.algebra.expr import Apply, Expr, Number, Symbol, number, rebuild, with_args
from gradcalc.algebra.operations import Table
from gradcalc.algebra.rules import QUIET, Rules, is_pending, over, pending, plus, times, unguarded
from gradcalc.algebra.simplify import product, rebuild_product
from gradcalc.algebra.tidy import shorten
from gradcalc.errors import ProblemError

MAX_STEPS = 60
MAX_SIZE = 4000


@dataclass(frozen=True)
class DerivationStep:
    """One line: the formula before and after, the rules' names, the parts they were applied to."""

    before: Expr
    after: Expr
    rules: tuple[str, ...]
    places: tuple[Expr, ...] = ()


@dataclass(frozen=True)
class Derivation:
    """The derivative of a formula by a name, in steps; the last is the simplified result."""

    of: Expr
    by: str
    steps: tuple[DerivationStep, ...]

    @property
    def worked_out(self) -> Expr:
        """Return the derivative as the rules give it, before anything is simplified."""
        made = [step.after for step in self.steps if step.places]
        return made[-1] if made else self.result

    @property
    def result(self) -> Expr:
        """Return the derivative."""
        return self.steps[-1].after


def derive(
    expr: Expr, by: str, table: Table, *, simplest: Callable[[Expr], Expr] = shorten
) -> Derivation:
    """Return the steps from d/dx of a formula to its simplified derivative.

    `expr` has the table's own names. Raises ProblemError for a derivative of more
    parts than are written down.
    """
    expr = unguarded(expr)
    before: Expr = pending(expr, by)
    rules = Rules(by, table)
    opened = rules.started(expr)
    places = tuple(outermost(opened)) or (before,)
    steps: list[DerivationStep] = []
    while places:
        after = sifted(_stepped(opened, rules), rules)
        steps.append(DerivationStep(before, after, _names(rules), places))
        if len(steps) > MAX_STEPS or after.size > MAX_SIZE:
            raise ProblemError(
                "a derivative of more parts than are written down",
                hint="give parts of the formula names, and derive them by themselves",
            )
        before = opened = after
        places, rules = tuple(outermost(after)), Rules(by, table)
    shortest = simplest(before)
    if shortest != before:
        steps.append(DerivationStep(before, shortest, ("simplify",)))
    return Derivation(expr, by, tuple(steps))


def _names(rules: Rules) -> tuple[str, ...]:
    """Return the rules of a step that are worth naming, or those that there are."""
    leaving = {name.partition(" ")[0] for name in rules.used if name.startswith("δ")}
    used = [name for name in rules.used if name.partition("= ")[2] not in leaving]
    loud = tuple(name for name in used if name not in QUIET)
    return loud or tuple(rules.used) or ("constant",)


def outermost(expr: Expr) -> list[Expr]:
    """Return the pending derivatives of a formula, from left to right."""
    if not isinstance(expr, Apply):
        return []
    if is_pending(expr):
        return [expr]
    return [found for arg in expr.args for found in outermost(arg)]


def _stepped(expr: Expr, rules: Rules) -> Expr:
    """Return a formula with every pending derivative worked out by one rule."""
    if not isinstance(expr, Apply):
        return expr
    if is_pending(expr):
        return rules.applied(expr)
    args = tuple(_stepped(arg, rules) for arg in expr.args)
    if all(new is old for new, old in zip(args, expr.args, strict=True)):
        return expr
    if expr.op == "neg":
        return times(number(-1), args[0])
    if expr.op == "sum_over":
        return sum_over(args[0], index_of(expr))
    if expr.op == "div":
        return over(args[0], args[1])
    if expr.op in ("mul", "add"):
        return _multiplied(args) if expr.op == "mul" else plus(*args)
    return with_args(expr, args)


def _multiplied(args: tuple[Expr, ...]) -> Expr:
    """Return a product in which ½ and the 2 of a square are still to be seen: ½·2 u."""
    lead, *others = args
    rest = times(*others)
    if isinstance(lead, Number) and isinstance(rest, Apply) and rest.op == "mul":
        second = rest.args[0]
        if isinstance(second, Number) and lead.value * second.value == 1:
            return Apply("mul", (lead, *rest.args))
    return times(*args)


def sifted(expr: Expr, rules: Rules | None = None) -> Expr:
    """Return a formula in which Σₖ δₖⱼ hₖ is hⱼ."""

    def change(part: Expr) -> Expr:
        if not (isinstance(part, Apply) and part.op == "sum_over"):
            return part
        letter = index_of(part)
        coefficient, factors = product(part.args[0])
        for factor, exponent in factors.items():
            if isinstance(factor, Apply) and factor.op == "delta" and exponent == 1:
                names = [arg.name for arg in factor.args if isinstance(arg, Symbol)]
                if letter not in names:
                    continue
                (other,) = (name for name in names if name != letter)
                if rules:
                    rules.note(f"δ[{''.join(names)}] leaves {letter} = {other}")
                rest = {base: power for base, power in factors.items() if base is not factor}
                return reindexed(rebuild_product(coefficient, rest), letter, other)
        return part

    return rebuild(expr, change)
