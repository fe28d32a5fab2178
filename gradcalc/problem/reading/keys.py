"""The keys of a problem file: what each holds, in one place."""

from __future__ import annotations

import re

from gradcalc.errors import ProblemError, listed, suggestion
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, SequenceNode, Value

KEYS: dict[str, tuple[str, str]] = {
    "title": ("text", "shown above the solution"),
    "source": ("text", "where the problem comes from"),
    "inputs": ("mapping", "quantities that are known: numbers, lists, or {shape: N}"),
    "targets": ("mapping", "quantities that the loss compares with"),
    "weights": ("mapping", "parameters: W1, b1, … of layers, or any names"),
    "constants": ("mapping", "numbers whose gradient is never shown"),
    "activations": ("list", "one activation a layer"),
    "units": ("list", "units a layer, in place of weights"),
    "weights_layout": ("text", "units_by_inputs (W @ x + b) or inputs_by_units (x @ W + b)"),
    "jacobian_layout": (
        "text",
        "numerator (row i of da/dz is of a[i]) or denominator (column i)",
    ),
    "network_input": ("text", "the input that feeds the network, where there are several"),
    "equations": ("equations", "lines name = formula, after the network or alone"),
    "loss": ("text", "the loss of yhat, or of the last equation, and the only target"),
    "given": ("mapping", "values that the question gives, trusted as they stand"),
    "find": ("names", "what is asked for: dL/dW1, df/dx, z1, …"),
    "names": ("mapping", "the author's names of quantities and entries"),
    "rounding": ("mapping", "how a hand calculation rounds"),
    "kinks": ("mapping", "the derivative at a kink, by function"),
    "accept": ("list", "conventions under which an answer is right as well"),
    "options": ("mapping", "answers to choose from, by letter"),
    "answer": ("text", "the letter of the right option"),
    "expect": ("mapping", "the published key: values by name"),
    "marking": ("mapping", "points"),
    "descent": ("mapping", "steps of an optimiser: method, learning rate, steps"),
    "update": ("mapping", "the same as descent"),
    "individual": ("mapping", "numbers that are drawn for every student"),
}
EXAMPLES = {
    "title": "A ReLU network",
    "source": "Exercise sheet 4",
    "inputs": "{x: [1, 2]}",
    "targets": "{y: 1}",
    "weights": "{W1: [[0.1, 0.2]], b1: [0.3]}",
    "constants": "{lam: 0.1}",
    "activations": "[relu, identity]",
    "units": "[3, 1]",
    "weights_layout": "inputs_by_units",
    "jacobian_layout": "denominator",
    "network_input": "x",
    "loss": "half_squared_error",
    "given": "{a1: [4, 5]}",
    "find": "[dL/dW1, dL/dx]",
    "names": "{yhat: o, L: E}",
    "rounding": "{decimals: 2}",
    "kinks": "{relu: 1}",
    "accept": "[half, layout]",
    "options": "{a: [1, 2], b: [2, 1]}",
    "answer": "a",
    "expect": "{dL/dW1: [[0.1, 0.2]]}",
    "marking": "{dL/dW1: 4}",
    "descent": "{learning_rate: 0.1, steps: 5}",
    "update": "{method: adam, steps: 5}",
    "individual": "{seed: 1, x: {from: 1, to: 5, step: 1}}",
}
_COMMON = ("inputs", "targets", "weights", "activations", "loss", "equations", "given", "find")
ACCEPT = ("half", "reduction", "layout", "relu_at_zero")
_WANTED = {
    "text": (ScalarNode,),
    "mapping": (MappingNode,),
    "list": (SequenceNode, ScalarNode),
    "names": (SequenceNode, ScalarNode),
    "equations": (MappingNode, ScalarNode, SequenceNode),
}
_DUE = {
    "text": "a text",
    "mapping": "a mapping",
    "list": "a list",
    "names": "a list of names",
    "equations": "equations",
}
_FOUND = {ScalarNode: "a single value", SequenceNode: "a list", MappingNode: "a mapping"}


def check_keys(root: MappingNode) -> None:
    """Check that every key is known and holds what it should.

    Raises ProblemError at the first that does not.
    """
    for key, value in root.pairs:
        if key.text not in KEYS:
            raise ProblemError(
                f"{key.text} is not a key of a problem file",
                key.span,
                hint=blank_after_colon(key.text)
                or suggestion(
                    key.text, KEYS, "the keys are " + listed(dict.fromkeys((*_COMMON, *KEYS)))
                ),
            )
        kind, what = KEYS[key.text]
        if isinstance(value, ScalarNode) and value.empty:
            raise ProblemError(
                f"{key.text} is empty",
                key.span,
                what,
                "indent what belongs to it, or remove the key",
            )
        if not isinstance(value, _WANTED[kind]):
            text = value.text if isinstance(value, ScalarNode) else ""
            raise ProblemError(
                f"{key.text} holds {_FOUND[type(value)]}, not {_DUE[kind]}",
                value.span,
                what,
                (kind == "mapping" and blank_after_colon(text)) or _example(key.text),
            )


def _example(key: str) -> str | None:
    return f"as in {key}: {EXAMPLES[key]}" if key in EXAMPLES else None


def blank_after_colon(text: str) -> str | None:
    """Return a hint for `x:1`, which YAML does not divide into a key and a value."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not value.strip():
        return None
    return f"a blank is due after the colon: {name}: …"


def text_of(value: Value | None, what: str) -> str | None:
    """Return the text of a scalar, or None where the key is absent."""
    if value is None:
        return None
    if not isinstance(value, ScalarNode):
        raise ProblemError(f"{what} is a text", value.span)
    after = value.span.source.line(value.span.line)[value.span.column - 1 + value.span.length :]
    if not value.style and re.match(r"\s+#\S", after):
        raise ProblemError(
            f"{what} is cut at the sign #, which begins a comment",
            value.span,
            hint=f"put the text in quotes: {what}: '…'; a comment has a blank after the #",
        )
    return value.text.strip()


def items_of(value: Value | None) -> tuple[ScalarNode, ...]:
    """Return the scalars of a list; a single one may stand without brackets."""
    if value is None:
        return ()
    items = value.items if isinstance(value, SequenceNode) else (value,)
    for item in items:
        if not isinstance(item, ScalarNode):
            raise ProblemError(
                "a name is due here",
                item.span,
                "a list stands here" if isinstance(item, SequenceNode) else "a mapping stands here",
                "an entry goes in quotes: 'dL/dW1[1,1]'"
                if isinstance(item, SequenceNode)
                else None,
            )
    return tuple(item for item in items if isinstance(item, ScalarNode))


def mapping_of(value: Value | None) -> MappingNode | None:
    """Return a mapping, or None where the key is absent."""
    assert value is None or isinstance(value, MappingNode)
    return value


def choices_of(value: Value | None, what: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a list; raises ProblemError for one that is not allowed."""
    words = []
    for item in items_of(value):
        word = item.text.strip()
        if word not in allowed:
            raise ProblemError(
                f"{word} is not {what}",
                item.span,
                hint=suggestion(word, allowed, "known are " + listed(allowed)),
            )
        words.append(word)
    return tuple(words)
