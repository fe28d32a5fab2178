"""Read the quantities of a problem file: inputs, targets, weights, constants, given."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gradcalc.algebra.formula.expr import ONE, Apply, Expr, Symbol, number, symbols
from gradcalc.algebra.formula.names import canonical, gradient_parts, is_name
from gradcalc.algebra.formula.shapes import Dim, Shape, describe
from gradcalc.engine.graph import Graph
from gradcalc.errors import ProblemError, Span, suggestion
from gradcalc.problem.model import Data, Individual, sized
from gradcalc.problem.reading.dense_layers import WEIGHT
from gradcalc.problem.reading.keys import blank_after_colon
from gradcalc.problem.reading.vocabulary import Vocabulary
from gradcalc.problem.text.numbers import Numeral, NumeralArray, read_array
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, SequenceNode, Value

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array

MAX_CLASSES = 10**6
_HINT = "as in {class: 2, of: 3}; classes count from 1, a batch has a list of them"

ROLES = {"inputs": "input", "targets": "target", "weights": "weight", "constants": "constant"}
MAX_FILE = 512_000_000
MAX_RANK = 2
MAX_DIM = 10**6
_LAYER = re.compile(r"([Wb])([1-9]\d{0,5})\Z", re.ASCII)
_FORMS = {
    ".csv": "a row of numbers a line, with commas between them; no names of columns",
    ".npy": "numpy.save(name, array) writes such a file from an array of numbers",
}


def read_classes(value: MappingNode, name: str) -> NumeralArray:
    """Return the one-hot vector of a class, or a row for each class of a list.

    Classes count from 1, as entries do. Raises ProblemError for another number.
    """
    parts = {word.text: inner for word, inner in value.pairs}
    for word, _ in value.pairs:
        if word.text not in ("class", "of"):
            raise ProblemError(f"{word.text} does not describe a class", word.span, hint=_HINT)
    if len(parts) != 2 or len(value.pairs) != 2:
        raise ProblemError(f"{name} needs class and of", value.span, hint=_HINT)
    count = _whole(parts["of"], "the number of classes")
    if not 2 <= count <= MAX_CLASSES:
        raise ProblemError(f"{name}: two or more classes are due", parts["of"].span, hint=_HINT)
    chosen = parts["class"]
    nodes = chosen.items if isinstance(chosen, SequenceNode) else (chosen,)
    if not nodes or len(nodes) * count > MAX_CLASSES:
        raise ProblemError(f"{name} names no class, or too many", chosen.span, hint=_HINT)
    cells: list[Numeral] = []
    for node in nodes:
        number = _whole(node, "a class")
        if not 1 <= number <= count:
            raise ProblemError(
                f"{name}: there is no class {number} of {count}",
                node.span,
                hint="classes count from 1" if number == 0 else _HINT,
            )
        cells += [
            Numeral(float(at == number), str(int(at == number)), node.span)
            for at in range(1, count + 1)
        ]
    shape = (len(nodes), count) if isinstance(chosen, SequenceNode) else (count,)
    return NumeralArray(shape, tuple(cells), value.span)


def _whole(node: Value, what: str) -> int:
    text = node.text.strip() if isinstance(node, ScalarNode) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise ProblemError(f"{what} is a whole number", node.span, hint=_HINT)
    return int(text)


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


def read_given(
    section: MappingNode | None, vocabulary: Vocabulary, data: Mapping[str, Data]
) -> dict[str, Data]:
    """Return the given values by name, each in the shape that its line has.

    Raises ProblemError for a name that is not there, is known already, or has no numbers.
    """
    found: dict[str, Data] = {}
    for key, value in section.pairs if section else ():
        name = vocabulary.whole(key)
        if name in data:
            raise ProblemError(
                f"{name} is {_article(data[name].role)}, and known already",
                key.span,
                f"defined in line {data[name].span.line}",
            )
        if name in found:
            raise ProblemError(
                f"{name} is given twice", key.span, f"first in line {found[name].span.line}"
            )
        given = read_quantity(name, "given", value, key.span)
        if not given.known:
            raise ProblemError(f"{name} has no numbers", value.span, "a given value has them")
        found[name] = fit(given, vocabulary.shapes[name], "the equations say so")
    return found


def refuse_drawn(
    given: Mapping[str, Data], individual: Individual | None, graphs: Iterable[Graph]
) -> None:
    """Refuse a given value that depends on a drawn number: it would be right for nobody else."""
    if individual is None:
        return
    read = {node.name: tuple(symbols(node.expr)) for graph in graphs for node in graph.nodes}
    for name, value in given.items():
        waiting, seen = [name], {name}
        while waiting:
            new = set(read.get(waiting.pop(), ())) - seen
            seen |= new
            waiting += new
        drawn = [each for each in individual.names if each in seen]
        if drawn:
            raise ProblemError(
                f"{name} is given, but every student has another {drawn[0]}",
                value.span,
                f"{name} is computed from {drawn[0]}",
                f"remove {name} from given, or {drawn[0]} from individual",
            )


def _article(role: str) -> str:
    return f"an {role}" if role == "input" else f"a {role}"
