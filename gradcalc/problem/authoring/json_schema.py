"""The problem format as a JSON Schema (draft-07), so that editors complete and check files.

It is made from the keys of problem files, the table of operations and the optimisers. It says
what can be said of one value; whether names and shapes fit together, the loader says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from gradcalc.algebra.operations.table import TABLE
from gradcalc.algebra.optimisers import OPTIMISERS, SETTINGS
from gradcalc.problem.reading.conventions import MAX_DIGITS, MODES
from gradcalc.problem.reading.dense_layers import LAYOUTS
from gradcalc.problem.reading.descent import MAX_STEPS
from gradcalc.problem.reading.individual import RANGE, SEED
from gradcalc.problem.reading.keys import ACCEPT, EXAMPLES, KEYS

SchemaPart: TypeAlias = dict[str, Any]
DECIMAL = r"^\s*[-+−]?(\d+\.?\d*|\.\d+)([eE][-+−]?\d{1,4})?\s*$"
_FRACTION = r"^\s*[-+−]?\d{1,30}/0*[1-9]\d{0,29}\s*$"
_NAME = r"^\s*[^\s\d_!-/:-@\[-^`{-~][^\s!-/:-@\[-^`{-~]*\s*$"
_WHOLE = r"^\s*0*[1-9]\d*\s*$"
_DATA_FILE = r"\.([nN][pP][yY]|[cC][sS][vV])\s*$"

FILE = Path(__file__).parents[1] / "problem.schema.json"
"""The schema as it is shipped."""
_CALL = r"^\s*[^\s()]+\s*(\(.*\))?\s*$"
_WEIGHTS = ("points", "follows", "convention", "blank", "cap")


def ref(name: str) -> SchemaPart:
    """Return a reference to a definition."""
    return {"$ref": f"#/definitions/{name}"}


def array_of(items: SchemaPart, **more: Any) -> SchemaPart:
    """Return a list of at least one item."""
    return {"type": "array", "items": items, "minItems": 1, **more}


def any_of(*shapes: SchemaPart) -> SchemaPart:
    """Return what fits one of these."""
    return {"anyOf": list(shapes)}


def mapping_of(values: SchemaPart, **more: Any) -> SchemaPart:
    """Return a mapping whose values fit."""
    return {"type": "object", "additionalProperties": values, **more}


def bounded(*, above: bool, below: float | None = None) -> SchemaPart:
    """Return a number of at least 0, or more than 0, and less than `below`."""
    least = {"exclusiveMinimum" if above else "minimum": 0}
    most = {} if below is None else {"exclusiveMaximum": below}
    return any_of(
        {"type": "number", **least, **most},
        {"type": "string", "pattern": DECIMAL},
        {"type": "string", "pattern": _FRACTION},
    )


DEFINITIONS: dict[str, SchemaPart] = {
    "text": {"type": ["string", "number", "boolean"]},
    "number": any_of(
        {"type": "number"},
        {"type": "string", "pattern": DECIMAL},
        {"type": "string", "pattern": _FRACTION},
    ),
    "decimal": any_of({"type": "number"}, {"type": "string", "pattern": DECIMAL}),
    "name": {"pattern": _NAME, "description": "a letter, then letters, digits and _"},
    "letter": {"type": "string", "pattern": _NAME},
    "numbers": {
        "description": "a number, a list of numbers, or a matrix, a list of rows",
        **any_of(ref("number"), array_of(ref("number")), array_of(array_of(ref("number")))),
    },
    "whole": any_of({"type": "integer", "minimum": 1}, {"type": "string", "pattern": _WHOLE}),
    "dimension": any_of(ref("whole"), {"type": "string", "pattern": _NAME}),
    "dimensions": any_of(ref("dimension"), array_of(ref("dimension"))),
    "quantity": {
        "description": "numbers, {shape: [N, K]}, {file: w1.npy}, or {class: 2, of: 3}",
        **any_of(
            ref("numbers"),
            {
                "type": "object",
                "properties": {
                    "shape": any_of(ref("dimension"), array_of(ref("dimension"), maxItems=2))
                },
                "required": ["shape"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {"file": {"type": "string", "pattern": _DATA_FILE}},
                "required": ["file"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {
                    "class": any_of(ref("whole"), array_of(ref("whole"))),
                    "of": ref("whole"),
                },
                "required": ["class", "of"],
                "additionalProperties": False,
            },
        ),
    },
    "answer": {
        "description": "numbers, or a formula",
        **any_of(ref("text"), array_of(ref("number")), array_of(array_of(ref("number")))),
    },
    "choices": {
        "description": "a list of numbers, or {from: -2, to: 2, step: 0.5, without: [0]}",
        **any_of(
            {"type": "array", "items": ref("decimal"), "minItems": 2},
            {
                "type": "object",
                "properties": {
                    **{word: ref("decimal") for word in RANGE[:2]},
                    RANGE[2]: bounded(above=True),
                    RANGE[3]: any_of(ref("decimal"), {"type": "array", "items": ref("decimal")}),
                },
                "required": list(RANGE[:3]),
                "additionalProperties": False,
            },
        ),
    },
}


def _section() -> SchemaPart:
    return mapping_of(ref("quantity"), propertyNames=ref("name"))


def _words(known: Iterable[str], say: str) -> SchemaPart:
    """Return a text that is one of these words, or a call with parameters, or one's own."""
    return any_of({"enum": list(known)}, {"type": "string", "pattern": _CALL, "description": say})


def _functions(kinds: tuple[str, ...]) -> list[str]:
    return [row.name for row in TABLE if row.kind in kinds]


def _aliases(kinds: tuple[str, ...]) -> list[str]:
    return [alias for row in TABLE if row.kind in kinds for alias in row.aliases]


def _digits(least: int) -> SchemaPart:
    text = {"type": "string", "pattern": r"^\s*\d{1,2}\s*$"}
    return any_of({"type": "integer", "minimum": least, "maximum": MAX_DIGITS}, text)


def _rounding() -> SchemaPart:
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {
            "decimals": {"description": "of every computed value", **_digits(0)},
            "significant": {"description": "digits of every computed value", **_digits(1)},
            "mode": {"description": "half_up unless it is said", "enum": list(MODES)},
        },
        "additionalProperties": {"description": "decimals of this value", **_digits(0)},
        "not": {"required": ["decimals", "significant"]},
        "if": {"required": ["mode"]},
        "then": {"minProperties": 2},
    }


def _descent() -> SchemaPart:
    """Return the keys of `descent:`: settings of any optimiser under any of their names."""
    methods = [name for row in OPTIMISERS for name in (row.name, *dict(row.aliases))]
    switch = {"enum": [True, False, "true", "false", "yes", "no"]}
    properties: dict[str, SchemaPart] = {
        "method": {
            "description": "the optimiser; sgd unless it is said",
            **any_of({"enum": list(dict.fromkeys(methods))}, {"type": "string"}),
        },
        "steps": {
            "description": "how many steps; 1 unless it is said",
            **any_of(
                {"type": "integer", "minimum": 1, "maximum": MAX_STEPS},
                {"type": "string", "pattern": DECIMAL},
            ),
        },
        "parameters": {
            "description": "what is moved; all weights unless it is said",
            **any_of({"type": "string"}, array_of({"type": "string"})),
        },
        "betas": {
            "description": "beta1 and beta2 of adam and adamw",
            **array_of(bounded(above=False, below=1), minItems=2, maxItems=2),
        },
    }
    for row in SETTINGS:
        one = bounded(above=row.above, below=row.below)
        rates = any_of(one, array_of(one))
        values = switch if row.switch else rates if row.key == "learning_rate" else one
        for word in (row.key, *row.aliases):
            said = row.text if word == row.key else f"{row.text}: the same as {row.key}"
            properties[word] = {"description": said, **any_of(values)}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _kinds() -> dict[str, SchemaPart]:
    """Return what each key holds, where more is known than its kind."""
    functions = ("activation", "elementwise")
    return {
        "inputs": _section(),
        "targets": _section(),
        "weights": _section(),
        "constants": _section(),
        "given": mapping_of(ref("quantity")),
        "activations": any_of(
            _words(_functions(("activation",)), "a name, or a call: leaky_relu(alpha=0.1)"),
            array_of(_words(_functions(functions), "a name, or a call: leaky_relu(alpha=0.1)")),
        )
        | {"examples": [[alias] for alias in _aliases(("activation",))]},
        "units": ref("dimensions"),
        "weights_layout": {"enum": list(LAYOUTS)},
        "network_input": {"type": "string"},
        "loss": _words(_functions(("loss",)), "a name, or a call: huber(delta=0.5)")
        | {"examples": _aliases(("loss",))},
        "find": any_of({"type": "string"}, array_of({"type": "string"})),
        "names": mapping_of(
            {
                "description": "a name, or one for each entry",
                **any_of(ref("letter"), array_of(any_of(ref("letter"), array_of(ref("letter"))))),
            }
        ),
        "rounding": _rounding(),
        "kinks": mapping_of(any_of(ref("number"), array_of(ref("number")))),
        "accept": any_of(
            {"enum": list(ACCEPT)}, {"type": "array", "items": {"enum": list(ACCEPT)}}
        ),
        "options": mapping_of(ref("answer"), minProperties=1),
        "expect": mapping_of(ref("answer")),
        "marking": {
            "type": "object",
            "properties": {
                **{word: {"description": "points or a share"} for word in _WEIGHTS},
                "points": any_of(ref("number"), mapping_of(ref("number"))),
                "deduct": mapping_of(ref("number"), description="what a mistake takes off, by id"),
            },
            "additionalProperties": ref("number"),
        },
        "descent": _descent(),
        "update": ref("descent"),
        "individual": mapping_of(
            ref("choices"),
            properties={SEED: {"description": "any text or number", **ref("text")}},
            required=[SEED],
            minProperties=2,
        ),
    }


_GENERAL: dict[str, SchemaPart] = {
    "text": ref("text"),
    "mapping": {"type": "object"},
    "list": any_of(ref("text"), {"type": "array"}),
    "names": any_of(ref("text"), array_of(ref("text"))),
    "equations": any_of(
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}},
        mapping_of(ref("text")),
    ),
}


def schema() -> SchemaPart:
    """Return the JSON Schema of a problem file."""
    kinds = _kinds()
    definitions = {**DEFINITIONS, "descent": kinds["descent"]}
    kinds["descent"] = ref("descent")
    properties: dict[str, SchemaPart] = {}
    for key, (kind, what) in KEYS.items():
        shape = kinds.get(key, _GENERAL[kind])
        if "$ref" in shape:  # beside $ref, draft-07 reads nothing else
            shape = {"allOf": [shape]}
        example = [yaml.safe_load(EXAMPLES[key])] if key in EXAMPLES else []
        examples = [*example, *shape.get("examples", [])]
        properties[key] = {
            "description": what,
            **shape,
            **({"examples": examples} if examples else {}),
        }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A problem of gradcalc",
        "description": "A network or equations, to be solved forward and backward.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "anyOf": [{"required": ["equations"]}, {"required": ["activations"]}],
        "dependencies": {
            "activations": {"anyOf": [{"required": ["weights"]}, {"required": ["units"]}]},
            "units": ["activations"],
            "answer": ["options"],
        },
        "not": {"required": ["descent", "update"]},
        "definitions": definitions,
    }


def text() -> str:
    """Return the schema as the text of a file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
