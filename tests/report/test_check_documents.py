"""A check and the options of a problem: every format says what the page of text says."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.marking.options import check_options
from gradcalc.problem.reading.loader import load
from gradcalc.report.blocks import Document, Items
from gradcalc.report.formats.html import html_document
from gradcalc.report.formats.latex import article
from gradcalc.report.formats.markdown import markdown_document
from gradcalc.report.formats.text import write_document
from gradcalc.report.page import Page
from gradcalc.report.results.check import Told, check_document
from gradcalc.report.results.check_table import LEGEND
from gradcalc.report.results.options import options_document
from gradcalc.report.results.reasons import Reveal
from gradcalc.report.results.wording import wording
from tests.shown import PROBLEMS, ROOT

CHOICES = [path for path in PROBLEMS if "\noptions:" in path.read_text()]
HAND = ROOT / "problems/hand-calculation.yaml"
SHEETS = sorted((ROOT / "tests/cases/answers").glob("004-*.txt"))
REVEALS: tuple[Reveal, ...] = ("score", "where", "why", "full")


class Text(HTMLParser):
    """Gathers the text of a page, its style left out."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.texts = "", [""]

    def handle_starttag(self, tag: str, _: object) -> None:
        self.inside = tag

    def handle_data(self, data: str) -> None:
        self.texts += [] if self.inside in ("style", "title") else [data]


def words(text: str) -> set[str]:
    return set("".join(ch if ch.isalnum() or ch in "−′∂" else " " for ch in text).split())


def of_the_page(document: Document) -> set[str]:
    """Return the words of the page of text, but for what it says shorter than documents."""
    page = write_document(Page(10_000), document).plain()
    for sign, text in LEGEND.items():
        page = page.replace(f"{sign}: {text}", "")
    lists = (block for block in document.blocks if isinstance(block, Items))
    short = " ".join(str(item.brief) for block in lists for item in block.rows)
    return words(page) - set(LEGEND) - words(short)


def of_html(document: Document) -> set[str]:
    reader = Text()
    reader.feed(html_document([document]))
    return words(" ".join(reader.texts))


def loses_nothing(document: Document) -> bool:
    """Tell whether HTML and Markdown have every word of the page of text."""
    page = of_the_page(document)
    marked = words(markdown_document([document]).replace("\\", ""))
    return page <= of_html(document) and page <= marked


@pytest.mark.parametrize("path", CHOICES, ids=lambda path: path.stem)
def test_options_say_the_same_in_every_format(path: Path) -> None:
    review = check_options(load(str(path)))
    assert loses_nothing(options_document(review, wording(review.lines)))


@pytest.mark.parametrize("reveal", REVEALS)
@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_a_check_says_the_same_in_every_format(path: Path, reveal: Reveal) -> None:
    review = check(load(str(HAND)), path.read_text(encoding="utf-8"))
    assert loses_nothing(check_document(review, wording(review.lines), Told(reveal)))


@pytest.mark.parametrize("reveal", ["score", "where", "why"])
def test_a_value_that_is_not_revealed_is_in_no_format(reveal: Reveal) -> None:
    sheet = ROOT / "tests/cases/answers/004-sigma-forgotten.txt"
    review = check(load(str(HAND)), sheet.read_text(encoding="utf-8"))
    document = check_document(review, wording(review.lines), Told(reveal))
    for text in (
        write_document(Page(80), document).plain(),
        html_document([document]),
        markdown_document([document]),
        article([document]),
    ):
        for value in ("0.45585", "0.4558", "0.10186", "0.26245", "0.02493", "0.0642"):
            assert value not in text


def test_documents_have_room_for_words() -> None:
    """A table says in words what stands on the page of text as a sign."""
    sheet = ROOT / "tests/cases/answers/004-sigma-forgotten.txt"
    review = check(load(str(HAND)), sheet.read_text(encoding="utf-8"))
    document = check_document(review, wording(review.lines), Told())
    text = markdown_document([document])
    head = "| line | quantity | written | from own | exact | off by | verdict |\n"
    assert head in text
    assert "| 308.5 % | ✗ wrong, the first, slip 1 |\n" in text
    assert "✓ right from your own earlier values |\n" in text
    assert "Put line 7 right, then line 11" in text
    assert "Put line 7 right" not in write_document(Page(80), document).plain()
