from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.grading.answers.number_styles import MAX_ENTRIES, Cells, read_cells

Rows = list[list[float | None]]


def values(cells: Cells) -> Rows:
    return [[None if cell is None else cell.value for cell in row] for row in cells.rows]


SQUARE: Rows = [[1, 2], [3, 4]]
STYLES: list[tuple[str, tuple[int, ...], Rows]] = [
    ("0.31", (), [[0.31]]),
    ("(0.31)", (), [[0.31]]),
    ("0.1 0.2", (2,), [[0.1, 0.2]]),
    ("0.1, 0.2", (2,), [[0.1, 0.2]]),
    ("0.1,0.2", (2,), [[0.1, 0.2]]),
    ("[0.1, 0.2]", (2,), [[0.1, 0.2]]),
    ("(0.1, 0.2)", (2,), [[0.1, 0.2]]),
    ("{0.1, 0.2}", (2,), [[0.1, 0.2]]),
    ("[0.1]", (1,), [[0.1]]),
    ("[[0.1]]", (1, 1), [[0.1]]),
    ("[0.1; 0.2]", (2, 1), [[0.1], [0.2]]),
    ("0.1; 0.2", (2, 1), [[0.1], [0.2]]),
    ("[[0.1], [0.2]]", (2, 1), [[0.1], [0.2]]),
    ("1 2; 3 4", (2, 2), SQUARE),
    ("1, 2; 3, 4;", (2, 2), SQUARE),
    ("[1 2; 3 4]", (2, 2), SQUARE),
    ("[[1, 2], [3, 4]]", (2, 2), SQUARE),
    ("[[1,2],[3,4]]", (2, 2), SQUARE),
    ("[[1 2] [3 4]]", (2, 2), SQUARE),
    ("[[1. 2.]\n [3. 4.]]", (2, 2), SQUARE),
    ("[1 2\n 3 4]", (2, 2), SQUARE),
    ("[1, 2], [3, 4]", (2, 2), SQUARE),
    ("((1, 2), (3, 4))", (2, 2), SQUARE),
    ("{{1, 2}, {3, 4}}", (2, 2), SQUARE),
    ("[[[1, 2], [3, 4]]]", (2, 2), SQUARE),
    ("np.array([[1., 2.],[3., 4.]])", (2, 2), SQUARE),
    ("array([1., 2.])", (2,), [[1, 2]]),
    ("array([[1, 2],\n       [3, 4]], dtype=float32)", (2, 2), SQUARE),
    ("tensor([[1., 2.],\n        [3., 4.]], grad_fn=<MulBackward0>)", (2, 2), SQUARE),
    ("torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)", (2,), [[1, 2]]),
    ("[1 2]'", (2, 1), [[1], [2]]),
    ("[1,2]^T", (2, 1), [[1], [2]]),
    ("[1, 2]ᵀ", (2, 1), [[1], [2]]),
    ("[[1, 3], [2, 4]].T", (2, 2), SQUARE),
    ("[1; 2]'", (1, 2), [[1, 2]]),
    (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}", (2, 2), SQUARE),
    (r"$\begin{pmatrix} 1 \\ 2 \end{pmatrix}^T$", (1, 2), [[1, 2]]),
    (r"\left[\begin{array}{cc} 1 & 2 \\ 3 & 4 \end{array}\right]", (2, 2), SQUARE),
    (r"-\frac{1}{4}", (), [[-0.25]]),
    ("1 -2", (2,), [[1, -2]]),
    ("−1, –2", (2,), [[-1, -2]]),
    ("1/4 -1/4", (2,), [[0.25, -0.25]]),
    ("[2 * 10^-3, 1]", (2,), [[0.002, 1]]),
    ("2·10⁻³ 3·10⁻³", (2,), [[0.002, 0.003]]),
    ("[0.1, (-0.2)]", (2,), [[0.1, -0.2]]),
    ("1,5 2,5", (2,), [[1.5, 2.5]]),
    ("1,5; 2,5", (2, 1), [[1.5], [2.5]]),
    ("0,25 1", (2,), [[0.25, 1]]),
    ("1,2,3", (3,), [[1, 2, 3]]),
    ("", (), [[None]]),
    ("_", (), [[None]]),
    ("?", (), [[None]]),
    ("-", (), [[None]]),
    ("___ ?", (2,), [[None, None]]),
    ("_ _; _ _", (2, 2), [[None, None], [None, None]]),
    ("1,,3", (3,), [[1, None, 3]]),
    ("1; ; 3", (3, 1), [[1], [None], [3]]),
    ("[1, -, 3]", (3,), [[1, None, 3]]),
    ("1 -", (2,), [[1, None]]),
    ("[1, 2,]", (2,), [[1, 2]]),
]


@pytest.mark.parametrize(("text", "shape", "rows"), STYLES, ids=[text for text, _, _ in STYLES])
def test_every_style_is_read(text: str, shape: tuple[int, ...], rows: Rows) -> None:
    found = read_cells(text)
    assert found.shape == shape
    assert values(found) == rows


DUE: list[tuple[str, int, Rows]] = [
    ("1,5", 1, [[1.5]]),
    ("1,5", 2, [[1, 5]]),
    ("1,234", 1, [[1.234]]),
    ("1,5; 2,5", 2, [[1.5], [2.5]]),
    ("1,5; 2,5", 4, [[1, 5], [2, 5]]),
    ("[1,2; 3,4]", 4, SQUARE),
    ("[0,1, -0,1]", 2, [[0.1, -0.1]]),
    ("1,5, 2,5", 2, [[1.5, 2.5]]),
    ("1,5, 2,5", 4, [[1, 5, 2, 5]]),
    ("1, 2,3", 3, [[1, 2, 3]]),
    ("1, 2,", 3, [[1, 2, None]]),
    ("1, 2,", 2, [[1, 2]]),
    ("- 2", 1, [[-2]]),
]


@pytest.mark.parametrize(("text", "due", "rows"), DUE)
def test_what_is_due_tells_a_decimal_comma(text: str, due: int, rows: Rows) -> None:
    assert values(read_cells(text, due)) == rows


UNREAD = [
    ("1 - 2", "a formula"),
    ("2(3)", "a formula"),
    ("2*3", "2*3 is a formula, not a number"),
    ("- 2", "a lone - before a number: write -2 for minus 2, _ for a blank"),
    ("1 2; 3", "the rows differ in length: 2, 1"),
    ("[[1, 2], [3]]", "the rows differ in length: 2, 1"),
    ("1,5", "1,5 is one number with a decimal comma, or two numbers"),
    ("1,5, 2,5", "decimal commas, or commas between entries? write a decimal point"),
    ("[]", "nothing stands in the brackets"),
    ("[[], []]", "nothing stands in the brackets"),
    ("[1, 2", "the bracket [ is never closed"),
    ("1]", "the bracket ] closes nothing"),
    ("[1, 2)", "the bracket ) closes nothing"),
    ("[1, 2] 3", "numbers and lists are mixed"),
    ("[nan, 1]", "nan is not a number that can be compared"),
    ("[1 ... 3]", "numbers are left out here"),
    ("[[[1, 2]], [[3, 4]]]", "brackets nested deeper than the rows of a matrix"),
    ("[" * 1000, "brackets nested more than 8 deep"),
    ("1 " * (MAX_ENTRIES + 1), f"more than {MAX_ENTRIES} numbers"),
    ("," * (MAX_ENTRIES + 1), f"more than {MAX_ENTRIES} numbers"),
]


@pytest.mark.parametrize(("text", "reason"), UNREAD, ids=[text[:20] for text, _ in UNREAD])
def test_what_is_no_array_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_cells(text)
    assert str(caught.value) == reason


def _joined(rows: list[list[str]], comma: str, semicolon: str, frame: str, inner: str) -> str:
    lines = (inner[:1] + comma.join(row) + inner[1:] for row in rows)
    return frame[:1] + semicolon.join(lines) + frame[1:]


PRINTED: dict[str, Callable[[list[list[str]]], str]] = {
    "python": lambda rows: _joined(rows, ", ", ", ", "[]", "[]"),
    "tight": lambda rows: _joined(rows, ",", ",", "[]", "[]"),
    "tuples": lambda rows: _joined(rows, ", ", ", ", "()", "[]"),
    "matlab": lambda rows: _joined(rows, " ", "; ", "[]", ""),
    "bare": lambda rows: _joined(rows, " ", "; ", "", ""),
    "commas": lambda rows: _joined(rows, ", ", "; ", "", ""),
    "numpy": lambda rows: f"np.array({_joined(rows, ', ', ', ', '[]', '[]')}, dtype=float32)",
    "torch": lambda rows: f"tensor({_joined(rows, ', ', ', ', '[]', '[]')}, grad_fn=<Sub>)",
    "latex": lambda rows: (
        r"\begin{bmatrix}" + r" \\ ".join(" & ".join(row) for row in rows) + r"\end{bmatrix}"
    ),
    "unicode": lambda rows: _joined(rows, "  ", "; ", "[]", "").replace("-", "−"),
}
decimals = st.decimals(-99, 99, places=3, allow_nan=False).map(lambda value: f"{value:f}")
matrices = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(decimals, min_size=width, max_size=width), min_size=2, max_size=4
    )
)


@given(matrices, st.sampled_from(sorted(PRINTED)))
def test_a_printed_matrix_is_read_back(rows: list[list[str]], style: str) -> None:
    found = read_cells(PRINTED[style](rows))
    assert found.shape == (len(rows), len(rows[0]))
    exact = [[cell and cell.exact for cell in row] for row in found.rows]
    assert exact == [[Fraction(text) for text in row] for row in rows]


@given(matrices)
def test_decimal_commas_are_read_back_where_the_count_is_due(rows: list[list[str]]) -> None:
    text = PRINTED["bare"](rows).replace(".", ",")
    found = read_cells(text, due=len(rows) * len(rows[0]))
    exact = [[cell and cell.exact for cell in row] for row in found.rows]
    assert exact == [[Fraction(text) for text in row] for row in rows]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.integers(1, 3))
def test_what_numpy_prints_is_read_back(numbers: list[float], height: int) -> None:
    array = np.array([numbers] * height)
    for text in (str(array), repr(array)):
        found = read_cells(text)
        assert found.shape == array.shape
        printed = np.array(values(found), dtype=float)
        np.testing.assert_allclose(printed, array, rtol=1e-6, atol=1e-6)


@given(
    st.text(max_size=60) | st.text(alphabet="0123456789.,;-−_?[](){} \n/eT'^*ab\\&", max_size=60),
    st.none() | st.integers(1, 6),
)
def test_any_text_is_numbers_or_a_reason(text: str, due: int | None) -> None:
    try:
        found = read_cells(text, due)
    except ValueError as error:
        assert str(error)
        assert "\n" not in str(error)
        return
    width = {len(row) for row in found.rows}
    assert len(width) == 1
    size = int(np.prod(found.shape))
    assert size == len(found.rows) * width.pop()
