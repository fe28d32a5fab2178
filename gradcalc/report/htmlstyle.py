"""How a worked solution looks as a web page: by day, by night, on a phone, on paper."""

from __future__ import annotations

from collections.abc import Mapping

from gradcalc.report.partshtml import BASE
from gradcalc.report.svg import colours

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
