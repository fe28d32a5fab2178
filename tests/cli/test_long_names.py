"""A name that no file can have: an input is at fault, an output could not be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcalc.cli import run
from gradcalc.cli.output import AT_FAULT

LONG = "x" * 300


@pytest.mark.parametrize(
    "words",
    [
        ("solve", f"{LONG}.yaml"),
        ("check", f"{LONG}.yaml", "-a", "y=1"),
        ("check", "p.yaml", f"{LONG}.txt"),
        ("lint", f"{LONG}.yaml"),
        ("options", f"{LONG}.yaml"),
        ("graph", f"{LONG}.yaml"),
        ("grade", f"{LONG}.yaml", "a.csv", "-o", "o.csv"),
        ("grade", "p.yaml", f"{LONG}.csv", "-o", "o.csv"),
    ],
    ids=lambda words: words[0],
)
def test_an_input_whose_name_is_too_long(
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yaml").write_text("inputs: {x: 2}\nequations: y = x^2\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text("student,y\na,4\n", encoding="utf-8")
    assert run(words) == AT_FAULT
    said = capsys.readouterr().err
    assert "file name too long" in said
    assert "could not be written" not in said
