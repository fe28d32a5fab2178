"""A derivation, rule by rule: of a formula, and of a row of the table from its definition.

f = 1/(1 + e⁻ˣ): e⁻ˣ/(1 + e⁻ˣ)² = 1/(1 + e⁻ˣ) − 1/(1 + e⁻ˣ)² = f − f² = f (1 − f).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gradcalc.algebra.derivation.components import (
    Components,
    entry,
    free_of,
    index_of,
    pulled,
    reindexed,
    spread,
    sum_over,
)
from gradcalc.algebra.derivation.rules import (
    QUIET,
    Rules,
    is_pending,
    over,
    pending,
    plus,
    times,
    unguarded,
)
from gradcalc.algebra.formula.expr import (
    ONE,
    ZERO,
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    mul,
    neg,
    number,
    parts,
    rebuild,
    substitute,
    symbols,
    with_args,
)
from gradcalc.algebra.operations.operation import Operation, Table, formula
from gradcalc.algebra.rewriting.shorten import shorten
from gradcalc.algebra.rewriting.simplify import Factors, product, rebuild_product, simplify
from gradcalc.errors import ProblemError

MAX_STEPS = 60
MAX_SIZE = 4000

Meaning = tuple[Expr, Expr]
"""A formula, and the name of its value."""

LONGEST = 60
KINDS = ("activation", "loss", "elementwise", "reduction")


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


def split_fraction(expr: Expr) -> tuple[Expr, str] | None:
    """Return a fraction as a sum of simpler ones, and how that is done, or None.

    A sum over a product is split into its terms; e⁻ˣ over a power of
    1 + e⁻ˣ is split once it is written as (1 + e⁻ˣ) − 1.
    """
    coefficient, factors = product(expr)
    under = [base for base, power in factors.items() if power < 0]
    for base, power in factors.items():
        if power == 1 and _is_sum(base) and under:
            assert isinstance(base, Apply)
            rest = {one: p for one, p in factors.items() if one is not base}
            terms = [rebuild_product(*product(mul(term, _whole(rest)))) for term in base.args]
            return simplify(mul(coefficient, add(*terms))), "split the fraction"
    for base in under:
        if _is_sum(base) and factors[base] <= -1 and coefficient == ONE:
            assert isinstance(base, Apply)
            over = {one: p for one, p in factors.items() if p > 0}
            if over and rebuild_product(ONE, over) in base.args:
                return _with_zero(base, rebuild_product(ONE, over), factors)
    return None


def _with_zero(base: Apply, top: Expr, factors: Factors) -> tuple[Expr, str]:
    """Return u/Dⁿ as 1/Dⁿ⁻¹ − (D − u)/Dⁿ, where u is a term of D."""
    rest = add(*(term for term in base.args if term != top))
    below = {one: p for one, p in factors.items() if p < 0}
    first = rebuild_product(ONE, _plus(below, base, Fraction(1)))
    second = rebuild_product(*product(mul(rest, _whole(below))))
    return add(first, neg(second)), "add and subtract"


def _whole(factors: Factors) -> Expr:
    return rebuild_product(ONE, factors)


def _is_sum(expr: Expr) -> bool:
    return isinstance(expr, Apply) and expr.op == "add"


def put_back(expr: Expr, meanings: Sequence[Meaning]) -> Expr | None:
    """Return a sum of products with names for the formulas that stand in them, or None.

    None where a term keeps a denominator of these formulas, or nothing is found.
    """
    terms = expr.args if isinstance(expr, Apply) and expr.op == "add" else (expr,)
    found, changed = [], False
    for term in terms:
        coefficient, factors = product(term)
        names = Factors()
        for meaning, name in meanings:
            own, wanted = product(meaning)
            while wanted and all(_holds(factors, base, p) for base, p in wanted.items()):
                for base, power in wanted.items():
                    factors = _plus(factors, base, -power)
                names[name] = names.get(name, Fraction(0)) + 1
                if own != ONE:
                    coefficient, _ = product(Apply("div", (coefficient, own)))
                changed = True
        if any(p < 0 for base, p in factors.items() if _known(base, meanings)):
            return None
        found.append(rebuild_product(coefficient, {**names, **factors}))
    return add(*found) if changed else None


def _plus(factors: Factors, base: Expr, power: Fraction) -> Factors:
    total = factors.get(base, Fraction(0)) + power
    rest = {one: p for one, p in factors.items() if one != base}
    return {**rest, base: total} if total else rest


def _holds(factors: Factors, base: Expr, power: Fraction) -> bool:
    own = factors.get(base, Fraction(0))
    return own >= power if power > 0 else own <= power


def _known(base: Expr, meanings: Sequence[Meaning]) -> bool:
    return any(base in product(meaning)[1] for meaning, _ in meanings)


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
