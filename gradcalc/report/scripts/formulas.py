"""Formulas as Python source: one writer, and a dialect for each library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradcalc.algebra.formula.expr import (
    MINUS,
    POSTFIX,
    ZERO,
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    mul,
    symbols,
)
from gradcalc.algebra.formula.syntax import format_number, level, needs_brackets
from gradcalc.algebra.operations.operation import Operation, Table
from gradcalc.engine.graph import widens
from gradcalc.report.scripts.code_layout import returned
from gradcalc.report.scripts.dialect import (
    ARITHMETIC,
    COMPARISONS,
    CUTS,
    JOINS,
    REDUCTIONS,
    SIGNS,
    Dialect,
    cut,
    floats,
    identifiers,
    is_own,
    meaning,
    size_of,
    size_text,
)


@dataclass(frozen=True)
class FormulaWriter:
    """Writes formulas; `names` are identifiers of quantities, `functions` of operations.

    numbers: names that stand for a number of Python, and for no array.
    """

    dialect: Dialect
    table: Table
    names: Mapping[str, str]
    functions: Mapping[str, str]
    numbers: frozenset[str] = frozenset()

    def text(self, expr: Expr) -> str:
        """Return a formula as an expression of Python."""
        if isinstance(expr, Number):
            return number_text(expr)
        if isinstance(expr, Symbol):
            return self.names.get(expr.name, expr.name)
        if expr.op in COMPARISONS:
            return self.chosen(self.condition(expr), "1.0", "0.0")
        if expr.op in SIGNS:
            return self.sum(expr) if expr.op == "add" else self.infix(expr)
        if expr.op == "neg":
            return "-" + self.negated(expr.args[0])
        if expr.op == "transpose":
            return self.bracketed(expr.args[0], level(expr.args[0]) < POSTFIX) + ".T"
        return self.call(expr)

    def terms(self, expr: Expr) -> list[str]:
        """Return the terms of a sum, each with its sign in front; the first without a plus."""
        if not (isinstance(expr, Apply) and expr.op == "add"):
            return [self.text(expr)]
        found = [self.child(expr.args[0], "add", True)]
        for term in expr.args[1:]:
            if isinstance(term, Apply) and term.op == "neg":
                found.append("- " + self.negated(term.args[0]))
            elif isinstance(term, Number) and term.value < 0:
                found.append("- " + number_text(term).removeprefix("-"))
            else:
                found.append("+ " + self.child(term, "add", False))
        return found

    def sum(self, expr: Apply) -> str:
        return " ".join(self.terms(expr))

    def infix(self, expr: Apply) -> str:
        pieces = [self.child(arg, expr.op, i == 0) for i, arg in enumerate(expr.args)]
        hugged = expr.op == "pow" and all(map(_simple, expr.args))
        gap = "" if hugged else " "
        return f"{gap}{SIGNS[expr.op]}{gap}".join(pieces)

    def child(self, expr: Expr, parent: str, first: bool) -> str:
        if _compares(expr):
            return self.text(expr)
        if isinstance(expr, Number):
            expr = _decimal(expr)
        return self.bracketed(expr, needs_brackets(expr, parent, first))

    def negated(self, expr: Expr) -> str:
        if isinstance(expr, Number):
            expr = _decimal(expr)
        power = isinstance(expr, Apply) and expr.op == "pow"
        return self.bracketed(expr, power or (level(expr) <= MINUS and not _compares(expr)))

    def bracketed(self, expr: Expr, needed: bool) -> str:
        text = self.text(expr)
        return f"({text})" if needed else text

    def condition(self, expr: Expr) -> str:
        """Return what holds where a formula is not 0."""
        if isinstance(expr, Apply) and expr.op in COMPARISONS:
            left, right = (self.bracketed(arg, _compares(arg)) for arg in expr.args)
            if all(map(self.is_number, expr.args)):
                left = self.array_of(expr.args[0])
            return f"{left} {COMPARISONS[expr.op]} {right}"
        if isinstance(expr, Apply) and expr.op == "mul":
            return " & ".join(f"({self.condition(arg)})" for arg in expr.args)
        text = self.array_of(expr) if self.is_number(expr) else self.text(expr)
        return f"{text} != 0"

    def is_number(self, expr: Expr) -> bool:
        """Tell whether a formula is a number of Python: it reads no quantity and no array."""
        if isinstance(expr, Apply):
            known = expr.op in ARITHMETIC or expr.op in self.dialect.constants
            return known and all(map(self.is_number, expr.args))
        return isinstance(expr, Number) or expr.name in self.numbers

    def array_of(self, expr: Expr) -> str:
        """Return a number of Python as the library takes it in place of an array."""
        return self.dialect.number.format(self.text(floats(expr)))

    def operands(self, expr: Apply) -> list[str]:
        """Return the operands of a call; numbers are arrays where the library wants these."""
        numbers = [self.is_number(arg) for arg in expr.args]
        made = self.dialect.number != "{0}" or all(numbers)
        return [
            self.array_of(arg) if number and made else self.text(arg)
            for arg, number in zip(expr.args, numbers, strict=True)
        ]

    def chosen(self, condition: str, yes: str, no: str) -> str:
        return f"{self.dialect.module}.where({condition}, {yes}, {no})"

    def call(self, expr: Apply) -> str:
        """Return an operation as a call: of the library, or of a function of the script."""
        dialect = self.dialect
        if expr.op == "where":
            yes, no = (
                self.text(floats(arg) if self.is_number(arg) else arg) for arg in expr.args[1:]
            )
            return self.chosen(self.condition(expr.args[0]), yes, no)
        if expr.op == "array":
            return f"{dialect.array}({self.items(expr)})"
        if expr.op in dialect.constants and self.is_number(expr):
            return dialect.constants[expr.op].format(self.text(expr.args[0]))
        args = self.operands(expr)
        if expr.op in REDUCTIONS:
            return f"{dialect.reductions[expr.op]}({', '.join([args[0], *self.axes(expr)])})"
        if expr.op == "expand":
            axis = self.axes(expr)[0].rpartition("=")[2] if widens(expr) else ""
            return dialect.expand.format(args[0], axis) if axis else args[0]
        if expr.op == "fill":
            return dialect.stretch.format(args[0], self.sizes(expr))
        row = self.table[expr.op]
        if expr.op in CUTS and is_own(row):
            whole = self.bracketed(expr.args[0], level(expr.args[0]) < POSTFIX)
            return cut(expr, whole, self.names)
        template = self.template(row)
        if template is not None:
            settings = {**row.attributes, **dict(expr.attrs)}
            named = {_parameter(key): self.setting(value) for key, value in settings.items()}
            if expr.op in JOINS:
                named["list"] = ", ".join([f"[{', '.join(args)}]", *self.axes(expr)])
            if expr.op == "reshape":
                named["sizes"] = self.sizes(expr)
            return template.format(*args, **named)
        args += [
            f"{_parameter(key)}={self.setting(value)}"
            for key, value in expr.attrs
            if key != "reduction"
        ]
        return f"{self.functions[expr.op]}({', '.join(args)})"

    def setting(self, value: Expr) -> str:
        """Return a parameter; a letter that is none of the quantities is a size: n-1."""
        if isinstance(value, Symbol) and value.name not in self.names:
            return size_text(value.name, self.names)
        return self.text(value)

    def sizes(self, expr: Apply) -> str:
        """Return the parameters of `fill` and `reshape` as a tuple."""
        found = "".join(f"{size_text(size_of(size), self.names)}, " for _, size in expr.attrs)
        return f"({found.strip() if len(expr.attrs) == 1 else found.removesuffix(', ')})"

    def template(self, row: Operation) -> str | None:
        """Return how the library is called, unless the file defines the function anew."""
        return self.dialect.calls.get(row.name) if is_own(row) else None

    def items(self, expr: Apply) -> str:
        inner = (
            self.items(arg)
            if isinstance(arg, Apply) and arg.op == "array"
            else self.text(floats(arg))
            for arg in expr.args
        )
        return f"[{', '.join(inner)}]"

    def axes(self, expr: Apply) -> list[str]:
        """Return the axis of an operation, and that it stays; all axes where none is named."""
        axis, keep = expr.attr("axis"), expr.attr("keepdims")
        kept = isinstance(keep, Number) and keep.value == 1
        found = []
        if isinstance(axis, Number):
            found.append(f"{self.dialect.axis}={int(axis.value)}")
        elif kept:
            found.append(f"{self.dialect.axis}=None")  # PyTorch keeps none that it is not told
        return [*found, f"{self.dialect.keepdims}=True"] if kept else found

    def helper(self, op: str) -> str:
        """Return the definition of a function of the script."""
        row, name = self.table[op], self.functions[op]
        if is_own(row) and op in self.dialect.helpers:
            return self.dialect.helpers[op].replace("def _(", f"def {name}(")
        inner = self.inside(row)
        params = [inner.names[param] for param in row.params]
        params += [
            f"{inner.names[key]}={self.text(value)}" for key, value in row.attributes.items()
        ]
        expr = meaning(row)
        unread = [Symbol(param) for param in row.params if param not in symbols(expr)]
        if unread and row.is_elementwise:  # the value has the shape of all operands
            expr = add(expr, *(mul(ZERO, param) for param in unread))
        lines = [f"def {name}({', '.join(params)}):"]
        if row.remark and not is_own(row):
            lines.append(f"    # {row.remark}")
        return "\n".join([*lines, *returned(inner.terms(expr), "    ")])

    def inside(self, row: Operation) -> FormulaWriter:
        """Return the writer of a row's own formulas."""
        own = identifiers((name, name) for name in (*row.params, *row.attributes))
        return FormulaWriter(
            self.dialect, self.table, own, self.functions, frozenset(row.attributes)
        )


def _compares(expr: Expr) -> bool:
    return isinstance(expr, Apply) and expr.op in COMPARISONS


def _parameter(name: str) -> str:
    return "lambda_" if name == "lambda" else name


def _simple(expr: Expr) -> bool:
    if isinstance(expr, Apply) and expr.op == "transpose":
        return isinstance(expr.args[0], Symbol)
    return isinstance(expr, Symbol) or (isinstance(expr, Number) and level(expr) > POSTFIX)


def number_text(value: Number) -> str:
    """Return a number as Python writes it: 2, 0.5, 1e-08, 1 / 3."""
    text = format_number(_decimal(value))
    if "/" in text:
        above, _, below = text.partition("/")
        return f"{int(above)} / {int(below)}"
    if text.lstrip("-").isdigit():
        return str(int(text))
    return repr(float(text))


def _decimal(value: Number) -> Number:
    """Return 1/2 as 0.5: a fraction that four decimals write exactly, so written."""
    below = value.value.denominator
    if "/" in format_number(value) and below > 1 and 10_000 % below == 0:
        return Number(value.value, repr(float(value.value)))
    return value
