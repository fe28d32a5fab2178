"""The derivation of a formula that somebody typed: read, derived, proved by evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradcalc.algebra.derivation.components import (
    Components,
    entry_parts,
    pulled,
    spread,
    unrolled,
    vectors_in,
)
from gradcalc.algebra.derivation.derivation import Derivation, DerivationStep, derive, sifted
from gradcalc.algebra.derivation.rules import Rules
from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, parts, rebuild, substitute, symbols
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.inference import resolve
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Operation, Table, applied, formula
from gradcalc.algebra.rewriting.shorten import shorten
from gradcalc.algebra.rewriting.simplify import simplify
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.errors import ProblemError, Source, Span

POINTS = 400
WANTED = 40
STEP = 1e-5
SEED = 20
CLOSE, NEAR = 1e-9, 1e-5
REGIONS = ((-3.0, 3.0), (0.2, 3.0), (0.05, 0.95), (1.5, 9.0), (-0.95, 0.95))
"""Where points are taken: the domains of logarithms, roots and probabilities."""

MAX_SIZE = 300
ENTRIES = 3
"""How many entries vectors have when a derivation is proved."""
PLACES = ({"i": 1, "j": 2}, {"i": 2, "j": 2})


@dataclass(frozen=True)
class FormulaProof:
    """How far a derivative is from what the rules gave, and from central differences.

    points: how many points all of them have a value at. Both differences are relative
    to 1 + |value|.
    """

    points: int
    rules: float
    differences: float

    @property
    def holds(self) -> bool:
        """Tell whether the derivative is right as far as floating point can say."""
        return self.points > 0 and self.rules <= CLOSE and self.differences <= NEAR


def values_of(expr: Expr, points: Mapping[str, Array], table: Table) -> Array:
    """Return a formula of numbers at many points; what has no value there is NaN."""
    shapes: dict[str, Shape] = dict.fromkeys(points, ())
    program = Program([Node("_value", expr, ())], shapes, table, exact=False)
    with np.errstate(all="ignore"):
        found = program.run(points, strict=False)["_value"]
    return np.broadcast_to(np.asarray(found, dtype=float), next(iter(points.values())).shape)


def prove(of: Expr, by: str, worked_out: Expr, result: Expr, table: Table) -> FormulaProof:
    """Return how well a derivative agrees with the rules' own and with differences of `of`.

    A point counts where all have a value and one-sided differences agree, so that
    kinks, and the ends of a domain, take no part.
    """
    names = dict.fromkeys((by, *symbols(of), *symbols(result)))
    generator = np.random.default_rng(SEED)
    best = FormulaProof(0, 0.0, 0.0)
    for low, high in REGIONS:
        points = {name: generator.uniform(low, high, POINTS) for name in names}
        found = _compared(of, by, worked_out, result, table, points)
        if found.points >= WANTED:
            return found
        if found.points > best.points:
            best = found
    return best


def _compared(
    of: Expr, by: str, worked_out: Expr, result: Expr, table: Table, points: Mapping[str, Array]
) -> FormulaProof:
    def moved(step: float) -> Array:
        return values_of(of, {**points, by: points[by] + step}, table)

    at = values_of(of, points, table)
    left, right = moved(-STEP), moved(STEP)
    ours, rules = values_of(result, points, table), values_of(worked_out, points, table)
    with np.errstate(all="ignore"):
        central, backward, forward = (
            (right - left) / (2 * STEP),
            (at - left) / STEP,
            (right - at) / STEP,
        )
        scale = 1 + np.abs(rules)
        smooth = np.abs(forward - backward) <= 1e-2 * scale
        usable = np.isfinite(central + ours + rules) & smooth & (np.abs(at) < 1e6) & (scale < 1e4)
    if not usable.any():
        return FormulaProof(0, 0.0, 0.0)
    return FormulaProof(
        int(usable.sum()),
        float(np.max((np.abs(ours - rules) / scale)[usable])),
        float(np.max((np.abs(ours - central) / scale)[usable])),
    )


@dataclass(frozen=True)
class TypedFormula:
    """A formula that was typed: its names, which of them are vectors, and its entries."""

    expr: Expr
    names: tuple[str, ...]
    vectors: tuple[str, ...]
    vector: bool


def read(text: str, table: Table) -> TypedFormula:
    """Return the formula that a text spells, written by entries where it has vectors.

    Raises ProblemError with the place in the text.
    """
    span = Span(Source("EXPRESSION", text), 1, 1, max(1, len(text)))
    written = parse(text, span)
    for part in parts(written):
        if isinstance(part, Apply) and part.op in ("array", "entry"):
            place = span.within(*part.place) if part.place else span
            raise ProblemError("lists and entries are not derived; use letters", place)
    expr = _losses_written_out(resolve(written, table, span), table)
    if expr.size > MAX_SIZE:
        raise ProblemError(
            f"a formula of {expr.size} parts; the longest that is derived has {MAX_SIZE}",
            span,
            hint="give its parts names, and derive them by themselves",
        )
    for part in parts(expr):
        if isinstance(part, Apply) and part.op == "matmul":
            _refuse_matrices(part, span)
    names = symbols(expr)
    vectors = vectors_in(expr)
    if not vectors:
        for part in parts(expr):
            if isinstance(part, Apply) and table[part.op].kind in ("matrix", "reduction"):
                place = span.within(*part.place) if part.place else span
                raise ProblemError(
                    f"{part.op} is not derived in letters here", place, hint="solve derives it"
                )
        return TypedFormula(expr, names, (), False)
    writer = Components(vectors, table, span)
    vector = writer.has_entries(expr)
    return TypedFormula(pulled(writer.at(expr, "i")), names, vectors, vector)


def _refuse_matrices(part: Apply, span: Span) -> None:
    for arg in part.args:
        if not (isinstance(arg, Symbol) and arg.name[:1].islower()):
            place = arg.place or part.place or (0, 1)
            raise ProblemError(
                "@ is derived here for two vectors only, x @ y",
                span.within(*place),
                hint="`gradcalc solve` on `equations:` derives products of matrices",
            )


def _losses_written_out(expr: Expr, table: Table) -> Expr:
    """Return a formula with what each loss stands for: one entry, or the sum over a vector."""

    def change(part: Expr) -> Expr:
        if not isinstance(part, Apply):
            return part
        row = table[part.op]
        if row.kind != "loss":
            return part
        entry = applied(row.definition or "0", row.bind(part))
        if row.reduction == "whole" or _plain(entry, table):
            return entry
        return Apply("sum", (entry,))

    return rebuild(expr, change)


def _plain(expr: Expr, table: Table) -> bool:
    return all(table[p.op].is_elementwise for p in parts(expr) if isinstance(p, Apply))


def derived(typed: TypedFormula, name: str, table: Table) -> tuple[Derivation, FormulaProof]:
    """Return the derivation by one name, and its proof by evaluation."""
    by = f"{name}[j]" if name in typed.vectors else name
    made = derive(typed.expr, by, table)
    if typed.vectors:
        short = shorten(pulled(sifted(spread(made.result))))
        if short != made.result and short.size <= made.result.size + 4:
            words = ("multiply out", "δ leaves one term")
            made = Derivation(made.of, by, (*made.steps, DerivationStep(made.result, short, words)))
    return made, _proof(typed, made, table)


def _proof(typed: TypedFormula, made: Derivation, table: Table) -> FormulaProof:
    if not typed.vectors:
        return prove(made.of, made.by, made.worked_out, made.result, table)
    found = entry_parts(made.by)
    proofs = []
    for places in PLACES if typed.vector else PLACES[:1]:
        by = f"{found[0]}[{places['j']}]" if found else made.by
        of, rules, result = (
            unrolled(part, places, ENTRIES) for part in (made.of, made.worked_out, made.result)
        )
        proofs.append(prove(of, by, rules, result, table))
    return FormulaProof(
        min(proof.points for proof in proofs),
        max(proof.rules for proof in proofs),
        max(proof.differences for proof in proofs),
    )


def kinks(made: Derivation, table: Table) -> tuple[Expr, ...]:
    """Return the formulas that are 0 where the derived one has a kink."""
    rules = Rules(made.by, table)
    found: dict[Expr, None] = {}
    for part in parts(made.of):
        if not isinstance(part, Apply) or part.op not in table:
            continue
        row: Operation = table[part.op]
        for text in row.kinks:
            at = simplify(substitute(formula(text), row.bind(part)))
            if rules.depends(at) and not (isinstance(at, Apply) and at.op == "where"):
                found.setdefault(at)
    return tuple(found)
