"""Read a class's submissions, whatever files they come in, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gradcalc.grading.block import NUMBER, Block, RowError
from gradcalc.grading.submissions_duplicates import (
    Census,
    Chosen,
    Policy,
)
from gradcalc.grading.submissions_open import Reading, open_sources
from gradcalc.problem.model import Problem

MAX_NAME = 40


def read_submissions(
    paths: Sequence[str], problem: Problem, reading: Reading | None = None
) -> Iterator[Block]:
    """Yield the submissions of files, folders and archives; `-` is standard input.

    Raises ProblemError for a source that cannot be read at all.
    """
    for source in open_sources(paths, problem, reading or Reading()):
        for part in source.parts():
            yield source.block(part)


def chosen_rows(
    paths: Sequence[str],
    problem: Problem,
    reading: Reading | None = None,
    policy: Policy = "newest",
) -> Chosen:
    """Return which submission of each student counts, after a pass over all ids.

    newest goes by the time of handing in; without times none of several counts. best
    keeps all: the one with most points counts, which only marking can tell.
    """
    census = Census()
    for source in open_sources(paths, problem, reading or Reading()):
        census.add(source.name, (source.index(part) for part in source.parts()))
    return census.chosen(policy)


@dataclass(frozen=True)
class PreviewRow:
    """One submission as it was read: each entry's name, text, and number or reason."""

    line: int
    id: str
    cells: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class SourcePreview:
    """One source as it was understood.

    meanings: each column's header and what it was taken for.
    """

    name: str
    kind: str
    encoding: str
    separator: str
    meanings: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    rows: tuple[PreviewRow, ...]
    errors: tuple[RowError, ...]

    def lines(self) -> Iterator[str]:
        """Yield the preview of one source as lines of text."""
        written = [self.encoding, f"{self.separator}s" if self.separator else ""]
        yield ", ".join([f"{self.name}: {self.kind}", *filter(None, written)])
        wide = min(MAX_NAME, max((len(name) for name, _ in self.meanings), default=0))
        for name, meaning in self.meanings:
            shown = _one_line(name, MAX_NAME)
            yield f"    {shown.ljust(wide)}  {meaning}"
        for note in self.notes:
            yield f"    {note}"
        for row in self.rows:
            yield f"  line {row.line}  {row.id}"
            for name, text, read in row.cells:
                shown = _one_line(text, MAX_NAME) or "(blank)"
                yield f"    {name} = {shown}" + ("" if read in ("", text) else f"  read as {read}")
        for error in self.errors:
            yield f"  line {error.line}  {error.id or '(no id)'}: {error.reason}"
        yield ""


def _one_line(text: str, room: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= room else flat[: room - 1] + "…"


@dataclass(frozen=True)
class Preview:
    """All sources as they were understood, with their first rows."""

    sources: tuple[SourcePreview, ...]

    def lines(self) -> Iterator[str]:
        """Yield the preview as lines of text."""
        for source in self.sources:
            yield from source.lines()


def preview(
    paths: Sequence[str], problem: Problem, reading: Reading | None = None, rows: int = 5
) -> Preview:
    """Return what each source was taken for, and its first rows as read."""
    found = []
    few = replace(reading or Reading(), chunk=max(1, rows))
    for source in open_sources(paths, problem, few):
        blocks: list[Block] = []
        for part in source.parts() if rows else ():
            blocks.append(source.block(part))
            if sum(len(block.ids) + len(block.errors) for block in blocks) >= rows:
                break
        found.append(
            SourcePreview(
                source.name,
                source.kind,
                source.encoding,
                source.separator,
                source.meanings,
                source.ignored,
                source.notes,
                tuple(_rows(blocks))[:rows],
                tuple(error for block in blocks for error in block.errors)[:rows],
            )
        )
    return Preview(tuple(found))


def _rows(blocks: Sequence[Block]) -> Iterator[PreviewRow]:
    for block in blocks:
        for row, (name, line) in enumerate(zip(block.ids, block.lines, strict=True)):
            cells = []
            for at, column in enumerate(block.columns):
                number = block.state[row, at] == NUMBER
                reason = block.reason(row, at)
                read = f"{block.value[row, at]:.15g}" if number else reason and f"nothing: {reason}"
                cells.append((str(column), block.text(row, at), read))
            yield PreviewRow(line, name, tuple(cells))
