"""SVG written by hand: elements, texts, numbers, and the frame of a picture.

Colours stand as attributes, for readers that know no style sheets; a style sheet
turns them in the dark. There is no script, no font and no link to anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import TypeAlias

from gradcalc.errors import visible, width

FONT = "DejaVu Sans, Verdana, Segoe UI, Helvetica, Arial, sans-serif"
SIZE = 14.0
WIDE = 0.64
"""Columns of text in units of its size, in the widest of the fonts named."""
PALETTE = {
    "paper": ("#ffffff", "#16191d"),
    "ink": ("#1b1f24", "#e8eaed"),
    "soft": ("#5b6570", "#a7b0ba"),
    "line": ("#8a949e", "#77818c"),
    "grid": ("#e4e7eb", "#2a3037"),
    "first": ("#1f5fb4", "#79b0f2"),
    "second": ("#c03a1c", "#ff9270"),
    "third": ("#1d7a4f", "#67c99a"),
    "fourth": ("#7a3fa0", "#c79be6"),
    "fill": ("#eef3fa", "#1f2833"),
    "warm": ("#fdf1ec", "#33231e"),
}
"""What a colour is for: by day, by night."""


Attributes: TypeAlias = dict[str, str | float]


def escaped(text: str) -> str:
    """Return a text that can stand in XML: nothing in it is markup or a control sign."""
    text = visible(text)
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, name)
    return text


def coordinate(value: float) -> str:
    """Return a length with at most two decimals; raises ValueError where it is not finite."""
    if not isfinite(value):
        raise ValueError("a length of a picture is not a finite number")
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def element(
    tag: str, attributes: Mapping[str, str | float], content: Iterable[str] | None = None
) -> str:
    """Return an element; numbers are rounded, texts escaped, `content` is markup already."""
    pieces = [tag]
    for name, value in attributes.items():
        shown = escaped(value) if isinstance(value, str) else coordinate(value)
        pieces.append(f'{name}="{shown}"')
    head = " ".join(pieces)
    return f"<{head}/>" if content is None else f"<{head}>{''.join(content)}</{tag}>"


def painted(role: str, *, stroke: bool = False) -> Attributes:
    """Return the attributes of a colour: by day as they stand, by night by their class."""
    day = PALETTE[role][0]
    return {"class": f"s-{role}" if stroke else role, "stroke" if stroke else "fill": day}


def text(
    x: float,
    y: float,
    content: str,
    role: str = "ink",
    *,
    anchor: str = "start",
    size: float = SIZE,
    weight: str = "",
) -> str:
    """Return a text whose line of writing is at y."""
    attributes: Attributes = {"x": x, "y": y, **painted(role)}
    if anchor != "start":
        attributes["text-anchor"] = anchor
    if size != SIZE:
        attributes["font-size"] = size
    if weight:
        attributes["font-weight"] = weight
    return element("text", attributes, [escaped(content)])


def framed(x: float, y: float, content: str, role: str, size: float) -> str:
    """Return a text in the middle of a piece of paper that keeps lines off it."""
    wide, high = text_width(content, size) + 4, size + 4
    box: Attributes = {"x": x - wide / 2, "y": y - high / 2, "width": wide, "height": high}
    paper = element("rect", {**box, **painted("paper")})
    return paper + text(x, y + size / 3, content, role, anchor="middle", size=size)


def text_width(content: str, size: float = SIZE) -> float:
    """Return the room that a text takes at most."""
    narrow = sum(content.count(sign) for sign in ".,:;|()[] ′⁽⁾¹²³⁴⁵⁶⁷⁸⁹⁰₀₁₂₃₄₅₆₇₈₉")
    return size * WIDE * (width(visible(content)) - 0.42 * narrow)


def colours() -> tuple[str, str]:
    """Return the rules of a style sheet for the colours by day, and by night."""
    rules = ["", ""]
    for role, pair in PALETTE.items():
        for at, colour in enumerate(pair):
            rules[at] += f".gradcalc-picture .{role}{{fill:{colour}}}"
            rules[at] += f".gradcalc-picture .s-{role}{{stroke:{colour}}}"
    return rules[0], rules[1]


def picture(
    wide: float,
    high: float,
    title: str,
    description: str,
    content: Iterable[str],
    *,
    name: str = "gradcalc",
    dark: bool = True,
) -> str:
    """Return a whole picture, without an XML prologue, so that HTML can hold it.

    name: the beginning of its ids, to be another for each picture of a page.
    dark: other colours where the reader's system is set to dark.
    """
    day, night = colours()
    style = f"@media (prefers-color-scheme:dark){{{night}}}@media print{{{day}}}"
    body = [
        element("title", {"id": f"{name}-title"}, [escaped(title)]),
        element("desc", {"id": f"{name}-desc"}, [escaped(description)]),
        *([element("style", {}, [style])] if dark else []),
        element("rect", {"width": wide, "height": high, **painted("paper")}),
        *content,
    ]
    frame: Attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "gradcalc-picture",
        "viewBox": f"0 0 {coordinate(wide)} {coordinate(high)}",
        "width": wide,
        "height": high,
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
        "font-family": FONT,
        "font-size": SIZE,
    }
    return element("svg", frame, ["\n" + line for line in body] + ["\n"]) + "\n"
