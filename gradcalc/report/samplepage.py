"""The band of a batch: the loss of each sample, and what each gives to the gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradcalc.algebra.expr import ONE, Apply, Expr, Number, Symbol
from gradcalc.errors import width
from gradcalc.problem.samples import batch_of
from gradcalc.report.boxes import Box, beside, round_brackets, text
from gradcalc.report.layout import broken, formula_box, value_box
from gradcalc.report.page import NARROW, TIED, Page
from gradcalc.report.samples import MOST, Share, Shares, shares
from gradcalc.report.steptext import indent_of
from gradcalc.report.view import View

TITLE = "Sample by sample"


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
