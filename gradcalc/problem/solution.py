"""What solving a problem gives: values, what has none, and the steps of a descent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gradcalc.algebra.operations.kernels import Array
from gradcalc.engine.graph import Graph
from gradcalc.problem.model import Descent, Problem

if TYPE_CHECKING:
    from gradcalc.engine.differences import Check

Values = Mapping[str, Array]


@dataclass(frozen=True)
class Update:
    """One step: the values before it, the gradients there, the values after it.

    loss: before the step, None for an upstream gradient that is handed in. assigned:
    parameter → the value of each equation of the step, in their order. state: parameter →
    what the equations kept from the step before. entered: parameter → the state before.
    """

    number: int
    rate: float
    loss: Array | None
    before: Values
    gradients: Values
    entered: Mapping[str, Values]
    assigned: Mapping[str, tuple[Array, ...]]
    state: Mapping[str, Values]
    after: Values


@dataclass(frozen=True)
class Training:
    """The steps of a descent.

    loss, gradients: after the last step; none where they have no value. stopped: in words,
    why and after which step. begun: the gradients of the first step exist.
    """

    descent: Descent
    updates: tuple[Update, ...]
    loss: Array | None
    gradients: Values
    stopped: str | None = None
    begun: bool = True

    @property
    def values(self) -> Values:
        """Return the parameters after the last step."""
        return self.updates[-1].after if self.updates else {}


@dataclass(frozen=True)
class Comparison:
    """A given value beside what the equations make of it.

    computed: from the given values before it; recomputed: from the inputs alone.
    """

    name: str
    given: Array
    computed: Array
    recomputed: Array

    @property
    def differs(self) -> bool:
        """Tell whether the given value contradicts what the equations make of it."""
        return not np.allclose(self.given, self.computed, rtol=1e-9, atol=1e-12)


SHOWN_ENTRIES = 3
"""Entries without a value that are named; more are counted."""


@dataclass(frozen=True)
class Gap:
    """Why a line, or some of its entries, has no value; the entries are NaN.

    on: the line that it rests on and that has none, None where it begins here; then why
    says at which operation, and label what is wrong with it there. whole: no entry has a
    value; entries: those that have none, from 0, empty for a number.
    """

    name: str
    whole: bool
    entries: tuple[tuple[int, ...], ...] = ()
    on: str | None = None
    why: str = ""
    label: str = ""

    def misses(self, index: tuple[int, ...] | None) -> bool:
        """Tell whether an entry, or without an index the whole line, has no value."""
        return self.whole or (index is not None and index in self.entries)

    @property
    def where(self) -> str:
        """Return at which entries there is no value: `at [1], [2] and 3 more`; or `here`."""
        if self.whole or not self.entries:
            return "here"
        shown = self.entries[:SHOWN_ENTRIES]
        places = ", ".join(f"[{','.join(str(i + 1) for i in at)}]" for at in shown)
        more = len(self.entries) - len(shown)
        return f"at {places}{f' and {more} more' if more > 0 else ''}"

    @property
    def told(self) -> str:
        """Return where and why there is no value, in the words of files."""
        rests = f"it rests on {self.on}, which does not exist"
        return f"{self.where}: {self.why if self.on is None else rests}"


@dataclass(frozen=True)
class Solution:
    """All values of a solved problem: name → read-only float64 array.

    values: in force (given values, rounding); empty for a problem in letters.
    exact: the unrounded values, where the problem rounds.
    recomputed: what everything would be from the inputs alone, where values are given.
    gaps: why lines, or entries of them, have no value in force. train: unrolls a descent.
    """

    problem: Problem
    values: Mapping[str, Array]
    exact: Mapping[str, Array] | None = None
    recomputed: Mapping[str, Array] | None = None
    comparisons: tuple[Comparison, ...] = ()
    check: Check | None = None
    trusted: bool = True
    gaps: Mapping[str, Gap] = field(default_factory=dict)
    train: Callable[[Solution], Training] | None = field(default=None, compare=False, repr=False)

    @cached_property
    def training(self) -> Training | None:
        """Return the steps of the problem's `descent:`, None without it or without numbers."""
        if self.train is None or not self.values or self.problem.descent is None:
            return None
        return self.train(self)

    @property
    def fixed(self) -> tuple[str, ...]:
        """Return the names whose given value is in force."""
        problem = self.problem
        upstream = problem.upstream_names
        return tuple(name for name in problem.given if self.trusted or name in upstream)

    @property
    def forward(self) -> Graph:
        """Return the computational graph of the forward pass."""
        return self.problem.forward

    @property
    def backward(self) -> Graph:
        """Return the graph of the backward pass."""
        return self.problem.backward.graph
