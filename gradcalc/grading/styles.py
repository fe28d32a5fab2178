"""Bring arrays of NumPy, PyTorch, MATLAB and LaTeX to one style, and tell decimal commas."""

from __future__ import annotations

import re

_CALL = re.compile(r"(?:[A-Za-z]{1,20}\.){0,2}(?:as)?(?:array|tensor|matrix|mat|Matrix)\s{0,9}\(")
_SETTING = re.compile(r",\s{0,40}[a-z_]{1,20}\s{0,9}=")
_ENVIRONMENT = re.compile(
    r"\\(begin|end)\s{0,9}\{([bBpvV]?matrix|smallmatrix|array)\*?\}(?:\{[lcr| ]{0,40}\})?"
)
_TRANSPOSED = re.compile(r"(?:'|′|ᵀ|\.T|\.t\(\)|\^\s{0,9}\{?\s{0,9}(?:T|⊤|\\top)\s{0,9}\}?)\Z")
_FRACTION = re.compile(
    r"\\[dt]?frac\s{0,9}\{\s{0,9}(\d{1,30})\s{0,9}\}\s{0,9}\{\s{0,9}(\d{1,30})\s{0,9}\}"
)
_SPACING = re.compile(r"\\(?:left|right|quad|qquad|[,;:! ])(?![A-Za-z])|\$")
_POWER = re.compile(
    r"(?<=[\d.])\s{0,9}(?:[*·×x⋅∙]|\\cdot|\\times)\s{0,9}10\s{0,9}(?:\^|\*\*)"
    r"\s{0,9}[({]?\s{0,9}([-+−]?\d{1,9})(?:\s{0,9}[)}])?",
    re.ASCII,
)
_RAISED = re.compile(r"(?<=[\d.])\s{0,9}([·×⋅∙*x])\s{0,9}(?=10[⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹])", re.ASCII)
_SLASH = re.compile(r"(?<=\d)\s{0,9}/\s{0,9}(?=\d)", re.ASCII)
_TIGHT_ARRAY = re.compile(r"(?<=\d),(?=\d)", re.ASCII)
_LOOSE_ARRAY = re.compile(r"(?<!\d),|,(?!\d)", re.ASCII)
_FRAMED = re.compile(r"[\[\](){}]")
_SURE_ARRAY = re.compile(r"[+\-−–]?0,\d|[^,]{0,40},0\d", re.ASCII)
_ALONE = re.compile(r"[\[({]\s{0,9}[^\s;\[\](){}]{1,99}\s{0,9}[\])}]")
DECIMAL_COMMA = "\x01"  # stands for a decimal comma where other commas part entries


def plain_style(text: str) -> tuple[str, bool]:
    """Return the text with brackets, commas, semicolons and tight numbers only.

    The second value tells whether it stood transposed.
    """
    body, flipped = _without_transposes(text.strip())
    if "\\" in body or "$" in body or "&" in body:
        body, flipped = _without_transposes(_from_latex(body), flipped)
    call = _CALL.match(body)
    if call and body.endswith(")"):
        body = body[call.end() : -1]
        setting = _SETTING.search(body)
        body = body[: setting.start()] if setting else body
        body = body.strip().removesuffix(",")
    body = _POWER.sub(r"*10^\1", body)
    body = _RAISED.sub(r"\1", body)
    return _SLASH.sub("/", body), flipped


def _without_transposes(text: str, flipped: bool = False) -> tuple[str, bool]:
    """Return the text without the transposes behind its last bracket."""
    while match := _TRANSPOSED.search(text[-16:]):
        before = text[: len(text) - (min(16, len(text)) - match.start())].rstrip()
        if before[-1:] not in ("]", ")", "}"):
            break
        text, flipped = before, not flipped
    return text, flipped


def _from_latex(text: str) -> str:
    """Return LaTeX's matrix as `[1, 2; 3, 4]`."""
    text = _ENVIRONMENT.sub(lambda match: "[" if match[1] == "begin" else "]", text)
    text = text.replace("\\\\", ";").replace("&", ",")
    text = _SPACING.sub(" ", _FRACTION.sub(r"\1/\2", text))
    return text.strip()


def with_commas_told(text: str, due: int | None) -> str:
    """Return the text with its decimal commas marked, so that other commas part entries."""
    if not _TIGHT_ARRAY.search(text):
        return text
    words = _FRAMED.sub(" ", _LOOSE_ARRAY.sub(" ", text)).replace(";", " ").split()
    return _TIGHT_ARRAY.sub(DECIMAL_COMMA, text) if _decimal_commas(text, words, due) else text


def _decimal_commas(text: str, words: list[str], due: int | None) -> bool:
    """Tell whether the commas between digits are decimal commas.

    Raises ValueError where both readings are as good.
    """
    commas = [word.count(",") for word in words]
    if "." in text or "/" in text or max(commas) > 1:
        return False
    whole, parted = len(words), len(words) + sum(commas)
    if any(_SURE_ARRAY.match(word) for word in words) or whole == due != parted:
        return True
    if parted == due:
        return False
    if len(words) == 1:
        if due is None and not _FRAMED.search(text):
            raise ValueError(f"{text.strip()} is one number with a decimal comma, or two numbers")
        return False
    loose = sum(commas) < text.count(",")
    if loose and all(commas) and _ALONE.search(text):
        return False
    if loose or (";" in text and _FRAMED.search(text)):
        raise ValueError("decimal commas, or commas between entries? write a decimal point")
    return True
