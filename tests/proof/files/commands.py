"""Every command on a file, in this process: arguments drawn from the commands themselves."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest import mock

import click
import numpy as np

from gradcalc.algebra.operations.table import TABLE
from gradcalc.cli import gradcalc, run
from gradcalc.cli.output import OWN_FAULT
from gradcalc.problem.solution import Solution
from tests.hangs import bounded

SECONDS = 5.0
FILE = "p.yaml"
ODD_ANSWERS = (
    "",
    "x",
    "nan",
    "1e400",
    "1/0",
    "[1, 2",
    "0 0 0 0 0 0 0 0 0",
    "²",
    "-",
    "[[1]]",
    "1,5",
)


@dataclass(frozen=True)
class Said:
    """What a command has written, and its exit code."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def fault(self) -> str:
        """Return what is wrong with it: a fault, a traceback, an exit code that is none."""
        whole = self.out + self.err
        if self.code == OWN_FAULT or "Traceback" in whole:
            return "fault"
        if self.code not in (0, 1, 2, 3):
            return f"exit code {self.code}"
        if self.code == 2 and not (self.err + self.out).strip():
            return "refused without a word"
        if self.code == 3:
            return "not written"
        if "Warning" in self.err:
            return "warning"
        return ""


def said(*arguments: str, columns: str = "80") -> Said:
    """Run a command; raises Late where it takes too long."""
    out, err = io.StringIO(), io.StringIO()
    settings = {"COLUMNS": columns, "GRADCALC_TRACEBACK": "1"}
    with (
        mock.patch.dict(os.environ, settings),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        bounded(SECONDS),
    ):
        code = run(arguments)
        if sys.stdout is not out:
            sys.stdout.close()  # the command line has put /dev/null there
    return Said(arguments, code, out.getvalue(), err.getvalue())


def offered(random: Random, command: str, share: float = 0.3) -> list[str]:
    """Return some flags and choices of a command, as it declares them."""
    found = gradcalc.get_command(click.Context(gradcalc), command)
    assert found is not None
    arguments: list[str] = []
    for option in found.params:
        if not isinstance(option, click.Option) or random.random() > share:
            continue
        name = option.opts[-1]
        if name in ("--resume", "--force", "--options", "--sheet") and command != "solve":
            continue
        if option.is_flag:
            arguments.append(name)
        elif isinstance(option.type, click.Choice):
            arguments += [name, random.choice(list(option.type.choices))]
        elif isinstance(option.type, click.IntRange) and name != "--processes":
            low = int(option.type.min or 0)
            arguments += [name, str(random.randint(low, min(low + 6, int(option.type.max or 99))))]
        elif isinstance(option.type, click.FloatRange):
            arguments += [name, random.choice(["0", "0.001", "0.1", "1e-9"])]
    return arguments


def entries(value: np.ndarray, random: Random) -> str:
    """Return numbers as a student types them."""
    digits = random.choice([1, 2, 3, 5, 9])
    shape, flat = value.shape, [f"{x:.{digits}g}" for x in value.ravel().tolist()]
    if not shape:
        return flat[0]
    if len(shape) == 1:
        return " ".join(flat)
    columns = shape[-1]
    rows = [" ".join(flat[at : at + columns]) for at in range(0, len(flat), columns)]
    return "; ".join(rows)


def answer(random: Random, solution: Solution, name: str) -> str:
    """Return an answer: right, wrong in some way, blank, or no number at all."""
    value = solution.values[name]
    kind = random.random()
    if kind < 0.35:
        return entries(value, random)
    if kind < 0.5:
        return entries(-value, random)
    if kind < 0.6:
        return entries(value * random.choice([2, 0.5, 0]), random)
    if kind < 0.75:
        moved = value + np.round(
            np.random.default_rng(random.randrange(999)).normal(size=value.shape), 1
        )
        return entries(moved, random)
    if kind < 0.8:
        return entries(np.asarray(value).T, random)
    if kind < 0.85:
        other = random.choice(list(solution.values))
        return entries(solution.values[other], random)
    return random.choice(ODD_ANSWERS)


def lines_of(solution: Solution) -> list[str]:
    """Return the names of the lines that can be answered."""
    names = [name for name in solution.values if name not in solution.problem.data]
    return [name for name in names if solution.values[name].size <= 30]


def sheet(random: Random, solution: Solution) -> str:
    """Return a sheet of answers."""
    names = lines_of(solution)
    chosen = random.sample(names, min(len(names), random.choice([1, 2, 5, 50])))
    kept = [name for name in names if name in chosen]
    return "".join(f"{name} = {answer(random, solution, name)}\n" for name in kept)


def table(random: Random, solution: Solution) -> str:
    """Return a small class: one row a student, one column an entry."""
    names = [name for name in lines_of(solution) if solution.values[name].size <= 6]
    names = [name for name in names if random.random() < 0.6] or names[:2]
    header, rows = ["student"], [[f"s{row}"] for row in range(5)]
    for name in names:
        value = solution.values[name]
        for index in np.ndindex(value.shape):
            place = ",".join(str(at + 1) for at in index)
            header.append(f'"{name}[{place}]"' if place else name)
            for row, cells in enumerate(rows):
                right = f"{float(value[index]):.{2 + row % 3}f}"
                wrong = f"{-float(value[index]):.3g}"
                cells.append(random.choice([right, right, wrong, "1", "", "x", "1e308"]))
    return "\n".join(",".join(row) for row in (header, *rows)) + "\n"


def solving(random: Random, solution: Solution | None) -> list[str]:
    more = offered(random, "solve")
    if random.random() < 0.2:
        more += ["--student", random.choice(["4711", "ä", ""])]
    if random.random() < 0.15:
        more += ["--set", random.choice(["N=3", "K=2", "M=1", "N=0", "Q=2", "N"])]
    if random.random() < 0.2:
        more += ["--steps", random.choice(["1-3", "2", "backward", "L", "dL/dx", "9-4", "forward"])]
    if random.random() < 0.1:
        more += ["-o", random.choice(["out.html", "out.tex", "out.md", "out.txt", "out.py"])]
    return ["solve", FILE, *more]


def checking(random: Random, solution: Solution | None) -> list[str]:
    kind = random.random()
    if solution is None or not solution.values or kind < 0.2:
        more = random.choice([["--options"], [], ["--sheet"], ["-a", "L = 1"]])
        return ["check", FILE, *more, *offered(random, "check")]
    Path("mine.txt").write_text(sheet(random, solution), encoding="utf-8")
    return ["check", FILE, "mine.txt", *offered(random, "check")]


def grading(random: Random, solution: Solution | None) -> list[str]:
    text = "student,L\na,1\nb,2\n"
    if solution is not None and solution.values:
        text = table(random, solution)
    Path("class.csv").write_text(text, encoding="utf-8")
    more = offered(random, "grade", 0.15)
    if random.random() < 0.3:
        more += ["-o", "book.csv", "--results", "results.jsonl"]
    if random.random() < 0.1:
        more += ["--only", "s1"]
    if random.random() < 0.1:
        more += ["--report", random.choice(["report.html", "report.md", "report.txt"])]
    if random.random() < 0.1:
        more += ["--feedback", "feedback"]
    return ["grade", FILE, "class.csv", *more]


def making_options(random: Random, solution: Solution | None) -> list[str]:
    more = offered(random, "options")
    if solution is not None and solution.values and random.random() < 0.5:
        more += ["--find", random.choice(list(solution.values))]
    return ["options", FILE, *more]


def linting(random: Random, solution: Solution | None) -> list[str]:
    return ["lint", FILE]


def drawing(random: Random, solution: Solution | None) -> list[str]:
    more = offered(random, "graph", 0.4)
    if random.random() < 0.1:
        more += ["-o", random.choice(["g.svg", "g.dot", "g.mmd"])]
    return ["graph", FILE, *more]


def listing(random: Random, solution: Solution | None) -> list[str]:
    return ["numbers", FILE, "4711", "ä", *random.choice([[], ["-o", "numbers.csv"]])]


def _formula(random: Random) -> str:
    from tests.proof.files.drawn import formula

    return formula(random, random.choice([["x"], ["x", "y"]]), random.choice([1, 2]))


def deriving(random: Random, solution: Solution | None) -> list[str]:
    more = random.choice([[], ["--wrt", "x"], ["--wrt", "y"], ["--wrt", "x", "--wrt", "y"]])
    return ["derive", *offered(random, "derive"), *more, "--", _formula(random)]


def plotting(random: Random, solution: Solution | None) -> list[str]:
    row = random.choice(list(TABLE))
    names = random.sample([row.name, "relu", _formula(random), "2"], random.choice([1, 1, 2]))
    more = [flag for flag in ("--overlay", "--no-derivative") if random.random() < 0.3]
    if random.random() < 0.3:
        more += ["--from", random.choice(["-6", "0", "1e-3", "1e308"]), "--to", "6"]
    if random.random() < 0.2:
        more += ["-o", "plot.svg"]
    return ["plot", *more, "--", *names]


def looking_up(random: Random, solution: Solution | None) -> list[str]:
    row = random.choice(list(TABLE))
    return ["ops", random.choice([row.name, *row.aliases])]


def explaining(random: Random, solution: Solution | None) -> list[str]:
    from gradcalc.grading.classes.scheme import MISTAKES

    return ["mistakes", random.choice(MISTAKES)]


def starting(random: Random, solution: Solution | None) -> list[str]:
    rows = [row.name for row in TABLE if row.kind in ("activation", "loss")]
    layers = random.choice(["3,2,1", "2,3,3", "1,1", "2,2,2,2", "0,1", "20,20"])
    more = ["--activation", random.choice(rows), "--loss", random.choice(rows)]
    return ["new", "--layers", layers, *more[: random.choice([0, 2, 4])], *offered(random, "new")]


def schema(random: Random, solution: Solution | None) -> list[str]:
    return ["schema"]


DRAWN: dict[str, Callable[[Random, Solution | None], list[str]]] = {
    "solve": solving,
    "check": checking,
    "grade": grading,
    "options": making_options,
    "lint": linting,
    "graph": drawing,
    "numbers": listing,
    "derive": deriving,
    "plot": plotting,
    "ops": looking_up,
    "mistakes": explaining,
    "new": starting,
    "schema": schema,
}
OFTEN = ("solve", "solve", "solve", "check", "check", "grade", "options", "lint", "graph", "graph")
SELDOM = tuple(name for name in DRAWN if name not in OFTEN)


def drawn(random: Random, solution: Solution | None, count: int) -> Iterator[list[str]]:
    """Yield the arguments of so many commands; each command comes up in its turn."""
    for _ in range(count):
        name = random.choice(OFTEN) if random.random() < 0.9 else random.choice(SELDOM)
        yield DRAWN[name](random, solution)
