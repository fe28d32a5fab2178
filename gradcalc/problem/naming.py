"""The author's letters for quantities and entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradcalc.algebra.names import gradient_name, gradient_parts

Index = tuple[int, ...]


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
