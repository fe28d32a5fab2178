"""A diagnostic shows the message, the place and the way out, and cannot steer a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.errors import (
    ProblemError,
    Source,
    Span,
    did_you_mean,
    render,
    suggestion,
    visible,
    width,
)

SOURCE = Source("net.yaml", "title: a net\nloss: mze\r\n\tW1: [1, 2]\n\n日本: x\n")


def test_the_whole_diagnostic() -> None:
    error = ProblemError(
        "no loss is called mze", Span(SOURCE, 2, 7, 3), "not known", "did you mean mse?"
    )
    assert (
        render(error)
        == str(error)
        == (
            "error: no loss is called mze\n"
            "  ┌─ net.yaml:2:7\n"
            " 2│ loss: mze\n"
            "  │       ^^^ not known\n"
            "hint: did you mean mse?"
        )
    )


def test_without_a_place() -> None:
    assert render(ProblemError("bad")) == "error: bad"
    assert render(ProblemError("bad", where="net.yaml")) == "error: bad\n  ┌─ net.yaml"
    blank = ProblemError("bad", Span(SOURCE, 4, 1), "nothing here")
    assert render(blank) == "error: bad\n  ┌─ net.yaml:4:1\n  │ nothing here"
    assert render(ProblemError("bad", Span(SOURCE, 99, 1))) == "error: bad\n  ┌─ net.yaml:99:1"


@pytest.mark.parametrize(
    ("line", "column", "length", "carets"),
    [
        (3, 2, 2, "  │     ^^"),  # a tab is shown as four blanks
        (5, 1, 2, "  │ ^^^^"),  # wide letters take two columns
        (5, 5, 1, "  │       ^"),
        (1, 99, 1, "  │             ^"),
        (1, 8, 500, "  │        ^^^^^"),
    ],
)
def test_carets_stand_under_what_is_meant(line: int, column: int, length: int, carets: str) -> None:
    shown = render(ProblemError("bad", Span(SOURCE, line, column, length))).splitlines()
    assert shown[-1] == carets


def test_a_number_of_many_digits_widens_the_margin() -> None:
    source = Source("s", "\n" * 1233 + "abc")
    assert render(ProblemError("bad", Span(source, 1234, 2))).splitlines() == [
        "error: bad",
        "    ┌─ s:1234:2",
        "1234│ abc",
        "    │  ^",
    ]


def test_a_long_line_is_cut_around_the_place() -> None:
    source = Source("s", "x" * 500 + "HERE" + "y" * 500)
    _, _, excerpt, marks = render(ProblemError("bad", Span(source, 1, 501, 4))).splitlines()
    assert excerpt.startswith(" 1│ …x")
    assert excerpt.endswith("y…")
    assert len(excerpt) < 180
    assert excerpt[marks.index("^") : marks.rindex("^") + 1] == "HERE"


def test_a_part_of_a_span() -> None:
    span = Span(SOURCE, 2, 7, 10)
    assert span.within(2, 5) == Span(SOURCE, 2, 9, 3)
    assert span.within(4, 4).length == 1


def test_lines_of_a_source() -> None:
    assert SOURCE.line(2) == "loss: mze"
    assert SOURCE.line(0) == SOURCE.line(100) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\tb", "a    b"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("a\rb\x00\x7f", "a\\x0db\\x00\\x7f"),
        ("\u202eevil", "\\u202eevil"),
        ("\U000e0041", "\\U000e0041"),
        ("∂L/∂W⁽¹⁾", "∂L/∂W⁽¹⁾"),
        ("\ud800", "\\ud800"),
    ],
)
def test_controls_are_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters()), st.text(st.characters()), st.integers(1, 5), st.integers(1, 30))
def test_nothing_from_a_file_reaches_the_terminal_raw(
    text: str, message: str, line: int, column: int
) -> None:
    error = ProblemError(message, Span(Source(text, text), line, column, 3), text, text)
    assert all(ch.isprintable() or ch in "\n\u3000" for ch in render(error))
    assert len(render(error).splitlines()) <= 5


def test_the_width_of_each_character_is_what_unicode_says() -> None:
    for ch in map(chr, range(0x3000)):
        wide = unicodedata.east_asian_width(ch) in "WF"
        assert width(ch) == (0 if unicodedata.combining(ch) else 2 if wide else 1)


def test_width_counts_columns() -> None:
    assert width("abc") == 3
    assert width("日本") == 4
    assert width("y\u0302") == 1


def test_did_you_mean() -> None:
    known = ("sigmoid", "softmax", "W1", "relu")
    assert did_you_mean("sigmiod", known) == "sigmoid"
    assert did_you_mean("SOFTMAX", known) == "softmax"
    assert did_you_mean("w1", known) == "W1"
    assert did_you_mean("banana", known) is None
    assert did_you_mean("x", ()) is None
    assert suggestion("rellu", known) == "did you mean relu?"
    assert suggestion("banana", known, "see the list") == "see the list"
    assert suggestion("banana", known) is None
