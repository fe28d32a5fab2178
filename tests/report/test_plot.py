"""Curves: what is sampled, where it jumps, and what is drawn of it."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import numpy as np
import pytest

from gradcalc.algebra.formula.expr import ONE, Number
from gradcalc.algebra.operations.table import TABLE
from gradcalc.errors import ProblemError, width
from gradcalc.report.page import Page
from gradcalc.report.pictures.curve import Curve, clipped, interval, number_of, panel, sample, ticks
from gradcalc.report.pictures.functions import read
from gradcalc.report.pictures.plot import draw, svg
from tests.shown import GOLDEN, golden

FIGURE_2 = ("relu", "leaky_relu(alpha=0.1)", "softplus", "x*sigmoid(1.702*x)")
SHOWN = {
    "figure-2": FIGURE_2,
    "poles": ("1/x", "sin(x)/cos(x)", "log", "bce"),
    "steps": ("sign", "heaviside", "hinge", "huber(delta=0.5)"),
}


def curve(
    name: str, low: float | None = None, high: float | None = None, *, unicode: bool = True
) -> Curve:
    found = sample(read(name, ONE, TABLE, unicode=unicode), low, high, TABLE)
    assert found is not None
    return found


def at(trace_x: np.ndarray, x: float) -> int:
    return int(np.argmin(np.abs(trace_x - x)))


ORACLES = {
    "relu": (lambda x: max(x, 0), lambda x: float(x > 0)),
    "sigmoid": (
        lambda x: 1 / (1 + math.exp(-x)),
        lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2,
    ),
    "tanh": (math.tanh, lambda x: 1 / math.cosh(x) ** 2),
    "x^2*exp(-x)": (lambda x: x * x * math.exp(-x), lambda x: (2 * x - x * x) * math.exp(-x)),
    "mse": (lambda x: (x - 1) ** 2, lambda x: 2 * (x - 1)),
    "1/x": (lambda x: 1 / x, lambda x: -1 / x**2),
}


@pytest.mark.parametrize("name", ORACLES)
def test_the_points_lie_on_the_function(name: str) -> None:
    found = curve(name)
    assert found.slope is not None
    for trace, oracle in zip((found.value, found.slope), ORACLES[name], strict=True):
        for xs, ys in trace.pieces:
            inner = [(x, y) for x, y in zip(xs[1:-1], ys[1:-1], strict=True) if x]
            assert len(inner) > 50
            for x, y in inner[::7]:
                assert y == pytest.approx(oracle(x), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "jumps"),
    [
        ("relu", [(0, 0, 1, 0)]),
        ("leaky_relu(alpha=0.1)", [(0, 0.1, 1, 0.1)]),
        ("abs", [(0, -1, 1, 0)]),
        ("relu(x - 1)", [(1, 0, 1, 0)]),
        ("hinge", [(1, -1, 0, 0)]),
        ("l1", [(1, -1, 1, 0)]),
        ("max(x, 0.5) + relu(x)", [(0, 0, 1, 0), (0.5, 1, 2, 1.5)]),
        ("huber(delta=0.5)", []),
        ("softplus", []),
        ("relu(x)^2", []),
    ],
)
def test_a_derivative_jumps_where_its_function_has_a_kink(
    name: str, jumps: list[tuple[float, ...]]
) -> None:
    slope = curve(name).slope
    assert slope is not None
    found = [(j.x, j.left, j.right, j.value) for j in slope.jumps]
    assert len(found) == len(jumps)
    for mine, due in zip(found, jumps, strict=True):
        assert mine == pytest.approx(due, abs=1e-6)
    for xs, _ in slope.pieces:
        for jump in slope.jumps:
            assert not xs[0] < jump.x < xs[-1]


@pytest.mark.parametrize(
    ("name", "poles"),
    [
        ("1/x", [0]),
        ("1/x^2", [0]),
        ("1/(x^2 - 1)", [-1, 1]),
        ("sin(x)/cos(x)", [-math.pi / 2, math.pi / 2]),
        ("1/(1 - cos(x))", [0]),
    ],
)
def test_no_line_goes_through_a_pole(name: str, poles: list[float]) -> None:
    found = curve(name)
    axes = panel([found])
    assert math.isfinite(axes.top - axes.bottom) and axes.top - axes.bottom < 100
    for trace in found.traces:
        for piece in clipped(trace, axes.bottom, axes.top):
            xs = [x for x, _ in piece]
            assert not any(min(xs) < pole < max(xs) for pole in poles)


def test_all_of_many_jumps_are_found() -> None:
    found = curve("sign(sin(50*x))").value.jumps
    assert [jump.x for jump in found] == pytest.approx(
        [at * math.pi / 50 for at in range(-63, 64)], abs=1e-7
    )


def test_the_interval_is_where_the_function_has_values() -> None:
    ends = {name: (c.low, c.high) for name in ("log", "sqrt(x)", "bce") if (c := curve(name))}
    assert ends["log"] == pytest.approx((0, 4), abs=1e-6)
    assert ends["sqrt(x)"] == pytest.approx((0, 4), abs=1e-6)
    assert ends["bce"] == pytest.approx((0, 1), abs=1e-6)
    assert (curve("log", -2, 2).low, curve("log", -2, 2).high) == (-2, 2)
    assert sample(read("log", ONE, TABLE), -4, -1, TABLE) is None


def test_a_loss_is_drawn_for_its_target() -> None:
    found = sample(read("squared_error", number_of("-2"), TABLE), None, None, TABLE)
    assert found is not None
    xs, ys = found.value.pieces[0]
    assert ys[at(xs, -2)] == pytest.approx(0, abs=1e-12)
    assert found.function.name == "L = squared error, t = −2"
    assert found.function.slope == "∂L/∂ŷ"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("softmax", "not a function of one number"),
        ("softmax_cross_entropy", "takes a vector"),
        ("sum(x)", "takes a vector"),
        ("x + y", "letters x, y"),
        ("3", "no letter"),
        ("rellu", "did you mean relu?"),
        ("relu(beta=1)", "not a parameter"),
        ("huber(delta=-1)", "larger than 0"),
        ("x +", "ends too early"),
        ("", "value expected|too early"),
        ("x" * 600, "too long"),
        ("\x1b[31m", "control character"),
    ],
)
def test_what_cannot_be_drawn_is_said(name: str, says: str) -> None:
    with pytest.raises(ProblemError, match=says) as caught:
        read(name, ONE, TABLE)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "", "1/0", "x", "9" * 50])
def test_a_target_is_a_number(text: str) -> None:
    with pytest.raises(ValueError):
        number_of(text)


@pytest.mark.parametrize("ends", [(3.0, 3.0), (2.0, 1.0), (math.nan, 1.0), (-math.inf, 0.0)])
def test_an_interval_has_two_ends(ends: tuple[float, float]) -> None:
    with pytest.raises(ValueError):
        interval(*ends)


@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1.0, 7.3, 1e6, 1e250])
def test_ticks_are_round_and_within(scale: float) -> None:
    found = ticks(-0.3 * scale, 1.1 * scale, 6)
    assert 2 <= len(found) <= 10
    assert all(-0.301 * scale <= value <= 1.101 * scale for value, _ in found)
    assert all(len(text.lstrip("-").partition("e")[0].replace(".", "")) <= 10 for _, text in found)


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("unicode", [True, False], ids=["unicode", "ascii"])
def test_the_plot_on_a_terminal(name: str, unicode: bool) -> None:
    page = Page(80, unicode)
    draw(page, [panel([curve(text, unicode=unicode)]) for text in SHOWN[name]])
    text = page.plain()
    assert unicode or text.isascii()
    assert all(width(line) <= 80 for line in text.splitlines())
    kind = "txt" if unicode else "ascii.txt"
    golden(GOLDEN / "plot" / f"{name}.{kind}", text)


def test_curves_over_one_pair_of_axes() -> None:
    axes = panel([curve("sigmoid"), curve("tanh")])
    page = Page(80)
    draw(page, [axes])
    golden(GOLDEN / "plot" / "overlay.txt", page.plain())
    golden(GOLDEN / "plot" / "overlay.svg", svg([axes]))


@pytest.mark.parametrize("columns", [30, 40, 60, 100])
def test_the_plot_keeps_to_the_page(columns: int) -> None:
    page = Page(columns)
    draw(page, [panel([curve(text)]) for text in FIGURE_2])
    assert all(width(line) <= columns for line in page.plain().splitlines())


@pytest.mark.parametrize("name", SHOWN)
def test_the_plot_as_svg(name: str) -> None:
    text = svg([panel([curve(text)]) for text in SHOWN[name]])
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "nan" not in text.casefold().replace("nance", "")
    assert "script" not in text and "http" not in text.replace("http://www.w3.org/2000/svg", "")
    golden(GOLDEN / "plot" / f"{name}.svg", text)


def test_circles_mark_a_jump_in_the_svg() -> None:
    root = ElementTree.fromstring(svg([panel([curve("relu")])]))
    circles = root.findall(".//{*}circle")
    assert [circle.get("fill") for circle in circles] == ["#ffffff", "#c03a1c"]
    high, low = (float(circle.get("cy") or 0) for circle in circles)
    assert high < low


def test_matplotlib_draws_the_same_curves() -> None:
    pytest.importorskip("matplotlib")
    from gradcalc.report.pictures.plot import png

    found = png([panel([curve(text)]) for text in ("relu", "1/x", "bce")])
    assert found.startswith(b"\x89PNG\r\n")
    assert found == png([panel([curve(text)]) for text in ("relu", "1/x", "bce")])


def test_one_is_a_number() -> None:
    assert number_of("1/2") == Number(ONE.value / 2)
