"""Load a problem file: text in, a Problem out that is checked whole, also for its size."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gradcalc.algebra.formula.expr import Apply, Number, Symbol, parts, symbols
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import describe, size
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.operation import Table
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.autodiff import Backward, differentiate
from gradcalc.engine.graph import Graph, Line, Node, Visible, build, visible
from gradcalc.errors import ProblemError, Source, Span, suggestion
from gradcalc.problem.limit_values import with_limits
from gradcalc.problem.model import Data, Problem, sized
from gradcalc.problem.names import Reference
from gradcalc.problem.reading.conventions import moves, read_extras, read_rounding, with_kinks
from gradcalc.problem.reading.data import known_sums, read_data, read_given, refuse_drawn
from gradcalc.problem.reading.dense_layers import JACOBIAN_LAYOUTS, LAYOUTS, Network
from gradcalc.problem.reading.descent import moved, read_descent, settled
from gradcalc.problem.reading.equations import Equations, read_equations, refuse_numbers
from gradcalc.problem.reading.individual import read_individual
from gradcalc.problem.reading.keys import (
    ACCEPT,
    check_keys,
    choices_of,
    items_of,
    mapping_of,
    text_of,
)
from gradcalc.problem.reading.network import as_equation, read_loss, read_network, refuse_doubled
from gradcalc.problem.reading.question import (
    check_scalar,
    given_keys,
    given_names,
    letters,
    operands,
    read_find,
    read_output,
)
from gradcalc.problem.reading.size_letters import with_sizes
from gradcalc.problem.reading.vocabulary import Vocabulary, read_names
from gradcalc.problem.text.source import read_source, with_plain_lines
from gradcalc.problem.text.yaml_nodes import MappingNode, parse_document

MOST_ENTRIES = 10**6
TIMES_DATA = 4

MOST_AXES = 2
"""A quantity is a number, a vector or a matrix."""


def refuse_large(nodes: Iterable[Node], data: Mapping[str, Data]) -> None:
    """Refuse a line of more entries than fit into a computer's memory beside its data.

    Formulas in letters compute nothing, and may be of any size. Raises ProblemError.
    """
    if not all(quantity.known for quantity in data.values()):
        return
    largest = max((size(quantity.shape) or 0 for quantity in data.values()), default=0)
    most = max(MOST_ENTRIES, TIMES_DATA * largest)
    for node in nodes:
        count = size(node.shape)
        if count is not None and count > most:
            raise ProblemError(
                f"this makes {count} entries, and at most {most} are computed",
                node.span,
                describe(node.shape) if len(node.shape) > 1 else "",
                f"from {MOST_ENTRIES} entries on, a value has at most {TIMES_DATA} times as many"
                " as the largest quantity of the file",
            )


def load(source: str | Path | Source, sizes: Mapping[str, int] | None = None) -> Problem:
    r"""Load a problem from a path, from YAML text (it has a line break), or from `-`.

    sizes: numbers in place of the letters of dimensions, `{"N": 3}`.

    Raises ProblemError, with the place in the file, for anything that does not fit.

    >>> load("inputs: {x: 3}\nequations: y = x^2\n").loss
    'y'
    """
    if isinstance(source, str) and "\n" in source:
        source = Source("<text>", source)
    if isinstance(source, Source):
        source = Source(source.name, with_plain_lines(source.text))
    else:
        source = read_source(os.fspath(source))
    root = parse_document(source)
    check_keys(root)
    return _problem(with_sizes(root, sizes) if sizes else root, source)


def _problem(root: MappingNode, source: Source) -> Problem:
    """Put a problem together: equations, forward pass, question, backward pass, the rest."""
    chosen = choices_of(root.get("weights_layout"), "a layout of weights", LAYOUTS)
    layout = chosen[0] if chosen else LAYOUTS[0]
    turned = choices_of(root.get("jacobian_layout"), "a layout of Jacobians", JACOBIAN_LAYOUTS)
    jacobian_layout = turned[0] if turned else JACOBIAN_LAYOUTS[0]
    asked = items_of(root.get("find"))
    section = mapping_of(root.get("given"))

    written = read_data(root)
    node = root.get("equations")
    table = with_kinks(mapping_of(root.get("kinks")), TABLE)
    own = read_equations(node, table) if node is not None else Equations((), (), {}, table)
    net, data = read_network(root, written, own.table, layout)
    lines = [*net.lines, *own.lines]
    loss_line = read_loss(root, lines, data, own.table, len(net.layers))
    if loss_line is not None:
        lines.append(loss_line)
    _check_lines(lines, own.heads, data, source)
    _check_counters(own.letters, data)
    _check_order(lines, loss_line, net)
    data |= {quantity.name: quantity for quantity in letters(asked, lines, data)}
    _check_letters(lines, own.heads, data)

    def first_pass(lines: Sequence[Line], table: Table) -> Graph:
        return build(
            lines,
            {name: quantity.shape for name, quantity in data.items()},
            table,
            lambda name: _origin(name, data, lines),
            lambda name: _output_name(name, net, loss_line),
        )

    forward = first_pass(lines, own.table)
    _refuse_axes(forward)
    refuse_doubled(forward)
    refuse_numbers(forward, data, own.table)
    _refuse_unread(data, lines, len(net.layers))
    names = read_names(mapping_of(root.get("names")), forward.shapes)
    output = read_output(forward, asked, given_keys(section), names)
    individual = read_individual(
        mapping_of(root.get("individual")), Vocabulary(names, forward.shapes, output.name), data
    )
    plan = read_descent(root)
    steered = moved(plan, names, data)
    wanted = operands(asked, names, forward, output, data, steered)
    if wanted:
        check_scalar(forward, output, net.output)

    loss = output.name
    facts = known_sums(data, individual)

    def second_pass(forward: Graph, table: Table) -> Backward:
        return differentiate(
            forward,
            wanted,
            table,
            loss=loss,
            upstream=output.upstream,
            given=given_names(section, names, forward, loss),
            facts=facts,
            numerator=jacobian_layout == "numerator",
        )

    backward = second_pass(forward, own.table)
    refuse_large((*forward.nodes, *backward.graph.nodes), data)
    vocabulary = Vocabulary(names, {**forward.shapes, **backward.graph.shapes}, loss)
    given = read_given(section, vocabulary, data)
    refuse_drawn(given, individual, (forward, backward.graph))
    descent = settled(plan, steered, wanted, data, loss, upstream=bool(output.upstream))
    kept = {*data} - {*(descent.parameters if descent else ())}
    rounding = read_rounding(root.get("rounding"), vocabulary, kept)

    def show(forward: Graph, backward: Backward, table: Table) -> Visible:
        return visible(forward, backward.graph, table, apart)

    def apart(name: str, number: Number) -> bool:
        return name in given or moves(rounding, name, number)

    problem = Problem(
        source=source,
        title=text_of(root.get("title"), "title") or _default_title(source),
        cite=text_of(root.get("source"), "source"),
        data=data,
        lines=tuple(lines),
        functions=own.functions,
        table=own.table,
        layers=net.layers,
        forward=forward,
        backward=backward,
        visible=show(forward, backward, own.table),
        loss=loss,
        upstream=output.upstream,
        find=read_find(asked, vocabulary)
        or tuple(Reference(gradient_name(loss, name)) for name in wanted)
        or (Reference(lines[-1].name),),
        asked=bool(asked),
        given=given,
        names=names,
        rounding=rounding,
        layout=layout,
        jacobian_layout=jacobian_layout,
        accept=choices_of(root.get("accept"), "a convention", ACCEPT),
        extras=read_extras(root, vocabulary),
        individual=individual,
        descent=descent,
    )
    return with_limits(problem, first_pass, second_pass, show)


def _refuse_axes(forward: Graph) -> None:
    """Refuse a line with more than two axes: pages, answers and scripts have no place for it."""
    for node in forward.nodes:
        if len(node.shape) > MOST_AXES:
            what = "a part of this line" if node.hidden else node.name
            raise ProblemError(
                f"{what} is {describe(node.shape)}",
                node.span,
                hint="a quantity is a number, a vector or a matrix",
            )


def _default_title(source: Source) -> str:
    return Path(source.name).stem if not source.name.startswith("<") else "Problem"


def _check_lines(
    lines: list[Line], heads: Mapping[str, Span], data: Mapping[str, Data], source: Source
) -> None:
    """Refuse a file without lines, and a line whose name is taken already."""
    if not lines:
        raise ProblemError(
            "there is nothing to compute",
            Span(source, 1, 1),
            hint="give weights with activations, or equations",
        )
    seen: dict[str, Span | None] = {name: quantity.span for name, quantity in data.items()}
    for line in lines:
        if line.name in data and line.name not in heads:
            raise ProblemError(
                f"{line.name} is defined twice",
                data[line.name].span,
                f"the {'loss' if line.name == 'L' else 'network'} makes a line of this name",
                f"give {line.name} another name",
            )
        if line.name in seen:
            before = seen[line.name]
            raise ProblemError(
                f"{line.name} is defined twice",
                heads.get(line.name, line.span),
                f"first in line {before.line}" if before else "",
                "give the second value a name of its own"
                if line.name in data
                else f"{line.name} comes from the network; its layers make z1, a1, …, yhat",
            )
        seen[line.name] = line.span


def _check_counters(letters: Mapping[str, Span], data: Mapping[str, Data]) -> None:
    """Refuse a repetition that counts by the name of a quantity."""
    for letter, span in letters.items():
        if letter in data:
            raise ProblemError(
                f"{letter} counts steps and is the name of a quantity",
                span,
                f"{letter} stands in line {data[letter].span.line}",
                "count by another letter: for k = 1..3:",
            )


def _check_order(lines: list[Line], loss: Line | None, net: Network) -> None:
    """Refuse a line that reads a later one, or itself."""
    later = {line.name: line for line in lines}
    for line in lines:
        for part in parts(line.expr):
            if not isinstance(part, Symbol) or part.name not in later:
                continue
            name, of = part.name, later[part.name]
            if of is loss and line is not loss:
                raise _before_loss(line, part, of, net)
            if name == line.name:
                message, hint = f"{name} is read in its own definition", f"call the result {name}2"
            else:
                message = f"{name} is used before it is defined"
                hint = "put its line above this one"
                if line.name in _behind(name, later):
                    hint = f"{name} needs {line.name} in turn: equations cannot form a circle"
            place = line.span.within(*part.place) if line.span and part.place else line.span
            label = f"defined in line {of.span.line}" if of.span and of is not line else ""
            raise ProblemError(message, place, label, hint)
        del later[line.name]


def _before_loss(line: Line, part: Symbol, loss: Line, net: Network) -> ProblemError:
    """Return the error for an equation that reads L, which `loss:` makes at the end."""
    assert isinstance(loss.expr, Apply)
    before, target = loss.expr.args
    shown = before if before == Symbol("yhat") else Symbol("…")
    call = format(Apply(loss.expr.op, (shown, target), loss.expr.attrs))
    text = as_equation(call, len(net.layers))
    return ProblemError(
        "L is not known here: loss: comes after all equations",
        line.span.within(*part.place) if line.span and part.place else line.span,
        f"loss: in line {loss.span.line}" if loss.span else "",
        f"in place of loss:, write the equation {text} above this line",
    )


def _output_name(name: str, net: Network, loss: Line | None) -> str | None:
    """Return a hint where an equation calls the network's output by its other name."""
    if name == "yhat" and net.layers and loss is None:
        return f"without loss:, the output of the network is called {net.output}"
    if name == f"a{len(net.layers)}" and loss is not None and net.layers:
        return "with loss:, the output of the network is called yhat"
    return None


def _behind(name: str, lines: Mapping[str, Line]) -> set[str]:
    """Return the names that a line reads, directly or through other lines."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        line = lines.get(waiting.pop())
        new = set(symbols(line.expr)) - found if line is not None else set()
        found |= new
        waiting += new
    return found


def _check_letters(lines: list[Line], heads: Mapping[str, Span], data: Mapping[str, Data]) -> None:
    """Refuse a letter that is a dimension and the name of a quantity."""
    values = {line.name: heads.get(line.name, line.span) for line in lines}
    values |= {name: quantity.span for name, quantity in data.items()}
    for quantity in data.values():
        for dim in quantity.shape:
            if isinstance(dim, str) and dim in values:
                raise ProblemError(
                    f"{dim} is a dimension and the name of a value",
                    values[dim],
                    f"a dimension of {quantity.name} (line {quantity.span.line})",
                    "give one of them a letter of its own",
                )


def _refuse_unread(data: Mapping[str, Data], lines: list[Line], layers: int) -> None:
    """Refuse a weight that no line reads: B1 for b1 would be a layer without bias."""
    read = {name for line in lines for name in symbols(line.expr)}
    due = [f"{letter}{number}" for number in range(1, layers + 1) for letter in "Wb"]
    for name, quantity in data.items():
        if quantity.role == "weight" and name not in read:
            raise ProblemError(
                f"no line reads the weight {name}",
                quantity.span,
                hint=suggestion(
                    name,
                    [other for other in due if other not in data],
                    "a layer reads W1, b1, W2, b2, … in order; an equation reads"
                    " the names that stand in it",
                ),
            )


def _origin(name: str, data: Mapping[str, Data], lines: Sequence[Line]) -> str | None:
    """Return in words where a quantity comes from."""
    quantity = data.get(name)
    if quantity is not None:
        return f"{sized(name, quantity.shape)} (line {quantity.span.line})"
    line = next((line for line in lines if line.name == name), None)
    if line is None or line.span is None:
        return None
    return f"{name} comes from {name} = {format(line.expr)} (line {line.span.line})"
