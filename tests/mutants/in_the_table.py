"""Faults in the rows of the table of operations and in their kernels."""

from __future__ import annotations

from tests.mutants.mutant import faults

ELEMENTARY = faults(
    "algebra/operations/elementary.py",
    ('derivative=("-1",)', 'derivative=("1",)', "minus: sign lost"),
    (
        'derivative=("1/b", "-a/b^2"),\n        kernel="numpy.divide"',
        'derivative=("1/b", "a/b^2"),\n        kernel="numpy.divide"',
        "quotient: sign by the divisor lost",
    ),
    (
        'derivative=("1/b", "-a/b^2"),\n        kernel="numpy.divide"',
        'derivative=("-a/b^2", "1/b"),\n        kernel="numpy.divide"',
        "quotient: derivatives by numerator and divisor swapped",
    ),
    (
        'derivative=("1/b", "-a/b^2"),\n        kernel="numpy.divide"',
        'derivative=("1/b", "-a/b"),\n        kernel="numpy.divide"',
        "quotient: divisor not squared",
    ),
    ('"n*x^(n - 1)"', '"x^(n - 1)"', "power: factor n dropped"),
    ('"n*x^(n - 1)"', '"n*x^n"', "power: exponent off by one"),
    ('"y*log(x)"', '"x*log(x)"', "power by exponent: operand in place of the value"),
    ('"y*log(x)"', '"y"', "power by exponent: logarithm dropped"),
    (
        'derivative=("y",),\n        kernel="numpy.exp"',
        'derivative=("x",),\n        kernel="numpy.exp"',
        "exp: taken at the operand",
    ),
    ('derivative=("1/x",)', 'derivative=("1/y",)', "logarithm: taken at the value"),
    ('"1/(2*y)"', '"1/y"', "square root: factor ½ dropped"),
    ('"1/(2*y)"', '"1/(2*x)"', "square root: taken at the operand"),
    ('derivative=("sign(x)",)', 'derivative=("1",)', "absolute value: derivative forgotten"),
    (
        'derivative=("sign(x)",)',
        'derivative=("2*(x >= 0) - 1",)',
        "absolute value: derivative 1 at 0",
    ),
    ('derivative=("cos(x)",)', 'derivative=("-cos(x)",)', "sine: sign flipped"),
    ('derivative=("cos(x)",)', 'derivative=("cos(y)",)', "sine: taken at the value"),
    ('derivative=("-sin(x)",)', 'derivative=("sin(x)",)', "cosine: sign lost"),
    (
        'derivative=("heaviside(a - b)", "heaviside(b - a)")',
        'derivative=("heaviside(b - a)", "heaviside(a - b)")',
        "maximum: derivatives swapped",
    ),
    (
        'derivative=("heaviside(a - b)", "heaviside(b - a)")',
        'derivative=("a > b", "b > a")',
        "maximum: equal operands get nothing",
    ),
    (
        'derivative=("heaviside(b - a)", "heaviside(a - b)")',
        'derivative=("a <= b", "b < a")',
        "minimum: equal operands do not share",
    ),
    (
        '"where(c, 1, 0)", "where(c, 0, 1)"',
        '"where(c, 0, 1)", "where(c, 1, 0)"',
        "where: branches swapped",
    ),
    ('"log(b)", "xdivy(a, b)"', '"log(a)", "xdivy(a, b)"', "a ln b: logarithm of the other"),
    ('"log(b)", "xdivy(a, b)"', '"log(b)", "xdivy(b, a)"', "a ln b: quotient turned over"),
    (
        'derivative=("1/b", "-a/b^2"),\n        kernel="kernels.xdivy"',
        'derivative=("1/b", "a/b^2"),\n        kernel="kernels.xdivy"',
        "a / b with 0 at a = 0: sign lost",
    ),
    ('derivative=("others",)', 'derivative=("1",)', "product: other operands dropped"),
)

SMOOTH_ACTIVATIONS = faults(
    "algebra/operations/smooth_activations.py",
    ('"y*(1 - y)",\n        given', '"x*(1 - x)",\n        given', "sigmoid: taken at z"),
    ('"y*(1 - y)",\n        given', '"y",\n        given', "sigmoid: factor 1 − a dropped"),
    ('"y*(1 - y)",\n        given', '"y*(1 + y)",\n        given', "sigmoid: sign inside"),
    ('"y*(1 - y)",\n        given', '"1",\n        given', "sigmoid: derivative forgotten"),
    ('given="y*(1 - y)"', 'given="1 - y"', "sigmoid read off the output: factor dropped"),
    ('"1 - y^2",\n        given', '"1 - x^2",\n        given', "tanh: taken at z"),
    ('"1 - y^2",\n        given', '"1 - y",\n        given', "tanh: not squared"),
    ('given="1 - y^2"', 'given="1 + y^2"', "tanh read off the output: sign"),
    (
        '"log(1 + exp(x))",\n        "sigmoid(x)"',
        '"log(1 + exp(x))",\n        "sigmoid(y)"',
        "softplus: taken at the value",
    ),
    ('_INSIDE = "g - sum(g*y, axis', '_INSIDE = "g + sum(g*y, axis', "softmax: sign"),
    ('_INSIDE = "g - sum(g*y, axis=-1', '_INSIDE = "g - sum(g*y, axis=0', "softmax: axis"),
    ('_INSIDE = "g - sum(g*y, axis', '_INSIDE = "g - sum(g, axis', "softmax: factor"),
    ('f"y*({_INSIDE})"', '"y*(1 - y)*g"', "softmax: only the diagonal"),
    ('"diag(y) - outer(y, y)"', '"outer(y, y) - diag(y)"', "softmax Jacobian: sign"),
    ('"diag(y) - outer(y, y)"', '"diag(y) + outer(y, y)"', "softmax Jacobian: sign inside"),
    ('"diag(y) - outer(y, y)"', '"diag(y*(1 - y))"', "softmax Jacobian: diagonal only"),
    (
        '"g - softmax(x)*sum(g, axis=-1, keepdims=1)"',
        '"g - y*sum(g, axis=-1, keepdims=1)"',
        "log softmax: taken at the value",
    ),
    (
        '"g - softmax(x)*sum(g, axis=-1, keepdims=1)"',
        '"g - softmax(x)*sum(g, axis=0, keepdims=1)"',
        "log softmax: axis",
    ),
    (
        '"g - softmax(x)*sum(g, axis=-1, keepdims=1)"',
        '"g - softmax(x)"',
        "log softmax: sum of the upstream gradient dropped",
    ),
)

RECTIFIERS = faults(
    "algebra/operations/rectifiers.py",
    (
        'derivative=("where(x > 0, 1, 0)",)',
        'derivative=("where(x >= 0, 1, 0)",)',
        "ReLU: derivative 1 at 0",
    ),
    ('derivative=("where(x > 0, 1, 0)",)', 'derivative=("1",)', "ReLU: derivative forgotten"),
    (
        'derivative=("where(x > 0, 1, 0)",)',
        'derivative=("heaviside(x)",)',
        "ReLU: derivative ½ at 0",
    ),
    ('''given="relu'(y)"''', 'given="1"', "ReLU read off the output: forgotten"),
    (
        'derivative=("where(x > 0, 1, alpha)",)',
        'derivative=("where(x >= 0, 1, alpha)",)',
        "LeakyReLU: derivative 1 at 0",
    ),
    (
        'derivative=("where(x > 0, 1, alpha)",)',
        'derivative=("where(x > 0, alpha, 1)",)',
        "LeakyReLU: branches swapped",
    ),
    (
        'derivative=("where(x > 0, 1, alpha)",)',
        'derivative=("where(x > 0, 1, 0)",)',
        "LeakyReLU: slope α dropped",
    ),
    (
        '("alpha", "0.01")',
        '("alpha", "0.1")',
        "LeakyReLU: another default slope",
    ),
)

REGRESSION_LOSSES = faults(
    "algebra/operations/regression_losses.py",
    (
        '"squared error, summed",\n        "(y - t)^2",\n        ("2*(y - t)",',
        '"squared error, summed",\n        "(y - t)^2",\n        ("(y - t)",',
        "squared error: factor 2 dropped",
    ),
    (
        '"squared error, summed",\n        "(y - t)^2",\n        ("2*(y - t)", "-2*(y - t)")',
        '"squared error, summed",\n        "(y - t)^2",\n        ("2*(y - t)", "2*(y - t)")',
        "squared error by the target: sign lost",
    ),
    (
        '("y - t", "t - y"),\n        family',
        '("t - y", "y - t"),\n        family',
        "half squared error: signs flipped",
    ),
    (
        '("y - t", "t - y"),\n        family',
        '("2*(y - t)", "t - y"),\n        family',
        "half squared error: factor ½ dropped",
    ),
    (
        '"mean",\n        family=_FAMILY,\n        aliases=("mean_sq',
        '"sum",\n        family=_FAMILY,\n        aliases=("mean_sq',
        "mse: summed",
    ),
    (
        'averaged over the entries",\n        "(y - t)^2",\n        ("2*(y - t)",',
        'averaged over the entries",\n        "(y - t)^2",\n        ("1/2*(y - t)",',
        "mse: factor 2 turned over",
    ),
    ('("sign(y - t)", "-sign(y - t)")', '("1", "-1")', "absolute error: sign of the difference"),
    (
        '("sign(y - t)", "-sign(y - t)")',
        '("2*(y >= t) - 1", "-sign(y - t)")',
        "absolute error: derivative 1 where equal",
    ),
    ("y - t, delta*sign(y - t))", "y - t, sign(y - t))", "Huber: factor δ dropped"),
    (
        '"where(abs(y - t) <= delta, y - t, delta',
        '"where(abs(y - t) > delta, y - t, delta',
        "Huber: branches swapped",
    ),
    ("t - y, -delta*sign(y - t))", "t - y, delta*sign(y - t))", "Huber by the target: sign"),
)

CLASSIFICATION_LOSSES = faults(
    "algebra/operations/classification_losses.py",
    ('"where(t*y < 1, -t, 0)"', '"where(t*y <= 1, -t, 0)"', "hinge: derivative −t at the margin"),
    ('"where(t*y < 1, -t, 0)"', '"where(t*y < 1, t, 0)"', "hinge: sign lost"),
    ('"where(t*y < 1, -t, 0)"', '"-t"', "hinge: margin forgotten"),
    ("(y - t)/(y*(1 - y))", "(y - t)", "cross-entropy of two classes: divisor dropped"),
    ("(y - t)/(y*(1 - y))", "(t - y)/(y*(1 - y))", "cross-entropy of two classes: sign"),
    ('"log(1 - y) - log(y)"', '"log(y) - log(1 - y)"', "… by the target: sign"),
    (
        '"batchmean",\n        family=_FAMILY,\n        limits=("xdivy(1 - t',
        '"sum",\n        family=_FAMILY,\n        limits=("xdivy(1 - t',
        "cross-entropy of two classes: sum over the batch",
    ),
    ('("sigmoid(y) - t", "-y")', '("y - t", "-y")', "… of logits: taken at the logit"),
    ('("sigmoid(y) - t", "-y")', '("sigmoid(y)", "-y")', "… of logits: target dropped"),
    ('("-xdivy(t, y)", "-log(y)")', '("xdivy(t, y)", "-log(y)")', "cross-entropy: sign lost"),
    ('("-xdivy(t, y)", "-log(y)")', '("-xdivy(y, t)", "-log(y)")', "cross-entropy: turned over"),
    ('("-xdivy(t, y)", "-log(y)")', '("-t/y", "-log(y)")', "cross-entropy: 0/0 at absent class"),
    (
        'per_sample=True,\n        domain=("y > 0",)',
        'per_sample=False,\n        domain=("y > 0",)',
        "cross-entropy: mean over classes as well",
    ),
    (
        "softmax(y)*sum(t, axis=-1, keepdims=1) - t",
        "softmax(y) - t",
        "softmax cross-entropy: targets taken to sum to 1",
    ),
    (
        "softmax(y)*sum(t, axis=-1, keepdims=1) - t",
        "t - softmax(y)*sum(t, axis=-1, keepdims=1)",
        "softmax cross-entropy: sign flipped",
    ),
    (
        "softmax(y)*sum(t, axis=-1, keepdims=1) - t",
        "softmax(y)*sum(t, axis=0, keepdims=1) - t",
        "softmax cross-entropy: axis",
    ),
    (
        '"-log_softmax(y)"),\n        "batchmean"',
        '"-log_softmax(y)"),\n        "sum"',
        "softmax cross-entropy: sum over the batch",
    ),
)

MATRIX = faults(
    "algebra/operations/matrix.py",
    (
        "*size(y)/size(x)",
        "",
        "mean: divisor dropped",
    ),
    ("*size(y)/size(x)", "/size(x)", "mean along an axis: divided by all entries"),
    (
        '"*xdivy(x, expand(y, axis=axis, keepdims=keepdims))"',
        '"*x"',
        "norm: divisor dropped",
    ),
    ('"*xdivy(x, expand(', '"*2*xdivy(x, expand(', "norm: factor 2 of the square kept"),
    ('(2, 1): ("outer(g, B)", "A.T @ g")', '(2, 1): ("outer(B, g)", "A.T @ g")', "δ xᵀ: x δᵀ"),
    ('(2, 1): ("outer(g, B)", "A.T @ g")', '(2, 1): ("outer(g, B)", "A @ g")', "Wᵀ δ: W δ"),
    ('(2, 2): ("g @ B.T", "A.T @ g")', '(2, 2): ("g @ B", "A.T @ g")', "δ Bᵀ: δ B"),
    ('(2, 2): ("g @ B.T", "A.T @ g")', '(2, 2): ("g @ B.T", "A @ g")', "Aᵀ δ: A δ"),
    ('(2, 2): ("g @ B.T", "A.T @ g")', '(2, 2): ("A.T @ g", "g @ B.T")', "A and B swapped"),
    ('(1, 2): ("B @ g", "outer(A, g)")', '(1, 2): ("B.T @ g", "outer(A, g)")', "B δ: Bᵀ δ"),
    ('(1, 2): ("B @ g", "outer(A, g)")', '(1, 2): ("B @ g", "outer(g, A)")', "x δᵀ: δ xᵀ"),
    ('(1, 1): ("g*B", "g*A")', '(1, 1): ("g*A", "g*B")', "inner product: operands swapped"),
    ('vjp=("g.T",)', 'vjp=("g",)', "transpose: transpose dropped"),
    ('vjp=("g @ b", "g.T @ a")', 'vjp=("g.T @ b", "g.T @ a")', "outer: transpose added"),
    ('vjp=("g @ b", "g.T @ a")', 'vjp=("g @ b", "g @ a")', "outer: transpose dropped"),
    ('vjp=("g*b", "g*a")', 'vjp=("g*a", "g*b")', "dot: operands swapped"),
    ('vjp=("g*b", "g*a")', 'vjp=("g*b", "g")', "dot: other operand dropped"),
    (
        '"sum(g*diag(1 + 0*x), axis=-1)"',
        '"sum(g, axis=-1)"',
        "diagonal matrix: entries off the diagonal added",
    ),
    ('vjp=("sum(g, axis=axis)",)', 'vjp=("sum(g, axis=-1)",)', "expand: another axis taken away"),
    (
        'vjp=("expand(g, axis=axis, keepdims=keepdims)",)',
        'vjp=("expand(g, axis=-1, keepdims=keepdims)",)',
        "sum along an axis: gradient spread along another",
    ),
    (
        'vjp=("g",)',
        'vjp=("2*g",)',
        "fill: factor 2",
    ),
)

KERNELS = faults(
    "algebra/operations/kernels.py",
    ("np.less(a, b)", "np.less_equal(a, b)", "a < b: equal counts"),
    ("np.heaviside(x, 0.5)", "np.heaviside(x, 1.0)", "step: 1 at 0"),
    ("np.where(limit, 1.0, b)))", "b))", "a ln b: no value at a = 0, b = 0"),
    ("np.where(np.asarray(x) >= 0, 1.0, e)", "np.where(np.asarray(x) <= 0, 1.0, e)", "sigmoid"),
    ("e / np.sum(e, axis=-1, keepdims=True)", "e / np.sum(e, keepdims=True)", "softmax over all"),
    (
        "shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))",
        "x - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))",
        "log softmax: largest entry not subtracted",
    ),
    (
        "np.mean(x, axis=axes, keepdims=keepdims)",
        "np.sum(x, axis=axes, keepdims=keepdims)",
        "mean: sum",
    ),
    ("np.swapaxes(a, -1, -2) if rank == 2 else a", "a", "transpose: left out"),
    ("a[..., :, None] * b[..., None, :]", "b[..., :, None] * a[..., None, :]", "outer: turned"),
)
