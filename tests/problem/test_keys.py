"""Every key of the format: what it does, and what is said where it is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradcalc.errors import Source
from gradcalc.problem.reading.keys import KEYS, check_keys
from gradcalc.problem.text.yaml_nodes import parse_document
from tests.problem.refused import NETWORK, changed, load, refused, solve

CATALOGUE = Path(__file__).parents[2] / "problems" / "README.md"
ONE = "inputs: {x: 1}\nequations: y = x^2\n"

# --- what each key does ------------------------------------------------------------------


def test_a_whole_network():
    problem = load(NETWORK)
    assert [line.name for line in problem.lines] == ["z1", "a1", "z2", "yhat", "L"]
    assert {name: data.role for name, data in problem.data.items()} == {
        "x": "input", "y": "target", "W1": "weight", "b1": "weight", "W2": "weight",
    }  # fmt: skip
    assert [str(item) for item in problem.find] == ["dL/dW1", "dL/db1", "dL/dW2"]
    assert not problem.asked
    assert problem.numeric
    assert [layer.activation for layer in problem.layers] == ["relu", "identity"]
    assert [layer.bias for layer in problem.layers] == ["b1", None]


def test_title_and_source():
    problem = load(f"title: ' A  title '\nsource: a book\n{NETWORK}")
    assert problem.title == "A  title"
    assert problem.cite == "a book"
    assert load(NETWORK).cite is None


def test_weights_layout_by_inputs():
    turned = changed("W1: [[1, 2], [3, 4]]", "W1: [[1, 3], [2, 4]]")
    turned = turned.replace("W2: [[1, 2]]", "W2: [[1], [2]]")
    other = solve(turned + "weights_layout: inputs_by_units\n").values
    same = solve(NETWORK + "weights_layout: units_by_inputs\n").values
    np.testing.assert_array_equal(other["L"], same["L"])
    np.testing.assert_array_equal(other["dL/dW1"], same["dL/dW1"].T)


def test_a_number_feeds_a_network():
    text = "inputs: {x: 3}\nweights: {W1: [[2]]}\nactivations: [relu]\n"
    assert solve(text + "targets: {y: 1}\nloss: mse\n").values["dL/dW1"].tolist() == [[30]]


def test_network_input_chooses():
    text = changed("{x: [1, 2]}", "{u: 5, x: [1, 2]}") + "network_input: x\n"
    assert load(text).layers[0].before == "x"


def test_a_batch_is_a_matrix_of_samples():
    values = solve(changed("[1, 2]}", "[[1, 2], [0, 1]]}").replace("y: 1", "y: [[1], [1]]")).values
    assert values["z1"].shape == (2, 2)
    assert values["dL/dW1"].shape == (2, 2)


def test_units_make_letters():
    problem = load(
        "inputs: {x: {shape: N}}\nunits: [M, 2]\nactivations: [relu, softmax]\nfind: a2\n"
    )
    assert problem.data["W1"].shape == ("M", "N")
    assert problem.data["b2"].shape == (2,)
    assert not problem.numeric
    turned = load(
        "inputs: {x: {shape: [B, N]}}\nunits: M\nactivations: relu\n"
        "weights_layout: inputs_by_units\nfind: a1\n"
    )
    assert turned.data["W1"].shape == ("N", "M")
    assert turned.forward.shapes["a1"] == ("B", "M")


def test_without_loss_the_last_output_is_no_yhat():
    assert "a2" in load(NETWORK.replace("loss: mse\n", "find: a2\n")).forward.shapes


def test_constants_have_no_gradient():
    values = solve("constants: {c: 3}\nweights: {w: 2}\nequations: y = c*w^2\n").values
    assert float(values["dy/dw"]) == 12
    assert "dy/dc" not in values


@pytest.mark.parametrize(
    "equations",
    [
        "|\n  h = 2*x\n\n  # a comment\n  y = h^2   # another",
        "{h: 2*x, y: h^2}",
        "\n  h: 2*x\n  y: h^2",
        "\n  - h = 2*x\n  - y = h^2",
        "[h = 2*x, y = h^2]",
        "|\n  f(z) = 2*z\n  h = f(x)\n  y = h^2",
        "|\n  len(v) = norm(v)\n  h = len([2, 0]*x)\n  y = h^2",
        "|\n  h = 2·x\n  y = h**2",
    ],
)
def test_equations_in_each_form(equations):
    assert float(solve(f"inputs: {{x: 3}}\nequations: {equations}\n").values["dy/dx"]) == 24


def test_a_loss_may_end_equations():
    text = "inputs: {x: [1, 2]}\ntargets: {t: [0, 1]}\nequations: p = x^2\nloss: squared_error\n"
    assert float(solve(text).values["L"]) == 10


def test_parameters_of_losses():
    text = "inputs: {x: [0, 3]}\ntargets: {t: [1, 1]}\nequations: p = x + 0\n"
    assert float(solve(text + "loss: huber(delta=1)\n").values["L"]) == 2
    assert float(solve(text + "loss: huber(delta=1, reduction=mean)\n").values["L"]) == 1
    assert float(solve(text + "loss: MSELoss\n").values["L"]) == 2.5


def test_descent_options_and_marking_are_kept():
    text = "options: {a: [1], b: z^2}\nanswer: a\nmarking: {dy/dx: 2}\naccept: [half]\n"
    text += "descent: {learning_rate: 0.1, steps: 3}\nexpect: {dy/dx: 2}\n"
    problem = load(ONE + text)
    assert set(problem.extras) == {"options", "answer", "marking", "expect"}
    assert problem.descent is not None
    assert (problem.descent.steps, problem.descent.rate(2).value) == (3, 0.1)
    assert problem.descent.parameters == ("x",)
    assert problem.accept == ("half",)


# --- data beside the file ----------------------------------------------------------------


@pytest.fixture
def beside(tmp_path):
    def load_with(name: str, text: str):
        source = Source(str(tmp_path / "p.yaml"), text.replace("FILE", name))
        from gradcalc import load as load_source

        return load_source(source)

    return tmp_path, load_with


def test_weights_from_files(beside):
    folder, load_with = beside
    np.save(folder / "w.npy", np.array([[1, 2], [3, 4]]))
    (folder / "v.csv").write_text("\ufeff1, 2\n", encoding="utf-8")
    text = NETWORK.replace("[[1, 2], [3, 4]]", "{file: w.npy}").replace("[[1, 2]]", "{file: v.csv}")
    from gradcalc import solve as solve_problem

    found = solve_problem(load_with("", text)).values
    np.testing.assert_array_equal(found["dL/dW1"], solve(NETWORK).values["dL/dW1"])


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("w.npy", b"no array", "holds no array of numbers"),
        ("w.npy", b"PK\x03\x04 no zip", "holds no array of numbers"),
        ("w.npy", b"", "holds no array of numbers"),
        ("w.csv", b"", "holds no numbers"),
        ("w.csv", b"1,2\n3\n", "holds no array of numbers"),
        ("w.csv", b"a,b\n", "holds no array of numbers"),
        ("w.csv", b"1,nan\n", "not finite"),
        ("w.txt", b"1\n", "neither .npy nor .csv"),
        ("../w.csv", b"1\n", "not the name of a file beside"),
        ("/etc/passwd", None, "not the name of a file beside"),
        ("none.npy", None, "there is no file none.npy"),
    ],
)
def test_files_that_hold_no_weights(beside, name, data, words):
    folder, load_with = beside
    if data is not None:
        (folder / name).write_bytes(data)
    with pytest.raises(Exception, match=words) as caught:
        load_with(name, "inputs: {x: {file: FILE}}\nequations: y = sum(x)\n")
    assert caught.typename == "ProblemError"
    assert caught.value.span.line == 1


@pytest.mark.parametrize(
    "array", [np.array(["a"]), np.array([1j]), np.array([True]), np.zeros((1, 1, 1)), np.zeros(0)]
)
def test_arrays_that_are_no_weights(beside, array):
    folder, load_with = beside
    np.save(folder / "w.npy", array)
    with pytest.raises(Exception, match="holds") as caught:
        load_with("w.npy", "inputs: {x: {file: FILE}}\nequations: y = sum(x)\n")
    assert caught.typename == "ProblemError"


# --- what is said about each key ---------------------------------------------------------

KEY_ERRORS = [
    # key by key: text, message, place, hint or label
    ("tilte: x\n", "tilte is not a key", "1:1", "did you mean title"),
    ("zzz: x\n", "zzz is not a key", "1:1", "the keys are inputs, targets"),
    ("title: [a]\n", "title holds a list, not a text", "1:8", ""),
    ("source: {a: b}\n", "source holds a mapping, not a text", "1:9", ""),
    ("inputs: 3\n", "inputs holds a single value, not a mapping", "1:9", "known"),
    ("inputs:\n", "inputs is empty", "1:1", "indent"),
    ("inputs: {2a: 1}\n", "2a is not a name", "1:10", "a letter"),
    ("inputs: {_a: 1}\n", "_a is not a name", "1:10", "a letter"),
    ("inputs: {dL/dx: 1}\n", "dL/dx is not a name", "1:10", "under given"),
    ("inputs: {x: {shap: N}}\n", "shap does not describe", "1:14", "did you mean shape"),
    ("inputs: {x: {}}\n", "x has no numbers", "1:13", "{shape: N}"),
    ("inputs: {x: {shape: N, file: a.npy}}\n", "a shape and a file", "1:13", ""),
    ("inputs: {x: {shape: 0}}\n", "a dimension is", "1:21", ""),
    ("inputs: {x: {shape: -1}}\n", "a dimension is", "1:21", ""),
    ("inputs: {x: {shape: 99999999999}}\n", "a dimension of more than", "1:21", ""),
    ("inputs: {x: {shape: [a, b, c]}}\n", "vectors and matrices", "1:21", "3 dimensions"),
    ("inputs: {x: {file: [a]}}\n", "names one file", "1:20", ""),
    ("inputs: {x: 1}\ntargets: {x: 1}\n", "x is defined twice", "2:11", "first in line 1"),
    ("targets: [1]\n", "targets holds a list", "1:10", "loss compares"),
    ("weights: 1\n", "weights holds a single value", "1:10", "parameters"),
    ("constants: a\n", "constants holds a single value", "1:12", "never shown"),
    (changed("W1:", "w1:"), "w1 is not the weight of a layer", "4:3", "did you mean W1"),
    (changed("b1:", "B1:"), "no line reads the weight B1", "5:3", "did you mean b1"),
    (changed("b1:", "b3:"), "no line reads the weight b3", "5:3", "b2"),
    (ONE + "weights: {w: 1}\n", "no line reads the weight w", "3:11", "equation reads"),
    (changed("[0.1, 0.2]", "[0.1]"), "a list of 1 entry, the layer has 2", "5:3", "shared"),
    (changed("[0.1, 0.2]", "[1, 2, 3]"), r"b1 has 3 entries, W1 \(line 4\)", "5:3", "a unit"),
    (changed("[0.1, 0.2]", "[[1, 2]]"), r"b1 is 1×2, W1 \(line 4\)", "5:3", "a unit"),
    (changed("W2: [[1, 2]]", "W2: [1, 2]"), "the weight of a layer is a matrix", "6:3", "one row"),
    (changed("W2: [[1, 2]]", "W2: [[1, 2, 3]]"), "W2 is 1×3 and does not fit its 2 inputs",
     "6:3", r"W1 \(line 4\) gives 2.*2 columns are due"),
    (changed("W2: [[1, 2]]", "W2: [[1], [2]]"), "W2 is 2×1 and does not fit", "6:3",
     "looks transposed: write it as 1×2, or set weights_layout: inputs_by_units"),
    (changed("x: [1, 2]", "x: [1, 2, 3]"), "W1 is 2×2 and does not fit its 3 inputs", "4:3",
     r"x \(line 1\) gives 3"),
    (NETWORK + "weights_layout: inputs_by_units\n", "W2 is 1×2 and does not fit", "6:3",
     "rows are inputs.*transposed: write it as 2×1, or set weights_layout: units_by_inputs"),
    (NETWORK + "weights_layout: rows\n", "rows is not a layout", "9:17", "units_by_inputs"),
    (changed("[relu, identity]", "[relu]"), "2 activations are due, 1 given", "7:14",
     "one for each layer"),
    (changed("[relu, identity]", "[relu, relu, relu]"), "3 activations, but W1, W2", "7:14",
     "W1 to W3 are due"),
    (changed("  W1: [[1, 2], [3, 4]]\n", ""), "there is W2, but no W1", "5:3", "in order"),
    (changed("relu", "rleu"), "rleu is not an activation", "7:15", "did you mean relu"),
    (changed("relu", "zzzz"), "zzzz is not an activation", "7:15", "known are identity, sigmoid"),
    (changed("relu", "mse"), "mse is not an activation", "7:15", ""),
    (changed("relu", "leaky_relu(slope=1)"), "slope is not a parameter", "7:15", "alpha"),
    (changed("relu", "relu(alpha=1)"), "alpha is not a parameter", "7:15", "no parameters"),
    (changed("relu", "relu(z1)"), "an activation is a name", "7:15", "leaky_relu"),
    (changed("relu", "2"), "an activation is a name", "7:15", ""),
    (changed("relu", "[relu]"), "a name is due here", "7:15", ""),
    (changed("[relu, identity]", "[]"), "2 activations are due, 0 given", "7:14", ""),
    ("activations: {a: b}\n", "activations holds a mapping", "1:14", "one activation a layer"),
    ("units: [2]\n", "units without activations", "1:1", "activations: "),
    ("inputs: {x: {shape: N}}\nunits: [2]\nactivations: [relu, relu]\n",
     "units for 1 layer, activations for 2 layers", "2:8", "each a layer"),
    ("inputs: {x: {shape: N}}\nunits: [0]\nactivations: [relu]\n", "a dimension is", "2:9", ""),
    (NETWORK + "units: [2, 1]\n", "W1 comes from units and from weights", "4:3", "line 9"),
    (changed("inputs: {x: [1, 2]}\n", ""), "fed by one input; there is none", "6:1", "inputs:"),
    (changed("{x: [1, 2]}", "{x: [1, 2], u: 1}"), "fed by one input", "1:1", "network_input: x"),
    (NETWORK + "network_input: u\n", "u is not an input", "9:16", "the inputs are x"),
    (NETWORK + "network_input: y\n", "y is not an input", "9:16", ""),
    ("inputs: {x: 1}\n", "there is nothing to compute", "1:1", "equations"),
    (changed("mse", "msee"), "msee is not a loss", "8:7", "did you mean mse"),
    (changed("mse", "zzzzzz"), "zzzzzz is not a loss", "8:7", "known are squared_error"),
    (changed("mse", "relu"), "relu is not a loss", "8:7", ""),
    (changed("mse", "mse(yhat, y)"), "mse finds its operands itself", "8:7", "under equations"),
    (changed("mse", "huber(beta=2)"), "beta is not a parameter of huber", "8:7", "delta"),
    (changed("mse", "mse(reduction=max)"), "reduction=max is not known", "8:7", "sum, mean"),
    (changed("mse", "huber(delta=y)"), "delta takes a number", "8:7", ""),
    (changed("mse", "[mse]"), "loss holds a list", "8:7", ""),
    (changed("mse", "|\n  mse\n  mse"), "one line is due", "10:3", "a second line"),
    (changed("targets: {y: 1}\n", ""), "one target; there is none", "7:1", "targets:"),
    (changed("{y: 1}", "{y: 1, t: 2}"), "compares with one target", "2:1", "as an equation"),
    (changed("y: 1", "y: [1, 2]"), "cannot compare yhat", "8:7", "yhat comes from"),
    ("inputs: {x: 1}\ntargets: {y: 1}\nloss: mse\n", "no prediction", "3:7", "equations"),
    (NETWORK + "equations: L = sum(yhat)\n", "L is defined by an equation and by loss", "8:7", ""),
    (changed("[relu, identity]\nloss: mse", "[relu, sigmoid]\nloss: bce_with_logits"),
     "has sigmoid inside and takes logits", "8:7", "use binary_cross_entropy"),
    (changed("[relu, identity]\nloss: mse", "[relu, softmax]\nloss: softmax_cross_entropy"),
     "cannot compare yhat", "8:7", "binary_cross_entropy takes a probability"),
    (ONE + "accept: [halve]\n", "halve is not a convention", "3:10", "did you mean half"),
    (ONE + "options: [1]\n", "options holds a list", "3:10", "by letter"),
    (ONE + "options: {a: [1, u]}\n", "option a: 'u' is not a number", "3:18", ""),
    (ONE + "options: {a: {b: 1}}\n", "option a holds numbers", "3:14", ""),
    (ONE + "answer: a\n", "answer without options", "3:9", "options:"),
    (ONE + "options: {a: [1]}\nanswer: b\n", "b is not the letter", "4:9", "options are a"),
    (ONE + "expect: {dy/du: 1}\n", "dy/du names no value", "3:10", ""),
    (ONE + "expect: {dy/dx: [1, 2]}\n", "dy/dx is a number, here: 2 entries", "3:17", ""),
    (ONE + "expect: {dy/dx: u}\n", "'u' is not a number", "3:17", ""),
    (ONE + "marking: 3\n", "marking holds a single value", "3:10", "points"),
    (ONE + "descent: {rate: 1}\n", "rate is not a setting", "3:11", "learning_rate"),
    (ONE + "descent: {steps: 2}\nupdate: {steps: 2}\n", "are one key", "4:1", "under descent"),
    (ONE + "descent: {lr: -1}\n", "larger than 0", "3:15", "maximise: true"),
    (ONE + "descent: {lr: [1, -1]}\n", "larger than 0", "3:19", ""),
    (ONE + "descent: {lr: [1, 2], steps: 3}\n", "2 learning rates for 3 steps", "3:30", ""),
    (ONE + "descent: {lr: []}\n", "1 to 10000 learning rates", "3:15", ""),
    (ONE + "descent: {lr: 1, eta: 1}\n", "learning_rate is set twice", "3:18", ""),
    (ONE + "descent: {method: adm}\n", "adm is not an optimiser", "3:19", "mean adam"),
    (ONE + "descent: {method: newton-raphson}\n", "is not an optimiser", "3:19", "known are sgd"),
    (ONE + "descent: {method: [adam]}\n", "this is not an optimiser", "3:19", ""),
    (ONE + "descent: {beta1: 0.9}\n", "beta1 is not a setting of sgd", "3:11", "method: adam"),
    (ONE + "descent: {betas: [0.9, 0.9]}\n", "betas is not a setting", "3:11", "method: adam"),
    (ONE + "descent: {method: adam, betas: 0.9}\n", "betas are two numbers", "3:32", ""),
    (ONE + "descent: {method: adam, beta2: 1}\n", "beta2 is at least 0 and less", "3:32", ""),
    (ONE + "descent: {method: adam, eps: -1}\n", "eps is at least 0", "3:30", ""),
    (ONE + "descent: {nesterov: 1}\n", "nesterov is true or false", "3:21", ""),
    (ONE + "descent: {nesterov: true}\n", "needs a momentum", "3:11", "momentum: 0.9"),
    (
        ONE + "descent: {momentum: 0.9, dampening: 0.1, nesterov: true}\n",
        "no dampening",
        "3:42",
        "remove dampening",
    ),
    (ONE + "descent: {parameters: [u]}\n", "u is no quantity", "3:24", "parameters are x"),
    (ONE + "descent: {parameters: [y]}\n", "y is no quantity", "3:24", "parameters are x"),
    (ONE + "descent: {parameters: [[z]]}\n", "a name is due", "3:24", ""),
    (ONE + "descent: {method: adam, lr: nan}\n", "is not a finite number", "3:29", ""),
    (ONE + "descent: {step: 1}\n", "step is not a setting", "3:11", "did you mean steps"),
    (ONE + "descent: {steps: 0}\n", "steps is a whole number", "3:18", ""),
    (ONE + "descent: {steps: 1.5}\n", "steps is a whole number", "3:18", ""),
    (ONE + "descent: {learning_rate: 0}\n", "larger than 0", "3:26", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "place", "hint"), KEY_ERRORS)
def test_what_is_refused_says_where_and_how_to_mend_it(text, message, place, hint):
    refused(text, message, place, hint)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_refuses_nothing_and_the_wrong_kind(key):
    refused(f"{key}:\n", f"{key} is empty", "1:1", "remove the key")
    kind = KEYS[key][0]
    wrong = "1" if kind == "mapping" else "{a: {b: c}}" if kind != "equations" else "[[a]]"
    refused(f"{key}: {wrong}\n", "", f"1:{len(key) + 3 + (kind == 'equations')}")


# --- the catalogue -----------------------------------------------------------------------


def test_the_catalogue_explains_every_key():
    text = CATALOGUE.read_text(encoding="utf-8")
    for key in KEYS:
        assert f"**{key}**" in text, key


def test_the_examples_of_the_catalogue_are_well_formed():
    text = CATALOGUE.read_text(encoding="utf-8").partition("# The problem format")[2]
    examples: list[str] = []
    for line in text.splitlines():
        if line.startswith("    ") and not line.startswith("     "):
            examples.append(line[4:] + "\n")
        elif line.startswith("     "):
            examples[-1] += line[4:] + "\n"
    assert len(examples) >= len(KEYS)
    for example in examples:
        check_keys(parse_document(Source("README.md", example)))
