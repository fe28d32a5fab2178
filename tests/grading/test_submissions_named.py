"""JSON lines and long tables: answers that carry their names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.errors import ProblemError
from gradcalc.grading.classes.assignment import preview, read_submissions
from gradcalc.grading.submissions.block import FORMULA, Block
from gradcalc.grading.submissions.sources import Reading
from tests.grading.test_submissions_wide import cells, problem, reasons


def read(path: Path, name: str, text: str | bytes, chunk: int = 4096) -> list[Block]:
    path = path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_submissions([str(path)], problem(), Reading(chunk=chunk)))


def test_json_lines(tmp_path: Path) -> None:
    text = (
        '{"student_id": 7, "answers": {"yhat": 0.50, "z1": [0.1, "0,2"], "answer": "b"}}\n'
        '{"SID": "007", "answers": {"yhat": 1e5, "z1": "0.1; 0.2", "dL/dW1": [[1,2,3],[4,5,null]]},'
        ' "submitted_at": "2026-01-01"}\n'
        "\n"
        '{"email": "A@X.de", "yhat": "x*2", "z1": [1, 2, 3], "L": true}\r\n'
        '{"id": "9", "answers": {"yhat": NaN, "z1[2]": 0.25, "z1": [_]}}\n'
        '{"id": "9", "answers": {"yhat": -Infinity, "z1[2]": 0.25, "z1": [1, 0.5], "L": {}}}\n'
    )
    (block,) = read(tmp_path, "a.jsonl", text)
    assert block.ids == ("7", "007", "a@x.de", "9")
    assert block.lines == (1, 2, 4, 6)
    assert [str(column) for column in block.columns][:4] == ["z1[1]", "z1[2]", "yhat[1]", "L"]
    assert cells(block, 0)[:3] == [0.1, 0.2, 0.5]
    assert block.decimals[0, :3].tolist() == [1, 1, 2]
    assert cells(block, 1)[4:] == [1, 2, 3, 4, 5, None]
    assert cells(block, 2)[:4] == [
        "3 entries stand here, 2 entries are due",
        "3 entries stand here, 2 entries are due",
        FORMULA,
        "true is not a number",
    ]
    assert cells(block, 3)[:4] == [
        1,
        "z1[2] is given twice",
        "-Infinity is not a number that can be compared",
        "names stand here, numbers are due",
    ]
    assert [(line, name) for line, name, _ in reasons(block)] == [(5, "")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nope", "no JSON"),
        ("[1]", "no JSON object"),
        ('{"answers": {}}', "no student id"),
        ('{"id": "", "yhat": 1}', "no student id"),
        ('{"id": ["x"], "yhat": 1}', "no student id"),
        ('{"id": "a", "answers": [1]}', "answers are due by name"),
        ('{"id": "a", "yhat": 1, "yhat": 2}', "the key yhat stands twice"),
        ('{"id": "a", "yhat": ' + "[" * 100_000, "nested too deep"),
        ('{"id": "a"} {"id": "b"}', "no JSON"),
        ("{" + '"id": "' + "9" * 300 + '"}', "more than 200"),
        (b'{"id": "\xff"}', "UTF-8"),
        ("{\x00}", "no JSON"),
        ("{" + "1" * 6_000_000, "no JSON"),
    ],
)
def test_a_broken_line_costs_itself(tmp_path: Path, line: str | bytes, reason: str) -> None:
    raw = line if isinstance(line, bytes) else line.encode()
    good = b'{"id": "s%d", "yhat": 1}\n'
    (block,) = read(tmp_path, "a.jsonl", good % 1 + raw + b"\n" + good % 2)
    assert block.ids == ("s1", "s2")
    ((at, _, found),) = reasons(block)
    assert at == 2
    assert reason in found


def test_hostile_values_cost_their_cell(tmp_path: Path) -> None:
    answers = {"yhat": "9" * 20_000, "L": 10**5000, "z1": [[[[1]]]], "a1": ["\ud800", "1e999"]}
    text = _dumped(answers)
    (block,) = read(tmp_path, "a.jsonl", text)
    assert block.ids == ("s",)
    found = cells(block, 0)
    assert all(isinstance(cell, str) for cell in found), found
    for at in range(len(block.columns)):
        block.text(0, at).encode("utf-8")


def _dumped(answers: dict[str, object]) -> str:
    long = {**answers, "L": "LONG"}
    text = json.dumps({"id": "s", "answers": long})
    return text.replace('"LONG"', "1" + "0" * 5000) + "\n"


def test_own_numbers_come_from_the_teacher_only(tmp_path: Path) -> None:
    text = (
        '{"id": "a", "answers": {"yhat": 1, "x": [0, 0, 0]}, "parameters": {"x": [1, 2, 3]}}\n'
        '{"id": "b", "answers": {"yhat": 1, "x": [0, 0, 0]}}\n'
    )
    (block,) = read(tmp_path, "a.jsonl", text)
    assert block.ids == ("a",)
    assert [str(column) for column in block.columns] == ["yhat[1]"]
    assert block.parameters is not None
    assert block.parameters.tolist() == [[1, 2, 3]]
    assert "own number" in block.errors[0].reason


def test_what_few_name_is_not_asked_of_all(tmp_path: Path) -> None:
    rows = [f'{{"id": "s{at}", "yhat": 1}}' for at in range(30)]
    rows[4] = '{"id": "s4", "yhat": 1, "a1": [1, 2], "nonsense": 3}'
    blocks = read(tmp_path, "a.jsonl", "\n".join(rows), chunk=7)
    assert {block.columns for block in blocks} == {blocks[0].columns}
    assert [str(column) for column in blocks[0].columns] == ["yhat[1]"]
    (source,) = preview([str(tmp_path / "a.jsonl")], problem()).sources
    assert source.ignored == ("nonsense",)
    assert "a1[1], a1[2]" in source.notes[0]


@pytest.mark.parametrize("text", ["", "\n", "{}\n", "[{}]\n", '{"id": "a", "foo": 1}\n', "{\n"])
def test_no_answers_at_all_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProblemError):
        read(tmp_path, "a.jsonl", text)


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
        st.sampled_from(["0.5", "1/3", "_", "x*2", "1 2", "[1;2]", "a"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip
KEYS = st.sampled_from(["id", "student_id", "answers", "yhat", "z1", "z1[1]", "L", "answer", "x"])
LINE = st.one_of(
    st.dictionaries(KEYS, JSON, max_size=5).map(json.dumps),
    st.text(max_size=20),
    st.fixed_dictionaries(
        {"id": st.text(min_size=1, max_size=3), "answers": st.dictionaries(KEYS, JSON)}
    ).map(json.dumps),
)


@given(st.lists(LINE, max_size=6), st.sampled_from([1, 2, 100]))
def test_every_line_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], chunk: int
) -> None:
    text = "\n".join(['{"id": "first", "yhat": 1}', *lines])
    text = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    blocks = read(tmp_path_factory.getbasetemp(), "any.jsonl", text, chunk)
    told = [line for block in blocks for line in block.lines]
    told += [error.line for block in blocks for error in block.errors]
    assert sorted(told) == [
        at for at, line in enumerate(text.split("\n"), 1) if line.encode().strip()
    ]


LONG = "student_id,quantity,index,value,submitted_at\n"


def test_long_tables(tmp_path: Path) -> None:
    text = LONG + (
        's1,yhat,,0.5,\ns1,dL/dW1,"1,2",3,\ns1,z1,,0.1 0.2,\ns2,yhat,,0.4,\ns2,yhat,,0.6,\n'
        "s1,L,,3,\n,L,,3,\ns3,foo,,1,\ns4,L\n\ns5,L,,x,\n"
    )
    (block,) = read(tmp_path, "a.csv", text)
    assert block.ids == ("s1", "s2", "s3", "s5")
    assert block.lines == (2, 5, 9, 12)
    names = [str(column) for column in block.columns]
    assert names == ["z1[1]", "z1[2]", "yhat[1]", "L", "dL/dW1[1,2]"]
    assert cells(block, 0) == [0.1, 0.2, 0.5, 3, 3]
    assert cells(block, 1)[2] == "yhat[1] is given twice, in lines 5 and 6"
    assert cells(block, 2) == [None] * 5
    assert (
        reasons(block)
        == [
            (8, "", "no student id"),
            (10, "", "2 cells in this row, 5 are due"),
        ]
        or reasons(block)[1][0] == 10
    )


def test_long_tables_with_times_hold_several_submissions(tmp_path: Path) -> None:
    text = LONG + (
        "s1,yhat,,0.5,2026-01-01\ns1,L,,1,2026-01-01\n"
        "s1,yhat,,0.6,2026-01-02\ns1,L,,2,2026-01-02\n"
        "s2,yhat,,0.5,2026-01-01\ns2,L,,1,2026-01-03\n"
    )
    (block,) = read(tmp_path, "a.csv", text)
    assert block.ids == ("s1", "s1", "s2")
    assert block.value.tolist() == [[0.5, 1], [0.6, 2], [0.5, 1]]


def test_long_tables_of_several_problems(tmp_path: Path) -> None:
    title = problem().title
    text = f"id,problem,quantity,value\ns1,{title},L,1\ns1,other,L,2\ns2,other,L,3\n"
    if title:
        (block,) = read(tmp_path, "a.csv", text)
        assert block.ids == ("s1",)
        assert block.value.tolist() == [[1]]
    with pytest.raises(ProblemError, match="the problem other"):
        read(tmp_path, "a.csv", "id,problem,quantity,value\ns1,other,L,2\n")


@pytest.mark.parametrize("chunk", [1, 3, 50])
def test_scattered_rows_come_together(tmp_path: Path, chunk: int) -> None:
    rows = [f"s{at},{name},,{at}.25," for name in ("yhat", "L", "z1[1]") for at in range(40)]
    blocks = read(tmp_path, "a.csv", LONG + "\n".join(rows), chunk)
    found = {name: cells(block, row) for block in blocks for row, name in enumerate(block.ids)}
    assert found == {f"s{at}": [at + 0.25] * 3 for at in range(40)}
    assert sum(len(block.ids) for block in blocks) == 40
