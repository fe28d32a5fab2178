"""The section "Sample by sample": the loss of each, and what each gives to the gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from gradcalc.algebra.formula.expr import ONE, Apply, Expr, Number, Symbol
from gradcalc.algebra.formula.names import gradient_name, gradient_parts
from gradcalc.errors import TIED, width
from gradcalc.problem.samples import Batch, Samples, batch_of, samples
from gradcalc.report.mathematics.names import figure, figures, literal
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.mathematics.unicode import Box, beside, round_brackets, text
from gradcalc.report.page import NARROW, Page
from gradcalc.report.solution.step_text import indent_of
from gradcalc.report.steps.value_boxes import broken, formula_box, value_box
from gradcalc.report.steps.view import LARGEST_LITERAL, View

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array
    from gradcalc.engine.graph import Node

MOST = 8
"""Samples above which the parts are left out."""
NOISE = 1e-14
"""Of the largest gradient of a sample: below it a part is the rounding error of a 0."""

TITLE = "Sample by sample"


@dataclass(frozen=True)
class Share:
    """What the samples give to one gradient.

    rows: the names of the two matrices whose rows of one number are multiplied, or of the
    one matrix whose rows are added; empty where the line is no such product or sum, or where
    the sample gives more than its row, because samples are not independent.
    products: an outer product a sample, with numbers; empty where there are none.
    parts: the values, a number, vector or matrix a sample. rest: what else is in the loss.
    """

    parameter: str
    gradient: str
    number: int | None
    rows: tuple[str, ...]
    products: tuple[Expr, ...]
    parts: tuple[Expr, ...]
    total: Expr
    rest: Expr | None
    value: Array


@dataclass(frozen=True)
class Shares:
    """The losses of the samples, and what each sample gives to each gradient."""

    samples: Samples
    notation: Notation
    name: str
    losses: tuple[Number, ...]
    loss: Number
    scale: Number
    shares: tuple[Share, ...]
    left_out: tuple[str, ...]

    @property
    def batch(self) -> Batch:
        """Return the line that adds the losses."""
        return self.samples.batch

    def loss_name(self, sample: int | None = None) -> str:
        """Return the name of the loss of one sample, L₂, or of any one, Lᵢ."""
        if sample is None:
            return self.notation.indexed(self.name)
        return self.notation.entry_name(self.name, (sample,))

    def part_name(self, parameter: str, sample: int | None = None) -> str:
        """Return the name of a sample's gradient: ∂L₂/∂W⁽¹⁾."""
        d = "∂" if self.notation.unicode else "d"
        return f"{d}{self.loss_name(sample)}/{d}{self.notation.name(parameter)}"


def shares(view: View) -> Shares | None:
    """Return what each sample of a small batch gives, None without one."""
    batch = batch_of(view.problem)
    if batch is None or batch.count > MOST:
        return None
    found = samples(view.solution)
    if found is None:
        return None
    name = batch.node if batch.named else "ℓ" if view.unicode else "l"
    shapes = {**view.shapes, name: (batch.count,)}
    numbers = {step.name: at for at, step in enumerate(view.backward, start=view.turn + 1)}
    lines = {node.name: node for node in view.backward}
    listed, left_out = [], []
    for parameter, parts in found.parts.items():
        gradient = gradient_name(view.problem.loss, parameter)
        if gradient not in lines:
            continue
        if parts[0].size * batch.count > LARGEST_LITERAL:
            left_out.append(parameter)
            continue
        listed.append(_share(view, found, parameter, lines[gradient], numbers.get(gradient)))
    losses = tuple(_number(x, view.decimals) for x in found.losses.tolist())
    total = float(found.batch.factor) * float(found.losses.sum())
    return Shares(
        found,
        replace(view.notation, shapes=shapes),
        name,
        losses,
        _number(total, view.decimals),
        _factor(found.scale),
        tuple(listed),
        tuple(left_out),
    )


def _share(view: View, found: Samples, parameter: str, line: Node, number: int | None) -> Share:
    parts = found.parts[parameter]
    rest = found.rest.get(parameter)
    rows = _rows(line.expr, found.batch.count, view)
    products = _products(view, found, rows, parts)
    if not products and not _single_rows(view, found, rows, parts):
        rows = ()
    value = view.values[line.name]
    return Share(
        parameter,
        line.name,
        number,
        rows,
        products,
        _literals(view, found, parts),
        _literals(view, found, parts.sum(axis=0)[np.newaxis])[0],
        None if rest is None else _literals(view, found, np.asarray(rest)[np.newaxis])[0],
        value,
    )


def _rows(expr: Expr, count: int, view: View) -> tuple[str, ...]:
    """Return the matrices with a row a sample that a line multiplies or adds row by row."""
    if not isinstance(expr, Apply):
        return ()
    if expr.op == "sum" and isinstance(expr.args[0], Symbol):
        name = expr.args[0].name
        shape, axis = view.shapes[name], expr.attr("axis")
        over = axis is None or (isinstance(axis, Number) and axis.value == 0)
        single = axis is not None or len(shape) == 1 or shape[1:] == (1,)
        return (name,) if over and single and shape[0] == count else ()
    if expr.op != "matmul":
        return ()
    left, right = expr.args
    if not (isinstance(left, Apply) and left.op == "transpose" and isinstance(right, Symbol)):
        return ()
    if not isinstance(left.args[0], Symbol):
        return ()
    names = (left.args[0].name, right.name)
    return names if all(len(view.shapes[name]) == 2 for name in names) else ()


def _products(view: View, found: Samples, rows: tuple[str, ...], parts: Array) -> tuple[Expr, ...]:
    """Return the outer product of each sample's rows; none where that is not its part."""
    if len(rows) != 2:
        return ()
    columns = [_own_rows(view, found, name) for name in rows]
    if any(column is None for column in columns):
        return ()
    left, right = (np.asarray(column) for column in columns)
    if not np.allclose(left[:, :, None] * right[:, None, :], parts, rtol=1e-9, atol=1e-12):
        return ()
    pairs = zip(_literals(view, found, left), _literals(view, found, right), strict=True)
    return tuple(Apply("outer", pair) for pair in pairs)


def _single_rows(view: View, found: Samples, rows: tuple[str, ...], parts: Array) -> bool:
    """Tell whether the part of each sample is its own row of the matrix that is added up."""
    own = _own_rows(view, found, rows[0]) if len(rows) == 1 else None
    if own is None or own.size != parts.size:
        return False
    return np.allclose(own.reshape(parts.shape), parts, rtol=1e-9, atol=1e-12)


def _own_rows(view: View, found: Samples, name: str) -> Array | None:
    """Return row i of a matrix; of a gradient, that of the loss of sample i."""
    parts = gradient_parts(name)
    if parts is None:
        return np.asarray(view.values[name]) if name in view.values else None
    local = found.local.get(parts[1])
    return None if local is None else np.stack([each[i] for i, each in enumerate(local)])


def _literals(view: View, found: Samples, values: Array) -> tuple[Expr, ...]:
    """Return arrays of one shape, along the first axis, as formulas with their figures."""
    largest = max(float(np.abs(v).max(initial=0.0)) for v in (values, *found.local.values()))
    clean = np.where(np.abs(values) <= NOISE * largest, 0.0, values)
    return tuple(literal(each.shape, figures(each, view.decimals)) for each in clean)


def _number(value: float, decimals: int | None = None) -> Number:
    shown = figure(value, decimals)
    return Number(Fraction(shown), shown)


def _factor(scale: Fraction) -> Number:
    """Return a factor as a fraction where it is a short one, otherwise in figures."""
    short = scale.limit_denominator(1000)
    if float(short) == float(scale):
        return Number(short)
    return _number(float(scale))


def sample_band(page: Page, view: View) -> None:
    """Write what each sample gives; of a large batch, only that it is left out."""
    batch = batch_of(view.problem)
    if batch is None or not view.values:
        return
    found = shares(view)
    if found is None:
        why = _why_not(view, batch.count)
        if why:
            page.band(TITLE)
            page.paragraph(why, indent_of(page))
        return
    page.band(TITLE)
    _Band(page, view, found).write()


def _why_not(view: View, count: int) -> str | None:
    if view.problem.rounding is not None:
        return "Rounded values of the samples would not add up to the rounded gradients: left out."
    if count > MOST:
        return f"The parts of {count} samples are too many to be written out."
    return None


@dataclass(frozen=True)
class _Band:
    page: Page
    view: View
    found: Shares

    @property
    def indent(self) -> int:
        return indent_of(self.page)

    @property
    def factor(self) -> str:
        """Return what stands in front of the sum over the samples, with a blank."""
        return self.lead(self.found.scale)

    def lead(self, scale: Number) -> str:
        return "" if scale == ONE else f"{self.found.notation.number(scale)} "

    def write(self) -> None:
        self.losses()
        said: set[str] = set()
        for share in self.found.shares:
            self.page.blank()
            self.words(share, said)
            self.share(share)
        if self.found.left_out:
            names = ", ".join(self.found.notation.name(name) for name in self.found.left_out)
            self.page.blank()
            self.page.paragraph(
                f"The parts of {names} are too large to be written out.", self.indent
            )

    def losses(self) -> None:
        """Write L = ¼ (L₁ + L₂ + …), with numbers."""
        found = self.found
        count, scale = found.batch.count, Number(found.batch.factor)
        name = found.notation.name(found.name) if found.batch.named else found.name
        loss = found.notation.name(self.view.problem.loss)
        part = "" if found.batch.named else f", a part of {loss},"
        entries = found.batch.averaged
        mean = f", the mean of its {entries} entries" if entries > 1 else ""
        words = f"{found.loss_name()}: the loss of sample i{mean}. {name}{part} is their"
        words += f" {'sum' if scale == ONE else 'mean'}, m{TIED}={TIED}{count}."
        if found.samples.rest:
            words += f" The rest of {loss} reads no sample."
        self.page.paragraph(words, self.indent)
        self.page.blank()
        letters = " + ".join(found.loss_name(at) for at in range(count))
        numbers = found.notation.line(Apply("add", found.losses))
        rows = [self.bracketed(scale, letters), self.bracketed(scale, numbers)]
        self.rows(name, [*rows, found.notation.number(found.loss)])

    def bracketed(self, scale: Number, content: str) -> str:
        return content if scale == ONE else f"{self.lead(scale)}({content})"

    def rows(self, name: str, contents: Sequence[str]) -> None:
        """Write `name = a = b`, a row each, the equal signs under each other."""
        room = self.page.columns - self.indent
        lead = name
        for content in contents:
            for row in broken(f"{lead} = {content}", room):
                self.page.text(row, "plain", self.indent)
            lead = " " * width(name)

    def words(self, share: Share, said: set[str]) -> None:
        """Write once what a sample gives to a weight, and to what is added to every row."""
        kind = "product" if share.products else "row" if self.broadcast(share) else ""
        if not kind or kind in said:
            return
        said.add(kind)
        notation, count = self.found.notation, self.found.batch.count
        rows = self.of_sample(share.rows[0])
        name = notation.name(share.parameter)
        if kind == "product":
            line = f" of line {share.number}" if share.number else ""
            sentence = (
                f"Sample i gives row i of {self.of_sample(share.rows[0])} as a column times row i"
                f" of {self.of_sample(share.rows[1])}; the matrix product{line} adds these up."
            )
            if self.factor:
                own = next(name for name in share.rows if "/" in name)
                sentence += (
                    f" Each row of {notation.name(own)} has the factor {self.factor}already."
                )
        else:
            place = "row" if len(self.view.shapes[share.rows[0]]) == 2 else "entry"
            all_of = {"row": "rows", "entry": "entries"}[place]
            sentence = (
                f"{name} is added to each of the {count} {all_of} (broadcast), as if there were"
                f" {count} copies of it. Copy i gets {place} i of {rows}; the copies are one"
                " quantity, so their gradients add up."
            )
        self.page.paragraph(sentence, self.indent)
        self.page.blank()

    def of_sample(self, name: str) -> str:
        """Return a matrix as a sample has it: its gradient is that of the sample's loss."""
        return (
            self.found.part_name(name.partition("/d")[2])
            if "/" in name
            else (self.found.notation.name(name))
        )

    def broadcast(self, share: Share) -> bool:
        """Tell whether a parameter is added to every row of something."""
        shape = self.view.shapes[share.parameter]
        return len(share.rows) == 1 and any(
            _added(node.expr, share.parameter) and len(shape) < len(node.shape)
            for node in self.view.problem.visible.forward
        )

    def share(self, share: Share) -> None:
        """Write one gradient as the sum of its parts: letters, products, parts, value."""
        notation = self.found.notation
        name = notation.name(share.gradient)
        sigma = "Σᵢ" if self.view.unicode else "sum_i"
        rest = " + rest" if share.rest is not None else ""
        head = f"{self.factor}{sigma} {self.found.part_name(share.parameter)}{rest}"
        for row in broken(f"{name} = {head}", self.page.columns - self.indent):
            self.page.text(row, "plain", self.indent)
        column = width(name) + 1 if self.page.columns >= NARROW else 0
        room = self.page.columns - self.indent - column
        shown = [self.terms(terms, share.rest, room) for terms in (share.products, share.parts)]
        if share.products and not shown[0]:
            self.page.paragraph("the products are too wide for this page", self.indent + 2, "note")
        if not shown[1]:
            self.page.paragraph("the parts are too wide for this page", self.indent + 2, "note")
        rows = [*shown[0], *shown[1]]
        value = value_box(
            self.view, share.value, self.view.texts.get(share.gradient), room=room - 2
        )
        last = beside([text("= "), value])
        if self.factor and share.rest is None:
            total = beside([text(f"= {self.factor}"), self.factored(share.total)])
            whole = beside([total, text(" "), last])
            if total.width > room:
                self.page.paragraph("the sum is too wide for this page", self.indent + 2, "note")
            rows += [whole] if whole.width <= room else [total] * (total.width <= room) + [last]
        else:
            rows.append(last)
        for each in rows:
            self.page.block(each, self.indent + column)

    def factored(self, term: Expr) -> Box:
        """Return a value after a factor: a negative number in brackets."""
        box = formula_box(self.view, term)
        return round_brackets(box) if box.rows[0][0] in "−-" and box.height == 1 else box

    def terms(self, terms: Sequence[Expr], rest: Expr | None, room: int) -> list[Box]:
        """Return a sum of boxes in rows that fit; none where one term alone does not."""
        if not terms:
            return []
        signs, boxes = zip(*(self.signed(at, term) for at, term in enumerate(terms)), strict=True)
        opening, closing = "= ", []
        if rest is not None:
            sign, box = self.signed(1, rest)
            closing = [text(f" {sign} "), box]
        inner = beside(
            [
                each
                for pair in zip(map(text, self.between(signs)), boxes, strict=True)
                for each in pair
            ]
        )
        if self.factor:
            whole = beside([text(f"= {self.factor}"), round_brackets(inner), *closing])
            if whole.width <= room:
                return [whole]
            opening, closing = f"= {self.factor}(", [text(")"), *closing]
        rows: list[list[Box]] = [[text(opening)]]
        for at, (sign, box) in enumerate(zip(signs, boxes, strict=True)):
            new = [box, *closing] if at == len(boxes) - 1 else [box]
            lead = text(f" {sign} ") if at else text(sign)
            if at and sum(each.width for each in (*rows[-1], lead, *new)) > room:
                rows.append([text(" " * (len(opening) - 2) + f"{sign} "), *new])
            else:
                rows[-1] += [lead, *new]
        found = [beside(row) for row in rows]
        return found if all(row.width <= room for row in found) else []

    @staticmethod
    def between(signs: Sequence[str]) -> list[str]:
        """Return signs as they stand between terms; the first may be no sign at all."""
        return [f" {sign} " if at else sign for at, sign in enumerate(signs)]

    def signed(self, at: int, term: Expr) -> tuple[str, Box]:
        """Return the sign before a term and the term without it; a first one keeps its minus."""
        multiplied = isinstance(term, Apply) and term.op == "outer"
        box = formula_box(self.view, term, drawn=multiplied)
        if at and box.height == 1 and box.rows[0][0] in "−-":
            return box.rows[0][0], text(box.rows[0][1:])
        return ("+" if at else ""), box


def _added(expr: Expr, name: str) -> bool:
    """Tell whether a name is a term of a sum in a formula."""
    if not isinstance(expr, Apply):
        return False
    if expr.op == "add" and Symbol(name) in expr.args:
        return True
    return any(_added(arg, name) for arg in expr.args)
