"""Derivations on a page: the steps, the names of their rules, and how their parts are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gradcalc.algebra.derivation.components import entry_parts, index_of, sum_over
from gradcalc.algebra.derivation.derivation import Derivation, RowDerivation
from gradcalc.algebra.formula.expr import (
    ONE,
    ZERO,
    Apply,
    Expr,
    Symbol,
    neg,
    parts,
    rebuild,
    symbols,
)
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import LEVEL, PRODUCT
from gradcalc.algebra.operations.operation import Operation, Table
from gradcalc.errors import width
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.mathematics.unicode import Box, beside, is_call, round_brackets, text
from gradcalc.report.page import Page, wrapped

LOWERED = dict(zip("ijklmnpst", "ᵢⱼₖₗₘₙₚₛₜ", strict=True))
SPELLED = (("∂", "d"), ("δ", "delta"), ("≠", "!="), ("σ", "sigmoid"), ("Σ", "sum"), ("Φ", "F"))
_INDEX = re.compile(r"\[(\w+)\]")

SAMPLE, ENTRY = "i", "j"
INDENT = 2


@dataclass(frozen=True)
class DerivationNotation(Notation):
    """The notation of a derivation.

    d: the sign of a derivative, d or ∂. written: names that stand for a text.
    """

    d: str = "d"
    written: Mapping[str, str] = field(default_factory=dict)

    def name(self, name: str) -> str:
        """Return a name as it is printed, an index as a subscript."""
        if name in self.written:
            return self.written[name]
        parts = gradient_parts(name)
        if parts:
            d = "∂" if self.unicode else "d"
            return f"{d}{self.name(parts[0])}/{d}{self.name(parts[1])}"
        found = entry_parts(name)
        if found is None:
            return super().name(name)
        return super().name(found[0]) + self.below(found[1])

    def below(self, index: str) -> str:
        """Return an index as it stands below a name: ᵢⱼ, or [i,j]."""
        if self.unicode and all(letter in LOWERED for letter in index):
            return "".join(LOWERED[letter] for letter in index)
        return f"[{','.join(index)}]"

    def words(self, rule: str) -> str:
        """Return the name of a rule, its indices as subscripts."""
        if not self.unicode:
            for sign, spelled in SPELLED:
                rule = rule.replace(sign, spelled)
        return _INDEX.sub(lambda found: self.below(found[1]), rule)

    def child(self, expr: Expr, floor: int) -> Box:
        if isinstance(expr, Apply) and expr.op == "sum_over":
            box = self.box(expr)
            return round_brackets(box) if floor >= PRODUCT - 1 else box
        return super().child(expr, floor)

    def factor(self, expr: Expr, *, first: bool, last: bool = False) -> Box:
        if last and isinstance(expr, Apply) and expr.op == "sum_over":
            return self.box(expr)
        if isinstance(expr, Apply) and expr.op == "where":
            return self.box(expr)
        return super().factor(expr, first=first, last=last)

    def asked(self, expr: Expr) -> Box:
        """Return the derivative that is asked for; of a formula by cases in two rows."""
        if isinstance(expr, Apply) and expr.op == "derivative":
            inner, by = expr.args
            if isinstance(inner, Apply) and inner.op == "where" and isinstance(by, Symbol):
                lead = text(f"{self.d}/{self.d}{self.name(by.name)} ")
                return beside([lead, self.whole(inner)])
        return self.box(expr)

    def _mul(self, expr: Apply, *, leading: bool = True) -> Box:
        """Write a product; a derivative by the chain rule stays last."""
        *others, last = expr.args
        if not (isinstance(last, Symbol) and (last.name in self.written or "/" in last.name)):
            return super()._mul(expr, leading=leading)
        between = "·" if self.unicode and is_call(others[-1]) else self.times(others[-1], last)
        if len(others) == 1:
            left = self.factor(others[0], first=True)
        else:
            left = super()._mul(Apply("mul", tuple(others)), leading=leading)
        return beside([left, text(between), self.box(last)])

    def _derivative(self, expr: Apply) -> Box:
        inner, by = expr.args
        assert isinstance(by, Symbol)
        box = self.box(inner)
        cased = isinstance(inner, Apply) and inner.op == "where"
        lead = text(f"{self.d}/{self.d}{self.name(by.name)} ")
        return beside([lead, box if cased else round_brackets(box)])

    def _sum_over(self, expr: Apply) -> Box:
        letter, inner = index_of(expr), self.child(expr.args[0], LEVEL["mul"] - 1)
        if not self.unicode:
            return text(f"sum_{letter} {inner.rows[0]}")
        return beside([text(f"Σ{self.below(letter)} "), inner])

    def _norm_over(self, expr: Apply) -> Box:
        """Return a length; its letter is bound, so the vector is written whole."""
        inner = _without_letter(self, expr)
        return text(f"‖{inner}‖" if self.unicode else f"norm({inner})")

    def _delta(self, expr: Apply) -> Box:
        names = "".join(arg.name for arg in expr.args if isinstance(arg, Symbol))
        return text(("δ" if self.unicode else "delta") + self.below(names))

    def _softmax_at(self, expr: Apply) -> Box:
        (own,) = expr.args
        assert isinstance(own, Symbol)
        vector, index = entry_parts(own.name) or (own.name, "")
        if len(index) == 1:
            return text(f"softmax({super().name(vector)}){self.below(index)}")
        outer = super().name(vector) + self.below(index[:-1])
        return text(f"softmax({outer}){self.below(index[-1])}")

    def _entries(self, expr: Apply) -> Box:
        return text("K")


def _without_letter(notation: DerivationNotation, expr: Apply) -> str:
    """Return what stands in a length, without the letter that it runs over."""
    letter = index_of(expr)

    def bare(part: Expr) -> Expr:
        if isinstance(part, Symbol):
            found = entry_parts(part.name)
            if found and found[1].endswith(letter):
                rest = found[1][: -len(letter)]
                return Symbol(f"{found[0]}[{rest}]" if rest else found[0])
        if isinstance(part, Apply):
            return Apply(part.op, tuple(bare(arg) for arg in part.args), part.attrs)
        return part

    return notation.line(bare(expr.args[0]))


def notation_of(
    page: Page, table: Table, derivation: Derivation, d: str = ""
) -> DerivationNotation:
    """Return the notation in which every name of a derivation is a number."""
    names = {name for step in derivation.steps for name in symbols(step.after)}
    names |= {*symbols(derivation.of), derivation.by, "f"}
    names |= {
        part.name
        for step in derivation.steps
        for part in parts(step.before)
        if isinstance(part, Symbol)
    }
    shapes: dict[str, Shape] = dict.fromkeys(names, ())
    several = len(set(symbols(derivation.of)) - {derivation.by}) > 0
    sign = d or ("∂" if several and page.unicode else "d")
    return DerivationNotation(shapes, unicode=page.unicode, table=table, d=sign)


def write_steps(
    page: Page, notation: DerivationNotation, left: str, derivation: Derivation
) -> None:
    """Write the derivation: d/dx of the formula, then one line a step with its rules."""
    first = derivation.steps[0].before
    asked = notation.asked(first)
    if asked.height > 1 and asked.width > _room(page, left):
        asked = notation.box(first)
    line(page, f"{left} = ", asked, "")
    for step in derivation.steps:
        rules = ", ".join(notation.words(rule) for rule in step.rules)
        line(page, " " * width(left) + " = ", fitting(page, notation, left, step.after), rules)


def fitting(page: Page, notation: DerivationNotation, left: str, expr: Expr) -> Box:
    """Return a formula, one by cases in two rows where the page is wide enough for them."""
    box = notation.whole(expr)
    return notation.box(expr) if box.height > 1 and box.width > _room(page, left) else box


def _room(page: Page, left: str) -> int:
    return page.columns - INDENT - width(left) - len(" = ")


def line(page: Page, lead: str, box: Box, words: str) -> None:
    """Write what stands right of an equals sign, with words flush right or on the next line."""
    indent = INDENT
    room = page.columns - indent - width(lead)
    if box.height > 1:
        _tall(page, " " * indent + lead, box, words)
        return
    rows = wrapped(box.rows[0], room)
    for at, row in enumerate(rows[:-1]):
        page.text((lead if at == 0 else " " * width(lead)) + row, "plain", indent)
    lead = lead if len(rows) == 1 else " " * width(lead)
    _ended(page, " " * indent + lead + rows[-1], words)


def _ended(page: Page, content: str, words: str) -> None:
    gap = page.columns - width(content) - width(words)
    if not words:
        page.text(content)
    elif gap >= 2:
        page.lines.append(((content + " " * gap, "plain"), (words, "note")))
    else:
        page.text(content)
        for row in wrapped(words, page.columns - 8):
            page.lines.append(((" " * (page.columns - width(row)), "plain"), (row, "note")))


def _tall(page: Page, lead: str, box: Box, words: str) -> None:
    for at, row in enumerate(box.rows):
        start = lead if at == box.base else " " * width(lead)
        content = start + row.rstrip()
        if at == len(box.rows) - 1:
            _ended(page, content, words)
        else:
            page.text(content)


def derivation_band(page: Page, table: Table, row: Operation, found: RowDerivation) -> None:
    """Write the band of the derivation of a row, from its definition to its derivative."""
    made = found.steps
    notation = notation_of(page, table, made, "∂" if page.unicode else "d")
    page.band("Derivation")
    own = f"f{notation.below('i')}" if row.kind == "activation" and found.vector else "f"
    if found.vector:
        line(page, f"{own} = ", notation.box(made.of), "entry by entry")
        page.blank()
    d = notation.d
    write_steps(page, notation, f"{d}{own}/{d}{notation.name(made.by)}", made)
    for words, case in found.cases:
        said = f"for {notation.words(words)}" if "t" in words else f"where {notation.words(words)}"
        lead = " " * width(f"{d}{own}/{d}{notation.name(made.by)}") + " = "
        line(page, lead, notation.box(case), said)


def chain_band(page: Page, table: Table, row: Operation, found: RowDerivation) -> None:
    """Write the chain rule for x = g(w): for one sample and for n samples."""
    made = found.steps
    notation = notation_of(page, table, made, "∂" if page.unicode else "d")
    page.band("Chain rule")
    if row.kind == "loss":
        _loss_chain(page, notation, row, found)
    elif found.vector:
        _vector_chain(page, notation, row, made)
    else:
        _activation_chain(page, notation, row, made)


def _activation_chain(
    page: Page, notation: DerivationNotation, row: Operation, made: Derivation
) -> None:
    attrs = tuple((name, Symbol(name)) for name in row.attributes)
    others = tuple(Symbol(param) for param in row.params[1:])

    def local(name: str) -> Expr:
        value = Apply(row.name, (Symbol(name), *others), attrs)
        plain = Apply(row.name, value.args)  # the parameters are the row's own
        return _renamed(made.result, {made.by: Symbol(name), "f": plain})

    d, own, inner = notation.d, notation.name(made.by), notation.below(SAMPLE)
    page.paragraph(f"one sample, {own} = g(w):", INDENT, hang=INDENT)
    _chain_line(page, notation, f"{d}f/{d}w", times_cases(local("g"), Symbol("dg/dw")))
    page.blank()
    page.paragraph(
        f"n samples, {own}{inner} = g{inner}(w), for the loss L that reads all f{inner}:",
        INDENT,
        hang=INDENT,
    )
    gradient = Symbol(f"g[{SAMPLE}]")
    body = _first(Symbol("u"), times_cases(local(gradient.name), Symbol("v")))
    _chain_line(
        page,
        _with_names(notation, {"u": f"{d}L/{d}f{inner}", "v": f"{d}g{inner}/{d}w"}),
        f"{d}L/{d}w",
        sum_over(body, SAMPLE),
    )


def _vector_chain(
    page: Page, notation: DerivationNotation, row: Operation, made: Derivation
) -> None:
    d, own = notation.d, notation.name(made.by)
    below = notation.below
    page.paragraph(f"one sample, {own} = g{below('j')}(w):", INDENT, hang=INDENT)
    named = _with_names(notation, {"v": f"{d}g{below('j')}/{d}w"})
    body = times_cases(made.result, Symbol("v"))
    if row.kind != "activation":
        _chain_line(page, named, f"{d}f/{d}w", sum_over(body, "j"))
        return
    _chain_line(page, named, f"{d}f{below('i')}/{d}w", sum_over(body, "j"))
    page.blank()
    page.paragraph(
        f"n samples, {own[: -len(below('j'))]}{below('sj')} = g{below('sj')}(w), for the loss L"
        f" that reads all f{below('si')}:",
        INDENT,
        hang=INDENT,
    )
    named = _with_names(notation, {"u": f"{d}L/{d}f{below('si')}", "v": f"{d}g{below('sj')}/{d}w"})
    each = times_cases(_sampled(made.result, "s"), Symbol("v"))
    body = Apply("mul", (Symbol("u"), sum_over(each, "j")))
    _chain_line(page, named, f"{d}L/{d}w", sum_over(sum_over(body, "i"), "s"))


def _loss_chain(
    page: Page, notation: DerivationNotation, row: Operation, found: RowDerivation
) -> None:
    made, d, below = found.steps, notation.d, notation.below
    last = made.result
    own = row.params[0]
    if not found.vector:
        page.paragraph(f"one sample, {notation.name(own)} = g(w):", INDENT, hang=INDENT)
        _chain_line(page, notation, f"{d}f/{d}w", times_cases(last, Symbol("dg/dw")))
        spread_names = (*row.params, "f")
        each = _renamed(last, {name: Symbol(f"{name}[{SAMPLE}]") for name in spread_names})
        inner: Expr = times_cases(each, Symbol("v"))
        arguments = ", ".join(f"{notation.name(p)}{below(SAMPLE)}" for p in row.params)
        named = _with_names(notation, {"v": f"{d}g{below(SAMPLE)}/{d}w"})
    else:
        page.paragraph(
            f"one sample, {notation.name(made.by)} = g{below(ENTRY)}(w), for each entry {ENTRY}:",
            INDENT,
            hang=INDENT,
        )
        named = _with_names(notation, {"v": f"{d}g{below(ENTRY)}/{d}w"})
        _chain_line(page, named, f"{d}f/{d}w", sum_over(times_cases(last, Symbol("v")), ENTRY))
        if row.reduction == "whole":
            return
        named = _with_names(notation, {"v": f"{d}g{below(SAMPLE + ENTRY)}/{d}w"})
        inner = sum_over(times_cases(_sampled(last), Symbol("v")), ENTRY)
        arguments = ", ".join(f"{notation.name(p)}{below(SAMPLE)}" for p in row.params)
    mean = row.reduction in ("mean", "batchmean")
    total = notation.line(sum_over(Symbol("f"), SAMPLE)).removesuffix("f") + f"f({arguments})"
    total = f"1/n {total}" if mean else total
    index = SAMPLE + ENTRY if found.vector else SAMPLE
    page.blank()
    page.paragraph(
        f"n samples, {notation.name(own)}{below(index)} = g{below(index)}(w), L = {total}:",
        INDENT,
        hang=INDENT,
    )
    whole = sum_over(inner, SAMPLE)
    lead = "1/n " if mean else ""
    box = beside([text(lead), named.box(whole)])
    line(
        page,
        f"{d}L/{d}w = ",
        box,
        "averaged over the samples" if mean else "added over the samples",
    )


def _chain_line(page: Page, notation: DerivationNotation, left: str, expr: Expr) -> None:
    line(page, f"{left} = ", fitting(page, notation, left, expr), "")


def times_cases(expr: Expr, factor: Expr) -> Expr:
    """Return a product with the factor last, taken into each case of a formula by cases."""
    if isinstance(expr, Apply):
        if expr.op == "where":
            condition, *cases = expr.args
            return Apply("where", (condition, *(times_cases(case, factor) for case in cases)))
        if expr.op == "neg":
            return neg(times_cases(expr.args[0], factor))
        if expr.op == "mul":
            return Apply("mul", (*expr.args, factor))
    if expr in (ONE, ZERO):
        return factor if expr == ONE else ZERO
    return Apply("mul", (expr, factor))


def _first(factor: Expr, expr: Expr) -> Expr:
    """Return a product with the factor first."""
    if isinstance(expr, Apply) and expr.op == "mul":
        return Apply("mul", (factor, *expr.args))
    return Apply("mul", (factor, expr))


def _renamed(expr: Expr, values: dict[str, Expr]) -> Expr:
    def change(part: Expr) -> Expr:
        return values.get(part.name, part) if isinstance(part, Symbol) else part

    return rebuild(expr, change)


def _sampled(expr: Expr, sample: str = SAMPLE) -> Expr:
    """Return a formula of one sample with the sample's index before every entry's."""

    def change(part: Expr) -> Expr:
        if isinstance(part, Symbol):
            found = entry_parts(part.name)
            if found:
                return Symbol(f"{found[0]}[{sample}{found[1]}]")
            return Symbol(f"f[{sample}]") if part.name == "f" else part
        return part

    return rebuild(expr, change)


def _with_names(notation: DerivationNotation, names: dict[str, str]) -> DerivationNotation:
    return replace(notation, written=names)
