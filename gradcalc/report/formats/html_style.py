"""The style of pages: one for all blocks, more where steps are shown; no script, no address."""

from __future__ import annotations

from collections.abc import Mapping

from gradcalc.report.pictures.canvas import colours

BLOCKS = """
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
h3{font-size:.95rem;font-weight:600;color:var(--soft);margin:1.6rem 0 .2rem}
p{margin:.7rem 0;max-width:46rem}
.kind{margin:.2rem 0 1.4rem}
.kind,.note,caption,dt,figcaption,.remark,thead th{color:var(--soft)}
.heading{font-weight:600;margin-top:1.4rem}
.warning{border-left:3px solid var(--warn);padding-left:.8rem}
.warning strong{color:var(--warn)}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.2rem;margin:.7rem 0}
dd{margin:0}
dl.facts dd{grid-column:-2/-1}
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
.values{width:auto}
.values th,.values td{padding:.25rem 1.1rem .25rem 0;white-space:nowrap}
.right{text-align:right;white-space:nowrap}
tbody th{font-weight:400}
th.whole{white-space:nowrap}
tfoot th,tfoot td{border-bottom:0}
abbr{text-decoration:underline dotted;cursor:help}
td.bar{min-width:7rem;width:30%;white-space:nowrap}
td.bar span{display:inline-block;min-width:2.2rem;text-align:right;padding-right:.5rem}
td.bar svg{height:.8em;width:calc(100% - 3rem);vertical-align:-.05em}
td.bar rect{fill:var(--bar)}
figure{margin:1rem 0}
figure table{max-width:46rem}
figure th,figure td{border-bottom:0;padding-top:.12rem;padding-bottom:.12rem}
figure td.bar{width:100%}
pre{overflow-x:auto;font-family:ui-monospace,Menlo,Consolas,monospace;margin:.7rem 0;
line-height:1.4}
.items{list-style:none;padding:0;margin:.7rem 0}
.items li{display:flex;flex-wrap:wrap;gap:.1rem 1rem;padding:.28rem 0;
border-bottom:1px solid var(--line)}
.items .remark{margin-left:auto}
nav ol{padding-left:1.6rem;line-height:1.7}
a{color:inherit;text-underline-offset:.2em;text-decoration-color:var(--line)}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:2px solid var(--bar);outline-offset:2px;border-radius:3px}
article+article{margin-top:4rem;border-top:3px double var(--line);padding-top:2rem}
@media(max-width:40rem){th,td{padding:.25rem .35rem;font-size:.9rem}
dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:.5rem}}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;
--bar:#3b6ea8;--warn:#000}main{max-width:none;padding:0}h2,h3{break-after:avoid}
tr,li,figure{break-inside:avoid}.wide{overflow:visible}nav{display:none}
article+article{break-before:page;border:0;margin:0;padding:0}rect{print-color-adjust:exact}}
"""
"""What every page has."""
MATHEMATICS = """\
math{font-size:1.1rem;font-family:"Latin Modern Math","STIX Two Math","Cambria Math",math}
p math,dd>math,td math,th math,.note math{font-size:1.05em}
.equal{display:grid;grid-template-columns:max-content minmax(0,1fr) auto;gap:.5rem .3rem;
list-style:none;padding:0;margin:.8rem 0}
.equal li{display:grid;grid-template-columns:subgrid;grid-column:1/-1;align-items:center}
.equal .remark{text-align:right;max-width:18rem}
.scroll{overflow-x:auto;overflow-y:hidden;max-width:100%;min-width:0;padding:.1rem 0}
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
@media(max-width:40rem){math{font-size:1rem}
.equal .remark{grid-column:2/-1;text-align:left}}
"""
"""What pages with mathematics have."""
WORKED = """\
:root{--mark:#ffe9a8;--given:#8a4600;--tint:#f4f6f8}
@media(prefers-color-scheme:dark){:root{--mark:#574500;--given:#f0b072;--tint:#1c2127}}
main:has(.worked){font-family:Charter,"Bitstream Charter","Sitka Text",Cambria,"DejaVu Serif",
Georgia,serif}
svg,.links,.entries summary,figure summary{font-family:system-ui,sans-serif}
.worked .kind{margin:.2rem 0 0}
.worked dl.facts{grid-template-columns:5.5rem 1fr;gap:.7rem 1rem;margin:1.2rem 0}
dd{min-width:0}
.flow{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 2rem;list-style:none;margin:0;
padding:0}
.flow li{display:flex;flex-wrap:wrap;align-items:center;gap:.2rem .8rem;max-width:100%}
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
.worked .wide{margin:1rem 0}
.worked figure{margin:1.4rem 0}
.worked figure .wide{margin:.6rem 0;border:1px solid var(--line);border-radius:8px}
figure svg{display:block;margin:0 auto}
.boxed{display:flex;flex-wrap:wrap;align-items:center;gap:.6rem 1.2rem;margin:1rem 0}
.boxed .scroll{border:1.5px solid var(--ink);border-radius:6px;padding:.5rem 1rem}
.answers{gap:1rem 2.5rem;margin:1rem 0}
@media(max-width:40rem){main:has(.worked){padding:1rem .8rem 3rem}
.worked dl.facts{grid-template-columns:1fr;gap:.1rem}
.worked dl.facts dd{margin-bottom:.7rem}.line{grid-template-columns:1.7rem minmax(0,1fr)}
.row .note{margin-left:0;text-align:left;flex-basis:90%}
.boxed .scroll{padding:.4rem .6rem}}
@media print{:root{--tint:#fff;--mark:transparent;--given:#000}
.line,table,.boxed{break-inside:avoid}.links,.entries summary{display:none}.scroll{overflow:visible}
summary>.row::after{display:none}.worked figure .wide{border:0}
figure svg{max-width:100%;height:auto}
.step::details-content{content-visibility:visible;display:block;height:auto}
.step .result{display:none!important}}
"""
"""What pages with equations and numbered lines have besides."""


def style(body: str, quantities: Mapping[str, tuple[str, ...]]) -> str:
    """Return the style sheet of a page; quantities: their classes, by the id of each article.

    What is pointed at or focused shows wherever it stands in its article.
    """
    mathematics = MATHEMATICS if "<math" in body else ""
    if not quantities:
        return BLOCKS + mathematics
    day, night = colours()
    picture = f"@media(prefers-color-scheme:dark){{{night}}}@media print{{{day}}}"
    uses = "".join(
        f"#{key}:has(.{name}:is(:hover,:focus-visible)) :is(mrow,a).{name}{{background:var(--mark);"
        f"border-radius:3px}}#{key}:has(.{name}:is(:hover,:focus-visible)) g.{name}"
        " :is(path,rect){stroke-width:2.8}"
        for key, names in quantities.items()
        for name in names
    )
    return f"{BLOCKS}{mathematics}{WORKED}{picture}\n{uses}\n"
