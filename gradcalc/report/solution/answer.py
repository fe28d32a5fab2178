"""The end of a solution: what was asked for, and the proof of its lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcalc.algebra.formula.names import gradient_name, gradient_parts
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.rewriting.entries import TooLongError
from gradcalc.errors import ProblemError, listed, visible
from gradcalc.problem.names import Reference
from gradcalc.problem.text.numbers import read_array
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode
from gradcalc.report.mathematics.names import figure, power
from gradcalc.report.mathematics.unicode import Box, text
from gradcalc.report.page import Page
from gradcalc.report.solution.learning_notes import notes
from gradcalc.report.steps.layer_remarks import missing
from gradcalc.report.steps.steps import Step
from gradcalc.report.steps.value_boxes import broken, fitted, flow, formula_box, named
from gradcalc.report.steps.view import View

INDENT = 5
FRAME = 6
INNER_VALUE = ("an inner value", "inner values")
INNER_LINE = ("an inner line", "inner lines")


def answer(page: Page, view: View, steps: Sequence[Step]) -> None:
    """Write what `find` asks for, and how its lines were checked."""
    found = {step.name: step for step in steps}
    room = page.columns - INDENT - (FRAME if len(view.problem.find) == 1 else 0)
    boxes = [asked(view, ref, found, room) for ref in view.problem.find]
    if len(boxes) == 1 and boxes[0].width <= room:
        letter = matching_option(view)
        beside = f"option {letter}" if letter and boxes[0].width + 14 <= room else ""
        page.panel(boxes[0], INDENT, beside)
        if letter and not beside:
            page.text(f"option {letter}", "plain", INDENT)
    else:
        _several(page, boxes)
    for sentence in sentences(view, steps):
        page.blank()
        page.paragraph(sentence, INDENT)


def sentences(view: View, steps: Sequence[Step]) -> tuple[str, ...]:
    """Return what is said under the answer: its option, its sign, notes, how it was checked."""
    found = (
        *missing(view),
        _options(view),
        _direction(view),
        *notes(view),
        _batch(view),
        _proof(view, steps),
    )
    return tuple(sentence for sentence in found if sentence)


def asked(view: View, ref: Reference, steps: dict[str, Step], room: int) -> Box:
    """Return `name = value` of what is asked for; in letters, its formula."""
    step = steps.get(ref.name)
    name = view.notation.name(ref.name)
    value = view.values.get(ref.name)
    if ref.index is not None:
        name = view.notation.entry_name(ref.name, ref.index)
        if value is not None:
            text_of = view.texts.get(ref.name)
            at = int(np.ravel_multi_index(ref.index, value.shape))
            shown = text_of[at] if text_of else figure(float(value[ref.index]), view.decimals)
            return named(name, text(view.notation.number(shown)))
    if value is None:
        formula = step.formula if step else None
        if formula is None:
            return text(name)
        if ref.index is not None:
            try:
                formula = view.entry(formula, ref.index, numbers=False)
            except TooLongError:
                return text(name)
        return named(name, formula_box(view, formula))
    texts = view.texts.get(ref.name)
    several = len(view.problem.find) > 1
    small = 1 < value.size <= FRAME
    drawn = several and value.ndim == 1 and small
    return fitted(view, name, value, texts, room, drawn=drawn)


def _several(page: Page, boxes: Sequence[Box]) -> None:
    room = page.columns - INDENT
    rows = [list(boxes[at : at + 2]) for at in range(0, len(boxes), 2)]
    widest = [max((row[j].width for row in rows if j < len(row)), default=0) for j in (0, 1)]
    if sum(widest) + 6 > room:
        rows = [[box] for box in boxes]
    if any(box.width > room for box in boxes) and all(box.height == 1 for box in boxes):
        for box in boxes:
            for row in broken(box.rows[0], room):
                page.text(row, "value", INDENT)
        return
    page.block(flow(rows, room, 6), INDENT, "value")


def matching_option(view: View) -> str | None:
    """Return the letter of the one option that is what was asked for, to its own digits."""
    options = view.problem.extras.get("options")
    if not isinstance(options, MappingNode) or len(view.problem.find) != 1:
        return None
    ref = view.problem.find[0]
    value = view.values.get(ref.name)
    if value is None:
        return None
    own = value if ref.index is None else value[ref.index]
    letters = []
    for key, node in options.pairs:
        try:
            cells = read_array(node, "an option")
        except ProblemError:  # a formula or a word is no array
            continue
        given = np.array([cell.value for cell in cells.cells]).reshape(cells.shape)
        places = np.array([len(cell.text.partition(".")[2]) for cell in cells.cells])
        half = (0.5 * 10.0 ** -places.astype(float)).reshape(cells.shape)
        if given.shape == own.shape and bool(_near(given, own, half).all()):
            letters.append(key.text)
    return letters[0] if len(letters) == 1 else None


def _near(given: Array, own: Array, half: Array) -> Array:
    """Tell which entries agree; one that does not exist is not compared."""
    return np.asarray(np.isnan(own) | (np.abs(given - own) <= half * (1 + 1e-9)))


def _options(view: View) -> str | None:
    """Say where options or a declared answer disagree with the value."""
    options = view.problem.extras.get("options")
    declared = view.problem.extras.get("answer")
    if not isinstance(options, MappingNode) or not view.solution.values:
        return None
    if len(view.problem.find) != 1:
        return None
    letter = matching_option(view)
    if isinstance(declared, ScalarNode) and declared.text != letter:
        own = f"the value is that of option {letter}" if letter else "no option has this value"
        return f"! The file's answer is {visible(declared.text)}; {own}."
    return None if letter else "! No single option has this value."


def _batch(view: View) -> str | None:
    """Say why a batch shows no Jacobians."""
    if not view.jacobians or view.diagonals or view.problem.jacobians:
        return None
    if not any(len(view.shapes[layer.before]) == 2 for layer in view.problem.layers):
        return None
    return "Jacobians are drawn for one sample; this is a batch."


def _direction(view: View) -> str | None:
    """Say what moving the parameters does, where all gradients have one sign."""
    problem = view.problem
    names = [gradient_name(problem.loss, data.name) for data in problem.roles("weight")]
    values = [view.values[name] for name in names if name in view.values]
    if len(values) < 2 or problem.upstream or not view.values:
        return None
    loss = view.notation.name(problem.loss)
    if all((value < 0).all() for value in values):
        return f"All are negative: raise any one of these parameters a little, and {loss} falls."
    if all((value > 0).all() for value in values):
        return f"All are positive: lower any one of these parameters a little, and {loss} falls."
    return None


def _proof(view: View, steps: Sequence[Step]) -> str | None:
    check = view.solution.check
    lines = [step.number for step in steps if step.phase == "backward" and step.number]
    if check is None or not lines:
        return None
    joint = "and" if len(lines) == 2 else "to"
    which = f"Lines {lines[0]} {joint} {lines[-1]}" if len(lines) > 1 else f"Line {lines[0]}"
    verb = "agree" if len(lines) > 1 else "agrees"
    if check.failed:
        error = view.notation.number(figure(check.max_error, digits=1))
        names = ", ".join(view.notation.name(name) for name in check.failed)
        return f"! {which}: {names} did not agree with central differences (largest error {error})."
    error = f"< {power(view.notation, check.bound)}"
    directions = " along random directions" if check.sampled else ""
    existing = ""
    if any(step.name in view.solution.gaps for step in steps if step.phase == "backward"):
        existing = f", as far as {'they exist' if len(lines) > 1 else 'it exists'}"
    unrounded = ", before rounding" if view.problem.rounding else ""
    between = f"{existing}{unrounded}," if existing or unrounded else ""
    apart = _unchecked(view, check.unchecked)
    backward = [step.name for step in steps if step.phase == "backward" and step.number]
    if set(backward) <= set(check.unchecked) and all(view.values[n].size == 1 for n in backward):
        return f"{which} could not be checked at these values: central differences do not settle."
    sentence = (
        f"{which}{between} {verb} with central differences{directions} (largest error {error})"
        f"{apart}."
    )
    if check.kinks:
        at = [_kink(view, kink) for kink in check.kinks]
        names = counted(", ".join(filter(None, at)), at.count(None), INNER_VALUE)
        names = names[0].upper() + names[1:] if not any(at) else names
        sits = "sits" if len(check.kinks) == 1 else "sit"
        sentence += f" {names} {sits} on a kink and {'was' if sits == 'sits' else 'were'} left out."
    return sentence


def _unchecked(view: View, lines: Sequence[str]) -> str:
    """Return the words on lines of which no difference tells, or not for every entry."""
    found: list[str | None] = []
    for line in lines:
        value, name = view.values.get(line), _line(view, line)
        whole = name is None or value is None or value.size == 1
        found.append(name if whole else f"entries of {name}")
    names = counted(listed(dict.fromkeys(filter(None, found))), found.count(None), INNER_LINE)
    reason = "which could not be checked at these values: differences do not settle"
    return f", but for {names}, {reason}" if found else ""


def _line(view: View, line: str) -> str | None:
    """Return the name of a line, None for one that is not shown."""
    parts = gradient_parts(line)
    hidden = parts is not None and any(part.startswith("_") for part in parts)
    return None if hidden else view.notation.name(line)


def counted(names: str, unnamed: int, words: tuple[str, str]) -> str:
    """Return names, and after them how many there are without a name.

    words: for one without a name, and for several.

    >>> counted("z₂", 2, ("an inner value", "inner values"))
    'z₂ and 2 inner values'
    """
    if not unnamed:
        return names
    last = words[0] if unnamed == 1 else f"{unnamed} {words[1]}"
    return f"{names} and {last}" if names else last


def _kink(view: View, kink: str) -> str | None:
    """Return the name of a value that sits on a kink, None for one that is not shown."""
    name, bracket, index = kink.partition("[")
    if name.startswith("_") or name not in view.shapes:
        return None
    if not bracket:
        return view.notation.name(name)
    return view.notation.entry_name(name, tuple(int(i) - 1 for i in index.rstrip("]").split(",")))
