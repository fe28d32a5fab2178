"""The sheet of one optimiser as a document: the equations of its step, and its settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gradcalc.algebra.formula.expr import Symbol, substitute, symbols
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.optimisers import (
    GRADIENT,
    PARAMETER,
    SETTINGS,
    STEP,
    Optimiser,
    UpdateEquation,
    state,
)
from gradcalc.report.blocks import Document, Text
from gradcalc.report.catalogue.formula import formula_of, joined, name_of
from gradcalc.report.catalogue.sheet import Rows, sheet
from gradcalc.report.mathematics.notation import Notation

_NEEDS = {"dampening": "momentum", "nesterov": "momentum", "decoupled": "weight_decay"}


def optimiser_document(
    row: Optimiser, preset: Iterable[tuple[str, str]] = (), *, unicode: bool = True
) -> Document:
    """Return the sheet of an optimiser; `preset` are settings that its name stands for."""
    defaults = {**dict(row.defaults), **dict(preset)}
    lines = row.assignments({key: float(text) for key, text in defaults.items()})
    parts = (
        _step(row, defaults, lines, unicode),
        _settings(row, defaults, _notation(lines, unicode)),
        iter([("In a file", f"descent: {{method: {row.name}, steps: 5}}")]),
    )
    return Document(f"{row.name}: {row.text}", "", tuple(sheet(*parts)))


def _step(
    row: Optimiser, defaults: Mapping[str, str], lines: Sequence[UpdateEquation], unicode: bool
) -> Rows:
    """Yield the equations of a step, then those that a setting makes of them."""
    notation = _notation(lines, unicode)
    for at, line in enumerate(lines):
        yield "" if at else "Step", _update(notation, line)
    kept = [name_of(notation, letter) for letter in state(lines)]
    if kept:
        yield "Start", (*joined(kept), f" {'start' if len(kept) > 1 else 'starts'} at 0")
    if any(STEP in symbols(line.expr) for line in lines):
        yield "", "t is the number of the step"
    base = {key: float(text) for key, text in defaults.items()}
    for key, default in defaults.items():
        if default != "0":
            continue
        settings = {**base, key: 1.0}
        if key in _NEEDS:
            settings[_NEEDS[key]] = 1.0
        own = [line for line in row.assignments(settings) if line not in lines]
        for at, line in enumerate(own):
            yield "" if at else key, _update(_notation([line], unicode), line)


def _settings(row: Optimiser, defaults: Mapping[str, str], notation: Notation) -> Rows:
    """Yield what can be set, then the other names and the source."""
    for at, (key, default) in enumerate(defaults.items()):
        yield "" if at else "Settings", _setting(notation, key, default)
    yield "Aliases", ", ".join(alias for alias, _ in row.aliases)
    yield "Source", row.source


def _setting(notation: Notation, key: str, text: str) -> Text:
    row = next(each for each in SETTINGS if each.key == key)
    letter = (", ", name_of(notation, row.letter)) if row.letter else ()
    value = ("true" if text == "1" else "false") if row.switch else notation.number(text)
    also = f"; also {', '.join(row.aliases)}" if row.aliases else ""
    return (key, *letter, f" = {value}{also}")


def _notation(lines: Iterable[UpdateEquation], unicode: bool) -> Notation:
    names = {PARAMETER, "L", gradient_name("L", PARAMETER)}
    for line in lines:
        names |= {line.name, *symbols(line.expr)}
    return Notation(dict.fromkeys(names, ()), unicode=unicode)


def _update(notation: Notation, line: UpdateEquation) -> Text:
    """Return an equation of a step, and what it is in the first one."""
    arrow = " ← " if notation.unicode else " <- "
    gradient = {GRADIENT: Symbol(gradient_name("L", PARAMETER))}
    shown = formula_of(notation, substitute(line.expr, gradient))
    said: Text = (name_of(notation, line.name), arrow, shown)
    if line.first is None:
        return said
    return (*said, "; in the first step ", formula_of(notation, substitute(line.first, gradient)))
