"""Outputs that cannot be written, and runs that are stopped: the earlier gradebook stays."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from gradcalc.cli import grade_parts as parts
from gradcalc.cli import output as files
from gradcalc.cli import run
from tests.cli.test_grade import PROBLEM, class_file
from tests.processes import as_from_a_terminal

OLD = b"student,score\nan earlier gradebook\n"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def call(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "gradcalc", "grade", PROBLEM, *map(str, arguments)]


def done(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(call(*arguments), capture_output=True, text=True, check=False)


@pytest.fixture
def table(tmp_path) -> Path:
    """Return a class of ten in a folder of its own."""
    path = tmp_path / "in" / "class.csv"
    path.parent.mkdir()
    class_file(path, 10)
    return path


@pytest.fixture
def book(tmp_path) -> Path:
    """Return an earlier gradebook in a folder of its own."""
    path = tmp_path / "out" / "book.csv"
    path.parent.mkdir()
    path.write_bytes(OLD)
    return path


def untouched(book: Path) -> None:
    """Hold that nothing but the earlier gradebook stands in its folder."""
    assert book.read_bytes() == OLD
    assert [path.name for path in book.parent.iterdir()] == [book.name]


@pytest.mark.parametrize("broken", ["fsync", "write", "replace", "mkstemp"])
@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_full_disk_at_any_moment(table, book, capsys, monkeypatch, broken, after):
    results = book.with_name("results.jsonl")
    left = [after]

    def full(known):
        def called(*arguments, **more):
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return known(*arguments, **more)

        return called

    if broken == "fsync":
        monkeypatch.setattr(files.os, "fsync", full(os.fsync))
    elif broken == "mkstemp":
        monkeypatch.setattr(tempfile, "mkstemp", full(tempfile.mkstemp))
    elif broken == "replace":
        monkeypatch.setattr(Path, "replace", full(Path.replace))
    else:
        opened = os.fdopen

        def small(*arguments, **more):
            file = opened(*arguments, **more)
            file.write = full(file.write)
            return file

        monkeypatch.setattr(files.os, "fdopen", small)
    stdout = sys.stdout
    code = run(["grade", PROBLEM, str(table), "-o", str(book), "--results", str(results)])
    said = capsys.readouterr()
    monkeypatch.undo()
    if sys.stdout is not stdout:  # nothing more is written after such a fault
        sys.stdout.close()
        sys.stdout = stdout
    if code == 0:
        assert left[0] >= 0 and book.read_bytes() != OLD
        return
    assert code == 3 and said.out == ""
    assert "no space left on device" in said.err and said.err.count("\n") == 1
    assert book.read_bytes() == OLD
    assert {path.name for path in book.parent.iterdir()} <= {book.name, results.name}


def mounted(options: str, script: str, folder: Path, *words: object) -> subprocess.CompletedProcess:
    """Run a script in which a file system of its own is mounted on a folder, or skip the test."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no file system can be mounted here")
    mount = f'mount -t tmpfs -o {options} tmpfs "$1" || exit 99; '
    start = [unshare, "-rm"] if os.geteuid() else [unshare, "-m"]
    line = [*start, "sh", "-c", mount + script, "sh", str(folder), *map(str, words)]
    found = subprocess.run(line, capture_output=True, text=True, check=False)
    if found.returncode == 99 or "unshare" in found.stderr:
        pytest.skip("no file system can be mounted here")
    return found


def test_a_disk_that_is_full(tmp_path, book):
    big = tmp_path / "big.csv"
    class_file(big, 6_000, pool=3)
    small = tmp_path / "small"
    small.mkdir()
    script = 'cp "$2" "$1/book.csv"; shift; old=$1; shift; '
    script += f'"$@"; code=$?; cmp "$old" {small}/book.csv; ls -A {small}; exit $code'
    found = mounted("size=200k", script, small, book, *call(big, "-o", small / "book.csv"))
    assert found.returncode == 3
    assert "no space left on device" in found.stderr
    assert found.stdout.split() == ["book.csv"]


def test_a_folder_that_is_read_only(table, book, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir()
    script = 'cp "$2" "$1/book.csv"; mount -o remount,ro "$1" || exit 99; shift; old=$1; shift; '
    script += f'"$@"; code=$?; cmp "$old" {locked}/book.csv; ls -A {locked}; exit $code'
    found = mounted("size=200k", script, locked, book, *call(table, "-o", locked / "book.csv"))
    assert found.returncode == 3
    assert "could not be written: read-only file system" in found.stderr
    assert found.stdout.split() == ["book.csv"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_without_the_right_to_write(table, book):
    book.parent.chmod(0o555)
    found = done(table, "-o", book)
    book.parent.chmod(0o755)
    assert found.returncode == 3 and "permission denied" in found.stderr
    untouched(book)


def test_what_is_no_file_is_not_replaced(table, book, tmp_path):
    folder = book.with_name("folder")
    folder.mkdir()
    targets = [folder, tmp_path / "no" / "book.csv", table / "book.csv"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe")
        targets.append(folder / "pipe")
    for target in targets:
        found = done(table, "-o", target)
        assert found.returncode == 3, found.stderr
        assert "could not be written" in found.stderr and found.stdout == ""
    assert sorted(path.name for path in book.parent.iterdir()) == ["book.csv", "folder"]
    assert len(list(folder.iterdir())) == len(targets) - 3
    for more in ("--results", "--report", "--feedback"):
        assert done(table, more, table / "x").returncode == 3
    assert [path.name for path in table.parent.iterdir()] == ["class.csv"]


def test_no_input_is_overwritten(table, book, tmp_path, capsys):
    roster, problems = tmp_path / "roster.csv", book.with_name("problems.csv")
    roster.write_text("student_id\ns1\n")
    shutil.copy(table, problems)
    for arguments in (
        (table, "-o", table),
        (table, "-o", table.parent / ".." / "in" / "class.csv"),
        (table, "--results", table),
        (table, "--report", table),
        (table, "-o", book, "--results", book),
        (table, "-o", book, "--roster", roster, "--report", roster),
        (problems, "-o", book),
    ):
        before = table.read_bytes()
        assert run(["grade", PROBLEM, *map(str, arguments)]) == 2
        assert "would be overwritten" in capsys.readouterr().err
        assert table.read_bytes() == problems.read_bytes() == before
    assert book.read_bytes() == OLD and roster.read_text() == "student_id\ns1\n"


@pytest.mark.parametrize(
    "more", [("--scheme", "no"), ("--rulings", "no"), ("--columns", "no"), ("--roster", "no")]
)
def test_a_file_that_is_missing_is_no_failure_to_write(table, book, capsys, more):
    assert run(["grade", PROBLEM, str(table), "-o", str(book), *more]) == 2
    assert "cannot read no: no such file" in capsys.readouterr().err
    untouched(book)


@pytest.mark.parametrize("which", ["problem", "submissions"])
def test_a_missing_problem_or_table(table, book, capsys, which):
    problem, source = ("no", str(table)) if which == "problem" else (PROBLEM, "no")
    assert run(["grade", problem, source, "-o", str(book)]) == 2
    assert "cannot read no: no such file" in capsys.readouterr().err
    untouched(book)


def test_the_problems_of_an_earlier_run_do_not_stay(table, book, capsys):
    whole = table.read_text()
    table.write_text(whole + "s9,1,2\n")
    assert run(["grade", PROBLEM, str(table), "-o", str(book)]) == 1
    problems = book.with_name("problems.csv")
    assert problems.read_text().count("\n") == 2
    table.write_text(whole)
    assert run(["grade", PROBLEM, str(table), "-o", str(book)]) == 0
    assert problems.read_text() == "source,line,student,quantity,reason\n"


def interrupted(table: Path, book: Path, number: int) -> int:
    """Start a run, stop it when two parts are there, and return its exit code."""
    process = subprocess.Popen(
        call(table, "-o", book),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=as_from_a_terminal,  # noqa: PLW1509 - there are no threads
    )
    folder = book.with_name(f".{book.name}.parts")
    for _ in range(60_000):
        if len(list(folder.glob("*.json"))) >= 2 or process.poll() is not None:
            break
        time.sleep(0.005)
    process.send_signal(number)
    return process.wait()


@POSIX
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_a_run_that_is_stopped_in_the_middle(big_class, book, name, monkeypatch):
    table, whole = big_class
    number = signal.Signals[name]
    code = interrupted(table, book, number)
    assert code == {"SIGINT": 130, "SIGTERM": 143, "SIGKILL": -9}[name]
    assert book.read_bytes() == OLD
    folder = book.with_name(f".{book.name}.parts")
    left = len(list(folder.glob("*.json")))
    assert 2 <= left < 5, "it was not stopped in the middle"
    assert {path.name for path in book.parent.iterdir()} == {book.name, folder.name}
    marked: list[str] = []
    known = parts.mark_part
    monkeypatch.setattr(parts, "mark_part", lambda *each: marked.append("") or known(*each))
    torn = folder / "0000001.json"
    torn.write_bytes(torn.read_bytes()[:1000])
    assert run(["grade", PROBLEM, str(table), "-o", str(book), "--resume"]) == 0
    assert book.read_bytes() == whole
    assert len(marked) == 5 - left + 1
    assert [path.name for path in book.parent.iterdir()] == [book.name]


@pytest.fixture(scope="module")
def big_class(tmp_path_factory) -> tuple[Path, bytes]:
    """Return a class of five blocks and its gradebook."""
    folder = tmp_path_factory.mktemp("big")
    table, book = folder / "class.csv", folder / "book.csv"
    class_file(table, 40_000, pool=8)
    assert run(["grade", PROBLEM, str(table), "-o", str(book)]) == 0
    return table, book.read_bytes()


def test_parts_of_other_submissions_are_not_gone_on_with(tmp_path, book, monkeypatch, capsys):
    from gradcalc.cli.grade_outputs import Outputs

    sheets = tmp_path / "sheets"
    sheets.mkdir()
    (sheets / "anna.yaml").write_text("z2: 0.2903\n")

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as now:
        now.setattr(Outputs, "write", stopped)
        assert run(["grade", PROBLEM, str(sheets), "-o", str(book)]) == 130
    assert book.read_bytes() == OLD
    (sheets / "anna.yaml").write_text("z2: 7.2903\n")
    assert run(["grade", PROBLEM, str(sheets), "-o", str(book), "--resume"]) == 0
    assert book.read_text().splitlines()[1].startswith("anna,0,1")
