"""Read the keys that say how a problem is written, asked and marked."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from typing import TYPE_CHECKING

from gradcalc.algebra.names import canonical
from gradcalc.algebra.shapes import Shape, describe
from gradcalc.errors import ProblemError, suggestion
from gradcalc.problem.document import Mapping, Scalar, Sequence, Value
from gradcalc.problem.naming import Index, Names
from gradcalc.problem.numbers import read_array, read_number

if TYPE_CHECKING:
    from gradcalc.engine.rounding import Rounding

MODES = ("half_up", "half_even", "truncate")
DESCENT = ("learning_rate", "steps")


def read_names(section: Mapping | None, shapes: Dict[str, Shape]) -> Names:
    """Return the author's names; a list names the entries of a quantity."""
    whole: dict[str, str] = {}
    entries: dict[tuple[str, Index], str] = {}
    known = [name for name in shapes if not name.startswith("_")]
    taken: dict[str, str] = {}
    for key, value in section.pairs if section else ():
        name = canonical(key.text)
        if name not in known:
            raise ProblemError(f"{key.text} names no value of this problem", key.span,
                               hint=suggestion(key.text, known, "known are " + ", ".join(known)))
        for index, leaf in _leaves(value):
            text = canonical(leaf.text.strip())
            if text in taken:
                raise ProblemError(f"{leaf.text} names two things", leaf.span,
                                   f"{taken[text]} has this name already")
            taken[text] = name
            if index is None:
                whole[name] = text
            else:
                entries[name, index] = text
        _check_extent(name, value, shapes[name])
    return Names(whole, entries)


def _leaves(value: Value, index: Index = ()) -> list[tuple[Index | None, Scalar]]:
    if isinstance(value, Scalar):
        return [(index or None, value)]
    if isinstance(value, Sequence):
        return [leaf for i, item in enumerate(value.items) for leaf in _leaves(item, (*index, i))]
    raise ProblemError("a name, or a list of names, is due", value.span)


def _check_extent(name: str, value: Value, shape: Shape) -> None:
    """Check that a list of names has as many entries as the quantity."""
    if isinstance(value, Scalar):
        return
    found: list[int] = []
    inner: Value = value
    while isinstance(inner, Sequence):
        found.append(len(inner.items))
        if any(isinstance(item, Sequence) and len(item.items) != len(inner.items[0].items)
               for item in inner.items if isinstance(inner.items[0], Sequence)):
            raise ProblemError(f"{name}: the rows of names differ in length", value.span)
        inner = inner.items[0]
    if tuple(found) != shape:
        raise ProblemError(f"{name} has {describe(shape)}, named are {describe(tuple(found))}",
                           value.span)


def read_rounding(
    section: Value | None, names: Names, known: list[str], loss: str
) -> Rounding | None:
    """Return how the problem rounds, or None."""
    if not isinstance(section, Mapping):
        return None
    settings: dict[str, int] = {}
    named: dict[str, int] = {}
    mode = "half_up"
    for key, value in section.pairs:
        if key.text == "mode":
            mode = value.text if isinstance(value, Scalar) else ""
            if mode not in MODES:
                raise ProblemError(f"{mode} is not a way of rounding", value.span,
                                   hint=suggestion(mode, MODES, ", ".join(MODES)))
            continue
        digits = read_number(value, key.text)
        if digits.value != int(digits.value) or not 0 <= digits.value <= 15:
            raise ProblemError("a whole number from 0 to 15 is due", digits.span)
        if key.text in ("decimals", "significant"):
            settings[key.text] = int(digits.value)
            continue
        ref = names.read(key.text, known, loss)
        if ref is None or ref.index is not None:
            raise ProblemError(
                f"{key.text} names no value of this problem", key.span,
                hint=suggestion(key.text, [*known, "decimals", "significant", "mode"],
                                "decimals, significant, mode, or names of values"),
            )
        named[ref.name] = int(digits.value)
    if settings.get("significant") == 0:
        raise ProblemError("at least 1 significant digit is due", section.span)
    if len(settings) > 1:
        raise ProblemError("decimals and significant exclude each other", section.span)
    from gradcalc.engine.rounding import Rounding

    return Rounding(settings.get("decimals"), settings.get("significant"), named, mode)


def read_extras(
    root: Mapping, keys: tuple[str, ...], names: Names, known: list[str], loss: str
) -> dict[str, Value]:
    """Return the keys that other commands read, once they are well formed."""
    options = root.get("options")
    if isinstance(options, Mapping):
        for _, value in options.pairs:
            if not isinstance(value, Scalar):
                read_array(value, "an option")
    answer = root.get("answer")
    if isinstance(answer, Scalar) and isinstance(options, Mapping):
        labels = [key.text for key, _ in options.pairs]
        if answer.text not in labels:
            raise ProblemError(f"{answer.text} is not the letter of an option", answer.span,
                               hint="the options are " + ", ".join(labels))
    expect = root.get("expect")
    if isinstance(expect, Mapping):
        for key, value in expect.pairs:
            if names.read(key.text, known, loss) is None:
                raise ProblemError(f"{key.text} names no value of this problem", key.span,
                                   hint=suggestion(key.text, known))
            read_array(value, key.text)
    descent = root.get("descent")
    if isinstance(descent, Mapping):
        for key, value in descent.pairs:
            if key.text not in DESCENT:
                raise ProblemError(f"{key.text} is not a setting of descent", key.span,
                                   hint=suggestion(key.text, DESCENT, ", ".join(DESCENT)))
            read_number(value, key.text)
    return {key: value for key in keys if (value := root.get(key)) is not None}
