"""Write a solution, a question or a sheet to fill in as the blocks of a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcalc.algebra.formula.expr import symbols
from gradcalc.errors import ProblemError
from gradcalc.problem.traps import traps
from gradcalc.report.blocks import (
    Boxed,
    Document,
    DocumentBlock,
    Drawing,
    Equation,
    EquationList,
    Facts,
    Paragraph,
    ReportTable,
    Section,
    SolutionLine,
    TableColumn,
    Text,
    linked,
)
from gradcalc.report.mathematics.names import BLANK, figures
from gradcalc.report.mathematics.readback import read
from gradcalc.report.mathematics.tree import Atom, row
from gradcalc.report.mathematics.typeset import quantity
from gradcalc.report.page import Page
from gradcalc.report.pictures.graph_operations import picture
from gradcalc.report.solution.answer import asked, matching_option, sentences
from gradcalc.report.solution.descent import method, norm_words, overview, task, together, way_out
from gradcalc.report.solution.entries import worked
from gradcalc.report.solution.guessed_words import guessed, guessed_cell
from gradcalc.report.solution.statement import (
    BANDS,
    ROOM,
    SheetKind,
    blanked,
    contradiction,
    dimensions,
    options,
    to_fill,
    wanted,
)
from gradcalc.report.solution.step_text import step_boxes
from gradcalc.report.steps.conventions import conventions, whose
from gradcalc.report.steps.steps import Step, build_steps, chosen
from gradcalc.report.steps.updates import Letters, update_lines
from gradcalc.report.steps.value_boxes import formula_box, value_box
from gradcalc.report.steps.view import View

FOLDED = 16
"""Entries up to which a page offers to unfold the line of each."""


def document(
    view: View, detail: str = "steps", sheet: SheetKind = "solution", lines: str = ""
) -> Document:
    """Return what is to be printed of a typeset view.

    lines: those that are shown, as `--steps` names them. Raises ProblemError where it
    names none.
    """
    steps = build_steps(view, "brief" if detail == "brief" else "entries")
    picked = chosen(view, steps, lines) if lines else steps
    problem = view.problem
    blocks = [*_head(view, steps, sheet)]
    if sheet != "problem":
        for phase, title in BANDS.items():
            band = [step for step in picked if step.phase == phase]
            if band:
                blocks += [Section(title), *_band(view, band, detail, sheet == "blank")]
    if sheet == "solution":
        if not lines:
            blocks += _descent(view, detail)
        blocks += [Section("Answer"), *_answer(view, steps)]
    elif sheet == "blank":
        rows = [
            (Equation(read(name, name=True), (box.math,)), "") for name, box in to_fill(view, steps)
        ]
        blocks += [Section("Answer"), EquationList("", tuple(rows))]
    return Document(problem.title, "", tuple(linked(blocks)), problem.cite or "")


def _fact(label: str, words: str) -> Facts:
    return Facts(((label, guessed(words)),))


def _table(caption: str, rows: Sequence[Sequence[str]]) -> ReportTable:
    """Return a table of short mathematics; the first row and the first column are heads."""
    titles, *body = [
        [guessed_cell(cell, head=number == 0 or at == 0) for at, cell in enumerate(row)]
        for number, row in enumerate(rows)
    ]
    columns = tuple(TableColumn(title, "left", name=True) for title in titles)
    return ReportTable(columns, tuple(map(tuple, body)), guessed(caption))


# --- the head ---------------------------------------------------------------------


def _head(view: View, steps: Sequence[Step], sheet: SheetKind) -> Iterator[DocumentBlock]:
    problem = view.problem
    known = [step for step in steps if step.phase == "known"]
    if known:
        yield EquationList("Known", _by_role([_known(view, step) for step in known]))
    theirs = whose(view.problem, view.notation)
    if theirs is not None:
        yield _fact("Student", theirs)
    fixed = [step for step in steps if step.given and step.phase != "known"]
    if fixed:
        last = "used as they stand" if len(fixed) > 1 else "used as it stands"
        words: list[Text] = [*[""] * (len(fixed) - 1), last]
        rows = zip((_given(view, step) for step in fixed), words, strict=True)
        yield EquationList("Given", tuple(rows))
    if sheet == "problem":
        lines = [step for step in steps if step.phase == "forward" and step.formula is not None]
        yield EquationList("Equations", tuple((_defined(view, step), "") for step in lines))
    yield _fact("Wanted", wanted(view))
    reading = conventions(view)
    reading.pop("given", None)
    if reading:
        yield _fact("Read as", "; ".join(reading.values()))
    if sheet == "problem":
        due = task(view)
        if due:
            yield _fact("Descent", due)
        yield from _choices(view)
    if sheet == "solution":
        yield from (Paragraph(guessed(trap.text), "warning") for trap in traps(problem))
        yield from _contradiction(view)
        try:
            yield Drawing(picture(view))
        except ProblemError:  # too large a graph
            return


def _known(view: View, step: Step) -> tuple[Equation, str]:
    data = view.problem.data.get(step.name)
    role = data.role if data else "given, the upstream gradient"
    name = quantity(view.notation, step.name)
    if step.value is None:
        size = dimensions(step.shape)
        return Equation(name), size if view.problem.layers else f"{role}, {size}"
    column = bool(view.problem.layers) and step.value.ndim == 1 and step.value.size > 1
    box = value_box(view, step.value, step.texts, drawn=column, room=ROOM)
    return Equation(name, (box.math,)), "" if view.problem.layers else role


def _by_role(rows: Sequence[tuple[Equation, str]]) -> tuple[tuple[Equation, Text], ...]:
    """Return quantities with the words for several of one role beside the last of them."""
    found: list[tuple[Equation, Text]] = []
    for at, (equation, role) in enumerate(rows):
        after = rows[at + 1][1] if at + 1 < len(rows) else ""
        several = at > 0 and rows[at - 1][1] == role and role.isalpha()
        words = "" if after == role and role.isalpha() else role + "s" * several
        found.append((equation, guessed(words)))
    return tuple(found)


def _given(view: View, step: Step) -> Equation:
    assert step.value is not None
    box = value_box(view, step.value, step.texts, room=ROOM)
    return Equation(quantity(view.notation, step.name), (box.math,))


def _defined(view: View, step: Step) -> Equation:
    assert step.formula is not None
    return Equation(quantity(view.notation, step.name), (formula_box(view, step.formula).math,))


def _choices(view: View) -> Iterator[DocumentBlock]:
    """Yield the options of a question, each with its letter."""
    rows = []
    for letter, box in options(view):
        parts = (Atom("bracket", "("), read(letter), Atom("bracket", ")"), Atom("space", " "))
        rows.append((Equation(row((*parts, box.math))), ""))
    if rows:
        yield EquationList("Options", tuple(rows))


def _contradiction(view: View) -> Iterator[DocumentBlock]:
    found = contradiction(view)
    if found is None:
        return
    yield Paragraph(guessed(found.sentence), "warning")
    yield _table("", found.rows)
    if found.consequence and found.consequence.endswith("its sign"):
        yield Paragraph(guessed(f"Computed from the inputs alone, {found.consequence}."))


# --- the passes -------------------------------------------------------------------


def _band(view: View, steps: Sequence[Step], detail: str, blank: bool) -> Iterator[DocumentBlock]:
    group: str | None = None
    for at, step in enumerate(steps):
        if step.group != group and step.group is not None:
            yield Section(guessed(step.group), 2)
        group = step.group
        yield line(view, blanked(step) if blank else step, detail)
        table = worked(view, steps, at, blank=BLANK if blank else "") if view.values else None
        if table is not None and detail != "brief":
            first, last = table.first.number, table.last.number
            caption = f"Lines {first} to {last}, entry by entry:"
            yield _table(caption, tuple(zip(*table.columns, strict=True)))
            if table.sentence:
                yield Paragraph(guessed(table.sentence))


def line(view: View, step: Step, detail: str) -> SolutionLine:
    """Return one numbered line."""
    sides = tuple(box.math for box in step_boxes(Page(ROOM), view, step))
    sign = "←" if step.phase == "update" else "="
    name = quantity(view.notation, step.name)
    opened = detail == "entries"
    entries: tuple[Equation, ...] = ()
    if opened or len(step.entries) <= FOLDED:
        entries = tuple(_entry(view, step, at, sign) for at in range(len(step.entries)))
    reads = symbols(step.formula) if step.formula is not None else ()
    note = guessed(step.note or "")
    return SolutionLine(
        step.number or 0, step.name, Equation(name, sides, sign), note, entries, opened, reads
    )


def _entry(view: View, step: Step, at: int, sign: str) -> Equation:
    entry = step.entries[at]
    notation = view.notation
    sides = [notation.box(entry.formula)]
    if entry.substitution is not None:
        sides.append(notation.box(entry.substitution))
    maths = [side.math for side in sides]
    if entry.value is not None and notation.number(entry.value) != sides[-1].rows[0]:
        maths.append(read(notation.number(entry.value)))
    name = read(notation.entry_name(step.name, entry.index), name=True)
    return Equation(name, tuple(maths), sign)


# --- descent and answer -----------------------------------------------------------


def _descent(view: View, detail: str) -> Iterator[DocumentBlock]:
    plan, training = view.problem.descent, view.solution.training
    if plan is None:
        return
    yield Section("Ascent" if plan.settings["maximise"] else "Descent")
    names = Letters(view, plan)
    yield Paragraph(guessed(method(view, names)))
    several = len(plan.assignments) > 1 and len(plan.parameters) > 1
    group = None
    lines = update_lines(view, "brief" if detail == "brief" else "entries")
    for each in lines:
        if several and each.step.group != group:
            group = each.step.group
            yield Section(guessed(view.notation.name(group or "")), 2)
        yield line(each.view, each.step, detail)
    sentence = together(plan, view)
    if sentence:
        yield Paragraph(guessed(sentence))
    if training is None:
        return
    if training.updates:
        table = overview(view, training)
        yield _table("", tuple(zip(*table.columns, strict=True)))
        if table.norm:
            yield Paragraph(guessed(norm_words(view, plan, table.norm)))
        if not table.parameters and len(training.updates) > 1:
            rows = (_after(view, name) for name in training.values)
            yield EquationList(f"After {len(training.updates)} steps", tuple((r, "") for r in rows))
    if training.stopped:
        yield Paragraph(guessed(f"{training.stopped}; {way_out(training)}"), "warning")


def _after(view: View, name: str) -> Equation:
    assert view.solution.training is not None
    value = view.solution.training.values[name]
    box = value_box(view, value, figures(value, view.decimals), drawn=bool(value.ndim), room=ROOM)
    return Equation(quantity(view.notation, name), (box.math,))


def _answer(view: View, steps: Sequence[Step]) -> Iterator[DocumentBlock]:
    found = {step.name: step for step in steps}
    equations = [Equation(asked(view, ref, found, ROOM).math) for ref in view.problem.find]
    letter = matching_option(view)
    if len(equations) == 1:
        yield Boxed(equations[0], guessed(f"option {letter}") if letter else "")
    else:
        yield EquationList("", tuple((each, "") for each in equations))
    for sentence in sentences(view, steps):
        warning = sentence.startswith("! ")
        said = guessed(sentence.removeprefix("! "))
        yield Paragraph(said, "warning" if warning else "plain")
