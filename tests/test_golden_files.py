"""Golden files are compared by their bytes, and written on request alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import shown


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shown, "ROOT", tmp_path)
    monkeypatch.setattr(shown, "UPDATE", False)
    return tmp_path / "golden" / "page.txt"


def failure(path: Path, text: str) -> str:
    with pytest.raises(pytest.fail.Exception) as caught:
        shown.golden(path, text)
    return str(caught.value)


def test_a_missing_file_says_how_it_is_written(path: Path) -> None:
    assert failure(path, "a") == f"golden/page.txt is missing; {shown.HOW}"
    assert not path.exists()


def test_what_differs_is_shown_as_a_short_diff(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir()
    path.write_bytes(b"one\ntwo\nthree\n")
    assert failure(path, "one\n2\nthree\n").split("\n") == [
        "--- golden/page.txt (kept)",
        "+++ golden/page.txt (now)",
        *("@@ -1,3 +1,3 @@", " one", "-two", "+2", " three"),
        shown.HOW,
    ]
    monkeypatch.setattr(shown, "MOST", 4)
    assert failure(path, "1\ntwo\nthree\n").split("\n")[3:] == ["-one", "… 2 more lines", shown.HOW]


def test_files_are_written_on_request(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "UPDATE", True)
    shown.golden(path, "σ\r\n")
    assert path.read_bytes() == "σ\r\n".encode()
    monkeypatch.setattr(shown, "UPDATE", False)
    shown.golden(path, "σ\r\n")
    assert "σ" in failure(path, "σ\n")
