"""Read the quantities of a problem file: inputs, targets, weights, constants, given."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gradcalc.algebra.expr import ONE, Apply, Expr, Symbol, number
from gradcalc.algebra.names import canonical, gradient_parts, is_name
from gradcalc.algebra.shapes import Dim, Shape, describe
from gradcalc.errors import ProblemError, Span, suggestion
from gradcalc.problem.classes import read_classes
from gradcalc.problem.document import MappingNode, ScalarNode, SequenceNode, Value
from gradcalc.problem.layers import WEIGHT
from gradcalc.problem.model import Data, Individual, sized
from gradcalc.problem.numbers import read_array
from gradcalc.problem.schema import blank_after_colon

if TYPE_CHECKING:
    from gradcalc.algebra.kernels import Array

ROLES = {"inputs": "input", "targets": "target", "weights": "weight", "constants": "constant"}
MAX_FILE = 512_000_000
MAX_RANK = 2
MAX_DIM = 10**6
_LAYER = re.compile(r"([Wb])([1-9]\d{0,5})\Z", re.ASCII)
_FORMS = {
    ".csv": "a row of numbers a line, with commas between them; no names of columns",
    ".npy": "numpy.save(name, array) writes such a file from an array of numbers",
}


def read_data(root: MappingNode) -> dict[str, Data]:
    """Return every quantity of the file by name, in the order of roles and of the file."""
    found: dict[str, Data] = {}
    for key, role in ROLES.items():
        section = root.get(key)
        if not isinstance(section, MappingNode):
            continue
        layered = role == "weight" and root.get("activations") is not None
        for name_node, value in _by_layer(section) if layered else section.pairs:
            name = quantity_name(name_node)
            if name in found:
                raise ProblemError(
                    f"{name} is defined twice",
                    name_node.span,
                    f"first in line {found[name].span.line}",
                    "give one of them another name",
                )
            found[name] = read_quantity(name, role, value, name_node.span)
    return found


def _by_layer(section: MappingNode) -> list[tuple[ScalarNode, Value]]:
    """Return the weights of a network with W1, b1, W2, b2, … of its layers first."""

    def layer(pair: tuple[ScalarNode, Value]) -> tuple[float, str]:
        found = _LAYER.match(canonical(pair[0].text.strip()))
        return (int(found[2]), found[1]) if found else (math.inf, "")

    return sorted(section.pairs, key=layer)


def quantity_name(key: ScalarNode) -> str:
    """Return the name that a key gives to a quantity; raises ProblemError for other text."""
    name = canonical(key.text.strip())
    if gradient_parts(name) or not is_name(name) or name.startswith("_"):
        raise ProblemError(
            f"{key.text.strip() or 'an empty text'} is not a name for a quantity",
            key.span,
            hint=_name_hint(name),
        )
    return name


def _name_hint(name: str) -> str:
    if gradient_parts(name):
        return "a gradient that is known stands under given"
    if "=" in name:
        return f"write {name.partition('=')[0].strip()}: …"
    if ":" in name:
        return blank_after_colon(name) or "a name is a letter, then letters, digits and _"
    if name.isdigit():
        return "a number has a decimal point: a comma in { } ends the value before it"
    return "a name is a letter, then letters, digits and _"


def read_quantity(name: str, role: str, value: Value, key: Span) -> Data:
    """Return one quantity: numbers, `{shape: …}` or `{file: …}`."""
    if isinstance(value, MappingNode):
        return _described(name, role, value, key)
    cells = read_array(value, name)
    if len(cells.shape) > MAX_RANK:
        raise ProblemError(
            f"{name} is {describe(cells.shape)}",
            cells.span,
            "numbers, vectors and matrices are read",
            "fewer brackets: [1, 2] is a vector, [[1, 2], [3, 4]] a matrix",
        )
    return Data(name, role, cells.shape, key, cells)


def _described(name: str, role: str, value: MappingNode, key: Span) -> Data:
    if any(word.text in ("class", "of") for word, _ in value.pairs):
        cells = read_classes(value, name)
        return Data(name, role, cells.shape, key, cells)
    for word, _ in value.pairs:
        if word.text not in ("shape", "file"):
            raise ProblemError(
                f"{word.text} does not describe a quantity",
                word.span,
                hint=suggestion(
                    word.text, ("shape", "file", "class"), "write the numbers, or {shape: N}"
                ),
            )
    if len(value.pairs) != 1:
        raise ProblemError(
            f"{name} has a shape and a file" if value.pairs else f"{name} has no numbers",
            value.span,
            hint="write the numbers, {shape: N}, or {file: w1.npy}",
        )
    ((word, inner),) = value.pairs
    if word.text == "shape":
        return Data(name, role, read_shape(inner), key)
    loaded = _load(inner, as_matrix=bool(WEIGHT.match(name)))
    return Data(name, role, loaded.shape, key, loaded=loaded)


def read_shape(node: Value) -> Shape:
    """Return a shape of at most two letters or whole numbers: `N` or `[N, K]`."""
    dims = read_dims(node)
    if len(dims) > MAX_RANK:
        raise ProblemError("vectors and matrices are read", node.span, f"{len(dims)} dimensions")
    return dims


def read_dims(node: Value) -> Shape:
    """Return letters or whole numbers, one alone or a list."""
    dims: list[Dim] = []
    for item in node.items if isinstance(node, SequenceNode) else (node,):
        text = item.text.strip() if isinstance(item, ScalarNode) else ""
        whole = text.isascii() and text.isdigit()
        if whole and len(text) <= len(str(MAX_DIM)) and 0 < int(text) < MAX_DIM:
            dims.append(int(text))
        elif whole and text.strip("0"):
            raise ProblemError(
                "a dimension of more than is computed", item.span, f"at most {MAX_DIM - 1}"
            )
        elif is_name(text) and not text.startswith("_"):
            dims.append(canonical(text))
        else:
            raise ProblemError("a dimension is a letter or a whole number from 1", item.span)
    return tuple(dims)


def _load(node: Value, *, as_matrix: bool) -> Array:
    """Return the array of a .npy or .csv file that stands beside the problem file."""
    if not isinstance(node, ScalarNode):
        raise ProblemError("file: names one file", node.span, hint="{file: w1.npy}")
    name = node.text.strip()
    if not name or Path(name).name != name or name.startswith(".") or "\0" in name:
        raise ProblemError(
            f"{name or 'an empty text'} is not the name of a file beside the problem",
            node.span,
            hint="a name without folders, ending in .npy or .csv",
        )
    source = node.span.source
    if source.name.startswith("<"):
        raise ProblemError("a problem that is no file has no folder to look in", node.span)
    path = Path(source.name).parent / name
    if path.suffix not in (".npy", ".csv"):
        raise ProblemError(
            f"{name} is neither .npy nor .csv",
            node.span,
            hint=f"save the numbers as {path.stem}.csv",
        )
    if path.is_dir():
        raise ProblemError(f"{name} is a folder", node.span, hint="name a file of numbers")
    if not path.is_file():
        raise ProblemError(
            f"there is no file {name} beside the problem",
            node.span,
            hint="the file stands in the folder of the problem file",
        )
    if path.stat().st_size > MAX_FILE:
        raise ProblemError(f"{name} is larger than 512 MB", node.span)
    return _array(path, node.span, as_matrix=as_matrix)


def _array(path: Path, span: Span, *, as_matrix: bool) -> Array:
    import numpy as np  # noqa: PLC0415 - letters need no NumPy

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an empty file is refused below
            if path.suffix == ".npy":
                with path.open("rb") as file:
                    raw = np.load(file, allow_pickle=False)
            else:
                least: Literal[1, 2] = 2 if as_matrix else 1
                raw = np.loadtxt(path, delimiter=",", ndmin=least, encoding="utf-8-sig")
        readable = raw.dtype.kind in "iuf"
        array = np.asarray(raw if readable else 0.0, dtype=np.float64)
    except Exception:  # NumPy raises many kinds for files that are none of its own
        readable = False
    if not readable:
        raise ProblemError(f"{path.name} holds no array of numbers", span, hint=_FORMS[path.suffix])
    if array.size == 0:
        raise ProblemError(f"{path.name} holds no numbers", span, hint=_FORMS[path.suffix])
    if array.ndim > MAX_RANK:
        raise ProblemError(
            f"{path.name} holds an array of shape {describe(array.shape)}",
            span,
            "numbers, vectors and matrices are read",
        )
    if not np.isfinite(array).all():
        at = ",".join(str(i + 1) for i in np.argwhere(~np.isfinite(array))[0])
        raise ProblemError(
            f"{path.name} holds a value that is not finite", span, f"entry [{at}]" if at else ""
        )
    return array


def fit(data: Data, shape: Shape, what: str) -> Data:
    """Return a quantity in the shape that is due; 8, [8] and [[8]] are one thing.

    Raises ProblemError where the number of entries differs.
    """
    if data.shape == shape:
        return data
    if not all(dim == 1 for dim in (*data.shape, *shape)):
        raise ProblemError(
            f"{sized(data.name, data.shape)}, due {_is_are(shape)} {describe(shape)}",
            data.span,
            what,
        )
    loaded = None if data.loaded is None else data.loaded.reshape([int(dim) for dim in shape])
    return Data(data.name, data.role, shape, data.span, data.cells, loaded)


def _is_are(shape: Shape) -> str:
    return "are" if len(shape) == 1 and shape[0] != 1 else "is"


def known_sums(data: Mapping[str, Data], individual: Individual | None = None) -> dict[Expr, Expr]:
    """Return what is known of the data: the entries of a one-hot target sum to 1.

    individual: what is drawn for every student, of which nothing is known.
    """
    known: dict[Expr, Expr] = {}
    for name, quantity in data.items():
        if individual is not None and name in individual.names:
            continue
        if quantity.role != "target" or quantity.cells is None or not quantity.shape:
            continue
        if any("e" in cell.text.lower() for cell in quantity.cells.cells):
            continue  # 1e-9999 is a number of ten thousand digits
        exact = [Fraction(cell.text) for cell in quantity.cells.cells]
        width = int(quantity.shape[-1])
        rows = (sum(exact[i : i + width]) for i in range(0, len(exact), width))
        if all(row == 1 for row in rows):
            axis = (("axis", number(-1)), ("keepdims", ONE))
            known[Apply("sum", (Symbol(name),), axis)] = ONE
    return known
