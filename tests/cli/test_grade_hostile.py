"""Whatever is handed in, `gradcalc grade` ends in a class report or an error in words."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings

from gradcalc.cli import run
from gradcalc.grading.classes.roster import read_roster
from tests.cli.hostile_cases import KINDS, Case
from tests.hangs import bounded

PROBLEM = str(Path("problems/relu-squared-loss.yaml").resolve())
CORPUS = Path(__file__).parent / "hostile"
RUNS = int(os.environ.get("GRADCALC_HOSTILE_RUNS", "1200"))
"""Classes in all, each run twice; before a release 10 000."""
MOST_MEMORY = 600 << 10  # KiB that the whole test may add

CLOSING = re.compile(r"(\d+) read = (\d+) marked \+ (\d+) unreadable \+ (\d+) duplicates\n")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)
HEADS = {"plain": 1, "canvas": 2, "moodle": 1, "gradescope": 1, "brightspace": 1}


@dataclass(frozen=True)
class Outcome:
    """What a run has said and written."""

    code: int
    page: str
    said: str
    files: dict[str, bytes]


@pytest.fixture
def world(tmp_path, capsys, monkeypatch) -> Callable[[Case], Outcome]:
    """Return what runs the command on a class; the problem is loaded once."""
    import gradcalc.grading.classes.assignment as module

    problem = module.load(PROBLEM)
    lines = module.lines_of(problem)
    monkeypatch.setattr(module, "load", lambda source: problem)
    monkeypatch.setattr(module, "lines_of", lambda known: lines)
    monkeypatch.chdir(tmp_path)

    def called(case: Case, outputs: str = "out") -> Outcome:
        folder = Path(outputs)
        folder.mkdir()
        call = ["grade", PROBLEM, *case.given, "-o", f"{outputs}/book.csv"]
        call += ["--results", f"{outputs}/results.jsonl"]
        call += [f"{outputs}/{word}" if word == "report.html" else word for word in case.options]
        call += ["--feedback", f"{outputs}/feedback"] if case.feedback else []
        call += ["--roster", "roster.csv"] if case.roster is not None else []
        with bounded():
            assert run(["grade", PROBLEM, *case.given, "--preview"]) in (0, 2)
            capsys.readouterr()
            code = run(call)
        said = capsys.readouterr()
        files = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        shutil.rmtree(folder)
        return Outcome(code, said.out, said.err, files)

    return called


def lay_out(case: Case) -> None:
    """Write the files of a class, and nothing else, into the working folder."""
    for path in Path().iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, data in case.files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if case.roster is not None:
        Path("roster.csv").write_bytes(case.roster)


def judge(case: Case, found: Outcome) -> None:
    """Hold a run to all that every run promises."""
    assert found.code in (0, 1, 2, 3), found.said
    assert "Traceback" not in found.said
    for text in (found.page, found.said):
        assert all(sign == "\n" or sign.isprintable() for sign in text), text
    if found.code in (2, 3):
        assert re.search(r"(?m)^(error:|Error:|Usage:)", found.said), found.said
        assert "book.csv" not in found.files and "results.jsonl" not in found.files
        assert found.page == ""
        return
    (closing,) = CLOSING.findall(found.said)
    read, marked, unreadable, duplicates = map(int, closing)
    assert read == marked + unreadable + duplicates
    troubles = [] if "problems.csv" not in found.files else table(found.files["problems.csv"])[1:]
    beside = [row for row in troubles if row[4].startswith("not read:")]
    judged = [row for row in troubles if row not in beside]
    whole = not unreadable and not any(row[3] for row in judged)
    assert (found.code == 0) == whole or (whole and beside)
    assert sum(not row[3] for row in judged) == unreadable + duplicates
    places = [(row[0], int(row[1] or 0)) for row in troubles]
    for source in {place[0] for place in places}:
        lines = [line for own, line in places if own == source]
        assert lines == sorted(lines)
    form = case.options[case.options.index("--as") + 1] if "--as" in case.options else "plain"
    rows = table(found.files["book.csv"])
    body = rows[HEADS[form] :]
    assert len({len(row) for row in rows}) == 1
    if case.roster is None:
        assert len(body) == marked + unreadable
    else:
        assert len(body) >= max(marked + unreadable, len(read_roster("roster.csv").ids))
        assert len(body) <= marked + unreadable + len(read_roster("roster.csv").ids)
    results = [json.loads(line) for line in found.files["results.jsonl"].split(b"\n") if line]
    assert len(results) == marked
    assert len({line["max_score"] for line in results}) <= 1
    for line in results:
        assert 0 <= line["score"] <= line["max_score"]
    if form == "plain" and case.roster is None:
        quantities = rows[0][3:-2]
        whole = [row for row in body if row[-2] == "marked"]
        assert len(whole) == marked
        assert [float(row[1]) for row in whole] == [
            pytest.approx(line["score"], abs=1e-4) for line in results
        ]
        for row, line in zip(whole, results, strict=True):
            own = dict(zip(quantities, row[3:-2], strict=True))
            assert set(line["points"]) == set(own)
            assert {name: float(own[name]) for name in own} == pytest.approx(
                line["points"], abs=1e-4
            )
    assert not [name for name in found.files if name.startswith(".")]


def table(data: bytes) -> list[list[str]]:
    """Return the rows of a table that was written, none of its cells a formula."""
    rows = list(csv.reader(data.decode("utf-8").splitlines(keepends=True), strict=True))
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or NUMBER.match(cell), row
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_classes(kind, world):
    share, strategy = KINDS[kind]
    before = memory()

    @settings(max_examples=max(1, RUNS * share // 100))
    @given(strategy)
    def survives(case: Case) -> None:
        lay_out(case)
        found = world(case)
        judge(case, found)
        again = world(case)
        assert again == found

    survives()
    assert memory() - before < MOST_MEMORY


CLOSED = {
    "aliases.yaml": (0, "1 read = 1 marked + 0 unreadable + 0 duplicates"),
    "bomb.zip": (1, "2 read = 1 marked + 1 unreadable + 0 duplicates"),
    "canvas.zip": (1, "3 read = 2 marked + 1 unreadable + 0 duplicates"),
    "carriage-returns.csv": (1, "2 read = 2 marked + 0 unreadable + 0 duplicates"),
    "damaged.zip": (1, "2 read = 1 marked + 1 unreadable + 0 duplicates"),
    "empty.csv": (2, "empty.csv is empty"),
    "formulas.csv": (1, "6 read = 6 marked + 0 unreadable + 0 duplicates"),
    "google-form.csv": (1, "3 read = 1 marked + 1 unreadable + 1 duplicates"),
    "gradescope.zip": (0, "1 read = 1 marked + 0 unreadable + 0 duplicates"),
    "handed-in-twice.csv": (1, "5 read = 2 marked + 2 unreadable + 1 duplicates"),
    "ids.csv": (1, "9 read = 5 marked + 4 unreadable + 0 duplicates"),
    "latin-1.csv": (0, "2 read = 2 marked + 0 unreadable + 0 duplicates"),
    "lines.jsonl": (1, "9 read = 5 marked + 4 unreadable + 0 duplicates"),
    "long-and-scattered.csv": (1, "4 read = 3 marked + 1 unreadable + 0 duplicates"),
    "moodle.zip": (0, "2 read = 2 marked + 0 unreadable + 0 duplicates"),
    "names-that-lead-elsewhere.zip": (0, "2 read = 2 marked + 0 unreadable + 0 duplicates"),
    "nested.json": (1, "1 read = 0 marked + 1 unreadable + 0 duplicates"),
    "no-utf-8-in-one-row.csv": (1, "3 read = 2 marked + 1 unreadable + 0 duplicates"),
    "nul-bytes.csv": (1, "3 read = 1 marked + 2 unreadable + 0 duplicates"),
    "numbers.csv": (1, "19 read = 19 marked + 0 unreadable + 0 duplicates"),
    "one-in-another.zip": (2, "inner.csv is an archive"),
    "one-list.json": (2, "one-list.json is one list of JSON"),
    "only-a-header.csv": (2, "there is no submission to mark"),
    "only-blank-lines.csv": (2, "only-blank-lines.csv is empty"),
    "quote-left-open.csv": (1, "5 read = 3 marked + 2 unreadable + 0 duplicates"),
    "ragged.csv": (1, "4 read = 1 marked + 3 unreadable + 0 duplicates"),
    "torn.zip": (2, "torn.zip is no archive that can be read"),
    "twice-the-same-header.csv": (2, "L stands in two columns, 2 and 3"),
    "two-columns-of-ids.csv": (2, "two columns are called student_id"),
    "utf-16.csv": (0, "1 read = 1 marked + 0 unreadable + 0 duplicates"),
    "workbook.xlsx": (2, "workbook.xlsx is a workbook or document"),
}
"""What the files of the corpus come to, each worked out by eye."""


@pytest.mark.parametrize("name", sorted(path.name for path in CORPUS.iterdir()))
def test_the_corpus(name, world):
    case = Case({name: (CORPUS / name).read_bytes()}, (name,))
    lay_out(case)
    found = world(case)
    judge(case, found)
    code, words = CLOSED[name]
    assert found.code == code and words in found.said
    assert world(case) == found


LARGE: dict[str, tuple[bytes, int, str]] = {
    "wide.csv": (
        b"student_id," + b",".join(b"c%d" % at for at in range(10_000)) + b"\n",
        2,
        "5000",
    ),
    "cell.csv": (b"student_id,L\ns1,0.86\ns2," + b"8" * 100_000 + b"\n", 1, "2 read = 1 marked"),
    "id.csv": (b"student_id,L\n" + b"s" * 1_000_000 + b",1\n", 1, "1 read = 0 marked"),
    "line.csv": (b"student_id,L\n" + b"x," * 1_000_000 + b"\ns1,0.86\n", 1, "2 read = 1 marked"),
    "header.csv": (b"student_id," + b"L" * 1_000_000 + b"\n", 2, "no column is a quantity"),
    "quote.csv": (b'student_id,L\ns1,"' + b"0\n" * 20_000, 1, " = 0 marked"),
    "zeros.csv": (b"\x00" * 1_000_000, 2, "error: "),
    "feeds.csv": (b"\n" * 3_000_000, 2, "is empty"),
    "deep.jsonl": (b'{"student_id": "s1", "L": ' + b"[" * 1_000_000, 2, "nested too deep"),
    "number.jsonl": (b'{"student_id": "s1", "L": ' + b"9" * 1_000_000 + b"}\n", 1, "1 marked"),
    "keys.jsonl": (
        b'{"student_id": "s1", "L": 0.86'
        + b"".join(b', "k%d": 1' % at for at in range(50_000))
        + b"}\n",
        2,
        "more than 10000 names",
    ),
    "nested.yaml": (b"L: " + b"[" * 1_000_000, 1, "1 marked"),
    "brackets.txt": (b"L = " + b"(" * 300_000, 1, "1 read = "),
    "powers.txt": (b"L = 9" + b"^9" * 20_000, 1, "1 read = "),
    "lines.txt": (b"L = 0.86\n" * 100_000, 0, "1 marked"),
}
"""Files that are large in one way: what they hold, the exit code, some words of the end."""


@pytest.mark.parametrize("name", LARGE)
def test_what_is_large_takes_no_longer(name, world):
    data, code, words = LARGE[name]
    case = Case({name: data}, (name,))
    before = memory()
    lay_out(case)
    found = world(case)
    assert (found.code, words in found.said) == (code, True), found.said[:400]
    if code < 2:
        judge(case, found)
    assert memory() - before < MOST_MEMORY


def memory() -> int:
    """Return the most memory that this process has taken, in KiB."""
    resource = pytest.importorskip("resource")
    most: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most
