"""What a picture of a graph shows: nodes and edges with their texts; every format draws it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Spot:
    """One node.

    kind: data, weight, line, loss, end, unit, bias, or more (for units left out).
    label: its name; formula: what it computes, or its value; full: all of it in words.
    """

    key: str
    label: str
    kind: str
    formula: str = ""
    full: str = ""


@dataclass(frozen=True)
class Link:
    """One edge, from what is read to what reads it.

    value: above it; gradient: below it; local: on it, what the gradient of the reader is
    multiplied by on the way back; full: value and gradient without abbreviation.
    value_rows, gradient_rows: matrices row by row, for pictures that have room for them.
    """

    source: str
    target: str
    value: str = ""
    gradient: str = ""
    local: str = ""
    full: str = ""
    value_rows: tuple[str, ...] = ()
    gradient_rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A graph to be drawn: sources come before what reads them.

    note: what holds for each edge; above: what stands above it, a value or a shape.
    """

    title: str
    spots: tuple[Spot, ...]
    links: tuple[Link, ...]
    note: str = ""
    above: str = ""

    @property
    def legend(self) -> str:
        """Return what stands where, for pictures in which it does."""
        if not self.above:
            return ""
        return (
            f"Above each edge stands the {self.above}, below it the gradient, on it the local "
            "derivative."
        )

    @property
    def numbers(self) -> dict[str, int]:
        """Return the place of each node in `spots`."""
        return {spot.key: at for at, spot in enumerate(self.spots)}
