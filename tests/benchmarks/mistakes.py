"""Measure the library of mistakes: `python -m tests.benchmarks.mistakes [--quick]`.

Random networks; each slip that shows on them is put into a student's sheet, and what
the check says of it is counted. Then pairs of slips, right answers rounded in every
way, and wrong numbers that come from nothing.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from gradcalc.grading.answers.sheet import Sheet
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.marking.verdict import Review
from gradcalc.grading.mistakes.library import RULES, slips_of
from gradcalc.grading.mistakes.rule import Slip
from tests.benchmarks.networks import network
from tests.benchmarks.students import (
    Style,
    answer_of,
    any_style,
    computed,
    gradients,
    sheet_of,
    shows,
    values_of,
)

Kind = Literal["steps", "asked"]
"""What is handed in: every step, or only the gradients that are asked for."""
Outcome = Literal["first", "equal", "later", "wrong", "unexplained", "missed"]
KINDS: tuple[Kind, ...] = ("steps", "asked")
OUTCOMES: tuple[Outcome, ...] = ("first", "equal", "later", "wrong", "unexplained", "missed")
GOALS = {"single": 0.95, "pairs": 0.85}
OF_ONE_RULE = 4
"""Slips of one rule that are tried on one network: other places, other variants."""
PAIRS = 12
RIGHT = 50
NOTHING = 10
"""Pairs, right sheets and meaningless numbers tried on one network."""


@dataclass
class Counts:
    """What came of the sheets of one or of many networks."""

    single: Counter[tuple[str, Kind, Outcome]] = field(default_factory=Counter)
    pairs: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    nothing: Counter[str] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        self.single.update(other.single)
        self.pairs.update(other.pairs)
        self.right.update(other.right)
        self.nothing.update(other.nothing)

    def named(self, kind: Kind) -> float:
        """Return the share of single slips that are named, first or among equals."""
        of = {what: self.total(kind, what) for what in OUTCOMES}
        return (of["first"] + of["equal"]) / max(1, sum(of.values()))

    def total(self, kind: Kind, outcome: Outcome, rule: str | None = None) -> int:
        return sum(self.single[name, kind, outcome] for name in ([rule] if rule else RULES))

    def both(self, kind: Kind) -> float:
        """Return the share of pairs of slips of which both are named."""
        every = sum(self.pairs[kind, what] for what in ("both", "one", "none"))
        return self.pairs[kind, "both"] / max(1, every)


def trials(lines: Lines, slips: tuple[Slip, ...], random: Random) -> Iterator[tuple[Kind, Sheet]]:
    """Yield the sheets of a student with these slips on which each of them shows."""
    for kind, names in (("steps", computed(lines)), ("asked", gradients(lines))):
        style = Style(4, random.random() < 0.5, random.random() < 0.5)
        fewer = [slips[:at] + slips[at + 1 :] for at in range(len(slips))]
        sheets = []
        for some in dict.fromkeys(((), *fewer, slips)):
            values = values_of(lines, some, style)
            if values is None:
                return
            sheets.append(sheet_of(values, names, style))
        *others, wrong = sheets
        if all(shows(wrong, other) for other in others):
            yield kind, wrong  # type: ignore[misc]


def outcome(review: Review, rule: str) -> Outcome:
    """Say how well a review names the rule that was broken."""
    if review.right:
        return "missed"
    first, *rest = review.findings
    for at, explanation in enumerate(first.explanations):
        if rule in explanation.rules:
            return "equal" if at else "first"
    if any(rule in explanation.rules for finding in rest for explanation in finding.explanations):
        return "later"
    return "wrong" if first.explained else "unexplained"


def single(seed: int) -> Counts:
    """Return what is said of single slips on one network."""
    lines, random, counts = network(seed), Random(seed), Counts()
    of_rule: dict[str, list[Slip]] = {}
    for slip in slips_of(lines):
        of_rule.setdefault(slip.rule, []).append(slip)
    for rule, slips in of_rule.items():
        for slip in random.sample(slips, min(OF_ONE_RULE, len(slips))):
            for kind, sheet in trials(lines, (slip,), random):
                counts.single[rule, kind, outcome(check(lines.problem, sheet), rule)] += 1
    return counts


def pairs(seed: int) -> Counts:
    """Return what is said of random pairs of slips of different rules on one network."""
    lines, random, counts = network(seed), Random(-seed - 1), Counts()
    slips = slips_of(lines)
    for _ in range(PAIRS):
        one, other = random.choice(slips), random.choice(slips)
        lines_of_one = {edit.line for edit in one.edits}
        if one.rule == other.rule or lines_of_one & {edit.line for edit in other.edits}:
            continue
        for kind, sheet in trials(lines, (one, other), random):
            review = check(lines.problem, sheet)
            named = {
                rule
                for finding in review.findings
                for explanation in finding.explanations
                for rule in explanation.rules
            }
            found = len(named & {one.rule, other.rule})
            counts.pairs[kind, ("none", "one", "both")[found]] += 1
    return counts


def right(seed: int) -> Counts:
    """Return how many right sheets, rounded in every way, are found wrong.

    Nothing but zeros, where that is a matter of rounding, says nothing and is left out.
    """
    lines, random, counts = network(seed), Random(seed), Counts()
    for _ in range(RIGHT):
        style = any_style(random)
        values = values_of(lines, (), style)
        names = computed(lines)
        handed = random.choice(("all", "some", "asked"))
        if handed == "asked":
            names = gradients(lines)
        elif handed == "some":
            names = [name for name in names if random.random() < 0.6]
        if values is None or not names or not any(values[name].any() for name in names):
            continue
        review = check(lines.problem, sheet_of(values, names, style))
        counts.right["sheets"] += 1
        counts.right["entries"] += len(review.verdicts)
        counts.right["accused"] += not review.right
    return counts


def nothing(seed: int) -> Counts:
    """Return how many wrong numbers that come from nothing get a rule for a reason."""
    lines, random, counts = network(seed), Random(7 * seed + 1), Counts()
    for _ in range(NOTHING):
        style = Style(random.choice((3, 4)), random.random() < 0.5, random.random() < 0.5)
        values = values_of(lines, (), style)
        if values is None:
            continue
        names = random.choice((computed, gradients))(lines)
        sheet = sheet_of(values, names, style)
        changed = _changed(sheet, random, style)
        if shows(changed, sheet):
            review = check(lines.problem, changed)
            counts.nothing["sheets"] += 1
            counts.nothing["missed"] += review.right
            counts.nothing["a rule"] += any(finding.explanations for finding in review.findings)
    return counts


def _changed(sheet: Sheet, random: Random, style: Style) -> Sheet:
    """Return a sheet with one answer, or one entry of it, replaced by drawn numbers."""
    at = random.randrange(len(sheet.answers))
    answer = sheet.answers[at]
    texts = [cell.text for cell in answer.cells if cell is not None]
    scale = max(abs(cell.value) for cell in answer.cells if cell is not None) or 1.0
    one = random.randrange(len(texts)) if random.random() < 0.5 else None
    for entry in range(len(texts)):
        if one is None or entry == one:
            texts[entry] = style.text(random.uniform(-2, 2) * scale)
    new = answer_of(answer.name, answer.line, texts, answer.shape)
    return replace(sheet, answers=(*sheet.answers[:at], new, *sheet.answers[at + 1 :]))


def measure(tasks: Iterable[tuple[Callable[[int], Counts], int]], processes: int = 1) -> Counts:
    """Return the sum of experiments, each with the seed of a network."""
    counts = Counts()
    if processes == 1:
        for experiment, seed in tasks:
            counts.add(experiment(seed))
        return counts
    with ProcessPoolExecutor(processes) as pool:
        for each in pool.map(_one, tasks, chunksize=2):
            counts.add(each)
    return counts


def _one(task: tuple[Callable[[int], Counts], int]) -> Counts:
    experiment, seed = task
    return experiment(seed)


def table(counts: Counts) -> Iterator[str]:
    """Yield the lines of the table: each rule with its outcomes, then the totals."""
    head = "  ".join(f"{what:>6.6}" for what in ("cases", *OUTCOMES))
    yield f"{'':27}{'every step handed in':56}only the gradients"
    yield f"{'mistake':27}{head}    {head}"
    for rule in (*RULES, None):
        parts = []
        for kind in KINDS:
            numbers = [counts.total(kind, what, rule) for what in OUTCOMES]
            parts.append("  ".join(f"{number:6d}" for number in (sum(numbers), *numbers)))
        yield f"{rule or 'all':27}{'    '.join(parts)}"
    yield ""
    for kind in KINDS:
        yield f"single slips named, {kind}: {counts.named(kind):.2%} (goal 95 %)"
    for kind in KINDS:
        cases = sum(counts.pairs[kind, what] for what in ("both", "one", "none"))
        yield f"pairs, both named, {kind}: {counts.both(kind):.2%} of {cases} (goal 85 %)"
    found = counts.right
    yield f"right sheets found wrong: {found['accused']} of {found['sheets']} (goal 0)"
    found = counts.nothing
    yield f"meaningless numbers given a rule: {found['a rule']} of {found['sheets']}"
    yield f"meaningless numbers taken for right: {found['missed']} of {found['sheets']}"


def main() -> None:
    parser = argparse.ArgumentParser(description="measure the library of mistakes")
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--quick", action="store_true", help="10 networks")
    options = parser.parse_args()
    seeds = range(10 if options.quick else options.networks)
    tasks = [(experiment, seed) for seed in seeds for experiment in (single, pairs, right, nothing)]
    for line in table(measure(tasks, os.cpu_count() or 1)):
        print(line)


if __name__ == "__main__":
    main()
