"""The steps of an optimiser: the first in full, then one row a step."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.algebra.optimisers import SETTINGS, STEP
from gradcalc.algebra.shapes import size
from gradcalc.problem.descent import Descent
from gradcalc.problem.training import Training
from gradcalc.report.descenttable import every_step, overview, write_table
from gradcalc.report.entrytable import entry_lines
from gradcalc.report.layout import fitted, flow
from gradcalc.report.page import Page
from gradcalc.report.steptext import indent_of, sign, write_step
from gradcalc.report.updates import Letters, UpdateLine, update_lines
from gradcalc.report.view import View


def descent(page: Page, view: View, detail: str = "steps") -> None:
    """Write the band of the descent; nothing where the problem has none."""
    plan = view.problem.descent
    if plan is None:
        return
    names = Letters(view, plan)
    page.band("Ascent" if plan.settings["maximise"] else "Descent")
    training = view.solution.training
    page.paragraph(method(view, names), indent_of(page))
    if training and plan.steps > 1:
        page.blank()
        page.text("The first step:", "plain", indent_of(page))
    page.blank()
    _first(page, view, plan, update_lines(view, detail), detail)
    sentence = together(plan, view)
    if sentence:
        page.blank()
        page.paragraph(sentence, indent_of(page))
    if training is None:
        return
    if detail == "entries":
        every_step(page, view, training, names, indent_of(page))
    _table(page, view, training)


def method_words(plan: Descent) -> str:
    """Return the name of an optimiser with what its settings add to it."""
    words = plan.optimiser.title
    own = plan.settings
    climbing = ""
    if own["maximise"]:
        words = words.replace("descent", "ascent")
        climbing = "" if "ascent" in words else ", climbing"
    hidden = {"maximise", "momentum" if own.get("nesterov") else ""}
    if plan.optimiser.name == "adamw":
        hidden |= {"weight_decay", "decoupled"}
    if own["decoupled"]:
        hidden.add("weight_decay" if own["weight_decay"] else "decoupled")
    off = {key for key, text in dict(plan.optimiser.defaults).items() if text == "0"}
    extras = [row.text for row in SETTINGS if row.key in off - hidden and own[row.key]]
    if not extras:
        return words + climbing
    *most, last = extras
    return f"{words} with {', '.join(most) + ' and ' if most else ''}{last}{climbing}"


def method(view: View, names: Letters) -> str:
    """Return the sentence that names the optimiser and its settings."""
    plan, notation = names.descent, view.notation
    shown = []
    for row in SETTINGS:
        if row.letter and row.letter in names.names:
            rates = [plan.texts[row.key]]
            if row.letter == "eta":
                rates = [rate.text for rate in plan.rates]
            texts = [notation.number(text) for text in rates[:6]]
            value = ", ".join(texts) + (", …" if len(rates) > 6 else "")
            each = ", one a step" if len(rates) > 1 else ""
            letter = notation.styled(names.names[row.letter], layered=False)
            shown.append(f"{letter}\u00a0=\u00a0{value}{each}")
    text = f"{method_words(plan)}, " + ", ".join(shown) + "." + _start(view, names)
    return text if view.unicode else text.replace("…", "...")


def _first(page: Page, view: View, plan: Descent, lines: Sequence[UpdateLine], detail: str) -> None:
    """Write the equations of the first step, by parameter where there are several each."""
    indent = indent_of(page)
    several = len(plan.assignments) > 1 and len(plan.parameters) > 1
    group, tall = None, False
    for at, line in enumerate(lines):
        step = line.step
        if several and step.group != group:
            if at:
                page.blank()
            page.text(view.notation.name(step.group or ""), "faint", indent)
            tall = False
        draft = Page(page.columns, page.unicode)
        write_step(draft, line.view, step)
        if detail == "entries":
            entry_lines(draft, line.view, step, indent, sign(view, step))
        begins = several and step.group != group
        if at and not begins and (tall or len(draft.lines) > 1):
            page.blank()
        group = step.group
        page.lines += draft.lines
        tall = len(draft.lines) > 1


def _start(view: View, names: Letters) -> str:
    """Say what starts at 0, and what t is."""
    plan = names.descent
    shown = [view.notation.styled(names.names[letter], layered=False) for letter in plan.state]
    if not shown:
        return ""
    joined = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    owner = " of each parameter" if len(plan.parameters) > 1 else ""
    count = f"; {names.names[STEP]} is the number of the step" if STEP in names.names else ""
    return f" {joined}{owner} {'starts' if len(shown) == 1 else 'start'} at 0{count}."


def together(plan: Descent, view: View) -> str:
    """Say that no gradient is that of a changed parameter, and what given values are for."""
    sentences = []
    if len(plan.parameters) > 1:
        sentences.append(
            "All parameters change together: every gradient is that of the values before the step."
        )
    if view.values and view.solution.fixed and plan.steps > 1:
        sentences.append("Given values count for the first step only.")
    return " ".join(sentences)


def _table(page: Page, view: View, training: Training) -> None:
    """Write one row a step, the values after the last one, and why a descent has ended."""
    indent = indent_of(page)
    if training.updates:
        table = overview(view, training)
        page.blank()
        write_table(page, table.columns, indent)
        if table.norm:
            loss = view.notation.name(view.problem.loss)
            page.blank()
            page.paragraph(norm_words(table.norm, loss), indent)
        if not table.parameters and len(training.updates) > 1:
            _ends(page, view, training)
    if training.stopped:
        page.blank()
        page.beside(f"!  {training.stopped}; {way_out(training)}", "", "warning", indent - 3, 3)


def task(view: View) -> str | None:
    """Return what a question asks of a descent: the optimiser, its settings, how many steps."""
    plan = view.problem.descent
    if plan is None:
        return None
    count = f"{plan.steps} step" + "s" * (plan.steps != 1)
    return f"{method(view, Letters(view, plan))} To do: {count}."


def norm_words(norm: str, loss: str) -> str:
    """Say what the sign of a gradient's length stands for."""
    return f"{norm} is the length of the gradient of {loss} by all parameters."


def way_out(training: Training) -> str:
    """Return what has been done of a descent that ended early, and what to try."""
    done, due = len(training.updates), training.descent.steps
    ends = f"{done} of {due} steps are done" if due > 1 else "the descent ends"
    if not training.begun:
        return f"{ends}."
    by_zero = not training.descent.settings.get("eps", 1)
    return f"{ends}. Try {'eps larger than 0' if by_zero else 'a smaller learning rate'}."


def _ends(page: Page, view: View, training: Training) -> None:
    """Write the parameters after the last step."""
    room = page.columns - indent_of(page)
    count = len(training.updates)
    page.blank()
    page.text(f"After {count} steps:", "plain", indent_of(page))
    page.blank()
    boxes = [
        fitted(view, view.notation.name(name), value, None, room, drawn=bool(size(value.shape)))
        for name, value in training.values.items()
    ]
    page.block(flow([boxes], room, 4), indent_of(page))
