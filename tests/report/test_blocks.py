"""Reports as text, Markdown and HTML: the same words, and no text that becomes markup."""

from __future__ import annotations

import base64
import re
from collections import Counter
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from gradcalc.errors import width
from gradcalc.report.blocks import Document, Paragraph
from gradcalc.report.formats.html import html_document
from gradcalc.report.formats.latex import article
from gradcalc.report.formats.latex_words import words
from gradcalc.report.formats.markdown import escaped, markdown_document
from gradcalc.report.formats.registry import ENDINGS, FORMATS, format_of
from gradcalc.report.formats.text import write_document
from gradcalc.report.page import Page
from tests.report.samples_of_blocks import HOSTILE, every_block

every_text = pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:30])
VOID = ("meta",)
ROOMS = {r"\parbox", r"\raggedright", r"\strut", r"\footnotesize", r"\scriptsize", r"\tiny"}
"""Commands of columns and lines that are wider than the page."""
ATTRIBUTES = {
    "html": {"lang"},
    "meta": {"charset", "http-equiv", "content", "name"},
    "th": {"scope", "class", "colspan"},
    "td": {"class", "colspan"},
    "abbr": {"title"},
    "svg": {"viewbox", "preserveaspectratio", "aria-hidden"},
    "rect": {"width", "height"},
    "div": {"class", "tabindex"},
    "article": {"id", "class"},
    "math": {"class", "displaystyle"},
}


class Reader(HTMLParser):
    """Reads a page: its elements with their attributes, its text, and whether it nests."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.open: list[str] = []
        self.said: list[str] = []
        self.others: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)

    def handle_comment(self, data):
        self.others.append(data)

    handle_pi = unknown_decl = handle_comment

    @property
    def shape(self) -> list[tuple[str, tuple[tuple[str, str | None], ...]]]:
        """Return the elements; of a title that stands in an attribute only that it is there."""
        return [
            (tag, tuple((name, None if name == "title" else value) for name, value in attrs))
            for tag, attrs in self.elements
        ]


def shape_of_markdown(text: str) -> list[str]:
    """Return what a reader of GitHub's Markdown makes of a text, the words left out."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    found = []
    for token in reader.parse(text):
        found.append(token.type)
        inner = [child.type for child in token.children or () if child.type != "text"]
        found += [each for each in inner if each not in ("text_special", "softbreak")]
    return found


@every_text
def test_no_element_and_no_attribute_of_html_comes_from_a_text(text: str) -> None:
    page, plain = (
        Reader(html_document([every_block(text)])),
        Reader(html_document([every_block("a")])),
    )
    assert page.shape == plain.shape
    assert not page.open and not page.others
    for tag, attrs in page.elements:
        assert {name for name, _ in attrs} <= ATTRIBUTES.get(tag, {"class"})


@every_text
def test_no_markup_of_markdown_comes_from_a_text(text: str) -> None:
    plain = shape_of_markdown(markdown_document([every_block("a")]))
    assert shape_of_markdown(markdown_document([every_block(text)])) == plain


@every_text
def test_addresses_are_no_links_and_signs_do_not_steer(text: str) -> None:
    """GitHub makes links of bare addresses, which the reader of the test above does not."""
    for page in (markdown_document([every_block(text)]), html_document([every_block(text)])):
        steering = [ch for ch in page if not ch.isprintable() and ch not in "\n\xa0\u2060"]
        assert not steering
    page = "".join(
        line for line in markdown_document([every_block(text)]).splitlines() if line[:4] != "    "
    )
    assert not re.search(r"://|www\.|@[A-Za-z0-9]|mailto:|xmpp:", page)


@every_text
def test_no_command_of_latex_comes_from_a_text(text: str) -> None:
    """Each group and environment is closed, and words bring no command but those of signs."""
    made = article([every_block(text)])
    bare = re.sub(r"\\[{}]", "", made)
    assert bare.count("{") == bare.count("}")
    for name in ("center", "tabular", "itemize", "document"):
        assert made.count(rf"\begin{{{name}}}") == made.count(rf"\end{{{name}}}")
    commands = Counter(re.findall(r"\\(?:[A-Za-z]+|.)", made))
    signs = Counter(re.findall(r"\\(?:[A-Za-z]+|.)", words(text)))
    plain = Counter(re.findall(r"\\(?:[A-Za-z]+|.)", article([every_block("a")])))
    assert set(commands) - set(signs) <= set(plain) | ROOMS
    assert not re.search(r"\\\\\n[\[*]", made)
    assert made.isascii() or r"\other{" in made


def test_every_format_has_its_row() -> None:
    document = every_block("a")
    for name, row in FORMATS.items():
        assert row.name == name and row.sentence and row.endings
        assert row.printed([document])
        for ending in row.endings:
            assert ENDINGS[ending] == name and format_of(Path(f"A.{ending.upper()}")) is row
    assert format_of(Path("report")) is FORMATS["text"]


def test_several_documents_are_listed_with_what_they_are() -> None:
    first, second = Document("a", "one kind", ()), Document("b", "", ())
    assert "1. a – one kind\n2. b\n" in FORMATS["markdown"].printed([first, second])
    assert '<a href="#p1">a – one kind</a>' in FORMATS["html"].printed([first, second])
    text = FORMATS["text"].printed([first, second])
    assert text == "\n\n".join(FORMATS["text"].printed([each]) for each in (first, second))


@every_text
def test_a_page_of_text_keeps_its_width(text: str) -> None:
    for columns in (40, 60, 80):
        for unicode in (True, False):
            page = write_document(
                Page(columns, unicode), Document("t", "k", (Paragraph(text, "note"),))
            )
            assert all(width(line) <= columns for line in page.plain().splitlines())


def test_a_text_can_be_read_back_from_markdown() -> None:
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for text in HOSTILE:
        if not text.isprintable() or "\u2060" in escaped(text):
            continue
        (_, inline, _) = reader.parse(f"{escaped(text)}\n")
        assert "".join(child.content for child in inline.children) == " ".join(text.split())


def test_the_html_is_a_file_of_its_own() -> None:
    text = html_document([every_block("a")])
    page = Reader(text)
    assert page.elements[0] == ("html", (("lang", "en"),))
    metas = {
        dict(attrs).get("name") or dict(attrs).get("http-equiv"): dict(attrs)
        for tag, attrs in page.elements
        if tag == "meta"
    }
    assert "width=device-width" in metas["viewport"]["content"]
    policy = metas["Content-Security-Policy"]["content"]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    known = base64.b64encode(sha256(style.encode()).digest()).decode()
    assert "default-src 'none'" in policy and f"style-src 'sha256-{known}'" in policy
    assert "prefers-color-scheme" in style and "@media print" in style
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "form", "a", "object", "base"}
    assert "url(" not in text and "http:" not in text and "https:" not in text
    assert {tag for tag, _ in page.elements} >= {"h1", "h2", "dl", "figure", "table", "caption"}
    heads = [dict(attrs) for tag, attrs in page.elements if tag == "th"]
    assert all(head.get("scope") in ("row", "col") for head in heads)
