"""Every operation of the table: reverse mode against four roads that do not use it.

Forward mode on what the operation means, forward mode on its definition in the table,
the complex step, and forward mode in exact fractions where no function is irrational.
Central differences and sympy are in tests/algebra/test_table.py, PyTorch in test_torch.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from gradcalc.algebra.formula.expr import Apply, parts
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Operation, formula
from gradcalc.algebra.operations.table import TABLE
from tests.algebra.samples import Sample, samples
from tests.algebra.test_table import FLAT, STILL, gradients, weights
from tests.proof import arithmetic
from tests.proof.arithmetic import Dual, Entries

ROWS = [row for row in TABLE if row.name != "array"]
IRRATIONAL = {"exp", "log", "sqrt", "sin", "cos", "xlogy", "sigmoid", "tanh", "softplus", "pow"}
IRRATIONAL |= {"norm", "softmax", "log_softmax", *arithmetic.CLASSES, "arctan", "erf", "lncosh"}
IRRATIONAL |= {"binary_cross_entropy", "binary_cross_entropy_with_logits", "normal_cdf"}
IRRATIONAL |= {"layer_norm", "batch_norm", "normal_pdf", "multi_margin", "focal"}
TINY = 1e-40


def rational(name: str) -> bool:
    """Tell whether an operation gives fractions for fractions."""
    if name in IRRATIONAL:
        return False
    text = TABLE[name].definition
    inner = parts(formula(text)) if text else ()
    used = {part.op for part in inner if isinstance(part, Apply)} - {"pow", name, "size"}
    return all(rational(op) for op in used)


every_row = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
Meaning = Callable[[Apply, Mapping[str, Entries]], Entries]


def slopes(
    sample: Sample,
    name: str,
    meaning: Meaning,
    kind: Callable[[float], Any],
    seed: Callable[[Any], Any],
    read: Callable[[Any], Any],
) -> Array:
    """Return the gradient by one operand: each entry seeded in turn, the slope read off."""
    weight = np.frompyfunc(kind, 1, 1)(weights(sample))
    operands = {
        other: np.asarray(np.frompyfunc(kind, 1, 1)(array), dtype=object)
        for other, array in sample.values.items()
    }
    found = np.zeros(operands[name].shape)
    for index in np.ndindex(found.shape):
        moved = operands[name].copy()
        moved[index] = seed(moved[index])
        value = np.asarray(meaning(sample.expr, {**operands, name: moved}), dtype=object)
        found[index] = float(read(np.sum(weight * value)))
    return found


def forward_mode(sample: Sample, name: str, meaning: Meaning, kind: Callable[..., Any]) -> Array:
    return slopes(
        sample,
        name,
        meaning,
        kind,
        lambda x: Dual(x, kind(1)),
        lambda total: arithmetic.dual(total).slope,
    )


def complex_step(sample: Sample, name: str) -> Array:
    return slopes(
        sample,
        name,
        arithmetic.value,
        complex,
        lambda x: complex(x.real, TINY),
        lambda total: complex(total).imag / TINY,
    )


def continuous(row: Operation, name: str) -> bool:
    """Tell whether an operand moves the value; the condition of `where` does not."""
    return (row.name, name) not in STILL


@every_row
def test_the_value_is_what_the_operation_means(row: Operation) -> None:
    for sample in samples(row):
        operands = {name: array.astype(object) for name, array in sample.values.items()}
        expected = arithmetic.value(sample.expr, operands).astype(float)
        assert expected.shape == sample.value.shape
        np.testing.assert_allclose(
            sample.value, expected, rtol=1e-13, atol=1e-14, err_msg=str(sample)
        )


@every_row
def test_reverse_mode_is_forward_mode(row: Operation) -> None:
    steep = False
    for sample in samples(row):
        for name, gradient in gradients(sample, weights(sample)).items():
            expected = forward_mode(sample, name, arithmetic.value, float)
            np.testing.assert_allclose(
                gradient, expected, rtol=1e-12, atol=1e-13, err_msg=f"{sample} by {name}"
            )
            steep |= bool(np.any(expected != 0))
    assert steep is (row.name not in FLAT)


@pytest.mark.parametrize("row", [r for r in ROWS if r.definition], ids=lambda r: r.name)
def test_reverse_mode_is_forward_mode_on_the_definition(row: Operation) -> None:
    for sample in samples(row):
        for name, gradient in gradients(sample, weights(sample)).items():
            expected = forward_mode(sample, name, arithmetic.definition, float)
            np.testing.assert_allclose(
                gradient, expected, rtol=1e-12, atol=1e-13, err_msg=f"{sample} by {name}"
            )


@every_row
def test_reverse_mode_is_the_complex_step(row: Operation) -> None:
    for sample in samples(row):
        for name, gradient in gradients(sample, weights(sample)).items():
            if continuous(row, name):
                np.testing.assert_allclose(
                    gradient,
                    complex_step(sample, name),
                    rtol=1e-12,
                    atol=1e-13,
                    err_msg=f"{sample} by {name}",
                )


@pytest.mark.parametrize("row", [r for r in ROWS if rational(r.name)], ids=lambda r: r.name)
def test_reverse_mode_is_exact(row: Operation) -> None:
    for sample in samples(row):
        for name, gradient in gradients(sample, weights(sample)).items():
            expected = forward_mode(sample, name, arithmetic.value, Fraction)
            scale = max(1.0, np.abs(expected).max())
            np.testing.assert_allclose(
                gradient, expected, rtol=0, atol=1e-14 * scale, err_msg=f"{sample} by {name}"
            )
