"""Read a class's submissions, whatever files they come in, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gradcalc.grading.block import NUMBER, Block, RowError
from gradcalc.grading.submissions_duplicates import (
    POLICIES,
    Census,
    Chosen,
    Policy,
    identity,
    without_rows,
)
from gradcalc.grading.submissions_open import Reading, open_sources
from gradcalc.problem.model import Problem

__all__ = [
    "POLICIES",
    "Chosen",
    "Policy",
    "Preview",
    "Reading",
    "chosen_rows",
    "identity",
    "preview",
    "read_submissions",
    "without_rows",
]


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


@dataclass(frozen=True)
class Preview:
    """All sources as they were understood, with their first rows."""

    sources: tuple[SourcePreview, ...]


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
                read = f"{block.value[row, at]:.15g}" if number else block.reason(row, at)
                cells.append((str(column), block.text(row, at), read))
            yield PreviewRow(line, name, tuple(cells))
