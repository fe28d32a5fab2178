"""Every option that names a file, given what is no file: a word on stderr, never a fault."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradcalc.cli import run
from tests.shown import ROOT

PROBLEM = str(ROOT / "problems" / "scalar-circuit.yaml")
INDIVIDUAL = str(ROOT / "problems" / "individual-neuron.yaml")
GRADE = ["grade", PROBLEM, "class.csv"]
READ = {
    "solve": ["solve", "@"],
    "check": ["check", "@"],
    "check, answers": ["check", PROBLEM, "@"],
    "grade, problem": ["grade", "@", "class.csv"],
    "grade, submissions": ["grade", PROBLEM, "@"],
    "grade, more submissions": [*GRADE, "@", "-o", "book.csv"],
    "grade --problem": ["grade", "--problem", "@", "class.csv"],
    "grade --preview": ["grade", PROBLEM, "@", "--preview"],
    "grade --only": ["grade", PROBLEM, "@", "--only", "s1"],
    "grade --roster": [*GRADE, "--roster", "@"],
    "grade --columns": [*GRADE, "--columns", "@"],
    "grade --scheme": [*GRADE, "--scheme", "@"],
    "grade --rulings": [*GRADE, "--rulings", "@"],
    "grade --compare": [*GRADE, "-o", "book.csv", "--compare", "@"],
    "options": ["options", "@"],
    "lint": ["lint", "@"],
    "graph": ["graph", "@"],
    "numbers": ["numbers", "@", "4711"],
    "numbers --roster": ["numbers", INDIVIDUAL, "--roster", "@"],
}
WRITTEN = {
    "solve -o": ["solve", PROBLEM, "--format", "html", "-o", "@"],
    "check -o": ["check", PROBLEM, "-a", "f = -12", "--format", "latex", "-o", "@"],
    "grade -o": [*GRADE, "-o", "@"],
    "grade --results": [*GRADE, "--results", "@"],
    "grade --report": [*GRADE, "--report", "@"],
    "grade --feedback": [*GRADE, "--feedback", "@"],
    "numbers -o": ["numbers", INDIVIDUAL, "4711", "-o", "@"],
    "new -o": ["new", "-o", "@"],
    "new -o --force": ["new", "-o", "@", "--force"],
    "schema -o": ["schema", "-o", "@"],
}
ODD = ("self.csv", "one.csv", "self.csv/x", "loop/loop/x.csv", "gone.csv/x", "dangling.csv/x")
NOT_READ = (*ODD, "gone.csv", "dangling.csv", "fifo.csv", "socket.csv", "/dev/zero")
NOT_WRITTEN = (*(name for name in ODD if "loop" not in name), "/dev/full", "fifo.csv")


@pytest.fixture(autouse=True)
def odd_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    Path("self.csv").symlink_to("self.csv")
    Path("one.csv").symlink_to("two.csv")
    Path("two.csv").symlink_to("one.csv")
    Path("loop").mkdir()
    Path("loop/loop").symlink_to("../loop")
    Path("dangling.csv").symlink_to("gone.csv")
    Path("class.csv").write_text("student,f\ns1,-12\n")
    os.mkfifo("fifo.csv")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket.csv")
        yield


def called(call: list[str], name: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = run([name if argument == "@" else argument for argument in call])
        if sys.stdout is not out:
            sys.stdout.close()  # the command line has put /dev/null there
    return code, capsys.readouterr().err


@pytest.mark.parametrize("name", NOT_READ)
@pytest.mark.parametrize("option", READ)
def test_what_cannot_be_read_is_told(
    option: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = called(READ[option], name, capsys)
    assert code == 2, said
    assert said.startswith("error: "), said
    assert Path(name).name in said


@pytest.mark.parametrize(
    ("option", "name"),
    [
        (option, name)
        for option in WRITTEN
        for name in NOT_WRITTEN
        if (option, name) != ("grade --feedback", "gone.csv/x")  # its folders are made
    ],
)
def test_what_cannot_be_written_is_told(
    option: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = called(WRITTEN[option], name, capsys)
    assert code in (2, 3), said
    assert "error: " in said.lower(), said


@pytest.mark.parametrize("name", ["a\nb.csv", "a\x1b[2J.csv", "a\udcff.csv", "gone\t.csv"])
@pytest.mark.parametrize("option", READ)
def test_a_name_that_steers_a_terminal_is_told_in_plain_signs(
    option: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = called(READ[option], name, capsys)
    assert code == 2, said
    assert all(line.isprintable() for line in said.rstrip("\n").split("\n"))
