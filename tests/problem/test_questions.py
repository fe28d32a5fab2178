"""What is asked for, what is given, what things are called, and how values are rounded."""

from __future__ import annotations

import numpy as np
import pytest

from gradcalc.problem.names import Lexicon, Names, Reference, is_hidden
from tests.problem.refused import NETWORK, load, refused, solve

TWO = "inputs: {x: 1, u: 2}\nequations: |\n  h = x*u\n  f = h^2 + u\n"


def found(text: str) -> list[str]:
    return [str(item) for item in load(text).find]


# --- find --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (TWO, ["df/dx", "df/du"]),
        (TWO + "find: df/du\n", ["df/du"]),
        (TWO + "find: [df/du, h]\n", ["df/du", "h"]),
        (TWO + "find: [h, f]\n", ["h", "f"]),
        (TWO + "find: dh/dx\n", ["dh/dx"]),
        (TWO + "find: ∂f/∂u\n", ["df/du"]),
        (TWO + "find: du\n", ["df/du"]),
        (NETWORK, ["dL/dW1", "dL/db1", "dL/dW2"]),
        (NETWORK + "find: [dL/dx, dL/dz1, da1/dz1]\n", ["dL/dx", "dL/dz1", "da1/dz1"]),
        (NETWORK + "find: 'dL/dW1[2,1]'\n", ["dL/dW1[2,1]"]),
        (NETWORK + "find:\n  - dL/dW1[2, 1]\n  - dW2\n", ["dL/dW1[2,1]", "dL/dW2"]),
        (NETWORK + "find: [z1, dL/dW⁽¹⁾]\n", ["z1", "dL/dW1"]),
        ("inputs: {x: [1, 2]}\nequations: y = 2*x\n", ["y"]),
    ],
)
def test_what_is_asked_for(text, names):
    assert found(text) == names


def test_find_decides_what_is_differentiated():
    assert load(TWO + "find: dh/dx\n").loss == "h"
    assert load(TWO).loss == "f"
    assert float(solve(TWO + "find: dh/dx\n").values["dh/dx"]) == 2


def test_inputs_are_differentiated_where_find_names_them():
    assert "dL/dx" not in load(NETWORK).named
    assert "dL/dx" in load(NETWORK + "find: dL/dx\n").named
    assert "dL/dW1" in load(NETWORK + "find: dL/dx\n").named


def test_letters_that_only_find_knows():
    problem = load("equations: f = a*x^2\ninputs: {a: 3}\nfind: df/dx\n")
    assert not problem.numeric
    assert problem.data["x"].role == "input"
    assert not problem.data["x"].known


FIND_ERRORS = [
    (NETWORK + "find: dL/dW3\n", "dL/dW3 names no value", "9:7", "did you mean dL/dW"),
    (NETWORK + "find: [z1, qq]\n", "qq names no value", "9:12", "known are x, y, W1"),
    (NETWORK + "find: 'dL/dW1[3,1]'\n", "no such entry: it is 2×2", "9:7", r"dL/dW1\[1,1\]"),
    (NETWORK + "find: 'dL/dW1[1]'\n", "no such entry", "9:7", r"dL/dW1\[1,1\]"),
    (NETWORK + "find: 'z1[0]'\n", "names no value", "9:7", ""),
    (NETWORK + "find: 'L[1]'\n", "L has no such entry: it is a number", "9:7", "L alone"),
    (NETWORK + "find: [[a]]\n", "a name is due", "9:8", ""),
    (NETWORK + "find: []\nanswer: a\n", "answer without", "", ""),
    (NETWORK + "find: 2*z1\n", "2.z1 names no value", "9:7", ""),
    (TWO + "find: [df/dx, dh/dx]\n", "dh/dx is no line of this solution", "5:15",
     "derivatives of f are worked out"),
    (TWO + "find: df/dq\n", "df/dq names no value", "5:7", ""),
    ("equations: f = x^2\n", "x is not defined", "1:16", "earlier line"),
    ("equations: f = x^2 + u\nfind: df/dx\n", "u is not defined", "1:22", ""),
    ("inputs: {x: [1, 2]}\nequations: y = 2*x\nfind: dy/dx\n", "y has 2 entries; a gradient",
     "2:16", "upstream gradient"),
    ("inputs: {x: [1, 2]}\nweights: {w: 2}\nequations: y = w*x\n", "y has 2 entries", "3:16",
     "add a loss"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "place", "hint"), FIND_ERRORS)
def test_what_cannot_be_found(text, message, place, hint):
    refused(text, message, place, hint)


# --- given -------------------------------------------------------------------------------


def test_given_values_in_each_spelling_of_one_entry():
    for spelling in ("3", "[3]", "[[3]]"):
        values = solve(NETWORK + f"given: {{yhat: {spelling}}}\n").values
        assert values["yhat"].tolist() == [3]
        assert values["dL/dyhat"].tolist() == [4]


def test_a_given_gradient_inside_the_pass():
    values = solve(NETWORK + "given: {dL/da1: [1, 0]}\n").values
    assert values["dL/dW1"].tolist() == [[1, 2], [0, 0]]


def test_an_upstream_gradient_needs_no_loss():
    text = "inputs: {x: [1, 2]}\nequations: y = x^2\ngiven: {dE/dy: [1, -1]}\n"
    values = solve(text).values
    assert load(text).loss == "E"
    assert values["dE/dx"].tolist() == [2, -4]


def test_two_upstream_gradients_add_up():
    text = "inputs: {x: 3}\nequations: |\n  u = 2*x\n  v = x^2\ngiven: {dE/du: 1, dE/dv: 10}\n"
    assert float(solve(text).values["dE/dx"]) == 62


def test_given_can_be_refused_or_recomputed():
    from gradcalc import ProblemError
    from gradcalc import solve as solve_problem

    problem = load(NETWORK + "given: {yhat: 3}\n")
    with pytest.raises(ProblemError, match="the given yhat contradicts"):
        solve_problem(problem, given="fail")
    again = solve_problem(problem, given="recompute")
    assert again.values["yhat"].tolist() == solve(NETWORK).values["yhat"].tolist()
    assert [item.differs for item in again.comparisons] == [True]


GIVEN_ERRORS = [
    (NETWORK + "given: {a3: 1}\n", "a3 names no value", "9:9", "known are"),
    (NETWORK + "given: {ahat: 1}\n", "ahat names no value", "9:9", "did you mean yhat"),
    (NETWORK + "given: {a1: [1]}\n", "a1 has 1 entry, due are 2 entries", "9:9", "equations"),
    (NETWORK + "given: {a1: [[1, 2]]}\n", "a1 is 1×2, due are 2 entries", "9:9", ""),
    (NETWORK + "given: {x: [1, 2]}\n", "x is an input, and known", "9:9", "line 1"),
    (NETWORK + "given: {W1: [[1, 2], [3, 4]]}\n", "W1 is a weight, and known", "9:9", "line 4"),
    (NETWORK + "given: {'a1[1]': 1}\n", "one entry of a1", "9:9", "all of a1"),
    (NETWORK + "given: {a1: {shape: 2}}\n", "a1 has no numbers", "9:13", ""),
    (NETWORK + "given: {a1: [1, q]}\n", "a1: 'q' is not a number", "9:17", ""),
    (NETWORK + "given: {∂L/∂a1: [1, 1], dL/da1: [1, 1]}\n", "given twice", "", "line 9"),
    ("inputs: {x: 1}\nequations: A = x^2\ngiven: {dL/dQ: 1}\n", "Q in dL/dQ names no value",
     "3:9", "known are x, A"),
    ("inputs: {x: 1}\nequations: |\n  A = x\n  B = x\ngiven: {dL/dA: 1, dE/dB: 1}\n",
     "gradients of two things", "5:19", "one number"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "place", "hint"), GIVEN_ERRORS)
def test_what_cannot_be_given(text, message, place, hint):
    refused(text, message, place, hint)


# --- names -------------------------------------------------------------------------------


def test_names_are_read_in_every_key():
    names = "names: {a1: [h1, h2], yhat: o, L: E, W1: [[w1, w2], [w3, w4]]}\n"
    problem = load(NETWORK + names + "find: [dE/dw3, o, h2, dE/do, dw1]\nrounding: {o: 2}\n")
    assert [str(item) for item in problem.find] == [
        "dL/dW1[2,1]", "yhat", "a1[2]", "dL/dyhat", "dL/dW1[1,1]",
    ]  # fmt: skip
    assert problem.rounding is not None
    assert problem.rounding.named == {"yhat": 2}
    assert problem.names.shown("dL/dyhat") == "dE/do"
    assert problem.names.shown_entry("dL/dW1", (0, 1)) == "dE/dw2"


def test_an_entry_may_take_a_name_of_ours():
    problem = load(NETWORK + "names: {b1: [b1, b2]}\nfind: dL/db2\n")
    assert [str(item) for item in problem.find] == ["dL/db1[2]"]


def test_two_quantities_may_swap_names():
    names = load(NETWORK + "names: {z1: z2, z2: z1}\n").names
    assert Lexicon(names, {"z1": (), "z2": ()}, "L").read("z1") == Reference("z2")


NAME_ERRORS = [
    (NETWORK + "names: {q: r}\n", "q names no value", "9:9", "known are x, y"),
    (NETWORK + "names: {yhta: r}\n", "yhta names no value", "9:9", "did you mean yhat"),
    (NETWORK + "names: {a1: [h]}\n", "a1 has 2 entries, named are 1 entry", "9:13", ""),
    (NETWORK + "names: {W1: [a, b]}\n", "W1 is 2×2, named are 2 entries", "9:13", ""),
    (NETWORK + "names: {W1: [[a], [b, c]]}\n", "rows of names differ", "9:13", ""),
    (NETWORK + "names: {a1: []}\n", "a name, or a list of names", "9:13", ""),
    (NETWORK + "names: {a1: {b: c}}\n", "a name, or a list of names", "9:13", ""),
    (NETWORK + "names: {a1: [h, {b: c}]}\n", "a name, or a list of names", "9:17", ""),
    (NETWORK + "names: {a1: [h, h]}\n", "h names two things", "9:17", "a1 has this name"),
    (NETWORK + "names: {a1: h, z1: h}\n", "h names two things", "9:20", "a1 has this name"),
    (NETWORK + "names: {a1: '\\tilde{y}'}\n", "is not a name", "9:13", "a letter"),
    (NETWORK + "names: {a1: dL/dx}\n", "is not a name", "9:13", ""),
    (NETWORK + "names: {a1: ''}\n", "an empty text is not a name", "9:13", ""),
    (NETWORK + "names: {a1: z1}\n", "z1 is a value of this problem", "9:13", "z1 another name"),
    (NETWORK + "names: {b1: [b1, W1]}\nfind: 'dL/dW1[1,1]'\n", "", "10:7", ""),
]


@pytest.mark.parametrize(("text", "message", "place", "hint"), NAME_ERRORS)
def test_names_that_cannot_be_used(text, message, place, hint):
    refused(text, message, place, hint)


def test_a_name_of_ours_that_the_author_took_is_explained():
    names = Names(entries={("W2", (0, 0)): "b1"})
    lexicon = Lexicon(names, {"b1": (2,), "W2": (1, 2)}, "L")
    assert lexicon.read("b1") == Reference("W2", (0, 0))
    assert lexicon.read("b1[2]") is None
    text = NETWORK + "names: {W2: [[b1, c]]}\nfind: 'b1[2]'\n"
    refused(text, "b1.2. names no value", "10:7", r"b1 is W2\[1,1\] in this file")


def test_hidden_names():
    assert is_hidden("_1")
    assert is_hidden("dL/d_1")
    assert is_hidden("d_1/dx")
    assert not is_hidden("a_1")
    assert not is_hidden("dL/da_1")


# --- rounding ----------------------------------------------------------------------------


def rounded(setting: str, x: str = "0.125") -> dict[str, float]:
    text = f"inputs: {{x: {x}}}\nequations: |\n  u = 1*x\n  y = u^2\nrounding: {setting}\n"
    return {name: float(value) for name, value in solve(text).values.items()}


@pytest.mark.parametrize(
    ("setting", "x", "value"),
    [
        ("{decimals: 2}", "0.125", 0.13),
        ("{decimals: 2}", "-0.125", -0.13),
        ("{decimals: 2}", "0.285", 0.29),
        ("{decimals: 2}", "2.675", 2.68),
        ("{decimals: 2, mode: half_up}", "0.135", 0.14),
        ("{decimals: 2, mode: half_even}", "0.125", 0.12),
        ("{decimals: 2, mode: half_even}", "0.135", 0.14),
        ("{decimals: 2, mode: truncate}", "0.129", 0.12),
        ("{decimals: 2, mode: truncate}", "-0.129", -0.12),
        ("{decimals: 0}", "2.5", 3),
        ("{significant: 2}", "123.4", 120),
        ("{significant: 2}", "0.01255", 0.013),
        ("{significant: 1}", "0", 0),
        ("{u: 1}", "0.16", 0.2),
    ],
)
def test_values_are_rounded_as_on_paper(setting, x, value):
    assert rounded(setting, x)["u"] == value


def test_names_that_are_not_listed_are_not_rounded():
    values = rounded("{u: 1}", "0.16")
    assert values["y"] == pytest.approx(0.04)
    assert values["x"] == 0.16
    assert rounded("{decimals: 1}", "0.16")["x"] == 0.16


def test_rounded_values_are_carried_on_and_the_exact_ones_kept():
    solution = solve(NETWORK + "rounding: {a1: 0}\n")
    assert solution.values["a1"].tolist() == [5, 11]
    assert solution.values["yhat"].tolist() == [27]
    assert solution.exact is not None
    np.testing.assert_allclose(solution.exact["a1"], [5.1, 11.2])


ROUNDING_ERRORS = [
    (NETWORK + "rounding: 2\n", "holds a single value, not a mapping", "9:11", "rounds"),
    (NETWORK + "rounding: {}\n", "names no digits", "9:11", "decimals: 2"),
    (NETWORK + "rounding: {mode: half_up}\n", "names no digits", "9:11", ""),
    (NETWORK + "rounding: {mode: up, a1: 2}\n", "up is not a way of rounding", "9:18", "known"),
    (NETWORK + "rounding: {mode: halfup}\n", "halfup is not", "9:18", "did you mean half_up"),
    (NETWORK + "rounding: {mode: [a]}\n", "not a way of rounding", "9:18", ""),
    (NETWORK + "rounding: {a1: 2.5}\n", "from 0 to 15", "9:16", ""),
    (NETWORK + "rounding: {a1: -1}\n", "from 0 to 15", "9:16", ""),
    (NETWORK + "rounding: {significant: 0}\n", "from 1 to 15", "9:25", ""),
    (NETWORK + "rounding: {decimals: 16}\n", "from 0 to 15", "9:22", ""),
    (NETWORK + "rounding: {a1: two}\n", "'two' is not a number", "9:16", ""),
    (NETWORK + "rounding: {decimals: 2, significant: 2}\n", "exclude each other", "9:11", ""),
    (NETWORK + "rounding: {a9: 2}\n", "a9 names no value", "9:12", ""),
    (NETWORK + "rounding: {decimal: 2}\n", "decimal names no value", "9:12", "decimals"),
    (NETWORK + "rounding: {x: 2}\n", "x stands in the file", "9:12", "computed values"),
    (NETWORK + "rounding: {'a1[1]': 2}\n", "one entry of a1", "9:12", "all of a1"),
    (NETWORK + "rounding: {a1: 2, a₁: 3}\n", "a1 is rounded twice", "9:19", ""),
]


@pytest.mark.parametrize(("text", "message", "place", "hint"), ROUNDING_ERRORS)
def test_rounding_that_cannot_be_done(text, message, place, hint):
    refused(text, message, place, hint)
