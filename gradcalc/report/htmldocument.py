"""Documents as one HTML page: MathML, steps that unfold, the graph; no script, all escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from gradcalc.report.document import (
    Band,
    Boxed,
    Document,
    DocumentBlock,
    Drawing,
    Equation,
    EquationList,
    Labelled,
    LayerHeading,
    Listing,
    Saying,
    SolutionLine,
)
from gradcalc.report.graph_svg import svg
from gradcalc.report.htmlstyle import style
from gradcalc.report.inline import cell, pieces
from gradcalc.report.layering import TooLargeError
from gradcalc.report.mathml import formula
from gradcalc.report.mathtree import Atom, Math, Quantity, extent, lines, row
from gradcalc.report.partshtml import escaped, framed

EQUALS = Atom("operator", "=")
SHORT = 52
"""Digits up to which all sides of a line stand beside each other."""
CHUNK = 36
"""Digits of a sum that stay together where a line is broken."""
WIDE = 40
"""Digits from which on a formula may be wider than a phone, and can be scrolled by keys."""


def html_document(documents: Sequence[Document]) -> str:
    """Return problems as one page, with a table of contents where there are several."""
    writers = [_Article(f"p{at}", each) for at, each in enumerate(documents, start=1)]
    body = "".join(writer.article() for writer in writers)
    contents = ""
    if len(writers) > 1:
        rows = "".join(
            f'<li><a href="#{writer.key}">{escaped(writer.document.title)}</a></li>\n'
            for writer in writers
        )
        contents = f'<nav aria-label="Contents">\n<h1>Contents</h1>\n<ol>\n{rows}</ol>\n</nav>\n'
    several = f"{len(writers)} worked problems"
    title = escaped(documents[0].title) if len(documents) == 1 else several
    sheet = style({writer.key: tuple(writer.classes.values()) for writer in writers})
    return framed(title, sheet, f"<main>\n{contents}{body}</main>\n")


@dataclass(frozen=True)
class _Article:
    """One problem; key: the beginning of its ids and classes."""

    key: str
    document: Document

    @cached_property
    def classes(self) -> dict[str, str]:
        """Return the class of every quantity that the article names."""
        found: dict[str, str] = {}
        for name in (name for block in self.document.blocks for name in _named(block)):
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
        cite = f'<p class="kind">{escaped(self.document.cite)}</p>\n' if self.document.cite else ""
        head = f"<header>\n<h1>{escaped(self.document.title)}</h1>\n{cite}</header>\n"
        return f'<article id="{self.key}">\n{head}{"".join(self.blocks())}</article>\n'

    def blocks(self) -> Iterator[str]:
        """Yield the markup of all blocks; facts that follow each other share a list."""
        facts = False
        for at, block in enumerate(self.document.blocks):
            fact = isinstance(block, Labelled) or (isinstance(block, EquationList) and block.label)
            if bool(fact) != facts:
                yield "</dl>\n" if facts else '<dl class="facts">\n'
                facts = bool(fact)
            yield self.block(block, at)
        if facts:
            yield "</dl>\n"

    def block(self, block: DocumentBlock, at: int) -> str:
        match block:
            case Labelled():
                said = f"<p>{self.words(block.words)}</p>"
                return f"<dt>{escaped(block.label)}</dt><dd>{said}</dd>\n"
            case EquationList():
                return self.equations(block)
            case Band():
                return f"<h2>{escaped(block.title)}</h2>\n"
            case LayerHeading():
                return f"<h3>{escaped(block.title)}</h3>\n"
            case SolutionLine():
                return self.line(block)
            case Listing():
                return self.listing(block)
            case Saying():
                mark = "<strong>!</strong> " if block.tone == "warning" else ""
                kind = f' class="{block.tone}"' if block.tone != "plain" else ""
                return f"<p{kind}>{mark}{self.words(block.text)}</p>\n"
            case Boxed():
                beside = f"<span>{self.words(block.beside)}</span>" if block.beside else ""
                shown = self.scroll(_whole(block.equation))
                return f'<div class="boxed">{shown}{beside}</div>\n'
            case Drawing():
                return self.drawing(block, at)

    def equations(self, block: EquationList) -> str:
        rows = []
        for each, said in block.rows:
            remark = f'<span class="remark">{self.words(said)}</span>' if said else ""
            rows.append(f"<li>{self.scroll(_whole(each))}{remark}</li>\n")
        label = f"<dt>{escaped(block.label)}</dt><dd>" if block.label else ""
        kind = "flow" if label else "flow answers"
        return f'{label}<ul class="{kind}">\n{"".join(rows)}</ul>{"</dd>" if label else ""}\n'

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

    def words(self, content: str) -> str:
        return "".join(
            escaped(each) if isinstance(each, str) else self.plain(each) for each in pieces(content)
        )

    def listing(self, block: Listing) -> str:
        rows = []
        for number, cells in enumerate(zip(*block.columns, strict=True)):
            shown = []
            for at, content in enumerate(cells):
                found = cell(content, head=number == 0 or at == 0)
                inner = self.words(found) if isinstance(found, str) else self.plain(found)
                scope = "col" if number == 0 else "row" if at == 0 else ""
                head = f'<th scope="{scope}">{inner}</th>'
                shown.append(head if scope else f"<td>{inner}</td>")
            rows.append(f"<tr>{''.join(shown)}</tr>\n")
        caption = f"<caption>{self.words(block.caption)}</caption>\n" if block.caption else ""
        body = f"<thead>{rows[0]}</thead>\n<tbody>\n{''.join(rows[1:])}</tbody>\n"
        return f'<div class="wide" tabindex="0">\n<table>\n{caption}{body}</table>\n</div>\n'

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


def _named(block: DocumentBlock) -> Iterator[str]:
    """Yield the quantities that a block defines."""
    if isinstance(block, SolutionLine):
        yield block.key
    elif isinstance(block, EquationList):
        for each, _ in block.rows:
            if isinstance(each.name, Quantity):
                yield each.name.key
