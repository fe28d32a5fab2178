"""Parts of the JSON Schema of a problem file: numbers, names, quantities, choices."""

from __future__ import annotations

from typing import Any, TypeAlias

from gradcalc.problem.individual import RANGE

SchemaPart: TypeAlias = dict[str, Any]
DECIMAL = r"^\s*[-+−]?(\d+\.?\d*|\.\d+)([eE][-+−]?\d{1,4})?\s*$"
_FRACTION = r"^\s*[-+−]?\d{1,30}/0*[1-9]\d{0,29}\s*$"
_NAME = r"^\s*[^\s\d_!-/:-@\[-^`{-~][^\s!-/:-@\[-^`{-~]*\s*$"
_WHOLE = r"^\s*0*[1-9]\d*\s*$"
_DATA_FILE = r"\.([nN][pP][yY]|[cC][sS][vV])\s*$"


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
