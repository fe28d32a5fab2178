"""Files that programs write: whatever YAML or JSON holds the same data is the same problem."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcalc
from gradcalc.algebra.formula.expr import Apply, Number, Symbol
from gradcalc.errors import Source, Span
from gradcalc.problem.text.yaml_nodes import ScalarNode, parse_document
from tests.shown import ROOT

PROBLEMS = sorted((ROOT / "problems").glob("*.yaml"))
UNKNOWN = "λqq"
_ESCAPE = re.compile(r"\\(?:x..|u[dD][89abAB]..\\u....|u....|U........|[\s\S])")


def dumped(**options: Any) -> Callable[[Any], str]:
    return lambda data: yaml.safe_dump(data, **{"sort_keys": False, **options})


STYLES: dict[str, Callable[[Any], str]] = {
    "safe_dump": dumped(),
    "unicode": dumped(allow_unicode=True),
    "flow": dumped(default_flow_style=True),
    "leaves in flow": dumped(default_flow_style=None),
    "double quotes": dumped(default_style='"'),
    "narrow double quotes": dumped(default_style='"', width=20, allow_unicode=True),
    "single quotes": dumped(default_style="'"),
    "literal": dumped(default_style="|"),
    "folded": dumped(default_style=">"),
    "narrow": dumped(width=20),
    "wide": dumped(width=10**6, indent=6),
    "framed": dumped(explicit_start=True, explicit_end=True, version=(1, 1)),
    "tagged": dumped(canonical=True),
    "line ends": lambda data: dumped()(data).replace("\n", "\r\n"),
    "byte order mark": lambda data: "\ufeff" + dumped()(data),
    "json": json.dumps,
    "json indented": lambda data: json.dumps(data, indent=2, ensure_ascii=False),
    "json tabs": lambda data: json.dumps(data, indent="\t"),
    "json compact": lambda data: json.dumps(data, separators=(",", ":")),
}


def some(path: Path) -> list[str]:
    """Return ten of the styles, others for each file."""
    names, at = list(STYLES), PROBLEMS.index(path)
    return [names[(at * 7 + step) % len(names)] for step in range(10)]


def texts(node: Any) -> Any:
    """Return the data of composed nodes, with each value as it is spelled."""
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [texts(item) for item in node.value]
    return {texts(key): texts(value) for key, value in node.value}


def data_of(path: Path) -> Any:
    return texts(yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader))


def loaded(path: Path, text: str) -> gradcalc.Problem:
    return gradcalc.load(Source(str(path), text))


def content(part: Any) -> Any:
    """Return a problem without the places in its text."""
    if isinstance(part, Span | Source) or part is None:
        return None
    if isinstance(part, Number | Symbol):
        return part, getattr(part, "text", None)
    if isinstance(part, Apply):
        return part.op, tuple(map(content, part.args)), part.attrs
    if isinstance(part, ScalarNode):
        return part.text
    if is_dataclass(part):
        own = ((each.name, getattr(part, each.name)) for each in fields(part))
        return [(name, content(value)) for name, value in own if name != "flow"]
    if isinstance(part, dict):
        return [(content(key), content(value)) for key, value in part.items()]
    if isinstance(part, list | tuple):
        return [content(item) for item in part]
    if isinstance(part, str | int | float):
        return part
    return None


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_a_shipped_problem_is_the_same_in_every_style(path: Path) -> None:
    data = data_of(path)
    due = content(loaded(path, path.read_text(encoding="utf-8")))
    for style in some(path):
        assert content(loaded(path, STYLES[style](data))) == due, style


@pytest.mark.parametrize("path", PROBLEMS[::9], ids=lambda path: path.stem)
def test_the_page_and_the_record_are_the_same(path: Path) -> None:
    from gradcalc.report.solution.record import record
    from gradcalc.report.steps.view import View

    data = data_of(path)
    pages = []
    for text in (path.read_text(encoding="utf-8"), *(STYLES[name](data) for name in ("json",))):
        solution = gradcalc.solve(loaded(path, text))
        pages.append((str(gradcalc.show(solution)), record(View(solution))))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("path", PROBLEMS[::2], ids=lambda path: path.stem)
def test_numbers_that_yaml_has_read_make_one_problem(path: Path) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    due = content(loaded(path, dumped()(data)))
    for style in ("double quotes", "narrow", "json tabs"):
        assert content(loaded(path, STYLES[style](data))) == due, style


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_sorted_keys_change_no_number(path: Path) -> None:
    first = loaded(path, path.read_text(encoding="utf-8"))
    text = yaml.safe_dump(data_of(path))
    other = loaded(path, text)
    assert [line.name for line in other.lines] == [line.name for line in first.lines]
    assert other.layers == first.layers
    if first.layers:
        weights = [name for name in first.data if re.fullmatch(r"[Wb]\d", name)]
        assert [name for name in other.data if name in weights] == weights
    values, same = gradcalc.solve(first).values, gradcalc.solve(other).values
    assert {name: value.tolist() for name, value in values.items()} == {
        name: value.tolist() for name, value in same.items()
    }


EQUATIONS = [path for path in PROBLEMS if isinstance(data_of(path).get("equations"), str)]


@pytest.mark.parametrize("path", EQUATIONS[::2], ids=lambda path: path.stem)
def test_an_error_is_found_in_its_place(path: Path) -> None:
    data = data_of(path)
    lines = data["equations"].rstrip("\n").split("\n")
    chosen = next(at for at in range(len(lines) - 1, -1, -1) if "=" in lines[at].split("#")[0])
    lines[chosen] = lines[chosen].split("#")[0].rstrip() + f" + {UNKNOWN}*2"
    data["equations"] = "\n".join(lines) + "\n"
    for style in some(path):
        dump = STYLES[style]
        with pytest.raises(gradcalc.ProblemError) as caught:
            loaded(path, dump(data))
        found = written(caught.value.span)
        cut = found and UNKNOWN.startswith(found)  # a line goes on within the name
        assert found == UNKNOWN or cut, (style, str(caught.value))


def written(span: Span | None) -> str:
    """Return what stands at a place, with its escapes read."""
    assert span is not None
    raw = span.source.line(span.line)[span.column - 1 :][: span.length]
    return _ESCAPE.sub(lambda match: json_or_yaml(match[0]), raw).replace("''", "'")


def json_or_yaml(escape: str) -> str:
    found: str = yaml.safe_load(f'"{escape}"') if "\\u" not in escape else json.loads(f'"{escape}"')
    return found


PLACES = [
    (
        'inputs: {x: 1}\nequations: "y = x\\n  z = y + q"\n',
        "q is not defined",
        "2:30",
    ),
    (
        "inputs: {x: 1}\nequations: 'y = x\n\n  z = y + q'\n",
        "q is not defined",
        "4:11",
    ),
    (
        "inputs: {x: 1}\nequations: y = x +\n   x*q\n",
        "q is not defined",
        "3:6",
    ),
    (
        "inputs: {x: 1}\nequations: >\n  y = x +\n   q\n\n  z = y\n",
        "the formula ends too early",
        "3:10",
    ),
    (
        "inputs: {x: 1}\nequations:\n  y = x\n  z = y\n",
        "several equations in one text",
        "3:3",
    ),
    ('inputs: {x: 1}\nequations: ["y = x", "z = \\u03b1 + y"]\n', "α is not defined|alpha", "2:27"),
    ('{"inputs": {"x": 1}, "equations": "\\ud835\\udc65 = x\\nz = q"}', "q is not defined", "1:58"),
    ('{"inputs": {"x": 1}, "equations": "y = x\\nz = \\ud835"}', "surrogate|escape", "1:"),
    ("inputs: {x: 1}\nequations:\n  'y': 'x*q'\n", "q is not defined", "3:11"),
]


@pytest.mark.parametrize(("text", "message", "place"), PLACES, ids=range(len(PLACES)))
def test_places_inside_of_quotes_and_folds(text: str, message: str, place: str) -> None:
    with pytest.raises(gradcalc.ProblemError, match=message) as caught:
        gradcalc.load(Source("p.yaml", text))
    span = caught.value.span
    assert span is not None
    assert f"{span.line}:{span.column}".startswith(place), str(caught.value)


def test_equations_of_a_mapping_have_no_order() -> None:
    data = {
        "inputs": {"x": 3},
        "equations": {"L": "g(h)*2", "b": "x + 1", "h": "f(b)", "g(z)": "f(z) + 1", "f(z)": "z^2"},
    }
    problem = gradcalc.load(json.dumps(data, sort_keys=True) + "\n")
    assert [line.name for line in problem.lines] == ["b", "h", "L"]
    assert float(gradcalc.solve(problem).values["L"]) == 2 * (16.0**2 + 1)
    with pytest.raises(gradcalc.ProblemError, match="used before it is defined"):
        gradcalc.load("inputs: {x: 1}\nequations: {a: b, b: a}\n")


def test_what_yaml_tags_is_read() -> None:
    text = (
        "inputs: {x: !!python/tuple [!!float 1, !!int 2]}\ntitle: !!str null\nequations: y = x@x\n"
    )
    assert yaml.dump({"x": (1, 2)}).startswith("x: !!python/tuple")
    problem = gradcalc.load(text + "\n")
    assert problem.title == "null"
    assert problem.data["x"].shape == (2,)
    dated = gradcalc.load("title: 2026-01-02\ninputs: {x: !!timestamp 3}\nequations: y = x\n")
    assert dated.title == "2026-01-02"


SIGNS = st.text(
    st.sampled_from("ab1= +-*()'\"\\#:,|>[]{}&!%@`~\t\n\n  αλ∂𝛿😀ä\u200b\x07"), max_size=60
)


@settings(max_examples=400, deadline=None)
@given(
    text=SIGNS,
    style=st.sampled_from([None, '"', "'", "|", ">"]),
    width=st.sampled_from([10, 20, 80, 10**6]),
    indent=st.sampled_from([2, 4, 7]),
    plain=st.booleans(),
    form=st.sampled_from(["yaml", "flow", "json", "ascii"]),
)
def test_every_character_of_a_text_has_its_place(
    text: str, style: str | None, width: int, indent: int, plain: bool, form: str
) -> None:
    data = {"k": {"a": text, "b": 1}}
    if form in ("json", "ascii"):
        whole = json.dumps(data, ensure_ascii=form == "ascii", indent=indent)
    else:
        whole = yaml.safe_dump(
            data,
            default_style=style,
            width=width,
            indent=indent,
            allow_unicode=plain,
            default_flow_style=form == "flow",
        )
    source = Source("p.yaml", whole)
    inner = parse_document(source).pairs[0][1]
    scalar = inner.get("a")  # type: ignore[union-attr]
    assert isinstance(scalar, ScalarNode)
    assert scalar.text == text
    found = list(scalar.lines())
    assert "\n".join(line for line, _ in found) == text
    for line, span in found:
        for at, sign in enumerate(line):
            place = span.within(at, at + 1)
            here = written(place)
            blank = sign == " " and not here.strip(" \\")
            assert here == sign or blank, (whole, line, at)
