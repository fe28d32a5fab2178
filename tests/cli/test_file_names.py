"""Names of files that are read alike by every system."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcalc.cli import output as files
from gradcalc.cli import run
from gradcalc.errors import OutputError
from gradcalc.problem.text.source import is_device
from gradcalc.report.results.feedback import file_name

DEVICES = (
    "con",
    "PRN",
    "Aux",
    "nul",
    "COM1",
    "lpt9",
    "com¹",
    "LPT³",
    "con.txt",
    "nul .x",
    "CONIN$",
)
USUAL = ("console", "com", "com10", "lpta", "a.con", "null", "connie", "aux1")


def test_devices_of_windows() -> None:
    assert all(map(is_device, DEVICES))
    assert not any(map(is_device, USUAL))
    for student in DEVICES:
        assert not is_device(file_name(student, "md")), student
    assert file_name("console", "md") == "console.md"
    assert file_name("con", "md") != file_name("CON", "md")


def test_feedback_has_names_for_every_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text("inputs: {x: 2}\nequations: y = x^2\n", encoding="utf-8")
    ids = ("Anna", "con", "COM1.x", "b")
    rows = "".join(f"{each},4\n" for each in ids)
    Path("a.csv").write_text(f"student,y\n{rows}", encoding="utf-8")
    assert run(["grade", "p.yaml", "a.csv", "-o", "o.csv", "--feedback", "f"]) == 0
    names = sorted(path.name for path in Path("f").iterdir())
    assert len({name.lower() for name in names}) == len(ids)
    assert {"Anna.md", "b.md"} <= set(names)
    assert not any(map(is_device, names))


def test_an_output_that_windows_takes_for_a_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "WINDOWS", True)
    with pytest.raises(OutputError, match=r"con\.md could not be written: on Windows it names a"):
        files.write_file(tmp_path / "con.md", "x")
    files.write_file(tmp_path / "console.md", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["console.md"]
