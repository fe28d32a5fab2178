"""The worked solution as a page of text: numbered lines, bands, the answer at the end."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.report.mathematics.names import BLANK
from gradcalc.report.mathematics.unicode import Box, beside, text
from gradcalc.report.page import Page
from gradcalc.report.solution.answer import INDENT, answer
from gradcalc.report.solution.descent import descent, task, write_table
from gradcalc.report.solution.entries import entry_lines, entry_table, worked
from gradcalc.report.solution.sample_band import sample_band
from gradcalc.report.solution.statement import (
    BANDS,
    MARGIN,
    SheetKind,
    blanked,
    head,
    labelled,
    options,
    to_fill,
    words,
)
from gradcalc.report.solution.step_text import indent_of, write_step
from gradcalc.report.solution.symbolic import answers, under_line
from gradcalc.report.steps.steps import Step, build_steps, chosen
from gradcalc.report.steps.value_boxes import broken, formula_box, named, stacked
from gradcalc.report.steps.view import View


def page(
    view: View,
    detail: str = "steps",
    columns: int = 80,
    *,
    sheet: SheetKind = "solution",
    lines: str = "",
) -> Page:
    """Return the worked solution, the question or a sheet to fill in, `columns` wide.

    lines: those that are shown, as `--steps` names them. Raises ProblemError where it
    names none.
    """
    found = Page(columns, view.unicode)
    steps = build_steps(view, detail)
    picked = chosen(view, steps, lines) if lines else steps
    if sheet == "problem":
        head(found, view, steps, question=True, equations=_equations(view, steps, columns))
        due = task(view)
        if due:
            words(found, "Descent", due)
        _options(found, view)
        return found
    blank = sheet == "blank"
    head(found, view, steps, question=blank)
    for phase, title in BANDS.items():
        band = [blanked(step) if blank else step for step in picked if step.phase == phase]
        if band:
            found.band(title)
            _band(found, view, band, "brief" if blank else detail)
            if blank and detail != "brief":
                _tables(found, view, [step for step in picked if step.phase == phase])
    if blank:
        found.band("Answer")
        for name, box in to_fill(view, steps):
            found.block(named(name, box), INDENT)
            found.blank()
        return found
    if not lines:
        if detail == "entries":
            sample_band(found, view)
        descent(found, view, detail)
    found.band("Answer")
    if not answers(found, view, detail):
        answer(found, view, steps)
    return found


def _tables(page: Page, view: View, steps: Sequence[Step]) -> None:
    """Write the tables of elementwise lines, entry by entry, with blanks."""
    for at in range(len(steps)):
        table = worked(view, steps, at, blank=BLANK) if view.values else None
        if table is None:
            continue
        page.blank()
        caption = f"Lines {table.first.number} to {table.last.number}, entry by entry:"
        page.text(caption, "plain", indent_of(page))
        page.blank()
        write_table(page, [list(column) for column in table.columns], indent_of(page))


def _equations(view: View, steps: Sequence[Step], columns: int) -> Box | None:
    """Return the equations of the forward pass."""
    forward = [step for step in steps if step.phase == "forward"]
    rows: list[Box] = []
    for step in forward:
        if step.formula is None:
            continue
        box = named(view.notation.name(step.name), formula_box(view, step.formula))
        if box.height == 1:
            rows += [text(row) for row in broken(box.rows[0], columns - MARGIN)]
        else:
            rows.append(box)
    return stacked(rows) if rows else None


def _options(page: Page, view: View) -> None:
    found = [beside([text(f"({letter})  "), box]) for letter, box in options(view)]
    if found:
        labelled(page, "Options", stacked(found))


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
