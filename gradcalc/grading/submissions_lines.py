"""Find the cells of many plain rows at once: where lines and cells end in their bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradcalc.grading.submissions_digits import Bytes, Indices, Mask
from gradcalc.grading.submissions_stream import FEED


@dataclass(frozen=True)
class PlainRows:
    """Rows without quotes, each with as many cells as are due.

    lines: which lines of the stretch they are; starts: where they start in `data`; cuts:
    where each of their cells ends.
    """

    data: bytes
    lines: Indices
    starts: Indices
    cuts: Indices

    def cell(self, row: int, at: int) -> bytes:
        """Return one cell."""
        first = self.cuts[row, at - 1] + 1 if at else self.starts[row]
        return self.data[first : self.cuts[row, at]]

    def column(self, at: int) -> list[bytes]:
        """Return the cells of one column."""
        first = self.cuts[:, at - 1] + 1 if at else self.starts
        pairs = zip(first.tolist(), self.cuts[:, at].tolist(), strict=True)
        return [self.data[begin:end] for begin, end in pairs]

    def gathered(self, columns: Sequence[int]) -> tuple[bytes, Indices]:
        """Return the bytes of some columns, row by row, and where each cell ends in them."""
        cuts = self.cuts
        begins, sizes, ends = [], [], []
        for first, last in _runs(columns):
            begin = cuts[:, first - 1] + 1 if first else self.starts
            begins.append(begin)
            sizes.append(cuts[:, last] + 1 - begin)
            ends.append(cuts[:, first : last + 1] - begin[:, None])
        begin, size = np.stack(begins, axis=1), np.stack(sizes, axis=1)
        offset = (np.cumsum(size) - size.ravel()).reshape(size.shape)
        pairs = zip(begin.ravel().tolist(), (begin + size).ravel().tolist(), strict=True)
        data = self.data
        text = b"".join([data[first:end] for first, end in pairs])
        for run, each in enumerate(ends):
            np.add(each, offset[:, run, None], out=each)
        return text, (ends[0] if len(ends) == 1 else np.concatenate(ends, axis=1)).ravel()


class LineTable:
    """The lines of a stretch of a table, and which of them are plain rows."""

    def __init__(self, data: bytes, separator: bytes, width: int) -> None:
        self.data, self.width = data, width
        self.bytes: Bytes = np.frombuffer(data, dtype=np.uint8)
        feeds: Mask = self.bytes == FEED
        self.cuts = np.flatnonzero((self.bytes == separator[0]) | feeds)  # ends of cells
        at = self.cuts[width - 1 :: width]
        count = int(np.count_nonzero(feeds))
        self.regular = len(self.cuts) == count * width and bool(feeds[at].all())
        self.ends = at if self.regular else np.flatnonzero(feeds)  # of lines
        self.starts = np.zeros_like(self.ends)
        self.starts[1:] = self.ends[:-1] + 1

    def __len__(self) -> int:
        return len(self.ends)

    def line(self, at: int) -> bytes:
        """Return one line."""
        return self.data[self.starts[at] : self.ends[at]]

    def of(self, place: int) -> int:
        """Return the line in which a byte stands."""
        return int(np.searchsorted(self.ends, place))

    def long(self, most: int) -> Mask:
        """Tell which lines have more bytes than may stand in one cell."""
        found: Mask = (self.ends - self.starts) > most
        return found

    def plain(self, others: Mask) -> tuple[PlainRows, list[int]]:
        """Return the rows with as many cells as are due, and the lines that have not.

        others: lines that are neither.
        """
        cuts, width = self.cuts, self.width
        if self.regular and not others.any():
            lines = np.arange(len(self))
            return PlainRows(self.data, lines, self.starts, cuts.reshape(-1, width)), []
        last = np.flatnonzero(self.bytes[cuts] == FEED)
        odd = (np.diff(last, prepend=-1) != width) & ~others
        lines = np.flatnonzero(~(odd | others))
        ends = cuts[last[lines][:, None] + np.arange(1 - width, 1)]
        rows = PlainRows(self.data, lines, self.starts[lines], ends)
        return rows, np.flatnonzero(odd).tolist()


def _runs(at: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of neighbours.

    >>> list(_runs([1, 2, 3, 5]))
    [(1, 3), (5, 5)]
    """
    first = at[0]
    for before, after in zip(at, [*at[1:], -1], strict=True):
        if after != before + 1:
            yield first, before
            first = after
