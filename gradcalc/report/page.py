"""A page of text: styled lines, rules, remarks flush right; written plainly or in colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, TypeAlias

from gradcalc.errors import TIED, visible, width
from gradcalc.report.mathematics.unicode import Box

Segment: TypeAlias = tuple[str, str]
"""Text and its style: plain, title, rule, value, note, warning, faint."""
PageRow: TypeAlias = tuple[Segment, ...]

NARROW = 60

SIGNS = "∂⎡⎤⎣⎦─│═▶←⁽¹⁾₂ᵀŷ√Σσ·⊙−½✓"
"""What a stream has to be able to write for pages that are not plain ASCII."""
_ASCII = str.maketrans(
    {
        "⎡": "[",
        "⎢": "[",
        "⎣": "[",
        "⎤": "]",
        "⎥": "]",
        "⎦": "]",
        "⎛": "(",
        "⎜": "(",
        "⎝": "(",
        "⎞": ")",
        "⎟": ")",
        "⎠": ")",
        "═": "=",
        "─": "-",
        "│": "|",
        "┌": "+",
        "┐": "+",
        "└": "+",
        "┘": "+",
        "├": "+",
        "┤": "+",
        "┬": "+",
        "┴": "+",
        "┼": "+",
        "▶": ">",
        "◀": "<",
        "−": "-",
        "·": "*",
        "⊙": "*",
        "×": "x",
        "′": "'",
        "≤": "<",
        "∂": "d",
        "½": "h",
        "⋮": ":",
        "…": "~",
        "σ": "s",
        "α": "a",
        "δ": "d",
        "ŷ": "y",
        "ᵢ": "i",
        "‖": "|",
        "ℝ": "R",
        "∈": ":",
        "²": "2",
        "ᵀ": "'",
        "ⱼ": "j",
        "✓": "+",
        "✗": "x",
    }
)

STYLES = {
    "title": "bold",
    "rule": "dim",
    "heading": "bold",
    "value": "bold",
    "note": "dim",
    "faint": "dim",
    "warning": "bold yellow",
    "curve": "blue",
    "slope": "red",
}


@dataclass
class Page:
    """Lines of at most `columns` columns, built from top to bottom."""

    columns: int
    unicode: bool = True
    lines: list[PageRow] = field(default_factory=list)

    def blank(self, count: int = 1) -> None:
        """Add empty lines."""
        self.lines += [()] * count

    def text(self, content: str, style: str = "plain", indent: int = 0) -> None:
        """Add one line of text."""
        self.lines.append(((" " * indent, "plain"), (content, style)))

    def title(self, content: str) -> None:
        """Add the title of the page over a double rule."""
        for line in wrapped(content, self.columns):
            self.text(line, "title")
        self.text("═" * self.columns, "rule")

    def band(self, content: str) -> None:
        """Add the heading of a band, with a rule to the right margin."""
        self.blank(2)
        rest = max(0, self.columns - width(content) - 1)
        self.lines.append(((content + " ", "heading"), ("─" * rest, "rule")))
        self.blank()

    def block(self, box: Box, indent: int = 0, style: str = "plain") -> None:
        """Add the rows of a box."""
        for row in box.rows:
            self.text(row.rstrip(), style, indent)

    def paragraph(self, content: str, indent: int, style: str = "plain", hang: int = 0) -> None:
        """Add text broken at blanks to fit the page."""
        for at, line in enumerate(wrapped(self.prose(content), self.columns - indent - hang)):
            self.text(line, style, indent + (hang if at else 0))

    def beside(self, content: str, words: str, style: str, indent: int = 0, hang: int = 5) -> None:
        """Add text with words flush right on its last line, or under it where they do not fit."""
        rows = wrapped(self.prose(content), self.columns - indent - hang)
        if len(rows) == 1 or width(self.prose(content)) <= self.columns - indent:
            rows = wrapped(self.prose(content), self.columns - indent)
        for at, row in enumerate(rows[:-1]):
            self.text(row, style, indent + (hang if at else 0))
        own = indent + (hang if len(rows) > 1 else 0)
        gap = self.columns - own - width(rows[-1]) - width(words)
        if not words or gap >= 2:
            self.text(rows[-1] + (" " * gap + words if words else ""), style, own)
            return
        self.text(rows[-1], style, own)
        for row in wrapped(words, self.columns - hang):
            self.text(" " * (self.columns - width(row)) + row, style)

    def prose(self, content: str) -> str:
        """Return words as they are written on this page: without signs of two columns."""
        return content if self.unicode else content.replace("½", "1/2")

    def panel(self, box: Box, indent: int, beside: str = "") -> None:
        """Add a box in a frame, with words to its right on the baseline."""
        inner = box.width + 4
        edge = " " * indent
        self.lines.append(((f"{edge}┌{'─' * inner}┐", "rule"),))
        for at, row in enumerate(box.rows):
            words = f"    {beside}" if at == box.base and beside else ""
            self.lines.append(
                ((f"{edge}│", "rule"), (f"  {row}  ", "value"), ("│", "rule"), (words, "plain"))
            )
        self.lines.append(((f"{edge}└{'─' * inner}┘", "rule"),))

    def rows(self) -> Iterator[PageRow]:
        """Yield the lines as they are written, in ASCII where the page is."""
        for line in self.lines:
            yield line if self.unicode else tuple((ascii_text(t), style) for t, style in line)

    def plain(self) -> str:
        """Return the page as text without styles."""
        return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in self.rows())


def ascii_text(content: str) -> str:
    """Return text in plain ASCII, each sign in as many columns as before."""
    return content.translate(_ASCII).encode("ascii", "replace").decode()


def wrapped(content: str, columns: int) -> list[str]:
    """Return text broken at blanks into lines of at most `columns` columns.

    It is not broken at no-break spaces, which come out as blanks, nor inside a word
    that a line has room for.
    """
    lines: list[str] = []
    room = max(8, columns)
    for part in content.split(" "):
        word = visible(part.replace(TIED, " "))
        while width(word) > room:
            cut = _fitting(word, room)
            lines.append(word[:cut])
            word = word[cut:]
        if lines and width(lines[-1]) + 1 + width(word) <= room:
            lines[-1] += " " + word
        elif word or not lines:
            lines.append(word)
    return lines or [""]


def _fitting(word: str, columns: int) -> int:
    """Return how many signs of a word a line has room for, if possible up to an operator."""
    cut = next(n for n in range(min(len(word), columns), 0, -1) if width(word[:n]) <= columns)
    signs = [at + 1 for at in range(cut // 2, cut) if word[at] in "(*+/,) "]
    return signs[-1] if signs else cut


def encodable(encoding: str | None) -> bool:
    """Tell whether a stream of this encoding can carry mathematical signs."""
    try:
        SIGNS.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def heading(page: Page, title: str, what: str) -> None:
    """Write a title with words flush right beside it, over a double rule."""
    title = visible(title)
    gap = page.columns - width(title) - width(what)
    if gap >= 2:
        page.lines.append(((title, "title"), (" " * gap + what, "note")))
        page.text("═" * page.columns, "rule")
    else:
        page.title(title)
        page.paragraph(what, 0, "note")
    page.blank()


def paint(page: Page, stream: IO[str]) -> None:
    """Write a page in colour; its text is what `Page.plain` returns."""
    from rich.color import ColorSystem  # noqa: PLC0415 - most pages are plain
    from rich.style import Style  # noqa: PLC0415

    styles = {name: Style.parse(style) for name, style in STYLES.items()}
    plain = Style.null()
    for line in page.rows():
        pieces = [(text, styles.get(style, plain)) for text, style in line if text]
        if pieces:
            text, style = pieces[-1]
            pieces[-1] = (text.rstrip(), style)
        stream.write(
            "".join(style.render(text, color_system=ColorSystem.STANDARD) for text, style in pieces)
            + "\n"
        )
