"""Inputs that are made in the working folder: answers, options and classes, by fixed seeds.

They come from what the program itself solves, as JSON, so that the answers are near enough to
right ones to be judged in every way: right, rounded, with one slip, with a named mistake.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from tests.frozen.run import Run, perform
from tests.frozen.texts import TEXTS

Cells = dict[tuple[int, ...], str]
"""The entries of a quantity as a student writes them."""
Answers = dict[str, Cells]
Slip = Callable[[Cells, random.Random], Cells]

STUDENTS = 10
CLASSES = (
    "relu-squared-loss",
    "hand-calculation",
    "individual-neuron",
    "polynomial-partials",
    "softmax-cross-entropy",
    "scaled-relu-regression-batch",
    "xor-network",
    "recurrent-cell",
    "max-pooling",
    "momentum-steps",
)
"""Problems that classes are made for."""


@dataclass(frozen=True)
class Solved:
    """The lines of a solution that students are asked for, and what the problem asks for."""

    lines: dict[str, Any]
    find: tuple[str, ...]


def make(problems: str) -> None:
    """Make the texts, and the inputs of the problems whose names fit a pattern."""
    for name, text in TEXTS.items():
        _write(name, text)
    _write("made/ops.txt", said("ops"))
    _write("made/mistakes.txt", said("mistakes"))
    asked = {}
    for path in sorted(Path("problems").glob(f"{problems}.yaml")):
        solved = solution(path)
        asked[path.stem] = list(solved.find)
        if solved.lines:
            make_answers(path, solved, make_options(path, solved))
    _write("made/asked.json", json.dumps(asked, indent=1))
    for name in CLASSES:
        if fnmatchcase(name, problems):
            make_class(name)


def said(*arguments: str) -> str:
    """Return what a call of the program writes to standard output."""
    return dict(perform(Run("made", arguments)).parts)["stdout"].decode()


def solution(path: Path, *more: str) -> Solved:
    """Return the lines of a solution that have values."""
    found = json.loads(said("solve", str(path), "--format", "json", *more))
    find = tuple(each["name"] for each in found["find"])
    own = {name.partition("/")[0] for name in find if "/" in name}
    lines = {
        step["name"]: step["value"]
        for step in found["steps"]
        if step["phase"] in ("forward", "backward") and step["value"] is not None
    }
    asked = {
        name: value
        for name, value in lines.items()
        if "/" not in name or name in find or name.partition("/")[0] in own
    }
    return Solved(asked, find)


# --- options -----------------------------------------------------------------------------


def make_options(path: Path, solved: Solved) -> dict[str, list[Any]]:
    """Write the problem with options, and return the options of each quantity asked for."""
    found = {}
    for name in solved.find:
        text = said("options", str(path), "--find", name)
        if not text:
            continue
        found[name] = list(yaml.safe_load(text)["options"].values())
        kept = yaml.safe_load(path.read_text("utf-8"))
        if len(found) == 1 and not {"options", "find"} & set(kept):
            _write(f"made/options/{path.stem}.yaml", f"{path.read_text('utf-8')}{text}")
    return found


# --- answers -----------------------------------------------------------------------------


def make_answers(path: Path, solved: Solved, options: dict[str, list[Any]]) -> None:
    """Write sheets to a problem: a right one, and ones with one thing wrong each."""
    chance = random.Random(path.stem)
    right = answers(solved.lines, "{:.4f}")
    sheets = {
        "right": right,
        "coarse": answers(solved.lines, "{:.2g}"),
        "whole": answers(solved.lines, "{!r}"),
        "half": dict(list(right.items())[::2]),
    }
    for name, slip in SLIPS.items():
        sheets[name] = slipped(right, slip, chance)
    other = misread(path)
    if other is not None:
        sheets["misread"] = right | answers(other.lines, "{:.4f}")
    for name, each in list(options.items())[:1]:
        sheets["mistaken"] = right | {name: cells(chance.choice(each), "{!r}")}
    for name, sheet in sheets.items():
        _write(f"made/answers/{path.stem}/{name}.txt", sheet_text(sheet))
    whole = {name: value for name, value in solved.lines.items() if "nan" not in str(value).lower()}
    _write(f"made/answers/{path.stem}/typed.yaml", yaml.safe_dump(whole, sort_keys=False))
    _write(f"made/answers/{path.stem}/typed.json", json.dumps(whole, indent=1))


def misread(path: Path) -> Solved | None:
    """Return what follows where the first number of the problem is read as another one."""
    document = yaml.safe_load(path.read_text("utf-8"))
    for section in ("weights", "inputs"):
        held = document.get(section)
        if isinstance(held, dict) and _changed(held):
            name = f"made/misread/{path.stem}.yaml"
            _write(name, yaml.safe_dump(document, sort_keys=False))
            try:
                return solution(Path(name))
            except ValueError:  # with another number the file may be refused
                return None
    return None


def _changed(held: Any) -> bool:
    """Add to the first number in a list or mapping, and tell whether there is one."""
    for at, value in held.items() if isinstance(held, dict) else enumerate(held):
        if isinstance(value, (int, float)):
            held[at] = round(value + 0.5, 4)
            return True
        if isinstance(value, (dict, list)) and _changed(value):
            return True
    return False


def answers(lines: dict[str, Any], style: str) -> Answers:
    """Return the values of all lines as texts."""
    return {name: cells(value, style) for name, value in lines.items()}


def cells(value: Any, style: str) -> Cells:
    """Return the entries of a value by their places."""
    if not isinstance(value, list):
        return {(): style.format(value)}
    return {
        (at, *inner): text
        for at, each in enumerate(value, 1)
        for inner, text in cells(each, style).items()
    }


def sheet_text(sheet: Answers) -> str:
    """Return answers as a sheet: rows of a matrix between semicolons."""
    return "".join(f"{name} = {_written(each)}\n" for name, each in sheet.items())


def _written(each: Cells) -> str:
    rows: dict[tuple[int, ...], list[str]] = {}
    for at, text in each.items():
        rows.setdefault(at[:-1], []).append(text)
    return "; ".join(" ".join(row) for row in rows.values())


def slipped(right: Answers, slip: Slip, chance: random.Random) -> Answers:
    """Return answers with a slip in one of the quantities in the middle."""
    names = list(right)
    name = names[len(names) // 3 + chance.randrange(max(1, len(names) // 3))]
    return right | {name: slip(right[name], chance)}


def _one(change: Callable[[str], str]) -> Slip:
    """Return a slip that changes one entry."""

    def made(each: Cells, chance: random.Random) -> Cells:
        at = chance.choice(list(each))
        return each | {at: change(each[at])}

    return made


def _all(change: Callable[[str], str]) -> Slip:
    """Return a slip that changes all entries."""

    def made(each: Cells, _: random.Random) -> Cells:
        return {at: change(text) for at, text in each.items()}

    return made


def _worked(change: Callable[[float], float]) -> Callable[[str], str]:
    """Return a change of numbers that leaves other texts as they are."""

    def made(text: str) -> str:
        try:
            return f"{change(float(text)):.4f}"
        except ValueError:
            return text

    return made


def _negated(text: str) -> str:
    return text.removeprefix("-") if text.startswith("-") else f"-{text}"


def _exchanged(each: Cells, chance: random.Random) -> Cells:
    places = list(each)
    one, other = chance.choice(places), chance.choice(places)
    return each | {one: each[other], other: each[one]}


SLIPS: dict[str, Slip] = {
    "sign": _one(_negated),
    "negated": _all(_negated),
    "doubled": _all(_worked(lambda value: 2 * value)),
    "tenth": _one(_worked(lambda value: value / 10)),
    "digit": _one(_worked(lambda value: value + 0.3)),
    "exchanged": _exchanged,
    "unread": _one(lambda _: "what?"),
    "comma": _all(lambda text: text.replace(".", ",")),
    "blank": _all(lambda _: "_"),
}
"""What can go wrong in one quantity."""


# --- classes -----------------------------------------------------------------------------


def make_class(name: str) -> None:
    """Write a class that has worked on a problem, in every form of submissions."""
    chance = random.Random(f"class of {name}")
    path = Path("problems") / f"{name}.yaml"
    students = [f"s{at:03d}" for at in range(1, STUDENTS + 1)]
    individual = "individual:" in path.read_text("utf-8")
    one, other = solution(path), misread(path)
    handed_in: dict[str, Answers] = {}
    for student in students:
        solved = solution(path, "--student", student) if individual else one
        style = chance.choice(("{:.2f}", "{:.3f}", "{:.4f}", "{:.3g}"))
        sheet = answers(solved.lines, style)
        if other is not None and chance.random() < 0.3:
            sheet |= answers(other.lines, style)
        for _ in range(chance.choice((0, 1, 1, 2))):
            sheet = slipped(sheet, chance.choice(list(SLIPS.values())), chance)
        handed_in[student] = sheet
    _tables(Path("made/classes") / name, handed_in, one)


def _tables(folder: Path, handed_in: dict[str, Answers], solved: Solved) -> None:
    columns = [(name, at) for name, value in solved.lines.items() for at in cells(value, "{}")]
    heads = [f"{name}[{','.join(map(str, at))}]" if at else name for name, at in columns]
    rows = [
        [student, *(sheet.get(name, {}).get(at, "") for name, at in columns)]
        for student, sheet in handed_in.items()
    ]
    _table(folder / "wide.csv", [["student_id", *heads], *rows])
    dated = [[row[0], f"2026-03-{at + 1:02d}T10:00:00Z", *row[1:]] for at, row in enumerate(rows)]
    again = [[rows[0][0], "2026-03-20T10:00:00Z", *rows[1][1:]], [*dated[2][:2], *rows[3][1:]]]
    _table(folder / "twice.csv", [["student_id", "submitted_at", *heads], *dated, *again])
    long = [
        [student, name, _written(each)]
        for student, sheet in handed_in.items()
        for name, each in sheet.items()
    ]
    _table(folder / "long.csv", [["student_id", "quantity", "value"], *long])
    lines = [
        json.dumps({"student_id": student, "answers": {n: _written(e) for n, e in sheet.items()}})
        for student, sheet in handed_in.items()
    ]
    _write(folder / "class.jsonl", "".join(f"{line}\n" for line in lines))
    for student, sheet in handed_in.items():
        _write(folder / "sheets" / f"{student}.txt", sheet_text(sheet))
    _table(
        folder / "roster.csv", [["SID", "First Name", "Last Name", "Email"], *_roster(handed_in)]
    )
    points = [f"{name}: {at % 3 + 1}\n" for at, name in enumerate(solved.lines)]
    _write(folder / "scheme.yaml", "".join([*points, "follows: 0.5\nblank: 0.1\n"]))
    said(
        *("grade", f"problems/{folder.name}.yaml", str(folder / "wide.csv")),
        *("--scheme", str(folder / "scheme.yaml"), "-o", str(folder / "earlier.csv")),
    )


def _roster(students: Iterable[str]) -> Iterator[list[str]]:
    first, last = ("Ada", "Bo", "Cy", "Di", "Eve"), ("King", "Li", "Do", "Öz")
    names = product(first, last)
    for student, (one, other) in zip(sorted(students, reverse=True)[1:], names, strict=False):
        yield [student, one, other, f"{student}@example.org"]
    yield ["s999", "=Nobody", "Nemo", ""]


def _table(path: Path, rows: list[list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _write(path: str | Path, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
