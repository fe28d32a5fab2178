"""Documents with every kind of block of words, and texts that would like to be more than text."""

from __future__ import annotations

from gradcalc.report.blocks import (
    Across,
    Alternatives,
    Bar,
    Bars,
    Brief,
    Document,
    DocumentBlock,
    Either,
    Equalities,
    Equation,
    Facts,
    Figures,
    Formula,
    Item,
    Items,
    PagePlace,
    Paragraph,
    ReportTable,
    Section,
    TableColumn,
    VectorCell,
)
from gradcalc.report.catalogue.formula import name_of
from gradcalc.report.mathematics.notation import Notation

HOSTILE = (
    "<script>alert(1)</script>",
    "</style></title></pre><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus='alert(1)",
    "[x](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "[x]: https://example.org",
    "<https://example.org>",
    "https://example.org www.example.org a@example.org",
    "| a | b |",
    "`code` ``` ~~~ $math$ $$",
    "**bold** __bold__ *it* _it_ ~~gone~~",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "1) item",
    "> quote",
    "---",
    "===",
    "    code",
    "\tcode",
    "a\n\n# b\n\n<b>c</b>",
    "a\r\n| - |\n",
    "&lt;b&gt; &#60;i&#62; &copy",
    "=cmd()|' /C calc'!A0",
    "\x1b[31mred\x1b[0m \x00\x07\x7f",
    "\u202egnp.exe \u200f\u2066x\u2069",
    "<!-- <b> --> <?php ?> <![CDATA[x]]>",
    "\\",
    "\\<b\\>",
    "\ud800",
    "[^1] [ ] [x] :smile: @someone #12",
)


def every_block(text: str) -> Document:
    """Return blocks of words of all kinds with a text in each place where a text may stand."""
    columns = (
        TableColumn(text, "left", cut=True),
        TableColumn(text, long=text),
        TableColumn(text, joined=True),
        TableColumn(text, "left", spare=1),
    )
    x = name_of(Notation({}), "x")
    blocks: list[DocumentBlock] = [
        Facts(((text, text), ("", text))),
        Facts(((text, text),)),
        Facts(((text, text), (text, text)), text, numbers=True, spare=1),
        Section(text),
        Section(text, 2),
        Section(text, ruled=False),
        Facts(((text, Either(text, text)), (text, Equation(x, (x,)))), tone="faint"),
        Equalities(x, ((x, "rule"), (x, ""))),
        Figures(((text, text),)),
        Bars(((text, text, 3), (text, "", 1)), text),
        Paragraph(text),
        Paragraph(text, "note"),
        Paragraph(text, "warning"),
        Paragraph(text, "heading", text),
        Paragraph(text, "value", text, text, PagePlace(2, hang=3, gap=1)),
        Paragraph(text, lead=text, place=PagePlace(hang=9, margin=True)),
        Paragraph(text, "note", text, place=PagePlace(flow=True)),
        Formula((text, text)),
        Formula((text, f"= {text}"), "note", PagePlace(5, hang=4)),
        ReportTable(
            columns, ((text, text, Bar(2, text), text), (text, text, Bar(0, text), text)), text
        ),
        ReportTable(columns, ((text, text, text, text),), foot=(text, 2, text)),
        ReportTable(
            columns,
            (
                (text, Brief("✓", text), Alternatives((text, text)), VectorCell(("1", "2.5"), 2)),
                Across(text, text, "warning"),
                (text, Brief("✓", text), Alternatives(()), VectorCell(("10", "2"), 2)),
            ),
            tones=("value", "warning"),
            notes=(text,),
            margin=2,
            rule=None,
            tight=True,
        ),
        Items((Item((text, text), text, text), Item((text, ""), text))),
        Items((Item((text,), text, text, text),)),
    ]
    return Document(text, text, tuple(blocks), text)
