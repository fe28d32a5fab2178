"""The author's letters for quantities and entries, for printing and for reading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gradcalc.algebra.names import GRADIENT, IDENTIFIER, canonical, gradient_name, gradient_parts

Index = tuple[int, ...]
_TYPED = re.compile(
    rf"\s*(?P<name>{GRADIENT}|{IDENTIFIER})"
    r"(?:\[\s*(?P<index>[0-9]{1,9}(?:\s*,\s*[0-9]{1,9})*)\s*\])?\s*\Z"
)


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

    def read(self, text: str, known: Iterable[str], loss: str) -> Reference | None:
        """Return the quantity or entry that was typed, or None where there is none.

        The author's names come first, then ours; `dW1` is `dL/dW1`.
        """
        match = _TYPED.match(text)
        if match is None:
            return None
        index = None
        if match["index"]:
            index = tuple(int(part) - 1 for part in match["index"].split(","))
            if min(index) < 0:
                return None
        names = set(known)
        found = self._read_name(canonical(match["name"]), names, loss)
        if found is None or (index is not None and found.index is not None):
            return None
        return Reference(found.name, index if index is not None else found.index)

    def _read_name(self, name: str, known: set[str], loss: str) -> Reference | None:
        taken = self.taken
        parts = gradient_parts(name)
        if parts:
            of, by = (taken.get(part, Reference(part)) for part in parts)
            joined = gradient_name(of.name, by.name)
            one = of.index in (None, by.index)
            return Reference(joined, by.index) if one and joined in known else None
        if name in taken:
            return taken[name]
        if name in known:
            return Reference(name)
        if name.startswith("d"):
            inner = taken.get(name[1:], Reference(name[1:]))
            joined = gradient_name(loss, inner.name)
            return Reference(joined, inner.index) if joined in known else None
        return None
