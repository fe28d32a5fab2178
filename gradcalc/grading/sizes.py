"""Numbers for the letters of a problem's dimensions: N, and sums of them, N-K+1."""

from __future__ import annotations

from collections.abc import Mapping

from gradcalc.algebra.expr import Apply, Expr, Symbol, parts
from gradcalc.algebra.inference import dimension
from gradcalc.algebra.shapes_layers import counted, letters_in
from gradcalc.problem.model import Problem

LETTERS = (5, 7, 11, 13, 17, 19)
"""Numbers for the dimensions N, K, …: primes that no formula has, so that they can be
told from its own numbers when it is printed with letters again."""


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
