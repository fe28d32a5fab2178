"""Folders, archives and downloads of platforms: one answer sheet a student."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradcalc.errors import ProblemError
from gradcalc.grading.classes.assignment import chosen_rows, preview, read_submissions
from gradcalc.grading.submissions.block import Block
from gradcalc.grading.submissions.downloads import read_metadata
from gradcalc.grading.submissions.sources import Reading
from tests.grading.test_submissions_wide import cells, problem, reasons


def read(path: Path, **how: object) -> list[Block]:
    return list(read_submissions([str(path)], problem(), Reading(**how)))  # type: ignore[arg-type]


def filled(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder


def packed(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


SHEETS: dict[str, str | bytes] = {
    "anna.yaml": "yhat: 0.50\nz1: [0.1, 0.2]\n",
    "ben (1).txt": "yhat = 0.57\ndL/dW1 = [[1,2],[3,4]]\n",
    "c.json": '{"answers": {"yhat": "x*2", "x": [9, 9, 9]}}',
    "d.yml": b"\xff\xfe" + "yhat: −0,5\n".encode("utf-16-le"),
    "sub/e.yaml": "yhat: 1\n",
    ".DS_Store": b"\x00",
    "~$x.yaml": "yhat: 1",
    "__MACOSX/anna.yaml": "yhat: 1",
    "z.pdf": b"%PDF",
    "bin.yaml": b"\x00\x01",
    "broken.json": '{"answers": ',
    "empty.yaml": "",
}


@pytest.mark.parametrize("kind", ["folder", "archive"])
@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_a_folder_of_sheets(tmp_path: Path, kind: str, chunk: int) -> None:
    path = tmp_path / "sheets"
    source = filled(path, SHEETS) if kind == "folder" else packed(tmp_path / "s.zip", SHEETS)
    blocks = read(source, chunk=chunk)
    found = {name: (block, row) for block in blocks for row, name in enumerate(block.ids)}
    assert list(found) == ["anna", "ben (1)", "c", "d", "e"]
    names = [str(column) for column in blocks[0].columns]
    assert names[:3] == ["z1[1]", "z1[2]", "yhat[1]"]
    assert cells(*found["anna"])[:3] == [0.1, 0.2, 0.5]
    assert found["anna"][0].decimals[found["anna"][1], 2] == 2
    assert cells(*found["ben (1)"])[3] == "4 entries stand here, 6 are due"
    assert cells(*found["c"])[2] == "a formula; check reads them"
    assert cells(*found["d"])[2] == -0.5
    errors = {error.id: error.reason for block in blocks for error in block.errors}
    assert list(errors) == ["bin", "broken", "empty"]
    assert errors["bin"] == "binary, not text"
    (shown,) = preview([str(source)], problem()).sources
    assert set(shown.ignored) == {".DS_Store", "~$x.yaml", "__MACOSX/anna.yaml", "z.pdf"}


def test_a_single_sheet(tmp_path: Path) -> None:
    (block,) = read(filled(tmp_path, {"anna.yaml": "yhat: 0.5\n"}) / "anna.yaml")
    assert block.ids == ("anna",)


def test_ids_by_a_pattern(tmp_path: Path) -> None:
    folder = filled(tmp_path / "f", {"hw1_007_a.yaml": "yhat: 1", "hw1_x.yaml": "yhat: 1"})
    (block,) = read(folder, pattern=r"hw1_(?P<student_id>\d+)_")
    assert block.ids == ("007",)
    for wrong in ("(", r"\d+", "(?P<name>x)", "(" * 5000):
        with pytest.raises(ProblemError):
            read(folder, pattern=wrong)


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = filled(tmp_path / "outside", {"secret.yaml": "yhat: 1"})
    folder = filled(tmp_path / "f", {"a.yaml": "yhat: 1"})
    (folder / "link.yaml").symlink_to(outside / "secret.yaml")
    (folder / "linked").symlink_to(outside)
    os.mkfifo(folder / "pipe.yaml")
    (block,) = read(folder)
    assert block.ids == ("a",)


CANVAS: dict[str, str | bytes] = {
    "annab_123_456_answers.yaml": "yhat: 0.5\n",
    "bob_LATE_124_457_answers-1.txt": "yhat = 0.4",
    "carl_125_458_a.pdf": b"x",
    "../../evil_126_459_x.txt": "yhat = 3",
    "dora_127_500_text.html": "<p>yhat = 0.25</p><p>L &lt; 2</p>",
    "anon_ab12_900_x.yaml": "yhat: 0.75",
}


def test_a_download_from_canvas(tmp_path: Path) -> None:
    (block,) = read(packed(tmp_path / "submissions.zip", CANVAS))
    values = dict(zip(block.ids, block.value[:, 0].tolist(), strict=True))
    assert values == {"123": 0.5, "124": 0.4, "127": 0.25, "ab12": 0.75}
    assert reasons(block)[0][1:] == ("125", "no answer file")
    assert not (tmp_path.parent / "evil_126_459_x.txt").exists()


def test_a_download_from_moodle(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "Anna B_12_assignsubmission_file/a.yaml": "yhat: 0.5\n",
        "Bob C_13_assignsubmission_onlinetext/onlinetext.html": "<p>yhat = 0.25<br>L = 2</p>",
        "Carl_14_assignsubmission_file_/a.yaml": "yhat: 1\n",
        "Dora_15_assignsubmission_file/a.yaml": "yhat: 1\n",
        "Dora_15_assignsubmission_file/b.yaml": "yhat: 1\n",
    }
    for source in (packed(tmp_path / "m.zip", files), filled(tmp_path / "m", files)):
        (block,) = read(source)
        assert block.ids == ("12", "13", "14")
        assert block.value[1].tolist() == [0.25, 2]
        assert reasons(block)[0][1:] == ("15", "2 answer files: a.yaml, b.yaml")


METADATA = """\
submission_1:
  :submitters:
  - :name: Anna
    :sid: "00123"
    :email: a@x
  - :name: Bob
    :sid:
    :email: B@x
  :created_at: 2026-01-01 10:00:00.000000000 Z
  :score: 1.0
  :results:
    tests:
    - name: !ruby/object:X a
      submitters: [{sid: 9}]
      &a b: *a
  :history:
  - :created_at: 2025-01-01 10:00:00 Z
submission_2:
  :submitters: []
  :created_at: 2026-01-03 10:00:00 Z
submission_3:
  :submitters:
  - :name: Anna
    :sid: '00123'
  :created_at: 2026-01-02 10:00:00.000000000 Z
"""


def test_a_download_from_gradescope(tmp_path: Path) -> None:
    text = METADATA.replace("      &a b: *a\n", "")
    folder = filled(
        tmp_path / "assignment_1_export",
        {
            "submission_metadata.yml": text,
            "submission_1/a.yaml": "yhat: 0.5\n",
            "submission_3/a.yaml": "yhat: 0.75\n",
            "submission_9/a.yaml": "yhat: 1\n",
        },
    )
    for source in (folder, tmp_path):
        (block,) = read(source)
        assert block.ids == ("00123", "b@x", "00123")
        assert block.value.ravel().tolist() == [0.5, 0.5, 0.75]
        assert [reason for _, _, reason in reasons(block)] == ["no student id"]
        chosen = chosen_rows([str(source)], problem())
        after = chosen.apply(block)
        assert after.ids == ("b@x", "00123")
        assert after.value.ravel().tolist() == [0.5, 0.75]
        assert [error.duplicate for error in after.errors] == [True, False]
    found = dict(read_metadata(text))
    assert found["submission_3"] == (["00123"], "2026-01-02 10:00:00.000000000 Z")


@pytest.mark.parametrize("text", ["a: [", "- 1", "", "x", "a: b", "submission_1: {:submitters: x}"])
def test_broken_metadata(tmp_path: Path, text: str) -> None:
    folder = filled(
        tmp_path, {"submission_metadata.yml": text, "submission_1/a.yaml": "yhat: 0.5\n"}
    )
    try:
        (block,) = read(folder)
    except ProblemError:
        return
    assert not block.ids


def test_a_table_in_an_archive(tmp_path: Path) -> None:
    path = packed(tmp_path / "form.zip", {"Form.csv": "id,yhat\n1,0.5\n", "__MACOSX/x.csv": "a"})
    (block,) = read(path)
    assert block.source == f"{path}/Form.csv"
    assert block.ids == ("1",)


def test_archives_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = b" " * 1_500_000 + b"yhat: 1"
    path = packed(tmp_path / "b.zip", {"a.yaml": "yhat: 0.5\n", "b.yaml": bomb, "c.yaml": "x" * 10})
    (block,) = read(path)
    assert block.ids == ("a",)
    assert block.errors[0].reason == "packed more than 200 times: not unpacked"
    big = os.urandom(2_100_000)
    (block,) = read(packed(tmp_path / "c.zip", {"a.yaml": "yhat: 1", "b.yaml": big}))
    assert block.errors[0].reason == "larger than 2 MB"
    monkeypatch.setattr("gradcalc.grading.submissions.downloads.MAX_TOTAL", 5)
    with pytest.raises(ProblemError, match="holds more than"):
        read(path)
    monkeypatch.setattr("gradcalc.grading.submissions.downloads.MAX_MEMBERS", 2)
    with pytest.raises(ProblemError, match="more than 2 files"):
        read(path)


def test_damaged_archives(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.yaml": "yhat: 0.5\n", "b.yaml": os.urandom(500)})
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        path.write_bytes(bytes(damaged))
        try:
            read(path)
        except ProblemError:
            continue
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ProblemError):
        read(path)


@pytest.mark.parametrize(
    ("name", "files", "hint"),
    [
        ("w.xlsx", {"[Content_Types].xml": "x"}, "save it as CSV"),
        ("w.ods", {"mimetype": "x", "a.yaml": "yhat: 1"}, "save it as CSV"),
        ("e.zip", {}, "sheets end in"),
        ("n.zip", {"a.pdf": "x"}, "sheets end in"),
    ],
)
def test_archives_that_are_no_class(
    tmp_path: Path, name: str, files: dict[str, str | bytes], hint: str
) -> None:
    if not files:
        (tmp_path / "e.zip").mkdir()
        path = tmp_path / "e.zip"
    else:
        path = packed(tmp_path / name, files)
    with pytest.raises(ProblemError) as caught:
        read(path)
    assert hint in str(caught.value)


class Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "stdin", Stdin(b"id,yhat\na,1\na,2\nb,3\n"))
    yield


@pytest.mark.usefixtures("typed")
def test_standard_input_can_be_gone_through_twice() -> None:
    chosen = chosen_rows(["-"], problem(), policy="last")
    (block,) = map(chosen.apply, read_submissions(["-"], problem()))
    assert block.source == "<stdin>"
    assert block.ids == ("a", "b")
    assert block.value.tolist() == [[2], [3]]


@pytest.mark.parametrize("path", ["/dev/null", "/nowhere/x.csv", "a\0b", "", "/", "/proc/self/mem"])
def test_what_is_no_file(path: str) -> None:
    with pytest.raises(ProblemError):
        list(read_submissions([path], problem()))


def test_a_file_twice(tmp_path: Path) -> None:
    path = str(filled(tmp_path, {"a.csv": "id,yhat\na,1\n"}) / "a.csv")
    with pytest.raises(ProblemError, match="given twice"):
        list(read_submissions([path, path], problem()))
