"""What the report on a class says: scores, mistakes, lines, and what waits for a ruling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum

import numpy as np

from gradcalc.errors import TIED
from gradcalc.grading.classes.result import ClassResult
from gradcalc.grading.classes.tally import (
    BIG,
    BLANK,
    TOPICS,
    UNEXPLAINED,
    UNREADABLE,
    Cluster,
    LineTally,
    Tally,
)
from gradcalc.grading.mistakes.library import RULES
from gradcalc.problem.traps import traps
from gradcalc.report.blocks import (
    Bar,
    Bars,
    Document,
    DocumentBlock,
    Facts,
    Figures,
    Item,
    Items,
    Paragraph,
    ReportTable,
    Section,
    TableColumn,
)
from gradcalc.report.mathematics.names import figure
from gradcalc.report.results.check_table import as_written
from gradcalc.report.results.wording import MISTAKE_WORDS, NUMBERS, TOPIC_WORDS, Wording

BINS = 11

PLACES = 3
"""Places of a topic that are named."""

LISTED = 6
"""Entries of an answer that are shown."""
MISSED = 8
"""Columns and names that are not read and are told."""
LETTERED = 26
"""Answers that wait for a ruling and are shown."""
LINE_COLUMNS = (
    TableColumn("line", "left", name=True),
    TableColumn("pts", long="points", least=5, spare=1),
    TableColumn("right", least=6),
    TableColumn("follows", least=7, long="follows from own earlier values", spare=1),
    TableColumn("conv", least=5, long="right under another convention", spare=1),
    TableColumn("wrong", least=5),
    TableColumn("blank", least=5),
    TableColumn("first wrong here", least=4, gap=2),
    TableColumn("r", least=5, gap=3, long="correlation with the rest of the score", spare=1),
)
FIRST = 7
"""The column of those who first go wrong at a line."""
MISTAKE_COLUMNS = (
    TableColumn("mistake", "left", cut=True),
    TableColumn("id", "left", gap=2, spare=2),
    TableColumn("students", least=6, gap=2),
    TableColumn("of all", least=5, joined=True, spare=1),
    TableColumn("points", least=8, gap=1, long="points lost"),
    TableColumn("of lost", least=5, joined=True, spare=1),
)


def mistake_name(rule: str) -> str:
    """Return a mistake, or what a teacher has ruled on, in a few words."""
    others = {BLANK: "left blank", UNREADABLE: "unreadable", UNEXPLAINED: "no rule explains it"}
    return others.get(rule) or MISTAKE_WORDS.get(rule, rule)


def points_text(value: float, decimals: int = 2) -> str:
    """Return points as people write them: no more decimals than say something."""
    return figure(round(value, decimals))


def so_many_points(value: float) -> str:
    text = points_text(value, 1)
    return f"{text} point{'s' * (text != '1')}"


def percent(share: float) -> str:
    return f"{100 * share:.0f}{TIED}%"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def histogram(tally: Tally) -> list[tuple[tuple[str, str], int]]:
    """Return the bins of the scores with their counts; the full score stands alone."""
    most = tally.most
    values = np.array(list(tally.scores))
    counts = np.array(list(tally.scores.values()))
    if most <= 0:
        return [(("0", ""), int(counts.sum()))]
    unit = next((u for u in (1.0, 0.5) if np.allclose(values / u, np.round(values / u))), 0.0)
    step = max(_step(most), unit)
    found: list[tuple[tuple[str, str], int]] = []
    for low in np.arange(0.0, most - 1e-9, step):
        high = min(low + step, most)
        inside = (values >= low - 1e-9) & (values < high - 1e-9)
        last = points_text(high - unit) if unit else f"<{points_text(high)}"
        alone = unit and high - unit <= low + 1e-9
        found.append(((points_text(low), "" if alone else last), int(counts[inside].sum())))
    found.append(((points_text(most), ""), int(counts[values >= most - 1e-9].sum())))
    return found


def _step(most: float) -> float:
    raw = most / (BINS - 1)
    power = 10.0 ** np.floor(np.log10(raw))
    return float(next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw - 1e-12))


def take_up_again(tally: Tally, words: Wording) -> str:
    """Return what most points are lost by, as something to be taught once more."""
    notation = words.notation
    best = max(TOPICS, key=lambda topic: _points(tally, topic))
    places = {names: n for (topic, names), n in tally.topics.items() if topic == best}
    students = sum(places.values())
    if students < BIG or not _points(tally, best):
        return ""
    one_in = round(tally.students / students)
    share = f"one in {NUMBERS[one_in]}" if 2 <= one_in <= 10 else percent(students / tally.students)
    made = sorted(
        ((tally.mistakes[rule].students, rule) for rule in TOPICS[best] if rule in tally.mistakes),
        reverse=True,
    )
    ways = ", ".join(f"{mistake_name(rule)} ({count})" for count, rule in made)
    text = f"To take up again: {TOPIC_WORDS[best]}. {students} students, {share}: {ways}."
    order = sorted(places.items(), key=lambda item: (-item[1], item[0]))
    order = [item for item in order if item[1] > 1][:PLACES]
    if len(places) > 1 and order:
        told = []
        for names, count in order:
            listed = " and ".join(notation.name(name) for name in names)
            told.append(f"{count} at {listed}" + " alone" * (len(names) == 1))
        text += f" {', '.join(told)}."
    return text


def _points(tally: Tally, topic: str) -> float:
    """Return the points that the class lost by what is about one topic."""
    found = tally.mistakes
    return fsum(found[rule].points for rule in TOPICS[topic] if rule in found)


def class_document(result: ClassResult, words: Wording) -> Document:
    """Return the report on a class."""
    title = words.lines.problem.title
    return Document(title, "class report", tuple(_ClassBlocks(result, words).blocks()))


@dataclass(frozen=True)
class _ClassBlocks:
    result: ClassResult
    words: Wording

    @property
    def tally(self) -> Tally:
        return self.result.tally

    def blocks(self) -> Iterator[DocumentBlock]:
        yield Facts(tuple(self.counts()))
        yield from (Paragraph(text, "warning") for text in self.warnings())
        if self.tally.students:
            yield from self.scores()
            yield from self.mistakes()
            yield from self.lines()
            yield from self.waiting()
            yield from self.did()

    def warnings(self) -> Iterator[str]:
        """Yield what was probably not meant, and what does not exist and is not judged."""
        lines = self.words.lines
        yield from (trap.text for trap in traps(lines.problem))
        if lines.problem.individual is None and self.tally.students:
            names = dict.fromkeys(column.name for column in self.tally.columns)
            for gap in (lines.gaps[name] for name in names if name in lines.gaps):
                yield f"{gap.name} does not exist {gap.told}; nothing is taken off there"

    def counts(self) -> Iterator[tuple[str, str]]:
        """Yield where the submissions went, and how they are marked."""
        result, tally = self.result, self.tally
        parts = [f"{tally.students} marked"]
        if result.duplicates:
            parts.append(f"{result.duplicates} replaced by another one of the same student")
        parts.append(f"{result.unreadable} unreadable")
        yield "Rows", f"{result.read} read = " + " + ".join(parts)
        if result.roster is not None:
            missing = len(result.missing)
            yield (
                "Roster",
                f"{result.roster} students = {result.roster - missing} marked + {missing} without"
                " a readable submission",
            )
            if result.unknown:
                yield "", f"{len(result.unknown)} more are marked who are not on the roster"
        unread = f"; {counted(tally.unread_cells, 'unreadable cell')}, 0 points until you rule"
        failed = f"; {counted(tally.faults, 'cell')} at which gradcalc failed, full points"
        yield (
            "Answers",
            f"{counted(len(tally.columns), 'number')} a student"
            + unread * bool(tally.unread_cells)
            + failed * bool(tally.faults),
        )
        for at, missed in enumerate(result.missed[:MISSED]):
            yield "" if at else "Not read", missed.told
        yield "Scheme", f"{so_many_points(tally.most)}. {tally.scheme.described}"

    def scores(self) -> Iterator[DocumentBlock]:
        """Yield the moments and the histogram of the scores."""
        mean, median, low, high, spread = map(points_text, self.tally.moments())
        yield Section("Score")
        yield Figures(
            (
                ("mean", mean),
                ("median", median),
                ("quartiles", f"{low} and {high}"),
                ("s.d.", spread),
            )
        )
        bins = histogram(self.tally)
        yield Bars(tuple((low, high, count) for (low, high), count in bins), "students")

    def mistakes(self) -> Iterator[DocumentBlock]:
        """Yield what went wrong, by points lost."""
        tally = self.tally
        if not tally.mistakes:
            return
        total, lost = tally.students * tally.most, tally.lost
        order = sorted(
            tally.mistakes.items(), key=lambda item: (-item[1].points, -item[1].students, item[0])
        )
        rows = [
            (
                mistake_name(rule),
                rule if rule in MISTAKE_WORDS or rule in RULES else "",
                str(entry.students),
                percent(entry.students / tally.students),
                points_text(entry.points, 1),
                percent(entry.points / lost) if entry.points and lost else "",
            )
            for rule, entry in order
        ]
        yield Section("What went wrong, by points lost")
        caption = f"{points_text(lost, 1)} of {points_text(total)} points were lost."
        yield ReportTable(MISTAKE_COLUMNS, tuple(rows), caption)
        again = take_up_again(tally, self.words)
        if again:
            yield Paragraph(again)

    def lines(self) -> Iterator[DocumentBlock]:
        """Yield for each line how many were right, and where students first go wrong."""
        tally = self.tally
        lines = list(tally.lines.values())
        yield Section("Where it first goes wrong")
        none = tally.students - sum(line.first for line in lines)
        label = "nothing wrong"
        if any(line.convention for line in lines):
            label += ", or right under another convention"
        yield ReportTable(
            LINE_COLUMNS, tuple(map(self.line, lines)), foot=(label, FIRST, str(none))
        )
        one = tally.stopped == 1
        yield Paragraph(
            "Counted are students; blank includes unreadable."
            + (
                f" {tally.spotless} of the {none} with nothing wrong left nothing out."
                if none > tally.spotless
                else ""
            )
            + (
                f" {counted(tally.stopped, 'student')} {'stops' if one else 'stop'} for good at"
                " some line."
                if tally.stopped
                else ""
            )
            + " r: correlation of the points here with the rest of the score.",
            "note",
        )

    def line(self, line: LineTally) -> tuple[str | Bar, ...]:
        r, notation = line.discrimination, self.words.notation
        counts = (line.right, line.follows, line.convention, line.wrong, line.blank)
        return (
            notation.name(line.name),
            points_text(line.points),
            *map(str, counts),
            Bar(line.first, str(line.first)),
            "" if r is None else notation.number(f"{r:.2f}"),
        )

    def waiting(self) -> Iterator[DocumentBlock]:
        """Yield the answers that no rule explains and that several students gave."""
        tally = self.tally
        every = sorted(tally.clusters.values(), key=lambda c: (-c.students, c.name, c.written))
        big = [cluster for cluster in every if cluster.students >= BIG]
        rest = sum(cluster.students for cluster in every[len(big) :])
        problems = tally.unread_cells or self.result.unreadable or tally.faults
        if not every and not problems:
            return
        yield Section("Waiting for you")
        if big:
            yield Paragraph(
                "Wrong in the same way, and no rule says why. Rule on each once, in"
                " rulings.yaml; the next run marks all its students accordingly."
            )
            letters = [chr(ord("A") + at) for at in range(LETTERED)]
            yield Items(tuple(map(self.cluster, letters, big)))
        if len(big) > LETTERED:
            yield Paragraph(f"{len(big) - LETTERED} more are each shared by {BIG} and more.")
        if rest:
            others = len(every) - len(big)
            yield Paragraph(
                f"{counted(others, 'other value')}, from {counted(rest, 'student')}, "
                + (f"are each shared by fewer than {BIG}." if others > 1 else "stands alone.")
            )
        if tally.unread_cells or self.result.unreadable:
            yield Paragraph(
                f"{counted(tally.unread_cells, 'unreadable cell')} and"
                f" {counted(self.result.unreadable, 'unreadable row')}; -o lists them with their"
                " reasons in problems.csv."
            )
        if tally.faults:
            yield Paragraph(
                f"gradcalc itself failed at {counted(tally.faults, 'cell')}; -o lists them with"
                " what to report in problems.csv. Nothing is taken off there."
            )
        if tally.unsearched:
            yield Paragraph(
                f"{counted(tally.unsearched, 'wrong answer')} were not searched for a mistake;"
                " there were too many different ones."
            )

    def cluster(self, letter: str, cluster: Cluster) -> Item:
        notation = self.words.notation
        texts = [as_written(text, notation) for text in cluster.written[:LISTED]]
        texts += ["…"] * (len(cluster.written) > LISTED)
        value = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
        said = "nothing found"
        if cluster.operand is not None:
            name = self.words.reference(cluster.operand)
            said = f"as if {name} were {as_written(cluster.text, notation)}"
        text = f"{notation.name(cluster.name)} = {value}"
        return Item((letter, f"{cluster.students} students"), text, said)

    def did(self) -> Iterator[DocumentBlock]:
        """Yield what marking with reasons has changed."""
        tally = self.tally
        rows = []
        if tally.carried_students:
            mean = tally.moments()[0] - tally.carried_points / tally.students
            rows.append(
                (
                    "Carried forward",
                    f"{counted(tally.carried_students, 'student')}"
                    f" keep{'s' * (tally.carried_students == 1)}"
                    f" {so_many_points(tally.carried_points)} for lines that follow from their own"
                    f" earlier values. Without: mean {points_text(mean)}.",
                )
            )
        if tally.rounded_values and not tally.scheme.measure:
            rows.append(
                (
                    "Rounding",
                    f"No tolerance was set. One of 1{TIED}% would have refused"
                    f" {counted(tally.rounded_values, 'right value')}, of"
                    f" {counted(tally.rounded_students, 'student')}.",
                )
            )
        if tally.single:
            text = f"{counted(tally.single, 'submission')} printed from single precision (float32):"
            rows.append(("Precision", f"{text} what its rounding moves counts as right."))
        if rows:
            yield Section("What the marking did")
            yield Facts(tuple(rows))
