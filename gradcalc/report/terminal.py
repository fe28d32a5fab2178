"""The worked solution as a page of text: numbered lines, bands, the answer at the end."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.report.answer import answer
from gradcalc.report.descentpage import descent
from gradcalc.report.entrytable import entry_lines, entry_table
from gradcalc.report.known import head
from gradcalc.report.letterpage import answers, under_line
from gradcalc.report.page import Page
from gradcalc.report.steps import Step, build_steps
from gradcalc.report.steptext import indent_of, write_step
from gradcalc.report.view import View

BANDS = {"forward": "Forward pass", "backward": "Backward pass"}


def page(view: View, detail: str = "steps", columns: int = 80) -> Page:
    """Return the worked solution as a page of `columns` columns."""
    found = Page(columns, view.unicode)
    steps = build_steps(view, detail)
    head(found, view, steps)
    for phase, title in BANDS.items():
        lines = [step for step in steps if step.phase == phase]
        if lines:
            found.band(title)
            _band(found, view, lines, detail)
    descent(found, view, detail)
    found.band("Answer")
    if not answers(found, view, detail):
        answer(found, view, steps)
    return found


def _band(page: Page, view: View, steps: Sequence[Step], detail: str) -> None:
    group: str | None = None
    tall = False
    for at, step in enumerate(steps):
        if step.group != group and step.group is not None:
            if at:
                page.blank()
            page.text(step.group, "faint", indent_of(page))
            tall = False
        group = step.group
        draft = Page(page.columns, page.unicode)
        write_step(draft, view, step)
        under_line(draft, view, step, detail, indent_of(page))
        if detail == "entries":
            entry_lines(draft, view, step, indent_of(page))
        under_heading = bool(page.lines[-1]) and page.lines[-1][-1][0] == group
        if at and (tall or len(draft.lines) > 1) and page.lines[-1] and not under_heading:
            page.blank()
        page.lines += draft.lines
        tall = len(draft.lines) > 1
        if detail == "steps":
            tall = entry_table(page, view, steps, at, indent_of(page)) or tall
