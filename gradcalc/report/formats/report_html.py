"""Parts of a report as one HTML file: no script, nothing from elsewhere, every text escaped."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from hashlib import sha256

from gradcalc.errors import escaped
from gradcalc.report.blocks import (
    Bar,
    Bars,
    Facts,
    Figures,
    Formula,
    Items,
    Paragraph,
    Part,
    ReportTable,
    Section,
    TableCell,
    Title,
    longest_bar,
)

BASE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff;
--bar:#3b6ea8;--warn:#8a4600}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#9aa4af;--line:#3a424c;
--paper:#14181d;--bar:#78a9e0;--warn:#f0b072}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.5;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 3rem;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:0}
h2{font-size:1.15rem;margin:2.2rem 0 .8rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
p{margin:.7rem 0;max-width:46rem}
"""
"""What every page shares."""
STYLE = (
    BASE
    + """\
.kind{margin:.2rem 0 1.4rem}
.kind,.note,caption,dt,figcaption,.remark,thead th{color:var(--soft)}
.heading{font-weight:600;margin-top:1.4rem}
.warning{color:var(--warn)}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.2rem;margin:.7rem 0}
dd{margin:0}
dl.figures{display:flex;flex-wrap:wrap;gap:.4rem 2rem;margin:.7rem 0}
dl.figures div{display:flex;gap:.5rem}
dl.figures dd{font-weight:600}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;padding-bottom:.5rem}
th,td{padding:.28rem .6rem;text-align:left;vertical-align:baseline;
border-bottom:1px solid var(--line);overflow-wrap:normal}
th{font-weight:600}
thead th{font-weight:400}
.right{text-align:right;white-space:nowrap}
tbody th{font-weight:400}
th.whole{white-space:nowrap}
tfoot th,tfoot td{border-bottom:0}
abbr{text-decoration:underline dotted;cursor:help}
td.bar{min-width:7rem;width:30%;white-space:nowrap}
td.bar span{display:inline-block;min-width:2.2rem;text-align:right;padding-right:.5rem}
svg{height:.8em;width:calc(100% - 3rem);vertical-align:-.05em}
rect{fill:var(--bar)}
figure{margin:1rem 0}
figure table{max-width:46rem}
figure th,figure td{border-bottom:0;padding-top:.12rem;padding-bottom:.12rem}
figure td.bar{width:100%}
pre{overflow-x:auto;font-family:ui-monospace,Menlo,Consolas,monospace;margin:.7rem 0;
line-height:1.4}
ul{list-style:none;padding:0;margin:.7rem 0}
li{display:flex;flex-wrap:wrap;gap:.1rem 1rem;padding:.28rem 0;border-bottom:1px solid var(--line)}
li .remark{margin-left:auto}
@media(max-width:40rem){th,td{padding:.25rem .35rem;font-size:.9rem}
dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:.5rem}}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;
--bar:#3b6ea8;--warn:#000}main{max-width:none;padding:0}h2{break-after:avoid}tr,li,figure{break-inside:avoid}
.wide{overflow:visible}rect{print-color-adjust:exact}}
"""
)


def html_file(parts: Iterable[Part]) -> str:
    """Return parts as an HTML file of its own."""
    parts = tuple(parts)
    titles = [part for part in parts if isinstance(part, Title)]
    title = escaped(" – ".join(text for each in titles[:1] for text in (each.text, each.kind)))
    body = "".join(_part(part) for part in parts)
    return framed(title, STYLE, f"<main>\n{body}</main>\n")


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


def html_fragment(parts: Iterable[Part]) -> str:
    """Return parts as a piece of a page that is not ours: its style ends where it ends."""
    style = STYLE.replace(":root{", "&{").replace("\nbody{", "\n&{padding:.5rem 1rem;")
    body = "".join(_part(part) for part in parts)
    return f'<style>.gradcalc{{{style}}}</style>\n<div class="gradcalc">\n{body}</div>\n'


def _part(part: Part) -> str:
    match part:
        case Title():
            kind = f'<p class="kind">{escaped(part.kind)}</p>'
            return f"<header>\n<h1>{escaped(part.text)}</h1>\n{kind}\n</header>\n"
        case Section():
            return f"<h2>{escaped(part.text)}</h2>\n"
        case Facts():
            return _facts(part)
        case Figures():
            rows = "".join(
                f"<div><dt>{escaped(a)}</dt><dd>{escaped(b)}</dd></div>\n" for a, b in part.rows
            )
            return f'<dl class="figures">\n{rows}</dl>\n'
        case Paragraph():
            kind = "" if part.tone == "plain" else f' class="{part.tone}"'
            remark = f' <span class="remark">{escaped(part.remark)}</span>' * bool(part.remark)
            return f"<p{kind}>{escaped(part.text)}{remark}</p>\n"
        case Formula():
            return "<pre>" + "\n".join(map(escaped, part.lines)) + "</pre>\n"
        case Bars():
            return _bars(part)
        case ReportTable():
            return _table(part)
        case Items():
            return (
                "<ul>\n"
                + "".join(
                    "<li>"
                    + " ".join(f"<span>{escaped(each)}</span>" for each in (*item.cells, item.text))
                    + f' <span class="remark">{escaped(item.remark)}</span>' * bool(item.remark)
                    + "</li>\n"
                    for item in part.rows
                )
                + "</ul>\n"
            )


def _facts(part: Facts) -> str:
    rows = []
    for label, words in part.rows:
        if label:
            rows.append(f"<dt>{escaped(label)}</dt>")
        rows.append(f"<dd>{escaped(words)}</dd>\n")
    return f'<dl class="facts">\n{"".join(rows)}</dl>\n'


def _bars(part: Bars) -> str:
    most = max(1, *(count for *_, count in part.rows))
    rows = "".join(
        f'<tr><th scope="row" class="right">{escaped(f"{low} – {high}" if high else low)}</th>'
        f"{_drawn(Bar(count, str(count)), most)}</tr>\n"
        for low, high, count in part.rows
    )
    head = (
        '<thead><tr><th scope="col" class="right">score</th>'
        f'<th scope="col">{escaped(part.counted)}</th></tr></thead>\n'
    )
    return f"<figure>\n<table>\n{head}<tbody>\n{rows}</tbody>\n</table>\n</figure>\n"


def _drawn(cell: Bar, most: float) -> str:
    share = 100 * cell.value / most if most else 0
    picture = (
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{share:.1f}" height="10"></rect></svg>'
    ) * (share > 0)
    return f'<td class="bar"><span>{escaped(cell.text)}</span>{picture}</td>'


def _table(part: ReportTable) -> str:
    most = [longest_bar(part, at) for at in range(len(part.columns))]
    sides = [
        ' class="right"' if column.align == "right" and not most[at] else ""
        for at, column in enumerate(part.columns)
    ]
    head = []
    for column, side in zip(part.columns, sides, strict=True):
        title = escaped(column.title)
        if column.long:
            title = f'<abbr title="{escaped(column.long)}">{title}</abbr>'
        head.append(f'<th scope="col"{side}>{title}</th>')
    rows = []
    name = ' class="whole"' if part.columns[0].name else sides[0]
    for row in part.rows:
        cells = [f'<th scope="row"{name}>{_text(row[0])}</th>']
        for at, cell in enumerate(row[1:], start=1):
            if isinstance(cell, Bar):
                cells.append(_drawn(cell, most[at]))
            else:
                cells.append(f"<td{sides[at]}>{_text(cell)}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>\n")
    caption = f"<caption>{escaped(part.caption)}</caption>\n" if part.caption else ""
    return (
        f'<div class="wide" tabindex="0">\n<table>\n{caption}'
        f"<thead><tr>{''.join(head)}</tr></thead>\n"
        f"<tbody>\n{''.join(rows)}</tbody>\n{_foot(part)}</table>\n</div>\n"
    )


def _foot(part: ReportTable) -> str:
    if part.foot is None:
        return ""
    words, place, text = part.foot
    rest = len(part.columns) - place - 1
    kind = ' class="bar"' if longest_bar(part, place) else ' class="right"'
    last = f'<td colspan="{rest}"></td>' if rest else ""
    return (
        f'<tfoot><tr><th scope="row" colspan="{place}">{escaped(words)}</th>'
        f"<td{kind}><span>{escaped(text)}</span></td>{last}</tr></tfoot>\n"
    )


def _text(cell: TableCell) -> str:
    return escaped(cell.text if isinstance(cell, Bar) else cell)
