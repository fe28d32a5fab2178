"""Find the mathematics in a line of words: `z = W a + b`, `∂L/∂y`, `ReLU′(0) = 0`."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from gradcalc.errors import visible
from gradcalc.report.glyphs import read
from gradcalc.report.lettering import FRACTIONS
from gradcalc.report.mathtree import Math

SIGNS = frozenset("−·⊙×≤≥∈Σ∑∂∇⋮←→‖∞⊤′²³⁰¹⁴⁵⁶⁷⁸⁹⁻⁽⁾₀₁₂₃₄₅₆₇₈₉ᵢⱼᵀ√σαβγδεηθλμφωρτξŷ") | set(
    FRACTIONS.values()
)
"""Signs that make a word mathematics."""
_WORD_OPERATORS = frozenset(("=", "+", "−", "·", "⊙", "×", "/", "<", ">", "≤", "≥", "←", "∈"))
_CALL = re.compile(r"[(\[|−½0-9·]*(?:ln|log|exp|tanh|softmax|max|mean|norm|sign)\(")
_PROSE = frozenset("aAIi")
"""Letters that are words, too."""


@lru_cache(maxsize=4096)
def pieces(content: str) -> tuple[str | Math, ...]:
    """Return words and the mathematics between them, blanks in the words."""
    text = unicodedata.normalize("NFC", visible(content.replace("\u00a0", " ")))
    tokens = re.split(r"( +)", " ".join(text.split()))
    found: list[str | Math] = []
    at = 0
    while at < len(tokens):
        end = _run(tokens, at)
        if end is None:
            found.append(tokens[at])
            at += 1
            continue
        core, after = _ended("".join(tokens[at:end]))
        found += [read(core, inline=True), after]
        at = end
    return tuple(_joined(found))


@lru_cache(maxsize=4096)
def cell(content: str, *, head: bool) -> str | Math:
    """Return a cell of a table: mathematics, or words; head: of the first row or column."""
    tokens = content.split()
    prose = any(len(token) > 3 and token.isalpha() for token in tokens)
    if not tokens or prose or (head and content.isalpha() and len(content) > 1):
        return content
    return read(content, inline=True, name=head and len(tokens) == 1)


def _joined(parts: list[str | Math]) -> list[str | Math]:
    found: list[str | Math] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return found


def _run(tokens: list[str], at: int) -> int | None:
    """Return where the mathematics ends that begins with a token, None where none does."""
    end = at
    for place in range(at, len(tokens), 2):
        if not _mathematical(tokens[place]):
            break
        end = place + 1
        if tokens[place][-1] in ",;:.":
            break
    run = tokens[at:end:2]
    operators = [token for token in run if token in _WORD_OPERATORS]
    if (
        len(run) > 2
        and operators
        and run[0] not in _WORD_OPERATORS
        and run[-1] not in _WORD_OPERATORS
    ):
        return end
    core, _ = _ended(tokens[at])
    signs = bool(SIGNS & set(core)) and core not in _WORD_OPERATORS and not _foreign(core)
    letter = len(core) == 1 and core.isalpha() and core.isascii() and core not in _PROSE
    return at + 1 if signs or letter else None


def _ended(token: str) -> tuple[str, str]:
    core = token.rstrip(",;:.!?")
    while core.endswith(")") and core.count(")") > core.count("("):
        core = core[:-1]
    return core, token[len(core) :]


def _mathematical(token: str) -> bool:
    core = token.rstrip(",;:.")
    if not core or _foreign(core):
        return False
    if core in _WORD_OPERATORS or SIGNS & set(core) or _CALL.match(core):
        return True
    inner = core.strip("()[]|")
    return (len(inner) == 1 and inner.isalpha()) or bool(re.fullmatch(r"[0-9.]+", inner))


def _foreign(core: str) -> bool:
    """Tell whether letters of a word are neither plain nor Greek nor accented."""
    base = (unicodedata.normalize("NFD", sign)[0] for sign in core if sign.isalpha())
    return any(not sign.isascii() and sign not in SIGNS for sign in base)
