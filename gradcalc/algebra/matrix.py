"""Rows of the table: sums, norms, products of vectors and matrices.

The products with the Jacobian follow M. Giles, Collected Matrix Derivative Results
for Forward and Reverse Mode Algorithmic Differentiation (2008).
"""

from gradcalc.algebra import shapes
from gradcalc.algebra.operations import Operation

MATRIX = (
    Operation("sum", ("x",), "reduction", "sum of the entries, of all or along an axis", "Σ",
              shape=shapes.reduced, vjp=("expand(g, axis=axis, keepdims=keepdims)",),
              kernel="kernels.sum"),
    Operation("mean", ("x",), "reduction", "mean of the entries, of all or along an axis", "mean",
              shape=shapes.reduced, kernel="kernels.mean",
              vjp=("expand(g, axis=axis, keepdims=keepdims)*size(y)/size(x)",)),
    Operation("norm", ("x",), "reduction", "Euclidean length", "norm",
              shape=shapes.scalar, definition="sqrt(sum(x^2))", vjp=("g*xdivy(x, y)",),
              kernel="kernels.norm", kinks=("y",), kink_note="the derivative at 0 is taken as 0"),
    Operation("matmul", ("A", "B"), "matrix", "matrix product", "@",
              shape=shapes.matmul, kernel="kernels.matmul",
              vjp={(2, 1): ("outer(g, B)", "A.T @ g"),
                   (2, 2): ("g @ B.T", "A.T @ g"),
                   (1, 2): ("B @ g", "outer(A, g)"),
                   (1, 1): ("g*B", "g*A")}),
    Operation("transpose", ("A",), "matrix", "transpose", "ᵀ",
              shape=shapes.transposed, vjp=("g.T",), kernel="kernels.transpose"),
    Operation("outer", ("a", "b"), "matrix", "outer product a bᵀ of two vectors", "outer",
              shape=shapes.outer, vjp=("g @ b", "g.T @ a"), kernel="kernels.outer"),
    Operation("dot", ("a", "b"), "matrix", "dot product aᵀ b of two vectors", "dot",
              shape=shapes.dot, vjp=("g*b", "g*a"), kernel="kernels.dot",
              aliases=("inner", "vdot")),
    Operation("diag", ("x",), "matrix", "diagonal matrix with these entries", "diag",
              shape=shapes.diagonal, kernel="kernels.diag"),
    Operation("expand", ("x",), "matrix", "the summed axis put back with one entry", "expand",
              shape=shapes.expanded, kernel="kernels.expand"),
    Operation("fill", ("c",), "matrix", "one number in every entry", "fill",
              shape=shapes.filled, kernel="kernels.fill"),
    Operation("array", ("x",), "matrix", "numbers written out", "",
              shape=shapes.stacked, variadic=True, kernel="kernels.array"),
)
