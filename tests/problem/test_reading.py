"""Where the text of a problem comes from: files, standard input, and what is neither."""

from __future__ import annotations

import io
import os
import sys

import pytest

import gradcalc
from gradcalc.problem.text.source import MAX_BYTES, problem_files, read_source

TEXT = "inputs: {x: 3}\nequations: y = x^2\n"


def refusal(path) -> gradcalc.ProblemError:
    with pytest.raises(gradcalc.ProblemError) as caught:
        gradcalc.load(path)
    return caught.value


@pytest.fixture
def write(tmp_path):
    def put(data: bytes):
        path = tmp_path / "p.yaml"
        path.write_bytes(data)
        return path

    return put


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.rstrip().encode(),
        b"# a comment\n\n" + TEXT.encode(),
        b"---\n" + TEXT.encode() + b"...\n",
        b'{"inputs": {"x": 3}, "equations": "y = x^2"}',
        b"equations: y = x^2\ninputs: {x: 3}\n",
    ],
    ids=["plain", "bom", "crlf", "cr", "no-end", "comment", "markers", "json", "order"],
)
def test_the_same_text_in_other_dress_is_the_same_problem(write, data):
    values = gradcalc.solve(gradcalc.load(write(data))).values
    assert {name: float(value) for name, value in values.items()} == {
        "x": 3, "y": 9, "dy/dy": 1, "dy/dx": 6,
    }  # fmt: skip


def test_text_with_a_line_break_is_no_path():
    assert gradcalc.load(TEXT).source.name == "<text>"
    assert gradcalc.load(TEXT).title == "Problem"


def test_a_file_without_title_is_called_by_its_name(write):
    assert gradcalc.load(write(TEXT.encode())).title == "p"
    assert gradcalc.load(str(write(TEXT.encode()))).title == "p"


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert gradcalc.load("-").source.name == "<stdin>"


def test_standard_input_has_no_folder(monkeypatch):
    text = "inputs: {x: {file: x.npy}}\nequations: y = sum(x)\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert "no folder" in refusal("-").message


def test_a_missing_file(tmp_path):
    error = refusal(tmp_path / "none.yaml")
    assert "no such file" in error.message
    assert error.where.endswith("none.yaml")
    assert "none.yaml" in str(error)


def test_a_folder(tmp_path):
    assert "is a folder" in refusal(tmp_path).message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refusal(tmp_path / "pipe").message


@pytest.mark.skipif(sys.platform == "win32", reason="no /dev here")
def test_a_device():
    assert "not a regular file" in refusal("/dev/zero").message


def test_a_loop_of_links(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert "cannot read" in refusal(tmp_path / "a").message


def test_names_that_no_system_allows():
    assert "such a name" in refusal("a\0b").message
    assert "cannot read" in refusal("x" * 5000).message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (TEXT.encode("utf-16"), "is UTF-16, not UTF-8"),
        (b"\x7fELF\0\0\0", "is binary, not UTF-8"),
        ("title: Übung\n".encode("latin-1"), "byte 0xdc in line 1"),
        (b"a: 1\nb: \xff\n", "byte 0xff in line 2"),
        (b"", "the file is empty"),
        (b"# nothing but a comment\n", "the file is empty"),
        (b"inputs: {x: 1\x1b}\n", "control character"),
        (b"inputs: {x: 1}\x00\n" + b" " * 300 + b"\x00", "binary"),
        (b" " * (MAX_BYTES + 1), "larger than 2 MB"),
    ],
)
def test_bytes_that_are_no_problem_file(write, data, words):
    assert words in refusal(write(data)).message


def test_the_largest_file_that_is_read(write):
    data = TEXT.encode() + b"#" * (MAX_BYTES - len(TEXT) - 1) + b"\n"
    assert gradcalc.load(write(data)).loss == "y"


def test_control_characters_are_shown_and_not_sent():
    with pytest.raises(gradcalc.ProblemError) as caught:
        gradcalc.load('title: x\n"a\\x1b[31m": 1\n')
    assert "\x1b" not in str(caught.value)
    assert "\\x1b[31m" in str(caught.value)


def test_the_files_of_a_folder(tmp_path):
    for name in ("b.yaml", "a.yml", ".hidden.yaml", "notes.txt"):
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
    assert problem_files(str(tmp_path)) == [str(tmp_path / "a.yml"), str(tmp_path / "b.yaml")]
    assert problem_files("-") == ["-"]
    assert problem_files("x.yaml") == ["x.yaml"]


def test_a_folder_without_problems(tmp_path):
    with pytest.raises(gradcalc.ProblemError, match=r"no \.yaml file"):
        problem_files(str(tmp_path))


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029"])
def test_signs_that_end_a_line_for_yaml_alone_do_not(sign):
    problem = gradcalc.load(f"title: a{sign}b\n{TEXT}")
    assert problem.title == "a b"
    with pytest.raises(gradcalc.ProblemError) as caught:
        gradcalc.load(f"title: a{sign}b\nzzz: 1\n")
    assert caught.value.span.line == 2


def test_lines_are_counted_as_the_editor_counts(write):
    source = read_source(write(b"a: 1\r\nb: 2\rc: 3\n"))
    assert [source.line(number) for number in range(5)] == ["", "a: 1", "b: 2", "c: 3", ""]
