"""Faults in the backward pass, in rounding, in evaluation and in the numerical check."""

from __future__ import annotations

from tests.mutants.mutant import faults

AUTODIFF = faults(
    "engine/autodiff.py",
    (
        "self.terms.setdefault(operand.name, []).append(term)",
        "self.terms[operand.name] = [term]",
        "several paths: only the first reader counts",
    ),
    (
        "self.terms.setdefault(operand.name, []).append(term)",
        "self.terms.setdefault(operand.name, [term])",
        "several paths: only the last reader counts",
    ),
    ("add(*reversed(terms))", "add(*reversed(terms[:2]))", "several paths: two of them count"),
    (
        "        term = unbroadcast(term, self.shape_of(term), shape)\n",
        "",
        "stretched operand: not summed",
    ),
    (
        'return Apply("sum", (expr,))\n',
        'return Apply("mean", (expr,))\n',
        "shared number: mean for sum",
    ),
    (
        'Apply("sum", (expr,), (("axis", ZERO),)), shape[1:]',
        'Apply("mean", (expr,), (("axis", ZERO),)), shape[1:]',
        "bias of a batch: mean for sum",
    ),
    (
        'Apply("sum", (expr,), (("axis", ZERO),)), shape[1:]',
        'Apply("sum", (expr,), (("axis", ONE),)), shape[1:]',
        "bias of a batch: summed over units",
    ),
    (
        'keep = (("axis", number(axis))',
        'keep = (("axis", number(1 - axis))',
        "one row stretched: wrong axis",
    ),
    (
        "return mul(upstream, Symbol(local)), local",
        "return Symbol(local), local",
        "chain rule: upstream gradient dropped",
    ),
    (
        "return mul(upstream, Symbol(local)), local",
        "return upstream, local",
        "chain rule: local derivative forgotten",
    ),
    (
        "return mul(upstream, Symbol(local)), local",
        "return add(upstream, Symbol(local)), local",
        "chain rule: sum for product",
    ),
    (
        "return local if upstream == ONE else mul(upstream, local)",
        "return local",
        "arithmetic: upstream gradient dropped",
    ),
    (
        "return local if upstream == ONE else mul(upstream, local)",
        "return upstream",
        "arithmetic: local derivative forgotten",
    ),
    (
        "output = Symbol(node.name)",
        "output = expr.args[index]",
        "derivative taken at the operand in place of the output",
    ),
    (
        "return {**row.bind(node.expr), row.output: Symbol(node.name)}",
        "return {**row.bind(node.expr), row.output: node.expr.args[0]}",
        "Jacobian taken at the operand in place of the output",
    ),
    (
        'return Apply(f"{row.name}\'", expr.args, expr.attrs)',
        'return Apply(f"{row.name}\'", (output,), expr.attrs)',
        "f′ taken at the output in place of the pre-activation",
    ),
    (
        'return Apply(f"{row.name}\'", expr.args, expr.attrs)',
        'return Apply(f"{row.name}\'", expr.args, ())',
        "f′: parameter dropped",
    ),
    ("if i != index)", "if i == index)", "product: own operand in place of the others"),
    (
        'formula(row.derivative[index] or "0")',
        'formula(row.derivative[0] or "0")',
        "derivative of the first operand for all",
    ),
    (
        'formula(row.derivative[index] or "0")',
        'formula(row.derivative[-1 - index] or "0")',
        "derivative of the neighbour",
    ),
    (
        "if given and row.given is not None:",
        "if row.given is not None and not row:",
        "given output not used",
    ),
    (
        "if given and row.given is not None:",
        "if row.given is not None:",
        "pre-activation not used where it is known",
    ),
    (
        "local = mul(factor, fold_sizes(local, self.shape_of))",
        "local = fold_sizes(local, self.shape_of)",
        "loss: factor of the reduction dropped",
    ),
    (
        "text = rules[0 if row.variadic else index]",
        "text = rules[0]",
        "product of matrices: rule of the first",
    ),
    ('"g": upstream}', '"g": ONE}', "vector function: upstream gradient dropped"),
    (
        "terms.append(mul(derivative(part, index, row, part, table), inner))",
        "terms.append(derivative(part, index, row, part, table))",
        "derivative of a formula: inner derivative dropped",
    ),
    (
        "terms.append(mul(derivative(part, index, row, part, table), inner))",
        "terms = [mul(derivative(part, index, row, part, table), inner)]",
        "derivative of a formula: one of several paths",
    ),
    (
        "return (below & above) | set(self.wanted)",
        "return below | set(self.wanted)",
        "lines that do not lead to the loss are derived",
    ),
    ("above = {self.loss, *self.upstream}", "above = {self.loss}", "upstream gradient not used"),
    (
        "[ONE] if name == self.loss else [ZERO]",
        "[ONE]",
        "what the loss does not read: gradient 1",
    ),
    (
        "            self.contribute(node, node.expr, upstream)\n            return",
        "            return",
        "a line that renames a quantity passes nothing on",
    ),
    (
        "twice = node.expr.args.count(Symbol(operand)) > 1",
        "twice = False",
        "an operand that stands twice: one local derivative for both",
    ),
    (
        "if row.jacobian is None or len(node.shape) != 1:",
        "if row.jacobian is None or not node.shape:",
        "Jacobian of a batch",
    ),
    ("self.facts.get(part, part)", "part", "a known fact is not put in"),
    (
        "return substitute(meaning, row.bind(expr))",
        "return meaning",
        "second derivative: not taken at the operand",
    ),
    (
        "        row = self.table[expr.op]\n        if row.vjp is not None:",
        "        same = ("
        "n.expr for n in self.forward.nodes if isinstance(n.expr, Apply) and n.expr.op == expr.op"
        " and tuple(map(self.shape_of, n.expr.args)) == tuple(map(self.shape_of, expr.args)))\n"
        "        expr = next(same)\n"
        "        row = self.table[expr.op]\n        if row.vjp is not None:",
        "derivative taken at the operands of another layer",
    ),
    (
        "return mul(upstream, Symbol(local)), local",
        "return mul(Symbol(local), Symbol(local)), local",
        "chain rule: local derivative twice",
    ),
    ("if wanted == 1 and own != 1:", "if wanted == 1 and own == 0:", "one row: not summed"),
    (
        'keep = (("axis", number(axis)), ("keepdims", ONE))\n                expr = Apply("sum"',
        'keep = (("axis", number(axis)), ("keepdims", ONE))\n                expr = Apply("mean"',
        "one row stretched: mean for sum",
    ),
)

GRAPH = faults(
    "engine/graph.py",
    (
        'Apply("outer", (left, row), (), part.place)',
        'Apply("outer", (row, left), (), part.place)',
        "v wᵀ read as w vᵀ",
    ),
    (
        'op = "dot" if len(self.shape(right, span)) == 1 else "matmul"',
        'op = "matmul"',
        "vᵀ w read as a matrix product",
    ),
    (
        "args = tuple(self.leaf(arg, span) for arg in expr.args)",
        "args = tuple(self.leaf(arg, span) for arg in expr.args[::-1])",
        "operands turned round",
    ),
)

ROUNDING = faults(
    "engine/rounding.py",
    ("floor % 2 == 1", "floor % 2 == 0", "half even: odd"),
    ('if mode == "half_even":', 'if mode == "half_up":', "half up and half even swapped"),
    ("rest > 0.5 - slack", "rest > 0.5 + slack", "half up: down at a tie"),
    ('if mode == "truncate":', 'if mode == "cut":', "truncate: rounded"),
    ("np.floor(magnitude + slack)", "np.floor(magnitude)", "truncate: 0.29999999999999993"),
    ("np.copysign(result, value)", "result", "sign lost"),
    ("np.asarray(digits - 1 - leading)", "np.asarray(digits - leading)", "one digit too many"),
    ("self.named.get(name, self.decimals)", "self.decimals", "decimals of single names not read"),
    ('name.startswith("_") or ', "", "hidden values rounded"),
)

LAYERS = faults(
    "problem/reading/dense_layers.py",
    ('Apply("transpose", (w,))', "w", "a batch: transpose of the weight dropped"),
    ("args = (Symbol(z), *", 'args = (Symbol("z1"), *', "another layer's z"),
    ("before, came_from = after, weight.name", "before, came_from = z, weight.name", "z for a"),
)

EXACT_VALUES = faults(
    "engine/exact_values.py",
    (
        "(1,) * (target - rank) + value.shape[cut:]",
        "value.shape[cut:] + (1,) * (target - rank)",
        "a class: own axes before",
    ),
)

EVALUATE = faults(
    "engine/evaluate.py",
    (
        "given[name] if name in given else adjust",
        "given[name] if name in given and not slots else adjust",
        "given value not used",
    ),
    ("adjust(name, value) if adjust else value", "value", "not rounded"),
)

OPERATION_FUNCTIONS = faults(
    "engine/operation_functions.py",
    (
        "return tuple(range(-rank, 0)) if axis is None else (axis,)",
        "return tuple(range(-rank, 0))",
        "axis not read",
    ),
)

DIFFERENCES = faults(
    "engine/differences.py",
    ("LIMIT = 1e-6", "LIMIT = 1e-2", "limit loosened"),
    ("worst = float(errors[at])", "worst = 0.0", "nothing is found"),
    ("np.where(fixed, 0.0, np.where", "np.where(True, 0.0, np.where", "all held fixed"),
)
