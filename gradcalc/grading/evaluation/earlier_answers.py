"""What a writer has put down before a line, and what of it a judgement on the line reads.

A judgement reads earlier answers through these mappings and through nothing else, and they
take down what it looks at. So it can be shared by all whose sheets are the same there.

What a judgement has looked at is its trace. Two sheets that are the same along a trace are
judged in the same way, so each distinct one is judged once, whoever stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.operations.kernels import Array, Indices, Mask, Whole

T = TypeVar("T")
Decimals: TypeAlias = npt.NDArray[np.int16]
Aspect: TypeAlias = Literal["mask", "wrong", "numbers"]
"""What is looked at of an answer: which entries are written, which are wrong, what they are."""
Note: TypeAlias = Callable[[str, Aspect], None]

SAME = 1e-12
"""Relative distance within which a written value is exactly ours and has no radius."""

Trace: TypeAlias = tuple[tuple[str, Aspect], ...]
"""Names of earlier answers, and what of each was looked at."""

MOST_KEPT = 20_000
"""Judgements of one kind that are kept from one block to the next."""


@dataclass(frozen=True)
class Own:
    """Values that a writer has put in place of computed ones; `mask` tells which entries."""

    value: Array
    mask: Mask

    def over(self, computed: Array) -> Array:
        """Return the computed value with the writer's entries in it."""
        return np.where(self.mask, self.value, computed)


@dataclass(frozen=True)
class Entries:
    """An answer of numbers in the shape of its quantity.

    half: half a unit of each last digit; decimals: as they are written; wrong: entries
    that are written and not correct; follows: those of them that follow from others; due: the
    values without any rounding.
    """

    value: Array
    mask: Mask
    half: Array
    decimals: Decimals
    wrong: Mask
    follows: Mask
    due: Array

    @property
    def radius(self) -> Array:
        """Return how far a value may have been rounded: what is exactly ours was not."""
        same = np.abs(self.value - self.due) <= SAME * np.abs(self.due)
        return np.where(same, 0.0, self.half)


class Seen(Mapping[str, T], Generic[T]):
    """Something about each of a writer's earlier answers, by name; what is read is noted."""

    def __init__(self, earlier: Earlier, find: Callable[[Entries], T], aspect: Aspect) -> None:
        self._earlier, self._find, self._aspect = earlier, find, aspect
        self._there: dict[object, bool] = {}
        self._read: dict[str, T] = {}

    def __contains__(self, name: object) -> bool:
        there = self._there.get(name)
        if there is None:
            known = name in self._earlier.names
            there = known and bool(self._look(str(name), "mask").mask.any())
            self._there[name] = there
        return there

    def __getitem__(self, name: str) -> T:
        found = self._read.get(name)
        if found is None:
            if name not in self:
                raise KeyError(name)
            self._look(name, "numbers")
            found = self._read[name] = self._find(self._look(name, self._aspect))
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._earlier.names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _look(self, name: str, aspect: Aspect) -> Entries:
        self._earlier.note(name, aspect)
        return self._earlier.entries(name)


class SeenOwn(Seen[Own]):
    """A writer's earlier values, or those of them that are right."""

    def whole(self, name: str) -> bool:
        """Tell whether every entry of a name is there, without a look at the numbers."""
        return name in self and bool(self._find(self._look(name, self._aspect)).mask.all())


def _no_entries(name: str) -> Entries:
    raise KeyError(name)


def _nobody(name: str, aspect: Aspect) -> None:
    """Take down nothing: the judgement is not shared."""


@dataclass(frozen=True)
class Earlier:
    """What a writer has put down before a line.

    names: of the answers, blank ones included; entries: gives one of them; note: is told
    what is looked at.
    """

    names: Collection[str] = ()
    entries: Callable[[str], Entries] = _no_entries
    note: Note = _nobody

    @cached_property
    def own(self) -> SeenOwn:
        """Return the values."""
        return SeenOwn(self, lambda each: Own(each.value, each.mask), "mask")

    @cached_property
    def right(self) -> SeenOwn:
        """Return those of the values that are correct."""
        return SeenOwn(self, lambda each: Own(each.value, each.mask & ~each.wrong), "wrong")

    @cached_property
    def first(self) -> SeenOwn:
        """Return those of the values that do not follow from other wrong ones."""
        return SeenOwn(self, lambda each: Own(each.value, each.mask & ~each.follows), "wrong")

    @cached_property
    def slips(self) -> Seen[Mask]:
        """Return which values are wrong and do not follow from other wrong ones."""
        return Seen(self, lambda each: each.wrong & ~each.follows, "wrong")

    @cached_property
    def halves(self) -> Seen[Array]:
        """Return half a unit of the last digits, 0 where a value is exactly ours."""
        return Seen(self, lambda each: each.radius, "numbers")

    @cached_property
    def decimals(self) -> Seen[Decimals]:
        """Return the decimals that are written."""
        return Seen(self, lambda each: each.decimals, "numbers")

    def spoiled(self, name: str) -> bool:
        """Tell whether some entry of a name is written and not correct."""
        self.note(name, "wrong")
        return name in self.names and bool(self.entries(name).wrong.any())


@dataclass(frozen=True)
class Cut(Container[str]):
    """The names whose values are known without the lines before: given, or wholly written."""

    own: Mapping[str, Own]
    given: Container[str]
    target: str | None = None

    def __contains__(self, name: object) -> bool:
        if name == self.target or not isinstance(name, str):
            return False
        return name in self.given or whole(self.own, name)


def whole(own: Mapping[str, Own], name: str) -> bool:
    """Tell whether every entry of a name is a writer's."""
    if isinstance(own, SeenOwn):
        return own.whole(name)
    return name in own and bool(own[name].mask.all())


@dataclass(frozen=True)
class Groups:
    """Students by what makes their sheets distinct, each as a place among the students."""

    keys: dict[int, bytes] = field(default_factory=dict)
    members: dict[bytes, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Alike:
    """Students whose answers to one line are judged, and what their sheets have in common.

    lead: what is the same for all; always: what every judgement depends on, one row a
    student; part: gives what a judgement may look at; traces: those that are known.
    """

    lead: bytes
    rows: Indices
    always: Sequence[Whole]
    part: Callable[[str, Aspect], Sequence[Whole]]
    traces: dict[Trace, None]

    def shared(
        self, store: dict[bytes, T], judge: Callable[[int, Note], T]
    ) -> Iterator[tuple[bytes, T, Indices]]:
        """Yield every distinct judgement with what makes it so, and whose it is.

        store: judgements that are known; judge: makes one for a student.
        """
        left = np.ones(len(self.rows), dtype=bool)
        groups: dict[Trace, Groups] = {}
        for trace in self.traces:
            if not left.any():
                return
            groups[trace] = self.grouped(trace, left)
            for key in [key for key in groups[trace].members if key in store]:
                yield key, store[key], self.taken(groups[trace], key, left)
        for at in range(len(self.rows)):
            if left[at]:
                seen: set[tuple[str, Aspect]] = set()
                found = judge(int(self.rows[at]), lambda *look, seen=seen: seen.add(look))
                trace = tuple(sorted(seen))
                self.traces.setdefault(trace)
                if trace not in groups:
                    groups[trace] = self.grouped(trace, left)
                key = groups[trace].keys[at]
                remember(store, key, found)
                yield key, found, self.taken(groups[trace], key, left)

    def taken(self, groups: Groups, key: bytes, left: Mask) -> Indices:
        """Return the students of a group who are left, and take them out."""
        same = [at for at in groups.members[key] if left[at]]
        left[same] = False
        return self.rows[same]

    def grouped(self, trace: Trace, left: Mask) -> Groups:
        """Return the students who are left by what they have along a trace."""
        parts = [each for name, aspect in trace for each in self.part(name, aspect)]
        table = self.bytewise([*self.always, *parts])
        from hashlib import blake2b  # noqa: PLC0415 - a sheet alone is not shared

        lead, found = self.lead + repr(trace).encode(), Groups()
        for at in np.flatnonzero(left).tolist():
            key = blake2b(lead + table[at].tobytes(), digest_size=16).digest()
            found.keys[at] = key
            found.members.setdefault(key, []).append(at)
        return found

    def bytewise(self, parts: Sequence[Whole]) -> npt.NDArray[np.uint8]:
        """Return the bytes of arrays with one row a student."""
        count = len(self.rows)
        flat = (np.ascontiguousarray(part[self.rows].reshape(count, -1)) for part in parts)
        return np.concatenate([each.view(np.uint8) for each in flat], axis=1)


def remember(store: dict[bytes, T], key: bytes, value: T) -> None:
    """Put something into a store; the oldest is forgotten where it is full."""
    if len(store) >= MOST_KEPT:
        del store[next(iter(store))]
    store[key] = value
