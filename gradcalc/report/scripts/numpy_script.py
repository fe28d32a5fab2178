"""A problem as a NumPy script: the lines of the worked solution, and the loop of a descent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from gradcalc.algebra.formula.expr import Expr, symbols
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.optimisers import GRADIENT, PARAMETER
from gradcalc.report.scripts.code_layout import array, assignment, band, folded, listed, quoted
from gradcalc.report.scripts.dialect import NUMPY_ROWS, Dialect
from gradcalc.report.scripts.formulas import FormulaWriter
from gradcalc.report.scripts.script import (
    ROUNDING,
    Script,
    ScriptLetters,
    letters_of,
    rounded,
    setting_lines,
    step_equations,
    update_formulas,
)
from gradcalc.report.steps.steps import Step

if TYPE_CHECKING:
    from gradcalc.problem.model import Data, Descent
    from gradcalc.problem.solution import Solution

_ERFC = "np.frompyfunc(math.erfc, 1, 1)"
HELPERS = {
    "sigmoid": """\
def _(x):
    e = np.exp(-np.abs(x))  # at most 1: no overflow
    return np.where(x >= 0, 1.0, e) / (1 + e)""",
    "softplus": """\
def _(x):
    return np.logaddexp(0, x)""",
    "scaled_softplus": """\
def _(x, beta=1.0):
    return np.logaddexp(0, beta * x) / beta""",
    "relu": """\
def _(x):
    return np.maximum(x, 0)""",
    "elu": """\
def _(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))""",
    "selu": """\
def _(x, scale=1.0507009873554805, rate=1.7580993408473766):
    return np.where(x > 0, scale * x, rate * np.expm1(np.minimum(x, 0)))""",
    "celu": """\
def _(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))""",
    "lncosh": """\
def _(x):
    return np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2)""",
    "erf": f"""\
def _(x):
    return 1 - np.asarray({_ERFC}(x), dtype=float)""",
    "normal_cdf": f"""\
def _(x):
    twice = {_ERFC}(-x / math.sqrt(2))
    return np.asarray(twice, dtype=float) / 2""",
    "normal_pdf": """\
def _(x):
    return np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)""",
    "xlogy": """\
def _(a, b):
    return a * np.log(np.where(a == 0, 1.0, b))  # 0 where a is 0""",
    "xdivy": """\
def _(a, b):
    return a / np.where(a == 0, 1.0, b)  # 0 where a is 0""",
    "softmax": """\
def _(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)""",
    "tempered_softmax": """\
def _(x, tau=1.0):
    e = np.exp((x - np.max(x, axis=-1, keepdims=True)) / tau)
    return e / np.sum(e, axis=-1, keepdims=True)""",
    "softmin": """\
def _(x):
    e = np.exp(np.min(x, axis=-1, keepdims=True) - x)
    return e / np.sum(e, axis=-1, keepdims=True)""",
    "log_softmax": """\
def _(x):
    shifted = x - np.max(x, axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))""",
    "sparsemax": """\
def _(x):
    falling = -np.sort(-x, axis=-1)
    above = np.cumsum(falling, axis=-1) - 1
    count = np.arange(1, x.shape[-1] + 1)
    kept = np.sum(count * falling > above, axis=-1, keepdims=True)
    level = np.take_along_axis(above, kept - 1, axis=-1) / kept
    return np.maximum(x - level, 0)""",
    "first_half": """\
def _(x):
    return x[..., : x.shape[-1] // 2]""",
    "second_half": """\
def _(x):
    return x[..., x.shape[-1] // 2 :]""",
    "join": """\
def _(a, b):
    return np.concatenate([a, b], axis=-1)""",
    **NUMPY_ROWS,
}
"""Functions that a script defines where the plain formula overflows, or there is none."""

NUMPY = Dialect(
    "np",
    "np.array",
    "axis",
    "keepdims",
    "np.expand_dims({0}, {1})",
    "np.full({1}, {0})",
    {"sum": "np.sum", "mean": "np.mean", "norm": "np.linalg.norm", "amax": "np.max"},
    {
        **{name: f"np.{name}({{0}})" for name in ("exp", "log", "sqrt", "abs", "sign", "sin")},
        **{name: f"np.{name}({{0}})" for name in ("cos", "arctan", "tanh", "diag")},
        "heaviside": "np.heaviside({0}, 0.5)",
        "max": "np.maximum({0}, {1})",
        "min": "np.minimum({0}, {1})",
        "outer": "np.outer({0}, {1})",
        "dot": "np.dot({0}, {1})",
        "concat": "np.concatenate({list})",
        "stack": "np.stack({list})",
        "flatten": "np.ravel({0})",
        "reshape": "np.reshape({0}, {sizes})",
        "flip": "np.flip({0})",
    },
    HELPERS,
)

_I = "    "

OWN = ("np", "math", "rng", "rounded", "passes", "step", "rates")
"""Identifiers that a script uses itself."""


def descent(script: Script, writer: FormulaWriter) -> list[str]:
    """Return the function of both passes and the loop of steps, none without `descent:`."""
    plan = script.problem.descent
    if plan is None or not script.numeric:
        return []
    found = band(f"{plan.optimiser.title}: {plan.steps} step{'s' if plan.steps > 1 else ''}")
    own = letters_of(plan, writer, ("np", "math"))
    if not script.problem.upstream:
        found += _passes(script, writer, plan)
    found += setting_lines(plan, own)
    for name in plan.parameters:
        for letter in plan.state:
            found.append(f"{own[name, letter]} = np.zeros_like({writer.names[name]})")
    found += ["", f"for step in range(1, {plan.steps + 1}):"]
    if len(plan.rates) > 1:
        found.append(f"{_I}{own['eta']} = rates[step - 1]")
    for name in plan.parameters:
        found += _update(script, writer, plan, name, own)
    if not script.problem.upstream:
        values = [plan.loss, *(gradient_name(plan.loss, name) for name in plan.parameters)]
        left = [writer.names[value] for value in values]
        right = ", ".join(writer.names[name] for name in plan.parameters)
        found += listed(left, _I, end=f" = passes({right})")
        loss = writer.names[plan.loss]
        label = quoted(f"{script.problem.names.shown(plan.loss)} =")
        found.append(f'{_I}print("step", step, {label}, {loss})')
    found.append("")
    for name in plan.parameters:
        label = quoted(f"{script.problem.names.shown(name)} =")
        found.append(f"print({label}, {writer.names[name]})")
    return found


def _passes(script: Script, writer: FormulaWriter, plan: Descent) -> list[str]:
    params = ", ".join(writer.names[name] for name in plan.parameters)
    values = [plan.loss, *(gradient_name(plan.loss, name) for name in plan.parameters)]
    found = ["", "", *folded(f"def passes({params})", "", ":")]
    read = {*values}
    for step in reversed(script.steps):
        read |= set(symbols(step.formula)) if step.name in read and step.formula else set()
    for step in (*script.lines("forward"), *script.lines("backward")):
        if step.name in read and step.formula is not None:
            terms = script.line(writer, step.shape, step.formula)
            terms = rounded(script.problem, step.name, terms)
            found += assignment(writer.names[step.name], terms, indent=_I)
    return [*found, *listed([writer.names[value] for value in values], _I, "return "), "", ""]


def _update(
    script: Script, writer: FormulaWriter, plan: Descent, parameter: str, own: ScriptLetters
) -> Iterator[str]:
    """Yield the equations of a step for one parameter."""
    gradient = writer.names[gradient_name(plan.loss, parameter)]
    texts = {GRADIENT: gradient, PARAMETER: writer.names[parameter]}

    def adjust(letter: str, terms: list[str]) -> list[str]:
        key = parameter if letter == PARAMETER else f"{letter}:"
        return rounded(script.problem, key, terms)

    for _, name, terms in step_equations(plan, writer, own, parameter, texts, adjust):
        yield from assignment(name, terms, indent=_I)


def numpy_script(solution: Solution) -> str:
    """Return the script: data, forward pass, backward pass, what is asked, training steps.

    A problem in letters gets sizes and random numbers. Raises ProblemError for a function
    without a formula.
    """
    script = Script(solution, NUMPY, OWN)
    script.refuse_unknown()
    passes = [step.formula for step in script.steps if step.formula is not None]
    writer = script.writer([*passes, *update_formulas(solution)])
    body = [*_data(script, writer)]
    for phase, title in (("forward", "Forward pass"), ("backward", "Backward pass")):
        body += [*band(title), *_lines(script, writer, script.lines(phase))]
    body += _answer(script, writer)
    body += descent(script, writer)
    functions = [
        line for op in writer.functions for line in ["", "", *writer.helper(op).split("\n")]
    ]
    rounding = solution.problem.rounding
    if rounding is not None:
        functions += ["", "", *ROUNDING[rounding.mode, rounding.significant is not None]]
    lines = script.heading("Forward and backward pass in NumPy")
    code = [line.partition("#")[0] for line in (*functions, *body)]
    if any("math." in line for line in code):
        lines += ["", "import math"]
    if any("np." in line for line in code):
        lines += ["", "import numpy as np"]
    return "\n".join([*lines, *functions, *([""] if functions else []), *body]) + "\n"


def _data(script: Script, writer: FormulaWriter) -> list[str]:
    """Return what is known: numbers of the file, or random ones."""
    problem = script.problem
    found = band("Data" if script.numeric else "Sizes and random numbers: change them")
    found += script.sizes(writer)
    if not script.numeric:
        found.append("rng = np.random.default_rng(0)")
    for name, data in problem.data.items():
        found += _known(script, writer, name, data)
    for name in problem.upstream_names:
        found += _known(script, writer, name, problem.given[name])
    return found


def _known(script: Script, writer: FormulaWriter, name: str, data: Data) -> list[str]:
    if data.known:
        return array(writer.names[name], data.array, "np.array")
    rows = script.row_numbers(writer).get(name)
    if rows is not None:
        size = f", size={script.shape(writer, data.shape)}" if data.shape else ""
        return [f"{writer.names[name]} = rng.integers(1, {rows}{size})"]
    draw = "uniform" if script.random(data) else "normal"
    size = f"size={script.shape(writer, data.shape)}" if data.shape else ""
    return [f"{writer.names[name]} = rng.{draw}({size})"]


def _lines(script: Script, writer: FormulaWriter, steps: Iterable[Step]) -> list[str]:
    """Return the lines of a pass."""
    found: list[str] = []
    group = None
    for step in steps:
        assert step.formula is not None
        if step.group and step.group != group:
            found.append(f"# {step.group}")
        group = step.group
        found += _line(script, writer, step, step.formula)
    return found


def _line(script: Script, writer: FormulaWriter, step: Step, formula: Expr) -> list[str]:
    name = writer.names[step.name]
    terms = script.line(writer, step.shape, formula)
    if step.given:
        value = np.broadcast_to(script.problem.given[step.name].array, tuple(map(int, step.shape)))
        return array(name, value, "np.array", f"given; by the equations {' '.join(terms)}")
    return assignment(name, rounded(script.problem, step.name, terms))


def _answer(script: Script, writer: FormulaWriter) -> list[str]:
    found = band("Answer")
    for name, label, index in script.asked():
        place = f"[{', '.join(map(str, index))}]" if index else ""
        wide = not index and len(script.problem.visible.shapes.get(name, ())) > 1
        text = f"print({quoted(label + ' =')}, {writer.names[name]}{place}"
        found.append(text + (', sep="\\n")' if wide else ")"))
        found += script.warning(name)
    return found
