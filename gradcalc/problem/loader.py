"""Load a problem file: text in, a Problem out that is checked whole."""

from __future__ import annotations

import os
from collections.abc import Mapping as Dict
from fractions import Fraction
from pathlib import Path

from gradcalc.algebra.expr import ONE, Apply, Expr, Number, Symbol, number
from gradcalc.algebra.names import canonical, gradient_name, gradient_parts
from gradcalc.algebra.operations import Table
from gradcalc.algebra.shapes import Shape, describe
from gradcalc.algebra.syntax import parse
from gradcalc.algebra.table import TABLE
from gradcalc.engine.autodiff import Backward, differentiate
from gradcalc.engine.graph import Graph, Line, build
from gradcalc.engine.visible import visible
from gradcalc.errors import ProblemError, Source, Span, suggestion
from gradcalc.problem.data import fit, quantity_name, read_data, read_quantity, read_shape
from gradcalc.problem.document import Mapping, Scalar, parse_document
from gradcalc.problem.equations import read_equations
from gradcalc.problem.extras import read_extras, read_names, read_rounding
from gradcalc.problem.layers import LAYOUTS, WEIGHT, Network, activation, network
from gradcalc.problem.model import Data, Problem
from gradcalc.problem.naming import Names, Reference
from gradcalc.problem.numbers import decimal_comma
from gradcalc.problem.reading import read_source
from gradcalc.problem.schema import ACCEPT, check_keys, items_of, mapping_of, text_of

EXTRAS = ("options", "answer", "expect", "marking", "descent")


def load(source: str | Path | Source) -> Problem:
    """Load a problem from a path, from YAML text (it has a line break), or from `-`.

    Raises ProblemError, with the place in the file, for anything that does not fit.

    >>> load("inputs: {x: 3}\\nequations: y = x^2\\n").loss
    'y'
    """
    if isinstance(source, str) and "\n" in source:
        source = Source("<text>", source)
    if not isinstance(source, Source):
        source = read_source(os.fspath(source))
    root = parse_document(source)
    check_keys(root)
    return _Loader(root, source).problem()


class _Loader:
    def __init__(self, root: Mapping, source: Source) -> None:
        self.root, self.source = root, source
        self.table: Table = TABLE
        self.data: dict[str, Data] = read_data(root, source)
        self.layout = self.one_of("weights_layout", LAYOUTS) or LAYOUTS[0]
        self.lines: list[Line] = []
        self.net = Network((), ())

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str | None:
        node = self.root.get(key)
        text = text_of(node, key)
        if text is not None and text not in allowed:
            assert node is not None
            raise ProblemError(f"{text} is not known", node.span, hint=suggestion(
                text, allowed, f"{key} is {' or '.join(allowed)}"))
        return text

    def problem(self) -> Problem:
        equations = self.root.get("equations")
        functions: tuple[Line, ...] = ()
        own: tuple[Line, ...] = ()
        if equations is not None:
            read = read_equations(equations, self.table)
            self.table, functions, own = read.table, read.functions, read.lines
        self.net = self.layers()
        self.lines = [*self.net.lines, *own]
        self.add_loss(own)
        if not self.lines:
            raise ProblemError(
                "there is nothing to compute", Span(self.source, 1, 1),
                hint="give weights with activations, or equations",
            )
        self.check_names()
        asked = items_of(self.root.get("find"))
        self.letters_of(asked)
        forward = build(
            self.lines, {name: data.shape for name, data in self.data.items()},
            self.table, self.origin,
        )
        self.refuse_doubled(forward)
        names = read_names(mapping_of(self.root.get("names")), forward.shapes)
        loss, upstream_from_given = self.output(forward, asked, names)
        find, wanted, unread = self.wanted(asked, names, forward, loss)
        self.check_scalar(forward, loss, upstream_from_given, wanted)
        backward = differentiate(
            forward, wanted, self.table, loss=loss, upstream=upstream_from_given,
            given=self.given_names(), facts=self.facts(),
        )
        shapes = {**forward.shapes, **backward.graph.shapes}
        known = [n for n in shapes if "_" not in n.split("/")[-1][:2] and not n.startswith("_")]
        find += tuple(self.reference(node, names, known, loss) for node in unread)
        find = tuple(self.checked_entry(ref, shapes, node) for ref, node in
                     zip(find, asked, strict=True)) if asked else find
        return Problem(
            source=self.source,
            title=text_of(self.root.get("title"), "title") or _default_title(self.source),
            cite=text_of(self.root.get("source"), "source"),
            data=self.data,
            lines=tuple(self.lines),
            functions=functions,
            table=self.table,
            layers=self.net.layers,
            forward=forward,
            backward=backward,
            visible=visible(forward, backward.graph, self.table),
            loss=loss,
            upstream=upstream_from_given,
            find=find or self.default_find(backward.graph, loss, wanted),
            asked=bool(asked),
            given=self.given(shapes, names, known, loss),
            names=names,
            rounding=read_rounding(self.root.get("rounding"), names, known, loss),
            layout=self.layout,
            accept=self.accept(),
            extras=read_extras(self.root, EXTRAS, names, known, loss),
        )

    # --- the network -------------------------------------------------------------

    def layers(self) -> Network:
        """Return the layers that weights (or units) and activations make."""
        node = self.root.get("activations")
        items = items_of(node)
        if not items:
            if self.root.get("units") is not None:
                raise self.missing("units", "activations", "activations: [relu, identity]")
            return Network((), ())
        functions = [
            (activation(text, self.table, span), span)
            for text, span in (next(item.lines()) for item in items)
        ]
        if self.root.get("units") is not None:
            self.unit_shapes(len(items))
        numbers = sorted(int(m[1]) for m in map(WEIGHT.match, self.data) if m)
        if numbers != list(range(1, len(items) + 1)):
            assert node is not None
            have = ", ".join(f"W{n}" for n in numbers) or "no W1"
            raise ProblemError(
                f"{len(items)} activations, but {have} under weights", node.span,
                "one activation a layer", f"W1 to W{len(items)} are due, or name an activation "
                "for each layer (identity for none)",
            )
        start = self.network_input()
        return network(self.data, start, functions, self.layout, self.root.get("loss") is not None)

    def missing(self, key: str, other: str, hint: str) -> ProblemError:
        name = self.root.key(key)
        assert name is not None
        return ProblemError(f"{key} without {other}", name.span, hint=hint)

    def unit_shapes(self, count: int) -> None:
        """Put weights of letters in place: `units: [M, K]`."""
        node = self.root.get("units")
        assert node is not None
        dims = read_shape_list(node)
        if len(dims) != count:
            raise ProblemError(f"{len(dims)} units, {count} activations", node.span,
                               "one of each a layer")
        start = self.data[self.network_input()]
        width = start.shape[-1] if start.shape else 1
        for index, units in enumerate(dims, start=1):
            shape: Shape = (units, width)
            if self.layout == "inputs_by_units":
                shape = shape[::-1]
            self.data.setdefault(f"W{index}", Data(f"W{index}", "weight", shape, node.span))
            self.data.setdefault(f"b{index}", Data(f"b{index}", "weight", (units,), node.span))
            width = units

    def network_input(self) -> str:
        node = self.root.get("network_input")
        inputs = [name for name, data in self.data.items() if data.role == "input"]
        if node is not None:
            name = canonical(text_of(node, "network_input") or "")
            if name not in inputs:
                raise ProblemError(f"{name} is not an input", node.span,
                                   hint=suggestion(name, inputs))
            return name
        if len(inputs) != 1:
            place = self.root.key("inputs") or self.root.key("activations")
            assert place is not None
            raise ProblemError(
                "a network is fed by one input" + ("" if inputs else "; there is none"),
                place.span, hint="network_input: names it" if inputs else "inputs: {x: [1, 2]}",
            )
        if len(self.data[inputs[0]].shape) == 0 and self.data[inputs[0]].known:
            self.data[inputs[0]] = fit(self.data[inputs[0]], (1,), "a list of one")
        return inputs[0]

    def add_loss(self, own: tuple[Line, ...]) -> None:
        """Add `L = loss(prediction, target)`, where the file names a loss."""
        node = self.root.get("loss")
        if node is None:
            return
        assert isinstance(node, Scalar)
        text, span = next(node.lines())
        call = parse(text, span)
        if isinstance(call, Symbol):
            call = Apply(call.name, (), (), (0, len(text)))
        found = self.table.resolve(call.op) if isinstance(call, Apply) else None
        if not isinstance(call, Apply) or call.args or found is None or (
            self.table[found.op].kind != "loss"
        ):
            name = call.op if isinstance(call, Apply) else text
            near = self.table.nearest(name, ("loss",))
            known = ", ".join(row.name for row in self.table if row.kind == "loss")
            raise ProblemError(
                f"{name} is not a loss that gradcalc knows", span.within(0, len(text)),
                hint=f"did you mean {near}?" if near else f"known are {known}",
            )
        if any(line.name == "L" for line in self.lines):
            raise ProblemError("L is defined by an equation and by loss", span,
                               hint="give the equation another name, or remove loss")
        targets = [name for name, data in self.data.items() if data.role == "target"]
        if len(targets) != 1:
            key = self.root.key("targets") or self.root.key("loss")
            assert key is not None
            raise ProblemError(
                "a loss compares with one target" + ("" if targets else "; there is none"),
                key.span, hint="targets: {y: 10}" if not targets else
                "write the loss as an equation: L = squared_error(yhat, y)",
            )
        defined = [line.name for line in self.lines]
        prediction = "yhat" if "yhat" in defined else defined[-1] if defined else ""
        if not prediction:
            raise ProblemError("there is no prediction for the loss", span,
                               hint="give weights with activations, or equations")
        args = (Symbol(prediction), Symbol(targets[0]))
        self.lines.append(Line("L", Apply(call.op, args, call.attrs, (0, len(text))), span))

    # --- names, output, what is wanted -------------------------------------------

    def check_names(self) -> None:
        """Refuse an equation whose name is taken by a quantity or a layer."""
        seen: dict[str, Span | None] = {n: data.span for n, data in self.data.items()}
        for line in self.lines:
            if line.name in seen:
                before = seen[line.name]
                raise ProblemError(
                    f"{line.name} is defined twice", line.span,
                    f"first in line {before.line}" if before else "",
                    f"{line.name} comes from the network; its layers make z1, a1, …, yhat"
                    if line.name not in self.data else None,
                )
            seen[line.name] = line.span

    def letters_of(self, asked: tuple[Scalar, ...]) -> None:
        """Take names that only `find` knows (df/dx) as numbers without a value."""
        defined = {*self.data, *(line.name for line in self.lines)}
        for node in asked:
            parts = gradient_parts(canonical(node.text.strip()))
            if parts and parts[0] in defined and parts[1] not in defined:
                read = {s for line in self.lines for s in _symbols(line.expr)}
                if parts[1] in read:
                    self.data[parts[1]] = Data(parts[1], "input", (), node.span)

    def refuse_doubled(self, forward: Graph) -> None:
        """Refuse softmax in front of a loss that has softmax inside; sigmoid likewise."""
        inside = {"softmax_cross_entropy": ("softmax", "cross_entropy"),
                  "binary_cross_entropy_with_logits": ("sigmoid", "binary_cross_entropy")}
        ops = {n.name: n.expr.op for n in forward.nodes if isinstance(n.expr, Apply)}
        for node in forward.nodes:
            if isinstance(node.expr, Apply) and node.expr.op in inside:
                doubled, plain = inside[node.expr.op]
                if any(ops.get(name) == doubled for name in node.operands[:1]):
                    raise ProblemError(
                        f"{node.expr.op} has {doubled} inside and takes logits; "
                        f"{node.operands[0]} is a {doubled} already", node.span,
                        hint=f"use {plain}, or identity as the last activation",
                    )

    def origin(self, name: str) -> str | None:
        """Return in words where a quantity comes from."""
        data = self.data.get(name)
        if data is not None:
            note = "; 0,1 is two numbers in YAML; write 0.1" if decimal_comma(data.span) else ""
            return f"{name} is {describe(data.shape)} (line {data.span.line}){note}"
        line = next((line for line in self.lines if line.name == name), None)
        if line is None or line.span is None:
            return None
        from gradcalc.algebra.syntax import format

        return f"{name} comes from {name} = {format(line.expr)} (line {line.span.line})"

    def given_names(self) -> tuple[str, ...]:
        section = mapping_of(self.root.get("given"))
        return tuple(canonical(key.text.strip()) for key, _ in section.pairs) if section else ()

    def output(
        self, forward: Graph, asked: tuple[Scalar, ...], names: Names
    ) -> tuple[str, tuple[str, ...]]:
        """Return what is differentiated, and the names whose gradient is handed in."""
        handed = [parts for name in self.given_names() if (parts := gradient_parts(name))]
        upstream = [(of, by) for of, by in handed if of not in forward.shapes]
        found = {of for of, _ in upstream}
        for node in asked:
            parts = gradient_parts(canonical(node.text.strip()))
            if parts and not found:
                known = {text: ref.name for text, ref in names.taken.items()}
                of = known.get(parts[0], parts[0])
                if of in forward.shapes and not forward.shapes[of]:
                    found.add(of)
        if len(found) > 1 and not upstream:
            # a local derivative such as da1/dz1 is no output of its own
            found = {forward.output or ""} if forward.output in found else {sorted(found)[0]}
        loss = found.pop() if found else forward.output or ""
        if upstream:
            for of, by in upstream:
                if by not in forward.shapes:
                    raise self.unknown_given(gradient_name(of, by), forward)
            return loss, tuple(by for _, by in upstream)
        return loss, ()

    def unknown_given(self, name: str, forward: Graph) -> ProblemError:
        section = mapping_of(self.root.get("given"))
        assert section is not None
        key = next(key for key, _ in section.pairs if canonical(key.text.strip()) == name)
        known = [n for n in forward.shapes if not n.startswith("_")]
        return ProblemError(f"{name} names no value of this problem", key.span,
                            hint=suggestion(name, known, "known are " + ", ".join(known)))

    def check_scalar(
        self, forward: Graph, loss: str, upstream: tuple[str, ...], wanted: tuple[str, ...]
    ) -> None:
        """Refuse gradients of something that is not a number."""
        if upstream or not wanted:
            return
        shape = forward.shapes[loss]
        if shape:
            node = forward.node(loss)
            raise ProblemError(
                f"{loss} has {describe(shape)}; a gradient is that of one number",
                node.span if node else None,
                hint=f"add a loss, or hand in the upstream gradient: given: {{dL/d{loss}: …}}",
            )

    def wanted(
        self, asked: tuple[Scalar, ...], names: Names, forward: Graph, loss: str
    ) -> tuple[tuple[Reference, ...], tuple[str, ...], tuple[Scalar, ...]]:
        """Return what find names, the names to differentiate by, and what is left to read.

        Weights always; inputs where find names them or the file has no weights.
        """
        roles = {name: data.role for name, data in self.data.items()}
        weights = [name for name, role in roles.items() if role == "weight"]
        by = dict.fromkeys(weights)
        known = [name for name in forward.shapes if not name.startswith("_")]
        gradients = {gradient_name(loss, name): name for name in known}
        only_values = bool(asked)
        for node in asked:
            ref = names.read(node.text, [*known, *gradients], loss)
            if ref is not None and ref.name in gradients:
                by[gradients[ref.name]] = None
                only_values = False
            elif ref is None:
                only_values = False
                parts = gradient_parts(canonical(node.text.strip()))
                if parts:
                    by[parts[1]] = None
        scalar = not forward.shapes.get(loss, ())
        if not weights and not only_values and not (asked and by) and (
            scalar or loss not in forward.shapes
        ):
            by |= dict.fromkeys(name for name, role in roles.items() if role == "input")
        if not scalar and loss in forward.shapes and only_values:
            by = {}
        order = [name for name in forward.shapes if name in by]
        return (), tuple(order), asked

    def reference(
        self, node: Scalar, names: Names, known: list[str], loss: str
    ) -> Reference:
        """Return what one item of find names; raises ProblemError where it names nothing."""
        ref = names.read(node.text, known, loss)
        if ref is not None:
            return ref
        taken = names.taken.get(canonical(node.text.strip().partition("[")[0]))
        candidates = [*known, *names.taken]
        raise ProblemError(
            f"{node.text.strip()} names no value of this problem", node.span,
            hint=f"{node.text.strip()} is {taken} in this file" if taken else suggestion(
                node.text.strip(), candidates, "known are " + ", ".join(candidates[:24])),
        )

    def checked_entry(
        self, ref: Reference, shapes: Dict[str, Shape], node: Scalar
    ) -> Reference:
        if ref.index is None:
            return ref
        shape = shapes[ref.name]
        if len(ref.index) != len(shape) or any(
            isinstance(dim, int) and i >= dim for i, dim in zip(ref.index, shape, strict=True)
        ):
            raise ProblemError(f"{ref.name} has no such entry: it has {describe(shape)}",
                               node.span, hint="entries are counted from 1")
        return ref

    def default_find(
        self, backward: Graph, loss: str, wanted: tuple[str, ...]
    ) -> tuple[Reference, ...]:
        if not wanted:
            return (Reference(self.lines[-1].name),)
        return tuple(Reference(gradient_name(loss, name)) for name in wanted)

    def facts(self) -> dict[Expr, Expr]:
        """Return what is known of the data: one-hot targets sum to 1."""
        known: dict[Expr, Expr] = {}
        for name, data in self.data.items():
            if data.role != "target" or data.cells is None or not data.shape:
                continue
            exact = [Fraction(cell.text) for cell in data.cells.cells]
            width = int(data.shape[-1])
            rows = [sum(exact[i : i + width]) for i in range(0, len(exact), width)]
            if all(row == 1 for row in rows):
                axis = (("axis", number(-1)), ("keepdims", ONE))
                known[Apply("sum", (Symbol(name),), axis)] = ONE
        return known

    # --- the other keys ----------------------------------------------------------

    def given(
        self, shapes: Dict[str, Shape], names: Names, known: list[str], loss: str
    ) -> dict[str, Data]:
        section = mapping_of(self.root.get("given"))
        if section is None:
            return {}
        found: dict[str, Data] = {}
        for key, value in section.pairs:
            ref = names.read(key.text, known, loss)
            if ref is None or ref.index is not None:
                raise ProblemError(
                    f"{key.text} names no value of this problem", key.span,
                    hint=suggestion(key.text, known, "known are " + ", ".join(known[:24])),
                )
            if ref.name in self.data:
                raise ProblemError(f"{ref.name} is {self.data[ref.name].role}, and known already",
                                   key.span, f"defined in line {self.data[ref.name].span.line}")
            data = read_quantity(ref.name, "given", value, key.span, self.source)
            if not data.known:
                raise ProblemError(f"{ref.name} has no numbers", value.span)
            found[ref.name] = fit(data, shapes[ref.name], "the equations say so")
        return found

    def accept(self) -> tuple[str, ...]:
        for item in items_of(self.root.get("accept")):
            if item.text not in ACCEPT:
                raise ProblemError(f"{item.text} is not a convention", item.span,
                                   hint=suggestion(item.text, ACCEPT, ", ".join(ACCEPT)))
        return tuple(item.text for item in items_of(self.root.get("accept")))


def read_shape_list(node: object) -> Shape:
    """Return the dimensions of `units`, of any number of layers."""
    from gradcalc.problem.document import Sequence

    items = node.items if isinstance(node, Sequence) else (node,)
    return tuple(read_shape(item)[0] for item in items)  # type: ignore[arg-type]


def _symbols(expr: Expr) -> tuple[str, ...]:
    from gradcalc.algebra.expr import symbols

    return symbols(expr)


def _default_title(source: Source) -> str:
    return Path(source.name).stem if not source.name.startswith("<") else "Problem"


__all__ = ["Backward", "Number", "load", "quantity_name"]
