"""What one student gets back: the checked sheet with the points, as a file."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from hashlib import blake2b

from gradcalc.errors import width
from gradcalc.grading.gradebook import number
from gradcalc.grading.marked import Marked
from gradcalc.grading.scheme import Scheme
from gradcalc.report.page import Page
from gradcalc.report.wording import Wording

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,60}\Z")
STYLE = (
    "body{font-family:system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "pre{font-family:ui-monospace,monospace;line-height:1.25;overflow-x:auto}"
    ":root{color-scheme:light dark}"
)


@dataclass(frozen=True)
class Feedback:
    """The points of one submission of a block."""

    marked: Marked
    row: int
    scheme: Scheme
    words: Wording

    def points(self, page: Page) -> None:
        """Write the points of each quantity and the score at the end of a page."""
        block = self.marked.block
        most = self.scheme.points(block.columns)
        page.band("Points")
        names = [self.words.notation.name(name) for name in block.quantities]
        wide = max([width("score"), *map(width, names)])
        for name, columns in zip(names, block.quantities.values(), strict=True):
            own = number(float(self.marked.points[self.row, columns].sum()))
            of = number(float(most[columns].sum()))
            page.text(f"{name}{' ' * (wide - width(name))}  {own:>6} of {of}", "plain", 5)
        score = number(float(self.marked.score[self.row]))
        total = number(self.scheme.most(block.columns))
        page.text(f"{'score'.ljust(wide)}  {score:>6} of {total}", "value", 5)
        page.blank()
        page.paragraph(self.scheme.described, 5, "note")


def file_name(student: str, ending: str) -> str:
    """Return the name of a student's file; an id that is no plain name never becomes a path.

    >>> file_name("4711", "md")
    '4711.md'
    """
    if _PLAIN.match(student) and ".." not in student:
        return f"{student}.{ending}"
    digest = blake2b(student.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    kept = re.sub(r"[^A-Za-z0-9]+", "-", student).strip("-")[:40]
    return f"{kept or 'student'}-{digest}.{ending}"


def html_page(title: str, text: str) -> str:
    """Return a page of text as an HTML file of its own: no script, nothing from elsewhere."""
    shown = html.escape(" ".join(title.split()))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{shown}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<main><pre>{html.escape(text)}</pre></main>\n</body>\n</html>\n"
    )
