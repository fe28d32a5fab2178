"""One file through some commands: what is wrong with it, so that it can be repeated."""

from __future__ import annotations

import contextlib
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import gradcalc
from gradcalc.errors import ProblemError
from gradcalc.problem.solution import Solution
from tests.hangs import Late, bounded
from tests.proof.files import agreement, commands
from tests.proof.files.commands import FILE, said
from tests.proof.files.drawn import Drawn, draw
from tests.proof.files.spoilt import spoil


@dataclass(frozen=True)
class Finding:
    """What is wrong: of which kind, in which call, and on which file."""

    seed: int
    kind: str
    call: str
    what: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """What came of one seed."""

    file: Drawn | None
    solved: bool
    findings: tuple[Finding, ...]


@contextlib.contextmanager
def inside() -> Iterator[None]:
    """Work in an empty folder."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield


def tried(seed: int, count: int = 10) -> Outcome:
    """Draw a file, and take it through so many commands: as it is, or with slips in it."""
    random = Random(f"commands {seed}")
    with inside(), warnings.catch_warnings():
        warnings.simplefilter("always")
        try:
            with bounded(commands.SECONDS):
                file = draw(seed)
        except (Exception, Late) as error:
            return Outcome(None, False, (_finding(seed, error, "draw", ""),))
        valid = random.random() < 0.6
        text = file.text if valid else spoil(random, file)
        Path(FILE).write_text(text, encoding="utf-8")
        for name, content in file.beside.items():
            Path(name).write_bytes(content)
        try:
            with bounded(commands.SECONDS):
                solution = _solution()
        except (Exception, Late) as error:
            return Outcome(file, False, (_finding(seed, error, "solve", text),))
        found = tuple(_findings(seed, random, text, solution, count))
        return Outcome(file, solution is not None and not found, found)


def _solution() -> Solution | None:
    try:
        return gradcalc.solve(gradcalc.load(FILE))
    except ProblemError:
        return None


def _findings(
    seed: int, random: Random, text: str, solution: Solution | None, count: int
) -> Iterator[Finding]:
    if solution is not None:
        if solution.check is not None and solution.check.failed:
            yield Finding(seed, "proof", "solve", str(solution.check.failed), text)
        try:
            with bounded(3 * commands.SECONDS):
                for kind, what in agreement.differences(solution):
                    yield Finding(seed, f"disagreement: {kind}", "solve", what, text)
        except (Exception, Late) as error:
            yield _finding(seed, error, "agreement", text)
    for arguments in commands.drawn(random, solution, count if solution is not None else 4):
        call = " ".join(arguments)
        try:
            spoken = said(*arguments, columns=random.choice(["80", "80", "40", "100"]))
        except Late:
            yield Finding(seed, "hang", call, "more than 5 s", text)
            continue
        if spoken.fault:
            yield Finding(seed, spoken.fault, call, spoken.err[-3000:], text)


def _finding(seed: int, error: BaseException, call: str, text: str) -> Finding:
    if isinstance(error, Late):
        return Finding(seed, "hang", call, "too long", text)
    frames = "".join(traceback.format_exception(error))
    return Finding(seed, f"fault: {type(error).__name__}", call, frames[-3000:], text)
