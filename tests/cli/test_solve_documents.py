"""`gradcalc solve` as it is typed: formats, files, sheets, chosen lines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gradcalc.cli import run
from tests.report.markup import checked
from tests.shown import ROOT

CIRCUIT = str(ROOT / "problems" / "scalar-circuit.yaml")
RELU = str(ROOT / "problems" / "relu-squared-loss.yaml")
GIVEN = str(ROOT / "problems" / "relu-network-given-values.yaml")
ASCII = {"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(("solve", *arguments))
    shown = capsys.readouterr()
    return code, shown.out, shown.err


@pytest.mark.parametrize(
    ("ending", "style", "sign"),
    [
        ("html", "html", "<!DOCTYPE html>"),
        ("tex", "latex", r"\documentclass"),
        ("md", "markdown", "# A circuit of two gates"),
        ("txt", "text", "A circuit of two gates"),
        ("json", "json", '{"schema"'),
    ],
)
def test_the_ending_of_a_file_says_the_format(
    ending: str, style: str, sign: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / f"a.{ending}"
    assert said(capsys, CIRCUIT, "-o", str(target)) == (0, "", "")
    written = target.read_text(encoding="utf-8")
    assert written.startswith(sign)
    other = tmp_path / "b.dat"
    assert said(capsys, CIRCUIT, "--format", style, "-o", str(other)) == (0, "", "")
    assert other.read_text(encoding="utf-8") == written
    code, out, _ = said(capsys, CIRCUIT, "--format", style)
    assert code == 0 and out == written


def test_several_problems_make_one_document(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "all.html"
    assert said(capsys, CIRCUIT, RELU, "-o", str(target))[0] == 0
    found = checked(target.read_text(encoding="utf-8"))
    assert found.tags["article"] == 2 and {"p1", "p2"} <= found.links
    target = tmp_path / "all.json"
    assert said(capsys, CIRCUIT, RELU, "-o", str(target))[0] == 0
    lines = target.read_text(encoding="utf-8").splitlines()
    assert [len(json.loads(line)["find"]) for line in lines] == [3, 1]


def test_a_file_at_fault_is_left_out_and_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("inputs: {x: 1}\nequations: y = z\n", encoding="utf-8")
    target = tmp_path / "all.md"
    code, _, told = said(capsys, str(bad), CIRCUIT, "-o", str(target))
    assert code == 2 and "bad.yaml:2" in told
    assert target.read_text(encoding="utf-8").startswith("# A circuit")
    target.unlink()
    assert said(capsys, str(bad), "-o", str(target))[0] == 2
    assert not target.exists()


def test_a_problem_is_not_overwritten(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("inputs: {x: 1}\nequations: y = x^2\n", encoding="utf-8")
    before = own.read_text(encoding="utf-8")
    code, _, told = said(capsys, str(own), "--format", "html", "-o", str(own))
    assert code == 2 and "would be overwritten" in told
    assert own.read_text(encoding="utf-8") == before
    command = [sys.executable, "-m", "gradcalc", "solve", str(own), "-o", "none/a.html"]
    found = subprocess.run(command, cwd=tmp_path, env=ASCII, capture_output=True, check=False)
    assert found.returncode == 3 and b"could not be written" in found.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-o", "a.docx"), "the file is to end in one of .md, .tex, .html"),
        (("--fragment",), "--fragment is for LaTeX"),
        (("--format", "json", "--steps", "1"), "not for JSON or code"),
        (("--steps", "99"), "--steps 99: no line of the solution"),
        (("--steps", "1,df/dyy", "--format", "html"), "did you mean"),
    ],
)
def test_what_cannot_be_done_is_told(
    options: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, told = said(capsys, CIRCUIT, *options)
    assert code == 2 and words in told and not out


@pytest.mark.parametrize(
    ("lines", "numbers"),
    [
        ("2", [2]),
        ("3-4", [3, 4]),
        ("1, 5-", [1, 5, 6]),
        ("forward", [1, 2]),
        ("df/dq", [4]),
        ("dq,q", [1, 4]),
        ("backward,1", [1, 3, 4, 5, 6]),
    ],
)
def test_lines_are_chosen(
    lines: str, numbers: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = said(capsys, CIRCUIT, "--steps", lines, "--format", "markdown")
    assert [f"**({at})**" in out for at in range(1, 7)] == [at in numbers for at in range(1, 7)]
    _, out, _ = said(capsys, CIRCUIT, "--steps", lines)
    shown = [int(row[:2]) for row in out.splitlines() if row[:2].strip().isdigit()]
    assert shown == numbers


def test_the_question_tells_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    for style in ("text", "markdown", "latex", "html"):
        code, out, _ = said(capsys, GIVEN, "--sheet", "problem", "--format", style)
        assert code == 0
        for value in ("12.48", "4.16", "Backward pass —", "central differences", "15.5"):
            assert value not in out


def test_the_question_has_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, RELU, "--sheet", "problem")
    assert "Equations y = ReLU(z)" in out
    assert "(j)  (0.2, 0, 0.8, 1.4, 0)" in out
    _, out, _ = said(capsys, RELU, "--sheet", "problem", "--format", "latex")
    assert "(j)" in out and "1.4" in out


def test_the_question_says_how_to_descend(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(ROOT / "problems" / "polynomial-descent.yaml")
    for style in ("text", "markdown", "html"):
        _, out, _ = said(capsys, path, "--sheet", "problem", "--format", style)
        assert "To do: 5 steps." in out and "0.001" in out


def test_a_sheet_has_tables_to_fill_in(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, RELU, "--sheet", "blank")
    assert "Lines 3 to 5, entry by entry:" in out
    assert "4    0.7   ____   0    ____     ____      ____" in out


def test_a_sheet_has_blanks(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, GIVEN, "--sheet", "blank")
    assert "∂L/∂W⁽³⁾ = [ ____  ____ ]" in out
    assert "a⁽¹⁾ = ReLU(W⁽¹⁾ x + b⁽¹⁾) = (4, 5)" in out
    assert "−11.1" not in out


def test_documents_where_signs_cannot_be_written() -> None:
    for style, sign in (("html", "&#"), ("markdown", "&#"), ("latex", "\\partial")):
        found = subprocess.run(
            [sys.executable, "-m", "gradcalc", "solve", RELU, "--format", style],
            capture_output=True,
            env=ASCII,
            check=False,
        )
        assert found.returncode == 0 and not found.stderr
        assert sign in found.stdout.decode("ascii")
