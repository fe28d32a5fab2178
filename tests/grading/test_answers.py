from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.operations.inference import shape_finder
from gradcalc.engine.evaluate import evaluate
from gradcalc.errors import ProblemError, Source
from gradcalc.grading.answers.sheet import Answer, Sheet, blank_sheet, read_assignments, read_sheet
from gradcalc.problem.model import Problem
from gradcalc.problem.reading.loader import load
from gradcalc.problem.solve import solve
from tests.hangs import bounded

PROBLEMS = sorted((Path(__file__).parents[2] / "problems").glob("*.yaml"))
NETWORK = load(PROBLEMS[0].with_name("relu-network-given-values.yaml"))
BY_HAND = load(PROBLEMS[0].with_name("hand-calculation.yaml"))
OPTIONS = load(PROBLEMS[0].with_name("relu-squared-loss.yaml"))
LETTERS = load(PROBLEMS[0].with_name("scaled-relu-letters.yaml"))


def sheet(text: str, problem: Problem = NETWORK) -> Sheet:
    return read_sheet(Source("answers.txt", text), problem)


def only(text: str, problem: Problem = NETWORK) -> Answer:
    (answer,) = sheet(text, problem).answers
    return answer


def numbers(answer: Answer) -> list[float | None]:
    return [None if cell is None else cell.value for cell in answer.cells]


NAMES = [
    *("dL/dz3", "∂L/∂z3", "∂L/∂z⁽³⁾", "∂L/∂z₃", "dz3", "d L / d z3", "dL / dz3"),
    *("delta3", "delta_3", "δ3", "δ_3", "δ₃", "δ⁽³⁾", "δ^(3)", "δ^{(3)}", "δ^[3]", r"\delta^{(3)}"),
    *("grad_z3", "grad z3", "gradz3", "grad(z3)", "∇z3", "∇_{z3} L", "z3.grad", "d_z3"),
    *("dL_dz3", "dLdz3", "∂L_∂z3", "dL/dz_3", "dL/dz^(3)", "dL/d(z3)"),
    *(r"\frac{\partial L}{\partial z^{(3)}}", r"$\frac{\partial L}{\partial z_3}$"),
    *("- dL/dz3", "3) dL/dz3", "3. dL/dz3", " 12   dL/dz3", "Step 1: dL/dz3"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_is_found_by_every_name(name: str) -> None:
    for sign in ("=", "≈", "~", "≃", ":=", "=="):
        answer = only(f"{name} {sign} −2.0 # a comment")
        assert (answer.name, answer.index, answer.shape) == ("dL/dz3", None, (1,))
        assert numbers(answer) == [-2]
        assert answer.text == "−2.0"
    if ":" not in name:
        assert only(f"{name}: -2").name == "dL/dz3"


@pytest.mark.parametrize("name", ["yhat", "ŷ", "y_hat", r"\hat{y}"])
def test_the_prediction_is_found(name: str) -> None:
    assert only(f"{name} = 8").name == "yhat"


ENTRIES = [
    "dL/dW1[1,2]",
    "dW1[1, 2]",
    "∂L/∂W⁽¹⁾[1,2]",
    "dL/dW1[1][2]",
    "dL/dW1(1,2)",
    "grad_W1[1,2]",
]


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_found(name: str) -> None:
    answer = only(f"{name} = 0.5")
    assert (answer.name, answer.index, answer.shape) == ("dL/dW1", (0, 1), ())


@pytest.mark.parametrize(
    ("text", "name", "index"),
    [
        ("dL/dW3[2] = 1", "dL/dW3", (0, 1)),
        ("z1[2,1] = 1", "z1", (1,)),
        ("z1[1,2] = 1", "z1", (1,)),
        ("L[1] = 1", "L", None),
    ],
)
def test_an_index_of_fewer_or_more_parts_is_fitted(
    text: str, name: str, index: tuple[int, ...] | None
) -> None:
    answer = only(text)
    assert (answer.name, answer.index, answer.reason) == (name, index, None)


@pytest.mark.parametrize(
    ("text", "name", "index"),
    [
        ("o = 0.5", "yhat", None),
        ("E = 0.5", "L", None),
        ("h2 = 0.5", "a1", (1,)),
        ("dE/dw1 = 0.5", "dL/dW1", (0, 0)),
        ("∂E/∂w₁ = 0.5", "dL/dW1", (0, 0)),
        ("dw1 = 0.5", "dL/dW1", (0, 0)),
        ("grad_w1 = 0.5", "dL/dW1", (0, 0)),
        ("dL/dw8 = 0.5", "dL/dW2", (1, 0)),
        ("dE/dW2[2,1] = 0.5", "dL/dW2", (1, 0)),
        ("dE_do = 0.5", "dL/dyhat", None),
        ("dE/dyhat = 0.5", "dL/dyhat", None),
    ],
)
def test_the_authors_names_are_read(text: str, name: str, index: tuple[int, ...] | None) -> None:
    answer = only(text, BY_HAND)
    assert (answer.name, answer.index, numbers(answer)) == (name, index, [0.5])


REFUSED = [
    ("W4 = 3", "W4", "W4 is not a quantity of this problem; did you mean W3?"),
    ("dL/dW4 = 3", "dL/dW4", "dL/dW4 is not a quantity of this problem; did you mean dL/dW3?"),
    ("dL/dx = 3", "dL/dx", "dL/dx is not worked out in this problem: name it under find"),
    ("dL/dW1[3,1] = 3", "dL/dW1[3,1]", "dL/dW1 has no entry [3,1]: it is 2×3"),
    ("dL/dW1[2] = 3", "dL/dW1[2]", "dL/dW1 has no entry [2]: it is 2×3"),
    ("dL/da1[0] = 3", "dL/da1[0]", "dL/da1[0]: entries are counted from 1"),
    ("hello", "", "no name = value on this line"),
    ("= 3", "", "a name is missing"),
    ("z1 = nan 1", "z1", "nan is not a number that can be compared"),
    ("z1 = 5% 3%", "z1", "5% is a percentage: write it as a number, 5% is 0.05"),
    ("z1 = [1, 2", "z1", "the bracket [ is never closed"),
    ("dL/dW1 = 1 2 3; 4 5", "dL/dW1", "the rows differ in length: 3, 2"),
    ("L = dunno", "L", "dunno is not a quantity of this problem"),
    ("L = 1e350", "L", "1e350 is larger than any number gradcalc computes with"),
    ("answer = i", "answer", "this problem has no options"),
]


@pytest.mark.parametrize(("text", "name", "reason"), REFUSED)
def test_what_is_unreadable_keeps_its_place_and_the_reason(
    text: str, name: str, reason: str
) -> None:
    answer = sheet(f"# first\n\n{text}\nz2 = 1 2\n").answers[0]
    assert (answer.name, answer.line, answer.reason) == (name, 3, reason)
    assert (answer.cells, answer.formula, answer.letter) == ((), None, None)
    assert sheet(f"{text}\nz2 = 1 2\n").answers[-1].name == "z2"


FITTED: list[tuple[str, tuple[int, ...]]] = [
    ("z1 = 1 2", (2,)),
    ("z1 = [[1, 2]]", (2,)),
    ("z1 = 1; 2", (2,)),
    ("z1 = [1, 2, 3]", (3,)),
    ("z1 = 1", ()),
    ("dL/dW3 = 1 2", (1, 2)),
    ("dL/dW3 = [[1, 2]]", (1, 2)),
    ("dL/dW3 = 1; 2", (2, 1)),
    ("dL/dW1 = 1 2 3; 4 5 6", (2, 3)),
    ("dL/dW1 = 1 2; 3 4; 5 6", (3, 2)),
    ("dL/dW1 = 1 2 3 4 5 6", (6,)),
    ("dL/db3 = 1", ()),
    ("dL/db3 = [[1]]", ()),
    ("dL/dz3 = 1", (1,)),
]


@pytest.mark.parametrize(("text", "shape"), FITTED)
def test_entries_take_the_due_shape_where_they_fit_without_doubt(
    text: str, shape: tuple[int, ...]
) -> None:
    answer = only(text)
    assert (answer.shape, answer.reason) == (shape, None)


def test_a_blank_is_no_zero() -> None:
    for text in ("z1 =", "z1 = _", "z1 = ?", "z1 = _ _"):
        assert only(text).cells == (None, None)
    assert numbers(only("z1 = 1 _")) == [1, None]
    assert only("dL/dW1 = _").shape == (2, 3)


def test_the_last_part_that_is_a_number_counts() -> None:
    answer = only("dL/dz1 = dL/da1 * relu'(z1) = -3.7 -4.16")
    assert (answer.text, numbers(answer)) == ("-3.7 -4.16", [-3.7, -4.16])
    assert numbers(only("L = 2 = 2.0 = 200%")) == [2]
    formula = only("z1 = W1 @ x + b1 = _ _").formula
    assert formula == parse("W1 @ x + b1")


def test_equal_names_share_the_value_and_a_name_alone_is_a_formula() -> None:
    found = sheet("\ndL/dz3 = dL/dyhat = -2").answers
    assert [(answer.name, answer.line, numbers(answer)) for answer in found] == [
        ("dL/dz3", 2, [-2]),
        ("dL/dyhat", 2, [-2]),
    ]
    assert only("dL/db1 = dL/dz1").formula == parse("dL/dz1")


def test_a_value_goes_on_while_brackets_are_open() -> None:
    text = (
        "dL/dW1 = tensor([[1., 2., 3.],   # a comment\n        [4., 5., 6.]],\n"
        "       grad_fn=<MmBackward0>)\nz1 = [1\nz2 = 3 4\n"
        "dL/dW2 = \\begin{bmatrix}\n 1 & 2 \\\\\n 3 & 4\n\\end{bmatrix}\n"
    )
    first, second, third, fourth = sheet(text).answers
    assert (first.line, first.shape, numbers(first)) == (1, (2, 3), [1, 2, 3, 4, 5, 6])
    assert (second.line, second.reason) == (4, "the bracket [ is never closed")
    assert (third.line, numbers(third)) == (5, [3, 4])
    assert (fourth.line, fourth.shape, numbers(fourth)) == (6, (2, 2), [1, 2, 3, 4])


FORMULAS = [
    (NETWORK, "dL/dW2 = outer(dz2, a1)", "outer(dL/dz2, a1)"),
    (NETWORK, "dL/dz2 = δ3 * relu'(z2)", "dL/dz3 * relu'(z2)"),
    (NETWORK, "dL/dz2 = - dL/da2", "-dL/da2"),
    (NETWORK, "dL/dW2 = δ2 @ a1ᵀ", "outer(dL/dz2, a1)"),
    (NETWORK, "L = (yhat - y).T @ (yhat - y) / 2", "dot(yhat - y, yhat - y)/2"),
    (NETWORK, "dL/da1 = W2.T @ δ2", "W2.T @ dL/dz2"),
    (NETWORK, "dL/dz1 = dL/da1.T * relu'(z1)", "dL/da1 * relu'(z1)"),
    (LETTERS, "dL/dW1 = dL/dz1 @ x.T", "outer(dL/dz1, x)"),
    (NETWORK, "L = 0.5*yhat", "0.5*yhat"),
    (NETWORK, "L = 1 - yhat", "1 - yhat"),
    (BY_HAND, "dE/do = (o - t)", "yhat - t"),
    (LETTERS, "dL/dyhat = 2*(yhat - y)/K", "2*(yhat - y)/K"),
]


@pytest.mark.parametrize(("problem", "text", "formula"), FORMULAS)
def test_a_formula_speaks_of_our_names(problem: Problem, text: str, formula: str) -> None:
    answer = only(text, problem)
    assert answer.formula is not None, answer.reason
    assert format(answer.formula) == formula
    assert answer.cells == ()


def test_an_entry_in_a_formula_has_its_value() -> None:
    values = solve(BY_HAND).values
    shapes = {name: BY_HAND.visible.shapes[name] for name in values}
    for text, value in (
        ("h2", values["a1"][1]),
        ("a1[2]", values["a1"][1]),
        ("w3", values["W1"][1, 0]),
        ("W1[3,2]", values["W1"][2, 1]),
        ("(o - t)*w8", (values["yhat"] - values["t"]) * values["W2"][1, 0]),
    ):
        answer = only(f"dE/dw1 = {text}*1", BY_HAND)
        assert answer.formula is not None, answer.reason
        shape_finder(shapes, BY_HAND.table)(answer.formula)
        found = evaluate(answer.formula, values, shapes, BY_HAND.table)
        assert found.item() == pytest.approx(float(value.item()))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("L = q*z1", "q is not a quantity of this problem"),
        ("L = foo(z1)", "foo is not a function that gradcalc knows"),
        ("L = z1[3]*1", "z1 has no entry [3]: it has 2 entries"),
        ("L = " + "z1*" * 500 + "z1", "a formula of more than 1000 characters"),
        ("L = z1 ! 2", "'!' has no meaning in a formula"),
        ("L = 1e390*z1", "a number in the formula is larger than any that gradcalc computes with"),
    ],
)
def test_a_formula_that_is_none_says_why(text: str, reason: str) -> None:
    assert (only(text).reason or "").startswith(reason)


@pytest.mark.parametrize(
    ("text", "letter"),
    [("i", "i"), ("(i)", "i"), ("I.", "i"), ("a, c", "a, c"), ("a and c", "a, c")],
)
def test_option_letters(text: str, letter: str) -> None:
    for name in ("answer", "Answer", "option"):
        answer = only(f"{name} = {text}", OPTIONS)
        assert (answer.name, answer.letter, answer.reason) == ("answer", letter, None)
    assert only("answer = z", OPTIONS).reason == "z is not an option of this problem"
    assert only("answer = _", OPTIONS).cells == (None,)


DOCUMENTS = [
    '{"answers": {"dL/dW1": [[1,2,3],[4,5,6]], "z1": [1.5, null]}}',
    '{\n\t"dL/dW1": [[1, 2, 3],\n\t\t[4, 5, 6]],\n\t"z1": "1,5 _"\n}',
    "dL/dW1:\n  - [1, 2, 3]\n  - [4, 5, 6]\nz1: [1.5, _]\n",
    "dL/dW1:\n  - 1 2 3\n  - 4 5 6\nz1: ['1,5', '_']\n",
    "answers:\n  ∂L/∂W⁽¹⁾: [[1, 2, 3], [4, 5, 6]]\n  z1: 1.5 _\n",
    "dL/dW1: |\n  1 2 3\n  4 5 6\nz1: 1.5 _   # a comment\n",
    "answers: |\n  dL/dW1 = 1 2 3; 4 5 6\n  z1 = 1.5 _\n",
    "---\ngrad_W1: [[1 2 3], [4 5 6]]\nz1: [1.5, ~]\n",
    "dL/dW1: [[1, 2, 3],\n         [4, 5, 6]]\nz1: 1.5 _\n",
]


@pytest.mark.parametrize("text", DOCUMENTS)
def test_yaml_and_json_are_read(text: str) -> None:
    first, second = sheet(text).answers
    assert (first.name, first.shape, numbers(first)) == ("dL/dW1", (2, 3), [1, 2, 3, 4, 5, 6])
    assert (second.name, numbers(second)) == ("z1", [1.5, None])


def test_a_document_keeps_its_lines_and_says_what_it_leaves() -> None:
    found = sheet("name: Anna\nanswers:\n  z1: [0,1, -0,1]\n  z2:\n    a: 1\n  L: 1/3\n")
    assert [answer.line for answer in found.answers] == [3, 4, 6]
    assert numbers(found.answers[0]) == [0.1, -0.1]
    assert found.answers[1].reason == "names stand here, a number or a list of numbers is due"
    assert found.warnings == ("beside answers, these keys are not read: name",)
    block = sheet("answers: |\n  z1 = 1 2\n\n  z2 = 1 2\n")
    assert [answer.line for answer in block.answers] == [2, 4]


def test_a_broken_document_of_lines_is_read_as_lines() -> None:
    found = sheet("answers:\n  z1: ?\n  z2: 1 2\n  z1: 1 3\n").answers
    assert [(answer.name, answer.line) for answer in found] == [("z1", 2), ("z2", 3), ("z1", 4)]
    with pytest.raises(ProblemError):
        sheet('{"z1": [1, 2')


def test_assignments_are_numbered() -> None:
    found = read_assignments(["dL/dz3 = -2", "z1=1,5 2,5", ""], NETWORK)
    assert found.name == "<answers>"
    assert [(answer.name, answer.line) for answer in found.answers] == [
        ("dL/dz3", 1),
        ("z1", 2),
        ("", 3),
    ]


def test_an_empty_sheet_warns() -> None:
    found = sheet("# nothing\n")
    assert found.answers == ()
    assert found.warnings == ("there are no answers in answers.txt",)


@pytest.mark.parametrize("path", PROBLEMS, ids=[path.stem for path in PROBLEMS])
def test_a_blank_sheet_is_read_back_as_blanks(path: Path) -> None:
    problem = load(path)
    found = sheet(blank_sheet(problem), problem)
    assert found.answers
    for answer in found.answers:
        assert answer.reason is None
        assert set(answer.cells) == {None}
        shape = problem.visible.shapes[answer.name]
        if not any(isinstance(dim, str) for dim in shape):
            assert answer.shape == shape
    asked = {reference.name for reference in problem.find} - set(problem.given)
    assert asked <= {answer.name for answer in found.answers}


def test_a_blank_sheet_asks_for_what_is_computed() -> None:
    text = blank_sheet(BY_HAND)
    assert "dE/dW1 = _ _; _ _; _ _\n" in text
    assert "o = _\n" in text
    assert "dyhat/dz2" not in text
    names = [answer.name for answer in sheet(blank_sheet(NETWORK)).answers]
    assert not {"a1", "a2", "yhat", "x", "W1", "dL/dL", "da1/dz1"} & set(names)


GARBAGE = {
    "names": "".join(f"q{i} = {i}\n" for i in range(30_000)),
    "numbers": "z1 = " + "0.123456 " * 60_000,
    "formulas": ("z1 = " + "z1*" * 300 + "z1\n") * 500,
    "brackets": "z1 = [\n" * 70_000,
    "open": "z1 = " + "[" * 225_000,
    "equals": "z1=" * 125_000,
    "commas": "z1 = " + "1,5 " * 120_000,
    "latex": r"\frac{1" * 80_000 + " = 1",
    "primes": "z1 = [1]" + "'" * 225_000,
    "minuses": "z1 = " + "- " * 225_000,
    "blanks": "z1 = 1" + " " * 500_000 + "/ 1",
    "exponents": "z1 = 1e-300 1e-301\n" * 25_000,
}


@pytest.mark.parametrize("kind", sorted(GARBAGE))
def test_a_large_sheet_is_answered_soon(kind: str) -> None:
    with bounded():
        sheet(GARBAGE[kind])


SIGNS = "z1W=[](){},;.0123456789-+*/ \n:#^_?dL≈−'\"|&\\"
texts = st.text(max_size=200) | st.text(alphabet=SIGNS, max_size=200)
lines = st.lists(
    st.tuples(st.sampled_from(("z1", "dL/dW1", "L", "answer", "W4")), texts), max_size=4
).map(lambda pairs: "\n".join(f"{name} = {value}" for name, value in pairs))


@settings(max_examples=300)
@given(texts | lines, st.sampled_from((NETWORK, BY_HAND, OPTIONS, LETTERS)))
def test_any_text_is_a_sheet(text: str, problem: Problem) -> None:
    try:
        found = sheet(text, problem)
    except ProblemError:
        assert text.lstrip()[:1] == "{" or "---" in text or "answers" in text
        return
    for answer in found.answers:
        ways = (answer.cells, answer.formula, answer.letter, answer.reason)
        assert sum(bool(way) for way in ways) == 1
        assert 1 <= answer.line <= text.count("\n") + 1
        assert "\n" not in answer.text + (answer.reason or "")
        size = 1
        for dim in answer.shape:
            size *= dim
        assert not answer.cells or len(answer.cells) == size
    read_assignments([text, text], problem)


cells = st.none() | st.decimals(-99, 99, places=3, allow_nan=False).map(lambda value: f"{value:f}")


@given(st.lists(cells, min_size=6, max_size=6), st.sampled_from(("; ", "],[", "\n")))
def test_a_written_matrix_is_read_back(entries: list[str | None], between: str) -> None:
    rows = [" ".join(entry or "_" for entry in entries[at : at + 3]) for at in (0, 3)]
    text = between.join(rows)
    answer = only(f"dL/dW1 = {'[[' + text + ']]' if between == '],[' else f'[{text}]'}")
    assert answer.shape == (2, 3)
    assert [cell and cell.text for cell in answer.cells] == entries
