"""What a notebook shows is the report of the command line, whole and escaped."""

from __future__ import annotations

import io
from html.parser import HTMLParser

import pytest

import gradcalc
from gradcalc.grading.classes.assignment import Assignment
from gradcalc.grading.classes.result import ClassResult
from gradcalc.grading.classes.tally import Tally
from gradcalc.report.formats.html import html_document
from gradcalc.report.formats.markdown import markdown_document
from gradcalc.report.solution.document import document
from gradcalc.report.solution.page import page
from gradcalc.report.steps.view import View
from tests.shown import PROBLEMS, ROOT

HAND = ROOT / "problems" / "hand-calculation.yaml"
OPTIONS = ROOT / "problems" / "relu-squared-loss.yaml"
HOSTILE = "title: '<script>alert(1)</script> `x` | $y$'\ninputs: {x: 3}\nequations: y = x^2\n"


def forms(report: gradcalc.Report) -> tuple[str, str, str]:
    return str(report), report._repr_markdown_(), report._repr_html_()


@pytest.mark.parametrize("path", PROBLEMS[::4], ids=lambda path: path.stem)
def test_a_solution_shows_the_documents_of_the_command_line(path) -> None:
    solution = gradcalc.solve(gradcalc.load(path))
    text, markdown, framed = forms(gradcalc.show(solution))
    assert text == page(View(solution)).plain()
    assert repr(gradcalc.show(solution)) == text
    made = document(View(solution, typeset=True))
    assert markdown == markdown_document([made])
    assert content(framed) == html_document([made])


def content(framed: str) -> str:
    """Return the page that a frame holds, having checked that nothing else is written."""
    tags: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attrs)))

        def handle_data(self, data: str) -> None:
            assert not data.strip()

    Reader().feed(framed)
    ((tag, attrs),) = tags
    assert tag == "iframe" and set(attrs) == {"sandbox", "title", "style", "srcdoc"}
    return str(attrs["srcdoc"])


def test_every_result_is_shown_in_every_form() -> None:
    problem, other = gradcalc.load(HAND), gradcalc.load(OPTIONS)
    review = gradcalc.check(problem, "z2 = 0.29\ndL/dz2 = 3")
    results = [
        (gradcalc.solve(problem), "0.57206"),
        (review, "one slip"),
        ([review, gradcalc.check(problem, "z2 = 7")], "line by line"),
        (gradcalc.check_options(other), "what went wrong"),
        (gradcalc.lint(other), "what this question cannot show"),
    ]
    for result, words in results:
        for form in forms(gradcalc.show(result)):
            assert words in form.casefold()


def test_the_result_of_a_class_is_shown_with_its_problem(tmp_path) -> None:
    table = tmp_path / "class.csv"
    table.write_text("id,z2,dL/dz2\nanna,0.29,0.456\nben,0.29,3\n", encoding="utf-8")
    given = Assignment(str(HAND), (str(table),))
    tally = Tally((), given.scheme)
    for block in given.blocks():
        tally.add(given.marker.mark(block))
    result = ClassResult(tally, read=2)
    text, markdown, html = forms(gradcalc.show(result, given.problem))
    for form in (text, markdown, html):
        assert "2 marked" in form and "class report" in form
    with pytest.raises(TypeError, match="with its problem"):
        gradcalc.show(result)


def test_what_is_no_result_is_said() -> None:
    for nothing in (None, "text", [], [1], gradcalc.load(HAND)):
        with pytest.raises(TypeError, match="is not a result that gradcalc can show"):
            gradcalc.show(nothing)


def test_texts_of_a_file_are_escaped_and_style_stays_inside() -> None:
    problem = gradcalc.load(HOSTILE)
    inside = content(gradcalc.show(gradcalc.solve(problem))._repr_html_())
    assert "<script" not in inside and "&lt;script&gt;" in inside
    html = gradcalc.show(gradcalc.check(problem, "y = 8"))._repr_html_()
    assert "<script" not in html and "&lt;script&gt;" in html
    style = html.partition("</style>")[0].removeprefix("<style>")
    assert style.startswith(".gradcalc{") and style.endswith("}")
    depth, outside = 0, io.StringIO()
    for sign in style:
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            outside.write(sign)
    assert depth == 0
    assert outside.getvalue() == ".gradcalc}"
    assert "body{" not in style and ":root" not in style
