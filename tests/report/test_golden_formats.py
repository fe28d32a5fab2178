"""Every document in every format, kept in golden files.

The solution of every shipped problem; of some problems every other result, from what is handed
in to them in `handed_in/`: answers with slips, the answers of a class, a copy with options.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import gradcalc
from gradcalc.cli import run
from gradcalc.report.blocks import Document
from gradcalc.report.formats.html import html_document
from gradcalc.report.formats.latex import fragments
from gradcalc.report.formats.markdown import markdown_document
from gradcalc.report.formats.registry import FORMATS
from gradcalc.report.solution.document import document
from gradcalc.report.solution.statement import SheetKind
from gradcalc.report.steps.view import View
from tests.shown import GOLDEN, PROBLEMS, ROOT, golden

FORMS = {row.name: row.endings[0] for row in FORMATS.values()}
"""The formats of results that are no solutions, and the endings of their files."""
SOLUTIONS = {"md": markdown_document, "tex": fragments, "html": html_document}
PICTURED = ("relu-squared-loss", "polynomial-partials-letters")
"""Problems whose pictures are kept too."""
HANDED_IN = Path(__file__).parent / "handed_in"
RELU = "problems/relu-squared-loss.yaml"
HAND = "problems/hand-calculation.yaml tests/cases/answers/004-sigma-forgotten.txt"

_LEFT_OUT = re.compile(r"<(style|svg)\b.*?</\1>\n?|'sha256-[^']*'", re.DOTALL)
_PARTED = re.compile(r"(?<!^)(?=<(?:math|div|span|td|th)\b)", re.MULTILINE)


def bare(page: str) -> str:
    """Return a page without style sheet and pictures, its formulas on lines of their own."""
    return _PARTED.sub("\n", _LEFT_OUT.sub("", page))


# --- solutions ---------------------------------------------------------------------


@cache
def written(name: str, sheet: SheetKind = "solution") -> Document:
    path = ROOT / "problems" / f"{name}.yaml"
    return document(View(gradcalc.solve(gradcalc.load(path)), typeset=True), sheet=sheet)


@pytest.mark.parametrize("name", [path.stem for path in PROBLEMS])
def test_a_solution_in_every_format(name: str) -> None:
    for ending, printed in SOLUTIONS.items():
        text = printed([written(name)])
        golden(GOLDEN / "solutions" / f"{name}.{ending}", bare(text) if ending == "html" else text)


@pytest.mark.parametrize("sheet", ["problem", "blank"])
@pytest.mark.parametrize("ending", SOLUTIONS)
def test_a_sheet_in_every_format(sheet: SheetKind, ending: str) -> None:
    text = SOLUTIONS[ending]([written(PICTURED[0], sheet)])
    path = GOLDEN / "solutions" / f"{PICTURED[0]}-{sheet}.{ending}"
    golden(path, bare(text) if ending == "html" else text)


def test_the_style_sheet_of_a_solution() -> None:
    page = html_document([written(PICTURED[0])])
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    golden(GOLDEN / "solutions" / f"{PICTURED[0]}.css", style)


@pytest.mark.parametrize("name", PICTURED)
def test_the_picture_of_a_solution(name: str) -> None:
    picture = re.findall(r"<svg\b.*?</svg>", html_document([written(name)]), re.DOTALL)
    golden(GOLDEN / "solutions" / f"{name}.svg", "\n".join([*picture, ""]))


# --- other results -----------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """How a result is asked for.

    arguments: with {form} for the name of a format, {ending} for that of its files, {out} for a
    folder that is written into; the text is what `written` names there, else what is said.
    """

    arguments: str
    written: str = ""
    forms: tuple[str, ...] = tuple(FORMS)


def calls() -> dict[str, Call]:
    """Return how results are asked for, by their names."""
    of_form = "--format {form}"
    handed_in = HANDED_IN.relative_to(ROOT)
    found = {"options-relu-squared-loss": Call(f"check {RELU} --options {of_form}")}
    for path in sorted(HANDED_IN.iterdir()):
        name, file, problem = path.stem, handed_in / path.name, f"problems/{path.stem}.yaml"
        if path.suffix == ".yaml":
            found[f"options-{name}"] = Call(f"check {file} --options {of_form}")
        elif path.suffix == ".txt":
            found[f"check-{name}"] = Call(f"check {problem} {file} {of_form}")
        else:
            grade = f"grade {problem} {file}"
            found[f"report-{name}"] = Call(f"{grade} --report {{out}}/a.{{ending}}", "a.*")
            one = f"{grade} --feedback {{out}} --feedback-as {{ending}} --reveal full"
            found[f"feedback-{name}"] = Call(one, "s002*")
    for name in ("relu-squared-loss", "softmax-cross-entropy"):
        found[f"lint-{name}"] = Call(f"lint problems/{name}.yaml {of_form}")
    found["mistakes"] = Call(f"mistakes {of_form}")
    found["mistake"] = Call(f"mistakes act-derivative-missing {of_form}")
    found["operations"] = Call(f"ops {of_form}")
    found["optimiser"] = Call(f"ops adam {of_form}")
    for name in ("sigmoid", "relu", "softmax", "cross_entropy"):
        found[f"operation-{name}"] = Call(f"ops {name} {of_form}")
    for name, expression in (("product", "x^2*sin(y)"), ("hinge", "max(0,1-t*y)")):
        found[f"derivation-{name}"] = Call(f"derive {expression} --wrt y {of_form}")
    for reveal in ("score", "where", "why", "full"):
        found[f"check-{reveal}"] = Call(f"check {HAND} {of_form} --reveal {reveal}")
    return found


CALLS = calls()
EACH = [(name, form) for name, call in CALLS.items() for form in call.forms]


@pytest.mark.parametrize(("name", "form"), EACH)
def test_a_result_in_every_format(
    name: str,
    form: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    call, ending = CALLS[name], FORMS[form]
    words = call.arguments.split()
    code = run([word.format(form=form, ending=ending, out=tmp_path) for word in words])
    text, faults = capsys.readouterr()
    assert code in (0, 1), faults
    if call.written:
        (path,) = tmp_path.glob(call.written)
        text = path.read_text(encoding="utf-8")
    golden(GOLDEN / "results" / f"{name}.{ending}", bare(text) if form == "html" else text)
