"""What a problem file says, checked whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gradcalc.algebra.formula.expr import Apply, Expr, Number
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import Shape, describe
from gradcalc.algebra.operations.operation import Table
from gradcalc.algebra.optimisers import Optimiser, UpdateEquation, state
from gradcalc.engine.autodiff import Backward
from gradcalc.engine.graph import Graph, Line, Visible
from gradcalc.errors import Source, Span
from gradcalc.problem.names import Lexicon, Names, Reference
from gradcalc.problem.text.numbers import Numeral, NumeralArray
from gradcalc.problem.text.yaml_nodes import ScalarNode, Value

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array
    from gradcalc.engine.evaluate import Program
    from gradcalc.engine.gradient_check import Proof
    from gradcalc.engine.rounding import Rounding


def sized(name: str, shape: Shape) -> str:
    """Return a name with its shape in words: `a1 has 2 entries`, `W1 is 2×3`.

    >>> sized("x", ()), sized("x", (2,)), sized("x", (2, 3))
    ('x is a number', 'x has 2 entries', 'x is 2×3')
    """
    return f"{name} {'has' if len(shape) == 1 else 'is'} {describe(shape)}"


@dataclass(frozen=True)
class Data:
    """A quantity of the file: numbers as they are written, or only a shape.

    role: input, target, weight, constant, or given.
    """

    name: str
    role: str
    shape: Shape
    span: Span
    cells: NumeralArray | None = None
    loaded: Any = field(default=None, compare=False, repr=False)

    @property
    def known(self) -> bool:
        """Tell whether there are numbers, and not only a shape."""
        return self.cells is not None or self.loaded is not None

    @cached_property
    def array(self) -> Array:
        """Return the numbers as a read-only float64 array of the own shape."""
        import numpy as np  # noqa: PLC0415 - letters need no NumPy

        if self.cells is None:
            value = np.asarray(self.loaded, dtype=float)
        else:
            flat = [cell.value for cell in self.cells.cells]
            value = np.array(flat, dtype=float).reshape(tuple(int(dim) for dim in self.shape))
        value.flags.writeable = False
        return value

    @property
    def texts(self) -> tuple[str, ...] | None:
        """Return the numbers as written, in row order, where they were written."""
        return tuple(cell.text for cell in self.cells.cells) if self.cells else None


@dataclass(frozen=True)
class Layer:
    """One dense layer: the names of its parts."""

    number: int
    weight: str
    bias: str | None
    before: str
    z: str
    after: str
    activation: str


@dataclass(frozen=True)
class Choices:
    """The numbers that one entry is drawn from: as texts, and as the floats they spell."""

    texts: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Individual:
    """The entries that every student has numbers of their own for, and their choices."""

    seed: str
    entries: tuple[Reference, ...]
    choices: tuple[Choices, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the quantities that some entry is drawn of."""
        return tuple(dict.fromkeys(entry.name for entry in self.entries))


@dataclass(frozen=True)
class Problem:
    """A problem file, checked whole: names, shapes and numbers fit.

    Its graphs are built and differentiated once and can be evaluated many times.
    individual: what is drawn for every student; student: whose numbers these are, where
    they are one student's; own: the quantities that hold numbers of only that student.
    """

    source: Source
    title: str
    cite: str | None
    data: Mapping[str, Data]
    lines: tuple[Line, ...]
    functions: tuple[Line, ...]
    table: Table
    layers: tuple[Layer, ...]
    forward: Graph
    backward: Backward
    visible: Visible
    loss: str
    upstream: tuple[str, ...]
    find: tuple[Reference, ...]
    asked: bool
    given: Mapping[str, Data]
    names: Names
    rounding: Rounding | None
    layout: str
    accept: tuple[str, ...]
    extras: Mapping[str, Value]
    individual: Individual | None = None
    student: str | None = None
    own: tuple[str, ...] = ()
    descent: Descent | None = None
    jacobian_layout: str = "numerator"

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process gets: what the file says, nothing compiled."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def numeric(self) -> bool:
        """Tell whether every quantity that is read has numbers."""
        return all(data.known for data in self.data.values())

    @property
    def named(self) -> tuple[str, ...]:
        """Return all names that have a value, in the order of the solution."""
        return (
            *self.data,
            *(node.name for node in self.visible.forward),
            *self.upstream_names,
            *(node.name for node in self.visible.backward),
        )

    @property
    def upstream_names(self) -> tuple[str, ...]:
        """Return the names of gradients that are handed in."""
        return tuple(gradient_name(self.loss, name) for name in self.upstream)

    @cached_property
    def constant(self) -> frozenset[str]:
        """Return the names whose line is one number, which stands for every entry."""
        lines = (*self.visible.forward, *self.visible.backward)
        return frozenset(
            node.name
            for node in lines
            if isinstance(_each_entry(node.expr), Number) and node.name not in self.given
        )

    @cached_property
    def lexicon(self) -> Lexicon:
        """Return what reads the name of a quantity or of an entry."""
        shapes = {name: self.visible.shapes[name] for name in self.named}
        return Lexicon(self.names, shapes, self.loss)

    @cached_property
    def program(self) -> Program:
        """Return both passes compiled, Jacobians left out."""
        return self.compiled(exact=True)

    def compiled(self, *, exact: bool) -> Program:
        """Return both passes compiled: what is rational exactly, or all of it in floats."""
        from gradcalc.engine.evaluate import Program  # noqa: PLC0415 - letters need no NumPy

        nodes = [*self.forward.nodes]
        nodes += [node for node in self.backward.graph.nodes if node.name not in self.jacobians]
        spelled = self.spelled if exact else None
        return Program(nodes, self.input_shapes, self.table, exact=exact, spelled=spelled)

    @property
    def spelled(self) -> dict[str, tuple[Array, tuple[Fraction, ...]]]:
        """Return the numbers of the file of which some are written as 2/7, exactly."""
        known = {**self.data, **{name: self.given[name] for name in self.upstream_names}}
        return {
            name: (data.array, tuple(map(Fraction, data.texts or ())))
            for name, data in known.items()
            if any("/" in text for text in data.texts or ())
        }

    @cached_property
    def proof(self) -> Proof:
        """Return the numerical check of every backward line, compiled."""
        from gradcalc.engine.gradient_check import Proof  # noqa: PLC0415 - letters need no NumPy

        return Proof(self.forward, self.backward, self.table, self.loss)

    @property
    def input_shapes(self) -> dict[str, Shape]:
        """Return the shapes of everything that is handed in."""
        upstream = self.backward.graph.inputs
        return {**self.forward.inputs, **{name: upstream[name] for name in self.upstream_names}}

    @cached_property
    def jacobians(self) -> tuple[str, ...]:
        """Return the local derivatives that are whole matrices, built when they are read.

        A given one is read by the line behind it, and is a value as any other.
        """
        local = {edge.local: edge for edge in self.backward.edges if edge.local}
        shapes = self.forward.shapes
        return tuple(
            node.name
            for node in self.backward.graph.nodes
            if node.name in local
            and node.name not in self.given
            and len(node.shape) > len(shapes[local[node.name].operand])
        )

    def roles(self, role: str) -> list[Data]:
        """Return the quantities of one role in the order of the file."""
        return [data for data in self.data.values() if data.role == role]


def _each_entry(expr: Expr) -> Expr:
    """Return what a formula that only repeats one thing repeats."""
    while isinstance(expr, Apply) and expr.op in ("fill", "expand", "identity"):
        expr = expr.args[0]
    return expr


@dataclass(frozen=True)
class Descent:
    """What `descent:` says: an optimiser, its settings, its steps, what it moves.

    settings: key → number, every setting of the optimiser; texts: as they are written.
    rates: the learning rate of each step, or one for all.
    """

    optimiser: Optimiser
    settings: Mapping[str, float]
    texts: Mapping[str, str]
    rates: tuple[Numeral, ...]
    steps: int
    span: Span
    named: tuple[ScalarNode, ...] = ()
    parameters: tuple[str, ...] = ()
    loss: str = ""
    place: Span | None = field(default=None, compare=False)

    @cached_property
    def assignments(self) -> tuple[UpdateEquation, ...]:
        """Return the equations of a step."""
        return self.optimiser.assignments(self.settings)

    @cached_property
    def state(self) -> tuple[str, ...]:
        """Return the letters that are kept from step to step, each once a parameter."""
        return state(self.assignments)

    @property
    def gradients(self) -> tuple[str, ...]:
        """Return the names of the gradients that are read."""
        return tuple(gradient_name(self.loss, name) for name in self.parameters)

    def rate(self, step: int) -> Numeral:
        """Return the learning rate of a step, counted from 1."""
        return self.rates[step - 1 if len(self.rates) > 1 else 0]
