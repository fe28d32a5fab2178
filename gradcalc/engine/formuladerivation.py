"""The derivation of a formula that somebody typed: read, derived, and proved."""

from __future__ import annotations

from dataclasses import dataclass

from gradcalc.algebra.components import (
    Components,
    entry_parts,
    pulled,
    spread,
    unrolled,
    vectors_in,
)
from gradcalc.algebra.derivation import Derivation, DerivationStep, derive, sifted
from gradcalc.algebra.expr import Apply, Expr, Symbol, parts, rebuild, substitute, symbols
from gradcalc.algebra.inference import resolve
from gradcalc.algebra.operations import Operation, Table, applied, formula
from gradcalc.algebra.rules import Rules
from gradcalc.algebra.simplify import simplify
from gradcalc.algebra.syntax import parse
from gradcalc.algebra.tidy import shorten
from gradcalc.engine.proof import FormulaProof, prove
from gradcalc.errors import ProblemError, Source, Span

MAX_SIZE = 300
ENTRIES = 3
"""How many entries vectors have when a derivation is proved."""
PLACES = ({"i": 1, "j": 2}, {"i": 2, "j": 2})


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
