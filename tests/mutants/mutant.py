"""A fault: one text of one module of the package, and what stands there instead."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class MissingTextError(Exception):
    """A text to be changed that does not occur exactly once."""


@dataclass(frozen=True)
class Mutant:
    """One fault; `file` is relative to the package, `change` says it in words."""

    file: str
    old: str
    new: str
    change: str
    number: int

    @property
    def name(self) -> str:
        """Return a short name: `losses-3`."""
        return f"{Path(self.file).stem}-{self.number}"

    def written(self, text: str) -> str:
        """Return the module's text with the fault in it."""
        count = text.count(self.old)
        if count != 1:
            raise MissingTextError(f"{self.name}: occurs {count} times: {self.old!r}")
        return text.replace(self.old, self.new)

    def line(self, text: str) -> int:
        """Return the number of the first line that changes."""
        end = next(
            (i for i, pair in enumerate(zip(self.old, self.new, strict=False)) if len({*pair}) > 1),
            min(len(self.old), len(self.new)),
        )
        return text[: text.index(self.old) + end].count("\n") + 1


def faults(file: str, *changes: tuple[str, str, str]) -> tuple[Mutant, ...]:
    """Return the faults of one module from (text, text instead, change in words)."""
    return tuple(Mutant(file, *change, number) for number, change in enumerate(changes, start=1))
