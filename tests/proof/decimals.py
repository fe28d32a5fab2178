"""Equations that meet kinks, ties and zeros in decimals, and their values in fractions.

Nothing here computes with gradcalc. Numbers are fractions that carry their derivatives by
every entry that is handed in, forward, one entry after the other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

Entry: TypeAlias = tuple[str, int]


@dataclass(frozen=True)
class Dual:
    """An exact number and its derivatives by the entries of what is handed in.

    size: what was added up, in sizes, to make it.
    """

    value: Fraction
    slopes: Mapping[Entry, Fraction] = field(default_factory=dict)
    size: Fraction = Fraction(0)

    def __add__(self, other: Dual) -> Dual:
        return self.joined(other, self.value + other.value, 1, 1, self.size + other.size)

    def __sub__(self, other: Dual) -> Dual:
        return self.joined(other, self.value - other.value, 1, -1, self.size + other.size)

    def __mul__(self, other: Dual) -> Dual:
        value = self.value * other.value
        return self.joined(other, value, other.value, self.value, self.size * other.size)

    def __truediv__(self, other: Dual) -> Dual:
        value = self.value / other.value
        by = -self.value / other.value**2
        return self.joined(other, value, 1 / other.value, by, self.size / abs(other.value))

    def joined(
        self,
        other: Dual,
        value: Fraction,
        one: Fraction | int,
        two: Fraction | int,
        size: Fraction,
    ) -> Dual:
        slopes = {entry: one * slope for entry, slope in self.slopes.items()}
        for entry, slope in other.slopes.items():
            slopes[entry] = slopes.get(entry, Fraction(0)) + two * slope
        return Dual(value, slopes, size)

    def scaled(self, value: Fraction, slope: Fraction | int) -> Dual:
        """Return a function of this number, by its value and its derivative."""
        return Dual(value, {e: slope * s for e, s in self.slopes.items()}, self.size)


Vector: TypeAlias = list[Dual]
HALF = Fraction(1, 2)


def const(value: Fraction | int) -> Dual:
    """Return a number that is not handed in."""
    return Dual(Fraction(value), {}, abs(Fraction(value)))


def total(terms: Vector) -> Dual:
    """Return the sum of terms."""
    found = const(0)
    for term in terms:
        found = found + term
    return found


class Kinks:
    """Functions with kinks, and how often one was met."""

    def __init__(self) -> None:
        self.met = 0

    def at(self, gap: Fraction) -> None:
        self.met += gap == 0

    def relu(self, x: Dual) -> Dual:
        self.at(x.value)
        return x.scaled(max(x.value, Fraction(0)), int(x.value > 0))

    def leaky(self, x: Dual) -> Dual:
        self.at(x.value)
        alpha = Fraction(1, 5)
        return x if x.value > 0 else x.scaled(alpha * x.value, alpha)

    def size(self, x: Dual) -> Dual:
        self.at(x.value)
        return x.scaled(abs(x.value), (x.value > 0) - (x.value < 0))

    def relu6(self, x: Dual) -> Dual:
        self.at(x.value)
        self.at(x.value - 6)
        return x.scaled(min(max(x.value, Fraction(0)), Fraction(6)), int(0 < x.value < 6))

    def larger(self, a: Dual, b: Dual) -> Dual:
        self.at(a.value - b.value)
        if a.value == b.value:
            return a.joined(b, a.value, HALF, HALF, a.size + b.size)
        return a if a.value > b.value else b

    def smaller(self, a: Dual, b: Dual) -> Dual:
        self.at(a.value - b.value)
        if a.value == b.value:
            return a.joined(b, a.value, HALF, HALF, a.size + b.size)
        return a if a.value < b.value else b

    def largest(self, x: Vector) -> Dual:
        top = max(entry.value for entry in x)
        ties = [entry for entry in x if entry.value == top]
        self.met += len(ties) > 1
        shared = total(ties)
        return Dual(top, {e: s / len(ties) for e, s in shared.slopes.items()}, shared.size)

    def pooled(self, x: Vector) -> Vector:
        found = []
        for at in range(0, len(x) - 1, 2):
            self.at(x[at].value - x[at + 1].value)
            found.append(x[at] if x[at].value >= x[at + 1].value else x[at + 1])
        return found

    def hinge(self, y: Dual, t: Dual) -> Dual:
        margin = const(1) - t * y
        self.at(margin.value)
        return margin if margin.value > 0 else const(0)

    def huber(self, y: Dual, t: Dual) -> Dual:
        gap, delta = y - t, HALF
        self.at(abs(gap.value) - delta)
        if abs(gap.value) <= delta:
            return const(HALF) * gap * gap
        sign = 1 if gap.value > 0 else -1
        return gap.scaled(delta * (abs(gap.value) - delta / 2), sign * delta)


Evaluate: TypeAlias = Callable[[Mapping[str, Vector], Kinks], Vector]


@dataclass(frozen=True)
class Line:
    """One equation: its name, its formula as a file has it, and what it means."""

    name: str
    text: str
    meaning: Evaluate
    width: int


@dataclass(frozen=True)
class Made:
    """A problem: what is handed in, as fractions, and its lines."""

    given: Mapping[str, list[Fraction]]
    scalars: frozenset[str]
    matrices: Mapping[str, tuple[int, int]]
    lines: tuple[Line, ...]

    def values(self, given: Mapping[str, list[Fraction]]) -> tuple[dict[str, Vector], Kinks]:
        """Return every line with its derivatives, and the kinks that were met."""
        found = {
            name: [
                Dual(value, {(name, at): Fraction(1)}, abs(value))
                for at, value in enumerate(entries)
            ]
            for name, entries in given.items()
        }
        kinks = Kinks()
        for line in self.lines:
            found[line.name] = line.meaning(found, kinks)
        return found, kinks

    @property
    def by_floats(self) -> bool:
        """Tell whether floats say what is handed in: the numbers of a class are floats."""
        entries = [entry for entries in self.given.values() for entry in entries]
        return all(is_decimal(entry) or entry.denominator < 10**6 for entry in entries)

    @property
    def file(self) -> str:
        """Return the problem file."""
        rows = ["inputs:"]
        for name, entries in self.given.items():
            rows.append(f"  {name}: {self.written(name, entries)}")
        rows.append("equations: |")
        rows += [f"  {line.name} = {line.text}" for line in self.lines]
        rows.append(f"find: [{', '.join(f'dL/d{name}' for name in self.given)}]")
        return "\n".join(rows) + "\n"

    def written(self, name: str, entries: list[Fraction]) -> str:
        """Return what is handed in as a file has it."""
        texts = [text(entry) for entry in entries]
        if name in self.scalars:
            return texts[0]
        if name in self.matrices:
            width = self.matrices[name][1]
            cut = [texts[at : at + width] for at in range(0, len(texts), width)]
            return "[" + ", ".join(f"[{', '.join(row)}]" for row in cut) + "]"
        return f"[{', '.join(texts)}]"


def is_decimal(value: Fraction) -> bool:
    """Tell whether a fraction has finitely many digits."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def text(value: Fraction) -> str:
    """Return a fraction as a decimal, or as a fraction where it is none."""
    if not is_decimal(value):
        return f"{value.numerator}/{value.denominator}"
    for places in range(40):
        if (value * 10**places).denominator == 1:
            digits = f"{abs(int(value * 10**places)):0{places + 1}d}"
            cut = len(digits) - places
            return (
                ("-" if value < 0 else "") + digits[:cut] + ("." + digits[cut:] if places else "")
            )
    raise AssertionError(value)


class Maker:
    """Draws a problem line by line, with numbers that bring lines to their kinks."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.places = self.chance.choice([1, 1, 1, 2, 3])
        self.given: dict[str, list[Fraction]] = {}
        self.scalars: set[str] = set()
        self.matrices: dict[str, tuple[int, int]] = {}
        self.lines: list[Line] = []

    def number(self) -> Fraction:
        if self.chance.random() < 0.03:
            return Fraction(self.chance.randint(1, 4), 3)
        top = 9 if self.places == 1 else 4 * 10 ** (self.places - 1)
        return Fraction(self.chance.randint(-top, top), 10**self.places)

    def hand_in(self, entries: list[Fraction], letter: str) -> str:
        name = f"{letter}{len(self.given) + 1}"
        self.given[name] = entries
        return name

    @property
    def values(self) -> dict[str, Vector]:
        return self.made.values(self.given)[0]

    @property
    def made(self) -> Made:
        return Made(self.given, frozenset(self.scalars), self.matrices, tuple(self.lines))

    def line(self, text: str, width: int, meaning: Evaluate) -> str:
        name = f"v{len(self.lines) + 1}"
        self.lines.append(Line(name, text, meaning, width))
        return name

    def problem(self) -> Made:
        """Return a problem of some lines, the last one a number L."""
        width = self.chance.randint(2, 4)
        name = self.hand_in([self.number() for _ in range(width)], "x")
        for _ in range(self.chance.randint(2, 5)):
            name, width = self.further(name, width)
        self.end(name, width)
        return self.made

    def to_zero(self, name: str, width: int) -> str:
        """Take from a line what brings some of its entries to zero, or near a limit."""
        values = self.values[name]
        off = [Fraction(0), Fraction(0), Fraction(6), Fraction(1)]
        entries = [
            entry.value - self.chance.choice(off) if self.chance.random() < 0.6 else self.number()
            for entry in values
        ]
        if any(entry.denominator > 10**9 for entry in entries):
            return name
        c = self.hand_in(entries, "c")
        return self.line(
            f"{name} - {c}",
            width,
            lambda v, k: [a - b for a, b in zip(v[name], v[c], strict=True)],
        )

    def further(self, name: str, width: int) -> tuple[str, int]:
        """Add a line or two that read the last one."""
        kind = self.chance.choice(
            ["matrix", "matrix", "kink", "kink", "kink", "two", "pool", "conv", "times", "square"]
        )
        if kind == "matrix":
            return self.matrix(name, width)
        if kind in ("kink", "two", "pool") and self.chance.random() < 0.8:
            name = self.to_zero(name, width)
        if kind == "kink":
            function = self.chance.choice(["relu", "leaky", "size", "relu6"])
            word = {"leaky": "leaky_relu({}, alpha=0.2)", "size": "abs({})"}
            text = word.get(function, function + "({})").format(name)
            return self.line(
                text, width, lambda v, k: [getattr(k, function)(x) for x in v[name]]
            ), width
        if kind == "two":
            return self.two(name, width)
        if kind == "pool" and width > 1:
            return self.line(
                f"max_pool({name}, size=2)", width // 2, lambda v, k: k.pooled(v[name])
            ), width // 2
        if kind == "conv" and width > 2:
            kernel = self.hand_in([self.number(), self.number()], "k")
            return self.line(
                f"conv1d({name}, {kernel})",
                width - 1,
                lambda v, k: [
                    v[kernel][0] * v[name][at] + v[kernel][1] * v[name][at + 1]
                    for at in range(width - 1)
                ],
            ), width - 1
        if kind == "times":
            s = self.hand_in([self.number()], "s")
            self.scalars.add(s)
            by = Fraction(self.chance.choice([2, 4, 5, 3, 7]))
            return self.line(
                f"{s}*{name}/{by}", width, lambda v, k: [v[s][0] * x / const(by) for x in v[name]]
            ), width
        if kind == "square":
            return self.line(
                f"{name}^2 - {name}", width, lambda v, k: [x * x - x for x in v[name]]
            ), width
        return name, width

    def two(self, name: str, width: int) -> tuple[str, int]:
        other = self.hand_in(
            [
                entry.value
                if entry.value.denominator < 10**9 and self.chance.random() < 0.6
                else self.number()
                for entry in self.values[name]
            ],
            "u",
        )
        word, method = self.chance.choice([("max", "larger"), ("min", "smaller")])
        return self.line(
            f"{word}({name}, {other})",
            width,
            lambda v, k: [getattr(k, method)(a, b) for a, b in zip(v[name], v[other], strict=True)],
        ), width

    def matrix(self, name: str, width: int) -> tuple[str, int]:
        height = self.chance.randint(1, 3) if width > 1 else 2
        W = self.hand_in([self.number() for _ in range(height * width)], "W")
        self.matrices[W] = (height, width)
        return self.line(
            f"{W} @ {name}",
            height,
            lambda v, k: [
                total([v[W][row * width + at] * v[name][at] for at in range(width)])
                for row in range(height)
            ],
        ), height

    def end(self, name: str, width: int) -> None:
        """Add the last line, at a kink of its own."""
        kind = self.chance.choice(["sum", "mean", "amax", "l1", "hinge", "huber", "squared", "dot"])
        plain: dict[str, tuple[str, Evaluate]] = {
            "sum": (f"sum({name})", lambda v, k: [total(v[name])]),
            "mean": (f"mean({name})", lambda v, k: [total(v[name]) / const(width)]),
            "amax": (f"amax({name})", lambda v, k: [k.largest(v[name])]),
            "dot": (f"dot({name}, {name})", lambda v, k: [total([x * x for x in v[name]])]),
        }
        if kind in plain:
            self.lines.append(Line("L", *plain[kind], 1))
            return
        gaps = {"l1": [0, 0, HALF], "hinge": [0], "huber": [HALF, -HALF, 0], "squared": [0, HALF]}
        due = []
        for entry in self.values[name]:
            value = entry.value - Fraction(self.chance.choice(gaps[kind]))
            if kind == "hinge":
                value = 1 / entry.value if entry.value else Fraction(1)
                value = value if text_length(value) else Fraction(self.chance.choice([-1, 1]))
            due.append(value if text_length(value) else self.number())
        t = self.hand_in(due, "t")
        words = {
            "l1": (f"l1({name}, {t})", lambda k, a, b: k.size(a - b)),
            "hinge": (f"hinge({name}, {t})", lambda k, a, b: k.hinge(a, b)),
            "huber": (f"huber({name}, {t}, delta=0.5)", lambda k, a, b: k.huber(a, b)),
            "squared": (f"squared_error({name}, {t})", lambda k, a, b: (a - b) * (a - b)),
        }
        formula, each = words[kind]

        def meaning(v: Mapping[str, Vector], k: Kinks) -> Vector:
            return [total([each(k, a, b) for a, b in zip(v[name], v[t], strict=True)])]

        self.lines.append(Line("L", formula, meaning, 1))


def text_length(value: Fraction) -> bool:
    """Tell whether a number can be written in a file."""
    return value.denominator < 10**9 and len(text(value)) < 20


def wrong(name: str, found: float, exact: Fraction, size: Fraction) -> str | None:
    """Return what is wrong with a number, None where it is the float that is due."""
    due = float(exact)
    if found == due:
        return None
    if exact == 0 or abs(found - due) > 1e-13 * float(max(size, abs(exact))):
        return f"{name} is {found!r}, due {due!r}"
    return None
