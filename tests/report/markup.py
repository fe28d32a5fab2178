"""Read pages as a browser does, strictly, and work out the numbers of their MathML."""

from __future__ import annotations

import math
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

VOID = {"meta", "link", "br", "img", "hr", "input"}
CHILDREN = {"mfrac": 2, "msup": 2, "msub": 2, "msubsup": 3, "mover": 2}
PARENTS = {
    "mtr": ("mtable",),
    "mtd": ("mtr",),
    "li": ("ul", "ol"),
    "dt": ("dl",),
    "dd": ("dl",),
    "tr": ("thead", "tbody"),
    "td": ("tr",),
    "th": ("tr",),
    "summary": ("details",),
}
BLOCKS = {"div", "ul", "ol", "dl", "table", "p", "details", "figure", "article", "h1", "h2", "h3"}
INSIDE = {"p": BLOCKS, "h1": BLOCKS, "h2": BLOCKS, "h3": BLOCKS, "a": {"a"}, "span": BLOCKS}
INSIDE |= {"summary": BLOCKS, "math": BLOCKS | {"a", "span"}}
"""What may not stand anywhere inside an element."""
ATTRIBUTES = {
    *("class", "id", "href", "lang", "charset", "name", "content", "http-equiv", "tabindex"),
    *("role", "aria-label", "aria-hidden", "aria-labelledby", "open", "scope", "displaystyle"),
    *("stretchy", "fence", "accent", "symmetric", "width", "height", "form", "largeop"),
    *("movablelimits", "lspace", "rspace", "mathvariant"),
}


class Markup(HTMLParser):
    """The elements of a page; raises AssertionError where they do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.remote: list[str] = []
        self.tags: Counter[str] = Counter()
        self.open: list[list[object]] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [str(name) for name, _ in self.open]
        parent = names[-1] if names else ""
        self.tags["svg " + tag if "svg" in names else tag] += 1
        if self.open:
            self.open[-1][1] = int(str(self.open[-1][1])) + 1
        if tag in PARENTS:
            assert parent in PARENTS[tag], (tag, parent)
        for outer in names:
            assert tag not in INSIDE.get(outer, ()), (outer, tag)
        for name, value in attrs:
            if "svg" not in (*names, tag):
                assert name in ATTRIBUTES, (tag, name)
            assert not name.startswith("on")
            assert name != "style"
            if name == "id":
                assert value not in self.ids, value
                self.ids.add(value or "")
            elif name in ("href", "src") and (value or "").startswith("#"):
                self.links.add((value or "")[1:])
            elif name in ("href", "src", "srcset", "action"):
                self.remote.append(value or "")
        if tag not in VOID:
            self.open.append([tag, 0])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"nothing is open at </{tag}>"
        own, count = self.open.pop()
        assert own == tag, f"<{own}> ends with </{tag}>"
        if tag in CHILDREN:
            assert count == CHILDREN[tag], (tag, count)


def checked(text: str) -> Markup:
    """Return the elements of a page that is whole: one title, one main, a language."""
    found = Markup(text)
    for tag in ("html", "head", "title", "body", "main"):
        assert found.tags[tag] == 1, tag
    assert '<html lang="en">' in text
    return found


# --- numbers ----------------------------------------------------------------------

FUNCTIONS = {
    "exp": math.exp,
    "ln": math.log,
    "tanh": math.tanh,
    "sin": math.sin,
    "cos": math.cos,
    "σ": lambda x: 1 / (1 + math.exp(-x)),
    "ReLU": lambda x: max(x, 0.0),
}


class NotANumberError(Exception):
    """A side that holds a name or a matrix."""


def evaluated(text: str) -> list[float]:
    """Return the value of each side of an equation that is over numbers alone."""
    root = ElementTree.fromstring(text.replace("\u00a0", " "))
    sides: list[list[ElementTree.Element]] = [[]]
    for part in flat(root):
        if part.tag == "mo" and part.text == "=":
            sides.append([])
        else:
            sides[-1].append(part)
    found = []
    for side in sides:
        try:
            found.append(Reader(side).whole())
        except NotANumberError:
            continue
    return found


def flat(root: ElementTree.Element) -> list[ElementTree.Element]:
    """Return the parts of a row, rows in it opened."""
    found = []
    for part in root:
        if part.tag in ("mrow", "mstyle"):
            found += flat(part)
        elif part.tag != "mspace":
            found.append(part)
    return found


class Reader:
    """Sums of products of factors, as they are written in a row."""

    def __init__(self, parts: list[ElementTree.Element]) -> None:
        self.parts, self.at = parts, 0

    def sign(self) -> str:
        part = self.parts[self.at] if self.at < len(self.parts) else None
        return (part.text or "") if part is not None and part.tag == "mo" else ""

    def whole(self) -> float:
        if not self.parts:
            raise NotANumberError
        value = self.total()
        if self.at < len(self.parts):
            raise NotANumberError
        return value

    def total(self) -> float:
        value = self.term()
        while self.sign() in ("+", "−"):
            minus = self.sign() == "−"
            self.at += 1
            value += -self.term() if minus else self.term()
        return value

    def term(self) -> float:
        if self.sign() == "−":
            self.at += 1
            return -self.term()
        value = self.factor()
        while self.at < len(self.parts) and self.sign() not in ("+", "−", ")", ","):
            if self.sign() in ("·", "⊙"):
                self.at += 1
                value *= self.factor()
            elif self.sign() == "/":
                self.at += 1
                value /= self.factor()
            else:
                value *= self.factor()
        return value

    def factor(self) -> float:
        if self.at >= len(self.parts):
            raise NotANumberError
        part = self.parts[self.at]
        if self.sign() == "(":
            self.at += 1
            value = self.total()
            if self.sign() != ")":
                raise NotANumberError
            self.at += 1
            return value
        self.at += 1
        if part.tag == "mn":
            return float(part.text or "")
        if part.tag == "mi" and part.text in FUNCTIONS and self.sign() == "(":
            return FUNCTIONS[part.text](self.factor())
        if part.tag == "mfrac":
            return inside(part[0]) / inside(part[1])
        if part.tag == "msqrt":
            return math.sqrt(Reader(flat(part)).whole())
        if part.tag == "msup":
            return power(inside(part[0]), part[1])
        raise NotANumberError


def power(base: float, above: ElementTree.Element) -> float:
    return base ** inside(above)


def inside(part: ElementTree.Element) -> float:
    """Return the value of one element."""
    holder = ElementTree.Element("mrow")
    holder.append(part)
    return Reader(flat(holder)).whole()
