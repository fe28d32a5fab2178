"""What a class is marked by: the problem, the scheme, the rulings, and the submissions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from gradcalc.errors import ProblemError
from gradcalc.grading.block import Block, RowError
from gradcalc.grading.classwide import Marker
from gradcalc.grading.headers import read_columns_file
from gradcalc.grading.individual import drawn
from gradcalc.grading.lines import Lines, lines_of
from gradcalc.grading.roster import Roster, read_roster
from gradcalc.grading.rulings import Ruling, read_rulings
from gradcalc.grading.scheme import Scheme, read_scheme
from gradcalc.grading.submissions import (
    Chosen,
    Policy,
    Reading,
    chosen_rows,
    identity,
    without_rows,
)
from gradcalc.grading.submissions_open import open_sources
from gradcalc.problem.document import parse_document
from gradcalc.problem.loader import load
from gradcalc.problem.model import Problem
from gradcalc.problem.reading import read_source


@dataclass(frozen=True)
class Assignment:
    """The files of one assignment; everything in them is read when it is first needed."""

    problem_file: str
    submissions: tuple[str, ...]
    columns_file: Path | None = None
    pattern: str | None = None
    duplicates: Policy = "newest"
    scheme_file: Path | None = None
    rulings_file: Path | None = None
    roster_file: Path | None = None

    @cached_property
    def problem(self) -> Problem:
        """Return the problem; a class is marked by numbers."""
        problem = load(read_source(self.problem_file))
        if not problem.numeric:
            raise ProblemError(
                "a class is marked by numbers; this problem has letters",
                where=self.problem_file,
                hint="`gradcalc check` reads formulas, one sheet at a time",
            )
        return problem

    @cached_property
    def roster(self) -> Roster | None:
        """Return who is in the class."""
        return None if self.roster_file is None else read_roster(str(self.roster_file))

    def known(self, name: str) -> str | None:
        """Return the id on the roster that an id of a submission means, None for none."""
        return None if self.roster is None else self.roster.find(name)

    @cached_property
    def lines(self) -> Lines:
        """Return the lines that answers are judged by."""
        return lines_of(self.problem)

    @cached_property
    def scheme(self) -> Scheme:
        """Return the marking scheme: a file's, else the problem's, else the default."""
        if self.scheme_file is None:
            return read_scheme(self.problem.extras.get("marking"), self.problem)
        root = parse_document(read_source(self.scheme_file))
        return read_scheme(root.get("marking") or root, self.problem)

    @cached_property
    def marker(self) -> Marker:
        """Return what marks a block."""
        rulings: tuple[Ruling, ...] = ()
        if self.rulings_file is not None:
            rulings = read_rulings(read_source(self.rulings_file), self.lines)
        return Marker(self.lines, self.scheme, rulings=rulings)

    @cached_property
    def reading(self) -> Reading:
        """Return how the submissions are read."""
        mapping = None
        if self.columns_file is not None:
            mapping = read_columns_file(read_source(self.columns_file), self.problem)
        return Reading(columns=mapping, pattern=self.pattern)

    @cached_property
    def chosen(self) -> Chosen:
        """Return which submission of each student counts."""
        return chosen_rows(self.submissions, self.problem, self.reading, self.duplicates)

    @cached_property
    def best(self) -> dict[str, tuple[str, int]]:
        """Return for students who handed in more than once where their best one stands."""
        found: dict[str, tuple[float, str, int]] = {}
        if self.duplicates != "best":
            return {}
        for _, block in self.read():
            rows = np.flatnonzero(self.chosen.contested(block))
            if not rows.size:
                continue
            rivals = without_rows(block, rows, ())
            scores = self.marker.mark(rivals).score.tolist()
            for student, line, score in zip(rivals.ids, rivals.lines, scores, strict=True):
                known = found.get(identity(student))
                if known is None or score > known[0]:
                    found[identity(student)] = (score, block.source, line)
        return {student: (source, line) for student, (_, source, line) in found.items()}

    def read(self, share: int = 0, shares: int = 1) -> Iterator[tuple[int, Block]]:
        """Yield the blocks of one share of the submissions, with their numbers."""
        number = 0
        for source in open_sources(self.submissions, self.problem, self.reading):
            for part in source.parts():
                if number % shares == share:
                    yield number, drawn(source.block(part), self.problem, self.known)
                number += 1

    def blocks(self, share: int = 0, shares: int = 1) -> Iterator[tuple[int, Block]]:
        """Yield the same without the submissions that do not count."""
        for number, block in self.read(share, shares):
            yield number, self.counting(block)

    def counting(self, block: Block) -> Block:
        """Return a block without the submissions that do not count."""
        block = self.chosen.apply(block)
        contested = np.flatnonzero(self.chosen.contested(block)) if self.best else ()
        dropped = [
            row
            for row in contested
            if self.best[identity(block.ids[row])] != (block.source, block.lines[row])
        ]
        if not dropped:
            return block
        errors = [
            RowError(
                block.source,
                block.lines[row],
                block.ids[row],
                "another submission of the same student has more points",
                duplicate=True,
            )
            for row in dropped
        ]
        kept = np.setdiff1d(np.arange(len(block.ids)), dropped)
        return without_rows(block, kept, errors)
