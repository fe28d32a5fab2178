"""The author's letters for quantities and entries, and what a name means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gradcalc.algebra.formula.names import (
    IDENTIFIER,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    alike,
    canonical,
    gradient_name,
    gradient_parts,
)
from gradcalc.algebra.formula.shapes import Index, Shape, size

LEVELS = 3
"""How a name is read: as it stands; by what prints alike; by what is nearly the same."""
LOSSES = frozenset({"l", "j", "e", "c", "loss", "cost", "error"})
"""What people call the loss, in small letters."""

_PLACES = r"\[\s*([0-9]{1,9}(?:\s*,\s*[0-9]{1,9})*)\s*\]"
_HALF = rf"({IDENTIFIER})(?:{_PLACES})?"
_TYPED = re.compile(rf"\s*(?:[d∂]{_HALF}\s*/\s*[d∂]{_HALF}|{_HALF})\s*\Z")
_TYPED_NEARLY = _TYPED.pattern.replace("[d∂]", "[dD∂]")  # compiled where it is needed
_ESCAPED = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")
_BELOW = re.compile(rf"(.*[^{SUBSCRIPTS}])([{SUBSCRIPTS}]+)\Z")
_BEHIND = re.compile(r"([^\W\d_]+)_?([1-9]\d{0,8})\Z")
_LAYERED = re.compile(rf"(.*⁽[{SUPERSCRIPTS}]+⁾)([{SUBSCRIPTS}]+)\Z")


def is_hidden(name: str) -> bool:
    """Tell whether a name is one that the file did not give: `_1`, `dL/d_1`."""
    return any(part.startswith("_") for part in gradient_parts(name) or (name,))


@dataclass(frozen=True)
class Reference:
    """A quantity, or one entry of it; the index counts from 0."""

    name: str
    index: Index | None = None

    def __str__(self) -> str:
        if self.index is None:
            return self.name
        return f"{self.name}[{','.join(str(i + 1) for i in self.index)}]"


@dataclass(frozen=True)
class Names:
    """What the author calls things: whole quantities, and single entries."""

    whole: Mapping[str, str] = field(default_factory=dict)
    entries: Mapping[tuple[str, Index], str] = field(default_factory=dict)

    def shown(self, name: str) -> str:
        """Return the author's name of a quantity, derivatives included."""
        parts = gradient_parts(name)
        if parts:
            return gradient_name(self.shown(parts[0]), self.shown(parts[1]))
        return self.whole.get(name, name)

    def shown_entry(self, name: str, index: Index) -> str | None:
        """Return the author's name of an entry, or None where it has none."""
        parts = gradient_parts(name)
        if parts:
            entry = self.entries.get((parts[1], index))
            return gradient_name(self.shown(parts[0]), entry) if entry else None
        return self.entries.get((name, index))

    @property
    def taken(self) -> dict[str, Reference]:
        """Return what each of the author's names stands for."""
        found = {text: Reference(name) for name, text in self.whole.items()}
        found |= {text: Reference(name, i) for (name, i), text in self.entries.items()}
        return found


@dataclass(frozen=True)
class _Half:
    """One name as it was typed, the index behind it counted from 0."""

    name: str
    index: Index | None


@dataclass(frozen=True)
class Lexicon:
    """Every name of a problem; loss is empty where it is not known yet."""

    names: Names
    shapes: Mapping[str, Shape]
    loss: str

    def read(self, text: str) -> Reference | None:
        """Return the quantity or entry that a text names, None for none, or for doubt."""
        found = (self.at(level, text) for level in range(LEVELS))
        return next((each for each in found if each is not None), None)

    def at(self, level: int, text: str) -> Reference | None:
        """Return what a text names at one level of likeness, None for none, or for doubt.

        The author's names come first, then ours; `dW1` is `dL/dW1`.
        """
        typed = _ESCAPED.sub(lambda code: chr(int(code[1] or code[2] or code[3], 16)), text)
        match = re.match(_TYPED if level < LEVELS - 1 else _TYPED_NEARLY, typed)
        if match is None:
            return None
        of, by, one = (_half(match[at], match[at + 1]) for at in (1, 3, 5))
        if of and by:
            found = {
                meant
                for above in self.meant(level, of)
                for below in self.meant(level, by)
                if (meant := self.derivative(above, below)) is not None
            }
            return found.pop() if len(found) == 1 else None
        assert one is not None
        plain = self.meant(level, one)
        if level == LEVELS - 1:
            return _only({*plain, *self.of_loss(level, one)})
        return _only(plain) or _only(self.of_loss(level, one))

    def parts(self, text: str) -> tuple[str, str] | None:
        """Return the two quantities of a derivative's name, entries taken as a whole."""
        match = _TYPED.match(text)
        if match is None or match[1] is None:
            return None
        found = []
        for name, places in ((match[1], match[2]), (match[3], match[4])):
            typed = _half(name, places)
            each = (_only(self.meant(level, typed)) for level in range(LEVELS) if typed)
            meant = next((one for one in each if one is not None), None)
            found.append(canonical(name) if meant is None else meant.name)
        return found[0], found[1]

    def of_loss(self, level: int, typed: _Half) -> set[Reference]:
        """Return the gradients of the loss that a name such as `dW1` stands for."""
        if typed.name[:1] not in ("d", "∂", "D" if level == LEVELS - 1 else "d"):
            return set()
        loss = Reference(self.loss)
        inner = self.meant(level, _Half(typed.name[1:], typed.index)) if typed.name[1:] else set()
        found = (self.derivative(loss, by) for by in inner)
        return {meant for meant in found if meant is not None}

    def meant(self, level: int, typed: _Half) -> set[Reference]:
        """Return the quantities, or entries of them, that a name without `/` can mean."""
        layered = _LAYERED.match(typed.name)  # z⁽¹⁾₂ is an entry of z1, never z12
        if layered and typed.index is None:
            return self.entries(layered[1], layered[2], level)
        name = canonical(typed.name)
        whole = self.exactly(name)
        bases = set() if whole is None else {whole}
        if not bases and level:
            bases = self.by_likeness[level - 1].get(_LIKENESS[level - 1](name), set())
        if not bases and level == LEVELS - 1 and self.is_loss(name):
            bases = {Reference(self.loss)}
        found = {each for base in bases if (each := _indexed(base, typed.index)) is not None}
        if found or typed.index is not None:
            return found
        cut = _BELOW.match(typed.name)
        if cut is None and level == LEVELS - 1:
            cut = _BEHIND.match(name)
        return self.entries(cut[1], cut[2], level) if cut else set()

    def exactly(self, name: str) -> Reference | None:
        """Return what a canonical name without `/` stands for."""
        own = self.taken.get(name)
        if own is not None:
            return own
        return Reference(name) if name in self.shapes and not is_hidden(name) else None

    def entries(self, name: str, digits: str, level: int) -> set[Reference]:
        """Return the entries that digits below a name stand for: W⁽¹⁾₂₁, z₁₂."""
        plain = canonical(f"x{digits}")[1:]
        found = set()
        for base in self.meant(level, _Half(name, None)):
            rank = len(self.shapes.get(base.name, ()))
            places = [plain] if rank == 1 else list(plain)
            if base.index is None and rank == len(places) and "0" not in places:
                found.add(Reference(base.name, tuple(int(place) - 1 for place in places)))
        return found

    def derivative(self, of: Reference, by: Reference) -> Reference | None:
        """Return the derivative of one thing by another, None where there is none."""
        joined = gradient_name(of.name, by.name)
        shape = self.shapes.get(joined)
        if shape is None or is_hidden(joined):
            return None
        if of.index is None or size(self.shapes.get(of.name, ())) == 1:
            return Reference(joined, by.index)
        if len(shape) == len(of.index):  # elementwise: entry by entry
            return Reference(joined, of.index) if by.index in (None, of.index) else None
        if by.index is None or len(shape) != len(of.index) + len(by.index):
            return None
        return Reference(joined, (*of.index, *by.index))  # Jacobians are symmetric in all layouts

    @cached_property
    def taken(self) -> dict[str, Reference]:
        """Return what each of the author's names stands for."""
        return self.names.taken

    @cached_property
    def letters(self) -> frozenset[str]:
        """Return the letters that are dimensions."""
        shapes = self.shapes.values()
        return frozenset(dim for shape in shapes for dim in shape if isinstance(dim, str))

    @cached_property
    def by_likeness(self) -> tuple[dict[str, set[Reference]], ...]:
        """Return what each name stands for, by what it has in common with names like it."""
        ours = (name for name in self.shapes if gradient_parts(name) is None)
        known = {name: Reference(name) for name in ours if not is_hidden(name)}
        known |= self.taken
        found: tuple[dict[str, set[Reference]], ...] = tuple({} for _ in _LIKENESS)
        for name, reference in known.items():
            for likeness, table in zip(_LIKENESS, found, strict=True):
                table.setdefault(likeness(name), set()).add(reference)
        return found

    def is_loss(self, name: str) -> bool:
        """Tell whether a name that nothing has is one that people give the loss."""
        losses = {self.loss.casefold(), name.casefold()} <= LOSSES
        return losses and name not in self.letters


def _nearly(name: str) -> str:
    return alike(name).casefold().replace("_", "")


_LIKENESS: tuple[Callable[[str], str], ...] = (alike, _nearly)


def _half(name: str | None, places: str | None) -> _Half | None:
    if name is None:
        return None
    return _Half(name, tuple(int(part) - 1 for part in places.split(",")) if places else None)


def _indexed(base: Reference, index: Index | None) -> Reference | None:
    """Return an entry of what is named; an entry has no entries."""
    if index is None:
        return base
    return Reference(base.name, index) if base.index is None and min(index) >= 0 else None


def _only(found: set[Reference]) -> Reference | None:
    return next(iter(found)) if len(found) == 1 else None
