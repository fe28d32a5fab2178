"""Nothing is judged by a line before central differences have agreed with it.

The proof that `solve` prints is made of a problem before its lines judge anything: at the
file's numbers, or at those drawn for letters, once a process and problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, parts, substitute
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.inference import dimension
from gradcalc.algebra.operations.layer_shapes import counted, letters_in
from gradcalc.engine.autodiff import Backward
from gradcalc.engine.differences import Apart
from gradcalc.engine.gradient_check import Proof
from gradcalc.engine.graph import Graph
from gradcalc.errors import ProblemError, UnprovedError
from gradcalc.problem.model import Problem
from gradcalc.problem.names import is_hidden

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradcalc.algebra.operations.kernels import Array

LETTERS = (5, 7, 11, 13, 17, 19)
"""Numbers for the dimensions N, K, …: primes that no formula has, so that they can be
told from its own numbers when it is printed with letters again."""

_PROVED: WeakValueDictionary[int, Problem] = WeakValueDictionary()


def sizes_of(problem: Problem) -> dict[str, int]:
    """Return a number for each letter that is a dimension, and for sums of letters, N-K+1."""
    shapes = [*problem.input_shapes.values(), *problem.forward.shapes.values()]
    shapes += problem.backward.graph.shapes.values()
    dims = dict.fromkeys(dim for shape in shapes for dim in shape if isinstance(dim, str))
    letters = list(dict.fromkeys(letter for dim in dims for letter in letters_in(dim)))
    taken = {dim for shape in shapes for dim in shape if isinstance(dim, int)}
    free = [number for number in (*LETTERS, *range(23, 60)) if number not in taken]
    chosen = free[: len(letters)]
    for numbers in (chosen, chosen[::-1]):  # a kernel of K entries fits into N, not N into K
        sizes = dict(zip(letters, numbers, strict=False))
        sums = {dim: counted(dim, sizes) for dim in dims}
        if all(count > 0 for count in sums.values()):
            break
    return {**sums, **sizes}


def letters_in_numbers(problem: Problem, sizes: Mapping[str, int]) -> dict[str, Expr]:
    """Return what stands for every letter, and sum of letters, in the formulas of both passes."""
    passes = (*problem.forward.nodes, *problem.backward.graph.nodes)
    exprs = [node.expr for node in passes]
    exprs += [edge.contribution for edge in problem.backward.edges]
    found = dict(sizes)
    for expr in exprs if sizes else ():
        for part in parts(expr):
            settings = part.attrs if isinstance(part, Apply) else ()
            for name in (value.name for _, value in settings if isinstance(value, Symbol)):
                letters = letters_in(name)
                if name not in found and letters and all(letter in sizes for letter in letters):
                    found[name] = counted(name, sizes)
    return {name: dimension(value) for name, value in found.items()}


def prove(
    problem: Problem, values: Callable[[], Mapping[str, Array]], sizes: Mapping[str, int]
) -> None:
    """Raise UnprovedError where central differences contradict a line of a problem.

    values: gives those of its lines; sizes: the numbers of its letters. What no difference
    can tell, at a kink or where there are no finite values, is judged all the same.
    """
    if _PROVED.get(id(problem)) is problem:
        return
    try:
        known = values()
    except ProblemError:  # said by whoever asks for the values
        return
    if problem.backward.edges:
        proof = problem.proof if problem.numeric else _in_numbers(problem, sizes)
        own = {old: known[new] for old, new in problem.visible.names.items() if new in known}
        check = proof.run({**known, **own})
        for line in check.failed:
            raise _unproved(problem, line, check.apart[line])
    _PROVED[id(problem)] = problem


def _in_numbers(problem: Problem, sizes: Mapping[str, int]) -> Proof:
    """Return the proof of a problem in letters, with numbers for its dimensions."""
    letters = letters_in_numbers(problem, sizes)

    def numeric(shape: Shape) -> Shape:
        return tuple(sizes.get(dim, 0) if isinstance(dim, str) else dim for dim in shape)

    def graph(of: Graph) -> Graph:
        inputs = {name: numeric(shape) for name, shape in of.inputs.items()}
        nodes = tuple(
            replace(node, expr=substitute(node.expr, letters), shape=numeric(node.shape))
            for node in of.nodes
        )
        return Graph(inputs, nodes, of.output)

    edges = tuple(
        replace(edge, contribution=substitute(edge.contribution, letters))
        for edge in problem.backward.edges
    )
    backward = Backward(graph(problem.backward.graph), edges)
    return Proof(graph(problem.forward), backward, problem.table, problem.loss)


def _unproved(problem: Problem, line: str, apart: Apart) -> UnprovedError:
    """Return the error for a line that central differences contradict."""
    of, by = gradient_parts(line) or (line, "")
    names = problem.visible.names
    shown = f"d{names.get(of, of)}/d{names.get(by, by)}"
    if is_hidden(by) and by not in names:
        shown = f"a derivative within {apart.node.name}"
    at = "".join(f"{i + 1}," for i in apart.index or ()).rstrip(",")
    entry = f"[{at}]" if at else ""
    own = [line.name for line in problem.functions if _calls(apart.node.expr, line.name)]
    doubt = f"; if {own[0]} bends or jumps here, another number avoids it" if own else ""
    return UnprovedError(
        f"{shown}{entry} fails its numerical proof: computed {apart.computed:.6g},"
        f" central differences give {apart.differences:.6g}",
        apart.node.span,
        "what this line passes back",
        f"a fault of gradcalc, and nothing was judged: please report it with this file{doubt}",
        where=problem.source.name,
    )


def _calls(expr: Expr, name: str) -> bool:
    return any(isinstance(part, Apply) and part.op == name for part in parts(expr))
