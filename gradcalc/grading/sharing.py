"""Share a judgement on a line among all students whose sheets are the same where it looked.

What a judgement has looked at is its trace. Two sheets that are the same along a trace are
judged in the same way, so each distinct one is judged once, whoever stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from gradcalc.grading.earlier import Aspect, Mask, Note

T = TypeVar("T")
Indices: TypeAlias = npt.NDArray[np.intp]
Whole: TypeAlias = npt.NDArray[Any]
Trace: TypeAlias = tuple[tuple[str, Aspect], ...]
"""Names of earlier answers, and what of each was looked at."""

MOST_KEPT = 20_000
"""Judgements of one kind that are kept from one block to the next."""


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
