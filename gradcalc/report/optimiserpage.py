"""The sheet of one optimiser: the equations of a step, and what each setting changes."""

from __future__ import annotations

from collections.abc import Iterable

from gradcalc.algebra.expr import Symbol, substitute, symbols
from gradcalc.algebra.names import gradient_name
from gradcalc.algebra.optimisers import (
    GRADIENT,
    PARAMETER,
    SETTINGS,
    STEP,
    Optimiser,
    UpdateEquation,
    state,
)
from gradcalc.report.boxes import Box
from gradcalc.report.catalogue import boxed, field
from gradcalc.report.notation import Notation
from gradcalc.report.page import Page

_NEEDS = {"dampening": "momentum", "nesterov": "momentum", "decoupled": "weight_decay"}


def optimiser_sheet(page: Page, row: Optimiser, preset: Iterable[tuple[str, str]] = ()) -> None:
    """Write the sheet of an optimiser; `preset` are settings that its name stands for."""
    defaults = {**dict(row.defaults), **dict(preset)}
    base = {key: float(text) for key, text in defaults.items()}
    lines = row.assignments(base)
    notation = _optimiser_notation(page, lines)
    page.title(f"{row.name}: {row.text}")
    page.blank()
    boxed(page, "Step", Box(tuple(_line(notation, line) for line in lines)))
    kept = [notation.name(letter) for letter in state(lines)]
    if kept:
        joined = " and ".join((", ".join(kept[:-1]), kept[-1])) if len(kept) > 1 else kept[0]
        field(page, "Start", f"{joined} {'start' if len(kept) > 1 else 'starts'} at 0")
    if any(STEP in symbols(line.expr) for line in lines):
        field(page, "", "t is the number of the step")
    for key, default in defaults.items():
        if default != "0":
            continue
        settings = {**base, key: 1.0}
        if key in _NEEDS:
            settings[_NEEDS[key]] = 1.0
        own = tuple(line for line in row.assignments(settings) if line not in lines)
        for line in own:
            boxed(page, key if line is own[0] else "", _box(page, line))
    page.blank()
    for at, (key, default) in enumerate(defaults.items()):
        field(page, "Settings" if not at else "", _setting(notation, key, default))
    names = [alias for alias, _ in row.aliases]
    field(page, "Aliases", ", ".join(names))
    field(page, "Source", row.source)
    page.blank()
    field(page, "In a file", f"descent: {{method: {row.name}, steps: 5}}")


def _setting(notation: Notation, key: str, text: str) -> str:
    row = next(each for each in SETTINGS if each.key == key)
    letter = f", {notation.name(row.letter)}" if row.letter else ""
    value = ("true" if text == "1" else "false") if row.switch else notation.number(text)
    also = f"; also {', '.join(row.aliases)}" if row.aliases else ""
    return f"{key}{letter} = {value}{also}"


def _optimiser_notation(page: Page, lines: Iterable[UpdateEquation]) -> Notation:
    names = {PARAMETER, "L", gradient_name("L", PARAMETER)}
    for line in lines:
        names |= {line.name, *symbols(line.expr)}
    return Notation(dict.fromkeys(names, ()), unicode=page.unicode)


def _box(page: Page, line: UpdateEquation) -> Box:
    return Box((_line(_optimiser_notation(page, [line]), line),))


def _line(notation: Notation, line: UpdateEquation) -> str:
    arrow = " ← " if notation.unicode else " <- "
    gradient = {GRADIENT: Symbol(gradient_name("L", PARAMETER))}
    text = notation.name(line.name) + arrow + notation.line(substitute(line.expr, gradient))
    if line.first is not None:
        text += f"; in the first step {notation.line(substitute(line.first, gradient))}"
    return text
