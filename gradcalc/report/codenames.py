"""Names of a problem as identifiers of Python: dL/dW1 becomes dL_dW1, ŷ yhat, λ lam."""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from collections.abc import Iterable

from gradcalc.algebra.names import GREEK, gradient_parts

_SPELLED = {sign: word for word, sign in GREEK.items() if word != "lambda"} | {"∂": "d"}
_ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar"}
RESERVED = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins)})
"""Words that a script must not take as the name of a value."""


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
