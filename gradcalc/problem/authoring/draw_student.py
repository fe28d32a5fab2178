"""Draw every student's own numbers from a seed and the student's id.

A student is a 64-bit number, BLAKE2b of the seed and the id; so is an entry, of its name.
Which choice is the student's comes from SplitMix64's mixing of their sum m:

    choice = ⌊(m >> 32) · n / 2³²⌋,  n the number of choices

so that no choice is likelier than another by more than n / 2³² (2·10⁻⁶ for 10 000), and
an entry's number depends on nothing but seed, id, its own name and its choices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.operations.kernels import Array
from gradcalc.problem.model import Data, Individual, Problem
from gradcalc.problem.text.numbers import Numeral, NumeralArray

Picks: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]

_MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
CACHED = 1 << 14
"""Words that are mixed at a time, so that they stay in the processor's cache."""
_LAST, _HALF = np.uint64(31), np.uint64(32)


def picks(individual: Individual, ids: Sequence[str]) -> Picks:
    """Return which choice every student has of every entry, of shape (students, entries).

    ids: as they are compared, so that two spellings of one id are one student.
    """
    entries = _words([str(entry).encode("utf-8") for entry in individual.entries])
    counts = np.array([len(each.values) for each in individual.choices], dtype=np.uint64)
    seed = blake2b(individual.seed.encode("utf-8"), digest_size=16).digest()
    students = _words([seed + name.encode("utf-8", "surrogatepass") for name in ids])
    found = np.empty((len(students), len(entries)), dtype=np.uint64)
    rows = max(1, CACHED // len(entries))
    for start in range(0, len(students), rows):
        part = found[start : start + rows]
        np.add(students[start : start + rows, None], entries, out=part)
        for shift, factor in _MIX:
            part ^= part >> np.uint64(shift)
            part *= np.uint64(factor)
        part ^= part >> _LAST
        part >>= _HALF
        part *= counts
        part >>= _HALF
    return found.view(np.int64)


def numbers(individual: Individual, ids: Sequence[str]) -> Array:
    """Return every student's own numbers, of shape (students, entries)."""
    sizes = [len(each.values) for each in individual.choices]
    values = np.concatenate([each.values for each in individual.choices])
    places = picks(individual, ids)
    places += np.cumsum([0, *sizes[:-1]])
    found: Array = values.take(places)
    return found


def texts(individual: Individual, ids: Sequence[str]) -> list[tuple[str, ...]]:
    """Return every student's own numbers as they are written."""
    choices = [each.texts for each in individual.choices]
    return [
        tuple(text[at] for text, at in zip(choices, row, strict=True))
        for row in picks(individual, ids).tolist()
    ]


def with_arrays(problem: Problem, own: Mapping[str, Array]) -> Problem:
    """Return a problem with other numbers: name → array; what is the same stays as written."""
    data = dict(problem.data)
    for name, value in own.items():
        before = data[name].array.ravel()
        flat = np.broadcast_to(value, data[name].array.shape).ravel()
        data[name] = _with(data[name], {int(at): flat[at] for at in np.flatnonzero(flat != before)})
    return replace(problem, data=data, own=tuple(own))


def of_student(problem: Problem, student: str, key: str) -> Problem:
    """Return the problem of one student; key: the id as it is compared."""
    individual = problem.individual
    if individual is None:
        return problem
    own = {name: np.array(problem.data[name].array) for name in individual.names}
    (row,) = numbers(individual, [key])
    for entry, value in zip(individual.entries, row, strict=True):
        own[entry.name][entry.index or ()] = value
    return replace(with_arrays(problem, own), student=student)


def _with(data: Data, entries: Mapping[int, float]) -> Data:
    if data.cells is None:
        value = np.array(data.array)
        value.flat[list(entries)] = list(entries.values())
        return replace(data, loaded=value)
    cells = list(data.cells.cells)
    for at, number in entries.items():
        text = np.format_float_positional(number, trim="-")
        cells[at] = Numeral(float(number), text, cells[at].span)
    return replace(data, cells=NumeralArray(data.cells.shape, tuple(cells), data.cells.span))


def _words(texts: Sequence[bytes]) -> Words:
    """Return 64 bits of BLAKE2b of each text, the same on every machine."""
    digests = b"".join([blake2b(text, digest_size=8).digest() for text in texts])
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)
