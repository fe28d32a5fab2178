"""Rows of the table: arithmetic, comparisons and elementary functions.

Derivatives as in any table of derivatives, e.g. Bronstein et al., Handbook of
Mathematics. At a kink the convention is that of `kink_note`.
"""

from gradcalc.algebra.operations import Operation

ARITHMETIC = (
    Operation(
        "add", ("x",), "arithmetic", "sum, entry by entry", "+", derivative=("1",), variadic=True
    ),
    Operation(
        "mul",
        ("x",),
        "arithmetic",
        "product, entry by entry",
        "⊙",
        derivative=("others",),
        variadic=True,
        aliases=("hadamard", "multiply"),
    ),
    Operation(
        "neg", ("x",), "arithmetic", "minus", "−", derivative=("-1",), kernel="numpy.negative"
    ),
    Operation(
        "div",
        ("a", "b"),
        "arithmetic",
        "quotient, entry by entry",
        "/",
        derivative=("1/b", "-a/b^2"),
        kernel="numpy.divide",
        domain=("abs(b) > 0",),
        aliases=("divide",),
    ),
    Operation(
        "pow",
        ("x", "n"),
        "arithmetic",
        "power, entry by entry",
        "^",
        derivative=("n*x^(n - 1)", "y*log(x)"),
        kernel="numpy.power",
        domain=("x > 0",),
        aliases=("power",),
    ),
)

COMPARISONS = tuple(
    Operation(
        name,
        ("a", "b"),
        "comparison",
        f"1 where a {sign} b, otherwise 0",
        sign,
        derivative=("0", "0"),
        kernel=f"kernels.{name}",
        kinks=("a - b",),
    )
    for name, sign in (("lt", "<"), ("le", "≤"), ("gt", ">"), ("ge", "≥"), ("eq", "="))
)

ELEMENTARY = (
    Operation(
        "exp",
        ("x",),
        "elementwise",
        "exponential function",
        "exp",
        derivative=("y",),
        kernel="numpy.exp",
        aliases=("exponential",),
    ),
    Operation(
        "log",
        ("x",),
        "elementwise",
        "natural logarithm",
        "ln",
        derivative=("1/x",),
        kernel="numpy.log",
        domain=("x > 0",),
        aliases=("ln",),
    ),
    Operation(
        "sqrt",
        ("x",),
        "elementwise",
        "square root",
        "√",
        derivative=("1/(2*y)",),
        kernel="numpy.sqrt",
        domain=("x > 0",),
    ),
    Operation(
        "abs",
        ("x",),
        "elementwise",
        "absolute value",
        "abs",
        derivative=("sign(x)",),
        kernel="numpy.abs",
        kinks=("x",),
        kink_note="the derivative at 0 is taken as 0",
    ),
    Operation(
        "sign",
        ("x",),
        "elementwise",
        "sign: −1, 0 or 1",
        "sign",
        derivative=("0",),
        kernel="numpy.sign",
        kinks=("x",),
    ),
    Operation(
        "heaviside",
        ("x",),
        "elementwise",
        "step: 0 below 0, ½ at 0, 1 above",
        "H",
        derivative=("0",),
        kernel="kernels.heaviside",
        kinks=("x",),
    ),
    Operation(
        "sin", ("x",), "elementwise", "sine", "sin", derivative=("cos(x)",), kernel="numpy.sin"
    ),
    Operation(
        "cos", ("x",), "elementwise", "cosine", "cos", derivative=("-sin(x)",), kernel="numpy.cos"
    ),
    Operation(
        "max",
        ("a", "b"),
        "elementwise",
        "the larger of two, entry by entry",
        "max",
        derivative=("heaviside(a - b)", "heaviside(b - a)"),
        kernel="numpy.maximum",
        kinks=("a - b",),
        kink_note="equal operands share the derivative, ½ each",
        aliases=("maximum",),
    ),
    Operation(
        "min",
        ("a", "b"),
        "elementwise",
        "the smaller of two, entry by entry",
        "min",
        derivative=("heaviside(b - a)", "heaviside(a - b)"),
        kernel="numpy.minimum",
        kinks=("a - b",),
        kink_note="equal operands share the derivative, ½ each",
        aliases=("minimum",),
    ),
    Operation(
        "where",
        ("c", "a", "b"),
        "elementwise",
        "a where c holds, otherwise b",
        "where",
        derivative=("0", "where(c, 1, 0)", "where(c, 0, 1)"),
        kernel="kernels.where",
    ),
    Operation(
        "xlogy",
        ("a", "b"),
        "elementwise",
        "a ln b, and 0 where a is 0",
        "",
        definition="a*log(b)",
        derivative=("log(b)", "xdivy(a, b)"),
        kernel="kernels.xlogy",
        domain=("b > 0",),
    ),
    Operation(
        "xdivy",
        ("a", "b"),
        "elementwise",
        "a / b, and 0 where a is 0",
        "",
        definition="a/b",
        derivative=("1/b", "-a/b^2"),
        kernel="kernels.xdivy",
        domain=("b > 0",),
    ),
)
