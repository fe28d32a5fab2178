"""The band that shows what each sample of a batch gives."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import gradcalc
from gradcalc.algebra.formula.expr import Apply, Expr
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.cli.solve import command
from gradcalc.engine.evaluate import evaluate
from gradcalc.errors import width
from gradcalc.report.page import Page
from gradcalc.report.solution.page import page
from gradcalc.report.solution.record import solution_line
from gradcalc.report.solution.sample_band import sample_band, shares
from gradcalc.report.steps.view import View
from tests.problem.test_samples import BATCHES, EMBEDDED, MIXED, REGULARISED
from tests.shown import GOLDEN, ROOT, golden

OWN = {"regularised": REGULARISED, "embedded": EMBEDDED, "mixed": MIXED}
TEXTS = {
    name: (ROOT / "problems" / f"{name}.yaml").read_text(encoding="utf-8") for name in BATCHES
} | OWN
every = pytest.mark.parametrize("name", TEXTS)
LARGE = """
inputs: {{x: {x}}}
targets: {{y: {y}}}
weights: {{W1: {w}, b1: {b}}}
activations: [identity]
loss: mse
"""


def view(text: str, unicode: bool = True) -> View:
    return View(gradcalc.solve(gradcalc.load(text)), unicode=unicode)


def band(text: str, columns: int = 80, unicode: bool = True) -> str:
    found = Page(columns, unicode)
    sample_band(found, view(text, unicode))
    return found.plain()


def large(samples: int, inputs: int, units: int) -> str:
    def rows(m: int, n: int) -> str:
        return json.dumps(
            [[round(0.1 * (3 * i - j) + 0.01, 2) for j in range(n)] for i in range(m)]
        )

    return LARGE.format(
        x=rows(samples, inputs), y=rows(samples, units), w=rows(units, inputs), b=[0.5] * units
    )


@every
@pytest.mark.parametrize("columns", [80, 60])
def test_the_band_at_80_and_60_columns(name: str, columns: int) -> None:
    text = band(TEXTS[name], columns)
    assert all(width(row) <= columns for row in text.splitlines())
    golden(GOLDEN / "samples" / f"{name}.{columns}.txt", text)


@every
def test_the_band_in_ascii(name: str) -> None:
    text = band(TEXTS[name], 80, unicode=False)
    assert text.isascii()
    golden(GOLDEN / "samples" / f"{name}.ascii.txt", text)


@pytest.mark.parametrize("columns", [30, 40, 50, 70])
@pytest.mark.parametrize("text", [*TEXTS.values(), large(3, 7, 2), large(8, 6, 3)])
def test_no_row_is_wider_than_the_page(text: str, columns: int) -> None:
    for unicode in (True, False):
        for row in band(text, columns, unicode).splitlines():
            assert width(row) <= columns, row


def value(expr: Expr, problem: gradcalc.Problem) -> np.ndarray:
    assert parse(format(expr)) == expr
    return evaluate(expr, {}, {}, problem.table)


@every
def test_what_is_printed_has_the_value_beside_it(name: str) -> None:
    shown = view(TEXTS[name])
    found = shares(shown)
    assert found is not None
    problem, scale = shown.problem, float(found.scale.value)
    losses = sum(float(loss.value) for loss in found.losses)
    np.testing.assert_allclose(
        losses * float(found.batch.factor), float(found.loss.value), rtol=2e-4
    )
    for share in found.shares:
        room = 5e-4 * max(1e-3, float(np.abs(found.samples.parts[share.parameter]).max()))
        for terms in (share.products, share.parts):
            if not terms:
                continue
            total = value(Apply("add", terms), problem)
            np.testing.assert_allclose(total, value(share.total, problem), atol=room)
            rest = 0.0 if share.rest is None else value(share.rest, problem)
            np.testing.assert_allclose(scale * total + rest, share.value, atol=room)


@every
def test_products_are_those_of_dense_layers(name: str) -> None:
    found = shares(view(TEXTS[name]))
    assert found is not None
    products = {share.parameter for share in found.shares if share.products}
    own = {"regularised": set(), "embedded": {"w"}, "mixed": set()}
    weights = {p for p in found.samples.parts if p.startswith("W")}
    assert products == own.get(name, weights)


def test_a_row_is_the_part_of_its_sample_only_where_samples_are_independent() -> None:
    assert "broadcast" in band(TEXTS["batch-mean"])
    assert "broadcast" in band(REGULARISED)
    assert "broadcast" not in band(MIXED)


def test_many_samples_and_large_matrices_are_left_out_with_a_word() -> None:
    many = band(large(9, 2, 1))
    assert "The parts of 9 samples are too many to be written out." in many
    assert many.count("\n") < 8
    wide = band(large(4, 20, 3))
    assert "The parts of W⁽¹⁾ are too large to be written out." in wide
    assert "∂L/∂b⁽¹⁾ = ¼ Σᵢ" in wide
    assert "∂L/∂W⁽¹⁾ = " not in wide


def test_a_rounded_batch_says_why_it_has_no_parts() -> None:
    text = TEXTS["batch-mean"] + "rounding: {decimals: 2}\n"
    assert "would not add up" in band(text)


def test_without_a_batch_there_is_no_band() -> None:
    assert band("inputs: {x: 3}\nequations: y = x^2\n") == ""
    letters = (ROOT / "problems" / "scaled-relu-letters.yaml").read_text(encoding="utf-8")
    assert band(letters) == ""


def test_the_band_belongs_to_the_detail_of_entries() -> None:
    shown = view(TEXTS["batch-mean"])
    assert "Sample by sample" in page(shown, "entries").plain()
    assert "Sample by sample" not in page(shown, "steps").plain()


def test_the_readme_shows_the_band_as_it_is_printed() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```\n(Sample by sample .*?)```", readme, re.DOTALL)
    assert shown is not None
    assert band(TEXTS["batch-mean"]).lstrip().startswith(shown.group(1))


def test_the_default_page_says_what_becomes_of_a_bias() -> None:
    text = page(view(TEXTS["batch-mean"])).plain()
    assert re.search(r"∂L/∂b⁽¹⁾ = Σ_rows ∂L/∂z⁽¹⁾ +b⁽¹⁾ is in all 4 rows: their sum\n", text)


def test_the_json_object_has_the_parts() -> None:
    shown = view(TEXTS["batch-mean"])
    assert json.loads(solution_line(shown))["samples"] is None
    found = json.loads(solution_line(shown, "entries"))["samples"]
    assert set(found) == {"count", "losses", "scale", "parts", "rest"}
    assert (found["count"], found["scale"], found["rest"]) == (4, 0.25, {})
    values = json.loads(solution_line(shown))["values"]
    for name, parts in found["parts"].items():
        np.testing.assert_allclose(0.25 * np.sum(parts, axis=0), values[name], rtol=1e-13)


def test_a_pipe_gets_the_same_band(tmp_path: Path) -> None:
    file = tmp_path / "batch.yaml"
    file.write_text(TEXTS["softmax-batch"], encoding="utf-8")
    result = CliRunner().invoke(command, [str(file), "--detail", "entries"])
    assert result.exit_code == 0
    assert band(TEXTS["softmax-batch"]).strip() in result.output
