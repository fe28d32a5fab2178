"""The options of a problem as Markdown and HTML say what the page says."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcalc.cli.check import command
from gradcalc.grading.marking.options import check_options
from gradcalc.problem.reading.loader import load
from gradcalc.report.page import Page
from gradcalc.report.results.options import OptionPage
from gradcalc.report.results.wording import wording
from tests.shown import PROBLEMS

CHOICES = [path for path in PROBLEMS if "\noptions:" in path.read_text()]


class Text(HTMLParser):
    """Gathers the text of a page, its style left out."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.texts = "", [""]

    def handle_starttag(self, tag: str, _: object) -> None:
        self.inside = tag

    def handle_data(self, data: str) -> None:
        self.texts += [] if self.inside in ("style", "title") else [data]


def said(path: Path, form: str) -> str:
    run = CliRunner().invoke(command, [str(path), "--options", "--format", form])
    assert run.exception is None, run.exception
    return run.output


def words(text: str) -> list[str]:
    return "".join(ch if ch.isalnum() or ch in "−′∂" else " " for ch in text).split()


@pytest.mark.parametrize("path", CHOICES, ids=lambda path: path.stem)
def test_every_word_of_the_page_is_in_the_parts(path: Path) -> None:
    review = check_options(load(str(path)))
    page = OptionPage(Page(10_000), review, wording(review.lines)).write().plain()
    reader = Text()
    reader.feed(said(path, "html"))
    assert set(words(page)) - set(words(" ".join(reader.texts))) == set()
