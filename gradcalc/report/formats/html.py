"""Documents as one HTML page: MathML, steps that unfold, tables; no script, all escaped."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from gradcalc.errors import escaped
from gradcalc.report.blocks import (
    Bars,
    Boxed,
    Document,
    DocumentBlock,
    Drawing,
    Either,
    Equalities,
    Equation,
    EquationList,
    Facts,
    Figures,
    Formula,
    Items,
    Paragraph,
    ReportTable,
    Section,
    SolutionLine,
    Text,
    runs,
)
from gradcalc.report.formats.html_style import style
from gradcalc.report.formats.html_tables import bars, table
from gradcalc.report.mathematics.mathml import formula
from gradcalc.report.mathematics.tree import Atom, Math, Quantity, extent, lines, row
from gradcalc.report.pictures.graph_formats import svg
from gradcalc.report.pictures.graph_layout import TooLargeError

EQUALS = Atom("operator", "=")
SHORT = 52
"""Digits up to which all sides of a line stand beside each other."""
CHUNK = 36
"""Digits of a sum that stay together where a line is broken."""
WIDE = 40
"""Digits from which on a formula may be wider than a phone, and can be scrolled by keys."""


def html_document(documents: Sequence[Document]) -> str:
    """Return documents as one page, with a table of contents where there are several."""
    writers = [_Article(f"p{at}", each) for at, each in enumerate(documents, start=1)]
    body = "".join(writer.article() for writer in writers)
    contents = ""
    if len(writers) > 1:
        rows = "".join(
            f'<li><a href="#{writer.key}">{escaped(_named(writer.document))}</a></li>\n'
            for writer in writers
        )
        contents = f'<nav aria-label="Contents">\n<h1>Contents</h1>\n<ol>\n{rows}</ol>\n</nav>\n'
    quantities = {
        writer.key: tuple(writer.classes.values()) for writer in writers if writer.document.worked
    }
    sheet = style(body, quantities)
    return framed(escaped(_title(documents)), sheet, f"<main>\n{contents}{body}</main>\n")


def _title(documents: Sequence[Document]) -> str:
    if len(documents) == 1:
        return _named(documents[0])
    if all(document.worked for document in documents):
        return f"{len(documents)} worked problems"
    return f"{_named(documents[0])}, and {len(documents) - 1} more"


def _named(document: Document) -> str:
    return " – ".join(filter(None, (document.title, document.kind)))


def framed(title: str, style: str, body: str) -> str:
    """Return a page of markup that allows its own style and nothing else, no script either."""
    own = base64.b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{own}'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}"
        "</body>\n</html>\n"
    )


def html_fragment(documents: Sequence[Document]) -> str:
    """Return documents as a piece of a page that is not ours: its style ends where it ends."""
    body = "".join(_Article("", each).article() for each in documents)
    own = style(body, {}).replace(":root{", "&{").replace("\nbody{", "\n&{padding:.5rem 1rem;")
    return f'<style>.gradcalc{{{own}}}</style>\n<div class="gradcalc">\n{body}</div>\n'


@dataclass(frozen=True)
class _Article:
    """One document; key: the beginning of its ids and classes."""

    key: str
    document: Document

    @cached_property
    def classes(self) -> dict[str, str]:
        """Return the class of every quantity that the article names."""
        found: dict[str, str] = {}
        for name in (name for block in self.document.blocks for name in _defined(block)):
            found.setdefault(name, f"{self.key}q{len(found) + 1}")
        return found

    @cached_property
    def numbered(self) -> dict[int, str]:
        """Return the quantity that each line is about."""
        lines = (block for block in self.document.blocks if isinstance(block, SolutionLine))
        return {line.number: line.key for line in lines}

    @cached_property
    def defined(self) -> dict[str, int]:
        """Return the number of the line that defines a quantity; a new value is no definition."""
        lines = (block for block in self.document.blocks if isinstance(block, SolutionLine))
        return {line.key: line.number for line in lines if line.equation.sign == "="}

    def article(self) -> str:
        """Return the document as an element of its own."""
        kinds = "".join(
            f'<p class="kind">{escaped(words)}</p>\n'
            for words in (self.document.kind, self.document.cite)
            if words
        )
        title = escaped(self.document.title)
        head = f"<header>\n<h1>{title}</h1>\n{kinds}</header>\n" if title else ""
        kind = ' class="worked"' if self.document.worked else ""
        name = f' id="{self.key}"' if self.key else ""
        return f"<article{kind}{name}>\n{head}{''.join(self.blocks())}</article>\n"

    def blocks(self) -> Iterator[str]:
        """Yield the markup of all blocks; facts that follow each other share a list."""
        facts = False
        for at, block in enumerate(self.document.blocks):
            fact = isinstance(block, Facts) or (isinstance(block, EquationList) and block.label)
            if bool(fact) != facts:
                yield "</dl>\n" if facts else '<dl class="facts">\n'
                facts = bool(fact)
            yield self.block(block, at)
        if facts:
            yield "</dl>\n"

    def block(self, block: DocumentBlock, at: int) -> str:  # noqa: PLR0912 - a kind of block a case
        """Return the markup of one block."""
        words = self.words
        match block:
            case Section():
                name = f"h{block.level + 1}"
                return f"<{name}>{words(block.text)}</{name}>\n"
            case Facts():
                return self.facts(block)
            case Figures():
                rows = "".join(
                    f"<div><dt>{words(a)}</dt><dd>{words(b)}</dd></div>\n" for a, b in block.rows
                )
                return f'<dl class="figures">\n{rows}</dl>\n'
            case Paragraph():
                return self.paragraph(block)
            case Formula():
                return "<pre>" + "\n".join(map(escaped, block.lines)) + "</pre>\n"
            case Items():
                return self.items(block)
            case ReportTable():
                return table(block, words)
            case Bars():
                return bars(block)
            case EquationList():
                return self.equations(block)
            case Equalities():
                return self.equalities(block)
            case SolutionLine():
                return self.line(block)
            case Boxed():
                beside = f"<span>{words(block.beside)}</span>" if block.beside else ""
                shown = self.scroll(_whole(block.equation))
                return f'<div class="boxed">{shown}{beside}</div>\n'
            case Drawing():
                return self.drawing(block, at)

    def facts(self, block: Facts) -> str:
        remark = f' <span class="remark">{self.words(block.remark)}</span>' if block.remark else ""
        rows = [
            f"<dt>{self.words(label)}</dt>" * bool(label) + f"<dd>{self.said(said)}"
            for label, said in block.rows
        ]
        return "</dd>\n".join(rows) + f"{remark}</dd>\n"

    def paragraph(self, block: Paragraph) -> str:
        kind = "" if block.tone == "plain" else f' class="{block.tone}"'
        mark = f"<strong>{self.words(block.mark)}</strong> " if block.mark else ""
        remark = f' <span class="remark">{self.words(block.remark)}</span>' if block.remark else ""
        return f"<p{kind}>{mark}{self.words(block.text)}{remark}</p>\n"

    def items(self, block: Items) -> str:
        rows = []
        for item in block.rows:
            cells = " ".join(
                f"<span>{self.words(each)}</span>" for each in (*item.cells, item.text)
            )
            remark = (
                f' <span class="remark">{self.words(item.remark)}</span>' if item.remark else ""
            )
            rows.append(f"<li>{cells}{remark}</li>\n")
        return f'<ul class="items">\n{"".join(rows)}</ul>\n'

    def equations(self, block: EquationList) -> str:
        rows = []
        for each, said in block.rows:
            remark = f'<span class="remark">{self.words(said)}</span>' if said else ""
            rows.append(f"<li>{self.scroll(_whole(each))}{remark}</li>\n")
        label = f"<dt>{self.words(block.label)}</dt><dd>" if block.label else ""
        kind = "flow" if label else "flow answers"
        return f'{label}<ul class="{kind}">\n{"".join(rows)}</ul>{"</dd>" if label else ""}\n'

    def equalities(self, block: Equalities) -> str:
        """Return a grid: the name, what it equals, and the words beside it."""
        rows = []
        for at, (side, said) in enumerate(block.rows):
            name = self.plain(block.name) if at == 0 else ""
            shown = self.scroll(row((EQUALS, side)))
            remark = f'<span class="remark">{self.words(said)}</span>' if said else ""
            rows.append(f"<li><span>{name}</span>{shown}{remark}</li>\n")
        return f'<ul class="equal">\n{"".join(rows)}</ul>\n'

    # --- lines -------------------------------------------------------------------

    def line(self, line: SolutionLine) -> str:
        own = self.classes[line.key]
        place = f"{self.key}-{line.number}"
        number = f'<a class="number {own}" href="#{place}">{line.number}</a>'
        given = " given" if line.note == "given" else ""
        return f'<div class="line{given}" id="{place}">{number}{self.step(line)}</div>\n'

    def step(self, line: SolutionLine) -> str:
        """Return a line that unfolds, or one that says all in its first row."""
        name, sides, sign = line.equation.name, line.equation.sides, line.equation.sign
        first = self.scroll(row((name, Atom("operator", sign), *sides[:1])) if sides else name)
        note = f'<span class="note">{self.words(line.note)}</span>' if line.note else ""
        rest = "".join(
            self.scroll(chunk) for side in sides[1:] for chunk in lines(row((EQUALS, side)), CHUNK)
        )
        below = f'<div class="below">{self.links(line)}{self.entries(line)}</div>'
        if not rest or extent(_whole(line.equation)) <= SHORT:
            shown = f'<span class="sides">{first}{rest}</span>'
            return f'<div class="step"><div class="row">{shown}{note}</div>{below}</div>'
        last = self.scroll(row((EQUALS, sides[-1])), "result")
        ghost = f'<div class="ghost" aria-hidden="true">{self.plain(name)}</div>'
        more = f'<div class="more">{ghost}<div class="sides">{rest}</div></div>{below}'
        sides_of = f'<span class="sides">{first}{last}</span>'
        head = f'<span class="row">{sides_of}{note}</span>'
        return f'<details class="step" open><summary>{head}</summary>{more}</details>'

    def links(self, line: SolutionLine) -> str:
        """Return links to the lines that are read, and to those that read this one."""
        reads = [self.defined[name] for name in line.reads if name in self.defined]
        said = []
        for words, numbers in (("uses", sorted(set(reads))), ("used in", line.readers)):
            shown = ", ".join(self.link(number) for number in numbers)
            said.append(f"{words} {shown}" if shown else "")
        content = " · ".join(part for part in said if part)
        return f'<p class="links">{content}</p>' if content else ""

    def link(self, number: int) -> str:
        name = self.classes[self.numbered[number]]
        return f'<a class="{name}" href="#{self.key}-{number}">{number}</a>'

    def entries(self, line: SolutionLine) -> str:
        if not line.entries:
            return ""
        rows = "".join(f"<li>{self.scroll(_whole(each))}</li>\n" for each in line.entries)
        opened = " open" if line.unfolded else ""
        summary = "<summary>entry by entry</summary>"
        return f'<details class="entries"{opened}>{summary}<ul>\n{rows}</ul></details>'

    # --- parts -------------------------------------------------------------------

    def plain(self, shown: Math) -> str:
        return formula(shown, lambda key: "")

    def scroll(self, shown: Math, kind: str = "") -> str:
        """Return a formula that scrolls inside its box where it is too wide."""
        name = f"scroll {kind}".strip()
        wide = ' tabindex="0" role="group"' if extent(shown) > WIDE else ""
        math = formula(shown, lambda key: self.classes.get(key, ""))
        return f'<span class="{name}"{wide}>{math}</span>'

    def said(self, said: Text | Equation | Either) -> str:
        """Return what stands beside a label."""
        if isinstance(said, Equation):
            return self.plain(_whole(said))
        return self.words(said.text if isinstance(said, Either) else said)

    def words(self, text: Text) -> str:
        return "".join(
            escaped(each) if isinstance(each, str) else self.plain(each) for each in runs(text)
        )

    def drawing(self, block: Drawing, at: int) -> str:
        try:
            drawn = svg(
                block.picture,
                name=f"{self.key}g{at}",
                dark=False,
                classes=lambda key: self.classes.get(key, ""),
            )
        except TooLargeError:
            return ""
        return (
            f"<figure><details open><summary>The computational graph</summary>\n"
            f'<div class="wide" tabindex="0">{drawn}</div></details></figure>\n'
        )


def _whole(shown: Equation) -> Math:
    parts: list[Math] = [shown.name]
    for at, side in enumerate(shown.sides):
        parts += [Atom("operator", shown.sign) if at == 0 else EQUALS, side]
    return row(parts)


def _defined(block: DocumentBlock) -> Iterator[str]:
    """Yield the quantities that a block defines."""
    if isinstance(block, SolutionLine):
        yield block.key
    elif isinstance(block, EquationList):
        for each, _ in block.rows:
            if isinstance(each.name, Quantity):
                yield each.name.key
