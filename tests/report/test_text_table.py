"""Tables on a page of text: what is left out, narrowed, stacked, and under each other."""

from __future__ import annotations

import pytest

from gradcalc.errors import width
from gradcalc.report.blocks import (
    Across,
    Alternatives,
    Bar,
    Brief,
    PagePlace,
    ReportTable,
    TableColumn,
    VectorCell,
    worded,
)
from gradcalc.report.formats.text import write_blocks
from gradcalc.report.page import Page


def written(table: ReportTable, columns: int = 60) -> list[str]:
    return write_blocks(Page(columns), [table]).plain().splitlines()


def test_a_table_leaves_out_what_is_spare_before_it_is_too_wide() -> None:
    columns = (
        TableColumn("line", "left"),
        TableColumn("right", least=6),
        TableColumn("conv", least=6, spare=1),
        TableColumn("first", least=4, gap=2),
        TableColumn("r", least=5, gap=3, spare=1),
    )
    rows = tuple((f"q{n}", str(n), "0", Bar(n, str(n)), "0.50") for n in (1, 5, 10))
    table = ReportTable(columns, rows, foot=("nothing wrong", 3, "7"))
    for columns_of_page in range(24, 80):
        page = written(table, columns_of_page)
        assert all(width(line) <= columns_of_page for line in page), columns_of_page
    wide = written(table)
    assert wide[0].split() == ["line", "right", "conv", "first", "r"]
    bars = [line.count("█") for line in wide[2:5]]
    assert bars[2] > 0 and bars[1] == bars[2] // 2
    assert wide[5].index("7") == wide[2].index(" 1 ", 20) + 1


def test_numbers_stand_under_each_other() -> None:
    numbers, mixed = ("12.5", "−3", "0.25"), ("12.5", "as above", "0.25")
    table = ReportTable(
        (TableColumn("a", "point"), TableColumn("b", "words", gap=2)),
        tuple(zip(numbers, mixed, strict=True)),
        rule=None,
    )
    assert written(table) == ["a      b", "12.5   12.5", "−3     as above", " 0.25   0.25"]


def test_entries_stand_under_each_other() -> None:
    cells = (
        VectorCell(("−1", "0.5", "2"), 3),
        VectorCell(("10", "0", "−2.25"), 3),
        "none of these",
    )
    table = ReportTable((TableColumn("", "left"),), tuple((cell,) for cell in cells), rule=None)
    assert written(table) == ["(−1, 0.5,  2   )", "(10, 0,   −2.25)", "none of these"]
    assert worded(VectorCell(("1", "2", "3", "4"), 2)) == "(1, 2; 3, 4)"
    assert worded(VectorCell(("1",), 1)) == "1"


STACKED = ReportTable(
    (
        TableColumn("", "left", long="option"),
        TableColumn("value", "left", gap=2),
        TableColumn("from", "left", gap=2),
        TableColumn("what went wrong", "left", gap=2),
    ),
    (
        ("a", "0.5", Alternatives(("x + y",)), "nothing"),
        ("b", "0.25", Alternatives(()), "a factor that has been forgotten"),
    ),
    tones=("value", "plain"),
    rule=2,
    stacked=True,
)


def test_rows_that_are_too_wide_are_stacked() -> None:
    assert written(STACKED, 60)[:3] == [
        "   value  from   what went wrong",
        "  " + "─" * 58,
        "a  0.5    x + y  nothing",
    ]
    assert written(STACKED, 30) == [
        "a  0.5",
        "   x + y",
        "   nothing",
        "",
        "b  0.25",
        "   a factor that has been",
        "     forgotten",
    ]


def test_several_alternatives_are_stacked_on_any_page() -> None:
    row = ("a", "0.5", Alternatives(("x", "y")), "nothing")
    lines = written(ReportTable(STACKED.columns, (row,), stacked=True), 60)
    assert lines == ["a  0.5", "   x", "   y", "   nothing"]


def test_what_is_tight_gives_up_its_gaps_last() -> None:
    table = ReportTable(
        (
            TableColumn("", "left"),
            TableColumn("written", "words", gap=2),
            TableColumn("exact", "words", gap=2, spare=1),
            TableColumn("", "left", gap=2),
        ),
        (
            ("first", "0.123456", "0.5", Brief("✓ f", "right")),
            ("second", "−12.5", "12", Brief("✗", "wrong")),
            Across("3 to 5: all that stands above once more", "✓"),
        ),
        margin=2,
        rule=1,
        tight=True,
        notes=("f: follows",),
        place=PagePlace(0),
    )
    assert written(table, 40) == [
        "          written     exact",
        " " + "─" * 39,
        "  first     0.123456   0.5   ✓ f",
        "  second  −12.5       12     ✗",
        "  3 to 5: all that stands above once",
        "      more                            ✓",
        "",
        "f: follows",
    ]
    assert written(table, 26)[2] == "  first     0.123456  ✓ f"
    assert written(table, 24)[2] == "  first   0.123456  ✓ f"
    assert written(table, 22)[2] == " first  0.123456 ✓ f"


@pytest.mark.parametrize("columns", range(30, 80, 7))
def test_a_title_may_take_what_room_there_is(columns: int) -> None:
    heads = (TableColumn("a long title", "left", over=True), TableColumn("next", "left", gap=2))
    lines = written(ReportTable(heads, (("1", "x"), ("2", "y"))), columns)
    assert lines[0] == "a long title next"
    assert lines[2:] == ["1  x", "2  y"]
