"""Count what a class did: scores, lines, mistakes, answers that wait for a ruling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import fsum

import numpy as np

from gradcalc.algebra.operations.kernels import Array, Indices, Mask
from gradcalc.grading.classes.marked_block import (
    CONVENTION,
    CORRECT,
    FOLLOWS,
    INCORRECT,
    MISSING,
    UNREAD,
    Codes,
    Marked,
)
from gradcalc.grading.classes.scheme import Scheme
from gradcalc.grading.submissions.block import Column
from gradcalc.problem.names import Reference

TOPICS = {
    "activation": ("act-skipped", "act-forward-missing"),
    "derivative": (
        "act-derivative-missing",
        "act-derivative-extra",
        "act-wrong-argument",
        "act-local-wrong",
        "relu-mask-upstream",
        "softmax-diagonal",
    ),
    "loss": (
        "loss-sign",
        "loss-factor-2",
        "loss-target-dropped",
        "loss-reduction",
        "reduction-twice",
    ),
    "back": (
        "weight-not-transposed",
        "weight-missing",
        "weight-wrong-layer",
        "weight-gradient-propagated",
        "raw-error-propagated",
        "elementwise-for-product",
    ),
    "weights": ("outer-transposed", "input-replaced-by-weight", "input-not-activated"),
    "bias": ("bias-forgotten", "bias-times-input", "bias-not-summed"),
    "chain": ("paths-not-summed", "inner-derivative-missing", "power-rule"),
}
"""Rules by what they are about."""
TOPIC_OF = {rule: topic for topic, rules in TOPICS.items() for rule in rules}

BLANK, UNREADABLE, UNEXPLAINED = "blank", "unreadable", "unexplained"
BIG = 5
"""Students who share an unexplained answer, from which on it is worth a ruling."""
OFF = 0.01
MOST_CLUSTERS = 50_000
"""Different unexplained answers that are kept; students beyond them are counted."""
WAITING = (("arithmetic-slip",), ("transcription",))
"""Explanations that are a guess, so that a teacher may want to rule on them."""
COUNTS = (
    "students",
    "spotless",
    "stopped",
    "unread_cells",
    "faults",
    "carried_students",
    "carried_points",
    "rounded_values",
    "rounded_students",
    "single",
    "unsearched",
    "dropped",
)


def places(
    made: Mapping[str, Mapping[str, Mask]], counts: Indices
) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Yield topic, the quantities where a student has it wrong, and how many do so there.

    made: by topic and quantity, for which kinds of students something is wrong; counts:
    how many students are of each kind.
    """
    for topic, masks in made.items():
        names = tuple(masks)
        table = np.stack([masks[name] for name in names], axis=1)
        some = table.any(axis=1)
        patterns, at = np.unique(table[some], axis=0, return_inverse=True)
        totals = np.bincount(at.ravel(), weights=counts[some], minlength=len(patterns))
        for pattern, count in zip(patterns, totals.tolist(), strict=True):
            here = tuple(name for name, wrong in zip(names, pattern, strict=True) if wrong)
            yield topic, here, int(count)


def topics(rules: Iterable[str]) -> set[str]:
    """Return what some mistakes are about."""
    return {TOPIC_OF[rule] for rule in rules if rule in TOPIC_OF}


@dataclass
class LineTally:
    """One quantity: how many were right, and how points here go with the rest of the score."""

    name: str
    points: float
    right: int = 0
    follows: int = 0
    convention: int = 0
    wrong: int = 0
    blank: int = 0
    first: int = 0
    sums: Array = field(default_factory=lambda: np.zeros(5))

    @property
    def discrimination(self) -> float | None:
        """Return the correlation of the points here with the rest of the score."""
        n = self.right + self.follows + self.convention + self.wrong + self.blank
        here, rest, here2, rest2, both = self.sums
        top = n * both - here * rest
        bottom = (n * here2 - here**2) * (n * rest2 - rest**2)
        return float(top / np.sqrt(bottom)) if bottom > 1e-9 else None


@dataclass
class MistakeTally:
    """One mistake: the students who made it, and the points that it cost."""

    students: int = 0
    points: float = 0.0


@dataclass
class Cluster:
    """An answer that no rule explains, and how many gave it.

    written: the answer as it is written; operand: the one operand whose misreading, as
    `text`, would explain it.
    """

    name: str
    written: tuple[str, ...]
    operand: Reference | None = None
    text: str = ""
    right: str = ""
    students: int = 0
    ids: list[str] = field(default_factory=list)


@dataclass
class Tally:
    """Counts over a class, added up block by block.

    topics: students by what they have wrong and at which quantities; faults: cells at which
    gradcalc itself failed; single: submissions judged as printed from single precision.
    """

    columns: tuple[Column, ...]
    scheme: Scheme
    students: int = 0
    lines: dict[str, LineTally] = field(default_factory=dict)
    mistakes: dict[str, MistakeTally] = field(default_factory=dict)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    scores: dict[float, int] = field(default_factory=dict)
    topics: dict[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)
    spotless: int = 0
    stopped: int = 0
    unread_cells: int = 0
    faults: int = 0
    carried_students: int = 0
    carried_points: float = 0.0
    rounded_values: int = 0
    rounded_students: int = 0
    single: int = 0
    unsearched: int = 0
    dropped: int = 0

    @property
    def most(self) -> float:
        """Return the largest score that can be reached."""
        return self.scheme.most(self.columns)

    @property
    def lost(self) -> float:
        """Return the points that the class lost in all."""
        return self.students * self.most - fsum(s * n for s, n in self.scores.items())

    @np.errstate(over="ignore", invalid="ignore")  # numbers near the end of the range
    def add(self, marked: Marked) -> None:
        """Count the submissions of one block."""
        block, status = marked.block, marked.status
        if not block.ids:
            return
        self.students += len(block.ids)
        self.unsearched += marked.unsearched
        kinds = marked.kinds
        status, points, n = status[kinds.firsts], marked.points[kinds.firsts], kinds.counts
        for score, count in zip(marked.score[kinds.firsts].tolist(), n.tolist(), strict=True):
            near = round(score, 9)
            self.scores[near] = self.scores.get(near, 0) + count
        most = self.scheme.points(block.columns)
        worst = {name: _worst(status[:, columns]) for name, columns in block.quantities.items()}
        self.add_lines(marked, worst, most)
        self.add_mistakes(marked, most)
        self.spotless += int(n[np.isin(status, (CORRECT, CONVENTION)).all(axis=1)].sum())
        self.unread_cells += int((status == UNREAD).sum(axis=1) @ n) - len(marked.faults)
        self.faults += len(marked.faults)
        self.carried_students += int(n[(status == FOLLOWS).any(axis=1)].sum())
        self.carried_points += float(((status == FOLLOWS) * points).sum(axis=1) @ n)
        with np.errstate(all="ignore"):
            off = np.abs(block.value - marked.exact) > OFF * np.abs(marked.exact)
        off &= marked.status == CORRECT
        self.rounded_values += int(np.count_nonzero(off))
        self.rounded_students += int(np.count_nonzero(off.any(axis=1)))
        self.single += 0 if marked.single is None else int(np.count_nonzero(marked.single))
        empty = np.stack([np.isin(codes, (MISSING, UNREAD)) for codes in worst.values()], axis=1)
        self.stopped += int(n[empty[:, -1] & ~empty.all(axis=1)].sum()) if empty.size else 0

    def add_lines(self, marked: Marked, worst: Mapping[str, Codes], most: Array) -> None:
        """Count each quantity, and where a student first goes wrong."""
        block, kinds = marked.block, marked.kinds
        n = kinds.counts
        first = np.zeros(len(n), dtype=bool)
        for name, columns in block.quantities.items():
            line = self.lines.get(name)
            if line is None:
                line = self.lines[name] = LineTally(name, float(most[columns].sum()))
            codes = worst[name]
            line.right += int(n[codes == CORRECT].sum())
            line.follows += int(n[codes == FOLLOWS].sum())
            line.convention += int(n[codes == CONVENTION].sum())
            wrong = codes == INCORRECT
            line.wrong += int(n[wrong].sum())
            line.blank += int(n[np.isin(codes, (MISSING, UNREAD))].sum())
            line.first += int(n[wrong & ~first].sum())
            first |= wrong
            here = marked.points[np.ix_(kinds.firsts, np.array(columns))].sum(axis=1)
            rest = marked.score[kinds.firsts] - here
            sums = [here, rest, here * here, rest * rest, here * rest]
            line.sums += [each @ n for each in sums]

    def add_mistakes(self, marked: Marked, most: Array) -> None:
        """Count mistakes by id, with the students who made them and the points lost."""
        block, firsts, n = marked.block, marked.kinds.firsts, marked.kinds.counts
        status, points = marked.status[firsts], marked.points[firsts]
        lost = np.where(status == MISSING, most - points, 0.0).sum(axis=1)
        self.count(BLANK, n[(status == MISSING).any(axis=1)], float(lost @ n))
        lost = np.where(status == UNREAD, most - points, 0.0).sum(axis=1)
        self.count(UNREADABLE, n[(status == UNREAD).any(axis=1)], float(lost @ n))
        made: dict[str, Mask] = {}
        about: dict[str, dict[str, Mask]] = {}
        for name in marked.finding:
            columns, numbers = block.quantities[name], marked.finding[name][firsts]
            codes = status[:, columns]
            wrong = (codes == INCORRECT).any(axis=1)
            costs = codes == INCORRECT
            if name in self.scheme.undivided:
                costs = np.broadcast_to(wrong[:, None], codes.shape)
            lost = np.where(costs, most[columns] - points[:, columns], 0.0).sum(axis=1) * n
            for at, ruling in enumerate(marked.rulings if name in marked.ruled else ()):
                rows = wrong & (marked.ruled[name][firsts] == at)
                if rows.any():
                    self.count(ruling, n[rows], float(lost[rows].sum()))
                    wrong = wrong & ~rows
            for number in np.unique(numbers[wrong]) if wrong.any() else ():
                rows = wrong & (numbers == number)
                ids = marked.findings[number].ids if number >= 0 else ()
                if number >= 0 and (not ids or ids in WAITING):
                    self.wait(marked, int(number), rows[marked.kinds.which])
                for topic in topics(ids):
                    here = about.setdefault(topic, {})
                    here[name] = here[name] | rows if name in here else rows
                ids = ids or (UNEXPLAINED,)
                for rule in dict.fromkeys(ids):
                    made.setdefault(rule, np.zeros(len(n), dtype=bool))
                    made[rule] |= rows
                    entry = self.mistakes.setdefault(rule, MistakeTally())
                    entry.points += float(lost[rows].sum()) / len(set(ids))
        for rule, students in made.items():
            self.mistakes[rule].students += int(n[students].sum())
        for topic, names, count in places(about, n):
            self.topics[topic, names] = self.topics.get((topic, names), 0) + count

    def count(self, rule: str, students: Array, points: float) -> None:
        """Count students, by kinds, who did something that is no mistake of the library."""
        if students.size:
            entry = self.mistakes.setdefault(rule, MistakeTally())
            entry.students += int(students.sum())
            entry.points += points

    def wait(self, marked: Marked, number: int, rows: Array) -> None:
        """Remember who gave an answer that no rule explains."""
        key, finding = marked.keys[number], marked.findings[number]
        cluster = self.clusters.get(key)
        if cluster is None:
            if len(self.clusters) >= MOST_CLUSTERS:
                self.dropped += int(rows.sum())
                return
            read = finding.as_if
            cluster = self.clusters[key] = Cluster(
                finding.name,
                finding.written,
                read.operand if read else None,
                read.text if read else "",
                read.right if read else "",
            )
        found = np.flatnonzero(rows)
        cluster.students += len(found)
        cluster.ids += [marked.block.ids[row] for row in found[: max(0, BIG - len(cluster.ids))]]

    def merge(self, other: Tally) -> None:
        """Add the counts of a later part of the class."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for score, count in other.scores.items():
            self.scores[score] = self.scores.get(score, 0) + count
        for place, count in other.topics.items():
            self.topics[place] = self.topics.get(place, 0) + count
        for name, line in other.lines.items():
            own = self.lines.setdefault(name, LineTally(name, line.points))
            for key in ("right", "follows", "convention", "wrong", "blank", "first", "sums"):
                setattr(own, key, getattr(own, key) + getattr(line, key))
        for rule, entry in other.mistakes.items():
            mine = self.mistakes.setdefault(rule, MistakeTally())
            mine.students += entry.students
            mine.points += entry.points
        for key, cluster in other.clusters.items():
            if key not in self.clusters:
                if len(self.clusters) >= MOST_CLUSTERS:
                    self.dropped += cluster.students
                    continue
                self.clusters[key] = replace(cluster, students=0, ids=[])
            kept = self.clusters[key]
            kept.students += cluster.students
            kept.ids += cluster.ids[: max(0, BIG - len(kept.ids))]

    def moments(self) -> tuple[float, float, float, float, float]:
        """Return mean, median, both quartiles and standard deviation of the scores."""
        values = np.array(sorted(self.scores))
        counts = np.array([self.scores[value] for value in values.tolist()])
        total = counts.sum()
        mean = float((values * counts).sum() / total)
        spread = float(np.sqrt(((values - mean) ** 2 * counts).sum() / max(1, total - 1)))
        ends = counts.cumsum()

        def at(share: float) -> float:
            return float(values[np.searchsorted(ends, share * total, side="left")])

        return mean, at(0.5), at(0.25), at(0.75), spread


def _worst(status: Codes) -> Codes:
    """Return for each student the worst status of the entries of one quantity."""
    rank = np.array([3, 0, 2, 1, 5, 4])
    back = np.argsort(rank)
    return np.asarray(back[rank[status].max(axis=1)], dtype=np.uint8)
