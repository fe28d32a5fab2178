"""Gradebooks that the platforms' readers accept, and in which no cell is a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.grading.classes.gradebook import (
    FORMS,
    Gradebook,
    GradebookEntry,
    number,
    safe,
    written,
)

ENTRIES = (
    GradebookEntry(
        "007", 12.5, (1.0, 0.25), "marked", "first wrong: z1", "Ada King Lovelace", "a@b.c"
    ),
    GradebookEntry("=1+1", None, (), "unreadable", "line 4: no numbers", "@SUM(A1)", "-x@y.z"),
)


def rows(form: str) -> list[list[str]]:
    book = Gradebook(form, "Homework 4 (12)", 13.0, ("z1", "dL/dW1"))
    text = book.head() + "".join(book.line(entry) for entry in ENTRIES)
    return list(csv.reader(io.StringIO(text)))


def test_plain():
    assert rows("plain") == [
        ["student", "score", "max_score", "z1", "dL/dW1", "status", "note"],
        ["007", "12.5", "13", "1", "0.25", "marked", "first wrong: z1"],
        ["'=1+1", "", "13", "", "", "unreadable", "line 4: no numbers"],
    ]


def test_canvas_takes_the_title_without_a_number_in_brackets():
    found = rows("canvas")
    assert found[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Homework 4"]
    assert "Points Possible" in found[1][0] and found[1][-1] == "13"
    assert found[2] == ["Ada King Lovelace", "", "007", "a@b.c", "", "12.5"]


def test_moodle():
    found = rows("moodle")
    assert found[0][:3] == ["Username", "ID number", "Email address"]
    assert found[1] == ["007", "007", "a@b.c", "12.5", "first wrong: z1"]


def test_gradescope():
    found = rows("gradescope")
    assert found[0][:7] == [
        "First Name",
        "Last Name",
        "SID",
        "Email",
        "Total Score",
        "Max Points",
        "Status",
    ]
    assert found[1][:7] == ["Ada King", "Lovelace", "007", "a@b.c", "12.5", "13", "Graded"]
    assert found[2][6] == "Ungraded"


def test_brightspace_marks_keys_and_ends_of_lines():
    found = rows("brightspace")
    assert found[0][0] == "OrgDefinedId" and found[0][-1] == "End-of-Line Indicator"
    assert "MaxPoints:13" in found[0][1]
    assert found[1] == ["#007", "12.5", "#"]


@pytest.mark.parametrize("form", FORMS)
def test_every_row_has_as_many_cells_as_the_head(form):
    assert len({len(row) for row in rows(form)}) == 1


@given(st.text(max_size=30))
def test_no_cell_is_a_formula_and_numbers_stay_numbers(text):
    cell = safe(text)
    if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n"):
        float(cell)
    (row,) = csv.reader(io.StringIO(written([["x", text]]), newline=""))
    assert row == ["x", cell]


@given(st.floats(0, 1e6))
def test_points_are_written_short(value):
    assert abs(float(number(value)) - value) <= 0.5e-4 + 1e-9
    assert "e" not in number(value) and not number(value).endswith(".")


def test_negative_numbers_are_no_formulas():
    assert [safe(text) for text in ("-0.5", "+1e-3", "-x", "=1", "@a")] == [
        "-0.5",
        "+1e-3",
        "'-x",
        "'=1",
        "'@a",
    ]
