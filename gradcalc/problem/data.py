"""Read the quantities of a problem file: inputs, targets, weights, constants, given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gradcalc.algebra.names import canonical, gradient_parts, is_name
from gradcalc.algebra.shapes import Dim, Shape, describe
from gradcalc.errors import ProblemError, Source, Span, suggestion
from gradcalc.problem.document import Mapping, Scalar, Sequence, Value
from gradcalc.problem.model import Data
from gradcalc.problem.numbers import read_array

ROLES = {"inputs": "input", "targets": "target", "weights": "weight", "constants": "constant"}
MAX_FILE = 512_000_000


def read_data(root: Mapping, source: Source) -> dict[str, Data]:
    """Return every quantity of the file by name, in the order of roles and of the file."""
    found: dict[str, Data] = {}
    for key, role in ROLES.items():
        section = root.get(key)
        if not isinstance(section, Mapping):
            continue
        for name_node, value in section.pairs:
            name = quantity_name(name_node)
            if name in found:
                raise ProblemError(f"{name} is defined twice", name_node.span,
                                   f"first in line {found[name].span.line}")
            found[name] = read_quantity(name, role, value, name_node.span, source)
    return found


def quantity_name(key: Scalar) -> str:
    """Return the name that a key gives to a quantity; raises ProblemError for other text."""
    name = canonical(key.text.strip())
    if gradient_parts(name) or not is_name(name):
        raise ProblemError(
            f"{key.text} is not a name for a quantity", key.span,
            hint="a name is a letter, then letters, digits and _",
        )
    return name


def read_quantity(name: str, role: str, value: Value, key: Span, source: Source) -> Data:
    """Return one quantity: numbers, `{shape: …}` or `{file: …}`."""
    if isinstance(value, Mapping):
        return _described(name, role, value, key, source)
    cells = read_array(value, name)
    if len(cells.shape) > 2:
        raise ProblemError(f"{name} is {describe(cells.shape)}", cells.span,
                           "numbers, vectors and matrices are read")
    return Data(name, role, cells.shape, key, cells)


def _described(name: str, role: str, value: Mapping, key: Span, source: Source) -> Data:
    for word, _ in value.pairs:
        if word.text not in ("shape", "file"):
            raise ProblemError(f"{word.text} does not describe a quantity", word.span,
                               hint=suggestion(word.text, ("shape", "file"),
                                               "write the numbers, or {shape: N}"))
    shape, file = value.get("shape"), value.get("file")
    if file is not None:
        loaded = _load(file, source)
        return Data(name, role, loaded.shape, key, loaded=loaded)
    if shape is None:
        raise ProblemError(f"{name} has no numbers", value.span)
    return Data(name, role, read_shape(shape), key)


def read_shape(node: Value) -> Shape:
    """Return a shape: letters or whole numbers, `N` or `[N, K]`."""
    items = node.items if isinstance(node, Sequence) else (node,)
    dims: list[Dim] = []
    for item in items:
        text = item.text.strip() if isinstance(item, Scalar) else ""
        if text.isascii() and text.isdigit() and 0 < int(text) < 10**6:
            dims.append(int(text))
        elif is_name(text):
            dims.append(text)
        else:
            raise ProblemError("a dimension is a letter or a whole number from 1", item.span)
    if len(dims) > 2:
        raise ProblemError("vectors and matrices are read", node.span)
    return tuple(dims)


def _load(node: Value, source: Source) -> Any:
    """Return the array of a .npy or .csv file that stands beside the problem file."""
    if not isinstance(node, Scalar):
        raise ProblemError("file: names one file", node.span)
    name = node.text.strip()
    if not name or Path(name).name != name or name.startswith("."):
        raise ProblemError(f"{name} is not the name of a file beside the problem", node.span,
                           hint="a name without folders, ending in .npy or .csv")
    path = Path(source.name).parent / name
    if source.name.startswith("<"):
        raise ProblemError("a problem that is no file has no folder to look in", node.span)
    if path.suffix not in (".npy", ".csv"):
        raise ProblemError(f"{name} is neither .npy nor .csv", node.span)
    if not path.is_file():
        raise ProblemError(f"there is no file {name} beside the problem", node.span)
    if path.stat().st_size > MAX_FILE:
        raise ProblemError(f"{name} is larger than 512 MB", node.span)
    return _array(path, node.span)


def _array(path: Path, span: Span) -> Any:
    import numpy as np

    try:
        if path.suffix == ".npy":
            array = np.load(path, allow_pickle=False)
        else:
            array = np.loadtxt(path, delimiter=",", ndmin=1, encoding="utf-8-sig")
        array = np.asarray(array, dtype=np.float64)
    except (OSError, ValueError, TypeError, EOFError):
        raise ProblemError(f"{path.name} holds no array of numbers", span) from None
    if array.ndim > 2 or array.size == 0:
        raise ProblemError(f"{path.name} holds an array of shape {array.shape}", span,
                           "numbers, vectors and matrices are read")
    if not np.isfinite(array).all():
        raise ProblemError(f"{path.name} holds a value that is not finite", span)
    return array


def fit(data: Data, shape: Shape, what: str) -> Data:
    """Return a quantity in the shape that is due; 8, [8] and [[8]] are one thing.

    Raises ProblemError where the number of entries differs.
    """
    if data.shape == shape:
        return data
    single = all(dim == 1 for dim in (*data.shape, *shape))
    if not single or data.cells is None:
        raise ProblemError(
            f"{data.name} has {describe(data.shape)}, {describe(shape)} are due", data.span, what
        )
    return Data(data.name, data.role, shape, data.span, data.cells)
