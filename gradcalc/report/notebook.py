"""A result as a report that shows itself: in notebooks, on rich consoles, as text anywhere."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from gradcalc.grading.classes.result import ClassResult
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.marking.options import OptionsReview
from gradcalc.grading.marking.verdict import Review
from gradcalc.grading.questions.lint import Lint
from gradcalc.problem.model import Problem
from gradcalc.problem.solution import Solution
from gradcalc.report.blocks import Document
from gradcalc.report.formats.html import html_document, html_fragment
from gradcalc.report.formats.registry import FORMATS
from gradcalc.report.formats.text import COLUMNS, write_document
from gradcalc.report.page import Page, encodable, printable, segments
from gradcalc.report.results.check import Told, check_document
from gradcalc.report.results.classes import class_document
from gradcalc.report.results.lint import lint_document
from gradcalc.report.results.options import options_document
from gradcalc.report.results.wording import wording
from gradcalc.report.solution.document import document
from gradcalc.report.solution.page import page as solution_page
from gradcalc.report.steps.view import View

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.measure import Measurement
    from rich.segment import Segment

Result: TypeAlias = Solution | Review | OptionsReview | Lint | ClassResult
Pages: TypeAlias = Callable[[Page], Page]
"""Writes a result onto an empty page."""
Making: TypeAlias = Callable[[bool], Document]
"""Makes the document of a result, with signs beyond ASCII or without."""
FRAME = "width:100%;height:48rem;border:0"
NARROWEST, WIDEST = 30, 100
"""Columns of a page on a rich console."""


@dataclass(frozen=True)
class Report:
    """A report in the forms that a reader may want: HTML, Markdown, text, rich.

    A notebook takes the form that it can show; str() is the text of the command line, and
    a rich console shows it as wide as there is room, in panels and layouts too.
    documents: makes what other formats print; pages: write each result as text.
    """

    documents: Callable[[], Sequence[Document]]
    pages: Sequence[Pages]

    def __str__(self) -> str:
        """Return the report as text of 80 columns."""
        return "\n\n".join(printable(page).plain() for page in self._written(COLUMNS, unicode=True))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        documents = self.documents()
        if not any(document.worked for document in documents):
            return html_fragment(documents)
        whole = html.escape(html_document(documents))  # a page of its own within the notebook's
        return f'<iframe sandbox title="worked solution" style="{FRAME}" srcdoc="{whole}"></iframe>'

    def _repr_markdown_(self) -> str:
        return FORMATS["markdown"].printed(self.documents())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        from rich.segment import Segment  # noqa: PLC0415 - only where rich asks

        columns = min(max(options.max_width, NARROWEST), WIDEST)
        for at, page in enumerate(self._written(columns, unicode=encodable(options.encoding))):
            if at:
                yield from (Segment.line(), Segment.line())
            for line in segments(printable(page)):
                yield from line
                yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        from rich.measure import Measurement  # noqa: PLC0415

        most = min(options.max_width, WIDEST)
        return Measurement(min(most, NARROWEST), most)

    def _written(self, columns: int, *, unicode: bool) -> Iterator[Page]:
        """Yield the pages of text."""
        return (write(Page(columns, unicode)) for write in self.pages)


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
            return Report(
                lambda: [document(View(result, typeset=True))],
                [
                    lambda page: solution_page(
                        View(result, unicode=page.unicode), columns=page.columns
                    )
                ],
            )
        case OptionsReview():
            return _documents(
                [lambda unicode: options_document(result, wording(result.lines, unicode=unicode))]
            )
        case Lint():
            return _documents(
                [lambda unicode: lint_document(result, wording(result.lines, unicode=unicode))]
            )
        case Review():
            return _documents([_check(result)])
        case ClassResult():
            if problem is None:
                raise TypeError("the result of a class is shown with its problem")
            lines = lines_of(problem)
            return _documents(
                [lambda unicode: class_document(result, wording(lines, unicode=unicode))]
            )
    if isinstance(result, Sequence) and result and all(isinstance(r, Review) for r in result):
        return _documents(list(map(_check, result)))
    raise TypeError(f"a {type(result).__name__} is not a result that gradcalc can show")


def _documents(made: Sequence[Making]) -> Report:
    """Return results that are one document each; what makes it is told whether in Unicode."""

    def written(make: Making) -> Pages:
        return lambda page: write_document(page, make(page.unicode))

    return Report(lambda: [make(True) for make in made], list(map(written, made)))


def _check(review: Review) -> Making:
    told = Told(hint=False)
    return lambda unicode: check_document(review, wording(review.lines, unicode=unicode), told)
