"""Mistakes at a layer: weights, inputs and biases, and what is summed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, mul, rebuild, substitute, symbols
from gradcalc.algebra.formula.shapes import size
from gradcalc.engine.autodiff import Edge
from gradcalc.engine.graph import Node
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.rule import (
    Edit,
    Rule,
    Slip,
    base,
    fits,
    forward_nodes,
    gradient_of,
    instead,
    is_leaf,
    role,
    row_of,
    shape_of,
    shown_line,
    term_of,
    tidy,
)


@dataclass(frozen=True)
class Product:
    """A matrix product of the forward pass, and what it passes back.

    weight: the parameter (behind a hidden transpose, as it stands in the product:
    `factor`); entering: the other operand; delta: the gradient of the product.
    """

    node: Node
    weight: str
    factor: str
    entering: str
    delta: Expr
    to_weight: Edge | None
    to_entering: Edge | None


def products(lines: Lines) -> Iterator[Product]:
    """Yield every matrix product of a weight with something."""
    for node in forward_nodes(lines):
        if not isinstance(node.expr, Apply) or node.expr.op not in ("matmul", "dot", "outer"):
            continue
        if not all(isinstance(arg, Symbol) for arg in node.expr.args):
            continue
        names = [arg.name for arg in node.expr.args if isinstance(arg, Symbol)]
        weights = [name for name in names if role(lines, name) == "weight"]
        factor = weights[0] if weights else names[0]
        entering = next((name for name in names if name != factor), factor)
        found = {edge.operand: edge for edge in lines.edges if edge.node == node.name}
        delta = gradient_of(lines, node.name)
        if delta in lines.shapes and entering != factor:
            yield Product(
                node,
                base(lines, factor),
                factor,
                entering,
                _source(lines, delta),
                found.get(factor),
                found.get(entering),
            )


def _source(lines: Lines, name: str) -> Expr:
    """Return the visible gradient that a hidden one is equal to, where it is."""
    node = lines.by_name.get(name)
    if node is not None and node.hidden and isinstance(node.expr, Symbol):
        return _source(lines, node.expr.name)
    return Symbol(name)


def _edit(lines: Lines, edge: Edge | None, new: Expr) -> tuple[str, Edit] | None:
    """Return the edit that puts a new contribution in place of an edge's, where it fits."""
    place = term_of(lines, edge) if edge else None
    if place is None or edge is None or new == edge.contribution:
        return None
    if not fits(lines, place[0], new):
        return None
    if any(lines.place.get(read, -1) > lines.place[place[0]] for read in symbols(new)):
        return None
    return shown_line(lines, place[0]), Edit(place[0], instead(new), place[1])


def _passed_back(
    rule: str, lines: Lines, product: Product, new: Expr, variant: str = ""
) -> Slip | None:
    found = _edit(lines, product.to_entering, new)
    if found is None or product.to_entering is None:
        return None
    words = {
        "W": Symbol(product.weight),
        "delta": product.delta,
        "line": Symbol(found[0]),
        "wrong": tidy(lines, new, _shown(lines, product)),
        "right": lines.written_out(found[0]),
    }
    return Slip(rule, found[0], (found[1],), words, variant)


def _shown(lines: Lines, product: Product) -> dict[str, Expr]:
    """Return what hidden names of a product stand for on the page."""
    shown: dict[str, Expr] = {gradient_of(lines, product.node.name): product.delta}
    if product.factor != product.weight:
        shown[product.factor] = Apply("transpose", (Symbol(product.weight),))
    return shown


def find_not_transposed(lines: Lines) -> Iterator[Slip]:
    """Use W where its transpose is due, and the transpose where W is."""
    for product in products(lines):
        if product.to_entering is None:
            continue
        factor = Symbol(product.factor)
        turned = Apply("transpose", (factor,))

        def toggled(part: Expr, factor: Expr = factor, turned: Expr = turned) -> Expr:
            if part == turned:
                return factor
            return part

        contribution = product.to_entering.contribution
        if turned in _parts(contribution):
            new = rebuild(contribution, toggled)
        else:
            new = substitute(contribution, {product.factor: turned})
        slip = _passed_back("weight-not-transposed", lines, product, new)
        if slip:
            yield slip


def _parts(expr: Expr) -> list[Expr]:
    if isinstance(expr, Apply):
        return [expr, *(part for arg in expr.args for part in _parts(arg))]
    return [expr]


def find_weight_missing(lines: Lines) -> Iterator[Slip]:
    """Hand the gradient back through a layer without its weights."""
    for product in products(lines):
        slip = _passed_back("weight-missing", lines, product, product.delta)
        if slip:
            yield slip


def _replaced(lines: Lines, product: Product, other: str) -> Expr | None:
    """Return what is passed back with another matrix in place of the weight."""
    if product.to_entering is None:
        return None
    new: Expr = Symbol(other)
    if product.factor != product.weight:
        new = Apply("transpose", (new,))
    return substitute(product.to_entering.contribution, {product.factor: new})


def find_wrong_layer(lines: Lines) -> Iterator[Slip]:
    """Use the weights of another layer."""
    weights = dict.fromkeys(product.weight for product in products(lines))
    for product in products(lines):
        for other in weights:
            if other == product.weight:
                continue
            for turned in (False, True):
                new = _replaced(lines, product, other)
                if turned and new is not None:
                    swap = {other: Apply("transpose", (Symbol(other),))}
                    new = substitute(new, swap)
                if new is None or not _exact(lines, product, new):
                    continue
                new = tidy(lines, new) if turned else new
                slip = _passed_back("weight-wrong-layer", lines, product, new, f"{other} {turned}")
                if slip:
                    yield slip


def _exact(lines: Lines, product: Product, new: Expr) -> bool:
    return shape_of(lines, new) == lines.shapes[product.entering]


def find_gradient_propagated(lines: Lines) -> Iterator[Slip]:
    """Send dL/dW backwards in place of W."""
    for product in products(lines):
        gradient = gradient_of(lines, product.weight)
        if gradient not in lines.by_name or product.to_entering is None:
            continue
        new: Expr | None = _replaced(lines, product, gradient)
        place = term_of(lines, product.to_entering)
        late = place is not None and lines.place[gradient] > lines.place[place[0]]
        if late:  # written out, since its line comes later in the list
            own = lines.written_out(gradient)
            if new is None or any(
                lines.place.get(read, -1) > lines.place[place[0] if place else ""]
                for read in symbols(own)
            ):
                continue
            new = substitute(new, {gradient: own})
        if new is not None:
            slip = _passed_back("weight-gradient-propagated", lines, product, new)
            if slip:
                yield slip


def find_raw_error(lines: Lines) -> Iterator[Slip]:
    """Send the gradient of the output back, and not that of the pre-activation."""
    for product in products(lines):
        z = product.delta
        if not isinstance(z, Symbol) or product.to_entering is None:
            continue
        for edge in lines.edges:
            row = row_of(lines, lines.by_name[edge.node])
            if gradient_of(lines, edge.operand) != z.name or row is None:
                continue
            if row.kind != "activation" or row.name == "identity":
                continue
            error = Symbol(gradient_of(lines, edge.node))
            if lines.shapes.get(error.name) != lines.shapes[z.name]:
                continue
            hidden = gradient_of(lines, product.node.name)
            new = substitute(product.to_entering.contribution, {hidden: error, z.name: error})
            slip = _passed_back("raw-error-propagated", lines, product, new, edge.node)
            if slip:
                yield Slip(slip.rule, slip.at, slip.edits, {**slip.words, "error": error})


def find_elementwise(lines: Lines) -> Iterator[Slip]:
    """Multiply entry by entry where a matrix product is due."""
    for node in lines.nodes:
        if not isinstance(node.expr, Apply) or node.expr.op != "matmul":
            continue
        new = mul(*node.expr.args)
        if shape_of(lines, new) == node.shape and len(node.shape) == 2:
            at = shown_line(lines, node.name)
            words = {"line": Symbol(at), "right": lines.written_out(at)}
            yield Slip("elementwise-for-product", at, (Edit(node.name, instead(new)),), words)


def find_outer_transposed(lines: Lines) -> Iterator[Slip]:
    """Write the gradient of a weight the other way round: a δᵀ for δ aᵀ."""
    for product in products(lines):
        line = gradient_of(lines, product.weight)
        node = lines.by_name.get(line)
        if node is None or len(node.shape) != 2 or 1 in node.shape:
            continue
        if node.shape[0] != node.shape[1] and not is_leaf(lines, line):
            continue
        own = lines.written_out(line)
        turned = tidy(lines, Apply("transpose", (own,)))
        words = {"line": Symbol(line), "right": own, "wrong": turned}
        change = Edit(line, lambda e: Apply("transpose", (e,)), whole=True)
        yield Slip("outer-transposed", line, (change,), words)


def find_weight_for_input(lines: Lines) -> Iterator[Slip]:
    """Multiply δ by the weight itself and not by what enters through it."""
    for product in products(lines):
        line = gradient_of(lines, product.weight)
        if line not in lines.by_name or shape_of(lines, product.delta) is None:
            continue
        if len(shape_of(lines, product.delta) or ()) != 1:
            continue
        diagonal, weight = Apply("diag", (product.delta,)), Symbol(product.weight)
        args = (diagonal, weight) if product.factor == product.weight else (weight, diagonal)
        new = Apply("matmul", args)
        if shape_of(lines, new) == lines.by_name[line].shape:
            words = {"line": Symbol(line), "W": weight, "delta": product.delta}
            words["right"] = lines.written_out(line)
            change = Edit(line, instead(new), whole=True)
            yield Slip("input-replaced-by-weight", line, (change,), words)


def find_not_activated(lines: Lines) -> Iterator[Slip]:
    """Multiply δ by the pre-activation and not by the activation that enters."""
    for product in products(lines):
        node = lines.by_name.get(product.entering)
        row = row_of(lines, node) if node else None
        if node is None or row is None or row.kind != "activation" or row.name == "identity":
            continue
        (z,) = node.operands[:1]
        line = gradient_of(lines, product.weight)
        if product.to_weight is None or line not in lines.by_name:
            continue
        new = substitute(product.to_weight.contribution, {product.entering: Symbol(z)})
        found = _edit(lines, product.to_weight, new)
        if found:
            words = {"line": Symbol(line), "a": Symbol(product.entering), "z": Symbol(z)}
            yield Slip("input-not-activated", found[0], (found[1],), words)


def find_turned_forward(lines: Lines) -> Iterator[Slip]:
    """Multiply by the transposed weight on the way forward."""
    for product in products(lines):
        node = product.node
        if size(node.shape) == 1 or not isinstance(node.expr, Apply):
            continue
        turned = substitute(
            node.expr, {product.factor: Apply("transpose", (Symbol(product.factor),))}
        )
        if len(lines.shapes[product.factor]) == 2 and shape_of(lines, turned) == node.shape:
            at = shown_line(lines, node.name)
            words = {"line": Symbol(at), "W": Symbol(product.weight)}
            yield Slip("weight-transposed", at, (Edit(node.name, instead(turned)),), words)


LAYER_RULES = (
    Rule(
        "weight-not-transposed",
        "transpose",
        "{W} is used the wrong way round going back: {wrong} for {right}.",
        "Backwards a unit collects along its column of W. In a square layer the shapes do"
        " not give the slip away.",
        "DeepLearning.AI forum 555868; Data Science Stack Exchange 76545",
        find_not_transposed,
    ),
    Rule(
        "weight-missing",
        "weight",
        "{W} is left out going back: {delta} is handed on as it is, where {right} is due.",
        "The gradient is passed through the layer without its weights.",
        "class reports of the mock-ups; see also raw-error-propagated",
        find_weight_missing,
    ),
    Rule(
        "weight-wrong-layer",
        "layer",
        "The weights of another layer are used going back: {wrong} for {right}.",
        "The gradient of a layer goes back through the weights that the signal came by.",
        "Artificial Intelligence Stack Exchange 42884",
        find_wrong_layer,
    ),
    Rule(
        "weight-gradient-propagated",
        "gradient for W",
        "The gradient of {W} is sent backwards in place of {W} itself.",
        "The new gradient, not the weight, is used in the product that goes back.",
        "pytorch-examples issue 28",
        find_gradient_propagated,
    ),
    Rule(
        "raw-error-propagated",
        "raw error",
        "{error} is sent back through {W} where {delta} is due.",
        "The error of the output, not its δ, goes back: the derivative of the output's"
        " activation is used for its own weights only.",
        "Cross Validated 464262",
        find_raw_error,
    ),
    Rule(
        "elementwise-for-product",
        "entrywise",
        "{line} is multiplied entry by entry where a matrix product is due.",
        "A Hadamard product stands for a matrix product; square shapes hide it.",
        "DeepLearning.AI forum 119220 and 723602",
        find_elementwise,
    ),
    Rule(
        "outer-transposed",
        "layout",
        "{line} is written the other way round: {wrong} for {right}.",
        "The outer product is transposed. Where the matrix is not square this is the other"
        " layout of the weights.",
        "answerofmath.com, matrix formulas for a neural network",
        find_outer_transposed,
        "layout",
    ),
    Rule(
        "input-replaced-by-weight",
        "w for input",
        "{delta} is multiplied by {W} itself and not by what enters through it.",
        "The partial derivative of w·x by w is x, not w.",
        "Cross Validated 464262",
        find_weight_for_input,
    ),
    Rule(
        "input-not-activated",
        "z for a",
        "{z} is used where {a} is due: what enters the layer is the activation.",
        "The pre-activation of the layer before is multiplied with δ.",
        "variant of act-wrong-argument; Mathematics Stack Exchange 4158072",
        find_not_activated,
    ),
    Rule(
        "weight-transposed",
        "Wᵀ forward",
        "{W} is used the wrong way round on the way forward, in {line}.",
        "The other layout of the weights is taken on the way forward.",
        "see outer-transposed",
        find_turned_forward,
    ),
)
