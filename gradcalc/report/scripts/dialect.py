"""How NumPy and PyTorch spell names, slices and functions, and what has to be defined first."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gradcalc.algebra.formula.expr import (
    INFIX,
    ZERO,
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    mul,
    parts,
    rebuild,
    symbols,
)
from gradcalc.algebra.formula.names import GREEK, gradient_parts
from gradcalc.algebra.formula.shapes import Dim
from gradcalc.algebra.operations.operation import Operation, Table, formula
from gradcalc.algebra.operations.table import TABLE

CUTS = ("pick", "part")
JOINS = ("concat", "stack")
_TERM = re.compile(r"([+-]?)(\d*)([^\W\d]\w*)(?:/(\d+))?|([+-]?)(\d+)")

COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=="}
SIGNS = {op: sign for sign, (op, _) in INFIX.items() if sign != "-"} | {"pow": "**"}
ARITHMETIC = ("add", "mul", "neg", "div", "pow")
REDUCTIONS = ("sum", "mean", "norm", "amax")

_WINDOWS = "np.lib.stride_tricks.sliding_window_view"
_POOLED = f"""\
def _(x, size=2, stride=None):
    step = stride or size
    windows = {_WINDOWS}(x, (size,) * x.ndim)
    windows = windows[(slice(None, None, step),) * x.ndim]
    return np.{{}}(windows, axis=tuple(range(-x.ndim, 0)))"""

NUMPY_ROWS = {
    "conv1d": f"""\
def _(x, k, padding=0, stride=1):
    x = x[max(-padding, 0) : min(padding, 0) or None]  # below 0, padding cuts off
    x = np.pad(x, max(padding, 0))
    windows = {_WINDOWS}(x, k.shape)
    return windows[::stride] @ k""",
    "conv2d": f"""\
def _(x, k, padding=0, padding_columns=None, stride=1):
    sides = (padding, padding if padding_columns is None else padding_columns)
    x = x[tuple(slice(max(-p, 0), min(p, 0) or None) for p in sides)]  # p < 0 cuts off
    x = np.pad(x, [(max(p, 0),) * 2 for p in sides])
    windows = {_WINDOWS}(x, k.shape)
    return np.einsum("opij,ij->op", windows[::stride, ::stride], k)""",
    "spread": """\
def _(x, stride=1, rows=None, columns=None):
    if stride == 1:
        return x
    found = np.zeros((rows, columns)[: x.ndim])
    found[(slice(None, None, stride),) * x.ndim] = x
    return found""",
    "max_pool": _POOLED.format("max"),
    "mean_pool": _POOLED.format("mean"),
    "max_mask": """\
def _(x, size=2, stride=None):
    step = stride or size
    found = np.zeros(x.shape)
    for at in np.ndindex(*((n - size) // step + 1 for n in x.shape)):
        window = tuple(slice(i * step, i * step + size) for i in at)
        found[window].flat[np.argmax(x[window])] = 1  # the first of equal ones
    return found""",
    "unpool": """\
def _(v, x, size=2, stride=None):
    step = stride or size
    found = np.zeros(x.shape)
    for at in np.ndindex(v.shape):
        found[tuple(slice(i * step, i * step + size) for i in at)] = v[at]
    return found""",
    "layer_norm": """\
def _(x, eps=1e-05):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + eps)""",
    "batch_norm": """\
def _(x, eps=1e-05):
    centred = x - np.mean(x, axis=0, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=0, keepdims=True) + eps)""",
    "place": """\
def _(x, first=1, of=1, axis=0):
    sides = [(0, 0)] * x.ndim
    sides[axis] = (first - 1, of - first + 1 - x.shape[axis])
    return np.pad(x, sides)""",
    "embed": """\
def _(table, c):
    return table[np.asarray(c).astype(int) - 1]  # rows count from 1""",
    "one_hot": """\
def _(c, of):
    return np.equal.outer(c, np.arange(1, of + 1)).astype(float)""",
}

_POOL = """\
def _(x, size=2, stride=None):
    pool = F.{0}_pool1d if x.ndim == 1 else F.{0}_pool2d
    return pool(x[None, None], size, stride)[0, 0]"""

TORCH_ROWS = {
    "conv1d": """\
def _(x, k, padding=0, stride=1):
    x = F.pad(x, (padding, padding))
    return F.conv1d(x[None, None], k[None, None], stride=stride)[0, 0]""",
    "conv2d": """\
def _(x, k, padding=0, padding_columns=None, stride=1):
    wide = padding if padding_columns is None else padding_columns
    x = F.pad(x, (wide, wide, padding, padding))
    return F.conv2d(x[None, None], k[None, None], stride=stride)[0, 0]""",
    "spread": """\
def _(x, stride=1, rows=None, columns=None):
    if stride == 1:
        return x
    found = torch.zeros((rows, columns)[: x.ndim])
    found[(slice(None, None, stride),) * x.ndim] = x
    return found""",
    "max_pool": _POOL.format("max"),
    "mean_pool": _POOL.format("avg"),
    "max_mask": """\
def _(x, size=2, stride=None):
    pool = F.max_pool1d if x.ndim == 1 else F.max_pool2d
    at = pool(x[None, None], size, stride, return_indices=True)[1]
    found = torch.zeros(x.numel())
    found[at.flatten()] = 1
    return found.reshape(x.shape)""",
    "unpool": """\
def _(v, x, size=2, stride=None):
    wide = F.conv_transpose1d if x.ndim == 1 else F.conv_transpose2d
    window = torch.ones((1, 1) + (size,) * x.ndim)
    found = wide(v[None, None], window, stride=stride or size)[0, 0]
    rest = [n - m for n, m in zip(x.shape, found.shape)]
    return F.pad(found, [side for n in rest[::-1] for side in (0, n)])""",
    "layer_norm": """\
def _(x, eps=1e-05):
    return F.layer_norm(x, x.shape[-1:], eps=eps)""",
    "batch_norm": """\
def _(x, eps=1e-05):
    centred = x - torch.mean(x, dim=0, keepdim=True)
    return centred / torch.sqrt(torch.mean(centred**2, dim=0, keepdim=True) + eps)""",
    "place": """\
def _(x, first=1, of=1, axis=0):
    sizes = list(x.shape)
    sizes[axis] = of
    found = torch.zeros(sizes)
    found.narrow(axis, first - 1, x.shape[axis]).copy_(x)
    return found""",
    "flip": """\
def _(x):
    return torch.flip(x, dims=tuple(range(x.ndim)))""",
    "embed": """\
def _(table, c):
    return table[c.long() - 1]  # rows count from 1""",
    "one_hot": """\
def _(c, of):
    return (c[..., None] == torch.arange(1, of + 1)).double()""",
}

_SPELLED = {sign: word for word, sign in GREEK.items() if word != "lambda"} | {"∂": "d"}
_ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar"}
RESERVED = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins)})
"""Words that a script must not take as the name of a value."""


def size_letters(dim: Dim) -> list[str]:
    """Return the letters of a size: n and m of n+2m-1."""
    return [term[2] for term in _TERM.findall(dim) if term[2]] if isinstance(dim, str) else []


def size_text(dim: Dim, names: Mapping[str, str], more: int = 0) -> str:
    """Return a size as Python writes it, and `more` added: n + 2 * m - 1, N // 2."""
    if isinstance(dim, int):
        return str(dim + more)
    found = []
    for sign, count, letter, below, whole_sign, whole in _TERM.findall(dim):
        if letter:
            text = f"{count} * {names[letter]}" if count else names[letter]
            found.append((sign or "+", f"{text} // {below}" if below else text))
        else:
            more += int(whole_sign + whole)
    if more:
        found.append(("+" if more > 0 else "-", str(abs(more))))
    text = " ".join(f"{sign} {term}" for sign, term in found) or "+ 0"
    return f"-{text[2:]}" if text[0] == "-" else text[2:]


def size_value(dim: Dim, sizes: Mapping[str, int]) -> int:
    """Return a size with numbers for its letters."""
    if isinstance(dim, int):
        return dim
    found = 0
    for sign, count, letter, below, whole_sign, whole in _TERM.findall(dim):
        if letter:
            found += int(f"{sign}{count or 1}") * (sizes[letter] // int(below or 1))
        else:
            found += int(whole_sign + whole)
    return found


def cut(expr: Apply, operand: str, names: Mapping[str, str]) -> str:
    """Return an entry, row or column counted from 0: x[0], X[:, 1:3]."""
    found = {key: size_of(value) for key, value in expr.attrs}
    if expr.op == "pick":
        inner = size_text(found.get("index", 1), names, -1)
    else:
        first = size_text(found.get("first", 1), names, -1)
        last = size_text(found.get("last", 1), names)
        start = "" if first == "0" else first
        wide = not all(end.isidentifier() or end.isdigit() for end in (first, last))
        inner = f"{start} : {last}".lstrip() if wide else f"{start}:{last}"
    axis = found.get("axis", 0)
    assert isinstance(axis, int)
    before = "..., " if axis == -1 else ":, " * axis
    return f"{operand}[{before}{inner}]"


def size_of(value: object) -> Dim:
    """Return a parameter as a size: a whole number, or letters."""
    return int(value.value) if isinstance(value, Number) else str(getattr(value, "name", value))


@dataclass(frozen=True)
class Dialect:
    """How a library of arrays is called.

    module: its name. axis, keepdims: what it calls these. expand: how an axis is put in.
    reductions: its functions. calls: operation → call, operands and parameters in braces;
    `list` is all operands with the axis behind, `sizes` are rows and columns.
    helpers: operation → a function to define in the script, as lines; for operations whose
    plain formula overflows, or that have none. constants: calls where no quantity is read.
    number: how a number becomes an array, where a call or a line wants one.
    """

    module: str
    array: str
    axis: str
    keepdims: str
    expand: str
    stretch: str
    reductions: Mapping[str, str]
    calls: Mapping[str, str]
    helpers: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    number: str = "{0}"


def needed(exprs: Iterable[Expr], dialect: Dialect, table: Table) -> list[str]:
    """Return the operations that a script has to define, those that others read first."""
    found: dict[str, None] = {}

    def visit(expr: Expr) -> None:
        for part in parts(expr):
            if not isinstance(part, Apply) or part.op in found:
                continue
            row = table[part.op] if part.op in table or part.op.endswith("'") else None
            if row is None or _written(row, dialect):
                continue
            if not (is_own(row) and part.op in dialect.helpers):
                visit(meaning(row))
            found[part.op] = None

    for expr in exprs:
        visit(expr)
    return list(found)


def _written(row: Operation, dialect: Dialect) -> bool:
    """Tell whether an operation is written in place, without a function of the script."""
    signs = (*SIGNS, *COMPARISONS, *REDUCTIONS, "neg", "transpose", "expand", "fill")
    known = row.name in (*CUTS, *dialect.calls)
    return row.name in (*signs, "array", "where") or (is_own(row) and known)


def floats(expr: Expr) -> Expr:
    """Return a formula with its whole numbers as 1.0: what is made of them is a float, too."""

    def change(part: Expr) -> Expr:
        whole = isinstance(part, Number) and part.value.denominator == 1
        return Number(part.value, f"{part.value}.0") if isinstance(part, Number) and whole else part

    return rebuild(expr, change)


def meaning(row: Operation) -> Expr:
    """Return the definition of a row, with every operand in it: they give the value its shape."""
    assert row.definition is not None, row.name
    found = formula(row.definition)
    unread = [Symbol(name) for name in row.params if name not in symbols(found)]
    return plain(add(found, *(mul(ZERO, name) for name in unread)) if unread else found)


def plain(expr: Expr) -> Expr:
    """Return a formula without the identity."""

    def change(part: Expr) -> Expr:
        return part.args[0] if isinstance(part, Apply) and part.op == "identity" else part

    return rebuild(expr, change)


def is_own(row: Operation) -> bool:
    """Tell whether a row means what gradcalc's own table says, or is a call of a library."""
    if row.kind == "call":
        return True
    return row.name in TABLE and row.definition == TABLE[row.name].definition


def identifiers(names: Iterable[tuple[str, str]], taken: Iterable[str] = ()) -> dict[str, str]:
    """Return an identifier for each (name, name as the author writes it), no two alike.

    >>> identifiers([("yhat", "ŷ"), ("dL/dW1", "dE/dW1"), ("lambda", "lambda"), ("λ", "λ")])
    {'yhat': 'yhat', 'dL/dW1': 'dE_dW1', 'lambda': 'lambda_', 'λ': 'lam'}
    """
    used = {*taken}
    found: dict[str, str] = {}
    for name, shown in names:
        parts = gradient_parts(shown)
        wanted = "_".join(f"d{_spelled(part)}" for part in parts) if parts else _spelled(shown)
        found[name] = free(wanted, used)
        used.add(found[name])
    return found


def free(wanted: str, used: Iterable[str]) -> str:
    """Return an identifier that is neither reserved nor used: `x`, or `x_2`, `x_3`."""
    used = {*used}
    if wanted in RESERVED:
        wanted += "_"
    found, count = wanted, 2
    while found in used:
        found, count = f"{wanted.rstrip('_')}_{count}", count + 1
    return found


def _spelled(name: str) -> str:
    """Return a name in letters, digits and underscores of ASCII, a letter in front."""
    signs = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name))
    text = "".join(_sign(sign) for sign in signs)
    return text if text[:1].isalpha() else f"v{text}"


def _sign(sign: str) -> str:
    if sign.isascii():
        return sign if sign.isalnum() else "_"
    if unicodedata.combining(sign):
        return _ACCENTS.get(sign, "")
    word = unicodedata.name(sign, "_").rpartition(" ")[2].casefold()
    return _SPELLED.get(sign) or (word if word.isalnum() and word.isascii() else "_")
