"""A rich console shows a report as wide as there is room, wherever it stands."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, Group
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table

import gradcalc
from gradcalc.cli.output import PIPED
from gradcalc.errors import width
from gradcalc.grading.classes.assignment import Assignment
from gradcalc.grading.classes.result import ClassResult
from gradcalc.grading.classes.tally import Tally
from gradcalc.report.notebook import NARROWEST, WIDEST
from gradcalc.report.page import Page, paint, printable
from gradcalc.report.solution.page import page
from gradcalc.report.steps.view import View
from tests.shown import ROOT

HAND = ROOT / "problems" / "hand-calculation.yaml"
OPTIONS = ROOT / "problems" / "relu-squared-loss.yaml"
KINDS = ("solution", "check", "checks", "options", "lint", "class")


def report(kind: str, folder) -> gradcalc.Report:
    hand, options = gradcalc.load(HAND), gradcalc.load(OPTIONS)
    review = gradcalc.check(hand, "z2 = 0.29\ndL/dz2 = 3")
    if kind == "class":
        table = folder / "class.csv"
        table.write_text("id,z2,dL/dz2\nanna,0.29,0.456\nben,0.29,3\n", encoding="utf-8")
        given = Assignment(str(HAND), (str(table),))
        tally = Tally((), given.scheme)
        for block in given.blocks():
            tally.add(given.marker.mark(block))
        return gradcalc.show(ClassResult(tally, read=2), given.problem)
    results = {
        "solution": lambda: gradcalc.solve(hand),
        "check": lambda: review,
        "checks": lambda: [review, gradcalc.check(hand, "z2 = 7")],
        "options": lambda: gradcalc.check_options(options),
        "lint": lambda: gradcalc.lint(options),
    }
    return gradcalc.show(results[kind]())


def shown(renderable: object, columns: int, encoding: str = "utf-8", **more: object) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    console = Console(file=stream, width=columns, height=400, **more)
    console.print(renderable)
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("kind", KINDS)
def test_every_result_fits_the_console(kind: str, tmp_path) -> None:
    made = report(kind, tmp_path)
    assert shown(made, PIPED) == str(made)
    for columns in (NARROWEST, 47, 60, 79, WIDEST, 200):
        text = shown(made, columns)
        assert max(map(width, text.splitlines())) <= min(columns, WIDEST)
    assert shown(made, PIPED, "ascii").isascii()


@pytest.mark.parametrize("kind", KINDS)
def test_a_panel_frames_every_line(kind: str, tmp_path) -> None:
    made = report(kind, tmp_path)
    for columns in (60, 84, 150):
        text = shown(Panel(made, expand=False), columns).splitlines()
        inner = shown(made, min(columns - 4, WIDEST)).splitlines()
        assert [line[2:-2].rstrip() for line in text[1:-1]] == inner
        assert {width(line) for line in text} == {min(columns, WIDEST + 4)}


def test_two_reports_stand_beside_each_other(tmp_path) -> None:
    made = report("solution", tmp_path)
    layout = Layout()
    layout.split_row(Layout(made), Layout(report("check", tmp_path)))
    text = shown(layout, 120)
    assert max(map(width, text.splitlines())) <= 120
    left = shown(made, 60).splitlines()
    assert [line[:60].rstrip() for line in text.splitlines()][: len(left)] == left
    grid = Table.grid(expand=True)
    grid.add_row(made, Group(made, made))
    assert shown(grid, 140).count("Forward pass") == 3


def test_a_recorded_console_keeps_text_and_styles(tmp_path) -> None:
    made = report("solution", tmp_path)
    console = Console(file=io.StringIO(), width=PIPED, record=True, force_terminal=True)
    console.print(made)
    assert console.export_text(clear=False) == str(made)
    assert "font-weight: bold" in console.export_html()


def test_colours_are_those_of_the_command_line(tmp_path) -> None:
    made = page(View(gradcalc.solve(gradcalc.load(HAND))))
    painted = io.StringIO()
    paint(printable(made), painted)
    text = shown(report("solution", tmp_path), PIPED, force_terminal=True, color_system="standard")
    assert text == painted.getvalue()


def test_a_page_without_lines_is_shown(tmp_path) -> None:
    stream = io.StringIO()
    paint(Page(PIPED), stream)
    assert stream.getvalue() == ""
