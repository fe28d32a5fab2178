"""`--format` and `-o` mean the same wherever documents are written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradcalc.cli import run
from gradcalc.cli.formats import write_documents
from gradcalc.errors import width
from gradcalc.report.blocks import Document, Paragraph
from tests.shown import ROOT

CIRCUIT = str(ROOT / "problems" / "scalar-circuit.yaml")
OPTIONS = str(ROOT / "problems" / "relu-squared-loss.yaml")
CALLS = {
    "solve": (CIRCUIT,),
    "check": (CIRCUIT, "-a", "df/dx = 3"),
    "options": (OPTIONS, "--options"),
}
ENDINGS = {
    "txt": "text",
    "md": "markdown",
    "markdown": "markdown",
    "tex": "latex",
    "html": "html",
    "htm": "html",
    "json": "json",
}
every_call = pytest.mark.parametrize("name", CALLS)


def called(capsys: pytest.CaptureFixture[str], *call: str) -> tuple[int, str, str]:
    code = run(call)
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def call_of(name: str, *more: str) -> tuple[str, ...]:
    return ("check" if name == "options" else name, *CALLS[name], *more)


@every_call
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_ending_of_a_file_says_the_format(
    name: str, ending: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / f"a.{ending}"
    code, out, told = called(capsys, *call_of(name, "-o", str(target)))
    assert code in (0, 1) and not out and not told
    again = called(capsys, *call_of(name, "--format", ENDINGS[ending]))
    assert again == (code, target.read_text(encoding="utf-8"), "")


@every_call
def test_a_file_keeps_its_width(
    name: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    target = tmp_path / "a.txt"
    called(capsys, *call_of(name, "-o", str(target)))
    lines = target.read_text(encoding="utf-8").splitlines()
    assert 40 < max(map(width, lines)) <= 80


@every_call
def test_another_ending_needs_a_format(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = str(tmp_path / "a.docx")
    code, out, told = called(capsys, *call_of(name, "-o", target))
    assert code == 2 and not out
    assert "the file is to end in one of .md, .tex, .html, .txt, .json" in told
    assert called(capsys, *call_of(name, "--format", "html", "-o", target))[1:] == ("", "")
    assert Path(target).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_what_is_read_is_not_overwritten(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "answers"
    folder.mkdir()
    mine = folder / "mine.txt"
    mine.write_text("df/dx = 3\n", encoding="utf-8")
    for answers in (mine, folder):
        code, out, told = called(capsys, "check", CIRCUIT, str(answers), "-o", str(mine))
        assert code == 2 and not out and "would be overwritten" in told
        assert mine.read_text(encoding="utf-8") == "df/dx = 3\n"


def test_a_sheet_of_answers_is_written_into_any_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "sheet.dat"
    assert called(capsys, "check", CIRCUIT, "--sheet", "-o", str(target)) == (0, "", "")
    assert called(capsys, "check", CIRCUIT, "--sheet") == (0, target.read_text("utf-8"), "")


def test_records_and_annotations_go_into_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "a.jsonl"
    called(capsys, "check", CIRCUIT, "-a", "df/dx = 3", "-o", str(target))
    assert json.loads(target.read_text("utf-8"))
    called(capsys, *call_of("check", "--format", "github", "-o", str(target)))
    assert target.read_text("utf-8").startswith("::")


@pytest.mark.parametrize("style", ["text", "markdown", "latex", "html"])
def test_documents_are_written_at_once(
    style: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    documents = [Document(name, "kind", (Paragraph("∂L is a word."),)) for name in "ab"]
    write_documents(documents, style, None)
    out = capsys.readouterr().out
    target = tmp_path / "file"
    write_documents(documents, style, target)
    assert capsys.readouterr().out == ""
    assert out == target.read_text(encoding="utf-8")
