"""Mistakes at an activation: its derivative lost, doubled, or taken wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gradcalc.algebra.formula.expr import (
    ONE,
    ZERO,
    Apply,
    Expr,
    Symbol,
    apply,
    mul,
    substitute,
    symbols,
)
from gradcalc.algebra.operations.operation import Operation, formula
from gradcalc.engine.graph import Node
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.loss import find_loss_shortcut
from gradcalc.grading.mistakes.rule import (
    Edit,
    Rule,
    Slip,
    fits,
    forward_nodes,
    gradient_of,
    instead,
    row_of,
    shape_of,
    shown_line,
    term_of,
    times,
)

COMBINED = {("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")}
"""Activations and losses whose derivatives together are prediction minus target."""

WRONG_DERIVATIVES: dict[str, tuple[str, ...]] = {
    "sigmoid": ("y", "1 - y", "y*(1 + y)", "1 - y^2", "y^2"),
    "tanh": ("y", "1 - y", "1 + y^2", "y*(1 - y)", "y^2"),
    "relu": ("y", "where(x > 0, 0, 1)"),
    "leaky_relu": ("y", "where(x > 0, 1, 0)", "where(x > 0, 1, -alpha)"),
    "softplus": ("y", "1/(1 + exp(x))", "sigmoid(x)*(1 - sigmoid(x))"),
}
"""What is written for a derivative by mistake, in the symbols of the row."""


@dataclass(frozen=True)
class Site:
    """An activation and the lines of the chain rule at it: a = f(z), ∂L/∂z = ∂L/∂a · f′."""

    node: Node
    row: Operation
    a: str
    z: str
    line: str
    term: int
    upstream: Expr
    local: str | None
    slope: Expr | None

    @property
    def words(self) -> dict[str, Expr]:
        """Return the formulas that the texts of the rules name."""
        assert isinstance(self.node.expr, Apply)
        found: dict[str, Expr] = {
            "f": self.node.expr,
            "a": Symbol(self.a),
            "z": Symbol(self.z),
            "line": Symbol(self.line),
            "upstream": self.upstream,
        }
        if self.local or self.slope is not None:
            found["local"] = Symbol(self.local) if self.local else self.slope or ONE
        return found


def sites(lines: Lines) -> Iterator[Site]:
    """Yield every activation that a gradient passes back through."""
    for node in forward_nodes(lines):
        row = row_of(lines, node)
        if row is None or row.kind != "activation" or row.name == "identity":
            continue
        assert isinstance(node.expr, Apply)
        (z,) = node.expr.args[:1]
        for edge in lines.edges:
            if edge.node != node.name or Symbol(edge.operand) != z:
                continue
            place = term_of(lines, edge)
            upstream = gradient_of(lines, node.name)
            if place is None or upstream not in lines.shapes:
                continue
            yield Site(
                node,
                row,
                node.name,
                edge.operand,
                *place,
                Symbol(upstream),
                edge.local if row.is_elementwise else None,
                _slope(lines, node, row, edge.local),
            )


def _slope(lines: Lines, node: Node, row: Operation, local: str | None) -> Expr | None:
    """Return the derivative of an elementwise activation as the backward pass has it."""
    if not row.is_elementwise:
        return apply("mul", Symbol(node.name), _one_minus(Symbol(node.name)))
    if local in lines.by_name:
        return lines.by_name[local or ""].expr
    return None


def _one_minus(expr: Expr) -> Expr:
    return apply("add", ONE, apply("neg", expr))


def _at(lines: Lines, site: Site) -> str:
    return shown_line(lines, site.line)


def find_derivative_missing(lines: Lines) -> Iterator[Slip]:
    """Hand the upstream gradient on unchanged."""
    for site in sites(lines):
        if fits(lines, site.line, site.upstream):
            edit = Edit(site.line, instead(site.upstream), site.term)
            yield Slip("act-derivative-missing", _at(lines, site), (edit,), site.words)


def find_skipped(lines: Lines) -> Iterator[Slip]:
    """Leave the activation out of both passes."""
    for site in sites(lines):
        if lines.shapes[site.a] != lines.shapes[site.z]:
            continue
        edits = [
            Edit(site.a, instead(Symbol(site.z))),
            Edit(site.line, instead(site.upstream), site.term),
        ]
        if site.local in lines.by_name:
            edits.append(Edit(site.local or "", instead(ONE)))
        yield Slip("act-skipped", _at(lines, site), tuple(edits), site.words)


def find_forward_missing(lines: Lines) -> Iterator[Slip]:
    """Leave the activation out on the way forward only."""
    for site in sites(lines):
        if lines.shapes[site.a] == lines.shapes[site.z]:
            edit = Edit(site.a, instead(Symbol(site.z)))
            yield Slip("act-forward-missing", shown_line(lines, site.a), (edit,), site.words)


def find_derivative_extra(lines: Lines) -> Iterator[Slip]:
    """Multiply by the derivative twice where loss and activation combine."""
    yield from find_loss_shortcut(lines)
    for site in sites(lines):
        readers = {
            node.expr.op
            for node in forward_nodes(lines)
            if isinstance(node.expr, Apply) and Symbol(site.a) in node.expr.args
        }
        slope = site.slope
        if slope is not None and any((site.row.name, loss) in COMBINED for loss in readers):
            factor = Symbol(site.local) if site.local else slope
            edit = Edit(site.line, times(factor), site.term)
            yield Slip("act-derivative-extra", _at(lines, site), (edit,), site.words)


def _with_local(site: Site, wrong: Expr, rule: str, at: str, variant: str) -> Slip:
    """Return the slip of a wrong local derivative, in its own line where it has one."""
    if site.local:
        edit = Edit(site.local, instead(wrong))
    else:
        edit = Edit(site.line, instead(mul(site.upstream, wrong)), site.term)
    right = site.slope if site.slope is not None else ONE
    words = {**site.words, "right": right, "wrong": wrong}
    return Slip(rule, at, (edit,), words, variant)


def find_wrong_argument(lines: Lines) -> Iterator[Slip]:
    """Take the derivative at the output, at the pre-activation for the output, or elsewhere."""
    found = [site for site in sites(lines) if site.row.is_elementwise and site.row.derivative]
    for site in found:
        at = _at(lines, site)
        for variant, wrong in _arguments(lines, site):
            if fits(lines, site.line, mul(site.upstream, wrong)):
                yield _with_local(site, wrong, "act-wrong-argument", at, variant)
        for other in found:
            if other is site or other.local is None or other.local not in lines.by_name:
                continue
            if lines.shapes[other.z] != lines.shapes[site.z]:
                continue
            wrong = Symbol(other.local)
            early = lines.place[other.local] < lines.place[site.line]
            if not early and other.slope is not None:
                wrong_expr: Expr = other.slope
            else:
                wrong_expr = wrong
            yield _with_local(site, wrong_expr, "act-wrong-argument", at, f"of {other.a}")


def _arguments(lines: Lines, site: Site) -> Iterator[tuple[str, Expr]]:
    """Yield the derivative with something else where its argument is due."""
    assert isinstance(site.node.expr, Apply) and site.row.derivative is not None
    text = site.row.derivative[0]
    assert text is not None
    param, bound = site.row.params[0], dict(site.node.expr.attrs)
    every, further = site.row.bind(site.node.expr), site.node.expr.args[1:]

    def derivative(argument: Expr, output: Expr) -> Expr:
        return substitute(formula(text), {**every, param: argument, site.row.output: output})

    def value(argument: Expr) -> Expr:
        return Apply(site.row.name, (argument, *further), tuple(bound.items()))

    a, z = Symbol(site.a), Symbol(site.z)
    yield "at the output", derivative(a, value(a))
    if site.row.output in symbols(formula(text)):
        yield "at the pre-activation", derivative(z, z)
    if shape_of(lines, site.upstream) == lines.shapes[site.z]:
        yield "at the gradient", derivative(site.upstream, value(site.upstream))


def find_local_wrong(lines: Lines) -> Iterator[Slip]:
    """Take a wrong formula for the derivative."""
    for site in sites(lines):
        if not site.row.is_elementwise:
            continue
        assert isinstance(site.node.expr, Apply)
        for text in WRONG_DERIVATIVES.get(site.row.name, (site.row.output,)):
            attrs = {**site.row.attributes, **dict(site.node.expr.attrs)}
            bound: dict[str, Expr] = {
                **attrs,
                site.row.params[0]: Symbol(site.z),
                site.row.output: Symbol(site.a),
            }
            wrong = substitute(formula(text), bound)
            yield _with_local(site, wrong, "act-local-wrong", _at(lines, site), text)


def find_mask_upstream(lines: Lines) -> Iterator[Slip]:
    """Zero the gradient where it is negative itself, and not where z is."""
    for site in sites(lines):
        if site.row.name == "relu" and fits(lines, site.line, site.upstream):
            masked = Apply("relu", (site.upstream,))
            edit = Edit(site.line, instead(masked), site.term)
            yield Slip("relu-mask-upstream", _at(lines, site), (edit,), site.words)


def find_at_zero(lines: Lines) -> Iterator[Slip]:
    """Take the derivative at the kink from the other side."""
    for site in sites(lines):
        if site.row.prime and site.row.name in ("relu", "leaky_relu"):
            z = Symbol(site.z)
            assert isinstance(site.node.expr, Apply)
            low = dict(site.node.expr.attrs).get("alpha", site.row.attributes.get("alpha", ZERO))
            taken_as_1 = site.row.kink_value == "1"
            side = apply("gt" if taken_as_1 else "ge", z, ZERO)
            slip = _with_local(
                site, apply("where", side, ONE, low), "relu-at-zero", _at(lines, site), ""
            )
            yield replace(slip, words={**slip.words, "slope": low if taken_as_1 else ONE})


def find_diagonal(lines: Lines) -> Iterator[Slip]:
    """Keep the diagonal of the Jacobian of softmax only."""
    for site in sites(lines):
        if site.row.name == "softmax" and site.slope is not None:
            wrong = mul(site.upstream, site.slope)
            edit = Edit(site.line, instead(wrong), site.term)
            yield Slip("softmax-diagonal", _at(lines, site), (edit,), site.words)


ACTIVATION_RULES = (
    Rule(
        "act-skipped",
        "{f}",
        "{f} is left out altogether: {z} stands for {a}, and 1 for its derivative.",
        "The layer is treated as linear in both passes.",
        "relu-squared-loss.yaml, options c, e, f and h",
        find_skipped,
    ),
    Rule(
        "act-derivative-missing",
        "{f}′ missing",
        "{upstream} is handed on unchanged; on the way to {z} it has to be multiplied by"
        " how fast {f} rises there, {f}′.",
        "The derivative of the activation is left out of the chain rule. The common mistake;"
        " where units are linear or the error is 0 it does not show.",
        "triwei.ai, Backprop lab; invisible in relu-squared-loss.yaml",
        find_derivative_missing,
    ),
    Rule(
        "act-forward-missing",
        "{f} forward",
        "{f} is left out on the way forward: {z} stands for {a}.",
        "The activation is forgotten in the forward pass; its derivative is used all the same.",
        "variant of act-skipped",
        find_forward_missing,
    ),
    Rule(
        "act-derivative-extra",
        "{f}′ twice",
        "{line} is multiplied by {f}′ once more; prediction minus target contains it already.",
        "The shortcut for a cross-entropy behind softmax or sigmoid contains the derivative"
        " of the activation; it is multiplied by it again.",
        "Data Science Stack Exchange 41212",
        find_derivative_extra,
    ),
    Rule(
        "act-wrong-argument",
        "{f}′ elsewhere",
        "{f}′ is taken at the wrong value: {wrong} for {right}.",
        "The derivative is evaluated at the output, at the pre-activation where its formula"
        " takes the output, at the gradient, or at another layer.",
        "Mathematics Stack Exchange 4158072; scikit-learn issue 14244",
        find_wrong_argument,
    ),
    Rule(
        "act-local-wrong",
        "{f}′ wrong",
        "The derivative of {f} is not {wrong}; it is {right}.",
        "A wrong formula stands for the local derivative.",
        "nn-zero-to-hero issue 52; makeyourownneuralnetwork issue 77",
        find_local_wrong,
    ),
    Rule(
        "relu-mask-upstream",
        "mask",
        "The gradient is set to 0 where it is negative itself; {f}′ looks at {z}, not at it.",
        "ReLU is applied to the gradient. This is what guided backpropagation does; it is"
        " not the derivative.",
        "deeplearningbook-chinese issue 127",
        find_mask_upstream,
    ),
    Rule(
        "relu-at-zero",
        "{f}′(0)",
        "At {z} = 0 the derivative of {f} is taken as {slope}; this problem takes the other side.",
        "The derivative does not exist at the kink; both one-sided values are in use.",
        "PyTorch tutorials pull request 269; trusthlt/nlp-with-deep-learning-lectures 4",
        find_at_zero,
        "relu_at_zero",
    ),
    Rule(
        "softmax-diagonal",
        "off-diagonal",
        "Only the diagonal terms of the derivative of {f} are used; each output depends on"
        " every entry of {z}.",
        "s(1 − s) is the diagonal of the Jacobian; −sᵢsⱼ beside it is ignored.",
        "Cross Validated 235528; Data Science Stack Exchange 64746",
        find_diagonal,
    ),
)
