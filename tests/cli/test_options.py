"""`gradcalc options`: a block to paste whose key is right and whose rest is explained."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

import gradcalc
from gradcalc.cli import run
from gradcalc.grading.mistakes.library import RULES
from tests.shown import ROOT

RELU = "problems/relu-squared-loss.yaml"
HAND = "problems/hand-calculation.yaml"
NETWORK = "problems/relu-network-given-values.yaml"
ASKED = [
    (HAND, "dL/dz1"),
    (HAND, "dL/dW2"),
    (HAND, "dL/dW1[2,1]"),
    (NETWORK, "dL/da1"),
    (NETWORK, "dL/dW1"),
    ("problems/softmax-cross-entropy.yaml", "dL/dz1"),
    ("problems/xor-network.yaml", "dL/dW1"),
    ("problems/tanh-sigmoid-regression.yaml", "dL/db1"),
    ("problems/batch-mean.yaml", "dL/dW1"),
]


class Stream(io.StringIO):
    encoding = "utf-8"


def called(*arguments: str) -> tuple[int, str, str]:
    out, err = Stream(), Stream()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(("options", *arguments))
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def pasted(path: str, block: str) -> gradcalc.Problem:
    """Return the problem of a file with the block in place of its own find and options."""
    text = (ROOT / path).read_text(encoding="utf-8")
    kept = re.sub(r"(?m)^(find|options|answer|expect):.*\n(?: .*\n)*", "", text)
    return gradcalc.load(f"{kept.rstrip()}\n{block}")


@pytest.mark.parametrize(("path", "find"), ASKED)
@pytest.mark.parametrize("seed", ["1", "7"])
def test_a_pasted_block_has_one_key_and_no_warnings(path: str, find: str, seed: str) -> None:
    code, block, err = called(path, "--find", find, "--count", "4", "--seed", seed)
    assert (code, err) == (0, "")
    review = gradcalc.check_options(pasted(path, block))
    assert len(review.key) == 1
    assert review.warnings == ()
    assert len(review.options) == 4
    for option in review.options:
        assert option.verdict == "correct" or option.explanations


@pytest.mark.parametrize(("path", "find"), ASKED)
def test_the_check_names_the_mistake_that_the_comment_does(path: str, find: str) -> None:
    _, block, _ = called(path, "--find", find, "--count", "4")
    said = dict(re.findall(r"^  (\w): .*# .*\(([\w, -]+)\)$", block, re.MULTILINE))
    assert len(said) == 3
    for option in gradcalc.check_options(pasted(path, block)).options:
        if option.label in said:
            found = [", ".join(each.rules) for each in option.explanations]
            assert said[option.label] in found
            assert set(said[option.label].split(", ")) <= set(RULES)


def test_the_block_is_the_same_in_every_run() -> None:
    assert called(RELU) == called(RELU)
    other = called(RELU, "--seed", "2")
    assert sorted(re.findall(r"\[.*\]", other[1])) == sorted(re.findall(r"\[.*\]", called(RELU)[1]))


def test_the_count_and_the_decimals_are_those_asked_for() -> None:
    for count in (2, 3, 8):
        _, block, _ = called(HAND, "--find", "dL/dz1", "--count", str(count))
        assert len(re.findall(r"^  \w: ", block, re.MULTILINE)) == count
    _, block, _ = called(HAND, "--find", "dL/dz1", "--decimals", "2")
    for number in re.findall(r"-?\d+\.(\d+)", block):
        assert len(number) <= 2
    values = re.findall(r"^  \w: (\[.*?\])", block, re.MULTILINE)
    assert len(set(values)) == len(values)


def test_the_only_quantity_that_is_asked_for_needs_no_find() -> None:
    code, block, _ = called(RELU)
    assert code == 0
    assert block.startswith("options:\n")
    code, _, err = called(NETWORK)
    assert code == 2
    assert "which quantity are the options for?" in err
    assert "--find one of dL/dW1" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((HAND, "--find", "dL/dW9"), "names nothing in this problem"),
        ((HAND, "--find", "x"), "is no line of this problem"),
        ((HAND, "--find", "dL/db2", "--decimals", "0", "--count", "20"), "ask for"),
        (("problems/scalar-circuit.yaml", "--find", "df/dx", "--count", "26"), "ask for"),
        (("problems/polynomial-partials-letters.yaml", "--find", "df/dx"), "numbers"),
        (("no-such-file.yaml",), "no-such-file.yaml"),
        ((HAND, "--find", "dL/db2", "--count", "1"), "--count"),
        ((HAND, "--find", "dL/db2", "--decimals", "-1"), "--decimals"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(arguments: tuple[str, ...], said: str) -> None:
    code, out, err = called(*arguments)
    assert code == 2
    assert out == ""
    assert said in err
    assert "Traceback" not in err


def test_a_title_and_names_do_not_steer_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(
        'title: "\\e[2J[bold]"\ninputs: {x: [1, 2]}\ntargets: {y: 1}\n'
        "weights: {W1: [[0.5, -0.3]], b1: 0.1}\nactivations: [sigmoid]\nloss: squared_error\n",
        encoding="utf-8",
    )
    code, out, _ = called(str(path), "--find", "dL/dW1")
    assert code == 0
    assert "\x1b" not in out
