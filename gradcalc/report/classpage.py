"""The report on a class: scores, mistakes, lines, and what waits for a ruling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcalc.errors import width
from gradcalc.grading.classrun import ClassResult
from gradcalc.grading.library import RULES
from gradcalc.grading.tally import (
    BIG,
    BLANK,
    UNEXPLAINED,
    UNREADABLE,
    LineTally,
    MistakeTally,
    Tally,
)
from gradcalc.report.boxes import aligned
from gradcalc.report.figures import figure
from gradcalc.report.headings import heading
from gradcalc.report.notation import Notation
from gradcalc.report.page import TIED, Page, wrapped
from gradcalc.report.wording import MISTAKE_WORDS, Wording

INDENT = 5
BINS = 11
EIGHTHS = " ▏▎▍▌▋▊▉"
FULL = "█"
LISTED = 6


def class_page(page: Page, result: ClassResult, words: Wording) -> Page:
    """Write the report on a class."""
    return _ClassPage(page, result, words).write()


@dataclass(frozen=True)
class _ClassPage:
    page: Page
    result: ClassResult
    words: Wording

    @property
    def tally(self) -> Tally:
        return self.result.tally

    def write(self) -> Page:
        heading(self.page, self.words.lines.problem.title, "class report")
        self.counts()
        if not self.tally.students:
            return self.page
        self.scores()
        self.mistakes()
        self.lines()
        self.waiting()
        self.did()
        return self.page

    def row(self, head: str, text: str) -> None:
        """Write a line of the head of the report, its words in one column."""
        self.labelled(head, text, 0, 10)

    def labelled(self, head: str, text: str, indent: int, wide: int) -> None:
        """Write words in a column beside a label."""
        for at, line in enumerate(wrapped(text, self.page.columns - indent - wide)):
            self.page.text((head if not at else "").ljust(wide) + line, "plain", indent)

    def counts(self) -> None:
        """Write where the submissions went, and how they are marked."""
        result, tally = self.result, self.tally
        parts = [f"{tally.students} marked"]
        if result.duplicates:
            parts.append(f"{result.duplicates} replaced by another one of the same student")
        parts.append(f"{result.unreadable} unreadable")
        self.row("Rows", f"{result.read} read = " + " + ".join(parts))
        if result.roster is not None:
            missing = len(result.missing)
            self.row(
                "Roster",
                f"{result.roster} students = {result.roster - missing} marked + {missing} without"
                " a readable submission",
            )
            if result.unknown:
                self.row("", f"{len(result.unknown)} more are marked who are not on the roster")
        unread = f"; {_count(tally.unread_cells, 'unreadable cell')}, 0 points until you rule"
        self.row(
            "Answers",
            f"{_count(len(tally.columns), 'number')} a student" + unread * bool(tally.unread_cells),
        )
        self.row("Scheme", f"{_points(tally.most)}. {tally.scheme.described}")

    def scores(self) -> None:
        """Write the moments and the histogram of the scores."""
        page, tally = self.page, self.tally
        page.band("Score")
        mean, median, low, high, spread = tally.moments()
        page.paragraph(
            f"mean {_number(mean)}    median {_number(median)}    quartiles"
            f" {_number(low)} and {_number(high)}    s.d. {_number(spread)}",
            INDENT,
        )
        page.blank()
        bins = histogram(tally)
        labels = aligned_pairs([label for label, _ in bins])
        most = max(count for _, count in bins)
        counts = [str(count) for _, count in bins]
        wide = max(map(len, counts))
        room = page.columns - INDENT - max(map(width, labels)) - wide - 4
        for label, (_, count), text in zip(labels, bins, counts, strict=True):
            line = f"{label}  {bar(count / most * room, page.unicode).ljust(room)}  "
            page.text(line + text.rjust(wide), "plain", INDENT)

    def mistakes(self) -> None:
        """Write what went wrong, by points lost."""
        tally, page = self.tally, self.page
        if not tally.mistakes:
            return
        page.band("What went wrong, by points lost")
        total, lost = tally.students * tally.most, tally.lost
        page.paragraph(f"{_number(lost, 1)} of {_number(total)} points were lost.", INDENT)
        page.blank()
        order = sorted(
            tally.mistakes.items(), key=lambda item: (-item[1].points, -item[1].students, item[0])
        )
        names = [self.name(rule) for rule, _ in order]
        ids = [rule if rule in MISTAKE_WORDS or rule in RULES else "" for rule, _ in order]
        wide, wide_id = max(map(width, names)), max(map(width, ids))
        room = page.columns - INDENT - 30
        if wide + 2 + wide_id > room:
            wide_id = 0
        wide = min(wide, room - (wide_id + 2 if wide_id else 0))
        head = " " * (wide + (wide_id + 2 if wide_id else 0) + 2)
        page.text(f"{head}{'students'.rjust(12)}{'points'.rjust(14)}", "faint", INDENT)
        page.text("─" * (page.columns - INDENT), "rule", INDENT)
        for (_, entry), name, rule in zip(order, names, ids, strict=True):
            label = _cut(name, wide).ljust(wide)
            if wide_id:
                label += "  " + rule.ljust(wide_id)
            page.text(f"{label}  {self.amounts(entry, lost)}", "plain", INDENT)

    def amounts(self, entry: MistakeTally, lost: float) -> str:
        share = entry.students / self.tally.students
        part = entry.points / lost if lost else 0.0
        return (
            f"{entry.students:6d} {_percent(share):>5}{_number(entry.points, 1):>9}"
            f" {_percent(part) if entry.points else '':>5}"
        )

    def name(self, rule: str) -> str:
        """Return a mistake in a few words."""
        if rule == BLANK:
            return "left blank"
        if rule == UNREADABLE:
            return "unreadable"
        if rule == UNEXPLAINED:
            return "no rule explains it"
        return MISTAKE_WORDS.get(rule, rule)

    def lines(self) -> None:
        """Write for each line how many were right, and where students first go wrong."""
        tally, page, notation = self.tally, self.page, self.words.notation
        page.band("Where it first goes wrong")
        lines = list(tally.lines.values())
        names = [notation.name(line.name) for line in lines]
        wide = max(width("line"), *map(width, names))
        points = [_number(line.points) for line in lines]
        head = f"{'line'.ljust(wide)} {'pts':>5} {'right':>6} {'follows':>7} {'conv':>5}"
        head += f" {'wrong':>5} {'blank':>5}   first wrong here"
        room = page.columns - INDENT - width(head) + len("first wrong here") - 12
        page.text(f"{head}{'r'.rjust(page.columns - INDENT - width(head))}", "faint", INDENT)
        page.text("─" * (page.columns - INDENT), "rule", INDENT)
        most = max(1, *(line.first for line in lines))
        for line, name, point in zip(lines, names, points, strict=True):
            page.text(self.line(line, name.ljust(wide), point, most, max(4, room)), "plain", INDENT)
        page.text(f"nothing wrong anywhere{tally.spotless:>{max(1, wide + 3)}}", "plain", INDENT)
        page.blank()
        page.paragraph(
            "Counted are students; blank includes unreadable."
            + (
                f" {tally.stopped} stop{'s' * (tally.stopped == 1)} for good at some line."
                if tally.stopped
                else ""
            )
            + " r: correlation of the points here with the rest of the score.",
            INDENT,
            "note",
        )

    def line(self, line: LineTally, name: str, points: str, most: int, room: int) -> str:
        r = line.discrimination
        text = f"{name} {points:>5} {line.right:>6} {line.follows:>7} {line.convention:>5}"
        text += f" {line.wrong:>5} {line.blank:>5}  {line.first:>4} "
        text += bar(line.first / most * room, self.page.unicode).ljust(room)
        shown = "" if r is None else self.words.notation.number(f"{r:.2f}")
        return text + shown.rjust(self.page.columns - INDENT - width(text))

    def waiting(self) -> None:
        """Write the answers that no rule explains and that several students gave."""
        tally, page, notation = self.tally, self.page, self.words.notation
        every = sorted(tally.clusters.values(), key=lambda c: (-c.students, c.name, c.written))
        big = [cluster for cluster in every if cluster.students >= BIG]
        rest = sum(cluster.students for cluster in every[len(big) :])
        problems = tally.unread_cells or self.result.unreadable
        if not every and not problems:
            return
        page.band("Waiting for you")
        if big:
            page.paragraph(
                "Wrong in the same way, and no rule says why. Rule on each once, in"
                " rulings.yaml; the next run marks all its students accordingly.",
                INDENT,
            )
            page.blank()
            for letter, cluster in zip("ABCDEFGH", big, strict=False):
                texts = [_signs(notation, text) for text in cluster.written[:LISTED]]
                texts += ["…"] * (len(cluster.written) > LISTED)
                value = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
                lead = f"{letter}   {cluster.students} students   "
                said = "nothing found"
                if cluster.operand is not None:
                    name = self.words.reference(cluster.operand)
                    said = f"as if {name} were {_signs(notation, cluster.text)}"
                text = f"{lead}{notation.name(cluster.name)} = {value}"
                gap = max(2, page.columns - INDENT - width(text) - width(said))
                page.text(text + " " * gap + said, "plain", INDENT)
            page.blank()
        if rest:
            others = len(every) - len(big)
            page.paragraph(
                f"{_count(others, 'other value')}, from {rest} students, "
                + (f"are each shared by fewer than {BIG}." if others > 1 else "stands alone."),
                INDENT,
            )
        if problems:
            page.paragraph(
                f"{_count(tally.unread_cells, 'unreadable cell')} and"
                f" {_count(self.result.unreadable, 'unreadable row')}; -o lists them with their"
                " reasons in problems.csv.",
                INDENT,
            )
        if tally.unsearched:
            page.paragraph(
                f"{tally.unsearched} wrong answers were not searched for a mistake;"
                " there were too many different ones.",
                INDENT,
            )

    def did(self) -> None:
        """Write what marking with reasons has changed."""
        tally, page = self.tally, self.page
        if not tally.carried_students and not tally.rounded_values:
            return
        page.band("What the marking did")
        if tally.carried_students:
            mean = tally.moments()[0] - tally.carried_points / tally.students
            self.labelled(
                "Carried forward",
                f"{_count(tally.carried_students, 'student')}"
                f" keep{'s' * (tally.carried_students == 1)}"
                f" {_points(tally.carried_points)} for lines that follow from their own earlier"
                f" values. Without: mean {_number(mean)}.",
                INDENT,
                18,
            )
        if tally.rounded_values:
            self.labelled(
                "Rounding",
                f"No tolerance was set. One of 1{TIED}% would have refused"
                f" {_count(tally.rounded_values, 'right value')}, of"
                f" {_count(tally.rounded_students, 'student')}.",
                INDENT,
                18,
            )


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
        last = _number(high - unit) if unit else f"<{_number(high)}"
        alone = unit and high - unit <= low + 1e-9
        found.append(((_number(low), "" if alone else last), int(counts[inside].sum())))
    found.append(((_number(most), ""), int(counts[values >= most - 1e-9].sum())))
    return found


def _step(most: float) -> float:
    raw = most / (BINS - 1)
    power = 10.0 ** np.floor(np.log10(raw))
    return float(next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw - 1e-12))


def aligned_pairs(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return ranges as texts of one width, ends under each other."""
    low, high = aligned([a for a, _ in pairs]), aligned([b or " " for _, b in pairs])
    return [
        f"{a} – {b}" if pair[1] else f"{a}   {' ' * width(b)}"
        for a, b, pair in zip(low, high, pairs, strict=True)
    ]


def bar(length: float, unicode: bool = True) -> str:
    """Return a bar of eighths of a column, or of signs where a stream has only ASCII."""
    if not unicode:
        return "#" * round(length)
    whole, part = int(length), round((length - int(length)) * 8)
    if part == 8:
        whole, part = whole + 1, 0
    return FULL * whole + (EIGHTHS[part] if part else "")


def _signs(notation: Notation, text: str) -> str:
    return text.replace("-", "−") if notation.unicode else text


def _number(value: float, decimals: int = 2) -> str:
    """Return points as people write them: no more decimals than say something."""
    return figure(round(value, decimals))


def _points(value: float) -> str:
    text = _number(value, 1)
    return f"{text} point{'s' * (text != '1')}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _cut(text: str, columns: int) -> str:
    return text if width(text) <= columns else text[: columns - 1] + "…"
