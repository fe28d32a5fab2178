"""Find students who handed in more than once, at which times, and which submission counts."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.operations.kernels import Array, Indices, Mask
from gradcalc.grading.submissions.block import Block, RowError
from gradcalc.grading.submissions.column_layout import SubmissionIndex

NO_TIME = float("nan")

_SLASHED = re.compile(
    r"(\d{1,4})[/.](\d{1,2})[/.](\d{1,4})[ ,T]{0,3}"
    r"(?:(\d{1,2}):(\d{2})(?::(\d{2}))?\s?([AP]\.?M\.?)?)?"
    r"(?:\s?(?:GMT|UTC|Z)?([+-]\d{1,2})?(?::?(\d{2}))?)?\s*\Z",
    re.IGNORECASE | re.ASCII,
)
_EPOCH = re.compile(r"\d{9,13}(?:\.\d{1,9})?\Z", re.ASCII)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_OFFSET = re.compile(r"\s?([+-]\d{2}):?(\d{2})\Z")

Policy = Literal["newest", "first", "last", "best", "error"]
POLICIES: tuple[Policy, ...] = ("newest", "first", "last", "best", "error")

REPLACED, UNDECIDED, RIVAL = 0, 1, 2
_UNTIDY = re.compile(r"[^\n!-~]")


class Stamp(NamedTuple):
    """Seconds since 1970, read with the month first and with the day first; nan for none."""

    month_first: float = NO_TIME
    day_first: float = NO_TIME


def read_time(text: str) -> Stamp:
    """Return when a text says that something was handed in; without an offset, UTC is meant.

    >>> read_time("2024/12/22 11:49:31 AM GMT+8").month_first
    1734839371.0
    >>> read_time("5/10/2026 09:15:00").month_first < read_time("6/9/2026 09:15").month_first
    True
    """
    text = text.strip()
    if len(text) > 60:
        return Stamp()
    try:
        if _EPOCH.match(text):
            seconds = float(text)
            seconds = seconds / 1000 if seconds > 1e11 else seconds
            return Stamp(seconds, seconds)
        if _ISO.match(text):
            found = _seconds(datetime.fromisoformat(_iso(text)))
            return Stamp(found, found)
    except (ValueError, OverflowError):
        return Stamp()
    return _slashed(text)


def _iso(text: str) -> str:
    """Return ISO 8601 as Python reads it: `2026-01-02 03:04:05 UTC`, ` +0100`."""
    text = text.removesuffix("UTC").removesuffix("Z").rstrip()
    return _OFFSET.sub(r"\1:\2", text) if ":" in text else text


def _seconds(when: datetime) -> float:
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _slashed(text: str) -> Stamp:
    """Return the time of a date with slashes or points."""
    match = _SLASHED.match(text)
    if match is None:
        return Stamp()
    first, second, third = (int(match[at]) for at in (1, 2, 3))
    hour, minute, second_of = (int(match[at] or 0) for at in (4, 5, 6))
    half = (match[7] or "").upper().replace(".", "")
    if half:
        hour = hour % 12 + (12 if half == "PM" else 0)
    ahead = int(match[8] or 0)
    minutes = int(match[9] or 0) * (-1 if ahead < 0 else 1)

    def at(year: int, month: int, day: int) -> float:
        try:
            zone = timezone(timedelta(hours=ahead, minutes=minutes))
            return _seconds(datetime(year, month, day, hour, minute, second_of, tzinfo=zone))
        except (ValueError, OverflowError):
            return NO_TIME

    if len(match[1]) == 4:
        found = at(first, second, third)
        return Stamp(found, found)
    if "." in text[:3]:  # 24.12.2026: the day comes first
        return Stamp(at(third, second, first), at(third, second, first))
    return Stamp(at(third, first, second), at(third, second, first))


def identity(name: str) -> str:
    """Return what two spellings of one id have in common: case and Unicode form are left out.

    >>> identity("S007") == identity("s007"), identity("7") == identity("007")
    (True, False)
    """
    if name.isascii():
        return name.strip().lower()
    return unicodedata.normalize("NFKC", name).strip().casefold()


def identities(names: Sequence[str]) -> list[str]:
    """Return the identity of each name."""
    joined = "\n".join(names)
    if not _UNTIDY.search(joined) and joined.count("\n") == len(names) - 1:
        return joined.lower().split("\n")  # tidy as they mostly are, all of them at once
    return [identity(name) for name in names]


@dataclass(frozen=True)
class Chosen:
    """Which submissions count. Kept are only those that another one of the student's touches.

    key: source and line of each, sorted; other: the place, in `key`, of the one it is
    about; kind: replaced by it, undecided, or one of several of which the best counts.
    """

    policy: Policy
    sources: tuple[str, ...]
    submissions: int
    students: int
    key: npt.NDArray[np.int64]  # pairs of source and line
    other: npt.NDArray[np.int64]
    kind: npt.NDArray[np.uint8]
    labels: Mapping[tuple[int, int], str] = field(default_factory=dict, repr=False)

    @property
    def several(self) -> bool:
        """Tell whether any student handed in more than once."""
        return bool(len(self.key))

    @property
    def replaced(self) -> int:
        """Return how many submissions give way to another one."""
        return int(np.count_nonzero(self.kind == REPLACED))

    @property
    def undecided(self) -> int:
        """Return how many submissions are duplicates of which none counts."""
        return int(np.count_nonzero(self.kind == UNDECIDED))

    def found(self, block: Block) -> tuple[Indices, Indices]:
        """Return the rows of a block that are told about here, and where."""
        if not len(self.key) or block.source not in self.sources:
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
        source = self.sources.index(block.source)
        first, behind = np.searchsorted(self.key[:, 0], [source, source + 1])
        lines = np.array(block.lines, dtype=np.int64)
        at = first + np.searchsorted(self.key[first:behind, 1], lines)
        known = at < behind
        known[known] = self.key[at[known], 1] == lines[known]
        return np.flatnonzero(known), at[known]

    def contested(self, block: Block) -> Mask:
        """Tell which rows are one of several submissions of which the best counts."""
        rows, at = self.found(block)
        flags: Mask = np.zeros(len(block.ids), dtype=bool)
        flags[rows[self.kind[at] == RIVAL]] = True
        return flags

    def apply(self, block: Block) -> Block:
        """Return a block without the submissions that do not count, told among its errors."""
        rows, at = self.found(block)
        dropped = self.kind[at] != RIVAL
        rows, at = rows[dropped], at[dropped]
        if not len(rows):
            return block
        errors = [
            RowError(
                block.file(row),
                block.lines[row],
                block.ids[row],
                self.reason(int(place)),
                duplicate=bool(self.kind[place] == REPLACED),
                inside=0 if block.files else None,
            )
            for row, place in zip(rows.tolist(), at.tolist(), strict=True)
        ]
        flags: Mask = np.ones(len(block.ids), dtype=bool)
        flags[rows] = False
        return without_rows(block, np.flatnonzero(flags), errors)

    def reason(self, place: int) -> str:
        """Return why a submission does not count."""
        other = self.place(self.other[place], int(self.key[place, 0]))
        if self.kind[place] == UNDECIDED:
            return f"duplicate of {other}; --duplicates first|last|best says which counts"
        if self.policy == "newest":
            return f"replaced by a later one, {other}"
        return f"duplicate of {other}, the {self.policy} one, which counts"

    def place(self, at: npt.NDArray[np.int64], beside: int) -> str:
        """Return where a submission stands, its file named where it is another one."""
        source, line = int(at[0]), int(at[1])
        label = self.labels.get((source, line))
        if label is not None:
            return label
        return f"line {line}" if source == beside else f"{self.sources[source]} line {line}"


def without_rows(block: Block, keep: Indices, errors: Iterable[RowError]) -> Block:
    """Return some rows of a block, with further errors between them."""
    kept = keep.tolist()
    picked = _Picked(block, tuple(kept))
    return replace(
        block,
        ids=tuple(block.ids[at] for at in kept),
        lines=tuple(block.lines[at] for at in kept),
        value=block.value[keep],
        decimals=block.decimals[keep],
        significant=block.significant[keep],
        state=block.state[keep],
        text=picked.text,
        reason=picked.reason,
        files=tuple(block.files[at] for at in kept) if block.files else (),
        line_of=picked.line,
        errors=tuple(sorted((*block.errors, *errors), key=lambda error: error.line)),
        parameters=None if block.parameters is None else block.parameters[keep],
    )


@dataclass(frozen=True)
class _Picked:
    """Some rows of a block, for the text of their cells."""

    block: Block
    rows: tuple[int, ...]

    def text(self, row: int, column: int) -> str:
        return self.block.text(self.rows[row], column)

    def reason(self, row: int, column: int) -> str:
        return self.block.reason(self.rows[row], column)

    def line(self, row: int, column: int) -> int:
        return self.block.place(self.rows[row], column)[1]


class Census:
    """Takes down whose each submission is, in about forty bytes a submission."""

    def __init__(self) -> None:
        self.sources: list[str] = []
        self.names, self.source, self.line = array("q"), array("i"), array("q")
        self.month_first, self.day_first = array("d"), array("d")
        self.labels: dict[tuple[int, int], str] = {}

    def add(self, source: str, indexes: Iterable[SubmissionIndex]) -> None:
        """Take down the submissions of one source."""
        if source not in self.sources[-1:]:
            self.sources.append(source)
        number = len(self.sources) - 1
        for index in indexes:
            names = identities(index.ids)
            count = len(names)
            self.names.frombytes(np.fromiter(map(hash, names), np.int64, count).tobytes())
            self.source.frombytes(np.full(count, number, dtype=np.intc).tobytes())
            self.line.frombytes(np.array(index.lines, dtype=np.int64).tobytes())
            if any(index.stamps):
                self.add_times(index.stamps)
            for line, label in zip(index.lines, index.labels, strict=False):
                self.labels[number, line] = label

    def add_times(self, stamps: Iterable[str]) -> None:
        """Take down when the last submissions were handed in; most tables do not tell."""
        times = [read_time(stamp) for stamp in stamps]
        untold = len(self.line) - len(times) - len(self.month_first)
        for kept, at in ((self.month_first, 0), (self.day_first, 1)):
            kept.extend(array("d", [NO_TIME]) * untold)
            kept.extend(stamp[at] for stamp in times)

    def chosen(self, policy: Policy) -> Chosen:
        """Return which submissions count."""
        names = np.frombuffer(self.names, dtype=np.int64)
        starts, sizes, order = _groups(names)
        times = self.times()
        told: list[tuple[int, int, int]] = []
        for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
            group = order[start : start + size].tolist()
            told += _decided(group, times, policy)
        told.sort(key=lambda each: (self.source[each[0]], self.line[each[0]]))
        at = np.array(told, dtype=np.intp).reshape(-1, 3)
        return Chosen(
            policy,
            tuple(self.sources),
            len(names),
            len(names) - int((sizes - 1).sum()),
            self.places(at[:, 0]),
            self.places(at[:, 1]),
            at[:, 2].astype(np.uint8),
            self.labels,
        )

    def places(self, at: Indices) -> npt.NDArray[np.int64]:
        """Return source and line of some submissions."""
        pairs = [(self.source[each], self.line[each]) for each in at.tolist()]
        return np.array(pairs, dtype=np.int64).reshape(-1, 2)

    def times(self) -> Array:
        """Return when each was handed in, nan where that is not known.

        In a file with a day above 12 in front, days come first; with such days in both
        places its dates tell nothing.
        """
        if not self.month_first:
            return np.broadcast_to(np.array(NO_TIME), (len(self.line),))
        self.add_times([""] * (len(self.line) - len(self.month_first)))
        month, day = np.array(self.month_first), np.array(self.day_first)
        source = np.array(self.source)
        times: Array = month.copy()
        for number in range(len(self.sources)):
            mine = source == number
            day_only = bool((np.isnan(month) & ~np.isnan(day) & mine).any())
            month_only = bool((np.isnan(day) & ~np.isnan(month) & mine).any())
            if day_only and not month_only:
                times[mine] = day[mine]
            elif day_only:
                times[mine & (month != day)] = NO_TIME
        return times


def _groups(names: npt.NDArray[np.int64]) -> tuple[Indices, Indices, Indices]:
    """Return where names that stand more than once begin in their order, how often, the order."""
    ordered = np.sort(names)
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    if not len(again):
        return again, again, again
    some = np.flatnonzero(np.isin(names, ordered[again]))
    order = some[np.argsort(names[some], kind="stable")]
    new = np.flatnonzero(np.diff(names[order], prepend=~names[order[0]]))
    return new, np.diff(new, append=len(order)), order


def _decided(group: list[int], times: Array, policy: Policy) -> Iterator[tuple[int, int, int]]:
    """Yield each submission of one student that is touched, the one it is about, and how."""
    if policy == "best":
        for at in group:
            yield at, group[0] if at != group[0] else group[1], RIVAL
        return
    counts = None
    if policy in ("first", "last"):
        counts = group[0] if policy == "first" else group[-1]
    elif policy == "newest" and not np.isnan(times[group]).any():
        counts = max(group, key=lambda at: (times[at], at))
    for at in group:
        if counts is None:
            yield at, group[0] if at != group[0] else group[1], UNDECIDED
        elif at != counts:
            yield at, counts, REPLACED


def without_lost(block: Block, lost: Mapping[int, str]) -> Block:
    """Return a block without some students, told among its errors."""
    errors = [
        RowError(
            block.file(row),
            block.lines[row],
            block.ids[row],
            why,
            inside=0 if block.files else None,
        )
        for row, why in lost.items()
    ]
    keep = np.setdiff1d(np.arange(len(block.ids)), list(lost))
    return without_rows(block, keep, errors)
