"""Numbers put for the letters of a problem's dimensions: `--set N=3`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gradcalc.algebra.formula.names import canonical, is_name
from gradcalc.errors import ProblemError, Span, listed, suggestion
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, SequenceNode, Value

LARGEST = 10**6
_ROLES = ("inputs", "targets", "weights", "constants")
EXAMPLE = "as in --set N=3, or --set N=3,M=4"


def read_sizes(texts: Iterable[str]) -> dict[str, int]:
    """Return the numbers that texts such as `N=3` or `N=3,M=4` put for letters.

    Raises ProblemError for a text of another form, and for a letter that is set twice.
    """
    found: dict[str, int] = {}
    for text in texts:
        for piece in text.split(","):
            name, sign, value = (part.strip() for part in piece.partition("="))
            if not sign or not is_name(name):
                raise ProblemError(f"--set {piece.strip()!r} names no letter", hint=EXAMPLE)
            if not (value.isascii() and value.isdigit() and value.strip("0")):
                raise ProblemError(
                    f"--set {name}: {value or 'nothing'} is not a whole number from 1", hint=EXAMPLE
                )
            digits = value.lstrip("0")
            if len(digits) > len(str(LARGEST)) or int(digits) >= LARGEST:
                raise ProblemError(
                    f"--set {name}: {value} is more than {LARGEST - 1}, the largest dimension",
                    hint=EXAMPLE,
                )
            letter = canonical(name)
            if found.setdefault(letter, int(digits)) != int(digits):
                raise ProblemError(f"--set {name} is given two numbers", hint=EXAMPLE)
    return found


def with_sizes(root: MappingNode, sizes: Mapping[str, int]) -> MappingNode:
    """Return a document with numbers in place of the letters of its dimensions.

    Places in the file stay as they are. Raises ProblemError for a letter that is no
    dimension of the file.
    """
    letters = dict(_letters(root))
    for name in sizes:
        if name not in letters:
            raise _unknown(name, root, tuple(letters))
    return _changed(root, sizes)


def _unknown(name: str, root: MappingNode, letters: tuple[str, ...]) -> ProblemError:
    values = {
        canonical(key.text.strip()): key
        for role in _ROLES
        if isinstance(section := root.get(role), MappingNode)
        for key, _ in section.pairs
    }
    if name in values:
        key = values[name]
        return ProblemError(
            f"{name} is a value and not the letter of a dimension",
            key.span,
            hint=f"write its numbers in the file: {name}: [1, 2]",
        )
    known = "the letters are " + listed(letters) if letters else "the file has no such letters"
    return ProblemError(
        f"no dimension of the file is called {name}",
        Span(root.span.source, 1, 1),
        hint=suggestion(name, letters, known),
    )


def _letters(root: MappingNode) -> Iterable[tuple[str, ScalarNode]]:
    """Yield the letters of `shape:` and `units:` with their places."""
    for node in _dimensions(root):
        for item in node.items if isinstance(node, SequenceNode) else (node,):
            if isinstance(item, ScalarNode) and is_name(item.text.strip()):
                yield canonical(item.text.strip()), item


def _dimensions(root: MappingNode) -> Iterable[Value]:
    for key, value in root.pairs:
        if key.text == "units":
            yield value
        elif key.text in _ROLES and isinstance(value, MappingNode):
            for _, quantity in value.pairs:
                if isinstance(quantity, MappingNode):
                    yield from (inner for word, inner in quantity.pairs if word.text == "shape")


def _changed(root: MappingNode, sizes: Mapping[str, int]) -> MappingNode:
    places = {id(node) for node in _dimensions(root)}

    def change(node: Value) -> Value:
        if id(node) in places:
            return _numbered(node, sizes)
        if isinstance(node, MappingNode):
            return replace(node, pairs=tuple((key, change(value)) for key, value in node.pairs))
        return node

    changed = change(root)
    assert isinstance(changed, MappingNode)
    return changed


def _numbered(node: Value, sizes: Mapping[str, int]) -> Value:
    if isinstance(node, SequenceNode):
        return replace(node, items=tuple(_numbered(item, sizes) for item in node.items))
    if isinstance(node, ScalarNode):
        number = sizes.get(canonical(node.text.strip()))
        return node if number is None else replace(node, text=str(number))
    return node
