"""YAML itself: structure, its caps, its traps, and what is said about them."""

from __future__ import annotations

import pytest
import yaml

from gradcalc.errors import ProblemError, Source
from gradcalc.problem.text import yaml_events as events
from gradcalc.problem.text.yaml_events import MAX_DEPTH
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, SequenceNode, parse_document
from tests.hangs import bounded
from tests.problem.refused import refused, solve


def parsed(text: str) -> MappingNode:
    return parse_document(Source("p.yaml", text))


def test_nodes_keep_their_place_and_spelling():
    root = parsed("a: [1e-3, 'x y']\nb:\n  c: no\n")
    first = root.get("a")
    assert isinstance(first, SequenceNode)
    assert [item.text for item in first.items if isinstance(item, ScalarNode)] == ["1e-3", "x y"]
    assert [item.span.column for item in first.items] == [5, 11]
    inner = root.get("b")
    assert isinstance(inner, MappingNode)
    value = inner.get("c")
    assert isinstance(value, ScalarNode)
    assert (value.text, value.span.line, value.span.column) == ("no", 3, 6)
    assert root.get("d") is None
    assert root.key("d") is None


@pytest.mark.parametrize("spelling", ["", "~", "null", "Null", "NULL"])
def test_nothing_is_empty(spelling):
    value = parsed(f"a: {spelling}\n").get("a")
    assert isinstance(value, ScalarNode)
    assert value.empty


def test_quoted_words_are_texts():
    value = parsed("a: 'null'\n").get("a")
    assert isinstance(value, ScalarNode)
    assert not value.empty


def test_lines_of_a_text_block_keep_their_place():
    value = parsed("a: |\n  y = x\n    z = y\n\nb: 1\n").get("a")
    assert isinstance(value, ScalarNode)
    found = [(text, span.line, span.column) for text, span in value.lines() if text.strip()]
    assert found == [("y = x", 2, 3), ("  z = y", 3, 3)]


def test_aliases_repeat_a_value():
    values = solve("inputs:\n  x: &row [1, 2]\n  u: *row\nequations: y = x @ u\n").values
    assert float(values["y"]) == 5


DOCUMENTS = [
    ("[1, 2]\n", "a list of keys and values", "1:1", "no key"),
    ("hello\n", "a list of keys and values", "1:1", "no key"),
    ("title: a\n---\ntitle: b\n", "a second document", "2:1", "one problem a file"),
    ("title: a\ntitle: b\n", "the key title stands twice", "2:1", "first in line 1"),
    ("inputs: {x: 1, 'x': 2}\n", "the key x stands twice", "1:16", "first in line 1"),
    ("? [a]\n: 1\n", "a key is a name", "1:3", ""),
    ("a: !!python/object:os.system x\n", "the tag .* has no meaning", "1:4", "remove"),
    ("a: !point 1\n", "the tag !point has no meaning", "1:4", "remove"),
    ("a: *b\n", r"\*b refers to nothing", "1:4", "quotes"),
    ("a: &b [*b]\n", r"\*b refers to nothing", "1:8", "quotes"),
    ("inputs: {x: [[1,2] [3,4]]}\n", "',' or ']' is missing", "1:20", "comma"),
    ("inputs: {x: [1, 2}\n", "} stands where ] is due", "1:18", "closed by its own"),
    ("inputs: {x: 1\ntitle: y\n", "this { is never closed", "1:9", "} is due before line 2"),
    ("inputs:{x: 1, y: 2}\nequations: z = x", "a blank is missing after the colon", "1:8", "x?"),
    (" title: a\ninputs: {x: 1}\n", "does not line up", "2:1", "column 1, line 1 in column 2"),
    ("title: a\n inputs: {x: 1}\n", "indented too far", "2:2", "a blank too many"),
    ("title: a\n# b\n\n inputs: {x: 1}\n", "does not line up", "4:2", "line 1 in column 1"),
    ("title: Backprop: a ReLU\n", "a second ': ' in one line", "1:16", "quotes"),
    ("inputs:\n\tx: 1\n", "a tab cannot indent", "2:1", "spaces"),
    ("\tinputs: {x: 1}\n", "a tab cannot indent", "1:1", "spaces"),
    ("equations:\n  y: |z|\n", r"\| at the start of a value", "2:7", r"abs\(z\)"),
    ("equations:\n  y: *x\n", r"\*x refers to nothing", "2:6", "quotes"),
    ("title: %x\n", "cannot begin a value", "1:8", "quotes"),
    ("title: @x\n", "cannot begin a value", "1:8", "quotes"),
    ("title: `x`\n", "cannot begin a value", "1:8", "quotes"),
    ('title: "\\hat{y}"\n', "a backslash in double quotes", "1:10", "single quotes"),
    ("title: 'unclosed\ninputs: 1\n", "the text ends inside quotes", "1:8", "close"),
    ("inputs:\n  x: 1\n y: 2\n", "does not line up", "3:2", "one column"),
    ("title: 1\nequations\n", "a ':' is missing", "", "key: value"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "place", "hint"), DOCUMENTS)
def test_what_yaml_itself_refuses(text, message, place, hint):
    refused(text, message, place, hint)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_depth_is_bounded(opening):
    closing = {"[": "]", "{a: ": "}", "- ": ""}[opening]
    refused(f"a:\n  {opening * 50}x{closing * 50}\n", f"more than {MAX_DEPTH} deep")
    refused(f"a:\n  {opening * 5000}x{closing * 5000}\n", f"more than {MAX_DEPTH} deep")


def test_a_complaint_about_what_is_nested_takes_no_longer_than_others():
    with bounded():
        refused('a: ["\\ud800", ' + "[" * 20_000 + "\n", "a backslash in double quotes")


def test_aliases_cannot_unfold_without_bound():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for i in range(1, 12):
        row = ", ".join([f"*a{i - 1}"] * 10)
        lines.append(f"a{i}: &a{i} [{row}]")
    with bounded():
        refused("\n".join(lines) + "\n", "aliases that unfold")


def test_the_number_of_values_is_bounded():
    with bounded():
        text = "inputs: {x: [" + "1," * 500_000 + "1]}\n"
        refused(text, "more values than", hint="W1: {file: w1.npy}")


def test_flow_style_cuts_a_formula_at_its_comma():
    hint = r"equations: \|"
    text = "inputs: {x: 1, y: 2}\nequations: "
    refused(text + "{L: squared_error(x, y)}\n", "cut at its comma", "2:16", hint)
    refused(text + "{L: huber(x, y, delta=2)}\n", "cut at its comma", "2:16", hint)


@pytest.mark.parametrize("key", ["title", "source"])
def test_a_text_that_a_comment_cuts(key):
    text = "inputs: {x: 1}\nequations: y = x\n"
    refused(f"{key}: Exercise #2\n{text}", f"{key} is cut at the sign #", hint="quotes")
    solve(f"{key}: 'Exercise #2'\n{text}")
    solve(f"{key}: Exercise  # the second\n{text}")


DEEP = {
    "brackets": "inputs: {x: " + "[" * 5000,
    "braces": "inputs: {x: " + "{a: " * 5000,
    "mixed": "inputs: {x: " + "[{a: " * 3000,
    "closed": "inputs: {x: " + "[" * 2000 + "]" * 2000 + "}\n",
    "lines": "inputs:\n" + "".join(" " * level + "a:\n" for level in range(1, 1500)),
    "dashes": "inputs:\n  " + "- " * 5000 + "1\n",
    "json": '{"inputs":{"x":' + "[" * 5000 + "1" + "]" * 5000 + "}}",
    "broken above": "title: ä𝛿\ninputs: {x: 1}\ngiven: {z: " + "[\n" * 3000,
}


@pytest.mark.parametrize("pure", [False, True], ids=["libyaml", "pure"])
@pytest.mark.parametrize("kind", DEEP)
def test_nesting_is_bounded_alike(kind, pure, monkeypatch):
    if pure:
        monkeypatch.setattr(events, "_Loader", yaml.SafeLoader)
    with pytest.raises(ProblemError) as caught:
        parsed(DEEP[kind])
    error = caught.value
    assert error.message == "values nested more than 40 deep"
    assert error.hint == "numbers stand in at most two pairs of brackets: [[1, 2], [3, 4]]"
    line, column = {
        "brackets": (1, 13 + 38),
        "braces": (1, 14 + 4 * 37),
        "mixed": (1, 15 + 5 * 18),
        "closed": (1, 13 + 38),
        "lines": (40, 40),
        "dashes": (2, 3 + 2 * 39),
        "json": (1, 16 + 38),
        "broken above": (41, 1),
    }[kind]
    assert error.span is not None
    assert (error.span.line, error.span.column) == (line, column)


def test_a_bound_of_the_parser_is_told_in_our_words(monkeypatch):
    """Hold the message where the parser's own limit comes before ours is seen."""

    def parse(text, Loader):
        if text.count("[") > 60:
            at = len("inputs: {x: ") + 60
            mark = yaml.Mark("", at, 0, at, None, None)
            raise yaml.scanner.ScannerError("", mark, "exceeded maximum nesting depth", mark)
        return original(text, Loader=Loader)

    original = yaml.parse
    monkeypatch.setattr(yaml, "parse", parse)
    refused("inputs: {x: " + "[" * 100, "values nested more than 40 deep", "1:51", "brackets")


def test_aliases_nest_as_what_they_stand_for():
    rows = "".join(f"  v{n}: &v{n} [*v{n - 1}]\n" for n in range(1, 100))
    refused("inputs:\n  v0: &v0 1\n" + rows, "values nested more than 40 deep", "40:14", "brackets")
