"""What a problem asks: the output that is differentiated, by what, and what find names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradcalc.algebra.formula.expr import symbols
from gradcalc.algebra.formula.names import canonical, gradient_name, gradient_parts
from gradcalc.engine.graph import Graph, Line
from gradcalc.errors import ProblemError, listed, suggestion
from gradcalc.problem.model import Data, sized
from gradcalc.problem.names import Lexicon, Names, Reference, is_hidden
from gradcalc.problem.reading.vocabulary import Vocabulary
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode


@dataclass(frozen=True)
class Output:
    """What is differentiated, and the names whose gradient is handed in."""

    name: str
    upstream: tuple[str, ...] = ()


def letters(
    asked: Sequence[ScalarNode], lines: Sequence[Line], data: Mapping[str, Data]
) -> list[Data]:
    """Return the quantities that only find knows: x in df/dx is a number without a value."""
    defined = {*data, *(line.name for line in lines)}
    read = {name for line in lines for name in symbols(line.expr)}
    found: dict[str, Data] = {}
    for node in asked:
        of, by = gradient_parts(canonical(node.text.strip())) or ("", "")
        if of in defined and by in read - defined:
            found.setdefault(by, Data(by, "input", (), node.span))
    return list(found.values())


def given_keys(section: MappingNode | None) -> dict[str, ScalarNode]:
    """Return the names under given with their places, before the backward pass is known."""
    return {canonical(key.text.strip()): key for key, _ in section.pairs} if section else {}


def given_names(
    section: MappingNode | None, names: Names, forward: Graph, loss: str
) -> tuple[str, ...]:
    """Return the quantities under given by our names, before the backward pass is known."""
    lexicon = Lexicon(names, forward.shapes, loss)

    def ours(text: str) -> str:
        parts, reference = lexicon.parts(text), lexicon.read(text)
        if parts is not None:
            return gradient_name(*parts)
        return reference.name if reference is not None else canonical(text.strip())

    return tuple(ours(key.text) for key, _ in section.pairs) if section else ()


def read_output(
    forward: Graph, asked: Sequence[ScalarNode], given: Mapping[str, ScalarNode], names: Names
) -> Output:
    """Return what is differentiated.

    A gradient of something that no line defines is handed in (given: dL/dA); otherwise it
    is what find differentiates, else the last line. Raises ProblemError where the gradients
    handed in belong to nothing, or to two things.
    """
    handed = {
        parts: key
        for name, key in given.items()
        if (parts := _plain(name, names)) and parts[0] not in forward.shapes
    }
    if handed:
        return _handed(forward, handed)
    last = forward.output or ""
    numbers = {node.name for node in forward.nodes if not node.shape}
    lexicon = Lexicon(names, forward.shapes, "")
    of = dict.fromkeys(
        parts[0] for node in asked if (parts := lexicon.parts(node.text)) and parts[0] in numbers
    )
    # da1/dz1 beside dL/dW1 is a local derivative and no output of its own
    return Output(last if last in of or not of else next(iter(of)))


def _handed(forward: Graph, handed: Mapping[tuple[str, str], ScalarNode]) -> Output:
    outputs = dict.fromkeys(of for of, _ in handed)
    known = [name for name in forward.shapes if not is_hidden(name)]
    for (_, by), key in handed.items():
        if by not in forward.shapes:
            raise ProblemError(
                f"{by} in {key.text.strip()} names no value of this problem",
                key.span,
                hint=suggestion(by, known, "known are " + listed(known)),
            )
    if len(outputs) > 1:
        last = list(handed.values())[-1]
        raise ProblemError(
            "gradients of two things are handed in: " + ", ".join(outputs),
            last.span,
            hint="all of them are gradients of one number",
        )
    return Output(next(iter(outputs)), tuple(by for _, by in handed))


def _plain(name: str, names: Names) -> tuple[str, str] | None:
    """Return the two parts of a derivative's name, the author's names made ours."""
    parts = gradient_parts(name)
    if parts is None:
        return None
    taken = names.taken
    of, by = (taken[part].name if part in taken else part for part in parts)
    return of, by


def operands(
    asked: Sequence[ScalarNode],
    names: Names,
    forward: Graph,
    output: Output,
    data: Mapping[str, Data],
    moved: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return the names to differentiate by, in the order of the graph.

    Weights always, what find names and what a descent moves; inputs where the file has no
    weights. Nothing where find names values only and the output is not one number.
    """
    by = {name for name, quantity in data.items() if quantity.role == "weight"}
    gradients = {
        gradient_name(output.name, name): name for name in forward.shapes if not is_hidden(name)
    }
    found: set[str] = set(moved)
    shapes = {name: forward.shapes[by] for name, by in gradients.items()} | forward.shapes
    lexicon = Lexicon(names, shapes, output.name)
    for node in asked:
        reference, parts = lexicon.read(node.text), lexicon.parts(node.text)
        if reference is not None and reference.name in gradients:
            found.add(gradients[reference.name])
        elif parts is not None:
            found.add(parts[1])
    vector = bool(forward.shapes.get(output.name))
    if vector and not output.upstream and not found and (asked or not by):
        return ()
    if not by and not asked and not moved:
        by = {name for name, quantity in data.items() if quantity.role == "input"}
    return tuple(name for name in forward.shapes if name in by | found)


def check_scalar(forward: Graph, output: Output, after: str | None) -> None:
    """Refuse gradients of something that is not a number; `after` is a network's output."""
    shape, name = forward.shapes.get(output.name, ()), output.name
    if not shape or output.upstream:
        return
    node = forward.node(name)
    place = node.span if node else None
    if name == after:
        raise ProblemError(
            f"there is no loss to differentiate: the output {sized(name, shape)}",
            place,
            "the last layer",
            f"add a line, as in loss: half_squared_error, or given: {{dL/d{name}: […]}}",
        )
    raise ProblemError(
        f"{sized(name, shape)}; a gradient is that of one number",
        place,
        hint=f"make one number of {name}, as in sum(…)"
        if name == "L"
        else f"add a loss, or hand in the upstream gradient: given: {{dL/d{name}: …}}",
    )


def read_find(asked: Sequence[ScalarNode], vocabulary: Vocabulary) -> tuple[Reference, ...]:
    """Return what find names; raises ProblemError at an item that names nothing."""
    return tuple(vocabulary.read(node) for node in asked)
