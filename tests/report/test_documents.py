"""Worked solutions as documents: every shipped problem in every format."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import gradcalc
from gradcalc.report.blocks import Document, Equation, SolutionLine
from gradcalc.report.formats.html import html_document
from gradcalc.report.formats.latex import article, fragments
from gradcalc.report.formats.markdown import markdown_document
from gradcalc.report.mathematics.latex import latex
from gradcalc.report.mathematics.mathml import formula
from gradcalc.report.mathematics.readback import read
from gradcalc.report.solution.document import document
from gradcalc.report.solution.statement import SheetKind
from gradcalc.report.steps.steps import build_steps
from gradcalc.report.steps.view import View
from tests.report.markup import Markup, checked, evaluated
from tests.report.random_problems import problem
from tests.shown import PROBLEMS

NAMES = [path.stem for path in PROBLEMS]
SHEETS: tuple[SheetKind, ...] = ("problem", "blank", "solution")
MATHML = {"math", "mrow", "mi", "mn", "mo", "msup", "mfrac", "mstyle", "mover"}
KATEX = next(
    (
        folder
        for folder in (os.environ.get("GRADCALC_KATEX", ""), "node_modules/katex")
        if folder and Path(folder).is_dir()
    ),
    None,
)
every = pytest.mark.parametrize("name", NAMES)
each_sheet = pytest.mark.parametrize(
    ("name", "sheet"),
    [
        *((name, "solution") for name in NAMES),
        *((name, sheet) for name in NAMES[::3] for sheet in ("problem", "blank")),
    ],
)


@cache
def solved(name: str) -> gradcalc.Solution:
    path = next(path for path in PROBLEMS if path.stem == name)
    return gradcalc.solve(gradcalc.load(path))


@cache
def written(name: str, detail: str = "steps", sheet: SheetKind = "solution") -> Document:
    return document(View(solved(name), typeset=True), detail, sheet)


def displays(latex: str) -> list[str]:
    """Return all mathematics of a LaTeX text, as a display each."""
    return [
        *re.findall(r"\\begin\{align\*\}.*?\\end\{align\*\}", latex, re.DOTALL),
        *re.findall(r"(?<!\\)\$([^$]+)\$", latex),
    ]


def formulas(markdown: str) -> list[str]:
    """Return the mathematics of a Markdown text."""
    return re.findall(r"(?<=\n)\$\$\n(.*?)\n\$\$(?=\n)", markdown, re.DOTALL)


# --- structure ---------------------------------------------------------------------


@every
def test_every_line_of_the_solution_is_there(name: str) -> None:
    view = View(solved(name), typeset=True)
    numbers = [step.number for step in build_steps(view) if step.number]
    lines = [block.number for block in written(name).blocks if isinstance(block, SolutionLine)]
    assert lines[: len(numbers)] == numbers
    latex = fragments([written(name)])
    assert re.findall(r"\\tag\*\{\((\d+)\)\}", latex) == [str(number) for number in lines]
    markdown = markdown_document([written(name)])
    assert re.findall(r"^\*\*\((\d+)\)\*\*", markdown, re.MULTILINE) == [str(n) for n in lines]
    ids = checked(html_document([written(name)])).ids
    assert {f"p1-{number}" for number in lines} <= ids


@each_sheet
def test_latex_is_well_formed(name: str, sheet: SheetKind) -> None:
    text = article([written(name, "entries", sheet)])
    assert text.isascii() or r"\other{" in text
    open_ones: list[str] = []
    for kind, environment in re.findall(r"\\(begin|end)\{([a-z*]+)\}", text):
        if kind == "begin":
            open_ones.append(environment)
        else:
            assert open_ones.pop() == environment
    assert not open_ones
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")
    for shown in displays(text):
        assert "\n\n" not in shown, "an empty line ends a display"


@each_sheet
def test_markdown_keeps_to_what_all_readers_share(name: str, sheet: SheetKind) -> None:
    text = markdown_document([written(name, "entries", sheet)])
    lines = text.split("\n")
    fences = [at for at, line in enumerate(lines) if "$$" in line]
    assert len(fences) % 2 == 0
    for first, last in zip(fences[::2], fences[1::2], strict=True):
        assert lines[first] == lines[last] == "$$"
        assert lines[first - 1] == lines[last + 1] == ""
        for line in lines[first + 1 : last]:
            assert line.strip(), "an empty line ends a display"
            assert not re.match(r"\s*(?:[-+=#>*]|\d+[.)])(?:\s|$)", line), line
            assert not re.search(r"\\[,;!:{}_]|[<>|]|[^ -~]", line), line
            assert "\\\\" not in line or line.endswith("\\\\")
            assert not re.search(r"[^\w\\]_.*[^\w\\]_", line), "two may be taken for emphasis"


@each_sheet
def test_the_page_is_whole_and_needs_nothing(name: str, sheet: SheetKind) -> None:
    text = html_document([written(name, "steps", sheet)])
    found = checked(text)
    assert found.links <= found.ids
    assert not found.remote
    style = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert len(style) == 1
    own = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    assert f"style-src 'sha256-{own}'" in text


def test_several_problems_share_a_document() -> None:
    documents = [written(name) for name in NAMES]
    found = checked(html_document(documents))
    assert {f"p{at}" for at in range(1, len(NAMES) + 1)} <= found.links <= found.ids
    assert article(documents).count(r"\addcontentsline") == len(NAMES)
    assert "# Contents\n" in markdown_document(documents)


# --- meaning -----------------------------------------------------------------------


def equations(document: Document) -> Iterator[Equation]:
    for block in document.blocks:
        if isinstance(block, SolutionLine):
            yield from (block.equation, *block.entries)


@every
def test_what_is_printed_is_what_comes_out(name: str) -> None:
    """Work out the MathML of every side that is over numbers alone; compare them."""
    if solved(name).problem.rounding or not solved(name).values:
        return
    count = 0
    for equation in equations(written(name, "entries")):
        sides = [formula(side, lambda key: "") for side in equation.sides]
        found = [value for side in sides for value in evaluated(side)]
        count += max(0, len(found) - 1)
        for before, after in pairwise(found):
            assert abs(before - after) <= 3e-4 * max(abs(before), abs(after), 1.0), sides
    assert count


@pytest.mark.parametrize("seed", range(20))
def test_documents_of_a_random_problem(seed: int) -> None:
    try:
        solution = gradcalc.solve(gradcalc.load(problem(seed)))
    except gradcalc.ProblemError:
        return
    for sheet in SHEETS:
        found = document(View(solution, typeset=True), "entries", sheet)
        checked(html_document([found]))
        assert not solution.values or formulas(markdown_document([found]))
        assert displays(fragments([found]))
    if solution.problem.rounding:
        return
    for equation in equations(document(View(solution, typeset=True), "entries")):
        sides = [formula(side, lambda key: "") for side in equation.sides]
        for before, after in pairwise([value for side in sides for value in evaluated(side)]):
            assert abs(before - after) <= 1e-3 * max(abs(before), abs(after), 1.0), sides


GLYPHS = {
    "W⁽¹⁾₂₁": "W_{21}^{(1)}",
    "a⁽¹⁾²": "(a^{(1)})^{2}",
    "W⁽³⁾ᵀ": r"W^{(3)\top}",
    "ŷ₂": r"\hat y_{2}",
    "−½": r"-\tfrac{1}{2}",
    "6·10⁻¹²": r"6\cdot 10^{-12}",
    "ReLU′(zᵢ)": r"\mathrm{ReLU}'(z_{i})",
    "∂L/∂b⁽²⁾": r"\frac{\partial L}{\partial b^{(2)}}",
    "β₁": r"\beta_{1}",
    "√2": r"\sqrt{2}",
    "Σ_rows x": r"\sum_{\mathit{rows}}\thinspace x",
    "h_prev": r"h_{\mathit{prev}}",
    "0.2·(−1)": r"0.2\cdot (-1)",
    "(0.1, −2)": "(0.1, -2)",
    "(yᵢ − tᵢ)²": r"(y_{i}-t_{i})^{2}",
    "a Wᵀ + b": r"a\thinspace W^{\top}+b",
    "12 entries, largest −2": r"12~\mathrm{entries}, ~\mathrm{largest}~{-}2",
    "z[10,2]": "z[10, 2]",
    "{a}_b#$&": r"\lbrace a\rbrace_{\mathit{b}}\mathit{\#}\mathit{\$}\&",
}


@pytest.mark.parametrize("signs", GLYPHS)
def test_signs_as_latex(signs: str) -> None:
    assert latex(read(signs)) == GLYPHS[signs]


def test_where_a_quantity_is_used() -> None:
    lines = {b.key: b for b in written("relu-squared-loss").blocks if isinstance(b, SolutionLine)}
    assert lines["y"].readers == (2, 3)
    assert lines["dL/dz"].reads == ("dL/dy", "dy/dz")


@every
def test_a_sheet_to_fill_in_tells_no_value(name: str) -> None:
    view = View(solved(name), typeset=True)
    text = markdown_document([written(name, sheet="blank")])
    computed = [step for step in build_steps(view) if step.number and not step.given and step.texts]
    blanks = sum(len(step.texts or ()) for step in computed if len(step.texts or ()) <= 8)
    assert text.count(r"\underline") >= blanks
    known = json.dumps([step.texts for step in build_steps(view) if step.phase == "known"])
    for step in computed:
        for shown in step.texts or ():
            if len(shown.strip("-0.")) > 3 and shown.lstrip("-") not in known:
                assert view.notation.number(shown).replace("−", "-") not in text


# --- other programs ----------------------------------------------------------------


@pytest.mark.skipif(KATEX is None or shutil.which("node") is None, reason="KaTeX is not here")
def test_katex_reads_all_mathematics() -> None:
    program = (
        "const katex = require(process.argv[1]); const bad = [];"
        "const all = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "for (const each of all) { try { katex.renderToString(each, "
        "{displayMode: true, throwOnError: true, strict: 'error'}) } "
        "catch (error) { bad.push(each + '\\n' + error.message) } }"
        "console.log(JSON.stringify(bad))"
    )
    documents = [written(name, "entries", sheet) for name in NAMES for sheet in SHEETS]
    shown = displays(article(documents)) + formulas(markdown_document(documents))
    assert len(shown) > 3000
    found = subprocess.run(
        ["node", "-e", program, str(Path(KATEX or "").resolve())],
        input=json.dumps(shown),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(found.stdout) == []


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not here")
def test_latex_makes_pages_of_all_problems(tmp_path: Path) -> None:
    text = article([written(name) for name in NAMES])
    log = compiled(text, tmp_path)
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(wide, default=0) < 12


def compiled(text: str, folder: Path) -> str:
    """Return what pdfLaTeX says of a text without errors."""
    (folder / "all.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-2000:]
    return found.stdout


# --- hostile texts -----------------------------------------------------------------

HOSTILE = (
    "</title><script>alert(1)</script><img src=x onerror=alert(1)>",
    r"\input{/etc/passwd}\write18{ls} $x$ $$y$$ \end{document} 100% #1 ^^41 {a}_b~c",
    "[a](javascript:x) ![b](http://c.d/e) `f` | g | **h** <i>j</i> &amp; http://k.l",
    "Градиент 勾配 ∂L/∂z⁽¹⁾ naïve Ærø \u202e\u2066 ½ ŷ² “quoted” — 🎓",
)


def hostile(text: str) -> Document:
    quoted = json.dumps(text, ensure_ascii=True)
    quoted = re.sub(r"\\ud8[0-9a-f]{2}\\ud[c-f][0-9a-f]{2}", r"\\U0001f393", quoted)
    source = (
        f"title: {quoted}\nsource: {quoted}\ninputs: {{x: 2, loss_of_a: 1}}\n"
        f"equations: L = x^2*loss_of_a\nfind: dL/dx\noptions: {{a: {quoted}, b: 4}}\n"
    )
    view = View(gradcalc.solve(gradcalc.load(source)), typeset=True)
    return document(view, sheet="problem")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_file_becomes_html(text: str) -> None:
    plain = Markup(html_document([hostile("a plain title")]))
    found = checked(html_document([hostile(text)]))
    assert set(found.tags) <= set(plain.tags) | MATHML
    assert found.tags["a"] == plain.tags["a"]
    assert not {"script", "img"} & set(found.tags)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_file_becomes_markdown(text: str) -> None:
    found = markdown_document([hostile(text)])
    words = re.sub(r"\$\$\n.*?\n\$\$\n", "", found, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)[`<\[]|(?<!\\)\$|https?://\w", words)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not here")
def test_no_text_of_a_file_becomes_latex(tmp_path: Path) -> None:
    compiled(article([hostile(text) for text in HOSTILE]), tmp_path)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_command_of_latex_comes_from_a_text(text: str) -> None:
    commands = set(re.findall(r"\\[A-Za-z]+", article([hostile(text)])))
    assert not commands & {r"\input", r"\write", r"\csname", r"\catcode", r"\def"}
