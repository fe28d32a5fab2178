"""The pages of check, options and lint, kept in golden files, at every width."""

from __future__ import annotations

import contextlib
import io
import random
from pathlib import Path

import pytest

import gradcalc
from gradcalc.cli import run
from gradcalc.errors import width
from gradcalc.grading.mistakes.library import RULES
from gradcalc.grading.mistakes.patterns import PATTERN_IDS
from gradcalc.report.formats.text import write_document
from gradcalc.report.page import Page, wrapped
from gradcalc.report.results.check import Told, check_document
from gradcalc.report.results.lint import lint_document
from gradcalc.report.results.options import options_document
from gradcalc.report.results.reasons import Reveal
from gradcalc.report.results.wording import MISTAKE_WORDS, wording
from tests.shown import GOLDEN, PROBLEMS, ROOT, golden

ANSWERS = Path("tests/cases/answers")
RELU = "problems/relu-squared-loss.yaml"
HAND = "problems/hand-calculation.yaml"
NETWORK = "problems/relu-network-given-values.yaml"
REVEALS: tuple[Reveal, ...] = ("score", "where", "why", "full")
CALLS = {
    "options-000": ("check", RELU, "--options"),
    "audit-001": ("check", NETWORK, str(ANSWERS / "001-printed.txt")),
    "audit-001-why": ("check", NETWORK, str(ANSWERS / "001-printed.txt"), "--reveal", "why"),
    "expect-001": ("check", NETWORK),
    "lost-mean-003": (
        "check",
        "problems/tanh-sigmoid-cross-entropy.yaml",
        *("-a", "dL/dyhat = (yhat - y)/(yhat*(1 - yhat))", "-a", "dyhat/dz2 = yhat*(1 - yhat)"),
    ),
    "lost-minus-002": (
        "check",
        "problems/relu-classifier-letters.yaml",
        *("-a", "dL/dc = (y/yhat - (1-y)/(1-yhat))*sigmoid'(z2)"),
    ),
    **{
        f"audit-004-{reveal}": ("check", HAND, str(ANSWERS / "004-printed.txt"), "--reveal", reveal)
        for reveal in REVEALS
    },
    **{
        f"night-{reveal}": (
            *("check", HAND, str(ANSWERS / "004-sigma-forgotten.txt"), "--reveal", reveal),
        )
        for reveal in REVEALS
    },
    "unreadable": (
        "check",
        HAND,
        *("-a", "z2 = about 0.3", "-a", "dL/dW2 = _ 0.13", "-a", "dL/dW1 = 1 2 3", "-a", "a3 = 1"),
    ),
    "all-right": ("check", HAND, "-a", "z2 = 0.2903", "-a", "yhat = 0.5721"),
    "sheet": ("check", HAND, "--sheet"),
    "lint-000": ("lint", RELU),
    "lint-001": ("lint", NETWORK),
    "made-000": ("options", RELU, "--find", "dL/dz", "--count", "5"),
    "made-004": ("options", HAND, "--find", "dL/dW1[2,1]", "--count", "6", "--decimals", "3"),
}


def shown(*arguments: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        run(arguments)
    return out.getvalue()


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", CALLS)
def test_pages(name: str) -> None:
    golden(GOLDEN / "check" / f"{name}.txt", shown(*CALLS[name]))


@pytest.mark.parametrize("name", ["options-000", "audit-004-full", "night-why", "lint-000"])
def test_narrow_pages(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    golden(GOLDEN / "check" / f"{name}-narrow.txt", shown(*CALLS[name]))


# --- what is never on a page ---------------------------------------------------------------


def slipped(path: Path) -> tuple[gradcalc.Problem, gradcalc.Review] | None:
    """Return a problem and the check of a sheet with some signs and factors wrong."""
    problem = gradcalc.load(path)
    if not problem.numeric:
        return None
    draw = random.Random(path.stem)
    lines = []
    for name, value in gradcalc.solve(problem).values.items():
        if name in problem.visible.shapes and value.ndim <= 2:
            numbers = [float(f"{x:.3g}") * draw.choice([1, 1, 1, -1, 2]) for x in value.ravel()]
            size = value.shape[-1] if value.ndim == 2 else len(numbers) or 1
            rows = [numbers[at : at + size] for at in range(0, len(numbers), size)]
            lines.append(f"{name} = " + "; ".join(" ".join(f"{x:g}" for x in r) for r in rows))
    return problem, gradcalc.check(problem, "\n".join(lines))


@pytest.mark.parametrize("path", PROBLEMS[::2], ids=lambda path: path.stem)
def test_no_line_is_wider_than_the_page(path: Path) -> None:
    found = slipped(path)
    if found is None:
        return
    problem, review = found
    lint = gradcalc.lint(problem)
    for columns, unicode in ((40, True), (60, False), (100, True)):
        words = wording(review.lines, unicode=unicode)
        pages = [
            write_document(Page(columns, unicode), check_document(review, words, Told(reveal)))
            for reveal in REVEALS
        ]
        pages.append(write_document(Page(columns, unicode), lint_document(lint, words)))
        for text in (page.plain() for page in pages):
            assert all(width(line) <= columns for line in text.splitlines())
            assert unicode or (text.isascii() and "?" not in text)


@pytest.mark.parametrize("reveal", ["score", "where", "why"])
def test_a_value_that_is_not_revealed_is_not_on_the_page(reveal: Reveal) -> None:
    problem = gradcalc.load(ROOT / HAND)
    text = (ROOT / ANSWERS / "004-sigma-forgotten.txt").read_text(encoding="utf-8")
    review = gradcalc.check(problem, text)
    document = check_document(review, wording(review.lines), Told(reveal))
    page = write_document(Page(80), document).plain()
    for value in ("0.45585", "0.4558", "0.10186", "0.26245", "0.02493", "0.0642"):
        assert value not in page


def test_formulas_of_options_have_room_on_any_page() -> None:
    problem = gradcalc.load(
        "inputs: {z: [1, -2, 0.5]}\ntargets: {t: [0, 1, 0]}\nequations: |\n  y = relu(z)\n"
        "  L = squared_error(y, t)\nfind: dL/dz\noptions:\n"
        "  a: 2*(y - t)*relu'(z)\n  b: [2, 1, 1]\n  c: 2*(z - t)\n  d: None of these\n"
    )
    review = gradcalc.check_options(problem)
    for columns in (40, 60, 80, 100):
        for unicode in (True, False):
            words = wording(review.lines, unicode=unicode)
            page = write_document(Page(columns, unicode), options_document(review, words))
            text = page.plain()
            assert all(width(line) <= columns for line in text.splitlines())


def test_a_word_that_has_no_room_is_cut_at_a_sign() -> None:
    assert wrapped("a cross_entropy(prediction,target) b", 20) == [
        "a",
        "cross_entropy(",
        "prediction,target) b",
    ]
    assert wrapped("q" * 50, 20) == ["q" * 20, "q" * 20, "q" * 10]
    assert wrapped("a b c", 8) == ["a b c"]


def test_every_mistake_has_its_words() -> None:
    assert set(MISTAKE_WORDS) == {*RULES, *PATTERN_IDS, "transcription"}
