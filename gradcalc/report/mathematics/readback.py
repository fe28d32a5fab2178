"""Read mathematics back from a row of Unicode: `W⁽¹⁾₂₁`, `ŷ`, `−½`, `z = W a + b` in words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from gradcalc.algebra.formula.names import SUBSCRIPTS, SUPERSCRIPTS
from gradcalc.errors import visible
from gradcalc.report.mathematics.names import ACCENTED, BLANK, FRACTIONS
from gradcalc.report.mathematics.tree import (
    GAP,
    Accent,
    Atom,
    Blank,
    Fraction,
    Kind,
    Math,
    Root,
    Scripts,
    row,
)

_RAISED = SUPERSCRIPTS + "⁽⁾⁻ᵀ′"
_LOWERED = SUBSCRIPTS + "ᵢⱼ"
_PLAIN = str.maketrans(_RAISED + _LOWERED, "0123456789()−⊤′" + "0123456789ij")
_HALVES = {sign: value for value, sign in FRACTIONS.items()}
_ACCENTS = {mark: name for name, mark in ACCENTED.items()}
_LETTER = rf"(?:(?![Σ{_RAISED}{_LOWERED}])[^\W\d_][\u0300-\u036f]*)"
_SCRIPTS = rf"(?:⁽[{SUPERSCRIPTS}]+⁾[{_LOWERED}]*|[{_RAISED}{_LOWERED}]+)"
_NAME = rf"{_LETTER}(?:{_LETTER}|[0-9_](?!_))*(?:{_SCRIPTS})?(?:\[[0-9i]+(?:,[0-9]+)*\])?"
_TOKEN = re.compile(
    rf"(?P<blank>{BLANK})"
    rf"|(?P<derivative>∂{_NAME}/∂{_NAME})"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    rf"|(?P<half>[{''.join(_HALVES)}])"
    rf"|(?P<scripts>{_SCRIPTS})"
    r"|(?P<index>_[a-z]+)"
    rf"|(?P<name>{_LETTER}(?:{_LETTER}|[0-9])*(?:_[^\W_]+)*)"
    r"|(?P<root>√(?P<under>[0-9.]+))"
    r"|(?P<space>\s+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_OPERATORS = set("+−-—·⊙×/=<>≤≥∈,.:;∑Σ∂∇…⋮←→|‖∞*^&%!?'")
_WORD_BEFORE = re.compile(rf"(?<![_\w]){_LETTER}{{2,}}\Z")
_WORD_AFTER = re.compile(rf"{_LETTER}{{2,}}(?!{_LETTER}|\()")
_BRACKETS = set("()[]{}")

SIGNS = frozenset("−·⊙×≤≥∈Σ∑∂∇⋮←→‖∞⊤′²³⁰¹⁴⁵⁶⁷⁸⁹⁻⁽⁾₀₁₂₃₄₅₆₇₈₉ᵢⱼᵀ√σαβγδεηθλμφωρτξŷ") | set(
    FRACTIONS.values()
)
"""Signs that make a word mathematics."""
_WORD_OPERATORS = frozenset(("=", "+", "−", "·", "⊙", "×", "/", "<", ">", "≤", "≥", "←", "∈"))
_CALL = re.compile(r"[(\[|−½0-9·]*(?:ln|log|exp|tanh|softmax|max|mean|norm|sign)\(")
_PROSE = frozenset("aAIi")
"""Letters that are words, too."""


@lru_cache(maxsize=4096)
def read(content: str, *, inline: bool = False, name: bool = False) -> Math:
    """Return one row of mathematics as a tree; every sign stands for itself.

    inline: ∂L/∂z keeps its stroke, for lines of text. name: letters are the name of a
    quantity, not of a function.
    """
    content = unicodedata.normalize("NFC", visible(content))
    parts: list[Math] = []
    for found in _TOKEN.finditer(content):
        part = _part(found, content, inline, name)
        if part is not None:
            parts.append(part)
    return row(parts)


def _part(found: re.Match[str], content: str, inline: bool, name: bool) -> Math | None:
    text = found[0]
    match found.lastgroup if found.lastgroup != "under" else "root":
        case "blank":
            return Blank()
        case "derivative":
            return _derivative(text, inline)
        case "number":
            return Atom("number", text)
        case "half":
            value = _HALVES[text]
            digits = [Atom("number", str(n)) for n in (value.numerator, value.denominator)]
            return Fraction(digits[0], digits[1], small=True)
        case "scripts":
            return _scripts(text)
        case "index":
            return Scripts(None, below=Atom("word", text[1:]))
        case "name":
            return _word(text, name=name)
        case "root":
            return Root(Atom("number", found["under"]))
        case "space":
            return _space(found, content)
        case _:
            return _sign(text, unary=text == "−" and _unary(found, content))


def _derivative(text: str, inline: bool) -> Math:
    over, under = text[1:].split("/∂", 1)
    d, stroke = Atom("operator", "∂"), Atom("operator", "/")
    top, bottom = row((d, read(over, name=True))), row((d, read(under, name=True)))
    return row((top, stroke, bottom)) if inline else Fraction(top, bottom)


def _sign(text: str, *, unary: bool) -> Atom:
    if unary:
        return Atom("sign", text)
    if text in _BRACKETS:
        return Atom("bracket", text)
    return Atom("operator" if text in _OPERATORS else "word", text)


def _unary(found: re.Match[str], content: str) -> bool:
    """Tell whether a minus that follows a word belongs to the number after it."""
    before, after = content[: found.start()], content[found.end() :][:1]
    return before[-2:-1].isalpha() and before.endswith(" ") and after.isdigit()


def _space(found: re.Match[str], content: str) -> Math | None:
    """Return a blank between two factors or two words; those around a sign say nothing."""
    before, after = content[: found.start()][-1:], content[found.end() :][:1]
    if _WORD_BEFORE.search(content[: found.start()]) or _WORD_AFTER.match(content, found.end()):
        return Atom("space", GAP)
    if not before or not after:
        joins = (before or after).isalnum() or (before or after) in f"()½{_RAISED}{_LOWERED}√Σ"
        return Atom("space", " ") if joins else None
    if before in ",;":
        return Atom("space", " ")
    if before in _OPERATORS or after in _OPERATORS - set("Σ∂"):
        return None
    return Atom("space", " ")


def _scripts(text: str) -> Scripts:
    above = "".join(sign for sign in text if sign in _RAISED)
    below = "".join(sign for sign in text if sign in _LOWERED)
    return Scripts(None, _small(below), _small(above))


def _small(signs: str) -> Math | None:
    if not signs:
        return None
    plain = signs.translate(_PLAIN)
    runs = re.findall(r"[0-9]+|.", plain)
    return row(Atom(_kind(run), run) for run in runs)


def _kind(run: str) -> Kind:
    if run in _BRACKETS:
        return "bracket"
    return "number" if run.isdigit() else "letter" if run.isalpha() else "operator"


def _word(text: str, *, name: bool) -> Math:
    """Return a letter, with its accent where it has one, or a word."""
    letters = unicodedata.normalize("NFD", text)
    if len(letters) == 2 and letters[1] in _ACCENTS:
        return Accent(Atom("letter", letters[0]), _ACCENTS[letters[1]])
    if len(text) == 1:
        return Atom("letter", text)
    stem, _, rest = text.partition("_")
    if len(stem) > 1 and rest and not name:
        return Atom("function", text.replace("_", "-"))
    if stem and rest:
        return Scripts(_word(stem, name=name), below=Atom("word", rest.replace("_", " ")))
    return Atom("word" if name else "function", text)


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
