"""What the columns of a table are taken for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gradcalc.errors import ProblemError, Source
from gradcalc.grading.answers.names import Quantities
from gradcalc.grading.classes.assignment import preview, read_submissions
from gradcalc.grading.submissions.block import Column
from gradcalc.grading.submissions.headers import read_columns_file, read_headers
from gradcalc.grading.submissions.sources import Reading
from tests.grading.test_submissions_wide import problem


def meant(names: list[str], mapping: Mapping[str, str] | None = None) -> dict[str, object]:
    found = read_headers(names, Quantities(problem()), mapping)
    shown: dict[str, object] = {
        role: names[at]
        for role, at in (
            ("id", found.id),
            ("stamp", found.stamp),
            ("name", found.name),
            ("email", found.email),
        )
        if at is not None
    }
    shown |= {names[at]: str(column) for at, column in found.entries.items()}
    shown |= {names[at]: name for at, name in found.wholes.items()}
    shown |= {names[at]: f"own {column}" for at, column in found.parameters.items()}
    shown |= {names[at]: f"own {name}" for at, name in found.whole_parameters.items()}
    return shown


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["student_id", "yhat"], {"id": "student_id", "yhat": "yhat[1]"}),
        (["SID", "∂L/∂W1[1,2]"], {"id": "SID", "∂L/∂W1[1,2]": "dL/dW1[1,2]"}),
        (["ID number", "dW1", "L"], {"id": "ID number", "dW1": "dL/dW1", "L": "L"}),
        (["E-Mail", " z1 "], {"id": "E-Mail", "email": "E-Mail", " z1 ": "z1"}),
        (
            ["Email address", "Full name", "SIS User ID", "L"],
            {"id": "SIS User ID", "email": "Email address", "name": "Full name", "L": "L"},
        ),
        (["Student", "ID", "L"], {"id": "ID", "name": "Student", "L": "L"}),
        (["student", "score", "L"], {"id": "student", "L": "L"}),
        (
            ["Timestamp", "Username", "z1", "z1 [Score]", "z1 [Feedback]"],
            {"id": "Username", "stamp": "Timestamp", "z1": "z1"},
        ),
        (
            ["id", "x[1]", "W1[2,3]", "x[2]", "b1", "L"],
            {
                "id": "id",
                "x[1]": "own x[1]",
                "x[2]": "own x[2]",
                "W1[2,3]": "own W1[2,3]",
                "b1": "own b1",
                "L": "L",
            },
        ),
    ],
)
def test_headers(names: list[str], expected: dict[str, str]) -> None:
    assert meant(names) == expected


def test_what_is_unknown_is_named() -> None:
    found = read_headers(["id", "L", "comment", "dL/dW9", ""], Quantities(problem()))
    assert found.ignored == ("comment", "dL/dW9", "")
    assert found.entries == {1: Column("L")}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["id", "foo"], "no column is a quantity"),
        (["yhat", "L"], "no column holds the students' ids"),
        (["id", "yhat", "yhat[1]"], "stands in two columns, 2 and 3"),
        (["id", "z1", "z1[2]"], "stands in two columns, 2 and 3"),
        (["id", "id", "L"], "two columns are called id"),
        (["id", "dL/dW3"], "did you mean"),
        ([], "no column is a quantity"),
    ],
)
def test_headers_that_are_refused(names: list[str], words: str) -> None:
    with pytest.raises(ProblemError) as caught:
        read_headers(names, Quantities(problem()))
    assert words in str(caught.value)


FORM = ["Timestamp", "Email", "Q1 Loss?", "Q1 Loss? [Score]", "Q2 dL/dW[1,2]", "Q10 Other", "Nr"]


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"L": "Q1 *"}, {"Q1 Loss?": "L"}),
        ({"L": "q1 loss?"}, {"Q1 Loss?": "L"}),
        ({"dL/dW1[1,2]": "Q2 dL/dW[1,2]"}, {"Q2 dL/dW[1,2]": "dL/dW1[1,2]"}),
        ({"z1": "*Other", "id": "Nr"}, {"Q10 Other": "z1", "id": "Nr"}),
        ({"L": "Q1 Loss? [[]Score]", "submitted_at": "Nr"}, None),
    ],
)
def test_columns_as_forms_name_them(
    mapping: dict[str, str], expected: dict[str, str] | None
) -> None:
    if expected is None:
        with pytest.raises(ProblemError, match="no column fits"):
            meant(FORM, mapping)
        return
    found = meant(FORM, mapping)
    assert {key: found[key] for key in expected} == expected
    assert found["id"] == expected.get("id", "Email")


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"L": "Q1*"}, "fits 2 columns: Q1 Loss?, Q10 Other"),
        ({"L": "Q7*"}, "no column fits Q7*"),
        ({"foo": "Q10*"}, "foo is not a quantity"),
        ({"L": "Q1 *", "L[1]": "Q10*"}, "stands in two columns"),
    ],
)
def test_columns_that_fit_badly(mapping: dict[str, str], words: str) -> None:
    with pytest.raises(ProblemError) as caught:
        meant(FORM, mapping)
    assert words in str(caught.value)


def test_a_file_of_columns() -> None:
    text = 'dL/dyhat: "Q3*"\nid: Matrikel\n'
    found = read_columns_file(Source("columns.yaml", text), Quantities(problem()))
    assert found == {"dL/dyhat": "Q3*", "id": "Matrikel"}
    for wrong in ("dL/dyhatt: Q3\n", "L: [a]\n", "L:\n", "- L\n"):
        with pytest.raises(ProblemError) as caught:
            read_columns_file(Source("columns.yaml", wrong), Quantities(problem()))
        assert "columns.yaml:1" in str(caught.value)


def test_places_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=;\n\nid;yhat;L;yhat\n1;2;3;4\n")
    with pytest.raises(ProblemError) as caught:
        list(read_submissions([str(path)], problem()))
    assert "a.csv:3:4" in str(caught.value) or "a.csv:3:11" in str(caught.value)


def test_a_preview_shows_what_was_understood(tmp_path: Path) -> None:
    path = tmp_path / "form.csv"
    path.write_text("id;Q1;note;dL/dW9\n1;0,5;x;3\n2;1/3;;\n;1;;\n3;x*2;;\n", encoding="utf-8")
    (source,) = preview([str(path)], problem(), Reading({"L": "Q*"}), rows=2).sources
    assert (source.encoding, source.separator) == ("utf-8", "semicolon")
    assert dict(source.meanings) == {
        "id": "id",
        "Q1": "L",
        "note": "not read",
        "dL/dW9": "not read",
    }
    assert "dL/dW9 is not a quantity" in source.notes[0]
    assert [(row.line, row.id, row.cells) for row in source.rows] == [
        (2, "1", (("L", "0,5", "0.5"),)),
        (3, "2", (("L", "1/3", "0.333333333333333"),)),
    ]
    lines = list(preview([str(path)], problem(), Reading({"L": "Q*"})).lines())
    assert "  line 4  (no id): no student id" in lines
    assert "    L = x*2  read as nothing: a formula; check reads them" in lines
