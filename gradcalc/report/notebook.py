"""A result as a report that shows itself: in a notebook, and as text anywhere else."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from gradcalc.errors import visible
from gradcalc.grading.classes.result import ClassResult
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.marking.options import OptionsReview
from gradcalc.grading.marking.verdict import Review
from gradcalc.grading.questions.lint import Lint
from gradcalc.problem.model import Problem
from gradcalc.problem.solution import Solution
from gradcalc.report.blocks import Document, Formula
from gradcalc.report.formats.html import html_document, html_fragment
from gradcalc.report.formats.registry import FORMATS
from gradcalc.report.formats.text import COLUMNS
from gradcalc.report.page import Page
from gradcalc.report.results.check import Told, check_document
from gradcalc.report.results.classes import class_document
from gradcalc.report.results.mistakes import lint_page
from gradcalc.report.results.options import options_document
from gradcalc.report.results.wording import wording
from gradcalc.report.solution.document import document
from gradcalc.report.solution.page import page as solution_page
from gradcalc.report.steps.view import View

Result: TypeAlias = Solution | Review | OptionsReview | Lint | ClassResult
Form: TypeAlias = Literal["html", "markdown", "text"]
Write: TypeAlias = Callable[[Form], str]
FRAME = "width:100%;height:48rem;border:0"


@dataclass(frozen=True)
class Report:
    """A report in the forms that a reader may want: HTML, Markdown, plain text.

    A notebook takes the form that it can show; str() is the text of the command line.
    """

    write: Write

    def __str__(self) -> str:
        """Return the report as text of 80 columns."""
        return self.write("text")

    def __repr__(self) -> str:
        return self.write("text")

    def _repr_html_(self) -> str:
        return self.write("html")

    def _repr_markdown_(self) -> str:
        return self.write("markdown")


def show(result: Result | Sequence[Review], problem: Problem | None = None) -> Report:
    r"""Return a report on a solution, a check, options, a lint, or a class.

    Several checks make one report. The result of a class needs the problem beside it.
    Raises TypeError for anything else.

    >>> from gradcalc import load, solve
    >>> report = show(solve(load("title: A square\ninputs: {x: 3}\nequations: y = x^2")))
    >>> str(report).splitlines()[0]
    'A square'
    """
    match result:
        case Solution():
            return Report(_solution(result))
        case OptionsReview():
            return Report(_documents([options_document(result, wording(result.lines))]))
        case Lint():
            return Report(_page(lambda: lint_page(Page(COLUMNS), result, wording(result.lines))))
        case Review():
            return _reviews([result])
        case ClassResult():
            if problem is None:
                raise TypeError("the result of a class is shown with its problem")
            return Report(_documents([class_document(result, wording(lines_of(problem)))]))
    if isinstance(result, Sequence) and result and all(isinstance(r, Review) for r in result):
        return _reviews(result)
    raise TypeError(f"a {type(result).__name__} is not a result that gradcalc can show")


def _solution(solution: Solution) -> Write:
    """Return the worked solution: a document, or the page of the command line."""

    def write(form: Form) -> str:
        if form == "text":
            return _text(solution_page(View(solution)))
        documents = [document(View(solution, typeset=True))]
        if form == "markdown":
            return FORMATS["markdown"].printed(documents)
        whole = html.escape(html_document(documents))  # a page of its own within the notebook's
        return f'<iframe sandbox title="worked solution" style="{FRAME}" srcdoc="{whole}"></iframe>'

    return write


def _reviews(reviews: Sequence[Review]) -> Report:
    """Return checks as one report, one after the other."""
    told = Told(hint=False)
    return Report(_documents([check_document(each, wording(each.lines), told) for each in reviews]))


def _documents(documents: Sequence[Document]) -> Write:
    def write(form: Form) -> str:
        return html_fragment(documents) if form == "html" else FORMATS[form].printed(documents)

    return write


def _page(made: Callable[[], Page]) -> Write:
    """Return a page of text in every form, its columns kept."""

    def write(form: Form) -> str:
        text = _text(made())
        if form == "text":
            return text
        lines = tuple(text.rstrip("\n").split("\n"))
        return _documents([Document("", "", (Formula(lines),))])(form)

    return write


def _text(page: Page) -> str:
    return "".join(f"{visible(line)}\n" for line in page.plain().splitlines())
