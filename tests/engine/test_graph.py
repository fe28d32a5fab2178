"""Equations become a graph of one operation a line, or an error at its place."""

import pytest

from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.graph import Graph, build
from gradcalc.errors import ProblemError
from tests.engine.running import lines

SHAPES: dict[str, Shape] = {
    "x": (3,),
    "w": (2,),
    "W1": (2, 3),
    "b1": (2,),
    "A": (3, 3),
    "s": (),
    "X": (4, 3),
}


def graph(text: str) -> Graph:
    return build(lines(text), SHAPES, TABLE)


def last(text: str) -> str:
    node = graph(text).nodes[-1]
    return format(node.expr)


def test_every_operation_has_a_line_and_inner_ones_are_hidden() -> None:
    found = graph("z = W1 @ x + b1\na = relu(z)")
    assert [(n.name, format(n.expr), n.shape, n.hidden) for n in found.nodes] == [
        ("_1", "W1 @ x", (2,), True),
        ("z", "_1 + b1", (2,), False),
        ("a", "relu(z)", (2,), False),
    ]
    assert found.output == "a"
    node = found.node("z")
    assert node is not None
    assert node.operands == ("_1", "b1")
    assert found.node("x") is None
    assert found.shapes["_1"] == (2,)


def test_equal_operations_share_a_hidden_line() -> None:
    found = graph("u = exp(s) + exp(s)\nv = exp(s)*s")
    assert [node.name for node in found.nodes] == ["_1", "u", "v"]


@pytest.mark.parametrize(
    ("text", "expected", "shape"),
    [
        ("v = w @ x.T", "outer(w, x)", (2, 3)),
        ("v = x.T @ x", "dot(x, x)", ()),
        ("v = x.T @ A", "x @ A", (3,)),
        ("v = A @ x.T", "A @ x", (3,)),
        ("v = x.T", "x", (3,)),
        ("v = s.T", "s", ()),
        ("v = W1.T", "W1.T", (3, 2)),
        ("v = X @ W1.T", "X @ _1", (4, 2)),
        ("v = (w @ x.T).T", "_1.T", (3, 2)),
        ("v = relu(x).T @ x", "dot(_1, x)", ()),
        ("v = (2).T*s", "2*s", ()),
    ],
)
def test_transposed_vectors_are_read_by_their_ranks(text: str, expected: str, shape: Shape) -> None:
    assert last(text) == expected
    assert graph(text).nodes[-1].shape == shape


def test_an_empty_list_of_equations_has_no_output() -> None:
    assert build([], SHAPES, TABLE).output is None


@pytest.mark.parametrize(
    ("text", "message", "label", "column", "length"),
    [
        (
            "z = W1 @ b1",
            "cannot multiply W1 (2×3) by b1 (2 entries)",
            "3 entries are needed, there are 2",
            5,
            7,
        ),
        (
            "z = 1 + W1 @ W1",
            "cannot multiply W1 (2×3) by W1 (2×3)",
            "3 rows are needed, there are 2",
            9,
            7,
        ),
        (
            "z = x + w",
            "cannot combine x (3 entries) and w (2 entries)",
            "3 entries and 2 entries",
            5,
            5,
        ),
        ("z = relu(exp(W1 + w))", "W1 (2×3)", "", 14, 6),
        (
            "z = W1 @ s",
            "cannot multiply W1 (2×3) by s (a number)",
            "@ takes vectors and matrices; * multiplies by a number",
            5,
            6,
        ),
        (
            "z = mse(x, w)",
            "x (3 entries), w (2 entries)",
            "the prediction has 3 entries, the target 2 entries",
            5,
            9,
        ),
        ("z = softmax(s)", "s (a number)", "a number has no entries", 5, 10),
        ("z = W2 @ x", "W2 is not defined", "", 5, 2),
        ("z = foo(x)", "foo is not a function", "", 5, 6),
        ("z = softmax_cross_entropy(s, s)", "cannot compare", "", 5, 27),
    ],
)
def test_an_error_names_both_shapes_and_the_place(
    text: str, message: str, label: str, column: int, length: int
) -> None:
    with pytest.raises(ProblemError) as caught:
        graph(text)
    error = caught.value
    assert message in error.message
    assert label in error.label
    assert error.span is not None
    assert (error.span.line, error.span.column, error.span.length) == (1, column, length)


def test_an_unknown_name_comes_with_the_nearest_one() -> None:
    with pytest.raises(ProblemError) as caught:
        graph("z1 = W1 @ x\na1 = relu(Z1)")
    assert caught.value.hint == "did you mean z1?"
    assert caught.value.span is not None
    assert caught.value.span.line == 2
    with pytest.raises(ProblemError) as caught:
        graph("z1 = qqq")
    assert "define it in an earlier line" in (caught.value.hint or "")


def test_the_hint_says_where_the_operands_come_from() -> None:
    origins = {"W1": "W1 is 2×3 (line 7)", "b1": "b1 is 2 entries (line 9)"}
    with pytest.raises(ProblemError) as caught:
        build(lines("z = W1 @ relu(b1)"), SHAPES, TABLE, origins.get)
    assert caught.value.message == "cannot multiply W1 (2×3) by relu(b1) (2 entries)"
    assert caught.value.hint == "W1 is 2×3 (line 7); b1 is 2 entries (line 9)"


def test_letters_that_differ_do_not_fit() -> None:
    with pytest.raises(ProblemError, match="cannot multiply W"):
        build(lines("z = W @ x"), {"W": ("M", "N"), "x": ("K",)}, TABLE)
