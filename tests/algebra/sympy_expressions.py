"""Two hundred formulas of x to derive: from textbooks, and from a grammar with a fixed seed."""

from __future__ import annotations

import random

TEXTBOOK = (
    "1/(1 + exp(-x))",
    "(exp(x) - exp(-x))/(exp(x) + exp(-x))",
    "x^2*sin(x)",
    "x*exp(x)",
    "exp(x)/x",
    "x*log(x)",
    "x*log(x) - x",
    "sqrt(x^2 + 1)",
    "x/sqrt(x^2 + 1)",
    "log(1 + exp(x))",
    "exp(-x^2/2)",
    "x*exp(-x^2)",
    "sin(x)^2",
    "sin(x)*cos(x)",
    "sin(x)/cos(x)",
    "sin(x)^2 + cos(x)^2",
    "exp(sin(x))",
    "log(sin(x))",
    "x^3*(x + 1)^2",
    "(x - 1)/(x + 1)",
    "(x^2 + 1)/(x^2 - 1)",
    "1/(x^2 + 1)",
    "x/(x^2 + 1)",
    "(2*x + 3)^5",
    "(x^2 + 3*x)^4",
    "exp(2*x)*sin(3*x)",
    "exp(-x)*cos(x)",
    "log(x)/x",
    "log(x)^2",
    "log(x^2 + 1)",
    "sqrt(x)*log(x)",
    "1/sqrt(x)",
    "x^(3/2)",
    "arctan(x)",
    "arctan(2*x)",
    "x*arctan(x)",
    "log(x + sqrt(x^2 + 1))",
    "exp(x)*(x^2 - 2*x + 2)",
    "a*x^2 + b*x + c",
    "(a*x + b)^3",
    "exp(a*x)*cos(b*x)",
    "a/(b + x)",
    "1/(1 + a*exp(-b*x))",
    "(y - x)^2/2",
    "x^4 - 3*x^3 + 2*x - 7",
    "(x + 1)*(x + 2)*(x + 3)",
    "tanh(x)",
    "tanh(x)^2",
    "x*tanh(x)",
    "log((exp(x) + exp(-x))/2)",
    "cos(x^2)",
    "sin(x)/x",
    "x^2*exp(-x)",
    "1/(exp(x) - 1)",
    "exp(x)/(1 + exp(x))",
    "exp(exp(x))",
    "sqrt(1 - x^2)",
    "x*sqrt(1 - x^2)",
    "(1 + 1/x)^2",
    "x^3/(1 + x^2)",
)
SEED, COUNT = 4, 200


def _grown(generator: random.Random, depth: int) -> str:
    """Return a formula of x from the grammar, brackets everywhere."""
    if depth == 0:
        return generator.choice(["x", "x", "x", "2", "3", "a", "1/2"])
    kind = generator.randrange(9)
    left, right = _grown(generator, depth - 1), _grown(generator, generator.randrange(depth))
    if kind < 2:
        return f"({left} + {right})"
    if kind < 3:
        return f"({left} - {right})"
    if kind < 5:
        return f"({left})*({right})"
    if kind < 6:
        return f"({left})/({right} + {generator.randint(1, 4)})"
    if kind < 7:
        return f"({left})^{generator.randint(2, 4)}"
    name = generator.choice(["exp", "sin", "cos", "log", "sqrt", "tanh", "arctan"])
    return f"{name}({left}^2 + 1)" if name in ("log", "sqrt") else f"{name}({left})"


def expressions() -> tuple[str, ...]:
    """Return the two hundred formulas, each with an x in it, all different."""
    generator = random.Random(SEED)
    found = dict.fromkeys(TEXTBOOK)
    while len(found) < COUNT:
        grown = _grown(generator, generator.randint(2, 3))
        if "x" in grown.replace("exp", "") and len(grown) < 60:
            found.setdefault(grown)
    return tuple(found)
