"""Documents as one HTML page: MathML, steps that unfold, the graph; no script, all escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gradcalc.errors import escaped
from gradcalc.report.blocks import (
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
from gradcalc.report.formats.report_html import BASE, framed
from gradcalc.report.mathematics.mathml import formula
from gradcalc.report.mathematics.readback import cell, pieces
from gradcalc.report.mathematics.tree import Atom, Math, Quantity, extent, lines, row
from gradcalc.report.pictures.canvas import colours
from gradcalc.report.pictures.graph_formats import svg
from gradcalc.report.pictures.graph_layout import TooLargeError

STEPS = """
:root{--mark:#ffe9a8;--given:#8a4600;--tint:#f4f6f8}
@media(prefers-color-scheme:dark){:root{--mark:#574500;--given:#f0b072;--tint:#1c2127}}
main{font-family:Charter,"Bitstream Charter","Sitka Text",Cambria,"DejaVu Serif",Georgia,serif}
svg,.links,.entries summary,figure summary{font-family:system-ui,sans-serif}
article+article{margin-top:4rem;border-top:3px double var(--line);padding-top:2rem}
header .kind{margin:.2rem 0 0;color:var(--soft)}
h3{font-size:.95rem;font-weight:600;color:var(--soft);margin:1.6rem 0 .2rem}
nav ol{padding-left:1.6rem;line-height:1.7}
a{color:inherit;text-underline-offset:.2em;text-decoration-color:var(--line)}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:2px solid var(--bar);outline-offset:2px;border-radius:3px}
math{font-size:1.1rem;font-family:"Latin Modern Math","STIX Two Math","Cambria Math",math}
p math,dd p math,td math,th math,.note math{font-size:1.05em}
math .word{font-style:italic}
math .blank{border-bottom:1px solid currentColor}
mtd{padding:.12em .4em}
.matrix{margin:.15em .22em;padding:.12em .1em;--w:1.5px;background:
linear-gradient(currentColor,currentColor) 0 0/var(--w) 100%,
linear-gradient(currentColor,currentColor) 100% 0/var(--w) 100%,
linear-gradient(currentColor,currentColor) 0 0/.36em var(--w),
linear-gradient(currentColor,currentColor) 0 100%/.36em var(--w),
linear-gradient(currentColor,currentColor) 100% 0/.36em var(--w),
linear-gradient(currentColor,currentColor) 100% 100%/.36em var(--w);background-repeat:no-repeat;
print-color-adjust:exact}
.matrix mtd{padding:.12em .4em!important;font-variant-numeric:tabular-nums}
.cases mtd{text-align:left}
dl.facts{display:grid;grid-template-columns:5.5rem 1fr;gap:.7rem 1rem;margin:1.2rem 0}
dt{color:var(--soft)}dd{margin:0;min-width:0}dd p{margin:0}
.flow{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 2rem;list-style:none;margin:0;
padding:0}
.flow li{display:flex;flex-wrap:wrap;align-items:center;gap:.2rem .8rem;max-width:100%}
.scroll{overflow-x:auto;overflow-y:hidden;max-width:100%;min-width:0;padding:.1rem 0}
.remark,.note,.links,.number,figcaption{color:var(--soft)}
.remark,.note{font-size:.92rem}
.line{display:grid;grid-template-columns:2.2rem minmax(0,1fr);align-items:first baseline;
margin:.35rem 0;border-radius:6px}
.number{justify-self:start;padding:0 .15rem;font-size:.9rem;text-decoration:none;
font-variant-numeric:tabular-nums}
summary{list-style:none;cursor:pointer}
summary::-webkit-details-marker{display:none}
.row{display:flex;flex-wrap:wrap;align-items:center;gap:0 1.2rem;min-height:2.4rem}
.row>.scroll{display:flex;align-items:center}
summary>.row::after{content:"";width:.45rem;height:.45rem;border:solid var(--soft);
border-width:0 1.5px 1.5px 0;transform:rotate(-45deg);margin:0 .4rem;flex:none}
.step[open]>summary>.row::after{transform:rotate(45deg) translate(-.1rem,-.1rem)}
details[open]>summary .result{display:none}
.row .note{order:2;margin-left:auto;text-align:right}
.more{display:grid;grid-template-columns:max-content minmax(0,1fr)}
.ghost{visibility:hidden;user-select:none;height:0;overflow:hidden}
.sides{display:flex;flex-wrap:wrap;align-items:center;gap:.35rem .2rem;min-width:0}
.below{display:flex;flex-wrap:wrap;gap:0 1.4rem;font-size:.8rem;margin:.1rem 0 .3rem}
.links{margin:0}
.entries[open]{flex-basis:100%}
figure summary{font-size:.85rem}
.entries summary,figure summary{color:var(--soft);text-decoration:underline;
text-decoration-color:var(--line);text-underline-offset:.2em;width:max-content}
.entries ul{list-style:none;margin:.4rem 0;padding:.5rem .8rem;background:var(--tint);
border-radius:6px}
.entries li{margin:.3rem 0}
.line:target{background:var(--tint);box-shadow:0 0 0 .4rem var(--tint)}
.given .row .note{color:var(--given)}
.warning{border-left:3px solid var(--warn);padding-left:.8rem}
.warning strong{color:var(--warn)}
.wide{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding-bottom:.4rem}
th,td{padding:.25rem 1.1rem .25rem 0;text-align:left;white-space:nowrap;
border-bottom:1px solid var(--line)}
thead th{font-weight:400;color:var(--soft)}
tbody th{font-weight:400}
figure{margin:1.4rem 0}
figure .wide{margin:.6rem 0;border:1px solid var(--line);border-radius:8px}
figure svg{display:block;margin:0 auto}
.boxed{display:flex;flex-wrap:wrap;align-items:center;gap:.6rem 1.2rem;margin:1rem 0}
.boxed .scroll{border:1.5px solid var(--ink);border-radius:6px;padding:.5rem 1rem}
.answers{gap:1rem 2.5rem;margin:1rem 0}
@media(max-width:40rem){main{padding:1rem .8rem 3rem}dl.facts{grid-template-columns:1fr;gap:.1rem}
dd{margin-bottom:.7rem}.line{grid-template-columns:1.7rem minmax(0,1fr)}
.row .note{margin-left:0;text-align:left;flex-basis:90%}
math{font-size:1rem}.boxed .scroll{padding:.4rem .6rem}}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--tint:#fff;
--mark:transparent;--warn:#000;--given:#000}main{max-width:none;padding:0}h2,h3{break-after:avoid}
.line,figure,table,.boxed{break-inside:avoid}.links,nav,.entries summary{display:none}
main{font-family:Charter,"Bitstream Charter","Sitka Text",Cambria,"DejaVu Serif",Georgia,serif}
svg,.links,.entries summary,figure summary{font-family:system-ui,sans-serif}
article+article{break-before:page;border:0;margin:0;padding:0}.scroll,.wide{overflow:visible}
summary>.row::after{display:none}figure .wide{border:0}
figure svg{max-width:100%;height:auto}
.step::details-content{content-visibility:visible;display:block;height:auto}
.step .result{display:none!important}}
"""

EQUALS = Atom("operator", "=")
SHORT = 52
"""Digits up to which all sides of a line stand beside each other."""
CHUNK = 36
"""Digits of a sum that stay together where a line is broken."""
WIDE = 40
"""Digits from which on a formula may be wider than a phone, and can be scrolled by keys."""


def style(quantities: Mapping[str, tuple[str, ...]]) -> str:
    """Return the style sheet of a page; quantities: their classes, by the id of each article.

    What is pointed at or focused shows wherever it stands in its article.
    """
    day, night = colours()
    picture = f"@media(prefers-color-scheme:dark){{{night}}}@media print{{{day}}}"
    uses = "".join(
        f"#{key}:has(.{name}:is(:hover,:focus-visible)) :is(mrow,a).{name}{{background:var(--mark);"
        f"border-radius:3px}}#{key}:has(.{name}:is(:hover,:focus-visible)) g.{name}"
        " :is(path,rect){stroke-width:2.8}"
        for key, names in quantities.items()
        for name in names
    )
    return BASE + STEPS + picture + "\n" + uses + "\n"


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
