"""Students' own numbers in a class: drawn for each id where the table does not give them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from gradcalc.errors import ProblemError
from gradcalc.grading.classes.gradebook import csv_field
from gradcalc.grading.submissions.block import Block, Column
from gradcalc.grading.submissions.column_layout import id_error, tidy_id
from gradcalc.grading.submissions.duplicates import identity
from gradcalc.problem.authoring.draw_student import numbers, of_student, texts
from gradcalc.problem.model import Individual, Problem

ID = "student_id"
CHUNK = 4096


def drawn(block: Block, problem: Problem, known: Callable[[str], str | None]) -> Block:
    """Return a block with drawn numbers beside those that the table gives, which go first.

    known: gives the id on the roster that an id means, None for none.
    """
    individual = problem.individual
    if individual is None:
        return block
    columns = columns_of(individual)
    theirs = set(block.own)
    kept = [at for at, column in enumerate(columns) if column not in theirs]
    if not kept:
        return block
    keys = [identity(known(name) or name) for name in block.ids]
    found = numbers(individual, keys)[:, kept]
    if block.parameters is not None:
        found = np.concatenate([block.parameters, found], axis=1)
    return replace(block, own=(*block.own, *(columns[at] for at in kept)), parameters=found)


def columns_of(individual: Individual) -> tuple[Column, ...]:
    """Return the entries that are drawn as columns of a block."""
    return tuple(Column(ref.name, ref.index or ()) for ref in individual.entries)


def individual_of(problem: Problem) -> Individual:
    """Return what is drawn for every student; raises ProblemError where nothing is."""
    if problem.individual is None:
        raise ProblemError(
            "this problem has the same numbers for every student",
            where=problem.source.name,
            hint="a key individual says which numbers are drawn for each of them",
        )
    return problem.individual


def problem_of(problem: Problem, student: str) -> Problem:
    """Return the problem of one student; raises ProblemError where all have the same."""
    individual_of(problem)
    student = tidy_id(student)
    reason = id_error(student)
    if reason is not None:
        raise ProblemError(f"this names nobody: {reason}", where=problem.source.name)
    return of_student(problem, student, identity(student))


def number_table(problem: Problem, ids: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a CSV table of every student's numbers, which `grade` reads back.

    Raises ProblemError for a problem in which nothing is drawn.
    """
    individual = individual_of(problem)
    yield ",".join([ID, *(csv_field(str(entry)) for entry in individual.entries)]) + "\n"
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        for student, row in zip(some, texts(individual, [identity(i) for i in some]), strict=True):
            yield ",".join([csv_field(student), *row]) + "\n"


def distinct(ids: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return ids as they count, in order; each comes with where it stands.

    Raises ProblemError for one that is none, and for one that stands twice.
    """
    seen: dict[str, str] = {}
    found = []
    for text, place in ids:
        student = tidy_id(text)
        reason = id_error(student)
        key = identity(student)
        if reason is None and key in seen:
            reason = f"{student} stands twice"
        if reason is not None:
            raise ProblemError(reason, where=place)
        seen[key] = student
        found.append(student)
    return tuple(found)
