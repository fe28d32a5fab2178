"""Answer sheets, schemes and rulings that programs write as YAML or JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradcalc
from gradcalc.errors import ProblemError, Source
from gradcalc.grading.answers.sheet_text import NamedText, read_pairs
from gradcalc.grading.classes.scheme import read_rulings, read_scheme
from gradcalc.grading.evaluation.lines import lines_of
from tests.problem.test_dumps import STYLES

NAMED = {
    "z1": "0.1",
    "dL/dW1": [["0.1", "0.2"], ["0.3", "-1e-3"]],
    "dL/dW1[1,1]": "0.5",
    "∂L/∂z1": "0.2 0.3",
    "t": "1/3",
}
LINES = "z1 = 0.1\na1 = [0.2,\n  0.3]   # x\n\nyhat = 0.5\n∂L/∂z1 = 3"
PROBLEM = gradcalc.load("inputs: {x: 3}\nweights: {w: 2}\nequations: |\n  h = w*x\n  L = h^2\n")


def read(text: str) -> list[NamedText]:
    found = read_pairs(Source("a.yaml", text.replace("\r\n", "\n")))
    assert found is not None
    return list(found.pairs)


@pytest.mark.parametrize("style", STYLES)
def test_a_sheet_is_the_same_in_every_style(style: str) -> None:
    named = read(STYLES[style]({"answers": NAMED}))
    compact = [(pair.name, pair.text.replace(" ", ""), pair.reason) for pair in named]
    assert compact == [
        ("z1", "0.1", None),
        ("dL/dW1", "[[0.1,0.2],[0.3,-1e-3]]", None),
        ("dL/dW1[1,1]", "0.5", None),
        ("∂L/∂z1", "0.20.3", None),
        ("t", "1/3", None),
    ]
    text = STYLES[style]({"answers": LINES, "b": "1"})
    lines = read(text)
    assert [" ".join(pair.text.split()) for pair in lines] == [
        "z1 = 0.1",
        "a1 = [0.2, 0.3]",
        "yhat = 0.5",
        "∂L/∂z1 = 3",
    ]
    rows = text.replace("\r\n", "\n").split("\n")
    assert all(each in rows[pair.line - 1] for pair, each in zip(lines, ("z1", "a1"), strict=False))


@pytest.mark.parametrize("style", STYLES)
def test_schemes_and_rulings_are_the_same_in_every_style(style: str, tmp_path: Path) -> None:
    dump = STYLES[style]
    scheme = {"dL/dw": "3", "h": "2", "follows": "0.5", "deduct": {"loss-sign": "0.5"}}
    file = tmp_path / "s.yaml"
    file.write_text(dump({"marking": scheme}), encoding="utf-8", newline="")
    from gradcalc.problem.text.source import read_source
    from gradcalc.problem.text.yaml_nodes import parse_document

    found = read_scheme(parse_document(read_source(str(file))).get("marking"), PROBLEM)
    assert (dict(found.whole), found.follows, dict(found.deduct)) == (
        {"dL/dw": 3, "h": 2},
        0.5,
        {"loss-sign": 0.5},
    )
    rulings = {"rulings": [{"at": "h", "value": "5", "name": "w + x", "share": "0.5"}]}
    file.write_text(dump(rulings), encoding="utf-8", newline="")
    (ruling,) = read_rulings(read_source(str(file)), lines_of(PROBLEM))
    assert (ruling.at, ruling.name, ruling.share, ruling.value) == ("h", "w + x", 0.5, 5)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_sheet_nested_too_deep_is_told(opening: str) -> None:
    with pytest.raises(ProblemError, match="values nested more than 40 deep"):
        read_pairs(Source("a.json", '{"z1":' + opening * 3000 + "1"))
