"""Faults in what is done with formulas: reductions, simplification, entries, names."""

from __future__ import annotations

from tests.mutants.mutant import faults

INFERENCE = faults(
    "algebra/operations/inference.py",
    (
        "        total = count(shape)\n    elif",
        "        total = ONE\n    elif",
        "mean: 1/n dropped",
    ),
    ("total = count(shape[:1])", "total = count(shape)", "batch mean: over the entries"),
    ("total = count(shape[:1])", "total = count(shape[1:])", "batch mean: over the classes"),
    ("total = count(shape[:1])", "total = ONE", "batch mean: factor 1/n dropped"),
    (
        'elif reduction == "batchmean" and len(shape) == 2',
        'elif reduction == "batchmean" and len(shape) >= 1',
        "batch mean: one sample divided by its entries",
    ),
    ("Fraction(1) / total.value", "total.value", "mean: multiplied by n"),
    (
        'if row.per_sample and name == "mean":',
        'if row.per_sample and name == "none":',
        "mean of a cross-entropy: over classes as well",
    ),
    (
        "value.name if isinstance(value, Symbol) else row.reduction",
        "row.reduction",
        "reduction= not read",
    ),
    ("total *= dim", "total = dim", "count: last dimension only"),
    (
        "return mul(*([number(total)] if total != 1 else []), *letters)",
        "return letters[0]",
        "count",
    ),
    (
        "return total if factor == ONE else mul(factor, total)",
        "return total",
        "loss: factor of the reduction dropped",
    ),
    ('total: Expr = Apply("sum", (entry,))', 'total: Expr = Apply("mean", (entry,))', "loss: mean"),
)

OPERATION = faults(
    "algebra/operations/operation.py",
    (
        "{**self.attributes, **dict(expr.attrs)}",
        "{**dict(expr.attrs), **self.attributes}",
        "parameters: defaults win",
    ),
    (
        "bound.update(zip(self.params, expr.args, strict=False))",
        "bound.update(zip(self.params, expr.args[::-1], strict=False))",
        "operands: in reverse",
    ),
    (
        "format(substitute(formula(text), {base.output: inner}))",
        "format(substitute(formula(text), {base.output: Symbol(base.params[0])}))",
        "f′: operand in place of the value",
    ),
    (
        "return self.vjp.get(ranks)",
        "return self.vjp.get(ranks[::-1])",
        "matrix product: rule of the other ranks",
    ),
)

SHAPES = faults(
    "algebra/formula/shapes.py",
    ("return axis - rank if axis >= 0 else axis", "return axis - rank", "axis −1: not the last"),
    (
        "return axis - rank if axis >= 0 else axis",
        "return -1 - axis if axis >= 0 else axis",
        "axis counted from the other end",
    ),
    ('keep = integer(attrs.get("keepdims")) == 1', "keep = False", "keepdims forgotten"),
    ("return shape[::-1]", "return shape", "transpose: shape kept"),
)

SIMPLIFY = faults(
    "algebra/rewriting/simplify.py",
    ("_times(coefficient, number(-1)), factors", "coefficient, factors", "−x: sign lost"),
    ("_merge(merged, factors, -1)", "_merge(merged, factors, 1)", "x/y: y multiplied"),
    ("top.value / bottom.value", "top.value * bottom.value", "2/3: multiplied"),
    ("+ sign * exponent", "+ sign", "x²·x: exponent of one lost"),
    ("{inner: own * power}", "{inner: own + power}", "(x²)³: exponents added"),
    ("{inner: own * power}", "{inner: own * power - 1}", "power: exponent off by one"),
    ("if power == 0:\n        return ONE", "if power == 0:\n        return ZERO", "x⁰ = 0"),
    ("{rebuild_product(coefficient, factors): power}", "{expr: power}", "power of a power twice"),
    ("_raised(base, -exponent)", "_raised(base, -exponent + 1)", "divisor: exponent off by one"),
    ("return neg(result) if negative else result", "return result", "product: sign lost"),
    ("add(second.args[0], neg(first))", "add(first, neg(second.args[0]))", "−(a − b) = a − b"),
    (
        "if negative and positive == ONE and len(over) == 1 and not under:",
        "if negative and len(over) == 1 and not under:",
        "−2(a − b): number lost",
    ),
    (
        "old.value + coefficient.value",
        "old.value - coefficient.value",
        "like terms subtracted",
    ),
    (
        "base.args if coefficient.value == 1 else tuple(map(neg, base.args))",
        "base.args",
        "a − (b + c): sign lost",
    ),
    (
        "(transpose(expr.args[1]), transpose(expr.args[0]))",
        "(transpose(expr.args[0]), transpose(expr.args[1]))",
        "(A B)ᵀ = Aᵀ Bᵀ",
    ),
    ('Apply("outer", expr.args[::-1])', 'Apply("outer", expr.args)', "(a bᵀ)ᵀ = a bᵀ"),
    (
        'if expr.op == "transpose":\n            return expr.args[0]',
        'if expr.op == "transpose":\n            return expr',
        "Aᵀᵀ = Aᵀ",
    ),
    (
        "return rebuild_product(coefficient, {inner: Fraction(1)})",
        "return rebuild_product(ONE, {inner: Fraction(1)})",
        "product of matrices: number lost",
    ),
    (
        "coefficient = _times(first, second)",
        "coefficient = first",
        "product of matrices: number of the second lost",
    ),
    (
        "return rebuild_product(coefficient, {rest: Fraction(1)})",
        "return rest",
        "sum: number in front lost",
    ),
    (
        "mul(count(self.shape_of(inner)), inner.args[0])",
        "inner.args[0]",
        "sum of one number in every entry: count dropped",
    ),
    ('return Apply("fill", (new,), tuple(names))', "return new", "shape not put back"),
    (
        'dict(expr.attrs).get("keepdims") == ONE',
        'dict(expr.attrs).get("keepdims") != ONE',
        "axis not put back",
    ),
    (
        "known = expr if new is None else self.plain.visit(new)",
        "known = expr",
        "names not replaced",
    ),
)

ENTRIES = faults(
    "algebra/rewriting/entries.py",
    (
        "mul(self.at(a, index[:1]), self.at(b, index[1:]))",
        "mul(self.at(a, index[1:]), self.at(b, index[:1]))",
        "entry of an outer product: indices swapped",
    ),
    ("self.at(expr.args[0], index[::-1])", "self.at(expr.args[0], index)", "entry of a transpose"),
    ("if index[0] == index[1] else ZERO", "if index[0] <= index[1] else ZERO", "entry of diag"),
    ("number(len(terms))", "number(len(terms) + 1)", "entry of a mean: wrong count"),
    (
        "return self.at(expr.args[0], index[:at] + index[at + 1 :])",
        "return self.at(expr.args[0], index[1:])",
        "entry of an expanded axis: another axis",
    ),
)
