"""The JSON Schema of problem files: shipped as generated, no valid file refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import gradcalc
from gradcalc.algebra.operations.table import TABLE
from gradcalc.cli.schema import command
from gradcalc.problem.authoring.json_schema import FILE, schema, text
from gradcalc.problem.reading.keys import EXAMPLES, KEYS
from tests.shown import PROBLEMS, ROOT

MALFORMED = sorted((ROOT / "tests" / "errors" / "files").glob("*.yaml"))
MODELINE = "# yaml-language-server: $schema="
MARK = "tag:yaml.org,2002:"


class Editor(yaml.SafeLoader):
    """Reads YAML 1.2, as yaml-language-server does."""


Editor.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"(?:~|null|Null|NULL|)$", "~nN"),
    ("int", r"[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
):
    Editor.add_implicit_resolver(MARK + tag, re.compile(pattern), [*first, *[""] * (tag == "null")])


def complaints(document: object) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    found = jsonschema.Draft7Validator(schema()).iter_errors(as_json(document))
    return [f"{error.json_path}: {error.message}" for error in found]


def as_json(value: object) -> object:
    """Return a document with all keys as texts, as an editor sees them."""
    if isinstance(value, dict):
        return {str(key): as_json(inner) for key, inner in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list) else value


def refused(source: str) -> bool:
    """Tell whether an editor marks something: the YAML, or what the schema says."""
    try:
        return bool(complaints(yaml.load(source, Editor)))
    except (yaml.YAMLError, ValueError, RecursionError):
        return True


def test_the_shipped_file_is_the_generated_one() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "gradcalc schema -o FILE writes it anew"


def test_the_schema_is_one() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft7Validator.check_schema(schema())


def test_every_key_is_described_with_an_example_that_is_valid() -> None:
    properties = schema()["properties"]
    assert list(properties) == list(KEYS)
    for key, (_, what) in KEYS.items():
        assert properties[key]["description"] == what
        if key in EXAMPLES:
            rest = {"equations": "y = x", "activations": ["relu"], "weights": {"W1": [[1]]}}
            rest |= {"options": {"a": 1}} if key == "answer" else {}
            document = {**rest, key: yaml.load(EXAMPLES[key], Editor)}
            assert not complaints(document), key


def test_functions_are_offered_by_name() -> None:
    loss = json.dumps(schema()["properties"]["loss"])
    activations = json.dumps(schema()["properties"]["activations"])
    for row in TABLE:
        if row.kind == "loss":
            assert f'"{row.name}"' in loss
        if row.kind == "activation":
            assert f'"{row.name}"' in activations


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_every_shipped_problem_is_valid_and_names_the_schema(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    first = source.partition("\n")[0]
    assert first.startswith(MODELINE)
    assert (path.parent / first.removeprefix(MODELINE)).resolve() == FILE
    assert not complaints(yaml.load(source, Editor))


VALID = (
    "inputs: {x: −1e−3, y: 1/3, z: '2'}\nequations: [a = x*y, b = a + z]",
    "inputs: {x: {shape: N}}\ntargets: {y: {class: 2, of: 3}}\nunits: [M, 3]\n"
    "activations: [relu, 'leaky_relu(alpha=0.1)']\nloss: torch.nn.CrossEntropyLoss",
    "inputs: {λ: [1, 2], ŷ: [[1], [2]]}\nequations: {y: λ@λ}\nfind: dy/dλ",
    "equations: y = x^2\ninputs: {x: 1}\ndescent: {lr: [0.1, 0.05], method: torch.optim.SGD}",
    "equations: y = x^2\ninputs: {x: 1}\nupdate: {maximise: yes, steps: 3.0}",
    "equations: y = x^2\ninputs: {x: 1}\noptions: {a: 2*x, b: None of these, 3: [1]}\nanswer: 3",
    "equations: y = x^2\ninputs: {x: 1}\nmarking: {points: {y: 2}, dy/dx: 1/2, cap: 3}",
    "equations: y = x^2\ninputs: {x: 1}\nrounding: {y: 2, mode: truncate}",
    "equations: y = x^2\ninputs: {x: 1}\ntitle: 2024\naccept: half\nkinks: {relu: [1]}",
)


@pytest.mark.parametrize("source", VALID)
def test_what_the_loader_reads_is_valid(source: str) -> None:
    gradcalc.load(source)
    assert not complaints(yaml.load(source, Editor))


STRUCTURE: dict[str, Any] = {
    "a key that is none": "inptus: {x: 1}\nequations: y = x",
    "a list for a mapping": "inputs: [1, 2]\nequations: y = x",
    "a mapping for a list": "inputs: {x: 1}\nweights: {W1: [[1]]}\nactivations: {a: relu}",
    "no number": "inputs: {x: one}\nequations: y = x",
    "an empty list": "inputs: {x: []}\nequations: y = sum(x)",
    "three axes": "inputs: {x: [[[1]]]}\nequations: y = sum(x)",
    "an empty key": "inputs: {x: 1}\nequations: y = x\nfind:",
    "a word that is none": "inputs: {x: 1}\nequations: y = x\naccept: [everything]",
    "an unknown layout": "inputs: {x: 1}\nequations: y = x\nweights_layout: rows",
    "a setting that is none": "inputs: {x: 1}\nequations: y = x\ndescent: {speed: 1}",
    "half a step": "inputs: {x: 1}\nequations: y = x\ndescent: {steps: 1.5}",
    "a rate of 0": "inputs: {x: 1}\nequations: y = x\ndescent: {lr: 0}",
    "an answer to nothing": "inputs: {x: 1}\nequations: y = x\nanswer: a",
    "both roundings": "inputs: {x: 1}\nequations: y = x\nrounding: {decimals: 1, significant: 2}",
    "no seed": "inputs: {x: 1}\nequations: y = x\nindividual: {x: [1, 2]}",
    "a shape of three": "inputs: {x: {shape: [N, M, K]}}\nequations: y = x",
    "a quantity named by a number": "inputs: {1: 1}\nequations: y = x",
    "neither network nor equations": "inputs: {x: 1}",
}


@pytest.mark.parametrize("what", STRUCTURE)
def test_what_is_wrong_by_structure_is_refused(what: str) -> None:
    with pytest.raises(gradcalc.ProblemError):
        gradcalc.load(STRUCTURE[what])
    assert refused(STRUCTURE[what])


def test_an_editor_marks_much_of_what_the_loader_refuses() -> None:
    pytest.importorskip("jsonschema")
    found = [path for path in MALFORMED if refused(path.read_text(encoding="utf-8"))]
    assert len(found) >= 240


def test_the_command_prints_and_writes_it(tmp_path: Path) -> None:
    shown = CliRunner().invoke(command, [], standalone_mode=False)
    assert shown.output == text()
    CliRunner().invoke(command, ["-o", str(tmp_path / "s.json")], standalone_mode=False)
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8")) == schema()
