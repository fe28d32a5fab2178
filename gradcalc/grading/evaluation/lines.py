"""The lines of a problem with numbers for all letters: what answers are judged by."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from gradcalc.algebra.formula.expr import Expr, Symbol, add, substitute, symbols
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import Index, Shape, size
from gradcalc.algebra.operations.inference import shape_finder
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.rewriting.simplify import simplify
from gradcalc.engine.autodiff import Edge
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.errors import ProblemError
from gradcalc.grading.evaluation.proof import letters_in_numbers, prove, sizes_of
from gradcalc.problem.authoring.draw_student import with_arrays
from gradcalc.problem.model import Problem
from gradcalc.problem.names import is_hidden
from gradcalc.problem.solution import Gap
from gradcalc.problem.undefined_lines import Evaluation, gaps, refuse_nothing, run

MOST_ENTRIES = 10_000
"""Entries of a Jacobian above which it is no line to be judged."""
DRAWS = 20
MOST_STUDENTS = 256
"""Students of a class whose lines are kept, since several lines are judged by them."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Both passes of a problem, hidden lines included, every shape in numbers.

    start: values of what is handed in; given: values that stand in place of lines.
    memo: what others have worked out from the formulas, so that they do so once; the same
    lines with other numbers share it.
    """

    problem: Problem
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    inputs: Mapping[str, Shape]
    start: Mapping[str, Array]
    given: Mapping[str, Array]
    memo: dict[str, Any] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process gets: the lines, nothing worked out from them."""
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"memo": {}}

    @cached_property
    def by_name(self) -> dict[str, Node]:
        """Return every line by its name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def place(self) -> dict[str, int]:
        """Return the position of every line in the order of evaluation."""
        return {node.name: at for at, node in enumerate(self.nodes)}

    @cached_property
    def operands(self) -> dict[str, tuple[str, ...]]:
        """Return the names that every line reads."""
        return {node.name: tuple(symbols(node.expr)) for node in self.nodes}

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Return the own shape of every name."""
        return {**self.inputs, **{node.name: node.shape for node in self.nodes}}

    @cached_property
    def visible(self) -> tuple[str, ...]:
        """Return the names of the lines that people see, in the order of the solution."""
        return tuple(node.name for node in self.nodes if not node.hidden)

    @cached_property
    def letters(self) -> dict[int, str]:
        """Return the letter of each dimension that a number stands for."""
        return {number: name for name, number in sizes_of(self.problem).items()}

    @property
    def program(self) -> Program:
        """Return all lines compiled."""
        known: Program | None = self.memo.get("program")
        if known is None:
            known = self.memo["program"] = Program(
                self.nodes, self.inputs, self.problem.table, spelled=self.problem.spelled
            )
        return known

    @cached_property
    def values(self) -> dict[str, Array]:
        """Return the value of every name, given values in force.

        What does not exist is NaN; where nothing exists of what a student with numbers of
        their own is asked for, their values may be infinite.
        """
        return self.evaluated.values

    @cached_property
    def evaluated(self) -> Evaluation:
        """Return the value of every name, and where what does not exist begins.

        Raises ProblemError where nothing exists of what the problem asks for.
        """
        if self.theirs:
            return self.of_all[0]
        found = run(self.program, self.problem.loss, self.start, self.given)
        refuse_nothing(self.problem, found, self.nodes)
        return found

    @cached_property
    def of_all(self) -> tuple[Evaluation, frozenset[int]]:
        """Return the values of all students, and for whom nothing exists that is asked for.

        Who has some value that does not exist is evaluated alone, the same numbers once.
        """
        values = self.program.run(self.start, self.given, strict=False)
        if all(np.isfinite(value.sum()) for value in values.values()):
            return Evaluation(values), frozenset()
        lanes = {n: v for n, v in values.items() if v.ndim > len(self.shapes[n])}
        bad = [~np.isfinite(v).reshape(len(v), -1).all(axis=1) for v in lanes.values()]
        alike: dict[bytes, list[int]] = {}
        for row in np.flatnonzero(np.any(bad, axis=0)).tolist() if bad else ():
            key = b"".join(self.start[name][row].tobytes() for name in self.theirs)
            alike.setdefault(key, []).append(row)
        nothing: list[int] = []
        lanes = {name: np.array(value) for name, value in lanes.items()} if alike else lanes
        for rows in alike.values():
            try:
                own = self.student(rows[0]).values
            except ProblemError:
                nothing += rows
                continue
            for name, value in lanes.items():
                value[rows] = own[name]
        return Evaluation({**values, **lanes}), frozenset(nothing)

    @cached_property
    def gaps(self) -> dict[str, Gap]:
        """Return why lines, or entries of them, have no value, by name."""
        return gaps(self.problem, self.evaluated, self.nodes)

    @cached_property
    def theirs(self) -> tuple[str, ...]:
        """Return the names of which every student of a class has numbers of their own."""
        return tuple(n for n, value in self.start.items() if value.ndim > len(self.inputs[n]))

    @cached_property
    def lost(self) -> dict[int, str]:
        """Return the students whose own numbers give some line no value, and that line."""
        found: dict[int, str] = {}
        if not self.theirs or all(np.isfinite(value.sum()) for value in self.values.values()):
            return found
        for name in sorted(self.values, key=is_hidden):
            value = self.values[name]
            if value.ndim > len(self.shapes[name]):
                bad = ~np.isfinite(value).reshape(len(value), -1).all(axis=1)
                for row in np.flatnonzero(bad).tolist():
                    found.setdefault(row, name)
        return found

    @cached_property
    def computed(self) -> dict[str, Array]:
        """Return what every line makes of the values in force, given ones included."""
        found: dict[str, Array] = {}

        def keep(name: str, value: Array) -> Array:
            found[name] = value
            return self.given.get(name, value)

        values = self.program.run(self.start, adjust=keep, strict=False)
        return {**values, **found}

    @cached_property
    def texts(self) -> dict[str, dict[Index, str]]:
        """Return the entries of the file's own quantities as they are written."""
        found: dict[str, dict[Index, str]] = {}
        for name, data in self.problem.data.items():
            texts = data.texts
            if texts is not None and (size(self.shapes.get(name, ())) or 0) == len(texts):
                shape = tuple(int(dim) for dim in self.shapes[name])
                places = (tuple(int(i) for i in at) for at in np.ndindex(shape))
                found[name] = dict(zip(places, texts, strict=True))
        return found

    @cached_property
    def terms(self) -> dict[str, tuple[Edge, ...]]:
        """Return for each gradient line its contributions, in the order of its sum."""
        found: dict[str, tuple[Edge, ...]] = {}
        loss = self.problem.loss
        for edge in self.edges:
            name = gradient_name(loss, edge.operand)
            found[name] = (edge, *found.get(name, ()))
        return {
            name: edges
            for name, edges in found.items()
            if name in self.by_name
            and self.by_name[name].expr == add(*(edge.contribution for edge in edges))
        }

    def student(self, row: int) -> Lines:
        """Return the lines with the numbers of one student, where each has numbers of their own.

        The problem of these lines has them too, as texts, as it has those of its file.
        """
        if not self.theirs:
            return self
        own = {name: self.start[name][row] for name in self.theirs}
        found = self._students.get(row)
        if found is None:
            if len(self._students) >= MOST_STUDENTS:
                self._students.clear()
            problem = with_arrays(self.problem, own)
            found = replace(self, problem=problem, start={**self.start, **own})
            self._students[row] = found
        return found

    @cached_property
    def _students(self) -> dict[int, Lines]:
        """Return the lines of single students that were asked for of late."""
        return {}

    def reads(self, target: str, cut: Container[str] = ()) -> set[str]:
        """Return the lines that a value is computed from, itself included.

        cut: names whose values are known, so that nothing before them counts; it is asked
        about no other names than those that are met.
        """
        found: set[str] = set()
        waiting = [target]
        while waiting:
            name = waiting.pop()
            if name in self.operands and name not in found:
                found.add(name)
                waiting += [
                    read for read in self.operands[name] if read not in found and read not in cut
                ]
        return found

    def upstream(self, target: str) -> tuple[str, ...]:
        """Return all lines that a value depends on in order, itself included."""
        known: dict[str, tuple[str, ...]] = self.memo.setdefault("upstream", {})
        if target not in known:
            known[target] = tuple(sorted(self.reads(target), key=self.place.__getitem__))
        return known[target]

    def written_out(self, name: str, exprs: Mapping[str, Expr] | None = None) -> Expr:
        """Return the formula of a line as people see it: hidden lines written into it.

        exprs: formulas that stand in place of the lines' own.
        """
        other = exprs or {}
        shape_of = shape_finder(self.shapes, self.problem.table)
        hidden: dict[str, Expr] = {}

        def formula(line: str) -> Expr:
            expr = other.get(line, self.by_name[line].expr)
            for read in symbols(expr):
                node = self.by_name.get(read)
                if node is not None and node.hidden and read not in hidden:
                    hidden[read] = formula(read)
            return simplify(expr, shape_of, hidden)

        return formula(name)


_IN_USE: WeakValueDictionary[tuple[int, bool, int], Lines] = WeakValueDictionary()


def lines_of(problem: Problem, *, recompute: bool = False, seed: int = 0) -> Lines:
    """Return the lines of a problem with its own numbers, or with drawn ones for letters.

    recompute: set given values of lines aside. What is in use somewhere is not made again.
    Raises UnprovedError where central differences contradict a line: nothing is judged by it.
    """
    key = (id(problem), recompute, seed)
    found = _IN_USE.get(key)
    if found is None or found.problem is not problem:
        made = _lines(problem, recompute, seed)
        if not recompute:
            prove(problem, lambda: made.values, sizes_of(problem))
        found = _IN_USE[key] = made
    return found


def _lines(problem: Problem, recompute: bool, seed: int) -> Lines:
    sizes = sizes_of(problem)
    rename: dict[str, Expr] = {old: Symbol(new) for old, new in problem.visible.names.items()}
    swap = {**rename, **letters_in_numbers(problem, sizes)}

    def numeric(shape: Shape) -> Shape:
        return tuple(sizes.get(dim, 0) if isinstance(dim, str) else dim for dim in shape)

    def renamed(name: str) -> str:
        return problem.visible.names.get(name, name)

    nodes = tuple(
        Node(
            renamed(node.name),
            substitute(node.expr, swap),
            numeric(node.shape),
            node.span,
            node.hidden and node.name not in rename,
        )
        for node in (*problem.forward.nodes, *problem.backward.graph.nodes)
        if node.name not in problem.jacobians or (size(numeric(node.shape)) or 0) <= MOST_ENTRIES
    )
    edges = tuple(
        Edge(
            renamed(edge.node),
            renamed(edge.operand),
            substitute(edge.contribution, swap),
            renamed(edge.local) if edge.local else None,
        )
        for edge in problem.backward.edges
    )
    inputs = {name: numeric(shape) for name, shape in problem.input_shapes.items()}
    given = {
        renamed(name): np.broadcast_to(data.array, tuple(int(dim) for dim in data.shape))
        for name, data in problem.given.items()
        if name not in inputs and data.known and not recompute
    }
    if problem.numeric:
        start = {name: data.array for name, data in problem.data.items()}
        start |= {name: problem.given[name].array for name in problem.upstream_names}
        return Lines(problem, nodes, edges, inputs, start, given)
    return _drawn(Lines(problem, nodes, edges, inputs, {}, given), seed)


def _drawn(lines: Lines, seed: int) -> Lines:
    """Return the lines with numbers drawn for what has none, where all values are finite."""
    problem = lines.problem
    for draw in range(DRAWS):
        generator = np.random.default_rng((seed, draw))
        low = 0.1 if draw >= DRAWS // 2 else -1.0
        start = {}
        for name, shape in lines.inputs.items():
            data = problem.data.get(name) or problem.given.get(name)
            if data is not None and data.known:
                start[name] = data.array
                continue
            own = tuple(int(dim) for dim in shape)
            positive = data is not None and data.role == "target"
            start[name] = generator.uniform(0.1 if positive else low, 0.9, own)
        found = Lines(problem, lines.nodes, lines.edges, lines.inputs, start, lines.given)
        values = found.program.run(start, found.given, strict=False)
        if all(np.isfinite(value).all() for value in values.values()):
            break
    return found
