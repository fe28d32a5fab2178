"""Wide tables: every cell as it is written, every line in exactly one place."""

from __future__ import annotations

import csv
import pickle
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcalc
from gradcalc.errors import ProblemError
from gradcalc.grading.classes.assignment import read_submissions
from gradcalc.grading.submissions.block import BLANK, FORMULA, MAX_CELL, NUMBER, UNREADABLE, Block
from gradcalc.grading.submissions.sources import Reading
from gradcalc.problem.model import Problem

TEXT = """\
inputs: {x: [0.18, 2.42, 1.34]}
targets: {t: -1.29}
weights:
  W1: [[-0.1, 0.19, 0.49], [-0.15, -0.07, -0.48]]
  b1: [-0.36, -0.04]
  W2: [[-0.25, 0.68]]
  b2: [0.26]
activations: [sigmoid, sigmoid]
loss: half_squared_error
"""


@cache
def problem() -> Problem:
    return gradcalc.load(TEXT)


def read(path: Path, data: bytes | str, **how: object) -> list[Block]:
    path = path / "class.csv" if path.is_dir() else path
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(read_submissions([str(path)], problem(), Reading(**how)))  # type: ignore[arg-type]


def one(path: Path, data: bytes | str, **how: object) -> Block:
    (block,) = read(path, data, **how)
    return block


def cells(block: Block, row: int) -> list[float | str | None]:
    """Return what each cell came to: a number, None for a blank, or the reason."""
    found: list[float | str | None] = []
    for at in range(len(block.columns)):
        state = block.state[row, at]
        number = float(block.value[row, at]) if state == NUMBER else None
        found.append(block.reason(row, at) if state == UNREADABLE else number)
    return found


def reasons(block: Block) -> list[tuple[int, str, str]]:
    return [(error.line, error.id, error.reason) for error in block.errors]


def test_plain_rows(tmp_path: Path) -> None:
    block = one(tmp_path, "student_id,z1[1],z1[2],yhat\n007,0.50,-1e-3,2\ns2,1,,.25\n")
    assert block.ids == ("007", "s2")
    assert block.lines == (2, 3)
    assert [str(column) for column in block.columns] == ["z1[1]", "z1[2]", "yhat[1]"]
    assert block.value.tolist() == [[0.5, -0.001, 2], [1, 0, 0.25]]
    assert block.decimals.tolist() == [[2, 3, 0], [0, 0, 2]]
    assert block.significant.tolist() == [[2, 1, 1], [1, 0, 2]]
    assert block.state.tolist() == [[NUMBER] * 3, [NUMBER, BLANK, NUMBER]]
    assert block.text(0, 1) == "-1e-3"
    assert block.text(1, 1) == ""
    assert block.errors == ()


def test_odd_cells_are_read_one_by_one(tmp_path: Path) -> None:
    block = one(
        tmp_path,
        "id,z1[1],z1[2],yhat\n"
        'a,−0.5,1/3,"0,25"\n'
        "b, 0.5 ,_,?\n"
        "c,nan,-,2*x\n"
        'd,[0.5],"1,234",n/a\n'
        "e,x,1 2,[]\n",
    )
    assert cells(block, 0) == [-0.5, 1 / 3, 0.25]
    assert block.significant[0].tolist() == [1, -1, 2]
    assert cells(block, 1) == [0.5, None, None]
    assert cells(block, 2)[1:] == [None, FORMULA]
    assert cells(block, 2)[0] == "nan is not a number that can be compared"
    assert cells(block, 3)[0] == 0.5
    assert cells(block, 3)[1] == 1.234  # one entry is due: a comma is a decimal comma
    assert all(isinstance(cell, str) for cell in cells(block, 4))
    assert block.text(0, 2) == "0,25"


@pytest.mark.parametrize(
    ("data", "values"),
    [
        ("id;z1[1];z1[2]\n1;0,5;1,234\n", [0.5, 1.234]),
        ("sep=;\nid;z1[1];z1[2]\n1;0,5;-,5\n", [0.5, -0.5]),
        ("id\tz1[1]\tz1[2]\n1\t0,5\t2.5\n", [0.5, 2.5]),
        ("\ufeffid,z1[1],z1[2]\r\n1,0.5,2.5\r\n", [0.5, 2.5]),
        ("id,z1[1],z1[2]\r1,0.5,2.5\r", [0.5, 2.5]),
        ('"id","z1[1]","z1[2]"\n"1","0.5","2.5"', [0.5, 2.5]),
        ("\n,,\nid,z1[1],z1[2]\n\n1,0.5,2.5\n,,\n", [0.5, 2.5]),
        ("id,z1[1],z1[2],,\n1,0.5,2.5,,\n", [0.5, 2.5]),
        ("id;z1[1];W1[1,2];z1[2]\n1;0.5;7;2.5\n", [0.5, 2.5]),
        ("id,z1[1],W1[1,2],z1[2]\n1,0.5,7,2.5\n", [0.5, 2.5]),
        ('id, "z1[1]" ,z1[2]\n1, "0.5" , 2.5\n', [0.5, 2.5]),
    ],
)
def test_ways_to_write_a_table(tmp_path: Path, data: str, values: list[float]) -> None:
    block = one(tmp_path, data)
    assert block.ids == ("1",)
    assert [value for value in cells(block, 0) if value is not None] == values
    assert block.errors == ()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-8-sig"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    data = "id;Name;yhat\nmüller;Ö;0,5\n".encode(encoding)
    block = one(tmp_path, data)
    assert block.ids == ("müller",)
    assert cells(block, 0) == [0.5]


def test_whole_quantities_are_split(tmp_path: Path) -> None:
    block = one(
        tmp_path,
        "id\tz1\tdL/dW1\tb\n"
        "a\t0.7 -0.8\t[[1,2,3],[4,5,6.0]]\t\n"
        "b\t[0.7; -0.80]\t1 2 3 4\t\n"
        "c\t\tx\t\n",
    )
    assert len(block.columns) == 8
    assert cells(block, 0) == [0.7, -0.8, 1, 2, 3, 4, 5, 6]
    assert block.decimals[0].tolist() == [1, 1, 0, 0, 0, 0, 0, 1]
    assert block.text(0, 7) == "6.0"
    assert cells(block, 1)[:2] == [0.7, -0.8]
    assert set(cells(block, 1)[2:]) == {"4 entries stand here, 2×3 are due"}
    assert cells(block, 2)[:2] == [None, None]


def test_own_numbers_stand_apart(tmp_path: Path) -> None:
    block = one(tmp_path, "x[2],id,yhat,W2,z1[1]\n2.5,a,1,3 4,5\n,b,1,3 4,5\n1,c,1,3,5\n")
    assert [str(column) for column in block.columns] == ["yhat[1]", "z1[1]"]
    assert [str(column) for column in block.own] == ["x[2]", "W2[1,1]", "W2[1,2]"]
    assert block.parameters is not None
    assert block.parameters.tolist() == [[2.5, 3, 4]]
    assert block.value.tolist() == [[1, 5]]
    assert [error.id for error in block.errors] == ["b", "c"]
    start = block.start({"x": np.zeros(3), "W2": np.zeros((1, 2))})
    assert start["x"].tolist() == [[0, 2.5, 0]]


def test_lost_rows_say_why(tmp_path: Path) -> None:
    long = "9" * (MAX_CELL + 1)
    block = one(
        tmp_path,
        b"id,yhat,L\n,1,2\ns1,1\ns2,1,2,3\ns3,1," + long.encode() + b"\ns4,1\x00,2\n"
        b"s5,\xff,2\ns6,1,2,\n" + b"i" * 300 + b",1,2\n \nm\xc3\xbc,1,2\n",
    )
    assert block.ids == ("s6", "mü")
    assert [(line, reason) for line, _, reason in reasons(block)] == [
        (2, "no student id"),
        (3, "2 cells in this row, 3 are due"),
        (4, "4 cells in this row, 3 are due"),
        (5, "a cell of more than 10000 characters"),
        (6, "a NUL byte stands in this row"),
        (7, "a byte in this row is not UTF-8"),
        (9, "a student id of more than 200 characters"),
    ]


def test_lines_count_within_quotes(tmp_path: Path) -> None:
    block = one(tmp_path, 'id,note,yhat\na,"one\ntwo\n\nthree",1\nb,x,2\nc,"say ""hi""",3\n')
    assert block.lines == (2, 6, 7)
    assert block.value.ravel().tolist() == [1, 2, 3]


def test_a_matrix_on_several_lines_is_one_cell(tmp_path: Path) -> None:
    block = one(tmp_path, 'id,dL/dW1\n1,"1,2,3\n4,5,6"\n2,"[[1,2,3],\n [4,5,6]]"\n')
    assert [cells(block, row) for row in (0, 1)] == [[1, 2, 3, 4, 5, 6]] * 2


@pytest.mark.parametrize(
    ("rows", "lost", "kept"),
    [
        ('s1,"0.5,1\ns2,3,4\ns3,5,6\n', [2], ("s2", "s3")),
        ('s1,"0.5,1\ns2,"3",4\ns3,5,6\n', [2], ("s2", "s3")),
        ('s1,1,"2\ns2,3,4\ns3,5,6"\n', [2], ("s2", "s3")),
        ('s1,1,"2\ns2,3,4\ns3,5,"6"\ns4,7,8\n', [2], ("s2", "s3", "s4")),
        ('s1,1,"2\ns2,3,4"\ns3,5,6\n', [2], ("s2", "s3")),
        (',1,"2\ns2,3,4\nx",5\n', [2, 4], ("s2",)),
        ('"s1,1,2\ns2,3,4\n', [2], ("s2",)),
        ('s1,"1"2,2\ns2,3,4\n', [2], ("s2",)),
        ('s1,1,2\ns2,3,4\ns3,5,"', [4], ("s1", "s2")),
        ('s1,5",2\ns2,3,4\n', [], ("s1", "s2")),
    ],
)
def test_an_open_quote_costs_one_row(
    tmp_path: Path, rows: str, lost: list[int], kept: tuple[str, ...]
) -> None:
    block = one(tmp_path, "id,yhat,L\n" + rows)
    assert block.ids == kept
    assert [line for line, _, _ in reasons(block)] == lost
    for chunk in (1, 2):
        blocks = read(tmp_path, "id,yhat,L\n" + rows, chunk=chunk)
        assert tuple(name for each in blocks for name in each.ids) == kept


def test_a_quote_that_swallows_the_rest_of_a_large_file(tmp_path: Path) -> None:
    rows = [f"s{at:05d},{at / 7:.4f},2" for at in range(20_000)]
    rows[30] = rows[30].replace(",", ',"', 1)
    blocks = read(tmp_path, "id,yhat,L\n" + "\n".join(rows))
    ids = [name for block in blocks for name in block.ids]
    assert len(ids) == 19_999
    assert [error.line for block in blocks for error in block.errors] == [32]


def test_ids_stay_as_they_are(tmp_path: Path) -> None:
    ids = ["007", "1E23", "2024-01-02", "MAR1", "=1+1", "../x", "a b", "Ünï"]
    block = one(tmp_path, "id,yhat\n" + "".join(f" {each} ,1\n" for each in ids))
    assert block.ids == tuple(ids)
    assert one(tmp_path, "E-Mail;yhat\n Bob@X.DE ;1\n").ids == ("bob@x.de",)


def test_a_line_without_end(tmp_path: Path) -> None:
    data = b"id,yhat\na,1\n" + b"x" * 9_000_000 + b"\nb,2\n" + b"y," * 10_000_000 + b"\nc,3"
    blocks = read(tmp_path, data)
    assert tuple(name for block in blocks for name in block.ids) == ("a", "b", "c")
    assert [error.line for block in blocks for error in block.errors] == [3, 5]


def test_blocks_can_go_to_another_process(tmp_path: Path) -> None:
    block = one(tmp_path, 'id,yhat\na,0.50\nb,"x"\n')
    again = pickle.loads(pickle.dumps(block))
    assert again.ids == block.ids
    assert again.text(0, 0) == "0.50"
    assert again.reason(1, 0) == block.reason(1, 0)


@pytest.mark.parametrize("chunk", [1, 2, 7, 100, 4096])
def test_chunks_do_not_matter(tmp_path: Path, chunk: int) -> None:
    rows = "".join(
        f's{at},{at}.5{"0" * (at % 3)},"{at},5"\n' if at % 5 else f's{at},x,"a\nb"\n\n'
        for at in range(50)
    )
    whole = one(tmp_path, "id,yhat,L\n" + rows)
    blocks = read(tmp_path, "id,yhat,L\n" + rows, chunk=chunk)
    assert tuple(name for block in blocks for name in block.ids) == whole.ids
    assert tuple(line for block in blocks for line in block.lines) == whole.lines
    for field in ("value", "decimals", "significant", "state"):
        joined = np.concatenate([getattr(block, field) for block in blocks])
        assert np.array_equal(joined, getattr(whole, field))


ALPHABET = [*'",\n;\r', "0.5", "-1", "s1", "s2", "\x00", "ü", "é", " ", "1e5", "x"]
LINES = st.lists(st.sampled_from(ALPHABET), max_size=40).map("".join)


def accounted(text: str, blocks: Sequence[Block], skipped: int) -> None:
    """Check that every line is in one row, in one error, or blank."""
    told = [line for block in blocks for line in block.lines]
    told += [error.line for block in blocks for error in block.errors]
    assert len(told) == len(set(told))
    lines = text.split("\n")
    assert all(skipped < line <= len(lines) for line in told)
    at = skipped
    while at < len(lines):
        if at + 1 not in told:
            assert not lines[at].strip(',;\t" '), lines[at]
            at += 1
            continue
        following = min((line for line in told if line > at + 1), default=len(lines) + 1)
        gap = [line + "\n" for line in lines[at : following - 1]]
        reader = csv.reader(gap, delimiter=",", skipinitialspace=True)
        next(reader)
        wrong = {error.line for block in blocks for error in block.errors}
        rest = gap[1 if at + 1 in wrong else reader.line_num :]
        assert not any(line.strip(',;\t" \n') for line in rest), rest
        at = following - 1


@given(LINES)
def test_every_line_is_accounted_for(tmp_path_factory: pytest.TempPathFactory, body: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    text = ("id,yhat,L\n" + body).replace("\x00", "?")
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks = read(path, text, chunk=3)
    accounted(plain, blocks, 1)
    whole = tuple(name for block in read(path, text) for name in block.ids)
    assert whole == tuple(name for block in blocks for name in block.ids)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    for lead in (b"", b"id,yhat\n", b"id;yhat;note\n1;2;3\n"):
        try:
            blocks = read(path, lead + data, chunk=2)
        except ProblemError:
            continue
        for block in blocks:
            for row in range(len(block.ids)):
                for at in range(len(block.columns)):
                    block.text(row, at)
                    assert bool(block.reason(row, at)) is bool(block.state[row, at] == UNREADABLE)
