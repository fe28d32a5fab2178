"""Random pipelines of the structural operations, in all forms of their arguments."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.operation import Operation, formula
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.autodiff import unbroadcast
from gradcalc.problem.model import Problem
from gradcalc.report.mathematics.names import figure
from tests.proof.many_pipelines import ORACLES, beside_torch, faults, shown
from tests.proof.pipelines import (
    PARAMETERS,
    SETTINGS,
    STRUCTURAL,
    Pipeline,
    parameters_of,
    pipeline,
)
from tests.report.test_readback import read_back

BLOCKS = 10
EACH = 22
PAGES = range(16)


@cache
def drawn(seed: int) -> Pipeline:
    """Return the pipeline of a seed; the first of them take each structural row in turn."""
    return pipeline(seed, (STRUCTURAL[seed],) if seed < len(STRUCTURAL) else None)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_pipelines_beside_differences_letters_and_a_class(block: int) -> None:
    for seed in range(block * EACH, (block + 1) * EACH):
        assert not faults(drawn(seed), ORACLES), f"seed {seed}\n{shown(drawn(seed))}"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_pipelines_beside_pytorch(block: int) -> None:
    pytest.importorskip("torch")
    oracles = {"PyTorch": beside_torch()}
    for seed in range(block * EACH, (block + 1) * EACH):
        assert not faults(drawn(seed), oracles), f"seed {seed}\n{shown(drawn(seed))}"


def test_every_structural_row_and_parameter_is_drawn() -> None:
    missing = {
        name
        for row in STRUCTURAL
        for name in parameters_of(row)
        if name not in {*PARAMETERS, *SETTINGS}
    }
    assert not missing, "say in tests/proof/pipelines.py how these parameters are drawn"
    taken = [row for seed in range(BLOCKS * EACH) for row in drawn(seed).rows]
    assert all(taken.count(row.name) >= 3 for row in STRUCTURAL)


def test_every_structural_row_has_a_model_in_pytorch() -> None:
    pytest.importorskip("torch")
    from tests.proof.torch_rows import KNOWN

    assert {row.name for row in STRUCTURAL} <= KNOWN


def test_what_a_row_measures_is_no_parameter_of_its_call() -> None:
    """Keep a call's own `columns` out of the formula that means those of the operand."""
    shapes: dict[int, tuple[Shape, ...]] = {
        1: ((4,), (4, 4), ("N",)),
        2: ((4,), (4, 4), ("M", "N")),
    }
    settings = {"rows": "2", "of": "4", "last": "2"}
    for row in STRUCTURAL:
        if row.measures is None:
            continue
        for shape in shapes[min(2, len(row.params))]:
            attrs = {**row.attributes, **{k: formula(v) for k, v in settings.items()}}
            measured = row.measures((shape,) * max(2, len(row.params)), attrs, 0)  # type: ignore[arg-type]
            assert not {*measured} & {*parameters_of(row)}, row.name


def _mixed(row: Operation) -> Operation:
    """Return a reshape whose rule takes the columns of a call for those of its operand."""
    rule = ("reshape(g, rows=own_rows, columns=columns)",)
    return replace(row, vjp={(0,): rule, (1,): rule, (2,): rule})


def test_a_wrong_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE._rows, "reshape", _mixed(TABLE["reshape"]))
    seeds = (seed for seed in range(BLOCKS * EACH) if "reshape" in drawn(seed).rows)
    assert any(faults(drawn(seed), ORACLES) for seed in seeds)


@pytest.mark.parametrize(
    ("rows", "columns", "due"),
    [(2, 2, [2, 4, 6, 8]), (4, 1, [2, 4, 6, 8]), (1, 4, [2, 4, 6, 8]), (4, None, [2, 4, 6, 8])],
)
def test_a_vector_reshaped(rows: int, columns: int | None, due: list[float]) -> None:
    call = f"reshape(f, rows={rows}" + (f", columns={columns})" if columns else ")")
    text = f"inputs: {{f: [1, 2, 3, 4]}}\nequations: L = sum({call}^2)\n"
    np.testing.assert_array_equal(gradcalc.solve(gradcalc.load(text)).values["dL/df"], due)


@pytest.mark.parametrize(
    ("call", "x"),
    [("rows=1", "3"), ("rows=1, columns=1", "3"), ("rows=6, columns=1", "[1, 2, 3, 4, 5, 6]")],
)
def test_a_number_or_a_vector_reshaped_to_a_column(call: str, x: str) -> None:
    text = f"inputs: {{x: {x}}}\nequations: L = sum(reshape(x, {call})^2)\nfind: dL/dx\n"
    solution = gradcalc.solve(gradcalc.load(text))
    np.testing.assert_array_equal(solution.values["dL/dx"], 2 * solution.values["x"])


def test_columns_without_rows_are_refused() -> None:
    text = "inputs: {x: [1, 2, 3, 4]}\nequations: L = sum(reshape(x, columns=4)^2)\n"
    with pytest.raises(gradcalc.ProblemError, match="reshape") as error:
        gradcalc.load(text)
    assert error.value.label == "rows is missing"
    assert error.value.hint == "reshape(x, rows=2, columns=3)"


def test_a_gradient_of_another_shape_is_no_gradient() -> None:
    """Refuse to sum 6×1 down to 6 entries, which would be one number six times."""
    expr = formula("g")
    with pytest.raises(AssertionError, match="6×1 for 6 entries"):
        unbroadcast(expr, (6, 1), (6,))
    assert format(unbroadcast(expr, (6, 1), (1,))) == "sum(g, axis=0)"
    assert format(unbroadcast(expr, (6, 2), (1, 2))) == "sum(g, axis=0, keepdims=1)"


# --- on the page ------------------------------------------------------------------


def loaded(made: Pipeline) -> Problem:
    """Return a pipeline as a problem file."""
    inputs = [f"  {name}: {value.tolist()}" for name, value in made.values.items()]
    lines = [f"  {line.name} = {format(line.expr)}" for line in made.lines]
    find = ", ".join(f"dL/d{name}" for name in made.wanted)
    return gradcalc.load(
        "\n".join(["inputs:", *inputs, "equations: |", *lines, f"find: [{find}]", ""])
    )


def _text(value: np.ndarray) -> str:
    if value.ndim == 0:
        return figure(float(value))
    return f"[{', '.join(map(_text, value))}]"


@pytest.mark.parametrize("seed", PAGES)
def test_a_pipeline_on_the_page_and_its_values_as_answers(seed: int) -> None:
    problem = loaded(drawn(seed + len(STRUCTURAL)))
    solution = gradcalc.solve(problem)
    assert solution.check is not None
    assert not solution.check.failed
    read_back(problem, "steps")
    read_back(problem, "entries")
    lines = [node.name for node in (*problem.visible.forward, *problem.visible.backward)]
    answers = "\n".join(f"{name} = {_text(solution.values[name])}" for name in lines)
    wrong = [v for v in gradcalc.check(problem, answers).verdicts if v.status == "incorrect"]
    assert not wrong, (wrong[0], answers)
