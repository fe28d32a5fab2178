"""Rows of the commands that need no problem: derive, ops, mistakes, new, schema, --help."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.frozen.run import Run
from tests.frozen.variants import (
    everywhere,
    here_and_ascii,
    in_ascii,
    in_files,
    in_formats,
    in_widths,
    row,
)

COMMANDS = (
    *("solve", "check", "grade", "numbers", "options", "lint", "mistakes"),
    *("new", "plot", "graph", "derive", "ops", "schema"),
)
EXPRESSIONS = (
    *(
        "x^2*sin(x)",
        "1/(1 + exp(-x))",
        "-x^2",
        "expit(x)",
        "x^x",
        "x^x^x",
        "2^x",
        "x^-3",
        "sqrt(x)",
    ),
    *(
        "sqrt(x)",
        "x/(1 + x^2)",
        "(x + 1)*(x + 2)*(x + 3)",
        "log(log(x))",
        "exp(sin(cos(x)))",
        "abs(x)^3",
    ),
    *("max(0, x)", "min(x, 6)", "max(x, x^2)", "sign(x)*x", "where(x > 0, x^2, -x)", "arctan(x)"),
    *("erf(x)", "normal_cdf(x)", "x*normal_cdf(x)", "lncosh(x)", "softplus(x)", "softmax(x)"),
    *("log(softmax(x))", "norm(x)", "sum(x^2)", "mean(x)", "dot(x, x)", "norm(x)^2/2"),
    *("leaky_relu(x, alpha=0.1)", "elu(x, alpha=2)", "swish(x, beta=1.5)", "huber(x, 1)"),
    *("tanh(tanh(tanh(x)))", "((x^2 + 1)^9 + 1)^9", "(x^3 - 2*x)/(x^2 + 1)", "x*exp(-x^2/2)"),
    *("0.1*x + 1e-3*x^2", "1/3*x^3", "x", "x - x", "5*x/5", "exp(log(x))", "x^1e300"),
)
BY_LETTERS = (
    ("x^2*sin(y)", "x", "y", "x"),
    ("max(0, 1 - t*y)", "y"),
    ("cosine_loss(y, t)", "y"),
    ("huber(y, t)", "y", "t"),
    ("binary_cross_entropy(sigmoid(z), t)", "z"),
    ("(sigmoid(w*x + b) - t)^2", "w", "b"),
    ("ŷ^2", "yhat"),
    ("-sum(t*log(softmax(z)))", "z"),
    ("a*x^2 + b*x + c", "x", "a"),
    ("dot(w, x)", "w"),
    ("mean((y - t)^2)", "y"),
    ("norm(y - t)", "y"),
)
NOT_DERIVED = (
    *("x +* 2", "sigmod(x)", "2*foo(x)", "x = 2", "", "sum(x^2, axis=1)", "x[1]^2", "a*b", "3 + 4"),
    *("leaky_relu(x, slope=2)", "elu(x, alpha=x)", "x\x1b[31m", "1e99999*x", "outer(x, x)"),
    *("(" * 100 + "x" + ")" * 100, "+".join(["x"] * 1000), "x+" * 3000),
)
LOSSES = (
    *("half_squared_error", "squared_error", "mse", "l1", "huber", "cross_entropy", "hinge"),
    *("binary_cross_entropy", "softmax_cross_entropy", "binary_cross_entropy_with_logits", "nll"),
    *("poisson_nll", "mape", "cosine_loss", "squared_eror"),
)
ACTIVATIONS = (
    *("sigmoid", "relu", "tanh", "leaky_relu(alpha=0.1)", "softplus", "identity", "softmax", "elu"),
    *("relu,identity", "leaky_relu(alpha=0.1),identity", "tanh,sigmoid", "rleu"),
)


def rows(inputs: Path) -> Iterator[Run]:
    """Yield all rows."""
    yield from of_derive()
    yield from of_lists(inputs)
    yield from of_new()
    yield from of_help()


def operations(inputs: Path) -> list[str]:
    """Return the names in the list of operations."""
    text = (inputs / "made/ops.txt").read_text("utf-8")
    return list(dict.fromkeys(re.findall(r"(?m)^  (\w+)  +\S", text)))


def mistakes(inputs: Path) -> list[str]:
    """Return the ids in the list of mistakes."""
    text = (inputs / "made/mistakes.txt").read_text("utf-8")
    return re.findall(r"(?m)^  ([\w-]+)  +\S", text)


def of_derive() -> Iterator[Run]:
    """Yield derivations, and formulas that are not derived."""
    for at, text in enumerate(EXPRESSIONS, 1):
        call = ("derive", "--wrt", "x", "--", text)
        shown = row(f"derive/one/{at:02d}", *call)
        yield from (*everywhere(shown), *in_formats(shown))
        yield row(f"derive/one/{at:02d}-alone", "derive", text)
        brief = ("derive", "--detail", "brief", "--", text)
        yield from here_and_ascii(row(f"derive/one/{at:02d}-brief", *brief))
    for at, (text, *letters) in enumerate(BY_LETTERS, 1):
        by = [word for letter in letters for word in ("--wrt", letter)]
        shown = row(f"derive/letters/{at:02d}", "derive", *by, "--", text)
        yield from (*everywhere(shown), *in_formats(shown))
        yield row(f"derive/letters/{at:02d}-alone", "derive", "--detail", "steps", "--", text)
    for at, text in enumerate(NOT_DERIVED, 1):
        yield from here_and_ascii(row(f"derive/not/{at:02d}", "derive", text))
    yield row("derive/not/letter", "derive", "a*b", "--wrt", "c")
    yield row("derive/not/none", "derive")
    shown = row("derive/calls/one", "derive", "x^2*sin(x)")
    yield from (*in_formats(shown, ("text", "json", "odd")), *in_files(shown))


def of_lists(inputs: Path) -> Iterator[Run]:
    """Yield operations, mistakes, and the schema."""
    for shown in (row("ops/list", "ops"), row("mistakes/list", "mistakes")):
        yield from (*everywhere(shown), *in_formats(shown))
    for shown in (
        row("ops/calls/one", "ops", "huber"),
        row("mistakes/calls/one", "mistakes", "loss-sign"),
    ):
        yield from (*in_formats(shown, ("text", "json", "odd")), *in_files(shown))
    for name in (*operations(inputs), "CrossEntropyLoss", "σ", "expit", "relo", "nothing", ""):
        shown = row(f"ops/of/{name or 'empty'}", "ops", name)
        yield from (*everywhere(shown), *in_formats(shown))
        if name.isidentifier():  # as a formula too, where it has one argument
            call = ("derive", "--wrt", "x", "--", f"{name}(x)")
            yield from here_and_ascii(row(f"derive/ops/{name}", *call))
            call = ("derive", "--wrt", "y", "--", f"{name}(y, t)")
            yield from here_and_ascii(row(f"derive/ops/{name}-of-two", *call))
    for name in (*mistakes(inputs), "loss-sine", ""):
        shown = row(f"mistakes/of/{name or 'empty'}", "mistakes", name)
        yield from (*everywhere(shown), *in_formats(shown))
    yield from here_and_ascii(row("schema/text", "schema"))
    yield row("schema/file", "schema", "-o", "out/problem.schema.json")
    yield row("schema/no-folder", "schema", "-o", "out/no/problem.schema.json")


def of_new() -> Iterator[Run]:
    """Yield problem files to start from."""
    yield row("new/plain", "new")
    for at, sizes in enumerate(("3,2,1", "2,3,3", "1,1", "4,5,6,2", "20,20", "2,0,1", "3", "a,b")):
        for seed in (1, 4):
            yield row(f"new/layers/{at}-{seed}", "new", "--layers", sizes, "--seed", seed)
    for at, names in enumerate(ACTIVATIONS):
        for decimals in range(4):
            more = ("--layers", "2,2,1", "--activation", names, "--decimals", decimals)
            yield row(f"new/activations/{at:02d}-{decimals}", "new", *more)
    for loss in LOSSES:
        for layers in ("3,2,1", "2,3,3"):
            call = ("new", "--layers", layers, "--activation", "relu", "--loss", loss)
            yield from here_and_ascii(row(f"new/losses/{loss}-{layers}", *call))
    old = (("p.yaml", "inputs: {x: 1}\n"),)
    yield row("new/file", "new", "-o", "out/p.yaml", "--seed", 7)
    yield Run("new/over", ("new", "-o", "out/p.yaml"), files=old)
    yield Run("new/force", ("new", "-o", "out/p.yaml", "--force"), files=old)
    yield row("new/no-folder", "new", "-o", "out/no/p.yaml")
    yield row("new/seed", "new", "--seed", "-1")


def of_help() -> Iterator[Run]:
    """Yield the help of every command, and calls of none."""
    for name in ("", *COMMANDS):
        words = [name] if name else []
        yield from in_widths(row(f"help/{name or 'gradcalc'}", *words, "--help"))
        yield in_ascii(row(f"help/{name or 'gradcalc'}", *words, "-h"))
    yield row("help/version", "--version")
    yield row("help/none")
    yield row("help/unknown", "slove", "problem.yaml")
    yield row("help/option", "--what")
